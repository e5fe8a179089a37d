"""Assumptions, principles and checklists."""

import dataclasses
from typing import Any

import factory
import pytest
from reading import ENGLISH, blocks, cells, section, sentences, table

from biomarker.report import TreatmentFacts, build
from biomarker.report.sections.checklists import ITEMS
from biomarker.report.sections.registry import SECTIONS


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return build(factory.inputs(genes=20))


def test_the_register_says_of_each_assumption_its_value_source_and_what_it_touches(document: dict[str, Any]) -> None:
    found = table(document, "assumptions")
    rows = {ENGLISH.plain(row[0]): [ENGLISH.plain(cell) for cell in row[1:]] for row in found["rows"]}
    assert rows["False discovery rate"][0] == "at most 0.05"
    assert rows["Assignment of treatment"][0] == "randomised"
    assert all(cell for row in rows.values() for cell in row)


def test_arms_that_were_not_randomised_are_an_assumption_and_confounding_would_change_it() -> None:
    treatment = TreatmentFacts(comparisons=(("drug", "placebo"),), assignment="observational")
    told = build(factory.inputs(factory.study(treatment=treatment), genes=20))
    assert "not randomised" in sentences(section(told, "assumptions"))
    assert any("Confounding" in one for one in sentences(section(told, "assumptions")))


def test_every_topic_of_a_checklist_leads_to_a_section_or_says_why_not(document: dict[str, Any]) -> None:
    titles = {ENGLISH.plain(one["title"]) for one in document["sections"]}
    for cell in cells(table(document, "checklists"), "answered"):
        said = ENGLISH.plain(cell)
        assert said in titles or said.startswith(("not applicable, because", "outside this report"))
    assert {answered for _, _, answered in ITEMS if answered} <= {one.id for one in SECTIONS}
    assert {checklist for checklist, _, _ in ITEMS} == {"tripod", "remark", "probast", "cheers"}


def test_each_of_the_seven_principles_has_an_artefact_in_each_phase(document: dict[str, Any]) -> None:
    rows = table(document, "principles")["rows"]
    assert len(rows) == 7
    assert all(ENGLISH.plain(cell) for row in rows for cell in row)
    assert blocks(document, "ethics", "paragraph")


def test_where_nothing_passes_a_larger_study_would_change_the_recommendation() -> None:
    told = build(factory.inputs(genes=60, planted={}, noise=0.5))
    assert any("A larger study" in one for one in sentences(section(told, "assumptions")))
    single = dataclasses.replace(factory.study(), treatment=None)
    assert "Assignment of treatment" not in sentences(section(build(factory.inputs(single, genes=20)), "assumptions"))
