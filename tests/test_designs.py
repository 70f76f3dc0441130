"""Designs: spectra as written, multiplicities, moments of the entries, covariance of the rows, signals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import toeplitz

from simulate import designs

SPECTRA = ["isotropic", "ar1:0.7", "ar1:-0.4", "atoms:4@0.5,0.25@0.5", "equicorrelated:0.6", "power:1.5", "latent:1,0.3"]
ENTRIES = ["gaussian", "rademacher", "student:12", "elliptical:12"]
Z = 6.5  # normal tail 8e-11; about 2000 statistics are looked at here: 2e-7 false alarms a run


def z_scores(samples: np.ndarray, mean: float | np.ndarray) -> np.ndarray:
    """Of the column means, at 20 000 rows and more; a constant column must equal its mean to round-off."""
    sd = samples.std(axis=0, ddof=1)
    gap = samples.mean(axis=0) - mean
    return np.where(np.abs(gap) < 1e-12, 0.0, gap / np.maximum(sd / math.sqrt(len(samples)), 1e-300))


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.5, 0.99])
@pytest.mark.parametrize("p", [1, 2, 7, 60])
def test_autoregressive_eigenvalues_are_toeplitz(rho: float, p: int) -> None:
    truth = np.linalg.eigvalsh(toeplitz(rho ** np.arange(p)))[::-1]
    np.testing.assert_allclose(designs.parse(f"ar1:{rho}", p), truth, rtol=1e-11)  # eigvalsh: eps times the condition, 4e4


def test_spectra_by_hand() -> None:
    assert designs.parse("isotropic", 3).tolist() == [1, 1, 1]
    assert designs.parse("atoms:0.5@0.5,2@0.25,0@0.25", 5).tolist() == [2, 0.5, 0.5, 0.5, 0]
    np.testing.assert_allclose(designs.parse("power:2", 2), [0.75**2, 0.25**2], rtol=1e-15)
    np.testing.assert_allclose(designs.parse("latent:2,0.25", 8), [9, 9, 1, 1, 1, 1, 1, 1], rtol=1e-15)
    truth = np.linalg.eigvalsh(np.full((6, 6), 0.3) + 0.7 * np.eye(6))[::-1]
    np.testing.assert_allclose(designs.parse("equicorrelated:0.3", 6), truth, rtol=1e-13)
    assert designs.parse([1.0, 3.0, 2.0], 3).tolist() == [3, 2, 1]


@pytest.mark.parametrize("spectrum", SPECTRA)
def test_spectra_decrease_and_are_read_only(spectrum: str) -> None:
    values = designs.parse(spectrum, 37)
    assert values.shape == (37,)
    assert np.all(np.diff(values) <= 0)
    assert np.all(values > 0)
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 1.0


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=8), st.integers(1, 500))
def test_multiplicities_are_nearest_and_sum(raw: list[float], p: int) -> None:
    weights = np.array(raw) / np.sum(raw)
    counts = designs.multiplicities(weights, p)
    assert counts.sum() == p
    assert np.all(counts >= 0)
    assert np.all(np.abs(counts - p * weights) < 1)


@pytest.mark.false_alarm(27 * 1e-9)
@pytest.mark.parametrize("entries", ENTRIES)
@pytest.mark.parametrize("spectrum", SPECTRA)
def test_rows_have_mean_zero_and_the_covariance(spectrum: str, entries: str) -> None:
    m, p = 20_000, 6
    rows = np.empty((m, p))
    designs.rows(spectrum, entries, p)(rows, np.random.default_rng(5))
    values = designs.parse(spectrum, p)
    assert np.all(np.abs(z_scores(rows, 0.0)) < Z)
    i, j = np.triu_indices(p)
    assert np.all(np.abs(z_scores(rows[:, i] * rows[:, j], np.diag(values)[i, j])) < Z)


@pytest.mark.false_alarm(9 * 1e-7)
def test_laws_of_the_entries() -> None:
    rng = np.random.default_rng(6)
    rows = np.empty((200_000, 2))
    for entries, fourth in {"gaussian": 3.0, "rademacher": 1.0, "student:14": 3 + 6 / 10, "elliptical:14": 3 * 12 / 10}.items():
        designs.rows("isotropic", entries, 2)(rows, rng)
        assert np.all(np.abs(z_scores(rows**4, fourth)) < Z)
    # elliptical entries are uncorrelated but not independent: E x^2 y^2 = E tau^2 = (NU - 2)/(NU - 4)
    assert np.abs(z_scores((rows[:, :1] * rows[:, 1:]) ** 2, 12 / 10)) < Z


@pytest.mark.false_alarm(8 * (7 / 8) ** 2000)
@pytest.mark.parametrize("spectrum", ["ar1:0.7", "equicorrelated:0.6"])
def test_rademacher_rows_are_those_of_the_recursion_or_the_factor(spectrum: str) -> None:
    """Two coordinates: the values they take in the eigenbasis are those of the literal model, turned."""
    rows = np.empty((2000, 2))
    designs.rows(spectrum, "rademacher", 2)(rows, np.random.default_rng(7))
    signs = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], dtype=float)
    if spectrum == "ar1:0.7":
        literal = np.stack([signs[:, 0], 0.7 * signs[:, 0] + math.sqrt(0.51) * signs[:, 1]], axis=1)
    else:
        literal = math.sqrt(0.4) * signs[:, :2] + math.sqrt(0.6) * signs[:, 2:]
    turned = literal @ np.array([[1, 1], [1, -1]]) / math.sqrt(2)
    seen = {tuple(row) for row in np.round(np.abs(rows), 9)}
    assert seen == {tuple(row) for row in np.round(np.abs(turned), 9)}


def test_signals() -> None:
    for signal, where in {
        "isotropic": slice(0, 10),
        "top:0.3": slice(0, 3),
        "bottom:0.21": slice(8, 10),
        "top:0.01": slice(0, 1),
    }.items():
        v = designs.energies(signal, 4.0, 10)
        assert designs.support(signal, 10) == where
        assert not np.delete(v, np.arange(10)[where]).any()
        np.testing.assert_allclose(v[where], 4.0 / len(v[where]), rtol=1e-15)  # one division
        assert not designs.energies(signal, 0.0, 10).any()


@pytest.mark.false_alarm(0)
def test_same_generator_same_rows() -> None:
    for entries in ENTRIES:
        first, second = np.empty((4, 9)), np.empty((4, 9))
        fill = designs.rows("ar1:0.5", entries, 9)
        fill(first, np.random.default_rng(1))
        fill(second, np.random.default_rng(1))
        assert np.array_equal(first, second)


@pytest.mark.parametrize(
    "spectrum",
    [
        *["", "ar1", "ar1:1", "ar1:x", "ar2:0.5", "atoms:1@0.5", "atoms:1", "atoms:-1@1", "power:-1", "latent:1", "latent:1,2"],
        *["equicorrelated:1", "equicorrelated:-0.1", "isotropic:1", [1.0, 2.0], [1.0, -1.0, 1.0], [1.0, math.nan, 1.0]],
    ],
)
def test_bad_spectra_are_refused(spectrum: object) -> None:
    with pytest.raises(ValueError, match=r"spectrum = .* is refused"):
        designs.parse(spectrum, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("entries", ["", "gauss", "student", "student:2", "student:inf", "elliptical:1", "rademacher:3"])
def test_bad_entries_are_refused(entries: str) -> None:
    with pytest.raises(ValueError, match=r"entries = .* is refused"):
        designs.rows("isotropic", entries, 3)


@pytest.mark.parametrize("signal", ["", "top", "top:0", "top:1.5", "middle:0.5", "isotropic:1"])
def test_bad_signals_are_refused(signal: str) -> None:
    with pytest.raises(ValueError, match=r"signal = .* is refused"):
        designs.energies(signal, 1.0, 3)
