"""The next study on page one: one sentence, its cost and chance, what could be wrong, what would change it."""

from typing import Any

import polars as pl

from biomarker.report.blocks import Text, listing, number, paragraph, say
from biomarker.report.facts import Facts
from biomarker.report.told import design_name, known, told
from biomarker.report.wording import named

__all__ = ["make"]

MOST_RISKS, MOST_TURNS, MOST_NAMED = 3, 3, 8


def make(facts: Facts) -> list[dict[str, Any]]:
    """The study that would prove the leading marker; nothing without one."""
    advice = facts.table("trial/recommendation")
    if advice is None:
        return []
    rows = advice.sort("order").to_dicts()
    blocks = [paragraph(say("summary.next_study"), style="subtitle")]
    blocks += [
        paragraph(told(facts, row.get("said"), row["text"]))
        for row in rows
        if row["kind"] in ("sentence", "infeasible", "cannot")
    ]
    if (chosen := _chosen(facts)) is not None:
        blocks.append(
            paragraph(
                say(
                    "summary.next_study.cost",
                    cost=number(chosen["cost"]),
                    screened=number(chosen["n_screened"]),
                    power=number(chosen["power"]),
                    assurance=number(chosen["assurance"]),
                )
            )
        )
        blocks += [paragraph(one) for one in _sources(facts)]
    risks = [told(facts, row.get("said"), row["text"]) for row in rows if row["kind"] == "risk"][:MOST_RISKS]
    if risks:
        blocks.append(listing(risks, style="caution"))
    changes = [*_turning(facts), *_elsewhere(facts)]
    if changes:
        blocks += [paragraph(say("summary.changes"), style="subtitle"), listing(changes)]
    return blocks


def _chosen(facts: Facts) -> dict[str, Any] | None:
    """The recommended design, where there is one with numbers."""
    designs = facts.table("trial/designs")
    if designs is None:
        return None
    rows = designs.filter(pl.col("recommended") & (pl.col("status") == "ok"))
    return None if rows.is_empty() else rows.row(0, named=True)


def _sources(facts: Facts) -> list[Text]:
    """Which of the numbers that it rests on were measured here, assumed or taken from literature."""
    marker = facts.table("trial/marker")
    found = []
    for source in () if marker is None else ("measured", "assumed", "literature"):
        names = marker.filter(source=source)["quantity"].unique(maintain_order=True).to_list()
        if names:
            told = named([say(f"designs.quantity.{name}") for name in names], most=MOST_NAMED)
            found.append(say(f"summary.source.{source}", names=told))
    return found


def _turning(facts: Facts) -> list[Text]:
    """Parameters that turn the decision to test and treat within what is known of them."""
    tornado = facts.table("economics/tornado")
    if tornado is None:
        return []
    ends = pl.min_horizontal("low", "high"), pl.max_horizontal("low", "high")
    turning = tornado.filter(pl.col("turns_at").is_between(*ends))
    if turning.is_empty():
        return [say("summary.turns.none", comparator=known("strategy", tornado["comparator"][0]))]
    return [
        say(
            "summary.turns",
            quantity=say(f"designs.quantity.{row['parameter']}"),
            at=number(row["turns_at"]),
            low=number(row["low"]),
            high=number(row["high"]),
            comparator=known("strategy", row["comparator"]),
        )
        for row in turning.head(MOST_TURNS).iter_rows(named=True)
    ]


def _elsewhere(facts: Facts) -> list[Text]:
    """Whether another design is the cheapest at another prevalence or effect."""
    grid = facts.table("trial/heatmap")
    chosen = _chosen(facts)
    if grid is None or chosen is None:
        return []
    others = sorted(set(grid.filter("best")["design"].to_list()) - {chosen["design"]})
    if others:
        return [say("summary.elsewhere", names=named([design_name(name) for name in others], most=4))]
    return [say("summary.elsewhere.none")]
