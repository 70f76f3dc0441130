"""Draws of a SymPy expression in random matrices, at finite sizes: traces, quadratic forms and their functions, and spectra.

A matrix is what its role says: `gaussian` {X: variance}, independent N(0, variance) entries; `symmetric` {A: variance}, Gaussian with
N(0, variance) off the diagonal and N(0, 2 variance) on it, so that A/sqrt(n) has eigenvalues on [-2, 2] at variance 1; `haar` [Q], uniform
orthogonal; `features` {F: (activation, argument)}, F = activation(argument) entrywise, of matrices that are drawn or given; `deterministic`
{S: eigenvalues}, which commute, being diagonal in one basis; `vectors` {beta: values}, in that basis. `sizes` gives every dimension, which
may also stand in the expression as a number; `parameters` gives scalars, which broadcast against one another.

Random matrices are drawn one after another in the order of their names, all that are described, whether they occur or not: expressions in
the same matrices see the same draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulate.conventions import _check, refuse

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["Estimates", "eigenvalues", "estimate", "sample"]


class Estimates(NamedTuple):
    """Estimates and their standard errors, given the draw."""

    value: NDArray[np.float64]
    error: NDArray[np.float64]


def sample(
    expression: Expr,
    *,
    sizes: Mapping[Any, int],
    gaussian: Mapping[Any, float] = {},
    symmetric: Mapping[Any, float] = {},
    haar: Iterable[Any] = (),
    features: Mapping[Any, tuple[Any, Any]] = {},
    deterministic: Mapping[Any, ArrayLike] = {},
    vectors: Mapping[Any, ArrayLike] = {},
    parameters: Mapping[Any, ArrayLike] = {},
    draws: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Draws of a scalar expression: (draws, *shape of the parameters).

    The expression is made of Trace(...), of products of one row and column (beta.T*A*beta, or its [0, 0]), of their functions, and
    inside of sums, products, integer powers, inverses and transposes; roots of symmetric matrices; Identity, ZeroMatrix, OneMatrix.
    A penalty may be 0 wherever the expression has a limit there: lam**2*Trace(S*R*R) with R = (X.T*X/n + lam*Identity(p)).inverse()
    and p > n has one.

    One factorisation of the smaller Gram matrix serves all penalties that are added to one symmetric matrix.
    Raises ValueError, naming the sub-expression, for shapes that do not match, symbols that nothing describes, nodes that are not
    read, singular matrices, and values that are not finite.
    Accuracy, against 60-digit arithmetic for n, p = 8 to 16, p = n + 1, n - 1 and n included, spectra over up to six decades, n lam = 0 and
    1e-12 to 1e7, in ridge bias, variance, degrees of freedom, training error and GCV: relative 3e-11 for spectra over three decades, 2e-9
    over six (the bias at p = n + 1): eps times the condition of the Gram matrix, or of the design where that is above 1e5.

    >>> from sympy import Identity, MatrixSymbol, Trace, symbols
    >>> n, p, lam = symbols("n p lambda", positive=True)
    >>> X = MatrixSymbol("X", n, p)
    >>> R = (X.T * X / n + lam * Identity(p)).inverse()
    >>> rng = np.random.default_rng(0)
    >>> lost = sample(lam * Trace(R) / p, sizes={n: 10, p: 40}, gaussian={X: 1}, parameters={lam: [0.0, 1e9]}, draws=2, rng=rng)
    >>> bool(np.allclose(lost, [30 / 40, 1]))  # the directions that no sample saw; all
    True
    """
    return _sampler(draws, rng, locals()).scalar(expression, draws, rng)


def estimate(
    expression: Expr,
    *,
    sizes: Mapping[Any, int],
    gaussian: Mapping[Any, float] = {},
    symmetric: Mapping[Any, float] = {},
    haar: Iterable[Any] = (),
    features: Mapping[Any, tuple[Any, Any]] = {},
    deterministic: Mapping[Any, ArrayLike] = {},
    vectors: Mapping[Any, ArrayLike] = {},
    parameters: Mapping[Any, ArrayLike] = {},
    draws: int,
    rng: np.random.Generator,
    probes: int = 32,
    exact_to: int = 500,
) -> Estimates:
    """As `sample`, on the same matrices, for large sizes: traces in more than `exact_to` dimensions by `probes` vectors of signs.

    Returns the estimates and their standard errors given the matrices, both (draws, *shape of the parameters); an error is 0 where
    all traces are exact. Traces inside of a matrix are always exact. The signs come from `rng.spawn`, not from the matrices' stream.

    Accuracy: Hutchinson's, of relative variance 2 |A|_F^2/(tr A)^2/probes at most for a symmetric A; a jackknife for functions of
    traces; errors have `probes` - 1 degrees of freedom. `simulate.expressions.estimation` says how.

    >>> from sympy import Identity, MatrixSymbol, Trace, symbols
    >>> n = symbols("n", positive=True)
    >>> A = MatrixSymbol("A", n, n)
    >>> rng = np.random.default_rng(0)
    >>> value, error = estimate(Trace(Identity(n) + A * A / n), sizes={n: 600}, symmetric={A: 1}, draws=1, rng=rng)
    >>> bool(abs(value[0] - 1200) < 6 * error[0] + 12), bool(1 < error[0] < 10)  # 600 + 600, which itself has deviation 2
    (True, True)
    """
    given = {k: v for k, v in locals().items() if k not in ("probes", "exact_to")}
    if probes < 2:
        refuse("probes", probes, "an error needs at least two")
    return Estimates(*_sampler(draws, rng, given).estimate(expression, draws, rng, probes, exact_to))


def eigenvalues(
    expression: Expr,
    *,
    sizes: Mapping[Any, int],
    gaussian: Mapping[Any, float] = {},
    symmetric: Mapping[Any, float] = {},
    haar: Iterable[Any] = (),
    features: Mapping[Any, tuple[Any, Any]] = {},
    deterministic: Mapping[Any, ArrayLike] = {},
    vectors: Mapping[Any, ArrayLike] = {},
    parameters: Mapping[Any, ArrayLike] = {},
    draws: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Eigenvalues of a symmetric matrix expression: (draws, *shape of the parameters, rows), increasing. Arguments as of `sample`.

    >>> from sympy import MatrixSymbol, symbols
    >>> n = symbols("n", positive=True)
    >>> Q, S = MatrixSymbol("Q", n, n), MatrixSymbol("S", n, n)
    >>> rng = np.random.default_rng(0)
    >>> eigenvalues(Q * S * Q.T, sizes={n: 3}, haar=[Q], deterministic={S: [3, 1, 2]}, draws=2, rng=rng).round(12)
    array([[1., 2., 3.],
           [1., 2., 3.]])
    """
    return _sampler(draws, rng, locals()).spectrum(expression, draws, rng)


def _sampler(draws: int, rng: np.random.Generator, given: dict[str, Any]) -> Any:
    from simulate.expressions.sampling import Sampler

    _check("draws", draws)
    _check("rng", rng)
    return Sampler(**{k: v for k, v in given.items() if k not in ("expression", "draws", "rng")})
