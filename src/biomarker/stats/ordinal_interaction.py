"""Proportional odds interaction screen: does a feature change the treatment's odds ratio of a higher level?"""

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, namespace
from biomarker.stats.batched_newton import BatchedMaximum, maximise_batch
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import as_floats, feature_blocks, same_device
from biomarker.stats.interaction_score import InteractionBlock, efficient_score, interaction_block
from biomarker.stats.linear_interaction import checked_treatment
from biomarker.stats.logistic import screen_result
from biomarker.stats.ordinal import OrdinalNull, ordinal_null
from biomarker.stats.ordinal_fit import OrdinalProblem

__all__ = ["ordinal_interaction_screen"]

Floats = npt.NDArray[np.float64]


def ordinal_interaction_screen(
    features: Array,
    levels: Array,
    covariates: Array,
    treatment: Array,
    *,
    min_group: int = 3,
    min_events: int = 5,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Score test of feature x treatment in a proportional odds model, given feature, treatment and covariates.

    ``P(y > k) = expit(C g + a t + b x + d x t - a_k)``: all but d are fitted for every feature by Newton's method in a
    batch, and d is tested by its efficient score (as in `biomarker.stats.logistic_interaction_screen`) with the
    observed information. The estimate ``U / V`` is one Newton step from d = 0: a difference between the arms in the log
    odds ratio, of a higher level, of one unit of the feature.

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete. Single precision is screened in double precision.
    levels : (n_subjects,)
        Whole numbers in the order of the levels; NaN leaves a subject out.
    covariates : (n_subjects, n_covariates)
        Complete, including the intercept, without the treatment; may be rank deficient.
    treatment : (n_subjects,)
        0 or 1.
    min_group : int
        A feature with two distinct values needs this many subjects in its rarer group, in each arm.
    min_events : int
        Fewest subjects outside the most frequent level.
    block_bytes : int
        Size of the blocks of features; does not change results beyond rounding.

    Returns
    -------
    Estimate
        ``(n_features, 1)``, t law; ``n_events`` is 0. ``SEPARATION`` where the feature's main effect alone orders the
        levels, ``CONSTANT`` also where the feature varies in one arm only.

    Raises
    ------
    ValueError
        Shapes differ, a value is not what it must be, or the covariates do not span the intercept.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid when treatment is randomised, or all that confounds it is among the covariates, odds are proportional for
    treatment and feature, and each arm has ten subjects outside the most frequent level or more. The interaction is one
    of the relative scale.

    References
    ----------
    McCullagh 1980, https://doi.org/10.1111/j.2517-6161.1980.tb01109.x
    """
    n_features = features.shape[1]
    t = checked_treatment(treatment, features.shape[0])
    null = ordinal_null(features, levels, np.column_stack([as_floats(covariates), t]), min_events=min_events)
    if null.status != Status.OK:
        return null.failed(n_features)
    n = int(null.rows.size)
    problem = OrdinalProblem.of(null.covariates, null.levels, features)
    terms = same_device(np.column_stack([np.full(n, 1.0 / np.sqrt(n)), null.covariates]), features)
    arm = t[null.rows][:, None]
    arms = [same_device(part, features) for part in (arm, 1.0 - arm)]
    contrast = same_device(arm - arm.mean(), features)
    effect, error = np.full(n_features, np.nan), np.full(n_features, np.nan)
    status = np.zeros(n_features, dtype=np.int8)
    for part in feature_blocks(features, rows=null.rows, centre=np.full(n, 1.0 / n), block_bytes=block_bytes):
        block = interaction_block(part, basis=terms, contrast=contrast, arms=arms, min_group=min_group)
        at = part.columns
        effect[at], error[at], status[at] = _test(block, problem, null)
    return screen_result(effect, error, status, n, 0, size=n, parameters=null.parameters_used + 1)


def _test(
    block: InteractionBlock, problem: OrdinalProblem, null: OrdinalNull
) -> tuple[Floats, Floats, npt.NDArray[np.int8]]:
    """Effect, standard error and status of the interactions of a block."""
    xp = namespace(block.main)
    width = int(block.main.shape[1])

    def evaluate(rows: npt.NDArray[np.intp], parameters: Floats) -> tuple[Floats, Floats, Floats]:
        main = block.main if rows.size == width else xp.take(block.main, same_device(rows, block.main), axis=1)
        at = problem.at(parameters, main)
        return at.value, at.gradient, at.information

    top: BatchedMaximum = maximise_batch(evaluate, np.tile(np.append(null.parameters, 0.0), (width, 1)))
    at = problem.at(top.parameters, block.main)
    both = at.low + at.high
    cross = np.concatenate(
        [
            problem.cross(block.product, at.low, at.high),
            as_floats(xp.sum(block.main * block.product * both, axis=0))[:, None],
        ],
        axis=1,
    )
    at_start = as_floats(xp.matmul(same_device(null.weight, block.main), block.product * block.product))
    return efficient_score(
        block,
        top,
        score=as_floats(xp.sum(block.product * at.residual, axis=0)),
        square=as_floats(xp.sum(block.product * block.product * both, axis=0)),
        cross=cross,
        gradient=at.gradient,
        information=at.information,
        square_at_start=at_start,
    )
