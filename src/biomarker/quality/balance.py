"""Whether randomisation balanced the arms, and whether every kind of patient could get either treatment."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Balance", "Positivity", "arm_balance", "positivity"]

Floats = NDArray[np.float64]

#: A level of a covariate with at least this many subjects, all in one arm, is no chance.
FEWEST = 8


@dataclass(frozen=True)
class Balance:
    """Standardised differences between two arms.

    Attributes
    ----------
    differences : mapping of column to float
        ``(mean active - mean control) / sqrt((var active + var control) / 2)``.
    p_value : float
        That all columns together differ so much by chance, by permutation of the arms.
    n_active, n_control : int
    """

    differences: Mapping[str, float]
    p_value: float
    n_active: int
    n_control: int


def arm_balance(
    columns: Floats,
    names: tuple[str, ...],
    active: Floats,
    *,
    rng: np.random.Generator,
    permutations: int = 999,
) -> Balance | None:
    """Compare covariates between arms, one by one and all at once.

    The omnibus statistic is ``d' S^-1 d`` with the differences ``d`` of means and the covariance ``S`` of the
    covariates (Mahalanobis), so that correlated covariates do not count twice.

    Parameters
    ----------
    columns : array (n_subjects, n_columns)
        NaN where missing (at the column's mean).
    names : tuple of str
    active : array (n_subjects,)
        1 active, 0 control, NaN neither.
    rng : numpy.random.Generator
    permutations : int

    Notes
    -----
    In a randomised trial differences *are* chance, unless something went wrong: p is no licence to adjust. Within
    strata of the randomisation the true null is narrower, so that p is too large. **Valid when** subjects are
    independent.
    """
    rows = np.isfinite(active)
    x, arm = columns[rows], active[rows] == 1
    if columns.shape[1] == 0 or min(arm.sum(), (~arm).sum()) < 2:
        return None
    x = np.where(np.isfinite(x), x, np.nanmean(np.where(np.isfinite(x), x, np.nan), axis=0))
    spread = np.sqrt((x[arm].var(axis=0, ddof=1) + x[~arm].var(axis=0, ddof=1)) / 2)
    difference = x[arm].mean(axis=0) - x[~arm].mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        standard = np.where(spread > 0, difference / spread, 0.0)
    centred = x - x.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    white = left[:, singular > 1e-9 * singular.max(initial=0.0)]
    sets = rng.permuted(np.tile(arm, (permutations, 1)), axis=1)
    seen = float(((arm.astype(np.float64) @ white) ** 2).sum())
    null = ((sets.astype(np.float64) @ white) ** 2).sum(axis=1)
    p = (1 + int((null >= seen * (1 - 1e-12)).sum())) / (1 + permutations)
    return Balance(dict(zip(names, standard.tolist(), strict=True)), p, int(arm.sum()), int((~arm).sum()))


@dataclass(frozen=True)
class Positivity:
    """Levels of covariates that all got one treatment.

    Attributes
    ----------
    lowest_share : float
        Smallest share of either arm in any level with at least eight subjects.
    level : str
        That level.
    one_sided : tuple of str
        Levels with at least eight subjects, all in one arm.
    """

    lowest_share: float
    level: str
    one_sided: tuple[str, ...]


def positivity(levels: Mapping[str, NDArray[np.bool_]], active: Floats) -> Positivity | None:
    """Whether each kind of patient is in both arms.

    Parameters
    ----------
    levels : mapping of level to bool array (n_subjects,)
        Who belongs to it: sex is m, site is S01, age in its lowest quarter.
    active : array (n_subjects,)
        1 active, 0 control, NaN neither.
    """
    lowest, where, one_sided = 0.5, "", []
    for level, members in levels.items():
        arm = active[members & np.isfinite(active)]
        if len(arm) < FEWEST:
            continue
        share = float(min(arm.mean(), 1 - arm.mean()))
        if share == 0:
            one_sided.append(level)
        if share < lowest or not where:
            lowest, where = share, level
    return Positivity(lowest, where, tuple(one_sided)) if where else None
