r"""`derive`: an expression with what is known of its matrices.

model = derive(lam**2 * Trace(S * R * R) / p, gaussian=[X], laws={S: spectra.atoms([1, 3], [0.5, 0.5])})
model.equations(); model.limit(gamma=2, lam=0.1).value
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sympy import Expr, MatrixSymbol

from asymptotics.conventions import refuse
from asymptotics.derivation.inputs import inputs
from asymptotics.derivation.limits import Derivation


def derive(
    expression: Expr | Mapping[str, Expr],
    *,
    gaussian: Iterable[MatrixSymbol] | Mapping[MatrixSymbol, Any] = (),
    symmetric: Iterable[MatrixSymbol] | Mapping[MatrixSymbol, Any] = (),
    haar: Iterable[MatrixSymbol] = (),
    features: Mapping[MatrixSymbol, tuple[Any, Expr]] | None = None,
    laws: Mapping[Any, Any] | None = None,
    vectors: Iterable[MatrixSymbol] = (),
    ratios: Mapping[Any, Expr] | None = None,
) -> Derivation:
    """The limit of a scalar SymPy expression of random matrices, or of several by name, as all dimensions grow together.

    gaussian: matrices of iid entries of variance 1, or a mapping to their variances; symmetric: Gaussian symmetric ones (off the
    diagonal); haar: uniform orthogonal ones. features: F -> (activation, argument), F = activation(argument) entrywise, by its
    Gaussian equivalent. laws: a deterministic symmetric matrix -> a Spectrum or Law of mass 1, or (S, T) -> (values (m, 2), weights (m,))
    for those that commute. vectors: columns of unit norm, whose energy over the eigenvectors is that of the spectrum (G).
    ratios: parameter -> ratio of two dimensions; by default gamma = p/n (`inputs.dimensions`).

    Raises ValueError, naming the sub-expression, for what has no such limit: shapes that do not match, symbols that nothing describes,
    matrices that need not commute, what is not rational, inverses that may be singular, sums whose terms grow differently.
    """
    given: dict[str, Any] = {
        "gaussian": gaussian,
        "symmetric": symmetric,
        "haar": tuple(haar),
        "laws": laws or {},
        "vectors": tuple(vectors),
        "ratios": ratios,
    }

    def spread(expr: Expr) -> float:
        model = derive(expr, **given)
        first, second = (
            model.limit(certified=False, **{k: at + 0.1 * i for i, k in enumerate(model.parameters)}).value for at in (0.7, 1.9)
        )
        if not abs(first - second) <= 1e-12 * abs(first):  # 1e-12: a limit's own accuracy
            refuse(
                "features", str(expr), f"the variance of their argument depends on {', '.join(model.parameters)}; divide by it"
            )
        return float(first)

    many = isinstance(expression, Mapping)
    expressions = dict(expression) if isinstance(expression, Mapping) else {"value": expression}
    return Derivation(inputs(expressions, **given, features=features or {}, spread=spread), many)
