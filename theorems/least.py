"""The least risk over all penalties, found on the curve itself: the second route to every formula for an optimal penalty."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def least(risk: Callable[[Array], Array], above: float | Array = 0.0) -> float:
    """The minimum of `risk` over (above, inf): a grid in log(lam - above), then Brent's method about its best point.

    The grid has 26 decades about max(|above|, 1).

    >>> round(least(lambda lam: (np.log(lam) - 3.0) ** 2 + 1.0), 12)
    1.0
    """
    from scipy.optimize import minimize_scalar

    unit, t = np.maximum(np.abs(above), 1.0), np.linspace(-30.0, 30.0, 241)
    best = int(np.argmin(risk(above + unit * np.exp(t))))
    ends = t[max(best - 1, 0)], t[min(best + 1, len(t) - 1)]
    found = minimize_scalar(
        lambda at: float(risk(np.array(above + unit * np.exp(at)))), bounds=ends, method="bounded", options={"xatol": 1e-10}
    )
    return float(found.fun)
