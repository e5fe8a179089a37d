"""Proportions, agreement, calibration, decision curves, reclassification, smooth lines."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats as scipy_stats
from scipy.special import expit, logit

from biomarker.errors import ConfigError, DataError
from biomarker.stats import diagnostics as dx
from biomarker.stats import kaplan_meier


def made(seed, n=120):
    rng = np.random.default_rng(seed)
    p = expit(1.2 * rng.standard_normal(n) - 0.3)
    return p, (rng.random(n) < p).astype(float), rng


# --- proportions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "other"), [("exact", "exact"), ("wilson", "wilson")])
def test_intervals_equal_scipys(method, other):
    for x, n in ((0, 10), (3, 10), (10, 10), (47, 300)):
        found = dx.proportion(x, n, method=method, level=0.9)
        expected = scipy_stats.binomtest(x, n).proportion_ci(0.9, method=other)
        assert_allclose([found.ci_low, found.ci_high], [expected.low, expected.high], atol=1e-9)


@pytest.mark.parametrize("method", ["jeffreys", "mid-p"])
def test_intervals_equal_statsmodels_and_the_definition(method):
    from statsmodels.stats.proportion import proportion_confint

    found = dx.proportion(7, 50, method=method)
    if method == "jeffreys":
        assert_allclose([found.ci_low, found.ci_high], proportion_confint(7, 50, method="jeffreys"))
    law = scipy_stats.binom(50, [found.ci_low, found.ci_high])
    if method == "mid-p":
        assert_allclose((law.sf(7) + 0.5 * law.pmf(7))[0], 0.025)
        assert_allclose((law.cdf(6) + 0.5 * law.pmf(7))[1], 0.025)


def test_the_exact_interval_covers_at_least_as_often_as_it_says():
    n, p = 25, np.linspace(0.01, 0.99, 99)
    found = dx.proportion(np.arange(n + 1), n)
    inside = (found.ci_low[:, None] <= p) & (p <= found.ci_high[:, None])
    cover = (scipy_stats.binom.pmf(np.arange(n + 1)[:, None], n, p[None, :]) * inside).sum(axis=0)
    assert cover.min() >= 0.95 - 1e-9


def test_nothing_counted_has_no_share():
    found = dx.proportion([0, 1], [0, 2])
    assert np.isnan(found.estimate[0])
    assert np.isnan(found.ci_high[0])


@pytest.mark.parametrize(
    ("x", "n", "message"),
    [(3, 2, "successes is 3 of n = 2"), (-1, 2, "successes is -1"), (np.nan, 2, "successes is nan")],
)
def test_impossible_counts_are_refused(x, n, message):
    with pytest.raises(DataError, match=message):
        dx.proportion(x, n)


# --- agreement --------------------------------------------------------------------------------------------------------


def test_agreement_counts_the_four_cells():
    found = dx.agreement(40, 5, 8, 47)
    assert_allclose(
        [found.positive.estimate, found.negative.estimate, found.overall.estimate], [40 / 48, 47 / 52, 0.87]
    )
    expected = scipy_stats.binomtest(40, 48).proportion_ci(0.95, method="exact")
    assert_allclose([found.positive.ci_low, found.positive.ci_high], [expected.low, expected.high])


def test_kappa_and_its_error_equal_statsmodels():
    from statsmodels.stats.inter_rater import cohens_kappa

    other = cohens_kappa(np.array([[40, 5], [8, 47]]))
    found = dx.agreement(40, 5, 8, 47)
    assert_allclose([found.kappa, found.kappa_std_error], [other.kappa, other.std_kappa])
    assert np.isnan(dx.agreement(10, 0, 0, 0).kappa)


def test_accuracy_and_predictive_values_are_bayes():
    found = dx.diagnostic_accuracy(90, 30, 10, 170)
    positive, negative = dx.predictive_values(sensitivity=0.9, specificity=0.85, prevalence=1 / 3)
    assert_allclose([found.positive_predictive_value.estimate, found.negative_predictive_value.estimate],
                    [positive, negative])  # fmt: skip
    assert_allclose(found.likelihood_ratio_positive[0], 0.9 / 0.15)
    assert_array_equal(dx.diagnostic_accuracy(5, 0, 5, 9).likelihood_ratio_positive, [np.inf, np.nan, np.nan])


def test_a_table_of_results():
    assert dx.two_by_two([1, 0, 1, 0, 1], [1, 1, 0, 0, 1]) == (2, 1, 1, 1)
    with pytest.raises(DataError, match="reference holds 2 subjects, expected 1"):
        dx.two_by_two([1], [1, 0])


# --- calibration ------------------------------------------------------------------------------------------------------


def test_predictions_that_are_right_are_calibrated_and_distorted_ones_are_told_how():
    p, y, _ = made(1, n=60_000)
    right = dx.calibration(p, y)
    assert abs(right.slope - 1) < 4 * right.slope_std_error
    assert abs(right.in_the_large) < 4 * right.in_the_large_std_error
    assert abs(right.spiegelhalter_z) < 4
    assert right.observed_over_expected_low < 1 < right.observed_over_expected_high
    extreme = dx.calibration(expit(2 * logit(p)), y)
    assert_allclose(extreme.slope, right.slope / 2)
    assert extreme.brier > right.brier


def test_brier_and_the_area_are_their_definitions():
    p, y, _ = made(2)
    found = dx.calibration(p, y)
    assert_allclose(found.brier, np.mean((p - y) ** 2))
    assert_allclose(found.auc, dx.auc(p, y).estimate)
    assert_allclose(found.observed_over_expected, y.sum() / p.sum())
    assert_allclose(expit(logit(p) + found.in_the_large).sum(), y.sum())


def test_the_smooth_line_equals_statsmodels_lowess():
    from statsmodels.nonparametric.smoothers_lowess import lowess

    p, y, _ = made(3)
    x = np.round(p, 2)  # with ties
    for delta in (0.0, 0.01 * np.ptp(x)):
        at, line = dx.lowess(x, y, delta=delta)
        expected = lowess(y, x, frac=2 / 3, it=0, delta=delta)
        assert_allclose(np.column_stack([at, line]), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        ([0.2, 1.0], [0, 1], r"probability\[1\] is 1, expected .*above 0 and below 1"),
        ([0.2, 0.3], [0, 0], "outcome is 0 for all subjects"),
        ([0.2, 0.3], [0, 1, 1], "outcome holds 3 subjects, expected 2"),
    ],
)
def test_predictions_without_meaning_are_refused(p, y, message):
    with pytest.raises(DataError, match=message):
        dx.calibration(p, y)


# --- decision curves --------------------------------------------------------------------------------------------------


def test_the_curve_is_made_of_counts_and_acting_on_all_is_the_curve_of_ones():
    p, y, _ = made(4)
    t = np.array([0.1, 0.3, 0.6])
    found = dx.decision_curve(p, y, thresholds=t)
    for k, cut in enumerate(t):
        tp, fp = ((p >= cut) & (y == 1)).sum(), ((p >= cut) & (y == 0)).sum()
        assert_allclose(found.net_benefit[k], dx.net_benefit(tp, fp, n=p.size, threshold=cut))
    assert_allclose(dx.decision_curve(np.ones(p.size), y, thresholds=t).net_benefit, found.treat_all)
    assert_allclose(dx.decision_curve(p, y, thresholds=[0.0]).net_benefit, y.mean())


def test_its_standard_error_is_the_spread_over_samples():
    rng, got, errors = np.random.default_rng(5), [], []
    for _ in range(400):
        p = rng.beta(2, 3, 150)
        found = dx.decision_curve(p, rng.random(150) < p, thresholds=[0.4])
        got.append(found.net_benefit[0])
        errors.append(found.std_error[0])
    assert_allclose(np.mean(errors), np.std(got), rtol=0.1)


def test_cases_and_controls_are_weighted_to_the_prevalence():
    p, y, _ = made(6)
    found = dx.decision_curve(p, y, thresholds=[0.3], prevalence=0.1)
    sens, spec = np.mean(p[y == 1] >= 0.3), np.mean(p[y == 0] < 0.3)
    expected = dx.net_benefit_at_prevalence(sens, spec, prevalence=0.1, threshold=0.3)
    assert_allclose(found.net_benefit, expected)
    same = dx.decision_curve(p, y, thresholds=[0.3], prevalence=y.mean())
    assert_allclose(same.net_benefit, dx.decision_curve(p, y, thresholds=[0.3]).net_benefit)


def test_without_censoring_the_survival_curve_is_the_binary_one():
    p, _, rng = made(7)
    time = rng.exponential(1 / p)
    found = dx.decision_curve_survival(p, time, np.ones(p.size), horizon=1.0, thresholds=[0.2, 0.5])
    plain = dx.decision_curve(p, time <= 1.0, thresholds=[0.2, 0.5])
    assert_allclose(found.net_benefit, plain.net_benefit)
    assert_allclose(found.treat_all, plain.treat_all)


def test_with_censoring_risks_come_from_the_curve_of_those_called_positive():
    p, _, rng = made(8)
    time, event = rng.exponential(1 / p), (rng.random(p.size) < 0.7).astype(float)
    found = dx.decision_curve_survival(p, time, event, horizon=1.0, thresholds=[0.5])
    called = p >= 0.5
    risk = 1 - kaplan_meier(time[called], event[called], grid=np.array([1.0])).survival[0]
    assert_allclose(found.net_benefit, dx.net_benefit_of_risk(called.mean(), risk, threshold=0.5))


def test_a_threshold_of_one_is_refused():
    with pytest.raises(ConfigError, match=r"thresholds\[0\] is 1, expected .*below 1"):
        dx.decision_curve([0.2, 0.3], [0, 1], thresholds=[1.0])
    with pytest.raises(DataError, match="sum to more than n"):
        dx.net_benefit(5, 6, n=10, threshold=0.1)


# --- reclassification -------------------------------------------------------------------------------------------------


def test_reclassification_counts_moves_across_bounds():
    old, new = np.array([0.1, 0.3, 0.5, 0.2, 0.6, 0.1]), np.array([0.3, 0.1, 0.55, 0.1, 0.3, 0.15])
    y = np.array([1, 1, 1, 0, 0, 0.0])
    found = dx.reclassification(old, new, y, cuts=[0.2, 0.4])
    assert_allclose([found.nri_events, found.nri_non_events], [0, 2 / 3])
    assert_allclose(found.idi, np.mean((new - old)[:3]) - np.mean((new - old)[3:]))


def test_swapping_the_predictions_turns_the_sign():
    p, y, rng = made(9)
    q = np.clip(p + rng.normal(0, 0.1, p.size), 0, 1)
    one, two = dx.reclassification(p, q, y), dx.reclassification(q, p, y)
    assert_allclose([one.nri, one.idi], [-two.nri, -two.idi])
    assert_allclose(one.nri_std_error, two.nri_std_error)


def test_bounds_out_of_order_are_refused():
    with pytest.raises(ConfigError, match="cuts is not ascending"):
        dx.reclassification([0.1, 0.2], [0.1, 0.3], [0, 1], cuts=[0.4, 0.2])
