"""The assay's share of the variance, against scatter that was added, and what it does to a score."""

import numpy as np
import pytest

from biomarker.discovery.assay import assay_variance_shares


@pytest.mark.parametrize("scale", ["log2", "native"])
def test_share_is_that_of_scatter_that_was_added(scale):
    draw, cv, n = np.random.default_rng(5), 0.2, 200_000
    truth = 50 * np.exp(0.3 * draw.standard_normal(n))
    again = [truth * draw.gamma(1 / cv**2, cv**2, n) for _ in range(2)]
    if scale == "log2":
        again = [np.log2(x) for x in again]
    expected = np.var(again[0] - again[1]) / 2 / np.var(again[0])
    values = again[0].copy()
    values[:100] = np.nan
    (row,) = assay_variance_shares({"m:a": values}, {"m": scale}, {"m": cv}).iter_rows()
    assert row == ("m:a", pytest.approx(expected, rel=0.06))


def test_nothing_is_said_where_the_variation_is_not_known_or_nothing_varies_and_the_share_is_at_most_1():
    values = {
        "m:flat": np.ones(9),
        "m:yes_no": np.array([0.0, 1.0, 1.0]),
        "m:a": np.array([1.0, 1.01, 1.02]),
        "other:a": np.arange(9.0),
    }
    found = assay_variance_shares(values, {"m": "native", "other": "native"}, {"m": 0.5})
    assert found.rows() == [("m:a", 1.0)]
