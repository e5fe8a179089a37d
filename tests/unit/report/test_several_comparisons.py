"""A study of three arms, two comparisons: every number is told with the two arms it compares."""

import dataclasses
from typing import Any

import factory
import polars as pl
import pytest
from reading import ENGLISH, blocks, cells, section, sentences, table

from biomarker.errors import SchemaError
from biomarker.report import ReportInputs, TreatmentFacts, build

LOW, HIGH = "low dose vs placebo", "high dose vs placebo"
PLANTED = {
    ("predictive", "response", "G0007", HIGH): 7.0,
    ("predictive", "pfs", "G0031", LOW): -6.0,
    ("predictive", "pfs", "G0031", HIGH): 5.5,
    ("prognostic", "pfs", "G0140"): 7.0,
}


@pytest.fixture(scope="module")
def inputs() -> ReportInputs:
    return factory.inputs(factory.study(treatment=factory.THREE_ARMS), genes=200, planted=PLANTED, noise=0.5)


@pytest.fixture(scope="module")
def document(inputs: ReportInputs) -> dict[str, Any]:
    return build(inputs)


def plain(cell: Any) -> str:
    return ENGLISH.plain(cell) if isinstance(cell, dict) else cell


def test_the_design_names_every_comparison_and_every_arm(document: dict[str, Any]) -> None:
    design = ENGLISH.plain(blocks(document, "question", "paragraph")[0]["text"])
    assert design == "Randomised comparisons of low dose with placebo and high dose with placebo."
    cautions = [ENGLISH.plain(item) for item in blocks(document, "summary", "listing")[1]["items"]]
    assert any(caution.startswith("Shared arms.") for caution in cautions)
    standing = ENGLISH.plain(blocks(document, "summary", "paragraph")[1]["text"])
    assert standing.startswith("Subjects were randomised between low dose, high dose and placebo:")


def test_a_question_is_one_comparison_and_a_prognostic_one_is_of_all_arms(document: dict[str, Any]) -> None:
    found = table(document, "answers")
    asked = [
        tuple(plain(cell) for cell in row)
        for row in zip(*(cells(found, key) for key in ("contrast", "endpoint", "comparison")), strict=True)
    ]
    assert asked[:3] == [
        ("predictive", "Objective response", LOW),
        ("predictive", "Objective response", HIGH),
        ("prognostic", "Objective response", "all arms"),
    ]
    assert len(asked) == 9
    assert [plain(cell) for cell in cells(table(document, "chance"), "comparison")] == [row[2] for row in asked]


def test_the_overall_effect_heads_its_counts_by_side_and_favours_an_arm_of_its_own_row(inputs: ReportInputs) -> None:
    worse = pl.when(pl.col("comparison") == LOW, pl.col("endpoint") == "response")
    flipped = inputs.overall.with_columns(
        worse.then(-pl.col("estimate")).otherwise(pl.col("estimate")).alias("estimate"),
        worse.then(-pl.col("ci_high")).otherwise(pl.col("ci_low")).alias("ci_low"),
        worse.then(-pl.col("ci_low")).otherwise(pl.col("ci_high")).alias("ci_high"),
    )
    found = table(build(dataclasses.replace(inputs, overall=flipped)), "overall")
    heads = [ENGLISH.plain(column["label"]) for column in found["columns"]]
    assert heads[-4:] == ["n, active arm", "n, control arm", "Events, active arm", "Events, control arm"]
    favoured = dict(zip(cells(found, "comparison")[:2], map(plain, cells(found, "favours")[:2]), strict=True))
    assert {plain(key): arm for key, arm in favoured.items()} == {LOW: "placebo", HIGH: "high dose"}


def test_one_comparison_heads_its_counts_by_arm(demo_document: dict[str, Any]) -> None:
    heads = [ENGLISH.plain(column["label"]) for column in table(demo_document, "overall")["columns"]]
    assert heads[-4:] == ["n, drug", "n, placebo", "Events, drug", "Events, placebo"]
    assert not any("Shared arms" in sentence for sentence in sentences(demo_document))
    assert "comparison" not in {column["key"] for column in table(demo_document, "candidates")["columns"]}


