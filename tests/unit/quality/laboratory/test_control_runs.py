"""Control materials, methods and patients as controls: what is found, and what a policy makes of it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from biomarker.data.cohort import Cohort
from biomarker.data.quality_tables import QualityControls, QualityDrift, QualityMethods, QualityMoving
from biomarker.features.judged import mended
from biomarker.quality.control_runs import ControlRuns, judge_controls, judge_results
from biomarker.quality.findings import Findings
from biomarker.quality.judge import JudgeSettings
from biomarker.quality.methods import Methods, judge_methods
from biomarker.quality.patient_runs import DeltaSettings, MovingSettings, judge_deltas, judge_moving

START = date(2024, 1, 1)
RUNS = 90


def results(factor=1.0, seed=0, *, given=True, spoiled=()):
    """A run every other day of two levels, CV 3%; ``factor`` by run, and runs with a gross error of one level."""
    draw = np.random.default_rng(seed)
    common = draw.normal(0, 0.02, RUNS)
    rows = []
    for level, target in (("low", 28.0), ("high", 62.0)):
        value = target * factor * np.exp(common + draw.normal(0, 0.022, RUNS))
        for run in spoiled:
            value[run] *= 1.25 if level == "low" else 1.0
        rows += [
            {"test": "albumin", "level": level, "value": v, "date": START + timedelta(days=2 * i), "run": 1.0}
            | ({"target": target, "sd": 0.03 * target} if given else {})
            for i, v in enumerate(value)
        ]
    return pl.DataFrame(rows)


def judged(table, policy="flag", **settings):
    found = Findings(policy)
    judge_controls(found, "labs", ControlRuns(results=table, **settings), JudgeSettings(policy=policy, seed=3))
    return found


STEP = np.where(np.arange(RUNS) >= 50, 1.12, 1.0)
RAMP = np.exp(0.002 * np.maximum(0, np.arange(RUNS) - 49))


@pytest.mark.parametrize("given", [True, False])
def test_an_analyser_in_order_is_no_finding(given):
    found = judged(results(seed=4, given=given))
    assert not [row for row in found.findings if row["severity"] == "loud"]
    table = QualityControls.validate(found.tables()["controls"])
    assert table.height == 2 * RUNS
    assert table["z"].std() == pytest.approx(1.0, abs=0.2)
    assert not found.tables()["drift"]["flagged"][0]


def test_a_step_is_dated_and_a_ramp_is_foretold_to_cross_three_standard_deviations():
    drift = QualityDrift.validate(judged(results(STEP)).tables()["drift"]).row(0, named=True)
    onset = START + timedelta(days=100)
    assert (drift["kind"], drift["flagged"], drift["source"], drift["crosses"]) == ("step", True, "controls", None)
    assert abs((date.fromisoformat(drift["onset"]) - onset).days) <= 4
    assert drift["change"] == pytest.approx(1.12, abs=0.01)
    ramp = judged(results(RAMP)).tables()["drift"].row(0, named=True)
    # log(1 + 3 x 3%) is reached after 43 runs of two days from the onset
    true = onset + timedelta(days=2 * round(np.log(1.09) / 0.002))
    assert (ramp["kind"], ramp["flagged"]) == ("ramp", True)
    assert abs((date.fromisoformat(ramp["crosses"]) - true).days) <= 20
    assert ramp["crosses_early"] <= ramp["crosses"] <= ramp["crosses_late"]


RECORDS = pl.DataFrame(
    {
        "subject_id": ["a", "b", "c", "d"],
        "test": ["albumin", "albumin", "albumin", "ALT"],
        "value": [40.0, 44.8, 50.0, 50.0],
        # before the step; after it; under the spoiled run 30 (its day and the next); another test
        "date": [START + timedelta(days=d) for d in (12, 130, 61, 61)],
    }
)


def used(policy, table):
    found = judged(table, policy)
    tables = found.tables()
    return found, mended(RECORDS, tables["drift"], tables["controls"], {})


def test_results_under_a_rejected_run_are_left_out_until_the_next_run_and_nothing_else():
    table = results(seed=1, spoiled=(30,))
    found, kept = used("exclude", table)
    assert kept["subject_id"].to_list() == ["a", "b", "d"]
    judge_results(found, "labs", RECORDS, {})
    counted = found.findings[-1]
    assert (counted["check"], counted["n_checked"], counted["n_flagged"]) == ("control_results", 3, 1)
    assert used("flag", table)[1].equals(RECORDS)


def test_a_drift_seen_by_controls_is_divided_off_and_a_run_that_stays_odd_is_left_out():
    table = results(STEP, seed=1, spoiled=(30, 70))
    found, kept = used("correct", table)
    after = {row["date"]: row["applied"] for row in found.controls}
    assert after[(START + timedelta(days=140)).isoformat()] == "excluded"
    assert list(after.values()).count("corrected") >= 35
    assert kept["subject_id"].to_list() == ["a", "b", "d"]
    assert kept["value"].to_list() == pytest.approx([40.0, 40.0, 50.0], rel=0.01)


def test_results_are_corrected_once_where_patients_and_controls_tell_of_one_drift():
    drift = judged(results(STEP), "correct").tables()["drift"]
    both = pl.concat([drift, drift.with_columns(source=pl.lit("patients").cast(drift["source"].dtype))])
    controls = QualityControls.create_empty()
    twice = mended(RECORDS, both, controls, {})["value"].to_list()
    assert twice == pytest.approx(mended(RECORDS, drift, controls, {})["value"].to_list())


def test_short_series_and_names_that_no_result_has_are_said():
    found = judged(results().head(20))
    assert "1 series too short" in found.findings[-1]["message"]
    other = judged(results().with_columns(test=pl.lit("albumine"), group=pl.lit("S9")))
    judge_results(other, "labs", RECORDS, {"a": "S1"})
    assert "albumine, S9" in other.findings[-1]["message"]


# --- methods ----------------------------------------------------------------------------------------------------------


def method_rows(found):
    table = QualityMethods.validate(found.tables()["methods"])
    return {(r["test"], r["quantity"]): r for r in table.iter_rows(named=True)}


def test_experiments_of_real_analysers_give_their_numbers(reference_data):
    glucose = pl.read_csv(reference_data / "lab_precision" / "Glucose.csv").rename({"result": "value"})
    pairs = pl.read_csv(reference_data / "lab_creatinine" / "creatinine.csv", null_values=["NA", ""])
    people = pl.read_csv(reference_data / "lab_reference" / "livertests.csv").filter(Category="reference")
    found = Findings("flag")
    methods = Methods(
        precision=glucose.with_columns(test=pl.lit("glucose")),
        comparison=pairs.select(
            x=pl.col("serum.crea").cast(pl.Float64), y=pl.col("plasma.crea").cast(pl.Float64), test=pl.lit("creatinine")
        ),
        reference=people.select(test=pl.lit("ALT"), value=pl.col("ALT").cast(pl.Float64), group=pl.col("Sex")),
        allowed_error={"glucose": 8.0, "creatinine": 15.0},
    )
    judge_methods(found, methods, seed=1)
    rows = method_rows(found)
    assert rows["glucose", "within-laboratory SD"]["estimate"] == pytest.approx(3.596, abs=6e-4)
    assert rows["glucose", "within-laboratory CV, %"]["estimate"] == pytest.approx(1.47, abs=6e-3)
    slope = rows["creatinine", "slope"]
    assert (slope["estimate"], slope["low"], slope["high"]) == pytest.approx((1.0879, 1.000, 1.173), abs=5e-4)
    limits = [r["estimate"] for r in found.methods if (r["group"], r["test"]) == ("f", "ALT")]
    assert limits == pytest.approx([10.1, 36.6], abs=0.06)
    assert "no bias is known" in rows["glucose", "sigma"]["reason"]
    assert "no precision is known" in rows["creatinine", "sigma"]["reason"]


def test_sigma_of_control_materials_and_an_experiment_without_repeats():
    found = judged(results(seed=4))
    lonely = pl.DataFrame({"test": ["x"] * 4, "day": list("1234"), "run": ["1"] * 4, "value": [1.0, 2.0, 1.5, 1.7]})
    judge_methods(
        found, Methods(precision=lonely, allowed_error={"albumin": 18.0}), assigned=frozenset({"labs"}), seed=1
    )
    rows = method_rows(found)
    assert "repeated" in rows["x", "within-laboratory SD"]["reason"]
    assert rows["albumin", "CV, %"]["estimate"] == pytest.approx(3.0, abs=0.5)
    expected = (18.0 - abs(rows["albumin", "bias, %"]["estimate"])) / rows["albumin", "CV, %"]["estimate"]
    assert rows["albumin", "sigma"]["estimate"] == pytest.approx(expected)


# --- patients ---------------------------------------------------------------------------------------------------------


def patients(shift, seed=0, n=120):
    draw = np.random.default_rng(seed)
    ids = tuple(f"P{i:03d}" for i in range(n))
    value = 40 * np.exp(draw.normal(0, 0.09, n)) * np.where(np.arange(n) >= 70, shift, 1.0)
    days = [START + timedelta(days=int(3 * i)) for i in range(n)]
    table = pl.DataFrame({"subject_id": ids, "test": "albumin", "value": value, "date": days})
    return table, Cohort(subject_ids=ids, covariates=pl.DataFrame({"age": [60.0] * n}), endpoints=(), treatment=None)


@pytest.mark.parametrize("statistic", ["mean", "median", "ewma"])
def test_patients_as_controls_see_a_shift_and_keep_quiet_without(statistic):
    told = []
    for shift in (1.0, 1.15):
        records, cohort = patients(shift, seed=5)
        found = Findings("flag")
        judge_moving(
            found, "labs", records.lazy(), cohort, {}, MovingSettings(statistic=statistic), JudgeSettings(seed=2)
        )
        row = QualityMoving.validate(found.tables()["moving"]).row(0, named=True)
        told.append((row["flagged"], row["n_alarms"] > 0, found.findings[-1]["severity"]))
        assert row["low"] < row["centre"] < row["high"]
    assert told == [(False, False, "note"), (True, True, "warning")]


def test_a_result_unlike_the_one_before_names_the_subject_and_leaves_nobody_out():
    table = pl.DataFrame(
        {
            "subject_id": ["a", "a", "b", "b", "c", "c"],
            "test": ["ALT"] * 6,
            "value": [20.0, 50.0, 20.0, 22.0, 20.0, 90.0],
            "d": [-10.0, 0.0, -10.0, 0.0, -200.0, 0.0],
        }
    )
    found = Findings("exclude")
    judge_deltas(found, "labs", [table], DeltaSettings(limits={"ALT": 100.0}, within_days=90))
    assert [(row["subject_id"], row["excluded"]) for row in found.samples] == [("a", False)]
    assert (found.findings[0]["n_checked"], found.findings[0]["n_flagged"]) == (2, 1)
