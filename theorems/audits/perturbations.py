"""The wrong formulas next to a theorem's: its arguments and its source perturbed, each as a theory of the same signature.

Source means the functions that the theory runs for some parameters, line by line: those of the record's own file and those of
`asymptotics`, but for what is arithmetic there (`ARITHMETIC`). Each perturbed formula lives in a world of its own (`worlds`).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from asymptotics.conventions import refuse
from theorems.audits.mutations import SCALES, Kind, Mutation, mutations
from theorems.audits.worlds import World, callers, lines_run, source
from theorems.claims import Claim, Law, _pick, at_size
from theorems.domain import Real
from theorems.record import Theorem

#: Modules of `asymptotics` that calculate for formulas as NumPy does: a change there is no wrong formula.
ARITHMETIC = frozenset({"_twofold", "compression", "expansion", "starting_values", "conventions", "errors", "risk"})
PATIENCE = 1_000_000  # some seconds
_PAPER = re.compile(r"theorems\.[a-z]+\d{4}[a-z]?(\.|$)")

SWAPS: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "gamma -> 1/gamma": (("gamma",), lambda gamma: {"gamma": 1 / gamma}),
    "sigma2 -> sqrt(sigma2)": (("sigma2",), lambda sigma2: {"sigma2": sigma2**0.5}),
    "r2 -> sqrt(r2)": (("r2",), lambda r2: {"r2": r2**0.5}),
    "lam -> lam gamma": (("lam", "gamma"), lambda lam, gamma: {"lam": lam * gamma}),
    "lam -> lam/gamma": (("lam", "gamma"), lambda lam, gamma: {"lam": lam / gamma}),
}

Point = tuple[dict[str, Any], int]  # parameters, size


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """One wrong formula. `what` is changed `where` (file:line, "" for an argument), in `function`; `size` of a scaling, less one.

    `rounds()`: how many rounds of loops it has run as plain Python: what it has cost.
    """

    kind: Kind
    what: str
    theory: Callable[..., Any] = field(repr=False, compare=False)
    function: str = "arguments"
    where: str = ""
    size: float = 0.0
    rounds: Callable[[], int] = field(default=lambda: 0, repr=False, compare=False)


def claimed(claim: Claim, params: Mapping[str, Any], n: int) -> np.ndarray:
    """The numbers that a claim puts forward at size n: of a law its points at the levels, then its cdf there."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(claim, Law):
            law = claim.theory(**at_size(params, n))
            points = np.unique(np.asarray(law.quantile(np.asarray(claim.levels)), dtype=np.float64))
            return np.stack([points, np.asarray(law.cdf(points), dtype=np.float64)])
        found = claim.predict(params, n) if hasattr(claim, "predict") else claim.theory(**params)
        return np.atleast_1d(np.asarray(_pick(found, claim.of), dtype=np.float64)).ravel()


def _at_once(function: Callable[..., Any], *args: Any, **given: Any) -> Any:
    return function(*args, **given)


def tried(claim: Claim, params: Mapping[str, Any], n: int, call: Callable[..., Any] = _at_once) -> np.ndarray | None:
    """The same, None where the formula refuses: a point of the domain that it does not take."""
    try:
        return np.asarray(call(claimed, claim, params, n))
    except Exception:
        return None


def change(claim: Claim, params: Mapping[str, Any], n: int, true: np.ndarray, other: np.ndarray) -> float:
    """How far `other` is from `true`, both `claimed`, in units of the claim: relative, or in probability for a law; nan: no numbers."""
    if not (np.isfinite(other).all() and np.isfinite(true).all()):
        return np.nan
    if isinstance(claim, Law):  # whose points may be others, and other than many
        law = claim.theory(**at_size(params, n))
        return float(np.max(np.abs(law.cdf(other[0]) - other[1])))
    if true.shape != other.shape:
        return np.nan
    return float(np.max(np.abs(other - true) / np.maximum(np.abs(true), 1e-12)))  # 1e-12: as in Mean.compare


def of_arguments(record: Theorem) -> Iterator[Perturbation]:
    """gamma for 1/gamma, sigma for sigma2, r for r2, lam scaled by p, and each real parameter 1 and 5 % off."""
    theory = record.claim.theory

    def perturbed(what: str, needs: tuple[str, ...], new: Callable[..., dict[str, Any]], size: float = 0.0) -> Perturbation:
        def changed(**given: Any) -> Any:
            return theory(**given | new(**{name: given[name] for name in needs}))

        return Perturbation(kind="argument", what=what, theory=remembered(changed), size=size)

    for what, (needs, new) in SWAPS.items():
        if all(isinstance(record.domain.get(name), Real) for name in needs):
            yield perturbed(what, needs, new)
    for name in (name for name, domain in record.domain.items() if isinstance(domain, Real)):
        for scale in SCALES:
            yield perturbed(f"{name} -> {scale} {name}", (name,), partial(_scaled, scale), scale - 1)


def _scaled(scale: float, **given: Any) -> dict[str, Any]:
    return {name: value * scale for name, value in given.items()}


