"""Candidates that tell one story: correlated features stand behind the one that leads them."""

from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.matrix import FeatureMatrix
from biomarker.discovery.markers import transformed_blocks

__all__ = ["MOST_GROUPED", "gathered", "leaders_of", "with_groups"]

Floats = NDArray[np.float64]
#: Of a list only so many rows, the best first, are compared with each other.
MOST_GROUPED = 1000
#: Two features must share so many subjects for their correlation to count.
_LEAST = 20


def gathered(matrices: Mapping[str, FeatureMatrix], wanted: Iterable[str]) -> dict[str, Floats]:
    """Values of some features (``modality:feature_id``) in all subjects of all modalities, in one order of subjects.

    Recipes are fitted on all subjects: the values say which features go together and enter no test.
    """
    names = set(wanted)
    subjects = sorted({subject for matrix in matrices.values() for subject in matrix.subject_ids})
    place = {subject: i for i, subject in enumerate(subjects)}
    found = {}
    for modality, matrix in matrices.items():
        own = {i: f"{modality}:{n}" for i, n in enumerate(matrix.feature_ids) if f"{modality}:{n}" in names}
        if not own:
            continue
        rows = np.array([place[subject] for subject in matrix.subject_ids])
        for start, values in transformed_blocks(matrix, np.ones(matrix.n_subjects, dtype=bool)):
            for i, name in own.items():
                if start <= i < start + values.shape[1]:
                    found[name] = np.full(len(subjects), np.nan)
                    found[name][rows] = values[:, i - start]
    return found


def leaders_of(order: list[str], values: Mapping[str, Floats], *, correlation: float) -> list[str]:
    """Who leads each candidate of a list, in the list's order.

    From the best downwards: a candidate whose correlation (Pearson, subjects that both have) with a leader so far is at
    least `correlation` in size stands behind the leader it goes with most; else it leads a group of its own.

    Parameters
    ----------
    order : list of str
        Candidates, best first; those without values lead themselves.
    values : mapping of candidate to (n_subjects,)
    correlation : float
        In (0, 1].
    """
    compared = [name for name in order[:MOST_GROUPED] if name in values]
    leader = dict(zip(order, order, strict=True))
    if len(compared) < 2:
        return [leader[name] for name in order]
    sizes = np.abs(_correlations(np.column_stack([values[name] for name in compared])))
    leading: list[int] = []
    for i, name in enumerate(compared):
        close = sizes[i, leading]
        if close.size and close.max() >= correlation:
            leader[name] = compared[leading[int(close.argmax())]]
        else:
            leading.append(i)
    return [leader[name] for name in order]


def with_groups(
    rows: pl.DataFrame, values: Mapping[str, Floats], lists: list[str], *, correlation: float
) -> pl.DataFrame:
    """Add ``leader_id`` and ``group_id`` to the rows of every list, which stand in the order of their score."""
    parts = []
    for _, part in rows.group_by(lists, maintain_order=True):
        leaders = leaders_of(part["candidate_id"].to_list(), values, correlation=correlation)
        number = {name: f"G{k + 1}" for k, name in enumerate(dict.fromkeys(leaders))}
        groups = [number[name] for name in leaders]
        parts.append(part.with_columns(pl.Series("leader_id", leaders), pl.Series("group_id", groups)))
    return pl.concat(parts) if parts else rows.with_columns(leader_id=pl.lit(None), group_id=pl.lit(None))


def _correlations(values: Floats) -> Floats:
    """Correlation of each pair of columns over the subjects that both have; 0 where there are too few."""
    known = ~np.isnan(values)
    some = np.maximum(known.sum(axis=0), 1)
    x = np.where(known, values - np.where(known, values, 0.0).sum(axis=0) / some, 0.0)
    spread = np.sqrt((x**2).sum(axis=0) / some)
    x = x / np.where(spread > 0, spread, 1.0)
    both = known.astype(np.float64)
    n = both.T @ both
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = x.T @ both / n  # of column i where j is known, too
        covariance = x.T @ x / n - mean * mean.T
        variance = (x**2).T @ both / n - mean**2
        found = covariance / np.sqrt(variance * variance.T)
    return np.asarray(np.where((n >= _LEAST) & np.isfinite(found), found, 0.0))
