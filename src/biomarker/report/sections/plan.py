"""Analysis plan shell: what the plan of the recommended study would say, filled as far as the run goes."""

from typing import Any

import polars as pl

from biomarker.report.blocks import clean, column, listing, number, paragraph, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.told import group_name

__all__ = ["make"]

PRIMARY = ("positive", "overall", "any", "strategy")


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where no study was recommended."""
    designs, marker = facts.table("trial/designs"), facts.table("trial/marker")
    if designs is None or marker is None:
        return None
    chosen = designs.filter(pl.col("recommended") & (pl.col("status") == "ok"))
    if chosen.is_empty() or not (marker["situation"] == "marker").any():
        return None
    design, about = chosen.row(0, named=True), marker.filter(situation="marker").row(0, named=True)
    columns = [column("plan_item", "name"), column("plan_text", "text")]
    rows = [[say(f"plan.{item}"), text] for item, text in _items(facts, design, about)]
    shells = [say(f"plan.shell.{name}") for name in ("flow", "baseline", "primary", "subgroup", "assay", "safety")]
    blocks = [
        paragraph(say("plan.lead"), style="lead"),
        table("plan", say("plan.caption"), columns, rows, notes=[say("plan.note")]),
        paragraph(say("plan.sensitivity"), style="subtitle"),
        listing([say(f"plan.sensitivity.{name}") for name in ("cutoff", "missing", "covariates", "marker_unknown")]),
        paragraph(say("plan.shells"), style="subtitle"),
        listing(shells),
    ]
    return section("plan", blocks)


def _items(facts: Facts, design: dict[str, Any], about: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What the plan must say, and what the run knows of it."""
    primary = design["primary"] if design["primary"] in PRIMARY else "overall"
    covariates = [clean(name) for name in facts.study.covariates]
    bounds = facts.table("trial/boundaries")
    items = [
        ("endpoint", say("plan.endpoint.text", endpoint=clean(about["endpoint_label"]))),
        (
            "marker",
            say(
                "plan.marker.text",
                positive=group_name(facts, about["positive"]),
                negative=group_name(facts, about["negative"]),
            ),
        ),
        (
            "populations",
            say(
                f"plan.populations.{primary}",
                n=number(design["n_randomised"]),
                positive=number(design["n_positive"]),
                negative=number(design["n_negative"]),
            ),
        ),
        (
            "model",
            say(f"plan.model.{about['type']}", active=clean(about["active"]), control=clean(about["control"])),
        ),
        (
            "covariates",
            say("plan.covariates.text", names=covariates) if covariates else say("plan.covariates.none"),
        ),
        ("error", say("plan.error.text", alpha=number(design["familywise_error"]), power=number(design["power"]))),
        ("looks", _looks(bounds)),
        ("missing", say(f"plan.missing.{about['type']}")),
    ]
    return items


def _looks(bounds: pl.DataFrame | None) -> dict[str, Any]:
    if bounds is None or bounds.height < 2:
        return say("plan.looks.none")
    shares = [say("plan.share", share=share) for share in bounds["information"]]
    return say("plan.looks.text", n=bounds.height, shares=shares)
