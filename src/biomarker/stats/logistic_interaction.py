"""Logistic interaction screen: does a feature change the treatment's odds ratio?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, namespace
from biomarker.stats.batched_newton import BatchedMaximum, maximise_batch
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import as_floats, feature_blocks, same_device
from biomarker.stats.interaction_score import InteractionBlock, efficient_score, interaction_block
from biomarker.stats.linear_interaction import checked_treatment
from biomarker.stats.logistic import LogisticNull, logistic_null, screen_result

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
    n_features = features.shape[1]
    t = checked_treatment(treatment, features.shape[0])
    null = logistic_null(features, outcome, np.column_stack([as_floats(covariates), t]), min_events=min_events)
    if null.status != Status.OK:
        return null.failed(n_features)
    problem = _Problem.of(null, features)
    arm = t[null.rows][:, None]
    arms = [same_device(part, features) for part in (arm, 1.0 - arm)]
    contrast = same_device(arm - arm.mean(), features)
    effect, error = np.full(n_features, np.nan), np.full(n_features, np.nan)
    status = np.zeros(n_features, dtype=np.int8)
    centre = np.full(null.n, 1.0 / null.n)
    for part in feature_blocks(features, rows=null.rows, centre=centre, block_bytes=block_bytes):
        block = interaction_block(part, basis=problem.basis, contrast=contrast, arms=arms, min_group=min_group)
        at = part.columns
        effect[at], error[at], status[at] = _test(block, problem, null)
    parameters = null.covariates.shape[1] + 2  # the marker and its product with treatment
    return screen_result(effect, error, status, null.n, null.n_events, size=null.n, parameters=parameters)


@dataclass(frozen=True, eq=False)
class _Problem:
    """What does not change from feature to feature, on the device.

    `pairs` holds the products of all pairs of columns of `basis`, so that every feature's weighted Gram matrix is one
    column of a matrix product.
    """

    outcome: Array
    basis: Array
    pairs: Array
    start: Floats

    @classmethod
    def of(cls, null: LogisticNull, features: Array) -> "_Problem":
        """Move the null model to where the features are; its fit is where the batch starts."""
        q = null.covariates
        pairs = (q[:, :, None] * q[:, None, :]).reshape(q.shape[0], -1)
        start = np.append(q.T @ null.eta, 0.0)
        return cls(
            outcome=same_device(null.outcome[:, None], features),
            basis=same_device(q, features),
            pairs=same_device(pairs, features),
            start=start,
        )


@dataclass(frozen=True, eq=False)
class _State:
    """A block's models at given parameters: fitted means and weights (n_used, width) and log-likelihood (width,)."""

    residual: Array
    weight: Array
    value: Floats

    @classmethod
    def at(cls, problem: _Problem, main: Array, parameters: Floats) -> "_State":
        """Evaluate; the exponential is taken of a negative number only, so nothing overflows."""
        xp = namespace(main)
        moved = same_device(np.ascontiguousarray(parameters.T), main)
        eta = xp.matmul(problem.basis, moved[:-1, :]) + main * moved[-1:, :]
        small = xp.exp(-xp.abs(eta))
        log_one_plus = xp.log1p(small)
        inverse = 1.0 / (1.0 + small)
        mean = xp.where(eta >= 0, inverse, small * inverse)
        value = xp.sum(problem.outcome * eta - xp.maximum(eta, xp.zeros_like(eta)) - log_one_plus, axis=0)
        return cls(problem.outcome - mean, small * inverse * inverse, as_floats(value))


def _derivatives(problem: _Problem, main: Array, state: _State) -> tuple[Floats, Floats]:
    """Gradient (width, q) and information (width, q, q) of the nuisance: basis and main effect."""
    xp = namespace(main)
    r = problem.basis.shape[1]
    gradient = np.concatenate(
        [
            as_floats(xp.matmul(xp.matrix_transpose(problem.basis), state.residual)).T,
            as_floats(xp.sum(main * state.residual, axis=0))[:, None],
        ],
        axis=1,
    )
    weighted = state.weight * main
    information = np.empty((main.shape[1], r + 1, r + 1))
    gram = as_floats(xp.matmul(xp.matrix_transpose(problem.pairs), state.weight))
    information[:, :r, :r] = gram.T.reshape(main.shape[1], r, r)
    information[:, r, :r] = as_floats(xp.matmul(xp.matrix_transpose(problem.basis), weighted)).T
    information[:, :r, r] = information[:, r, :r]
    information[:, r, r] = as_floats(xp.sum(main * weighted, axis=0))
    return gradient, information


def _test(
    block: InteractionBlock, problem: _Problem, null: LogisticNull
) -> tuple[Floats, Floats, npt.NDArray[np.int8]]:
    """Effect, standard error and status of the interactions of a block."""
    xp = namespace(block.main)
    width = int(block.main.shape[1])

    def evaluate(rows: npt.NDArray[np.intp], parameters: Floats) -> tuple[Floats, Floats, Floats]:
        main = block.main if rows.size == width else xp.take(block.main, same_device(rows, block.main), axis=1)
        state = _State.at(problem, main, parameters)
        return (state.value, *_derivatives(problem, main, state))

    top: BatchedMaximum = maximise_batch(evaluate, np.tile(problem.start, (width, 1)))
    state = _State.at(problem, block.main, top.parameters)
    gradient, information = _derivatives(problem, block.main, state)
    weighted = state.weight * block.product
    cross = np.concatenate(
        [
            as_floats(xp.matmul(xp.matrix_transpose(problem.basis), weighted)).T,
            as_floats(xp.sum(block.main * weighted, axis=0))[:, None],
        ],
        axis=1,
    )
    at_start = as_floats(xp.matmul(same_device(null.weight, block.main), block.product * block.product))
    return efficient_score(
        block,
        top,
        score=as_floats(xp.sum(block.product * state.residual, axis=0)),
        square=as_floats(xp.sum(block.product * weighted, axis=0)),
        cross=cross,
        gradient=gradient,
        information=information,
        square_at_start=at_start,
    )
