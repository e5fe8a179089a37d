"""Plates are compared by their control samples alone."""

import numpy as np
import polars as pl
import pytest

from biomarker.ingest.plates import plate_shifts


def controls(*rows):
    return pl.DataFrame(rows, schema=["assay", "sample", "plate", "value"], orient="row")


def shifts(*rows):
    return {(assay, plate): shift for assay, plate, shift in plate_shifts(controls(*rows)).rows()}


def test_shift_is_what_was_added_to_a_plate():
    rng = np.random.default_rng(3)
    added = {("IL6", "P1"): 1.0, ("IL6", "P2"): -0.5, ("IL6", "P3"): -0.5, ("TNF", "P1"): 0.25, ("TNF", "P2"): -0.25}
    level = {(assay, sample): rng.normal() for assay in ("IL6", "TNF") for sample in ("C1", "C2", "C3")}
    rows = [(a, c, p, level[a, c] + by) for (a, p), by in added.items() for c in ("C1", "C2", "C3")]
    assert shifts(*rows) == pytest.approx(added)


def test_replicates_of_a_control_sample_on_a_plate_are_averaged():
    found = shifts(("T", "C", "P1", 1.0), ("T", "C", "P1", 3.0), ("T", "C", "P2", 6.0))
    assert found == pytest.approx({("T", "P1"): -2.0, ("T", "P2"): 2.0})


def test_control_sample_that_is_not_on_every_plate_says_nothing_of_their_difference():
    found = shifts(("T", "C", "P1", 1.0), ("T", "C", "P2", 2.0), ("T", "high", "P2", 99.0))
    assert found == pytest.approx({("T", "P1"): -0.5, ("T", "P2"): 0.5})


def test_assay_without_a_control_sample_on_every_plate_has_no_shift():
    assert shifts(("T", "A", "P1", 1.0), ("T", "B", "P2", 2.0)) == {}


def test_one_strange_control_of_three_does_not_move_the_plate():
    rows = [("T", c, p, 5.0) for c in ("A", "B", "C") for p in ("P1", "P2")]
    rows[0] = ("T", "A", "P1", 50.0)
    assert shifts(*rows) == pytest.approx({("T", "P1"): 0.0, ("T", "P2"): 0.0})