class Formula:
    """The source of a record's theory: which lines it runs at `cases` and `others`, and that source with one thing changed.

    Cases are parameters and a size n. Of the others as many are run as cost PATIENCE rounds of loops in plain Python.
    Raises ValueError for a record that stands at no name of a file, and for one whose file gives other numbers when it runs again.
    """

    def __init__(self, record: Theorem, cases: Sequence[Point], others: Sequence[Point] = ()) -> None:
        self.record = record
        self.home, self.variable = record.home["__name__"], record.name.rpartition(".")[2]
        path = record.home.get("__file__")
        if path is None or self.home == "__main__" or self.variable == "unnamed":
            refuse(
                "record", record.title, "its source is read from its file: name it there, and take it from theorems.load(FILE)"
            )
        self.files = {self.home: (str(path), Path(path).read_text(encoding="utf-8"))}
        world = World(self._formula, files=self.files)
        claim = self._claim(world)
        points = [*cases, *others]
        true = [tried(record.claim, *at) for at in points]

        def run() -> None:
            for i, (at, numbers) in enumerate(zip(points, true, strict=True)):
                if i >= len(cases) and world.rounds > PATIENCE:
                    return
                again = tried(claim, *at, call=world.call)
                if again is None and numbers is not None:
                    if i >= len(cases):
                        continue  # too long a loop as plain Python
                    try:
                        world.call(claimed, claim, *at)
                    except Exception as error:
                        refuse("record", record.name, f"at the case {at[0]} its formula fails as plain Python: {error}")
                if (again is None) != (numbers is None) or not (
                    again is None or numbers is None or np.allclose(again, numbers, rtol=1e-9, atol=1e-12, equal_nan=True)
                ):  # compiled kernels and interpreted ones differ by rounding
                    refuse("record", record.name, f"its file gives other numbers when it runs again: {again} for {numbers}")

        ran = lines_run(run, world.paths)
        self.lines = {world.paths[path]: lines for path, lines in ran.items()}
        self._imports = world.imports

    def _formula(self, name: str) -> bool:
        package, _, module = name.partition(".")
        library = package == "asymptotics" and bool(module) and module not in ARITHMETIC
        return name == self.home or library or bool(_PAPER.match(name))

    def _claim(self, world: World) -> Claim:
        record: Theorem = getattr(world.load(self.home), self.variable)
        return record.claim

    def perturbations(self) -> Iterator[Perturbation]:
        """Every change of a line that was run."""
        for name, lines in sorted(self.lines.items()):
            path, text = self.files.get(name) or source(name)
            for mutation in mutations(text):
                if lines.intersection(range(mutation.line, mutation.last + 1)):
                    theory, rounds = self._changed(name, text, mutation)
                    yield Perturbation(
                        kind=mutation.kind,
                        what=mutation.shown(text),
                        theory=theory,
                        rounds=rounds,
                        function=f"{name.rpartition('.')[2]}.{mutation.owner}",
                        where=f"{Path(path).name}:{mutation.line}",
                        size=mutation.size,
                    )

    def _changed(self, name: str, text: str, mutation: Mutation) -> tuple[Callable[..., Any], Callable[[], int]]:
        fresh = {name, self.home}
        while more := {old for old, new in self._imports if new in fresh} - fresh:
            fresh |= more
        plain = callers(text, mutation.owner)

        @cache
        def world() -> World:
            return World(
                fresh.__contains__,
                texts={name: mutation.apply(text)},
                files=self.files,
                plain=lambda module, kernel: module == name and kernel in plain,
            )

        theory = remembered(
            lambda **given: self._claim(world()).theory(**given),
            lambda function, *args, **given: world().call(function, *args, **given),
        )
        return theory, lambda: world().rounds


def remembered(theory: Callable[..., Any], call: Callable[..., Any] = _at_once) -> Callable[..., Any]:
    """A theory that is called (by `call`) once at each place: many draws are compared with one number."""
    known: dict[str, Any] = {}

    def once(**given: Any) -> Any:
        key = repr(sorted(given.items()))
        if key not in known:
            found = call(theory, **given)
            known[key] = _Law(found, call) if hasattr(found, "quantile") else found
        return known[key]

    return once


class _Law:
    """A law that is asked once for each array of arguments."""

    def __init__(self, law: Any, call: Callable[..., Any]) -> None:
        self.law, self.call, self.known = law, call, dict[Any, Any]()

    def _ask(self, name: str, x: Any) -> Any:
        key = name, np.shape(x), np.asarray(x, dtype=np.float64).tobytes()
        if key not in self.known:
            self.known[key] = self.call(getattr(self.law, name), x)
        return self.known[key]

    def quantile(self, u: Any) -> Any:
        return self._ask("quantile", u)

    def cdf(self, x: Any) -> Any:
        return self._ask("cdf", x)


def named(record: Theorem, **changes: Any) -> Theorem:
    """The record with `changes`, under its own name: the same draws."""
    changed = replace(record, **changes)
    object.__setattr__(changed, "home", {**record.home, record.name.rpartition(".")[2]: changed})
    return changed
