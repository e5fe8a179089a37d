"""Monitoring: how the recommended study is looked at, and what each analysis may decide."""

from typing import Any

from biomarker.report.blocks import column, number, paragraph, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.sections import trial_figures
from biomarker.report.told import told

__all__ = ["make"]


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where there is no study to look at."""
    bounds = facts.table("trial/boundaries")
    if bounds is None:
        return None
    rows = [
        [
            row["look"],
            number(row["information"]),
            number(row["n"]),
            number(row["events"]),
            number(row["date"]),
            number(row["efficacy_z"]),
            number(row["nominal_p"]),
            number(row["effect_at_efficacy"]),
            number(row["futility_z"]),
            number(row["effect_at_futility"]),
            number(row["alpha_spent"]),
            number(row["power_spent"]),
            number(row["conditional_power_design"]),
            number(row["conditional_power_trend"]),
        ]
        for row in bounds.iter_rows(named=True)
    ]
    columns = [
        column("look", "count"),
        column("look_information", "share"),
        column("n", "count"),
        column("events", "count"),
        column("look_date", "about"),
        column("look_efficacy", "number"),
        column("look_p", "p"),
        column("look_effect", "number"),
        column("look_futility", "number"),
        column("look_effect_futility", "number"),
        column("look_alpha", "number"),
        column("look_power", "share"),
        column("look_conditional", "share"),
        column("look_trend", "share"),
    ]
    blocks = [
        paragraph(say("monitoring.lead", n=bounds.height), style="lead"),
        *trial_figures.boundaries(facts),
        table("boundaries", say("monitoring.caption"), columns, rows, notes=[say("monitoring.note")]),
        paragraph(
            told(facts, bounds["said"][0] if "said" in bounds.columns else None, bounds["convention"][0]), style="note"
        ),
    ]
    return section("monitoring", blocks + _zones(facts))


def _zones(facts: Facts) -> list[dict[str, Any]]:
    """What the last interim analysis means for the size, if it may be re-estimated."""
    zones = facts.table("trial/zones")
    if zones is None:
        return []
    rows = [
        [
            say(f"monitoring.zone.{row['zone']}"),
            number(row["z_low"]),
            number(row["z_high"]),
            number(row["conditional_power_low"]),
            number(row["conditional_power_high"]),
            number(row["n_low"]),
            number(row["n_high"]),
        ]
        for row in zones.iter_rows(named=True)
    ]
    columns = [
        column("zone", "name"),
        column("zone_z_low", "number"),
        column("zone_z_high", "number"),
        column("zone_power_low", "share"),
        column("zone_power_high", "share"),
        column("zone_n_low", "count"),
        column("zone_n_high", "count"),
    ]
    return [table("zones", say("monitoring.zones"), columns, rows, notes=[say("monitoring.zones.note")])]
