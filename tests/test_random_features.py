"""Random features: against 60-digit mpmath, limits, corners, and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from asymptotics import ridge as plain
from asymptotics import spectra
from asymptotics.random_features import effective, ridge

FIELDS = ("bias", "variance", "excess", "test", "train", "norm2", "rkhs2", "kappa", "kappa1", "df1", "df2")


def oracle(values, counts, energies, n, k, delta, r2, sigma2):
    """Every field at 60 digits, as simon2024more writes them: bisection, then plain formulas. None of it is shared."""
    with mp.workdps(80):
        s, m, g = ([mpf(x) for x in part] for part in (values, counts, energies))
        g = [r2 * x / mp.fsum(g) for x in g]
        v = [a * b for a, b in zip(s, g, strict=True)]
        n, k, delta, sigma2 = mpf(n), mpf(k), mpf(delta), mpf(sigma2)

        def df(order, x):
            return mp.fsum(c * (a / (a + x)) ** order for a, c in zip(s, m, strict=True))

        def excess(x):  # (n - df1)(k - df1) - k delta/kappa on the branch df1 < min(n, k), increasing in kappa
            return min(n, k) - df(1, x) if delta == 0 else (n - df(1, x)) * (k - df(1, x)) - k * delta / x

        low, high = mpf(10) ** -45, (mp.fsum(a * c for a, c in zip(s, m, strict=True)) + delta + 1) * (2 + 4 / min(n, k)) * (1 + k)
        for _ in range(420):
            x = mp.sqrt(low * high)
            low, high = (x, high) if df(1, x) > min(n, k) or excess(x) < 0 else (low, x)
        x = mp.sqrt(low * high)
        z, q = df(1, x), df(2, x)
        k1 = x * (k - z) / k
        L = [a / (a + x) for a in s]
        factor = 1 - (q * (k - 2 * z) + z * z) / (n * (k - q))
        missed = mp.fsum((1 - l - k1 / x * l * (1 - l) * k / (k - q)) * e for l, e in zip(L, v, strict=True))
        test = (missed + sigma2) / factor
        left = (n - z) / n
        target = mp.fsum((1 - l) * e for l, e in zip(L, v, strict=True)) + sigma2  # kappa1 y'(K + delta)^-1 y

        def moved(t, x, y):  # (K) for the features' covariance S - t kappa1
            return [
                mp.fsum(c * a / (a - t * y + x) for a, c in zip(s, m, strict=True)) + delta / y - n,
                mp.fsum(c * (a - t * y) / (a - t * y + x) for a, c in zip(s, m, strict=True)) + k * y / x - k,
            ]

        answer = {
            "bias": missed / factor,
            "variance": sigma2 / factor - sigma2,
            "excess": test - sigma2,
            "test": test,
            "train": left**2 * test,
            "kappa": x,
            "kappa1": k1,
            "df1": z,
            "df2": q,
        }
        if delta > 0:
            answer["norm2"] = (target - left * test) / k1
            h = mpf(10) ** -20 * min(s)  # d/dt of (K): the slope of kappa1 and kappa by central differences
            up, down = (mp.findroot(lambda a, b, t=t: moved(t, a, b), (x, k1), tol=1e-120) for t in (h, -h))
            dx, dk1 = (up[0] - down[0]) / (2 * h), (up[1] - down[1]) / (2 * h)
            answer["rkhs2"] = mp.fsum(
                dk1 / k1**2 * e * x / (a + x) - a * e / k1 * (dx - k1) / (a + x) ** 2 for a, e in zip(s, v, strict=True)
            ) + sigma2 * dk1 / k1**2
        return answer


def agree(values, counts, energies, n, k, delta, r2, sigma2, rel):
    risk = ridge(spectra.multiplicities(values, counts, energies), n=n, k=k, delta=delta, r2=r2, sigma2=sigma2)
    want = oracle(values, counts, energies, n, k, delta, r2, sigma2)
    worst = {}
    for name, exact in want.items():
        got = mpf(float(getattr(risk, name)))
        worst[name] = float(abs(got - exact) / abs(exact)) if abs(exact) > 1e-30 else float(abs(got))
    return worst
