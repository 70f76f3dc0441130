r"""A model with three faces: an expression of random matrices, its limit, its draws; and the record that holds one against the other.

    R = (S**0.5 * X.T * X * S**0.5 / n + lam * Identity(p)).inverse()
    model = Model(lam**2 * Trace(S * R * R) / p, gaussian=[X], laws={S: spectra.atoms([1, 3], [0.5, 0.5])})
    model.equations(); model.limit(gamma=2, lam=0.1); model.sample(n=400, gamma=2, lam=0.1, draws=50, rng=rng); verify(model)

The limit is `asymptotics.derivation`'s, the draws are `simulate.expressions`'; both read SymPy's tree, and neither knows the other.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from threading import get_ident
from typing import TYPE_CHECKING, Any

import numpy as np

from theorems.atoms import spread, wave
from theorems.claims import Claim, Law, Mean, at_size
from theorems.domain import GAMMA, LAM, R2, SIGMA2, Domain, Real
from theorems.record import Plot, Theorem

if TYPE_CHECKING:
    from sympy import Expr, MatrixSymbol

    from asymptotics.derivation.equations import Equations
    from asymptotics.derivation.limits import Derivation, Limit
    from asymptotics.free.algebraic import Algebraic

USUAL: dict[str, Domain] = {"gamma": GAMMA, "lam": LAM, "r2": R2, "sigma2": SIGMA2}
KEPT = 16  # samplers, which have read an expression at a size
CASES = {
    "gamma": (0.5, 2.0, 4.0),
    "lam": (0.1, 0.5, 0.02),
}  # what the cases of a model are, where none are given; other parameters are 1


class Faces:
    """An expression (or several by name, or a symmetric matrix) with what is known of its matrices: arguments as of `derive`."""

    def __init__(
        self,
        expression: Expr | Mapping[str, Expr],
        *,
        gaussian: Iterable[MatrixSymbol] | Mapping[MatrixSymbol, Any] = (),
        symmetric: Iterable[MatrixSymbol] | Mapping[MatrixSymbol, Any] = (),
        haar: Iterable[MatrixSymbol] = (),
        features: Mapping[MatrixSymbol, tuple[Any, Expr]] | None = None,
        laws: Mapping[Any, Any] | None = None,
        vectors: Iterable[MatrixSymbol] = (),
        ratios: Mapping[Any, Expr] | None = None,
    ) -> None:
        self.expression = expression
        self.given: dict[str, Any] = {"symmetric": symmetric, "gaussian": gaussian, "haar": tuple(haar), "laws": laws or {}}
        self.given["features"] = features or {}
        self._laws: dict[Any, Algebraic] = {}
        self._samplers: dict[Any, Any] = {}
        self.given |= {"vectors": tuple(vectors), "ratios": ratios}

    @property
    def spectral(self) -> bool:
        """Whether the eigenvalues of a matrix are meant."""
        return getattr(self.expression, "shape", (1, 1)) != (1, 1)

    @cached_property
    def derivation(self) -> Derivation:
        """Of the expression; of a matrix, of the Stieltjes transform of its eigenvalues, at z."""
        from asymptotics.derivation import derive

        if not self.spectral:
            return derive(self.expression, **self.given)
        from sympy import Identity, Symbol, Trace

        p, z = self.expression.shape[0], Symbol("z")  # type: ignore[union-attr]
        return derive(Trace((self.expression - z * Identity(p)).inverse()) / p, **self.given)

    def theory(self, **parameters: Any) -> Any:
        return self.law(**parameters) if self.spectral else self.limit(**parameters).value

    def limit(self, **parameters: Any) -> Limit:
        return self.derivation.limit(**parameters)

    def law(self, **parameters: Any) -> Algebraic:
        """The law of the eigenvalues, from the polynomial equation of its transform."""
        key = tuple(sorted(parameters.items()))
        if key not in self._laws:
            from sympy import Symbol

            from asymptotics.free.algebraic import algebraic

            P = self.derivation.polynomial(given=parameters)
            self._laws[key] = algebraic(P.as_expr(), Symbol("value"), Symbol("z"))
        return self._laws[key]

    def simulation(self, *, n: int, draws: int, rng: np.random.Generator, **parameters: Any) -> Any:
        """Draws at size n, (draws,) or by name; a penalty may be an array, (draws, penalties)."""
        sampler = self._sampler(n, parameters)
        if self.spectral:
            return sampler.spectrum(self.expression, draws, rng)
        many = self.expression if isinstance(self.expression, Mapping) else {"value": self.expression}
        seed = rng.integers(2**63)  # the same draws for every expression
        found = {k: sampler.scalar(e, draws, np.random.default_rng(seed)) for k, e in many.items()}
        return found if isinstance(self.expression, Mapping) else found["value"]

    def _sampler(self, n: int, parameters: Mapping[str, Any]) -> Any:
        """The sampler at size n: it has read the expressions, and serves one thread."""
        from simulate.expressions.sampling import Sampler

        key = (get_ident(), n, *((k, np.asarray(v).tobytes(), np.shape(v)) for k, v in sorted(parameters.items())))
        if key not in self._samplers:
            sizes, common = self._finite(n, parameters)
            common["parameters"] = {s: parameters[k] for k, s in self.derivation.parameters.items() if k in parameters}
            while len(self._samplers) >= KEPT:
                self._samplers.pop(next(iter(self._samplers)), None)
            self._samplers[key] = Sampler(sizes=sizes, **common)
        return self._samplers[key]

    def _finite(self, n: int, parameters: Mapping[str, Any]) -> tuple[dict[Any, int], dict[str, Any]]:
        """Sizes of all dimensions, and the matrices at these sizes."""
        from sympy import sympify

        at = at_size({k: v for k, v in parameters.items() if np.ndim(v) == 0}, n)
        values = {s: at[k] for k, s in self.derivation.parameters.items() if k in at}
        sizes = {d: max(1, round(n * float(ratio.subs(values)))) for d, ratio in self.derivation.reader.ratios.items()}
        deterministic: dict[Any, Any] = {}
        vectors: dict[Any, Any] = {}
        for key, law in self.given["laws"].items():
            letters = key if isinstance(key, tuple) else (key,)
            eigenvalues, energies = spread(law, sizes[letters[0].shape[0]])
            deterministic |= {x: eigenvalues[:, j] for j, x in enumerate(letters)}
            here = [b for b in self.given["vectors"] if b.shape[0] == letters[0].shape[0]]
            vectors |= {b: np.sqrt(energies) * wave(eigenvalues, j) for j, b in enumerate(here)}
        for j, b in enumerate(self.given["vectors"]):
            p = sizes[b.shape[0]]
            vectors.setdefault(b, wave(np.ones((p, 1)), j) * p**-0.5)
        variances = {
            kind: {x: float(sympify(group[x]).subs(values)) if isinstance(group, Mapping) else 1.0 for x in group}
            for kind, group in ((k, self.given[k]) for k in ("gaussian", "symmetric"))
        }
        return sizes, {
            **variances,
            **{k: self.given[k] for k in ("haar", "features")},
            "deterministic": deterministic,
            "vectors": vectors,
        }

    def moments(self, *, n: int, **parameters: Any) -> float:
        """All, with a penalty; without one those of the inverse of a Wishart matrix whose sizes are as near as the blocks' nearest."""
        if all(parameters[k] != 0 for k in parameters if k.startswith("lam")):
            return math.inf
        sizes, _ = self._finite(n, parameters)
        gaps = [abs(sizes[x.shape[0]] - sizes[x.shape[1]]) for x in self.given["gaussian"] if x.shape[0] != x.shape[1]]
        return (min(gaps, default=0) + 1) / 2


