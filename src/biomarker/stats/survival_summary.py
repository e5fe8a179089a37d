"""Numbers read off a Kaplan-Meier curve: quantiles and restricted mean, with limits."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from biomarker.errors import DataError
from biomarker.stats.checks import Floats, scalar
from biomarker.stats.kaplan_meier import SurvivalCurve

__all__ = ["RestrictedMean", "restricted_mean", "survival_quantile"]


@dataclass(frozen=True, kw_only=True)
class RestrictedMean:
    """Mean time without the event within a horizon."""

    estimate: float
    std_error: float
    ci_low: float
    ci_high: float
    horizon: float


def survival_quantile(curve: SurvivalCurve, *, share: float = 0.5) -> tuple[float, float, float]:
    """Time by which a share of subjects has had the event, with limits; by default the median survival.

    The first time at which the curve is at or below ``1 - share`` (where it runs along that height, the middle of the
    step); the limits are the first times at which the curve's lower and upper limits are.

    Parameters
    ----------
    curve : SurvivalCurve
        Read at its event times (no grid).
    share : float
        In (0, 1).

    Returns
    -------
    estimate, low, high : float
        NaN where the curve, or its limit, does not come down so far.

    Notes
    -----
    Valid as the curve's own limits are. A median that is not reached is no reason to name another number in its place.

    References
    ----------
    Brookmeyer and Crowley 1982, https://doi.org/10.2307/2530286

    Examples
    --------
    >>> from biomarker.stats import kaplan_meier
    >>> survival_quantile(kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([1, 1, 1])))[0]
    2.0
    """
    height = 1.0 - scalar("share", share, low=0.0, high=1.0, exclusive="both")
    return (
        _first_time(curve.time, curve.survival, height),
        _first_time(curve.time, curve.ci_low, height),
        _first_time(curve.time, curve.ci_high, height),
    )


def _first_time(time: Floats, height: Floats, level: float) -> float:
    """First time at or below a level, within rounding; the middle of the step where the curve equals the level."""
    there = np.flatnonzero(height <= level + 1e-12)
    if there.size == 0:
        return float("nan")
    i = int(there[0])
    if abs(height[i] - level) <= 1e-12 and i + 1 < time.size:
        return float((time[i] + time[i + 1]) / 2.0)
    return float(time[i])


def restricted_mean(curve: SurvivalCurve, *, horizon: float, level: float = 0.95) -> RestrictedMean:
    """Restricted mean survival time: the area under the curve up to a horizon.

    ``var = sum_{t_i <= horizon} A_i^2 d_i / (n_i (n_i - d_i))`` with A_i the area from t_i to the horizon.

    Parameters
    ----------
    curve : SurvivalCurve
        Read at its event times (no grid).
    horizon : float
        Positive; within the time for which the curve is known.
    level : float

    Returns
    -------
    RestrictedMean

    Raises
    ------
    DataError
        The curve was read on a grid that skips events.

    Notes
    -----
    Valid without proportional hazards, when censoring is independent, the horizon was fixed beforehand, and subjects
    are still at risk at it: beyond the last event the curve is taken to stay where it is.

    References
    ----------
    Royston and Parmar 2013, https://doi.org/10.1186/1471-2288-13-152; Klein and Moeschberger 2003, section 4.5

    Examples
    --------
    >>> from biomarker.stats import kaplan_meier
    >>> restricted_mean(kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([1, 1, 1])), horizon=3).estimate
    2.0
    """
    end = scalar("horizon", horizon, low=0.0, exclusive="low")
    z = float(ndtri(0.5 + scalar("level", level, low=0.0, high=1.0, exclusive="both") / 2.0))
    inner = curve.time < end
    times = np.append(curve.time[inner], end)
    areas = np.diff(times) * curve.survival[inner]
    n, d = curve.n_at_risk[inner].astype(np.float64), curve.n_events[inner].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        product = np.cumprod(np.where(n > 0, 1.0 - d / n, 1.0))
    if not np.allclose(product, curve.survival[inner], atol=1e-9):
        raise DataError("curve was read on a grid, expected one at its event times")
    ahead = np.append(areas[::-1].cumsum()[::-1], 0.0)[: n.size]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(n > d, ahead**2 * d / (n * (n - d)), 0.0)
    error = float(np.sqrt(terms.sum()))
    mean = float(areas.sum())
    return RestrictedMean(
        estimate=mean,
        std_error=error,
        ci_low=max(mean - z * error, 0.0),
        ci_high=min(mean + z * error, end),
        horizon=end,
    )
