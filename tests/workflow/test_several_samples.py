"""Several samples of one patient, all screened with errors clustered by patient."""

import numpy as np
import polars as pl
import polars.selectors as cs
import pytest
import tiny_study
from tiny_study import ONE_MODALITY, Project

from biomarker.data.cohort_files import read_cohort


def several(folder):
    """The tiny study with a second sample of every third patient, measured anew."""
    tiny_study.write_files(folder, subjects=90, features=8)
    rng = np.random.default_rng(3)
    people, markers = (pl.read_csv(folder / name) for name in ("subjects.csv", "markers.csv"))
    people = people.with_columns(patient=pl.lit("P") + pl.int_range(pl.len()).cast(pl.String))
    again = np.arange(0, 90, 3)
    renamed = pl.col("subject_id") + "B"
    more = markers[again].with_columns(renamed, cs.numeric() + pl.Series(rng.normal(0, 0.3, again.size)))
    pl.concat([people, people[again].with_columns(renamed)]).write_csv(folder / "subjects.csv")
    mutated = pl.concat([markers["mutated"], markers["mutated"][again]])
    pl.concat([markers.cast({cs.numeric(): pl.Float64}), more]).with_columns(mutated).write_csv(folder / "markers.csv")
    subjects = {**tiny_study.STUDY["subjects"], "patient": "patient", "samples": "all"}
    tiny_study.write_study(folder, tiny_study.settings(modalities=ONE_MODALITY, subjects=subjects))
    return Project(tiny_study.ROOT, folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    project = several(tmp_path_factory.mktemp("samples"))
    done = project.biomarker("run", "study.yaml", "--cores", "2")
    assert done.status == 0, done.out
    return project


def test_all_samples_are_screened_and_the_method_says_how(run):
    table = pl.read_parquet(run.results / "screen" / "predictive.markers.parquet")
    assert table["method"].str.contains("clustered by patient").all()
    tested = table.filter(pl.col("status") == "ok")
    assert set(tested["n"]) == {120}
    assert (tested["dof"] < 90).all()
    assert table["p_refit"].null_count() == table.height
    first = tested.filter(endpoint="shrinkage").sort("log10_p")["feature_id"][0]
    assert first == "m01"


def test_whatever_follows_the_screens_sees_one_sample_a_patient(run):
    folder = run.results
    found = {name: folder / "cohort" / f"{name}.parquet" for name in ("subjects", "endpoints")}
    alone = read_cohort(found["subjects"], found["endpoints"], {})
    every = read_cohort(found["subjects"], found["endpoints"], {}, every_sample=True)
    assert [int(e.known.sum()) for e in alone.endpoints] == [90, 90, 90]
    assert [int(e.known.sum()) for e in every.endpoints] == [120, 120, 120]
    assert alone.patients is None
    assert np.unique(every.patients).size == 90
    effects = pl.read_parquet(folder / "overall_effects.parquet")
    assert set(effects["n_active"] + effects["n_control"]) == {90}


def test_samples_of_one_patient_in_two_arms_are_refused(tmp_path):
    project = several(tmp_path)
    people = pl.read_csv(tmp_path / "subjects.csv")
    other = pl.when(pl.col("subject_id").str.ends_with("B")).then(pl.lit("drug")).otherwise(pl.col("arm"))
    people.with_columns(arm=other).write_csv(tmp_path / "subjects.csv")
    done = project.biomarker("check", "study.yaml")
    assert done.status == 2
    assert "rows of one patient differ in it" in done.out
