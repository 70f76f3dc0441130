"""The same draws and verdicts whatever kernels BLAS picks for the processor: OPENBLAS_CORETYPE and threads, a process for each.

`python -m tests.reliability.cores FILE` is what such a process runs: draws into FILE, and on its output what BLAS it had and verdicts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.reliability import keep, kept, table

ROOT = Path(__file__).parent.parent.parent
CORES = ("Nehalem", "Haswell", "SkylakeX", "Zen")
THREADS = (1, 2)
GOAL = 1e-11
NOTHING = 1e-12  # of a draw's largest field: what is smaller is zero but for round-off
TWO_ATOMS = "atoms:4@0.5,0.25@0.5"
DRAWS: dict[str, tuple[str, dict[str, Any]]] = {
    "ridge, p < n": ("ridge", {"n": 300, "gamma": 0.5, "lam": (0.0, 0.1, 1.0), "spectrum": "ar1:0.7"}),
    "ridge, p > n": ("ridge", {"n": 200, "gamma": 2.0, "lam": (0.0, 0.1, 1.0), "spectrum": TWO_ATOMS, "signal": "top:0.5"}),
    "ridge, p > n > 512": ("ridge", {"n": 600, "gamma": 1.5, "lam": 0.1, "spectrum": "ar1:0.7"}),
    "ridge, p = n, lam = 1e-6": ("ridge", {"n": 200, "gamma": 1.0, "lam": 1e-6}),
    "ridgeless, p = n": ("ridge", {"n": 200, "gamma": 1.0, "lam": 0.0}),
    "ridgeless, p = n, correlated": ("ridge", {"n": 100, "gamma": 1.0, "lam": 0.0, "spectrum": "ar1:0.7"}),
    "ridgeless, p = 1.01 n, t_5": ("ridge", {"n": 200, "gamma": 1.01, "lam": 0.0, "entries": "student:5"}),
    "ridge, negative penalty": ("ridge", {"n": 100, "gamma": 4.0, "lam": -0.3}),
    "isotropic, O(n)": ("isotropic", {"n": 300, "gamma": 1.0, "lam": (0.0, 0.1)}),
    "bartlett": ("bartlett", {"n": 300, "gamma": 0.5, "lam": (0.0, 0.1), "spectrum": "ar1:0.7"}),
    "covariate shift": ("covariate_shift", {"n": 200, "gamma": 2.0, "lam": 0.1, "shifted": "power:2", "spectrum": TWO_ATOMS}),
    "latent space": ("latent_space", {"n": 200, "gamma": 2.5, "psi": 0.2, "lam": 0.0}),
    "nonlinear features": ("nonlinear_features", {"n": 100, "gamma": 2.0, "psi": 0.5, "activation": "relu", "lam": 0.1}),
    "tuned by cross-validation": ("tuning", {"n": 200, "gamma": 2.0}),
    "eigenvalues": ("eigenvalues", {"n": 200, "gamma": 0.5, "spectrum": "ar1:0.5"}),
}
JUDGED = (
    "hastie2022.isotropic_ridge",
    "hastie2022.correlated_ridgeless",
    "hastie2022.leave_one_out",
    "hastie2022.tuned_by_cross_validation",
    "dobriban2018.any_spectrum",
    "marchenko1967.eigenvalues",
)
BUDGET = 300  # draws a size: the same work for every kernel


def draw(file: str) -> None:
    """All DRAWS, by as many threads as BLAS has here, and the verdicts."""
    from importlib import import_module

    import scipy.linalg  # noqa: F401  NumPy and SciPy each bring a BLAS
    from threadpoolctl import threadpool_info

    from simulate.streams import stream
    from theorems import discovery, verify

    found: dict[str, np.ndarray] = {}
    for name, (module, params) in DRAWS.items():
        function = getattr(import_module(f"simulate.{module}"), "sample_covariance" if module == "eigenvalues" else "ridge")
        result = function(**params, draws=3, rng=stream(0, "cores", name))
        values = result.to_dict() if hasattr(result, "to_dict") else {"value": result}
        found |= {f"{name}/{field}": value for field, value in values.items()}
    np.savez(file, allow_pickle=False, **found)
    verdicts = {name: verify(discovery.one(name), budget=BUDGET) for name in JUDGED}
    told = {n: [v.status, *v.rivals.values()] for n, v in verdicts.items()}
    blas = sorted({(i["architecture"], i["num_threads"]) for i in threadpool_info() if i["user_api"] == "blas"})
    print(json.dumps({"verdicts": told, "blas": ", ".join(f"{a} x {t}" for a, t in blas)}))


def everywhere(folder: Path) -> dict[tuple[str, int], tuple[dict[str, np.ndarray], dict[str, Any]]]:
    """(core, threads) -> (draws, what the process told)."""
    out = {}
    for core in CORES:
        for threads in THREADS:
            own = {"OPENBLAS_CORETYPE": core, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
            file = folder / f"{core}{threads}.npz"
            command = [sys.executable, "-m", "tests.reliability.cores", str(file)]
            done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=True, cwd=ROOT)
            out[core, threads] = dict(np.load(file)), json.loads(done.stdout)
    return out


def spreads(runs: list[dict[str, np.ndarray]]) -> dict[str, tuple[float, str]]:
    """Largest minus smallest over the largest, of each simulation's worst draw and field."""
    worst: dict[str, tuple[float, str]] = {}
    top = {name: max(float(np.abs(v).max()) for k, v in runs[0].items() if k.startswith(f"{name}/")) for name in DRAWS}
    for key in runs[0]:
        name, _, field = key.partition("/")
        values = np.stack([run[key] for run in runs])
        size = np.abs(values).max(axis=0)
        spread = np.ptp(values, axis=0) / np.where(size > NOTHING * top[name], size, np.inf)
        worst[name] = max(worst.get(name, (0.0, "")), (float(spread.max()), field))
    return worst


