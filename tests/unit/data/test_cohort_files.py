"""A cohort on disk comes back as it was."""

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from polars.testing import assert_frame_equal

from biomarker.data.cohort_files import read_cohort, read_endpoints, read_subjects, write_endpoints, write_subjects
from biomarker.data.endpoint import Binary, Continuous, Ordinal, Survival
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.tables import read_metadata
from biomarker.errors import SchemaError

IDS = ["s1", "s2", "ß3", "s4"]
NAN = np.nan
ENDPOINTS = (
    Binary("response", "Best response", np.array([1, 0, NAN, 1.0]), better="non_event"),
    Continuous("size", "Tumour size", np.array([1.5, NAN, -3, 1e-300]), unit="%", better="lower"),
    Ordinal("grade", "Grade", np.array([0, 2, 1, NAN]), levels=("low", "mid", "high"), better="lower"),
    Survival("os", "Überleben", np.array([3, NAN, 0.1, 9]), event=np.array([1, NAN, 0, 1]), unit="d", better="shorter"),
)
TREATMENT = {
    "comparisons": [["drug", "placebo"], ["other", "placebo"]],
    "assignment": "observational",
    "probability": 0.3,
}


def subjects(**columns):
    nothing = pl.Series([None] * 4, dtype=pl.String)
    return pl.DataFrame({"subject_id": IDS, "patient": nothing, "group": nothing, "arm": nothing, **columns})


def write(tmp_path, table=None, treatment=None, keep_missing=(), endpoints=ENDPOINTS):
    paths = tmp_path / "subjects.parquet", tmp_path / "endpoints.parquet"
    table = subjects() if table is None else table
    write_subjects(table, paths[0], treatment=treatment, keep_missing=keep_missing, provenance={"provenance_id": "p"})
    write_endpoints(IDS, endpoints, paths[1], provenance={"provenance_id": "p"})
    return paths


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.type)
def test_an_endpoint_of_each_type_comes_back_as_it_was(tmp_path, endpoint):
    (got,) = read_endpoints(write(tmp_path, endpoints=[endpoint])[1])
    assert type(got) is type(endpoint)
    for name in ("name", "label", "better", "unit", "levels", "good_sign"):
        assert getattr(got, name, None) == getattr(endpoint, name, None)
    assert_array_equal(got.values, endpoint.values)
    if isinstance(endpoint, Survival):
        assert_array_equal(got.event, endpoint.event)


def test_endpoints_keep_their_order(tmp_path):
    got = read_endpoints(write(tmp_path)[1])
    assert [e.name for e in got] == ["response", "size", "grade", "os"]


def test_treatment_covariates_and_matrices_come_back(tmp_path):
    table = subjects(cov_age=[50.0, None, 70.0, 61.5], cov_site=["a", None, "b", "a"]).with_columns(
        arm=pl.Series(["drug", "placebo", None, "other"])
    )
    paths = write(tmp_path, table, TREATMENT, ["age"])
    features = pl.DataFrame({"feature_id": ["f"], "label": ["f"], "unit": [""]})
    FeatureMatrix.write(
        tmp_path / "m.parquet", [np.ones((2, 1))], features=features, subject_ids=["s4", "s1"], scale="native"
    )
    cohort = read_cohort(*paths, {"rna": tmp_path / "m.parquet"})
    assert cohort.subject_ids == tuple(IDS)
    assert_frame_equal(
        cohort.covariates, pl.DataFrame({"age": [50.0, None, 70.0, 61.5], "site": ["a", None, "b", "a"]})
    )
    assert cohort.keep_missing == ("age",)
    assert cohort.treatment.arms == ("drug", "placebo", None, "other")
    assert [c.name for c in cohort.treatment.comparisons] == ["drug vs placebo", "other vs placebo"]
    assert (cohort.treatment.assignment, cohort.treatment.probability) == ("observational", 0.3)
    assert cohort.rows_of(cohort.matrices["rna"]).tolist() == [3, 0]


def test_a_study_without_treatment_and_covariates_comes_back(tmp_path):
    cohort = read_cohort(*write(tmp_path), {})
    assert cohort.treatment is None
    assert (cohort.covariates.height, cohort.covariates.width) == (4, 0)
    assert cohort.covariate_columns()[0].shape == (4, 0)


def test_both_files_carry_their_provenance(tmp_path):
    for path in write(tmp_path):
        assert read_metadata(path)["provenance_id"] == "p"


def test_one_file_is_not_taken_for_the_other(tmp_path):
    people, answers = write(tmp_path)
    with pytest.raises(SchemaError, match="is no table of subjects"):
        read_subjects(answers)
    with pytest.raises(SchemaError, match="is no table of endpoints"):
        read_endpoints(people)


def test_equal_cohorts_are_equal_bytes(tmp_path):
    first = [path.read_bytes() for path in write(tmp_path / "a", treatment=TREATMENT)]
    assert first == [path.read_bytes() for path in write(tmp_path / "b", treatment=TREATMENT)]
