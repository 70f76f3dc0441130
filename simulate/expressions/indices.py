"""Sums over indices back to products: SymPy writes (b.T*A*b)[0, 0] as the sum of A[i, j]*b[i, 0]*b[j, 0] over i and j."""

from __future__ import annotations

from typing import Any

from sympy import Add, MatMul, Mul, Sum, Transpose
from sympy.matrices.expressions.matexpr import MatrixElement, MatrixExpr

Element = tuple[Any, Any, Any]  # a matrix, its row and its column


def product(e: Sum) -> tuple[Any, MatrixExpr] | None:
    """c and M with e = c M, M of one row and column; None where the sum is no such product."""
    scalars, elements = [], []
    for factor in Mul.make_args(e.function):
        base, power = factor.as_base_exp()
        found = _element(base)
        if found is not None and power.is_Integer and power > 0:
            elements += [found] * int(power)
        elif factor.has(MatrixElement):
            return None
        else:
            scalars.append(factor)
    ranges = {i: upper + 1 for i, lower, upper in e.limits if lower == 0}
    whole = all(index == 0 or ranges.get(index) == size for M, *ij in elements for index, size in zip(ij, M.shape, strict=True))
    chain = _chain(elements)
    return (Mul(*scalars), MatMul(*chain)) if chain and whole and len(ranges) == len(e.limits) else None


def _element(e: Any) -> Element | None:
    """M, i, j of M[i, j]; of a sum of those with the same indices too."""
    if isinstance(e, MatrixElement):
        return e.parent, e.i, e.j
    if not isinstance(e, Add):
        return None
    parts = [(c, _element(Mul(*rest))) for c, rest in (part.as_coeff_mul() for part in e.args)]
    if any(found is None for _, found in parts) or len({found[1:] for _, found in parts if found}) > 1:
        return None
    first = parts[0][1]
    assert first is not None
    return sum((c * found[0] for c, found in parts[1:] if found), parts[0][0] * first[0]), *first[1:]


def _chain(elements: list[Element]) -> list[MatrixExpr]:
    """The matrices in an order in which each begins with the index that ends the one before, from 0 to 0; none if there is no such."""
    index: Any = 0
    chain = []
    while elements:
        k = next((k for k, (_, i, j) in enumerate(elements) if index in (i, j)), None)
        if k is None:
            return []
        M, i, j = elements.pop(k)
        chain.append(M if i == index else Transpose(M))
        index = j if i == index else i
    return chain if index == 0 else []
