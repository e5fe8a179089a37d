"""Logistic screen: the score test of every feature against a binary outcome, adjusted for covariates."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from biomarker.arrays import (
    DEFAULT_BLOCK_BYTES,
    Array,
    column_squares,
    namespace,
    orthonormal_basis,
    row_products,
    take_columns,
)
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import (
    FeatureBlock,
    as_floats,
    feature_blocks,
    require_intercept,
    same_device,
    used_covariates,
)
from biomarker.stats.logistic_fit import maximise_logistic
from biomarker.stats.projection import CONSTANT_SHARE, EXPLICIT_SHARE, project_out
from biomarker.stats.saddlepoint import Bernoulli
from biomarker.stats.score_screen import Scores, log10_p_of_scores, score_screen, screen_result

__all__ = ["LogisticNull", "logistic_null", "logistic_screen"]

Floats = npt.NDArray[np.float64]

# Information of a subject whose fitted probability has run to 0 or 1, beside 0.25 for an even one.
_NO_INFORMATION = 1e-5


@dataclass(frozen=True, eq=False)
class LogisticNull:
    """The model of the covariates alone, fitted once for all features.

    Attributes
    ----------
    rows : (n_used,)
        Subjects that carry information: with an outcome, and not told apart perfectly by the covariates.
    outcome, eta, mean, weight : (n_used,)
        Outcome, linear predictor, fitted probability and ``mean (1 - mean)``.
    covariates : (n_used, r)
        Orthonormal basis of the covariates.
    n, n_events : int
        Subjects and events among `rows`.
    status : Status
        Other than ``OK`` where no feature can be tested.
    """

    rows: npt.NDArray[np.intp]
    outcome: Floats
    eta: Floats
    mean: Floats
    weight: Floats
    covariates: Floats
    n: int
    n_events: int
    status: Status

    def failed(self, n_features: int) -> Estimate:
        """The result where the null model stands in the way of every test."""
        return screen_result(
            np.full(n_features, np.nan),
            np.full(n_features, np.nan),
            self.status,
            self.n,
            self.n_events,
            size=self.n,
            parameters=self.covariates.shape[1] + 1,
        )


def logistic_screen(
    features: Array,
    outcome: Array,
    covariates: Array,
    *,
    min_group: int = 3,
    min_events: int = 5,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Score test of each feature in a logistic model, given the covariates.

    With mu the fitted probabilities of the covariates alone and ``W = diag(mu (1 - mu))``: ``U = x'(y - mu)``,
    ``V = x'Wx - x'WC (C'WC)^-1 C'Wx``, ``z = U / sqrt(V)``. The estimate is one Newton step from zero, ``U / V``. Its
    standard error ``1 / sqrt(V)`` and the law of z get the small-sample form of least squares
    (`biomarker.stats.score_screen.screen_result`). Where that statistic passes `biomarker.stats.score_screen.TAIL`, the
    p-value is the saddlepoint's (`biomarker.stats.saddlepoint`) for the same statistic as a sum of Bernoulli variables
    with means mu and weights of the feature off the covariates.

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete. Single precision is screened in double precision.
    outcome : (n_subjects,)
        0 or 1; NaN leaves a subject out.
    covariates : (n_subjects, n_covariates)
        Complete, including the intercept; may be rank deficient.
    min_group : int
        A feature with two distinct values needs this many subjects in its rarer group.
    min_events : int
        Fewest subjects with the rarer outcome.
    block_bytes : int
        Size of the blocks of features; does not change results beyond rounding.

    Returns
    -------
    Estimate
        ``(n_features, 1)``, with the t law of `screen_result`. Subjects whom the covariates tell apart perfectly
        (all of a tissue respond) carry no information on any feature: they are left out and not counted in ``n``.
        Where nobody remains, every feature has the status ``SEPARATION``.

    Raises
    ------
    ValueError
        Shapes differ, an outcome is neither 0 nor 1, or the covariates do not span the intercept.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid when subjects are independent and number some ten a covariate, with about ten of the rarer outcome or more;
    features may be skewed or sparse. The one-step estimate is attenuated for strong effects (an odds ratio above about
    3 a standard deviation); a refit gives the maximum likelihood estimate.

    References
    ----------
    Rao 1948, https://doi.org/10.1017/S0305004100023987; the tail: Dey et al. 2017,
    https://doi.org/10.1016/j.ajhg.2017.05.014

    Examples
    --------
    >>> import numpy as np
    >>> x = np.tile([[0.0], [1.0]], (10, 1))
    >>> y = np.repeat([0.0, 1.0, 1.0, 0.0, 1.0], 4)
    >>> logistic_screen(x, y, np.ones((20, 1))).p_value
    array([[1.]])
    """
    n_features = features.shape[1]
    null = logistic_null(features, outcome, covariates, min_events=min_events)
    if null.status != Status.OK:
        return null.failed(n_features)
    law, root = Bernoulli(null.mean), np.sqrt(null.weight)
    basis = orthonormal_basis(root[:, None] * null.covariates)
    device = _DeviceNull.of(root, null.outcome - null.mean, basis, features)

    def log10_p(values: Array, far: npt.NDArray[np.intp], statistic: Floats) -> Floats:
        weighted = take_columns(values, far) * device.root_weight[:, None]
        rest = as_floats(project_out(weighted, device.basis)) / root[:, None]
        return log10_p_of_scores(statistic, rest, null.weight, law)

    return score_screen(
        features,
        feature_blocks(features, rows=null.rows, centre=None, block_bytes=block_bytes, weights=null.weight),
        lambda block: _scores(block, device),
        log10_p,
        min_group=min_group,
        n=null.n,
        n_events=null.n_events,
        size=null.n,
        parameters=null.covariates.shape[1] + 1,
    )


