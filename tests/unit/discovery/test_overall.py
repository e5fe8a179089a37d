"""The treatment's effect in everybody against statsmodels and lifelines."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from lifelines import CoxPHFitter
from numpy.testing import assert_allclose

from biomarker.data.tables import OverallEffects
from biomarker.discovery.overall import overall_effects

from .conftest import make_cohort, make_study


def frame_of(study, endpoint, arms=("drug", "placebo")):
    """Complete cases by hand, with the treatment first."""
    frame = pd.DataFrame({"arm": study.arms, "age": study.age, "sex": study.sex, "site": study.site})
    frame["y"] = study.endpoints[endpoint]["values"]
    if "event" in study.endpoints[endpoint]:
        frame["event"] = study.endpoints[endpoint]["event"]
    frame["age missing"] = frame["age"].isna().astype(float)
    frame["age"] = frame["age"].fillna(60.0)
    frame = frame[frame["arm"].isin(arms) & frame["site"].notna() & frame["y"].notna()]
    dummies = pd.get_dummies(frame[["sex", "site"]], drop_first=True, dtype=float)
    active = (frame["arm"] == arms[0]).astype(float).rename("active")
    return frame, pd.concat([active, frame[["age", "age missing"]], dummies], axis=1)


def of(effects, endpoint):
    return OverallEffects.validate(effects).filter(pl.col("endpoint") == endpoint).row(0, named=True)


def test_continuous_effect_is_least_squares_with_a_t_interval(cohort, study):
    frame, design = frame_of(study, "size")
    fit = sm.OLS(frame["y"], sm.add_constant(design)).fit()
    got = of(overall_effects(cohort), "size")
    assert_allclose([got["estimate"], got["std_error"]], [fit.params["active"], fit.bse["active"]], rtol=1e-9)
    assert_allclose([got["ci_low"], got["ci_high"]], fit.conf_int().loc["active"], rtol=1e-9)
    assert_allclose(got["p_value"], fit.pvalues["active"], rtol=1e-9)
    assert (got["events_active"], got["effect_scale"]) == (None, "difference")


def test_binary_effect_is_logistic_regression(cohort, study):
    frame, design = frame_of(study, "response")
    fit = sm.Logit(frame["y"], sm.add_constant(design)).fit(disp=0, tol=1e-12)
    got = of(overall_effects(cohort), "response")
    assert_allclose([got["estimate"], got["std_error"]], [fit.params["active"], fit.bse["active"]], rtol=1e-6)
    assert_allclose([got["ci_low"], got["ci_high"]], fit.conf_int().loc["active"], rtol=1e-6)
    assert_allclose(got["p_value"], fit.pvalues["active"], rtol=1e-6)
    active = design["active"] == 1
    assert (got["n_active"], got["n_control"]) == (active.sum(), (~active).sum())
    assert (got["events_active"], got["events_control"]) == (frame["y"][active].sum(), frame["y"][~active].sum())


def test_survival_effect_is_cox_regression(cohort, study):
    frame, design = frame_of(study, "pfs")
    data = pd.concat([design, frame[["y", "event"]]], axis=1)
    fit = CoxPHFitter().fit(data, "y", "event", fit_options={"precision": 1e-10})
    got = of(overall_effects(cohort), "pfs")
    assert_allclose(got["estimate"], fit.params_["active"], rtol=1e-5)  # lifelines stops there
    assert_allclose(got["std_error"], fit.standard_errors_["active"], rtol=1e-5)
    assert_allclose(got["p_value"], fit.summary.loc["active", "p"], rtol=1e-4)
    assert got["events_active"] + got["events_control"] == frame["event"].sum()


def test_the_unadjusted_effect_is_that_of_treatment_alone_in_the_same_subjects(cohort, study):
    effects = overall_effects(cohort)
    frame, design = frame_of(study, "response")
    logit = sm.Logit(frame["y"], sm.add_constant(design[["active"]])).fit(disp=0, tol=1e-12)
    data, design = frame_of(study, "pfs")
    cox = CoxPHFitter().fit(data[["y", "event"]].join(design["active"]), "y", "event")
    size, design = frame_of(study, "size")
    means = size["y"].groupby(design["active"]).mean()
    for endpoint, expected in (
        ("response", (logit.params["active"], *logit.conf_int().loc["active"])),
        ("pfs", (cox.params_["active"], *cox.confidence_intervals_.loc["active"])),
    ):
        got = of(effects, endpoint)
        shown = [got[f"{key}_unadjusted"] for key in ("estimate", "ci_low", "ci_high")]
        assert_allclose(shown, expected, rtol=1e-5)
        assert got["estimate"] != shown[0]
    assert_allclose(of(effects, "size")["estimate_unadjusted"], means[1] - means[0], rtol=1e-9)


@pytest.mark.parametrize("endpoint", ["response", "size", "pfs"])
def test_benefit_is_counted_as_the_patient_counts_it(cohort, endpoint):
    got = of(overall_effects(cohort), endpoint)
    good = -1 if endpoint == "pfs" else 1
    assert got["benefit_sign"] == int(np.sign(got["estimate"])) * good


def test_each_comparison_has_its_rows_and_uses_its_arms(tmp_path):
    study = make_study(levels=("high", "low", "placebo"))
    effects = overall_effects(make_cohort(study, tmp_path, comparisons=(("high", "placebo"), ("low", "placebo"))))
    assert effects.height == 6
    frame, design = frame_of(study, "size", ("low", "placebo"))
    fit = sm.OLS(frame["y"], sm.add_constant(design)).fit()
    got = of(effects.filter(pl.col("comparison") == "low vs placebo"), "size")
    assert_allclose(got["estimate"], fit.params["active"], rtol=1e-9)


def test_a_single_arm_study_has_no_treatment_effect(tmp_path, study):
    effects = overall_effects(make_cohort(study, tmp_path, single_arm=True))
    assert (effects.height, effects.columns) == (0, OverallEffects.column_names())


@pytest.mark.parametrize("endpoint", ["response", "size", "pfs"])
@pytest.mark.parametrize("arms", [("drug",), ("drug", "placebo")])
def test_an_endpoint_unknown_in_an_arm_has_no_effect_and_says_why(tmp_path, study, endpoint, arms):
    lost = np.isin(np.array(study.arms, dtype=object), arms)
    for key in {"values", "event"} & set(study.endpoints[endpoint]):
        study.endpoints[endpoint][key][lost] = np.nan
    study.arms[3] = None
    if len(arms) == 2:  # the only subjects with the endpoint take no part in the comparison
        study.endpoints[endpoint]["values"][3:4] = 1.0
        spare = [i for i, site in enumerate(study.site) if site is None]
        study.endpoints[endpoint]["values"][spare] = np.arange(len(spare)) % 2 + (endpoint == "pfs")
        if endpoint == "pfs":
            study.endpoints[endpoint]["event"][[3, *spare]] = 1.0
    got = of(overall_effects(make_cohort(study, tmp_path)), endpoint)
    assert got["status"] != "ok"
    assert got["reason"]
    for column in ("estimate", "std_error", "ci_low", "ci_high", "p_value", "benefit_sign"):
        assert got[column] is None
