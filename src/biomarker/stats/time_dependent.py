"""Time-dependent area under the ROC curve and Brier score of survival predictions, weighted for censoring."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from biomarker.errors import DataError, InsufficientDataError
from biomarker.stats.checks import Floats, binary, data, numbers, scalar

__all__ = ["AtTimes", "time_dependent_auc", "time_dependent_brier"]


@dataclass(frozen=True, eq=False, kw_only=True)
class AtTimes:
    """An estimate at each time, with its standard error and normal limits.

    Attributes
    ----------
    time, estimate, std_error, ci_low, ci_high : (n_times,)
    n_cases, n_controls, n_censored : (n_times,)
        Subjects with the event by each time, at risk after it, and censored by it (they count through the weights).
    convention : str
    """

    time: Floats
    estimate: Floats
    std_error: Floats
    ci_low: Floats
    ci_high: Floats
    n_cases: Floats
    n_controls: Floats
    n_censored: Floats
    convention: str


def time_dependent_auc(time: Any, event: Any, score: Any, *, times: Any, level: float = 0.95) -> AtTimes:
    """Probability that who has the event by t has a higher score than who has not (cumulative cases, dynamic controls).

    ``AUC(t) = sum W_i V_j h(s_i, s_j) / (sum W sum V)`` with weights ``W = [U <= t, event] / G(U-)`` of cases and
    ``V = [U > t] / G(t)`` of controls, G the Kaplan-Meier curve of the censoring, h 1 for a higher and 1/2 for an equal
    score. The standard error is that of the influence function, the estimation of G included.

    Parameters
    ----------
    time, event : (n_subjects,)
        Positive times; 1 for an event, 0 for a censoring.
    score : (n_subjects,)
        Higher means earlier.
    times : (n_times,)
    level : float

    Returns
    -------
    AtTimes

    Raises
    ------
    InsufficientDataError
        No case, or nobody left at risk, at one of the times.

    Notes
    -----
    Host only; time grows with the square of the subjects. Valid when censoring is independent of event time and score,
    subjects are still at risk at each time, and the score was not fitted in the same subjects.

    References
    ----------
    Uno et al. 2007, https://doi.org/10.1198/016214507000000149; Blanche, Dartigues and Jacqmin-Gadda 2013,
    https://doi.org/10.1002/sim.5958

    Examples
    --------
    >>> time_dependent_auc([1, 2, 3, 4], [1, 1, 1, 1], [4, 1, 3, 2], times=[2]).estimate
    array([0.5])
    """
    t = data("time", time, low=0.0)
    d, s = binary("event", event, n=t.size), data("score", score, n=t.size)

    def at(u: float, weights: _Weights) -> tuple[float, Floats]:
        cases, controls = weights.cases, weights.controls
        above = (s[:, None] > s[None, :]) + 0.5 * (s[:, None] == s[None, :])
        beats, beaten = above @ controls / t.size, cases @ above / t.size
        f1, f0 = cases.mean(), controls.mean()
        value = float((cases * beats).mean() / (f1 * f0))
        direct = (cases * beats + controls * beaten) / (f1 * f0) - value * (cases / f1 + controls / f0)
        return value, direct + weights.through(cases * (beats / f0 - value) / f1)

    return _over_times(t, d, times, level, at, "cumulative cases, dynamic controls")


def time_dependent_brier(time: Any, event: Any, risk: Any, *, times: Any, level: float = 0.95) -> AtTimes:
    """Mean squared error of predicted risks by t, weighted for censoring.

    ``BS(t) = mean(W (1 - r)^2 + V r^2)`` with the weights of `time_dependent_auc` and the predicted risk r by t.

    Parameters
    ----------
    time, event : (n_subjects,)
    risk : (n_subjects, n_times)
        Predicted probability of the event by each time.
    times : (n_times,)
    level : float

    Returns
    -------
    AtTimes

    Notes
    -----
    Host only. Valid when censoring is independent of event time and risk, and the risks were not fitted in the same
    subjects. Compare it with the risk that the Kaplan-Meier curve gives everybody.

    References
    ----------
    Graf et al. 1999, https://doi.org/10.1002/(SICI)1097-0258(19990915/30)18:17/18%3C2529::AID-SIM274%3E3.0.CO;2-5;
    Gerds and Schumacher 2006, https://doi.org/10.1002/bimj.200610301
    """
    t = data("time", time, low=0.0)
    d = binary("event", event, n=t.size)
    grid = numbers("times", times, low=0.0, ndim=1)
    r = numbers("risk", risk, low=0.0, high=1.0, ndim=2)
    if r.shape != (t.size, grid.size):
        raise DataError(f"risk has shape {r.shape}, expected ({t.size}, {grid.size})")
    columns = dict(zip(grid.tolist(), r.T, strict=True))

    def at(u: float, weights: _Weights) -> tuple[float, Floats]:
        p = columns[u]
        of_cases, of_controls = weights.cases * (1.0 - p) ** 2, weights.controls * p**2
        value = float((of_cases + of_controls).mean())
        return value, of_cases + of_controls - value + weights.through(of_cases, of_controls)

    return _over_times(t, d, grid, level, at, "squared error")


# --- weights for censoring --------------------------------------------------------------------------------------------


class _Weights:
    """Weights of cases and controls at one time, and what the estimation of the censoring curve adds."""

    def __init__(self, t: Floats, d: Any, u: float) -> None:
        self.t, self.u, n = t, u, t.size
        # an event at the time of a censoring comes before it
        self.steps = np.unique(t[~d])
        leaving = np.array([np.count_nonzero((t == c) & ~d) for c in self.steps], dtype=np.float64)
        self.risk = np.array([np.count_nonzero((t > c) | ((t == c) & ~d)) for c in self.steps], dtype=np.float64)
        curve = np.concatenate([[1.0], np.cumprod(1.0 - leaving / self.risk)])
        just_before = curve[np.searchsorted(self.steps, t, side="left")]
        at_u = curve[np.searchsorted(self.steps, u, side="right")]
        with np.errstate(divide="ignore", invalid="ignore"):
            self.cases = np.where((t <= u) & d, 1.0 / just_before, 0.0)
            self.controls = np.where(t > u, 1.0 / at_u, 0.0)
        # martingale increments of each subject's censoring, divided by the share at risk: (n_subjects, n_steps)
        at_risk = (t[:, None] > self.steps[None, :]) | ((t[:, None] == self.steps[None, :]) & ~d[:, None])
        jump = (t[:, None] == self.steps[None, :]) & ~d[:, None]
        increments = (jump - at_risk * (leaving / self.risk)[None, :]) / (self.risk[None, :] / n)
        self.integral = np.concatenate([np.zeros((n, 1)), np.cumsum(increments, axis=1)], axis=1)

    def through(self, of_cases: Floats, of_controls: Floats | None = None) -> Floats:
        """Influence of each subject through the weights of a mean of `of_cases` + `of_controls`, which carry them."""
        place = np.searchsorted(self.steps, self.t, side="left")
        sums = np.bincount(place, weights=of_cases, minlength=self.steps.size + 1)
        if of_controls is not None:
            sums[np.searchsorted(self.steps, self.u, side="right")] += of_controls.sum()
        return np.asarray(self.integral @ sums / self.t.size)


def _over_times(t: Floats, d: Any, times: Any, level: float, at: Any, words: str) -> AtTimes:
    grid = numbers("times", times, low=0.0, ndim=1)
    z = float(ndtri(0.5 + scalar("level", level, low=0.0, high=1.0, exclusive="both") / 2.0))
    estimate, error = np.empty(grid.size), np.empty(grid.size)
    cases = np.array([np.count_nonzero((t <= u) & d) for u in grid], dtype=np.float64)
    controls = np.array([np.count_nonzero(t > u) for u in grid], dtype=np.float64)
    for k, u in enumerate(grid):
        if cases[k] == 0 or controls[k] == 0:
            raise InsufficientDataError(
                f"times[{k}] is {u:g}: {cases[k]:g} events by then and {controls[k]:g} subjects after, expected both"
            )
        estimate[k], influence = at(float(u), _Weights(t, d, float(u)))
        error[k] = influence.std(ddof=1) / np.sqrt(t.size)
    return AtTimes(
        time=grid,
        estimate=estimate,
        std_error=error,
        ci_low=np.maximum(estimate - z * error, 0.0),
        ci_high=np.minimum(estimate + z * error, 1.0),
        n_cases=cases,
        n_controls=controls,
        n_censored=t.size - cases - controls,
        convention=f"{words}; inverse probability of censoring by Kaplan-Meier; normal limits at {level:g}",
    )
