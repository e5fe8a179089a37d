"""The linear interaction screen is the full model's least squares, with a variance for each arm."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats as reference

from biomarker.stats import Status, linear_fit, linear_interaction_screen

from .oracles import first_coefficient_with_a_variance_for_each_arm as by_arm


def test_equals_least_squares_of_the_full_model_with_a_variance_for_each_arm(study):
    result = linear_interaction_screen(study.features, study.responses, study.covariates, study.treatment)
    for j, column in enumerate(study.features.T):
        for k, y in enumerate(study.responses.T):
            used = ~np.isnan(y)
            x, t = (column[used] - column[used].mean()) / column[used].std(), study.treatment[used]
            b, se, dof = by_arm(y[used], np.column_stack([x * t, x, t, study.covariates[used]]), t)
            assert_allclose(result.estimate[j, k] * column[used].std(), b, rtol=1e-8)
            assert_allclose(result.statistic[j, k], b / se, rtol=1e-8)
            assert_allclose(result.dof[j, k], dof, rtol=1e-7)
            assert_allclose(result.p_value[j, k], 2 * reference.t.sf(abs(b / se), dof), rtol=1e-7)


def test_swapping_the_arms_flips_the_estimate(study):
    one = linear_interaction_screen(study.features, study.responses, study.covariates, study.treatment)
    other = linear_interaction_screen(study.features, study.responses, study.covariates, 1 - study.treatment)
    assert_allclose(one.estimate, -other.estimate, rtol=1e-8)
    assert_allclose(one.log10_p, other.log10_p, rtol=1e-8)


def test_features_almost_in_the_span_of_the_covariates_keep_their_digits(study):
    near = study.covariates[:, [1]] + 1e-3 * study.features[:, 6:]
    result = linear_interaction_screen(near, study.responses, study.covariates, study.treatment)
    for j in range(near.shape[1]):
        y = study.responses[:, 1]
        used = ~np.isnan(y)
        x, t = near[used, j], study.treatment[used]
        design = np.column_stack([x * t, study.features[used, 6 + j], t, study.covariates[used]])
        b, se, _ = by_arm(y[used] - 1e3, design, t)
        assert_allclose(result.statistic[j, 1], b / se, rtol=1e-6)


def test_an_exact_prognostic_effect_leaves_an_exact_and_finite_answer(study):
    x = study.features[:, [6]]
    y = 2 * x + 3 * x * study.treatment[:, None]
    result = linear_interaction_screen(x, y, study.covariates, study.treatment)
    assert_allclose(result.estimate[0, 0], 3.0, rtol=1e-9)
    assert result.log10_p[0, 0] < -500


def test_a_feature_that_varies_in_one_arm_only_has_no_interaction(study):
    x = (study.features[:, [6]] > 0) * study.treatment[:, None]
    status = linear_interaction_screen(x, study.responses, study.covariates, study.treatment).status
    assert np.all(status == Status.CONSTANT)


def test_min_group_counts_in_each_arm(study):
    x = np.zeros((study.n, 1))
    x[np.flatnonzero(study.treatment == 1)[:10]] = 1
    x[np.flatnonzero(study.treatment == 0)[:2]] = 1
    status = linear_interaction_screen(x, study.features[:, [6]], study.covariates, study.treatment, min_group=3).status
    assert_array_equal(status, [[Status.TOO_FEW]])


def test_treatment_must_be_0_or_1_and_complete(study):
    for bad in (study.treatment * 2, np.where(study.treatment == 1, np.nan, 0.0)):
        with pytest.raises(ValueError, match="neither 0 nor 1"):
            linear_interaction_screen(study.features, study.responses, study.covariates, bad)


def test_fit_equals_statsmodels(study):
    from statsmodels.api import OLS

    design = np.column_stack([np.ones(study.n), study.features[:, [5, 6]] * [1e6, 1e-6]])
    y = study.covariates[:, 1] + study.features[:, 7]
    fit, other = linear_fit(design, y), OLS(y, design).fit()
    assert_allclose(fit.coefficients, other.params, rtol=1e-8)
    assert_allclose(fit.std_error, other.bse, rtol=1e-8)
    assert_allclose([fit.log_likelihood, fit.dof], [other.llf, other.df_resid], rtol=1e-12)
    assert_allclose(fit.log_likelihood_null, OLS(y, design[:, :1]).fit().llf, rtol=1e-12)


def test_fit_names_what_is_wrong(study):
    assert linear_fit(study.covariates, study.features[:, 6]).status == Status.CONSTANT
    assert linear_fit(study.covariates[:, :2], study.covariates[:, 1]).status == Status.CONSTANT
    assert linear_fit(np.eye(3), np.arange(3.0)).status == Status.TOO_FEW
    with pytest.raises(ValueError, match="finite responses"):
        linear_fit(study.covariates, study.responses[:, 0])
