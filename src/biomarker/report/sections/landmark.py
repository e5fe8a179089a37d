"""What was measured under treatment: who was still followed then, and what goes with what came after."""

from typing import Any

import polars as pl

from biomarker.report.blocks import clean, column, listing, paragraph, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.scales import scale_of
from biomarker.report.wording import events, measured, p_of

__all__ = ["make"]

#: So many rows of each modality are on the page; all are in `landmark/` of the results.
MOST_ROWS = 15
FOLDER = "landmark/"
EARLY = ("event at or before the landmark", "censored at or before the landmark")
NO_TIME = "no time to follow from the landmark"


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where nothing was measured under treatment."""
    found = {
        name.removeprefix(FOLDER): rows
        for name, rows in sorted(facts.inputs.tables.items())
        if name.startswith(FOLDER) and not rows.is_empty()
    }
    if not found:
        return None
    blocks = [
        paragraph(say("landmark.intro"), style="caution"),
        listing([item for name, rows in found.items() for item in _accounts(facts, name, rows)]),
    ]
    if unasked := _not_asked(facts):
        blocks.append(paragraph(say("landmark.not_asked", endpoints=unasked), style="note"))
    blocks += [_table(facts, name, rows) for name, rows in found.items()]
    return section("landmark", blocks)


def _accounts(facts: Facts, modality: str, rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Who is not analysed because of a modality's landmark, an endpoint a sentence."""
    flow, items = facts.inputs.flow, []
    for endpoint in rows["endpoint"].unique(maintain_order=True):
        own = None if flow is None else flow.filter(scope="landmark", modality=modality, endpoint=endpoint)
        counts = {} if own is None else {why: n for why, n in own.select("reason", "n").iter_rows() if why in EARLY}
        event, censored = (counts.get(reason, 0) for reason in EARLY)
        used = 0 if own is None else int(own.filter(kind="used")["n"].sum())
        items.append(
            say(
                "landmark.account",
                modality=clean(modality),
                day=float(rows["landmark"][0]),
                endpoint=facts.labels.get(endpoint, clean(endpoint)),
                event=event,
                censored=censored,
                used=used,
            )
        )
    return items


def _not_asked(facts: Facts) -> list[str]:
    """Endpoints without a time."""
    if facts.inputs.flow is None:
        return []
    names = facts.inputs.flow.filter(scope="landmark", reason=NO_TIME)["endpoint"].unique(maintain_order=True)
    return [facts.labels.get(name, clean(name)) for name in names]


def _table(facts: Facts, modality: str, rows: pl.DataFrame) -> dict[str, Any]:
    endpoints = {endpoint.name: endpoint for endpoint in facts.study.endpoints}
    tested = rows.filter(pl.col("status") == "ok").sort("log10_p", maintain_order=True)
    shown = tested.head(MOST_ROWS)
    columns = [
        column("feature", "name"),
        column("endpoint", "text"),
        column("effect_per_sd", "interval", level=facts.study.confidence),
        column("p_value", "p"),
        column("q_value", "q"),
        column("n", "count"),
        column("events", "count"),
    ]
    lines = [
        [
            clean(row["label"] or row["feature_id"]),
            facts.labels.get(row["endpoint"], clean(row["endpoint"])),
            measured(row, scale_of(row["effect_scale"], "prognostic"), endpoints[row["endpoint"]].unit),
            p_of(row),
            row["q_value"],
            row["n"],
            events(row["n_events"], "survival"),
        ]
        for row in shown.iter_rows(named=True)
    ]
    called = int((tested["q_value"] <= facts.study.q).sum())
    caption = say("landmark.caption", modality=clean(modality), day=float(rows["landmark"][0]))
    notes = [
        say(
            "landmark.note", modality=clean(modality), shown=shown.height, n=rows.height, called=called, q=facts.study.q
        )
    ]
    marked = [q is not None and q <= facts.study.q for q in shown["q_value"]]
    return table(f"landmark-{modality}", caption, columns, lines, notes=notes, marked=marked)
