r"""A lower bound of the ridgeless excess risk for any features at every n and p: the peak at p = n cannot be avoided.

Model: n independent rows x of p features with E |x|^2 finite and a covariance S of full rank, any min(n, p) of which are linearly
independent almost surely; y = <x, beta> + noise whose variance given x is at least sigma2; least squares of least norm. Then

    E excess >= sigma2 n/(p + 1 - n)   (p >= n),       E excess >= sigma2 p/(n + 1 - p)   (p <= n).                (1)

For p >= n the squared distance of a whitened row from the span of the others has mean p + 1 - n, and its reciprocal enters the
risk; for p <= n the leverage of one of n + 1 rows has mean p/(n + 1), and h/(1 - h) enters. Jensen's inequality gives both.
As n -> infinity (1) is the variance of isotropic features, so none are better by more than one sample.

Source: holzmuller2021universality, Theorem 3 (numbering from memory).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.conventions import theory, within


@theory
def excess(*, n: Any, p: Any, sigma2: Any = 1.0) -> Any:
    """(1): no features have a ridgeless fit of less mean excess risk.

    Broadcasts over whole n, p >= 1 and sigma2 >= 0; else ValueError. Accuracy: 1.5 eps (correctly rounded quotient and product).

    >>> excess(n=[10, 10, 10], p=[4, 10, 19]).tolist()  # 4/7, 10, 10/10
    [0.5714285714285714, 10.0, 1.0]
    """
    for name, value in (("n", n), ("p", p)):
        within(name, value, lambda v: (v >= 1) & (v == np.floor(v)), "a whole number: the bound is for finite sizes")
    return sigma2 * (np.minimum(n, p) / (np.abs(np.subtract(p, n)) + 1))
