"""The laboratories behind a study: Levey-Jennings charts of control materials, methods, patients as controls."""

from datetime import date
from typing import Any

import polars as pl

from biomarker.report.blocks import chart, clean, column, figure, interval, number, panel, say, table
from biomarker.report.facts import Facts

__all__ = ["laboratory"]

MOST_ROWS, MOST_CHARTS, MOST_RUNS = 40, 6, 200
#: Limits of a Levey-Jennings chart, in standard deviations.
LIMITS = (-3, -2, 2, 3)
SERIES = ["modality", "test", "group"]


def laboratory(facts: Facts) -> list[dict[str, Any]]:
    """What the section on quality says of the laboratories; nothing where the study file names none of their files."""
    return [*_controls(facts), *_moving(facts), *_methods(facts)]


def _controls(facts: Facts) -> list[dict[str, Any]]:
    controls = facts.table("quality/controls")
    if controls is None or controls.is_empty():
        return []
    runs = controls.unique([*SERIES, "date", "run"], maintain_order=True)
    series = (
        runs.group_by(SERIES, maintain_order=True)
        .agg(
            n=pl.len(),
            rejected=pl.col("rejected").sum(),
            rules=pl.col("broken").filter(pl.col("rejected")).str.split(", ").explode().unique().sort(),
            ewma=pl.col("ewma_signal").sum(),
            cusum=pl.col("cusum_signal").sum(),
            excluded=(pl.col("applied") == "excluded").sum(),
            corrected=(pl.col("applied") == "corrected").sum(),
        )
        .sort("rejected", descending=True, maintain_order=True)
    )
    drift = facts.table("quality/drift")
    onsets = {} if drift is None else {tuple(row[k] for k in SERIES): row for row in _of_controls(drift)}
    return [_charts(controls, series, onsets), _series_table(series, onsets)]


def _of_controls(drift: pl.DataFrame) -> list[dict[str, Any]]:
    return drift.filter(pl.col("flagged"), source="controls").to_dicts()


