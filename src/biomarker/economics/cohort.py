"""State-transition cohort models: one cohort, or thousands of parameter draws at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarker.economics.discounting import cycle_weights, discount_factors, stated
from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, choice, names_of, numbers, scalar, whole

__all__ = ["CohortResult", "checked_transitions", "cohort_model", "draws_last", "rewards", "shaped"]

EVENT_WEIGHTINGS = ("full", "cycle-correction")
# Rows of a matrix that a person typed or a tool printed with ten decimals pass; one rounded to three does not
_ROW_SUM = 1e-8
# Traces of one block of draws stay within the processor's cache
_BLOCK_BYTES = 2 * 2**20


@dataclass(frozen=True, eq=False, kw_only=True)
class CohortResult:
    """What one strategy costs and brings, per person.

    Attributes
    ----------
    cost, effect : () or (n_draws,)
        Discounted totals.
    cost_undiscounted, effect_undiscounted : () or (n_draws,)
    years_in_state : (n_states,) or (n_draws, n_states)
        Undiscounted, cycle-corrected. Their sum over the states alive is the life expectancy within the horizon.
    trace : (cycles + 1, n_states) or None
        Share of the cohort in each state at the time of each cycle's start, last the end; kept without draws only.
    states : tuple of str
    convention : str
        Cycle correction, discounting and weighting of events that were used.
    """

    cost: Floats
    effect: Floats
    cost_undiscounted: Floats
    effect_undiscounted: Floats
    years_in_state: Floats
    trace: Floats | None
    states: tuple[str, ...]
    convention: str


def cohort_model(
    transitions: Any,
    initial: Any,
    *,
    cycles: int,
    state_costs: Any,
    state_effects: Any,
    discount_cost: float,
    discount_effect: float,
    cycle_length: float = 1.0,
    cycle_correction: str = "half-cycle",
    discount_timing: str = "compound",
    discount_from: float = 0.0,
    transition_costs: Any = None,
    transition_effects: Any = None,
    event_weighting: str = "full",
    negative_cost_reason: str = "",
    states: tuple[str, ...] | list[str] | None = None,
) -> CohortResult:
    """Costs and effects of a cohort that moves between states at the ends of cycles.

    ``m_0 = initial``, ``m_{t+1} = m_t P_t``; ``total = sum_t w_t d(t L) L (m_t . reward_t)`` over the times
    t = 0, ..., cycles (in cycles of L years), with the weights w of the cycle correction and the discount factors d.
    Transitions that cost or bring something once add ``sum_t d((t+1) L) sum_ij m_t[i] P_t[i, j] amount[i, j]``.

    Parameters
    ----------
    transitions : (S, S), (cycles, S, S) or (n_draws, 1 or cycles, S, S)
        ``[i, j]``: probability of going from state i to state j within a cycle. Rows sum to 1.
    initial : (S,) or (n_draws, S)
        Shares of the cohort at time 0; they sum to 1.
    cycles : int
    state_costs, state_effects : (S,), (cycles + 1, S) or (n_draws, 1 or cycles + 1, S)
        Per person and **year** in the state: money; utilities for QALYs, or 1 in the states alive for life years.
    discount_cost, discount_effect : float
        Per year.
    cycle_length : float
        Years.
    cycle_correction : str
        See `biomarker.economics.cycle_weights`.
    discount_timing, discount_from
        See `biomarker.economics.discount_factors`.
    transition_costs, transition_effects : (S, S), (cycles, S, S) or (n_draws, 1 or cycles, S, S), optional
        Amount, once, at a transition; effects may be negative (a disutility in QALYs).
    event_weighting : {"full", "cycle-correction"}
        ``full``: an event counts 1, discounted at the end of its cycle. ``cycle-correction``: it takes the weight of
        the time at which its cycle ends, as the DARTH tutorials do.
    negative_cost_reason : str
        Why a cost is negative (a saving, a rebate); without a reason a negative cost is refused.
    states : sequence of str, optional
        Names, for messages and the result.

    Returns
    -------
    CohortResult

    Raises
    ------
    ConfigError
        Names the argument and its allowed range: a row of `transitions` that does not sum to 1, a probability outside
        [0, 1], shares that do not sum to 1, a negative cost without a reason, shapes that do not fit.

    Notes
    -----
    Valid when the next state depends on the present state and the time alone (memory needs further, "tunnel", states),
    and at most one transition a cycle matters. All draws are computed at once; the answer does not depend on how many.

    References
    ----------
    Siebert et al. 2012 (ISPOR-SMDM), https://doi.org/10.1016/j.jval.2012.06.014; Alarid-Escudero et al. 2023,
    https://doi.org/10.1177/0272989X221103163

    Examples
    --------
    >>> made = cohort_model([[0.9, 0.1], [0, 1]], [1, 0], cycles=2, state_costs=[100, 0], state_effects=[1, 0],
    ...     discount_cost=0, discount_effect=0, cycle_correction="start")
    >>> float(made.cost), float(made.effect)
    (190.0, 1.9)
    """
    n = whole("cycles", cycles, low=1)
    length = scalar("cycle_length", cycle_length, low=0.0, exclusive="low")
    choice("event_weighting", event_weighting, EVENT_WEIGHTINGS)
    p = checked_transitions(transitions, cycles=n)
    s = p.shape[-1]
    names = names_of("states", states, s, word="state")
    start = _checked_initial(initial, s)
    amounts = {
        "state_costs": shaped("state_costs", state_costs, (n + 1, s), negative_cost_reason),
        "state_effects": shaped("state_effects", state_effects, (n + 1, s), "may be negative"),
        "transition_costs": shaped("transition_costs", transition_costs, (n, s, s), negative_cost_reason),
        "transition_effects": shaped("transition_effects", transition_effects, (n, s, s), "may be negative"),
    }
    given = {a.shape[0] for a in (p, start, *amounts.values()) if a.shape[0] != 1}
    if len(given) > 1:
        raise ConfigError(f"arguments hold {', '.join(map(str, sorted(given)))} draws, expected one number of draws")
    draws = given.pop() if given else 1
    single = all(np.ndim(a) < 4 for a in (transitions, transition_costs, transition_effects)) and (
        np.ndim(initial) < 2 and np.ndim(state_costs) < 3 and np.ndim(state_effects) < 3
    )

    said = stated(cycle_correction, length, (discount_cost, discount_effect), discount_timing, discount_from)
    if amounts["transition_costs"].any() or amounts["transition_effects"].any():
        said.append(f"events weighted {event_weighting}, at the end of their cycle")
    if negative_cost_reason:
        said.append(f"negative costs: {negative_cost_reason}")
    times = np.arange(n + 1) * length
    rates = {"cost": discount_cost, "effect": discount_effect, "nothing": 0.0}
    discount = {
        name: discount_factors(times, rate=rate, timing=discount_timing, discount_from=discount_from)
        for name, rate in rates.items()
    }
    weights = {name: cycle_weights(n, correction=cycle_correction, discount=d) * length for name, d in discount.items()}
    events = {
        name: (weights[name] / length if event_weighting == "cycle-correction" else d)[1:]
        for name, d in discount.items()
    }
    totals, trace = _run(p, start, amounts, n, draws, weights, events)
    shape: Any = (lambda a: a[..., 0]) if single else (lambda a: a)
    return CohortResult(
        cost=shape(totals["cost"]),
        effect=shape(totals["effect"]),
        cost_undiscounted=shape(totals["cost_undiscounted"]),
        effect_undiscounted=shape(totals["effect_undiscounted"]),
        years_in_state=totals["years"][:, 0] if single else totals["years"].T,
        trace=trace[:, :, 0] if single else None,
        states=names,
        convention="; ".join(said),
    )


def checked_transitions(transitions: Any, *, cycles: int, name: str = "transitions") -> Floats:
    """Transition probabilities as (n_draws or 1, cycles or 1, S, S), each row a probability distribution."""
    hint = "Each row holds the probabilities of going from one state to each state within a cycle."
    p = numbers(name, transitions, low=0.0, high=1.0, ndim=(2, 3, 4), hint=hint)
    if p.shape[-1] != p.shape[-2]:
        raise ConfigError(f"{name} has shape {p.shape}, expected as many rows as columns", hint)
    p = p.reshape((1,) * (4 - p.ndim) + p.shape)
    if p.shape[1] not in (1, cycles):
        raise ConfigError(f"{name} holds {p.shape[1]} cycles, expected 1 or {cycles} (cycles)", hint)
    off = np.abs(p.sum(axis=-1) - 1.0) > _ROW_SUM
    if off.any():
        draw, cycle, row = (int(i) for i in np.argwhere(off)[0])
        total = p[draw, cycle, row].sum()
        raise ConfigError(
            f"{name}: row {row} (cycle {cycle}, draw {draw}) sums to {total:.10g}, expected 1 within {_ROW_SUM:g}", hint
        )
    return p


def _checked_initial(initial: Any, n_states: int) -> Floats:
    """Shares at time 0 as (n_draws or 1, S)."""
    start = np.atleast_2d(numbers("initial", initial, low=0.0, high=1.0, ndim=(1, 2), hint="Give shares, not counts."))
    if start.shape[-1] != n_states:
        raise ConfigError(f"initial holds {start.shape[-1]} states, expected {n_states} (transitions)")
    off = np.abs(start.sum(axis=-1) - 1.0) > _ROW_SUM
    if off.any():
        raise ConfigError(f"initial sums to {start[off][0].sum():g}, expected 1", "Give the share of each state.")
    return start


def shaped(name: str, value: Any, shape: tuple[int, ...], negative_reason: str) -> Floats:
    """Amounts as (n_draws or 1, n_times or 1, ...); nothing given is zero."""
    if value is None:
        return np.zeros((1, 1, *shape[1:]))
    low = -np.inf if negative_reason else 0.0
    hint = "" if negative_reason else "Say why in negative_cost_reason if a cost is meant to be negative."
    k = len(shape)
    array = numbers(name, value, low=low, ndim=(k - 1, k, k + 1), hint=hint)
    array = array.reshape((1,) * (k + 1 - array.ndim) + array.shape)
    if array.shape[2:] != shape[1:] or array.shape[1] not in (1, shape[0]):
        expected = f"(..., 1 or {shape[0]}, {', '.join(map(str, shape[1:]))})"
        raise ConfigError(f"{name} has shape {np.shape(value)}, expected {expected} or without the times")
    return array


def _run(
    p: Floats,
    start: Floats,
    amounts: dict[str, Floats],
    cycles: int,
    draws: int,
    weights: dict[str, Floats],
    events: dict[str, Floats],
) -> tuple[dict[str, Floats], Floats]:
    """Totals of all draws, block by block with the draws last, and the trace of the last block."""
    s = p.shape[-1]
    block = max(1, _BLOCK_BYTES // (8 * s * (cycles + 1)))
    names = ("cost", "effect", "cost_undiscounted", "effect_undiscounted")
    totals = {name: np.empty(draws) for name in names} | {"years": np.empty((s, draws))}
    trace = np.empty((cycles + 1, s, 0))
    for begin in range(0, draws, block):
        end = min(begin + block, draws)
        cut = slice(begin, end)
        moves = draws_last(p, cut)
        trace = _propagate(moves, draws_last(start, cut), cycles, end - begin)
        for kind in ("cost", "effect"):
            for name, weighting in ((kind, kind), (f"{kind}_undiscounted", "nothing")):
                totals[name][cut] = rewards(
                    trace, draws_last(amounts[f"state_{kind}s"], cut), weights[weighting]
                ) + _event_rewards(trace, moves, draws_last(amounts[f"transition_{kind}s"], cut), events[weighting])
        totals["years"][:, cut] = np.tensordot(weights["nothing"], trace, axes=1)
    return totals, trace


def draws_last(array: Floats, cut: slice) -> Floats:
    """One block of draws with the draws on the last axis; an array without draws keeps one."""
    part = array if array.shape[0] == 1 else array[cut]
    return np.ascontiguousarray(np.moveaxis(part, 0, -1))


def _propagate(moves: Floats, start: Floats, cycles: int, draws: int) -> Floats:
    """The trace, (cycles + 1, S, draws): each step is a few products of whole rows of draws, zeros left out."""
    s = moves.shape[1]
    possible = np.asarray(moves.any(axis=(0, 3)))
    sources = [np.flatnonzero(possible[:, j]).tolist() for j in range(s)]
    trace = np.zeros((cycles + 1, s, draws))
    trace[0] = start
    scratch = np.empty(draws)
    for t in range(cycles):
        now, then, move = trace[t], trace[t + 1], moves[t if moves.shape[0] > 1 else 0]
        for j in range(s):
            target = then[j]
            for i in sources[j]:
                np.multiply(now[i], move[i, j], out=scratch)
                target += scratch
    return trace


def rewards(trace: Floats, reward: Floats, weights: Floats) -> Floats:
    """``sum_t w_t sum_s m[t, s] r[t, s]`` of every draw."""
    if reward.shape[0] == 1:
        return np.asarray((np.tensordot(weights, trace, axes=1) * reward[0]).sum(axis=0))
    return np.asarray(np.einsum("t,tsd,tsd->d", weights, trace, np.broadcast_to(reward, trace.shape)))


def _event_rewards(trace: Floats, moves: Floats, amount: Floats, weights: Floats) -> Floats:
    """``sum_t w_{t+1} sum_ij m[t, i] P_t[i, j] amount_t[i, j]`` of every draw."""
    total = np.zeros(trace.shape[-1])
    for i, j in np.argwhere(np.asarray(amount.any(axis=(0, 3)))):
        total += (weights[:, None] * trace[:-1, i] * moves[:, i, j] * amount[:, i, j]).sum(axis=0)
    return total
