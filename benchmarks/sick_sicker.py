"""The Sick-Sicker model of a published tutorial: with the library, and once more as a plain loop that is its peer.

Healthy, Sick, Sicker, Dead over 75 yearly cycles; usual care, treatments A and B, and both. Parameters and their laws
are those of the tutorial (https://github.com/DARTH-git/cohort-modeling-tutorial-intro; Alarid-Escudero et al. 2023,
https://doi.org/10.1177/0272989X221103163), which prints the totals.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from biomarker import economics as eco

__all__ = ["PARAMETERS", "STRATEGIES", "sick_sicker", "sick_sicker_draws", "sick_sicker_loop"]

PARAMETERS = {
    "r_HD": 0.002, "r_HS1": 0.15, "r_S1H": 0.5, "r_S1S2": 0.105, "hr_S1": 3.0, "hr_S2": 10.0, "hr_S1S2_trtB": 0.6,
    "c_H": 2000.0, "c_S1": 4000.0, "c_S2": 15000.0, "c_trtA": 12000.0, "c_trtB": 13000.0,
    "u_H": 1.0, "u_S1": 0.75, "u_S2": 0.5, "u_trtA": 0.95,
}  # fmt: skip
STRATEGIES = ("SoC", "A", "B", "AB")


def sick_sicker_draws(n_draws: int, rng: np.random.Generator) -> dict[str, Any]:
    """Draws of the tutorial's probabilistic analysis."""
    laws = {
        "r_HS1": eco.gamma(shape=30, rate=200),
        "r_S1H": eco.gamma(shape=60, rate=120),
        "r_S1S2": eco.gamma(shape=84, rate=800),
        "r_HD": eco.gamma(shape=20, rate=10000),
        "hr_S1": eco.lognormal(log_mean=np.log(3), log_std_error=0.01),
        "hr_S2": eco.lognormal(log_mean=np.log(10), log_std_error=0.02),
        "c_H": eco.gamma(shape=100, scale=20),
        "c_S1": eco.gamma(shape=177.8, scale=22.5),
        "c_S2": eco.gamma(shape=225, scale=66.7),
        "u_H": eco.beta(alpha=200, beta=3),
        "u_S1": eco.beta(alpha=130, beta=45),
        "u_S2": eco.beta(alpha=230, beta=230),
        "c_trtA": eco.gamma(shape=73.5, scale=163.3),
        "u_trtA": eco.beta(alpha=300, beta=15),
        "c_trtB": eco.gamma(shape=86.2, scale=150.8),
        "hr_S1S2_trtB": eco.lognormal(log_mean=np.log(0.6), log_std_error=0.02),
    }
    return dict(eco.draw_parameters(laws, n_draws=n_draws, rng=rng))


def sick_sicker(
    parameters: Mapping[str, Any],
    *,
    cycle_correction: str = "simpson-darth",
    cycles: int = 75,
    discount: float = 0.03,
) -> tuple[Any, Any]:
    """Costs and QALYs of SoC, A, B and AB, ``(..., 4)``; every parameter a number or one number a draw."""
    v = {name: np.asarray(value, dtype=float) for name, value in parameters.items()}
    shape = np.broadcast_shapes(*(a.shape for a in v.values()))
    v = {name: np.broadcast_to(a, shape) for name, a in v.items()}
    cost, effect = [], []
    for with_a in (False, True):
        for with_b in (False, True):
            made = eco.cohort_model(
                _transitions(v, v["hr_S1S2_trtB"] if with_b else 1.0),
                [1, 0, 0, 0],
                cycles=cycles,
                state_costs=_costs(v, with_a=with_a, with_b=with_b),
                state_effects=_utilities(v, with_a=with_a),
                discount_cost=discount,
                discount_effect=discount,
                cycle_correction=cycle_correction,
            )
            cost.append(made.cost)
            effect.append(made.effect)
    order = [0, 2, 1, 3]  # SoC, A, B, AB
    return np.stack([cost[i] for i in order], axis=-1), np.stack([effect[i] for i in order], axis=-1)


