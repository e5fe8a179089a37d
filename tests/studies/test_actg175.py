"""2,139 randomised adults with HIV, four arms: known hazard ratios, and nothing measured later passes for baseline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from lifelines import CoxPHFitter
from real_study import HERE, LIMITS, Study, as_printed, lay_out, one, run
from scipy import special

from biomarker.errors import BiomarkerError, LeakageError
from biomarker.operate.check import check_study
from biomarker.stages import ingest
from biomarker.stages.job import Job
from biomarker.stats.cox_fit import cox_fit

pytestmark = [pytest.mark.study, pytest.mark.timeout(300)]

STUDY = HERE / "actg175.yaml"
FILES = ("actg175.csv",)
LATER = ("offtrt", "cd420", "cd820", "cd496", "r")
ARMS = {
    "zidovudine + didanosine vs zidovudine": (1, 0),
    "zidovudine + zalcitabine vs zidovudine": (2, 0),
    "didanosine vs zidovudine": (3, 0),
    "zidovudine + didanosine vs didanosine": (1, 3),
}


@pytest.fixture(scope="module")
def data(reference_data) -> Path:
    return reference_data / "actg175"


@pytest.fixture(scope="module")
def trial(data):
    import pandas as pd

    return pd.read_csv(data / "actg175.csv")


@pytest.fixture(scope="module")
def actg(data, tmp_path_factory) -> Study:
    """The study file as it is: adjusted for the stratum that randomisation was stratified by."""
    return run(lay_out(tmp_path_factory.mktemp("actg175"), STUDY, data, FILES, None))


@pytest.fixture(scope="module")
def pooled(data, tmp_path_factory) -> Study:
    """Any other treatment against zidovudine, nothing adjusted for."""

    def change(content):
        content["subjects"]["covariates"] = []
        content["subjects"]["treatment"] = {
            "column": "treat", "names": {"0": "zidovudine", "1": "any other"}, "active": "any other",
            "control": "zidovudine",
        }  # fmt: skip

    return run(lay_out(tmp_path_factory.mktemp("pooled"), STUDY, data, FILES, change))


# --- the treatments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comparison", "hazard_ratio", "n", "events"),
    [
        ("zidovudine + didanosine vs zidovudine", "0.495 0.39 0.63", 1054, 284),
        ("zidovudine + zalcitabine vs zidovudine", "0.527 0.42 0.67", 1056, 290),
        ("didanosine vs zidovudine", "0.590 0.47 0.74", 1093, 309),
    ],
)
def test_the_known_hazard_ratios_of_each_treatment_against_zidovudine(actg, comparison, hazard_ratio, n, events):
    row = one(actg.table("overall_effects"), comparison=comparison)
    as_printed(np.exp([row[f"{key}_unadjusted"] for key in ("estimate", "ci_low", "ci_high")]), hazard_ratio)
    assert row["n_active"] + row["n_control"] == n
    assert row["events_active"] + row["events_control"] == events
    assert row["benefit_sign"] == 1


def test_the_page_prints_both_and_says_what_the_adjusted_ones_are_adjusted_for(actg):
    page = actg.page()
    for printed in ("0.495", "0.527", "0.590"):
        assert printed in page
    assert "from the model with antiretroviral history" in page


@pytest.mark.parametrize("comparison", ARMS)
def test_adjusted_hazard_ratios_are_those_of_lifelines(actg, trial, comparison):
    active, control = ARMS[comparison]
    part = trial[trial["arms"].isin([active, control])]
    design = part[["days", "cens", "strat"]].assign(active=(part["arms"] == active).astype(float))
    fit = CoxPHFitter().fit(design, "days", "cens", fit_options={"precision": 1e-9})
    row = one(actg.table("overall_effects"), comparison=comparison)
    expected = [fit.params_["active"], fit.standard_errors_["active"], fit.summary.loc["active", "p"]]
    np.testing.assert_allclose([row[k] for k in ("estimate", "std_error", "p_value")], expected, rtol=1e-4)


# --- the markers ------------------------------------------------------------------------------------------------------


def test_the_baseline_cd4_count_alone_has_the_known_hazard_ratio(actg):
    """From the tables of the run: no arm and no covariate in the model, as in the known number."""
    outcome, cd4 = actg.table("cohort/endpoints"), actg.features("baseline", "cd40")
    assert outcome["subject_id"].to_list() == cd4["subject_id"].to_list()
    time, event = outcome["progression"].to_numpy(), outcome["progression.event"].to_numpy()
    fit = cox_fit(cd4["value"].to_numpy()[:, None] / 100, time, event)
    as_printed(np.exp(fit.coefficients[0] + LIMITS * fit.std_error[0]), "0.675 0.62 0.73")


def test_the_baseline_cd4_count_is_prognostic_whatever_the_arm(pooled, actg, trial):
    design = trial[["days", "cens", "treat", "cd40"]]
    fit = CoxPHFitter().fit(design, "days", "cens", fit_options={"precision": 1e-9})
    row = one(pooled.table("candidates"), candidate_id="baseline:cd40", contrast="prognostic")
    np.testing.assert_allclose(
        [row["estimate"], row["ci_low"], row["ci_high"]],
        [fit.params_["cd40"], *fit.confidence_intervals_.loc["cd40"]],
        rtol=1e-4,
    )
    for study in (pooled, actg):
        row = one(study.table("candidates"), candidate_id="baseline:cd40", contrast="prognostic")
        assert (row["rank"], row["n"], row["n_events"], row["benefit_sign"]) == (1, 2139, 521, 1)
        assert row["q_value"] < 1e-10


def test_earlier_treatment_does_not_change_the_effect_of_treatment(pooled, actg):
    row = one(pooled.screen("predictive", "baseline"), feature_id="str2")
    limits = row["refit_estimate"] + LIMITS * row["refit_std_error"]
    as_printed(np.exp(limits), "1.05 0.71 1.55")
    as_printed([row["p_value"]], "0.80")
    for study in (pooled, actg):
        rows = study.table("candidates").filter(candidate_id="baseline:str2", contrast="predictive")
        assert (rows["q_value"] > 0.05).all()


def test_the_borderline_interaction_with_age_is_not_called(data, tmp_path):
    """p = 0.049 before any correction for the number of markers."""

    def change(content):
        content["subjects"]["covariates"] = []
        content["subjects"]["treatment"]["comparisons"] = [["zidovudine + didanosine", "didanosine"]]

    study = run(lay_out(tmp_path, STUDY, data, FILES, change))
    row = one(study.table("candidates"), candidate_id="baseline:age", contrast="predictive")
    as_printed(np.exp(10 * np.array([row["estimate"], row["ci_low"], row["ci_high"]])), "0.742 0.55 1.00")
    assert (row["n"], row["n_events"]) == (1083, 231)
    fit = one(study.screen("predictive", "baseline"), feature_id="age")
    as_printed([2 * special.ndtr(-abs(fit["refit_estimate"] / fit["refit_std_error"]))], "0.049")
    assert 0.04 < row["p_value"] < 0.06  # the score test is another test than Wald's
    assert row["q_value"] > 0.05
    assert study.table("candidates").filter(contrast="predictive")["q_value"].min() > 0.05


def test_what_is_the_same_for_all_is_kept_with_the_reason(actg):
    screened = actg.screen("prognostic", "baseline")
    row = one(screened, feature_id="zprior")
    assert (row["status"], row["p_value"]) == ("filtered", None)
    assert row["reason"] == "the same in all subjects with a value"


# --- what was measured later ------------------------------------------------------------------------------------------


def refused(folder: Path) -> str:
    with pytest.raises(BiomarkerError) as caught:
        list(check_study(folder / "study.yaml"))
    return caught.value.message


@pytest.mark.parametrize("column", LATER)
def test_a_column_measured_later_is_refused_with_its_reason(data, tmp_path, column):
    def change(content):
        content["modalities"]["baseline"]["exclude"].remove(column)

    reason = yaml.safe_load(STUDY.read_text(encoding="utf-8"))["subjects"]["post_baseline"][column]
    lay_out(tmp_path, STUDY, data, FILES, change)
    assert f"not known at baseline: {column} ({reason})" in refused(tmp_path)


@pytest.mark.parametrize("orientation", ["subjects_in_rows", "features_in_rows"])
def test_it_is_refused_as_well_where_it_comes_with_another_file(data, tmp_path, trial, orientation):
    def change(content):
        content["modalities"]["more"] = {
            "type": "matrix", "path": "more.parquet", "id": "pidnum", "orientation": orientation
        }  # fmt: skip

    lay_out(tmp_path, STUDY, data, FILES, change)
    values = pl.DataFrame({name.upper(): trial[name].to_numpy().astype(float) for name in ("wtkg", "cd420")})
    ids = trial["pidnum"].astype(str).to_list()
    if orientation == "subjects_in_rows":
        table = values.insert_column(0, pl.Series("pidnum", ids))
    else:
        table = values.transpose(include_header=True, header_name="pidnum", column_names=ids)
    table.write_parquet(tmp_path / "more.parquet")
    assert "modality more: these columns are not known at baseline: CD420 (CD4 at week 20)" in refused(tmp_path)


@pytest.mark.parametrize(
    ("covariates", "words"),
    [
        (["age", "cd420"], "'cd420', which `post_baseline` lists (CD4 at week 20)"),
        ([{"name": "stopped", "column": "offtrt"}], "'stopped', which `post_baseline` lists (whether treatment ended"),
        (["cens"], "'cens', a column of the endpoint 'progression'"),
    ],
)
def test_no_model_is_adjusted_for_what_came_later(data, tmp_path, covariates, words):
    def change(content):
        content["subjects"]["covariates"] = covariates

    lay_out(tmp_path, STUDY, data, FILES, change)
    assert words in refused(tmp_path)


def test_a_run_is_refused_like_a_check(data, tmp_path):
    """The stage that reads the file refuses it, whoever has not asked for a check before."""
    source = yaml.safe_load(STUDY.read_text(encoding="utf-8"))["modalities"]["baseline"]
    job = Job(
        stage="ingest",
        results=tmp_path,
        inputs={"sources.actg175": data / "actg175.csv"},
        outputs={name: tmp_path / f"{name}.parquet" for name in ("content", "quarantine", "flow", "privacy")},
        settings={
            "modality": "baseline",
            "source": {**source, "exclude": ["cd820"]},
            "post_baseline": {"cd420": "week 20"},
        },
        code="",
        label="ingest.baseline",
    )
    with pytest.raises(LeakageError, match=r"cd420 \(week 20\)"):
        ingest.run(job)
    assert not list(tmp_path.iterdir())
