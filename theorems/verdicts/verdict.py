"""A verdict as a value, and its words, which never claim more than was seen; `rule` reaches it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from simulate.streams import STREAM_VERSION

Status = Literal["consistent", "refuted", "undecided"]
WIDTH = 80  # columns of what is printed
KEPT = "\N{NO-BREAK SPACE}"
GUARANTEES = {
    "mean": "the rates hold at every look, exactly for normal rounds, asymptotically for others",
    "median": "the rates hold at every look for any distribution of the draws (order statistics)",
    "bounded": "the rates hold at every look for any distribution in the declared range (empirical Bernstein)",
    "identity": "no randomness",
}


def words(params: Mapping[str, Any]) -> str:
    """Parameters in one line.

    >>> words({"gamma": 2.0, "spectrum": "isotropic"})
    'gamma=2, spectrum=isotropic'
    """
    return ", ".join(f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}" for k, v in params.items())


@dataclass(frozen=True, kw_only=True)
class CaseVerdict:
    """One case: the worst component's extrapolated discrepancy `estimate` in units of its scale, and its intervals."""

    status: Status
    params: Mapping[str, Any]
    estimate: float
    halfwidth: float  # of the sequence that refutes
    accept_halfwidth: float = 0.0  # of the sequence that accepts
    target: float
    sizes: tuple[int, ...] = ()
    draws: tuple[int, ...] = ()
    method: str = "identity"
    remainder: tuple[float, float] = (0.0, 0.0)  # what the next power of the finite-size model moves the estimate by, +-
    least_discrepancy: float = 0.0  # that these draws would have refuted, at both error rates
    needs: int | None = None  # how many times these draws would decide
    reason: str = ""  # why more draws alone would not
    one_sided: bool = False  # a lower bound: only falling below it is a miss
    rates: tuple[float, ...] = ()  # the exponents that fit, where the claim knows none

    @property
    def where(self) -> str:
        """The parameters in one line."""
        return words(self.params)

    @property
    def reach(self) -> float:
        """The largest discrepancy that the accepting interval allows."""
        half = self.accept_halfwidth
        return max(0.0, half - self.estimate) if self.one_sided else half + abs(self.estimate)

    def details(self) -> Iterator[str]:
        """What was seen and what would decide, a line each."""
        if not self.sizes:
            yield f"two exact routes differ by {self.estimate:.1e} of {self.target:.6g}"
            return
        gap = "beyond the bound by" if self.one_sided else "off by"
        kind = {"mean": "", "median": ", by medians", "bounded": ", by a bounded range"}[self.method]
        yield (
            f"{gap} {self.estimate:+.2e} +-{KEPT}{self.accept_halfwidth:.1e} of {self.target:.6g}{kind} "
            f"(to refute: +-{KEPT}{self.halfwidth:.1e})"
        )
        rest, noise = self.remainder
        fit = f"; next{KEPT}power{KEPT}{rest:+.0e}{KEPT}+-{KEPT}{noise:.0e}" if 0 < noise < math.inf else ""
        fit += f"; a bias n^-a with a = {min(self.rates):g} to {max(self.rates):g} fits" if self.rates else ""
        yield f"n = {_listed(self.sizes)}; {_listed(self.draws)} draws{fit}"
        if self.needs:
            yield f"would decide: about {_listed(_rounded(d * self.needs) for d in self.draws)} draws"
        elif self.reason:
            yield self.reason

    def __str__(self) -> str:
        head = textwrap.wrap(f"{self.status:<10} {self.where}", WIDTH, subsequent_indent=" " * 11)
        return "\n".join([*head, *(line for text in self.details() for line in _indented(text, "  "))])


def _indented(text: str, by: str) -> list[str]:
    return [
        line.replace(KEPT, " ")
        for line in textwrap.wrap(text, WIDTH - 2, initial_indent=by, subsequent_indent=f"{by}  ", break_on_hyphens=False)
    ]


def _listed(numbers: Iterable[int]) -> str:
    """Whole numbers, those of five digits and more in groups of three.

    >>> _listed((400, 6400, 12800))
    '400, 6400, 12 800'
    """
    return ", ".join(f"{v:,}".replace(",", " ") if v >= 10_000 else f"{v}" for v in numbers)


def _rounded(value: int) -> int:
    """To two digits, upwards."""
    unit = 10 ** max(0, len(str(value)) - 2)
    return -(-value // unit) * unit


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The verdict on a record: its cases, and the verdict on each rival from the same draws."""

    theorem: str
    status: Status
    delta: float
    false_refute: float
    false_accept: float
    cases: tuple[CaseVerdict, ...]
    rivals: Mapping[str, Status] = field(default_factory=dict)
    entropy: int = 0
    seconds: float = field(default=0.0, compare=False)

    def __bool__(self) -> bool:
        raise TypeError("a verdict has three values: compare verdict.status with 'consistent', 'refuted' or 'undecided'")

    @property
    def has_power(self) -> bool:
        """Whether every rival was refuted by some case."""
        return all(status == "refuted" for status in self.rivals.values())

    @property
    def least_discrepancy(self) -> float:
        """The least discrepancy that the draws of every case would have refuted, at both error rates."""
        return max((c.least_discrepancy for c in self.cases), default=math.inf)

    @property
    def headline(self) -> str:
        """One line that never over-claims."""
        size = max((max(c.sizes, default=0) for c in self.cases), default=0)
        if self.status == "consistent":
            worst = max(c.reach for c in self.cases)
            says = "the bound holds" if self.cases[0].one_sided else "consistent"
            return f"{says} to {100 * worst:.2g} % at n <= {size}" if size else f"two exact routes agree to {worst:.1e}"
        return self.status

    def __str__(self) -> str:
        lines = [f"{self.theorem}: {self.headline}", *(textwrap.indent(str(c), "  ") for c in self.cases)]
        lines += [f"  rival {status:<10} {name}" for name, status in self.rivals.items()]
        return "\n".join(lines + [line for text in self.rates for line in _indented(text, "  ")])

    @property
    def rates(self) -> list[str]:
        """Both error rates in words, what the draws would have seen, and what the rates rest on."""
        if not any(c.sizes for c in self.cases):
            return []
        seen = self.least_discrepancy
        stated = [
            f"error rates: {self.false_refute:g} to refute a true theorem, {self.false_accept:g} to accept one off by "
            f"{100 * self.delta:g} %",
            *([f"power: these draws would have refuted {100 * seen:.2g} %"] if math.isfinite(seen) else []),
        ]
        return [*stated, *(f"{m}: {GUARANTEES[m]}" for m in sorted({c.method for c in self.cases}))]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as written beside a figure."""
        return asdict(self) | {
            "headline": self.headline,
            "least_discrepancy": self.least_discrepancy,
            "stream_version": STREAM_VERSION,
        }
