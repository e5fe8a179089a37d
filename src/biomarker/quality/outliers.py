"""Samples unlike all others: profiles far from the middle, and profiles with many cells missing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

__all__ = ["FAR", "Outlier", "find_outliers"]

#: Robust standard deviations from the median beyond which a sample is named.
FAR = 6.0
FEWEST = 20
#: Most features that are looked at, evenly spread; and a share of missing cells that is never many.
MOST_FEATURES = 2_000
FEW_MISSING = 0.2


@dataclass(frozen=True)
class Outlier:
    """A sample unlike the others: position, how far (robust standard deviations), and in what."""

    sample: int
    distance: float
    what: str


def find_outliers(values: NDArray[np.float64], *, far: float = FAR) -> tuple[Outlier, ...]:
    """Samples whose profile is far from the others'.

    Every feature is centred at its median and scaled by its median absolute deviation; a sample's distance is the
    logarithm of the mean of its ``min(z^2, 25)``, so that no single feature makes an outlier. Distances, and shares of
    missing cells, more than ``far`` robust standard deviations above their median are named.

    Parameters
    ----------
    values : array (n_subjects, n_features)
        On a logarithmic or native scale, NaN where missing. Fewer than 20 subjects or features say nothing.
    far : float

    Notes
    -----
    An outlier is named and never left out by itself: a true extreme patient looks the same. **Valid when** most samples
    are in order.
    """
    n, p = values.shape
    if n < FEWEST or p < FEWEST:
        return ()
    if p > MOST_FEATURES:
        values = values[:, np.linspace(0, p - 1, MOST_FEATURES).astype(int)]
    known = np.isfinite(values)
    usable = known.mean(axis=0) >= 0.5
    x = np.where(known, values, np.nan)[:, usable]
    middle = _medians(x)
    spread = _medians(np.abs(x - middle)) / ndtri(0.75)
    x, middle, spread = x[:, spread > 0], middle[spread > 0], spread[spread > 0]
    found = []
    if x.shape[1] >= FEWEST:
        squares = np.minimum(((x - middle) / spread) ** 2, 25.0)
        seen = np.isfinite(squares)
        mean = np.where(seen, squares, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
        found += _far(np.log(np.maximum(mean, 1e-12)), far, "far from the other profiles")
    missing = 1 - known.mean(axis=1)
    found += [one for one in _far(missing, far, "many missing values") if missing[one.sample] >= FEW_MISSING]
    return tuple(found)


def _medians(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median of the known values of each column."""
    ordered, n = np.sort(x, axis=0), np.isfinite(x).sum(axis=0)
    column = np.arange(x.shape[1])
    upper = np.minimum(n // 2, np.maximum(n - 1, 0))
    return (ordered[np.maximum(n - 1, 0) // 2, column] + ordered[upper, column]) / 2


def _far(distance: NDArray[np.float64], far: float, what: str) -> list[Outlier]:
    """Those far above the median; a spread below a hundredth says that most are alike, not that all others are far."""
    middle = float(np.median(distance))
    spread = max(float(np.median(np.abs(distance - middle)) / ndtri(0.75)), 0.01)
    z = (distance - middle) / spread
    return [Outlier(int(i), float(z[i]), what) for i in np.flatnonzero(z > far)]
