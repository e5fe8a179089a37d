"""What was measured under treatment: told apart from candidates, with who was left out and why."""

from dataclasses import replace

import polars as pl
import pytest
import reading

from biomarker.data.landmark_tables import Landmark
from biomarker.report import build
from biomarker.report.html import render

SURVIVAL = "pfs"


@pytest.fixture(scope="module")
def document(demo_inputs):
    row = {
        "modality": "week4", "feature_id": "CRP.last", "label": "CRP, last", "endpoint": SURVIVAL, "landmark": 28.0,
        "method": "Cox score test", "effect_scale": "log hazard ratio", "estimate": 0.02, "ci_low": 0.01,
        "ci_high": 0.03, "std_error": 0.005, "statistic": 4.0, "p_value": 6e-5, "log10_p": -4.2, "q_value": 0.0012,
        "family": "20 exploratory features within endpoint, comparison and contrast", "n": 120, "n_events": 80,
        "feature_sd": 30.0, "n_with": None, "direction": "high -> worse outcome", "status": "ok", "reason": None,
    }  # fmt: skip
    none = ("estimate", "ci_low", "ci_high", "std_error", "statistic", "p_value", "log10_p", "q_value")
    why = {"feature_id": "K.slope", "label": "K", "status": "too_few", "reason": "too few subjects"}
    untested = row | dict.fromkeys(none) | why
    schema = {name: column.dtype for name, column in Landmark.columns.items()}
    table = Landmark.validate(pl.DataFrame([row, untested], schema=schema))
    steps = [
        ("in", None, 160), ("excluded", "event at or before the landmark", 28),
        ("excluded", "censored at or before the landmark", 12), ("used", None, 120),
    ]  # fmt: skip
    kinds = [(SURVIVAL, *step) for step in steps]
    kinds += [("response", "in", None, 160), ("response", "excluded", "no time to follow from the landmark", 160)]
    kinds += [("response", "used", None, 0)]
    flow = pl.DataFrame(kinds, schema=["endpoint", "kind", "reason", "n"], orient="row").with_columns(
        scope=pl.lit("landmark"), modality=pl.lit("week4"), unit=pl.lit("subjects"), comparison=pl.lit("none"),
        contrast=pl.lit("prognostic"),
    )  # fmt: skip
    every = pl.concat([demo_inputs.flow, flow.select(demo_inputs.flow.columns)], how="vertical_relaxed")
    return build(replace(demo_inputs, flow=every, tables={**demo_inputs.tables, "landmark/week4": table}))


def test_it_is_said_that_nothing_of_it_is_a_predictor_and_who_was_left_out(document):
    section = next(one for one in document["sections"] if one["id"] == "landmark")
    assert section["blocks"][0]["style"] == "caution"
    (account,) = section["blocks"][1]["items"]
    assert {key: account["with"][key] for key in ("day", "event", "censored", "used")} == {
        "day": 28.0, "event": 28, "censored": 12, "used": 120,
    }  # fmt: skip
    text = reading.visible(render(document))
    assert "none of it is a candidate, a baseline predictor" in text
    (table,) = [block for block in section["blocks"] if block["block"] == "table"]
    assert len(table["rows"]) == 1
    assert table["marked"] == [True]
    assert table["notes"][0]["with"]["n"] == 2


def test_nothing_of_it_is_among_the_candidates(document):
    (candidates,) = [one for one in document["sections"] if one["id"] == "candidates"]
    assert "CRP, last" not in str(candidates)


def test_without_such_values_there_is_no_section(demo_document):
    assert "landmark" not in {section["id"] for section in demo_document["sections"]}
