"""Log-rank tests, medians, restricted means, time-dependent area and Brier score."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker.errors import ConfigError, DataError, InsufficientDataError
from biomarker.stats import diagnostics as dx
from biomarker.stats import kaplan_meier


def made(seed, n=90):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    t, c = rng.exponential(10 * np.exp(-0.7 * x)), rng.exponential(15, n)
    return np.ceil(np.minimum(t, c)), (t <= c).astype(float), x, rng.integers(0, 3, n).astype(float)


# --- log-rank ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rho", "gamma"), [(0, 0), (1, 0), (0, 1), (0.5, 2)])
def test_log_rank_equals_lifelines_for_two_and_three_groups(rho, gamma):
    from lifelines.statistics import logrank_test, multivariate_logrank_test

    t, d, _, g = made(1)
    two = g < 2
    weights = {"weightings": "fleming-harrington", "p": rho, "q": gamma} if rho or gamma else {}
    other = logrank_test(t[two & (g == 0)], t[two & (g == 1)], d[two & (g == 0)], d[two & (g == 1)], **weights)
    found = dx.log_rank(t[two], d[two], g[two], rho=rho, gamma=gamma)
    assert_allclose([found.statistic, found.p_value], [other.test_statistic, other.p_value], rtol=1e-9)
    other = multivariate_logrank_test(t, g, d, **weights)
    found = dx.log_rank(t, d, g, rho=rho, gamma=gamma)
    assert_allclose(found.statistic, other.test_statistic, rtol=1e-8)
    assert found.dof == 2


def test_observed_and_expected_have_one_sum_and_strata_add_up():
    t, d, x, g = made(2)
    found = dx.log_rank(t, d, g)
    assert_allclose(found.observed.sum(), found.expected.sum())
    strata = (x > 0).astype(float)
    both = dx.log_rank(t, d, g, strata=strata)
    parts = [dx.log_rank(t[strata == s], d[strata == s], g[strata == s]) for s in (0, 1)]
    assert_allclose(both.expected, parts[0].expected + parts[1].expected)
    assert_allclose(both.covariance, parts[0].covariance + parts[1].covariance)


def test_the_log_rank_test_holds_its_level():
    rng, p = np.random.default_rng(3), []
    for _ in range(600):
        t, c = rng.exponential(10, 80), rng.exponential(12, 80)
        p.append(dx.log_rank(np.minimum(t, c), (t <= c) * 1.0, np.arange(80) % 2).p_value)
    assert abs(np.mean(np.array(p) < 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 600)


# --- summaries --------------------------------------------------------------------------------------------------------


def test_the_median_is_where_half_are_left_and_is_unknown_where_more_are_left():
    assert dx.survival_quantile(kaplan_meier(np.arange(1.0, 6), np.ones(5)))[0] == 3
    assert dx.survival_quantile(kaplan_meier(np.arange(1.0, 5), np.ones(4)))[0] == 2.5  # the curve runs along 1/2
    assert np.isnan(dx.survival_quantile(kaplan_meier(np.arange(1.0, 6), np.array([1, 0, 0, 0, 0])))[0])


def test_the_restricted_mean_without_censoring_is_the_mean_of_cut_times():
    t = np.random.default_rng(4).exponential(10, 60)
    found = dx.restricted_mean(kaplan_meier(t, np.ones(60)), horizon=8)
    cut = np.minimum(t, 8)
    assert_allclose(found.estimate, cut.mean())
    assert_allclose(found.std_error, cut.std() / np.sqrt(60), rtol=0.02)


def test_a_curve_read_on_a_grid_has_no_restricted_mean():
    curve = kaplan_meier(np.arange(1.0, 9), np.ones(8), grid=np.array([0.0, 4.0, 8.0]))
    with pytest.raises(DataError, match="curve was read on a grid"):
        dx.restricted_mean(curve, horizon=6)


@pytest.mark.parametrize("limits", ["log", "plain", "log-log"])
def test_limits_of_every_scale_lie_around_the_curve(limits):
    t, d, _, _ = made(5)
    curve = kaplan_meier(t, d, limits=limits)
    assert np.all((curve.ci_low <= curve.survival) & (curve.survival <= curve.ci_high))
    assert np.all((curve.ci_low >= 0) & (curve.ci_high <= 1))
    with pytest.raises(ValueError, match="limits is 'arcsine'"):
        kaplan_meier(t, d, limits="arcsine")


# --- at a time --------------------------------------------------------------------------------------------------------


def test_without_censoring_it_is_the_area_and_the_brier_score_of_a_binary_outcome():
    rng = np.random.default_rng(6)
    t, s = np.ceil(rng.exponential(10, 80)), np.round(rng.standard_normal(80), 1)
    times = np.array([4.0, 9.0])
    found = dx.time_dependent_auc(t, np.ones(80), s, times=times)
    risk = rng.random((80, 2))
    brier = dx.time_dependent_brier(t, np.ones(80), risk, times=times)
    for k, u in enumerate(times):
        y = (t <= u).astype(float)
        plain = dx.auc(s, y)
        assert_allclose(found.estimate[k], plain.estimate)
        assert_allclose(found.std_error[k], plain.std_error, rtol=0.03)
        assert_allclose(brier.estimate[k], np.mean((y - risk[:, k]) ** 2))
        assert_allclose(brier.std_error[k], np.std((y - risk[:, k]) ** 2, ddof=1) / np.sqrt(80))


def test_with_censoring_it_recovers_what_would_have_been_seen_without_and_its_error_is_right():
    """Known truth by a large sample without censoring; the standard error against the spread over samples."""
    rng = np.random.default_rng(7)

    def sample(n, censored):
        s = rng.standard_normal(n)
        t = rng.exponential(10 * np.exp(-s))
        c = rng.exponential(12, n) if censored else np.full(n, np.inf)
        return np.minimum(t, c), (t <= c).astype(float), s

    t, _, s = sample(6000, False)
    truth = dx.auc(s, t <= 6).estimate
    got, errors = [], []
    for _ in range(300):
        found = dx.time_dependent_auc(*sample(150, True), times=[6.0])
        got.append(found.estimate[0])
        errors.append(found.std_error[0])
    assert abs(np.mean(got) - truth) < 0.006
    assert_allclose(np.mean(errors), np.std(got), rtol=0.15)


def test_subjects_are_cases_controls_or_censored():
    t, d, x, _ = made(8)
    found = dx.time_dependent_auc(t, d, x, times=[3.0, 8.0])
    assert_allclose(found.n_cases + found.n_controls + found.n_censored, t.size)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda t, d, x: dx.time_dependent_auc(t, d, x, times=[1e6]), InsufficientDataError, r"times\[0\] is 1e\+06"),
        (
            lambda t, d, x: dx.time_dependent_auc(t, d, x[1:], times=[3]),
            DataError,
            "score holds 89 subjects, expected 90",
        ),
        (
            lambda t, d, x: dx.time_dependent_brier(t, d, x[:, None], times=[3]),
            ConfigError,
            "risk.* expected .*at least 0",
        ),
        (lambda t, d, x: dx.log_rank(-t, d, x > 0), DataError, r"time\[0\] is -"),
        (lambda t, d, x: dx.log_rank(t, d, np.ones(90)), DataError, "group is 1 for all subjects"),
        (lambda t, d, x: dx.log_rank(t, 0 * d, x > 0), InsufficientDataError, "event is 0 for all subjects"),
        (lambda t, d, x: dx.log_rank(t, d, x > 0, rho=-1), ConfigError, "rho is -1"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call, error, message):
    t, d, x, _ = made(9)
    with pytest.raises(error, match=message):
        call(t, d, x)
