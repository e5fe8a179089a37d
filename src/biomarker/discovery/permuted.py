"""Permutation p-values of a screen, each feature's own and adjusted for all of a family (step-down maxT)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.arrays import Device, to_device
from biomarker.data.matrix import FeatureMatrix
from biomarker.discovery.blocks import prepared_blocks
from biomarker.discovery.leaders import varying
from biomarker.discovery.method import Outcome
from biomarker.discovery.screened import Screened
from biomarker.rng import stream
from biomarker.stats.estimate import Status
from biomarker.stats.max_t import max_t, permutations_within

__all__ = ["PermutationSettings", "permute"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PermutationSettings:
    """How many permutations, and the study's seed."""

    count: int
    seed: int


def permute(
    result: Screened,
    matrix: FeatureMatrix,
    chosen: NDArray[np.bool_],
    outcomes: Sequence[Outcome],
    covariates: Floats,
    *,
    strata: NDArray[np.int64],
    settings: PermutationSettings,
    prespecified: NDArray[np.bool_],
    device: Device,
) -> None:
    """Record permutation p-values of every tested feature, endpoint by endpoint; main effects only.

    Residuals of the model without the feature are permuted among the subjects of a stratum. Prespecified markers are a
    family of their own. Permutations depend on the seed and the endpoint alone.

    Parameters
    ----------
    result : Screened
        Complete.
    matrix : FeatureMatrix
    chosen : (matrix.n_subjects,) of bool
        Subjects of the analysis; `outcomes`, `covariates` and `strata` are theirs.
    """
    tested = np.flatnonzero((result.status == Status.OK).any(axis=1))
    features = _gathered(matrix, chosen, tested)
    for k, outcome in enumerate(outcomes):
        residual_of, known = result.methods[k].residual, outcome.known
        if residual_of is None:
            continue
        adjust = varying(covariates[known], None)
        residual = residual_of(outcome.at(known), adjust)
        if residual is None:
            continue
        shuffled = permutations_within(
            residual,
            np.column_stack([np.ones(known.sum()), adjust]),
            count=settings.count,
            generator=stream(settings.seed, "permutations", result.endpoints[k].name),
            strata=strata[known],
        )
        own = result.status[tested, k] == Status.OK
        for family in (prespecified[tested], ~prespecified[tested]):
            places = np.flatnonzero(own & family)
            found = max_t(to_device(features[np.ix_(known, places)], device), shuffled)
            result.p_permutation[tested[places], k] = found.p_permutation
            result.p_familywise[tested[places], k] = found.p_familywise


def _gathered(matrix: FeatureMatrix, chosen: NDArray[np.bool_], features: NDArray[np.intp]) -> NDArray[np.float32]:
    """Values of some features after the recipes, (n_chosen, n_features), NaN where missing."""
    gathered = np.empty((int(chosen.sum()), features.size), dtype=np.float32, order="F")
    for start, _, values in prepared_blocks(matrix, chosen):
        inside = (features >= start) & (features < start + values.shape[1])
        gathered[:, inside] = values[:, features[inside] - start]
    return gathered
