"""How the sizes of designs move with the prevalence of the marker and with the effect it brings."""

from dataclasses import replace
from typing import Any

import numpy as np

from biomarker.errors import ConfigError
from biomarker.trial.designs.registry import DESIGNS
from biomarker.trial.designs.setting import MeansEffect, RatesEffect, Setting
from biomarker.trial.planning.uncertainty import Effect
from biomarker.trial.proposal.intent import Intent

__all__ = ["heatmap"]

Row = dict[str, Any]
SHOWN = ("all-comers", "enrichment", "stratified", "fallback")
PREVALENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
#: Times the effect in the marker-positive as estimated; that in the marker-negative stays
MULTIPLES = (0.5, 0.75, 1.0, 1.25, 1.5)


def heatmap(setting: Setting, intent: Intent, *, basis: str) -> list[Row]:
    """One row a prevalence, effect and design: subjects randomised and screened, cost; None where no size is enough.

    ``best`` marks the design with the lowest cost at that prevalence and effect.
    """
    limits, costs = intent.constraints, intent.costs
    rows = []
    for p in PREVALENCES:
        for multiple in MULTIPLES:
            at = replace(setting, prevalence=p, effect=_times(setting.effect, multiple))
            cell = []
            for name in SHOWN:
                row: Row = {"design": name, "basis": basis, "prevalence": p, "effect_multiple": multiple}
                row["effect_positive"] = _positive(at.effect)
                row |= {
                    "convention": "one look; the cheapest that has the power asked for",
                    "cases": list(DESIGNS[name].cases),
                }
                try:
                    found = DESIGNS[name].evaluate(at, power=limits.power, alpha=limits.alpha)
                except ConfigError:
                    cell.append(row | {"n_randomised": None, "n_screened": None, "duration": None, "cost": None})
                    continue
                cost = costs.total(
                    screened=found.n_screened,
                    tested=found.n_tested,
                    randomised=found.n_randomised,
                    duration=found.duration,
                )
                cell.append(
                    row
                    | {
                        "n_randomised": found.n_randomised,
                        "n_screened": found.n_screened,
                        "duration": found.duration,
                        "cost": cost,
                    }
                )
            least = min((row["cost"] for row in cell if row["cost"] is not None), default=None)
            rows += [row | {"best": row["cost"] is not None and row["cost"] == least} for row in cell]
    return rows


def _times(effect: Effect, multiple: float) -> Effect:
    """The effect in the marker-positive times a factor, on the scale of the estimates."""
    if isinstance(effect, MeansEffect):
        return replace(effect, difference_positive=multiple * effect.difference_positive)
    if isinstance(effect, RatesEffect):
        odds = (
            _odds(effect.control_positive) * (_odds(effect.rate_positive) / _odds(effect.control_positive)) ** multiple
        )
        return replace(effect, rate_positive=odds / (1.0 + odds))
    return replace(effect, hazard_ratio_positive=effect.hazard_ratio_positive**multiple)


def _positive(effect: Effect) -> float:
    """Effect in the marker-positive: a difference, a log odds ratio, a log hazard ratio."""
    if isinstance(effect, MeansEffect):
        return effect.difference_positive
    if isinstance(effect, RatesEffect):
        return float(np.log(_odds(effect.rate_positive) / _odds(effect.control_positive)))
    return float(np.log(effect.hazard_ratio_positive))


def _odds(rate: float) -> float:
    return rate / (1.0 - rate)
