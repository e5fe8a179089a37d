"""Reference limits: of healthy people by order statistics, and of a mixed population by the law of its middle."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtri
from scipy.stats import binom

from biomarker.errors import InsufficientDataError

__all__ = ["ReferenceLimits", "direct_limits", "indirect_limits"]

FEWEST_DIRECT = 40
FEWEST_INDIRECT = 200
ROUNDS = 50


@dataclass(frozen=True)
class ReferenceLimits:
    """Limits that a central share of healthy people lies within.

    Attributes
    ----------
    low, high : float
    low_interval, high_interval : tuple of float
        90% confidence; NaN where the sample is too small for one.
    law : str
        ``order statistics``, ``normal`` or ``log-normal``.
    n : int
        Results that were used.
    """

    low: float
    high: float
    low_interval: tuple[float, float]
    high_interval: tuple[float, float]
    law: str
    n: int


def direct_limits(x: ArrayLike, *, share: float = 0.95, level: float = 0.90) -> ReferenceLimits:
    """Quantiles of healthy people's results, with confidence intervals from order statistics.

    Quantiles by linear interpolation between order statistics; the interval of the q-quantile runs from the r-th to the
    s-th smallest with ``r`` and ``s`` the binomial(n, q) quantiles of its level.

    Parameters
    ----------
    x : array (n,)
        NaN where missing.

    Raises
    ------
    InsufficientDataError
        Fewer than 40 results. (120 are asked for by CLSI EP28.)
    """
    known = _known(x, FEWEST_DIRECT)
    tail = (1 - share) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    ordered = np.sort(known)
    return ReferenceLimits(
        float(low),
        float(high),
        _ranks(ordered, tail, level),
        _ranks(ordered, 1 - tail, level),
        "order statistics",
        len(known),
    )


def indirect_limits(
    x: ArrayLike, *, share: float = 0.95, rng: np.random.Generator, draws: int = 100
) -> ReferenceLimits:
    """Reference limits from results of a mixed population, most of whom are healthy.

    On the scale, plain or logarithmic, on which the middle of the results is the more symmetric (Bowley's quartile
    skewness), a normal law truncated to ``mean ± 1.96 sd`` is fitted by maximum likelihood to the results in between,
    and the truncation moved until it no longer changes. Limits are the quantiles of that law. Intervals by bootstrap.

    Parameters
    ----------
    x : array (n,)
        NaN where missing; a logarithm is tried where all are positive.
    share : float
    rng : numpy.random.Generator
    draws : int
        Bootstrap samples; 0 gives no intervals.

    Raises
    ------
    InsufficientDataError
        Fewer than 200 results.

    Notes
    -----
    **Valid when** the healthy are clearly the majority and the sick lie mostly outside the middle; a disease that moves
    the middle itself moves the limits. One sex and age group at a time.
    """
    known = _known(x, FEWEST_INDIRECT)
    logarithm = bool((known > 0).all()) and abs(_bowley(np.log(known))) < abs(_bowley(known))
    values = np.log(known) if logarithm else known
    z = float(ndtri((1 + share) / 2))

    def limits(sample: NDArray[np.float64]) -> tuple[float, float]:
        mean, sd = _middle(sample)
        low, high = mean - z * sd, mean + z * sd
        return (float(np.exp(low)), float(np.exp(high))) if logarithm else (low, high)

    low, high = limits(values)
    again = np.array([limits(rng.choice(values, size=len(values))) for _ in range(draws)])
    bands = np.quantile(again, [0.05, 0.95], axis=0) if draws else np.full((2, 2), np.nan)
    return ReferenceLimits(
        low,
        high,
        (float(bands[0, 0]), float(bands[1, 0])),
        (float(bands[0, 1]), float(bands[1, 1])),
        "log-normal" if logarithm else "normal",
        len(known),
    )


def _known(x: ArrayLike, fewest: int) -> NDArray[np.float64]:
    values = np.asarray(x, dtype=np.float64)
    known = values[np.isfinite(values)]
    if len(known) < fewest:
        raise InsufficientDataError(f"{len(known)} results; reference limits need at least {fewest}")
    return known


def _ranks(ordered: NDArray[np.float64], q: float, level: float) -> tuple[float, float]:
    n, tail = len(ordered), (1 - level) / 2
    first, last = int(binom.ppf(tail, n, q)), int(binom.ppf(1 - tail, n, q)) + 1
    if first < 1 or last > n:
        return np.nan, np.nan
    return float(ordered[first - 1]), float(ordered[last - 1])


def _bowley(values: NDArray[np.float64]) -> float:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float((high + low - 2 * middle) / (high - low)) if high > low else 0.0


def _middle(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and SD of the normal law that the middle of the values follows."""
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    mean, sd = float(quartiles[1]), float((quartiles[2] - quartiles[0]) / (2 * ndtri(0.75)))
    if sd <= 0:
        raise InsufficientDataError("the middle half of the results is one value", "Give results with more decimals.")
    for _ in range(ROUNDS):
        low, high = mean - 1.96 * sd, mean + 1.96 * sd
        new = _truncated(values[(values >= low) & (values <= high)], low, high, mean, sd)
        if max(abs(new[0] - mean), abs(new[1] - sd)) < 1e-6 * sd:
            return new
        mean, sd = new
    return mean, sd


def _truncated(inside: NDArray[np.float64], low: float, high: float, mean: float, sd: float) -> tuple[float, float]:
    """Maximum likelihood of a normal law seen between two points only, kept near where it started."""

    def deviance(parameters: NDArray[np.float64]) -> float:
        m, s = parameters[0], np.exp(parameters[1])
        z = (inside - m) / s
        upper, lower = log_ndtr((high - m) / s), log_ndtr((low - m) / s)
        seen = upper + np.log1p(-np.exp(lower - upper))
        return float(0.5 * (z**2).mean() + np.log(s) + seen)

    bounds = [(mean - sd, mean + sd), (np.log(sd / 1.5), np.log(sd * 1.5))]
    found = minimize(deviance, [mean, np.log(sd)], bounds=bounds, method="L-BFGS-B")
    return float(found.x[0]), float(np.exp(found.x[1]))
