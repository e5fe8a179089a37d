"""What the policy of quality control makes of a modality: samples left out, results of a drifting analyser mended."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TypeVar

import numpy as np
import polars as pl

from biomarker.data.quality_tables import ALL
from biomarker.features.builder import Built, Matching

__all__ = ["LEFT_OUT", "mended", "under_runs", "without_samples"]

#: Why a subject with values has no features.
LEFT_OUT = "sample left out by quality control"


Records = TypeVar("Records", pl.DataFrame, pl.LazyFrame)


def mended(records: Records, drift: pl.DataFrame, controls: pl.DataFrame, groups: Mapping[str, str]) -> Records:
    """Records with the results of drifting analysers left out or corrected, as ``applied`` says.

    Results of the test and site from the onset on are divided by the change (a factor on the logarithm, else
    subtracted); of a ramp by what it had reached on the day of the result. Where both patients and control materials
    tell a change of one test at one site, results are corrected once, by what patients' results tell. Results under a
    control run that is to be left out are left out (`under_runs`).

    Parameters
    ----------
    records : polars.DataFrame or polars.LazyFrame
        ``subject_id, test, value, date`` and others.
    drift, controls : polars.DataFrame
        Rows of `biomarker.data.quality_tables.QualityDrift` and ``QualityControls`` of this modality.
    groups : mapping of subject to site
        Empty: all are of one.
    """
    out = under_runs(controls, groups, pl.col("applied") == "excluded")
    if out is not None:
        records = records.filter(~out)
    used = drift.filter(pl.col("flagged") & (pl.col("applied") != "nothing")).sort("source")
    for row in used.iter_rows(named=True):
        here = _here(row["test"], row["group"], groups)
        if row["applied"] == "corrected" and row["source"] == "controls":
            for group in used.filter(test=row["test"], source="patients", applied="corrected")["group"]:
                here &= ~_here(row["test"], group, groups)
        onset, last = date.fromisoformat(row["onset"]), date.fromisoformat(row["last"])
        here = (here & (pl.col("date") >= onset)).fill_null(value=False)
        if row["applied"] == "excluded":
            records = records.filter(~here)
            continue
        change = np.log(row["change"]) if row["on_logarithm"] else row["change"]
        # a ramp grows at its slope and has reached the change on the last day
        days = (pl.col("date") - pl.lit(last)).dt.total_days()
        reached = pl.lit(change) if row["kind"] == "step" else change + row["slope"] * days
        value = pl.col("value") / reached.exp() if row["on_logarithm"] else pl.col("value") - reached
        records = records.with_columns(value=pl.when(here).then(value).otherwise(pl.col("value")))
    return records


def under_runs(controls: pl.DataFrame, groups: Mapping[str, str], chosen: pl.Expr) -> pl.Expr | None:
    """Which records stand under a chosen control run; None where none is chosen.

    A day has the verdict of its last run, and a run stands for the results from its day to the day before the next one
    with a run.

    Parameters
    ----------
    controls : polars.DataFrame
        ``test, group, date, run`` and what ``chosen`` looks at.
    groups : mapping of subject to site
    chosen : polars.Expr
        True in the rows of a chosen run.
    """
    days = (
        controls.with_columns(chosen.alias("out"), pl.col("run").cast(pl.Float64))
        .sort("test", "group", "date", "run", maintain_order=True)
        .unique(["test", "group", "date"], keep="last", maintain_order=True)
        .with_columns(next=pl.col("date").shift(-1).over("test", "group"))
    )
    series = []
    for (test, group), part in days.filter("out").group_by("test", "group", maintain_order=True):
        spans = [
            pl.col("date") >= date.fromisoformat(begin)
            if end is None
            else pl.col("date").is_between(date.fromisoformat(begin), date.fromisoformat(end), closed="left")
            for begin, end in _joined(part.select("date", "next").rows())
        ]
        series.append(_here(str(test), str(group), groups) & pl.any_horizontal(spans))
    return pl.any_horizontal(series).fill_null(value=False) if series else None


def _joined(spans: list[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """Spans in order, those that follow each other without a gap as one."""
    joined: list[tuple[str, str | None]] = []
    for begin, end in spans:
        if joined and joined[-1][1] == begin:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined


def _here(test: str, group: str, groups: Mapping[str, str]) -> pl.Expr:
    """Results of a test at a site; of an analyser for all sites, those of every subject."""
    here = pl.col("test") == test
    if not groups or group == ALL:
        return here
    return here & pl.col("subject_id").is_in([s for s, one in groups.items() if one == group])


def without_samples(built: Built, excluded: frozenset[str]) -> Built:
    """Features without the samples that quality control leaves out, counted as such."""
    values, matching = built.values, built.matching
    keep = np.array([subject not in excluded for subject in values.subject_ids], dtype=bool)
    lost = int((~keep).sum())
    if not lost:
        return built
    kept = replace(
        values,
        values=values.values[keep],
        subject_ids=tuple(s for s, there in zip(values.subject_ids, keep, strict=True) if there),
    )
    reasons = {**matching.excluded, LEFT_OUT: lost}
    return replace(
        built, values=kept, matching=Matching(matching.cohort, matching.used - lost, reasons, matching.unknown)
    )
