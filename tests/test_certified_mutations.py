"""Every constant, sign and exponent of a certified formula counts: changed, its enclosures leave the floats, or nothing is proven."""

from __future__ import annotations

import importlib
import types
from pathlib import Path

import numpy as np
import pytest

flint = pytest.importorskip("flint")
from asymptotics.certified import calls, krawczyk, roots  # noqa: E402
from tests.certified_calls import CALLS, call  # noqa: E402
from theorems.audits.mutations import mutations  # noqa: E402

MODULES = sorted({name.split(".")[0] for name in CALLS})
POINTS = 8
#: lines that only give a starting point, or decide a case, or guard against another root than the one that was found
STEER = [
    ".union(",
    "other =",
    "place =",
    "side =",
    "least =",
    "start",
    "below",
    "least * (",
    "2.0**-60",
    "arb(2) ** -60",
    "bend(",
]


def checked(F, J, x0, **options):
    """Krawczyk's operator, after a look whether J is the derivative of F: if it were not, nothing would be proven."""
    x = krawczyk.krawczyk(F, J, x0, **options)
    with flint.ctx.workprec(2 * flint.ctx.prec):
        at, h = x[0].mid(), abs(x[0].mid()) * flint.arb(2) ** -60 + flint.arb(2) ** -300
        slope, secant = J([at])[0][0], (F([at + h])[0] - F([at - h])[0]) / (2 * h)
        assert abs(slope - secant) < abs(slope) * 1e-9  # of a secant over 2^-60: its error is some 2^-120
    return x


def disagree(name, plain) -> bool:
    """Whether a certified call differs from the floats by more than 1e-9, or raises."""
    try:
        boxes = call(name, POINTS, certified=True)
    except (ArithmeticError, ValueError, AssertionError, TypeError, AttributeError):
        return True
    with np.errstate(invalid="ignore"):  # inf - inf
        for field, value in plain.items():
            low, high = boxes[field].lower, boxes[field].upper
            near = [(end == value) | (np.abs(end - value) <= 1e-9 * np.abs(value)) for end in (low, high)]
            if not np.all(near[0] | near[1]):
                return True
    return False


@pytest.mark.parametrize("module", MODULES)
def test_no_change_goes_unseen(module, monkeypatch):
    real = importlib.import_module(f"asymptotics.certified.{module}")
    text = Path(real.__file__).read_text(encoding="utf-8")
    names = [name for name in CALLS if name.startswith(f"{module}.")]
    plain = {name: {f: v for f, v in call(name, POINTS).items() if f != "residual"} for name in names}
    monkeypatch.setattr(roots, "krawczyk", checked)
    assert not any(disagree(name, plain[name]) for name in names)
    unseen = []
    for change in mutations(text):
        lines = text.splitlines()[change.line - 1 : change.last]
        if any(word in line for word in STEER for line in lines):
            continue
        other = types.ModuleType(real.__name__)
        exec(compile(change.apply(text), real.__file__, "exec"), other.__dict__)
        with monkeypatch.context() as patch:
            for name in vars(other):
                if not name.startswith("__"):
                    patch.setattr(real, name, getattr(other, name))
            if hasattr(other, "krawczyk"):
                other.krawczyk = checked
            calls._twin.cache_clear()
            if not any(disagree(name, plain[name]) for name in names):
                unseen.append(change.shown(text))
    calls._twin.cache_clear()
    assert not unseen, "\n".join(unseen)
