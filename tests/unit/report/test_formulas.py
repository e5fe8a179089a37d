"""The section of formulas: in words, with what was searched, and without small groups."""

import json
from dataclasses import replace

import polars as pl
import pytest

from biomarker.data.formula_tables import FormulaCounts, FormulaGroups, FormulaMaps, Formulas
from biomarker.discovery.formula.shapes import SHAPES, FormulaRecord
from biomarker.report.document import build
from biomarker.report.figures.registry import FIGURES
from biomarker.report.html import render
from biomarker.report.sections.formulas import reading
from biomarker.report.words.registry import LANGUAGES


def formula(inputs, shape="and", *, rank=1, p=0.01):
    endpoint = inputs.study.endpoints[0]
    arity = SHAPES[shape].arity
    record = FormulaRecord(
        shape, tuple(f"rna:G{k}" for k in range(arity)), (0.0,) * arity, (1.0,) * arity, (0.0,) * arity, (1.5,) * arity
    )
    identity = f"{shape}-{rank}"
    return {
        "endpoint": endpoint.name, "comparison": "none", "contrast": "prognostic", "candidate_id": identity,
        "label": record.label, "shape": shape, "features": list(record.features), "record": record.to_json(),
        "leader": True, "group_id": identity, "n_relatives": 2, "rank": rank, "sign": 1, "statistic": 5.2,
        "statistic_plain": 6.0, "n_searched_subjects": 200, "heldout_statistic": 3.4, "heldout_plain": 3.9,
        "heldout_parts": [1.0] * arity, "p_improvement": p / 20, "p_heldout": p, "p_familywise": None,
        "n_permutations": 0, "heldout_estimate": 0.4, "heldout_std_error": 0.1, "n_heldout": 99, "n_events_heldout": 30,
        "stability": 0.8, "repeats": 1, "n_searched": 1000, "reason": None,
    }  # fmt: skip


