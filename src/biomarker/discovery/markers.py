"""Values of features in all subjects of a modality, after recipes that were fitted on some of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.recipe import Recipe
from biomarker.features.registry import TRANSFORMS

__all__ = ["Marker", "batches_of", "fitted_on", "fitted_recipes", "marker", "transformed_blocks"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Marker:
    """A feature in the subjects of the cohort.

    Attributes
    ----------
    values : (cohort.n_subjects,)
        NaN where there is none.
    unit : str
        Empty where none is known.
    """

    values: Floats
    unit: str


def fitted_recipes(matrix: FeatureMatrix, subjects: NDArray[np.bool_]) -> tuple[Recipe, ...]:
    """The matrix's recipes, each fitted on some of its subjects after those before it."""
    if not matrix.recipes:
        return ()
    return fitted_on(matrix, matrix.values[subjects].astype(np.float64), subjects)[0]


def fitted_on(matrix: FeatureMatrix, values: Floats, subjects: NDArray[np.bool_]) -> tuple[tuple[Recipe, ...], Floats]:
    """The recipes fitted on the values (n_of_them, n_features) of some subjects, and those values after them."""
    scale, fitted, batches = matrix.scale, [], batches_of(matrix, subjects)
    for name in matrix.recipes:
        recipe = Recipe.fit(TRANSFORMS[name], values, feature_ids=matrix.feature_ids, scale=scale, batches=batches)
        values = recipe.apply(values, feature_ids=matrix.feature_ids, scale=scale, batches=batches).astype(np.float64)
        scale = recipe.transform.gives
        fitted.append(recipe)
    return tuple(fitted), values


def batches_of(matrix: FeatureMatrix, subjects: NDArray[np.bool_]) -> tuple[str, ...]:
    """Batch of each of some subjects; empty where no recipe asks."""
    return (
        tuple(batch for batch, there in zip(matrix.batches, subjects, strict=True) if there) if matrix.batches else ()
    )


def transformed_blocks(matrix: FeatureMatrix, subjects: NDArray[np.bool_]) -> Iterator[tuple[int, Floats]]:
    """Blocks of features of all subjects: index of the first, values (n_subjects, n_features_of_block).

    Recipes are fitted on ``subjects`` (matrix.n_subjects,) alone and applied to all.
    """
    if not matrix.recipes:
        for block in matrix.blocks():
            yield block.start, block.values.astype(np.float64)
        return
    values = matrix.values.astype(np.float64)
    for recipe in fitted_recipes(matrix, subjects):
        values = recipe.apply(
            values, feature_ids=matrix.feature_ids, scale=recipe.scale, batches=matrix.batches
        ).astype(np.float64)
    yield 0, values


def marker(cohort: Cohort, modality: str, feature_id: str, learned_on: NDArray[np.bool_]) -> Marker:
    """One feature in every subject of the cohort, recipes fitted on the subjects (cohort.n_subjects,) of a mask."""
    matrix = cohort.matrices[modality]
    index, rows = matrix.feature_ids.index(feature_id), cohort.rows_of(matrix)
    values = np.full(cohort.n_subjects, np.nan)
    for start, block in transformed_blocks(matrix, learned_on[rows]):
        if start <= index < start + block.shape[1]:
            values[rows] = block[:, index - start]
    return Marker(values, str(matrix.features["unit"][index] or ""))
