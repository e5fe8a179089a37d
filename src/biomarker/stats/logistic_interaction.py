"""Logistic interaction screen: does a feature change the treatment's odds ratio?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, namespace
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import as_floats, same_device
from biomarker.stats.interaction_score import score_given_main, score_interactions
from biomarker.stats.linear_interaction import checked_treatment
from biomarker.stats.logistic import LogisticNull, logistic_null
from biomarker.stats.score_screen import screen_result

__all__ = ["logistic_interaction_screen"]

Floats = npt.NDArray[np.float64]


def logistic_interaction_screen(
    features: Array,
    outcome: Array,
    covariates: Array,
    treatment: Array,
    *,
    min_group: int = 3,
    min_events: int = 5,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Score test of feature x treatment in a logistic model, given feature, treatment and covariates.

    ``logit P(y = 1) = C g + a t + b x + d x t``: (g, a, b) are fitted for every feature by Newton's method in a batch,
    and d is tested by its efficient score, ``U = z'(y - mu)``, ``V = z'Wz - z'WN (N'WN)^-1 N'Wz`` with
    ``z = x (t - mean t)`` and N all fitted terms. The estimate ``U / V`` is one Newton step from d = 0: a difference
    between the arms in the log odds ratio of one unit of the feature.

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete. Single precision is screened in double precision.
    outcome : (n_subjects,)
        0 or 1; NaN leaves a subject out.
    covariates : (n_subjects, n_covariates)
        Complete, including the intercept, without the treatment; may be rank deficient.
    treatment : (n_subjects,)
        0 or 1.
    min_group : int
        A feature with two distinct values needs this many subjects in its rarer group, in each arm.
    min_events : int
        Fewest subjects with the rarer outcome.
    block_bytes : int
        Size of the blocks of features; does not change results beyond rounding.

    Returns
    -------
    Estimate
        ``(n_features, 1)``, t law. ``SEPARATION`` where the feature's main effect alone tells the outcome apart,
        ``CONSTANT`` also where the feature varies in one arm only.

    Raises
    ------
    ValueError
        Shapes differ, a value is neither 0 nor 1, or the covariates do not span the intercept.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid when treatment is randomised, or all that confounds it is among the covariates, the main effect is linear on
    the log odds scale, and each arm has ten of the rarer outcome or more. The interaction is one of the relative scale:
    a marker without it can still change the difference in response rates. A covariate left out attenuates all odds
    ratios, yet not to zero.

    References
    ----------
    Rao 1948, https://doi.org/10.1017/S0305004100023987
    """
    t = checked_treatment(treatment, features.shape[0])
    null = logistic_null(features, outcome, np.column_stack([as_floats(covariates), t]), min_events=min_events)
    if null.status != Status.OK:
        return null.failed(features.shape[1])
    model, start = _Model.of(null, features), null.covariates.T @ null.eta
    parameters = null.covariates.shape[1] + 2  # the marker and its product with treatment
    effect, error, status, tail = score_interactions(
        features,
        null.rows,
        t,
        null.covariates,
        lambda block: score_given_main(
            block,
            model.at,
            model.cross,
            start=start,
            weight_at_start=null.weight,
            basis=null.covariates,
            dof=null.n - parameters,
        ),
        min_group=min_group,
        block_bytes=block_bytes,
    )
    return screen_result(effect, error, status, null.n, null.n_events, size=null.n, parameters=parameters, tail=tail)


@dataclass(frozen=True, eq=False)
class _State:
    """See `biomarker.stats.interaction_score.State`."""

    value: Floats
    gradient: Floats
    information: Floats
    residual: Array
    weight: Array


@dataclass(frozen=True, eq=False)
class _Model:
    """What does not change from feature to feature, on the device.

    `pairs` holds the products of all pairs of columns of `basis`, so that every feature's weighted Gram matrix is one
    column of a matrix product.
    """

    outcome: Array
    basis: Array
    pairs: Array

    @classmethod
    def of(cls, null: LogisticNull, features: Array) -> "_Model":
        """Move the null model to where the features are."""
        q = null.covariates
        pairs = (q[:, :, None] * q[:, None, :]).reshape(q.shape[0], -1)
        return cls(*(same_device(part, features) for part in (null.outcome[:, None], q, pairs)))

    def at(self, parameters: Floats, own: Array) -> _State:
        """Evaluate; the exponential is taken of a negative number only, so nothing overflows."""
        xp = namespace(own)
        moved = same_device(np.ascontiguousarray(parameters.T), own)
        eta = xp.matmul(self.basis, moved[:-1, :]) + own * moved[-1:, :]
        small = xp.exp(-xp.abs(eta))
        inverse = 1.0 / (1.0 + small)
        mean = xp.where(eta >= 0, inverse, small * inverse)
        value = xp.sum(self.outcome * eta - xp.maximum(eta, xp.zeros_like(eta)) - xp.log1p(small), axis=0)
        residual, weight = self.outcome - mean, small * inverse * inverse
        return _State(as_floats(value), *self._derivatives(own, residual, weight), residual, weight)

    def _derivatives(self, own: Array, residual: Array, weight: Array) -> tuple[Floats, Floats]:
        """Gradient (width, q) and information (width, q, q)."""
        xp, r, width = namespace(own), self.basis.shape[1], own.shape[1]
        by_basis = as_floats(xp.matmul(xp.matrix_transpose(self.basis), residual)).T
        gradient = np.concatenate([by_basis, as_floats(xp.sum(own * residual, axis=0))[:, None]], axis=1)
        weighted = weight * own
        information = np.empty((width, r + 1, r + 1))
        gram = as_floats(xp.matmul(xp.matrix_transpose(self.pairs), weight))
        information[:, :r, :r] = gram.T.reshape(width, r, r)
        information[:, r, :r] = self._with_basis(weighted)
        information[:, :r, r] = information[:, r, :r]
        information[:, r, r] = as_floats(xp.sum(own * weighted, axis=0))
        return gradient, information

    def _with_basis(self, weighted: Array) -> Floats:
        xp = namespace(weighted)
        return as_floats(xp.matmul(xp.matrix_transpose(self.basis), weighted)).T

    def cross(self, column: Array, state: _State) -> Floats:
        """Information between a column of each model's own and the basis, (width, r)."""
        return self._with_basis(state.weight * column)
