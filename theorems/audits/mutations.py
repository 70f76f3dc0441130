"""How a formula is perturbed: one constant, sign or exponent of its source at a time.

* constant: a number times 1.01 and times 1.05;
* sign: a binary + or - turned, a unary minus lost (the sums of pairs of `asymptotics._twofold` are sums too);
* exponent: x**k to x**(k + 1) and x**(k - 1), a square root or square left out.

Left out is what steers a computation instead of being computed: conditions (of if, while, comparisons and masks), indices, ranges,
shapes and axes, loop counters, numbers below 1e-6 or above 1e6 (tolerances, floors, limits), checks of arguments and what they
raise, defaults, and whatever stands outside functions (limits and tolerances have names there).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["constant", "sign", "exponent", "argument"]

SCALES = (1.01, 1.05)
STEERING = frozenset(  # calls whose arguments are sizes, places or conditions
    {"range", "arange", "linspace", "zeros", "ones", "empty", "eye", "reshape", "broadcast_to", "broadcast_shapes", "moveaxis"}
    | {"swapaxes", "tile", "repeat", "array_split", "leggauss", "argsort", "searchsorted", "isinstance", "any", "all", "isfinite"}
    | {"isnan", "greater", "less", "refuse", "within", "check", "errstate", "warn"}
)
AXES = frozenset(
    {
        "axis",
        "ndmin",
        "dtype",
        "out",
        "where",
        "shape",
        "ddof",
        "kind",
        "side",
        "decimals",
        "order",
        "count",
        "maxiter",
        "options",
    }
    | {"tol", "xtol", "rtol", "atol"}
)
ROOTS = frozenset({"sqrt", "square_root", "square", "cbrt"})
SUMS = frozenset({"add", "subtract", "two_sum", "total"})


@dataclass(frozen=True)
class Mutation:
    """One change of a text: `old`, at `start` (bytes), becomes `new`; `size` is the factor of a constant, less one."""

    kind: Kind
    start: int
    old: str
    new: str
    line: int
    last: int
    owner: str
    size: float = 0.0

    def apply(self, text: str) -> str:
        """The text with the change in it."""
        raw = text.encode()
        return (raw[: self.start] + self.new.encode() + raw[self.start + len(self.old.encode()) :]).decode()

    def shown(self, text: str) -> str:
        """Its source line, with the change in brackets: `[1 -> 1.05]`."""
        raw = text.encode()
        end = self.start + len(self.old.encode())
        first = raw.rfind(b"\n", 0, self.start) + 1
        last = raw.find(b"\n", end)
        before, after = raw[first : self.start].decode(), raw[end : len(raw) if last < 0 else last].decode()
        new = self.new.replace("__minus__", "-")
        return " ".join(f"{before}[{self.old} -> {new}]{after.split('  #')[0]}".split())


def mutations(text: str) -> Iterator[Mutation]:
    """Every change of the functions in `text`, in the order of the text.

    >>> [m.shown("def f(x): return 2 - x**2") for m in mutations("def f(x): return 2 - x**2")][:3]
    ['def f(x): return 2 [- -> +] x**2', 'def f(x): return [2 -> 2.02] - x**2', 'def f(x): return [2 -> 2.1] - x**2']
    """
    finder = _Finder(text)
    finder.visit(ast.parse(text))
    return iter(finder.found)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


class _Finder(ast.NodeVisitor):
    def __init__(self, text: str) -> None:
        self.raw = text.encode()
        self.starts = [0, *(m.end() for m in re.finditer(rb"\n", self.raw))]
        self.found: list[Mutation] = []
        self.owner = ""  # the function or class at the top of the module
        self.inside = False

    def _at(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def _add(self, kind: Kind, place: tuple[int, int], new: str, size: float = 0.0) -> None:
        if self.inside:
            start, end = place
            first, last = (self.raw.count(b"\n", 0, i) + 1 for i in place)
            self.found.append(Mutation(kind, start, self.raw[start:end].decode(), new, first, last, self.owner, size))

    def _sign(self, left: int, right: int) -> None:
        """The + or - between two places becomes the other."""
        between = re.sub(rb"#[^\n]*", lambda m: b" " * len(m[0]), self.raw[left:right])
        if (sign := re.search(rb"[+-]", between)) is not None:
            self._add("sign", (left + sign.start(), left + sign.end()), "-" if sign[0] == b"+" else "+")

    def _power(self, exponent: ast.expr) -> None:
        start, end = self._at(exponent)
        text = self.raw[start:end].decode()
        whole = isinstance(exponent, ast.Constant) and isinstance(exponent.value, int)
        for step in (1, -1):
            self._add("exponent", (start, end), str(int(text) + step) if whole else f"(({text}) {step:+d})")

    def _inner(self, node: ast.FunctionDef | ast.Lambda) -> None:
        inside, owner = self.inside, self.owner
        self.inside, self.owner = True, owner or getattr(node, "name", "")
        for part in node.body if isinstance(node, ast.FunctionDef) else [node.body]:
            self.visit(part)
        self.inside, self.owner = inside, owner

    visit_FunctionDef = visit_Lambda = _inner

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        owner, self.owner = self.owner, self.owner or node.name
        for part in node.body:
            self.visit(part)
        self.owner = owner

    def _nothing(self, node: ast.AST) -> None:
        """What steers is left alone."""

    visit_Compare = visit_Raise = visit_Assert = visit_JoinedStr = visit_Import = visit_ImportFrom = _nothing

    def visit_Assign(self, node: ast.Assign | ast.AnnAssign) -> None:
        owner = self.owner
        if not self.inside and not owner:  # a function that is bound to a name: f = lambda ...
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            self.owner = _name(targets[0])
        if node.value is not None:
            self.visit(node.value)
        self.owner = owner

    visit_AnnAssign = visit_Assign

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        sums = isinstance(node.op, ast.Add | ast.Sub)
        if sums and isinstance(node.value, ast.Constant) and isinstance(node.value.value, int):
            return  # a counter
        if sums:
            self._sign(self._at(node.target)[1], self._at(node.value)[0])
        if isinstance(node.op, ast.Pow):
            self._power(node.value)
        elif sums or isinstance(node.op, ast.Mult | ast.Div):
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        for part in [*node.body, *node.orelse]:
            self.visit(part)

    def visit_While(self, node: ast.While) -> None:
        for part in [*node.body, *node.orelse]:
            self.visit(part)

    def visit_For(self, node: ast.For) -> None:
        for part in [*node.body, *node.orelse]:
            self.visit(part)

    def visit_With(self, node: ast.With) -> None:
        for part in node.body:
            self.visit(part)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.body)
        self.visit(node.orelse)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        """The range of a sum, and its conditions, steer."""

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node.func)
        if name in STEERING:
            return
        if name in ROOTS and len(node.args) == 1:
            start, end = self._at(node.args[0])
            self._add("exponent", self._at(node), f"({self.raw[start:end].decode()})")
        if name in SUMS and len(node.args) == 2 and not isinstance(node.args[1], ast.UnaryOp):
            start, end = self._at(node.args[1])
            self._add("sign", (start, end), f"__minus__({self.raw[start:end].decode()})")
        if name in ("power", "pow") and len(node.args) == 2:
            self._power(node.args[1])
        shaped = name in ("full", "where") and len(node.args) > 1
        values = node.args[1:] if shaped else node.args[:1] if name == "round" else node.args
        for part in [node.func, *values, *(k.value for k in node.keywords if k.arg not in AXES)]:
            self.visit(part)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        text = any(isinstance(x, ast.JoinedStr) or (isinstance(x, ast.Constant) and isinstance(x.value, str))
                   for x in (node.left, node.right))  # fmt: skip
        if text or isinstance(node.op, ast.BitAnd | ast.BitOr | ast.BitXor | ast.LShift | ast.RShift | ast.FloorDiv | ast.Mod):
            return
        if isinstance(node.op, ast.Add | ast.Sub):
            self._sign(self._at(node.left)[1], self._at(node.right)[0])
        self.visit(node.left)
        if isinstance(node.op, ast.Pow):
            self._power(node.right)
        if not (isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant)):
            self.visit(node.right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub):
            start, _ = self._at(node)
            self._add("sign", (start, start + 1), "+")
        if isinstance(node.op, ast.USub | ast.UAdd):
            self.visit(node.operand)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if not isinstance(value, int | float | complex) or isinstance(value, bool) or not 1e-6 <= abs(value) <= 1e6:
            return
        for scale in SCALES:
            new = value * scale
            self._add("constant", self._at(node), repr(new) if isinstance(new, complex) else f"{new:.12g}", scale - 1)
