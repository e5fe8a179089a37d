"""Tails of a slope's t statistic when residuals are exchangeable but not normal: the permutation law by saddlepoint."""

import math

import numba
import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from biomarker.arrays import log10_p_t
from biomarker.stats.saddlepoint import edgeworth_over_normal

__all__ = ["log10_over_t", "log10_p_of_arrangements", "spread_along"]

Floats = npt.NDArray[np.float64]

_LN10 = float(np.log(10.0))
# Where both terms of the Edgeworth series are this small, what it leaves out is below half a per cent of the p-value.
_SMALL_SKEW, _SMALL_KURTOSIS = 0.1, 0.05
_STEPS = 60
_SETTLED = 1e-9
# Beyond this the score lies outside what any arrangement gives, and the bound is all that is left.
_LARGEST_EXPONENT = 700.0
# Sorted values are grouped by their distance from the nearer end: one by one up to this rank, then rank / so many.
_SINGLE = 5
_LARGEST_R = 1.0 - 1e-12
# How strongly spreads are drawn to one, in subjects of a level; the least variance, as a share of the mean.
_PRIOR, _LEAST = 3.0, 0.02


def log10_p_of_arrangements(weights: Floats, residual: Floats, spread: Floats, dof: float) -> Floats:
    """log10 of the two-sided p-value of slopes when residuals, each over its spread, are exchangeable.

    ``t = r sqrt(dof / (1 - r^2))`` of the correlation r between ``a_i s_i`` and ``e_i / s_i``, by the t law times the
    ratio of `log10_over_t`. The score ``sum_i a_i e_i`` is the same whatever the spreads s; its variance is not. Taken
    once with the given spreads and once with equal ones: the larger p-value.

    Parameters
    ----------
    weights : (n_subjects, width)
        Features off the covariates.
    residual : (n_subjects, width) or (n_subjects, 1)
        Endpoint off the covariates, for each feature or for all.
    spread : (n_subjects,)
        See `spread_along`.
    dof : float
        Degrees of freedom of the residual of the whole model.

    Returns
    -------
    (width,)

    Notes
    -----
    Valid when residuals given the covariates are independent and, over a spread that the covariates tell linearly, of
    one law. Levels of a covariate that differ in more than spread (one with outliers, one without) leave it up to
    seven times too bold at 1e-4.

    References
    ----------
    Booth and Butler 1990, https://doi.org/10.1093/biomet/77.4.787
    """
    found = np.full(weights.shape[1], -np.inf)
    even = np.ptp(spread) <= 1e-9 * spread.max()
    for scale in (np.ones_like(spread),) if even else (np.ones_like(spread), spread):
        a, e = weights * scale[:, None], residual / scale[:, None]
        a, e = (part - part.mean(axis=0) for part in (a, e))
        squares = np.einsum("ij,ij->j", a, a) * np.einsum("ij,ij->j", e, e)
        r2 = np.einsum("ij,ij->j", *np.broadcast_arrays(a, e)) ** 2 / np.where(squares > 0, squares, 1.0)
        t = np.sqrt(r2 * dof / np.maximum(1.0 - r2, 1e-12))
        found = np.maximum(found, log10_p_t(t, np.full(t.size, float(dof))) + log10_over_t(a, e))
    return found


def spread_along(basis: Floats, residual: Floats) -> Floats:
    """Standard deviation of each subject's residual, as the covariates tell it.

    Fitted values of the regression of the squared residuals on the covariates, drawn to their mean by `_PRIOR` times
    the subject's leverage: a level of so few subjects tells nothing. At least `_LEAST` of the mean.

    Parameters
    ----------
    basis : (n_subjects, r)
        Orthonormal basis of the covariates and the intercept.
    residual : (n_subjects,)

    Returns
    -------
    (n_subjects,)
    """
    squares = residual * residual
    mean = float(squares.mean())
    if not mean > 0:
        return np.ones_like(residual)
    drawn = np.minimum(_PRIOR * np.einsum("ij,ij->i", basis, basis), 1.0)
    fitted = (1.0 - drawn) * (basis @ (basis.T @ squares)) + drawn * mean
    spread: Floats = np.sqrt(np.maximum(fitted, _LEAST * mean))
    return spread


