"""Proportional odds interaction screen: does a feature change the treatment's odds ratio of a higher level?"""

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import as_floats
from biomarker.stats.interaction_score import Effects, InteractionBlock, score_given_main, score_interactions
from biomarker.stats.linear_interaction import checked_treatment
from biomarker.stats.ordinal import ordinal_null
from biomarker.stats.ordinal_fit import OrdinalProblem
from biomarker.stats.score_screen import screen_result

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
    t = checked_treatment(treatment, features.shape[0])
    null = ordinal_null(features, levels, np.column_stack([as_floats(covariates), t]), min_events=min_events)
    if null.status != Status.OK:
        return null.failed(features.shape[1])
    n, problem = int(null.rows.size), OrdinalProblem.of(null.covariates, null.levels, features)

    parameters = null.parameters_used + 1
    basis = np.column_stack([np.full(n, 1.0 / np.sqrt(n)), null.covariates])

    def test(block: InteractionBlock) -> Effects:
        return score_given_main(
            block,
            problem.at,
            lambda column, at: problem.cross(column, at.low, at.high),
            start=null.parameters,
            weight_at_start=null.weight,
            basis=basis,
            dof=n - parameters,
        )

    effect, error, status, tail = score_interactions(
        features, null.rows, t, basis, test, min_group=min_group, block_bytes=block_bytes
    )
    return screen_result(effect, error, status, n, 0, size=n, parameters=parameters, tail=tail)
