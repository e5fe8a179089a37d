"""Cleveland's local linear regression: a smooth line through points."""

from typing import Any

import numpy as np

from biomarker.errors import DataError
from biomarker.stats.checks import Floats, data, scalar

__all__ = ["lowess"]


def lowess(
    x: Any, y: Any, *, span: float = 2.0 / 3.0, delta: float | None = None, robust: int = 0
) -> tuple[Floats, Floats]:
    """Locally weighted linear regression at every point.

    At each x the ``span`` nearest share of the points, with tricube weights ``(1 - (|x - x_i| / h)^3)^3``, h the
    distance of the furthest of them; points within ``delta`` of the last fitted one are interpolated.

    Parameters
    ----------
    x, y : (n_points,)
    span : float
        In (0, 1].
    delta : float, optional
        By default 1% of the range of x; 0 fits everywhere.
    robust : int
        Rounds in which points far from the line (six median distances and more) lose weight.

    Returns
    -------
    x, fitted : (n_points,)
        By ascending x.

    Notes
    -----
    Host only. Valid as a description. For 0/1 outcomes the line may leave [0, 1], and no robustness steps belong there.

    References
    ----------
    Cleveland 1979, https://doi.org/10.1080/01621459.1979.10481038

    Examples
    --------
    >>> lowess([1, 2, 3, 4], [2, 4, 6, 8], delta=0)[1].round(6)
    array([2., 4., 6., 8.])
    """
    given = data("x", x)
    value = data("y", y, n=given.size)
    share = scalar("span", span, low=0.0, high=1.0, exclusive="low")
    order = np.argsort(given, kind="stable")
    at, height = given[order], value[order]
    n = at.size
    if n < 2:
        raise DataError("x holds one point, expected at least two")
    near = min(max(int(share * n + 1e-7), 2), n)
    step = 0.01 * (at[-1] - at[0]) if delta is None else scalar("delta", delta, low=0.0)
    trust = np.ones(n)
    fitted = _smooth(at, height, near, step, trust)
    for _ in range(robust):
        away = np.abs(height - fitted)
        far = 6.0 * float(np.median(away))
        if far < 1e-7 * float(away.mean()):
            break
        apart = away / far
        trust = np.where(apart <= 0.001, 1.0, np.where(apart <= 0.999, (1.0 - np.minimum(apart, 1.0) ** 2) ** 2, 0.0))
        fitted = _smooth(at, height, near, step, trust)
    return at, fitted


def _smooth(at: Floats, height: Floats, near: int, step: float, trust: Floats) -> Floats:
    """One pass over ascending points, each with a weight of its own."""
    n = at.size
    fitted = np.empty(n)
    left, last, i = 0, -1, 0
    while True:
        while left + near < n and at[i] - at[left] > at[left + near] - at[i]:
            left += 1
        fitted[i] = _local_line(at, height, i, left, near, trust)
        if last < i - 1 and last >= 0 and at[i] > at[last]:
            between = np.arange(last + 1, i)
            along = (at[between] - at[last]) / (at[i] - at[last])
            fitted[between] = along * fitted[i] + (1.0 - along) * fitted[last]
        last = i
        if last >= n - 1:
            return fitted
        i = last + 1
        while i < n and at[i] <= at[last] + step:
            if at[i] == at[last]:  # equal points share their fit
                fitted[i] = fitted[last]
                last = i
            i += 1
        i = max(last + 1, i - 1)
        if i >= n:
            return fitted


def _local_line(at: Floats, height: Floats, place: int, left: int, near: int, trust: Floats) -> float:
    """Weighted line through the nearest points, read at one; the weighted mean where it has no slope."""
    centre = float(at[place])
    h = max(centre - at[left], at[left + near - 1] - centre)
    # ties with the furthest point count too
    window = slice(left, int(np.searchsorted(at, centre + h, side="right")))
    x, y = at[window], height[window]
    distance = np.abs(x - centre)
    if h > 0:
        cube = (distance / h) ** 2 * (distance / h)
        rest = 1.0 - np.minimum(cube, 1.0)
        weight = np.where(distance > 0.001 * h, rest * rest * rest, 1.0) * (distance <= 0.999 * h)
    else:
        weight = np.ones(x.size)
    weight = weight * trust[window]
    if not weight.sum() > 0:
        return float(height[place])
    weight = weight / weight.sum()
    middle = float(weight @ x)
    spread = float(weight @ (x - middle) ** 2)
    if h > 0 and np.sqrt(spread) > 0.001 * (at[-1] - at[0]):
        weight = weight * (1.0 + (centre - middle) / spread * (x - middle))
    return float(weight @ y)
