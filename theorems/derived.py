r"""Records whose limit is derived from an expression, for the library's own files: loading one costs no SymPy, and derives nothing.

    def _expression(law):
        from sympy import ...
        return {"expression": {"bias": ..., "variance": ...}, "gaussian": [X], "laws": {S: law}}

    derived = Derived(_expression, law)                            # law(spectrum=, signal=): the words that a law is chosen by
    Model(..., claim=derived.of("bias", "variance").claim())       # its limit against its draws
    Theorem(..., claim=derived.of("bias", "variance").identity(ridge))     # its limit against a formula

An expression is derived once, whatever the laws.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from theorems.claims import Identity, Law, Mean, _pick, each
from theorems.model import Faces, _Draws

if TYPE_CHECKING:
    from asymptotics.derivation.limits import Derivation, Limit
    from asymptotics.free import Algebraic

MISREAD: dict[str, tuple[str, Callable[..., Any]]] = {
    "gamma": ("gamma read as n/p", lambda *, gamma, **k: 1 / gamma),
    "lam": ("lam multiplies p", lambda *, gamma, lam, **k: gamma * lam),
    "sigma2": ("sigma in place of sigma2", lambda *, sigma2, **k: sigma2**0.5),
    "signal": ("the signal taken as isotropic", lambda **k: "isotropic"),
}


class Derived:
    """What `build(law)` says, as theory and simulation; build returns the arguments of `Faces`, `law` those of its words."""

    def __init__(self, build: Callable[[Any], Mapping[str, Any]], law: Callable[..., Any] | None = None) -> None:
        self._build, self._law = build, law
        self._words = tuple(inspect.signature(law).parameters) if law else ()
        self._known: dict[tuple[Any, ...], Faces] = {}
        self.names: tuple[str, ...] = ()

    def of(self, *names: str) -> Derived:
        """Several of its quantities at once, all of which a claim judges."""
        part = copy.copy(self)
        part.names = names
        return part

    def claim(self, *, sizes: tuple[int, ...] = (40, 80, 160), rate: float | None = 1.0) -> Mean:
        """Its draws tend to its limit."""
        return Mean(theory=self.theory, simulation=_Draws(self), of=self.names or "value", sizes=sizes, rate=rate)  # type: ignore[arg-type]

    def spectrum(self, *, sizes: tuple[int, ...] = (32, 64, 128), rate: float | None = 1.0) -> Law:
        """The eigenvalues of its matrix, of which there is one, tend to their law."""
        return Law(theory=self.law, simulation=_Draws(self), sizes=sizes, rate=rate)  # type: ignore[arg-type]

    def law(self, **parameters: Any) -> Algebraic:
        """The law of its matrix's eigenvalues."""
        faces, numbers = self._at(parameters)
        return faces.law(**numbers)

    def identity(self, formula: Callable[..., Any], rtol: float = 1e-12, **fixed: float) -> Identity:
        """`formula`, which gives the same quantities by the same names, is its limit, where parameters are `fixed` that it lacks."""
        return Identity(
            theory=self.by(formula), other=lambda **given: self.theory(**given, **fixed), of=self.names or "value", rtol=rtol
        )

    def by(self, formula: Callable[..., Any] | None = None, **change: Callable[..., Any]) -> Callable[..., Any]:
        """The same quantities by `formula`, or by the limit, with parameters changed: gamma=lambda *, gamma, **k: 1 / gamma."""

        def found(**given: Any) -> Any:
            changed = given | {k: new(**given) for k, new in change.items()}
            return self._chosen((formula or self.everything)(**changed))

        return found

    def rivals(self, *parameters: str) -> dict[str, Callable[..., Any]]:
        """What a hasty reader would have done with these parameters."""
        return {text: self.by(**{k: change}) for k, (text, change) in MISREAD.items() if k in parameters}

    def theory(self, **parameters: Any) -> Any:
        return self._chosen(self.everything(**parameters))

    def everything(self, **parameters: Any) -> Any:
        return each(self._words, lambda **given: self.limit(**given).value)(**parameters)

    def limit(self, **parameters: Any) -> Limit:
        faces, numbers = self._at(parameters)
        return faces.derivation.limit(**numbers)

    def simulation(self, *, n: int, draws: int, rng: np.random.Generator, **parameters: Any) -> Any:
        faces, numbers = self._at(parameters)
        if self.names:
            faces = copy.copy(faces)
            faces.expression = {k: faces.expression[k] for k in self.names}
        return self._chosen(faces.simulation(n=n, draws=draws, rng=rng, **numbers))

    def moments(self, *, n: int, **parameters: Any) -> float:
        faces, numbers = self._at(parameters)
        return faces.moments(n=n, **numbers)

    @cached_property
    def derivation(self) -> Derivation:
        """The equations, which hold for all laws."""
        return Faces(**self._build(None)).derivation

    def _at(self, parameters: Mapping[str, Any]) -> tuple[Faces, dict[str, Any]]:
        """The faces at the words among the parameters, and the numbers."""
        words = tuple(parameters[k] for k in self._words)
        if words not in self._known:
            self._known[words] = self._faces(self._law(**dict(zip(self._words, words, strict=True))) if self._law else None)
        expected = self.derivation.parameters
        return self._known[words], {k: v for k, v in parameters.items() if k not in self._words or k in expected}

    def _faces(self, law: Any) -> Faces:
        faces = Faces(**self._build(law))
        faces.__dict__["derivation"] = self.derivation.at(faces.given["laws"])
        return faces

    def _chosen(self, found: Any) -> Any:
        """The quantities that are asked for, by name."""
        return {k: _pick(found, k) for k in self.names} if self.names else found


class Apart(Derived):
    """Each quantity derived by itself: where equations are long, and have little in common, that is sooner done."""

    def everything(self, **parameters: Any) -> dict[str, Any]:
        return {name: self._part(name, parameters) for name in self.names}

    def _part(self, name: str, parameters: dict[str, Any]) -> Any:
        def build(law: Any) -> dict[str, Any]:
            given = self._build(law)
            return {**given, "expression": given["expression"][name]}

        part: Any = self.__dict__.setdefault("parts", {}).setdefault(name, Derived(build, self._law))
        return part.theory(**{k: v for k, v in parameters.items() if k in part.derivation.parameters or k in self._words})
