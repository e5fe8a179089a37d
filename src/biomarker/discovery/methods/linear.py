"""Continuous endpoints: least squares, all endpoints of a study at once; t-tests, plain or moderated."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.arrays import orthonormal_basis
from biomarker.discovery.method import Limits, Method, Outcome, Pooling
from biomarker.stats.estimate import Estimate
from biomarker.stats.linear import linear_screen
from biomarker.stats.linear_interaction import linear_interaction_screen
from biomarker.stats.moderation import feature_variance, moderate
from biomarker.stats.projection import CONSTANT_SHARE, project_out

Floats = NDArray[np.float64]


def _screen(
    features: Any, outcomes: Sequence[Outcome], covariates: Floats, treatment: Floats | None, limits: Limits
) -> Estimate:
    responses, design = _arrays(outcomes, covariates)
    if treatment is None:
        return linear_screen(features, responses, design, min_group=limits.min_group, permutation_tail=True)
    return linear_interaction_screen(
        features, responses, design, treatment, min_group=limits.min_group, permutation_tail=True
    )


def _arrays(outcomes: Sequence[Outcome], covariates: Floats) -> tuple[Floats, Floats]:
    responses = np.column_stack([outcome.values for outcome in outcomes])
    return responses, np.column_stack([np.ones(len(covariates)), covariates])


def _variances(estimate: Estimate, outcomes: Sequence[Outcome], covariates: Floats) -> Floats:
    return feature_variance(estimate, *_arrays(outcomes, covariates))


def _residual(outcome: Outcome, covariates: Floats) -> Floats | None:
    response, design = _arrays([outcome], covariates)
    residual: Floats = project_out(response, orthonormal_basis(design))[:, 0]
    return residual if (residual**2).sum() > CONSTANT_SHARE * ((response - response.mean()) ** 2).sum() else None


LINEAR = Method(
    name="linear t-test, permutation tail",
    name_interaction="linear interaction t-test, variance by arm, permutation tail",
    endpoint_type="continuous",
    effect_scale="difference per unit",
    effect_scale_interaction="difference of treatment effect per unit",
    together=True,
    screen=_screen,
    residual=_residual,
)

#: The same for expression-like features. The interaction test stays as it is: its variance is the endpoint's, one for
#: all features, and there is nothing to moderate.
MODERATED = replace(
    LINEAR,
    name="moderated t-test, permutation tail",
    pooling=Pooling(collect=_variances, finish=moderate, least=50, otherwise=LINEAR),
)