def test_directions_name_the_arm_of_their_own_comparison(document: dict[str, Any]) -> None:
    said = [ENGLISH.plain(item) for item in blocks(document, "summary", "listing")[0]["items"]]
    low = next(sentence for sentence in said if LOW in sentence)
    assert low.startswith("G0031 (rna), predictive candidate for Progression-free survival (low dose vs placebo):")
    assert "high → more benefit from low dose" in low
    found = table(document, "candidates")
    shown = {
        (plain(comparison), plain(direction))
        for comparison, direction, tag in zip(
            *(cells(found, key) for key in ("comparison", "direction", "contrast")), strict=True
        )
        if plain(tag) == "predictive"
    }
    assert shown == {
        (comparison, f"{side} → more benefit from {comparison.removesuffix(' vs placebo')}")
        for comparison in (LOW, HIGH)
        for side in ("high", "low")
    }


def test_each_comparison_has_a_map_of_its_own(document: dict[str, Any]) -> None:
    (figure,) = blocks(document, "map", "figure")
    charts = [chart for panel in figure["panels"] if panel["key"] == "pfs" for chart in panel["charts"]]
    assert [ENGLISH.plain(chart["title"]) for chart in charts] == [
        f"Progression-free survival ({name})" for name in (LOW, HIGH)
    ]
    assert ["low dose" in ENGLISH.plain(chart["data"]["y_title"]) for chart in charts] == [True, False]


def test_curves_show_the_arms_compared_and_all_arms_of_a_prognostic_candidate(document: dict[str, Any]) -> None:
    (figure,) = blocks(document, "curves", "figure")
    panels = {ENGLISH.plain(panel["label"]): panel for panel in figure["panels"]}
    assert len(panels) == len(figure["panels"])
    high = panels[f"G0031 · Progression-free survival ({HIGH})"]
    assert {ENGLISH.plain(line["name"]) for chart in high["charts"] for line in chart["data"]["series"]} == {
        "high dose",
        "placebo",
    }
    everywhere = panels["G0140 · Progression-free survival"]
    assert [ENGLISH.plain(chart["title"]) for chart in everywhere["charts"]] == [
        "Arm: low dose",
        "Arm: high dose",
        "Arm: placebo",
    ]


def test_no_question_is_called_none_and_sums_say_which_comparison(document: dict[str, Any]) -> None:
    assert not any(sentence.endswith(", none") or "(none)" in sentence for sentence in sentences(document))
    analysis = next(block for block in blocks(document, "flow", "sums") if block["id"] == "flow-analysis")
    assert f"{LOW} and {HIGH}" in ENGLISH.plain(analysis["rows"][0]["what"])


def test_a_comparison_nobody_declared_makes_no_report(inputs: ReportInputs) -> None:
    one = factory.study(treatment=TreatmentFacts(comparisons=factory.THREE_ARMS.comparisons[:1]))
    with pytest.raises(SchemaError, match="the screen table has 1 comparisons that the study file does not declare"):
        build(dataclasses.replace(inputs, study=one))
    assert section(build(inputs), "map") is not None


def test_a_small_count_is_withheld_in_every_comparison_that_could_give_it_back(inputs: ReportInputs) -> None:
    few = inputs.overall.with_columns(
        events_active=pl.when(pl.col("comparison") == LOW, pl.col("endpoint") == "pfs")
        .then(3)
        .otherwise(pl.col("events_active"))
    )
    found = table(build(dataclasses.replace(inputs, overall=few)), "overall")
    withheld = {(row[0], plain(row[1])): [plain(cell) for cell in row[-2:]] == ["<5", "<5"] for row in found["rows"]}
    assert {key for key, hidden in withheld.items() if hidden} == {
        ("Progression-free survival", LOW),
        ("Progression-free survival", HIGH),
    }
