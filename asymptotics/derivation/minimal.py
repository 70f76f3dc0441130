r"""The least form of the same function: ports that cannot be reached, or seen, or that repeat others, are cut away.

What enters the occurrences of one letter X is a vector v over them. Linear relations between its entries with *numbers* as
coefficients pass through X, those with functions of the deterministic matrices do not. So reachable are, letter by letter, the least
spaces W over QQ(parameters) with

    B in W (x) K,   A W in W (x) K,       K the functions of the deterministic matrices,                      (1)

and the form restricted to them is the same function (controllability). The same of the transpose is observability.

Source: Kalman's decomposition for noncommutative rational functions (cutting down a descriptor realisation).
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy.polys.fields import FracElement

from asymptotics.derivation.algebra import coefficients
from asymptotics.derivation.forms import Form, Port

Vector = list[FracElement]


def minimal(form: Form, law: Sequence[int]) -> Form:
    """`form` cut down to what is reachable and observable; `law`: positions of the generators that are not numbers."""
    return _reachable(_reachable(form, law).T, law).T


def _reachable(form: Form, law: Sequence[int]) -> Form:
    groups: dict[tuple[str, bool], list[int]] = {}
    for i, port in enumerate(form.ports):
        groups.setdefault((port.letter, port.transposed), []).append(i)
    zero = form.D.field.zero
    spaces: dict[tuple[str, bool], list[tuple[int, Vector]]] = {g: [] for g in groups}
    fresh = [(g, w) for g, rows in groups.items() for w in coefficients([form.B.get(i, zero) for i in rows], law)]
    while fresh:
        h, w = fresh.pop()
        w = _insert(spaces[h], w)
        if not w:
            continue
        for g, rows in groups.items():
            image = [
                sum((form.A[i, j] * x for j, x in zip(groups[h], w, strict=True) if x and (i, j) in form.A), zero) for i in rows
            ]
            fresh += [(g, part) for part in coefficients(image, law)]
    return _restricted(form, groups, spaces)


def _insert(space: list[tuple[int, Vector]], w: Vector) -> Vector:
    """Add w to a basis in reduced echelon form; what is new of it, or an empty vector."""
    for pivot, b in space:
        if w[pivot]:
            w = [x - w[pivot] * y for x, y in zip(w, b, strict=True)]
    if not any(w):
        return []
    pivot = next(i for i, x in enumerate(w) if x)
    w = [x / w[pivot] for x in w]
    space[:] = [(i, [x - b[pivot] * y for x, y in zip(b, w, strict=True)] if b[pivot] else b) for i, b in space]
    space.append((pivot, w))
    return w


def _restricted(form: Form, groups: dict, spaces: dict) -> Form:
    """The form on the coordinates of the spaces: the pivots' ports stay, the others' outputs are combinations of theirs."""
    zero = form.D.field.zero
    kept: list[int] = []  # positions of ports that stay
    mixed: dict[int, list[tuple[int, FracElement]]] = {i: [] for i in range(len(form.ports))}  # y_i = sum of kept y
    for g, rows in groups.items():
        for pivot, b in spaces[g]:
            kept.append(rows[pivot])
            for i, x in zip(rows, b, strict=True):
                if x:
                    mixed[i].append((rows[pivot], x))
    kept.sort()
    new = {old: i for i, old in enumerate(kept)}

    def folded(entries: dict[int, FracElement]) -> dict[int, FracElement]:
        found: dict[int, FracElement] = {}
        for j, a in entries.items():
            for q, x in mixed[j]:
                found[new[q]] = found.get(new[q], zero) + a * x
        return {j: a for j, a in found.items() if a}

    A: dict[tuple[int, int], FracElement] = {}
    for i in kept:
        row = folded({j: a for (k, j), a in form.A.items() if k == i})
        A |= {(new[i], j): a for j, a in row.items()}
    ports: Sequence[Port] = [form.ports[i] for i in kept]
    B = {new[i]: b for i, b in form.B.items() if i in new}
    return Form(form.rows, form.cols, tuple(ports), A, B, folded(dict(form.C)), form.D)
