"""Shares of states turned into costs and effects; partitioned survival."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker import economics as eco
from biomarker.errors import ConfigError
from biomarker.rng import stream
from biomarker.stats import multistate as ms

COMMON = {
    "state_costs": [1000, 4000, 0],
    "state_effects": [0.8, 0.5, 0],
    "discount_cost": 0.035,
    "discount_effect": 0.015,
}
Q = np.array([[-0.3, 0.2, 0.1], [0.05, -0.4, 0.35], [0, 0, 0]])


@pytest.mark.parametrize("correction", eco.CYCLE_CORRECTIONS)
def test_the_shares_of_a_cohort_model_give_its_costs_and_effects(correction):
    p = ms.transition_probabilities(Q, 0.5)
    options = COMMON | {"cycle_length": 0.5, "cycle_correction": correction}
    one = eco.cohort_model(p, [1, 0, 0], cycles=20, **options)
    two = eco.shares_model(one.trace, **options)
    for name in ("cost", "effect", "cost_undiscounted", "effect_undiscounted", "years_in_state"):
        assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-12)
    assert two.convention == one.convention


def test_the_occupancy_of_a_process_gives_the_same_as_its_cycles_and_as_simulated_patients():
    times = np.linspace(0, 10, 81)
    shares = eco.shares_model(ms.occupancy(Q, [1, 0, 0], times), cycle_length=0.125, **COMMON)
    cycles = eco.cohort_model(ms.transition_probabilities(Q, 0.125), [1, 0, 0], cycles=80, cycle_length=0.125, **COMMON)
    assert_allclose([shares.cost, shares.effect], [cycles.cost, cycles.effect], rtol=1e-10)
    patients = ms.simulate_trajectories(Q, 0, horizon=10, n_subjects=20_000, rng=stream(1))
    assert_allclose(patients.time_in_state().mean(axis=0), shares.years_in_state, atol=0.1)


def test_partitioned_survival_is_the_area_between_curves():
    times = np.arange(0, 41) * 0.25
    pfs, os = np.exp(-0.4 * times), np.exp(-0.2 * times)
    made = eco.shares_model(
        eco.partitioned_survival(pfs, os), cycle_length=0.25, cycle_correction="simpson", state_costs=[1, 0, 0],
        state_effects=[0, 1, 0], discount_cost=0, discount_effect=0,
    )  # fmt: skip
    area = [(1 - np.exp(-rate * 10)) / rate for rate in (0.4, 0.2)]
    assert_allclose([made.cost, made.effect], [area[0], area[1] - area[0]], rtol=1e-5)


def test_draws_of_curves_are_one_model_a_draw():
    times, rates = np.arange(6.0), np.array([[0.5], [0.3], [0.2]])
    shares = eco.partitioned_survival(np.exp(-rates * times), np.exp(-rates / 2 * times))
    all_at_once = eco.shares_model(shares, **COMMON)
    for k in range(3):
        one = eco.shares_model(shares[k], **COMMON)
        assert_allclose([all_at_once.cost[k], all_at_once.effect[k]], [one.cost, one.effect])
        assert_allclose(all_at_once.years_in_state[k], one.years_in_state)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: eco.partitioned_survival([1, 0.9], [1, 0.8]), "curve 1 lies above curve 2"),
        (lambda: eco.partitioned_survival([1, 0.7, 0.8]), "curve 1 does not start at 1 or rises"),
        (lambda: eco.partitioned_survival([0.9, 0.7]), "curve 1 does not start at 1"),
        (lambda: eco.partitioned_survival(), "curves is empty"),
        (
            lambda: eco.shares_model([[1, 0, 0], [0.5, 0.4, 0]], **COMMON),
            "shares: draw 0, time 1 sums to 0.9, expected 1",
        ),
        (lambda: eco.shares_model([[1, 0], [0.5, 0.5]], **COMMON), "state_costs has shape"),
        (
            lambda: eco.shares_model([[1, 0, 0], [0, 1, 0]], **COMMON | {"state_costs": [-1, 0, 0]}),
            r"state_costs\[0\] is -1",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, message):
    with pytest.raises(ConfigError, match=message):
        call()