class Model(Theorem):
    """A record made from an expression. Further arguments are the record's: title, statement, source, cases, rivals, plot, ...

    What is not given is what the expression suggests: the domain from its parameters' names, cases at gamma = 1/2, 2 and 4, the rivals
    that exchange gamma and 1/gamma, divide the penalty by gamma, and miss by 5 %. `of` names the quantity to be judged (the first).
    """

    def __init__(
        self,
        expression: Expr | Mapping[str, Expr] | None = None,
        *,
        claim: Claim | None = None,
        of: str | None = None,
        sizes: tuple[int, ...] = (40, 80, 160),
        rate: float | None = 1.0,
        title: str = "",
        statement: str = "",
        source: str = "derived from its expression",
        assumptions: tuple[str, ...] | None = None,
        domain: Mapping[str, Domain] | None = None,
        cases: tuple[Mapping[str, Any], ...] | None = None,
        rivals: Mapping[str, Callable[..., Any]] | None = None,
        plot: Plot | Mapping[str, Plot] | None = None,
        home: Mapping[str, Any] | None = None,
        **matrices: Any,
    ) -> None:
        if claim is None:
            faces = Faces(expression, **matrices)
            common: dict[str, Any] = {"theory": faces.theory, "simulation": _Draws(faces), "sizes": sizes, "rate": rate}
            quantity = of or (next(iter(expression)) if isinstance(expression, Mapping) else "value")
            claim = Law(**common) if faces.spectral else Mean(**common, of=quantity)
            names = [k for k in faces.derivation.parameters if not (faces.spectral and k == "z")]
            domain = domain or {k: USUAL.get(k, Real(0, math.inf, default=1.0)) for k in names}
            assumptions = assumptions or _assumptions(faces)
            statement = statement or _statement(faces)
            title = title or "The limit of an expression of random matrices"
            rivals = _rivals(faces, domain) if rivals is None else rivals
        super().__init__(
            title=title,
            statement=statement,
            source=source,
            assumptions=assumptions or (),
            domain=domain or {},
            claim=claim,
            cases=cases if cases is not None else _cases(domain or {}),
            rivals=rivals or {},
            plot=plot,
            home=home or sys._getframe(1).f_globals,
        )

    @property
    def faces(self) -> Faces:
        return getattr(self.claim.theory, "__self__")  # noqa: B009

    @property
    def derivation(self) -> Derivation:
        """All that the expression gives: `.derivative`, `.polynomial`, `.expand` and `.limit(certified=True)` besides the three faces."""
        return self.faces.derivation

    def equations(self) -> Equations:
        """The limit's equations, as SymPy objects: print them, or `.latex()`."""
        return self.derivation.equations()

    def limit(self, **parameters: Any) -> Limit:
        """The limit at parameters that broadcast, with its certificate."""
        return self.faces.limit(**parameters)

    def sample(self, *, n: int, draws: int, rng: np.random.Generator, **parameters: Any) -> Any:
        """Draws of the expression at size n."""
        return self.faces.simulation(n=n, draws=draws, rng=rng, **parameters)


