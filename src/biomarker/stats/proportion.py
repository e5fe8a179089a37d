"""Intervals of one proportion."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betainc, betaincinv, ndtri

from biomarker.errors import DataError
from biomarker.stats.checks import Floats, choice, numbers, scalar

__all__ = ["PROPORTION_METHODS", "Proportion", "proportion"]

PROPORTION_METHODS = ("exact", "wilson", "jeffreys", "mid-p", "wald")


@dataclass(frozen=True, eq=False, kw_only=True)
class Proportion:
    """Proportions with limits; arrays of one shape, NaN where there is nothing to count.

    Attributes
    ----------
    estimate, ci_low, ci_high : float64 arrays
    successes, n : float64 arrays
    convention : str
        Method and level.
    """

    estimate: Floats
    ci_low: Floats
    ci_high: Floats
    successes: Floats
    n: Floats
    convention: str


def proportion(successes: Any, n: Any, *, method: str = "exact", level: float = 0.95) -> Proportion:
    """Share of successes with a two-sided confidence interval.

    Parameters
    ----------
    successes, n : array_like
        Counts, broadcast against each other; ``0 <= successes <= n``.
    method : {"exact", "wilson", "jeffreys", "mid-p", "wald"}
        ``exact`` (Clopper-Pearson): quantiles of beta laws, ``B(a/2; x, n - x + 1)`` and ``B(1 - a/2; x + 1, n - x)``.
        ``wilson``: score interval. ``jeffreys``: quantiles of ``Beta(x + 1/2, n - x + 1/2)``, with 0 and 1 kept at the
        ends. ``mid-p``: Clopper-Pearson with half the probability of what was seen. ``wald``: plus and minus z standard
        errors, cut at 0 and 1 (too narrow at the ends; for comparison with other reports).
    level : float
        In (0, 1).

    Returns
    -------
    Proportion

    Raises
    ------
    ConfigError, DataError
        An unknown method, a level outside (0, 1), more successes than trials, negative counts.

    Notes
    -----
    Host only. Valid when trials are independent with one probability. ``exact`` covers at least as often as it says,
    usually more; ``wilson`` and ``mid-p`` on average as often.

    References
    ----------
    Clopper and Pearson 1934, https://doi.org/10.1093/biomet/26.4.404; Brown, Cai and DasGupta 2001,
    https://doi.org/10.1214/ss/1009213286

    Examples
    --------
    >>> found = proportion(9, 10)
    >>> float(found.ci_low.round(4)), float(found.ci_high.round(4))
    (0.555, 0.9975)
    """
    choice("method", method, PROPORTION_METHODS)
    alpha = 1.0 - scalar("level", level, low=0.0, high=1.0, exclusive="both")
    x, total = np.broadcast_arrays(
        numbers("successes", successes, low=0.0, error=DataError), numbers("n", n, low=0.0, error=DataError)
    )
    if np.any(x > total):
        raise DataError(f"successes is {x[x > total][0]:g} of n = {total[x > total][0]:g}, expected at most n")
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.asarray(x / total)
        low, high = _limits(x, total, estimate, method, alpha)
    none = total == 0
    return Proportion(
        estimate=np.where(none, np.nan, estimate),
        ci_low=np.where(none, np.nan, low),
        ci_high=np.where(none, np.nan, high),
        successes=np.array(x),
        n=np.array(total),
        convention=f"{method} interval at {level:g}",
    )


def _limits(x: Floats, n: Floats, p: Floats, method: str, alpha: float) -> tuple[Floats, Floats]:
    z = float(ndtri(1.0 - alpha / 2.0))
    if method == "exact":
        low, high = (
            betaincinv(np.maximum(x, 1), n - x + 1, alpha / 2),
            betaincinv(x + 1, np.maximum(n - x, 1), 1 - alpha / 2),
        )
    elif method == "jeffreys":
        low, high = (betaincinv(x + 0.5, n - x + 0.5, q) for q in (alpha / 2, 1 - alpha / 2))
    elif method == "mid-p":
        low, high = _mid_p(x, n, alpha / 2), 1.0 - _mid_p(n - x, n, alpha / 2)
    elif method == "wilson":
        centre, half = (
            (p + z**2 / (2 * n)) / (1 + z**2 / n),
            z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)),
        )
        return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
    else:
        half = z * np.sqrt(p * (1 - p) / n)
        return np.maximum(p - half, 0.0), np.minimum(p + half, 1.0)
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def _mid_p(x: Floats, n: Floats, tail: float) -> Floats:
    """Lower limit p with ``P(X > x) + P(X = x) / 2 = tail``, by bisection over all proportions at once."""
    low, high = np.zeros(x.shape), np.ones(x.shape)
    for _ in range(60):
        p = (low + high) / 2.0
        above = np.where(x < n, betainc(x + 1, np.maximum(n - x, 1), p), 0.0)
        at_least = np.where(x > 0, betainc(np.maximum(x, 1), n - x + 1, p), 1.0)
        too_high = (above + at_least) / 2.0 > tail
        low, high = np.where(too_high, low, p), np.where(too_high, p, high)
    return np.asarray((low + high) / 2.0)
