"""Level of an outcome in a group of subjects, and the difference between two groups, on each scale that it has."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from biomarker.errors import InsufficientDataError
from biomarker.stats.checks import Floats
from biomarker.stats.cox_fit import cox_fit
from biomarker.stats.estimate import Status
from biomarker.stats.kaplan_meier import kaplan_meier
from biomarker.stats.proportion import proportion
from biomarker.stats.survival_summary import restricted_mean

__all__ = ["DIFFERENCES", "LEVELS", "GroupEffect", "differences", "horizon_of", "levels"]

#: What is said of one group, by type of endpoint; and of two, with the scale it is on.
LEVELS = {"binary": ("rate",), "continuous": ("mean",), "survival": ("restricted mean", "event rate")}
DIFFERENCES = {
    "binary": (("risk difference", "additive"), ("log odds ratio", "relative")),
    "continuous": (("mean difference", "additive"),),
    "survival": (("restricted mean difference", "additive"), ("log hazard ratio", "relative")),
}
_Z = float(ndtri(0.975))
#: A survival curve is read up to where this share is still under observation in each group.
_STILL_THERE = 0.1


@dataclass(frozen=True, kw_only=True)
class GroupEffect:
    """A number with its 95% interval; NaN where there is none.

    Attributes
    ----------
    measure : str
        One of `LEVELS` or `DIFFERENCES`.
    scale : str
        ``additive`` or ``relative``.
    estimate, std_error, ci_low, ci_high : float
    n, n_events : int
        Subjects and events of the group, or of both; no events for a continuous outcome (-1).
    """

    measure: str
    scale: str
    estimate: float
    std_error: float
    ci_low: float
    ci_high: float
    n: int
    n_events: int


def horizon_of(time: Floats, groups: npt.NDArray[Any]) -> float:
    """Time up to which restricted means are taken: a tenth of each group is still under observation, two digits.

    Rounded down, so that it is nobody's own follow-up.
    """
    last = min(float(np.quantile(time[groups == group], 1.0 - _STILL_THERE)) for group in np.unique(groups))
    step = 10.0 ** (np.floor(np.log10(last)) - 1.0)
    return float(f"{np.floor(last / step + 1e-9) * step:.2g}")


def levels(kind: str, values: Floats, event: Floats | None, *, horizon: float = np.nan) -> list[GroupEffect]:
    """How one group does.

    ``binary``: share with the event, Wilson's interval. ``continuous``: mean, t interval. ``survival``: restricted mean
    time up to the horizon, and events per unit of time (exponential rate ``d / sum t``, interval on the log scale).

    Parameters
    ----------
    kind : {"binary", "continuous", "survival"}
    values : (n_subjects,)
        Complete; times for survival.
    event : (n_subjects,) or None
    horizon : float

    Returns
    -------
    list of GroupEffect

    Notes
    -----
    Valid for a group that was not formed by looking at these outcomes.
    """
    n = values.size
    if kind == "binary":
        d = int(values.sum())
        if n == 0:
            return [_none("rate", "additive", n, d)]
        share = proportion(d, n, method="wilson")
        rate = d / n
        error = float(np.sqrt(rate * (1.0 - rate) / n))
        return [_made("rate", "additive", rate, error, float(share.ci_low), float(share.ci_high), n, d)]
    if kind == "continuous":
        if n < 2:
            return [_none("mean", "additive", n, -1)]
        error = float(values.std(ddof=1) / np.sqrt(n))
        half = float(stdtrit(n - 1, 0.975)) * error
        mean = float(values.mean())
        return [_made("mean", "additive", mean, error, mean - half, mean + half, n, -1)]
    assert event is not None
    d = int(event.sum())
    if n == 0:
        return [_none(measure, "additive", n, d) for measure in LEVELS["survival"]]
    found = [_restricted(values, event, horizon)]
    if d == 0:
        return [*found, _none("event rate", "additive", n, d)]
    rate, factor = d / float(values.sum()), float(np.exp(_Z / np.sqrt(d)))
    return [*found, _made("event rate", "additive", rate, rate / np.sqrt(d), rate / factor, rate * factor, n, d)]


def differences(
    kind: str, values: Floats, event: Floats | None, first: npt.NDArray[np.bool_], *, horizon: float = np.nan
) -> list[GroupEffect]:
    """How the first group does against the others.

    ``risk difference``: Newcombe's interval from Wilson's; ``log odds ratio``: ``log(ad / bc)``, a half added to each
    cell where one is empty, variance the sum of reciprocals; ``mean difference``: Welch's interval; ``restricted mean
    difference``: normal law; ``log hazard ratio``: Cox regression with Efron ties, Wald's interval.

    Parameters
    ----------
    kind, values, event, horizon
        As in `levels`, of both groups.
    first : (n_subjects,) of bool

    Returns
    -------
    list of GroupEffect
        Of `DIFFERENCES`; NaN where a group is too small or the likelihood has no maximum.

    Notes
    -----
    Valid for groups that were not formed by looking at these outcomes; unadjusted.

    References
    ----------
    Newcombe 1998, https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    if kind == "binary":
        return _of_rates(values[first], values[~first])
    if kind == "continuous":
        return [_welch(values[first], values[~first])]
    assert event is not None
    n, d = values.size, int(event.sum())
    one, other = (_restricted(values[rows], event[rows], horizon) for rows in (first, ~first))
    difference, error = one.estimate - other.estimate, float(np.hypot(one.std_error, other.std_error))
    half = _Z * error
    mean = _made(
        "restricted mean difference", "additive", difference, error, difference - half, difference + half, n, d
    )
    ratio = _none("log hazard ratio", "relative", n, d)
    if d > 1 and first.any() and not first.all():
        fit = cox_fit(first.astype(np.float64)[:, None], values, event)
        if fit.status == Status.OK:
            b, error = float(fit.coefficients[0]), float(fit.std_error[0])
            ratio = _made("log hazard ratio", "relative", b, error, b - _Z * error, b + _Z * error, n, d)
    return [mean, ratio]


