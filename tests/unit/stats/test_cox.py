"""The Cox screen is the score test with Efron ties, and the fit the maximum of the partial likelihood."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.stats import Status, cox_fit, cox_interaction_screen, cox_screen
from biomarker.stats.risk_sets import risk_sets
from biomarker.stats.saddlepoint import TAIL

from .oracles import cox_terms, newton, score_statistics, score_test

AGE_AND_LEVELS = [1, 2, 3]


@pytest.fixture(params=[False, True], ids=["one stratum", "three strata"])
def strata(request, study):
    return study.strata if request.param else None


def standardised(x):
    return (x - x.mean()) / x.std()


def test_screen_equals_the_score_test_from_the_definition(study, strata):
    result = cox_screen(study.features, study.time, study.event, study.covariates[:, 1:], strata=strata)
    c = study.covariates[:, AGE_AND_LEVELS]
    null = newton(lambda b: cox_terms(study.time, study.event, c, b, strata), 3, rounds=8)
    for j, x in enumerate(study.features.T):
        columns = np.column_stack([c, standardised(x)])
        z, step = score_test(lambda b, m=columns: cox_terms(study.time, study.event, m, b, strata), null, 1)
        assert_allclose(score_statistics(result, study.event.sum())[j], z, rtol=1e-7)
        assert_allclose(result.estimate[j, 0] * x.std(), step, rtol=1e-7)
    assert_array_equal(result.n_events, int(study.event.sum()))


def test_interaction_equals_the_score_test_with_the_main_effect_in_the_null(study, strata):
    options = {"strata": strata}
    result = cox_interaction_screen(
        study.features, study.time, study.event, study.covariates[:, 1:], study.treatment, **options
    )
    for j in (0, 1, 2, 5, 6):
        x = standardised(study.features[:, j])
        c = np.column_stack([study.covariates[:, AGE_AND_LEVELS], study.treatment, x])
        null = newton(lambda b, m=c: cox_terms(study.time, study.event, m, b, strata), 5, rounds=8)
        columns = np.column_stack([c, x * study.treatment])
        z, step = score_test(lambda b, m=columns: cox_terms(study.time, study.event, m, b, strata), null, 1)
        assert_allclose(score_statistics(result, study.event.sum())[j], z, rtol=1e-6)
        assert_allclose(result.estimate[j, 0] * study.features[:, j].std(), step, rtol=1e-6)


def test_fit_equals_statsmodels_with_efron_ties(study, strata):
    from statsmodels.duration.hazard_regression import PHReg

    design = np.column_stack([study.covariates[:, AGE_AND_LEVELS], study.features[:, 6]])
    fit = cox_fit(design, study.time, study.event, strata=strata)
    other = PHReg(study.time, design, status=study.event, strata=strata, ties="efron").fit(disp=0)
    assert_allclose(fit.coefficients, other.params, rtol=1e-5)
    assert_allclose(fit.std_error, other.bse, rtol=1e-5)
    assert_allclose(fit.log_likelihood, other.llf, rtol=1e-10)


def test_fit_equals_lifelines(study):
    import pandas as pd
    from lifelines import CoxPHFitter

    design = study.features[:, [5, 6]]
    table = pd.DataFrame({"x": design[:, 0], "z": design[:, 1], "t": study.time, "d": study.event})
    other = CoxPHFitter().fit(table, "t", "d", fit_options={"precision": 1e-12})
    fit = cox_fit(design, study.time, study.event)
    assert_allclose(fit.coefficients, other.params_.to_numpy(), rtol=1e-6)
    assert_allclose(fit.log_likelihood, other.log_likelihood_, rtol=1e-9)


def test_a_model_without_columns_is_the_null_of_every_other(study):
    """The null of one arm without covariates."""
    design = study.features[:, [5, 6]]
    nothing, full = (cox_fit(columns, study.time, study.event) for columns in (design[:, :0], design))
    assert nothing.status == Status.OK
    assert nothing.coefficients.shape == (0,)
    assert nothing.log_likelihood == nothing.log_likelihood_null == pytest.approx(full.log_likelihood_null, rel=1e-12)
    assert nothing.n_events == full.n_events


def test_the_score_is_the_slope_and_the_information_the_curvature_of_the_likelihood(study, strata):
    from biomarker.stats.cox_fit import partial_likelihood

    sets = risk_sets(study.time, study.event, strata=strata)
    columns = study.features[sets.order][:, [5, 6]]
    at, h = np.array([0.1, -0.2]), 1e-5
    here = partial_likelihood(sets, columns, at)
    for j in range(2):
        up, down = (partial_likelihood(sets, columns, at + s * h * np.eye(2)[j]) for s in (1, -1))
        assert_allclose(here.gradient[j], (up.value - down.value) / (2 * h), rtol=1e-6)
        assert_allclose(here.information[j], (down.gradient - up.gradient) / (2 * h), rtol=1e-6)


def test_sums_over_risk_sets_and_their_transpose_are_adjoint(study, strata):
    sets = risk_sets(study.time, study.event, strata=strata)
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((study.n, 2)), rng.standard_normal((sets.n_events, 2))
    assert_allclose(np.sum(sets.sums(a) * b), np.sum(a * sets.spread(b)), rtol=1e-11)


def test_only_the_order_of_times_matters(study):
    one = cox_screen(study.features, study.time, study.event, study.covariates[:, 1:])
    other = cox_screen(study.features, np.log(study.time) * 7, study.event, study.covariates[:, 1:])
    assert_array_equal(one.log10_p, other.log10_p)


def test_the_law_is_that_of_least_squares_events_less_parameters(study, strata):
    from scipy.stats import t

    events, covariates = study.event.sum(), study.covariates[:, 1:]
    for result, parameters in (
        (cox_screen(study.features, study.time, study.event, covariates, strata=strata), 4),
        (
            cox_interaction_screen(study.features, study.time, study.event, covariates, study.treatment, strata=strata),
            6,
        ),
    ):
        assert np.all(result.dof == events - parameters)
        near = np.abs(result.statistic) <= TAIL
        assert near.sum() > 5
        expected = 2 * t.sf(np.abs(result.statistic[near]), events - parameters)
        assert_allclose(result.p_value[near], expected, rtol=1e-8)


def test_without_covariates_and_ties_the_score_test_is_the_log_rank_test():
    rng = np.random.default_rng(5)
    group, time, event = rng.integers(0, 2, 60), rng.exponential(1, 60), rng.random(60) < 0.8
    observed = expected = variance = 0.0
    for t in time[event]:
        risk = time >= t
        share = group[risk].mean()
        observed += group[time == t].sum()
        expected += share
        variance += share * (1 - share)
    result = cox_screen(group[:, None].astype(float), time, event.astype(float), np.zeros((60, 0)))
    assert_allclose(score_statistics(result, event.sum())[0], (observed - expected) / np.sqrt(variance), rtol=1e-12)


def test_strata_labels_may_be_text_and_their_names_do_not_matter(study):
    named = np.array(["site c", "site a", "site b"])[study.strata]
    one = cox_screen(study.features, study.time, study.event, study.covariates[:, 1:], strata=study.strata)
    other = cox_screen(study.features, study.time, study.event, study.covariates[:, 1:], strata=named)
    assert_allclose(one.log10_p, other.log10_p, rtol=1e-9)


def test_a_shift_of_a_feature_between_strata_changes_nothing(study):
    moved = study.features[:, 5:] + 1e6 * study.strata[:, None]
    one = cox_screen(study.features[:, 5:], study.time, study.event, study.covariates[:, 1:], strata=study.strata)
    other = cox_screen(moved, study.time, study.event, study.covariates[:, 1:], strata=study.strata)
    assert_allclose(one.statistic, other.statistic, rtol=1e-6)


def test_a_subject_without_time_or_event_is_left_out(study):
    time, event = study.time.copy(), study.event.copy()
    time[:10], event[10:20] = np.nan, np.nan
    result = cox_screen(study.features, time, event, study.covariates[:, 1:])
    rest = cox_screen(study.features[20:], study.time[20:], study.event[20:], study.covariates[20:, 1:])
    assert_allclose(result.log10_p, rest.log10_p, rtol=1e-9)
    assert result.n[0, 0] == study.n - 20


def test_a_level_without_events_carries_no_information(study):
    level = study.covariates[:, 3] == 1
    event = np.where(level, 0.0, study.event)
    for call in (
        lambda k: cox_screen(study.features[k], study.time[k], event[k], study.covariates[k, 1:]),
        lambda k: cox_interaction_screen(
            study.features[k], study.time[k], event[k], study.covariates[k, 1:], study.treatment[k]
        ),
    ):
        everyone, rest = call(np.ones(study.n, dtype=bool)), call(~level)
        assert_allclose(everyone.statistic, rest.statistic, rtol=1e-4, atol=1e-5)


def test_a_monotone_likelihood_is_separation_with_its_supremum(study):
    level = study.covariates[:, 3] == 1
    event = np.where(level, 0.0, study.event)
    fit = cox_fit(np.column_stack([level, study.covariates[:, 1]]), study.time, event)
    rest = cox_fit(study.covariates[~level, 1:2], study.time[~level], event[~level])
    assert fit.status == Status.SEPARATION
    assert np.all(np.isnan(fit.coefficients))
    assert_allclose(fit.log_likelihood, rest.log_likelihood, atol=1e-4)
    ordered = cox_fit(-study.features[:, [6]], study.features[:, 6] - study.features[:, 6].min(), np.ones(study.n))
    assert ordered.status == Status.SEPARATION


def test_too_few_events_and_dependent_columns_are_statuses(study):
    event = np.zeros(study.n)
    event[:4] = 1
    assert np.all(cox_screen(study.features, study.time, event, np.zeros((study.n, 0))).status == Status.TOO_FEW)
    assert cox_fit(study.features[:, 5:9], study.time, event).status == Status.TOO_FEW
    assert cox_fit(study.covariates[:, 1:], study.time, study.event).status == Status.CONSTANT
    assert cox_fit(study.strata[:, None], study.time, study.event, strata=study.strata).status == Status.CONSTANT


def test_a_feature_that_is_constant_within_strata_is_constant(study):
    x = study.strata[:, None].astype(float)
    result = cox_screen(x, study.time, study.event, study.covariates[:, 1:], strata=study.strata)
    assert result.status[0, 0] == Status.CONSTANT


def test_bad_times_and_events_are_refused(study):
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        cox_screen(study.features, study.time, study.event + 1, study.covariates[:, 1:])
    with pytest.raises(ValueError, match="infinite"):
        cox_fit(study.features[:, [6]], np.full(study.n, np.inf), study.event)
    with pytest.raises(ValueError, match="strata of shape"):
        cox_fit(study.features[:, [6]], study.time, study.event, strata=study.strata[:-1])


def test_a_column_that_varies_only_where_nobody_is_at_risk_is_constant(study):
    time, event = study.time.copy(), study.event.copy()
    early = np.argsort(time)[:10]
    event[early] = 0.0
    time[early] = 0.5  # censored before the first event
    x = np.zeros(study.n)
    x[early[:5]] = 1.0
    assert cox_fit(np.column_stack([x, study.features[:, 6]]), time, event).status == Status.CONSTANT
    assert cox_screen(x[:, None], time, event, study.covariates[:, 1:]).status[0, 0] == Status.CONSTANT


def test_a_missing_covariate_is_refused(study):
    study.covariates[3, 1] = np.nan
    with pytest.raises(ValueError, match="covariates hold missing"):
        cox_screen(study.features, study.time, study.event, study.covariates[:, 1:])


@pytest.mark.parametrize("strata", [None, np.arange(120) % 3], ids=["one stratum", "three strata"])
def test_beyond_the_limit_an_interactions_p_value_is_that_of_the_likelihood_ratio(study, strata):
    from scipy.stats import t

    t_, c = study.treatment, study.covariates[:, 1:4]
    time = np.ceil(study.time * np.exp(-1.2 * study.features[:, 8] * t_))
    result = cox_interaction_screen(study.features, time, study.event, c, t_, strata=strata)
    far = np.flatnonzero(np.abs(result.statistic[:, 0]) > TAIL)
    assert 8 in far
    for j in far:
        x = study.features[:, j] - study.features[:, j].mean()
        smaller = np.column_stack([c[:, [0, 1, 2]], t_, x])
        full, null = (
            cox_fit(design, time, study.event, strata=strata)
            for design in (np.column_stack([smaller, x * t_]), smaller)
        )
        ratio = 2 * (full.log_likelihood - null.log_likelihood)
        dof = result.dof[j, 0]
        expected = 2 * t.sf(np.sqrt(ratio * dof / study.event.sum()), dof)
        assert_allclose(result.p_value[j, 0], expected, rtol=1e-6)


def test_an_interaction_without_a_finite_maximum_still_has_a_p_value():
    rng = np.random.default_rng(3)
    n = 120
    t_, x = (np.arange(n) % 2).astype(float), (rng.random(n) < 0.3).astype(float)
    time, event = rng.exponential(5, n), np.ones(n)
    event[(x == 1) & (t_ == 1)] = 0.0  # no treated carrier has an event
    result = cox_interaction_screen(x[:, None], time, event, np.zeros((n, 0)), t_)
    assert result.status[0, 0] == 0
    assert 0 < result.p_value[0, 0] < 0.01
