"""Batches: whether they show in the values, and whether the batch alone foretells the outcome."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.data.endpoint import Endpoint, Survival

__all__ = ["BatchEffect", "batch_in_values", "batch_of_outcome", "outcome_scores"]

Floats = NDArray[np.float64]

#: Most features that are looked at.
MOST_FEATURES = 2_000
_CHUNK = 200


@dataclass(frozen=True)
class BatchEffect:
    """How much a batch explains.

    Attributes
    ----------
    share : float
        Of the variance, beyond what as many random batches explain on average (0: nothing).
    p_value : float
        By permutation of the batches.
    n, n_batches : int
    """

    share: float
    p_value: float
    n: int
    n_batches: int


def batch_in_values(
    values: Floats, batch: NDArray[np.integer], *, rng: np.random.Generator, permutations: int = 999
) -> BatchEffect | None:
    """Whether values differ between batches: share of variance between batches, averaged over features.

    Parameters
    ----------
    values : array (n_subjects, n_features)
        NaN where missing (taken at the feature's mean).
    batch : integer array (n_subjects,)
        Negative where unknown; such subjects are left out.
    rng : numpy.random.Generator
        Draws the features where there are more than 2,000, and the permutations.
    permutations : int

    Returns
    -------
    BatchEffect or None
        None where fewer than two batches have two subjects.

    Notes
    -----
    **Valid when** the batch is not itself tied to something that changes the values (a site with other patients): then
    the effect is real and not the assay's.
    """
    rows = batch >= 0
    x, labels = values[rows], np.unique(batch[rows], return_inverse=True)[1]
    sizes = np.bincount(labels) if len(labels) else np.zeros(0, dtype=int)
    if (sizes >= 2).sum() < 2:
        return None
    if x.shape[1] > MOST_FEATURES:
        x = x[:, np.sort(rng.choice(x.shape[1], size=MOST_FEATURES, replace=False))]
    known = np.isfinite(x)
    mean = np.where(known, x, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, x - mean, 0.0)
    total = (centred**2).sum(axis=0)
    centred = centred[:, total > 0] / np.sqrt(total[total > 0])
    if centred.shape[1] == 0:
        return None
    return _tested(centred, labels, sizes, rng, permutations)


def batch_of_outcome(
    outcome: Floats,
    batch: NDArray[np.integer],
    arm: NDArray[np.integer],
    *,
    rng: np.random.Generator,
    permutations: int = 999,
) -> BatchEffect | None:
    """Whether the batch alone foretells the outcome, beyond what the arm does.

    The outcome is centred within arms and batches are permuted within arms; else as `batch_in_values`.

    Parameters
    ----------
    outcome : array (n_subjects,)
        From `outcome_scores`; NaN where unknown.
    batch, arm : integer array (n_subjects,)
        Negative where unknown; in a single-arm study all of one arm.
    rng : numpy.random.Generator
    permutations : int
    """
    rows = (batch >= 0) & (arm >= 0) & np.isfinite(outcome)
    labels = np.unique(batch[rows], return_inverse=True)[1]
    sizes = np.bincount(labels) if rows.any() else np.zeros(0, dtype=int)
    if (sizes >= 2).sum() < 2:
        return None
    arms = np.unique(arm[rows], return_inverse=True)[1]
    y = outcome[rows] - (np.bincount(arms, outcome[rows]) / np.bincount(arms))[arms]
    length = float(y @ y)
    if length == 0:
        return None
    return _tested((y / np.sqrt(length))[:, None], labels, sizes, rng, permutations, within=arms)


def _tested(
    centred: Floats,
    labels: NDArray[np.intp],
    sizes: NDArray[np.intp],
    rng: np.random.Generator,
    permutations: int,
    within: NDArray[np.intp] | None = None,
) -> BatchEffect:
    """Mean share of variance between batches of columns of length 1, against permuted batches."""

    def shares(batches: NDArray[np.intp]) -> Floats:
        """(n_sets, n) -> (n_sets,)."""
        total = np.zeros(len(batches))
        for level, size in enumerate(sizes):
            total += (((batches == level).astype(np.float64) @ centred) ** 2).mean(axis=1) / size
        return total

    seen = float(shares(labels[None, :])[0])
    drawn = []
    for start in range(0, permutations, _CHUNK):
        count = min(_CHUNK, permutations - start)
        drawn.append(shares(_permuted(labels, within, count, rng)))
    null = np.concatenate(drawn) if drawn else np.zeros(0)
    p = (1 + int((null >= seen * (1 - 1e-12)).sum())) / (1 + permutations)
    return BatchEffect(max(0.0, seen - float(null.mean() if len(null) else 0.0)), p, len(labels), len(sizes))


def _permuted(
    labels: NDArray[np.intp], within: NDArray[np.intp] | None, count: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    sets = np.tile(labels, (count, 1))
    for group in (
        [np.arange(len(labels))] if within is None else [np.flatnonzero(within == g) for g in np.unique(within)]
    ):
        sets[:, group] = rng.permuted(sets[:, group], axis=1)
    return sets


def outcome_scores(endpoint: Endpoint) -> Floats:
    """One number a subject that says how it did: the value, or for survival the martingale residual.

    ``event - H(time)`` with the Nelson-Aalen estimate ``H`` over all subjects; NaN where unknown.
    """
    if not isinstance(endpoint, Survival):
        return np.asarray(endpoint.values, dtype=np.float64)
    time, event = np.asarray(endpoint.values, dtype=np.float64), np.asarray(endpoint.event, dtype=np.float64)
    known = np.isfinite(time) & np.isfinite(event)
    scores = np.full(len(time), np.nan)
    _, inverse = np.unique(time[known], return_inverse=True)
    deaths = np.bincount(inverse, event[known])
    at_risk = np.bincount(inverse)[::-1].cumsum()[::-1]
    scores[known] = event[known] - np.cumsum(deaths / at_risk)[inverse]
    return scores
