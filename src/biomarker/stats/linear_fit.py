"""To be written within the hour."""

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array
from biomarker.stats.estimate import Estimate
from biomarker.stats.fit import Fit

__all__ = ["linear_fit"]


def linear_fit(design: Array, response: Array) -> Fit:
    raise NotImplementedError
