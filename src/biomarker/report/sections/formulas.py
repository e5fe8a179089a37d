"""Formulas of several features: what was searched, what leads in words, whether it holds, how patients did by it."""

import json
from typing import Any

import numpy as np
import polars as pl

from biomarker.report.blocks import chart, clean, column, figure, number, panel, paragraph, say, section, table
from biomarker.report.disclosure import withheld
from biomarker.report.facts import CONTRAST_ORDER, Facts
from biomarker.report.wording import comparison_name, contrast_tag

__all__ = ["make"]

#: So many formulas of a question are listed, whether they hold or not; the table file has all.
MOST_LEADERS = 5
#: So many formulas are followed into groups of patients.
MOST_GROUPED = 4
_KEY = ["endpoint", "comparison", "contrast"]


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where nothing was searched."""
    formulas, counts = facts.table("formula/formulas"), facts.table("formula/counts")
    if formulas is None or counts is None:
        return None
    leaders = _ordered(facts, formulas.filter(pl.col("leader")))
    searched = counts.filter(pl.col("unit") == "formulas", pl.col("reason").is_null())
    refused = counts.filter(pl.col("unit") == "formulas", pl.col("reason").is_not_null())
    features = counts.filter(pl.col("unit") == "features")
    held = leaders.filter(pl.col("p_heldout") <= facts.study.q)
    blocks = [
        paragraph(
            say(
                "formulas.lead",
                n=int(searched["n"].sum()),
                questions=leaders.select(_KEY).unique().height,
                refused=int(refused["n"].sum()),
                tried=leaders.height,
                held=held.height,
                q=facts.study.q,
            ),
            style="lead",
        ),
        paragraph(say("formulas.how")),
    ]
    if features.height:
        most = features.group_by(_KEY).agg(pl.col("n").sum())["n"].max()
        blocks.append(paragraph(say("formulas.left_out", n=int(most)), style="note"))  # type: ignore[call-overload]
    blocks.append(_table(facts, leaders))
    maps = facts.table("formula/maps")
    if maps is not None:
        blocks += _maps(facts, leaders, maps)
    groups = facts.table("formula/groups")
    if groups is not None:
        blocks += _groups(facts, leaders, groups)
    return section("formulas", blocks)


def _ordered(facts: Facts, leaders: pl.DataFrame) -> pl.DataFrame:
    """By question in the order of the page, then as they hold."""
    places = {endpoint.name: k for k, endpoint in enumerate(facts.study.endpoints)}
    return leaders.with_columns(pl.col("contrast").cast(pl.String)).sort(
        pl.col("contrast").replace_strict({c: k for k, c in enumerate(CONTRAST_ORDER)}, return_dtype=pl.Int64),
        pl.col("endpoint").replace_strict(places, return_dtype=pl.Int64),
        "comparison",
        "rank",
    )


def reading(row: dict[str, Any]) -> dict[str, Any]:
    """The formula in words."""
    record = json.loads(row["record"])
    names = [clean(name.partition(":")[2] or name) for name in record["features"]]
    named = dict(zip("abc", names, strict=False))
    cuts = {f"cut_{letter}": number(cut) for letter, cut in zip("abc", record["cuts"], strict=False)}
    return say(f"formulas.reading.{row['shape']}", **named, **cuts)


def _table(facts: Facts, leaders: pl.DataFrame) -> dict[str, Any]:
    shown = leaders.filter((pl.col("rank") <= MOST_LEADERS) | (pl.col("p_heldout") <= facts.study.q))
    compared = facts.several_comparisons
    columns = [
        column("contrast", "tag", filter=True),
        column("endpoint", "text", filter=True),
        *([column("comparison", "text", filter=True)] if compared else []),
        column("formula", "name", search=True),
        column("formula_reading", "text"),
        column("formula_found", "about"),
        column("formula_adds", "about"),
        column("formula_shows", "about"),
        column("formula_parts", "text"),
        column("p_heldout", "p"),
        column("formula_stability", "share"),
        column("n", "count"),
        *([column("reason", "text")] if shown["reason"].is_not_null().any() else []),
    ]
    rows = [
        [
            contrast_tag(row["contrast"]),
            facts.labels[row["endpoint"]],
            *([comparison_name(row["comparison"])] if compared else []),
            clean(row["label"]),
            reading(row),
            number(row["statistic"]),
            number(row["heldout_statistic"]),
            number(row["heldout_plain"]),
            ", ".join(f"{part:.1f}" for part in row["heldout_parts"]),
            number(row["p_heldout"]),
            number(row["stability"]),
            row["n_heldout"],
            *([row["reason"] or ""] if shown["reason"].is_not_null().any() else []),
        ]
        for row in shown.iter_rows(named=True)
    ]
    marked = [p is not None and p <= facts.study.q for p in shown["p_heldout"]]
    notes = [
        say("formulas.note.found"),
        say("formulas.note.adds"),
        say("formulas.note.p"),
        say("formulas.note.stability"),
    ]
    return table(
        "formulas", say("formulas.caption", q=facts.study.q), columns, rows, tools=True, notes=notes, marked=marked
    )


def _maps(facts: Facts, leaders: pl.DataFrame, maps: pl.DataFrame) -> list[dict[str, Any]]:
    """The planes of the formulas of two features that hold, else of those that lead; none of nothing to show."""
    order = leaders.sort("p_heldout", "rank", nulls_last=True, maintain_order=True)
    shown = pl.col("n").is_null() | (pl.col("n") >= facts.study.smallest_cell)
    panels = []
    for row in order.iter_rows(named=True):
        own = maps.with_columns(pl.col("contrast", "part", "measure").cast(pl.String)).filter(
            pl.col("candidate_id") == row["candidate_id"], shown, *(pl.col(key) == row[key] for key in _KEY)
        )
        if len(panels) < MOST_GROUPED and (charts := _planes(facts, row, own)):
            panels.append(panel(f"formula-{len(panels)}", clean(row["label"]), charts))
    if not panels:
        return []
    caption = say("formulas.map.caption", limit=facts.study.smallest_cell)
    return [figure("formula-maps", caption, panels, chooser=say("formulas.map.chooser"))]


def _planes(facts: Facts, row: dict[str, Any], own: pl.DataFrame) -> list[dict[str, Any]]:
    """A plane for each arm where the treatment's effect is asked, else one of everybody."""
    cells = own.filter(part="cell").filter(
        (pl.col("arm") != "all") if row["contrast"] == "predictive" else (pl.col("arm") == "all")
    )
    known = cells["value"].drop_nulls()
    if known.is_empty():
        return []
    low, high = float(known.min()), float(known.max())  # type: ignore[arg-type]
    line = own.filter(part="line")
    names = [clean(name.partition(":")[2] or name) for name in row["features"]]
    domains = {
        f"{axis}_domain": [float(cells[f"{axis}_low"].min()), float(cells[f"{axis}_high"].max())]  # type: ignore[arg-type]
        for axis in "xy"
    }
    charts = []
    for arm in cells["arm"].unique(maintain_order=True).to_list():
        inside = cells.filter(pl.col("arm") == arm, pl.col("value").is_not_null())
        data = {
            **domains,
            "x_title": say("formulas.map.axis", name=names[0]),
            "y_title": say("formulas.map.axis", name=names[1]),
            "line": [[_three(x), _three(y)] for x, y in line.select("x_low", "y_low").iter_rows()],
            "cells": [
                {
                    "x": _three(cell["x_low"]), "x2": _three(cell["x_high"]), "y": _three(cell["y_low"]),
                    "y2": _three(cell["y_high"]), "text": f"{float(format(cell['value'], '.2g')):g}",
                    "share": 0.5 if high == low else round((cell["value"] - low) / (high - low), 3),
                }
                for cell in inside.iter_rows(named=True)
            ],
        }  # fmt: skip
        whose = say("formulas.everybody") if arm == "all" else clean(arm)
        about = {"name": clean(row["label"]), "endpoint": facts.labels[row["endpoint"]], "arm": whose}
        title = say(f"formulas.map.{cells['measure'][0]}", **about)
        charts.append(chart("formula_map", title, say("formulas.map.description", title=title, n=inside.height), data))
    return charts


