"""Batch, swap and drift: what is wrong with a trial, and that a twin without it differs in nothing else."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

SETTINGS = {"genes": 300}


@pytest.fixture(scope="module")
def faulty(simulated):
    return simulated(7, **SETTINGS)


def _rest(trial, *but: str) -> list[pl.DataFrame]:
    names = ("subjects", "expression", "batches", "labs", "mutations", "sequenced", "proteins")
    return [getattr(trial, name) for name in names if name not in but]


def _same(first, second, *but: str) -> None:
    for a, b in zip(_rest(first, *but), _rest(second, *but), strict=True):
        assert_frame_equal(a, b)


def test_a_swap_switched_off_changes_two_rows_of_expression_and_nothing_else(simulated, faulty):
    twin = simulated(7, sample_swap=False, **SETTINGS)
    assert twin.truth["faults"]["sample_swap"] is None
    _same(faulty, twin, "expression")
    swap = faulty.truth["faults"]["sample_swap"]
    one, other = swap["subjects"]
    assert sorted(swap["recorded_sex"]) == ["f", "m"]
    exchanged = {one: other, other: one}
    mended = faulty.expression.with_columns(pl.col("subject_id").replace(exchanged)).sort("subject_id")
    assert_frame_equal(mended, twin.expression.sort("subject_id"))


def test_a_batch_switched_off_changes_expression_and_nothing_else(simulated, faulty):
    twin = simulated(7, batch=False, **SETTINGS)
    assert twin.truth["faults"]["batch"] is None
    _same(faulty, twin, "expression")
    same = (faulty.expression.drop("subject_id") == twin.expression.drop("subject_id")).select(pl.all().mean())
    assert same.mean_horizontal().item() < 0.3  # the zeros of genes that are hardly expressed


def test_a_drift_switched_off_changes_the_laboratory_and_nothing_else(simulated, faulty):
    _same(faulty, simulated(7, lab_drift=False, **SETTINGS), "labs")


def test_the_truth_of_a_twin_differs_in_the_fault_and_in_what_it_does_to_expectations(simulated, faulty):
    twin = simulated(7, batch=False, sample_swap=False, lab_drift=False, **SETTINGS)
    assert all(fault is None for fault in twin.truth["faults"].values())
    for mine, clean in zip(faulty.truth["planted"], twin.truth["planted"], strict=True):
        assert mine["feature_id"] == clean["feature_id"]
        assert mine.get("coefficient") == clean.get("coefficient")
        assert abs(mine["noncentrality"] - clean["noncentrality"]) < 1.0
    assert faulty.truth["counts"] == twin.truth["counts"]
    assert faulty.truth["endpoints"] == twin.truth["endpoints"]


def test_batch_counts_are_those_of_the_laboratorys_list(faulty):
    counts = dict(faulty.batches["batch"].value_counts().iter_rows())
    assert counts == faulty.truth["faults"]["batch"]["profiles"]
