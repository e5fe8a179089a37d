"""The subjects of a study with everything known about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.design import design_columns
from biomarker.data.endpoint import Endpoint
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.treatment import Treatment
from biomarker.errors import AlignmentError, SchemaError

__all__ = ["Cohort"]


@dataclass(frozen=True)
class Cohort:
    """Subjects, endpoints, treatment, covariates, and handles to feature matrices.

    Attributes
    ----------
    subject_ids : tuple of str
    covariates : polars.DataFrame, one row a subject
    endpoints : tuple of Endpoint
        In the order of ``subject_ids``.
    treatment : Treatment or None
        None for a study of one arm.
    keep_missing : tuple of str
        Numeric covariates whose missing values are kept as mean plus indicator.
    patients : array (n_subjects,) of int, or None
        Whose sample each row is, where patients have several that are all analysed.
    matrices : mapping of modality to FeatureMatrix
        Each may cover a part of the subjects, never others.
    left_early : mapping of endpoint to mapping of reason to array (n_subjects,) of bool
        Subjects whose endpoint is known and not analysed, because it came too early (`biomarker.data.timing`).
    """

    subject_ids: tuple[str, ...]
    covariates: pl.DataFrame
    endpoints: tuple[Endpoint, ...]
    treatment: Treatment | None = None
    keep_missing: tuple[str, ...] = ()
    patients: NDArray[np.int64] | None = None
    matrices: Mapping[str, FeatureMatrix] = field(default_factory=dict)
    left_early: Mapping[str, Mapping[str, NDArray[np.bool_]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.subject_ids)
        if len(set(self.subject_ids)) != n:
            raise SchemaError("a subject stands twice in the cohort")
        lengths = {"covariates": self.covariates.height} | {e.name: len(e.values) for e in self.endpoints}
        if self.patients is not None:
            lengths["patients"] = len(self.patients)
        if self.treatment is not None:
            lengths["treatment"] = len(self.treatment.arms)
        for what, length in lengths.items():
            if length != n:
                raise AlignmentError(f"{what} has {length} rows for {n} subjects")
        if len({e.name for e in self.endpoints}) != len(self.endpoints):
            raise SchemaError("two endpoints have the same name")
        known = set(self.subject_ids)
        for name, matrix in self.matrices.items():
            if not known.issuperset(matrix.subject_ids):
                raise AlignmentError(f"modality {name} holds subjects that are not in the cohort")

    @property
    def n_subjects(self) -> int:
        """Number of subjects."""
        return len(self.subject_ids)

    def rows_of(self, matrix: FeatureMatrix) -> NDArray[np.int64]:
        """Row in the cohort of each subject of a matrix."""
        position = {subject: row for row, subject in enumerate(self.subject_ids)}
        return np.array([position[subject] for subject in matrix.subject_ids], dtype=np.int64)

    def covariate_columns(self) -> tuple[NDArray[np.float64], tuple[str, ...]]:
        """Covariates as numbers (n_subjects, n_columns) without intercept, NaN where a subject must be left out."""
        return design_columns(self.covariates, keep_missing=self.keep_missing)
