"""Simulations with a known answer: how often do screens reject where there is nothing, and where they should not.

Bands: four standard errors of the binomial beside the stated departure of the test from its nominal level. Two-sided at
the levels themselves; skewed and tied features are the hard case, so they are most of what is simulated.
"""

import numpy as np
import pytest

from biomarker import stats

LEVELS = (0.05, 0.01, 0.001)
SCREENS_OF_ALL = {"moderated": stats.moderated_screen, "plain": stats.linear_screen}
FEATURES = 20_000
SUBJECTS = 100


def null_features(rng, n=SUBJECTS, p=FEATURES):
    """A quarter each of normal, log-normal, tied counts and two-valued features."""
    quarter = p // 4
    return np.column_stack(
        [
            rng.standard_normal((n, quarter)),
            rng.lognormal(0.0, 1.0, (n, quarter)),
            rng.poisson(0.8, (n, quarter)),
            rng.random((n, quarter)) < 0.15,
        ]
    )


def rejection(estimate, columns=slice(None)):
    p = estimate.p_value[columns, 0]
    p = p[~np.isnan(p)]
    assert p.size > 0.8 * FEATURES / 4
    return {level: float((p <= level).mean()) for level in LEVELS}, p.size


def assert_within(estimate, departure, columns=slice(None)):
    """Rate between level / (1 + departure) and level * (1 + departure), each widened by four standard errors."""
    rates, m = rejection(estimate, columns)
    for level, rate in rates.items():
        # features share subjects and endpoint: the variance of a rate is larger than binomial, twice covers it here
        slack = 4 * np.sqrt(2 * level * (1 - level) / m)
        assert level / (1 + departure[level]) - slack <= rate <= level * (1 + departure[level]) + slack, (level, rate)


@pytest.fixture(scope="module")
def null():
    rng = np.random.default_rng(20261122)
    n = SUBJECTS
    covariates = np.column_stack([np.ones(n), rng.standard_normal(n), rng.random(n) < 0.4])
    slope = 0.5 * covariates[:, 1]
    return {
        "features": null_features(rng),
        "covariates": covariates,
        "normal": (slope + rng.standard_normal(n))[:, None],
        "heavy": (slope + rng.standard_t(4, n))[:, None],
        "outcome": (rng.random(n) < 1 / (1 + np.exp(0.3 - slope))).astype(float),
        "time": np.ceil(rng.exponential(10 * np.exp(-slope))),
        "event": (rng.random(n) < 0.7).astype(float),
    }


def test_linear_screen_holds_its_level_with_normal_errors_whatever_the_feature(null):
    estimate = stats.linear_screen(null["features"], null["normal"], null["covariates"])
    assert_within(estimate, {0.05: 0.1, 0.01: 0.1, 0.001: 0.2})


def test_linear_screen_stays_near_its_level_with_heavy_tailed_errors(null):
    estimate = stats.linear_screen(null["features"], null["heavy"], null["covariates"])
    assert_within(estimate, {0.05: 0.15, 0.01: 0.35, 0.001: 1.5})


def test_moderated_t_stays_near_its_level_whatever_the_feature(null):
    estimate = stats.moderated_screen(null["features"], null["normal"], null["covariates"])
    assert_within(estimate, {0.05: 0.1, 0.01: 0.1, 0.001: 0.2})


def test_moderated_t_of_a_few_subjects_holds_its_level_and_finds_more():
    rng = np.random.default_rng(12)
    n, effects = 8, 500
    level = rng.uniform(2, 12, FEATURES)
    spread = np.exp(-level / 8) * np.sqrt(4 / rng.chisquare(4, FEATURES))
    y, ones = rng.standard_normal((n, 1)), np.ones((n, 1))
    x = level + spread * rng.standard_normal((n, FEATURES))
    assert_within(stats.moderated_screen(x, y, ones), {0.05: 0.05, 0.01: 0.05, 0.001: 0.1})
    x[:, :effects] += 3 * spread[:effects] * y
    found = {name: (screen(x, y, ones).p_value[:effects, 0] <= 1e-4).sum() for name, screen in SCREENS_OF_ALL.items()}
    assert found["moderated"] > 1.3 * found["plain"]


