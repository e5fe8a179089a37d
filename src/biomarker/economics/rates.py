"""Rates and probabilities, and how to take one over another length of time."""

from typing import Any

import numpy as np

from biomarker.stats.checks import Floats, numbers, probabilities

__all__ = [
    "odds_to_probability",
    "probability_to_odds",
    "probability_to_rate",
    "rate_to_probability",
    "rescale_probability",
    "scale_hazard",
]


def rate_to_probability(rate: Any, *, time: Any = 1.0) -> Floats:
    """Probability of at least one event within `time` at a constant rate: ``p = 1 - exp(-rate * time)``.

    Parameters
    ----------
    rate : array_like
        Events per unit of time and person, not negative.
    time : array_like
        In the same unit of time, not negative.

    Raises
    ------
    ConfigError
        A negative rate or time.

    Notes
    -----
    Valid when the rate is constant over the interval and no other event competes. With competing transitions use the
    matrix exponential of all rates (`biomarker.stats.transition_probabilities`).

    References
    ----------
    Briggs, Claxton and Sculpher 2006, Decision Modelling for Health Economic Evaluation, chapter 3; Fleurence and
    Hollenbeak 2007, https://doi.org/10.2165/00019053-200725010-00002

    Examples
    --------
    >>> float(rate_to_probability(0.15).round(6))
    0.139292
    """
    result: Floats = -np.expm1(-numbers("rate", rate, low=0.0) * numbers("time", time, low=0.0))
    return result


def probability_to_rate(probability: Any, *, time: Any = 1.0) -> Floats:
    """Constant rate that gives a probability within `time`: ``rate = -log(1 - p) / time``.

    Parameters
    ----------
    probability : array_like
        In [0, 1).
    time : array_like
        Positive.

    Raises
    ------
    ConfigError
        A probability outside [0, 1) or a time that is not positive.

    Notes
    -----
    Valid when the rate is constant over the interval and no other event competes.

    Examples
    --------
    >>> float(probability_to_rate(0.1, time=5).round(6))
    0.021072
    """
    p = probabilities("probability", probability, exclusive="high")
    result: Floats = -np.log1p(-p) / numbers("time", time, low=0.0, exclusive="low")
    return result


def rescale_probability(probability: Any, *, given_over: Any, wanted_over: Any) -> Floats:
    """The same constant rate as a probability over another length of time: ``1 - (1 - p) ** (wanted / given)``.

    Parameters
    ----------
    probability : array_like
        Over `given_over`; in [0, 1).
    given_over, wanted_over : array_like
        Lengths of time in one unit, positive.

    Notes
    -----
    Valid when the rate is constant over the longer of the two and no other event competes.

    Examples
    --------
    >>> float(rescale_probability(0.3, given_over=5, wanted_over=1).round(6))
    0.06885
    """
    wanted = numbers("wanted_over", wanted_over, low=0.0, exclusive="low")
    given = numbers("given_over", given_over, low=0.0, exclusive="low")
    return rate_to_probability(probability_to_rate(probability, time=given), time=wanted)


def scale_hazard(probability: Any, *, hazard_ratio: Any) -> Floats:
    """A probability under a hazard ratio: ``1 - (1 - p) ** hazard_ratio``.

    A risk ratio multiplies the probability, a hazard ratio multiplies the rate; taking one for the other overstates or
    understates the effect where events are common.

    Parameters
    ----------
    probability : array_like
        In [0, 1]: without the treatment.
    hazard_ratio : array_like
        Treatment over control, not negative.

    Notes
    -----
    Valid when hazards are proportional over the interval.

    Examples
    --------
    >>> float(scale_hazard(0.5, hazard_ratio=2.0))
    0.75
    """
    p = probabilities("probability", probability)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival: Floats = (1.0 - p) ** numbers("hazard_ratio", hazard_ratio, low=0.0)
    return 1.0 - survival


def probability_to_odds(probability: Any) -> Floats:
    """Odds ``p / (1 - p)`` of a probability in [0, 1)."""
    p = probabilities("probability", probability, exclusive="high")
    return p / (1.0 - p)


def odds_to_probability(odds: Any) -> Floats:
    """Probability ``odds / (1 + odds)`` of odds that are not negative."""
    o = numbers("odds", odds, low=0.0)
    return o / (1.0 + o)
