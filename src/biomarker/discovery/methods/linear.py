"""Continuous endpoints: least squares, t-tests, all endpoints of a study at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.method import Limits, Method, Outcome
from biomarker.stats.estimate import Estimate
from biomarker.stats.linear import linear_screen
from biomarker.stats.linear_interaction import linear_interaction_screen

Floats = NDArray[np.float64]


def _screen(
    features: Any, outcomes: Sequence[Outcome], covariates: Floats, treatment: Floats | None, limits: Limits
) -> Estimate:
    responses = np.column_stack([outcome.values for outcome in outcomes])
    design = np.column_stack([np.ones(len(covariates)), covariates])
    if treatment is None:
        return linear_screen(features, responses, design, min_group=limits.min_group)
    return linear_interaction_screen(features, responses, design, treatment, min_group=limits.min_group)


LINEAR = Method(
    name="linear t-test",
    name_interaction="linear interaction t-test, variance by arm",
    endpoint_type="continuous",
    effect_scale="difference per unit",
    effect_scale_interaction="difference of treatment effect per unit",
    together=True,
    screen=_screen,
)
