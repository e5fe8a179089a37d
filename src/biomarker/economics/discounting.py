"""Discount factors, and the weights that turn a state occupancy read at the ends of cycles into time spent.

Tools disagree on both, so each convention has a name and every result says which one it used.
"""

from typing import Any

import numpy as np

from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, choice, numbers, scalar, whole

__all__ = ["CYCLE_CORRECTIONS", "DISCOUNT_TIMINGS", "cycle_weights", "discount_factors", "stated"]

CYCLE_CORRECTIONS = ("half-cycle", "simpson", "simpson-darth", "life-table", "start", "end", "all-points")
DISCOUNT_TIMINGS = ("compound", "year-start", "year-end", "continuous")


def discount_factors(times: Any, *, rate: float, timing: str = "compound", discount_from: float = 0.0) -> Floats:
    """Present value of one unit at each time.

    Parameters
    ----------
    times : (n_times,)
        Years from the decision, not negative.
    rate : float
        Per year, above -1 (0.03 is 3%).
    timing : {"compound", "year-start", "year-end", "continuous"}
        ``compound``: ``(1 + rate) ** -t``. ``year-start``: by whole years gone, ``(1 + rate) ** -floor(t)``, so that
        nothing within the first year is discounted. ``year-end``: ``(1 + rate) ** -(floor(t) + 1)``. ``continuous``:
        ``exp(-rate * t)``.
    discount_from : float
        Years before which nothing is discounted; t counts from there.

    Returns
    -------
    (n_times,)

    Raises
    ------
    ConfigError
        A negative time, a rate at or below -1, or an unknown timing.

    Notes
    -----
    Valid when the rate is constant; the rate of a guideline is annual, compounded.

    References
    ----------
    Sanders et al. 2016 (second panel on cost-effectiveness), https://doi.org/10.1001/jama.2016.12195

    Examples
    --------
    >>> discount_factors([0, 1, 2], rate=0.03).round(4)
    array([1.    , 0.9709, 0.9426])
    """
    t = np.maximum(numbers("times", times, low=0.0) - scalar("discount_from", discount_from, low=0.0), 0.0)
    r = scalar("rate", rate, low=-1.0, exclusive="low")
    choice("timing", timing, DISCOUNT_TIMINGS)
    if timing == "continuous":
        return np.asarray(np.exp(-r * t))
    years = np.floor(t + 1e-9)  # a time summed from cycles may fall short of a whole year by rounding
    exponent = {"compound": t, "year-start": years, "year-end": years + 1.0}[timing]
    return np.asarray((1.0 + r) ** -exponent)


def cycle_weights(cycles: int, *, correction: str, discount: Floats | None = None) -> Floats:
    """Weights of the occupancies at the times 0, 1, ..., `cycles` (in cycles), the discount included.

    Parameters
    ----------
    cycles : int
        Positive.
    correction : str
        ``half-cycle``: trapezoid, 1/2 at both ends. ``simpson``: Simpson's 1/3 rule, 1/3, 4/3, 2/3, ..., 4/3, 1/3 (an
        even number of cycles). ``simpson-darth``: the weights of the DARTH tutorials, 1/3, 2/3, 4/3, 2/3, ..., 1/3.
        ``life-table``: the mean of the occupancies at both ends of a cycle, discounted at its start. ``start``,
        ``end``: occupancy at the start or end of each cycle. ``all-points``: every one of the `cycles` + 1 times counts
        1 (what the DARTH tutorials call no correction; it counts one cycle too many).
    discount : (cycles + 1,), optional
        Discount factors at these times.

    Returns
    -------
    (cycles + 1,)

    Raises
    ------
    ConfigError
        An unknown correction, or an odd number of cycles for ``simpson``.

    Notes
    -----
    Valid when membership changes smoothly within a cycle: then ``half-cycle`` errs by the square and ``simpson`` by the
    fourth power of the cycle's length, ``start`` and ``end`` by its first power.

    References
    ----------
    Elbasha and Chhatwal 2016, https://doi.org/10.1007/s40273-015-0337-0; Alarid-Escudero et al. 2023,
    https://doi.org/10.1177/0272989X221103163

    Examples
    --------
    >>> cycle_weights(4, correction="half-cycle")
    array([0.5, 1. , 1. , 1. , 0.5])
    """
    n = whole("cycles", cycles, low=1)
    choice("cycle_correction", correction, CYCLE_CORRECTIONS)
    factors = np.ones(n + 1) if discount is None else discount
    weights = np.ones(n + 1)
    if correction == "half-cycle":
        weights[[0, -1]] = 0.5
    elif correction == "simpson":
        if n % 2:
            raise ConfigError(
                f"cycles is {n}, expected an even number with cycle_correction simpson",
                "Take one cycle more, or half-cycle.",
            )
        weights[1::2], weights[2:-1:2] = 4.0 / 3.0, 2.0 / 3.0
        weights[[0, -1]] = 1.0 / 3.0
    elif correction == "simpson-darth":
        weights[1::2], weights[2::2] = 2.0 / 3.0, 4.0 / 3.0
        weights[[0, -1]] = 1.0 / 3.0
    elif correction == "start":
        weights[-1] = 0.0
    elif correction == "end":
        weights[0] = 0.0
    elif correction == "life-table":
        start = factors[:-1]
        return np.asarray(0.5 * (np.append(start, 0.0) + np.append(0.0, start)))
    return np.asarray(weights * factors)


def stated(correction: str, length: float, rates: tuple[float, float], timing: str, discount_from: float) -> list[str]:
    """The conventions of one model in words, for its result."""
    said = [
        f"cycle correction {correction}",
        f"cycles of {length:g} years",
        f"discount {rates[0]:g} cost, {rates[1]:g} effect per year, {timing}",
    ]
    return said + ([f"nothing discounted before year {discount_from:g}"] if discount_from else [])
