"""Moderated t: each feature's residual variance is drawn towards what features of its level have (empirical Bayes)."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import polygamma, psi

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, column_blocks, log10_p_t, namespace
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import as_floats
from biomarker.stats.linear import linear_effects, response_groups

__all__ = ["VariancePrior", "feature_variance", "moderate", "moderated_screen", "variance_prior"]

Floats = npt.NDArray[np.float64]

# A variance of (nearly) zero has no logarithm: it counts as this share of the median.
_LEAST_SHARE = 1e-5
_NEWTON_STEPS = 50


@dataclass(frozen=True, eq=False)
class VariancePrior:
    """Law of the true variances: ``dof * variance / sigma^2`` is chi-squared with `dof` degrees of freedom.

    Attributes
    ----------
    variance : (n_features,)
        Where the variance of each feature is drawn to.
    dof : float
        How strongly, in degrees of freedom; infinite where the variances differ by no more than chance.
    """

    variance: Floats
    dof: float


def variance_prior(variance: Floats, dof: Floats, *, level: Floats | None = None) -> VariancePrior:
    """Fit the prior of the variances to the variances themselves, by the moments of their logarithms.

    With ``e = log s^2 - psi(d / 2) + log(d / 2)``: ``E e = log s0^2 - psi(d0 / 2) + log(d0 / 2)`` and
    ``Var e = psi'(d / 2) + psi'(d0 / 2)``. The mean of e is a natural cubic spline of the level with two inner knots at
    the tertiles (fewer with fewer than 30 features), or a constant without levels.

    Parameters
    ----------
    variance, dof : (n_features,)
        Residual variances, not negative, and their degrees of freedom, above 0.
    level : (n_features,), optional
        What the variance may follow: the feature's mean on a logarithmic scale.

    Returns
    -------
    VariancePrior
        With fewer than three features `dof` is 0: nothing is moderated.

    Notes
    -----
    Valid when the true variances, given the level, scatter like scaled inverse chi-squared ones, and features are not
    too dependent to be averaged over. A few features of outlying variance weaken the prior (its dof) for all.

    References
    ----------
    Smyth 2004, https://doi.org/10.2202/1544-6115.1027; the trend: Law et al. 2014,
    https://doi.org/10.1186/gb-2014-15-2-r29
    """
    n = variance.size
    if n < 3:
        return VariancePrior(variance.copy(), 0.0)
    raised = np.maximum(variance, _LEAST_SHARE * np.median(variance))
    if not raised.min() > 0:  # more than half of all variances are zero
        return VariancePrior(variance.copy(), 0.0)
    few, which = np.unique(dof, return_inverse=True)  # nearly always one: the special functions are the slow part
    e = np.log(raised) - (psi(few / 2.0) - np.log(few / 2.0))[which]
    basis = np.ones((n, 1)) if level is None else _spline_basis(level)
    left, singular, _ = np.linalg.svd(basis, full_matrices=False)
    left = left[:, singular > 1e-10 * singular[0]]
    fitted = left @ (left.T @ e)
    chance = float(polygamma(1, few / 2.0)[which].mean())
    scatter = float(((e - fitted) ** 2).sum()) / max(n - left.shape[1], 1) - chance
    if scatter > 0:
        d0 = 2.0 * _inverse_trigamma(scatter)
        return VariancePrior(np.exp(fitted + psi(d0 / 2.0) - np.log(d0 / 2.0)), d0)
    # no more scatter than chance: one variance, or one curve, for all
    return VariancePrior(np.full(n, raised.mean()) if level is None else np.exp(fitted), np.inf)


def _inverse_trigamma(value: float) -> float:
    """y with ``psi'(y) = value``, by Newton's method on ``1 / psi'``, which is nearly linear and convex."""
    if value > 1e7:
        return float(1.0 / np.sqrt(value))
    if value < 1e-6:
        return 1.0 / value
    y = 0.5 + 1.0 / value
    for _ in range(_NEWTON_STEPS):
        now = float(polygamma(1, y))
        step = now * (1.0 - now / value) / float(polygamma(2, y))
        y += step
        if -step / y < 1e-9:
            break
    return y


def _spline_basis(level: Floats) -> Floats:
    """Columns that span the natural cubic splines of the level: linear beyond the extremes, two inner knots."""
    n = level.size
    inner = 0 if n < 6 else (1 if n < 30 else 2)
    spread = float(level.max() - level.min())
    if spread <= 0:
        return np.ones((n, 1))
    u = (level - level.min()) / spread
    knots = np.unique([0.0, *np.quantile(u, np.arange(1, inner + 1) / (inner + 1)), 1.0])

    def cubic(knot: float) -> Floats:
        above = np.maximum(u - knot, 0.0)  # nothing lies beyond the last knot, whose own cubic is zero
        return np.asarray(above * above * above / (1.0 - knot))

    last = cubic(knots[-2])
    return np.column_stack([np.ones(n), u, *(cubic(knot) - last for knot in knots[:-2])])


