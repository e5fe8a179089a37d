"""Survival by marker group and arm for the leading candidates: a picture, not an effect estimate."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Survival
from biomarker.data.tables import NO_COMPARISON, CandidateCurves
from biomarker.discovery.blocks import prepared_blocks
from biomarker.stats.kaplan_meier import kaplan_meier

__all__ = ["candidate_curves"]

GRID_POINTS = 49
ALL_SUBJECTS = "all"


def candidate_curves(cohort: Cohort, candidates: pl.DataFrame, *, leading: int, small_cell: int) -> pl.DataFrame:
    """Kaplan-Meier curves of subjects with low and with high values of a candidate, by arm.

    High is above the median; where many values equal it, above the largest value below it if that splits the subjects
    more evenly (a yes-or-no feature that most have, a performance status of 0, 1 and 2).

    On a fixed grid of times, and only as long as ``small_cell`` subjects or more are at risk in the group, so that no
    single subject's time can be read off. A group that is smaller from the start is left out.

    Parameters
    ----------
    cohort : Cohort
    candidates : polars.DataFrame
        Columns of `biomarker.data.tables.Candidates`.
    leading : int
        Candidates per endpoint, comparison and contrast.
    small_cell : int

    Returns
    -------
    polars.DataFrame
        Columns of `biomarker.data.tables.CandidateCurves`.

    Notes
    -----
    Valid as a description only: the same subjects chose the candidate, so differences between curves are optimistic.
    """
    parts = []
    survival = {e.name: e for e in cohort.endpoints if isinstance(e, Survival)}
    single = candidates.filter(pl.col("kind") == "single")
    leaders = single.filter((pl.col("rank") <= leading) & pl.col("endpoint").is_in(list(survival)))
    for row in leaders.iter_rows(named=True):
        values, unit = _marker(cohort, row["modality"], row["candidate_id"])
        endpoint = survival[row["endpoint"]]
        arms = _arms(cohort, row["comparison"])
        known = endpoint.known & ~np.isnan(values) & (arms != "")
        cutoff = _cutoff(values[known])
        grid = np.linspace(0, _rounded_up(endpoint.values[known].max()), GRID_POINTS)
        for arm in sorted(set(arms[known])):
            for group, inside in (("low", values <= cutoff), ("high", values > cutoff)):
                chosen = known & inside & (arms == arm)
                if chosen.sum() >= small_cell:
                    keys = {name: row[name] for name in ("candidate_id", "endpoint", "comparison", "contrast")}
                    keys |= {"group": group, "arm": arm, "cutoff": cutoff, "unit": unit}
                    parts.append(_curve(endpoint, chosen, grid, small_cell).with_columns(**_literals(keys)))
    if not parts:
        return CandidateCurves.create_empty()
    return pl.concat(parts).select(CandidateCurves.column_names())


def _cutoff(values: NDArray[np.float64]) -> float:
    """Values above it are high: the median, or the largest value below it where that splits more evenly."""
    median = np.median(values)
    above, below = int((values > median).sum()), values[values < median]
    return float(below.max()) if len(below) > above else float(median)


def _rounded_up(time: float) -> float:
    """To two digits: the longest follow-up is one subject's, and the grid's end would tell it to the last decimal."""
    step = 10.0 ** (np.floor(np.log10(time)) - 1)
    return float(f"{np.ceil(time / step) * step:.2g}")


def _literals(keys: dict[str, str | float]) -> dict[str, pl.Expr]:
    return {name: pl.lit(value) for name, value in keys.items()}


def _curve(endpoint: Survival, chosen: NDArray[np.bool_], grid: NDArray[np.float64], small_cell: int) -> pl.DataFrame:
    curve = kaplan_meier(endpoint.values[chosen], endpoint.event[chosen], grid=grid)
    shown = curve.n_at_risk >= small_cell
    columns = {"survival": curve.survival, "ci_low": curve.ci_low, "ci_high": curve.ci_high}
    table = pl.DataFrame({"time": grid, **columns, "at_risk": curve.n_at_risk}, nan_to_null=True)
    hide = pl.Series(~shown)
    return table.with_columns(
        pl.when(hide).then(None).otherwise(pl.col(name)).alias(name) for name in (*columns, "at_risk")
    )


def _marker(cohort: Cohort, modality: str, candidate_id: str) -> tuple[NDArray[np.float64], str]:
    """Values of a feature in every subject of the cohort, NaN where there are none, and their unit."""
    matrix = cohort.matrices[modality]
    index = matrix.feature_ids.index(candidate_id.removeprefix(f"{modality}:"))
    values = np.full(cohort.n_subjects, np.nan)
    for start, _, block in prepared_blocks(matrix, np.ones(matrix.n_subjects, dtype=bool)):
        if start <= index < start + block.shape[1]:
            values[cohort.rows_of(matrix)] = block[:, index - start]
    return values, str(matrix.features["unit"][index])


def _arms(cohort: Cohort, comparison: str) -> NDArray[np.str_]:
    """Arm of each subject, empty where it takes no part."""
    if cohort.treatment is None:
        return np.array([ALL_SUBJECTS] * cohort.n_subjects)
    compared = {c.name: {c.active, c.control} for c in cohort.treatment.comparisons}
    shown = set(cohort.treatment.arms) if comparison == NO_COMPARISON else compared[comparison]
    return np.array([arm if arm in shown and arm is not None else "" for arm in cohort.treatment.arms])
