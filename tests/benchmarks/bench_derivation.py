"""Derivation: from an expression to printed equations in a fresh process, and a numerical limit a point."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

HEAD = """
from sympy import Identity, MatrixSymbol, Trace, sqrt, symbols
from asymptotics import spectra
from asymptotics.derivation import derive
n, p, k, lam = symbols("n p k lambda", positive=True)
X, S, W, b = MatrixSymbol("X", n, p), MatrixSymbol("Sigma", p, p), MatrixSymbol("W", p, k), MatrixSymbol("b", p, 1)
law = spectra.atoms([1, 3], [0.5, 0.5])
Z = X * S**0.5
R = (Z.T * Z / n + lam * Identity(p)).inverse()
F = Z * W / sqrt(k)
Q = (F.T * F / n + lam * Identity(k)).inverse()
E = Identity(p) - W * Q * F.T * Z / sqrt(k) / n
"""
EXPRESSIONS = {
    "Marchenko-Pastur": ("derive(Trace((X.T * X / n + lam * Identity(p)).inverse()) / p, gaussian=[X])", 1.0, 1.8),
    "anisotropic Marchenko-Pastur": ("derive(Trace(R) / p, gaussian=[X], laws={S: law})", 1.2, 2.5),
    "ridge bias and variance": (
        'derive({"bias": lam**2 * Trace(b.T * R * S * R * b), "variance": Trace(S * R * Z.T * Z * R) / n**2}, '
        "gaussian=[X], vectors=[b], laws={S: law})",
        2.0,
        15.5,
    ),
    "random features, bias and variance": (
        'derive({"bias": Trace(b.T * E.T * S * E * b), "variance": Trace(W * Q * F.T * F * Q * W.T * S) / n**2 / k}, '
        "gaussian=[X, W], vectors=[b], laws={S: law})",
        2.5,
        11.2,
    ),
}


def seconds(code: str, repeats: int = 5) -> tuple[float, float]:
    """Least wall and CPU time of a fresh process that runs the code."""
    wall, cpu = np.inf, np.inf
    for _ in range(repeats):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = min(wall, time.perf_counter() - start)
        cpu = min(cpu, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return wall, cpu


def rows() -> Iterator[tuple[str, str, str]]:
    for name, (expression, bar, peer) in EXPRESSIONS.items():
        wall, cpu = seconds(HEAD + f"print({expression}.equations().latex())")
        yield (
            f"{name}: expression to simplified equations, SymPy's import included",
            f"{bar} s (a public code: {peer} s)",
            f"{wall:.2f} s, {cpu:.2f} s of CPU",
        )
    yield from _limits()


def _limits() -> Iterator[tuple[str, str, str]]:
    from asymptotics import random_features, spectra

    space: dict = {}
    exec(HEAD, space)
    law = spectra.from_eigenvalues(np.exp(np.linspace(-3, 3, 100)))
    expression = {"bias": "Trace(b.T * E.T * S * E * b)"}
    model = eval(f"derive({expression['bias']}, gaussian=[X, W], vectors=[b], laws={{S: law}})", space | {"law": law})
    penalties = np.logspace(-6, 2, 1000)
    times, errors = [], []
    for gamma, psi in ((2.0, 1.0), (0.5, 3.0), (1.01, 0.7)):
        model.limit(gamma=gamma, psi=psi, lam=0.1)
        best = np.inf
        for _ in range(5):
            start = time.process_time()
            found = model.limit(gamma=gamma, psi=psi, lam=penalties)
            best = min(best, time.process_time() - start)
        times.append(best * 1e6 / len(penalties))
        hand = random_features.ridge(law, gamma=gamma, psi=psi, lam=penalties, sigma2=0.0).bias
        errors.append(float(np.max(np.abs(found.value / hand - 1))))
    yield (
        "random features' bias, 100 atoms, 1000 penalties from 1e-6 to 100: a point",
        "50 us; 1e-12 from the hand-made formula",
        f"{min(times):.0f} to {max(times):.0f} us; {max(errors):.1e}",
    )