def feature_variance(estimate: Estimate, responses: Array, covariates: Array) -> Floats:
    """Residual variance of each feature given an endpoint and the covariates, from the linear screen of the endpoint.

    ``s_x^2 = x'Mx (1 - r^2) / dof`` with ``1 - r^2 = dof / (dof + t^2)`` and ``x'Mx`` from the slope's standard error:
    ``s_x^2 = y'My / ((dof + t^2)^2 se^2)``. No further pass over the features.

    Parameters
    ----------
    estimate : Estimate
        Of `biomarker.stats.linear_screen`, (n_features, n_endpoints).
    responses, covariates
        As they were screened.

    Returns
    -------
    (n_features, n_endpoints)
        NaN where there is no estimate.
    """
    return _feature_variance(estimate.estimate, estimate.std_error, estimate.dof, responses, covariates)


def _feature_variance(effect: Floats, error: Floats, dof: Floats, responses: Array, covariates: Array) -> Floats:
    squares = np.full(effect.shape[1], np.nan)
    for group in response_groups(responses, responses, covariates, extra_terms=1):
        squares[group.endpoints] = group.squares
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        variance: Floats = squares[None, :] / (dof * error + effect * (effect / error)) ** 2
    return variance


def moderate(estimate: Estimate, variance: Floats, level: Floats | None) -> Estimate:
    """Draw every feature's variance towards the prior, endpoint by endpoint, and test with what results.

    ``s~^2 = (d0 s0^2 + d s^2) / (d0 + d)``, ``t~ = t s / s~`` with ``d0 + d`` degrees of freedom (at most those of all
    features together). The estimate stays; its standard error grows or shrinks by ``s~ / s``. Where the screen's
    p-value is not that of the t law (`permutation_tail`), the moderated one departs from it in the same ratio.

    Parameters
    ----------
    estimate : Estimate
        Of `biomarker.stats.linear_screen`.
    variance : (n_features, n_endpoints)
        See `feature_variance`.
    level : (n_features,) or None
        See `variance_prior`.

    Returns
    -------
    Estimate

    Notes
    -----
    Valid when each feature, given endpoint and covariates, is near normal with equal variance (logarithms of
    expression), and `variance_prior` is valid. Unlike the plain test it stands on the law of the feature, not of the
    endpoint: with few subjects, a feature that is zero in most of them, or whose variance is an outlier among those of
    its level, is better served by the plain test.
    """
    error, dof = _drawn(estimate.std_error, estimate.dof, estimate.status, variance, level)
    return Estimate.from_effects(
        np.array(estimate.estimate), error, dof, n=estimate.n, n_events=estimate.n_events, status=estimate.status,
        over_t=estimate.log10_p - log10_p_t(estimate.statistic, estimate.dof),
    )  # fmt: skip


def _drawn(
    error: Floats, dof: Floats, status: npt.NDArray[np.int8], variance: Floats, level: Floats | None
) -> tuple[Floats, Floats]:
    """Standard errors and degrees of freedom after the variances were drawn to their prior."""
    error, dof = error.copy(), dof.copy()
    for k in range(error.shape[1]):
        used = np.flatnonzero((status[:, k] == Status.OK) & (variance[:, k] > 0))
        s2, d = variance[used, k], dof[used, k]
        prior = variance_prior(s2, d, level=None if level is None else level[used])
        drawn = prior.variance if np.isinf(prior.dof) else (prior.dof * prior.variance + d * s2) / (prior.dof + d)
        error[used, k] *= np.sqrt(drawn / s2)
        dof[used, k] = np.minimum(prior.dof + d, d.sum())
    return error, dof


def moderated_screen(
    features: Array,
    responses: Array,
    covariates: Array,
    *,
    trend: bool = True,
    min_group: int = 3,
    permutation_tail: bool = False,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Moderated t-test of each feature's association with each endpoint, given the covariates.

    `biomarker.stats.linear_screen`, then `moderate`: the t statistic of least squares is the same whether the endpoint
    is regressed on the feature or the feature on the endpoint, so the variance that is moderated is the feature's.

    Parameters
    ----------
    features, responses, covariates, min_group, permutation_tail, block_bytes
        As in `biomarker.stats.linear_screen`.
    trend : bool
        Let the prior variance follow the feature's mean.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        Shapes differ, or the covariates do not span the intercept.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid as `moderate` says, with tens of features or more.

    References
    ----------
    Smyth 2004, https://doi.org/10.2202/1544-6115.1027

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.standard_normal((12, 500)), rng.standard_normal((12, 1))
    >>> bool((moderated_screen(x, y, np.ones((12, 1))).dof > 10).all())
    True
    """
    plain = linear_effects(
        features, responses, covariates, min_group=min_group, permutation_tail=permutation_tail, block_bytes=block_bytes
    )
    variance = _feature_variance(plain.effect, plain.error, plain.dof, responses, covariates)
    level = _means(features, block_bytes) if trend else None
    error, dof = _drawn(plain.error, plain.dof, plain.status, variance, level)
    return replace(plain, error=error, dof=dof).estimate()


def _means(features: Array, block_bytes: int) -> Floats:
    """Mean of each feature; 0 where it is no number that a level can be read from."""
    xp = namespace(features)
    n = features.shape[0]
    mean = np.zeros(features.shape[1])
    for columns in column_blocks(features.shape[1], bytes_per_column=8 * n, block_bytes=block_bytes):
        with np.errstate(over="ignore", invalid="ignore"):
            values = xp.astype(features[:, columns], xp.float64, copy=False)
            mean[columns] = as_floats(xp.sum(values, axis=0)) / max(n, 1)
    return np.where(np.isfinite(mean), mean, 0.0)
