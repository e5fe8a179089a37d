"""Several samples of one patient: the tests of each type of endpoint with errors that are robust to their likeness."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.method import Limits, Method, Outcome, stack_endpoints
from biomarker.stats.clustered import (
    clustered_cox_screen,
    clustered_linear_screen,
    clustered_logistic_screen,
    clustered_ordinal_screen,
)
from biomarker.stats.estimate import Estimate

Floats = NDArray[np.float64]
One = Callable[[Any, Outcome, Floats, Floats | None, Limits], Estimate]


def _with_intercept(covariates: Floats) -> Floats:
    return np.column_stack([np.ones(len(covariates)), covariates])


def _linear(x: Any, y: Outcome, covariates: Floats, treatment: Floats | None, limits: Limits) -> Estimate:
    design = _with_intercept(covariates)
    return clustered_linear_screen(x, y.values, design, y.patients, treatment=treatment, min_group=limits.min_group)


def _logistic(x: Any, y: Outcome, covariates: Floats, treatment: Floats | None, limits: Limits) -> Estimate:
    options = {"min_group": limits.min_group, "min_events": limits.min_events, "treatment": treatment}
    return clustered_logistic_screen(x, y.values, _with_intercept(covariates), y.patients, **options)


def _ordinal(x: Any, y: Outcome, covariates: Floats, treatment: Floats | None, limits: Limits) -> Estimate:
    options = {"min_group": limits.min_group, "min_events": limits.min_events, "treatment": treatment}
    return clustered_ordinal_screen(x, y.values, _with_intercept(covariates), y.patients, **options)


def _cox(x: Any, y: Outcome, covariates: Floats, treatment: Floats | None, limits: Limits) -> Estimate:
    options = {"min_group": limits.min_group, "min_events": limits.min_events, "treatment": treatment}
    return clustered_cox_screen(x, y.values, y.event, covariates, y.patients, strata=y.strata, **options)


def _screen(one: One) -> Callable[[Any, Sequence[Outcome], Floats, Floats | None, Limits], Estimate]:
    def screen(
        features: Any, outcomes: Sequence[Outcome], covariates: Floats, treatment: Floats | None, limits: Limits
    ) -> Estimate:
        return stack_endpoints([one(features, outcome, covariates, treatment, limits) for outcome in outcomes])

    return screen


def _method(endpoint_type: str, test: str, one: One, scale: str, scale_interaction: str) -> Method:
    # no refit, ranks, permutation or pooling: each takes samples for independent
    return Method(
        name=f"{test}, errors clustered by patient",
        name_interaction=f"{test} of the interaction, errors clustered by patient",
        endpoint_type=endpoint_type,
        effect_scale=scale,
        effect_scale_interaction=scale_interaction,
        together=False,
        screen=_screen(one),
    )


CLUSTERED = (
    _method("binary", "logistic score test", _logistic, "log odds ratio per unit", "log ratio of odds ratios per unit"),
    _method(
        "continuous", "linear t-test", _linear, "difference per unit", "difference of treatment effect per unit"
    ),
    _method(
        "ordinal", "proportional odds score test", _ordinal, "log odds ratio of a higher level per unit",
        "log ratio of odds ratios of a higher level per unit",
    ),
    _method("survival", "Cox score test", _cox, "log hazard ratio per unit", "log ratio of hazard ratios per unit"),
)  # fmt: skip
