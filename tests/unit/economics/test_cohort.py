"""Cohort models: closed forms, conventions, draws, and what is refused."""

import time

import numpy as np
import pytest
from benchmarks.sick_sicker import PARAMETERS as SICK_SICKER
from benchmarks.sick_sicker import sick_sicker, sick_sicker_draws, sick_sicker_loop
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from biomarker import economics as eco
from biomarker.errors import ConfigError

PLAIN = {"cycles": 4, "discount_cost": 0.0, "discount_effect": 0.0, "state_costs": [10, 0], "state_effects": [1, 0]}
TWO = np.array([[0.8, 0.2], [0.0, 1.0]])


def random_matrix(rng, *shape):
    p = rng.random((*shape, 3, 3)) + 0.01
    return p / p.sum(axis=-1, keepdims=True)


def test_a_constant_risk_has_the_sum_of_a_geometric_series():
    made = eco.cohort_model(TWO, [1, 0], **PLAIN | {"cycles": 10}, cycle_correction="start")
    assert_allclose(made.effect, (1 - 0.8**10) / 0.2)
    assert_allclose(made.cost, 10 * made.effect)
    assert_allclose(made.years_in_state, [made.effect, 10 - made.effect])


def test_discounting_is_a_geometric_series_too():
    made = eco.cohort_model(TWO, [1, 0], **PLAIN | {"cycles": 10, "discount_cost": 0.05}, cycle_correction="start")
    ratio = 0.8 / 1.05
    assert_allclose(made.cost, 10 * (1 - ratio**10) / (1 - ratio))
    assert_allclose(made.effect, made.effect_undiscounted)


@pytest.mark.parametrize("correction", eco.CYCLE_CORRECTIONS)
def test_discount_zero_is_undiscounted(correction):
    made = eco.cohort_model(TWO, [1, 0], **PLAIN, cycle_correction=correction)
    assert made.cost == made.cost_undiscounted
    assert made.effect == made.effect_undiscounted


@pytest.mark.parametrize("timing", eco.DISCOUNT_TIMINGS)
def test_every_timing_starts_at_or_below_one_and_falls(timing):
    factors = eco.discount_factors(np.arange(0, 5, 0.25), rate=0.04, timing=timing)
    assert factors[0] == (1 / 1.04 if timing == "year-end" else 1.0)
    assert np.all(np.diff(factors) <= 0)
    assert_array_equal(eco.discount_factors([0, 3.0], rate=0.0, timing=timing), [1, 1])


def test_timings_agree_at_whole_years():
    years = np.arange(4.0)
    assert_allclose(eco.discount_factors(years, rate=0.04, timing="year-start"), 1.04**-years)
    assert_allclose(eco.discount_factors(years, rate=np.log(1.04), timing="continuous"), 1.04**-years)
    assert_allclose(eco.discount_factors(years, rate=0.04, discount_from=1.0), [1, 1, 1.04**-1, 1.04**-2])


def test_a_year_summed_from_twelfths_is_a_whole_year():
    months = np.cumsum(np.full(36, 1 / 12))
    assert_allclose(eco.discount_factors(months[11::12], rate=0.05, timing="year-start"), 1.05 ** -np.arange(1.0, 4))


@pytest.mark.parametrize(
    ("correction", "order"), [("start", 1), ("end", 1), ("half-cycle", 2), ("life-table", 2), ("simpson", 4)]
)
def test_shorter_cycles_approach_the_integral_at_the_rate_of_the_correction(correction, order):
    """Life expectancy within ten years at a constant rate, which has a closed form; halving cycles shows the order."""
    rate, years = 0.3, 10.0
    truth = (1 - np.exp(-rate * years)) / rate
    errors = []
    for n in (40, 80):
        p = np.exp(-rate * years / n)
        made = eco.cohort_model(
            [[p, 1 - p], [0, 1]], [1, 0], **PLAIN | {"cycles": n}, cycle_length=years / n, cycle_correction=correction
        )
        errors.append(abs(made.effect - truth))
    assert_allclose(np.log2(errors[0] / errors[1]), order, atol=0.1)


def test_simpson_weights_are_the_textbooks_and_darth_weights_the_tutorials():
    assert_allclose(eco.cycle_weights(4, correction="simpson"), np.array([1, 4, 2, 4, 1]) / 3)
    assert_allclose(eco.cycle_weights(5, correction="simpson-darth"), np.array([1, 2, 4, 2, 4, 1]) / 3)
    with pytest.raises(ConfigError, match="cycles is 5, expected an even number"):
        eco.cycle_weights(5, correction="simpson")


