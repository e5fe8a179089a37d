"""Feature values of some subjects as tests want them: double precision, after the matrix's recipes."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from biomarker.arrays import take_rows
from biomarker.data.matrix import FeatureMatrix
from biomarker.discovery.markers import fitted_on
from biomarker.features.registry import TRANSFORMS

__all__ = ["prepared_blocks", "tested_scale"]

Floats = NDArray[np.float64]


def tested_scale(matrix: FeatureMatrix) -> str:
    """Scale of the values after the matrix's recipes."""
    return TRANSFORMS[matrix.recipes[-1]].gives if matrix.recipes else matrix.scale


def prepared_blocks(matrix: FeatureMatrix, subjects: NDArray[np.bool_]) -> Iterator[tuple[int, Floats, Floats]]:
    """Blocks of features: index of the first one, values as stored, values after the recipes.

    Parameters
    ----------
    matrix : FeatureMatrix
    subjects : array (matrix.n_subjects,) of bool
        Recipes are fitted on these subjects alone, and these are returned.

    Yields
    ------
    start : int, raw and values : arrays (subjects.sum(), n_features_of_block)
    """
    if not matrix.recipes:
        for block in matrix.blocks():
            values = take_rows(block.values, np.flatnonzero(subjects)).astype(np.float64)
            yield block.start, values, values
        return
    raw = matrix.values[subjects].astype(np.float64)
    yield 0, raw, fitted_on(matrix, raw, subjects)[1]
