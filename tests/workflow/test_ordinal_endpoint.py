"""An ordinal endpoint goes from the study file to the report."""

import polars as pl
import pytest
import tiny_study
from tiny_study import ONE_MODALITY, Project


@pytest.mark.slow
def test_a_study_of_best_response_by_its_levels(tmp_path):
    tiny_study.write_files(tmp_path, subjects=120, features=8)
    best = {"name": "best", "type": "ordinal", "column": "bor", "levels": ["PD", "SD", "PR", "CR"]}
    tiny_study.write_study(tmp_path, tiny_study.settings(modalities=ONE_MODALITY, endpoints=[best]))
    project = Project(tiny_study.ROOT, tmp_path)
    run = project.biomarker("run", "study.yaml", "--cores", "2")
    assert run.status == 0, run.out
    table = pl.read_parquet(project.results / "candidates.parquet")
    first = table.filter(pl.col("contrast") == "predictive").sort("rank").row(0, named=True)
    assert (first["candidate_id"], first["direction"]) == ("markers:m01", "high -> benefits from drug")
    assert first["method"] == "proportional odds interaction score test"
    assert first["n_events"] is None
    effects = pl.read_parquet(project.results / "overall_effects.parquet").row(0, named=True)
    assert effects["effect_scale"] == "log odds ratio of a higher level"
    page = (project.results / "report" / "index.html").read_text(encoding="utf-8")
    assert "ordinal" in page
