"""Covariate shift: identities with the unshifted risk, matrices that do not commute, and a direct simulation."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from asymptotics import ridge as plain
from asymptotics import spectra
from asymptotics.covariate_shift import ridge, ridge_matrices

ARGUMENTS = {
    "gamma": st.floats(-1, 1).map(lambda e: 10.0**e),
    "lam": st.one_of(st.just(0.0), st.floats(-6, 2).map(lambda e: 10.0**e)),
    "r2": st.floats(0, 10),
    "sigma2": st.floats(0, 10),
}
LAWS = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1), st.floats(0.01, 1)), min_size=1, max_size=4)


def spectrum(rows, zero=True):
    logs, weights, energies = (np.array(c) for c in zip(*rows, strict=True))
    values = 10.0**logs
    if zero:
        values, weights, energies = np.append(values, 0.0), np.append(weights, 0.3), np.append(energies, 0.2)
    return spectra.atoms(values, weights / weights.sum(), energies)


@given(LAWS, st.fixed_dictionaries(ARGUMENTS), st.floats(0.01, 100))
def test_a_scaled_covariance_scales_the_excess_and_the_identity_gives_the_estimation_error(rows, arguments, c):
    law = spectrum(rows)
    live = arguments["gamma"] * (1 - law.H.zero)
    assume(abs(live - 1) > 1e-3)  # nearer, the weights' rounding decides
    still = plain.ridge(law, **arguments)
    scaled = ridge(law, shifted=lambda s: c * s, **arguments)
    for name in ("bias", "variance", "excess"):
        assert getattr(scaled, name) == pytest.approx(c * getattr(still, name), rel=1e-12), name  # sums of positive terms
    assert scaled.train == still.train
    assert scaled.gcv == still.test
    unit = ridge(law, shifted=np.ones_like, **arguments)
    assert unit.excess == pytest.approx(still.estimation, rel=1e-12)
    assert unit.test == pytest.approx(still.estimation + arguments["sigma2"], rel=1e-12)


@given(LAWS, st.fixed_dictionaries(ARGUMENTS))
def test_values_at_the_atoms_say_the_same_as_a_function(rows, arguments):
    law = spectrum(rows)
    assume(abs(arguments["gamma"] * (1 - law.H.zero) - 1) > 1e-3)
    values = np.append(np.sqrt(law.H.atoms) + 0.1, 0.1)
    one, two = ridge(law, shifted=values, **arguments), ridge(law, shifted=lambda s: np.sqrt(s) + 0.1, **arguments)
    assert one.excess == pytest.approx(two.excess, rel=1e-14)  # the same sums


def test_the_shift_enters_linearly_and_may_be_zero():
    law = spectra.atoms([4.0, 1.0], [0.5, 0.5], [0.2, 0.8])
    first, second, both = (ridge(law, shifted=v, gamma=2, lam=[0.0, 0.1], r2=5) for v in ([1.0, 0.0], [0.0, 2.0], [1.0, 2.0]))
    np.testing.assert_allclose(first.excess + second.excess, both.excess, rtol=1e-14)  # three roundings
    none = ridge(law, shifted=[0.0, 0.0], gamma=2, lam=[0.0, 0.1], r2=5)
    assert none.excess.tolist() == [0, 0]


def test_at_the_threshold():
    law = spectra.atoms([4.0, 1.0], [0.5, 0.5])
    risk = ridge(law, shifted=lambda s: 1 + s, gamma=1, lam=0, sigma2=[1.0, 0.0])
    assert risk.excess.tolist() == [np.inf, 0.0]


def test_an_infinite_spectrum():
    law = spectra.power_law(1.5, 1.5)
    still, moved = plain.ridge(law, n=50, delta=[0.0, 1.0]), ridge(law, shifted=lambda s: 3 * s, n=50, delta=[0.0, 1.0])
    np.testing.assert_allclose(moved.excess, 3 * still.excess, rtol=1e-12)  # two compressions


def matrices(p=6, seed=3):
    rng = np.random.default_rng(seed)
    A, B = rng.standard_normal((2, p, 2 * p))
    return A @ A.T / p, B @ B.T / p, rng.standard_normal(p)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("n", [3, 10])
@pytest.mark.parametrize("delta", [0.0, 0.7])
def test_matrices_against_the_derivative_that_defines_them(n, delta):
    """beta_hat's error under S' from the equivalent of delta (I + t S'), differentiated by complex steps' real cousin."""
    S, shifted, beta = matrices()
    still = ridge_matrices(S, S, beta, n=n, delta=delta, sigma2=0.3)
    values, V = np.linalg.eigh(S)
    known = plain.ridge(
        spectra.multiplicities(values, np.ones(6), (V.T @ beta) ** 2), n=n, delta=delta, r2=beta @ beta, sigma2=0.3
    )
    for name in ("bias", "variance", "excess", "test", "train", "norm2"):
        assert getattr(still, name) == pytest.approx(getattr(known, name), rel=1e-11, abs=1e-14), name  # eigh
    risk = ridge_matrices(S, shifted, beta, n=n, delta=delta, sigma2=0.3)
    if delta:  # whiten by (I + t S')^(-1/2): an ordinary problem, whose delta/kappa-form of beta' R beta is differentiated in t

        def form(t):
            root = np.linalg.cholesky(np.eye(6) + t * shifted)
            inner = np.linalg.solve(root, np.linalg.solve(root, S).T)
            s, U = np.linalg.eigh(inner)
            kappa = plain.ridge(spectra.multiplicities(s, np.ones(6)), n=n, delta=delta).kappa
            b = U.T @ np.linalg.solve(root, beta)
            return kappa * np.sum(b**2 / (s + kappa))

        h = 1e-3
        slope = (8 * (form(h) - form(-h)) - (form(2 * h) - form(-2 * h))) / (12 * h)
        assert risk.bias == pytest.approx(-slope, rel=1e-7)  # fourth order in 1e-3 |S'|, rounding eps/h


@pytest.mark.false_alarm(0)
def test_commuting_matrices_are_the_diagonal_form():
    S, _, beta = matrices()
    values, V = np.linalg.eigh(S)
    shifted = V @ np.diag(values**2 + 1) @ V.T
    law = spectra.multiplicities(values, np.ones(6), (V.T @ beta) ** 2)
    n, delta = np.array([3.0, 10.0])[:, None], np.array([0.0, 0.4])
    one = ridge_matrices(S, shifted, beta, n=n, delta=delta, sigma2=0.3)
    two = ridge(law, shifted=lambda s: s**2 + 1, n=n, delta=delta, r2=beta @ beta, sigma2=0.3)
    for name, value in two.to_dict().items():
        np.testing.assert_allclose(getattr(one, name), value, rtol=1e-10, err_msg=name)  # eigh, squared values
    null = ridge_matrices(S, shifted, np.zeros(6), n=10, delta=0.4, sigma2=0.3)
    assert null.bias == 0
    assert null.variance == pytest.approx(one.variance[1, 1], rel=1e-12)


@pytest.mark.false_alarm(1e-7)
@pytest.mark.parametrize("delta", [0.0, 60.0])
def test_simulation_of_a_shift_that_does_not_commute(delta):
    # the mean of 400 draws has s.e. 0.75 % (0.1 % at delta = 0) and a finite-size bias of at most 1.5 %: 8 % is more than
    # eight standard errors away, a false alarm below 1e-7 for any seed
    rng = np.random.default_rng(11)
    n, p = 150, 75
    A, B = rng.standard_normal((2, p, 2 * p))
    S, shifted, beta = A @ A.T / p, B @ B.T / p, rng.standard_normal(p)
    root = np.linalg.cholesky(S)
    total = 0.0
    for _ in range(400):
        X = rng.standard_normal((n, p)) @ root.T
        inverse = np.linalg.inv(X.T @ X + delta * np.eye(p))
        lost = delta * inverse @ beta
        total += lost @ shifted @ lost + 2.0 * np.trace(shifted @ inverse @ X.T @ X @ inverse)
    assert total / 400 == pytest.approx(ridge_matrices(S, shifted, beta, n=n, delta=delta, sigma2=2.0).excess, rel=0.08)


def test_bad_shifts_are_refused():
    law = spectra.atoms([4.0, 1.0], [0.5, 0.5], "top:0.5")
    for shifted, message in [([1.0], "each of the 2"), ([1.0, 2.0], "pass a function"), (lambda s: -s, "nonnegative")]:
        with pytest.raises(ValueError, match=message):
            ridge(law, shifted=shifted, gamma=2, lam=1)
    eye = np.eye(2)
    for S, shifted, beta, message in [
        (eye, np.eye(3), [1, 1], "must fit"),
        (eye, eye, [1, 1, 1], "must fit"),
        ([[1, 2], [0, 1]], eye, [1, 1], "symmetric"),
        (-eye, eye, [1, 1], "no negative eigenvalue"),
        (eye, [1, 2], [1, 1], "square"),
    ]:
        with pytest.raises(ValueError, match=message):
            ridge_matrices(S, shifted, beta, n=3)
