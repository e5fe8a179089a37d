"""How the recommended study is looked at: bounds, what they mean as effects, conditional power, re-estimation."""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from biomarker.trial.designs.result import Statistic
from biomarker.trial.designs.setting import Contrast, SurvivalEffect
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.monitoring import conditional_power, predictive_power
from biomarker.trial.planning.worth import Study
from biomarker.trial.proposal.compare import LOOKS_CASES
from biomarker.trial.proposal.rows import said
from biomarker.trial.reestimation import promising_from, promising_zone

__all__ = ["boundaries", "zones"]

Row = dict[str, Any]
# How far re-estimation may enlarge a study
LARGEST_INCREASE = 2.0


def boundaries(study: Study, plan: GroupSequentialDesign, *, spending: str, futility: bool) -> list[Row]:
    """One row a look: bounds on the scale of Z, as nominal p and as the effect seen there, and what lies ahead.

    Parameters
    ----------
    study : Study
        Whose size and comparison the looks are at.
    plan : GroupSequentialDesign
        One-sided.
    spending : str
        Of `biomarker.trial.proposal.intent.SPENDING`.
    futility : bool
        Whether a look may stop for futility.

    Returns
    -------
    list of dict
        Effects are on the scale of the estimate (difference, log hazard ratio), signed as the endpoint's estimates are.
        Conditional power at the futility bound: under the effect assumed, under the trend seen there; predictive power
        with a flat prior. ``power_spent``: probability of stopping for efficacy by this look.

    Notes
    -----
    Valid as first-order statements: the effect at a bound is ``z sqrt(V / n)`` with the variance V of the design.
    """
    contrast, share = comparison(study)
    randomised = study.most.n_randomised
    n = share * randomised
    at_truth = Statistic.of(contrast, n)
    drift = min(at_truth.mean / at_truth.sd, 40.0)
    ended = plan.probabilities(drift)
    obeyed = said("bounds.convention.futility" if futility and plan.n_looks > 1 else "nothing")
    convention = said("bounds.convention", spending=said(f"spending.{spending}"), futility=obeyed)
    rows = []
    for k, t in enumerate(plan.information):
        last = k == plan.n_looks - 1
        lower = float(plan.lower[k])
        futile = np.isfinite(lower) and not last
        ahead: dict[str, float | None] = {
            "conditional_power_design": None,
            "conditional_power_trend": None,
            "predictive_power": None,
        }
        if futile:
            ahead = {
                "conditional_power_design": float(conditional_power(plan, lower, look=k + 1, drift=drift)[0]),
                "conditional_power_trend": float(conditional_power(plan, lower, look=k + 1, drift="trend")[0]),
                "predictive_power": predictive_power(plan, lower, look=k + 1),
            }
        rows.append(
            {
                "look": k + 1,
                "information": float(t),
                "n": float(t * randomised),
                "events": _events(contrast, t, n),
                "date": float(study.dates[k]) if study.dates.size == plan.n_looks else None,
                "efficacy_z": float(plan.upper[k]),
                "nominal_p": float(plan.nominal_p[k]),
                "effect_at_efficacy": _effect(study, contrast, float(plan.upper[k]), t, n),
                "futility_z": lower if np.isfinite(lower) and not last else None,
                "effect_at_futility": _effect(study, contrast, lower, t, n)
                if np.isfinite(lower) and not last
                else None,
                "alpha_spent": float(plan.alpha_spent[k]),
                "power_spent": float(ended.upper[0, : k + 1].sum()),
                "futility_spent": float(ended.lower[0, : k + 1].sum()) if not last else None,
                **ahead,
                "said": json.dumps(convention, sort_keys=True),
                "convention": plan.convention,
                "cases": list(LOOKS_CASES),
            }
        )
    return rows


def zones(plan: GroupSequentialDesign, n: float, *, power: float) -> list[Row]:
    """Zones of sample-size re-estimation at the last interim look: where Z lies and what n becomes.

    Increases to at most twice the planned size, by the weighted statistic (valid whatever the rule).
    """
    if plan.n_looks < 2:
        return []
    t, critical = float(plan.information[-2]), float(plan.upper[-1])
    sizes: dict[str, Any] = {"n_interim": t * n, "n_planned": n, "n_max": LARGEST_INCREASE * n}
    from_power = max(promising_from(**sizes, critical=critical, target=power), 1e-3)
    z = np.linspace(-1.0, 4.0, 501)
    found = promising_zone(z, **sizes, critical=critical, target=power, promising=min(from_power, 0.99 * power))
    rows = []
    for zone in ("unfavourable", "promising", "favourable"):
        inside = found.zone == zone
        if not inside.any():
            continue
        rows.append(
            {
                "zone": zone,
                "z_low": float(z[inside][0]),
                "z_high": float(z[inside][-1]),
                "conditional_power_low": float(found.conditional_power_planned[inside].min()),
                "conditional_power_high": float(found.conditional_power_planned[inside].max()),
                "n_low": float(found.n[inside].min()),
                "n_high": float(found.n[inside].max()),
                "convention": found.convention,
                "cases": ["GS-CP-EAST", "GS-INVNORM"],
            }
        )
    return rows


def comparison(study: Study) -> tuple[Contrast, float]:
    """The comparison that the design is first about, and the share of the randomised who are in it.

    In the test-positive for enrichment and the stratified design, which tests them first, in all for the others.
    """
    setting = study.option.setting
    effect = setting.effect
    if isinstance(effect, SurvivalEffect) and np.isfinite(study.most.duration):
        accrual = max(study.most.duration - effect.follow_up, 1e-6)
        setting = replace(setting, effect=replace(effect, accrual=accrual))
    if study.option.design == "enrichment":
        return setting.test_positive(), 1.0
    if study.option.design == "stratified":
        return setting.test_positive(), setting.positive
    return setting.all(), 1.0


def _events(contrast: Contrast, t: float, n: float) -> float | None:
    return float(t * n * contrast.events) if np.isfinite(contrast.events) else None


def _effect(study: Study, contrast: Contrast, z: float, t: float, n: float) -> float:
    """Estimate with which the statistic equals z, on the endpoint's own scale."""
    seen = z * float(np.sqrt(contrast.variance_null / (t * n)))
    effect = study.option.setting.effect
    good_is_negative = isinstance(effect, SurvivalEffect) or effect.better == "lower"
    return -seen if good_is_negative else seen
