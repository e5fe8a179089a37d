"""What the policy of quality control makes of a modality: samples left out, results of a drifting analyser mended."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TypeVar

import numpy as np
import polars as pl

from biomarker.features.builder import Built, Matching

__all__ = ["LEFT_OUT", "mended", "without_samples"]

#: Why a subject with values has no features.
LEFT_OUT = "sample left out by quality control"


Records = TypeVar("Records", pl.DataFrame, pl.LazyFrame)


def mended(records: Records, drift: pl.DataFrame, groups: Mapping[str, str]) -> Records:
    """Records with the results of drifting analysers left out or corrected, as ``applied`` says.

    Results of the test and site from the onset on are divided by the change (a factor on the logarithm, else
    subtracted); of a ramp by what it had reached on the day of the result.

    Parameters
    ----------
    records : polars.DataFrame or polars.LazyFrame
        ``subject_id, test, value, date`` and others.
    drift : polars.DataFrame
        Rows of `biomarker.data.quality_tables.QualityDrift` of this modality.
    groups : mapping of subject to site
        Empty: all are of one.
    """
    for row in drift.filter(pl.col("flagged") & (pl.col("applied") != "nothing")).iter_rows(named=True):
        here = pl.col("test") == row["test"]
        if groups:
            here &= pl.col("subject_id").is_in([s for s, group in groups.items() if group == row["group"]])
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
