"""To be written within the hour."""

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array
from biomarker.stats.estimate import Estimate
from biomarker.stats.fit import Fit

__all__ = ["logistic_screen"]


def logistic_screen(features: Array, outcome: Array, covariates: Array, *, min_group: int = 3, min_events: int = 5, block_bytes: int = DEFAULT_BLOCK_BYTES) -> Estimate:
    raise NotImplementedError
