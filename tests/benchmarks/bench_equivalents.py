"""The effective ridge of any spectrum: a risk curve against brentq a point, and digits at interpolation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.optimize import brentq

from asymptotics.equivalents import effective_ridge
from asymptotics.spectra import from_eigenvalues

GAMMAS = np.geomspace(0.1, 10, 200)[:, None]
LAMS = np.geomspace(1e-6, 10, 20)


def _seconds(call: Callable[[], Any], repeats: int = 3) -> float:
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def _curve(s: np.ndarray) -> Any:
    return effective_ridge(from_eigenvalues(s).H, gamma=GAMMAS, lam=LAMS)


def _point(s: np.ndarray, gamma: float, lam: float) -> float:
    # what one writes by hand: brentq in log kappa between the obvious bounds, then df1, df2
    top = np.log(gamma * np.mean(s) + lam)
    t = brentq(lambda t: gamma * np.mean(s / (s + np.exp(t))) + lam * np.exp(-t) - 1, np.log(lam), top, xtol=1e-13)
    kappa = np.exp(t)
    shrink = s / (s + kappa)
    return float(kappa + 0 * (gamma * np.mean(shrink) + gamma * np.mean(shrink**2)))


def _digits(s: np.ndarray, kappa: float, gamma: float, lam: float) -> float:
    # the relative error of kappa by one Newton step of the equation summed in extended precision over all eigenvalues
    s, k = s.astype(np.longdouble), np.longdouble(kappa)
    r = 1 / (s + k)
    above = s > k
    p, g = s.size, np.longdouble(gamma)
    defect = (
        (g * np.count_nonzero(above) / p - 1)
        - g * np.sum(k * r[above]) / p
        + g * np.sum((s * r)[~above]) / p
        + np.longdouble(lam) / k
    )
    return float(abs(defect / (np.longdouble(lam) / k + g * k * np.sum(s * r * r) / p)))


def rows() -> Iterator[tuple[str, str, str]]:
    rng = np.random.default_rng(7)
    _curve(rng.random(1000) + 0.1)  # compiled
    for size, points in ((10**4, 40), (10**6, 3)):
        s = np.exp(1.5 * rng.normal(size=size))
        ours = _seconds(lambda s=s: _curve(s))
        rows_, columns = rng.integers(200, size=points), rng.integers(20, size=points)
        cases = [(float(GAMMAS[i, 0]), float(LAMS[j])) for i, j in zip(rows_, columns, strict=True)]
        theirs = _seconds(lambda s=s, cases=cases: [_point(s, *case) for case in cases], 1) / points * 4000
        kappa = _curve(s).kappa
        worst = max(_digits(s, float(kappa[i, j]), *case) for i, j, case in zip(rows_, columns, cases, strict=True))
        yield (
            f"risk curve, 200 gammas x 20 penalties, {size:.0e} eigenvalues: times faster than brentq a point (sort and compression in)",
            "at least 100, 12 digits",
            f"{theirs / ours:.0f} times ({ours * 1e3:.1f} ms; {-np.log10(max(worst, 1e-17)):.1f} digits)",
        )
        H = from_eigenvalues(s).H
        yield (
            f"compression of {size:.0e} eigenvalues",
            "",
            f"{_seconds(lambda s=s: from_eigenvalues(s).H.compressed()) * 1e3:.1f} ms",
        )
        H.compressed()
        point = _seconds(lambda H=H: effective_ridge(H, gamma=GAMMAS, lam=LAMS)) / 4000
        yield (
            f"kappa, df1, df2, gap and derivatives, one point, {size:.0e} eigenvalues compressed",
            "1 us",
            f"{point * 1e6:.2f} us",
        )
    worst = 0.0
    for spread in (0.5, 3.0, 10.0):
        for size in (100, 10**4):
            s = np.exp(spread * rng.normal(size=size))
            kappa = float(effective_ridge(from_eigenvalues(s).H, gamma=1.0, lam=1e-16 / size).kappa)
            worst = max(worst, _digits(s, kappa, 1.0, 1e-16 / size))
    yield "kappa at n = p, delta = 1e-16", "12 digits or ConvergenceError", f"{-np.log10(max(worst, 1e-17)):.1f} digits"
