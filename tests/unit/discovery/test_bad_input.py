"""Bad input, method by method: a status and a reason in the row, or one clear error; never a warning."""

import warnings
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary, Continuous, Ordinal, Survival
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.tables import Screen
from biomarker.data.treatment import Comparison, Treatment
from biomarker.discovery.negative_control import negative_control
from biomarker.discovery.screen import screen_modality
from biomarker.discovery.stability import StabilitySettings, stability

from .conftest import make_settings

N = 80
#: Features by what is wrong with them, and the statuses that may say so; ``ok`` is a number that needs no excuse.
FEATURES = {
    "plain": {"ok"},
    "constant": {"filtered"},
    "all missing": {"missing", "filtered"},
    "one carrier": {"too_few", "constant"},
    "known in three": {"too_few", "filtered", "missing"},
    "as large as it gets": {"ok", "overflow", "not_converged"},
    "as small as it gets": {"ok", "overflow", "constant", "not_converged"},
    "ties everywhere": {"ok"},
    "tells the outcome apart": {"ok", "separation", "not_converged"},
    "a copy of a covariate": {"constant"},
}
ENDPOINTS = ("binary", "continuous", "ordinal", "survival")


def features(rng, covariate, outcome):
    x = np.full((N, len(FEATURES)), np.nan)
    x[:, 0] = rng.standard_normal(N)
    x[:, 1] = 7.0
    x[:, 3] = np.arange(N) == 5
    x[:3, 4] = (1.0, 2.0, 3.0)
    x[:, 5] = 3e38 * rng.choice([-1.0, 0.5, 1.0], N)
    x[:, 6] = 1e-37 * rng.standard_normal(N)
    x[:, 7] = np.arange(N) % 2
    x[:, 8] = outcome
    x[:, 9] = covariate
    return x.astype(np.float32).astype(float)


def endpoints(rng, outcome, *, zero_events_in=None):
    event = (rng.random(N) < 0.7).astype(float)
    if zero_events_in is not None:
        event[zero_events_in] = 0.0
    return {
        "binary": Binary(name="binary", label="b", values=outcome),
        "continuous": Continuous(name="continuous", label="c", values=rng.standard_normal(N) + outcome),
        "ordinal": Ordinal(name="ordinal", label="o", values=rng.integers(0, 3, N) * 1.0, levels=("a", "b", "c")),
        "survival": Survival(
            name="survival", label="s", values=np.ceil(rng.exponential(3, N)), event=event, better="longer"
        ),
    }


def cohort(folder, kind, *, scale="native", several=False, constant_covariate=False, **changes):
    rng = np.random.default_rng(3)
    outcome = (np.arange(N) % 3 == 0).astype(float)
    age = np.round(rng.normal(60, 8, N))
    site = np.array(["a", "b"])[(np.arange(N) // 4) % 2]
    zero = site == "b" if changes.pop("zero_events_in_a_stratum", False) else None
    ids = [f"s{i:03d}" for i in range(N)]
    matrix = FeatureMatrix.write(
        folder / "x.parquet", [features(rng, age, outcome)],
        features=pl.DataFrame({"feature_id": list(FEATURES), "label": list(FEATURES), "unit": ""}),
        subject_ids=ids, scale=scale,
    )  # fmt: skip
    covariates = pl.DataFrame({"age": age, "site": site})
    if constant_covariate:
        covariates = covariates.with_columns(twice=pl.col("age") * 2.0, always=pl.lit(1.0))
    return Cohort(
        subject_ids=tuple(ids),
        covariates=covariates,
        endpoints=(endpoints(rng, outcome, zero_events_in=zero)[kind],),
        treatment=Treatment(
            tuple(np.array(["drug", "placebo"])[rng.integers(0, 2, N)]), (Comparison("drug", "placebo"),)
        ),
        patients=np.arange(N) // 2 if several else None,
        matrices={"rna": matrix},
        **changes,
    )  # fmt: skip


def screened(study, contrast, **changes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table, _ = screen_modality(
            study,
            "rna",
            contrast,
            settings=make_settings(filters={"min_detection": 0.0}, **({"min_events": 5} | changes)),
        )
    return Screen.validate(table)  # fmt: skip


@pytest.mark.parametrize("several", [False, True], ids=["one sample", "several samples"])
@pytest.mark.parametrize("contrast", ["prognostic", "predictive"])
@pytest.mark.parametrize("kind", ENDPOINTS)
def test_each_bad_feature_has_its_status_and_reason_in_every_method(tmp_path, kind, contrast, several):
    table = screened(cohort(tmp_path, kind, several=several), contrast)
    for row in table.iter_rows(named=True):
        assert row["status"] in FEATURES[row["feature_id"]], (row["feature_id"], row["status"], row["reason"])
        if row["status"] == "ok":
            numbers = [row[name] for name in ("estimate", "std_error", "p_value", "log10_p")]
            assert all(value is not None and np.isfinite(value) for value in numbers), row["feature_id"]
        else:
            assert row["reason"]
            assert row["p_value"] is None


@pytest.mark.parametrize("moderated", ["always", "never"])
def test_moderated_and_plain_slopes_do_so_too(tmp_path, moderated):
    table = screened(cohort(tmp_path, "continuous", scale="log2"), "prognostic", moderated=moderated)
    assert all(row["status"] in FEATURES[row["feature_id"]] for row in table.iter_rows(named=True))


@pytest.mark.parametrize("contrast", ["prognostic", "predictive"])
def test_a_stratum_without_an_event_tells_nothing_and_breaks_nothing(tmp_path, contrast):
    study = cohort(tmp_path, "survival", zero_events_in_a_stratum=True)
    row = screened(study, contrast, strata=("site",), min_events=5).row(0, named=True)
    assert row["status"] in ("ok", "too_few")
    assert (row["p_value"] is None) == (row["reason"] is not None)


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_covariates_that_repeat_each_other_change_no_test(tmp_path, kind):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one = screened(cohort(tmp_path / "a", kind), "prognostic")
    same = screened(cohort(tmp_path / "b", kind, constant_covariate=True), "prognostic")
    got, want = (table["p_value"].fill_null(2.0).to_numpy() for table in (same, one))
    assert np.allclose(got, want, rtol=1e-5)


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_fewer_subjects_than_a_test_needs_are_too_few_by_name(tmp_path, kind):
    study = cohort(tmp_path, kind)
    own = study.endpoints[0]
    few = np.where(np.isin(np.arange(N), (0, 1, 2, 3)), own.values, np.nan)
    extra = {"event": np.where(np.isnan(few), np.nan, 1.0)} if kind == "survival" else {}
    if kind == "ordinal":
        few[:4] = (0.0, 1.0, 2.0, 1.0)
    table = screened(replace(study, endpoints=(replace(own, values=few, **extra),)), "predictive")
    assert not (table["status"] == "ok").any()
    assert table["reason"].null_count() == 0


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_half_samples_and_permuted_subjects_survive_the_same(tmp_path, kind):
    study = cohort(tmp_path, kind)
    tables = pl.concat([screened(study, contrast) for contrast in ("prognostic", "predictive")])
    settings = make_settings(filters={"min_detection": 0.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, lists = stability(study, tables, settings=StabilitySettings(pairs=3, first=2, seed=1))
        null = negative_control(
            study, tables, settings=settings, runs=1, seed=1, q=0.05, correction="benjamini-hochberg"
        )
    assert lists.height == 2
    assert set(null["permutation"]) == {0, 1}
