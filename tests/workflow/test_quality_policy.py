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
def test_a_sample_given_twice_is_named_left_out_and_counted(finished, tmp_path):
    project = not_run_yet(finished, tmp_path / "a study")
    path = project.folder / "markers.csv"
    table = pl.read_csv(path)
    draw = np.random.default_rng(1).normal(size=(table.height, 60))
    draw[8] = draw[4]
    table = table.select("subject_id").with_columns(pl.Series(f"m{k:02d}", draw[:, k]) for k in range(60))
    table.write_csv(path)
    content = yaml.safe_load(project.study.read_text(encoding="utf-8"))
    content["quality"] = {"policy": "exclude"}
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
    page = (project.results / "report" / "index.html").read_text(encoding="utf-8")
    assert "one sample under two ids" in page
    assert not any(name in page for name in twins)
