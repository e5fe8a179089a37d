"""Censored times turned into one unbiased value a subject, which any method for continuous outcomes can take."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.errors import InsufficientDataError
from biomarker.stats.checks import binary, choice, data, scalar

__all__ = ["CensoringUnbiased"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CensoringUnbiased:
    """What the transformation learned from some subjects of one arm; `apply` uses it on any of that arm.

    For ``h(T) = min(T, horizon)`` (``rmst``) or ``1{T > horizon}`` (``survival``), with X the time observed,

    ``Y* = h(X) 1{h known} / G(X-) + sum_u q(u) (1{X = u, censored} - 1{at risk of censoring at u} dL(u)) / G(u)``

    over censoring times u below the horizon, where G is the Kaplan-Meier curve of censoring, dL its hazard, and
    ``q(u) = E[h(T) | T > u]`` from the Kaplan-Meier curve of the event. An event and a censoring at one time: the event
    came first. The second term is the efficient-influence augmentation for a model without covariates; among the
    subjects it was learned from, the mean of Y* is the area under, or height of, their Kaplan-Meier curve.

    Attributes
    ----------
    horizon : float
    quantity : ``rmst`` or ``survival``
    censor_time, censor_hazard, censor_survival, expected : (n_censor_times,)
        u, dL(u), G(u) and q(u), ascending in u.
    """

    horizon: float
    quantity: str
    censor_time: Floats
    censor_hazard: Floats
    censor_survival: Floats
    expected: Floats

    @classmethod
    def learn(
        cls, time: Any, event: Any, *, horizon: float, quantity: str = "rmst", fewest_at_risk: int = 5
    ) -> "CensoringUnbiased":
        """Learn the curves of censoring and event from subjects of one arm.

        Parameters
        ----------
        time, event : (n_subjects,)
            Positive times, 1 for an event and 0 for censoring.
        horizon : float
            Fixed beforehand.
        quantity : {"rmst", "survival"}
        fewest_at_risk : int
            Subjects that must still be under observation at the horizon.

        Raises
        ------
        InsufficientDataError
            Fewer subjects are under observation at the horizon: what lies between is not in the data.

        Notes
        -----
        Valid when censoring depends on neither the time to the event nor the markers within the arm (staggered entry
        and an administrative end, for example). Censoring that goes with a marker, such as drop-out of the frail,
        biases the slopes of that marker.

        References
        ----------
        Rubin and van der Laan 2007, https://doi.org/10.2202/1557-4679.1052; Robins and Rotnitzky 1992
        """
        end = scalar("horizon", horizon, low=0.0, exclusive="low")
        choice("quantity", quantity, ("rmst", "survival"))
        x = data("time", time, low=0.0)
        happened = binary("event", event, n=x.size)
        left = int((x >= end).sum())
        if left < fewest_at_risk:
            raise InsufficientDataError(
                f"{left} of {x.size} subjects of an arm are under observation at the horizon {end:g}, expected at least"
                f" {fewest_at_risk}",
                "Choose an earlier horizon.",
            )
        u = np.unique(x[~happened & (x < end)])
        censored = np.array([(~happened & (x == at)).sum() for at in u], dtype=np.float64)
        at_risk = np.array([((x > at) | ((x == at) & ~happened)).sum() for at in u], dtype=np.float64)
        hazard = censored / at_risk
        survival = np.asarray(np.cumprod(1.0 - hazard), dtype=np.float64)
        return cls(end, quantity, u, hazard, survival, _expected_beyond(x, happened, u, end, quantity))

    def apply(self, time: Any, event: Any) -> Floats:
        """Y* of subjects of the same arm, (n_subjects,), in units of time (``rmst``) or probability."""
        x = data("time", time, low=0.0)
        happened = binary("event", event, n=x.size)
        known = happened | (x >= self.horizon)
        value = np.minimum(x, self.horizon) if self.quantity == "rmst" else (x >= self.horizon).astype(np.float64)
        if self.quantity == "survival":  # an event at the horizon itself has not survived it
            value = np.where(happened & (x <= self.horizon), 0.0, value)
        before = np.append(1.0, self.censor_survival)[np.searchsorted(self.censor_time, x, side="left")]
        result = np.where(known, value / before, 0.0)
        if self.censor_time.size == 0:
            return result
        weight = self.expected / self.censor_survival
        drift = np.append(0.0, np.cumsum(weight * self.censor_hazard))
        # at risk of censoring at u: u < X, or u = X and censored
        exposed = np.where(
            happened, np.searchsorted(self.censor_time, x, side="left"),
            np.searchsorted(self.censor_time, x, side="right"),
        )  # fmt: skip
        result -= drift[exposed]
        own = np.clip(np.searchsorted(self.censor_time, x, side="right") - 1, 0, None)
        return result + np.where(known, 0.0, weight[own])


def _expected_beyond(time: Floats, event: npt.NDArray[np.bool_], u: Floats, horizon: float, quantity: str) -> Floats:
    """``E[h(T) | T > u]`` for each u below the horizon, by the Kaplan-Meier curve of the event."""
    steps = np.unique(time[event & (time <= horizon)])
    at_risk = np.array([(time >= at).sum() for at in steps], dtype=np.float64)
    deaths = np.array([(event & (time == at)).sum() for at in steps], dtype=np.float64)
    height = np.append(1.0, np.cumprod(1.0 - deaths / at_risk))
    here = height[np.searchsorted(steps, u, side="right")]
    safe = np.where(here > 0, here, 1.0)
    if quantity == "survival":
        return np.where(here > 0, height[-1] / safe, 0.0)
    edges = np.concatenate([[0.0], steps, [horizon]])
    area = np.append(0.0, np.cumsum(np.diff(edges) * height))  # up to each edge
    up_to = np.interp(u, edges, area)
    return np.where(here > 0, u + (area[-1] - up_to) / safe, horizon)