@dataclass(frozen=True, eq=False)
class _DeviceNull:
    """What the score test needs beside the features.

    `stacked` holds the residual, then the basis times the roots of the weights, so that one product reads the features.
    """

    root_weight: Array
    residual: Array
    basis: Array
    stacked: Array

    @classmethod
    def of(cls, root: Floats, residual: Floats, basis: Floats, features: Array) -> "_DeviceNull":
        """Move to where the features are."""
        stacked = np.asfortranarray(np.vstack([residual, root * basis.T]))
        return cls(*(same_device(part, features) for part in (root, residual, basis, stacked)))


def _scores(block: FeatureBlock, null: _DeviceNull) -> Scores:
    xp = namespace(block.values)
    products = as_floats(row_products(null.stacked, block.values))
    score, along = np.array(products[0]), products[1:]
    squares = block.squares
    if squares is None:
        squares = as_floats(column_squares(block.values * null.root_weight[:, None]))
    before = np.array(squares)
    after = before - np.einsum("ij,ij->j", along, along)
    weak = np.flatnonzero((after < EXPLICIT_SHARE * before) & (block.status == Status.OK))
    if weak.size:
        raw = take_columns(block.values, weak) * null.root_weight[:, None]
        # about the weighted mean, so that a large mean does not make a feature look constant
        unit = null.root_weight[:, None] / xp.sqrt(xp.sum(null.root_weight * null.root_weight))
        about_mean = project_out(raw, unit)
        before[weak] = as_floats(xp.sum(about_mean * about_mean, axis=0))
        rest = project_out(raw, null.basis)
        after[weak] = as_floats(xp.sum(rest * rest, axis=0))
        score[weak] = as_floats(xp.matmul(null.residual / null.root_weight, rest))
    constant = ~(after > CONSTANT_SHARE * before)
    return Scores(score, np.where(constant, 1.0, after), constant, block.values)


def logistic_null(features: Array, outcome: Array, covariates: Array, *, min_events: int) -> LogisticNull:
    """Fit the covariates alone, leaving out subjects whom they tell apart perfectly.

    Raises
    ------
    ValueError
        Shapes differ, an outcome is neither 0 nor 1, or the covariates do not span the intercept.
    """
    y, c = as_floats(outcome).reshape(-1), as_floats(covariates)
    n_subjects = features.shape[0]
    if y.shape[0] != n_subjects or c.ndim != 2 or c.shape[0] != n_subjects:
        raise ValueError(f"features {features.shape}, outcome {y.shape} and covariates {c.shape} disagree on subjects")
    rows = np.flatnonzero(~np.isnan(y))
    if not np.all((y[rows] == 0) | (y[rows] == 1)):
        raise ValueError("an outcome is neither 0 nor 1")
    require_intercept(orthonormal_basis(used_covariates(c, rows)))
    few = _few(y[rows], min_events)
    for _ in range(c.shape[1] + 1):  # each round loses at least one direction of the covariates
        basis = orthonormal_basis(c[rows])
        if few or rows.size <= basis.shape[1] + 1:
            return _null(rows, y[rows], np.zeros(rows.size), basis, Status.TOO_FEW)
        top = maximise_logistic(basis, y[rows])
        eta = basis @ top.parameters
        if top.status != Status.SEPARATION:
            return _null(rows, y[rows], eta, basis, top.status)
        informative = expit(eta) * expit(-eta) > _NO_INFORMATION
        if _few(y[rows][informative], min_events) or informative.all():
            return _null(rows, y[rows], eta, basis, Status.SEPARATION)
        rows = rows[informative]
    return _null(rows, y[rows], eta, basis, Status.NOT_CONVERGED)


def _few(outcome: Floats, min_events: int) -> bool:
    """Whether the rarer outcome is too rare; one of each is the least."""
    rarer = min(float(outcome.sum()), float(outcome.size - outcome.sum()))
    return rarer < max(min_events, 1)


def _null(rows: npt.NDArray[np.intp], y: Floats, eta: Floats, basis: Floats, status: Status) -> LogisticNull:
    """The fitted quantities of a null model."""
    mean = expit(eta)
    return LogisticNull(rows, y, eta, mean, mean * expit(-eta), basis, int(rows.size), int(y.sum()), status)
