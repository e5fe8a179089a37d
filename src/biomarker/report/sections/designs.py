"""Designs compared: the study that would prove the marker, its rivals, and what all of them rest on."""

from typing import Any

import polars as pl

from biomarker.report.blocks import column, listing, number, paragraph, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.sections import trial_figures
from biomarker.report.told import design_name, known, told, unit_name

__all__ = ["make"]

#: Kinds of sentences of the recommendation, by the style in which they are shown
LEADING = {"sentence": "lead", "infeasible": "caution", "cannot": "caution", "reason": "normal"}
CAUTIONS = ("binding", "relaxed", "risk")
MOST_RISKS = 12


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where no study was designed."""
    designs = facts.table("trial/designs")
    advice = facts.table("trial/recommendation")
    if advice is None:
        return None
    rows = advice.sort("order").to_dicts()
    blocks = [
        paragraph(told(facts, row.get("said"), row["text"]), style=LEADING[row["kind"]])
        for row in rows
        if row["kind"] in ("sentence", "infeasible", "cannot")
    ]
    risks = [told(facts, row.get("said"), row["text"]) for row in rows if row["kind"] in CAUTIONS]
    if risks:
        blocks += [paragraph(say("designs.risks"), style="subtitle"), listing(risks[:MOST_RISKS], style="caution")]
    if designs is not None:
        blocks.append(_designs(designs))
    blocks += [
        paragraph(told(facts, row.get("said"), row["text"])) for row in rows if row["kind"] == "discovery"
    ] + _learning(facts)
    blocks += trial_figures.funnel(facts) + trial_figures.heatmap(facts) + _heatmap(facts) + _marker(facts)
    return section("designs", blocks)


def _designs(designs: pl.DataFrame) -> dict[str, Any]:
    """One row a design and basis; those without numbers give the reason."""
    several = designs["basis"].n_unique() > 1
    rows = [
        [
            design_name(row["design"]),
            *([say(f"designs.basis.{row['basis']}")] if several else []),
            row["n_looks"],
            number(row["n_randomised"]),
            number(row["n_expected"]),
            number(row["n_screened"]),
            number(row["events"]),
            number(row["duration"]),
            number(row["power"]),
            number(row["power_overall"]),
            number(row["power_subgroup"]),
            number(row["assurance"]),
            number(row["familywise_error"]),
            number(row["cost"]),
            number(row["net_benefit"]),
            _reason(row),
        ]
        for row in designs.iter_rows(named=True)
    ]
    columns = [
        column("trial_design", "name"),
        *([column("trial_basis", "tag")] if several else []),
        column("trial_looks", "count"),
        column("trial_n", "count"),
        column("trial_n_expected", "count"),
        column("trial_screened", "count"),
        column("events", "count"),
        column("trial_duration", "about"),
        column("trial_power", "share"),
        column("trial_power_overall", "share"),
        column("trial_power_subgroup", "share"),
        column("trial_assurance", "share"),
        column("trial_familywise", "share"),
        column("trial_cost", "count"),
        column("trial_net_benefit", "count"),
        column("reason", "text"),
    ]
    notes = [say("designs.note.power"), say("designs.note.basis"), say("designs.note.worth")]
    cases = sorted({case for cases in designs["cases"].to_list() for case in cases})
    if cases:
        notes.append(say("designs.note.cases", cases=", ".join(cases)))
    return table("designs", say("designs.caption"), columns, rows, notes=notes, marked=designs["recommended"].to_list())


def _learning(facts: Facts) -> list[dict[str, Any]]:
    """The learning curve: what a discovery study of each size would be worth before the study."""
    curve = facts.table("trial/learning")
    if curve is None or curve.is_empty():
        return []
    rows = [
        [
            number(row["n"]),
            number(row["net_benefit"]),
            number(row["sd_positive"]),
            number(row["sd_negative"]),
            number(row["no_study"]),
            number(row["duration"]),
            number(row["cost"]),
        ]
        for row in curve.sort("n").iter_rows(named=True)
    ]
    columns = [
        column("trial_n", "count"),
        column("trial_net_benefit", "count"),
        column("learning_sd_positive", "number"),
        column("learning_sd_negative", "number"),
        column("learning_none", "share"),
        column("trial_duration", "about"),
        column("trial_cost", "count"),
    ]
    notes, best = [say("designs.learning.note")], curve.sort("n")["best"].to_list()
    return [table("learning", say("designs.learning"), columns, rows, tools=True, notes=notes, marked=best)]


def _reason(row: dict[str, Any]) -> dict[str, Any]:
    """Why a design has no numbers."""
    if row.get("reason_code"):
        return say(f"design.reason.{row['reason_code']}")
    return say("design.reason.other", text=row["reason"]) if row["reason"] else say("nothing")


def _heatmap(facts: Facts) -> list[dict[str, Any]]:
    """The cheapest design at each prevalence and effect, with its size."""
    grid = facts.table("trial/heatmap")
    if grid is None:
        return []
    best = grid.filter("best").sort("prevalence", "effect_multiple")
    rows = [
        [
            number(row["prevalence"]),
            number(row["effect_multiple"]),
            number(row["effect_positive"]),
            design_name(row["design"]),
            number(row["n_randomised"]),
            number(row["n_screened"]),
            number(row["cost"]),
        ]
        for row in best.iter_rows(named=True)
    ]
    columns = [
        column("trial_prevalence", "share"),
        column("trial_multiple", "about"),
        column("trial_effect", "number"),
        column("trial_design", "name"),
        column("trial_n", "count"),
        column("trial_screened", "count"),
        column("trial_cost", "count"),
    ]
    return [table("heatmap", say("designs.heatmap"), columns, rows, tools=True, notes=[say("designs.heatmap.note")])]


def _marker(facts: Facts) -> list[dict[str, Any]]:
    """Every number that the designs rest on, with its source."""
    marker = facts.table("trial/marker")
    if marker is None:
        return []
    rows = [
        [
            say(f"designs.quantity.{row['quantity']}"),
            say(f"designs.basis.{row['basis']}") if row["basis"] else "",
            {"estimate": number(row["value"]), "low": number(row["low"]), "high": number(row["high"])},
            unit_name(row["unit"] or ""),
            say(f"designs.source.{row['source']}"),
            known("note", row["note"] or ""),
        ]
        for row in marker.iter_rows(named=True)
    ]
    columns = [
        column("trial_quantity", "name"),
        column("trial_basis", "tag"),
        column("trial_value", "interval"),
        column("unit", "text"),
        column("trial_source", "tag"),
        column("trial_note", "text"),
    ]
    return [table("trial-marker", say("designs.marker"), columns, rows)]
