"""What the quality stage says of a finished run, and what a policy makes of a sample that was given twice."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import tiny_study
import yaml
from tiny_study import not_run_yet

pytestmark = pytest.mark.timeout(600)


def test_a_study_in_order_hears_of_no_fault(finished):
    findings = pl.read_parquet(finished.results / "quality" / "findings.parquet")
    assert findings.height > 3
    assert findings.filter(severity="loud").is_empty()
    page = (finished.results / "report" / "index.html").read_text(encoding="utf-8")
    assert "Quality of samples and laboratories" in page


@pytest.mark.slow
def test_a_sample_given_twice_is_left_out_and_a_batch_of_responders_is_loud_and_caps_tiers(finished, tmp_path):
    """One run for both: a doubled sample, and a batch that has nearly all responders and shifts every marker."""
    project = not_run_yet(finished, tmp_path / "a study")
    path = project.folder / "markers.csv"
    table = pl.read_csv(path)
    draw = np.random.default_rng(1).normal(size=(table.height, 60))
    subjects = pl.read_csv(project.folder / "subjects.csv")
    responds = subjects["bor"].is_in(["CR", "PR"]).to_numpy()
    batch = np.where(responds ^ (np.arange(table.height) % 8 == 3), "L2", "L1")
    draw[8] = draw[4]
    draw += np.where(batch == "L2", 1.5, 0.0)[:, None] * np.linspace(0.5, 1.5, 60)
    table = table.select("subject_id").with_columns(pl.Series(f"m{k:02d}", draw[:, k]) for k in range(60))
    table.write_csv(path)
    labels = ["", *batch.tolist()[1:]]
    subjects.select("subject_id", batch=pl.Series(labels)).write_csv(project.folder / "batches.csv")
    content = yaml.safe_load(project.study.read_text(encoding="utf-8"))
    content["modalities"]["markers"]["scale"] = "log2"
    content["quality"] = {"policy": "exclude", "batches": {"markers": {"path": "batches.csv", "correct": "combat"}}}
    tiny_study.write_study(project.folder, content)
    run = project.biomarker("run", "study.yaml", "--cores", "2")
    assert run.status == 0, run.out
    samples = pl.read_parquet(project.results / "quality" / "samples.parquet")
    twins = [table["subject_id"][row] for row in (4, 8)]
    assert set(samples.filter(check="duplicate")["subject_id"]) == set(twins)
    assert samples["excluded"].all()
    flow = pl.read_parquet(project.results / "flow.parquet")
    left = flow.filter(pl.col("reason") == "sample left out by quality control")
    assert left["n"].to_list() == [2]
    assert flow.filter(pl.col("reason") == "in no batch that the batch table names")["n"].to_list() == [1]
    findings = pl.read_parquet(project.results / "quality" / "findings.parquet").filter(check="batch_outcome")
    loud = findings.filter(endpoint="response", severity="loud").row(0, named=True)
    assert (loud["modality"], loud["tier_cap"]) == ("markers", "C")
    candidates = pl.read_parquet(project.results / "candidates.parquet").filter(modality="markers")
    assert set(candidates.filter(endpoint="response")["tier"].cast(pl.String)) == {"C"}
    recipes = pl.read_parquet(project.results / "candidate_recipes.parquet")
    assert set(recipes["transform"]) == {"combat_log2"}
    assert {"shift:L1", "shift:L2", "mean"} <= set(recipes["name"])
    page = (project.results / "report" / "index.html").read_text(encoding="utf-8")
    assert "one sample under two ids" in page
    assert "the batch alone foretells the outcome" in page
    assert not any(name in page for name in twins)
