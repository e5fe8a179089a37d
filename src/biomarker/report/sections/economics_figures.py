"""Pictures of the health economics: the plane, the acceptability curve, the tornado."""

import polars as pl

from biomarker.report.blocks import Block, number, picture, say
from biomarker.report.facts import Facts
from biomarker.report.told import known

__all__ = ["acceptability", "plane", "tornado"]

#: Draws shown for a strategy, and bars of the tornado.
MOST_DRAWS, MOST_BARS = 250, 10


def plane(facts: Facts) -> list[Block]:
    """Draws of incremental cost over incremental effect."""
    found = facts.table("economics/plane")
    if found is None:
        return []
    series = []
    for strategy in found["strategy"].unique(maintain_order=True):
        part = found.filter(strategy=strategy).head(MOST_DRAWS)
        if part["incremental_cost"].abs().max() or part["incremental_effect"].abs().max():
            x, y = (part[key].to_list() for key in ("incremental_effect", "incremental_cost"))
            series.append({"name": known("strategy", strategy), "x": x, "y": y})
    if not series:
        return []
    data = {"x_title": say("plane.x"), "y_title": say("plane.y"), "series": series, "scattered": True}
    data |= {"levels": [{"y": 0.0, "name": say("nothing")}], "marks": [{"x": 0.0, "name": say("nothing")}]}
    return [picture("lines", "plane", data, shown=max(len(one["x"]) for one in series), n=found["draw"].n_unique())]


def acceptability(facts: Facts) -> list[Block]:
    """Chance that each strategy is the best one, over the willingness to pay."""
    found = facts.table("economics/acceptability")
    if found is None:
        return []
    series = [
        {"name": known("strategy", strategy), "x": part["wtp"].to_list(), "y": part["probability"].to_list()}
        for strategy in found["strategy"].unique(maintain_order=True)
        for part in [found.filter(strategy=strategy).sort("wtp")]
    ]
    data = {"x_title": say("ceac.x"), "y_title": say("ceac.y"), "series": series, "share": True}
    return [picture("lines", "ceac", data)]


def tornado(facts: Facts) -> list[Block]:
    """Incremental net benefit at both ends of each parameter's interval, the widest first."""
    found = facts.table("economics/tornado")
    if found is None:
        return []
    width = (pl.col("at_high") - pl.col("at_low")).abs()
    rows = found.sort(width, descending=True).head(MOST_BARS)
    lines = [
        {
            "name": say(f"designs.quantity.{row['parameter']}"),
            "low": number(min(row["at_low"], row["at_high"])),
            "high": number(max(row["at_low"], row["at_high"])),
            "text": say("tornado.ends", low=row["low"], high=row["high"]),
            "strong": min(row["at_low"], row["at_high"]) < 0 < max(row["at_low"], row["at_high"]),
        }
        for row in rows.iter_rows(named=True)
    ]
    data = {"x_title": say("tornado.x"), "lines": lines, "nothing": number(found["base"][0])}
    return [picture("bars", "tornado.figure", data, comparator=known("strategy", found["comparator"][0]))]
