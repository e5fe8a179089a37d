"""Costs and effects from shares of a cohort in each state, wherever the shares come from; partitioned survival."""

from typing import Any

import numpy as np

from biomarker.economics.cohort import CohortResult, rewards, shaped
from biomarker.economics.discounting import cycle_weights, discount_factors, stated
from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, names_of, numbers, scalar

__all__ = ["partitioned_survival", "shares_model"]

_SUM = 1e-6


def partitioned_survival(*curves: Any) -> Floats:
    """Shares of states between survival curves: ``S_1, S_2 - S_1, ..., 1 - S_last``.

    Parameters
    ----------
    *curves : (n_times,) or (n_draws, n_times)
        From the inmost state outwards: progression-free survival, then overall survival. Read at the times 0, L, 2 L,
        ... of the cycles.

    Returns
    -------
    (n_times, n_curves + 1) or (n_draws, n_times, n_curves + 1)
        The last state is death.

    Raises
    ------
    ConfigError
        A curve that rises, does not start at 1, or lies above the next outer one.

    Notes
    -----
    Valid for what was seen in one trial. Curves are carried beyond the data independently of each other, so that they
    can cross: then they are refused, and a model of the transitions is the answer.

    References
    ----------
    Woods, Sideris, Palmer, Latimer and Soares 2020, https://doi.org/10.1016/j.jval.2020.08.2094

    Examples
    --------
    >>> partitioned_survival([1, 0.6, 0.3], [1, 0.8, 0.6]).round(2)
    array([[1. , 0. , 0. ],
           [0.6, 0.2, 0.2],
           [0.3, 0.3, 0.4]])
    """
    if not curves:
        raise ConfigError("curves is empty, expected at least one survival curve")
    given = [numbers(f"curve {k + 1}", c, low=0.0, high=1.0, ndim=(1, 2)) for k, c in enumerate(curves)]
    try:
        stacked = np.stack(np.broadcast_arrays(*given), axis=-1)
    except ValueError as error:
        raise ConfigError(f"curves have shapes {[c.shape for c in given]}, expected the same times") from error
    for k in range(len(given)):
        if np.any(np.diff(stacked[..., k], axis=-1) > _SUM) or np.any(np.abs(stacked[..., 0, k] - 1.0) > _SUM):
            raise ConfigError(f"curve {k + 1} does not start at 1 or rises, expected a survival curve from time 0 on")
    inner = np.diff(stacked, axis=-1, prepend=0.0)
    if np.any(inner < -_SUM):
        k = int(np.argwhere(inner < -_SUM)[0][-1])
        raise ConfigError(f"curve {k} lies above curve {k + 1} at some time, expected inner curves below outer ones")
    return np.asarray(np.concatenate([np.maximum(inner, 0.0), 1.0 - stacked[..., -1:]], axis=-1))


def shares_model(
    shares: Any,
    *,
    state_costs: Any,
    state_effects: Any,
    discount_cost: float,
    discount_effect: float,
    cycle_length: float = 1.0,
    cycle_correction: str = "half-cycle",
    discount_timing: str = "compound",
    discount_from: float = 0.0,
    negative_cost_reason: str = "",
    states: tuple[str, ...] | list[str] | None = None,
) -> CohortResult:
    """Costs and effects of a cohort whose shares in each state over time are known.

    The sum is that of `biomarker.economics.cohort_model`, ``sum_t w_t d(t L) L (m_t . reward_t)``, over shares m_t from
    partitioned survival, from the occupancy of a fitted Markov process (`biomarker.stats.multistate.occupancy`), from
    an Aalen-Johansen estimate, or counted in simulated trajectories.

    Parameters
    ----------
    shares : (cycles + 1, S) or (n_draws, cycles + 1, S)
        At the times 0, L, 2 L, ...; each row sums to 1.
    state_costs, state_effects : (S,), (cycles + 1, S) or (n_draws, 1 or cycles + 1, S)
        Per person and year in the state.
    discount_cost, discount_effect, cycle_length, cycle_correction, discount_timing, discount_from
        See `biomarker.economics.cohort_model`.
    negative_cost_reason : str
        Why a cost is negative; without a reason it is refused.
    states : sequence of str, optional

    Returns
    -------
    CohortResult

    Raises
    ------
    ConfigError
        Shares outside [0, 1] or not summing to 1, a negative cost without a reason, shapes that do not fit.

    Notes
    -----
    Valid when the shares are those of the population and horizon asked about; what lies beyond the data is
    extrapolation.

    Examples
    --------
    >>> shares = partitioned_survival([1, 0.6, 0.3], [1, 0.8, 0.6])
    >>> made = shares_model(shares, state_costs=[1000, 3000, 0], state_effects=[0.8, 0.6, 0],
    ...     discount_cost=0, discount_effect=0)
    >>> float(made.cost.round(6)), float(made.effect.round(6))
    (2300.0, 1.21)
    """
    m = numbers("shares", shares, low=0.0, high=1.0, ndim=(2, 3))
    single = m.ndim == 2 and np.ndim(state_costs) < 3 and np.ndim(state_effects) < 3
    m = m[None] if m.ndim == 2 else m
    off = np.abs(m.sum(axis=-1) - 1.0) > _SUM
    if off.any() or m.shape[1] < 2:
        row = tuple(int(i) for i in np.argwhere(off)[0]) if off.any() else (0, 0)
        raise ConfigError(
            f"shares: draw {row[0]}, time {row[1]} sums to {m[row].sum():g}, expected 1 at two or more times"
        )
    n, s = m.shape[1] - 1, m.shape[2]
    length = scalar("cycle_length", cycle_length, low=0.0, exclusive="low")
    amounts = {
        "cost": shaped("state_costs", state_costs, (n + 1, s), negative_cost_reason),
        "effect": shaped("state_effects", state_effects, (n + 1, s), "may be negative"),
    }
    given = {a.shape[0] for a in (m, *amounts.values()) if a.shape[0] != 1}
    if len(given) > 1:
        raise ConfigError(f"arguments hold {', '.join(map(str, sorted(given)))} draws, expected one number of draws")
    draws = given.pop() if given else 1
    trace = np.moveaxis(np.broadcast_to(m, (draws, n + 1, s)), 0, -1)
    times = np.arange(n + 1) * length
    totals = {}
    for name, rate in (("cost", discount_cost), ("effect", discount_effect)):
        for suffix, r in (("", rate), ("_undiscounted", 0.0)):
            d = discount_factors(times, rate=r, timing=discount_timing, discount_from=discount_from)
            weights = cycle_weights(n, correction=cycle_correction, discount=d) * length
            totals[name + suffix] = rewards(trace, np.moveaxis(amounts[name], 0, -1), weights)
    years = np.tensordot(cycle_weights(n, correction=cycle_correction) * length, trace, axes=1)
    said = stated(cycle_correction, length, (discount_cost, discount_effect), discount_timing, discount_from)
    said += [f"negative costs: {negative_cost_reason}"] if negative_cost_reason else []
    return CohortResult(
        **{name: value[0] if single else value for name, value in totals.items()},
        years_in_state=years[:, 0] if single else years.T,
        trace=m[0] if single else None,
        states=names_of("states", states, s, word="state"),
        convention="; ".join(said),
    )