def test_corrections_sum_to_the_horizon_unless_their_name_says_otherwise():
    for correction in ("half-cycle", "simpson", "life-table", "start", "end"):
        assert_allclose(eco.cycle_weights(8, correction=correction).sum(), 8)
    assert_allclose(eco.cycle_weights(8, correction="all-points").sum(), 9)


@given(st.integers(0, 2**32), st.integers(1, 30))
def test_shares_stay_shares(seed, cycles):
    rng = np.random.default_rng(seed)
    made = eco.cohort_model(
        random_matrix(rng, cycles), [1, 0, 0], cycles=cycles, state_costs=[1, 1, 1], state_effects=[1, 1, 1],
        discount_cost=0, discount_effect=0,
    )  # fmt: skip
    assert_allclose(made.trace.sum(axis=1), 1.0, rtol=1e-12)
    assert np.all(made.trace >= 0)
    assert_allclose(made.cost, cycles)  # in some state all the time


def test_time_dependent_draws_equal_a_loop_over_draws_and_cycles():
    rng = np.random.default_rng(3)
    draws, cycles, s = 7, 6, 3
    p, start = random_matrix(rng, draws, cycles), rng.dirichlet(np.ones(s), draws)
    c, e = rng.random((draws, cycles + 1, s)), rng.random((draws, 1, s))
    tc, te = rng.random((draws, cycles, s, s)), -rng.random((draws, 1, s, s))
    made = eco.cohort_model(
        p, start, cycles=cycles, state_costs=c, state_effects=e, discount_cost=0.03, discount_effect=0.015,
        cycle_length=0.5, transition_costs=tc, transition_effects=te,
    )  # fmt: skip
    for d in range(draws):
        m, cost, effect = start[d], 0.0, 0.0
        for t in range(cycles + 1):
            w = 0.5 if t in (0, cycles) else 1.0
            cost += w * 0.5 * 1.03 ** -(t / 2) * m @ c[d, t]
            effect += w * 0.5 * 1.015 ** -(t / 2) * m @ e[d, 0]
            if t < cycles:
                flow = m[:, None] * p[d, t]
                cost += 1.03 ** -((t + 1) / 2) * (flow * tc[d, t]).sum()
                effect += 1.015 ** -((t + 1) / 2) * (flow * te[d, 0]).sum()
                m = m @ p[d, t]
        assert_allclose([made.cost[d], made.effect[d]], [cost, effect], rtol=1e-12)


def test_an_event_counts_in_full_or_with_the_weight_of_its_time():
    amount = [[0, 100], [0, 0]]
    at = PLAIN | {"cycles": 2, "state_costs": [0, 0], "transition_costs": amount}
    full = eco.cohort_model(TWO, [1, 0], **at)
    weighted = eco.cohort_model(TWO, [1, 0], **at, event_weighting="cycle-correction")
    assert_allclose([full.cost, weighted.cost], [20 + 16, 20 + 16 / 2])
    assert "events weighted cycle-correction" in weighted.convention


def test_the_result_says_which_conventions_were_used():
    made = eco.cohort_model(TWO, [1, 0], **PLAIN, cycle_length=0.25, cycle_correction="end", discount_from=1)
    assert made.convention == (
        "cycle correction end; cycles of 0.25 years; discount 0 cost, 0 effect per year, compound; "
        "nothing discounted before year 1"
    )


def test_relabelling_states_changes_nothing():
    rng = np.random.default_rng(5)
    p, c, e, order = random_matrix(rng), rng.random(3), rng.random(3), [2, 0, 1]
    one = eco.cohort_model(p, [1, 0, 0], **PLAIN | {"state_costs": c, "state_effects": e})
    two = eco.cohort_model(
        p[np.ix_(order, order)],
        np.array([1, 0, 0])[order],
        **PLAIN | {"state_costs": c[order], "state_effects": e[order]},
    )
    assert_allclose([one.cost, one.effect], [two.cost, two.effect], rtol=1e-13)


# --- draws ------------------------------------------------------------------------------------------------------------


