"""Ordinary least squares: one model."""

import numpy as np

from biomarker.arrays import Array, independent_columns
from biomarker.stats.estimate import Status
from biomarker.stats.feature_blocks import LARGEST, SMALLEST, as_floats
from biomarker.stats.fit import Fit, failed_fit

__all__ = ["linear_fit"]


def linear_fit(design: Array, response: Array) -> Fit:
    """Coefficients by least squares, which is maximum likelihood for normal errors.

    ``b = (X'X)^-1 X'y``, covariance ``s^2 (X'X)^-1`` with ``s^2 = RSS / (n - q)``; log-likelihood
    ``-n/2 (log(2 pi RSS / n) + 1)``.

    Parameters
    ----------
    design : (n_subjects, q)
        Complete, including the intercept.
    response : (n_subjects,)
        Complete.

    Returns
    -------
    Fit
        `n_events` is 0. ``CONSTANT`` where the columns are linearly dependent or the response is fitted exactly,
        ``OVERFLOW`` where squares leave double precision, ``TOO_FEW`` where subjects do not outnumber columns.

    Raises
    ------
    ValueError
        Shapes differ, or a response is missing.

    Notes
    -----
    Valid when residuals are independent with equal variance, and normal or many.

    References
    ----------
    Seber and Lee 2003, https://doi.org/10.1002/9780471722199
    """
    x, y = as_floats(design), as_floats(response).reshape(-1)
    n, q = x.shape
    if y.shape[0] != n or not np.all(np.isfinite(y)):
        raise ValueError(f"{n} subjects need as many finite responses; {int(np.isfinite(y).sum())} of {y.shape[0]} are")
    if n <= q:
        return failed_fit(q, n=n, n_events=0, status=Status.TOO_FEW)
    peaks = np.abs(np.column_stack([x, y])).max(axis=0)
    if np.any((peaks > LARGEST) | ((peaks > 0) & (peaks < SMALLEST))):
        return failed_fit(q, n=n, n_events=0, status=Status.OVERFLOW)
    if independent_columns(x).size < q:
        return failed_fit(q, n=n, n_events=0, status=Status.CONSTANT)
    basis, triangle = np.linalg.qr(x)
    residual = y - basis @ (basis.T @ y)
    residual -= basis @ (basis.T @ residual)
    squares, total = float(residual @ residual), float(((y - y.mean()) ** 2).sum())
    if squares <= 1e-24 * float(y @ y):
        return failed_fit(q, n=n, n_events=0, status=Status.CONSTANT)
    back = np.linalg.inv(triangle)
    return Fit(
        coefficients=back @ (basis.T @ y),
        covariance=back @ back.T * (squares / (n - q)),
        log_likelihood=_normal_log_likelihood(squares, n),
        log_likelihood_null=_normal_log_likelihood(total, n),
        dof=float(n - q),
        n=n,
        n_events=0,
        n_iterations=0,
        status=Status.OK,
    )


def _normal_log_likelihood(squares: float, n: int) -> float:
    """Log-likelihood at the maximum-likelihood variance."""
    return -0.5 * n * (float(np.log(2.0 * np.pi * squares / n)) + 1.0)
