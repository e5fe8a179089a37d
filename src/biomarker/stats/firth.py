"""Firth's penalised likelihood: finite estimates, tests and intervals where the likelihood has no finite maximum."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from biomarker.arrays import Array, independent_columns, log10_p_chi2
from biomarker.stats.cox_fit import centre_in_strata, partial_likelihood
from biomarker.stats.estimate import Status
from biomarker.stats.feature_blocks import as_floats
from biomarker.stats.fit import scaled_qr
from biomarker.stats.logistic_fit import checked_outcome
from biomarker.stats.newton import Maximum, maximise, solve_information
from biomarker.stats.risk_sets import RiskSets, risk_sets

__all__ = ["PenalisedFit", "firth_cox_fit", "firth_logistic_fit"]

Floats = npt.NDArray[np.float64]
Evaluate = Callable[[Floats], tuple[float, Floats, Floats]]

# The penalised score's own derivative is not the information: convergence is linear, not quadratic.
_MAX_ITERATIONS = 500
# 95% point of chi-squared with one degree of freedom.
_CHI2_95 = 3.841458820694124
_DOUBLINGS = 30
_BOUND_ACCURACY = 1e-8


@dataclass(frozen=True, kw_only=True)
class PenalisedFit:
    """The last coefficient of a model by penalised likelihood; NaN where `status` is not ``OK``.

    Attributes
    ----------
    coefficients : (q,)
    std_error : float
        Of the last coefficient, from the information at the maximum.
    low, high : float
        95% profile penalised-likelihood interval of the last coefficient; NaN where it was not asked for.
    statistic, p_value, log10_p : float
        Penalised likelihood-ratio test that the last coefficient is zero.
    log_likelihood : float
        Penalised, at the maximum.
    status : Status
    """

    coefficients: Floats
    std_error: float
    low: float
    high: float
    statistic: float
    p_value: float
    log10_p: float
    log_likelihood: float
    status: Status


def firth_logistic_fit(design: Array, outcome: Array, *, interval: bool = True) -> PenalisedFit:
    """Log odds ratios by Firth's penalised likelihood, with test and interval of the last one.

    ``l*(b) = l(b) + log det I(b) / 2``, whose gradient is ``X'(y - mu + h (1/2 - mu))`` with h the leverages of
    ``W^(1/2) X``. The test compares ``l*`` at its maximum with its maximum where the last coefficient is zero, the
    penalty being that of the full model in both; the interval holds the values which that test does not reject at 5%.

    Parameters
    ----------
    design : (n_subjects, q)
        Complete, including the intercept.
    outcome : (n_subjects,)
        0 or 1.
    interval : bool
        Whether the interval is wanted, which takes most of the time.

    Returns
    -------
    PenalisedFit
        ``CONSTANT`` where the columns are linearly dependent, ``TOO_FEW`` where only one outcome occurs or subjects do
        not outnumber columns.

    Raises
    ------
    ValueError
        Shapes differ, or an outcome is neither 0 nor 1.

    Notes
    -----
    Valid when subjects are independent and the log odds are linear in the columns; also where the outcome is told apart
    perfectly. It takes the first-order bias off the estimates; the chi-squared law of the test is a limit that holds
    tolerably from about five of the rarer outcome on.

    References
    ----------
    Firth 1993, https://doi.org/10.1093/biomet/80.1.27; Heinze and Schemper 2002, https://doi.org/10.1002/sim.1047
    """
    x, y = as_floats(design), checked_outcome(outcome, design.shape[0])
    n, q = x.shape
    if y.sum() in (0, n) or n <= q:
        return _failed(q, Status.TOO_FEW)
    if independent_columns(x).size < q:
        return _failed(q, Status.CONSTANT)
    basis, triangle = scaled_qr(x)
    sign = 2.0 * y - 1.0

    def evaluate(parameters: Floats) -> tuple[float, Floats, Floats]:
        eta = basis @ parameters
        mean = expit(eta)
        weighted = basis * (mean * expit(-eta))[:, None]
        information = basis.T @ weighted
        leverage = np.einsum("ij,ji->i", weighted, solve_information(information, basis.T))
        value = -float(np.logaddexp(0.0, -sign * eta).sum()) + _half_log_det(information)
        return value, basis.T @ (y - mean + leverage * (0.5 - mean)), information

    return _fit(evaluate, basis, triangle, interval=interval)


def firth_cox_fit(
    design: Array, time: Array, event: Array, *, strata: Array | None = None, interval: bool = True
) -> PenalisedFit:
    """Log hazard ratios by Firth's penalised partial likelihood (Efron ties), with test and interval of the last one.

    ``l*(b) = l(b) + log det I(b) / 2``. With ``A = I^-1`` and d the distance of a subject from the risk-weighted mean
    of its risk set, the penalty's gradient is half the sum over steps of the risk-weighted mean of ``d (d'A d)``. Test
    and interval as in `firth_logistic_fit`.

    Parameters
    ----------
    design, time, event, strata
        As in `biomarker.stats.cox_fit`.
    interval : bool
        As in `firth_logistic_fit`.

    Returns
    -------
    PenalisedFit
        ``TOO_FEW`` where events do not outnumber columns, ``CONSTANT`` where columns are linearly dependent within
        strata.

    Raises
    ------
    ValueError
        Shapes differ, or an event is neither 0 nor 1.

    Notes
    -----
    Valid when hazards are proportional within strata and censoring is independent given the columns; also where the
    likelihood is monotone (a group without events).

    References
    ----------
    Heinze and Schemper 2001, https://doi.org/10.1111/j.0006-341X.2001.00114.x
    """
    sets = risk_sets(time, event, strata=strata)
    x = as_floats(design)
    if x.ndim != 2 or x.shape[0] != as_floats(time).size:
        raise ValueError(f"design {x.shape} and {as_floats(time).size} times disagree on subjects")
    x = centre_in_strata(sets, x[sets.order])
    q = x.shape[1]
    if sets.n_events <= q:
        return _failed(q, Status.TOO_FEW)
    if independent_columns(x).size < q:
        return _failed(q, Status.CONSTANT)
    basis, triangle = scaled_qr(x)

    def evaluate(parameters: Floats) -> tuple[float, Floats, Floats]:
        at = partial_likelihood(sets, basis, parameters)
        gradient = at.gradient + _cox_penalty_gradient(sets, basis, at.risk, at.risk_sums, at.means, at.information)
        return at.value + _half_log_det(at.information), gradient, at.information

    return _fit(evaluate, basis, triangle, interval=interval)


def _cox_penalty_gradient(
    sets: RiskSets, x: Floats, risk: Floats, sums: Floats, means: Floats, information: Floats
) -> Floats:
    """Half the derivative of ``log det I``: third moments of the columns in the risk sets, (q,)."""
    n, q = x.shape
    inverse = solve_information(information, np.eye(q))
    length = np.einsum("ij,jk,ik->i", x, inverse, x)
    pairs = (x[:, :, None] * x[:, None, :]).reshape(n, q * q)
    moments = sets.sums(risk[:, None] * np.column_stack([length, length[:, None] * x, pairs])) / sums[:, None]
    covariance = moments[:, 1 + q :].reshape(-1, q, q) - means[:, :, None] * means[:, None, :]
    third = moments[:, 1 : 1 + q] - means * moments[:, :1] - 2.0 * np.einsum("skl,sl->sk", covariance, means @ inverse)
    gradient: Floats = third.sum(axis=0) / 2.0
    return gradient


def _half_log_det(information: Floats) -> float:
    sign, value = np.linalg.slogdet(information)
    return 0.5 * float(value) if sign > 0 else -np.inf


def _failed(q: int, status: Status) -> PenalisedFit:
    nothing = float("nan")
    return PenalisedFit(
        coefficients=np.full(q, np.nan), std_error=nothing, low=nothing, high=nothing, statistic=nothing,
        p_value=nothing, log10_p=nothing, log_likelihood=nothing, status=status,
    )  # fmt: skip


def _fit(evaluate: Evaluate, basis: Floats, triangle: Floats, *, interval: bool) -> PenalisedFit:
    """Maximum, then the profile over the last parameter; ``basis @ triangle`` is the design, so it is the last
    coefficient times the last entry of the triangle.
    """
    q = basis.shape[1]
    top = maximise(evaluate, basis, max_iterations=_MAX_ITERATIONS)
    if top.status != Status.OK:
        return _failed(q, Status.NOT_CONVERGED)
    error = float(np.sqrt(solve_information(top.information, np.eye(q)[:, -1])[-1]))
    profile = _Profile(evaluate, basis, top)
    none = profile.drop(0.0)
    bounds = [profile.bound(direction * error) for direction in (-1.0, 1.0)] if interval else [np.nan, np.nan]
    if not np.isfinite(none) or (interval and np.isnan(bounds).any()):
        return _failed(q, Status.NOT_CONVERGED)
    scale = triangle[-1, -1]
    low, high = sorted(bound / scale for bound in bounds)
    log10_p = float(log10_p_chi2(np.array([none]), 1.0)[0])
    return PenalisedFit(
        coefficients=np.asarray(np.linalg.solve(triangle, top.parameters), dtype=np.float64),
        std_error=error / abs(scale),
        low=low,
        high=high,
        statistic=none,
        p_value=float(10.0**log10_p),
        log10_p=log10_p,
        log_likelihood=top.log_likelihood + float(np.log(np.abs(np.diag(triangle))).sum()),  # of the design's columns
        status=Status.OK,
    )


@dataclass(frozen=True, eq=False)
class _Profile:
    """Penalised likelihood maximised over all parameters but the last."""

    evaluate: Evaluate
    basis: Floats
    top: Maximum

    def drop(self, last: float) -> float:
        """``2 (l* at its maximum - l* where the last parameter is `last`)``; NaN where that was not reached."""

        def evaluate(rest: Floats) -> tuple[float, Floats, Floats]:
            value, gradient, information = self.evaluate(np.append(rest, last))
            return value, gradient[:-1], information[:-1, :-1]

        if self.basis.shape[1] == 1:
            return max(2.0 * (self.top.log_likelihood - self.evaluate(np.array([last]))[0]), 0.0)
        reached = maximise(
            evaluate, self.basis[:, :-1], start=self.top.parameters[:-1].copy(), max_iterations=_MAX_ITERATIONS
        )
        if reached.status != Status.OK:
            return float("nan")
        return max(2.0 * (self.top.log_likelihood - reached.log_likelihood), 0.0)

    def bound(self, step: float) -> float:
        """End of the interval in the direction of `step`; NaN where it was not reached."""
        inside, last = 0.0, float(self.top.parameters[-1])
        outside = step
        for _ in range(_DOUBLINGS):
            drop = self.drop(last + outside)
            if np.isnan(drop):
                return float("nan")
            if drop > _CHI2_95:
                break
            inside, outside = outside, 2.0 * outside
        else:
            return float("nan")
        found = brentq(lambda by: self.drop(last + by) - _CHI2_95, inside, outside, xtol=_BOUND_ACCURACY * abs(step))
        return last + float(found)
