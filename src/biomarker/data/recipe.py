"""Transforms that learn across subjects: fitted on some subjects, applied to any.

Whatever learns from more than one subject (a normalisation reference, a scaling, an imputation) is a recipe, so that
the fold engine can fit it on training subjects alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.errors import AlignmentError, SchemaError

__all__ = ["Recipe", "Transform", "narrowed"]

Values = NDArray[np.floating]
State = Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True)
class Transform:
    """What a recipe does: the record a registry holds.

    Attributes
    ----------
    name : str
    accepts : frozenset of str
        Scales it can be applied to.
    gives : str
        Scale of its result.
    fit : callable, values (n_subjects, n_features) -> state
    apply : callable, (values (n_subjects, n_features), state) -> values of the same shape
        Must give one subject the same values whether alone or among others.
    reference : str
        Where the method is described, with DOI.
    by_batch : bool
        Whether ``fit`` and ``apply`` are handed, last, the batch of each subject as well.
    by_feature : bool
        Whether each feature is transformed by itself, with one number of each array of the state.
    """

    name: str
    accepts: frozenset[str]
    gives: str
    fit: Callable[..., State]
    apply: Callable[..., Values]
    reference: str = ""
    by_batch: bool = False
    by_feature: bool = False


@dataclass(frozen=True)
class Recipe:
    """A transform with what it learned, and the features and scale it learned it on."""

    transform: Transform
    feature_ids: tuple[str, ...]
    scale: str
    state: State

    @classmethod
    def fit(
        cls,
        transform: Transform,
        values: Values,
        *,
        feature_ids: Sequence[str],
        scale: str,
        batches: Sequence[str] = (),
    ) -> "Recipe":
        """Learn from ``values`` (n_subjects, n_features), and the batch of each subject where the transform asks.

        Raises
        ------
        SchemaError
            The transform does not accept this scale, or asks for batches and there are none.
        """
        if scale not in transform.accepts:
            accepted = ", ".join(sorted(transform.accepts))
            raise SchemaError(f"{transform.name} accepts the scales {accepted}; the matrix is on the scale {scale}")
        further = _batches(transform, values, batches)
        return cls(transform, tuple(feature_ids), scale, transform.fit(values, *further))

    def apply(self, values: Values, *, feature_ids: Sequence[str], scale: str, batches: Sequence[str] = ()) -> Values:
        """Transform the values of any subjects (n_subjects, n_features).

        Raises
        ------
        AlignmentError
            Other features, or the same in another order, than it was fitted on.
        SchemaError
            Another scale.
        """
        if tuple(feature_ids) != self.feature_ids:
            raise AlignmentError(
                f"{self.transform.name} was fitted on {len(self.feature_ids)} features and is asked to apply to others",
                "Give the same features in the same order.",
            )
        if scale != self.scale:
            raise SchemaError(f"{self.transform.name} was fitted on the scale {self.scale}, not {scale}")
        return self.transform.apply(values, self.state, *_batches(self.transform, values, batches))


def narrowed(recipes: Sequence[Recipe], feature_id: str) -> tuple[Recipe, ...]:
    """Recipes for one feature alone, where all of them transform each by itself; else as they are."""
    if not all(recipe.transform.by_feature for recipe in recipes):
        return tuple(recipes)
    places = [recipe.feature_ids.index(feature_id) for recipe in recipes]
    return tuple(
        Recipe(recipe.transform, (feature_id,), recipe.scale, {name: held[[k]] for name, held in recipe.state.items()})
        for k, recipe in zip(places, recipes, strict=True)
    )


def _batches(transform: Transform, values: Values, batches: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """What a transform is handed beside values: nothing, or the batch of each subject."""
    if not transform.by_batch:
        return ()
    if len(batches) != len(values):
        raise SchemaError(
            f"{transform.name} needs the batch of each of the {len(values)} subjects, and {len(batches)} are known",
            "See `quality.batches`.",
        )
    return (tuple(batches),)
