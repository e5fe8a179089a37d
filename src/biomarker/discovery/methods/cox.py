"""Survival endpoints: Cox score tests with Efron's ties, with a full fit for the leading features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.arrays import independent_columns
from biomarker.discovery.method import Limits, Method, Outcome, Refit, stack_endpoints
from biomarker.stats.cox import cox_null, cox_screen
from biomarker.stats.cox_fit import cox_fit
from biomarker.stats.cox_interaction import cox_interaction_screen
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.firth import firth_cox_fit

Floats = NDArray[np.float64]


def _screen(
    features: Any, outcomes: Sequence[Outcome], covariates: Floats, treatment: Floats | None, limits: Limits
) -> Estimate:
    options = {"min_group": limits.min_group, "min_events": limits.min_events}
    columns = []
    for outcome in outcomes:
        data = (features, outcome.values, outcome.event, covariates)
        if treatment is None:
            columns.append(cox_screen(*data, strata=outcome.strata, **options))
        else:
            columns.append(cox_interaction_screen(*data, treatment, strata=outcome.strata, **options))
    return stack_endpoints(columns)


def _refit(feature: Floats, outcome: Outcome, covariates: Floats, treatment: Floats | None) -> Refit:
    strata = np.zeros(len(feature)) if outcome.strata is None else outcome.strata
    smaller = [varying_within(strata, covariates)]
    larger = feature
    if treatment is not None:
        smaller += [treatment[:, None], feature[:, None]]
        larger = feature * treatment
    design = np.column_stack([*smaller, larger])
    null = cox_fit(design[:, :-1], outcome.values, outcome.event, strata=strata)
    full = cox_fit(design, outcome.values, outcome.event, strata=strata)
    return Refit.of(full, null, lambda: firth_cox_fit(design, outcome.values, outcome.event, strata=strata))


def varying_within(strata: NDArray[Any], covariates: Floats) -> Floats:
    """Covariates without those that strata and earlier covariates already determine."""
    levels = (strata[:, None] == np.unique(strata)[None, :]).astype(np.float64)
    kept = independent_columns(np.column_stack([levels, covariates])) - levels.shape[1]
    return covariates[:, kept[kept >= 0]]


def _residual(outcome: Outcome, covariates: Floats) -> Floats | None:
    null = cox_null(covariates, outcome.values, outcome.event, covariates, strata=outcome.strata, min_events=1)
    if null.status != Status.OK:
        return None
    residual = np.zeros(len(covariates))
    residual[null.sets.order] = null.sets.event - null.at.hazard
    return residual


COX = Method(
    name="Cox score test, saddlepoint tail",
    name_interaction="Cox interaction score test, likelihood-ratio tail",
    endpoint_type="survival",
    effect_scale="log hazard ratio per unit",
    effect_scale_interaction="log ratio of hazard ratios per unit",
    together=False,
    screen=_screen,
    refit=_refit,
    residual=_residual,
)
