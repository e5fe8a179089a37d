"""Westfall and Young's step-down maxT: familywise p-values by permutation, which use the features' correlation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, column_blocks, column_squares, namespace, orthonormal_basis
from biomarker.stats.feature_blocks import as_floats, same_device
from biomarker.stats.projection import CONSTANT_SHARE, project_out

__all__ = ["Permutations", "PermutedP", "max_t", "permutations_within"]

Floats = npt.NDArray[np.float64]

# Correlations of unit vectors in single precision are right to about 1e-6. One this much below the observed one counts
# as large as it, so that ties, which two-valued features have by the thousand, are counted and rounding only raises p.
_MARGIN = 1e-5
# Features a block: what comes of one block and ten thousand permutations stays in the cache.
_WIDTH = 128


@dataclass(frozen=True, eq=False)
class Permutations:
    """Permuted residuals, each scaled to length one after projection off the covariates.

    Attributes
    ----------
    residual : (n_subjects,)
        The residual as it was, of length one.
    permuted : (n_subjects, n_permutations) float32
    basis : (n_subjects, r)
        Orthonormal basis of the covariates.
    """

    residual: Floats
    permuted: npt.NDArray[np.float32]
    basis: Floats


@dataclass(frozen=True, eq=False)
class PermutedP:
    """Result of `max_t`, all (n_features,).

    Attributes
    ----------
    statistic : float64
        Partial correlation of feature and residual; NaN where the feature does not vary given the covariates.
    p_permutation : float64
        Share of permutations in which this feature's statistic is as large.
    p_familywise : float64
        Adjusted for all features by step-down maxT.
    """

    statistic: Floats
    p_permutation: Floats
    p_familywise: Floats


def permutations_within(
    residual: Array,
    covariates: Array,
    *,
    count: int,
    generator: np.random.Generator,
    strata: npt.NDArray[np.integer] | None = None,
) -> Permutations:
    """Permute residuals of a null model among the subjects of each stratum.

    Parameters
    ----------
    residual : (n_subjects,)
        Of the model of the covariates alone: least squares, ``y - mu`` of logistic regression, martingale residuals.
    covariates : (n_subjects, n_covariates)
        Including the intercept; may be rank deficient.
    count : int
    generator : numpy.random.Generator
    strata : (n_subjects,) of int, optional

    Returns
    -------
    Permutations

    Raises
    ------
    ValueError
        Shapes differ, or the residual is zero.
    """
    r = as_floats(residual).reshape(-1)
    basis = orthonormal_basis(as_floats(covariates))
    label = np.zeros(r.size, dtype=np.intp) if strata is None else np.asarray(strata)
    if basis.shape[0] != r.size or label.shape != r.shape:
        raise ValueError(f"{r.size} residuals, covariates of {basis.shape[0]} and strata of {label.size} subjects")
    length = float(np.linalg.norm(project_out(r[:, None], basis)))
    if not length > 0:
        raise ValueError("the residual is zero")
    permuted = np.empty((r.size, count), dtype=np.float32)
    for value in np.unique(label):
        rows = np.flatnonzero(label == value)
        permuted[rows] = generator.permuted(np.tile(r[rows].astype(np.float32), (count, 1)), axis=1).T
    along = basis.T @ permuted
    lengths = np.sqrt(np.maximum(column_squares(permuted.astype(np.float64)) - column_squares(along), 1e-300))
    permuted /= lengths.astype(np.float32)
    return Permutations(r / length, permuted, basis)


def max_t(features: Array, permutations: Permutations) -> PermutedP:
    """Permutation p-values of every feature, for itself and adjusted for all of them.

    With x a feature off the covariates and r_b the residuals permuted for the b-th time,
    ``T_b = |x'r_b| / (|x| |M r_b|)``, which for a continuous endpoint orders permutations as the t statistic of
    the refitted model does (Freedman and Lane). With features in descending order of the observed T,
    ``p_(j) = max_{i <= j} (1 + #{b: max_{k >= i} T_b(k) >= T(i)}) / (1 + B)``. All T_b of a block of features are one
    matrix product in single precision; where rounding could decide, the permutation counts as large.

    Parameters
    ----------
    features : (n_subjects, n_features)
        NaN where a feature is missing in a subject, who then takes no part in it. Held once more in single precision.
    permutations : Permutations
        Use the same for all features that are one family.

    Returns
    -------
    PermutedP

    Notes
    -----
    Valid when, under the null hypothesis, the residuals are exchangeable within strata given the features: exact where
    covariates are constant within strata, else for large samples. The smallest p-value is ``1 / (1 + B)``. For binary
    and survival endpoints the statistic is the score's numerator on the scale of its permutation law, so that order and
    p-value can differ a little from those of the score test.

    References
    ----------
    Westfall and Young 1993, Resampling-Based Multiple Testing, algorithm 2.8; Freedman and Lane 1983,
    https://doi.org/10.1080/07350015.1983.10509354
    """
    unit, observed = _unit_features(features, permutations)
    varies = np.flatnonzero(~np.isnan(observed))
    order = varies[np.argsort(-np.abs(observed[varies]), kind="stable")]
    alone, stepped = _counts(unit, np.abs(observed[order]), order, permutations)
    total = permutations.permuted.shape[1] + 1
    p_permutation, p_familywise = np.full(observed.size, np.nan), np.full(observed.size, np.nan)
    p_permutation[order] = (1 + alone) / total
    p_familywise[order] = np.maximum.accumulate((1 + stepped) / total)
    return PermutedP(observed, p_permutation, p_familywise)


def _unit_features(features: Array, permutations: Permutations) -> tuple[Array, Floats]:
    """Features off the covariates, of length one, zero where missing, (n_features, n_subjects) in single precision.

    With them their products with the residual, in double precision; NaN where nothing varies.
    """
    xp = namespace(features)
    n, p = features.shape
    unit = xp.zeros((p, n), dtype=xp.float32, device=features.device)
    observed = np.full(p, np.nan)
    basis, residual = same_device(permutations.basis, features), same_device(permutations.residual, features)
    for columns in column_blocks(p, bytes_per_column=8 * n, block_bytes=DEFAULT_BLOCK_BYTES):
        values = xp.astype(features[:, columns], xp.float64, copy=True)
        known = ~xp.isnan(values)
        values = xp.where(known, values, xp.zeros_like(values))
        count = xp.maximum(xp.sum(xp.astype(known, xp.float64), axis=0), xp.ones_like(values[0, :]))
        values = xp.where(known, values - (xp.sum(values, axis=0) / count)[None, :], xp.zeros_like(values))
        scale = xp.max(xp.abs(values), axis=0)
        values = values / xp.where(scale > 0, scale, xp.ones_like(scale))[None, :]
        rest = project_out(values, basis)
        after = column_squares(rest)
        varies = after > CONSTANT_SHARE * column_squares(values)
        rest = rest / xp.where(varies, xp.sqrt(after), xp.full_like(after, xp.inf))[None, :]
        unit[columns, :] = xp.astype(xp.matrix_transpose(rest), xp.float32)
        observed[columns] = np.where(as_floats(varies) > 0, as_floats(xp.matmul(residual, rest)), np.nan)
    return unit, observed


def _counts(
    unit: Array, observed: Floats, order: npt.NDArray[np.intp], permutations: Permutations
) -> tuple[Floats, Floats]:
    """Permutations in which a feature, and in which it or any weaker one, reaches the observed; both in `order`."""
    xp = namespace(unit)
    permuted = same_device(permutations.permuted, unit)
    highest = xp.zeros(permuted.shape[1], dtype=xp.float32, device=unit.device)
    alone, stepped = np.zeros(order.size), np.zeros(order.size)
    for stop in range(order.size, 0, -_WIDTH):  # from the weakest up, so that the maximum only ever grows
        start = max(stop - _WIDTH, 0)
        reached = xp.abs(xp.matmul(xp.take(unit, same_device(order[start:stop], unit), axis=0), permuted))
        least = (observed[start:stop] - _MARGIN).astype(np.float32)
        large = reached >= same_device(least, unit)[:, None]
        alone[start:stop] = as_floats(xp.count_nonzero(large, axis=1))
        counts = []
        for row in range(stop - start - 1, -1, -1):
            highest = xp.maximum(highest, reached[row, :])
            counts.append(xp.count_nonzero(highest >= float(least[row])))
        stepped[start:stop] = [float(count) for count in reversed(counts)]
    return alone, stepped
