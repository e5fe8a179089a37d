"""Proportional odds screen: the score test of every feature against ordered levels, adjusted for covariates."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, column_squares, namespace, orthonormal_basis, take_columns
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import (
    FeatureBlock,
    as_floats,
    feature_blocks,
    require_intercept,
    same_device,
    used_covariates,
)
from biomarker.stats.newton import solve_information
from biomarker.stats.ordinal_fit import Levels, checked_levels, maximise_ordinal
from biomarker.stats.projection import CONSTANT_SHARE, project_out
from biomarker.stats.saddlepoint import Categorical
from biomarker.stats.score_screen import Scores, log10_p_of_scores, score_screen, screen_result

__all__ = ["OrdinalNull", "ordinal_null", "ordinal_screen"]

Floats = npt.NDArray[np.float64]

# A subject whose level the covariates tell has this share of the mean weight: a residual is divided by its root.
_LEAST_WEIGHT = 1e-10


@dataclass(frozen=True, eq=False)
class OrdinalNull:
    """The model of the covariates alone, fitted once for all features.

    Attributes
    ----------
    rows : (n_used,)
        Subjects with a level.
    levels : (n_used,) of int
        0 to K - 1, each taken by somebody.
    covariates : (n_used, r)
        Orthonormal basis of the covariates off the intercept.
    parameters : (K - 1 + r,)
        Thresholds and coefficients.
    chance, scores : (n_used, K)
        Probability of each level, and what the residual would be: ``P(lower) - P(higher)``.
    status : Status
    """

    rows: npt.NDArray[np.intp]
    levels: Levels
    covariates: Floats
    parameters: Floats
    chance: Floats
    scores: Floats
    status: Status

    @property
    def residual(self) -> Floats:
        """Share of levels below a subject's own, less the share above it, (n_used,): mean zero given the covariates."""
        return np.asarray(np.take_along_axis(self.scores, self.levels[:, None], axis=1)[:, 0])

    @property
    def weight(self) -> Floats:
        """Variance of each residual, (n_used,)."""
        variance = (self.chance * self.scores**2).sum(axis=1)
        return np.asarray(np.maximum(variance, _LEAST_WEIGHT * variance.mean()))

    @property
    def parameters_used(self) -> int:
        """Of the model with the feature."""
        return self.parameters.size + 1

    def failed(self, n_features: int) -> Estimate:
        """The result where the null model stands in the way of every test."""
        nothing = np.full(n_features, np.nan)
        n = int(self.rows.size)
        return screen_result(nothing, nothing, self.status, n, 0, size=n, parameters=self.parameters_used)


