"""The logistic screen is the score test, and the fit the maximum of the likelihood."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.stats import Status, likelihood_ratio, logistic_fit, logistic_interaction_screen, logistic_screen
from biomarker.stats.saddlepoint import TAIL

from .oracles import logistic_terms, newton, score_statistics, score_test

FULL_RANK = [0, 1, 2, 3]


def standardised(x):
    return (x - x.mean()) / x.std()


def test_screen_equals_the_score_test_from_the_full_derivatives(study):
    result = logistic_screen(study.features, study.outcome, study.covariates)
    c = study.covariates[:, FULL_RANK]
    null = newton(lambda b: logistic_terms(study.outcome, c, b), 4)
    for j, x in enumerate(study.features.T):
        columns = np.column_stack([c, standardised(x)])
        z, step = score_test(lambda b, cols=columns: logistic_terms(study.outcome, cols, b), null, 1)
        assert_allclose(score_statistics(result, study.n)[j], z, rtol=1e-7)
        assert_allclose(result.estimate[j, 0] * x.std(), step, rtol=1e-7)


def test_screen_equals_statsmodels_score_test(study):
    from statsmodels.api import GLM, families

    c = study.covariates[:, FULL_RANK]
    null = GLM(study.outcome, c, family=families.Binomial()).fit(tol=1e-14)
    result = logistic_screen(study.features, study.outcome, study.covariates)
    for j in (0, 1, 5, 6):
        statistic, _, _ = null.model.score_test(null.params, exog_extra=study.features[:, [j]], observed=False)
        assert_allclose(score_statistics(result, study.n)[j] ** 2, np.squeeze(statistic), rtol=1e-7)


def test_interaction_equals_the_score_test_with_the_main_effect_in_the_null(study):
    result = logistic_interaction_screen(study.features, study.outcome, study.covariates, study.treatment)
    for j, x in enumerate(study.features.T):
        x = standardised(x)
        c = np.column_stack([study.covariates[:, FULL_RANK], study.treatment, x])
        null = newton(lambda b, c=c: logistic_terms(study.outcome, c, b), 6)
        columns = np.column_stack([c, x * study.treatment])
        z, step = score_test(lambda b, cols=columns: logistic_terms(study.outcome, cols, b), null, 1)
        assert_allclose(score_statistics(result, study.n)[j], z, rtol=1e-6)
        assert_allclose(result.estimate[j, 0] * study.features[:, j].std(), step, rtol=1e-6)


def test_the_law_is_that_of_least_squares_subjects_less_parameters(study):
    from scipy.stats import t

    intercept_and_covariates = len(FULL_RANK)
    for result, parameters in (
        (logistic_screen(study.features, study.outcome, study.covariates), intercept_and_covariates + 1),
        (
            logistic_interaction_screen(study.features, study.outcome, study.covariates, study.treatment),
            intercept_and_covariates + 3,
        ),
    ):
        assert np.all(result.dof == study.n - parameters)
        assert_allclose(result.statistic, result.estimate / result.std_error, rtol=1e-12)
        expected = 2 * t.sf(np.abs(result.statistic), study.n - parameters)
        if parameters == intercept_and_covariates + 1:
            near = np.abs(result.statistic) <= TAIL
            assert near.sum() > 5
            assert_allclose(result.p_value[near], expected[near], rtol=1e-8)
        else:
            assert np.all(result.p_value >= expected * (1 - 1e-8))


def test_interaction_p_values_have_the_variance_that_a_chance_main_effect_took_away(study):
    from scipy.stats import t

    result = logistic_interaction_screen(study.features, study.outcome, study.covariates, study.treatment)
    base = np.column_stack([study.covariates[:, FULL_RANK], study.treatment])
    start = newton(lambda b: logistic_terms(study.outcome, base, b), base.shape[1])
    dof, larger = study.n - base.shape[1] - 2, 0

    def fitted(columns, b):
        mean = 1 / (1 + np.exp(-columns @ b))
        return mean * (1 - mean), np.log(np.where(study.outcome == 1, mean, 1 - mean)).sum()

    for j, x in enumerate(study.features.T):
        c = np.column_stack([base, standardised(x)])
        product = standardised(x) * study.treatment
        null = newton(lambda b, c=c: logistic_terms(study.outcome, c, b), c.shape[1])
        variances, heights = [], []
        for weight, height in (fitted(c, null), fitted(base, start)):
            root = np.sqrt(weight)
            rest = root * product
            rest = rest - root[:, None] * c @ np.linalg.lstsq(root[:, None] * c, rest, rcond=None)[0]
            variances.append(rest @ rest)
            heights.append(height)
        share = min(1.0, 10.8 / max(2 * (heights[0] - heights[1]), 1e-9))
        ratio = 1 + share * max(variances[1] / variances[0] - 1, 0)
        larger += ratio > 1.001
        assert_allclose(result.p_value[j, 0], 2 * t.sf(abs(result.statistic[j, 0]) / np.sqrt(ratio), dof), rtol=1e-5)
    assert larger > 3


def test_fewer_subjects_than_parameters_are_too_few(study):
    rows = slice(0, 12)
    covariates = np.column_stack([np.ones(12), np.random.default_rng(0).normal(size=(12, 10))])
    outcome = np.tile([0.0, 1.0], 6)
    result = logistic_screen(study.features[rows], outcome, covariates, min_events=1)
    assert np.all(result.status != Status.OK)


def test_swapping_the_outcome_flips_the_estimate_and_keeps_the_p_value(study):
    for screen in (
        lambda y: logistic_screen(study.features, y, study.covariates),
        lambda y: logistic_interaction_screen(study.features, y, study.covariates, study.treatment),
    ):
        one, other = screen(study.outcome), screen(1 - study.outcome)
        assert_allclose(one.estimate, -other.estimate, rtol=1e-8)
        assert_allclose(one.log10_p, other.log10_p, rtol=1e-8)


def test_a_subject_without_an_outcome_is_left_out(study):
    missing = study.outcome.copy()
    missing[:20] = np.nan
    result = logistic_screen(study.features, missing, study.covariates)
    rest = logistic_screen(study.features[20:], study.outcome[20:], study.covariates[20:])
    assert_allclose(result.log10_p, rest.log10_p, rtol=1e-10)
    assert result.n[0, 0] == study.n - 20


def test_a_level_in_which_all_respond_carries_no_information(study):
    level = study.covariates[:, 3] == 1
    outcome = np.where(level, 1.0, study.outcome)
    result = logistic_screen(study.features, outcome, study.covariates)
    rest = logistic_screen(study.features[~level], outcome[~level], study.covariates[~level])
    assert_allclose(result.log10_p, rest.log10_p, rtol=1e-9)
    assert result.n[0, 0] == (~level).sum()
    both = [
        logistic_interaction_screen(study.features[k], outcome[k], study.covariates[k], study.treatment[k])
        for k in (np.ones(study.n, dtype=bool), ~level)
    ]
    assert_allclose(both[0].log10_p, both[1].log10_p, rtol=1e-8)


def test_covariates_that_tell_the_outcome_apart_are_separation(study):
    apart = (study.covariates[:, 1] > 0).astype(float)
    for result in (
        logistic_screen(study.features, apart, study.covariates),
        logistic_interaction_screen(study.features, apart, study.covariates, study.treatment),
    ):
        assert np.all(result.status == Status.SEPARATION)


def test_too_few_of_the_rarer_outcome_are_too_few(study):
    rare = np.zeros(study.n)
    rare[:4] = 1
    for outcome in (rare, 1 - rare, np.zeros(study.n)):
        assert np.all(logistic_screen(study.features, outcome, study.covariates).status == Status.TOO_FEW)
    assert np.any(logistic_screen(study.features, rare, np.ones((study.n, 1)), min_events=4).status == Status.OK)


def test_a_feature_that_tells_the_outcome_apart_gets_a_finite_score(study):
    result = logistic_screen(np.where(study.outcome, 1.0, -1.0)[:, None], study.outcome, study.covariates)
    assert result.status[0, 0] == Status.OK
    assert result.log10_p[0, 0] < -15


def test_an_interaction_beside_a_main_effect_that_explains_everything_is_separation(study):
    x = np.where(study.outcome, 1.0, -1.0)[:, None]
    result = logistic_interaction_screen(x, study.outcome, study.covariates, study.treatment)
    assert result.status[0, 0] == Status.SEPARATION


def test_a_feature_that_varies_in_one_arm_only_has_no_interaction(study):
    x = study.features[:, [6]] * study.treatment[:, None]
    result = logistic_interaction_screen(x, study.outcome, study.covariates, study.treatment)
    assert result.status[0, 0] == Status.CONSTANT


def test_an_outcome_or_treatment_other_than_0_and_1_is_refused(study):
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        logistic_screen(study.features, study.outcome + 1, study.covariates)
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        logistic_interaction_screen(study.features, study.outcome, study.covariates, study.treatment * 2)


def test_fit_equals_the_maximum_found_by_plain_newton_steps(study):
    design = np.column_stack([study.covariates[:, FULL_RANK], study.features[:, 6]])
    fit = logistic_fit(design, study.outcome)
    b = newton(lambda b: logistic_terms(study.outcome, design, b), 5)
    value, _, information = logistic_terms(study.outcome, design, b)
    assert_allclose(fit.coefficients, b, rtol=1e-8)
    assert_allclose(fit.covariance, np.linalg.inv(information), rtol=1e-8)
    assert_allclose(fit.log_likelihood, value, rtol=1e-12)


def test_fit_is_indifferent_to_units(study):
    design = np.column_stack([study.covariates[:, FULL_RANK], study.features[:, 6]])
    units = np.array([1.0, 1e-9, 1.0, 1.0, 1e9])
    plain, scaled = logistic_fit(design, study.outcome), logistic_fit(design * units, study.outcome)
    assert_allclose(scaled.coefficients * units, plain.coefficients, rtol=1e-7)


def test_separation_is_a_status_and_keeps_the_supremum(study):
    x = np.column_stack([np.ones(study.n), study.outcome, study.features[:, 6]])
    complete = logistic_fit(x, study.outcome)
    assert complete.status == Status.SEPARATION
    assert np.all(np.isnan(complete.coefficients))
    assert_allclose(complete.log_likelihood, 0.0, atol=1e-5)

    level = study.covariates[:, 3] == 1  # all of one level respond: quasi-complete
    outcome = np.where(level, 1.0, study.outcome)
    quasi = logistic_fit(np.column_stack([np.ones(study.n), level, study.covariates[:, 1]]), outcome)
    rest = logistic_fit(np.column_stack([np.ones(study.n), study.covariates[:, 1]])[~level], outcome[~level])
    assert quasi.status == Status.SEPARATION
    assert_allclose(quasi.log_likelihood, rest.log_likelihood, atol=1e-5)


def test_dependent_columns_and_single_outcomes_are_statuses(study):
    assert logistic_fit(study.covariates, study.outcome).status == Status.CONSTANT
    assert logistic_fit(study.covariates[:, FULL_RANK], np.ones(study.n)).status == Status.TOO_FEW
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        logistic_fit(study.covariates[:, FULL_RANK], np.full(study.n, 0.5))


def test_likelihood_ratio_of_nested_fits(study):
    null = logistic_fit(study.covariates[:, FULL_RANK], study.outcome)
    full = logistic_fit(np.column_stack([study.covariates[:, FULL_RANK], study.features[:, 6]]), study.outcome)
    test = likelihood_ratio(full, null)
    assert_allclose(test.statistic, 2 * (full.log_likelihood - null.log_likelihood))
    assert_allclose(test.p_value, 10**test.log10_p)
    assert likelihood_ratio(null, null).p_value == 1.0
    with pytest.raises(ValueError, match="positive"):
        likelihood_ratio(full, null, dof=0)
    assert_array_equal(np.isfinite([test.p_value]), [True])


def test_an_outlier_far_beyond_saturation_is_no_separation(study):
    x = study.features[:, 6].copy()
    x[0] = 150.0  # its fitted probability is 1 in double precision; the others decide
    y = study.outcome.copy()
    y[0] = 1.0
    fit = logistic_fit(np.column_stack([np.ones(study.n), x]), y)
    rest = logistic_fit(np.column_stack([np.ones(study.n), x])[1:], y[1:])
    assert fit.status == Status.OK
    assert_allclose(fit.coefficients, rest.coefficients, rtol=1e-6)


def test_a_missing_covariate_is_refused(study):
    study.covariates[3, 1] = np.nan
    with pytest.raises(ValueError, match="covariates hold missing"):
        logistic_screen(study.features, study.outcome, study.covariates)


def test_markers_that_are_prognostic_alone_are_not_called_predictive_in_a_large_trial():
    """Of the size of model M-1 of doi:10.1093/bioinformatics/bty357, n = 2,000 and p = 30; the equation is ours."""
    from scipy.stats import binom

    strong, others = [], []
    for replicate in range(20):
        rng = np.random.default_rng([17, replicate])
        x = rng.standard_normal((2000, 30))
        x[:, 15:] = x[:, 15:] > 0
        arm = (rng.random(2000) < 0.5).astype(float)
        effects = np.zeros(30)
        effects[[0, 1, 2, 15, 16]] = 1.0, -1.0, 1.0, 1.5, -1.5
        eta = x @ effects + x[:, 3] * x[:, 4] + 0.5 * arm
        y = (rng.random(2000) < 1 / (1 + np.exp(-eta))).astype(float)
        found = logistic_interaction_screen(x, y, np.ones((2000, 1)), arm).p_value[:, 0]
        strong.append(found[[0, 1, 2, 3, 4, 15, 16]])
        others.append(np.delete(found, [0, 1, 2, 3, 4, 15, 16]))
    for values in map(np.concatenate, (strong, others)):
        for level in (0.05, 0.01):
            assert (values <= level).sum() <= binom.ppf(0.99, values.size, level)