def _of_rates(one: Floats, other: Floats) -> list[GroupEffect]:
    n1, n0 = one.size, other.size
    d1, d0 = int(one.sum()), int(other.sum())
    n, d = n1 + n0, d1 + d0
    if n1 == 0 or n0 == 0:
        return [_none(measure, scale, n, d) for measure, scale in DIFFERENCES["binary"]]
    p1, p0 = d1 / n1, d0 / n0
    first, second = proportion(d1, n1, method="wilson"), proportion(d0, n0, method="wilson")
    difference = p1 - p0
    low = difference - float(np.hypot(p1 - first.ci_low, second.ci_high - p0))
    high = difference + float(np.hypot(first.ci_high - p1, p0 - second.ci_low))
    risk = _made("risk difference", "additive", difference, (high - low) / (2.0 * _Z), low, high, n, d)
    cells = np.array([d1, n1 - d1, d0, n0 - d0], dtype=np.float64)
    cells += 0.5 * bool((cells == 0).any())
    log_ratio = float(np.log(cells[0] * cells[3] / (cells[1] * cells[2])))
    error = float(np.sqrt((1.0 / cells).sum()))
    if d in (0, n):
        return [risk, _none("log odds ratio", "relative", n, d)]
    half = _Z * error
    return [risk, _made("log odds ratio", "relative", log_ratio, error, log_ratio - half, log_ratio + half, n, d)]


def _welch(one: Floats, other: Floats) -> GroupEffect:
    n = one.size + other.size
    if min(one.size, other.size) < 2:
        return _none("mean difference", "additive", n, -1)
    v1, v0 = one.var(ddof=1) / one.size, other.var(ddof=1) / other.size
    error = float(np.sqrt(v1 + v0))
    if error == 0:
        return _none("mean difference", "additive", n, -1)
    dof = (v1 + v0) ** 2 / (v1**2 / (one.size - 1) + v0**2 / (other.size - 1))
    difference = float(one.mean() - other.mean())
    half = float(stdtrit(dof, 0.975)) * error
    return _made("mean difference", "additive", difference, error, difference - half, difference + half, n, -1)


def _restricted(time: Floats, event: Floats, horizon: float) -> GroupEffect:
    n, d = time.size, int(event.sum())
    # a curve that ends in a censoring before the horizon says nothing of the time after it
    if n < 2 or not horizon > 0 or (time.max() < horizon and event[time == time.max()].min() == 0):
        return _none("restricted mean", "additive", n, d)
    try:
        found = restricted_mean(kaplan_meier(time, event), horizon=horizon)
    except InsufficientDataError:
        return _none("restricted mean", "additive", n, d)
    return _made("restricted mean", "additive", found.estimate, found.std_error, found.ci_low, found.ci_high, n, d)


def _made(
    measure: str, scale: str, estimate: float, error: float, low: float, high: float, n: int, n_events: int
) -> GroupEffect:
    return GroupEffect(
        measure=measure,
        scale=scale,
        estimate=float(estimate),
        std_error=float(error),
        ci_low=float(low),
        ci_high=float(high),
        n=n,
        n_events=n_events,
    )


def _none(measure: str, scale: str, n: int, n_events: int) -> GroupEffect:
    return _made(measure, scale, np.nan, np.nan, np.nan, np.nan, n, n_events)
