"""Counts of expression, each with the precision that its size gives it, in moderated linear models (voom)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, column_blocks, namespace, orthonormal_basis
from biomarker.stats.batched_newton import solve_batch
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import as_floats, require_intercept, same_device, used_covariates
from biomarker.stats.lowess import lowess
from biomarker.stats.moderation import variance_prior
from biomarker.stats.projection import CONSTANT_SHARE

__all__ = ["Trend", "mean_variance_trend", "voom_log_cpm", "voom_screen"]

Floats = npt.NDArray[np.float64]
SPAN = 0.5
_ROBUST_ROUNDS = 3
# Weighted sums of a feature's design in a block take this many times a feature's own bytes
_SHARE_OF_BLOCK = 8


def voom_log_cpm(counts: Array, effective_library: Floats) -> Array:
    """``log2((count + 0.5) / (effective_library + 1) 10^6)``, (n_subjects, n_features).

    Parameters
    ----------
    counts : (n_subjects, n_features)
    effective_library : (n_subjects,)
        Effective library sizes: totals times normalisation factors.
    """
    xp = namespace(counts)
    size = same_device(np.log2(effective_library + 1.0)[:, None], counts)
    log2 = float(np.log(2.0))
    return xp.log(xp.astype(counts, xp.float64) + 0.5) / log2 - size + 6.0 * float(np.log2(10.0))


@dataclass(frozen=True, eq=False)
class Trend:
    """Square root of the residual standard deviation by log2 count: a line through points, flat beyond its ends.

    Attributes
    ----------
    log_count, root : (n_points,)
    """

    log_count: Floats
    root: Floats

    def weights(self, log_count: Array) -> Array:
        """Precision of a log count: the inverse of its variance, of the same shape."""
        return same_device(np.interp(as_floats(log_count), self.log_count, self.root) ** -4.0, log_count)


def mean_variance_trend(mean: Floats, deviation: Floats, effective_library: Floats, *, span: float = SPAN) -> Trend:
    """Smooth line of the square root of residual standard deviations along mean log counts.

    Parameters
    ----------
    mean, deviation : (n_features,)
        Of `voom_log_cpm`: mean, and residual standard deviation of the unweighted model. Features without any count
        left out beforehand.
    effective_library : (n_subjects,)
    span : float
        Share of the features that each point of the line looks at.

    References
    ----------
    Law et al. 2014, https://doi.org/10.1186/gb-2014-15-2-r29
    """
    size = float(np.log2(effective_library + 1.0).mean()) - 6.0 * float(np.log2(10.0))
    at, line = lowess(mean + size, np.sqrt(deviation), span=span, robust=_ROBUST_ROUNDS)
    log_count, first, count = np.unique(at, return_index=True, return_counts=True)
    root = np.add.reduceat(line, first) / count
    return Trend(log_count, np.maximum(root, 1e-8))


def voom_screen(
    counts: Array,
    effective_library: Floats,
    response: Array,
    covariates: Array,
    *,
    span: float = SPAN,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Moderated t-test of the association of each count with one continuous endpoint, weighted by precision.

    With ``E = log2((count + 0.5) / (L + 1) 10^6)``, L the library size: (1) E on covariates C and endpoint y by least
    squares, and a smooth line of the roots of residual standard deviations along mean log counts
    (`mean_variance_trend`); (2) the fitted log count of every subject and feature, and on the line its precision w; (3)
    E on (C, y) by least squares with weights w, whose residual variances are drawn to a common one
    (`biomarker.stats.moderation.variance_prior`, without a trend: the weights have taken it). The t statistic is the
    same whichever of E and y is regressed on the other with these weights; the estimate is the slope of y on E.

    Parameters
    ----------
    counts : (n_subjects, n_features)
        Not negative, complete.
    effective_library : (n_subjects,)
        Effective library sizes: totals times normalisation factors (`biomarker.stats.tmm`).
    response : (n_subjects,)
        NaN leaves a subject out.
    covariates : (n_subjects, n_covariates)
        Complete, including the intercept; may be rank deficient.
    span : float
        Of the line.
    block_bytes : int
        Size of the blocks of features; does not change results beyond rounding.

    Returns
    -------
    Estimate
        ``(n_features, 1)``. ``CONSTANT`` for a feature without any count.

    Raises
    ------
    ValueError
        Shapes differ, or the covariates do not span the intercept.

    Notes
    -----
    Valid when subjects are independent, counts are those of a sequencer (their variance follows from their size and one
    dispersion that changes smoothly with it) and features are hundreds or more. With libraries of nearly one size it
    gives what `biomarker.stats.moderated_screen` gives with trend; it is worth its time where they differ threefold.

    References
    ----------
    Law et al. 2014, https://doi.org/10.1186/gb-2014-15-2-r29; Smyth 2004, https://doi.org/10.2202/1544-6115.1027
    """
    xp = namespace(counts)
    y, c = as_floats(response).reshape(-1), as_floats(covariates)
    n_features = int(counts.shape[1])
    if not y.shape[0] == counts.shape[0] == c.shape[0] == np.size(effective_library):
        raise ValueError(f"counts {counts.shape}, response {y.shape} and covariates {c.shape} disagree on subjects")
    rows = np.flatnonzero(~np.isnan(y))
    basis = orthonormal_basis(used_covariates(c, rows))
    require_intercept(basis)
    y, size, n = y[rows], np.asarray(effective_library, dtype=np.float64)[rows], rows.size
    off = y - basis @ (basis.T @ y)
    dof = n - basis.shape[1] - 1
    status = np.full(n_features, Status.OK, dtype=np.int8)
    blank = np.full(n_features, np.nan)
    if dof < 1 or not off @ off > CONSTANT_SHARE * ((y - y.mean()) ** 2).sum():
        status[:] = Status.TOO_FEW if dof < 1 else Status.CONSTANT
        return _estimate(blank, blank, np.ones(n_features), n, status)
    design = np.column_stack([basis, off / np.linalg.norm(off)])
    index = same_device(rows, counts)
    fits = []
    for at in column_blocks(n_features, bytes_per_column=8 * n * _SHARE_OF_BLOCK, block_bytes=block_bytes):
        block = xp.take(counts[:, at], index, axis=0)
        values = voom_log_cpm(block, size)
        coefficient = as_floats(xp.matmul(same_device(design.T.copy(), counts), values))
        mean, square = as_floats(xp.mean(values, axis=0)), as_floats(xp.sum(values * values, axis=0))
        some = as_floats(xp.sum(block, axis=0)) > 0
        left = np.maximum(square - (coefficient**2).sum(axis=0), 0.0) / dof
        fits.append((coefficient, mean, np.sqrt(left), some))
    coefficient = np.concatenate([fit[0] for fit in fits], axis=1)
    mean, deviation, some = (np.concatenate([fit[k] for fit in fits]) for k in (1, 2, 3))
    status[~some] = Status.CONSTANT
    if some.sum() < 3:
        status[some] = Status.TOO_FEW
        return _estimate(blank, blank, np.ones(n_features), n, status)
    trend = mean_variance_trend(mean[some], deviation[some], size, span=span)
    slope, error, variance = _weighted(counts, index, size, design, coefficient, trend, dof, block_bytes)
    slope, error = slope / np.linalg.norm(off), error / np.linalg.norm(off)
    return _moderated(slope, error, variance, float(off @ off), dof, n, status)


