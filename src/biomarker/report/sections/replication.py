"""What became of a candidate in further cohorts: part of its dossier."""

from typing import Any

import polars as pl

from biomarker.data.replication_tables import LEVEL
from biomarker.report.blocks import clean, column, say, table
from biomarker.report.facts import Facts
from biomarker.report.scales import scale_of
from biomarker.report.wording import measured

__all__ = ["not_replicated", "replication_table"]

_KEY = ["candidate_id", "endpoint", "comparison", "contrast"]


def replication_table(facts: Facts, row: dict[str, Any], identity: str, unit: str) -> list[dict[str, Any]]:
    """The candidate cohort by cohort, empty where it was tried in none."""
    found = _own(facts, row)
    if found is None:
        return []
    rows = [
        [
            clean(one["cohort"]),
            one["n"],
            _effect(one, row, unit),
            one["p_value"],
            one["p_holm"],
            _outcome(one),
        ]
        for one in found.iter_rows(named=True)
    ]
    columns = [
        column("cohort", "name"),
        column("n", "count"),
        column("effect", "interval", level=facts.study.confidence),
        column("p_one_sided", "p"),
        column("p_holm", "p"),
        column("outcome", "text"),
    ]
    notes = [say("dossier.replication.note", level=LEVEL)]
    return [table(f"{identity}-replication", say("dossier.replication"), columns, rows, notes=notes)]


def not_replicated(facts: Facts, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The objection that it held in none of the cohorts it could be tried in."""
    found = _own(facts, row)
    tested = None if found is None else found.filter(pl.col("held").is_not_null())
    if tested is None or tested.is_empty() or tested["held"].any():
        return []
    return [say("against.not_replicated", n=tested.height)]


def _own(facts: Facts, row: dict[str, Any]) -> pl.DataFrame | None:
    every = facts.table("replication")
    if every is None:
        return None
    found = every.filter(*(pl.col(key).cast(pl.String) == row[key] for key in _KEY))
    return None if found.is_empty() else found


def _effect(one: dict[str, Any], row: dict[str, Any], unit: str) -> dict[str, Any] | None:
    """The estimate as the candidate's own is shown: for one standard deviation of the discovery cohort."""
    if one["estimate"] is None:
        return None
    scale = scale_of(one["effect_scale"], row["contrast"])
    return measured({**one, "feature_sd": row["feature_sd"], "n_with": row["n_with"]}, scale, unit)


def _outcome(one: dict[str, Any]) -> dict[str, Any]:
    if one["held"] is None:
        return say("replication.none", reason=clean(one["reason"] or "", longest=200))
    if one["held"]:
        return say("replication.held")
    return say("replication.not_held" if one["same_direction"] else "replication.opposite")
