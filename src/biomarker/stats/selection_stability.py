"""How alike the sets of features are that a selection gives on different parts of the data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from biomarker.errors import InsufficientDataError

__all__ = ["SelectionStability", "selection_stability"]


@dataclass(frozen=True)
class SelectionStability:
    """Nogueira's index with its interval, and how often each feature was selected.

    Attributes
    ----------
    index, ci_low, ci_high : float
        1 where every selection is the same, 0 on average where features are drawn at random; NaN where nothing or
        everything was always selected.
    share : (n_features,)
        Share of the selections that hold each feature.
    """

    index: float
    ci_low: float
    ci_high: float
    share: NDArray[np.float64]


def selection_stability(selected: NDArray[np.bool_], *, pairs: bool = False, level: float = 0.95) -> SelectionStability:
    """Index of stability of M selections among d features.

    With p_f the share of selections that hold feature f and k the mean number selected,

    ``index = 1 - mean_f(M / (M - 1) p_f (1 - p_f)) / ((k / d) (1 - k / d))``.

    Its variance is that of the mean of ``phi_i = (sum_f z_if p_f / d - k_i k / d^2 + index / 2 (2 k k_i / d^2 - k_i / d
    - k / d + 1)) / ((k / d) (1 - k / d))`` over the selections, times 4.

    Parameters
    ----------
    selected : (n_selections, n_features) of bool
    pairs : bool
        Rows 2i and 2i + 1 are of the two halves of one split: their phi are averaged before their spread is taken.
    level : float
        Of the interval.

    Returns
    -------
    SelectionStability

    Raises
    ------
    InsufficientDataError
        Fewer than two selections (two pairs).

    Notes
    -----
    Valid when selections are drawn alike. For parts of one data set the interval says how exactly the index is known of
    these data, not how it would vary between studies.

    References
    ----------
    .. [1] Nogueira S, Sechidis K, Brown G. On the stability of feature selection algorithms. J Mach Learn Res
       2018;18(174):1-54. https://jmlr.org/papers/v18/17-514.html
    """
    z = np.asarray(selected, dtype=np.float64)
    m, d = z.shape
    if m < (4 if pairs else 2) or (pairs and m % 2):
        raise InsufficientDataError(f"{m} selections, expected at least {'two pairs' if pairs else 'two'}")
    share, sizes = z.mean(axis=0), z.sum(axis=1) / d
    k = sizes.mean()
    chance = k * (1.0 - k)
    if not d or chance <= 0:
        return SelectionStability(np.nan, np.nan, np.nan, share)
    index = 1.0 - (share * (1.0 - share)).mean() * m / (m - 1) / chance
    phi = (z @ share / d - sizes * k + index / 2.0 * (2.0 * k * sizes - sizes - k + 1.0)) / chance
    if pairs:
        phi = phi.reshape(-1, 2).mean(axis=1)
    spread = 2.0 / phi.size * np.sqrt(((phi - phi.mean()) ** 2).sum())
    half = float(ndtri((1.0 + level) / 2.0)) * spread
    return SelectionStability(float(index), float(index - half), float(min(index + half, 1.0)), share)
