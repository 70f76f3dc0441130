"""The least risk over all penalties, found on the curve itself: the second route to every formula for an optimal penalty."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def least(risk: Callable[[Array], Array], above: float | Array = 0.0) -> float:
    """The minimum of `risk` over (above, inf): a grid in log(lam - above) over 26 decades, then Brent's method about its best point.

    >>> round(least(lambda lam: (np.log(lam) - 3.0) ** 2 + 1.0), 12)
    1.0
    """
    from scipy.optimize import minimize_scalar

    t = np.linspace(-30.0, 30.0, 241)
    best = int(np.argmin(risk(above + np.exp(t))))
    ends = t[max(best - 1, 0)], t[min(best + 1, len(t) - 1)]
    found = minimize_scalar(
        lambda at: float(risk(np.array(above + np.exp(at)))), bounds=ends, method="bounded", options={"xatol": 1e-10}
    )
    return float(found.fun)