def ordinal_screen(
    features: Array,
    levels: Array,
    covariates: Array,
    *,
    min_group: int = 3,
    min_events: int = 5,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Score test of each feature in a proportional odds model, given the covariates.

    ``P(y > k) = expit(C g + b x - a_k)``. With (a, g) of the covariates alone, r the residual ``P(Y < y) - P(Y > y)``
    (Li and Shepherd's probability-scale residual), w its variance and x off the covariates by weights w: ``U = x'r``,
    ``V = x'Wx - h' J^aa h``, h the expected information between x and the thresholds and ``J^aa`` their block of the
    inverse information of (a, g), ``z = U / sqrt(V)``. The estimate is one Newton step from zero, ``U / V``: a log odds
    ratio of a higher level. Standard error and law of z get the small-sample form of least squares
    (`biomarker.stats.score_screen.screen_result`); where that statistic passes `biomarker.stats.score_screen.TAIL`, the
    p-value is the saddlepoint's, for a sum of residuals that fall on the levels by their chances. With two levels this
    is `biomarker.stats.logistic_screen`.

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete. Single precision is screened in double precision.
    levels : (n_subjects,)
        Whole numbers in the order of the levels; NaN leaves a subject out.
    covariates : (n_subjects, n_covariates)
        Complete, including the intercept; may be rank deficient.
    min_group : int
        A feature with two distinct values needs this many subjects in its rarer group.
    min_events : int
        Fewest subjects outside the most frequent level.
    block_bytes : int
        Size of the blocks of features; does not change results beyond rounding.

    Returns
    -------
    Estimate
        ``(n_features, 1)``, with the t law of `screen_result`; ``n_events`` is 0. ``SEPARATION`` for every feature
        where the covariates alone order the levels perfectly.

    Raises
    ------
    ValueError
        Shapes differ, a level is no whole number, or the covariates do not span the intercept.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid when subjects are independent and number some ten a covariate, with about ten outside the most frequent level
    or more; features may be skewed or sparse. As a test it needs no proportional odds: under the null hypothesis the
    feature moves no level. The estimate is one number for all thresholds, and attenuated for strong effects.

    References
    ----------
    McCullagh 1980, https://doi.org/10.1111/j.2517-6161.1980.tb01109.x; the residual: Li and Shepherd 2012,
    https://doi.org/10.1093/biomet/asr073

    Examples
    --------
    >>> import numpy as np
    >>> x, y = np.tile([[0.0], [1.0]], (15, 1)), np.repeat([0.0, 1.0, 2.0], 10)
    >>> ordinal_screen(x, y, np.ones((30, 1))).p_value
    array([[1.]])
    """
    null = ordinal_null(features, levels, covariates, min_events=min_events)
    if null.status != Status.OK:
        return null.failed(features.shape[1])
    n, weight = int(null.rows.size), null.weight
    law, device = Categorical(null.chance, null.scores), _DeviceNull.of(null, features)
    return score_screen(
        features,
        feature_blocks(features, rows=null.rows, centre=weight / weight.sum(), block_bytes=block_bytes),
        lambda block: _scores(block, device),
        lambda rest, far, statistic: log10_p_of_scores(statistic, as_floats(take_columns(rest, far)), weight, law),
        min_group=min_group,
        n=n,
        n_events=0,
        size=n,
        parameters=null.parameters_used,
    )


@dataclass(frozen=True, eq=False)
class _DeviceNull:
    """What the score test needs beside the features.

    Attributes
    ----------
    residual : (n_used,)
    root : (n_used, 1)
        Square roots of the residuals' variances.
    basis : (n_used, 1 + r)
        Orthonormal basis of intercept and covariates times `root`.
    along : (n_used, K - 1)
        A feature's product with it is its expected information with the thresholds.
    inverse : (K - 1, K - 1), host
        The thresholds' block of the inverse information.
    """

    residual: Array
    root: Array
    basis: Array
    along: Array
    inverse: Floats

    @classmethod
    def of(cls, null: OrdinalNull, features: Array) -> "_DeviceNull":
        """Expected information of the null model, and what of it meets a feature."""
        m = null.parameters.size - null.covariates.shape[1]
        # derivative of log P(y = j) by threshold k: -f_k / p_j for j = k + 1, f_k / p_j for j = k
        above = np.cumsum(null.chance[:, ::-1], axis=1)[:, ::-1][:, 1:]
        slope = above * (1.0 - above)
        floor = np.maximum(null.chance, 1e-300)
        thresholds = np.zeros((m, m))
        for k in range(m):
            thresholds[k, k] = (slope[:, k] ** 2 * (1.0 / floor[:, k] + 1.0 / floor[:, k + 1])).sum()
            if k + 1 < m:
                both = -(slope[:, k] * slope[:, k + 1] / floor[:, k + 1]).sum()
                thresholds[k, k + 1] = thresholds[k + 1, k] = both
        along = slope * (null.scores[:, :-1] - null.scores[:, 1:])
        cross = along.T @ null.covariates
        weight = null.weight
        slopes = null.covariates.T @ (weight[:, None] * null.covariates)
        information = np.block([[thresholds, cross], [cross.T, slopes]])
        inverse = solve_information(information, np.eye(information.shape[0]))[:m, :m]
        root = np.sqrt(weight)[:, None]
        basis = orthonormal_basis(root * np.column_stack([np.ones(weight.size), null.covariates]))
        residual, moved_root, moved_basis, moved_along = (
            same_device(part, features) for part in (null.residual, root, basis, along)
        )
        return cls(residual, moved_root, moved_basis, moved_along, inverse)


def _scores(block: FeatureBlock, null: _DeviceNull) -> Scores:
    """Of a block, with its features off the covariates."""
    xp = namespace(block.values)
    weighted = block.values * null.root
    before = as_floats(column_squares(weighted))
    off = project_out(weighted, null.basis)
    left = as_floats(column_squares(off))
    rest = off / null.root
    score = as_floats(xp.matmul(null.residual, rest))
    h = as_floats(xp.matmul(xp.matrix_transpose(null.along), rest))
    after = left - np.einsum("kp,kl,lp->p", h, null.inverse, h, optimize=True)
    constant = ~((left > CONSTANT_SHARE * before) & (after > CONSTANT_SHARE * left))
    return Scores(score, np.where(constant, 1.0, after), constant, rest)


def ordinal_null(features: Array, levels: Array, covariates: Array, *, min_events: int) -> OrdinalNull:
    """Fit the covariates alone.

    Raises
    ------
    ValueError
        Shapes differ, a level is no whole number, or the covariates do not span the intercept.
    """
    y, c = as_floats(levels).reshape(-1), as_floats(covariates)
    if y.shape[0] != features.shape[0] or c.ndim != 2 or c.shape[0] != features.shape[0]:
        raise ValueError(f"features {features.shape}, levels {y.shape} and covariates {c.shape} disagree on subjects")
    rows = np.flatnonzero(~np.isnan(y))
    used = used_covariates(c, rows)
    require_intercept(orthonormal_basis(used))
    level = checked_levels(y[rows], rows.size)
    counts = np.bincount(level) if rows.size else np.zeros(1)
    scale = np.abs(used).max(axis=0, initial=0.0) if rows.size else np.ones(c.shape[1])
    centred = used - used.mean(axis=0) if rows.size else used
    centred[:, (np.abs(centred) <= 1e-14 * scale).all(axis=0)] = 0.0
    basis = orthonormal_basis(centred)
    m = counts.size - 1
    nothing = np.zeros((rows.size, 1))
    if m < 1 or counts.sum() - counts.max() < max(min_events, 1) or rows.size <= basis.shape[1] + m + 1:
        return OrdinalNull(rows, level, basis, np.zeros(m + basis.shape[1]), nothing, nothing, Status.TOO_FEW)
    top = maximise_ordinal(basis, level)
    eta = basis @ top.parameters[m:]
    above = expit(eta[:, None] - top.parameters[None, :m])
    ends = np.column_stack([np.ones(rows.size), above, np.zeros(rows.size)])
    chance, scores = ends[:, :-1] - ends[:, 1:], 1.0 - ends[:, :-1] - ends[:, 1:]
    return OrdinalNull(rows, level, basis, top.parameters, chance, scores, top.status)
