"""Pictures of the next study and of quality: numbers are those of the tables, and nothing is drawn of nothing."""

import dataclasses
import json
import re
from typing import Any

import factory
import polars as pl
import pytest
from reading import section

from biomarker.report import build, html
from biomarker.report.figures.registry import FIGURES
from biomarker.report.words.registry import LANGUAGES

OPERATING = pl.DataFrame(
    {
        "design": ["enrichment", "enrichment", "fallback", "fallback"],
        "basis": ["shrunk"] * 4,
        "analysis": ["overall", "overall", "fallback", "fallback"],
        "n_looks": [1, 1, 2, 2],
        "scenario": ["as planned", "null", "as planned", "as planned"],
        "success": ["positive", "positive", "any", "overall"],
        "n": [120, 120, 200, 200],
        "power": [0.812, 0.024, 0.77, 0.31],
        "power_error": [0.004, 0.002, 0.004, 0.004],
        "futility": [0.1, 0.8, 0.1, 0.1],
        "n_mean": [120.0] * 4,
        "duration_mean": [36.0] * 4,
        "trials": [10_000] * 4,
    }
)
TORNADO = pl.DataFrame(
    {
        "parameter": ["prevalence", "sensitivity"],
        "low": [0.2, 0.8],
        "high": [0.4, 0.95],
        "at_low": [-310.0, 900.0],
        "at_high": [2450.0, 1100.0],
        "base": [1000.0, 1000.0],
        "comparator": ["control for all"] * 2,
        "turns_at": [0.23, None],
    }
)
MISSING = pl.DataFrame(
    {
        "modality": ["rna", "protein", "dna"],
        "unit": ["subjects"] * 3,
        "n": [400, 400, 400],
        "n_missing": [3, 20, 0],
        "factor": [None] * 3,
        "p_value": [None, 0.001, None],
        "hint": ["too few to tell", "outcome", "complete"],
    },
    schema_overrides={"factor": pl.String, "p_value": pl.Float64},
)
FINDING = pl.DataFrame(
    [
        {
            "check": "sex", "severity": "note", "modality": "rna", "endpoint": None, "item": "XIST", "n_checked": 380,
            "n_flagged": 0, "statistic": None, "p_value": None, "tier_cap": None, "message": "none",
        }
    ]
)  # fmt: skip


ONE = {"name": "a & b", "x": [0, 1], "y": [0.1, 0.6]}
CELL = {"x": "1", "y": "2", "text": "7"}


def drawn(name: str, tables: dict[str, pl.DataFrame], edition: str = "partner") -> dict[str, Any]:
    """Charts of a section by the figure's identity."""
    inputs = factory.inputs(genes=40)
    inputs = dataclasses.replace(inputs, tables={**inputs.tables, **tables})
    blocks = section(build(inputs, edition), name)["blocks"]
    return {b["id"]: b["panels"][0]["charts"][0] for b in blocks if b["block"] == "figure"}


def panels(name: str, tables: dict[str, pl.DataFrame], figure: str) -> dict[str, list[dict[str, Any]]]:
    """Lines of each panel of a figure of bars."""
    inputs = factory.inputs(genes=40)
    inputs = dataclasses.replace(inputs, tables={**inputs.tables, **tables})
    found = next(b for b in section(build(inputs), name)["blocks"] if b["block"] == "figure" and b["id"] == figure)
    return {panel["key"]: panel["charts"][0]["data"]["lines"] for panel in found["panels"]}


def test_a_share_of_simulated_studies_is_drawn_with_its_error_and_errors_stand_out() -> None:
    found = panels("operating", {"trial/operating": OPERATING}, "operating-figure")
    assert {name: [(line["middle"], line["strong"]) for line in lines] for name, lines in found.items()} == {
        "enrichment": [(0.024, True), (0.812, False)],
        "fallback": [(0.77, False)],
    }
    first = found["enrichment"][0]
    assert (first["low"], first["high"]) == pytest.approx((0.024 - 1.96 * 0.002, 0.024 + 1.96 * 0.002))


def test_lines_beyond_what_can_be_read_are_counted_in_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "to_svg", lambda *_, **__: "")
    one = OPERATING.head(1)
    many = pl.concat([one.with_columns(scenario=pl.lit(f"scenario {place:02d}")) for place in range(63)])
    inputs = factory.inputs(genes=40)
    inputs = dataclasses.replace(inputs, tables={**inputs.tables, "trial/operating": many})
    document = build(inputs)
    found = [b for b in section(document, "operating")["blocks"] if b["block"] == "figure"]
    lines = found[0]["panels"][0]["charts"][0]["data"]["lines"]
    assert found[0]["notes"] == [{"say": "operating.figure.some", "with": {"shown": len(lines), "n": 63}}]
    assert len(lines) < 63
    assert LANGUAGES["en"].markup(found[0]["notes"][0]) in html.render(document)


