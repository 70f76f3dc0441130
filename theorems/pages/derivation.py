"""Where a record's limit comes from, for its page: the expression of random matrices, what is known of them, and the equations."""

from __future__ import annotations

from html import escape
from typing import Any

from theorems.pages import report
from theorems.record import Theorem


def section(record: Theorem) -> str:
    """The derivation as HTML; empty for a record that was not derived from an expression."""
    owner = _owner(record)
    if owner is None:
        return ""
    found = owner.derivation
    names = getattr(owner, "names", ()) or tuple(found.given.expressions)
    kinds = [f"{x} is {kind}" for x, kind in found.given.kinds.items()]
    sizes = [f"{d}/n = {r}" for d, r in found.given.ratios.items() if r != 1]
    shown = "".join(f"<li><code>{escape(name)} = {escape(str(found.given.expressions[name]))}</code></li>" for name in names)
    lines = [line.replace("&", "") for line in found.equations().latex(only=names).split(" \\\\\n")]
    equations = "".join(f'<div class="scroll statement">{report.formula(line)}</div>' for line in lines)
    return (
        f"<h2>Derivation</h2><p>From the expression{'s' * (len(names) > 1)}, {escape('; '.join([*kinds, *sizes]))}:</p><ul>{shown}</ul>"
        "<p>Its random matrices replaced by their self-energy (the matrix Dyson equation), reduced to the scalars that remain; "
        "integrals are over the law H of eigenvalues, or the signal's energy G in them:</p>"
        f"{equations}"
    )


def _owner(record: Theorem) -> Any:
    """What theory, or the other route of an identity, was derived by: the object whose method it is, or that it closes over."""
    for function in (record.claim.theory, getattr(record.claim, "other", None)):
        cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
        for owner in (getattr(function, "__self__", None), *cells):
            if hasattr(type(owner), "derivation"):
                return owner
    return None
