"""A theorem's page: statement, assumptions, domain, verdict, rivals, audit, figure and how to make it again, in one HTML file."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from theorems import figures
from theorems.audits.audit import Audit, Finding, audit, percent
from theorems.pages import derivation, report
from theorems.record import Theorem
from theorems.tables import quantity, versions
from theorems.verdicts.verdict import Verdict, words


def page(
    record: Theorem,
    *,
    delta: float = 0.01,
    budget: str | int = "60s",
    entropy: int = 0,
    draws: int = 50,
    out: str | Path | None = None,
    progress: Callable[[str], None] | None = None,
    stage: Callable[[str], None] = lambda text: None,
) -> tuple[str, Audit]:
    """The page as HTML that needs no other file, and the audit that it shows, with its verdict.

    delta, budget, entropy, progress: as `verify`'s. draws: a point of the figure. out: the folder in which it is left as NAME.html.
    stage: called with a line at the start of each stage. The budget is the verdict's: to perturb the formula takes its time besides.
    """
    stage(f"{record.name}: the audit perturbs its formula and judges it all at once (budget of the verdict: {budget})")
    audited = audit(record, delta=delta, budget=budget, entropy=entropy, progress=progress)
    verdict = audited.verdict
    stage(f"{record.name}: {verdict.status}; its page" + (" and figure" if figures.drawable(record) else ""))
    sections = [
        _top(record, verdict),
        "<h2>Assumptions</h2>" + _list(record.assumptions),
        "<h2>Domain</h2>" + _domain(record),
        _figure(record, verdict, draws=draws, entropy=entropy) if figures.drawable(record) else "",
        derivation.section(record),
        "<h2>Verdict</h2>" + _claim(record, verdict) + report.verdict_table(verdict),
        "<h2>Audit: what the cases can see</h2>" + _audit(audited),
        "<h2>Make it again</h2>" + _again(record, delta=delta, budget=budget, entropy=entropy),
    ]
    foot = {"seed": str(entropy), "tolerance": f"{100 * delta:g} %", "budget": str(budget), **versions()}
    text = report.page(record.title, f"{record.name}; {record.source}", [s for s in sections if s], foot)
    if out is not None:
        Path(out).mkdir(parents=True, exist_ok=True)
        (Path(out) / f"{record.name}.html").write_text(text, encoding="utf-8")
    return text, audited


def _top(record: Theorem, verdict: Verdict) -> str:
    """What it says and whether it stands; where it does not, the cases that are to blame come first of all."""
    statement = f'<div class="statement">{report.formula(record.statement)}</div>'
    headline = escape(verdict.headline.removeprefix(verdict.status).strip().replace("<=", "≤"))
    many = len(verdict.cases)
    head = f"<p>{report.badge(verdict.status)} {headline}{'' if headline == '' else f', in {many} case' + 's' * (many > 1)}</p>"
    if verdict.status == "consistent":
        return head + statement
    blamed = [c for c in verdict.cases if c.status != "consistent"]
    why = "Simulation contradicts it" if verdict.status == "refuted" else "These draws do not decide it"
    lines = _list(f"{c.status} at {c.where}: {'; '.join(c.details())}" for c in blamed)
    return f"{head}<p><strong>{why}, in {len(blamed)} of {many} cases:</strong></p>{lines}{statement}"


def _list(lines: Any) -> str:
    return "<ul>" + "".join(f"<li>{_code(line)}</li>" for line in lines) + "</ul>"


def _code(line: str) -> str:
    """Text, with what stands between backticks set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(line))


def _domain(record: Theorem) -> str:
    rows = [[k, str(d), "" if d.default is None else str(d.default)] for k, d in record.arguments.items()]
    return report.table(
        ["parameter", "range", "by default"], [[(escape(name),), (escape(at),), (at0,)] for name, at, at0 in rows]
    )


def _claim(record: Theorem, verdict: Verdict) -> str:
    claim = record.claim
    what = (type(claim).__doc__ or "").partition("\n")[0]
    of = f" The quantity is <code>{escape(field)}</code>." if (field := quantity(record)) else ""
    sizes = f" Simulated at n = {', '.join(map(str, claim.sizes))}." if claim.sizes else ""
    many = len(verdict.cases)
    place = "the case below" if many == 1 else f"the {many} cases below"
    where = f" It was held against simulation in {place}; of the rest of its domain the verdict says nothing."
    return f"<p>{escape(what)}{of}{sizes}{where if record.domain else ''}</p>"


def _figure(record: Theorem, verdict: Verdict, *, draws: int, entropy: int) -> str:
    drawing = figures.figure(record, width="full", verdict=verdict, judge=False, draws=draws, entropy=entropy)
    picture = report.image(drawing.render("svg"), "svg", f"{record.title}: theory and simulation")
    return f"<figure>{picture}<figcaption>{escape(drawing.caption)}</figcaption></figure>"


def _audit(found: Audit) -> str:
    text = (
        "<p>Formulas next to this one, each judged on the same draws: its arguments perturbed, and its source, one place at a "
        f"time. {escape(found.summary[0].upper() + found.summary[1:])}.</p>"
    )
    if found.verdict.status == "refuted":
        text += "<p>As simulation contradicts the theorem itself, what it does not refute may be nearer the truth.</p>"
    if found.blind:
        text += "<p>No case sees these, though another would:</p>" + _findings(found.blind, elsewhere=True)
    if small := [f for f in found.having("unseen") if not f.blind]:
        text += f"<p>Too small for these draws to refute at a tolerance of {100 * found.verdict.delta:g} %:</p>" + _findings(
            small
        )
    seen = found.having("seen")
    return text + f"<details><summary>The {len(seen)} that are seen</summary>{_findings(seen)}</details>"


def _findings(found: tuple[Finding, ...] | list[Finding], *, elsewhere: bool = False) -> str:
    columns = ["perturbation", "kind", "where", "changes the prediction by", *(["and elsewhere", "at"] if elsewhere else [])]
    rows = [
        [
            (f"<code>{escape(f.what)}</code>",),
            (f.kind,),
            (escape(f.where),),
            ("the formula fails" if f.fails else percent(f.change),),
            *([(percent(f.there),), (escape(words(f.witness or {})),)] if elsewhere else []),
        ]
        for f in found
    ]
    return report.table(columns, rows)


def _again(record: Theorem, *, delta: float, budget: str | int, entropy: int) -> str:
    file = record.home.get("__file__", "")
    own = not str(record.home["__name__"]).startswith("theorems.")
    name = f"{file.rpartition('/')[2]}:{record.name.rpartition('.')[2]}" if own else record.name
    how = f"--delta {delta:g} --budget {budget} --seed {entropy}"
    lines = [f"ridgeless verify {name} {how}", f"ridgeless audit {name} {how}", f"ridgeless page {name} {how}"]
    if figures.drawable(record):
        lines.append(f"ridgeless figure {name} --seed {entropy}")
    return f"<pre>{escape(chr(10).join(lines))}</pre>"
