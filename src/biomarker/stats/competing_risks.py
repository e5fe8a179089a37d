"""Competing events between groups and by covariates: Gray's test and the regression of Fine and Gray."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc

from biomarker.arrays import independent_columns
from biomarker.errors import DataError, InsufficientDataError
from biomarker.stats.checks import Floats, data, numbers, whole
from biomarker.stats.estimate import Status
from biomarker.stats.fit import Fit, failed_fit, scaled_qr
from biomarker.stats.newton import maximise, solve_information

__all__ = ["GrayTest", "fine_gray_fit", "gray_test"]


@dataclass(frozen=True, eq=False, kw_only=True)
class GrayTest:
    """Gray's test of equal cumulative incidence.

    Attributes
    ----------
    groups : (n_groups,)
    observed, expected : (n_groups,)
        Events of the cause, and their expectation if subdistribution hazards were equal.
    covariance : (n_groups, n_groups)
    statistic : float
        Chi-squared with ``n_groups - 1`` degrees of freedom.
    dof : int
    p_value : float
    """

    groups: Floats
    observed: Floats
    expected: Floats
    covariance: Floats
    statistic: float
    dof: int
    p_value: float


def gray_test(time: Any, cause: Any, group: Any, *, event: int = 1) -> GrayTest:
    """Test that the cumulative incidence of one cause is the same in all groups.

    With ``R_k = Y_k (1 - F_k(t-)) / S_k(t-)``, the numbers at risk of the subdistribution in group k:
    ``O_k - E_k = sum (d_k - d R_k / R)`` over the times of the cause. The variance is Gray's, with the tie correction
    of the R package cmprsk.

    Parameters
    ----------
    time : (n_subjects,)
        Positive times.
    cause : (n_subjects,)
        0 censored, 1, 2, ...
    group : (n_subjects,)
        Numbers; two or more distinct ones.
    event : int
        The cause tested.

    Returns
    -------
    GrayTest

    Raises
    ------
    DataError
        Missing values, fewer than two groups, no event of the cause.

    Notes
    -----
    Host only. Valid when censoring is independent within groups; it tests what is seen (the incidence in the presence
    of the other causes), not the cause-specific hazard.

    References
    ----------
    Gray 1988, https://doi.org/10.1214/aos/1176350951

    Examples
    --------
    >>> gray_test([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 1, 0, 1, 2, 1], [0, 0, 0, 0, 1, 1, 1, 1]).observed
    array([3., 2.])
    """
    t = data("time", time, low=0.0)
    k, g = data("cause", cause, n=t.size), data("group", group, n=t.size)
    wanted = whole("event", event, low=1)
    groups = np.unique(g)
    if groups.size < 2:
        raise DataError(f"group is {groups[0]:g} for all subjects, expected at least two groups")
    if not np.any(k == wanted):
        raise InsufficientDataError(f"cause is never {wanted}, expected at least one such event")
    steps = np.unique(t[k > 0])
    one, other = (k == wanted), (k > 0) & (k != wanted)
    d1, d2, risk = (np.zeros((groups.size, steps.size)) for _ in range(3))
    for i, value in enumerate(groups):
        here = g == value
        risk[i] = (t[here][:, None] >= steps).sum(axis=0)
        d1[i] = (t[here & one][:, None] == steps).sum(axis=0)
        d2[i] = (t[here & other][:, None] == steps).sum(axis=0)
    # a group counts up to the last time at which it is observed; after it there is nothing to compare
    safe = np.maximum(risk, 1.0)
    survival = np.asarray(np.cumprod(1.0 - (d1 + d2) / safe, axis=1), dtype=np.float64)
    before = np.concatenate([np.ones((groups.size, 1)), survival[:, :-1]], axis=1)
    incidence = np.cumsum(before * d1 / safe, axis=1)
    seen = np.concatenate([np.zeros((groups.size, 1)), incidence[:, :-1]], axis=1)
    at = np.where((risk > 0) & (before > 0), risk * (1.0 - seen) / np.where(before > 0, before, 1.0), 0.0)
    total = at.sum(axis=0)
    hazard = np.where(total > 0, d1.sum(axis=0) / np.where(total > 0, total, 1.0), 0.0)
    observed, expected = d1.sum(axis=1), (at * hazard).sum(axis=1)
    covariance = _covariance(d1, d2, risk, before, survival)
    off = (observed - expected)[:-1]
    statistic = float(off @ np.linalg.pinv(covariance[:-1, :-1], hermitian=True) @ off)
    dof = groups.size - 1
    return GrayTest(
        groups=groups,
        observed=observed,
        expected=expected,
        covariance=covariance,
        statistic=statistic,
        dof=dof,
        p_value=float(gammaincc(dof / 2.0, statistic / 2.0)),
    )


def _covariance(d1: Floats, d2: Floats, risk: Floats, before: Floats, after: Floats) -> Floats:
    """Of ``O - E``: both kinds of events of every group r enter through weights on their martingales.

    With ``h_r = Y_r / S_r(t-)``, the pooled incidence ``dF = sum d1 / sum h`` and ``c_kr(t) = int_0^t (I(k = r) - h_k /
    h.) h_r dF / (1 - F(u-))``, the weight of events of the cause is ``I(k = r) - h_k / h. + (1 - (1 - F) / S_r)
    (c_kr(end) - c_kr) / h_r``, that of the others ``-(1 - F) / S_r (c_kr(end) - c_kr) / h_r``; their variances are
    ``h_r dF`` and ``d2_r``, with a correction for ties.
    """
    n_groups = risk.shape[0]
    usable = (risk > 0) & (before > 0)
    h = np.where(usable, risk / np.where(usable, before, 1.0), 0.0)
    total = h.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    deaths = d1.sum(axis=0)
    rise = np.where(total > 0, deaths / safe, 0.0)
    free = 1.0 - np.cumsum(rise)
    free_before = np.concatenate([[1.0], free[:-1]])
    hazard = np.where(free_before > 1e-12, rise / np.where(free_before > 1e-12, free_before, 1.0), 0.0)
    covariance = np.zeros((n_groups, n_groups))
    for r in range(n_groups):
        d = (np.arange(n_groups)[:, None] == r) - h / safe
        c = np.cumsum(d * h[r] * hazard, axis=1)
        ahead = (c[:, -1:] - c) * np.where(h[r] > 0, 1.0 / np.where(h[r] > 0, h[r], 1.0), 0.0)
        ratio = np.where(after[r] > 0, free / np.where(after[r] > 0, after[r], 1.0), 0.0)
        first, second = d + (1.0 - ratio) * ahead, -ratio * ahead
        spread = h[r] * rise * _untied(deaths, total * before[r])
        covariance += (first * spread) @ first.T + (second * d2[r] * _untied(d2[r], risk[r])) @ second.T
    return covariance


def _untied(events: Floats, at_risk: Floats) -> Floats:
    """Share of the variance that is left where several events fall together, ``1 - (d - 1) / (n - 1)``."""
    tied = (events > 1) & (at_risk > 1)
    return np.asarray(np.where(tied, 1.0 - (events - 1.0) / np.where(tied, at_risk - 1.0, 1.0), 1.0))


def fine_gray_fit(design: Any, time: Any, cause: Any, *, event: int = 1) -> Fit:
    """Log subdistribution hazard ratios of one cause by the weighted partial likelihood.

    Subjects with another event stay at risk with the weight ``G(t-) / G(T-)``, G the Kaplan-Meier curve of the
    censoring. The covariance is the sandwich that includes the estimation of G.

    Parameters
    ----------
    design : (n_subjects, q)
        Complete, without an intercept.
    time : (n_subjects,)
        Positive times.
    cause : (n_subjects,)
        0 censored, 1, 2, ...
    event : int
        The cause modelled.

    Returns
    -------
    Fit
        ``TOO_FEW`` where events of the cause do not outnumber columns, ``CONSTANT`` where columns depend on each other,
        ``SEPARATION`` where the likelihood is monotone. The log-likelihood is the weighted partial one, with Breslow's
        treatment of ties: no likelihood-ratio test follows from it.

    Raises
    ------
    DataError
        Missing values, shapes that differ.

    Notes
    -----
    Host only; time and memory grow with subjects times events. Valid when subdistribution hazards are proportional and
    censoring is independent of time and covariates. The ratio tells the direction of the effect on the cumulative
    incidence; for a mechanism use cause-specific hazards (Cox, other events censored).

    References
    ----------
    Fine and Gray 1999, https://doi.org/10.1080/01621459.1999.10474144

    Examples
    --------
    >>> x = [[0.0], [1.0], [0.0], [1.0], [1.0], [0.0]]
    >>> float(fine_gray_fit(x, [1, 2, 3, 4, 5, 6], [1, 1, 2, 0, 1, 1]).coefficients[0].round(4))
    0.7512
    """
    x = numbers("design", design, ndim=2, error=DataError)
    t = data("time", time, n=x.shape[0], low=0.0)
    k = data("cause", cause, n=t.size)
    n, q = x.shape
    dying = k == whole("event", event, low=1)
    n_events = int(dying.sum())
    if n_events <= q:
        return failed_fit(q, n=n, n_events=n_events, status=Status.TOO_FEW)
    x = x - x.mean(axis=0)
    if independent_columns(x).size < q:
        return failed_fit(q, n=n, n_events=n_events, status=Status.CONSTANT)
    basis, triangle = scaled_qr(x)
    steps = np.unique(t[dying])
    deaths = (t[dying][:, None] == steps).sum(axis=0).astype(np.float64)
    weights = _subdistribution_weights(t, k, dying, steps)

    def sums(parameters: Floats) -> tuple[Floats, Floats, Floats]:
        risk = np.exp(basis @ parameters)
        base = risk @ weights
        return risk, base, (weights.T @ (risk[:, None] * basis)) / base[:, None]

    def evaluate(parameters: Floats) -> tuple[float, Floats, Floats]:
        risk, base, means = sums(parameters)
        value = float((basis[dying] @ parameters).sum() - deaths @ np.log(base))
        gradient = basis[dying].sum(axis=0) - deaths @ means
        second = (risk * (weights @ (deaths / base)))[:, None] * basis
        return value, gradient, basis.T @ second - (means * deaths[:, None]).T @ means

    null = evaluate(np.zeros(q))[0]
    top = maximise(evaluate, basis)
    if top.status != Status.OK:
        return failed_fit(q, n=n, n_events=n_events, status=top.status)
    risk, base, means = sums(top.parameters)
    residuals = _residuals(basis, t, k, dying, steps, weights, risk, deaths / base, means)
    back = np.asarray(np.linalg.inv(triangle), dtype=np.float64)
    half = solve_information(top.information, residuals.T)
    covariance = back @ (half @ half.T) @ back.T
    return Fit(
        coefficients=back @ top.parameters,
        covariance=covariance,
        log_likelihood=top.log_likelihood,
        log_likelihood_null=null,
        dof=float("inf"),
        n=n,
        n_events=n_events,
        n_iterations=top.n_iterations,
        status=Status.OK,
    )


def _censoring_curve(t: Floats, k: Floats) -> tuple[Floats, Floats]:
    """Times of censoring and the Kaplan-Meier curve of being uncensored before the first and after each."""
    times = np.unique(t[k == 0])
    leaving = (t[k == 0][:, None] == times).sum(axis=0)
    at_risk = (t[:, None] >= times).sum(axis=0)
    return times, np.concatenate([[1.0], np.cumprod(1.0 - leaving / np.maximum(at_risk, 1))])


def _subdistribution_weights(t: Floats, k: Floats, dying: npt.NDArray[np.bool_], steps: Floats) -> Floats:
    """Weight of each subject at each time of the cause, (n_subjects, n_steps)."""
    times, curve = _censoring_curve(t, k)
    at_steps = curve[np.searchsorted(times, steps, side="left")]
    own = curve[np.searchsorted(times, t, side="left")]
    other = (k > 0) & ~dying
    after = t[:, None] < steps[None, :]
    ratio = at_steps[None, :] / np.where(own > 0, own, 1.0)[:, None]
    return np.where(after, np.where(other[:, None], ratio, 0.0), 1.0)


def _residuals(
    basis: Floats,
    t: Floats,
    k: Floats,
    dying: npt.NDArray[np.bool_],
    steps: Floats,
    weights: Floats,
    risk: Floats,
    hazard: Floats,
    means: Floats,
) -> Floats:
    """Each subject's part in the score, and what the estimation of the censoring curve adds: (n_subjects, q)."""
    jumps = dying[:, None] & (t[:, None] == steps[None, :])
    increments = jumps - weights * risk[:, None] * hazard[None, :]
    own = basis * increments.sum(axis=1)[:, None] - increments @ means
    times = np.unique(t[k == 0])
    if times.size == 0:
        return np.asarray(own)
    other = (k > 0) & ~dying
    at_risk = (t[:, None] >= times).sum(axis=0).astype(np.float64)
    leaving = (t[k == 0][:, None] == times).sum(axis=0)
    # what subjects with another event before a time of censoring still contribute after it
    pull = np.zeros((times.size, basis.shape[1]))
    for c, u in enumerate(times):
        who, later = other & (t < u), steps >= u
        part = increments[np.ix_(who, later)]
        pull[c] = -(basis[who].T @ part.sum(axis=1) - part.sum(axis=0) @ means[later])
    martingale = ((t[:, None] == times) & (k == 0)[:, None]) - (t[:, None] >= times) * (leaving / at_risk)
    return np.asarray(own + (martingale / at_risk) @ pull)
