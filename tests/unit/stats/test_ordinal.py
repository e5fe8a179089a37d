"""The proportional odds screen is the score test, and the fit the maximum of the likelihood."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from biomarker import stats
from biomarker.stats import Status
from biomarker.stats.ordinal import ordinal_null
from biomarker.stats.ordinal_fit import OrdinalProblem, maximise_ordinal
from biomarker.stats.saddlepoint import Categorical, log10_p_of_sums

from .oracles import score_statistics

FULL_RANK = [1, 2, 3]


def log_chances(parameters, columns, thresholds):
    """Logarithms of the probabilities of all levels, (n, K): straight from the model."""
    eta = columns @ parameters[thresholds:]
    above = expit(eta[:, None] - parameters[:thresholds])
    ends = np.column_stack([np.ones(len(eta)), above, np.zeros(len(eta))])
    return np.log(ends[:, :-1] - ends[:, 1:])


def by_differences(function, at, step=1e-5):
    """Derivatives of an array-valued function by central differences, one a parameter."""
    moves = np.eye(len(at)) * step
    return np.array([(function(at + move) - function(at - move)) / (2 * step) for move in moves])


def score_test(null, columns, levels, *, observed=False):
    """z and one-step estimate of the last column, by differences of log-likelihoods; information expected or observed.

    ``null`` are thresholds and coefficients of the other columns.
    """
    m = int(levels.max())
    at, rows = np.append(null, 0.0), np.arange(len(levels))
    chances = np.exp(log_chances(at, columns, m))
    scores = by_differences(lambda b: log_chances(b, columns, m), at)  # (q, n, K)
    total = scores[:, rows, levels].sum(axis=1)
    if observed:
        information = -by_differences(
            lambda a: by_differences(lambda b: log_chances(b, columns, m)[rows, levels].sum(), a, 1e-4), at, 1e-4
        )
    else:
        information = np.einsum("ank,bnk,nk->ab", scores, scores, chances)
    variance = 1 / np.linalg.inv(information)[-1, -1]
    efficient = total[-1] - information[-1, :-1] @ np.linalg.solve(information[:-1, :-1], total[:-1])
    return efficient / np.sqrt(variance), efficient / variance


def fitted(design, levels):
    """Thresholds and coefficients by statsmodels."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    model = OrderedModel(levels, design, distr="logit")
    found = model.fit(method="newton", disp=0, tol=1e-14, maxiter=200)
    return found, model.transform_threshold_params(found.params)[1:-1]


def standardised(x):
    return (x - x.mean()) / x.std()


def test_fit_equals_statsmodels(study):
    design = np.column_stack([study.covariates[:, FULL_RANK], standardised(study.features[:, 6])])
    found, _ = fitted(design, study.level.astype(int))
    fit = stats.ordinal_fit(design, study.level)
    assert fit.status == Status.OK
    assert_allclose(fit.coefficients, found.params[:4], rtol=1e-6)
    assert_allclose(fit.std_error, found.bse[:4], rtol=1e-4)
    assert_allclose(fit.log_likelihood, found.llf, rtol=1e-10)
    assert_allclose(fit.log_likelihood_null, found.llnull, rtol=1e-10)


def test_screen_equals_the_score_test_from_the_definition(study):
    result = stats.ordinal_screen(study.features, study.level, study.covariates)
    c, levels = study.covariates[:, FULL_RANK], study.level.astype(int)
    found, thresholds = fitted(c, levels)
    null = np.concatenate([thresholds, found.params[: c.shape[1]]])
    for j in range(study.features.shape[1]):
        x = standardised(study.features[:, j])
        z, step = score_test(null, np.column_stack([c, x]), levels)
        assert_allclose(score_statistics(result, study.n)[j], z, rtol=1e-5, atol=1e-6)
        assert_allclose(result.estimate[j, 0] * study.features[:, j].std(), step, rtol=1e-5, atol=1e-7)


def test_interaction_equals_the_score_test_with_the_main_effect_in_the_null(study):
    result = stats.ordinal_interaction_screen(study.features, study.level, study.covariates, study.treatment)
    levels = study.level.astype(int)
    for j in (0, 1, 5, 6, 7):
        x = standardised(study.features[:, j])
        c = np.column_stack([study.covariates[:, FULL_RANK], study.treatment, x])
        null = maximise_ordinal(c, levels).parameters
        columns = np.column_stack([c, x * study.treatment])
        z, step = score_test(null, columns, levels, observed=True)
        assert_allclose(score_statistics(result, study.n)[j], z, rtol=1e-3, atol=1e-4)
        assert_allclose(result.estimate[j, 0] * study.features[:, j].std(), step, rtol=1e-3, atol=1e-4)


def test_derivatives_of_the_likelihood_are_those_by_differences(study):
    rng = np.random.default_rng(1)
    basis, own = rng.standard_normal((study.n, 2)), rng.standard_normal((study.n, 3))
    problem = OrdinalProblem.of(basis, study.level.astype(np.intp), basis)
    parameters = np.column_stack([np.sort(rng.standard_normal((3, 3)), axis=1), rng.standard_normal((3, 3))])
    at = problem.at(parameters, own)
    for j in range(3):
        columns = np.column_stack([basis, own[:, j]])

        def likelihood(b, columns=columns):
            return log_chances(b, columns, 3)[np.arange(study.n), study.level.astype(int)].sum()

        def gradient(b, j=j):
            return problem.at(np.tile(b, (3, 1)), own).gradient[j]

        assert_allclose(at.value[j], likelihood(parameters[j]), rtol=1e-12)
        assert_allclose(at.gradient[j], by_differences(likelihood, parameters[j]), rtol=1e-6, atol=1e-6)
        assert_allclose(at.information[j], -by_differences(gradient, parameters[j]), rtol=1e-6, atol=1e-6)


