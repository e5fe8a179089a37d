"""Stored formulas computed from a cohort's matrices."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.discovery.effects import feature_of
from biomarker.discovery.formula.shapes import FormulaRecord, evaluate
from biomarker.discovery.markers import Marker, marker

__all__ = ["values_with_formulas"]

ValuesOf = Callable[[Cohort, Mapping[str, Any], NDArray[np.bool_]], Marker]


def values_with_formulas(formulas: pl.DataFrame) -> ValuesOf:
    """What gives the values of a candidate, one feature or a formula.

    Parameters
    ----------
    formulas : polars.DataFrame
        Table `Formulas`.
    """
    records = dict(formulas.select("candidate_id", "record").unique().iter_rows())

    def values_of(cohort: Cohort, row: Mapping[str, Any], fitted_on: NDArray[np.bool_]) -> Marker:
        if row["kind"] != "formula":
            return feature_of(cohort, row, fitted_on)
        record = FormulaRecord.from_json(records[row["candidate_id"]])
        parts = [name.partition(":") for name in record.features]
        columns = [marker(cohort, modality, feature, fitted_on).values for modality, _, feature in parts]
        return Marker(evaluate(record, np.column_stack(columns)), "")

    return values_of
