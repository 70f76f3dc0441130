"""The caption of a figure, as sentences: what theorem, what is drawn and how, at which parameters, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from theorems.claims import Bound, Identity, Law, Mean
from theorems.figures.curves import Series
from theorems.figures.histograms import Histogram
from theorems.figures.maps import Map
from theorems.figures.panels import above, limits
from theorems.figures.wording import FIELDS, cited, value_text
from theorems.record import Plot, Theorem
from theorems.verdicts.verify import Verdict

Found = Sequence[Series] | Sequence[Histogram] | Sequence[Map]


def note(verdict: Verdict | None) -> str:
    """The verdict in a few words."""
    return "" if verdict is None else verdict.headline.replace("<=", "≤")


def corner(verdict: Verdict | None, plot: Plot) -> str:
    """What stands in the figure's corner: the verdict, but not beside points on data, of which it says nothing."""
    return "" if plot.data else note(verdict)


def size(plot: Plot) -> str:
    """The size of the simulated points, where it is one size."""
    if plot.x == "n":
        return f" at $k$ = {plot.at['k']}" if "k" in plot.at else ""
    return f" at $n$ = {plot.at.get('n', plot.n)}"


def caption(record: Theorem, plot: Plot, of: tuple[str, ...], found: Found, draws: int, verdict: Verdict | None) -> str:
    """All of it."""
    sentences = [f"{record.title} ({cited(record.source)}).", *([plot.text] if plot.text else [])]
    if isinstance(record.claim, Law):
        single = isinstance(found[0], Histogram) and found[0].points == "value"
        bars = f"{draws * plot.n} draws" if single else f"eigenvalues of {draws} draws"
        sentences.append(f"Lines: the limiting density. Bars: {bars} at n = {plot.n}.")
    elif isinstance(record.claim, Identity) and plot.theory is None:
        sentences.append(
            f"Above: {FIELDS.get(of[0], of[0])} by two exact routes. Below: their relative difference (none: 1e-17) and the tolerance."
        )
    else:
        sentences += [_theory(record, plot), *_points(plot, of, found, draws)]
    if at := _fixed(plot, found):
        sentences.append(f"At {at}.")
    if verdict is not None:
        rivals = f"; {len(verdict.rivals)} rival formulas " + ("all refuted" if verdict.has_power else "not all refuted")
        on = "Verdict on Gaussian draws, not on this table" if plot.data else "Verdict"
        sentences.append(f"{on}: {note(verdict)}{rivals if verdict.rivals else ''}, seed {verdict.entropy}.")
    return " ".join(sentences)


def _fixed(plot: Plot, found: Found) -> str:
    """The parameters that all lines share."""
    varied = {*(k for k, v in plot.lines.items() if len(v) > 1), plot.x}
    fixed = {k: v for k, v in found[0].params.items() if all(item.params.get(k) == v for item in found)}
    return ", ".join(f"{k} = {value_text(v)}" for k, v in fixed.items() if k not in varied)


def _theory(record: Theorem, plot: Plot) -> str:
    """What the lines are."""
    exact = isinstance(record.claim, Mean) and record.claim.exact and plot.theory is None
    lines = "Colours and level lines" if plot.up else "Areas" if plot.stack else "Lines"
    cut = ", its values cut at the ends of the scale" if plot.up and plot.limits else ""
    if isinstance(record.claim, Bound) and plot.theory is None:
        return f"{lines}: a lower bound, {'at every n' if exact else 'in the limit'}."
    where = f"exact at n = {plot.n}" if exact else "for this table" if plot.data else "in the limit"
    return f"{lines}: theory, {where}{cut}."


def _points(plot: Plot, of: tuple[str, ...], found: Found, draws: int) -> Iterator[str]:
    """What the points are, where there are any."""
    curves = [s for s in found if isinstance(s, Series)]
    drawn = [s.points for s in curves if s.points is not None]
    if not drawn:
        return
    named = plot.value.replace("\n", " ") or FIELDS.get(of[0], of[0])
    what = [*([plot.data] if plot.data else []), *([named] if len(of) == 1 else [])]
    mean = f"mean of {draws} draws{size(plot).replace('$', '')}, with 95% Student intervals of the mean."
    yield f"Points: {', '.join([*what, mean])}"
    if not np.concatenate([p.mean for p in drawn]).all():
        yield (
            "Open marks: medians with 95% order-statistic intervals, where a draw has no variance (theory's mean need not meet them)."
        )
    low, high, _ = limits(curves, plot)
    if any(above(p, high).any() for p in drawn):
        yield "Arrows at the upper edge: off the scale."
    if plot.data:
        gap = np.concatenate([np.abs(p.centre / p.theory - 1)[(p.centre >= low) & (p.centre <= high)] for p in drawn])
        yield f"The points lie {np.median(gap):.1%} off the lines in the median, {gap.max():.1%} at worst."
