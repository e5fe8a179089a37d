"""The best cut-off, its interval and its p-value."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker.errors import DataError, InsufficientDataError
from biomarker.rng import stream
from biomarker.stats.cutoff_interval import best_cutoff, cutoff_interval, cutoff_p_value
from biomarker.stats.maximally_selected import maximally_selected


@pytest.mark.parametrize("seed", range(5))
def test_the_cut_off_is_that_of_the_maximally_selected_statistic(seed):
    rng = np.random.default_rng(seed)
    x, a = rng.integers(0, 25, 60).astype(float), rng.standard_normal(60)
    found, oracle = best_cutoff(x, a), maximally_selected(x, a, method="lausen94")
    assert found.value == oracle.cutoff
    assert_allclose(abs(found.statistic), oracle.statistic)
    assert found.share_above == (x > found.value).mean()
    assert np.sign(found.statistic) == np.sign(a[x > found.value].mean() - a[x <= found.value].mean())


def test_its_p_value_is_that_of_all_permutations():
    rng = np.random.default_rng(3)
    x, a = rng.random(50), rng.standard_normal(50)
    ours = cutoff_p_value(x, a, rng=stream(1), n_permutations=4000)
    oracle = maximally_selected(x, a, rng=stream(2), n_permutations=4000)
    assert abs(ours - oracle.p_value) < 4 * np.sqrt(2) * oracle.p_std_error


def test_a_rare_yes_or_no_marker_is_cut_between_yes_and_no():
    x = np.zeros(100)
    x[:3] = 1.0
    found = best_cutoff(x, np.arange(100.0))
    assert (found.value, found.share_above) == (0.0, 0.03)
    limits = cutoff_interval(x, np.arange(100.0), rng=stream(1))
    assert (limits.low, limits.high) == (0.0, 0.0)


def test_turning_the_scores_turns_the_side_and_nothing_else():
    rng = np.random.default_rng(4)
    x, a = rng.random(80), rng.standard_normal(80)
    one, other = best_cutoff(x, a), best_cutoff(x, -a)
    assert one.value == other.value
    assert one.statistic == -other.statistic


@pytest.mark.parametrize("change", [lambda x: 3 * x - 7, np.exp, lambda x: x**3])
def test_an_increasing_change_of_the_marker_changes_cut_off_and_interval_alike(change):
    rng = np.random.default_rng(5)
    x = rng.random(80)
    a = (x > 0.4) + 0.5 * rng.standard_normal(80)
    found, changed = best_cutoff(x, a), best_cutoff(change(x), a)
    assert_allclose(changed.value, change(np.array(found.value)))
    limits, turned = (cutoff_interval(v, a, rng=stream(1)) for v in (x, change(x)))
    assert_allclose([turned.low, turned.high], change(np.array([limits.low, limits.high])))
    assert limits.low <= found.value <= limits.high


def test_a_sharp_jump_is_found_and_its_interval_is_narrow():
    rng = np.random.default_rng(6)
    x = rng.random(300)
    a = 4.0 * (x > 0.6) + rng.standard_normal(300)
    limits = cutoff_interval(x, a, rng=stream(1))
    assert 0.57 < limits.low <= best_cutoff(x, a).value <= limits.high < 0.63


def test_what_cannot_be_cut_is_said():
    with pytest.raises(InsufficientDataError, match="one value in all 12"):
        best_cutoff(np.ones(12), np.arange(12.0))
    with pytest.raises(InsufficientDataError, match="at least 20"):
        cutoff_interval(np.arange(12.0), np.arange(12.0), rng=stream(1))
    with pytest.raises(DataError):
        best_cutoff([1.0, np.nan], [0.0, 1.0])


def test_scores_that_do_not_vary_give_no_warning_and_p_one():
    assert best_cutoff(np.arange(30.0), np.ones(30)).statistic == 0
    assert cutoff_p_value(np.arange(30.0), np.ones(30), rng=stream(1), n_permutations=50) == 1.0
