"""The page that the tour leaves behind: one HTML file that needs nothing else, no network either."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from theorems.figures import styles
from theorems.figures.wording import value_text
from theorems.verdicts.verify import CaseVerdict, Verdict

STYLE = """
body { font: 16px/1.5 Georgia, 'Times New Roman', serif; color: #1a1a1a; background: #fff; max-width: 62rem; margin: 2rem auto;
  padding: 0 1.2rem }
h1 { font-size: 1.7rem; margin-bottom: .2rem }
h2 { font-size: 1.25rem; margin-top: 2.6rem; border-top: 1px solid #ccc; padding-top: 1.2rem }
p.lead, figcaption, .source { color: #444 }
figure { margin: 1rem 0 } figure img { width: 46rem; max-width: 100% } figcaption { font-size: .88rem }
.statement { margin: .8rem 0; overflow-x: auto } .scroll { overflow-x: auto }
table, pre { font: 13px/1.4 ui-monospace, Menlo, Consolas, monospace; margin: .6rem 0 } pre { white-space: pre-wrap }
table { border-collapse: collapse } th { font-weight: 600 }
th, td { padding: .2rem .8rem .2rem 0; text-align: right; border-bottom: 1px solid #e3e3e3; white-space: nowrap }
th:first-child, td:first-child, td.text, th.text { text-align: left }
td.text { white-space: normal }
.badge { font: 600 12px/1 ui-monospace, Menlo, Consolas, monospace; padding: .2rem .5rem; border-radius: .3rem; color: #fff;
  vertical-align: middle }
.good { background: #006b4c } .bad { background: #a13f00 } .open { background: #555 }
"""


def badge(status: str, wanted: str = "consistent") -> str:
    """A verdict in a coloured box, green where it is the one that is wanted; the word carries the meaning."""
    colour = "good" if status == wanted else "open" if status == "undecided" else "bad"
    return f'<span class="badge {colour}">{escape(status)}</span>'


def image(content: bytes, kind: str, alt: str, height: str = "") -> str:
    """An image inside the page; as data, so that identifiers of two SVGs cannot meet."""
    mime = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    size = f' style="height:{height}"' if height else ""
    return f'<img alt="{escape(alt, quote=True)}"{size} src="data:{mime};base64,{base64.b64encode(content).decode()}">'


def mathtext(tex: str) -> str:
    """LaTeX in the dialect of matplotlib: sized brackets, \\tfrac and arguments without braces are spelt its way."""
    tex = tex.replace("$", "")
    for old, new in (("l", r"\\left"), ("r", r"\\right")):
        tex = re.sub(r"\\[bB]ig{1,2}" + old + r"(?![a-zA-Z])", new, tex)
    tex = re.sub(r"\\[td]frac", r"\\frac", tex)
    token = r"\s*(\\[a-zA-Z]+|[^\s{\\])"
    tex = re.sub(r"\\(frac|sqrt|binom)" + token, r"\\\1{\2}", tex)
    tex = re.sub(r"(\\(?:frac|binom)\{(?:[^{}]|\{[^{}]*\})*\})" + token, r"\1{\2}", tex)
    tex = re.sub(r"\\(mathbb|mathrm|mathcal|hat|tilde)\s+([a-zA-Z])", r"\\\1{\2}", tex)
    tex = re.sub(r"\\(ge|le|ne)(?![a-zA-Z])", r"\\\1q", tex).replace(r"\iff", r"\Longleftrightarrow")
    return tex.replace(r"\rm edge", r"\mathrm{edge}")


def formula(tex: str) -> str:
    """A statement drawn where matplotlib can read it; its source where not."""
    from matplotlib.mathtext import math_to_image

    parts = re.split(r"(\$[^$]*\$)", tex)
    text = "".join(f"${mathtext(x)}$" if x.startswith("$") else x for x in parts) if "$" in tex else f"${mathtext(tex)}$"
    buffer = io.BytesIO()
    try:
        with styles.pen(styles.VENUES["neurips"], **{"font.size": 12}):
            math_to_image(text, buffer, dpi=72, format="svg")
    except ValueError:
        return f"<code>{escape(tex)}</code>"
    return image(buffer.getvalue(), "svg", tex)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; cells that are HTML already come wrapped in a tuple, text stands left and numbers right."""

    def cell(value: Any) -> str:
        inside = value[0] if isinstance(value, tuple) else escape(str(value))
        return (
            f'<td class="text">{inside}</td>'
            if isinstance(value, tuple) or re.match(r"[A-Za-z]{2}", str(value))
            else f"<td>{inside}</td>"
        )

    text = [i for i, v in enumerate(rows[0]) if cell(v).startswith("<td class")] if rows else []
    head = (
        "".join(f"<th{' class=text' if i in text else ''}>{escape(c)}</th>" for i, c in enumerate(columns))
        if any(columns)
        else ""
    )
    body = "".join("<tr>" + "".join(cell(c) for c in row) + "</tr>\n" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'


def at(case: CaseVerdict) -> str:
    """The parameters of a case in one line."""
    return ", ".join(f"{k} = {value_text(v)}" for k, v in case.params.items())


def verdict_table(verdict: Verdict) -> str:
    """One row a case, in words that need no other page; then the rivals."""
    rows = []
    for case in verdict.cases:
        simulated = f"n ≤ {max(case.sizes)}" if case.sizes else "two exact routes"
        draws = case.draws if isinstance(case.draws, tuple) else (case.draws,)
        many = f"{sum(draws)}" if case.sizes else ""
        rows.append(
            [
                at(case),
                f"{case.target:.6g}",
                f"{case.estimate:+.1e} ± {case.accept_halfwidth:.0e}",
                simulated,
                many,
                (badge(case.status),),
            ]
        )
    text = table(["case", "theory", "extrapolated gap", "simulated", "draws", "verdict"], rows)
    text += "".join(f'<p class="source">{escape(line[0].upper() + line[1:])}.</p>' for line in verdict.rates)
    if verdict.rivals:
        text += table(
            ["rival formula", "verdict"], [[name, (badge(status, "refuted"),)] for name, status in verdict.rivals.items()]
        )
    return text


def page(title: str, lead: str, sections: Sequence[str], foot: Mapping[str, str]) -> str:
    """The whole page. `sections` are HTML; everything else is plain text."""
    facts = table(["", ""], list(foot.items()))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        f'<p class="lead">{escape(lead)}</p>\n'
        + "\n".join(f"<section>{s}</section>" for s in sections)
        + f"\n<section><h2>How this was made</h2>{facts}</section>\n</body></html>\n"
    )
