"""Operating characteristics: what the designs do when something else is true than what was planned for."""

from typing import Any

from biomarker.report.blocks import column, number, paragraph, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.sections import trial_figures
from biomarker.report.told import design_name, known

__all__ = ["make"]


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where nothing was simulated."""
    found = facts.table("trial/operating")
    if found is None:
        return None
    rows = [
        [
            design_name(row["design"]),
            known("analysis", row["analysis"]),
            row["n_looks"],
            known("scenario", row["scenario"]),
            known("success", row["success"]),
            row["n"],
            {
                "estimate": number(row["power"]),
                "low": number(max(row["power"] - 1.96 * row["power_error"], 0.0)),
                "high": number(min(row["power"] + 1.96 * row["power_error"], 1.0)),
            },
            number(row["futility"]),
            number(row["n_mean"]),
            number(row["duration_mean"]),
            row["trials"],
        ]
        for row in found.iter_rows(named=True)
    ]
    columns = [
        column("trial_design", "name", filter=True),
        column("operating_analysis", "text"),
        column("trial_looks", "count"),
        column("operating_scenario", "name", filter=True),
        column("operating_success", "text", filter=True),
        column("trial_n", "count"),
        column("operating_power", "interval", level=0.95),
        column("operating_futility", "share"),
        column("operating_n", "count"),
        column("trial_duration", "about"),
        column("operating_trials", "count"),
    ]
    errors = found.filter(scenario="null")["power_error"].max()
    blocks = [
        paragraph(say("operating.lead", n=found["scenario"].n_unique()), style="lead"),
        *trial_figures.operating(facts),
        table(
            "operating",
            say("operating.caption"),
            columns,
            rows,
            tools=True,
            notes=[say("operating.note", error=number(errors))],
        ),
    ]
    return section("operating", blocks)
