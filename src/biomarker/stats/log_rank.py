"""Log-rank tests of two or more groups, stratified and weighted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaincc

from biomarker.errors import DataError, InsufficientDataError
from biomarker.stats.checks import Floats, binary, data, scalar

__all__ = ["LogRank", "log_rank"]


@dataclass(frozen=True, eq=False, kw_only=True)
class LogRank:
    """A log-rank test.

    Attributes
    ----------
    groups : (n_groups,)
        Values of `group`, ascending.
    observed, expected : (n_groups,)
        Weighted events, and their expectation if hazards were equal.
    covariance : (n_groups, n_groups)
        Of ``observed - expected``.
    statistic : float
        Chi-squared with ``n_groups - 1`` degrees of freedom.
    dof : int
    p_value : float
    convention : str
    """

    groups: Floats
    observed: Floats
    expected: Floats
    covariance: Floats
    statistic: float
    dof: int
    p_value: float
    convention: str


def log_rank(time: Any, event: Any, group: Any, *, strata: Any = None, rho: float = 0.0, gamma: float = 0.0) -> LogRank:
    """Test that the hazards of all groups are equal.

    Over the event times of each stratum, with d events among n at risk, ``n_k`` of them in group k and the weight
    ``w = S(t-)^rho (1 - S(t-))^gamma`` of the pooled Kaplan-Meier curve: ``O - E = sum w (d_k - d n_k / n)`` and
    covariance ``sum w^2 d (n - d) / (n - 1) (n_k [k = l] / n - n_k n_l / n^2)``.

    Parameters
    ----------
    time : (n_subjects,)
        Positive times of event or censoring.
    event : (n_subjects,)
        1 for an event, 0 for a censoring; a censored subject is at risk at its own time.
    group : (n_subjects,)
        Numbers; two or more distinct ones.
    strata : (n_subjects,), optional
        Numbers; sums run within each.
    rho, gamma : float
        Weights of Fleming and Harrington; 0, 0 is the log-rank test, 1, 0 the Peto-Prentice-Wilcoxon test, 0, 1 weighs
        late differences.

    Returns
    -------
    LogRank

    Raises
    ------
    DataError
        Missing values, negative times, an event neither 0 nor 1, fewer than two groups, no event.

    Notes
    -----
    Host only. Valid when censoring is independent of the event time within groups and events number about ten a group
    or more. The weights are to be fixed beforehand.

    References
    ----------
    Peto and Peto 1972, https://doi.org/10.2307/2344317; Fleming and Harrington 1981,
    https://doi.org/10.1080/03610928108828073

    Examples
    --------
    >>> found = log_rank([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 1], [0, 0, 1, 0, 1, 1])
    >>> round(found.statistic, 3), found.observed
    (2.557, array([3., 2.]))
    """
    t = data("time", time, low=0.0)
    d, g = binary("event", event, n=t.size), data("group", group, n=t.size)
    s = np.zeros(t.size) if strata is None else data("strata", strata, n=t.size)
    for name, value in (("rho", rho), ("gamma", gamma)):
        scalar(name, value, low=0.0)
    groups = np.unique(g)
    if groups.size < 2:
        raise DataError(f"group is {groups[0]:g} for all subjects, expected at least two groups")
    if not d.any():
        raise InsufficientDataError("event is 0 for all subjects, expected at least one event")
    k = groups.size
    observed, expected, covariance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    member = (g[:, None] == groups[None, :]).astype(np.float64)
    for stratum in np.unique(s):
        here = s == stratum
        parts = _stratum(t[here], d[here], member[here], rho, gamma)
        observed, expected, covariance = observed + parts[0], expected + parts[1], covariance + parts[2]
    off = (observed - expected)[:-1]
    statistic = float(off @ np.linalg.pinv(covariance[:-1, :-1], hermitian=True) @ off)
    weights = "" if rho == gamma == 0 else f"Fleming-Harrington weights rho {rho:g}, gamma {gamma:g}; "
    return LogRank(
        groups=groups,
        observed=observed,
        expected=expected,
        covariance=covariance,
        statistic=statistic,
        dof=k - 1,
        p_value=float(gammaincc((k - 1) / 2.0, statistic / 2.0)),
        convention=f"{weights}hypergeometric variance at tied times; {np.unique(s).size} strata",
    )


def _stratum(t: Floats, d: Any, member: Floats, rho: float, gamma: float) -> tuple[Floats, Floats, Floats]:
    """Observed, expected and covariance of one stratum."""
    times = np.unique(t[d])
    at = np.searchsorted(times, t, side="right") - 1
    died = np.zeros((times.size, member.shape[1]))
    np.add.at(died, at[d], member[d])
    leaving = np.zeros((times.size + 1, member.shape[1]))
    np.add.at(leaving, at + 1, member)  # the last event time at which each subject is still at risk
    risk = leaving[::-1].cumsum(axis=0)[::-1][1:]
    n, deaths = risk.sum(axis=1), died.sum(axis=1)
    before = np.concatenate([[1.0], np.cumprod(1.0 - deaths / n)[:-1]])
    weight = before**rho * (1.0 - before) ** gamma
    share = risk / n[:, None]
    spread = weight**2 * deaths * (n - deaths) / np.maximum(n - 1.0, 1.0)
    covariance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    return weight @ died, weight @ (deaths[:, None] * share), covariance
