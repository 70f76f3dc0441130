"""Which interval a case is judged by: the moments of a draw decide.

bounded   the claim declares the range of a draw: empirical Bernstein, exact for any distribution
mean      a draw has at least MOMENTS moments at every size: Student's mixture, exact for normal rounds, asymptotic otherwise
median    it has fewer, and the claim is about a limit: order statistics, exact for any distribution, moments or none; the
          median tends to what the mean tends to because the quantity concentrates, which is checked
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from asymptotics.conventions import refuse
from theorems.claims import Law, moments
from theorems.verdicts.evidence import Drawn

METHODS = ("auto", "bounded", "mean", "median")
MOMENTS = 8  # of a draw. With fewer, nominal 1e-3 was exceeded near p = n: docs/reliability.md


def choose(claim: Drawn, params: Mapping[str, Any], method: str = "auto") -> str:
    """The method for this case; ValueError where the one asked for, or every one, would give an interval that nothing supports."""
    if method not in METHODS:
        refuse("method", method, f"it is one of {', '.join(METHODS)}")
    if method == "bounded" and claim.bounds is None:
        refuse("method", method, "the claim declares no range of a draw: Mean(bounds=(low, high), ...)")
    if method in ("bounded", "auto") and claim.bounds is not None:
        return "bounded"
    if method == "median":
        if claim.exact or isinstance(claim, Law):
            refuse("method", method, "this claim is about the mean at each size" if claim.exact else "a Law is judged by means")
        return "median"
    if isinstance(claim, Law):
        return "mean"  # of fractions of points, which have every moment
    have = {n: _moments(claim, params, n) for n in claim.sizes}
    if min(have.values()) >= MOMENTS:
        return "mean"
    n, few = min(have.items(), key=lambda item: item[1])
    if method == "mean" or claim.exact:
        enough = next((m for i in range(1, 12) if _moments(claim, params, m := n * 2**i) >= MOMENTS), None)
        remedy = f"sizes from n = {enough} on have them" if enough else "choose a case farther from p = n"
        other = "" if claim.exact else ", or judge medians: method='median'"
        refuse("sizes", claim.sizes, f"at n = {n}, {dict(params)} a draw has {few:g} finite moments and its mean's interval needs "
               f"{MOMENTS}; {remedy}{other}")  # fmt: skip
    return "median"


def _moments(claim: Drawn, params: Mapping[str, Any], n: int) -> float:
    found = moments(claim.simulation, params, n, getattr(claim, "of", None))
    return math.inf if found is None else found
