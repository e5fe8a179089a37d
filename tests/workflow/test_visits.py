"""States at visits and a measured utility go from the study file to strategies, tables and the report."""

import numpy as np
import polars as pl
import pytest
import tiny_study
from tiny_study import ONE_MODALITY, Project

STATES = [
    {"name": "stable", "utility": 0.8, "cost": 200, "treated": True},
    {"name": "progressed", "utility": 0.5, "cost": 1500},
    {"name": "dead", "utility": 0},
]


def write_visits(folder):
    """Visits every 60 days of patients who progress at their pfs and die about a year after; and a utility of each."""
    subjects = pl.read_csv(folder / "subjects.csv")
    draw = np.random.default_rng(4)
    rows = []
    for name, months in subjects.select("subject_id", "pfs_months").iter_rows():
        died = months + draw.exponential(8.0)
        for day in range(0, 721, 60):
            at = day * 12 / 365.25
            if at < died:
                rows.append((name, day, "stable" if at < months else "progressed"))
        if died < 24:
            rows.append((name, died * 365.25 / 12, "dead"))
    rows.append(("stranger", 0.0, "stable"))
    pl.DataFrame(rows, schema=["subject_id", "day", "state"], orient="row").write_csv(folder / "visits.csv")
    index = pl.Series("index", draw.normal(0.7, 0.1, subjects.height).clip(-1, 1))
    subjects.select("subject_id").with_columns(index).write_csv(folder / "quality.csv")
    return index


@pytest.mark.slow
def test_a_study_with_visits(tmp_path):
    tiny_study.write_files(tmp_path, subjects=120, features=8)
    index = write_visits(tmp_path)
    quality = {"type": "matrix", "path": "quality.csv", "id": "subject_id", "orientation": "subjects_in_rows"}
    visits = {"path": "visits.csv", "time": "day", "unit": "days", "states": STATES}
    economics = {"visits": visits, "utility_feature": "quality:index", "draws": 200}
    tiny_study.write_study(
        tmp_path,
        tiny_study.settings(
            modalities={**ONE_MODALITY, "quality": quality},
            endpoints=[tiny_study.STUDY["endpoints"][1]],
            rank={"q": 0.5, "keep": 5},
            trial={"candidate": "markers:m01", "simulations": 100},
            economics=economics,
        ),
    )
    project = Project(tiny_study.ROOT, tmp_path)
    run = project.biomarker("run", "study.yaml", "--cores", "2")
    assert run.status == 0, run.out
    read = {path.stem: pl.read_parquet(path) for path in (project.results / "economics").glob("*.parquet")}
    moves = read["transitions"]
    assert ("stable", "progressed", "rate per month") in moves.select("from_state", "to_state", "term").rows()
    assert "subjects of the file not analysed: 1" in moves["convention"][0]
    effects = moves.filter(pl.col("term").str.starts_with("hazard ratio"))
    assert effects["ci_low"].is_not_null().any()
    assert set(read["trajectories"]["state"].unique()) == {state["name"] for state in STATES}
    strategies = read["strategies"].filter(pl.col("basis").cast(pl.String) == "records")
    assert strategies.height == 3
    assert strategies["convention"].str.starts_with("multi-state model of the visits").all()
    assert strategies["best"].sum() == 1
    measured = read["assumptions"].filter(pl.col("parameter") == "utility_controlled").row(0, named=True)
    assert measured["source"] == "measured"
    assert abs(measured["value"] - index.mean()) < 1e-6
    page = (project.results / "report" / "index.html").read_text(encoding="utf-8")
    assert "How patients move between states" in page
    assert tiny_study.MARK not in run.out