def log10_over_t(weights: Floats, residual: Floats) -> Floats:
    """How much less rare a slope is under permutation than under the t law: log10 of the ratio of two-sided p-values.

    ``r`` is the correlation of weights a and residuals e, both of mean zero. Under normal errors
    ``t = r sqrt((n - 2) / (1 - r^2))`` has the t law; under exchangeable errors that are not normal, r has the law of
    all arrangements of e among the subjects. That law is approximated as the law of ``S = sum_i a_i e_i`` for e drawn
    independently from the residuals, conditional on ``sum e`` and ``sum e^2`` being what they are. With ``kappa(s, v) =
    log mean_j exp(s e_j + v (e_j^2 - 1))`` and ``K(t, u, v) = sum_i kappa(a_i t + u, v)``, solve ``dK = (S, 0, 0)``;
    then ``w = sign(t) sqrt(2 (t S - K))``, ``q = t sqrt(det K'' / det K''_uv(0))`` and ``P(S >= s)`` is close to
    ``1 - Phi(w + log(q / w) / w)`` (Skovgaard's form). With normal residuals ``w^2 = -n log(1 - r^2)``: the t law.

    Near the centre, where skewness and kurtosis of r (Pitman's moments) hardly matter, the Edgeworth series about the t
    law's normal score says the same.

    Parameters
    ----------
    weights : (n_subjects, width)
        Features off the covariates.
    residual : (n_subjects, width) or (n_subjects, 1)
        Endpoint off the covariates, for each feature or for all.

    Returns
    -------
    (width,)
        To be added to the log10 p-value of a t statistic that belongs to the same correlation. 0 where either side is
        constant, and with fewer than five subjects.

    Notes
    -----
    Valid when residuals are exchangeable given the covariates: independent, of one law, whatever the law. Values are
    grouped in the bulk and single at both ends, so that the cost of a feature grows with ``log(n)^2`` only.

    References
    ----------
    Booth and Butler 1990, https://doi.org/10.1093/biomet/77.4.787; Skovgaard 1987, https://doi.org/10.2307/3214213;
    moments: Pitman 1937, https://doi.org/10.2307/2983647
    """
    n, width = weights.shape
    found = np.zeros(width)
    if n < 5 or width == 0:
        return found
    a, e = (part - part.mean(axis=0) for part in (weights, residual))
    lengths = [np.sqrt(np.einsum("ij,ij->j", part, part)) for part in (a, e)]
    varies = (lengths[0] > 0) & (lengths[1] > 0)
    a, e = (part / np.where(length > 0, length, 1.0) for part, length in zip((a, e), lengths, strict=True))
    r = np.clip(np.einsum("ij,ij->j", *np.broadcast_arrays(a, e)), -_LARGEST_R, _LARGEST_R)
    by_t = log10_p_t(r * np.sqrt((n - 2) / (1.0 - r * r)), np.full(width, n - 2.0)) * _LN10
    skew, kurtosis = _moments(a, e)
    z = _normal_score(by_t)
    found[varies] = edgeworth_over_normal(z, skew, kurtosis)[varies]
    large = (np.abs(skew) * z**3 / 6.0 >= _SMALL_SKEW) | (np.abs(kurtosis) * z**4 / 24.0 >= _SMALL_KURTOSIS)
    hard = np.flatnonzero(large & varies)
    if hard.size:
        own = e[:, hard] if e.shape[1] > 1 else e
        log_p = _log_tails(np.abs(r[hard]), a[:, hard], own, np.sign(skew[hard]))
        found[hard] = np.minimum(log_p, 0.0) - by_t[hard]
    return found / _LN10


