"""Which features go most with an outcome in the training subjects."""

import numpy as np
from numpy.typing import NDArray

from biomarker.learners.training import Training

__all__ = ["most_related"]


def most_related(training: Training, count: int) -> NDArray[np.intp]:
    """Columns of the `count` features that go most with the outcome, ascending; earlier ones where they tie.

    How much a feature goes with the outcome is its largest absolute correlation, over the training subjects, of any of
    z, ``|z|``, and, where there is a treatment, both times the centred treatment. The `always` first ones of the
    training are among them whatever their correlation.
    """
    n, width = training.features.shape
    if width <= count:
        return np.arange(width)
    centred = training.features - training.features.mean(axis=0)
    around = training.outcome - training.outcome.mean()
    arm = None if training.treatment is None else training.treatment - training.treatment.mean()
    strength = np.zeros(width)
    for shape in (centred, np.abs(centred) - np.abs(centred).mean(axis=0)):
        for column, y in [(shape, around)] + ([] if arm is None else [(shape, around * arm)]):
            spread = np.sqrt(np.einsum("ij,ij->j", column, column))
            known = spread > 1e-12 * np.abs(training.features).max(axis=0) * np.sqrt(n)
            size = float(np.sqrt(y @ y)) or 1.0
            related = np.abs(column.T @ y) / np.where(known, spread, np.inf) / size
            strength = np.maximum(strength, related)
    strength[: training.always] = np.inf
    return np.sort(np.argsort(-strength, kind="stable")[:count])