def with_formulas(inputs, rows):
    key = {name: rows[0][name] for name in ("endpoint", "comparison", "contrast")}
    counts = [
        {**key, "unit": "formulas", "shape": "and", "reason": None, "n": 123_456},
        {**key, "unit": "formulas", "shape": "and", "reason": "a group is smaller than the limit", "n": 44},
        {**key, "unit": "features", "shape": None, "reason": "missing", "n": 7},
    ]
    cells = [("high", "high", 30), ("high", "low", 3), ("low", "high", 40), ("low", "low", 27)]
    groups = [
        {**key, "candidate_id": rows[0]["candidate_id"], "first": a, "second": b, "arm": arm, "heldout": False, "n": n,
         "n_events": n // 3, "measure": "share", "value": 0.331}
        for a, b, n in cells for arm in ("drug", "placebo")
    ]  # fmt: skip
    schema = {name: column.dtype for name, column in Formulas.columns.items()}
    tables = {
        "formula/formulas": Formulas.validate(pl.DataFrame(rows, schema=schema)),
        "formula/counts": FormulaCounts.validate(pl.DataFrame(counts, infer_schema_length=None)),
        "formula/groups": FormulaGroups.validate(pl.DataFrame(groups)),
    }  # fmt: skip
    return replace(inputs, tables={**inputs.tables, **tables})


def with_maps(inputs, row):
    key = {name: row[name] for name in ("endpoint", "comparison", "contrast", "candidate_id")}
    cells = [
        {**key, "part": "cell", "arm": arm, "x_low": x, "x_high": x + 1.0, "y_low": 0.0, "y_high": 1.0, "n": n,
         "measure": "share", "value": value}
        for arm in ("all", "drug") for x, n, value in ((0.0, 40, 0.25), (1.0, 4, 0.777), (2.0, 30, 0.5))
    ]  # fmt: skip
    line = [{**key, "part": "line", "x_low": 1.5, "y_low": y} for y in (0.2, 0.4)]
    schema = {name: column.dtype for name, column in FormulaMaps.columns.items()}
    maps = FormulaMaps.validate(pl.DataFrame([*cells, *line], schema=schema))
    return replace(inputs, tables={**inputs.tables, "formula/maps": maps})


def map_of(document):
    return [block for block in section_of(document)["blocks"] if block.get("id") == "formula-maps"]


def test_the_plane_of_a_formula_has_its_line_and_no_cell_of_few_patients(demo_inputs):
    row = formula(demo_inputs)
    inputs = with_maps(with_formulas(demo_inputs, [row]), row)
    document = build(inputs)
    (figure,) = map_of(document)
    (chart,) = figure["panels"][0]["charts"]  # everybody: the treatment's effect is not asked
    assert [(cell["x"], cell["text"]) for cell in chart["data"]["cells"]] == [(0.0, "0.25"), (2.0, "0.5")]
    assert "0.7" not in json.dumps(figure)
    assert chart["data"]["line"] == [[1.5, 0.2], [1.5, 0.4]]
    spec = FIGURES["formula_map"](chart["data"], LANGUAGES["ja"])
    assert [len(rows) for rows in spec["datasets"].values()] == [2, 2]
    assert "formula-maps" in render(document)
    (internal,) = map_of(build(inputs, edition="internal"))
    assert len(internal["panels"][0]["charts"][0]["data"]["cells"]) == 3


def test_a_plane_in_which_every_cell_is_small_is_not_drawn(demo_inputs):
    row = formula(demo_inputs)
    inputs = with_maps(with_formulas(demo_inputs, [row]), row)
    assert map_of(build(replace(inputs, study=replace(inputs.study, smallest_cell=50)))) == []


def section_of(document):
    return next(section for section in document["sections"] if section["id"] == "formulas")


def test_what_was_searched_and_what_holds_is_said_first(demo_inputs):
    document = build(
        with_formulas(demo_inputs, [formula(demo_inputs), formula(demo_inputs, "log_ratio", rank=2, p=0.5)])
    )
    lead = section_of(document)["blocks"][0]["text"]["with"]
    assert (lead["n"], lead["refused"], lead["tried"], lead["held"]) == (123_456, 44, 2, 1)
    assert "123,456" in render(document)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_every_shape_has_words(demo_inputs, shape):
    words = LANGUAGES["en"].plain(reading(formula(demo_inputs, shape)))
    assert all(f"G{k}" in words for k in range(SHAPES[shape].arity))
    assert "{" not in words
    if shape == "and":
        assert words.replace("\u00a0", " ") == "G0 above 1.50 and G1 above 1.50"


def test_a_small_group_is_withheld_with_what_would_give_it_back(demo_inputs):
    document = build(with_formulas(demo_inputs, [formula(demo_inputs)]))
    (groups,) = [block for block in section_of(document)["blocks"] if block.get("id", "").startswith("formula-groups")]
    shown = json.dumps(groups["rows"])
    assert "count.suppressed" in shown
    assert ", 3," not in shown
    internal = build(with_formulas(demo_inputs, [formula(demo_inputs)]), edition="internal")
    assert "count.suppressed" not in json.dumps(section_of(internal))


def test_without_a_search_there_is_no_section(demo_document):
    assert "formulas" not in {section["id"] for section in demo_document["sections"]}


def test_page_one_says_how_many_formulas_were_searched_and_how_they_were_corrected(demo_inputs, demo_document):
    asked = "regulator.multiplicity.formulas"
    document = build(with_formulas(demo_inputs, [formula(demo_inputs), formula(demo_inputs, "log_ratio", rank=2)]))
    (table,) = [b for s in document["sections"] for b in s["blocks"] if b.get("id") == "regulator"]
    (answer,) = [cell["with"] for row in table["rows"] for cell in row if cell.get("say") == asked]
    assert (answer["n"], answer["tried"]) == (123_456, 2)
    assert asked not in json.dumps(demo_document)
    assert "Holm" in render(document)
