"""Markers of one name in two modalities, from the study file to the report: two markers, told apart everywhere."""

from __future__ import annotations

import polars as pl
import pytest
import tiny_study
from tiny_study import ONE_MODALITY


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_they_are_two_markers_and_never_taken_for_one(tmp_path):
    tiny_study.write_files(tmp_path, subjects=60, features=12)
    markers = pl.read_csv(tmp_path / "markers.csv")
    turned = markers.with_columns(-pl.col("^m.*$").exclude("mutated"))
    turned.write_csv(tmp_path / "more.csv")
    given = ONE_MODALITY["markers"]
    content = tiny_study.settings(modalities={"markers": given, "more": {**given, "path": "more.csv"}})
    tiny_study.write_study(tmp_path, content)
    run = tiny_study.command("biomarker", "run", "study.yaml", "--cores", "2", cwd=tmp_path)
    assert run.status == 0, run.out
    results = tmp_path / "results" / "tiny"
    candidates = pl.read_parquet(results / "candidates.parquet")
    key = ["candidate_id", "endpoint", "comparison", "contrast"]
    assert not candidates.select(pl.struct(key).is_duplicated().any()).item()
    assert (candidates["candidate_id"] == candidates["features"].list.first()).all()
    assert set(candidates["candidate_id"].str.split(":").list.first()) == {"markers", "more"}

    both = candidates.pivot("modality", index=["label", *key[1:]], values="estimate").drop_nulls()
    numbers = both.filter(pl.col("label") != "mutated")
    assert numbers.height > 5
    assert (numbers["markers"] + numbers["more"]).abs().max() < 1e-3, "each has the values of its own file"
    curves = pl.read_parquet(results / "candidate_curves.parquet")
    assert set(curves["candidate_id"]) <= set(candidates["candidate_id"])
    page = (results / "report" / "index.html").read_text(encoding="utf-8")
    assert "m01 (markers)" in page
    assert "m01 (more)" in page
