"""The compiled loops give what the definition gives, one number at a time."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.arrays import row_products, take_columns, take_rows
from biomarker.arrays.kernels import column_sums
from biomarker.stats.risk_sets import risk_sets


def test_sums_of_a_column_are_its_sums():
    generator = np.random.default_rng(3)
    columns, weights = generator.standard_normal((5, 37)), generator.random(37)
    columns[1] = columns[1] > 0
    columns[2, :16], columns[3] = 1.5, 4.0
    sums, various = np.empty((3, 5)), np.empty(5, dtype=bool)
    for given in (weights, np.zeros(0)):
        column_sums(columns, given, 16, sums, various)
        weighted = [sum(float(w) * float(x) ** 2 for w, x in zip(weights, c, strict=True)) for c in columns]
        expected = [columns.sum(axis=1), (columns**2).sum(axis=1), weighted if given.size else (columns**2).sum(axis=1)]
        assert_allclose(sums, expected, rtol=1e-13, atol=1e-13)
    assert_array_equal(various, [True, False, False, False, True])


@pytest.mark.parametrize("strata", [False, True])
@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 11])
@pytest.mark.parametrize("tied", [False, True])
def test_means_in_risk_sets_are_those_of_the_definition(width, strata, tied):
    generator, n = np.random.default_rng(width), 60
    time, event = generator.exponential(size=n), (generator.random(n) < 0.6).astype(float)
    time[:3] = np.nan
    if tied:
        time = np.ceil(4.0 * time)
    label = generator.integers(0, 3, n) if strata else np.zeros(n)
    x, risk = generator.standard_normal((n, width)), np.exp(generator.standard_normal(n))
    sets = risk_sets(time, event, strata=label)
    expected = np.zeros(width)
    for s in np.unique(label):
        for t in np.unique(time[(event == 1) & (label == s) & ~np.isnan(time)]):
            at_risk = (time >= t) & (label == s)
            dead = (time == t) & (label == s) & (event == 1)
            for step in range(dead.sum()):
                weight = risk * at_risk * (1.0 - dead * step / dead.sum())
                expected += (weight @ x / weight.sum()) ** 2
    used = np.sort(sets.order)
    place = np.searchsorted(used, sets.order)
    sums = sets.sums(risk[sets.order][:, None])[:, 0]
    for values in (x[used], np.asfortranarray(x[used])):  # array operations, and the loop
        assert_allclose(sets.squared_means(values, place, risk[sets.order], sums), expected, rtol=1e-12)


@pytest.mark.parametrize("order", ["C", "F"])
def test_products_and_choices_keep_the_layout_and_give_numpys_numbers(order):
    generator = np.random.default_rng(0)
    values = np.asarray(generator.standard_normal((700, 900)), order=order)
    for n_rows in (0, 1, 6, 9):
        rows = np.asfortranarray(generator.standard_normal((n_rows, 700)))
        assert_allclose(row_products(rows, values), rows @ values, rtol=1e-12, atol=1e-12)
    some = np.array([5, 3, 3, 600])
    assert_array_equal(take_rows(values, some), values[some])
    assert_array_equal(take_columns(values, some), values[:, some])
    assert take_rows(values, some).flags.f_contiguous == (order == "F")
