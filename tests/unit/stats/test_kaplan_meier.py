"""Kaplan-Meier curves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.stats import kaplan_meier


def test_the_published_leukaemia_curve():
    # Freireich's 6-mercaptopurine arm, the standard textbook example (Cox and Oakes 1984, table 1.1)
    time = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35.0])
    event = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0])
    curve = kaplan_meier(time, event)
    assert_array_equal(curve.time, [0, 6, 7, 10, 13, 16, 22, 23])
    assert_allclose(curve.survival[1:], [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], atol=5e-5)
    assert_array_equal(curve.n_at_risk, [21, 21, 17, 15, 12, 11, 7, 6])


def test_without_censoring_it_is_the_share_still_alive():
    time = np.random.default_rng(0).integers(1, 9, 50).astype(float)
    curve = kaplan_meier(time, np.ones(50), grid=np.arange(0.0, 8.0))
    assert_allclose(curve.survival, [(time > t).mean() for t in range(8)], rtol=1e-12)


def test_equals_lifelines_with_log_log_limits():
    from lifelines import KaplanMeierFitter

    rng = np.random.default_rng(1)
    time, event = np.ceil(rng.exponential(9, 70)), rng.random(70) < 0.6
    other = KaplanMeierFitter().fit(time, event)
    curve = kaplan_meier(time, event)
    at = curve.time[curve.time > 0]
    limits = other.confidence_interval_.loc[at].to_numpy()
    assert_allclose(curve.survival[1:], other.survival_function_at_times(at), rtol=1e-10)
    inner = curve.survival[1:] > 0
    assert_allclose(np.column_stack([curve.ci_low, curve.ci_high])[1:][inner], limits[inner], rtol=1e-8)


def test_numbers_on_a_grid_add_up_to_all_subjects():
    rng = np.random.default_rng(2)
    time, event = np.ceil(rng.exponential(9, 70)), (rng.random(70) < 0.6).astype(int)
    grid = np.array([0.0, 5.0, 10.0, 20.0])
    curve = kaplan_meier(time, event, grid=grid)
    assert_array_equal(curve.n_at_risk, [(time >= t).sum() for t in grid])
    assert_array_equal(np.cumsum(curve.n_events), [(event[time <= t]).sum() for t in grid])
    assert_array_equal(np.cumsum(curve.n_events + curve.n_censored), [(time <= t).sum() for t in grid])


def test_beyond_the_last_subject_the_curve_is_unknown_unless_it_has_reached_zero():
    grid = np.array([1.0, 9.0])
    assert_allclose(kaplan_meier(np.array([1.0, 2.0]), np.array([1, 0]), grid=grid).survival, [0.5, np.nan])
    assert_allclose(kaplan_meier(np.array([1.0, 2.0]), np.array([1, 1]), grid=grid).survival, [0.5, 0.0])


def test_limits_lie_within_0_to_1_and_around_the_estimate():
    curve = kaplan_meier(np.arange(1.0, 9.0), np.array([1, 1, 0, 1, 1, 0, 1, 1]), level=0.99)
    assert np.all((curve.ci_low >= 0) & (curve.ci_low <= curve.survival))
    assert np.all((curve.ci_high <= 1) & (curve.ci_high >= curve.survival))


@pytest.mark.parametrize(
    ("time", "event"),
    [([], []), ([1.0], [1, 0]), ([-1.0], [1]), ([np.nan], [1]), ([np.inf], [1]), ([1.0], [2])],
)
def test_times_and_events_that_make_no_sense_are_refused(time, event):
    with pytest.raises(ValueError, match=r"time|event"):
        kaplan_meier(np.array(time, dtype=float), np.array(event))
    with pytest.raises(ValueError, match="ascending"):
        kaplan_meier(np.array([1.0]), np.array([1]), grid=np.array([2.0, 1.0]))
