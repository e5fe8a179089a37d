"""Logistic regression by maximum likelihood: one model."""

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from biomarker.arrays import Array, independent_columns
from biomarker.stats.estimate import Status
from biomarker.stats.feature_blocks import as_floats
from biomarker.stats.fit import Fit, failed_fit, scaled_qr, unscaled_fit
from biomarker.stats.newton import Maximum, maximise

__all__ = ["logistic_fit", "maximise_logistic"]

Floats = npt.NDArray[np.float64]


def maximise_logistic(basis: Floats, outcome: Floats) -> Maximum:
    """Maximise the Bernoulli log-likelihood over the coefficients of well-conditioned columns.

    ``l = -sum log(1 + exp(-s eta))`` with ``s = 2 y - 1``; gradient ``B'(y - mu)``, information
    ``B' diag(mu (1 - mu)) B``.

    Parameters
    ----------
    basis : (n_subjects, q)
    outcome : (n_subjects,)
        0 or 1.
    """
    sign = 2.0 * outcome - 1.0

    def evaluate(parameters: Floats) -> tuple[float, Floats, Floats]:
        eta = basis @ parameters
        mean = expit(eta)
        weight = mean * expit(-eta)
        value = -float(np.logaddexp(0.0, -sign * eta).sum())
        return value, basis.T @ (outcome - mean), basis.T @ (weight[:, None] * basis)

    return maximise(evaluate, basis)


def logistic_fit(design: Array, outcome: Array) -> Fit:
    """Log odds ratios by full maximum likelihood.

    ``logit P(y = 1) = design @ coefficients``; Newton's method with step-halving on an orthonormal basis.

    Parameters
    ----------
    design : (n_subjects, q)
        Complete, including the intercept.
    outcome : (n_subjects,)
        0 or 1.

    Returns
    -------
    Fit
        ``CONSTANT`` where the columns are linearly dependent, ``TOO_FEW`` where only one outcome occurs or subjects do
        not outnumber columns, ``SEPARATION`` where no finite maximum exists (its log-likelihood is the supremum).

    Raises
    ------
    ValueError
        Shapes differ, or an outcome is neither 0 nor 1.

    Notes
    -----
    Valid when subjects are independent and the log odds are linear in the columns. With fewer than about ten outcomes
    of the rarer kind a column, estimates are biased away from zero and Wald intervals are rough.

    References
    ----------
    McCullagh and Nelder 1989, https://doi.org/10.1007/978-1-4899-3242-6; separation: Albert and Anderson 1984,
    https://doi.org/10.1093/biomet/71.1.1
    """
    x, y = as_floats(design), checked_outcome(outcome, design.shape[0])
    n, q = x.shape
    events = int(y.sum())
    if events in (0, n) or n <= q:
        return failed_fit(q, n=n, n_events=events, status=Status.TOO_FEW)
    if independent_columns(x).size < q:
        return failed_fit(q, n=n, n_events=events, status=Status.CONSTANT)
    basis, triangle = scaled_qr(x)
    top = maximise_logistic(basis, y)
    rate = events / n
    null = n * (rate * np.log(rate) + (1.0 - rate) * np.log1p(-rate))
    return unscaled_fit(top, triangle, n=n, n_events=events, log_likelihood_null=null)


def checked_outcome(outcome: Array, n_subjects: int) -> Floats:
    """A complete 0/1 outcome as double precision."""
    y = as_floats(outcome).reshape(-1)
    if y.shape[0] != n_subjects:
        raise ValueError(f"{n_subjects} subjects, but {y.shape[0]} outcomes")
    if not np.all((y == 0) | (y == 1)):
        raise ValueError("an outcome is neither 0 nor 1")
    return y
