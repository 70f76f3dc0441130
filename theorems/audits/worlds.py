"""A second world: the modules that a theorem stands on, executed afresh beside the real ones, from changed source if need be.

What is imported in a world is found in it: nothing of the real modules is touched, and what a function remembers (caches, laws)
belongs to its world alone. Kernels run as plain Python where their source is new, and as compiled in the real module where not.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import sys
from collections.abc import Callable, Container, Mapping
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

ROUNDS = 2_000_000  # of loops in one call: a changed loop may never end


class Endless(RuntimeError):
    """A loop of a changed formula does not end."""


@lru_cache(maxsize=256)
def source(name: str) -> tuple[str, str]:
    """The file of a module of the library and its text."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no module {name}", name=name)
    return spec.origin, Path(spec.origin).read_text(encoding="utf-8")


class _Counted(ast.NodeTransformer):
    """Every loop counts its rounds."""

    def visit_While(self, node: ast.While | ast.For) -> ast.While | ast.For:
        self.generic_visit(node)
        count = ast.Expr(ast.Call(ast.Name("__tick__", ast.Load()), [], []))
        node.body.insert(0, count)
        for part in ast.walk(count):
            ast.copy_location(part, node)
        return node

    visit_For = visit_While


@lru_cache(maxsize=1024)
def _compiled(text: str, path: str) -> CodeType:
    return compile(_Counted().visit(ast.parse(text)), path, "exec")


@lru_cache(maxsize=4096)
def callers(text: str, changed: str) -> frozenset[str]:
    """The names of a module that use the function or class `changed` of it, directly or not, itself included.

    >>> sorted(callers("def f(): pass\\ng = f\\ndef h(): g()\\ndef k(): pass", "f"))
    ['f', 'g', 'h']
    """
    uses: dict[str, set[str]] = {}
    for node in ast.parse(text).body:
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            uses[node.name] = names
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            uses |= {n.id: names for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    found = {changed}
    while more := {name for name, used in uses.items() if used & found} - found:
        found |= more
    return frozenset(found)


class World:
    """The modules for which `fresh(name)` holds, executed afresh when they are first imported; all others are the real ones.

    `texts`: module -> its changed source. `files`: module -> file and text, for a user's file, which no import finds.
    `plain(module, name)`: whether that kernel runs as plain Python. `imports` collects who imports whom, `paths` what was
    executed; `rounds` counts loops.
    """

    def __init__(
        self,
        fresh: Callable[[str], bool],
        *,
        texts: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, str]] | None = None,
        plain: Callable[[str, str], bool] = lambda module, name: True,
    ) -> None:
        self.fresh, self.plain = fresh, plain
        self.texts, self.files = dict(texts or {}), dict(files or {})
        self.imports: set[tuple[str, str]] = set()
        self.paths: dict[str, str] = {}  # file -> module, of what has been executed
        self.rounds = 0  # of all loops so far
        self._modules: dict[str, ModuleType] = {}
        self._most = ROUNDS

    def source(self, name: str) -> tuple[str, str]:
        """File and text of a module in this world."""
        path, text = self.files.get(name) or source(name)
        return path, self.texts.get(name, text)

    def load(self, name: str) -> ModuleType:
        """The module of that name in this world."""
        if name not in self._modules:
            if self.fresh(name):
                self._execute(name)
            elif name.partition(".")[0] in ("asymptotics", "theorems") and hasattr(real := _real(name), "__path__"):
                self._modules[name] = self._hollow(name, real)
            else:
                return _real(name)
        return self._modules[name]

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """`function(...)`, which is of this world; RuntimeError where its loops do not end."""
        self._most = self.rounds + ROUNDS
        return function(*args, **kwargs)

    def _execute(self, name: str) -> None:
        path, text = self.source(name)
        module = ModuleType(name)
        inside = {"__file__": path, "__package__": name.rpartition(".")[0], "__tick__": self._tick, "__minus__": minus}
        vars(module).update(inside, __builtins__=vars(builtins) | {"__import__": self._import})
        self._modules[name], self.paths[path] = module, name
        exec(_compiled(text, path), vars(module))

    def _hollow(self, name: str, real: ModuleType) -> ModuleType:
        """A package whose modules are those of this world, and whose names are the real ones."""
        package = ModuleType(name)

        def get(part: str) -> Any:
            known = part.startswith("__") or not (self.fresh(f"{name}.{part}") and _exists(f"{name}.{part}"))
            return getattr(real, part) if known else self.load(f"{name}.{part}")

        vars(package).update(__getattr__=get, __path__=real.__path__)
        return package

    def _import(self, name: str, scope: Any = None, inner: Any = None, parts: Any = (), level: int = 0) -> Any:
        if level:
            name = importlib.util.resolve_name("." * level + name, scope["__package__"])
        importer = (scope or {}).get("__name__", "")
        self.imports |= {(importer, name), *((importer, f"{name}.{part}") for part in parts or ())}
        if name == "numba":
            return self._numba()
        if not (self.fresh(name) or name.partition(".")[0] in ("asymptotics", "theorems")):
            return builtins.__import__(name, scope, inner, parts, 0)
        module = self.load(name)
        return module if parts else self.load(name.partition(".")[0])

    def _numba(self) -> ModuleType:
        import numba

        def njit(*given: Any, **options: Any) -> Any:
            return self._kernel(given[0]) if given and callable(given[0]) else self._kernel

        fake = ModuleType("numba")
        vars(fake).update(njit=njit, jit=njit, __getattr__=lambda part: getattr(numba, part))
        return fake

    def _kernel(self, function: Any) -> Any:
        if self.plain(function.__module__, function.__name__):
            return function
        there = vars(_real(function.__module__)).values()
        same = (v for v in there if getattr(v, "py_func", None) and v.py_func.__qualname__ == function.__qualname__)
        return next(same, function)  # one made inside a function has no compiled twin

    def _tick(self) -> None:
        self.rounds += 1
        if self.rounds > self._most:
            raise Endless(f"a loop runs more than {ROUNDS} rounds; choose easier cases")


def minus(x: Any) -> Any:
    """-x, of a number, an array or a pair of them."""
    return tuple(-v for v in x) if isinstance(x, tuple) else -x


def _real(name: str) -> ModuleType:
    return sys.modules.get(name) or importlib.import_module(name)


@lru_cache(maxsize=512)
def _exists(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def lines_run(call: Callable[[], Any], files: Container[str]) -> dict[str, set[int]]:
    """The lines of functions in `files` that `call()` runs; an exception of it ends it.

    A function whose lines have all run is not followed any more, so that long loops cost little.
    """
    left: dict[CodeType, set[int]] = {}
    whole: dict[CodeType, set[int]] = {}

    def local(frame: FrameType, event: str, arg: Any) -> Any:
        left[frame.f_code].discard(frame.f_lineno)
        return local

    def enter(frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in files or code.co_name == "<module>":
            return None
        if code not in left:
            whole[code] = {line for _, _, line in code.co_lines() if line}
            left[code] = whole[code] - {code.co_firstlineno}
        return local if left[code] else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        call()
    finally:
        sys.settrace(before)
    found: dict[str, set[int]] = {}
    for code, rest in left.items():
        found.setdefault(code.co_filename, set()).update(whole[code] - rest)
    return found
