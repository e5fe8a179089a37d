"""A second cohort goes from its own study file to the dossiers of the first."""

import polars as pl
import pytest
import tiny_study
from tiny_study import ONE_MODALITY, Project

SHRINKAGE = [tiny_study.STUDY["endpoints"][2]]


def two_cohorts(folder, *, features):
    """A study and another with ten subjects more: the same ones, or others where `features` differs."""
    tiny_study.write_files(folder, subjects=100, features=8)
    (folder / "other").mkdir()
    tiny_study.write_files(folder / "other", subjects=110, features=features)
    second = tiny_study.settings(modalities=ONE_MODALITY, endpoints=SHRINKAGE)
    second["study"] = {"name": "second", "seed": 8}
    tiny_study.write_study(folder / "other", second)
    first = tiny_study.settings(modalities=ONE_MODALITY, endpoints=SHRINKAGE, replication=["other/study.yaml"])
    first["screen"] = {"permuted_runs": 1}
    tiny_study.write_study(folder, first)
    return Project(tiny_study.ROOT, folder)


@pytest.mark.slow
def test_leading_candidates_are_tried_again_and_their_dossiers_say_so(tmp_path):
    project = two_cohorts(tmp_path, features=9)
    run = project.biomarker("run", "study.yaml", "--cores", "2")
    assert run.status == 0, run.out
    found = pl.read_parquet(project.results / "replication.parquet")
    row = found.filter(candidate_id="markers:m01", contrast="predictive").row(0, named=True)
    assert (row["cohort"], row["status"], row["held"], row["same_direction"]) == ("second", "ok", True, True)
    assert row["cutoff"] is not None
    assert 0 < row["prevalence"] < 1
    effects = pl.read_parquet(project.results / "candidate_effects.parquet").filter(candidate_id="markers:m01")
    again = effects.filter(contrast="predictive", basis="replication")
    assert again["cohort"].unique().to_list() == ["second"]
    assert set(again["population"]) == {"all", "positive", "negative"}
    assert set(effects["basis"]) > {"replication", "raw"}
    scores = pl.read_parquet(project.results / "candidate_scores.parquet")
    own = scores.filter(candidate_id="markers:m01", contrast="predictive", part="replication")
    assert own["value"].to_list() == [1.0]
    candidates = pl.read_parquet(project.results / "candidates.parquet")
    tried = found.filter("held").select("candidate_id", "endpoint", "comparison", "contrast")
    best = candidates.filter(pl.col("tier") == "A")
    assert best.height
    assert best.join(tried, on=tried.columns, how="anti").is_empty(), "none is in tier A that did not hold"
    page = (project.results / "report" / "index.html").read_text(encoding="utf-8")
    assert "Tried again in further cohorts" in page
    assert not (tmp_path / "results" / "second" / "candidates.parquet").exists(), "up to its features alone"
    again = project.biomarker("run", "study.yaml", "--cores", "2")
    assert again.status == 0, again.out
    assert "replicate" not in again.out


@pytest.mark.slow
def test_a_cohort_of_the_same_subjects_ends_the_run_and_a_missing_file_or_name_is_told_before_it(tmp_path):
    project = two_cohorts(tmp_path, features=8)
    study = project.study.read_text(encoding="utf-8")
    for wrong, words in (
        (study.replace("other/study.yaml", "other/nowhere.yaml"), "there is no such study file"),
        (study.replace("other/study.yaml", "study.yaml"), "the name 'tiny' stands twice"),
        (study.replace("other/study.yaml", "markers.csv"), "is no study file"),
    ):
        project.study.write_text(wrong, encoding="utf-8")
        for verb in ("run", "check"):
            told = project.biomarker(verb, "study.yaml")
            assert told.status == 2, told.out
            assert words in told
            assert "Traceback" not in told
    project.study.write_text(study, encoding="utf-8")
    run = project.biomarker("run", "study.yaml", "--cores", "2", "--until", "replicate")
    assert run.status == 2, run.out
    assert "100 subjects of second are those of the discovery cohort" in run
    assert tiny_study.MARK not in run.out
