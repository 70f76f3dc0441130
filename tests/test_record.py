"""The record as a value: its name, its domain, its errors, and where it is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theorems
from theorems import Choice, Integer, Mean, Real, Theorem
from theorems.claims import at_size

SOURCE = """
import numpy as np
from theorems import GAMMA, SIGMA2, Mean, Theorem

noise = Theorem(
    title="The mean of squared noise", statement="x", source="hastie2022surprises", assumptions=(),
    domain={"gamma": GAMMA, "sigma2": SIGMA2},
    claim=Mean(theory=lambda *, gamma, sigma2: gamma * sigma2,
               simulation=lambda *, n, gamma, sigma2, draws, rng: gamma * sigma2 * rng.chisquare(n, draws) / n),
    cases=({"gamma": 2.0},), rivals={"sigma": lambda *, gamma, sigma2: 2 * gamma * sigma2**0.5})
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "noise2024.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.mark.false_alarm(1e-6)
def test_a_users_file_is_a_record_like_any_other(file):
    found = theorems.load(file)
    assert list(found) == ["noise2024.noise"]
    verdict = theorems.verify(found["noise2024.noise"])
    assert verdict.status == "consistent"
    assert verdict.has_power


def test_predictions_take_scalars_arrays_and_defaults(file):
    noise = theorems.load(file)["noise2024.noise"]
    assert noise.predict(gamma=2) == 2.0
    np.testing.assert_array_equal(noise.predict(gamma=[1, 2], sigma2=3), [3.0, 6.0])
    np.testing.assert_array_equal(noise.predict(gamma=np.array([[1], [2]]), sigma2=[1, 10]), [[1, 10], [2, 20]])


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"gamma": -1}, r"gamma = -1 is refused: it must lie in \(0, inf\)"),
        ({"gamma": [1, 2, -3]}, r"gamma = -3"),
        ({"gamma": float("nan")}, "gamma = nan"),
        ({"gamma": "two"}, "gamma = 'two' is refused: it must be a number"),
        ({}, r"gamma is missing: give gamma=, in \(0, inf\)"),
        ({"gamma": 1, "alpha": 3}, "alpha = 3 is refused.*lam=alpha/n"),
        ({"gamma": 1, "sigma": 3}, r"sigma2=sigma\*\*2"),
        ({"gamma": 1, "sigma22": 3}, "did you mean sigma2=?"),
        ({"gamma": 1, "zeta": 3}, "it takes gamma, sigma2"),
    ],
)
def test_bad_parameters_are_named_with_their_remedy(file, given_, says):
    with pytest.raises(ValueError, match=says):
        theorems.load(file)["noise2024.noise"].predict(**given_)


def test_loading_what_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="no record, paper or"):
        theorems.load("nobody1900")
    with pytest.raises(ValueError, match=r"did you mean hastie2022\.isotropic_ridge\?"):
        theorems.load("hastie2022.isotropic_rige")
    with pytest.raises(ValueError, match="there is no such file"):
        theorems.load(tmp_path / "none.py")
    empty = tmp_path / "empty1.py"
    empty.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"defines no theorems\.Theorem"):
        theorems.load(empty)


def test_a_domain_of_something_else_and_a_case_outside_it_are_refused():
    def record(domain, case):
        claim = Mean(theory=lambda *, x: x, simulation=lambda **_: 1)
        return Theorem(title="x", statement="", source="", assumptions=(), domain=domain, claim=claim, cases=(case,))

    with pytest.raises(ValueError, match=r"domain\['x'\] = \(0, 1\) is refused"):
        record({"x": (0, 1)}, {"x": 0.5})
    with pytest.raises(ValueError, match="x = 2"):
        record({"x": Real(0, 1)}, {"x": 2})


def test_a_record_without_cases_is_refused():
    with pytest.raises(ValueError, match="has no cases"):
        Theorem(
            title="x",
            statement="",
            source="",
            assumptions=(),
            domain={},
            claim=Mean(theory=lambda: 1, simulation=lambda: 1),
            cases=(),
        )


