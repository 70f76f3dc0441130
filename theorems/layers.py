r"""Fits on random layers in SymPy: what the records of several papers are derived from.

    Z_i = X_i S^(1/2),     F_ij = Z_i M_j + N_ij,     A_ij = (F_ij'F_ij + n lam)^-1 F_ij',                                      (1)

samples i, layer j, rows of N_ij of covariance C_j. The fit at a new point z is (M_j'z + n_j)'A_ij (Z_i beta + noise). Fits of samples
i and i', layers j and j', have in common

    e(ij, i'j') = beta'(1 - M_j A_ij Z_i)' S (1 - M_j' A_i'j' Z_i') beta + [j = j'] beta' Z_i' A_ij' C_j A_i'j' Z_i' beta,          (2)
    v(ij, i'j') = [i = i'] tr A_ij' (M_j' S M_j' + [j = j'] C_j) A_i'j'   for each unit of noise.                                     (3)

`random` is a layer of random features, `equivalent` the Gaussian equivalent of a nonlinear one, each alone or upon others. Cross terms of
signal and noise have mean zero and are left out. SymPy is imported when a limit is derived.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from theorems.derived import Derived
from theorems.hastie2022.correlated import law

Layer = Callable[..., tuple[Any, Any, Any]]  # (fits, i, j) -> M_j, N_ij, C_j, of which the last two may be None


class Fits:
    """The matrices of (1): `law` of S, with the signal's spread; `averaged` over the signal's signs, law of (S, B); `white`: S = 1."""

    def __init__(self, layer: Layer, law: Any = None, *, averaged: bool = False, white: bool = False, ratios: Any = None) -> None:
        from sympy import Identity, MatrixSymbol, symbols

        self.n, self.p, self.k, self.lam = symbols("n p k lambda", positive=True)
        self.r2, self.sigma2, self.nonlinear = symbols("r2 sigma2 nonlinear", positive=True)
        self.one, self.beta = Identity(self.p), MatrixSymbol("beta", self.p, 1)
        self.S, self.B = (self.one if white else MatrixSymbol(name, self.p, self.p) for name in ("Sigma", "B"))
        self.layer, self.averaged, self.ratios = layer, averaged, ratios
        self.laws = {} if white else {(self.S, self.B) if averaged else self.S: law}
        self.known: dict[str, Any] = {}

    def gaussian(self, name: str, rows: Any, columns: Any) -> Any:
        """A block of independent entries, the same wherever its name is."""
        from sympy import MatrixSymbol

        return self.known.setdefault(name, MatrixSymbol(name, rows, columns))

    def given(self, expression: Any) -> dict[str, Any]:
        """The arguments of `Faces`."""
        vectors = [] if self.averaged else [self.beta]
        blocks = list(self.known.values())
        return {"expression": expression, "gaussian": blocks, "laws": self.laws, "vectors": vectors, "ratios": self.ratios}

    def fit(self, i: int = 1, j: int = 1) -> tuple[Any, Any, Any, Any, Any]:
        """Z_i, F_ij, A_ij, M_j, C_j."""
        from sympy import Identity

        M, N, C = self.layer(self, i, j)
        Z = self.gaussian(f"X_{i}", self.n, self.p) * self.S**0.5
        F = Z * M if N is None else Z * M + N
        return Z, F, (F.T * F / self.n + self.lam * Identity(self.k)).inverse() * F.T / self.n, M, C

    def residual(self, i: int = 1, j: int = 1) -> Any:
        """Of labels: lam (F F'/n + lam)^-1."""
        from sympy import Identity

        F = self.fit(i, j)[1]
        return self.lam * (F * F.T / self.n + self.lam * Identity(self.n)).inverse()

    def signal(self, M: Any) -> Any:
        """E beta'M beta."""
        from sympy import Trace

        return self.r2 * (Trace(self.B * M) / self.p if self.averaged else Trace(self.beta.T * M * self.beta))

    def error(self, first: tuple[int, int] = (1, 1), second: tuple[int, int] = (1, 1)) -> tuple[Any, Any]:
        """(2) and (3), this without sigma2."""
        from sympy import Trace

        (Z, _, A, M, C), (Y, _, O, L, _) = self.fit(*first), self.fit(*second)
        rest = first[1] == second[1] and C is not None
        signal = self.signal((self.one - M * A * Z).T * self.S * (self.one - L * O * Y))
        noise = Trace(A.T * M.T * self.S * L * O)
        if rest:
            signal, noise = signal + self.signal(Z.T * A.T * C * O * Y), noise + Trace(A.T * C * O)
        return signal, noise if first[0] == second[0] else 0


def random(at: Fits, i: int, j: int) -> tuple[Any, Any, Any]:
    """Random features W_j'z/sqrt k."""
    from sympy import sqrt

    return at.gaussian(f"W_{j}", at.p, at.k) / sqrt(at.k), None, None


def equivalent(at: Fits, i: int, j: int) -> tuple[Any, Any, Any]:
    """phi(W_j'z/sqrt p), whose equivalent is mu1 W_j'z/sqrt p + mu_star (independent)."""
    from sympy import Identity, sqrt, symbols

    mu1, mu_star = symbols("mu1 mu_star", positive=True)
    rest = mu_star * at.gaussian(f"Theta_{i}{j}", at.n, at.k)
    return mu1 * at.gaussian(f"W_{j}", at.p, at.k) / sqrt(at.p), rest, mu_star**2 * Identity(at.k)


def deep(at: Fits, i: int, j: int) -> tuple[Any, Any, Any]:
    """Random features upon l random features: W_j'V_j'z/sqrt(k l)."""
    from sympy import Symbol, sqrt

    l = Symbol("l", positive=True)
    return at.gaussian(f"V_{j}", at.p, l) * at.gaussian(f"W_{j}", l, at.k) / sqrt(at.k * l), None, None


def deep_equivalent(at: Fits, i: int, j: int) -> tuple[Any, Any, Any]:
    """phi_2(W_j'h/sqrt l) upon h = phi_1(V_j'z/sqrt p): the equivalent of both, with three numbers, by `deep_constants`."""
    from sympy import Identity, sqrt, symbols

    linear, first, second, l = symbols("linear first second l", positive=True)
    V, W = at.gaussian(f"V_{j}", at.p, l), at.gaussian(f"W_{j}", l, at.k)
    rest = first * at.gaussian(f"T_{i}{j}", at.n, l) * W / sqrt(at.n) + second * at.gaussian(f"Theta_{i}{j}", at.n, at.k)
    return linear * V * W / at.n, rest, first**2 * W.T * W / at.n + second**2 * Identity(at.k)


def errors(layer: Layer, law: Any, *, training: bool = True, **more: Any) -> dict[str, Any]:
    """bias, variance and training error of one fit."""
    from sympy import Trace

    at = Fits(layer, law, **more)
    bias, variance = at.error()
    found = {"bias": bias, "variance": at.sigma2 * variance}
    if training:
        R, Z = at.residual(), at.fit()[0]
        found["train"] = (at.signal(Z.T * R * R * Z) + at.sigma2 * Trace(R * R)) / at.n
    return at.given(found)


def norms(layer: Layer, law: Any) -> dict[str, Any]:
    """|a|^2 of the coefficients, |M a|^2 of the function of the inputs."""
    from sympy import Trace

    at = Fits(layer, law)
    Z, _, A, M, _ = at.fit()
    parts = {"norm2": A, "rkhs2": M * A}
    return at.given({name: at.signal(Z.T * P.T * P * Z) + at.sigma2 * Trace(P.T * P) for name, P in parts.items()})


def joint(spectrum: str, signal: str) -> tuple[Any, Any]:
    """Of a law of few eigenvalues: them with B, the energy of the signal over their mass."""
    H, G = law(spectrum, signal).H, law(spectrum, signal).G
    energy = np.array([G.weights[G.atoms == s].sum() for s in H.atoms])
    return np.stack([H.atoms, energy / H.weights], axis=1), H.weights


of_errors = Derived(partial(errors, random), law).of("bias", "variance", "train")
of_norms = Derived(partial(norms, random), law).of("norm2", "rkhs2")
