"""To be written within the hour."""

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array
from biomarker.stats.estimate import Estimate
from biomarker.stats.fit import Fit

__all__ = ["cox_fit"]


def cox_fit(design: Array, time: Array, event: Array, *, strata: Array | None = None) -> Fit:
    raise NotImplementedError
