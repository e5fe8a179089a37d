"""Control charts of one series of results: Levey-Jennings, EWMA and CUSUM, and how long they run without a signal."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

__all__ = ["CusumChart", "EwmaChart", "average_run_length", "cusum", "ewma", "levey_jennings"]


@dataclass(frozen=True)
class EwmaChart:
    """An exponentially weighted moving average with its limits.

    Attributes
    ----------
    values, low, high : array (n,)
    signals : array of int
        Positions from 0 where the average lies outside its limits.
    """

    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    signals: NDArray[np.intp]


@dataclass(frozen=True)
class CusumChart:
    """Upper and lower cumulative sums.

    Attributes
    ----------
    upper, lower : array (n,)
        Never negative, in units of the results.
    signals : array of int
        Positions from 0 where either sum is above the decision interval.
    run_upper, run_lower : array of int (n,)
        For how many results in a row the sum has been above zero: the shift began that many results ago.
    """

    upper: NDArray[np.float64]
    lower: NDArray[np.float64]
    signals: NDArray[np.intp]
    run_upper: NDArray[np.intp]
    run_lower: NDArray[np.intp]


def levey_jennings(x: ArrayLike, *, target: float, sd: float) -> NDArray[np.float64]:
    """Distance of each result from its target in standard deviations: ``z = (x - target) / sd``.

    Parameters
    ----------
    x : array
        Results of one control material.
    target, sd : float
        Of a period in control, never of the results that are judged.
    """
    if not sd > 0:
        raise ValueError(f"sd is {sd}, expected a positive number")
    return (np.asarray(x, dtype=np.float64) - target) / sd


def ewma(x: ArrayLike, *, target: float, sigma: float, weight: float = 0.1, width: float = 2.7) -> EwmaChart:
    """Exponentially weighted moving average with exact limits.

    ``e[i] = weight * x[i] + (1 - weight) * e[i-1]`` with ``e[0-] = target``, and limits
    ``target ± width * sigma * sqrt(weight / (2 - weight) * (1 - (1 - weight)^(2 i)))`` for the i-th result.

    Parameters
    ----------
    x : array (n,)
        In order of time, none missing.
    target, sigma : float
        Mean and standard deviation of one result in control.
    weight : float
        Of the newest result, above 0 and at most 1; small weights see small shifts.
    width : float
        Of the limits, in standard deviations of the average.

    Notes
    -----
    **Valid when** results in control are independent. Roberts 1959, Technometrics 1:239-250.
    """
    if not 0 < weight <= 1:
        raise ValueError(f"weight is {weight}, expected a number above 0 and at most 1")
    results = np.asarray(x, dtype=np.float64)
    values, held = np.empty_like(results), target
    for i, result in enumerate(results):
        held = weight * result + (1 - weight) * held
        values[i] = held
    order = np.arange(1, len(results) + 1)
    half = width * sigma * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * order)))
    low, high = target - half, target + half
    return EwmaChart(values, low, high, np.flatnonzero((values < low) | (values > high)))


def cusum(x: ArrayLike, *, target: float, sigma: float, allowance: float = 0.5, interval: float = 5.0) -> CusumChart:
    """Tabular cumulative sums.

    ``upper[i] = max(0, upper[i-1] + x[i] - target - allowance * sigma)`` and likewise downwards; a signal where a sum
    is above ``interval * sigma``. Half the shift that matters, in sigma, is the usual allowance.

    Parameters
    ----------
    x : array (n,)
        In order of time, none missing.
    target, sigma : float
    allowance, interval : float
        In units of ``sigma``.

    Notes
    -----
    The sums go on after a signal: whoever corrects the process starts a new chart. **Valid when** results in control
    are independent. Page 1954, Biometrika 41:100-115.
    """
    z = np.asarray(x, dtype=np.float64) - target
    upper, run_upper = _sums(z - allowance * sigma)
    lower, run_lower = _sums(-z - allowance * sigma)
    signals = np.flatnonzero((upper > interval * sigma) | (lower > interval * sigma))
    return CusumChart(upper, lower, signals, run_upper, run_lower)


def _sums(steps: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    sums, runs = np.zeros(len(steps)), np.zeros(len(steps), dtype=np.intp)
    held, run = 0.0, 0
    for i, step in enumerate(steps):
        held = max(0.0, held + step)
        run = run + 1 if held > 0 else 0
        sums[i], runs[i] = held, run
    return sums, runs


def average_run_length(shift: ArrayLike, *, limit: float = 3.0) -> NDArray[np.float64]:
    """Results until the first one outside ``± limit`` standard deviations, on average, after a shift.

    ``1 / (Phi(-limit - shift) + 1 - Phi(limit - shift))``, the shift in standard deviations.
    """
    moved = np.asarray(shift, dtype=np.float64)
    return 1.0 / (ndtr(-limit - moved) + ndtr(moved - limit))
