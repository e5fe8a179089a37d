"""One study file joins eight modalities of the simulated trial end to end, one of them taken under treatment."""

from __future__ import annotations

import json
import shutil

import numpy as np
import polars as pl
import pytest
from real_study import Study, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

LATE = "week4"


@pytest.fixture(scope="module")
def trial(project, tmp_path_factory) -> Study:
    folder = tmp_path_factory.mktemp("modalities")
    shutil.copyfile(project / "config" / "studies" / "modalities.yaml", folder / "study.yaml")
    return run(folder / "study.yaml")


def test_features_of_all_modalities_are_joined_by_subject(trial):
    flow = trial.table("flow")
    used = flow.filter(scope="features", unit="subjects", kind="used")
    assert dict(used.select("modality", "n").iter_rows()).keys() == {
        "rna", "labs", LATE, "dna", "protein", "lfq", "cna", "cells"
    }  # fmt: skip
    assert used["n"].min() > 130
    tested = trial.table("candidates").select("modality").unique()["modality"].to_list()
    assert set(tested) == {"rna", "labs", "dna", "protein", "lfq", "cna", "cells"}


def test_variants_of_the_vcf_are_those_of_the_maf(trial):
    maf = pl.read_csv(trial.results / "simulated" / "mutations.maf.gz", separator="\t", comment_prefix="#")
    altered = maf.filter(pl.col("Variant_Classification") != "Silent", pl.col("Hugo_Symbol") == "TP53")
    found = trial.features("dna", "TP53")
    assert found.height > 130  # without those that were not sequenced or whose sample quality control left out
    expected = found["subject_id"].is_in(altered["Tumor_Sample_Barcode"].to_list())
    assert found["value"].cast(bool).to_list() == expected.to_list()
    assert 0.3 < expected.mean() < 0.6


def test_what_is_measured_under_treatment_is_analysed_from_the_landmark_on_and_is_no_candidate(trial):
    subjects = pl.read_csv(trial.results / "simulated" / "subjects.csv")
    followed = subjects.filter(pl.col("pfs_months") > 28 / (365.25 / 12)).height
    late = trial.table(f"landmark/{LATE}")
    assert late["n"].max() <= followed
    assert set(late["endpoint"]) == {"pfs"}
    flow = trial.table("flow").filter(scope="landmark", endpoint="pfs")
    early = flow.filter(pl.col("reason").str.contains("landmark").fill_null(value=False))["n"].sum()
    assert early == subjects.height - followed
    for name in ("candidates", "candidate_effects", "candidate_rules", "predictive/markers"):
        assert LATE not in json.dumps(trial.table(name).to_dicts(), default=str)
    report = json.loads((trial.results / "report" / "report.json").read_text(encoding="utf-8"))
    (section,) = [one for one in report["sections"] if one["id"] == "landmark"]
    assert section["blocks"][0]["text"]["say"] == "landmark.intro"


def test_values_after_the_landmark_change_nothing(trial):
    """CEA follows the tumour under treatment: what is known of it later must not be in the features of week 4."""
    labs = pl.read_csv(trial.results / "simulated" / "labs.csv", infer_schema=False)
    subjects = pl.read_csv(trial.results / "simulated" / "subjects.csv", try_parse_dates=True)
    start = subjects.select("subject_id", "randomised_on")
    values = labs.filter(pl.col("test") == "CEA").join(start, on="subject_id").with_columns(
        day=(pl.col("date").str.to_date() - pl.col("randomised_on")).dt.total_days(),
        number=pl.col("value").cast(float, strict=False),
    )  # fmt: skip
    last = (
        values.filter(pl.col("day").is_between(-28, 28), pl.col("number").is_not_null())
        .sort("day")
        .group_by("subject_id")
        .agg(expected=pl.col("number").last())
    )
    both = trial.features(LATE, "CEA.last").join(last, on="subject_id")
    assert both.height > 100
    np.testing.assert_allclose(both["value"], both["expected"], rtol=1e-6)
