"""Benjamini-Hochberg q-values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import false_discovery_control

from biomarker.stats import benjamini_hochberg

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=40).map(np.array)


def test_the_example_of_the_original_paper_rejects_four_hypotheses_at_5_percent():
    # Benjamini and Hochberg 1995, section 3.2: fifteen p-values of the thrombolysis study
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p = np.array([*p, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0])
    assert int((benjamini_hochberg(p) <= 0.05).sum()) == 4


@given(P_VALUES)
def test_equals_scipy(p):
    assert_allclose(benjamini_hochberg(p), false_discovery_control(p), rtol=1e-12)


@given(P_VALUES)
def test_rejections_equal_the_step_up_rule(p):
    for level in (0.01, 0.05, 0.2):
        ordered = np.sort(p)
        passing = [i for i in range(p.size) if ordered[i] <= level * (i + 1) / p.size]
        by_rule = ordered[passing[-1]] if passing else -1.0
        rejected = benjamini_hochberg(p) <= level * (1 + 1e-12)
        assert_array_equal(rejected, p <= by_rule * (1 + 1e-12))


@given(P_VALUES)
def test_q_values_keep_the_order_and_never_fall_below_p(p):
    q = benjamini_hochberg(p)
    assert np.all(q >= p * (1 - 1e-12))
    assert np.all(q <= 1)
    assert np.all(np.diff(q[np.argsort(p)]) >= -1e-15)


def test_untested_hypotheses_stay_untested_and_are_not_counted():
    with_gaps = np.array([[0.01, np.nan], [0.02, 0.5]])
    assert_allclose(benjamini_hochberg(with_gaps), [[0.03, np.nan], [0.03, 0.5]])
    assert np.isnan(benjamini_hochberg(np.array([np.nan]))).all()
    assert benjamini_hochberg(np.array([])).shape == (0,)


@pytest.mark.parametrize("bad", [-0.1, 1.1])
def test_a_p_value_outside_0_to_1_is_refused(bad):
    with pytest.raises(ValueError, match="outside"):
        benjamini_hochberg(np.array([0.5, bad]))