def test_few_missing_subjects_have_no_bar_and_what_goes_with_the_outcome_stands_out() -> None:
    chart = drawn("quality", {"quality/findings": FINDING, "quality/missingness": MISSING})["missing"]
    assert [(line["high"], line["strong"]) for line in chart["data"]["lines"]] == [(0.05, True), (0.0, False)]
    assert "0.0075" not in json.dumps(chart)


def test_discoveries_of_permuted_runs_stand_beside_those_of_the_real_subjects() -> None:
    one = {"endpoint": "response", "comparison": "drug vs placebo", "contrast": "predictive", "prespecified": False}
    one |= {"modality": "rna", "criterion": "q_value", "threshold": 0.05, "tested": 40}
    counts = {0: 2, 1: 0, 2: 3, 3: 0}
    null = pl.DataFrame([{**one, "permutation": run, "discoveries": n} for run, n in counts.items()])
    lines = panels("chance", {"null": null}, "null")["null"]
    assert [(line["low"], line["middle"], line["high"], line["strong"]) for line in lines[:2]] == [
        (0, 1.0, 3, False), (2, 2, 2, True),
    ]  # fmt: skip


def test_the_kinds_of_a_grid_differ_in_shade_so_that_print_in_grey_tells_them_apart() -> None:
    from biomarker.report.blocks import say
    from biomarker.report.figures.svg import to_svg

    for kinds in (1, 2, 5):
        cells = [{**CELL, "x": str(k), "kind": f"kind {k}"} for k in range(kinds)]
        data = {"x_title": say("funnel.x"), "y_title": say("bounds.y"), "cells": cells}
        drawn = str(to_svg(FIGURES["heat"](data, LANGUAGES["en"]), identity="a", title="t", description="d"))
        shades = [float(shade) for shade in dict.fromkeys(re.findall(r'fill-opacity="([0-9.]+)" stroke="', drawn))]
        assert len(shades) == kinds
        assert max(shades) < 0.7, "words in the cells stay readable"
        assert all(abs(a - b) > 0.09 for k, a in enumerate(shades) for b in shades[:k])


def test_of_nothing_nothing_is_drawn() -> None:
    complete = MISSING.with_columns(n_missing=pl.lit(0))
    assert "missing" not in drawn("quality", {"quality/findings": FINDING, "quality/missingness": complete})


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("lines", {"series": [ONE, {**ONE, "name": "c"}]}),
        ("lines", {"series": [{**ONE, "low": [0, 0.5], "high": [0.2, 0.7]}], "points": True}),
        ("lines", {"series": [ONE, {**ONE, "name": "c"}], "scattered": True}),
        ("bars", {"lines": [{"name": "<b>", "low": 0, "high": 4, "text": "4"}]}),
        ("bars", {"lines": [{"name": "x" * 99, "low": 0.1, "high": 0.4, "middle": 0.2, "text": "t"}], "nothing": 0.0}),
        ("heat", {"cells": [{**CELL, "kind": "k"}, {**CELL, "x": "3", "kind": "l"}]}),
        ("heat", {"cells": [{**CELL, "share": 0.5}]}),
    ],
)  # fmt: skip
def test_every_kind_of_drawing_becomes_a_safe_picture(kind: str, data: dict[str, Any], language: str) -> None:
    from biomarker.report.blocks import say
    from biomarker.report.figures.svg import to_svg

    titles = {"x_title": say("funnel.x"), "y_title": say("bounds.y")}
    spec = FIGURES[kind]({**titles, **data}, LANGUAGES[language])
    made = str(to_svg(spec, identity="a", title="t", description="d"))
    assert made.startswith("<svg")
    assert LANGUAGES[language].plain(titles["x_title"]) in made
    assert "<b>" not in made


def test_a_bar_of_the_tornado_that_crosses_zero_stands_out() -> None:
    from biomarker.report.facts import gather
    from biomarker.report.sections.economics_figures import tornado

    inputs = factory.inputs(genes=40)
    facts = gather(dataclasses.replace(inputs, tables={**inputs.tables, "economics/tornado": TORNADO}))
    chart = tornado(facts)[0]["panels"][0]["charts"][0]
    assert [(line["low"], line["high"], line["strong"]) for line in chart["data"]["lines"]] == [
        (-310.0, 2450.0, True), (900.0, 1100.0, False),
    ]  # fmt: skip
    assert chart["data"]["nothing"] == 1000.0
