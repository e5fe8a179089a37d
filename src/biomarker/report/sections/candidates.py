"""The ranked candidates: one table that can be sorted, searched and filtered."""

from typing import Any

import polars as pl

from biomarker.report.blocks import column, paragraph, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.scales import Scale, scale_of
from biomarker.report.sections.dossiers import dossier_id, leaders
from biomarker.report.wording import (
    comparison_name,
    contrast_tag,
    direction,
    effect,
    events,
    measured,
    name_of,
    p_of,
    suppressed,
)

__all__ = ["make"]

#: So many rows are on the page; all of them are in the table file beside the report.
MOST_ROWS = 1000


def make(facts: Facts) -> dict[str, Any]:
    """The section."""
    if facts.inputs.candidates.is_empty():
        return section("candidates", [paragraph(say("candidates.none"), style="caution")])
    shown = leading(facts)
    total = facts.inputs.candidates.height
    called = sum(question.called.height for question in facts.questions)
    intro = say("candidates.intro", n=total, called=called, q=facts.study.q, keep=facts.study.keep)
    blocks = [paragraph(intro)]
    if not called:
        blocks.append(paragraph(say("candidates.none_called", q=facts.study.q), style="caution"))
    rest = (
        say("candidates.rest", shown=shown.height, n=total) if shown.height < total else say("candidates.file", n=total)
    )
    blocks += [paragraph(rest, style="note", link="candidates.tsv"), _table(facts, shown)]
    return section("candidates", blocks)


def leading(facts: Facts) -> pl.DataFrame:
    """All rows where there is room; else the first of every question as far as they fit, filled up by overall rank."""
    every = pl.concat([question.candidates for question in facts.questions]).sort("rank_overall", maintain_order=True)
    if every.height <= MOST_ROWS:
        return every
    each = max(1, MOST_ROWS // (2 * len(facts.questions)))
    order = pl.when(pl.col("rank") <= each).then(pl.col("rank")).otherwise(each + 1)
    return (
        every.sort(order, "rank_overall", maintain_order=True).head(MOST_ROWS).sort("rank_overall", maintain_order=True)
    )


def _table(facts: Facts, shown: pl.DataFrame) -> dict[str, Any]:
    endpoints = {endpoint.name: endpoint for endpoint in facts.study.endpoints}
    several, compared, contrasted = facts.several_endpoints, facts.several_comparisons, facts.several_contrasts
    mixed = shown["modality"].n_unique() > 1
    carried = bool(shown["n_with"].is_not_null().any())
    halved = bool(shown["stability"].is_not_null().any())
    failed = bool((shown["status"] != "ok").any())
    columns = [
        column("rank", "count"),
        column("candidate", "name", search=True),
        *([column("modality", "text", filter=True, search=True)] if mixed else []),
        *([column("endpoint", "text", filter=True, search=True)] if several else []),
        *([column("comparison", "text", filter=True)] if compared else []),
        *([column("contrast", "tag", filter=True)] if contrasted else []),
        column("direction", "text"),
        column("effect_per_sd", "interval", level=facts.study.confidence),
        column("p_value", "p"),
        column("q_value", "q"),
        *([column("stability", "share")] if halved else []),
        column("n", "count"),
        *([column("with_it", "count")] if carried else []),
        column("events", "count"),
        *([column("reason", "text")] if failed else []),
    ]
    rows = []
    for row in shown.iter_rows(named=True):
        scale = scale_of(row["effect_scale"], row["contrast"])
        rows.append(
            [
                row["rank"],
                name_of(row),
                *([row["modality"]] if mixed else []),
                *([facts.labels[row["endpoint"]]] if several else []),
                *([comparison_name(row["comparison"])] if compared else []),
                *([contrast_tag(row["contrast"])] if contrasted else []),
                direction(facts, row, short=not compared),
                _effect(row, scale, endpoints[row["endpoint"]].unit),
                p_of(row),
                row["q_value"],
                *([row["stability"]] if halved else []),
                row["n"],
                *([_with_it(row, facts.study.smallest_cell)] if carried else []),
                events(row["n_events"], endpoints[row["endpoint"]].type),
                *([row["reason"]] if failed else []),
            ]
        )
    marked = [q is not None and q <= facts.study.q for q in shown["q_value"]]
    anchors = {dossier_id(row) for _, row in leaders(facts)}
    links = [anchor if (anchor := dossier_id(row)) in anchors else None for row in shown.iter_rows(named=True)]
    caption = say("candidates.caption", q=facts.study.q)
    told = ("dossier", "rank", "scales", "per_sd", *(["stability"] if halved else []))
    notes = [say(f"candidates.note.{key}") for key in told]
    return table("candidates", caption, columns, rows, tools=True, notes=notes, marked=marked, links=links)


def _effect(row: dict[str, Any], scale: Scale, unit: str) -> dict[str, Any] | None:
    """The effect as it is shown; the document holds the one per unit of the feature beside it."""
    shown = measured(row, scale, unit)
    return None if shown is None else {**shown, "per_unit": effect(row, scale)}


def _with_it(row: dict[str, Any], smallest: int) -> int | dict[str, Any] | None:
    """How many have a yes-or-no feature; not given where they, or those without it, are few."""
    n_with: int | None = row["n_with"]
    return None if n_with is None else suppressed([n_with], smallest, among=[row["n"] - n_with])[0]
