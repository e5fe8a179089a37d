"""Recipe ``impute_low``: what an assay did not see is taken to lie at the low end of what it saw."""

import numpy as np
from numpy.typing import NDArray

from biomarker.data.recipe import State, Transform, Values

__all__ = ["IMPUTE_LOW", "LOW_QUANTILE"]

#: Of all known values, where a feature that was never seen among the subjects to learn from is put.
LOW_QUANTILE = 0.01


def _fit(values: Values) -> State:
    """Smallest known value of each feature; of a feature without any, the 1% quantile of all values."""
    known = np.isfinite(values)
    floor = float(np.quantile(values[known], LOW_QUANTILE)) if known.any() else np.nan
    lowest = np.min(values, axis=0, where=known, initial=np.inf).astype(np.float64)
    return {"low": np.where(np.isfinite(lowest), lowest, floor)}


def _apply(values: Values, state: State) -> NDArray[np.float64]:
    """Each missing cell at the feature's low value; each subject by itself."""
    return np.where(np.isfinite(values), values, state["low"])


IMPUTE_LOW = Transform(
    name="impute_low",
    accepts=frozenset({"log2"}),
    gives="log2",
    fit=_fit,
    apply=_apply,
    by_feature=True,
    reference="Deterministic minimum imputation (MinDet): Lazar et al. 2016, Journal of Proteome Research 15:1116-1125",
)
