"""Nica and Speicher, On the multiplication of free N-tuples of noncommutative random variables (1996): free compression.

Choosing n of the N rows of a fixed table compresses its kernel X X' by a projection that is free from it, where the left singular
vectors of X are in general position. `subsampling` has the risks of ridge on such rows; here they are derived from the expression.
"""

from functools import partial

import numpy as np

from asymptotics import spectra, subsampling
from theorems import R2, SIGMA2, Choice, Real, Theorem
from theorems.derived import Derived
from theorems.model import Model

POOLS = {  # eigenvalues of X'X/N, their number over N, the signal's energy at each
    "low rank": [(1.0, 0.3, 1.0)],
    "half rank": [(4.0, 0.25, 0.5), (0.25, 0.25, 0.5)],
    "many": [(3.0, 0.1, 0.2), (1.0, 0.2, 0.5), (0.3, 0.3, 0.3)],
}
MODEL = (
    "a pool of N rows, X = O D V' with a uniform orthogonal O; y = X beta + e, X'e = 0, |e|^2/N = sigma2; `pool` names the "
    "eigenvalues of X'X/N, their number over N and the signal's energy at each",
    "ridge regression on n rows drawn without replacement, n/N -> share, penalty N lam; tested on the rows left out",
)
DOMAIN = {
    "pool": Choice(tuple(POOLS)),
    "share": Real(0, 1),
    "lam": Real(0.2, 1e3, "[]"),
    "r2": R2,
    "sigma2": SIGMA2,
}
STATEMENT = (
    r"\lambda=\kappa\,\frac{n-{\rm df}_1}{N-{\rm df}_1},\quad "
    r"R+\sigma^2\to\frac{nNB}{(n-{\rm df}_1)(N-{\rm df}_1)+(N-n)({\rm df}_1-{\rm df}_2)},\quad "
    r"\text{train}\to\Bigl(\frac{n-{\rm df}_1}n\Bigr)^2(R+\sigma^2)"
)
SOURCE = "nica1996multiplication (free compression); the risks as derived in asymptotics.subsampling"


def rows(*, pool, share):
    """The joint law of P (which rows are drawn), K (eigenvalues of X X'/N), F (the signal's power in y) and E (the rest's)."""
    s, mass, energy = np.transpose(POOLS[pool])
    values = np.append(np.stack([s, s * energy / mass, 0 * s], axis=1), [[0.0, 0.0, 1 / (1 - mass.sum())]], axis=0)
    mass = np.append(mass, 1 - mass.sum())
    drawn = [np.column_stack([np.full(len(mass), chosen), values]) for chosen in (1.0, 0.0)]
    return np.concatenate(drawn), np.concatenate([share * mass, (1 - share) * mass])


def _pool(law, *, random_features):
    """C: E y y'; W: the weights of k random features."""
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, k, lam, r2, sigma2, share, features = symbols("n k lambda r2 sigma2 share features", positive=True)
    O, P, K, F, E, W = (MatrixSymbol(x, n, k if x == "W" else n) for x in "OPKFEW")
    kernel = K**0.5 * W * W.T * K**0.5 / k if random_features else K
    M, C = O * kernel * O.T, O * (r2 * F + sigma2 * E) * O.T
    Q = (P * M * P + lam * Identity(n)).inverse()
    miss = Identity(n) - M * P * Q * P
    return {
        "expression": {
            "test": Trace((Identity(n) - P) * miss * C * miss.T) / n / (1 - share),
            "train": lam**2 * Trace(P * C * P * Q * Q) / n / share,
        },
        "haar": [O],
        "gaussian": [W] if random_features else [],
        "ratios": {features: k / n} if random_features else {},
        "laws": {(P, K, F, E): law},
    }


def formula(*, pool, share, lam, r2, sigma2, features=np.inf):
    s, mass, energy = np.transpose(POOLS[pool])
    at = spectra.multiplicities(s, mass, energy)
    return subsampling.ridge(at, n=share, pool=1.0, delta=lam, k=features, r2=r2, sigma2=sigma2)


def _infinite_pool(*, pool, share, lam, r2, sigma2, features=np.inf):
    """The same as if the rows that are left out were new ones."""
    s, mass, energy = np.transpose(POOLS[pool])
    at = spectra.multiplicities(s, mass, energy)
    return subsampling.ridge(at, n=share, pool=1e9, delta=lam, k=features, r2=r2, sigma2=sigma2)


_rows = Derived(partial(_pool, random_features=False), rows).of("test", "train")
_features = Derived(partial(_pool, random_features=True), rows).of("test", "train")
FEATURES = {"features": Real(0, 1e3, default=1.0)}

pool_in_samples = Model(
    title="Ridge regression on some rows of a fixed table, derived from its expression",
    statement=STATEMENT,
    source=SOURCE,
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_rows.claim(),
    cases=(
        {"pool": "half rank", "share": 0.5, "lam": 0.5, "r2": 2.0, "sigma2": 0.5},
        {"pool": "many", "share": 0.75, "lam": 0.2, "sigma2": 0.5},
    ),
    rivals=_rows.rivals("sigma2") | {"the pool taken as infinite": _rows.by(_infinite_pool)},
)

pool_formulas = Theorem(
    title="The risks of ridge regression on some rows of a fixed table are what the expression gives",
    statement=STATEMENT,
    source=SOURCE,
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_rows.identity(formula),
    cases=(
        {"pool": "low rank", "share": 0.6, "lam": 0.2, "sigma2": 0.5},
        {"pool": "half rank", "share": 0.1, "lam": 1.0, "r2": 5.0},
        {"pool": "many", "share": 0.9, "lam": 10.0, "sigma2": 4.0},
    ),
    rivals=pool_in_samples.rivals,
)

pool_feature_formulas = Theorem(
    title="The risks of random features fitted on some rows of a fixed table are what the expression gives",
    statement=r"\lambda=\kappa\,\frac{n-{\rm df}_1}{N-{\rm df}_1}\,\frac{k-{\rm df}_1}k,\ \rho=\frac{k-{\rm df}_1}{k-{\rm df}_2}:\quad "
    r"R+\sigma^2\to\frac{nN(B+(1-\rho)C)}{(n-{\rm df}_1)(N-{\rm df}_1)+(N-n)\rho({\rm df}_1-{\rm df}_2)}",
    source=SOURCE,
    assumptions=(
        *MODEL,
        "k random features W'x/sqrt k of the rows in the place of x, W of standard normal entries; k/N -> `features`",
    ),
    domain=DOMAIN | FEATURES,
    claim=_features.identity(formula),
    cases=(
        {"pool": "low rank", "share": 0.6, "lam": 0.2, "sigma2": 0.5, "features": 0.5},
        {"pool": "half rank", "share": 0.2, "lam": 1.0, "r2": 5.0, "features": 0.2},
        {"pool": "many", "share": 0.9, "lam": 0.5, "sigma2": 4.0, "features": 10.0},
    ),
    rivals=_features.rivals("sigma2")
    | {
        "the pool taken as infinite": _features.by(_infinite_pool),
        "the rows themselves": _features.by(formula, features=lambda **k: np.inf),
    },
)
