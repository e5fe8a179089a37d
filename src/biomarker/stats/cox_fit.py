"""Cox regression with Efron ties by maximum partial likelihood: one model."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, independent_columns
from biomarker.stats.estimate import Status
from biomarker.stats.feature_blocks import as_floats
from biomarker.stats.fit import Fit, failed_fit, scaled_qr, unscaled_fit
from biomarker.stats.newton import Maximum, maximise
from biomarker.stats.risk_sets import LEAST_RISK, RiskSets, risk_sets

__all__ = ["PartialLikelihood", "centre_in_strata", "cox_fit", "maximise_cox", "partial_likelihood"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PartialLikelihood:
    """Efron's partial likelihood and its derivatives at one parameter value.

    Attributes
    ----------
    value : float
    gradient : (q,)
    information : (q, q)
    risk : (n_used,)
        ``exp(eta)`` up to a common factor, sorted.
    risk_sums : (n_steps,)
        Sum of `risk` over the risk set of each step.
    hazard : (n_used,)
        Expected number of events of each subject (risk times cumulative hazard); event minus hazard is the martingale
        residual.
    means : (n_steps, q)
        Risk-weighted mean of the columns in each risk set.
    """

    value: float
    gradient: Floats
    information: Floats
    risk: Floats
    risk_sums: Floats
    hazard: Floats
    means: Floats


def partial_likelihood(sets: RiskSets, columns: Floats, parameters: Floats) -> PartialLikelihood:
    """Efron's log partial likelihood, gradient and information.

    ``l = sum_events eta - sum_steps log S0``; with ``S1`` the risk-set sums of ``w x``: gradient
    ``sum_events x - sum_steps S1 / S0``; information ``sum_i h_i x_i x_i' - sum_steps (S1 / S0)(S1 / S0)'``, h the
    expected events.

    Parameters
    ----------
    sets : RiskSets
    columns : (n_used, q)
        Sorted as in `sets`.
    parameters : (q,)
    """
    eta = columns @ parameters
    eta = eta - eta.max(initial=-np.inf)
    risk = np.exp(eta)
    sums: Floats = sets.sums(np.column_stack([risk, risk[:, None] * columns]))
    base = np.maximum(sums[:, 0], LEAST_RISK)
    means = sums[:, 1:] / base[:, None]
    hazard: Floats = risk * sets.spread(1.0 / base[:, None])[:, 0]
    return PartialLikelihood(
        value=float(sets.event @ eta - np.log(base).sum()),
        gradient=columns.T @ (sets.event - hazard),
        information=columns.T @ (hazard[:, None] * columns) - means.T @ means,
        risk=risk,
        risk_sums=base,
        hazard=hazard,
        means=means,
    )


def maximise_cox(sets: RiskSets, columns: Floats) -> Maximum:
    """Maximise the partial likelihood over the coefficients of well-conditioned columns, sorted as in `sets`."""

    def evaluate(parameters: Floats) -> tuple[float, Floats, Floats]:
        at = partial_likelihood(sets, columns, parameters)
        return at.value, at.gradient, at.information

    return maximise(evaluate, columns)


def centre_in_strata(sets: RiskSets, columns: Floats) -> Floats:
    """Columns, sorted, minus their mean in each stratum: the partial likelihood does not see what is constant there."""
    centred = columns.copy()
    for start, stop in sets.strata:
        centred[start:stop] -= centred[start:stop].mean(axis=0)
    return centred


def cox_fit(design: Array, time: Array, event: Array, *, strata: Array | None = None) -> Fit:
    """Log hazard ratios by maximum partial likelihood with Efron's treatment of ties.

    ``h(t | x) = h0_s(t) exp(design @ coefficients)``, a baseline hazard for each stratum s.

    Parameters
    ----------
    design : (n_subjects, q)
        Complete, without an intercept.
    time : (n_subjects,)
        Time of event or censoring; NaN leaves a subject out.
    event : (n_subjects,)
        1 for an event, 0 for a censoring.
    strata : (n_subjects,), optional

    Returns
    -------
    Fit
        ``TOO_FEW`` where events do not outnumber columns, ``CONSTANT`` where columns are linearly dependent within
        strata, ``SEPARATION`` where the likelihood is monotone (its log-likelihood is the supremum).

    Raises
    ------
    ValueError
        Shapes differ, or an event is neither 0 nor 1.

    Notes
    -----
    Valid when hazards are proportional within strata, censoring is independent given the columns, and events number
    about ten a column or more.

    References
    ----------
    Cox 1972, https://doi.org/10.1111/j.2517-6161.1972.tb00899.x; Efron 1977,
    https://doi.org/10.1080/01621459.1977.10480613
    """
    sets = risk_sets(time, event, strata=strata)
    x = as_floats(design)
    if x.ndim != 2 or x.shape[0] != as_floats(time).size:
        raise ValueError(f"design {x.shape} and {as_floats(time).size} times disagree on subjects")
    x = centre_in_strata(sets, x[sets.order])
    n, q = x.shape
    if sets.n_events <= q:
        return failed_fit(q, n=n, n_events=sets.n_events, status=Status.TOO_FEW)
    if independent_columns(x).size < q:
        return failed_fit(q, n=n, n_events=sets.n_events, status=Status.CONSTANT)
    basis, triangle = scaled_qr(x)
    null = partial_likelihood(sets, basis, np.zeros(q)).value
    return unscaled_fit(maximise_cox(sets, basis), triangle, n=n, n_events=sets.n_events, log_likelihood_null=null)
