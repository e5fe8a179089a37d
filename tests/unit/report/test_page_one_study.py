"""Page one on the next study: its cost and chance, what was measured and assumed, what would change it."""

import dataclasses
from typing import Any

import factory
import polars as pl
from reading import section, sentences

from biomarker.report import build

ADVICE = pl.DataFrame(
    {"order": [1, 2], "kind": ["sentence", "risk"], "text": ["A study of 186 patients.", "The assay is assumed."]}
)
DESIGNS = pl.DataFrame(
    {
        "design": ["enrichment", "stratified"],
        "status": ["ok", "ok"],
        "recommended": [True, False],
        "cost": [1_234_000.0, 2e6],
        "n_screened": [829.0, 774.0],
        "power": [0.9, 0.9],
        "assurance": [0.612, 0.7],
    }
)
MARKER = pl.DataFrame(
    {"quantity": ["prevalence", "sensitivity", "consent"], "source": ["measured", "assumed", "literature"]}
)
TORNADO = pl.DataFrame(
    {
        "parameter": ["specificity", "sensitivity"],
        "low": [0.74, 0.8],
        "high": [1.0, 0.95],
        "turns_at": [0.78, 0.5],
        "comparator": ["control for all"] * 2,
    }
)
HEATMAP = pl.DataFrame({"best": [True, True, False], "design": ["enrichment", "fallback", "stratified"]})


def told(**tables: pl.DataFrame) -> str:
    from biomarker.report.facts import gather
    from biomarker.report.sections import next_study

    inputs = factory.inputs(genes=40)
    names = {"advice": "trial/recommendation", "designs": "trial/designs", "marker": "trial/marker"}
    names |= {"tornado": "economics/tornado", "heatmap": "trial/heatmap"}
    given: dict[str, Any] = {names[key]: table for key, table in tables.items()}
    facts = gather(dataclasses.replace(inputs, tables={**inputs.tables, **given}))
    return " ".join(sentences({"blocks": next_study.make(facts)}))


def test_cost_chance_and_sources_stand_beside_the_sentence() -> None:
    found = told(advice=ADVICE, designs=DESIGNS, marker=MARKER)
    assert "1,234,000" in found
    assert "61.2%" in found
    assert "Measured here:** Share of marker-positive patients." in found or "Measured here: Share of" in found
    assert "Sensitivity of the assay" in found
    assert "From literature" in found


def test_what_turns_the_decision_is_named_and_what_cannot_is_not() -> None:
    found = told(advice=ADVICE, designs=DESIGNS, tornado=TORNADO, heatmap=HEATMAP)
    assert "Specificity of the assay" in found
    assert "0.78" in found
    assert "Sensitivity of the assay" not in found
    assert "fallback" in found
    assert "stratified" not in found


def test_where_nothing_turns_it_that_is_said() -> None:
    found = told(advice=ADVICE, designs=DESIGNS, tornado=TORNADO.tail(1), heatmap=HEATMAP.head(1))
    assert "No single assumption" in found
    assert "The same design stays the cheapest" in found


def test_without_a_study_page_one_says_nothing_of_one() -> None:
    assert told() == ""
    assert "The study to run next" not in " ".join(
        sentences(section(build(factory.inputs(genes=40), "partner"), "summary"))
    )
