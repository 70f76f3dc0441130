r"""Irreducible factors, without SymPy's multivariate factoring where a proof is cheap.

Content first: the gcd of the coefficients in one variable u, where most of what elimination adds is found. What is left, f(u; others), is
irreducible if f(u; integers) is, of the same degree: a factorisation would survive there. Most integers will do, says Hilbert.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
TRIALS = 4


def coefficients(f: Any, t: int) -> list[Any]:
    """Of t^0, t^1 ..., the generator number `t`."""
    parts: list[dict[Any, Any]] = [{} for _ in range(f.degree(t) + 1)]
    for exponents, c in f.terms():
        parts[exponents[t]][(*exponents[:t], 0, *exponents[t + 1 :])] = c
    return [f.ring.from_dict(part) for part in parts]


def factors(f: Any) -> list[Any]:
    """The irreducible factors of f over the rationals, once each; constants left out."""
    if f.is_ground:
        return []
    u = min((i for i in range(f.ring.ngens) if f.degree(i) > 0), key=f.degree)
    content = f.ring.zero
    for c in sorted(filter(None, coefficients(f, u)), key=len):
        content = content.gcd(c)
        if content.is_ground:
            content = f.ring.one
            break
    whole = f.exquo(content)
    found = [whole] if _proved_irreducible(whole, u) else [h for h, _ in whole.factor_list()[1]]
    return found + [h for h in factors(content) if h not in found]


def _proved_irreducible(f: Any, u: int) -> bool:
    """Is f irreducible, as it is in u at some integers, of full degree?"""
    line = sp.ring("u", sp.ZZ)[0]
    for trial in range(TRIALS):
        special: dict[tuple[int], Any] = {}
        for exponents, c in f.terms():
            for i, e in enumerate(exponents):
                if i != u and e:
                    c = c * PRIMES[(3 * i + trial) % len(PRIMES)] ** e
            special[(exponents[u],)] = special.get((exponents[u],), 0) + c
        g = line.from_dict({k: c for k, c in special.items() if c})
        if g.degree() == f.degree(u) and [k for _, k in g.factor_list()[1]] == [1]:
            return True
    return False
