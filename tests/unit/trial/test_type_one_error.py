"""The committed table of type I errors holds every adaptive design, enough studies, and none above its level."""

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.type_one_error import ALPHA, jobs, render

from biomarker.rng import stream

TABLE = Path(__file__).resolve().parents[3] / "benchmarks" / "TYPE_ONE_ERROR.json"
ROWS = json.loads(TABLE.read_text(encoding="utf-8"))
ADAPTIVE = (
    "group-sequential", "sample-size re-estimation", "Fisher's product", "closed combination test", "fallback",
    "adaptive enrichment", "adaptive signature", "platform", "basket",
)  # fmt: skip


def test_the_table_holds_every_design_and_truth_of_the_command():
    assert [(row["design"], row["truth"]) for row in ROWS] == [(design, truth) for design, truth, _ in jobs()]
    for name in ADAPTIVE:
        assert any(row["design"].startswith(name) for row in ROWS), name
    assert TABLE.with_suffix(".md").read_text(encoding="utf-8") == render(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['design']}, {row['truth']}")
def test_no_design_rejects_more_often_than_its_level_and_three_standard_errors(row):
    assert row["trials"] >= 100_000
    assert row["limit"] == ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / row["trials"])
    assert row["rate"] <= row["limit"]


@pytest.mark.parametrize(("design", "truth", "work"), [job for job in jobs() if "adaptive" in job[0]])
def test_the_adaptive_designs_do_so_again_with_other_random_numbers(design, truth, work):
    trials = 4000 if "signature" in design else 40_000
    rate = work(trials, stream(7, "again", design, truth))
    assert rate <= ALPHA + 4 * np.sqrt(ALPHA * (1 - ALPHA) / trials)
