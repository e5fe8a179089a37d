"""Studies that went another way than hoped: no candidate, one, very many endpoints, tables missing or empty."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import factory
import polars as pl
import pytest
from reading import section, sentences

from biomarker.data.economics_tables import ECONOMICS_TABLES
from biomarker.data.trial_tables import TRIAL_TABLES
from biomarker.report import EndpointFacts, ReportInputs, build
from biomarker.report.sections.registry import SECTIONS

NEEDED = [one.id for one in SECTIONS if one.needed]
ONE = {("predictive", "response", "G0007"): 6.5}


def every(value: Any) -> Iterator[dict[str, Any]]:
    """All blocks, those within dossiers too."""
    for block in value:
        yield block
        yield from every(block.get("blocks", ()))


def require_nothing_empty(document: dict[str, Any]) -> None:
    """No section without a word, no figure without a drawing, no drawing without a mark."""
    for one in document["sections"]:
        assert one["blocks"], one["id"]
        for block in every(one["blocks"]):
            if block["block"] == "figure":
                assert block["panels"], block["id"]
                for panel in block["panels"]:
                    assert panel["charts"], block["id"]
                    for chart in panel["charts"]:
                        marks = [part for part in chart["data"].values() if isinstance(part, list)]
                        assert any(marks), block["id"]
            if block["block"] == "listing":
                assert block["items"]


def made(**changes: Any) -> dict[str, Any]:
    return build(dataclasses.replace(factory.inputs(genes=40), **changes))


def test_where_nothing_passes_that_is_said_and_the_study_that_could_find_something_is_shown() -> None:
    text = "A randomised study of 812 patients, all measured, could find a predictive marker."
    advice = pl.DataFrame({"order": [1, 2], "kind": ["cannot", "sentence"], "text": ["Nothing passes.", text]})
    inputs = factory.inputs(genes=40, planted={}, noise=0.5)
    document = build(dataclasses.replace(inputs, tables={**inputs.tables, "trial/recommendation": advice}))
    require_nothing_empty(document)
    told = " ".join(sentences(section(document, "summary")))
    assert "No candidate passes" in told
    assert text in told


def test_a_single_candidate_fills_every_section_that_speaks_of_candidates() -> None:
    document = build(factory.inputs(genes=40, planted=ONE, noise=0.5))
    require_nothing_empty(document)
    dossiers = [block for block in section(document, "dossiers")["blocks"] if block["block"] == "dossier"]
    assert len(dossiers) == 1


def test_three_hundred_endpoints_are_shown_by_the_leading_ones_and_counted() -> None:
    endpoints = tuple(
        EndpointFacts(name=f"e{k}", label=f"Endpoint {k}", type="continuous", unit="u", better="lower")
        for k in range(300)
    )
    facts = factory.study(endpoints=endpoints, treatment=None)
    document = build(factory.inputs(facts, genes=3, planted={}, curves=None, flow=None))
    require_nothing_empty(document)
    rows = [len(b["rows"]) for one in document["sections"] for b in one["blocks"] if b["block"] == "table"]
    assert "300" in " ".join(sentences(section(document, "summary")))
    assert max(rows) <= 300 * 7
    figures = [b for one in document["sections"] for b in one["blocks"] if b["block"] == "figure"]
    assert all(len(figure["panels"]) <= 60 for figure in figures)


@pytest.mark.parametrize("missing", ["flow", "curves", "overall"])
def test_a_table_that_was_never_made_leaves_no_empty_place(missing: str) -> None:
    require_nothing_empty(made(**{missing: None}))


def test_without_a_stage_its_section_says_what_it_would_need() -> None:
    inputs = factory.inputs(genes=40)
    assert not {f"trial/{name}" for name in TRIAL_TABLES} & inputs.tables.keys()
    document = build(inputs)
    require_nothing_empty(document)
    for name in NEEDED:
        one = section(document, name)
        assert one is not None
        if one["no_data"]:
            assert "No data." in sentences(one)[-1]
    assert section(document, "model")["no_data"]


def test_tables_without_a_row_are_as_good_as_none() -> None:
    schemas: ReportInputs = factory.inputs(genes=40)
    empty = {f"trial/{name}": schema.create_empty() for name, schema in TRIAL_TABLES.items()}
    empty |= {f"economics/{name}": schema.create_empty() for name, schema in ECONOMICS_TABLES.items()}
    document = build(dataclasses.replace(schemas, tables={**schemas.tables, **empty}))
    require_nothing_empty(document)
    assert {"designs", "monitoring", "operating", "economics"} <= {
        one["id"] for one in document["sections"] if one["no_data"]
    }
