"""A modality whose batches are to be corrected: who has a batch, and which recipe takes it off."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.features.builder import Built, Matching
from biomarker.features.combat import COMBAT_SCALES
from biomarker.features.registry import TRANSFORMS

__all__ = ["FEWEST_FEATURES", "FEWEST_OF_A_BATCH", "NO_BATCH", "SMALL_BATCH", "with_batch_correction"]

#: A smaller batch says too little of itself, less still in half of the subjects.
FEWEST_OF_A_BATCH = 5
#: Batch effects are shrunk towards those of the other features.
FEWEST_FEATURES = 10
NO_BATCH = "in no batch that the batch table names"
SMALL_BATCH = f"of a batch with fewer than {FEWEST_OF_A_BATCH} subjects, which cannot be corrected"


def with_batch_correction(built: Built, batch_of: Mapping[str, str], *, modality: str) -> Built:
    """Features that name ComBat as their last recipe, each subject with its batch.

    The recipe learns across subjects and is fitted later, where the subjects to learn from are known. Subjects in no
    batch, or in one of fewer than 5, have no features, and are counted.

    Parameters
    ----------
    built : Built
    batch_of : mapping of subject to batch
    modality : str
        Its name, for messages.

    Raises
    ------
    ConfigError
        The values are on no logarithmic scale.
    InsufficientDataError
        Fewer than two batches are large enough, or fewer than 10 features.
    """
    values, matching = built.values, built.matching
    key = f"quality.batches.{modality}.correct"
    scale = TRANSFORMS[values.recipes[-1]].gives if values.recipes else values.scale
    if scale not in COMBAT_SCALES:
        raise ConfigError(
            f"{key}: combat, and the values are on the scale {scale}",
            f"Batches are corrected on the scales counts, {', '.join(COMBAT_SCALES)}.",
        )
    if values.features.height < FEWEST_FEATURES:
        raise InsufficientDataError(
            f"{key}: combat, and {modality} has {values.features.height} features; expected {FEWEST_FEATURES} at least",
            "With few features, let the batch be a covariate.",
        )
    labels = [batch_of.get(subject) for subject in values.subject_ids]
    sizes = Counter(label for label in labels if label is not None)
    small = {label for label, n in sizes.items() if n < FEWEST_OF_A_BATCH}
    keep = np.array([label is not None and label not in small for label in labels], dtype=bool)
    if len(sizes) - len(small) < 2:
        raise InsufficientDataError(
            f"{key}: combat, and {len(sizes) - len(small)} batches of {modality} have {FEWEST_OF_A_BATCH} subjects; "
            f"{labels.count(None)} of {len(labels)} subjects are in no batch",
            "It needs two. See the columns `id` and `column` of the batch table.",
        )
    lost = {NO_BATCH: labels.count(None), SMALL_BATCH: sum(sizes[label] for label in small)}
    return replace(
        built,
        values=replace(
            values,
            values=values.values[keep],
            subject_ids=_kept(values.subject_ids, keep),
            recipes=(*values.recipes, f"combat_{scale}"),
            batches=_kept(tuple(label or "" for label in labels), keep),
        ),
        matching=Matching(
            matching.cohort,
            int(keep.sum()),
            {**matching.excluded, **{reason: n for reason, n in lost.items() if n}},
            matching.unknown,
        ),
    )


def _kept(words: tuple[str, ...], keep: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(word for word, there in zip(words, keep, strict=True) if there)
