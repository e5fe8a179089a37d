"""All checks of a small study: what they find, and what a policy makes of it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary
from biomarker.data.matrix import FeatureValues
from biomarker.data.quality_tables import QualityControls
from biomarker.data.treatment import Comparison, Treatment
from biomarker.features.builder import Built, Matching
from biomarker.features.judged import LEFT_OUT, mended, without_samples
from biomarker.quality.findings import TABLES
from biomarker.quality.judge import JudgeSettings, judge

N = 120
IDS = tuple(f"P{i:03d}" for i in range(N))
START = date(2024, 1, 1)


def study(seed=0):
    draw = np.random.default_rng(seed)
    female = (np.arange(N) % 2).astype(float)
    arm = draw.permutation(np.arange(N) % 2)
    cohort = Cohort(
        subject_ids=IDS,
        covariates=pl.DataFrame({"age": draw.normal(60, 8, N), "sex": np.where(female == 1, "f", "m")}),
        endpoints=(
            Binary(name="response", label="Response", better="event", values=draw.integers(0, 2, N).astype(float)),
        ),
        treatment=Treatment(tuple(np.where(arm, "drug", "placebo").tolist()), (Comparison("drug", "placebo"),)),
    )
    values = draw.normal(5, 1, size=(N, 40))
    values[:, 0], values[:, 1] = 6 * female + draw.normal(0, 0.3, N), 6 * (1 - female) + draw.normal(0, 0.3, N)
    names = ["XIST", "RPS4Y1", *(f"G{k}" for k in range(38))]
    table = pl.DataFrame({"feature_id": names, "label": names, "unit": [""] * 40})
    day = np.sort(draw.integers(0, 400, size=N))
    records = pl.DataFrame(
        {
            "subject_id": IDS,
            "test": ["albumin"] * N,
            "value": 40 * np.exp(draw.normal(0, 0.05, N)),
            "unit": ["g/L"] * N,
            "date": [START + timedelta(days=int(d)) for d in day],
        }
    )
    return cohort, FeatureValues(values, table, IDS, "log2"), records, female, draw


def made(cohort, matrix, records, female, *, batches=None, policy="flag"):
    return judge(
        cohort, {"rna": matrix}, {"labs": records}, sex=female, groups={}, batches=batches or {},
        settings=JudgeSettings(policy=policy, permutations=199, seed=1),
    ).tables  # fmt: skip


def test_a_study_in_order_gives_notes_only_and_every_table_keeps_its_schema():
    cohort, matrix, records, female, draw = study()
    tables = made(
        cohort, matrix, records, female, batches={"rna": dict(zip(IDS, draw.choice(["A", "B"], N), strict=True))}
    )
    for name, schema in TABLES.items():
        schema.validate(tables[name])
    assert set(tables["findings"]["severity"].cast(pl.String)) == {"note"}
    assert tables["samples"].is_empty()


def test_faults_are_found_named_and_capped():
    cohort, matrix, records, female, draw = study(1)
    values = matrix.values.copy()
    values[[2, 5]] = values[[5, 2]]
    late = pl.col("date") >= START + timedelta(days=200)
    records = records.with_columns(value=pl.when(late).then(pl.col("value") * 1.2).otherwise(pl.col("value")))
    response = cohort.endpoints[0].values
    batch = {s: "B" if (r if draw.random() < 0.9 else 1 - r) else "A" for s, r in zip(IDS, response, strict=True)}
    values[:, 2:] += np.where([batch[s] == "B" for s in IDS], 1.0, 0.0)[:, None]
    tables = made(
        cohort,
        FeatureValues(values, matrix.features, IDS, "log2"),
        records,
        female,
        batches={"rna": batch},
        policy="exclude",
    )
    assert tables["samples"].filter(check="sex")["subject_id"].to_list() == ["P002", "P005"]
    assert tables["samples"].filter(check="sex")["excluded"].all()
    drift = tables["drift"].row(0, named=True)
    assert (drift["flagged"], drift["applied"], drift["kind"]) == (True, "excluded", "step")
    assert drift["change"] == pytest.approx(1.2, abs=0.05)
    cap = tables["batches"].filter(check="batch_outcome").row(0, named=True)
    assert (cap["endpoint"], cap["tier_cap"], cap["flagged"]) == ("response", "C", True)
    loud = set(tables["findings"].filter(severity="loud")["check"].cast(pl.String))
    assert loud == {"sex", "drift", "batch_outcome"}
    assert not any("P00" in str(row) for row in tables["findings"].rows())


def drifted(applied, kind="step"):
    return pl.DataFrame(
        {
            "modality": "labs", "test": "albumin", "group": "S1", "source": "patients",
            "flagged": True, "applied": applied, "kind": kind,
            "onset": "2024-01-11", "last": "2024-01-31", "on_logarithm": True, "change": 1.25,
            "slope": np.log(1.25) / 20,
        }
    )  # fmt: skip


RECORDS = pl.DataFrame(
    {
        "subject_id": ["a", "a", "b", "c", "a"],
        "test": ["albumin", "albumin", "albumin", "albumin", "ALT"],
        "value": [40.0, 50.0, 50.0, 50.0, 50.0],
        "date": [date(2024, 1, 10), date(2024, 1, 31), date(2024, 1, 21), date(2024, 1, 31), date(2024, 1, 31)],
    }
)
NO_RUNS = QualityControls.create_empty()
SITES = {"a": "S1", "b": "S1", "c": "S2"}


def test_results_of_a_drifting_analyser_are_left_out_at_its_site_from_the_onset_on():
    kept = mended(RECORDS, drifted("excluded"), NO_RUNS, SITES)
    assert kept.rows() == [RECORDS.row(0), RECORDS.row(3), RECORDS.row(4)]
    assert mended(RECORDS, drifted("nothing"), NO_RUNS, SITES).equals(RECORDS)


def test_results_are_corrected_by_what_the_drift_had_reached():
    assert mended(RECORDS, drifted("corrected"), NO_RUNS, SITES)["value"].to_list() == pytest.approx(
        [40, 40, 40, 50, 50]
    )
    ramp = mended(RECORDS, drifted("corrected", "ramp"), NO_RUNS, SITES)["value"].to_list()
    assert ramp == pytest.approx([40, 40, 50 / np.sqrt(1.25), 50, 50])


def test_samples_left_out_are_counted():
    table = pl.DataFrame({"feature_id": ["x"], "label": ["x"], "unit": [""]})
    built = Built(
        FeatureValues(np.array([[1.0], [2.0], [3.0]]), table, ("a", "b", "c"), "log2"),
        Matching(4, 3, {"not in the modality": 1}, 0),
    )
    kept = without_samples(built, frozenset({"b", "z"}))
    assert kept.values.subject_ids == ("a", "c")
    assert kept.values.values.ravel().tolist() == [1.0, 3.0]
    assert kept.matching == Matching(4, 2, {"not in the modality": 1, LEFT_OUT: 1}, 0)
    assert without_samples(built, frozenset()) is built
