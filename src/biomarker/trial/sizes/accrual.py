"""Time in a survival study: hazards, accrual, drop-out, and the events they give by a date."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from biomarker.errors import ConfigError
from biomarker.trial.checks import between, refuse

__all__ = ["Accrual", "Hazard", "event_probability", "hazard_from_event_probability", "hazard_from_median"]

Floats = npt.NDArray[np.float64]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


@dataclass(frozen=True)
class Hazard:
    """A hazard that is constant between times of change.

    Attributes
    ----------
    rates : (n_pieces,)
        Events per unit of time at risk.
    changes : (n_pieces - 1,)
        Times since entry at which the rate changes, ascending.
    """

    rates: Sequence[float]
    changes: Sequence[float] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rates", tuple(float(rate) for rate in np.atleast_1d(self.rates)))
        object.__setattr__(self, "changes", tuple(float(time) for time in np.atleast_1d(self.changes)))
        if not all(np.isfinite(rate) and rate >= 0 for rate in self.rates):
            raise refuse("rates", self.rates, "finite numbers of at least 0")
        edges = np.array([0.0, *self.changes])
        if len(self.changes) != len(self.rates) - 1 or np.any(np.diff(edges) <= 0):
            raise refuse("changes", self.changes, f"{len(self.rates) - 1} ascending positive times")

    def times(self, factor: float) -> "Hazard":
        """The hazard multiplied by a hazard ratio."""
        return Hazard([rate * factor for rate in self.rates], self.changes)

    def cumulative(self, time: npt.ArrayLike) -> Floats:
        """Cumulative hazard at each time."""
        t = np.asarray(time, dtype=np.float64)[..., None]
        low, high = np.array([0.0, *self.changes]), np.array([*self.changes, np.inf])
        return np.asarray((np.clip(np.minimum(t, high) - low, 0.0, None) * np.array(self.rates)).sum(axis=-1))

    def time_at(self, cumulative: npt.ArrayLike) -> Floats:
        """Time at which the cumulative hazard reaches each value; infinite where it never does."""
        value = np.asarray(cumulative, dtype=np.float64)
        edges, rates = np.array([0.0, *self.changes]), np.array(self.rates)
        reached = self.cumulative(edges)
        # of pieces that begin at one value, the last: those before it have no hazard
        piece = np.searchsorted(reached, value, side="right") - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(edges[piece] + (value - reached[piece]) / rates[piece])


def as_hazard(name: str, hazard: "Hazard | float") -> Hazard:
    """A hazard from a number or as it is."""
    if isinstance(hazard, Hazard):
        return hazard
    between(name, hazard, 0.0, closed="low")
    return Hazard([float(hazard)])


def hazard_from_median(median: float) -> float:
    """Constant hazard with a median survival time: ``ln 2 / median``."""
    return float(np.log(2.0) / between("median", median, 0.0))


def hazard_from_event_probability(probability: float, *, time: float) -> float:
    """Constant hazard with a probability of an event by a time: ``-ln(1 - p) / time``."""
    return float(-np.log1p(-between("probability", probability, 0.0, 1.0)) / between("time", time, 0.0))


@dataclass(frozen=True)
class Accrual:
    """How subjects enter.

    Attributes
    ----------
    duration : float, optional
        From the first to the last entry; None where it is to be found.
    rates : (n_pieces,), optional
        Subjects per unit of time; only their proportions matter where the number of subjects is to be found. One
        constant rate by default.
    changes : (n_pieces - 1,)
        Times at which the rate changes.
    decay : float
        Entry density proportional to ``exp(-decay u)`` within the duration: positive, early entries prevail.
    """

    duration: float | None = None
    rates: Sequence[float] | None = None
    changes: Sequence[float] = ()
    decay: float = 0.0

    def __post_init__(self) -> None:
        if self.duration is not None:
            between("duration", self.duration, 0.0)
        given = (1.0,) if self.rates is None else tuple(float(rate) for rate in np.atleast_1d(self.rates))
        if self.rates is not None:
            object.__setattr__(self, "rates", given)
            if not all(np.isfinite(rate) and rate >= 0 for rate in given) or sum(given) == 0:
                raise refuse("rates", given, "numbers of at least 0, not all 0")
        object.__setattr__(self, "changes", tuple(float(time) for time in np.atleast_1d(self.changes)))
        edges = np.array([0.0, *self.changes])
        if len(self.changes) != len(given) - 1 or np.any(np.diff(edges) <= 0):
            raise refuse("changes", self.changes, f"{len(given) - 1} ascending positive times")
        between("decay", self.decay)
        if self.decay != 0 and len(given) > 1:
            raise refuse("decay", self.decay, "0 where the rate changes")

    def entered(self, time: npt.ArrayLike) -> Floats:
        """Subjects who have entered by each time at the given rates, without end (decay: with density not scaled)."""
        t = np.asarray(time, dtype=np.float64)
        if self.decay != 0:
            return np.asarray(-np.expm1(-self.decay * t) / self.decay) * (self.rates[0] if self.rates else 1.0)
        return Hazard(self.rates or (1.0,), self.changes).cumulative(t)

    def lasting(self, duration: float) -> "Accrual":
        """The same accrual with a known duration."""
        return Accrual(duration, self.rates, self.changes, self.decay)

    def duration_for(self, n: float) -> float:
        """How long it takes to enter n subjects at the given rates."""
        if self.rates is None:
            raise refuse("rates", None, "the subjects per unit of time, where the duration is to be found")
        high = 1.0
        while float(self.entered(high)) < n:
            high *= 2.0
            if high > 1e9:
                raise ConfigError(f"n of {n:.4g} is never reached at the accrual rates given", "raise the rates")
        return float(brentq(lambda time: float(self.entered(time)) - n, 0.0, high, xtol=1e-10))


def event_probability(
    hazard: Hazard | float, *, accrual: Accrual, duration: float, dropout: Hazard | float = 0.0
) -> float:
    """Probability that a subject who enters during accrual has the event by the end, observed.

    ``P = int a(u) G(T - u) du`` with entry density a and ``G(s) = int_0^s h(x) exp(-H(x) - D(x)) dx``; subjects who
    would enter after T count as having no event.

    Parameters
    ----------
    hazard, dropout : Hazard or float
        Of the event, and of leaving without it.
    accrual : Accrual
        With a duration.
    duration : float
        Time from the first entry to the analysis.

    Returns
    -------
    float

    Notes
    -----
    Valid when drop-out is independent of the event. Exact for piecewise constant rates.

    References
    ----------
    Lachin and Foulkes 1986, https://doi.org/10.2307/2531201
    """
    events, dropping = as_hazard("hazard", hazard), as_hazard("dropout", dropout)
    if accrual.duration is None:
        raise refuse("duration", None, "a positive number: the accrual needs one")
    total, end = between("duration", duration, 0.0), accrual.duration
    marks = [0.0, end, total, *accrual.changes]
    marks += [total - change for change in (*events.changes, *dropping.changes)]
    # halves of the time before the end: fine where late entries have not had their events, however long the accrual
    marks += [total - total / 2.0**k for k in range(1, 30)]
    edges = np.unique(np.clip(marks, 0.0, min(end, total)))
    half = np.diff(edges)[:, None] / 2.0
    entry = edges[:-1, None] + half + half * NODES
    share = _density(accrual, entry) * _observed(events, dropping, total - entry)
    return float((half * WEIGHTS * share).sum() / accrual.entered(end))


def _density(accrual: Accrual, entry: Floats) -> Floats:
    """Entry rate at each time."""
    if accrual.decay != 0:
        return np.exp(-accrual.decay * entry) * (accrual.rates[0] if accrual.rates else 1.0)
    rates = np.array(accrual.rates or (1.0,))
    return np.asarray(rates[np.searchsorted(np.array(accrual.changes), entry, side="right")])


def _observed(events: Hazard, dropping: Hazard, time: Floats) -> Floats:
    """Probability of an observed event within each time since entry."""
    edges = np.array(sorted({0.0, *events.changes, *dropping.changes}))
    middle = np.append((edges[:-1] + edges[1:]) / 2.0, edges[-1] + 1.0)
    h = np.array([events.rates[np.searchsorted(events.changes, m, side="right")] for m in middle])
    d = np.array([dropping.rates[np.searchsorted(dropping.changes, m, side="right")] for m in middle])
    gone = np.exp(-(events.cumulative(edges) + dropping.cumulative(edges)))
    length = np.clip(np.minimum(time[..., None], np.append(edges[1:], np.inf)) - edges, 0.0, None)
    total = np.where(h + d > 0, h + d, 1.0)
    return np.asarray((gone * h / total * -np.expm1(-total * length)).sum(axis=-1))
