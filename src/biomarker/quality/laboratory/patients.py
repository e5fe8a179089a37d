"""Patients' results as controls: moving means, averages and medians, and a patient's results against the one before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["DeltaCheck", "alarm_limits", "delta_check", "moving_average", "moving_mean", "moving_median", "trimmed"]

Outside = Literal["drop", "winsorise"]


def trimmed(x: ArrayLike, *, limits: tuple[float, float], outside: Outside) -> NDArray[np.float64]:
    """Results with those outside the truncation limits dropped, or set to the limit.

    Winsorising keeps the number of results and sees large errors better (Bietenbeck et al. 2020,
    Understanding patient-based real-time quality control using simulation modeling, Clinical Chemistry 66).
    """
    results = np.asarray(x, dtype=np.float64)
    low, high = limits
    if not low < high:
        raise ValueError(f"truncation limits {limits}: the lower one comes first")
    if outside == "winsorise":
        return np.clip(results, low, high)
    return results[(results >= low) & (results <= high)]


def moving_mean(x: ArrayLike, *, block: int) -> NDArray[np.float64]:
    """Mean of each ``block`` results in a row (n - block + 1,); no result before the first block is full."""
    return _over_blocks(x, block, np.mean)


def moving_median(x: ArrayLike, *, block: int) -> NDArray[np.float64]:
    """Median of each ``block`` results in a row (n - block + 1,)."""
    return _over_blocks(x, block, np.median)


def moving_average(x: ArrayLike, *, weight: float, start: float) -> NDArray[np.float64]:
    """Exponentially weighted average (n,): ``a[i] = weight * x[i] + (1 - weight) * a[i-1]`` from ``start``."""
    if not 0 < weight <= 1:
        raise ValueError(f"weight is {weight}, expected a number above 0 and at most 1")
    results, held = np.asarray(x, dtype=np.float64), float(start)
    averages = np.empty_like(results)
    for i, result in enumerate(results):
        held = weight * result + (1 - weight) * held
        averages[i] = held
    return averages


def _over_blocks(x: ArrayLike, block: int, statistic: Callable[..., NDArray[np.float64]]) -> NDArray[np.float64]:
    results = np.asarray(x, dtype=np.float64)
    if block < 1:
        raise ValueError(f"block is {block}, expected a positive number")
    if len(results) < block:
        return np.empty(0)
    return statistic(np.lib.stride_tricks.sliding_window_view(results, block), axis=1)


def alarm_limits(values: ArrayLike, days: ArrayLike, *, false_alarm_days: float = 0.1) -> tuple[float, float]:
    """Limits of a moving statistic that a share ``false_alarm_days`` of days in control would pass.

    The lower limit is the ``false_alarm_days / 2`` quantile of the days' smallest values, the upper one the
    ``1 - false_alarm_days / 2`` quantile of their largest: of daily extremes, because an alarm a day is what a
    laboratory bears, however many results it measures.

    Parameters
    ----------
    values : array (n,)
        The moving statistic over a period in control.
    days : array (n,)
        Day of each.
    """
    statistic, day = np.asarray(values, dtype=np.float64), np.asarray(days)
    each = [statistic[day == one] for one in np.unique(day)]
    half = false_alarm_days / 2
    return float(np.quantile([d.min() for d in each], half)), float(np.quantile([d.max() for d in each], 1 - half))


@dataclass(frozen=True)
class DeltaCheck:
    """Each result against the same patient's result before.

    Attributes
    ----------
    change : array (n,)
        Difference, or relative difference in percent; NaN where there is none to compare with.
    flagged : bool array (n,)
    """

    change: NDArray[np.float64]
    flagged: NDArray[np.bool_]


def delta_check(
    patient: ArrayLike,
    day: ArrayLike,
    value: ArrayLike,
    *,
    limit: float,
    kind: Literal["absolute", "percent"] = "percent",
    within_days: float = np.inf,
) -> DeltaCheck:
    """Flag results that differ from the patient's result before by more than a limit.

    Parameters
    ----------
    patient, day, value : array (n,)
        In any order; values known. Of several results on one day the order given counts.
    limit : float
        Strictly more is flagged; the reference change value is a natural choice
        (`biomarker.quality.laboratory.performance.reference_change`).
    kind : str
        ``percent``: of the result before.
    within_days : float
        A result longer ago is not compared with.

    Notes
    -----
    **Valid when** true changes of that size within that time are rare; on treatment they are not.
    """
    who, when = np.asarray(patient), np.asarray(day, dtype=np.float64)
    results = np.asarray(value, dtype=np.float64)
    codes = np.unique(who, return_inverse=True)[1]
    order = np.lexsort((np.arange(len(results)), when, codes))
    change = np.full(len(results), np.nan)
    later, before = order[1:], order[:-1]
    near = (codes[later] == codes[before]) & (when[later] - when[before] <= within_days)
    later, before = later[near], before[near]
    difference = results[later] - results[before]
    with np.errstate(divide="ignore", invalid="ignore"):
        change[later] = difference if kind == "absolute" else 100 * difference / results[before]
    return DeltaCheck(change, np.abs(change) > limit)
