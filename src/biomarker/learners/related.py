"""Which features go most with an outcome in the training subjects."""

import numpy as np
from numpy.typing import NDArray

from biomarker.learners.training import Training

__all__ = ["most_related"]


def most_related(training: Training, count: int) -> NDArray[np.intp]:
    """Columns of the `count` features of largest `Training.relatedness`, ascending; earlier ones where they tie."""
    width = training.features.shape[1]
    if width <= count:
        return np.arange(width)
    return np.sort(np.argsort(-training.relatedness, kind="stable")[:count])
