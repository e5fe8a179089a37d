"""Quality of samples, batches and laboratories: what is wrong, before any candidate is believed."""

from typing import Any

import polars as pl

from biomarker.data.quality_tables import SEVERITIES
from biomarker.report.blocks import clean, column, listing, number, paragraph, picture, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.sections.laboratory import laboratory

__all__ = ["make"]

MOST_ROWS, MOST_LINES, MOST_FINDINGS = 40, 20, 500


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where nothing was checked. No subject is named; the internal edition numbers them."""
    findings = facts.table("quality/findings")
    if findings is None:
        return None
    counts = {severity: findings.filter(severity=severity).height for severity in SEVERITIES}
    blocks = [paragraph(say("quality.lead", n=findings.height, **counts), style="lead")]
    loud = findings.filter(severity="loud")
    if loud.height:
        shown = loud.head(MOST_ROWS).iter_rows(named=True)
        blocks.append(listing([_loud(facts, row) for row in shown], style="caution"))
    capped = findings.filter(pl.col("tier_cap").is_not_null())
    if capped.height:
        blocks.append(paragraph(say("quality.capped", n=capped.height), style="caution"))
    blocks.append(_table(facts, findings))
    blocks += _drift(facts)
    blocks += laboratory(facts)
    blocks += _missing(facts)
    blocks += _records(facts)
    return section("quality", blocks)


def _flagged(facts: Facts, n: int | None) -> dict[str, Any] | None:
    """How many were flagged; of few only that they are few: who they are could be guessed."""
    limit = facts.study.smallest_cell
    if n is None:
        return None
    return say("count.suppressed", limit=limit) if 0 < n < limit else say("tile.count", n=n)


def _loud(facts: Facts, row: dict[str, Any]) -> dict[str, Any]:
    return say(
        f"quality.loud.{row['check']}",
        flagged=_flagged(facts, row["n_flagged"]) or say("nothing"),
        n=row["n_checked"],
        modality=clean(row["modality"] or ""),
        item=clean(row["item"] or ""),
        endpoint=clean(row["endpoint"] or ""),
        statistic=number(row["statistic"]),
        p=number(row["p_value"]),
    )


def _table(facts: Facts, findings: pl.DataFrame) -> dict[str, Any]:
    order = pl.col("severity").cast(pl.String).replace_strict({s: i for i, s in enumerate(SEVERITIES)})
    ordered = findings.sort(order, maintain_order=True)
    rows = [
        [
            say(f"quality.check.{row['check']}"),
            clean(row["modality"] or ""),
            facts.labels.get(row["endpoint"], clean(row["endpoint"])) if row["endpoint"] else clean(row["item"] or ""),
            row["n_checked"],
            _flagged(facts, row["n_flagged"]),
            number(row["p_value"]),
            say(f"quality.severity.{row['severity']}"),
        ]
        for row in ordered.head(MOST_ROWS).iter_rows(named=True)
    ]
    columns = [
        column("quality_check", "name"),
        column("modality", "text"),
        column("quality_item", "text"),
        column("quality_checked", "count"),
        column("quality_flagged", "text"),
        column("p_value", "p"),
        column("quality_severity", "tag"),
    ]
    notes = [say("quality.note")]
    if ordered.height > MOST_ROWS:
        notes.insert(0, say("summary.answers.some", shown=MOST_ROWS, n=ordered.height))
    return table("quality", say("quality.caption"), columns, rows, notes=notes)


def _drift(facts: Facts) -> list[dict[str, Any]]:
    """Analysers that left their level: when, by how much, and what became of their results."""
    drift = facts.table("quality/drift")
    flagged = drift.filter(pl.col("flagged")) if drift is not None else None
    if flagged is None or not flagged.height:
        return []
    rows = [
        [
            clean(row["test"]),
            clean(row["group"]),
            say(f"drift.source.{row['source']}"),
            say(f"quality.kind.{row['kind']}"),
            clean(row["onset"]),
            say("quality.dates", low=clean(row["onset_low"]), high=clean(row["onset_high"])),
            {"estimate": number(row["change"]), "low": number(row["change_low"]), "high": number(row["change_high"])},
            clean(row["crosses"] or "–"),
            say(f"quality.applied.{row['applied']}"),
        ]
        for row in flagged.head(MOST_ROWS).iter_rows(named=True)
    ]
    columns = [
        column("quality_test", "name"),
        column("quality_site", "text"),
        column("drift_source", "text"),
        column("quality_kind", "text"),
        column("quality_onset", "text"),
        column("quality_between", "text"),
        column("quality_change", "interval"),
        column("quality_crosses", "text"),
        column("quality_applied", "text"),
    ]
    return [
        *_drift_figure(flagged),
        table("drift", say("quality.drift.caption"), columns, rows, notes=[say("quality.drift.note")]),
    ]


def _missing_figure(facts: Facts, missing: pl.DataFrame) -> list[dict[str, Any]]:
    """Share missing by modality and unit; of few only that they are few, so no bar."""
    limit = facts.study.smallest_cell
    shown = missing.filter((pl.col("n") > 0) & ((pl.col("n_missing") == 0) | (pl.col("n_missing") >= limit)))
    lines = [
        {
            "name": say("missing.line", modality=clean(row["modality"]), unit=say(f"quality.unit.{row['unit']}")),
            "low": 0,
            "high": row["n_missing"] / row["n"],
            "text": say("operating.share", share=row["n_missing"] / row["n"]),
            "strong": row["hint"] in ("known factors", "outcome", "low values"),
        }
        for row in shown.unique(["modality", "unit"], maintain_order=True).head(MOST_LINES).iter_rows(named=True)
    ]
    if not any(line["high"] for line in lines):
        return []
    return [picture("bars", "missing", {"x_title": say("missing.x"), "share": True, "lines": lines})]


def _drift_figure(flagged: pl.DataFrame) -> list[dict[str, Any]]:
    lines = [
        {
            "name": say(f"drift.line.{row['source']}", test=clean(row["test"]), group=clean(row["group"])),
            "low": number(row["change_low"]),
            "high": number(row["change_high"]),
            "middle": number(row["change"]),
            "text": say("tornado.ends", low=row["change_low"], high=row["change_high"]),
            "strong": True,
        }
        for row in flagged.head(MOST_LINES).iter_rows(named=True)
        if None not in (row["change"], row["change_low"], row["change_high"])
    ]
    if not lines:
        return []
    return [picture("bars", "drift.figure", {"x_title": say("drift.x"), "nothing": 0.0, "lines": lines})]


def _missing(facts: Facts) -> list[dict[str, Any]]:
    missing = facts.table("quality/missingness")
    if missing is None:
        return []
    rows = [
        [
            clean(row["modality"]),
            say(f"quality.unit.{row['unit']}"),
            row["n"],
            row["n_missing"],
            clean(row["factor"] or ""),
            number(row["p_value"]),
            say(f"quality.hint.{row['hint'].replace(' ', '_')}"),
        ]
        for row in missing.head(MOST_ROWS).iter_rows(named=True)
    ]
    columns = [
        column("modality", "name"),
        column("quality_unit", "text"),
        column("quality_of", "count"),
        column("quality_missing", "count"),
        column("quality_factor", "text"),
        column("p_value", "p"),
        column("quality_hint", "text"),
    ]
    shown = table("missing", say("quality.missing.caption"), columns, rows, notes=[say("quality.missing.note")])
    return [*_missing_figure(facts, missing), shown]


def _records(facts: Facts) -> list[dict[str, Any]]:
    """Findings in clinical records by subject: of the internal edition, which alone is handed them."""
    found = facts.table("quality/records")
    if found is None:
        return []
    rows = [
        [
            say("records.row", n=row["subject"]) if row["subject"] is not None else clean(row["place"]),
            say(f"quality.check.{row['check']}"),
            clean(row["modality"] or ""),
            clean(row["item"]),
            row["n"],
        ]
        for row in found.head(MOST_FINDINGS).iter_rows(named=True)
    ]
    columns = [
        column("record_subject", "text", search=True),
        column("quality_check", "name", filter=True),
        column("modality", "text", filter=True),
        column("record_item", "text", search=True),
        column("record_n", "count"),
    ]
    notes = [say("records.note")]
    if found.height > MOST_FINDINGS:
        notes.insert(0, say("records.some", shown=MOST_FINDINGS, n=found.height))
    return [table("records", say("records.caption"), columns, rows, notes=notes, tools=True)]
