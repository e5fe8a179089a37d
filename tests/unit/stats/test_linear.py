"""The linear screen is ordinary least squares, also where arithmetic is hard."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats as reference

from biomarker.stats import Status, linear_screen

from .oracles import ols


def brute_force(features, responses, covariates):
    out = np.full((4, features.shape[1], responses.shape[1]), np.nan)
    for j, x in enumerate(features.T):
        for k, y in enumerate(responses.T):
            used = ~np.isnan(y)
            centred = x[used] - x[used].mean()
            b, se, dof = ols(y[used], np.column_stack([centred, covariates[used]]))
            out[:, j, k] = b, se, dof, 2 * reference.t.sf(abs(b / se), dof)
    return out


def test_equals_least_squares_feature_by_feature_with_missing_endpoints_and_redundant_covariates(study):
    result = linear_screen(study.features, study.responses, study.covariates)
    b, se, dof, p = brute_force(study.features, study.responses, study.covariates)
    assert_allclose(result.estimate, b, rtol=1e-8)
    assert_allclose(result.std_error, se, rtol=1e-8)
    assert_array_equal(result.dof, dof)
    assert_allclose(result.p_value, p, rtol=1e-7)
    assert_array_equal(result.n[0], (~np.isnan(study.responses)).sum(axis=0))


def test_equals_statsmodels(study):
    from statsmodels.api import OLS

    y = study.responses[:, 0]
    used = ~np.isnan(y)
    result = linear_screen(study.features, study.responses, study.covariates)
    for j in (0, 1, 5, 6):
        fit = OLS(y[used], np.column_stack([study.features[used, j], study.covariates[used, 1:]])).fit()
        assert_allclose(result.estimate[j, 0], fit.params[0], rtol=1e-9)
        assert_allclose(result.p_value[j, 0], fit.pvalues[0], rtol=1e-8)


def test_a_level_that_vanishes_among_an_endpoints_subjects_costs_it_no_degree_of_freedom(study):
    level = study.covariates[:, 3] == 1
    y = study.responses[:, [1]].copy()
    y[level] = np.nan
    left = linear_screen(study.features, np.column_stack([y, study.responses]), study.covariates)
    alone = linear_screen(study.features[~level], y[~level], study.covariates[~level])
    assert_allclose(left.log10_p[:, [0]], alone.log10_p, rtol=1e-10)
    assert_array_equal(left.dof[:, [0]], alone.dof)
    used = ~np.isnan(y[:, 0])
    assert left.dof[0, 0] == used.sum() - 3 - 1  # intercept, age and two levels span three dimensions


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e9])
@pytest.mark.parametrize("scale", [2.0**-27, 1.0, 2.0**27])
def test_offsets_and_scales_of_features_and_endpoints_cost_no_accuracy(study, offset, scale):
    grid = (
        np.round(study.features[:, 6:] * 2**10) / 2**10
    )  # exactly representable after shift and scaling, so that the data are the same
    plain = linear_screen(grid, study.responses, study.covariates)
    moved = linear_screen((grid + offset) * scale, study.responses * scale, study.covariates)
    assert_allclose(moved.statistic, plain.statistic, rtol=1e-6)
    assert_allclose(moved.estimate, plain.estimate, rtol=1e-6)


@pytest.mark.parametrize("share", [1e-2, 1e-4])
def test_features_almost_in_the_span_of_the_covariates_keep_their_digits(study, share):
    noise = study.features[:, 6:].copy()
    near = study.covariates[:, [1]] + share * noise
    result = linear_screen(near, study.responses, study.covariates)
    # the same test on the noise alone, whose difference from `near` lies in the covariates' span
    assert_allclose(result.statistic, linear_screen(noise, study.responses, study.covariates).statistic, rtol=1e-9)
    assert_allclose(
        result.estimate * share, linear_screen(noise, study.responses, study.covariates).estimate, rtol=1e-9
    )


def test_a_nearly_exact_fit_keeps_its_residual(study):
    x = study.features[:, [6]]
    noise = study.features[:, 7]
    y = (3 * x[:, 0] + 1e-6 * noise)[:, None]
    result = linear_screen(x, y, np.ones((study.n, 1)))
    b, se, _ = ols(1e-6 * noise, np.column_stack([x, np.ones(study.n)]))
    assert_allclose(result.estimate[0, 0] - 3, b, atol=1e-14)
    assert_allclose(result.std_error[0, 0], se, rtol=1e-6)


def test_an_exact_fit_is_significant_and_finite(study):
    x = study.features[:, [6]]
    result = linear_screen(x, 2 * x, study.covariates)
    assert result.status[0, 0] == Status.OK
    assert -3000 < result.log10_p[0, 0] < -500


def test_an_endpoint_without_variation_given_covariates_is_constant(study):
    responses = np.column_stack([np.full(study.n, 7.0), 2 + 3 * study.covariates[:, 1], study.responses[:, 1]])
    status = linear_screen(study.features, responses, study.covariates).status
    assert_array_equal(status[6], [Status.CONSTANT, Status.CONSTANT, Status.OK])


def test_an_endpoint_with_too_few_subjects_is_too_few(study):
    responses = np.full((study.n, 3), np.nan)
    responses[:5, 0] = study.features[:5, 6]
    responses[:, 1] = study.features[:, 7]
    status = linear_screen(study.features[:, 5:], responses, study.covariates).status
    assert_array_equal(status[1], [Status.TOO_FEW, Status.OK, Status.TOO_FEW])
    nobody = linear_screen(study.features, np.full((study.n, 1), np.nan), study.covariates)
    assert np.all(nobody.status == Status.TOO_FEW)


def test_a_duplicated_endpoint_gives_duplicated_results(study):
    twice = linear_screen(study.features, study.responses[:, [0, 1, 0]], study.covariates)
    assert_array_equal(twice.log10_p[:, 0], twice.log10_p[:, 2])


def test_endpoints_together_equal_endpoints_one_by_one(study):
    together = linear_screen(study.features, study.responses, study.covariates)
    for k in range(3):
        alone = linear_screen(study.features, study.responses[:, [k]], study.covariates)
        assert_allclose(together.log10_p[:, [k]], alone.log10_p, rtol=1e-9)


def test_many_patterns_in_several_portions_equal_one_portion(study, monkeypatch):
    whole = linear_screen(study.features, study.responses, study.covariates)
    monkeypatch.setattr("biomarker.stats.linear._BASES_BYTES", 1)
    assert_allclose(linear_screen(study.features, study.responses, study.covariates).log10_p, whole.log10_p, rtol=1e-11)


def test_the_rarer_group_is_counted_among_the_subjects_of_each_endpoint(study):
    x = np.zeros((study.n, 1))
    x[:6] = 1
    responses = np.column_stack([study.features[:, 6]] * 3)
    responses[:4, 1] = np.nan
    responses[:6, 2] = np.nan
    status = linear_screen(x, responses, study.covariates, min_group=3).status
    assert_array_equal(status, [[Status.OK, Status.TOO_FEW, Status.CONSTANT]])


def test_covariates_without_an_intercept_are_refused(study):
    with pytest.raises(ValueError, match="intercept"):
        linear_screen(study.features, study.responses, study.covariates[:, [1]])


def test_an_endpoint_beyond_double_precision_overflows(study):
    study.responses[0, 1] = 1e300
    status = linear_screen(study.features, study.responses, study.covariates).status
    assert_array_equal(status[6], [Status.OK, Status.OVERFLOW, Status.OK])


def test_a_missing_covariate_is_refused_unless_its_subject_has_no_endpoint(study):
    study.covariates[3, 1] = np.nan
    with pytest.raises(ValueError, match="covariates hold missing"):
        linear_screen(study.features, study.features[:, [6]], study.covariates)
    study.responses[3] = np.nan
    assert np.all(linear_screen(study.features[:, 5:], study.responses, study.covariates).status[1:] == Status.OK)
