"""Survival endpoints: Cox score tests with Efron's ties, with a full fit for the leading features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.method import Limits, Method, Outcome, Refit, stack_endpoints
from biomarker.stats.cox import cox_screen
from biomarker.stats.cox_fit import cox_fit
from biomarker.stats.cox_interaction import cox_interaction_screen
from biomarker.stats.estimate import Estimate
from biomarker.stats.firth import firth_cox_fit

Floats = NDArray[np.float64]


def _screen(
    features: Any, outcomes: Sequence[Outcome], covariates: Floats, treatment: Floats | None, limits: Limits
) -> Estimate:
    options = {"min_group": limits.min_group, "min_events": limits.min_events}
    columns = []
    for outcome in outcomes:
        if treatment is None:
            columns.append(cox_screen(features, outcome.values, outcome.event, covariates, **options))
        else:
            columns.append(
                cox_interaction_screen(features, outcome.values, outcome.event, covariates, treatment, **options)
            )
    return stack_endpoints(columns)


def _refit(feature: Floats, outcome: Outcome, covariates: Floats, treatment: Floats | None) -> Refit:
    smaller = [covariates]
    larger = feature
    if treatment is not None:
        smaller += [treatment[:, None], feature[:, None]]
        larger = feature * treatment
    design = np.column_stack([*smaller, larger])
    null = cox_fit(design[:, :-1], outcome.values, outcome.event)
    full = cox_fit(design, outcome.values, outcome.event)
    return Refit.of(full, null, lambda: firth_cox_fit(design, outcome.values, outcome.event))


COX = Method(
    name="Cox score test",
    name_interaction="Cox interaction score test",
    endpoint_type="survival",
    effect_scale="log hazard ratio per unit",
    effect_scale_interaction="log ratio of hazard ratios per unit",
    together=False,
    screen=_screen,
    refit=_refit,
)
