"""Recipe ``log_cpm_tmm``: counts to log2 counts per million, with library sizes made comparable by TMM."""

import numpy as np
from numpy.typing import NDArray

from biomarker.data.recipe import State, Transform, Values
from biomarker.stats.tmm import TmmReference, log_cpm, tmm_factors, tmm_reference

__all__ = ["LOG_CPM_TMM", "PRIOR_COUNT", "effective_library"]

#: Added to each count of a library of mean size, as edgeR's ``cpm(log=TRUE, prior.count=2)`` does.
PRIOR_COUNT = 2.0


def _fit(values: Values) -> State:
    """Reference library, its size, the centre of the factors and the mean effective size."""
    reference = tmm_reference(values)
    return {
        "reference_counts": np.asarray(reference.counts, dtype=np.float64),
        "reference_size": np.asarray(reference.size),
        "log2_centre": np.asarray(reference.log2_centre),
        "mean_size": np.asarray(reference.mean_size),
    }


def _apply(values: Values, state: State) -> NDArray[np.float64]:
    """Log2 CPM (n_subjects, n_features) of any subjects, each by itself against the stored reference."""
    mean_size = float(state["mean_size"])
    reference = TmmReference(
        state["reference_counts"], float(state["reference_size"]), float(state["log2_centre"]), mean_size
    )
    return log_cpm(values, tmm_factors(values, reference), mean_size=mean_size, prior_count=PRIOR_COUNT)


def effective_library(counts: Values) -> NDArray[np.float64]:
    """Totals times normalisation factors, (n_subjects,): library sizes as if all had the same composition."""
    totals = np.nansum(counts, axis=1)
    return np.asarray(totals * tmm_factors(counts, tmm_reference(counts)), dtype=np.float64)


LOG_CPM_TMM = Transform(
    name="log_cpm_tmm",
    accepts=frozenset({"counts"}),
    gives="log2_cpm",
    fit=_fit,
    apply=_apply,
    reference="Robinson and Oshlack 2010, Genome Biology 11:R25, doi:10.1186/gb-2010-11-3-r25",
)