def measure() -> None:
    """All settings, one after another."""
    with tempfile.TemporaryDirectory() as folder:
        found = everywhere(Path(folder))
    told = [told["verdicts"] for _, told in found.values()]
    had = {f"{core} x {threads}": told["blas"] for (core, threads), (_, told) in found.items()}
    same = all(t == told[0] for t in told)
    keep("cores", {"spreads": spreads([draws for draws, _ in found.values()]), "same": same, "verdicts": told[0], "kernels": had})


def rows() -> Iterator[tuple[str, str, str]]:
    """(what, to reach, measured)."""
    if found := kept("cores"):
        where = f"OPENBLAS_CORETYPE in {', '.join(CORES)}, {' or '.join(map(str, THREADS))} threads"
        judged = f"verdicts of {len(found['verdicts'])} records and their rivals, {where}"
        yield judged, "the same", "the same" if found["same"] else "NOT the same"
        worst = max(found["spreads"], key=lambda name: found["spreads"][name][0])
        above = [name for name, (spread, _) in found["spreads"].items() if spread > GOAL]
        words = f"the worst of {len(found['spreads'])} simulations: {found['spreads'][worst][0]:.1e} ({worst})"
        yield f"relative spread of draws, {where}", f"at most {GOAL:g}", words + (f"; ABOVE: {'; '.join(above)}" if above else "")


def tables() -> Iterator[str]:
    found = kept("cores") or {"spreads": {}, "kernels": {}}
    lines = [[n, "the same bits" if spread == 0 else f"{spread:.1e}", field] for n, (spread, field) in found["spreads"].items()]
    yield table(["simulation", "relative spread", "of the field"], lines)
    yield f"Kernels: {'; '.join(f'{asked} gave {had}' for asked, had in found['kernels'].items())}."


if __name__ == "__main__":
    draw(sys.argv[1])
