"""The base case: every strategy with its cost, its QALYs and its place among the others."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from biomarker.economics.companion import CompanionTest
from biomarker.economics.comparison import incremental_analysis
from biomarker.economics.probabilistic import Psa, acceptability
from biomarker.economics.proposal.model import MarkerModel
from biomarker.stats.checks import Floats

__all__ = ["base_case", "net_benefit", "number", "strategy_rows"]

Row = dict[str, Any]


def base_case(model: MarkerModel, point: Mapping[str, float]) -> CompanionTest:
    """The strategies at one value of each parameter."""
    return model.strategies({name: [value] for name, value in point.items()})


def net_benefit(model: MarkerModel, point: Mapping[str, float], wtp: float) -> Floats:
    """Net monetary benefit of the strategies, (3,)."""
    made = base_case(model, point)
    return np.asarray(wtp * made.effect[0] - made.cost[0])


def strategy_rows(
    model: MarkerModel, point: Mapping[str, float], wtp: float, basis: str, psa: Psa | None = None
) -> list[Row]:
    """One row a strategy; with draws of everything also how sure its net benefit is."""
    made = base_case(model, point)
    cost, effect = made.cost[0], made.effect[0]
    compared = incremental_analysis(cost, effect, names=made.names)
    best = compared.best(wtp)
    p = {name: np.array([value]) for name, value in point.items()}
    years = {
        (arm, group): float(model.patient(p, arm, group)[2][0])
        for arm in ("control", "drug")
        for group in ("positive", "negative")
    }
    share = _shares(made)
    sure = _how_sure(psa, wtp, len(made.names))
    return [
        {
            "strategy": name,
            "basis": basis,
            "cost": float(cost[i]),
            "effect": float(effect[i]),
            "life_years": sum(part * years[key] for key, part in share[i].items()),
            "treated": float(made.treated[0, i]),
            "tested": float(made.tested[i]),
            "status": compared.status[i],
            "incremental_cost": number(compared.incremental_cost[i]),
            "incremental_effect": number(compared.incremental_effect[i]),
            "icer": number(compared.icer[i]),
            "net_benefit": float(wtp * effect[i] - cost[i]),
            **sure[i],
            "best": name == best,
            "said": json.dumps(model.said, sort_keys=True),
            "convention": f"{model.words}; {made.convention}",
            "cases": ", ".join(model.cases),
        }
        for i, name in enumerate(made.names)
    ]


def _how_sure(psa: Psa | None, wtp: float, n: int) -> list[Row]:
    """Limits of each strategy's net benefit over the draws, and in which share of them it is the best."""
    if psa is None:
        return [{"net_benefit_low": None, "net_benefit_high": None, "probability_best": None}] * n
    low, high = np.quantile(psa.net_benefit(wtp), [0.025, 0.975], axis=0)
    chance = acceptability(psa, np.array([wtp])).probability[0]
    return [
        {"net_benefit_low": float(a), "net_benefit_high": float(b), "probability_best": float(c)}
        for a, b, c in zip(low, high, chance, strict=True)
    ]


def _shares(made: CompanionTest) -> list[dict[tuple[str, str], float]]:
    """Share of everybody by what they get and their marker, under each strategy."""
    tp, fp, tn, fn, failed = (
        float(np.atleast_1d(getattr(made, name))[0])
        for name in ("true_positive", "false_positive", "true_negative", "false_negative", "failed")
    )
    working = max(1.0 - failed, 1e-12)
    p = (tp + fn) / working
    plus, minus = p, 1.0 - p
    return [
        {
            ("control", "positive"): plus,
            ("control", "negative"): minus,
            ("drug", "positive"): 0,
            ("drug", "negative"): 0,
        },
        {
            ("control", "positive"): 0,
            ("control", "negative"): 0,
            ("drug", "positive"): plus,
            ("drug", "negative"): minus,
        },
        {
            ("control", "positive"): fn + failed * plus,
            ("control", "negative"): tn + failed * minus,
            ("drug", "positive"): tp,
            ("drug", "negative"): fp,
        },
    ]


def number(value: float) -> float | None:
    """None where there is no finite value."""
    return float(value) if np.isfinite(value) else None