def _series_table(series: pl.DataFrame, onsets: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    rows = []
    for row in series.head(MOST_ROWS).iter_rows(named=True):
        drift = onsets.get(tuple(row[k] for k in SERIES), {})
        rules = [rule for rule in row["rules"] if "warning" not in rule]
        rows.append([
            clean(row["test"]), clean(row["group"]), row["n"], row["rejected"], clean(", ".join(rules) or "–"),
            row["ewma"], row["cusum"], clean(drift.get("onset") or "–"), clean(drift.get("crosses") or "–"),
            row["excluded"], row["corrected"],
        ])  # fmt: skip
    columns = [
        column("quality_test", "name"),
        column("quality_site", "text"),
        *(column(f"control_{key}", "count") for key in ("runs", "rejected")),
        column("control_rules", "text"),
        *(column(f"control_{key}", "count") for key in ("ewma", "cusum")),
        column("quality_onset", "text"),
        column("quality_crosses", "text"),
        *(column(f"control_{key}", "count") for key in ("excluded", "corrected")),
    ]
    notes = [say("levey.note")]
    if series.height > MOST_ROWS:
        notes.insert(0, say("summary.answers.some", shown=MOST_ROWS, n=series.height))
    return table("controls", say("levey.table"), columns, rows, notes=notes)


def _charts(controls: pl.DataFrame, series: pl.DataFrame, onsets: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    """Levey-Jennings charts of the series of which most runs are rejected."""
    panels = []
    for row in series.head(MOST_CHARTS).iter_rows(named=True):
        key = tuple(row[k] for k in SERIES)
        part = controls.filter(**dict(zip(SERIES, key, strict=True)))
        name = say("drift.line", test=clean(row["test"]), group=clean(row["group"]))
        drift = onsets.get(key, {})
        panels.append(panel(f"levey-{len(panels)}", name, [_chart(part, drift, name)], _told(drift)))
    return figure("levey", say("levey.caption", shown=MOST_RUNS), panels, chooser=say("levey.chooser"))


def _told(drift: dict[str, Any]) -> dict[str, Any]:
    """When the analyser left its level and when it will be outside its limits, in a sentence."""
    if not drift:
        return say("levey.steady")
    dates = {name: clean(drift[name]) for name in ("onset", "onset_low", "onset_high")}
    if drift["crosses"] is None:
        return say("levey.step", **dates, change=number(drift["change"]))
    early, late = (clean(drift[f"crosses_{end}"] or "–") for end in ("early", "late"))
    return say("levey.ramp", **dates, change=number(drift["change"]), crosses=clean(drift["crosses"]), early=early,
               late=late)  # fmt: skip


def _chart(part: pl.DataFrame, drift: dict[str, Any], name: dict[str, Any]) -> dict[str, Any]:
    days = part["date"].unique().sort()
    first = date.fromisoformat(days[0])
    since = days[-min(len(days), MOST_RUNS)]
    shown = part.filter(pl.col("date") >= since).sort("date", "run")
    lines = [
        {
            "name": say("levey.level", level=clean(level)),
            "x": [(date.fromisoformat(d) - first).days for d in of["date"]],
            "y": of["z"].round(3).to_list(),
        }
        for (level,), of in shown.group_by("level", maintain_order=True)
    ]
    marks = [
        {"x": (date.fromisoformat(drift[key]) - first).days, "name": say(f"levey.{key}")}
        for key in ("onset", "crosses")
        if drift.get(key)
    ]
    data = {
        "x_title": say("levey.x", date=first.isoformat()),
        "y_title": say("levey.y"),
        "series": lines,
        "scattered": True,
        "marks": marks,
        "levels": [{"y": limit, "name": say("levey.limit", n=limit)} for limit in LIMITS],
    }
    return chart("lines", say("levey.title", name=name), say("levey.description", n=shown.height), data)


def _moving(facts: Facts) -> list[dict[str, Any]]:
    moving = facts.table("quality/moving")
    flagged = None if moving is None else moving.filter(pl.col("flagged"))
    if flagged is None or flagged.is_empty():
        return []
    rows = [
        [
            clean(row["test"]), clean(row["group"]), row["n"], say(f"moving.{row['statistic']}"),
            interval(row["centre"], row["low"], row["high"]), row["n_alarms"], clean(row["first_alarm"]),
            number(row["p_adjusted"]),
        ]
        for row in flagged.head(MOST_ROWS).iter_rows(named=True)
    ]  # fmt: skip
    columns = [
        column("quality_test", "name"),
        column("quality_site", "text"),
        column("quality_of", "count"),
        column("moving_statistic", "text"),
        column("moving_limits", "interval"),
        column("moving_alarms", "count"),
        column("moving_first", "text"),
        column("p_value", "p"),
    ]
    return [table("moving", say("moving.caption"), columns, rows, notes=[say("moving.note")])]


def _methods(facts: Facts) -> list[dict[str, Any]]:
    methods = facts.table("quality/methods")
    if methods is None or methods.is_empty():
        return []
    rows = [
        [
            clean(row["test"]),
            say(f"quality.check.{row['check']}"),
            say(f"methods_of.{_key(row['quantity'])}"),
            clean(row["group"] or ""),
            interval(row["estimate"], row["low"], row["high"]),
            row["n"],
            say("methods_of.none") if row["reason"] else "",
        ]
        for row in methods.sort("test", maintain_order=True).head(2 * MOST_ROWS).iter_rows(named=True)
    ]
    columns = [
        column("quality_test", "name"),
        column("quality_check", "text"),
        column("method_quantity", "text"),
        column("method_group", "text"),
        column("method_value", "interval"),
        column("quality_of", "count"),
        column("method_reason", "text"),
    ]
    notes = [say("methods_of.note")]
    if methods.height > 2 * MOST_ROWS:
        notes.insert(0, say("summary.answers.some", shown=2 * MOST_ROWS, n=methods.height))
    return [table("laboratory-methods", say("methods_of.caption"), columns, rows, notes=notes)]


def _key(quantity: str) -> str:
    """``within-laboratory CV, %`` as the last part of a phrase's key."""
    return quantity.replace(", %", "").replace("-", "_").replace(" ", "_").lower()