@pytest.mark.parametrize(
    "domain",
    [
        Real(0, np.inf),
        Real(1, np.inf),
        Real(0, 1),
        Real(0, 1, "[]"),
        Real(-2, 3, "["),
        Real(0, 1e6),
        Real(1, 1e4, "[]"),
        Real(-np.inf, 0),
        Real(0, 1e-9),
        Integer(2, 9),
        Choice(("a", "b")),
    ],
)
@given(data=st.data())
def test_strategies_draw_from_the_domain(domain, data):
    value = data.draw(domain.strategy())
    assert domain.check("x", value) == value


def test_points_of_an_interval_are_its_closed_ends_and_numbers_of_all_magnitudes():
    assert Real(0, np.inf, "[").ends == [0]
    assert Real(0, 1, "[]").ends == [0, 1]
    assert Real(0, 1).ends == []
    values = [Real(0, 1e4).at(u) for u in (0, 0.25, 0.5, 1)]
    assert values == pytest.approx([0.01, 10**-0.5, 10, 1e4])
    assert Real(1, np.inf).at(1) == 101


@pytest.mark.parametrize(
    ("domain", "value"),
    [
        (Real(0, 1), 0),
        (Real(0, 1), 1),
        (Real(0, 1, "["), -1e-9),
        (Integer(1, 3), 2.5),
        (Integer(1, 3), 4),
        (Choice(("a",)), "b"),
        (Choice(("a",)), 1),
    ],
)
def test_domains_refuse(domain, value):
    with pytest.raises(ValueError, match="x = "):
        domain.check("x", value)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Real(3, 1), r"low = 3 is refused: the interval \(3, 1\) holds no number; give low below high = 1"),
        (lambda: Real(1, 1), r"low = 1 is refused: the interval \(1, 1\)"),
        (lambda: Real(1, 1, "["), "low = 1 is refused"),
        (lambda: Real(np.nan, 1), "low = nan is refused"),
        (lambda: Real(0, "1"), "high = '1' is refused"),
        (lambda: Real(0, 1, "()"), r"closed = '\(\)' is refused: .* '', '\[', '\]' or '\[\]'"),
        (lambda: Real(0, 1, default=1.0), r"default = 1.0 is refused: it must lie in \(0, 1\)"),
        (lambda: Integer(5, 2), r"low = 5 is refused: no integer lies in \{5, ..., 2\}; give low up to high = 2"),
        (lambda: Integer(1, np.inf), "high = inf is refused"),
        (lambda: Integer(1, 3, default=4), "default = 4 is refused"),
        (lambda: Choice(()), r"options = \(\) is refused: give at least one string"),
        (lambda: Choice("gaussian"), "options = 'gaussian' is refused"),
        (lambda: Choice((1, 2)), r"options = \(1, 2\) is refused"),
        (lambda: Choice(("a",), default="b"), "default = 'b' is refused"),
    ],
)
def test_domains_that_hold_nothing_are_refused_when_they_are_made(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_domains_of_one_point_are_none_of_these():
    assert Real(1, 1, "[]").check("x", 1) == 1
    assert Integer(2, 2).check("x", 2) == 2
    assert Choice(("a",), default="b", open=True).check("x", "c") == "c"


def test_sizes_are_those_that_are_drawn():
    assert at_size({"gamma": 0.3, "psi": 0.35, "lam": 0.1}, 11) == {"gamma": 3 / 11, "psi": 1 / 3, "lam": 0.1}
    assert at_size({"gamma": 0.3, "psi": 1e-9}, 11)["psi"] == 1 / 3
    # d/n as drawn from psi = inputs/gamma: 0.5/0.3 of 3 features
    assert at_size({"gamma": 0.3, "inputs": 0.5}, 11) == {"gamma": 3 / 11, "inputs": 5 / 11}
    assert at_size({"psi": 0.35}, 11) == {"psi": 0.35}
