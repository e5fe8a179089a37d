"""A study of 265 endpoints and 677 features: all of it counted, the leading part of it shown."""

import json
from typing import Any

import factory
import pytest
from reading import ENGLISH, blocks, cells, section, sentences, table

from biomarker.report import EndpointFacts, ReportInputs, build
from biomarker.report.html import render

ENDPOINTS, FEATURES = 265, 677


@pytest.fixture(scope="module")
def inputs() -> ReportInputs:
    drugs = tuple(
        EndpointFacts(name=f"Drug_{k}_IC50", label=f"Drug {k}", type="continuous", unit="ln_uM", better="lower")
        for k in range(ENDPOINTS)
    )
    facts = factory.study(endpoints=drugs, treatment=None, covariates=("tissue",), title="Many drugs")
    planted = {("response", f"Drug_{k}_IC50", f"G{k:04d}"): -7.0 - 0.01 * k for k in range(0, ENDPOINTS, 5)}
    return factory.inputs(facts, genes=FEATURES - 4, planted=planted, curves=None, quarantine={}, flow=None)


@pytest.fixture(scope="module")
def document(inputs: ReportInputs) -> dict[str, Any]:
    return build(inputs)


def test_everything_is_counted(inputs: ReportInputs, document: dict[str, Any]) -> None:
    (row,) = blocks(document, "flow", "sums")[0]["rows"]
    assert row["total"] == ENDPOINTS * FEATURES
    assert any(f"{inputs.candidates.height:,} rows" in sentence for sentence in sentences(document))


def test_the_leading_rows_are_on_the_page_every_endpoint_among_them(document: dict[str, Any]) -> None:
    found = table(document, "candidates")
    assert len(found["rows"]) == 1000
    assert len(set(cells(found, "endpoint"))) == ENDPOINTS
    link = next(block["link"] for block in blocks(document, "candidates", "paragraph") if block["link"])
    assert link == "candidates.tsv"


def test_figures_are_drawn_for_the_leading_endpoints_and_say_so(document: dict[str, Any]) -> None:
    (figure,) = blocks(document, "volcano", "figure")
    assert len(figure["panels"]) == 12
    assert figure["panels"][0]["key"] == "Drug_260_IC50"
    assert any("12 endpoints with the smallest p-values of 265" in sentence for sentence in sentences(document))


def test_the_headline_names_the_strongest_endpoints_and_counts_the_rest(document: dict[str, Any]) -> None:
    said = ENGLISH.plain(section(document, "summary")["blocks"][0]["text"])
    assert "associated with Drug 260, Drug 255, Drug 250, Drug 245 and " in said
    assert said.endswith("more at a false discovery rate of 5% within each question.")


def test_it_is_said_that_q_is_not_corrected_across_endpoints(document: dict[str, Any]) -> None:
    assert any("265 endpoints and 265 questions each have a family" in sentence for sentence in sentences(document))


def test_the_page_is_small(document: dict[str, Any]) -> None:
    page = render(json.loads(json.dumps(document)))
    assert len(page.encode()) < 5_000_000
    assert section(document, "map") is None
