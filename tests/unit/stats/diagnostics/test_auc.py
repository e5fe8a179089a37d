"""Areas under the ROC curve, Mann-Whitney, ROC curves, concordance."""

from itertools import combinations

import array_api_strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats as scipy_stats

from biomarker.errors import ConfigError, DataError
from biomarker.stats import diagnostics as dx
from biomarker.stats.auc import placements
from biomarker.stats.concordance import concordance, known_order
from biomarker.stats.ranks import midranks


def made(seed, n=40, ties=True, k=None):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3 == 0
    x = rng.standard_normal((n, k) if k else n) + (0.8 * y[:, None] if k else 0.8 * y)
    return (np.round(x, 1) if ties else x), y.astype(float)


def brute_auc(x, y):
    pairs = [(a > b) + 0.5 * (a == b) for a in x[y == 1] for b in x[y == 0]]
    return float(np.mean(pairs))


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30))
def test_midranks_are_scipys(values):
    assert_array_equal(midranks(np.array(values, float)), scipy_stats.rankdata(values))


@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_the_share_of_pairs_and_mann_whitneys_u(seed):
    x, y = made(seed)
    found = dx.auc(x, y)
    assert_allclose(found.estimate, brute_auc(x, y))
    other = scipy_stats.mannwhitneyu(x[y == 1], x[y == 0], method="asymptotic")
    mine = dx.mann_whitney(x, y, exact=False)
    assert_allclose(found.estimate * found.n_positive * found.n_negative, mine.u)
    assert_allclose([mine.u, mine.p_value], [other.statistic, other.pvalue], rtol=1e-10)


def test_delong_variance_is_that_of_pairs_of_indicators():
    """Slow oracle: the structural components written out."""
    x, y = made(7)
    case, control = x[y == 1], x[y == 0]
    v = [np.mean((a > control) + 0.5 * (a == control)) for a in case]
    w = [np.mean((case > b) + 0.5 * (case == b)) for b in control]
    expected = np.var(v, ddof=1) / len(v) + np.var(w, ddof=1) / len(w)
    assert_allclose(dx.auc(x, y).std_error ** 2, expected)


def test_many_scores_at_once_are_one_at_a_time_and_a_missing_value_leaves_out_one_subject():
    x, y = made(3, k=6)
    x[4, 2] = x[9, 2] = x[0, 5] = np.nan
    found = dx.auc(x, y)
    for j in range(6):
        kept = ~np.isnan(x[:, j])
        one = dx.auc(x[kept, j], y[kept])
        assert_allclose([found.estimate[j], found.std_error[j]], [one.estimate, one.std_error])
        assert found.n_positive[j] + found.n_negative[j] == kept.sum()


def test_backwards_is_one_minus_and_a_monotone_change_is_nothing():
    x, y = made(2)
    a = dx.auc(x, y)
    assert_allclose(dx.auc(-x, y).estimate, 1 - a.estimate)
    assert_allclose(dx.auc(x, 1 - y).estimate, 1 - a.estimate)
    assert_allclose(dx.auc(np.exp(3 * x), y).std_error, a.std_error)


def test_intervals_cover_at_their_rate():
    """Known truth: two normal laws one apart have an area of Phi(1 / sqrt 2)."""
    truth, rng = scipy_stats.norm.cdf(1 / np.sqrt(2)), np.random.default_rng(1)
    y = np.repeat([0.0, 1], 40)
    x = rng.standard_normal((80, 3000)) + y[:, None]
    for interval in ("delong", "logit", "newcombe"):
        found = dx.auc(x, y, interval=interval)
        rate = np.mean((found.ci_low <= truth) & (truth <= found.ci_high))
        assert 0.925 < rate < 0.97, (interval, rate)


@pytest.mark.parametrize("interval", ["delong", "logit", "newcombe"])
def test_groups_told_apart_perfectly_do_not_get_an_interval_without_width(interval):
    found = dx.auc([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1], interval=interval)
    assert (found.estimate, found.ci_high) == (1.0, 1.0)
    assert 0.3 < found.ci_low < 0.8


def test_newcombes_interval_holds_the_estimate_and_shrinks_with_subjects():
    widths = []
    for n in (20, 80, 320):
        x, y = made(1, n=n)
        found = dx.auc(x, y, interval="newcombe")
        assert found.ci_low < found.estimate < found.ci_high
        widths.append(found.ci_high - found.ci_low)
    assert widths[0] > 1.6 * widths[1] > 2.4 * widths[2]


def test_the_exact_law_of_the_rank_sum_counts_every_allocation():
    x = np.array([1, 1, 2, 3, 3, 3, 5, 8.0])
    y = np.array([0, 1, 0, 0, 1, 0, 1, 1.0])
    ranks = scipy_stats.rankdata(x)
    seen = ranks[y == 1].sum()
    sums = np.array([ranks[list(c)].sum() for c in combinations(range(8), 4)])
    expected = min(1, 2 * min(np.mean(sums <= seen), np.mean(sums >= seen)))
    found = dx.mann_whitney(x, y)
    assert_allclose(found.p_value, expected)
    assert "exact" in found.convention
    x, y = np.arange(12.0), np.array([0, 1] * 6, float)
    exact = scipy_stats.mannwhitneyu(x[y == 1], x[y == 0], method="exact")
    assert_allclose(dx.mann_whitney(x, y).p_value, exact.pvalue)