def test_two_levels_are_logistic_regression(study):
    for ordinal, logistic, arm in (
        (stats.ordinal_screen, stats.logistic_screen, ()),
        (stats.ordinal_interaction_screen, stats.logistic_interaction_screen, (study.treatment,)),
    ):
        first = ordinal(study.features, study.outcome, study.covariates, *arm)
        second = logistic(study.features, study.outcome, study.covariates, *arm)
        for name in ("estimate", "std_error", "statistic", "dof", "log10_p"):
            assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-6, atol=1e-9, err_msg=name)
        assert_array_equal(first.status, second.status)


def test_turning_the_levels_round_turns_the_estimate_round(study):
    for screen, arm in (
        (stats.ordinal_screen, ()),
        (stats.ordinal_interaction_screen, (study.treatment,)),
    ):
        up = screen(study.features, study.level, study.covariates, *arm)
        down = screen(study.features, 3 - study.level, study.covariates, *arm)
        assert_allclose(down.estimate, -up.estimate, rtol=1e-7)
        assert_allclose(down.log10_p, up.log10_p, rtol=1e-7)


def test_numbers_of_the_levels_do_not_matter_and_a_level_of_nobody_is_none(study):
    gaps = np.array([0.0, 5.0, 7.0, 30.0])[study.level.astype(int)]
    plain = stats.ordinal_screen(study.features, study.level, study.covariates)
    assert_allclose(stats.ordinal_screen(study.features, gaps, study.covariates).log10_p, plain.log10_p, rtol=1e-10)
    columns = study.covariates[:, FULL_RANK]
    first, second = stats.ordinal_fit(columns, study.level), stats.ordinal_fit(columns, gaps)
    assert_allclose(first.coefficients, second.coefficients, rtol=1e-10)


def test_subjects_without_a_level_are_left_out(study):
    level = study.level.copy()
    level[:20] = np.nan
    whole = stats.ordinal_screen(study.features, level, study.covariates)
    part = stats.ordinal_screen(study.features[20:], level[20:], study.covariates[20:])
    assert_allclose(whole.log10_p, part.log10_p, rtol=1e-9)
    assert np.all(whole.n == study.n - 20)
    assert np.all(whole.n_events == 0)


def test_the_saddlepoint_of_levels_is_the_law_found_by_drawing(study):
    null = ordinal_null(study.features, study.level, study.covariates, min_events=1)
    law = Categorical(null.chance, null.scores)
    assert_allclose((null.chance * null.scores).sum(axis=1), 0.0, atol=1e-12)
    rng = np.random.default_rng(2)
    weights = rng.lognormal(0, 1, (study.n, 1))
    draws = (null.chance.cumsum(axis=1)[None] < rng.random((100_000, study.n, 1))).sum(axis=2)
    sums = np.take_along_axis(null.scores[None], draws[:, :, None], axis=2)[:, :, 0] @ weights[:, 0]
    for share in (0.05, 0.002):
        score = np.quantile(np.abs(sums), 1 - share)
        found = 10 ** log10_p_of_sums(np.array([score]), weights, law)[0]
        assert_allclose(found, share, rtol=0.1)


def test_too_few_outside_the_most_frequent_level(study):
    level = np.zeros(study.n)
    level[:4] = [1, 1, 2, 3]
    assert np.all(stats.ordinal_screen(study.features, level, study.covariates, min_events=5).status == Status.TOO_FEW)
    assert np.all(stats.ordinal_screen(study.features, np.ones(study.n), study.covariates).status == Status.TOO_FEW)


def test_covariates_that_order_the_levels_perfectly_are_separation():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((60, 2))
    level = np.searchsorted([-0.5, 0.5], x[:, 0])
    c = np.column_stack([np.ones(60), x[:, 0]])
    assert np.all(stats.ordinal_screen(x[:, 1:], level, c).status == Status.SEPARATION)
    fit = stats.ordinal_fit(x[:, :1], level)
    assert fit.status == Status.SEPARATION
    assert fit.log_likelihood > -0.05


def test_a_feature_that_orders_the_levels_is_found_and_its_fit_says_separation():
    rng = np.random.default_rng(4)
    x, t = rng.standard_normal((60, 1)), np.tile([0.0, 1.0], 30)
    level = np.searchsorted([-0.5, 0.5], x[:, 0]).astype(float)
    assert stats.ordinal_screen(x, level, np.ones((60, 1))).p_value[0, 0] < 1e-6
    assert stats.ordinal_interaction_screen(x, level, np.ones((60, 1)), t).status[0, 0] == Status.SEPARATION


def test_a_level_that_is_no_whole_number_is_refused(study):
    with pytest.raises(ValueError, match="whole number"):
        stats.ordinal_screen(study.features, study.level + 0.5, study.covariates)


def test_faults_of_a_fit_have_their_status(study):
    x = study.features[:, 6:8]
    assert stats.ordinal_fit(np.column_stack([x, x[:, 0]]), study.level).status == Status.CONSTANT
    assert stats.ordinal_fit(np.column_stack([x, np.ones(study.n)]), study.level).status == Status.CONSTANT
    assert stats.ordinal_fit(x, np.zeros(study.n)).status == Status.TOO_FEW
    assert stats.ordinal_fit(x[:4], study.level[:4]).status == Status.TOO_FEW
