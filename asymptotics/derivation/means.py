r"""Means of features: a matrix of rank one, as large as sqrt(n), which a limit does not see where an inverse shields it.

F = mean 1 1' + (the rest). A functional tr E(F)/size that stays bounded as the mean grows moves by O(1/n): its form moves by a matrix of
finite rank and bounded norm. One that grows, as tr F F' does, has another limit, of which the Gaussian equivalent says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import MatrixSymbol
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

from asymptotics.conventions import refuse
from asymptotics.derivation.forms import Form
from asymptotics.derivation.reading import Reader

SIZE = 4  # of every dimension, in a trial
LARGE = (1e3, 1e5)  # means
GROWTH = 10.0  # of a form from one to the other, which is 1 or 100 and more


def unshielded(reader: Reader, means: Mapping[str, MatrixSymbol]) -> None:
    """Refuse functionals that see the mean of features, by the letter of their rest; found at random matrices."""
    for letter, F in means.items():
        for functional in reader.functionals:
            if any(p.letter == letter for p in functional.form.ports):
                small, large = (np.linalg.norm(_at(functional.form, reader, letter, mean)) for mean in LARGE)
                if not large <= GROWTH * small:
                    remedy = f"{functional.source} grows with the mean of {F}, of which it is no limit; take the mean off the activation"
                    refuse("features", str(F), remedy)


def _at(form: Form, reader: Reader, letter: str, mean: float) -> np.ndarray:
    """The form at random matrices, one of them with this mean."""
    rng = np.random.default_rng(0)
    law = {reader.algebra.symbols.index(s) for s in reader.laws.values()}
    values = [
        rng.uniform(0.5, 1.5, SIZE) if i in law else np.full(SIZE, rng.uniform(0.5, 1.5))
        for i in range(len(reader.algebra.symbols))
    ]
    drawn = {x: rng.standard_normal((SIZE, SIZE)) for x in sorted(reader.kinds)}
    drawn[letter] = drawn[letter] + mean
    of = lambda a: np.diag(_number(a, values))  # noqa: E731
    m = len(form.ports)
    A, B, C, X = np.zeros((m, SIZE, m, SIZE)), np.zeros((m, SIZE, SIZE)), np.zeros((SIZE, m, SIZE)), np.zeros((m, SIZE, m, SIZE))
    for (i, j), a in form.A.items():
        A[i, :, j] = of(a)
    for i, b in form.B.items():
        B[i] = of(b)
    for j, c in form.C.items():
        C[:, j] = of(c)
    for i, p in enumerate(form.ports):
        X[i, :, i] = drawn[p.letter].T if p.transposed else drawn[p.letter]
    flat = (m * SIZE,) * 2
    y = np.linalg.solve(np.eye(m * SIZE) - X.reshape(flat) @ A.reshape(flat), X.reshape(flat) @ B.reshape(-1, SIZE))
    return of(form.D) + C.reshape(SIZE, -1) @ y


def _number(a: FracElement, values: list[np.ndarray]) -> np.ndarray:
    return _polynomial(a.numer, values) / _polynomial(a.denom, values)


def _polynomial(p: PolyElement, values: list[np.ndarray]) -> np.ndarray:
    terms = (float(c) * np.prod([values[i] ** k for i, k in enumerate(powers) if k], axis=0) for powers, c in p.terms())
    return sum(terms, np.zeros(SIZE))
