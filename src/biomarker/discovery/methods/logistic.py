"""Binary endpoints: logistic score tests, with a full fit for the leading features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.method import Limits, Method, Outcome, Ranks, Refit, stack_endpoints
from biomarker.stats.auc import auc
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.firth import firth_logistic_fit
from biomarker.stats.logistic import logistic_null, logistic_screen
from biomarker.stats.logistic_fit import logistic_fit
from biomarker.stats.logistic_interaction import logistic_interaction_screen
from biomarker.stats.rank_sum import RankSums, rank_sum_screen

Floats = NDArray[np.float64]


def _screen(
    features: Any, outcomes: Sequence[Outcome], covariates: Floats, treatment: Floats | None, limits: Limits
) -> Estimate:
    options = {"min_group": limits.min_group, "min_events": limits.min_events}
    design = np.column_stack([np.ones(len(covariates)), covariates])
    if treatment is None:
        return stack_endpoints([logistic_screen(features, e.values, design, **options) for e in outcomes])
    return stack_endpoints(
        [logistic_interaction_screen(features, e.values, design, treatment, **options) for e in outcomes]
    )


def _refit(feature: Floats, outcome: Outcome, covariates: Floats, treatment: Floats | None) -> Refit:
    smaller = [np.ones(len(feature)), covariates]
    larger = feature
    if treatment is not None:
        smaller += [treatment, feature]
        larger = feature * treatment
    design = np.column_stack([*smaller, larger])
    null = logistic_fit(design[:, :-1], outcome.values)
    full = logistic_fit(design, outcome.values)
    return Refit.of(full, null, lambda: firth_logistic_fit(design, outcome.values))


def _residual(outcome: Outcome, covariates: Floats) -> Floats | None:
    null = logistic_null(
        covariates, outcome.values, np.column_stack([np.ones(len(covariates)), covariates]), min_events=1
    )
    if null.status != Status.OK:
        return None
    residual = np.zeros(len(covariates))  # who is told apart by the covariates has no residual
    residual[null.rows] = null.outcome - null.mean
    return residual


def _rank_sums(features: Any, outcome: Outcome) -> RankSums | None:
    return rank_sum_screen(features, outcome.values) if 0 < outcome.values.sum() < len(outcome.values) else None


def _area(feature: Floats, outcome: Outcome) -> tuple[float, float]:
    found = auc(feature, outcome.values, interval="logit")
    return float(found.ci_low), float(found.ci_high)


LOGISTIC = Method(
    name="logistic score test, saddlepoint tail",
    name_interaction="logistic interaction score test",
    endpoint_type="binary",
    effect_scale="log odds ratio per unit",
    effect_scale_interaction="log ratio of odds ratios per unit",
    together=False,
    screen=_screen,
    refit=_refit,
    residual=_residual,
    ranks=Ranks(screen=_rank_sums, interval=_area),
)