def test_the_test_of_two_scores_holds_its_level_when_they_are_equally_good():
    rng, p = np.random.default_rng(4), []
    y = np.repeat([0.0, 1], 50)
    for _ in range(800):
        x = rng.standard_normal((100, 2)) + 0.7 * y[:, None]
        p.append(dx.auc_difference(x[:, 0], x[:, 1], y).p_value)
    assert abs(np.mean(np.array(p) < 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 800)


def test_a_score_does_not_differ_from_itself():
    x, y = made(1)
    found = dx.auc_difference(x, x, y)
    assert (found.difference, found.std_error) == (0, 0)
    assert np.isnan(found.p_value)


def test_placements_average_to_the_area():
    x, y = made(5)
    positive, negative = placements(x, y)
    assert_allclose([positive.mean(), negative.mean()], brute_auc(x, y))


# --- the curve --------------------------------------------------------------------------------------------------------


def test_every_point_of_the_curve_is_a_count():
    x, y = made(6)
    curve = dx.roc_curve(x, y)
    for cut, sens, spec in zip(curve.threshold, curve.sensitivity, curve.specificity, strict=True):
        assert_allclose([sens, spec], [np.mean(x[y == 1] > cut), np.mean(x[y == 0] <= cut)])
    assert np.all(np.diff(curve.sensitivity) <= 0)
    assert np.all((curve.sensitivity_low <= curve.sensitivity) & (curve.sensitivity <= curve.sensitivity_high))


@pytest.mark.parametrize("over", ["specificity", "sensitivity"])
def test_parts_of_the_area_sum_to_the_area(over):
    x, y = made(8)
    curve = dx.roc_curve(x, y)
    parts = sum(dx.partial_auc(curve, low=a, high=a + 0.25, over=over) for a in (0, 0.25, 0.5, 0.75))
    assert_allclose(parts, brute_auc(x, y))
    assert_allclose(dx.partial_auc(curve, low=0, standardised=True), brute_auc(x, y))


def test_points_by_youden_and_by_a_wanted_specificity():
    x, y = made(9)
    curve = dx.roc_curve(x, y)
    assert_allclose(curve.youden.sensitivity + curve.youden.specificity, (curve.sensitivity + curve.specificity).max())
    point = curve.at_specificity(0.8)
    assert point.specificity >= 0.8
    assert np.mean(x[y == 0] <= np.nextafter(point.threshold, -9) - 0.1) < 0.8
    assert curve.at_sensitivity(0.9).sensitivity >= 0.9


# --- concordance ------------------------------------------------------------------------------------------------------


def test_concordance_of_a_binary_outcome_is_the_area_and_its_jackknife_error_is_close_to_delongs():
    x, y = made(11, n=200)
    found = dx.concordance_interval(x, known_order(y))
    assert_allclose(found.estimate, dx.auc(x, y).estimate)
    assert_allclose(found.estimate, concordance(x, known_order(y)).value)
    assert_allclose(found.std_error, dx.auc(x, y).std_error, rtol=0.02)


def test_concordance_of_times_equals_lifelines():
    from lifelines.utils import concordance_index

    rng = np.random.default_rng(2)
    t, d, x = np.ceil(rng.exponential(9, 70)), rng.random(70) < 0.6, np.round(rng.standard_normal(70), 1)
    assert_allclose(dx.concordance_interval(x, known_order(t, d)).estimate, concordance_index(t, x, d))


# --- arrays and bad input ---------------------------------------------------------------------------------------------


def test_read_only_and_other_backends_arrays_give_the_same_numbers():
    x, y = made(1)
    expected = dx.auc(x, y)
    frozen = x.copy()
    frozen.flags.writeable = False
    for given_x, given_y in (
        (frozen, y),
        (array_api_strict.asarray(x), array_api_strict.asarray(y)),
        (list(x), list(y)),
    ):
        found = dx.auc(given_x, given_y)
        assert (found.estimate, found.std_error) == (expected.estimate, expected.std_error)
        assert dx.roc_curve(given_x, given_y).youden == dx.roc_curve(x, y).youden


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: dx.auc([1, 2, 3], [0, 1, 2]), DataError, "outcome holds 2, expected 0 and 1 only"),
        (lambda: dx.auc([1, 2, 3], [1, 1, 1]), DataError, "outcome is 1 for all subjects"),
        (lambda: dx.auc([1, 2], [0, 1, 1]), DataError, "score has shape"),
        (lambda: dx.auc([1, 2], [0, 1], level=1.0), ConfigError, "level is 1, expected .*below 1"),
        (lambda: dx.auc([1, 2], [0, 1], interval="bootstrap"), ConfigError, "interval is 'bootstrap', expected one of"),
        (lambda: dx.roc_curve([1, np.nan], [0, 1]), DataError, r"score\[1\] is nan"),
        (lambda: dx.auc_difference([1, np.nan], [1, 2], [0, 1]), DataError, "missing values"),
        (lambda: dx.partial_auc(dx.roc_curve([1, 2], [0, 1]), low=0.9, high=0.5), ConfigError, "high is 0.5"),
        (lambda: dx.concordance_interval([1, 2], np.zeros((2, 2), bool)), DataError, "order of no pair"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_group_of_one_subject_has_a_wide_interval_and_no_standard_error():
    found = dx.auc([1, 2, 3, 4, 2.5], [0, 0, 0, 0, 1])
    assert found.estimate == 0.5
    assert np.isnan(found.std_error)
    assert found.ci_low < 0.15
    assert found.ci_high > 0.85
