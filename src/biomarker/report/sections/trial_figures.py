"""Pictures of the next study: how many are screened, which design is cheapest where, its bounds, what it does."""

from statistics import NormalDist
from typing import Any

import polars as pl

from biomarker.report.blocks import Block, Text, chart, figure, number, panel, picture, say
from biomarker.report.facts import Facts
from biomarker.report.told import design_name, known

__all__ = ["boundaries", "funnel", "heatmap", "operating"]

#: The largest grid that can be read, and the most lines of one chart.
MOST_ACROSS, MOST_LINES = 9, 60
#: Scenarios in which nothing works for anybody by the marker: success is an error.
NOTHING = ("null", "prognostic only")


def funnel(facts: Facts) -> list[Block]:
    """From candidates screened to subjects randomised, in the recommended design."""
    designs = facts.table("trial/designs")
    chosen = None if designs is None else designs.filter(pl.col("recommended") & (pl.col("status") == "ok"))
    if chosen is None or chosen.is_empty():
        return []
    row = chosen.row(0, named=True)
    steps = [(step, row[step]) for step in ("n_screened", "n_tested", "n_randomised", "events") if row[step]]
    if len(steps) < 2:
        return []
    lines = [
        {"name": say(f"funnel.{step}"), "low": 0, "high": number(n), "text": say("tile.count", n=n), "strong": False}
        for step, n in steps
    ]
    data = {"x_title": say("funnel.x"), "lines": lines}
    return [
        picture(
            "bars",
            "funnel",
            data,
            design=design_name(row["design"]),
            screened=steps[0][1],
            randomised=row["n_randomised"],
        )
    ]


def heatmap(facts: Facts) -> list[Block]:
    """The cheapest design and its size over prevalence and effect."""
    grid = facts.table("trial/heatmap")
    best = None if grid is None else grid.filter("best").sort("prevalence", "effect_multiple")
    if best is None or best.height < 2:
        return []
    if max(best["prevalence"].n_unique(), best["effect_multiple"].n_unique()) > MOST_ACROSS:
        return []
    cells = [
        {
            "x": say("heatmap.times", n=row["effect_multiple"]),
            "y": say("heatmap.share", share=row["prevalence"]),
            "text": say("tile.count", n=row["n_randomised"]),
            "kind": design_name(row["design"]),
        }
        for row in best.iter_rows(named=True)
    ]
    data = {"x_title": say("heatmap.x"), "y_title": say("heatmap.y"), "cells": cells}
    return [picture("heat", "heatmap", data)]


def boundaries(facts: Facts) -> list[Block]:
    """Bounds over information; a study with one look has none to draw."""
    bounds = facts.table("trial/boundaries")
    if bounds is None or bounds.height < 2:
        return []
    at = [number(value) for value in bounds["information"]]
    series = [{"name": say("bounds.efficacy"), "x": at, "y": [number(value) for value in bounds["efficacy_z"]]}]
    if bounds["futility_z"].is_not_null().any():
        series.append({"name": say("bounds.futility"), "x": at, "y": [number(value) for value in bounds["futility_z"]]})
    # what a study without looks would need for the same error
    single = NormalDist().inv_cdf(1.0 - min(max(float(bounds["alpha_spent"].max()), 1e-9), 0.5))  # type: ignore[arg-type]
    data = {
        "x_title": say("bounds.x"),
        "y_title": say("bounds.y"),
        "series": series,
        "points": True,
        "levels": [{"y": single, "name": say("bounds.single", z=single)}],
    }
    return [picture("lines", "bounds", data, n=bounds.height, z=single)]


def operating(facts: Facts) -> list[Block]:
    """Share of simulated studies that succeed, a panel a design and a line a scenario.

    Where nothing works it stands out.
    """
    found = facts.table("trial/operating")
    if found is None:
        return []
    study = ["scenario", "basis", "design", "n_looks", "analysis"]
    # where a design can succeed in several ways, in any of them
    whole = found.filter((pl.col("success") == "any") | (pl.len().over(study) == 1))
    order = [~pl.col("scenario").is_in(NOTHING), *study]
    rows = whole.sort(order).head(MOST_LINES)
    if rows.is_empty():
        return []
    trials = min(found["trials"].to_list())
    panels = [
        panel(name, design_name(name), [_of_design(name, rows.filter(design=name))])
        for name in sorted(rows["design"].unique(maintain_order=True), key=lambda name: name != _recommended(facts))
    ]
    notes = []
    if whole.height > MOST_LINES:
        notes.append(say("operating.figure.some", shown=MOST_LINES, n=whole.height))
    caption = say("operating.figure.caption", trials=trials)
    return [figure("operating-figure", caption, panels, chooser=say("operating.figure.chooser"), notes=notes)]


def _recommended(facts: Facts) -> str:
    """Name of the recommended design; empty without one."""
    designs = facts.table("trial/designs")
    chosen = [] if designs is None else designs.filter(pl.col("recommended"))["design"].to_list()
    return str(chosen[0]) if chosen else ""


def _of_design(name: str, rows: pl.DataFrame) -> dict[str, Any]:
    """One design under every scenario."""
    lines = [
        {
            "name": say("operating.line", scenario=known("scenario", row["scenario"]), looks=row["n_looks"]),
            "low": number(max(row["power"] - 1.96 * row["power_error"], 0.0)),
            "high": number(min(row["power"] + 1.96 * row["power_error"], 1.0)),
            "middle": number(row["power"]),
            "text": say("operating.share", share=row["power"]),
            "strong": row["scenario"] in NOTHING,
        }
        for row in rows.iter_rows(named=True)
    ]
    data = {"x_title": say("operating.x"), "share": True, "lines": lines}
    values: dict[str, Text | str] = {"design": design_name(name)}
    title = say("operating.figure.title", **values)
    return chart("bars", title, say("operating.figure.description", **values), data)
