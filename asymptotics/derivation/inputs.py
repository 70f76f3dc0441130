"""What is said of an expression's matrices, made ready: kinds, variances, ratios of dimensions, laws, features by their equivalents."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, MatrixSymbol, Symbol

from asymptotics import spectra
from asymptotics.conventions import refuse
from asymptotics.derivation.tables import Measure


@dataclass(frozen=True)
class Inputs:
    """`kinds` and `variances` by letter, `ratios`: dimension -> its size over the scale, `laws` as given, `constants` of features.

    `means`: the features that have one, by the letter of their rest.
    """

    expressions: Mapping[str, Expr]
    kinds: Mapping[str, str]
    variances: Mapping[str, Expr]
    ratios: Mapping[Symbol, Expr]
    laws: Mapping[Any, Any]
    constants: Mapping[Symbol, float]
    means: Mapping[str, MatrixSymbol]


def inputs(
    expressions: Mapping[str, Expr],
    *,
    gaussian: Any,
    symmetric: Any,
    haar: Iterable[MatrixSymbol],
    features: Mapping[MatrixSymbol, tuple[Any, Expr]],
    laws: Mapping[Any, Any],
    vectors: Iterable[MatrixSymbol],
    ratios: Mapping[Any, Expr] | None,
    spread: Callable[..., float],
) -> Inputs:
    """All of it; `spread(expr)` is the limit of a scalar expression in the same matrices."""
    for name, e in expressions.items():
        if not isinstance(e, sympy.Basic):
            refuse("expression", e, f"{name} must be a SymPy expression")
    declared = [
        *gaussian,
        *symmetric,
        *haar,
        *features,
        *vectors,
        *(x for key in laws for x in (key if isinstance(key, tuple) else (key,))),
    ]
    shapes = {x.name: x.shape for x in declared}
    if twice := sorted({x.name for i, x in enumerate(declared) if x.name in {y.name for y in declared[:i]}}):
        refuse("matrices", twice[0], "it is described twice: each matrix is of one kind, or has one law")
    for x in {x for e in expressions.values() for x in e.atoms(MatrixSymbol)}:
        if shapes.get(x.name, x.shape) != x.shape:
            refuse(x.name, x.shape, f"it is described with the shape {shapes[x.name]}")
    kinds: dict[str, str] = {}
    variances: dict[str, Expr] = {}
    for kind, group in (("gaussian", gaussian), ("symmetric", symmetric), ("haar", haar), ("vector", vectors)):
        for x in group:
            kinds[x.name] = kind
            variances[x.name] = sympy.sympify(group[x]) if isinstance(group, Mapping) else sympy.S.One
    kinds |= {x.name: "deterministic" for key in laws for x in (key if isinstance(key, tuple) else (key,))}
    constants: dict[Symbol, float] = {}
    means: dict[str, MatrixSymbol] = {}
    _independent(features, kinds)
    for F, (activation, argument) in features.items():
        rest = MatrixSymbol(f"{F.name}_rest", *F.shape)
        linear, other = Symbol(f"mu_1{F.name}", positive=True), Symbol(f"mu_s{F.name}", positive=True)
        kinds[rest.name], variances[rest.name] = "gaussian", sympy.S.One
        expressions = {
            name: e.xreplace({F: linear * argument + other * rest}).doit(deep=False) for name, e in expressions.items()
        }
        mean, *both = _equivalent(activation, spread(sympy.Trace(argument * argument.T) / F.shape[0] / F.shape[1]))
        constants |= dict(zip((linear, other), both, strict=True))
        if abs(mean) > 1e-12:  # the rounding of a mean
            means[rest.name] = F
    return Inputs(expressions, kinds, variances, dimensions(expressions, ratios), laws, constants, means)


def _independent(features: Mapping[MatrixSymbol, tuple[Any, Expr]], kinds: Mapping[str, str]) -> None:
    """Refuse features whose Gaussian equivalent would not have a rest of independent entries, of one variance, of its own."""
    known: dict[frozenset[str], str] = {}
    for F, (_, argument) in features.items():
        letters = argument.atoms(MatrixSymbol)
        drawn = frozenset(x.name for x in letters if kinds.get(x.name) in ("gaussian", "symmetric", "haar"))
        if bad := [x.name for x in letters if kinds.get(x.name) in ("symmetric", "haar")]:
            refuse(
                "features",
                str(argument),
                f"{bad[0]} is {kinds[bad[0]]}: entries of an argument must be independent given its rows",
            )
        if bad := [x.name for x in letters if kinds.get(x.name) == "deterministic" and x.shape[0] in F.shape]:
            refuse("features", str(argument), f"{bad[0]} gives its rows or columns different variances; it may stand inside only")
        if drawn in known:
            refuse(
                "features", str(argument), f"{known[drawn]} is a feature of the same matrices, so their rests are not independent"
            )
        known[drawn] = F.name


def _equivalent(activation: Any, variance: float) -> tuple[float, float, float]:
    """f(t) with t of this variance as mean + mu_1 t + mu_s (independent, of variance 1): mean, mu_1, mu_s."""
    from asymptotics.activations import function, hermite

    f, scale = function(activation), float(np.sqrt(variance))
    found = hermite(activation) if abs(variance - 1) < 1e-12 else hermite(lambda t: f(scale * t))  # 1e-12: the rounding of a mean
    return found.mu0, found.mu1 / scale, float(np.sqrt(found.mu_star2))


def dimensions(expressions: Mapping[str, Expr], ratios: Mapping[Any, Expr] | None) -> dict[Symbol, Expr]:
    """Every dimension over the scale, which is n where there is one, in terms of ratios."""
    sizes = {s for e in expressions.values() for x in e.atoms(MatrixSymbol, sympy.Identity) for s in x.shape if s != 1}
    if bad := [s for s in sizes if not s.is_Symbol]:
        refuse("expression", str(bad[0]), "a dimension must be one symbol")
    named = {s.name: s for s in sizes}
    given = dict(ratios) if ratios is not None else _usual(named)
    scale = named.get("n", min(sizes, key=str) if sizes else None)
    found = {} if scale is None else {scale: sympy.S.One}
    written = {s.name: s for e in expressions.values() for s in e.free_symbols if isinstance(s, Symbol)}
    tied = {(written.get(k, Symbol(k, positive=True)) if isinstance(k, str) else k): sympy.fraction(v) for k, v in given.items()}
    while new := {
        **{top: ratio * found[bottom] for ratio, (top, bottom) in tied.items() if bottom in found and top not in found},
        **{bottom: found[top] / ratio for ratio, (top, bottom) in tied.items() if top in found and bottom not in found},
    }:
        found |= new
    if missing := sorted(str(s) for s in sizes - set(found)):
        refuse(
            "ratios", ratios, f"nothing ties {', '.join(missing)} to {scale}: give ratios={{gamma: {missing[0]}/{scale}, ...}}"
        )
    return found


def _usual(named: Mapping[str, Symbol]) -> dict[str, Expr]:
    """gamma = p/n; with random features gamma = k/n and psi = p/k or d/k; with inputs of dimension d, psi = d/p."""
    names = set(named) - {"n"}
    if "n" in named and len(names) == 1:
        return {"gamma": named[names.pop()] / named["n"]}
    if "n" in named and "k" in names and len(names) == 2:
        other = (names - {"k"}).pop()
        return {"gamma": named["k"] / named["n"], "psi": named[other] / named["k"]}
    if "n" in named and names == {"p", "d"}:
        return {"gamma": named["p"] / named["n"], "psi": named["d"] / named["p"]}
    return {}


def by_dimension(laws: Mapping[Any, Any]) -> dict[Symbol, tuple[Any, tuple[str, ...]]]:
    """dimension -> (law, letters): one law, or one joint law, a dimension."""
    found: dict[Symbol, tuple[Any, tuple[str, ...]]] = {}
    for key, law in laws.items():
        if isinstance(key, tuple) and law is not None:
            _joint(key, law)
        letters = tuple(x.name for x in (key if isinstance(key, tuple) else (key,)))
        dimension = (key[0] if isinstance(key, tuple) else key).shape[0]
        if dimension in found:
            both = f"({found[dimension][1][0]}, {letters[0]})"
            joint = (
                f"those that commute have a joint law, {both}: (values (m, 2), weights (m,)); those that do not, no limit here"
            )
            refuse(
                "laws",
                sorted(map(str, laws)),
                f"{both} act on one dimension, {dimension}; {joint}",
            )
        found[dimension] = (law, letters)
    return found


def _joint(key: tuple[MatrixSymbol, ...], law: Any) -> None:
    """Refuse what is no joint law of these letters."""
    if not (isinstance(law, tuple) and len(law) == 2):
        refuse("laws", law, f"the joint law of {key} is (values (m, {len(key)}), weights (m,))")
    shapes = tuple(np.shape(x) for x in law)
    if len(shapes[0]) != 2 or shapes[0][1] != len(key) or shapes[1] != shapes[0][:1]:
        refuse("laws", shapes, f"the joint law of {key} is (values (m, {len(key)}), weights (m,))")


def measure(law: Any, vectors: tuple[str, ...], compressed: bool = True) -> Measure:
    """The atoms of a law, of the energy of `vectors` in it; None is a single atom at 1. Different vectors have no energy in common."""
    if vectors and vectors[0] != vectors[1]:
        return _measure(np.ones((1, 1)), np.zeros(1))
    if law is None:
        return _measure(np.ones((1, 1)), np.ones(1))
    if isinstance(law, str):
        law = spectra.parse(law)
    if isinstance(law, tuple):
        values, weights = (np.asarray(x, dtype=np.float64) for x in law)
        if values.ndim != 2 or weights.shape != values.shape[:1]:
            refuse("laws", (values.shape, weights.shape), "a joint law is (values (m, q), weights (m,))")
        if not (np.all(weights >= -1e-12) and abs(np.sum(weights) - 1) < 1e-9):  # rounding of 1 - x, of up to 10^6 weights
            refuse("laws", float(np.sum(weights)), "weights are nonnegative and sum to 1")
        return _measure(values, np.maximum(weights, 0.0))
    if not hasattr(law, "H") and not hasattr(law, "atoms"):
        refuse("laws", law, "a Spectrum or Law of asymptotics.spectra, a string that names one, or (values (m, q), weights (m,))")
    own = getattr(law, "G", law) if vectors else getattr(law, "H", law)
    own = own.compressed() if compressed else own
    if not abs(own.mass - 1) < 1e-9:  # rounding of up to 10^6 weights
        refuse("laws", own, "a law of mass 1 is needed: spectra.atoms, from_eigenvalues, ...")
    below = np.concatenate(
        [np.zeros((2, 1)), own.above[:, :-1]], axis=1
    )  # masses above the last atom: their differences are exact
    s, w, parts = own.atoms, own.weights, np.concatenate([own.above, -below])
    if own.zero:
        s, w, parts = np.append(s, 0.0), np.append(w, own.zero), np.append(parts, [[own.zero], [0], [0], [0]], axis=1)
    w = w.copy()
    w[np.argmax(w)] += own.mass - math.fsum(w)  # of mass 1 to rounding of the largest weight: thresholds are where masses say
    return Measure(s[:, None], w, parts)


def _measure(atoms: NDArray[np.float64], weights: NDArray[np.float64]) -> Measure:
    return Measure(atoms, weights, weights[None, :])


def array(name: str, value: Any, ratio: bool) -> NDArray:
    """A parameter as an array of finite numbers; a ratio of dimensions is positive."""
    try:
        array = np.asarray(value, dtype=np.complex128 if np.iscomplexobj(value) else np.float64)
    except (TypeError, ValueError):
        refuse(name, value, "it must be a number or an array of numbers")
    bad = ~np.isfinite(array) | ((array.real <= 0) & ratio)
    if np.any(bad):
        remedy = (
            "a ratio of dimensions is positive and finite" if ratio else "parameters are finite; at infinity there is `expand`"
        )
        refuse(name, array[bad].ravel()[0], remedy)
    return array
