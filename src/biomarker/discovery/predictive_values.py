"""Feature values of all modalities side by side, for the subjects of one comparison."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.discovery.blocks import prepared_blocks
from biomarker.features.filters import FilterSettings, reasons

__all__ = ["Values", "gather"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Values:
    """All features of the cohort's modalities, in the order of the modalities.

    Attributes
    ----------
    values : (n_subjects of the cohort, n_features), single precision
        NaN where missing, and in subjects outside the comparison.
    features : polars.DataFrame
        ``modality`` and ``feature_id``.
    why : list of str
        Why a feature is not worth a test; empty where it is.
    prespecified : (n_features,) of bool
    """

    values: NDArray[np.float32]
    features: pl.DataFrame
    why: list[str]
    prespecified: Bools

    @property
    def tested(self) -> Bools:
        """Features that are worth a test."""
        return np.array([not reason for reason in self.why], dtype=bool)

    def of(self, rows: NDArray[np.intp]) -> tuple[Floats, Bools]:
        """Values of some subjects in double precision, (n_rows, n_features), and which are known."""
        x = self.values[rows].astype(np.float64)
        return x, ~np.isnan(x)


def gather(cohort: Cohort, used: Bools, filters: FilterSettings, prespecified: frozenset[str]) -> Values:
    """Values after the matrices' recipes, which are fitted on the subjects of the comparison.

    A feature that the filters leave out, or that is not known in any subject, stays in the list with its reason; its
    values are not kept.
    """
    names = [(modality, name) for modality, matrix in cohort.matrices.items() for name in matrix.feature_ids]
    values = np.full((cohort.n_subjects, len(names)), np.nan, dtype=np.float32)
    why: list[str] = []
    for matrix in cohort.matrices.values():
        rows = cohort.rows_of(matrix)
        chosen = used[rows]
        begin = len(why)
        for start, raw, block in prepared_blocks(matrix, chosen):
            kept, reason = reasons(raw, filters, scale=matrix.scale)
            columns = begin + start + np.flatnonzero(kept)
            values[np.ix_(rows[chosen], columns)] = block[:, kept]
            why += ["" if keep else text for keep, text in zip(kept, reason, strict=True)]
    features = pl.DataFrame(names, schema={"modality": pl.String, "feature_id": pl.String}, orient="row")
    marked = np.array([f"{modality}:{name}" in prespecified for modality, name in names], dtype=bool)
    return Values(values, features, why, marked)
