"""One model fitted by full maximum likelihood: what a refit reports."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from biomarker.arrays import log10_p_chi2
from biomarker.stats.estimate import Status
from biomarker.stats.newton import Maximum, solve_information

__all__ = ["Fit", "LikelihoodRatio", "failed_fit", "likelihood_ratio", "scaled_qr", "unscaled_fit"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit:
    """A fitted model.

    Where `status` is not ``OK`` the coefficients and covariance are NaN. The log-likelihood is NaN too, except for
    ``SEPARATION``, where it is the supremum that the likelihood approaches and a likelihood ratio still has meaning.

    Attributes
    ----------
    coefficients : (q,)
    covariance : (q, q)
        Inverse information at the maximum (linear model: with the unbiased residual variance).
    log_likelihood : float
        Maximised log-likelihood (Cox: partial).
    log_likelihood_null : float
        The same with all coefficients zero (Cox), or with the mean alone (linear, logistic).
    dof : float
        Residual degrees of freedom of the t law of a coefficient; infinite where the law is normal.
    n, n_events, n_iterations : int
    status : Status
    """

    coefficients: Floats
    covariance: Floats
    log_likelihood: float
    log_likelihood_null: float
    dof: float
    n: int
    n_events: int
    n_iterations: int
    status: Status

    @property
    def std_error(self) -> Floats:
        """Standard errors of the coefficients, (q,)."""
        errors: Floats = np.sqrt(np.diag(self.covariance))
        return errors


@dataclass(frozen=True)
class LikelihoodRatio:
    """``statistic = 2 (l1 - l0)``, its degrees of freedom and upper tail of the chi-squared law."""

    statistic: float
    dof: int
    p_value: float
    log10_p: float


def likelihood_ratio(full: Fit, null: Fit, *, dof: int = 1) -> LikelihoodRatio:
    """Likelihood-ratio test of a model against one nested in it.

    Parameters
    ----------
    full, null : Fit
        Of the same kind and subjects. ``SEPARATION`` of either is allowed: the supremum is used.
    dof : int
        How many coefficients the smaller model lacks.

    Returns
    -------
    LikelihoodRatio
        NaN where either log-likelihood is.

    Raises
    ------
    ValueError
        The models do not use the same number of subjects, or `dof` is not positive.

    Notes
    -----
    Valid when the models are nested and the sample is large beside `dof`; the chi-squared law is the limit, at the
    boundary of separation the test is conservative rather than exact.

    References
    ----------
    Wilks 1938, https://doi.org/10.1214/aoms/1177732360
    """
    if full.n != null.n:
        raise ValueError(f"the models use {full.n} and {null.n} subjects")
    if dof < 1:
        raise ValueError(f"dof must be positive, not {dof}")
    statistic = 2.0 * (full.log_likelihood - null.log_likelihood)
    if statistic < 0:  # rounding of two nearly equal maxima
        statistic = 0.0
    log10_p = float(log10_p_chi2(np.array([statistic]), float(dof))[0])
    return LikelihoodRatio(statistic, dof, float(10.0**log10_p), log10_p)


def failed_fit(q: int, *, n: int, n_events: int, status: Status) -> Fit:
    """A fit that was not possible: counts and status, no number."""
    return Fit(
        coefficients=np.full(q, np.nan),
        covariance=np.full((q, q), np.nan),
        log_likelihood=float("nan"),
        log_likelihood_null=float("nan"),
        dof=float("nan"),
        n=n,
        n_events=n_events,
        n_iterations=0,
        status=status,
    )


def scaled_qr(design: Floats) -> tuple[Floats, Floats]:
    """``design = basis @ triangle`` with orthonormal columns, of which the iterations are independent of units."""
    basis, triangle = np.linalg.qr(design)
    return basis, triangle


def unscaled_fit(top: Maximum, triangle: Floats, *, n: int, n_events: int, log_likelihood_null: float) -> Fit:
    """A maximum over the basis of `scaled_qr`, told in the columns of the design."""
    q = triangle.shape[0]
    if top.status != Status.OK:
        failed = failed_fit(q, n=n, n_events=n_events, status=top.status)
        limit = top.log_likelihood if top.status == Status.SEPARATION else float("nan")
        return replace(failed, log_likelihood=limit, log_likelihood_null=log_likelihood_null)
    lengths = np.linalg.eigvalsh(top.information)
    if q and lengths[0] <= 1e-12 * lengths[-1]:  # a column that varies only where it decides nothing
        return failed_fit(q, n=n, n_events=n_events, status=Status.CONSTANT)
    back = np.asarray(np.linalg.inv(triangle), dtype=np.float64)
    return Fit(
        coefficients=back @ top.parameters,
        covariance=back @ solve_information(top.information, back.T),
        log_likelihood=top.log_likelihood,
        log_likelihood_null=log_likelihood_null,
        dof=float("inf"),
        n=n,
        n_events=n_events,
        n_iterations=top.n_iterations,
        status=Status.OK,
    )
