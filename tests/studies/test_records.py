"""One study file joins records, notes, laboratory values and expression of the simulated trial, end to end."""

from __future__ import annotations

import json
import shutil

import numpy as np
import polars as pl
import pytest
import yaml
from real_study import Study, one, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def trial(project, tmp_path_factory) -> Study:
    folder = tmp_path_factory.mktemp("records")
    shutil.copyfile(project / "config" / "studies" / "records.yaml", folder / "study.yaml")
    return run(folder / "study.yaml")


def test_endpoints_and_arms_are_those_of_the_trial_s_own_table(trial):
    own = pl.read_csv(trial.results / "simulated" / "subjects.csv").sort("subject_id")
    subjects = trial.table("cohort/subjects").sort("subject_id")
    outcome = trial.table("cohort/endpoints").sort("subject_id")
    assert subjects["arm"].to_list() == own["arm"].to_list()
    np.testing.assert_allclose(outcome["pfs"], own["pfs_months"], rtol=1e-12)
    assert outcome["pfs.event"].cast(int).to_list() == own["pfs_event"].to_list()
    response = own["best_response"].replace_strict({"CR": 1.0, "PR": 1.0, "SD": 0.0, "PD": 0.0}, default=None)
    assert outcome["response"].to_list() == response.to_list()


def test_the_planted_laboratory_marker_is_found_among_all_records(trial):
    """The drug helps where LDH is low: planted at five standard errors."""
    row = one(trial.screen("predictive", "labs"), feature_id="LDH.baseline", endpoint="pfs")
    assert row["p_value"] < 1e-3
    found = trial.table("candidates").filter(pl.col("contrast") == "predictive", pl.col("endpoint") == "pfs")
    assert found.filter(pl.col("q_value") < 0.05, pl.col("modality") == "labs")["candidate_id"].to_list() == [
        "labs:LDH.baseline"
    ]


def test_nothing_in_history_notes_and_diary_is_called(trial):
    found = trial.table("candidates").filter(
        pl.col("modality").is_in(["history", "notes", "diary"]), pl.col("q_value") < 0.05
    )
    assert found.is_empty()
    tested = trial.screen("prognostic", "notes").filter(pl.col("status") == "ok")
    assert {"cough", "pain", "poor intake", "dyspnoea"} <= set(tested["feature_id"])


def test_concepts_of_notes_are_those_that_were_written_in_either_language(trial):
    lines = (trial.results / "simulated" / "records" / "notes.ndjson").read_text(encoding="utf-8").splitlines()
    notes = pl.DataFrame([json.loads(line) for line in lines])
    days = trial.table("cohort/subjects").select("subject_id", "date_TRTSDT")
    before = notes.join(days, on="subject_id").filter(pl.col("date").str.to_date() <= pl.col("date_TRTSDT"))
    english = pl.col("text").str.extract(r"^(Patient reports [^.]*)").str.contains("cough").fill_null(value=False)
    japanese = pl.col("text").str.extract("^([^。]*あり)").str.contains("咳嗽").fill_null(value=False)
    truth = before.select("subject_id", there=english | japanese)
    both = trial.features("notes", "cough").join(truth, on="subject_id")
    assert both.height == 400
    assert both["there"].sum() > 50
    assert (both["value"] == both["there"].cast(pl.Float64)).all()


def test_the_quality_of_life_that_patients_wrote_down_is_the_utility_of_the_economic_model(trial):
    entries = pl.read_csv(trial.results / "simulated" / "records" / "diary.csv", try_parse_dates=True)
    value_set = pl.read_csv(trial.results / "simulated" / "records" / "value_set.csv")
    lost = entries.join(value_set, left_on=["item", "value"], right_on=["item", pl.col("level").cast(pl.Float64)])
    moments = lost.group_by("subject_id", "time").agg(index=1 - pl.col("decrement").sum(), answered=pl.len())
    days = trial.table("cohort/subjects").select("subject_id", "date_TRTSDT")
    near = moments.filter(answered=value_set["item"].n_unique()).join(days, on="subject_id").filter(
        (pl.col("time").dt.date() - pl.col("date_TRTSDT")).dt.total_days().is_between(-14, 0)
    )  # fmt: skip
    expected = near.group_by("subject_id").agg(pl.col("index").mean())["index"].mean()
    used = one(trial.table("economics/assumptions"), parameter="utility_controlled")
    np.testing.assert_allclose(used["value"], expected, rtol=1e-9)
    assert used["source"] == "measured"


def test_counts_add_up_on_the_way_from_records_to_features(trial):
    for name in ("labs", "history", "notes", "diary", "rna"):
        flow = trial.table(f"flow/ingest.{name}")
        kinds = dict(flow.group_by("kind").agg(pl.col("n").sum()).rows())
        assert kinds["in"] == kinds.get("used", 0) + kinds.get("excluded", 0) + kinds.get("quarantined", 0)


def test_the_study_file_is_one_that_the_project_ships(project):
    content = yaml.safe_load((project / "config" / "studies" / "records.yaml").read_text(encoding="utf-8"))
    assert {m["type"] for m in content["modalities"].values()} == {"expression", "sdtm-lb", "sdtm-mh", "notes", "diary"}
