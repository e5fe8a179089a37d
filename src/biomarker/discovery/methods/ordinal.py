"""Ordinal endpoints: proportional odds score tests, with a full fit for the leading features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.method import Limits, Method, Outcome, Refit, stack_endpoints
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.fit import likelihood_ratio
from biomarker.stats.ordinal import ordinal_null, ordinal_screen
from biomarker.stats.ordinal_fit import ordinal_fit
from biomarker.stats.ordinal_interaction import ordinal_interaction_screen

Floats = NDArray[np.float64]


def _screen(
    features: Any, outcomes: Sequence[Outcome], covariates: Floats, treatment: Floats | None, limits: Limits
) -> Estimate:
    options = {"min_group": limits.min_group, "min_events": limits.min_events}
    design = np.column_stack([np.ones(len(covariates)), covariates])
    if treatment is None:
        return stack_endpoints([ordinal_screen(features, e.values, design, **options) for e in outcomes])
    return stack_endpoints(
        [ordinal_interaction_screen(features, e.values, design, treatment, **options) for e in outcomes]
    )


def _refit(feature: Floats, outcome: Outcome, covariates: Floats, treatment: Floats | None) -> Refit:
    smaller, larger = [covariates], feature
    if treatment is not None:
        smaller += [treatment[:, None], feature[:, None]]
        larger = feature * treatment
    design = np.column_stack([*smaller, larger])
    full = ordinal_fit(design, outcome.values)
    if full.status != Status.OK:  # no penalised fit stands in for it
        return Refit("", np.nan, np.nan, np.nan, np.nan, np.nan, full.status)
    null = ordinal_fit(design[:, :-1], outcome.values)
    p_value = likelihood_ratio(full, null).p_value
    effect, error = float(full.coefficients[-1]), float(full.std_error[-1])
    return Refit("maximum likelihood", effect, error, np.nan, np.nan, p_value, Status.OK)


def _residual(outcome: Outcome, covariates: Floats) -> Floats | None:
    design = np.column_stack([np.ones(len(covariates)), covariates])
    null = ordinal_null(covariates, outcome.values, design, min_events=1)
    return null.residual if null.status == Status.OK else None


ORDINAL = Method(
    name="proportional odds score test, saddlepoint tail",
    name_interaction="proportional odds interaction score test",
    endpoint_type="ordinal",
    effect_scale="log odds ratio of a higher level per unit",
    effect_scale_interaction="log ratio of odds ratios of a higher level per unit",
    together=False,
    screen=_screen,
    refit=_refit,
    residual=_residual,
)
