"""The branch in numbers: roots of P at 80 digits next to the values given, as t falls; and the check of a series on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

from asymptotics.conventions import refuse
from asymptotics.errors import ConvergenceError

DIGITS = 80
SMALL = [mpf(2) ** -k for k in (4, 6, 8, 10, 12, 14, 17, 20, 24, 28)]  # t: exact as floats
ACCURACY = 1e-7  # relative: values given are asked for eight digits
BEND = 0.25  # by the term after the next, at t = 2^-28 to 2^-20 unless `at` fails there; a wrong exponent bends by 1
NEXT = 0.5  # what the term after the next may be of the next, there

Branch = list[tuple[Any, Any]]


def polynomial_roots(a: list[Any]) -> list[Any]:
    """Of sum_i a[i] y^i, of roots of any sizes: started on circles whose radii are the slopes of the hull of (i, log |a_i|) (Bini)."""
    while not a[-1]:
        a = a[:-1]
    logs = {i: mp.log(abs(c)) for i, c in enumerate(a) if abs(c)}
    i, starts = min(logs), []
    while i < len(a) - 1:
        k = max((k for k in logs if k > i), key=lambda k: ((logs[k] - logs[i]) / (k - i), k))
        radius = mp.exp((logs[i] - logs[k]) / (k - i))
        starts += [radius * mp.expj(2 * mp.pi * m / (k - i) + i + mpf(7) / 10) for m in range(k - i)]
        i = k
    found = mp.polyroots(a[min(logs) :][::-1], maxsteps=200, extraprec=3 * mp.prec, roots_init=starts)
    return [mpf(0)] * min(logs) + list(found)


def branch(roots: Callable[[Any], list[Any]], at: Callable[[Any], Any]) -> Branch:
    """[(t, the root next to at(t))], t falling, where it is the only one that near; ValueError where fewer than three are."""
    found, causes = [], []
    for t in SMALL:
        try:
            wanted, candidates = mp.mpmathify(at(t)), roots(t)
        except (ArithmeticError, ValueError, mp.NoConvergence) as error:
            causes.append(str(error))
            continue
        if not mp.isfinite(wanted):
            causes.append(f"the value at t = {mp.nstr(t, 3)} is {mp.nstr(wanted)}")
            continue
        near = sorted(candidates, key=lambda y: abs(y - wanted))
        miss = abs(near[0] - wanted)
        if miss > ACCURACY * abs(near[0]):
            causes.append(
                f"at t = {mp.nstr(t, 3)} the value {mp.nstr(wanted, 8)} is not a root; the next is {mp.nstr(near[0], 8)}"
            )
        elif len(near) == 1 or abs(near[1] - wanted) > max(30 * miss, mpf(10) ** -14 * abs(near[0])):
            found.append((t, near[0]))
    if len(found) < 3:
        refuse(
            "at",
            getattr(at, "__name__", at),
            f"it does not tell a branch of the equation: {causes[-1] if causes else 'its roots meet'}",
        )
    return found


def checked(values: Branch, partial: Callable[[Any], Any], ends: list[tuple[Any, Any]]) -> float:
    """The measured slope of the remainder y - partial(t); ConvergenceError where it is not what `ends` says.

    `ends`: exponent and coefficient of the last term of `partial`, then of the next; no next one where the series ends.
    """
    if len(ends) < 2:
        t, y = values[-1]
        slope, residual = float("inf"), abs(partial(t) / y - 1)
        good = residual <= mpf(10) ** (20 - DIGITS)
    else:
        (last, _), (exponent, coefficient) = ends
        sharp = [(t, y) for t, y in values if abs(coefficient * t**exponent) > mpf(10) ** (20 - DIGITS) * abs(y)][-3:]
        rests = [(t, y - partial(t)) for t, y in sharp]
        residual = max((abs(r / (coefficient * t**exponent) - 1) for t, r in rests), default=mpf("inf"))
        (t1, r1), (t0, r0) = rests[0], rests[-1]
        slope = float(mp.log(abs(r1 / r0)) / mp.log(t1 / t0)) if r1 and r0 and t1 > t0 else float("nan")
        good = abs(slope - exponent) <= BEND * (exponent - last) and residual <= NEXT
    if not good:
        raise ConvergenceError(
            f"the remainder of an expansion, of slope {slope:.4f} where {float(ends[-1][0]):.4f} is due,",
            residual=float(residual),
            iterations=len(values),
            causes="`given` is next to a point where the expansion changes, or `at` jumps between branches",
        )
    return slope
