"""IMvigor210: one arm, 348 samples of 347 patients; textbook markers of response, and every number of patients."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from lifelines import CoxPHFitter
from real_study import HERE, LIMITS, Study, as_printed, lay_out, one, run
from scipy import stats

from biomarker.errors import BiomarkerError
from biomarker.operate.check import check_study
from biomarker.stats.cox_fit import cox_fit

pytestmark = [pytest.mark.study, pytest.mark.timeout(300)]

STUDY = HERE / "imvigor210.yaml"
FILES = ("clinical.csv", "expression.parquet", "mutations.csv", "mutations_tested_subjects.csv",
         "mutations_panel_genes.txt")  # fmt: skip
TMB = "clinical:FMOne.mutation.burden.per.MB"
LIVER = {"name": "liver metastasis", "column": "Met.Disease.Status", "is": ["Liver"], "missing": "drop"}


def adjusted_for_liver(content):
    """Liver metastasis is a covariate and no marker; who has no known site is left out."""
    content["study"]["name"] = "imvigor210-liver"
    content["subjects"]["covariates"] = [LIVER]
    content["rank"] = {"keep": 300}
    clinical = content["modalities"]["clinical"]
    for name in ("labels", "codes"):
        del clinical[name]["Met.Disease.Status"]
    clinical["columns"].remove("Met.Disease.Status")


@pytest.fixture(scope="module")
def data(reference_data) -> Path:
    return reference_data / "imvigor210"


@pytest.fixture(scope="module")
def imvigor(data, tmp_path_factory) -> Study:
    return run(lay_out(tmp_path_factory.mktemp("imvigor210"), STUDY, data, FILES, None))


@pytest.fixture(scope="module")
def liver(data, tmp_path_factory) -> Study:
    return run(lay_out(tmp_path_factory.mktemp("liver"), STUDY, data, FILES, adjusted_for_liver))


@pytest.fixture(scope="module")
def samples(data) -> pd.DataFrame:
    """All 348 samples, by their id; who responded is 1, who did not 0, NE unknown."""
    clinical = pd.read_csv(data / "clinical.csv", index_col="subject_id")
    answer = clinical["binaryResponse"].map({"CR/PR": 1.0, "SD/PD": 0.0})
    return clinical.assign(
        response=answer,
        tmb=clinical["FMOne.mutation.burden.per.MB"],
        liver=(clinical["Met.Disease.Status"] == "Liver").astype(float).where(clinical["Met.Disease.Status"].notna()),
        patient=clinical["ANONPT_ID"],
    )


@pytest.fixture(scope="module")
def genes(data) -> pd.DataFrame:
    return pd.read_parquet(data / "expression.parquet").set_index("subject_id")


# --- who is analysed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run_of", "of_genes", "of_burden"), [("imvigor", (298, 68), (234, 61)), ("liver", (271, 52), (210, 47))]
)
def test_the_known_numbers_of_patients_and_responders_are_analysed(request, run_of, of_genes, of_burden):
    study = request.getfixturevalue(run_of)
    found = study.screen("response", "genes").filter(endpoint="response")
    assert found.height == 872
    assert set(found.select("n", "n_events").iter_rows()) == {of_genes}
    burden = one(study.table("candidates"), candidate_id=TMB, endpoint="response")
    assert (burden["n"], burden["n_events"]) == of_burden


@pytest.mark.parametrize("run_of", ["imvigor", "liver"])
def test_every_candidate_on_the_page_says_how_many_patients_it_rests_on(request, run_of):
    study = request.getfixturevalue(run_of)
    blocks = [block for section in study.report()["sections"] for block in section["blocks"]]
    shown = next(block for block in blocks if block.get("id") == "candidates")
    at = [column["key"] for column in shown["columns"]].index("n")
    candidates = study.table("candidates").sort("rank_overall")
    assert [row[at] for row in shown["rows"]] == candidates["n"].to_list()
    assert len(shown["rows"]) >= 200


def test_the_second_sample_of_a_patient_is_left_out_counted_and_told(imvigor, samples):
    (twice,) = samples["patient"].value_counts().loc[lambda count: count > 1].index
    first, second = samples.index[samples["patient"] == twice]
    analysed = imvigor.table("cohort/subjects")["subject_id"].to_list()
    assert len(analysed) == samples["patient"].nunique() == 347
    assert first in analysed
    assert second not in analysed
    account = imvigor.table("flow").filter(scope="ingest", modality="subjects", kind="excluded")
    assert account.select("reason", "n").rows() == [("another sample of the same patient", 1)]
    page = imvigor.page()
    assert "One sample a patient is analysed, the first in the file; 1 further left out" in page
    assert "another sample of the same patient" in page


def test_that_patient_is_in_no_analysis_of_response_and_once_in_those_of_survival(imvigor, samples):
    """So the known numbers of response hold for patients as they do for samples, and those of survival lose one."""
    (twice,) = samples["patient"].value_counts().loc[lambda count: count > 1].index
    both = samples[samples["patient"] == twice]
    assert both["response"].isna().all()
    assert both[["os", "censOS", "Baseline.ECOG.Score"]].nunique().eq(1).all()
    assert both["tmb"].tolist() == [4, 5]  # two samples of one tumour measure alike, not the same
    overall = imvigor.screen("response", "genes").filter(endpoint="os")
    assert set(overall.select("n", "n_events").iter_rows()) == {(348 - 1, 232 - 1)}
    assert one(imvigor.table("candidates"), candidate_id=TMB, endpoint="os")["n"] == 272 - 1


def test_who_was_not_evaluable_is_missing_and_no_non_responder(imvigor):
    account = imvigor.table("flow").filter(scope="endpoints", endpoint="response")
    assert dict(account.select("kind", "n").rows()) == {"in": 347, "excluded": 49, "used": 298}
    assert account.filter(kind="excluded")["reason"].item() == (
        "Best.Confirmed.Overall.Response is NE: neither event nor non-event"
    )
    response = imvigor.table("cohort/endpoints")["response"]
    assert (response.sum(), response.len() - response.null_count()) == (68, 298)


def test_the_values_of_genes_are_taken_as_they_are(imvigor, genes):
    """They are on a log scale, with negative values: a second logarithm would lose these."""
    assert (genes["CXCL9"] < 0).any()
    for name in ("CXCL9", "TGFB1", "CD274"):
        taken = imvigor.features("genes", name)
        given = genes.loc[taken["subject_id"].to_list(), name].to_numpy()
        np.testing.assert_array_equal(taken["value"].to_numpy(), given.astype(np.float32))


# --- what is found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "direction"),
    [(TMB, "high -> responds"), ("genes:CXCL9", "high -> responds"), ("genes:TGFB1", "high -> does not respond")],
)
def test_the_known_markers_point_the_known_way_and_pass(imvigor, liver, marker, direction):
    row = one(imvigor.table("candidates"), candidate_id=marker, endpoint="response")
    assert (row["direction"], row["q_value"] <= 0.05) == (direction, True)
    row = one(liver.table("candidates"), candidate_id=marker, endpoint="response")
    print(f"{marker} given liver metastasis: p = {row['p_value']:.2g}, q = {row['q_value']:.2g}")
    assert row["direction"] == direction
    assert row["p_value"] < 0.05


@pytest.mark.parametrize("run_of", ["imvigor", "liver"])
def test_mutational_burden_leads_its_modality_and_the_whole_list(request, run_of):
    found = request.getfixturevalue(run_of).table("candidates").filter(endpoint="response").sort("rank")
    assert found.filter(modality="clinical")["candidate_id"][0] == TMB
    assert TMB in found["candidate_id"].head(2).to_list()


@pytest.mark.parametrize(
    ("modality", "marker", "area", "n"),
    [
        ("clinical", "FMOne.mutation.burden.per.MB", "0.728", 234),
        ("genes", "CXCL9", "0.644", 298),
        ("genes", "TGFB1", "0.339", 298),
        ("genes", "CD274", "0.567", 298),
    ],
)
def test_the_markers_as_screened_have_the_known_areas_under_the_curve(imvigor, modality, marker, area, n):
    table = imvigor.features(modality, marker).join(imvigor.table("cohort/endpoints"), on="subject_id")
    known = table.select("value", "response").filter(pl.all_horizontal(pl.all().is_not_null() & pl.all().is_not_nan()))
    assert known.height == n
    high, low = (known.filter(response=answer)["value"].to_numpy() for answer in (1.0, 0.0))
    as_printed([stats.mannwhitneyu(high, low).statistic / (len(high) * len(low))], area)


def test_rates_of_response_by_pd_l1_on_immune_cells_are_the_known_ones(imvigor):
    table = imvigor.features("clinical", "IC.Level").join(imvigor.table("cohort/endpoints"), on="subject_id")
    known = table.filter(pl.col("response").is_not_null(), pl.col("value").is_not_nan())
    rates = known.group_by("value").agg(pl.col("response").sum(), n=pl.len()).sort("value").rows()
    assert rates == [(0.0, 13.0, 83), (1.0, 20.0, 112), (2.0, 35.0, 102)]
    row = one(imvigor.table("candidates"), candidate_id="clinical:IC.Level", endpoint="response")
    assert (row["n"], row["direction"]) == (297, "high -> responds")
    assert "PD-L1 on immune cells: IC0 = 0, IC1 = 1, IC2+ = 2" in imvigor.page()


def test_mutated_genes_are_counted_among_those_who_were_tested(imvigor):
    known = {"TERT": 177, "TP53": 140, "ARID1A": 62, "FGFR3": 52, "CDKN2A": 51, "RB1": 43}
    for gene, altered in known.items():
        values = imvigor.features("mutations", gene)["value"]
        assert (len(values), values.sum()) == (274, altered)
    screened = imvigor.screen("response", "mutations").filter(pl.col("feature_id").is_in(list(known)))
    assert set(screened.filter(endpoint="response")["n"]) == {237}
    assert screened.filter(endpoint="os").select("feature_id", "n_with").rows() == [
        (name, known[name]) for name in sorted(known)
    ]
    assert screened.filter(endpoint="response")["p_value"].min() > 0.05
    account = imvigor.table("flow").filter(scope="features", modality="mutations", unit="subjects")
    assert dict(account.select("kind", "n").rows()) == {"in": 347, "excluded": 73, "used": 274}


# --- against other programs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run_of", ["imvigor", "liver"])
@pytest.mark.parametrize("marker", [TMB, "genes:CXCL9", "genes:TGFB1", "genes:IFNG", "clinical:IC.Level"])
def test_odds_ratios_and_p_values_are_those_of_statsmodels(request, samples, genes, run_of, marker):
    study = request.getfixturevalue(run_of)
    frame = _frame(study, samples, genes, marker, "response", run_of)
    fit = sm.Logit(frame.pop("response"), sm.add_constant(frame)).fit(disp=0, tol=1e-12)
    row = one(study.table("candidates"), candidate_id=marker, endpoint="response")
    assert row["n"] == fit.nobs
    ours = [row[name] for name in ("estimate", "std_error", "ci_low", "ci_high")]
    np.testing.assert_allclose(
        ours, [fit.params["x"], fit.bse["x"], *fit.conf_int().loc["x"]], rtol=1e-5, err_msg=marker
    )
    null = frame.drop(columns="x")
    endog = fit.model.endog
    restricted = (
        sm.Logit(endog, sm.add_constant(null)).fit(disp=0).llf
        if null.shape[1]
        else sm.Logit(endog, np.ones((len(endog), 1))).fit(disp=0).llf
    )
    ratio = stats.chi2.sf(2 * (fit.llf - restricted), 1)
    assert row["p_refit"] == pytest.approx(ratio, rel=1e-4)
    # the score test of the screen is another test of the same hypothesis: of one order with it
    assert abs(row["log10_p"] - np.log10(ratio)) < 1


@pytest.mark.parametrize("run_of", ["imvigor", "liver"])
@pytest.mark.parametrize("marker", [TMB, "genes:CXCL9", "clinical:Baseline.ECOG.Score", "clinical:IC.Level"])
def test_hazard_ratios_are_those_of_lifelines(request, samples, genes, run_of, marker):
    study = request.getfixturevalue(run_of)
    frame = _frame(study, samples, genes, marker, "os", run_of)
    fit = CoxPHFitter().fit(frame, "os", "censOS", fit_options={"precision": 1e-9})
    row = one(study.table("candidates"), candidate_id=marker, endpoint="os")
    assert (row["n"], row["n_events"]) == (len(frame), frame["censOS"].sum())
    ours = [row[name] for name in ("estimate", "std_error", "ci_low", "ci_high")]
    theirs = [fit.params_["x"], fit.standard_errors_["x"], *fit.confidence_intervals_.loc["x"]]
    np.testing.assert_allclose(ours, theirs, rtol=2e-4, err_msg=marker)


def _frame(study, samples, genes, marker, endpoint, run_of) -> pd.DataFrame:
    """Complete cases of one analysis from the files: the marker as x, the endpoint, and the covariate."""
    modality, _, name = marker.partition(":")
    people = samples.drop_duplicates("patient")
    x = genes[name] if modality == "genes" else people[name]
    if name == "IC.Level":
        x = x.map({"IC0": 0.0, "IC1": 1.0, "IC2+": 2.0})
    columns = {"x": x.reindex(people.index).astype(float)}
    columns |= {"response": people["response"]} if endpoint == "response" else {
        "os": people["os"], "censOS": people["censOS"]
    }  # fmt: skip
    if run_of == "liver":
        columns["liver"] = people["liver"]
    return pd.DataFrame(columns).dropna()


@pytest.mark.parametrize(
    ("marker", "hazard_ratio", "n"),
    [
        (lambda s: (s["tmb"] >= 10).astype(float).where(s["tmb"].notna()), "0.575 0.42 0.79", 272),
        (lambda s: s["Baseline.ECOG.Score"], "1.72 1.38 2.14", 348),
        (lambda s: s["liver"].fillna(0.0), "2.02 1.54 2.66", 348),
        (lambda s: s["liver"], "1.91 1.45 2.52", 316),
    ],
    ids=["burden of ten and more", "ECOG", "liver, unknown is none", "liver, unknown left out"],
)
def test_hazard_ratios_known_for_samples_hold_for_samples_and_hardly_move_for_patients(
    samples, marker, hazard_ratio, n
):
    """The known numbers count the second sample of one patient, who died early, a second time."""

    def fit(table: pd.DataFrame):
        x = marker(table).astype(float)
        known = x.notna()
        fitted = cox_fit(x[known].to_numpy()[:, None], table["os"][known].to_numpy(), table["censOS"][known].to_numpy())
        ratios = np.exp(fitted.coefficients[0] + LIMITS * fitted.std_error[0])
        return ratios, int(known.sum())

    every, counted = fit(samples)
    assert counted == n
    as_printed(every, hazard_ratio)
    patients, counted = fit(samples.drop_duplicates("patient"))
    assert counted == n - 1
    print(f"samples {np.round(every, 3)} (n={n}), patients {np.round(patients, 3)} (n={n - 1})")
    np.testing.assert_allclose(patients, every, rtol=0.02)


# --- what is not claimed ----------------------------------------------------------------------------------------------


def test_nothing_is_called_predictive_without_a_control_arm(imvigor):
    candidates = imvigor.table("candidates")
    assert candidates["contrast"].unique().to_list() == ["response"]
    assert not any("benefit" in words for words in candidates["direction"].cast(pl.String).unique())
    page = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", imvigor.page())
    assert "predictive candidate" not in page
    assert "what is prognostic and what depends on the drug cannot be told apart" in page


def test_nobody_responds_by_surviving(imvigor):
    found = imvigor.table("candidates").filter(endpoint="os")["direction"].cast(pl.String).unique().sort().to_list()
    assert found == ["high -> better outcome", "high -> worse outcome"]


def response_as_a_marker(content):
    content["modalities"]["clinical"]["columns"].append("binaryResponse")
    content["modalities"]["clinical"]["codes"]["binaryResponse"] = {"CR/PR": 1, "SD/PD": 0}


def response_as_a_covariate(content):
    content["subjects"]["covariates"] = ["binaryResponse"]


def the_endpoint_itself_as_a_covariate(content):
    content["subjects"]["covariates"] = [
        {"name": "responder", "column": "Best.Confirmed.Overall.Response", "is": ["CR", "PR"]}
    ]
    del content["subjects"]["post_baseline"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (response_as_a_marker, r"not known at baseline: binaryResponse \(the response itself"),
        (response_as_a_covariate, "'binaryResponse', which `post_baseline` lists"),
        (the_endpoint_itself_as_a_covariate, "'responder', a column of the endpoint 'response'"),
    ],
)
def test_response_is_no_marker_and_no_covariate_of_survival(data, tmp_path, change, words):
    """Whoever responds has lived until then."""
    path = lay_out(tmp_path, STUDY, data, FILES, change)
    with pytest.raises(BiomarkerError, match=words):
        list(check_study(path))


def test_check_says_how_many_are_known_and_finds_no_leak(data, tmp_path):
    said = list(check_study(lay_out(tmp_path, STUDY, data, FILES, None)))
    assert "endpoints: response known in 298, os known in 347" in said
    assert not [line for line in said if line.startswith("warning: ") and "suspicious" in line]
