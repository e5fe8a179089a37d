"""The covariate matrix of an analysis."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.arrays import independent_columns, orthonormal_basis
from biomarker.errors import NumericalError, SchemaError

__all__ = ["Design", "design_columns"]

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """Covariates without missing values, linearly independent.

    Attributes
    ----------
    matrix : array (n_subjects, n_columns)
    names : tuple of str

    Raises
    ------
    NumericalError
        Rank deficient: the message names the columns that depend on others.
    """

    matrix: Matrix
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.matrix.shape[1] != len(self.names):
            raise SchemaError(f"design of shape {self.matrix.shape} with {len(self.names)} names")
        if not np.isfinite(self.matrix).all():
            raise SchemaError("the design holds missing or infinite values")
        kept = independent_columns(self.matrix).tolist()
        if len(kept) < len(self.names):
            lost = [self.names[i] for i in range(len(self.names)) if i not in set(kept)]
            raise NumericalError(
                f"the covariates are linearly dependent: {', '.join(lost)} can be computed from the others",
                "Leave one of them out of subjects.covariates.",
            )

    @cached_property
    def basis(self) -> Matrix:
        """Orthonormal basis of the columns (n_subjects, rank)."""
        return orthonormal_basis(self.matrix)

    @property
    def rank(self) -> int:
        """Number of independent columns."""
        return len(self.names)

    def reduced(self, rows: NDArray[np.bool_]) -> "Design":
        """The design of some subjects, without the columns that say nothing among them (levels that vanish)."""
        part = self.matrix[rows]
        kept = independent_columns(part).tolist()
        return Design(part[:, kept], tuple(self.names[i] for i in kept))


def design_columns(covariates: pl.DataFrame, *, keep_missing: Sequence[str] = ()) -> tuple[Matrix, tuple[str, ...]]:
    """Numbers from a table of covariates, without an intercept.

    A text column becomes one 0/1 column a level but the most frequent one (ties: alphabetical). A missing number of a
    column in ``keep_missing`` becomes the mean and sets an indicator column of its own, which is sound in a randomised
    trial for baseline covariates; elsewhere it stays NaN.

    Returns
    -------
    matrix : array (n_subjects, n_columns), names : tuple of str
    """
    columns: list[NDArray[np.float64]] = []
    names: list[str] = []
    for name in covariates.columns:
        series = covariates[name]
        if series.dtype == pl.String:
            missing = series.is_null().to_numpy()
            counts = Counter(series.drop_nulls().to_list())
            levels = sorted(counts, key=lambda level: (-counts[level], level))
            # one level alone varies in nobody, but who lacks it must still be left out
            alone = levels if len(levels) == 1 and missing.any() else []
            for level in alone or sorted(levels[1:]):
                indicator = (series == level).fill_null(value=False).to_numpy().astype(np.float64)
                columns.append(np.where(missing, np.nan, indicator))
                names.append(f"{name} = {level}")
            continue
        numbers = series.cast(pl.Float64).to_numpy().astype(np.float64)
        missing = np.isnan(numbers)
        if name in keep_missing and missing.any():
            columns += [np.where(missing, np.nanmean(numbers), numbers), missing.astype(np.float64)]
            names += [name, f"{name} missing"]
        else:
            columns.append(numbers)
            names.append(name)
    matrix = np.column_stack(columns) if columns else np.empty((covariates.height, 0))
    return matrix, tuple(names)