def _log_tails(r: Floats, a: Floats, e: Floats, longer: Floats) -> Floats:
    """log of both tails beyond +-r together, (width,); `longer` is the sign of the longer one."""
    n = a.shape[0]
    starts = _group_starts(n)
    sizes = np.diff(np.append(starts, n)).astype(np.float64)

    def grouped(values: Floats) -> Floats:
        means: Floats = np.add.reduceat(values, starts, axis=0) / sizes[:, None]
        return means

    ordered = np.sort(e, axis=0)
    pool, own = grouped(ordered), grouped(np.sort(a, axis=0))
    pool, own = pool / np.sqrt(sizes @ (pool * pool) / n), own / np.sqrt(sizes @ (own * own))
    square = n * grouped(ordered * ordered) - 1.0
    own, pool, square = (np.ascontiguousarray(part.T) for part in (own, pool, square))
    w, q = _signed_roots(r * np.sqrt(n), own * np.where(longer < 0, -1.0, 1.0)[:, None], pool, square, sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        corrected = w + np.log(q / w) / w
    tails = np.where(np.isfinite(corrected), log_ndtr(-corrected), -(w * w) / 2.0)
    both: Floats = np.logaddexp(tails[:, 0], tails[:, 1])
    return both


def _moments(a: Floats, e: Floats) -> tuple[Floats, Floats]:
    """Skewness of the correlation over all arrangements, and its kurtosis above that of normal data, (width,)."""
    n = a.shape[0]
    (skew_a, kurtosis_a), (skew_e, kurtosis_e) = _shape(a), _shape(e)
    third = (n - 2) / (n * np.sqrt(n - 1.0)) * skew_a * skew_e
    fourth = (n - 1.0) * (n - 2) * (n - 3) / (n * (n * n - 1.0) * (n - 1.0)) * kurtosis_a * kurtosis_e
    return third, fourth


def _shape(values: Floats) -> tuple[Floats, Floats]:
    """``k3 / k2^1.5`` and ``k4 / k2^2`` of columns of mean zero, by k-statistics."""
    n = values.shape[0]
    second, third, fourth = ((values**k).sum(axis=0) for k in (2, 3, 4))
    k2 = second / (n - 1)
    k3 = n * third / ((n - 1.0) * (n - 2))
    k4 = (n * (n + 1.0) * fourth - 3.0 * (n - 1) * second**2) / ((n - 1.0) * (n - 2) * (n - 3))
    k2 = np.where(k2 > 0, k2, 1.0)
    return k3 / k2**1.5, k4 / k2**2


def _normal_score(log_p: Floats) -> Floats:
    """|z| of a two-sided log p-value, by Newton's method on the logarithm of the normal tail."""
    z = np.sqrt(np.maximum(-2.0 * log_p - np.log(np.maximum(-np.pi * log_p, 1.0)), 0.0))
    for _ in range(20):
        tail = np.log(2.0) + log_ndtr(-z)
        slope = -np.exp(-(z * z) / 2.0 - np.log(np.sqrt(2.0 * np.pi)) - log_ndtr(-z))
        z = np.maximum(z - (tail - log_p) / slope, 0.0)
    return z


def _group_starts(n: int) -> npt.NDArray[np.intp]:
    """Where groups of sorted values begin: single at both ends, wider towards the middle."""
    if n <= 10 * _SINGLE:
        return np.arange(n)
    left, at = [], 0
    while at < n // 2:
        left.append(at)
        at += max(1, at // _SINGLE)
    return np.array([*left, *(n - start for start in reversed(left[1:]))])


@numba.njit(cache=True, nogil=True)
def _signed_roots(
    score: Floats, weights: Floats, pools: Floats, squares: Floats, sizes: Floats
) -> tuple[Floats, Floats]:  # pragma: no cover (compiled)
    """w and q of both tails beyond +-score, each (width, 2); one row a feature, or one for all, in the pools.

    The second is given up where it is sure to be less than a thousandth of the first.
    """
    width = score.size
    w, q = np.empty((width, 2)), np.empty((width, 2))
    n = sizes.sum()
    for c in range(width):
        pool, square = pools[c % pools.shape[0]], squares[c % squares.shape[0]]
        third, fourth = (sizes * pool * square).sum() / n, (sizes * square * square).sum() / n
        at_zero = n * n * max(fourth - third * third, 1e-12)  # the pool's variance is one
        w[c, 0], q[c, 0] = _signed_root(score[c], weights[c], sizes, pool, square, at_zero, _LARGEST_EXPONENT)
        enough = min(w[c, 0] * w[c, 0] / 2.0 + 7.0, _LARGEST_EXPONENT)
        w[c, 1], q[c, 1] = _signed_root(score[c], -weights[c], sizes, pool, square, at_zero, enough)
    return w, q


@numba.njit(cache=True, nogil=True)
def _signed_root(
    score: float, a: Floats, sizes: Floats, pool: Floats, square: Floats, at_zero: float, enough: float
) -> tuple[float, float]:  # pragma: no cover (compiled)
    """w and q of the tail beyond a positive score: Newton's method, begun at half of what normal residuals give.

    It ends early where the exponent is `enough`: K is convex, and every step makes the bound on the tail smaller.
    """
    left = 1.0 - min(score * score / sizes.sum(), 0.999)
    at = np.array([0.5 * score / left, 0.0, 0.25 * (1.0 - 1.0 / left)])
    gradient, curvature = np.empty(3), np.empty((3, 3))
    new_gradient, new_curvature = np.empty(3), np.empty((3, 3))
    value = _joint(at, a, sizes, pool, square, gradient, curvature) - at[0] * score
    for _ in range(_STEPS):
        gradient[0] -= score
        raised = curvature.copy()
        for k in range(3):
            raised[k, k] += 1e-12 * (1.0 + raised[k, k])
        step = np.linalg.solve(raised, -gradient)
        decrease = -(gradient * step).sum()
        if decrease < _SETTLED or -value > enough:
            break
        share = 1.0
        while True:
            new = at + share * step
            new_value = _joint(new, a, sizes, pool, square, new_gradient, new_curvature) - new[0] * score
            if new_value <= value - 1e-4 * share * decrease or share < 1e-6:
                break
            share *= 0.5
        at, value = new, new_value
        gradient, new_gradient = new_gradient, gradient
        curvature, new_curvature = new_curvature, curvature
    w = math.sqrt(max(-2.0 * value, 1e-12))
    if at[0] < 0:
        w = -w
    return w, at[0] * math.sqrt(max(np.linalg.det(curvature), 0.0) / at_zero)


@numba.njit(cache=True, nogil=True)
def _joint(
    at: Floats, a: Floats, sizes: Floats, pool: Floats, square: Floats, gradient: Floats, curvature: Floats
) -> float:  # pragma: no cover (compiled)
    """K at (t, u, v); its gradient and second derivatives go into the arrays given."""
    gradient[:] = 0.0
    curvature[:] = 0.0
    n = sizes.sum()
    value = 0.0
    exponent = np.empty(pool.size)
    for i in range(a.size):
        s = a[i] * at[0] + at[1]
        top = -1e300
        for j in range(pool.size):
            exponent[j] = s * pool[j] + at[2] * square[j]
            top = max(top, exponent[j])
        total, e, q, ee, eq, qq = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(pool.size):
            share = sizes[j] * math.exp(exponent[j] - top)
            total += share
            e += share * pool[j]
            q += share * square[j]
            ee += share * pool[j] * pool[j]
            eq += share * pool[j] * square[j]
            qq += share * square[j] * square[j]
        e, q = e / total, q / total
        ee, eq, qq = ee / total - e * e, eq / total - e * q, qq / total - q * q
        value += sizes[i] * (top + math.log(total / n))
        gradient[0] += sizes[i] * a[i] * e
        gradient[1] += sizes[i] * e
        gradient[2] += sizes[i] * q
        curvature[0, 0] += sizes[i] * a[i] * a[i] * ee
        curvature[0, 1] += sizes[i] * a[i] * ee
        curvature[0, 2] += sizes[i] * a[i] * eq
        curvature[1, 1] += sizes[i] * ee
        curvature[1, 2] += sizes[i] * eq
        curvature[2, 2] += sizes[i] * qq
    curvature[1, 0], curvature[2, 0], curvature[2, 1] = curvature[0, 1], curvature[0, 2], curvature[1, 2]
    return value
