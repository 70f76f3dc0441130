"""Every record predicts on arrays what it predicts on their numbers one by one, in Python and in the command line's tables."""

import numpy as np
import pytest

import theorems
from theorems import Mean, Real, Theorem, each, tables
from theorems.claims import Law

RECORDS = theorems.load()
NUMERIC = [
    (name, key)
    for name, record in RECORDS.items()
    if not isinstance(record.claim, Law)
    for key, domain in record.domain.items()
    if isinstance(domain, Real)
]
ONE_LAW = {("marchenko1967.one_atom", "gamma")}  # a law has one gamma, and says so


def _values(domain, value):
    """Two values in the domain, one of them the case's own."""
    for other in (1.25 * value, 0.75 * value, value + 0.125):
        try:
            return [domain.check("value", value), domain.check("value", other)]
        except ValueError:
            pass
    raise AssertionError(value)


@pytest.mark.parametrize(("name", "key"), NUMERIC)
def test_arrays_are_predicted_as_their_numbers(name, key):
    record = RECORDS[name]
    params = record.parameters(**record.cases[-1]) | ({"n": 40} if "n" in record.arguments else {})
    values = np.array(_values(record.domain[key], params[key]))
    single = [tables.numbers(record.predict(**{**params, key: v}), "value") for v in values.tolist()]
    if (name, key) not in ONE_LAW:
        whole = tables.numbers(record.predict(**{**params, key: values}), "value")
        for field in whole:
            np.testing.assert_allclose(whole[field], [s[field] for s in single], rtol=1e-12)  # round-off
    table = tables.evaluate(record, {**params, key: values}, values.shape)
    for field in table:
        np.testing.assert_allclose(
            table[field], [next(iter(s.values())) if field not in s else s[field] for s in single], rtol=1e-9
        )


def test_a_table_of_powers_is_not_the_sum_over_atoms():
    """Two powers met two atoms, broadcast, and gave one number for both."""
    record = RECORDS["canatar2021.shifted_test_covariance"]
    given = {"spectrum": "atoms:4@0.5,0.25@0.5", "lam": 0.1, "gamma": 2.0}
    table = tables.predict(record, given | {"power": np.array([1.0, 2.0])})
    expected = [float(record.predict(power=p, **given).excess) for p in (1.0, 2.0)]
    assert table.fields["excess"].tolist() == pytest.approx(expected, rel=1e-12)


def test_a_formula_that_broadcasts_wrongly_is_evaluated_point_by_point():
    def theory(*, x):
        return float(np.sum(np.array([1.0, 2.0]) * x))  # three times x for a number, something else for two of them

    record = Theorem(
        title="t", statement="", source="hastie2022surprises", assumptions=(), domain={"x": Real(0, 10)}, cases=({"x": 1.0},),
        claim=Mean(theory=theory, simulation=lambda **k: None),
    )  # fmt: skip
    assert tables.evaluate(record, {"x": np.array([1.0, 2.0])}, (2,))["excess"].tolist() == [3.0, 6.0]


def test_each_broadcasts_over_all_arguments():
    taken = each("x", lambda *, x, y, name: x * y)
    assert taken(x=[[1.0], [2.0]], y=[1.0, 3.0], name="a").tolist() == [[1.0, 3.0], [2.0, 6.0]]
    assert taken(x=2.0, y=3.0, name="a") == 6.0
