"""The dense simulator beside its floors: the normals, one Gram matrix, one factorisation. CPU time, best of several, one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import process_time
from typing import Any

import numpy as np
from scipy.linalg import eigh
from scipy.linalg.blas import dsyrk
from scipy.linalg.lapack import dpotrf

from simulate.ridge import ridge

N, P, REPEATS, DRAWS = 1000, 2000, 5, 3


def _interleaved(tasks: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Least CPU seconds of each; one after the other in every round, so that a slow spell hits all."""
    best = dict.fromkeys(tasks, np.inf)
    for task in tasks.values():
        task()
    for _ in range(REPEATS):
        for name, task in tasks.items():
            start = process_time()
            task()
            best[name] = min(best[name], process_time() - start)
    return best


def rows() -> Iterator[tuple[str, str, str]]:
    rng = np.random.default_rng(0)
    normals = np.empty((N, P))
    rng.standard_normal(out=normals)
    gram = np.asarray(dsyrk(1.0, normals.T, trans=1, lower=1))
    grid = np.geomspace(1e-4, 1e2, 100)
    common: dict[str, Any] = {"n": N, "gamma": P / N, "spectrum": "ar1:0.5", "draws": DRAWS, "rng": rng}
    seconds = _interleaved(
        {
            "normals": lambda: rng.standard_normal(out=normals),
            "syrk": lambda: dsyrk(1.0, normals.T, trans=1, lower=1),
            "cholesky": lambda: dpotrf(gram, lower=1, clean=0),
            "eigen": lambda: eigh(gram, lower=True, check_finite=False, driver="evd"),
            "one": lambda: ridge(lam=0.1, **common),
            "zero": lambda: ridge(lam=0.0, **common),
            "hundred": lambda: ridge(lam=grid, **common),
        }
    )
    for name in ("one", "zero", "hundred"):
        seconds[name] /= DRAWS
    draw = seconds["normals"] + seconds["syrk"]
    floor, floor_eigen = draw + seconds["cholesky"], draw + seconds["eigen"]
    at = f"n = {N}, p = {P}, AR(1)"
    yield (
        f"dense Monte Carlo, one draw at {at}, one penalty, all nine fields; floor = normals + SYRK + Cholesky",
        "<= 1.5 floors",
        f"{seconds['one'] / floor:.2f} floors of {1e3 * floor:.0f} ms (ridgeless {seconds['zero'] / floor:.2f})",
    )
    yield (
        f"the same with 100 penalties; floor = normals + SYRK + eigendecomposition with vectors ({at})",
        "<= 1.5 floors",
        f"{seconds['hundred'] / floor_eigen:.2f} floors of {1e3 * floor_eigen:.0f} ms",
    )
    after = seconds["hundred"] - draw
    yield (
        f"100 penalties on one draw: all after the Gram matrix (eigendecomposition, scaling of rows, nine fields) ({at})",
        "<= 1.3 eigendecompositions",
        f"{after / seconds['eigen']:.2f} eigendecompositions of {1e3 * seconds['eigen']:.0f} ms",
    )
