"""Kaplan-Meier curves with pointwise confidence limits and numbers at risk."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

__all__ = ["SurvivalCurve", "kaplan_meier"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """A step function and what it rests on.

    Attributes
    ----------
    time : (n_steps,)
        0 followed by the distinct event times, ascending, or the grid that was asked for.
    survival, ci_low, ci_high : (n_steps,)
        Probability of being event-free just after each time.
    std_error : (n_steps,)
        Greenwood's, of the survival.
    n_at_risk : (n_steps,) int64
        Subjects under observation just before each time.
    n_events, n_censored : (n_steps,) int64
        Since the time before (exclusive) up to and including this one.
    """

    time: Floats
    survival: Floats
    ci_low: Floats
    ci_high: Floats
    n_at_risk: npt.NDArray[np.int64]
    n_events: npt.NDArray[np.int64]
    n_censored: npt.NDArray[np.int64]
    std_error: Floats


def kaplan_meier(
    time: npt.NDArray[Any],
    event: npt.NDArray[Any],
    *,
    grid: npt.NDArray[Any] | None = None,
    level: float = 0.95,
    limits: Literal["log-log", "log", "plain"] = "log-log",
) -> SurvivalCurve:
    """Product-limit estimate of survival, with confidence limits.

    ``S(t) = prod_{t_j <= t} (1 - d_j / n_j)``; Greenwood's variance of log S, ``g = sum d_j / (n_j (n_j - d_j))``;
    limits ``S ** exp(-+ z sqrt(g) / log S)`` (log-log), which stay within [0, 1], ``S exp(-+ z sqrt(g))`` (log) or
    ``S -+ z S sqrt(g)`` (plain), the latter two cut at 0 and 1.

    Parameters
    ----------
    time : (n_subjects,)
        Positive times of event or censoring.
    event : (n_subjects,)
        1 (or True) for an event, 0 for censoring; a censored subject is at risk at its own time.
    grid : (n_steps,), optional
        Ascending times at which to read the curve; the default is 0 and the event times.
    level : float
        Coverage of the pointwise limits.
    limits : {"log-log", "log", "plain"}
        Scale on which they are symmetric; tools differ in their default.

    Returns
    -------
    SurvivalCurve
        Beyond the last observed time the survival is NaN unless the curve has reached 0. Before the first event and
        where the curve is 0 the limits equal the estimate.

    Raises
    ------
    ValueError
        No subject, shapes differ, missing or negative times, an event other than 0 and 1, or a grid not ascending.

    Notes
    -----
    Valid when censoring is independent of the event time. Limits are pointwise, not a band; with fewer than about ten
    subjects at risk they are rough.

    References
    ----------
    Kaplan and Meier 1958, https://doi.org/10.1080/01621459.1958.10501452; Kalbfleisch and Prentice 2002, section 1.4.

    Examples
    --------
    >>> kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([1, 0, 1])).survival.round(4)
    array([1.    , 0.6667, 0.    ])
    """
    t, d = _checked(time, event)
    steps, order = np.unique(t, return_inverse=True)
    events = np.bincount(order, weights=d, minlength=steps.size)
    leaving = np.bincount(order, minlength=steps.size)
    at_risk = t.size - np.concatenate([[0], np.cumsum(leaving)[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1.0 - events / at_risk)
        # where everybody left has the event the curve is 0 and the variance of its logarithm has no meaning
        greenwood = np.cumsum(np.where(at_risk > events, events / (at_risk * (at_risk - events)), 0.0))
    points = np.concatenate([[0.0], steps[events > 0]]) if grid is None else np.asarray(grid, dtype=np.float64)
    if points.ndim != 1 or np.any(np.diff(points) <= 0):
        raise ValueError("the grid must be one-dimensional and strictly ascending")
    last = np.searchsorted(steps, points, side="right")
    s = np.concatenate([[1.0], survival])[last]
    s = np.where((points > steps[-1]) & (s > 0), np.nan, s)
    if limits not in _LIMITS:
        raise ValueError(f"limits is {limits!r}, expected one of {', '.join(_LIMITS)}")
    variance = np.concatenate([[0.0], greenwood])[last]
    low, high = _LIMITS[limits](s, variance, float(ndtri(0.5 + level / 2.0)))
    risk = t.size - np.concatenate([[0], np.cumsum(leaving)])[np.searchsorted(steps, points, side="left")]
    seen = np.concatenate([[0], np.cumsum(events)])[last].astype(np.int64)
    gone = np.concatenate([[0], np.cumsum(leaving)])[last].astype(np.int64)
    return SurvivalCurve(
        time=points,
        survival=s,
        ci_low=low,
        ci_high=high,
        n_at_risk=risk.astype(np.int64),
        n_events=np.diff(seen, prepend=0),
        n_censored=np.diff(gone - seen, prepend=0),
        std_error=s * np.sqrt(variance),
    )


def _checked(time: npt.NDArray[Any], event: npt.NDArray[Any]) -> tuple[Floats, Floats]:
    """Times and events as double precision, refused where they make no sense."""
    t, d = np.asarray(time, dtype=np.float64), np.asarray(event, dtype=np.float64)
    if t.ndim != 1 or t.shape != d.shape or t.size == 0:
        raise ValueError(f"time {t.shape} and event {d.shape} must be one-dimensional, equal in length and not empty")
    if not np.all(np.isfinite(t) & (t >= 0)):
        raise ValueError("times must be finite and not negative")
    if not np.all((d == 0) | (d == 1)):
        raise ValueError("events must be 0 or 1")
    return t, d


def _log_log_limits(survival: Floats, greenwood: Floats, z: float) -> tuple[Floats, Floats]:
    """Lower and upper limit on the scale log(-log S); the estimate itself where that scale is infinite."""
    inner = (survival > 0) & (survival < 1)
    log_s = np.log(np.where(inner, survival, 0.5))
    width = z * np.sqrt(greenwood) / log_s
    low = np.exp(log_s * np.exp(-width))
    high = np.exp(log_s * np.exp(width))
    return np.where(inner, low, survival), np.where(inner, high, survival)


def _log_limits(survival: Floats, greenwood: Floats, z: float) -> tuple[Floats, Floats]:
    """Lower and upper limit on the scale log S."""
    width = z * np.sqrt(greenwood)
    return survival * np.exp(-width), np.minimum(survival * np.exp(width), np.where(np.isnan(survival), np.nan, 1.0))


def _plain_limits(survival: Floats, greenwood: Floats, z: float) -> tuple[Floats, Floats]:
    """Lower and upper limit on the scale of S itself."""
    width = z * survival * np.sqrt(greenwood)
    return np.maximum(survival - width, 0.0 * survival), np.minimum(survival + width, 0.0 * survival + 1.0)


_LIMITS = {"log-log": _log_log_limits, "log": _log_limits, "plain": _plain_limits}
