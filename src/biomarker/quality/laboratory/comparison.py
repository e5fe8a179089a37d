"""Two methods on the same samples: Passing-Bablok with exact ties, and Deming regression."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, t

from biomarker.errors import InsufficientDataError

__all__ = ["Line", "deming", "passing_bablok"]

FEWEST = 3
#: Decimals up to which results are taken as exact decimals.
_DECIMALS = 9


@dataclass(frozen=True)
class Line:
    """``y = intercept + slope * x`` with confidence intervals.

    Attributes
    ----------
    slope, intercept : float
    slope_interval, intercept_interval : tuple of float
    n : int
        Complete pairs.
    """

    slope: float
    intercept: float
    slope_interval: tuple[float, float]
    intercept_interval: tuple[float, float]
    n: int


def passing_bablok(x: ArrayLike, y: ArrayLike, *, level: float = 0.95) -> Line:
    """Passing-Bablok regression: the shifted median of all slopes between two samples.

    Of the slopes ``(y_j - y_i) / (x_j - x_i)`` those of two equal samples are left out, as are slopes of exactly -1; a
    pair with equal ``x`` has the slope plus infinity, whichever way ``y`` goes. With ``N`` slopes left and ``K`` of
    them below -1 the estimate is their median shifted by ``K`` places, and the limits lie
    ``z * sqrt(n (n - 1) (2 n + 5) / 18) / 2`` places to either side. The intercept is the median of ``y - slope * x``.

    Parameters
    ----------
    x, y : array (n,)
        NaN where missing; pairs that are not complete are left out.
    level : float

    Raises
    ------
    InsufficientDataError
        Fewer than three pairs, or all of one x.

    Notes
    -----
    Ties decide between estimates: results printed with few decimals are compared as exact decimals, never as binary
    fractions. **Valid when** the relation is linear and both methods measure the same, so that the slope is positive.
    Passing and Bablok 1983, J Clin Chem Clin Biochem 21:709-720.
    """
    a, b = _complete(x, y)
    n = len(a)
    dx, dy = _differences(a), _differences(b)
    same, minus_one = (dx == 0) & (dy == 0), dx == -dy
    keep = ~(same | minus_one)
    dx, dy = dx[keep], dy[keep]
    if len(dx) == 0 or not (dx != 0).any():
        raise InsufficientDataError("no slope between any two samples", "Compare samples of different concentrations.")
    vertical = dx == 0
    slopes = np.where(vertical, np.inf, dy / np.where(vertical, 1.0, dx))
    # below -1 by exact differences: the quotient of two decimals may be rounded to -1
    below = int((~vertical & (np.where(dx > 0, dy, -dy) < -np.abs(dx))).sum())
    ordered = np.sort(slopes)
    count = len(ordered)
    slope = _median_at(ordered, count, below)
    half = norm.ppf((1 + level) / 2) * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    first = round((count - half) / 2)
    low = _at(ordered, first - 1 + below)
    high = _at(ordered, count - first + below)
    return Line(
        slope,
        float(np.median(b - slope * a)),
        (low, high),
        (float(np.median(b - high * a)) if np.isfinite(high) else -np.inf, float(np.median(b - low * a))),
        n,
    )


def deming(x: ArrayLike, y: ArrayLike, *, ratio: float = 1.0, level: float = 0.95) -> Line:
    """Deming regression: both methods have error, their variances in a known ratio.

    With ``u = S_yy - S_xx / ratio``, ``slope = (u + sqrt(u^2 + 4 S_xy^2 / ratio)) / (2 S_xy)``; the intervals by the
    jackknife with a t law of ``n - 2`` degrees of freedom.

    Parameters
    ----------
    x, y : array (n,)
        NaN where missing; pairs that are not complete are left out.
    ratio : float
        Variance of the errors of ``x`` over that of ``y``.
    level : float

    Notes
    -----
    **Valid when** the errors are constant over the range; a method with a constant CV needs weights. Linnet 1990,
    Statistics in Medicine 9:1463-1473.
    """
    if not ratio > 0:
        raise ValueError(f"ratio is {ratio}, expected a positive number")
    a, b = _complete(x, y)
    n = len(a)
    slope, intercept = _deming(a, b, ratio)
    left_out = np.array([_deming(np.delete(a, i), np.delete(b, i), ratio) for i in range(n)])
    pseudo = n * np.array([slope, intercept]) - (n - 1) * left_out
    error = pseudo.std(axis=0, ddof=1) / np.sqrt(n)
    half = t.ppf((1 + level) / 2, n - 2) * error
    return Line(slope, intercept, (slope - half[0], slope + half[0]), (intercept - half[1], intercept + half[1]), n)


def _complete(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < FEWEST:
        raise InsufficientDataError(f"{known.sum()} complete pairs; at least {FEWEST} are needed")
    return a[known], b[known]


def _differences(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differences of all pairs (first minus later); of decimals exact, so that equal ones are equal as numbers."""
    i, j = np.triu_indices(len(values), 1)
    for decimals in range(_DECIMALS + 1):
        scale = 10.0**decimals
        whole = np.rint(values * scale)
        if np.abs(values * scale - whole).max() < 1e-6 and np.abs(whole).max() < 2**52:
            return (whole[i] - whole[j]) / scale
    return values[i] - values[j]


def _median_at(ordered: NDArray[np.float64], count: int, shift: int) -> float:
    if count % 2:
        return _at(ordered, (count - 1) // 2 + shift)
    return (_at(ordered, count // 2 - 1 + shift) + _at(ordered, count // 2 + shift)) / 2


def _at(ordered: NDArray[np.float64], place: int) -> float:
    return float(ordered[min(max(place, 0), len(ordered) - 1)])


def _deming(x: NDArray[np.float64], y: NDArray[np.float64], ratio: float) -> tuple[float, float]:
    u, v = x - x.mean(), y - y.mean()
    sxx, syy, sxy = float(u @ u), float(v @ v), float(u @ v)
    if sxy == 0:
        raise InsufficientDataError("the two methods are not correlated", "A line cannot be fitted.")
    lean = syy - sxx / ratio
    slope = (lean + np.sqrt(lean**2 + 4 * sxy**2 / ratio)) / (2 * sxy)
    return float(slope), float(y.mean() - slope * x.mean())