@pytest.mark.parametrize("model", ["logistic", "cox"])
def test_score_tests_hold_their_level_far_out_with_skewed_and_sparse_features(model):
    """Log-normal and two-valued features, seventy events: the t law would reject four times too often at 1e-4."""
    rng, quarter, repeats = np.random.default_rng(20261122), FEATURES // 4, 6
    rejected, tested = dict.fromkeys((*LEVELS, 1e-4), 0), 0
    for _ in range(repeats):
        n = SUBJECTS
        covariates = np.column_stack([np.ones(n), rng.standard_normal(n), rng.random(n) < 0.4])
        slope = 0.5 * covariates[:, 1]
        x = np.column_stack([rng.lognormal(0, 1, (n, 2 * quarter)), rng.random((n, 2 * quarter)) < 0.15])
        if model == "logistic":
            outcome = (rng.random(n) < 1 / (1 + np.exp(1.3 - slope))).astype(float)
            result = stats.logistic_screen(x, outcome, covariates)
        else:
            time, event = np.ceil(rng.exponential(10 * np.exp(-slope))), (rng.random(n) < 0.7).astype(float)
            result = stats.cox_screen(x, time, event, covariates[:, 1:])
        p = result.p_value[~np.isnan(result.p_value)]
        tested += p.size
        for level in rejected:
            rejected[level] += (p <= level).sum()
    for level, count in rejected.items():
        slack = 4 * np.sqrt(2 * level * (1 - level) / tested)
        assert 0.5 * level - slack <= count / tested <= level + slack, (level, count / tested)