def _transitions(v: Mapping[str, Any], hr_progression: Any) -> Any:
    """Yearly probabilities, with draws ``(n_draws, 1, 4, 4)``."""
    dead = {s: eco.rate_to_probability(v["r_HD"] * hr) for s, hr in (("H", 1), ("S1", v["hr_S1"]), ("S2", v["hr_S2"]))}
    sick = eco.rate_to_probability(v["r_HS1"])
    healed = eco.rate_to_probability(v["r_S1H"])
    worse = eco.rate_to_probability(v["r_S1S2"] * hr_progression)
    shape = np.shape(sick)
    p = np.zeros((*shape, 1, 4, 4) if shape else (4, 4))
    h, s1, s2, d = range(4)

    def put(i: int, j: int, value: Any) -> None:
        p[..., i, j] = value[..., None] if shape else value

    put(h, h, (1 - dead["H"]) * (1 - sick))
    put(h, s1, (1 - dead["H"]) * sick)
    put(h, d, dead["H"])
    put(s1, h, (1 - dead["S1"]) * healed)
    put(s1, s1, (1 - dead["S1"]) * (1 - healed - worse))
    put(s1, s2, (1 - dead["S1"]) * worse)
    put(s1, d, dead["S1"])
    put(s2, s2, 1 - dead["S2"])
    put(s2, d, dead["S2"])
    p[..., d, d] = 1.0
    return p


def _rows(parts: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    stacked = np.stack(np.broadcast_arrays(*parts, np.zeros(shape)), axis=-1)
    return stacked[..., None, :] if shape else stacked


def _costs(v: Mapping[str, Any], *, with_a: bool, with_b: bool) -> Any:
    extra = (v["c_trtA"] if with_a else 0.0) + (v["c_trtB"] if with_b else 0.0)
    return _rows((v["c_H"], v["c_S1"] + extra, v["c_S2"] + extra), np.shape(v["c_H"]))


def _utilities(v: Mapping[str, Any], *, with_a: bool) -> Any:
    return _rows((v["u_H"], v["u_trtA"] if with_a else v["u_S1"], v["u_S2"]), np.shape(v["u_H"]))


def sick_sicker_loop(v: Mapping[str, float], *, cycles: int = 75, discount: float = 0.03) -> tuple[Any, Any]:
    """The same for one draw, cycle by cycle, written without the library."""
    weights = [1 / 3, *[2 / 3 if t % 2 else 4 / 3 for t in range(1, cycles)], 1 / 3]
    dead = [1 - np.exp(-v["r_HD"] * hr) for hr in (1, v["hr_S1"], v["hr_S2"])]
    costs, effects = [], []
    for with_a, with_b in ((0, 0), (1, 0), (0, 1), (1, 1)):
        sick, healed = 1 - np.exp(-v["r_HS1"]), 1 - np.exp(-v["r_S1H"])
        worse = 1 - np.exp(-v["r_S1S2"] * (v["hr_S1S2_trtB"] if with_b else 1))
        p = np.array([
            [(1 - dead[0]) * (1 - sick), (1 - dead[0]) * sick, 0, dead[0]],
            [(1 - dead[1]) * healed, (1 - dead[1]) * (1 - healed - worse), (1 - dead[1]) * worse, dead[1]],
            [0, 0, 1 - dead[2], dead[2]],
            [0, 0, 0, 1],
        ])  # fmt: skip
        extra = with_a * v["c_trtA"] + with_b * v["c_trtB"]
        c = np.array([v["c_H"], v["c_S1"] + extra, v["c_S2"] + extra, 0])
        u = np.array([v["u_H"], v["u_trtA"] if with_a else v["u_S1"], v["u_S2"], 0])
        m = np.array([1.0, 0, 0, 0])
        cost = effect = 0.0
        for t in range(cycles + 1):
            cost += weights[t] * (m @ c) / (1 + discount) ** t
            effect += weights[t] * (m @ u) / (1 + discount) ** t
            m = m @ p
        costs.append(cost)
        effects.append(effect)
    return np.array(costs), np.array(effects)
