"""Health economics: what testing and treating by the marker would cost and bring."""

from typing import Any

import polars as pl

from biomarker.report.blocks import clean, column, number, paragraph, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.sections import economics_figures
from biomarker.report.told import known, told

__all__ = ["make"]

MOST_BARS = 10


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where nothing was evaluated."""
    strategies = facts.table("economics/strategies")
    if strategies is None:
        return None
    by_effects = strategies.filter(pl.col("basis").cast(pl.String) != "records")
    base = by_effects.filter(basis=by_effects["basis"][-1])
    best = base.filter("best")["strategy"][0]
    blocks = [paragraph(say("economics.lead", best=known("strategy", best)), style="lead"), _strategies(strategies)]
    blocks.append(paragraph(told(facts, _said(base), base["convention"][0]), style="note"))
    pictures = (economics_figures.plane, economics_figures.acceptability, economics_figures.tornado)
    tables = (_tornado, _information, _prices, _budget, _transitions, _cheers)
    for make_one in (*pictures[:2], _acceptability, pictures[2], *tables):
        blocks += make_one(facts)
    return section("economics", blocks)


def _said(table: pl.DataFrame) -> str | None:
    """The code of a table's convention."""
    return table["said"][0] if "said" in table.columns else None


def _strategies(strategies: pl.DataFrame) -> dict[str, Any]:
    rows = [
        [
            known("strategy", row["strategy"]),
            say(f"designs.basis.{row['basis']}"),
            number(row["cost"]),
            number(row["effect"]),
            number(row["life_years"]),
            number(row["treated"]),
            say(f"economics.status.{row['status']}"),
            number(row["icer"]),
            number(row["net_benefit"]),
            number(row.get("probability_best")),
        ]
        for row in strategies.iter_rows(named=True)
    ]
    columns = [
        column("econ_strategy", "name"),
        column("trial_basis", "tag"),
        column("econ_cost", "count"),
        column("econ_effect", "number"),
        column("econ_life_years", "number"),
        column("econ_treated", "share"),
        column("econ_status", "tag"),
        column("econ_icer", "count"),
        column("econ_net_benefit", "count"),
        column("econ_best", "share"),
    ]
    return table(
        "strategies",
        say("economics.caption"),
        columns,
        rows,
        notes=[say("economics.note"), say("designs.note.cases", cases=strategies["cases"][0])],
        marked=strategies["best"].to_list(),
    )


def _acceptability(facts: Facts) -> list[dict[str, Any]]:
    found = facts.table("economics/acceptability")
    if found is None:
        return []
    wide = found.pivot(on="strategy", index=["wtp", "evpi"], values="probability").sort("wtp")
    names = [name for name in wide.columns if name not in ("wtp", "evpi")]
    adopted = dict(found.filter("frontier").select("wtp", "strategy").iter_rows())
    rows = [
        [
            number(row["wtp"]),
            *(number(row[name]) for name in names),
            known("strategy", adopted[row["wtp"]]),
            number(row["evpi"]),
        ]
        for row in wide.iter_rows(named=True)
    ]
    columns = [
        column("econ_wtp", "count"),
        *(column("econ_probability", "share", strategy=known("strategy", name)) for name in names),
        column("econ_adopt", "text"),
        column("econ_evpi", "count"),
    ]
    return [table("acceptability", say("economics.acceptability"), columns, rows, tools=True)]


def _tornado(facts: Facts) -> list[dict[str, Any]]:
    found = facts.table("economics/tornado")
    if found is None:
        return []
    rows = [
        [
            say(f"designs.quantity.{row['parameter']}"),
            number(row["low"]),
            number(row["high"]),
            number(row["at_low"]),
            number(row["at_high"]),
            number(row["turns_at"]),
        ]
        for row in found.head(MOST_BARS).iter_rows(named=True)
    ]
    columns = [
        column("trial_quantity", "name"),
        column("econ_low", "number"),
        column("econ_high", "number"),
        column("econ_at_low", "count"),
        column("econ_at_high", "count"),
        column("econ_turns", "number"),
    ]
    caption = say("economics.tornado", comparator=known("strategy", found["comparator"][0]))
    return [table("tornado", caption, columns, rows)]


def _information(facts: Facts) -> list[dict[str, Any]]:
    found = facts.table("economics/information")
    if found is None:
        return []
    rows = [
        [
            clean(row["quantity"]),
            known("parameters", row["parameters"]),
            number(row["n"]),
            number(row["value"]),
            number(row["std_error"]),
            number(row["population_value"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    columns = [
        column("econ_quantity", "name"),
        column("econ_parameters", "text"),
        column("n", "count"),
        column("econ_value", "count"),
        column("econ_error", "count"),
        column("econ_population", "count"),
    ]
    return [
        table("information", say("economics.information"), columns, rows, notes=[say("economics.information.note")])
    ]


def _prices(facts: Facts) -> list[dict[str, Any]]:
    found = facts.table("economics/prices")
    if found is None:
        return []
    rows = [
        [
            known("price", row["item"]),
            say(f"designs.basis.{row['basis']}"),
            known("strategy", row["strategy"]),
            number(row["low"]),
            number(row["high"]),
            number(row["now"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    columns = [
        column("econ_item", "name"),
        column("trial_basis", "tag"),
        column("econ_strategy", "text"),
        column("econ_from", "count"),
        column("econ_to", "count"),
        column("econ_now", "count"),
    ]
    return [table("prices", say("economics.prices"), columns, rows)]


def _budget(facts: Facts) -> list[dict[str, Any]]:
    found = facts.table("economics/budget")
    if found is None:
        return []
    rows = [
        [
            row["year"],
            number(row["eligible"]),
            number(row["started"]),
            number(row["without"]),
            number(row["with_new"]),
            number(row["impact"]),
            number(row["cumulative"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    columns = [
        column("econ_year", "count"),
        column("econ_eligible", "count"),
        column("econ_started", "count"),
        column("econ_without", "count"),
        column("econ_with", "count"),
        column("econ_impact", "count"),
        column("econ_cumulative", "count"),
    ]
    return [table("budget", say("economics.budget"), columns, rows)]


def _transitions(facts: Facts) -> list[dict[str, Any]]:
    """How patients move between states, where there are visits."""
    found = facts.table("economics/transitions")
    if found is None:
        return []
    rows = [
        [
            clean(f"{row['from_state']} → {row['to_state']}"),
            known("term", row["term"]),
            number(row["estimate"]),
            number(row["ci_low"]),
            number(row["ci_high"]),
            row["seen"],
        ]
        for row in found.iter_rows(named=True)
    ]
    columns = [
        column("econ_move", "name"),
        column("econ_term", "text"),
        column("econ_estimate", "number"),
        column("econ_low", "number"),
        column("econ_high", "number"),
        column("econ_seen", "count"),
    ]
    notes = [told(facts, _said(found), found["convention"][0]), say("economics.transitions.note")]
    return [table("transitions", say("economics.transitions"), columns, rows, notes=notes)]


def _cheers(facts: Facts) -> list[dict[str, Any]]:
    found = facts.table("economics/cheers")
    if found is None:
        return []
    rows = [
        [
            row["number"],
            known("cheers.topic", row["topic"]),
            told(facts, row.get("said"), row["answer"]) if row["reported"] else say("economics.not_reported"),
        ]
        for row in found.iter_rows(named=True)
    ]
    columns = [column("econ_item_number", "count"), column("econ_topic", "name"), column("econ_answer", "text")]
    caption = say("economics.cheers", n=int(found["reported"].sum()), of=found.height)
    return [table("cheers", caption, columns, rows)]
