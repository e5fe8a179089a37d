"""True levels of what is planted: the standardised quantities that act on the endpoints."""

import numpy as np

from biomarker import rng
from biomarker.simulate.plan import BOTH_HIGH_LEVEL, PLAN, THRESHOLD_LEVEL, Plant

__all__ = ["PARTS_CORRELATION", "acting", "draw_levels"]

PARTS_CORRELATION = 0.98  # of the two genes of the log-ratio: each alone shows sqrt((1 - r) / 2) = 0.1 of its strength
MUTATED_SHARE = 0.22  # an exact share, as a flag of a handful of subjects has no finite effect


def draw_levels(n_subjects: int, *, seed: int) -> dict[Plant, np.ndarray]:
    """Level of each feature of each plant.

    Levels come from sources that have mean 0 and variance 1 and are uncorrelated in the very subjects drawn: left to
    chance, the correlation of two markers in 400 subjects strays by 0.05, and a strength of 10 on one of them would
    lend 0.5 to the other. The genes of the log-ratio are ``a = c m + d u`` and ``b = c m - d u`` with ``u`` what acts.

    Parameters
    ----------
    n_subjects : int
    seed : int

    Returns
    -------
    dict of Plant to ndarray (n_subjects, 1 or 2)
        Of a mutation 1 where mutated, else 0.
    """
    generator = rng.stream(seed, "simulate", "levels")
    mutated = np.zeros((n_subjects, 1))
    mutated[generator.permutation(n_subjects)[: round(MUTATED_SHARE * n_subjects)]] = 1.0
    widths = {plant: 1 + plant.pair for plant in PLAN if plant.shape != "mutated"}
    sources = iter(_uncorrelated(generator.standard_normal((n_subjects, sum(widths.values())))).T)
    levels = {}
    for plant in PLAN:
        if plant.shape == "mutated":
            levels[plant] = mutated
        elif plant.shape == "log_ratio":
            shared = np.sqrt((1 + PARTS_CORRELATION) / 2) * next(sources)
            acts = np.sqrt((1 - PARTS_CORRELATION) / 2) * next(sources)
            levels[plant] = np.column_stack([shared + acts, shared - acts])
        else:
            levels[plant] = np.column_stack([next(sources) for _ in range(widths[plant])])
    return levels


def acting(plant: Plant, level: np.ndarray) -> np.ndarray:
    """What the coefficient of a plant multiplies (before treatment comes in), with mean 0 over the subjects.

    Parameters
    ----------
    plant : Plant
    level : ndarray (n_subjects, 1 or 2)

    Returns
    -------
    ndarray (n_subjects,)
        The level (``linear``), the standardised difference of the levels (``log_ratio``), or 1 in those above the
        threshold, above both cuts, or mutated, less the share of these.
    """
    if plant.shape == "log_ratio":
        return (level[:, 0] - level[:, 1]) / np.sqrt(2 * (1 - PARTS_CORRELATION))
    cut = {"threshold": THRESHOLD_LEVEL, "both_high": BOTH_HIGH_LEVEL}
    column = level[:, 0] if plant.shape not in cut else (level > cut[plant.shape]).all(axis=1).astype(float)
    return column - column.mean()


def _uncorrelated(drawn: np.ndarray) -> np.ndarray:
    """Columns (n_subjects, n_sources) made exactly uncorrelated, one after the other, with mean 0 and variance 1."""
    basis, triangle = np.linalg.qr(drawn - drawn.mean(axis=0))
    return basis * np.sign(np.diag(triangle)) * np.sqrt(len(drawn))