def test_the_loop_over_draws_gives_the_same_and_the_number_of_draws_does_not_matter():
    drawn = sick_sicker_draws(3000, np.random.default_rng(2))
    cost, effect = sick_sicker(drawn)
    few = sick_sicker({name: v[:7] for name, v in drawn.items()})
    assert_array_equal(few[0], cost[:7])
    for i in (0, 5, 2999):
        one = sick_sicker_loop({name: v[i] for name, v in drawn.items()} | {})
        assert_allclose(np.array(one), [cost[i], effect[i]], rtol=1e-11)


def test_ten_thousand_draws_of_the_sick_sicker_model_take_half_a_second_and_a_tenth_of_a_loop():
    drawn = sick_sicker_draws(10_000, np.random.default_rng(2))
    at_once, loop = [], []
    for _ in range(5):
        begun = time.process_time()
        sick_sicker(drawn)
        at_once.append(time.process_time() - begun)
        begun = time.process_time()
        for i in range(40):
            sick_sicker_loop({name: v[i] for name, v in drawn.items()})
        loop.append((time.process_time() - begun) * 10_000 / 40)
    assert min(at_once) < 0.5, at_once
    assert min(at_once) < min(loop) / 10, (at_once, loop)


def test_zero_variance_is_the_base_case():
    laws = {name: eco.normal(mean=value, std_error=0.0) for name, value in SICK_SICKER.items()}
    drawn = eco.draw_parameters(laws, n_draws=5, rng=np.random.default_rng(0))
    psa = eco.probabilistic_analysis(sick_sicker, drawn)
    base = sick_sicker(SICK_SICKER)
    assert_allclose(psa.cost, np.tile(base[0], (5, 1)), rtol=1e-13)
    assert_allclose(psa.effect, np.tile(base[1], (5, 1)), rtol=1e-13)
    assert eco.evpi(psa.net_benefit(100_000)).value == 0.0
    assert eco.evppi(psa.net_benefit(100_000), drawn["u_S1"]).value == 0.0


# --- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"transitions": [[0.8, 0.1], [0, 1]]}, r"transitions: row 0 .*sums to 0.9, expected 1"),
        ({"transitions": [[1.2, -0.2], [0, 1]]}, r"transitions\[0, 0\] is 1.2, expected .*at least 0 and at most 1"),
        ({"transitions": [[0.5, 0.5]]}, "as many rows as columns"),
        ({"transitions": np.repeat(TWO[None], 3, 0)}, "transitions holds 3 cycles, expected 1 or 4"),
        ({"initial": [100, 0]}, r"initial\[0\] is 100, expected .*at most 1"),
        ({"initial": [0.5, 0.4]}, "initial sums to 0.9, expected 1"),
        ({"initial": [1, 0, 0]}, "initial holds 3 states, expected 2"),
        ({"cycles": 0}, "cycles is 0, expected .*at least 1"),
        ({"cycles": 2.5}, "cycles is 2.5, expected a whole number"),
        ({"state_costs": [-5, 0]}, r"state_costs\[0, 0, 0\] is -5|state_costs\[0\] is -5, expected .*at least 0"),
        ({"state_costs": [1, 2, 3]}, "state_costs has shape"),
        ({"state_effects": [np.nan, 0]}, r"state_effects\[0\] is nan, expected a finite number"),
        ({"cycle_correction": "midpoint"}, "cycle_correction is 'midpoint', expected one of half-cycle, simpson"),
        ({"discount_timing": "daily"}, "timing is 'daily', expected one of compound"),
        ({"discount_cost": -1}, "rate is -1, expected .*above -1"),
        ({"cycle_length": 0}, "cycle_length is 0, expected .*above 0"),
        ({"state_costs": np.ones((3, 1, 2)), "initial": np.tile([1, 0], (2, 1))}, "arguments hold 2, 3 draws"),
        ({"states": ["a", "a"]}, "states holds a name twice"),
        ({"state_costs": "dear"}, "state_costs is not an array of numbers"),
    ],
)
def test_what_cannot_be_is_refused_by_name(change, message):
    arguments = {"transitions": TWO, "initial": [1, 0], **PLAIN} | change
    with pytest.raises(ConfigError, match=message):
        eco.cohort_model(arguments.pop("transitions"), arguments.pop("initial"), **arguments)


def test_a_negative_cost_passes_with_a_reason_that_the_result_repeats():
    made = eco.cohort_model(TWO, [1, 0], **PLAIN | {"state_costs": [-5, 0]}, negative_cost_reason="rebate")
    assert made.cost < 0
    assert "negative costs: rebate" in made.convention
