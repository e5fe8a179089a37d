"""To be written within the hour."""

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array
from biomarker.stats.estimate import Estimate
from biomarker.stats.fit import Fit

__all__ = ["logistic_fit"]


def logistic_fit(design: Array, outcome: Array) -> Fit:
    raise NotImplementedError
