"""The treatment's effect on each endpoint in everybody, before any marker is looked at."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Endpoint, Survival
from biomarker.data.tables import OverallEffects
from biomarker.discovery.analysis import analyses
from biomarker.discovery.leaders import varying
from biomarker.stats.cox_fit import cox_fit
from biomarker.stats.estimate import Status
from biomarker.stats.fit import Fit
from biomarker.stats.linear_fit import linear_fit
from biomarker.stats.logistic_fit import logistic_fit
from biomarker.stats.ordinal_fit import ordinal_fit

__all__ = ["overall_effects"]

Floats = NDArray[np.float64]
LEVEL = 0.95
#: Of a time to event: with fewer events no interval around a hazard ratio can be relied on.
FEWEST_EVENTS = 10

#: Name of the model and scale of the treatment's coefficient, by type of endpoint.
MODELS = {
    "binary": ("logistic regression", "log odds ratio"),
    "continuous": ("linear regression", "difference"),
    "ordinal": ("proportional odds regression", "log odds ratio of a higher level"),
    "survival": ("Cox regression, Efron ties", "log hazard ratio"),
}


def overall_effects(cohort: Cohort) -> pl.DataFrame:
    """Effect of the active against the control arm, adjusted for the covariates, in every comparison and endpoint.

    Where there are covariates, the effect without them stands beside it, in the same subjects: odds and hazard ratios
    given covariates are another quantity than those of all subjects, also in a randomised trial.

    Returns
    -------
    polars.DataFrame
        Columns of `biomarker.data.tables.OverallEffects`; empty for a study of one arm. Intervals are Wald's at 95%. A
        time to event with fewer than ten events in a comparison has the status ``too_few`` and no estimate.
    """
    if cohort.treatment is None:
        return OverallEffects.create_empty()
    rows = [
        _effect(endpoint, analysis.comparison, analysis.used, analysis.treatment, analysis.covariates)
        for analysis in analyses(cohort, "predictive")
        for endpoint in cohort.endpoints
        if analysis.treatment is not None
    ]
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col(pl.Float64).fill_nan(None))


def _effect(
    endpoint: Endpoint, comparison: str, used: NDArray[np.bool_], treatment: Floats, covariates: Floats
) -> dict[str, str | float | int | None]:
    rows = used & endpoint.known
    arm = treatment[rows]
    fit = _fit(endpoint, rows, arm, varying(covariates[rows], arm))
    method, scale = MODELS[endpoint.type]
    events = _events(endpoint, rows)
    few = isinstance(endpoint, Survival) and events is not None and events.sum() < FEWEST_EVENTS
    status = Status.TOO_FEW if few else fit.status
    estimate, error, ci_low, ci_high = _of_arm(fit) if status == Status.OK else (np.nan,) * 4
    adjusted = covariates.shape[1] > 0 and not few
    alone = _of_arm(_fit(endpoint, rows, arm, covariates[rows, :0])) if adjusted else (np.nan,) * 4
    z = abs(estimate / error)
    p_value = 2 * special.ndtr(-z) if np.isinf(fit.dof) else 2 * special.stdtr(fit.dof, -z)
    return {
        "endpoint": endpoint.name,
        "endpoint_label": endpoint.label,
        "comparison": comparison,
        "method": method + (", adjusted for the covariates" if covariates.shape[1] > 0 else ""),
        "estimate": estimate,
        "effect_scale": scale,
        "std_error": error,
        "ci_low": ci_low,
        "ci_high": ci_high,
        "p_value": p_value,
        "estimate_unadjusted": alone[0],
        "ci_low_unadjusted": alone[2],
        "ci_high_unadjusted": alone[3],
        "benefit_sign": None if np.isnan(estimate) else int(np.sign(estimate)) * endpoint.good_sign,
        "n_active": int((arm == 1).sum()),
        "n_control": int((arm == 0).sum()),
        "events_active": None if events is None else int(events[arm == 1].sum()),
        "events_control": None if events is None else int(events[arm == 0].sum()),
        "status": status.name.lower(),
        "reason": status.reason or None,
    }


def _of_arm(fit: Fit) -> tuple[float, float, float, float]:
    """Estimate, standard error and limits of the treatment's coefficient; NaN where there is no estimate."""
    if fit.status != Status.OK:
        return (np.nan,) * 4
    estimate, error = float(fit.coefficients[0]), float(fit.std_error[0])
    quantile = special.ndtri((1 + LEVEL) / 2) if np.isinf(fit.dof) else special.stdtrit(fit.dof, (1 + LEVEL) / 2)
    return estimate, error, estimate - quantile * error, estimate + quantile * error


def _fit(endpoint: Endpoint, rows: NDArray[np.bool_], arm: Floats, covariates: Floats) -> Fit:
    """The treatment's coefficient comes first."""
    values = endpoint.values[rows]
    if isinstance(endpoint, Survival):
        return cox_fit(np.column_stack([arm, covariates]), values, endpoint.event[rows])
    if endpoint.type == "ordinal":
        return ordinal_fit(np.column_stack([arm, covariates]), values)
    design = np.column_stack([arm, np.ones(len(arm)), covariates])
    return logistic_fit(design, values) if endpoint.type == "binary" else linear_fit(design, values)


def _events(endpoint: Endpoint, rows: NDArray[np.bool_]) -> Floats | None:
    if isinstance(endpoint, Survival):
        return endpoint.event[rows]
    return endpoint.values[rows] if endpoint.type == "binary" else None
