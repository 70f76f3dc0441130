"""Cho and Saul, Kernel methods for deep learning (2009): the arc-cosine kernels, which are those of ReLU networks of one layer."""

import numpy as np
from mpmath import binomial, gamma, mpf, pi, sqrt, workdps

from asymptotics.kernels import gegenbauer
from theorems import Choice, Identity, Integer, Theorem

KERNELS = ("nngp:1", "ntk:1")


def _at(of):
    def value(*, kernel, d, degree):
        found = of(kernel, d=int(d))
        return found.counts[int(degree)] * found.eigenvalues[int(degree)]

    return np.vectorize(value, otypes=[float])


def _coefficient(power, l, d):
    """E t_+^power P_l(t) for t = <w, x>, w uniform on the sphere, power 0 or 1: by parts, the derivatives of (1 - t^2)^b at 0."""
    nu = mpf(d - 2) / 2
    c = gamma(nu + 1) / (sqrt(pi) * gamma(nu + mpf(1) / 2))  # the density of t is c (1 - t^2)^(nu - 1/2)
    if l <= power:
        return c * gamma(mpf(power + l + 1) / 2) * gamma(nu + mpf(1) / 2) / gamma(nu + 1 + mpf(power + l) / 2) / 2
    m, b = l - power - 1, l + nu - mpf(1) / 2
    slope = 0 if m % 2 else (-1) ** (m // 2) * binomial(b, m // 2) * gamma(m + 1)
    return c * gamma(nu + mpf(1) / 2) / gamma(l + nu + mpf(1) / 2) / mpf(2) ** l * (-1) ** (l + power + 1) * slope


def _closed(*, kernel, d, degree):
    """N_l s_l: E relu relu is the square of a coefficient; the NTK adds t times the kernel of the step function."""
    d, l = int(d), int(degree)
    with workdps(40):
        relu, step = (lambda j: 2 * d * _coefficient(1, j, d) ** 2), (lambda j: 2 * _coefficient(0, j, d) ** 2)
        s = relu(l)
        if kernel == "ntk:1":
            s += ((l + d - 2) * step(l + 1) + (l * step(l - 1) if l else 0)) / (2 * l + d - 2)
        return float(gegenbauer.multiplicity(l, d=d) * s)


eigenvalues = Theorem(
    title="The eigenvalues of the arc-cosine kernels on the sphere, by degree",
    statement=r"k(t)=\sum_lN_ls_lP_l(t):\quad \mathrm{NNGP}:\ s_l=2d\,a_l^2,\quad\mathrm{NTK}:\ s_l=2d\,a_l^2+"
    r"2\,\frac{(l+d-2)\,b_{l+1}^2+l\,b_{l-1}^2}{2l+d-2},\quad a_l=\mathbb E\,t_+P_l(t),\ b_l=\mathbb E\,1_{t>0}P_l(t)",
    source="cho2009kernel (the kernels of order 0 and 1); bietti2021deep, section 2 (their spectra; from memory); closed forms rederived",
    assumptions=(
        "x uniform on the unit sphere of R^d; one hidden layer, no biases, k(1) = 1 (NNGP), 2 (NTK)",
        "the value is N_l s_l",
    ),
    domain={"kernel": Choice(KERNELS), "d": Integer(3, 40), "degree": Integer(0, 12)},
    claim=Identity(theory=_at(gegenbauer.sphere), other=_closed, rtol=1e-11),
    cases=(
        {"kernel": "nngp:1", "d": 3, "degree": 0},
        {"kernel": "nngp:1", "d": 10, "degree": 4},
        {"kernel": "ntk:1", "d": 5, "degree": 1},
        {"kernel": "ntk:1", "d": 30, "degree": 12},
    ),
    rivals={
        "of one eigenfunction": lambda *, kernel, d, degree: (
            _at(gegenbauer.sphere)(kernel=kernel, d=d, degree=degree) / gegenbauer.multiplicity(int(degree), d=int(d))
        ),
        "the other kernel": lambda *, kernel, **k: _at(gegenbauer.sphere)(kernel=KERNELS[kernel == KERNELS[0]], **k),
        "the sphere of one dimension more": lambda *, d, **k: _at(gegenbauer.sphere)(d=d + 1, **k),
    },
)


def _by_hand(*, kernel, d, degree):
    """C(d, l) E k(t) chi(x) by the sum over all 2^d corners, chi the parity of the first l coordinates."""
    corners = 1 - 2 * ((np.arange(2**d)[:, None] >> np.arange(d)) & 1)
    theta = np.arccos(np.clip(corners.sum(axis=1) / d, -1, 1))
    step = 1 - theta / np.pi
    k = np.sin(theta) / np.pi + step * np.cos(theta)
    k = k + np.cos(theta) * step if kernel == "ntk:1" else k
    parity = np.prod(corners[:, : int(degree)], axis=1)
    return float(binomial(d, degree)) * float(np.mean(k * parity))


hypercube_eigenvalues = Theorem(
    title="The eigenvalues of the arc-cosine kernels on the hypercube, by degree",
    statement=r"k(t)=\sum_lN_ls_lP_l(t),\quad N_l=\binom dl,\quad s_l=\mathbb E_x\,k(\langle x,x_0\rangle)\,d^{l/2}\prod_{i\le l}x_i,\quad "
    r"x_0=(1,\dots,1)/\sqrt d",
    source="cho2009kernel; simon2023eigenlearning, appendix on the hypercube (from memory)",
    assumptions=(
        "x uniform on {-1, 1}^d / sqrt d; the eigenfunctions are parities; one hidden layer",
        "the value is N_l s_l, l even or 1",
    ),
    domain={"kernel": Choice(KERNELS), "d": Integer(4, 16), "degree": Choice(("0", "1", "2", "4"))},
    claim=Identity(
        theory=lambda *, kernel, d, degree: _at(gegenbauer.hypercube)(kernel=kernel, d=d, degree=int(degree)),
        other=lambda *, kernel, d, degree: _by_hand(kernel=kernel, d=int(d), degree=int(degree)),
        rtol=1e-10,
    ),
    cases=(
        {"kernel": "nngp:1", "d": 4, "degree": "4"},
        {"kernel": "nngp:1", "d": 12, "degree": "1"},
        {"kernel": "ntk:1", "d": 9, "degree": "2"},
    ),
    rivals={
        "those of the sphere": lambda *, kernel, d, degree: _at(gegenbauer.sphere)(kernel=kernel, d=d, degree=int(degree)),
        "the other kernel": lambda *, kernel, d, degree: _at(gegenbauer.hypercube)(
            kernel=KERNELS[kernel == KERNELS[0]], d=d, degree=int(degree)
        ),
    },
)
