"""Who of a cohort is marker-positive by the cut-off of a candidate."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.discovery.formula.shapes import FormulaRecord, evaluate
from biomarker.discovery.markers import marker

__all__ = ["marker_groups"]

Floats = NDArray[np.float64]


def marker_groups(
    cohort: Cohort, cutoffs: pl.DataFrame, facts: Mapping[str, Any], records: Mapping[str, str]
) -> Floats | None:
    """1 for marker-positive subjects by the candidate's cut-off in its own question, else 0, NaN where not known.

    None where there is no candidate, or it has no cut-off.

    Parameters
    ----------
    cohort : Cohort
    cutoffs : polars.DataFrame
        Table `CandidateCutoffs`.
    facts : mapping
        ``candidate_id``, ``endpoint``, ``comparison`` (a row of ``trial/marker``).
    records : mapping of candidate to str
        Formulas, as the table `Formulas` stores them.

    Notes
    -----
    Valid as a description: the subjects are those who chose the marker and its cut-off, so that differences between the
    groups in what is related to the endpoint are too large.
    """
    if facts.get("candidate_id") is None:
        return None
    own = pl.all_horizontal(pl.col(name) == facts[name] for name in ("candidate_id", "endpoint", "comparison"))
    found = cutoffs.filter(own)
    if not found.height:
        return None
    row = found.row(0, named=True)
    values = _values(cohort, row["candidate_id"], records)
    above = values > row["cutoff"]
    positive = above if str(row["positive"]) == "above" else ~above
    return np.where(np.isnan(values), np.nan, positive)


def _values(cohort: Cohort, candidate_id: str, records: Mapping[str, str]) -> Floats:
    """Values of a feature or a formula in every subject, recipes fitted on all."""
    every = np.ones(cohort.n_subjects, dtype=bool)

    def one(name: str) -> Floats:
        modality, _, feature = name.partition(":")
        return marker(cohort, modality, feature, every).values

    if candidate_id not in records:
        return one(candidate_id)
    record = FormulaRecord.from_json(records[candidate_id])
    return np.asarray(evaluate(record, np.column_stack([one(name) for name in record.features])))
