"""Corrections for many hypotheses: other implementations, definitions, and what every one of them must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import false_discovery_control

from biomarker.stats import benjamini_hochberg, benjamini_yekutieli, grouped_q_values, holm, null_share, storey

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


@given(P_VALUES)
def test_under_any_dependence_equals_scipy(p):
    assert_allclose(benjamini_yekutieli(p), false_discovery_control(p, method="by"), rtol=1e-12, atol=1e-300)


@given(P_VALUES)
def test_holm_rejects_as_the_step_down_rule_does(p):
    for level in (0.01, 0.05, 0.2):
        rejected = []
        for i, own in enumerate(np.sort(p)):
            if own * (p.size - i) > level:
                break
            rejected.append(own)
        by_rule = rejected[-1] if rejected else -1.0
        assert_array_equal(holm(p) <= level, p <= by_rule)


@given(P_VALUES)
def test_storey_is_benjamini_and_hochberg_for_the_estimated_nulls(p):
    share = min(1.0, (1 + sum(x > 0.5 for x in p)) / (len(p) * 0.5))
    assert null_share(p) == pytest.approx(share)
    slow = [min(1.0, *(share * len(p) * x / (p <= x).sum() for x in p[p >= own]), 1.0) for own in p]
    assert_allclose(storey(p), slow, rtol=1e-12)


def test_the_share_of_nulls_is_found():
    rng = np.random.default_rng(3)
    p = np.concatenate([rng.random(8000), rng.beta(0.1, 20, 2000)])
    assert null_share(p) == pytest.approx(0.8, abs=0.03)


@given(st.lists(P_VALUES, min_size=1, max_size=6))
def test_grouped_q_values_are_the_smallest_level_of_the_two_step_rule(families):
    """Select families by Benjamini and Hochberg, then reject within them at the level times the share selected."""
    within = [benjamini_hochberg(p) for p in families]
    simes = np.array([q.min() for q in within])
    found = grouped_q_values(within)

    def called(level):
        selected = benjamini_hochberg(simes) <= level
        return [
            q <= level * selected.sum() / len(families) if s else q < -1 for q, s in zip(within, selected, strict=True)
        ]

    for level in (0.01, 0.05, 0.3):
        for wide, q_group, q in zip(called(level * (1 + 1e-9)), found, within, strict=True):
            assert np.all(wide[q_group <= level])
            assert np.all(q_group >= q * (1 - 1e-12))
        for narrow, q_group in zip(called(level * (1 - 1e-9)), found, strict=True):
            assert np.all(q_group[narrow] <= level)


def test_a_family_of_untested_hypotheses_is_not_counted():
    found = grouped_q_values([np.array([0.01, np.nan]), np.array([np.nan])])
    assert_allclose(found[0], [0.01, np.nan])
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize("correct", [benjamini_hochberg, benjamini_yekutieli, storey, holm])
def test_untested_hypotheses_stay_untested_and_are_not_counted(correct):
    with_gaps = np.array([[0.01, np.nan], [0.02, 0.5]])
    alone = correct(np.array([0.01, 0.02, 0.5]))
    assert_allclose(correct(with_gaps), [[alone[0], np.nan], [alone[1], alone[2]]])
    assert np.isnan(correct(np.array([np.nan]))).all()
    assert correct(np.array([])).shape == (0,)


@pytest.mark.parametrize("correct", [benjamini_hochberg, benjamini_yekutieli, storey, holm])
@pytest.mark.parametrize("bad", [-0.1, 1.1])
def test_a_p_value_outside_0_to_1_is_refused(correct, bad):
    with pytest.raises(ValueError, match="outside"):
        correct(np.array([0.5, bad]))