def test_the_cox_screen_holds_its_level_where_a_covariate_moves_both_hazard_and_spread_of_the_feature():
    rng, n, p = np.random.default_rng(21), 150, 20_000
    stage = (rng.random(n) < 0.4).astype(float)
    time, censored = rng.exponential(10 * np.exp(-1.5 * stage)), rng.exponential(20, n)
    wide, frequent = 1 + 2 * stage[:, None], 0.03 + 0.25 * stage[:, None]
    x = np.column_stack([wide * rng.standard_normal((n, p // 2)), rng.random((n, p // 2)) < frequent])
    result = stats.cox_screen(x, np.minimum(time, censored), (time <= censored).astype(float), stage[:, None])
    assert_within(result, {0.05: 0.1, 0.01: 0.15, 0.001: 0.3})


@pytest.mark.parametrize(("share", "spread"), [(0.5, 3.0), (0.67, 1 / 3), (0.8, 1 / 3)])
def test_linear_interactions_hold_their_level_where_arms_differ_in_size_and_spread(share, spread):
    rng = np.random.default_rng(7)
    rates = []
    for _ in range(4):
        n = 150
        t = rng.permutation((np.arange(n) < share * n).astype(float))
        covariates = np.column_stack([np.ones(n), rng.standard_normal(n)])
        y = rng.standard_normal((n, 1)) * np.where(t == 1, spread, 1.0)[:, None]
        p = stats.linear_interaction_screen(rng.standard_normal((n, 2000)), y, covariates, t).p_value
        rates.append([(p <= level).mean() for level in LEVELS])
    for level, rate in zip(LEVELS, np.mean(rates, axis=0), strict=True):
        assert abs(rate - level) <= 5 * np.sqrt(2 * level * (1 - level) / 8000)


def marginal_rate(run, repeats, rng):
    """Share of trials in which the first feature, the marker itself, is called predictive at 5%."""
    return np.mean([run(rng) <= 0.05 for _ in range(repeats)])


@pytest.mark.parametrize("model", ["linear", "logistic", "cox"])
def test_a_strong_prognostic_marker_is_not_called_predictive(model):
    """beta = 2 a standard deviation: without the marker's main effect in the null, most of these would be rejected."""

    def run(rng):
        n = 300
        x, t, c = rng.standard_normal((n, 1)), (rng.random(n) < 0.5).astype(float), rng.standard_normal(n)
        linear = 2.0 * x[:, 0] + 0.5 * t + 0.3 * c
        covariates = np.column_stack([np.ones(n), c])
        if model == "linear":
            y = (linear + rng.standard_normal(n))[:, None]
            return stats.linear_interaction_screen(x, y, covariates, t).p_value[0, 0]
        if model == "logistic":
            y = (rng.random(n) < 1 / (1 + np.exp(-linear))).astype(float)
            return stats.logistic_interaction_screen(x, y, covariates, t).p_value[0, 0]
        time, censored = rng.exponential(np.exp(-linear)), rng.exponential(2.0, n)
        return stats.cox_interaction_screen(
            x, np.minimum(time, censored), (time <= censored).astype(float), covariates[:, 1:], t
        ).p_value[0, 0]

    repeats = 600
    rate = marginal_rate(run, repeats, np.random.default_rng(7))
    assert abs(rate - 0.05) <= 3.5 * np.sqrt(0.05 * 0.95 / repeats), rate


@pytest.mark.parametrize("model", ["linear", "logistic", "cox"])
def test_a_predictive_marker_is_found_with_its_sign(model):
    rng = np.random.default_rng(8)
    n = 600
    x, t = rng.standard_normal((n, 1)), (rng.random(n) < 0.5).astype(float)
    linear = 0.5 * x[:, 0] + 0.9 * x[:, 0] * t
    ones = np.ones((n, 1))
    if model == "linear":
        result = stats.linear_interaction_screen(x, (linear + rng.standard_normal(n))[:, None], ones, t)
    elif model == "logistic":
        y = (rng.random(n) < 1 / (1 + np.exp(-linear))).astype(float)
        result = stats.logistic_interaction_screen(x, y, ones, t)
    else:
        result = stats.cox_interaction_screen(x, rng.exponential(np.exp(-linear)), np.ones(n), ones[:, :0], t)
    assert result.p_value[0, 0] < 1e-4
    assert abs(result.estimate[0, 0] - 0.9) < 4 * result.std_error[0, 0] + 0.25


def test_the_one_step_estimate_is_near_the_refit_for_a_weak_effect_and_attenuated_for_a_strong_one():
    rng = np.random.default_rng(9)
    n = 2000
    x, ones = rng.standard_normal((n, 1)), np.ones((n, 1))
    ratio = {}
    for beta in (0.2, 2.0):
        y = (rng.random(n) < 1 / (1 + np.exp(-beta * x[:, 0]))).astype(float)
        refit = stats.logistic_fit(np.column_stack([ones, x]), y).coefficients[1]
        ratio[beta] = stats.logistic_screen(x, y, ones).estimate[0, 0] / refit
    assert 0.97 < ratio[0.2] < 1.03
    assert ratio[2.0] < 0.8


@pytest.mark.parametrize("model", ["logistic", "cox"])
def test_the_penalised_test_holds_its_level_where_the_outcome_is_often_told_apart(model):
    rng = np.random.default_rng(10)
    n, repeats, separated, rejected = 40, 500, 0, 0
    for _ in range(repeats):
        x = (rng.permutation(n) < 6).astype(float)
        age, event = rng.standard_normal(n), (rng.random(n) < 0.3).astype(float)
        if model == "logistic":
            design = np.column_stack([np.ones(n), age, x])
            plain, fit = stats.logistic_fit(design, event), stats.firth_logistic_fit(design, event, interval=False)
        else:
            design, time = np.column_stack([age, x]), rng.exponential(1, n)
            plain, fit = stats.cox_fit(design, time, event), stats.firth_cox_fit(design, time, event, interval=False)
        separated += plain.status == stats.Status.SEPARATION
        assert fit.status == stats.Status.OK
        rejected += fit.p_value <= 0.05
    assert separated > 30
    assert rejected / repeats <= 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / repeats)


@pytest.mark.parametrize("n", [14, 60])
def test_rank_sum_tests_never_reject_too_often_whatever_the_feature(n):
    rng = np.random.default_rng(30)
    p_value = stats.rank_sum_screen(null_features(rng, n=n), (rng.permutation(n) < n // 3).astype(float)).p_value
    for level in LEVELS:
        assert (p_value <= level).mean() <= level + 4 * np.sqrt(2 * level / FEATURES)


def test_cox_interactions_hold_their_level_far_out_with_skewed_and_sparse_features():
    rng, n, p, repeats = np.random.default_rng(31), 150, 1500, 6
    rejected, tested = dict.fromkeys(LEVELS, 0), 0
    for _ in range(repeats):
        t, c = (rng.random(n) < 0.5).astype(float), rng.standard_normal((n, 1))
        time, event = (
            np.ceil(rng.exponential(10 * np.exp(-0.5 * c[:, 0] - 0.3 * t))),
            (rng.random(n) < 0.7).astype(float),
        )
        x = np.column_stack([rng.lognormal(0, 1, (n, p)), rng.random((n, p)) < 0.2])
        result = stats.cox_interaction_screen(x, time, event, c, t).p_value
        tested += (~np.isnan(result)).sum()
        for level in rejected:
            rejected[level] += (result <= level).sum()
    for level, count in rejected.items():
        assert count / tested <= level + 4 * np.sqrt(2 * level / tested), (level, count / tested)