def _weighted(
    counts: Array,
    index: Array,
    size: Floats,
    design: Floats,
    coefficient: Floats,
    trend: Trend,
    dof: int,
    block_bytes: int,
) -> tuple[Floats, Floats, Floats]:
    """Slope of E on the last column of the design with weights, its error, and the residual variance; (n_features,)."""
    xp = namespace(counts)
    q, n = design.shape[1], design.shape[0]
    pairs = same_device(np.ascontiguousarray((design[:, :, None] * design[:, None, :]).reshape(n, -1).T), counts)
    columns, log_size = same_device(design, counts), same_device(np.log2(size + 1.0)[:, None], counts)
    parts = []
    for at in column_blocks(counts.shape[1], bytes_per_column=8 * n * _SHARE_OF_BLOCK, block_bytes=block_bytes):
        values = voom_log_cpm(xp.take(counts[:, at], index, axis=0), size)
        fitted = xp.matmul(columns, same_device(np.ascontiguousarray(coefficient[:, at]), counts))
        weight = trend.weights(fitted + log_size - 6.0 * float(np.log2(10.0)))
        gram = as_floats(xp.matmul(pairs, weight)).T.reshape(-1, q, q)
        right = as_floats(xp.matmul(xp.matrix_transpose(columns), weight * values)).T
        beta = solve_batch(gram, right)
        last = solve_batch(gram, np.broadcast_to(np.eye(q)[-1], right.shape))[:, -1]
        rest = values - xp.matmul(columns, same_device(np.ascontiguousarray(beta.T), counts))
        variance = as_floats(xp.sum(weight * rest * rest, axis=0)) / dof
        parts.append((beta[:, -1], np.sqrt(variance * last), variance))
    slope, error, variance = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return slope, error, variance


def _moderated(
    slope: Floats, error: Floats, variance: Floats, square: float, dof: int, n: int, status: npt.NDArray[np.int8]
) -> Estimate:
    """Draw variances to their prior; the estimate turned round, so that it is the endpoint's on the feature."""
    used = np.flatnonzero((status == Status.OK) & (variance > 0))
    status[(status == Status.OK) & ~(variance > 0)] = Status.CONSTANT
    d = np.full(used.size, float(dof))
    prior = variance_prior(variance[used], d)
    drawn = (
        prior.variance if np.isinf(prior.dof) else (prior.dof * prior.variance + d * variance[used]) / (prior.dof + d)
    )
    t, freedom = np.full(slope.size, np.nan), np.ones(slope.size)
    t[used] = slope[used] / error[used] * np.sqrt(variance[used] / drawn)
    freedom[used] = np.minimum(prior.dof + d, d.sum())
    # weighted sums: y'y = variance / error^2, x'y = slope y'y, x'x = residual + slope^2 y'y
    with np.errstate(divide="ignore", invalid="ignore"):
        own = variance / error**2
        turned = slope * own / (variance * dof + slope**2 * own)
        return _estimate(turned, np.where(t == 0, np.sqrt(1.0 / own), turned / t), freedom, n, status)


def _estimate(effect: Floats, error: Floats, dof: Floats, n: int, status: npt.NDArray[np.int8]) -> Estimate:
    return Estimate.from_effects(effect[:, None], error[:, None], dof[:, None], n=n, n_events=0, status=status[:, None])
