"""Du, Patil and Kuchibhotla, Subsample ridge ensembles: equivalences and generalized cross-validation (2023).

The risks of averaged ridge fits, of `patil2023`, derived from the expression of two members.
"""

from functools import partial
from typing import Any

import numpy as np

from theorems import Real, Theorem
from theorems.derived import Derived
from theorems.hastie2022.derived import ATOMS, joint
from theorems.model import Model
from theorems.patil2023 import DOMAIN, KAPPA, MEMBERS, MODEL, subagging, theory


def _two_members(laws):
    """D_1, D_2 choose the rows of two members; a mean over M of them has a part 1/M of its pairs equal."""
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, lam, r2, sigma2, share, members = symbols("n p lambda r2 sigma2 share members", positive=True)
    X, S, B = MatrixSymbol("X", n, p), MatrixSymbol("Sigma", p, p), MatrixSymbol("B", p, p)
    D = {j: MatrixSymbol(f"D_{j}", n, n) for j in (1, 2)}
    Z = X * S**0.5
    A = {j: Z.T * D[j] * Z / (share * n) for j in D}
    R = {j: (A[j] + lam * Identity(p)).inverse() for j in D}

    def mean(of):
        return of(1, 1) / members + (1 - 1 / members) * of(1, 2)

    def signal(M):
        return r2 * Trace(B * M) / p

    def noise(M, i, j):
        rows = D[i] if i == j else D[i] * D[j]
        return sigma2 * Trace(M * R[i] * Z.T * rows * Z * R[j]) / (share * n) ** 2

    def train(i, j):
        chosen = D[i] if i == j else D[i] * D[j]
        noises = 1 - (Trace(A[i] * R[i]) + Trace(A[j] * R[j])) / n
        noises += Trace(R[i] * Z.T * Z * R[j] * Z.T * chosen * Z) / n / (share * n) ** 2
        return lam**2 * signal(R[i] * Z.T * Z * R[j]) / n + sigma2 * noises

    return {
        "expression": {
            "bias": mean(lambda i, j: lam**2 * signal(R[i] * S * R[j])),
            "variance": mean(lambda i, j: noise(S, i, j)),
            "estimation": mean(lambda i, j: lam**2 * signal(R[i] * R[j]) + noise(Identity(p), i, j)),
            "train": mean(train),
        },
        "gaussian": [X],
        "laws": dict(zip([(D[1], D[2]), (S, B)], laws or (None, None), strict=True)),
    }


def _rows(share, common):
    """The joint law of D_1 and D_2."""
    return np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array(
        [common, share - common, share - common, 1 - 2 * share + common]
    )


def _random_rows(*, spectrum, signal, share):
    return _rows(share, share**2), joint(spectrum, signal)


def _disjoint_rows(*, spectrum, signal, share):
    return _rows(share, 0.0), joint(spectrum, signal)


_random, _disjoint = (
    Derived(_two_members, rows).of("bias", "variance", "train", "estimation") for rows in (_random_rows, _disjoint_rows)
)
_PAIRS: dict[str, Any] = {
    "source": "patil2023bagging, Theorems 4.1 and 4.3; du2023subsample, Theorems 2.1 to 2.3 (numbering from memory)",
    "statement": KAPPA
    + r"\rho=\frac\lambda\kappa:\quad R+\sigma^2\to\frac1M\frac{B}{1-\mathrm{df}_2}+\Bigl(1-\frac1M\Bigr)\frac{B}{1-c\,\mathrm{df}_2},"
    r"\quad c=\mathrm{share}\text{ of random, }0\text{ of disjoint rows}",
}
_TWO = "D_1 and D_2 choose the rows of two members: what M of them have in the mean is 1/M of one and 1 - 1/M of such a pair"

derived_members = Model(
    title="Ridge averaged over random subsamples, derived from the expression of two members",
    assumptions=(*subagging.assumptions, _TWO),
    domain=DOMAIN | {"spectrum": ATOMS, "members": MEMBERS},
    claim=_random.of("bias", "variance").claim(),
    cases=(
        {
            "spectrum": "atoms:4@0.5,0.25@0.5",
            "signal": "bottom:0.5",
            "gamma": 1.0,
            "share": 0.5,
            "lam": 0.4,
            "members": 3,
            "r2": 2.0,
        },
        {"spectrum": "isotropic", "gamma": 0.5, "share": 0.5, "lam": 0.2, "sigma2": 0.5},
    ),
    rivals=_random.of("bias", "variance").rivals("gamma", "lam")
    | {
        "one member": _random.of("bias", "variance").by(members=lambda **k: 1),
        "disjoint members": _disjoint.of("bias", "variance").by(),
    },
    **_PAIRS,
)

member_formulas = Theorem(
    title="The formulas of ridge averaged over random subsamples are what the expression gives",
    assumptions=derived_members.assumptions,
    domain=derived_members.domain,
    claim=_random.identity(theory),
    cases=(
        {"spectrum": "isotropic", "gamma": 1.2, "share": 0.4, "lam": 0.0, "r2": 2.0},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "bottom:0.5", "gamma": 1.0, "share": 0.7, "lam": 0.2, "members": 5},
        {"spectrum": "atoms:3@0.25,1@0.5,0.1@0.25", "signal": "top:0.5", "gamma": 0.3, "share": 0.6, "lam": 0.0, "members": 1000},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 20.0, "share": 0.01, "lam": 1e-6, "sigma2": 0.1},
    ),
    rivals=_random.rivals("gamma", "lam", "signal") | {"one member": _random.by(members=lambda **k: 1)},
    **_PAIRS,
)

disjoint_formulas = Theorem(
    title="The formulas of ridge averaged over disjoint parts of the data are what the expression gives",
    assumptions=(*MODEL, "two members have no row in common", _TWO),
    domain=DOMAIN | {"spectrum": ATOMS, "share": Real(0, 0.5, "]")},
    claim=_disjoint.identity(partial(theory, disjoint=True, members=2), members=2.0),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 1.0, "share": 0.5, "lam": 0.2, "sigma2": 0.5},
        {"spectrum": "isotropic", "gamma": 0.2, "share": 0.3, "lam": 0.0},
    ),
    rivals={"random rows": _random.by(members=lambda **k: 2.0)},
    **_PAIRS,
)