class _Draws:
    """The simulation of a model, with what it declares."""

    cost = 3.0

    def __init__(self, faces: Faces) -> None:
        self.faces = faces

    def __call__(self, **given: Any) -> Any:
        return self.faces.simulation(**given)

    def moments(self, **given: Any) -> float:
        return self.faces.moments(**given)


def _cases(domain: Mapping[str, Domain]) -> tuple[dict[str, Any], ...]:
    rows = [{k: CASES[k][i] if k in CASES else 1.0 for k in domain} for i in range(3)]
    return tuple(rows) if any(k in CASES for k in domain) else (rows[0],)


def _assumptions(faces: Faces) -> tuple[str, ...]:
    reader = faces.derivation.reader
    ratios = [f"{d}/n -> {ratio}" for d, ratio in reader.ratios.items() if ratio != 1]
    kinds = {
        "gaussian": "independent standard normal entries",
        "symmetric": "symmetric, normal entries",
        "haar": "uniform orthogonal",
    }
    found = [f"{name}: {kinds[kind]}" for name, kind in reader.kinds.items() if kind in kinds]
    return (*found, ", ".join(ratios)) if ratios else tuple(found)


def _statement(faces: Faces) -> str:
    """What the values tend to, in the scalars of the equations that the page's derivation has."""
    found = faces.derivation.equations()
    lines = found.latex().split(" \\\\\n")[: len(found.values)]
    return r",\quad ".join(line.replace("&", "") for line in lines)


def _rivals(faces: Faces, domain: Mapping[str, Domain]) -> dict[str, Callable[..., Any]]:
    def more(**given: Any) -> Any:
        value = faces.theory(**given)
        return {k: 1.05 * v for k, v in value.items()} if isinstance(value, Mapping) else 1.05 * value

    found: dict[str, Callable[..., Any]] = {} if faces.spectral else {"5 % more": more}
    if "gamma" in domain:
        found["gamma read as n/p"] = lambda *, gamma, **k: faces.theory(gamma=1 / gamma, **k)
    if {"gamma", "lam"} <= set(domain):
        found["lam multiplies p"] = lambda *, gamma, lam, **k: faces.theory(gamma=gamma, lam=lam * gamma, **k)
    return found