def _three(value: float) -> float:
    return float(f"{value:.4g}")


def _groups(facts: Facts, leaders: pl.DataFrame, groups: pl.DataFrame) -> list[dict[str, Any]]:
    """How patients did by group, for those formulas that hold, else those that lead."""
    order = leaders.sort("p_heldout", "rank", nulls_last=True, maintain_order=True)
    blocks = []
    for row in order.iter_rows(named=True):
        own = groups.with_columns(pl.col("contrast", "first", "second", "measure").cast(pl.String)).filter(
            pl.col("candidate_id") == row["candidate_id"],
            *(pl.col(key) == row[key] for key in _KEY),
        )
        if own.height and len(blocks) < MOST_GROUPED:
            blocks.append(_group_table(facts, row, own, len(blocks)))
    return blocks


def _group_table(facts: Facts, row: dict[str, Any], own: pl.DataFrame, place: int) -> dict[str, Any]:
    arms = own["arm"].unique(maintain_order=True).to_list()
    kinds = own.select("first", "second").unique(maintain_order=True).rows()
    cells = {(first, second, arm): (n, value) for first, second, arm, n, value in
             own.select("first", "second", "arm", "n", "value").iter_rows()}  # fmt: skip
    counts = np.array([[cells[first, second, arm][0] for arm in arms] for first, second in kinds])
    hidden = withheld(counts, facts.study.smallest_cell)
    names = [clean(name.partition(":")[2] or name) for name in row["features"]]
    rows = []
    for i, (first, second) in enumerate(kinds):
        where = (
            say(f"formulas.group.{first}", name=clean(row["label"]))
            if second is None
            else say("formulas.groups", a=say(f"formulas.group.{first}", name=names[0]),
                     b=say(f"formulas.group.{second}", name=names[1]))
        )  # fmt: skip
        entries: list[Any] = [where]
        for j, arm in enumerate(arms):
            n, value = cells[first, second, arm]
            small = bool(hidden[i, j])
            entries += [
                say("count.suppressed", limit=facts.study.smallest_cell) if small else n,
                None if small else number(value),
            ]
        rows.append(entries)
    measure = own["measure"][0]
    columns = [column("formula_group", "name")]
    for arm in arms:
        shown = say("formulas.everybody") if arm == "all" else clean(arm)
        columns += [column("n_arm", "count", arm=shown), column(f"formula_{measure}", "about", arm=shown)]
    caption = say("formulas.groups.caption", name=clean(row["label"]), endpoint=facts.labels[row["endpoint"]])
    return table(f"formula-groups-{place}", caption, columns, rows, notes=[say("formulas.groups.note")])
