"""Companion tests, prices, budgets, the checklist."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker import economics as eco
from biomarker.errors import ConfigError
from biomarker.rng import stream

CASE = {
    "prevalence": 0.25, "sensitivity": 0.92, "specificity": 0.95, "test_cost": 800,
    "drug_cost_positive": 40000, "drug_cost_negative": 38000, "control_cost_positive": 10000,
    "control_cost_negative": 9000, "drug_effect_positive": 2.4, "drug_effect_negative": 1.45,
    "control_effect_positive": 1.5, "control_effect_negative": 1.6,
}  # fmt: skip
NONE, ALL, TEST = range(3)


def test_a_companion_test_equals_simulated_people():
    """Known truth by drawing people, their tests and failures."""
    made = eco.companion_test(**CASE, test_failure=0.1, on_failure="drug", test_effect=-0.01)
    rng, n = stream(1), 400_000
    marker, failed = rng.random(n) < 0.25, rng.random(n) < 0.1
    called = np.where(marker, rng.random(n) < 0.92, rng.random(n) > 0.95)
    drug = called | failed
    pick = {
        (True, True): (40000, 2.4),
        (True, False): (38000, 1.45),
        (False, True): (10000, 1.5),
        (False, False): (9000, 1.6),
    }
    cost, effect = np.zeros(n), np.zeros(n)
    for (given, positive), (c, e) in pick.items():
        here = (drug == given) & (marker == positive)
        cost[here], effect[here] = c + 800, e - 0.01
    assert abs(made.cost[TEST] - cost.mean()) < 4 * cost.std() / np.sqrt(n)
    assert abs(made.effect[TEST] - effect.mean()) < 4 * effect.std() / np.sqrt(n)
    assert abs(made.treated[TEST] - drug.mean()) < 0.003
    assert "drug" in made.convention


def test_shares_of_the_test_sum_to_one():
    made = eco.companion_test(**CASE | {"prevalence": np.linspace(0, 1, 5)}, test_failure=0.1)
    parts = made.true_positive + made.false_positive + made.true_negative + made.false_negative + made.failed
    assert_allclose(parts, 1)
    assert made.cost.shape == (5, 3)


def test_a_perfect_free_test_is_never_worse_than_either_extreme():
    rng = stream(2)
    for _ in range(50):
        effects = {k: rng.random() for k in CASE if "effect" in k}
        made = eco.companion_test(
            **CASE
            | effects
            | {k: 0 for k in CASE if "cost" in k}
            | {"sensitivity": 1, "specificity": 1, "prevalence": rng.random()}
        )
        helps = effects["drug_effect_positive"] >= effects["control_effect_positive"]
        harms = effects["drug_effect_negative"] <= effects["control_effect_negative"]
        if helps and harms:
            assert made.effect[TEST] >= made.effect[:TEST].max() - 1e-12


def test_a_test_that_calls_everybody_positive_is_drug_for_all_and_the_price_of_the_test():
    made = eco.companion_test(**CASE | {"sensitivity": 1, "specificity": 0})
    assert_allclose(made.cost[TEST], made.cost[ALL] + 800)
    assert_allclose(made.effect[TEST], made.effect[ALL])
    made = eco.companion_test(**CASE | {"sensitivity": 0, "specificity": 1})
    assert_allclose([made.cost[TEST] - 800, made.effect[TEST]], [made.cost[NONE], made.effect[NONE]])


def test_a_failed_test_means_what_the_policy_says():
    made = eco.companion_test(**CASE, test_failure=1.0)
    assert_allclose(made.cost[TEST] - 800, made.cost[NONE])
    made = eco.companion_test(**CASE, test_failure=1.0, on_failure="drug")
    assert_allclose(made.cost[TEST] - 800, made.cost[ALL])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prevalence": 1.2}, "prevalence is 1.2, expected .*at least 0 and at most 1"),
        ({"sensitivity": -0.1}, "sensitivity is -0.1"),
        ({"test_cost": -3}, "test_cost is -3, expected .*at least 0"),
        ({"on_failure": "retest"}, "on_failure is 'retest', expected one of control, drug"),
        ({"prevalence": np.ones(3) / 2, "specificity": np.ones(4)}, "different numbers of draws"),
    ],
)
def test_impossible_tests_are_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        eco.companion_test(**CASE | change)


# --- prices -----------------------------------------------------------------------------------------------------------


def net_benefits(**change):
    made = eco.companion_test(**CASE | change)
    return eco.net_monetary_benefit(made.cost, made.effect, wtp=60_000), made


def test_the_threshold_price_of_the_test_makes_it_just_worth_it():
    free, made = net_benefits(test_cost=0)
    price = eco.threshold_price(free, units=made.tested, names=made.names, strategy="test and treat")
    at, _ = net_benefits(test_cost=price)
    assert_allclose(at[TEST], at[:TEST].max())


def test_the_threshold_price_of_the_drug_makes_it_just_worth_it():
    free, made = net_benefits(drug_cost_positive=0, drug_cost_negative=0)
    price = eco.threshold_price(free, units=made.treated, names=made.names, strategy="test and treat")
    at, _ = net_benefits(drug_cost_positive=price, drug_cost_negative=price)
    assert_allclose(at[TEST], at[NONE])
    assert at[TEST] >= at[ALL]


def test_ranges_of_prices_equal_a_grid_of_prices():
    rng = stream(3)
    for _ in range(30):
        nb, units = rng.normal(0, 10, 5), rng.random(5).round(1)
        names = list("abcde")
        ranges = eco.optimal_by_price(nb, units=units, names=names)
        assert ranges[0].low == 0
        assert ranges[-1].high == np.inf
        for one, two in pairwise(ranges):
            assert one.high == two.low
        for price in np.linspace(0.001, 200, 400):
            best = names[int((nb - price * units).argmax())]
            here = next(r.name for r in ranges if r.low <= price <= r.high)
            i, j = names.index(best), names.index(here)
            assert_allclose(nb[i] - price * units[i], nb[j] - price * units[j], atol=1e-9)


def test_a_strategy_that_is_never_best_has_no_threshold_price():
    assert np.isnan(eco.threshold_price([10, 0, 5], units=[0, 1, 1], names=["n", "a", "t"], strategy="a"))
    assert np.isnan(eco.threshold_price([10, 5], units=[0, 1], names=["n", "a"], strategy="a"))
    with pytest.raises(ConfigError, match=r"units of 'n' is 0, expected .*above 0"):
        eco.threshold_price([10, 5], units=[0, 1], names=["n", "a"], strategy="n")


# --- budgets ----------------------------------------------------------------------------------------------------------


def test_a_budget_equals_counting_every_patient_in_every_year():
    rng = stream(4)
    eligible, new = rng.integers(50, 90, 4).astype(float), np.array([0.1, 0.2, 0.4, 0.4])
    costs = {"old": [10.0, 4.0], "new": [30.0, 8.0, 2.0]}
    found = eco.budget_impact(
        eligible=eligible, cost_by_year=costs, uptake_without={"old": 1}, uptake_with={"old": 1 - new, "new": new}
    )
    budget = np.zeros((2, 4))
    for start in range(4):
        for scenario, share in ((0, {"old": 1.0}), (1, {"old": 1 - new[start], "new": new[start]})):
            for name, part in share.items():
                for year, cost in enumerate(costs[name]):
                    if start + year < 4:
                        budget[scenario, start + year] += eligible[start] * part * cost
    assert_allclose([found.without, found.with_new], budget)
    assert_allclose(found.impact, budget[1] - budget[0])
    assert_allclose(found.by_intervention.sum(axis=1), found.impact)
    assert_allclose(found.cumulative[-1], found.impact.sum())
    assert_allclose(found.patients_with.sum(axis=1), eligible)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"uptake_with": {"new": 0.5}}, "uptake_with of year 0 sums to 0.5, expected 1"),
        ({"uptake_with": {"odd": 1}}, "uptake_with names 'odd', expected interventions of cost_by_year"),
        ({"uptake_without": {"old": 2}}, "uptake_without.* is 2"),
        ({"eligible": [-1.0]}, "eligible.* is -1"),
        ({"cost_by_year": {"old": -1, "new": 2}}, "cost_by_year.* is -1"),
        ({"uptake_with": {"new": [1, 1, 1]}}, "expected one share or 1"),
    ],
)
def test_impossible_budgets_are_refused(change, message):
    arguments = {
        "eligible": [100.0], "cost_by_year": {"old": 1, "new": 2},
        "uptake_without": {"old": 1}, "uptake_with": {"new": 1},
    }  # fmt: skip
    with pytest.raises(ConfigError, match=message):
        eco.budget_impact(**arguments | change)


# --- the checklist ----------------------------------------------------------------------------------------------------


def test_the_checklist_has_its_28_items_and_keeps_what_is_not_reported():
    assert [item.number for item in eco.CHEERS_2022] == list(range(1, 29))
    filled = eco.fill_cheers({8: "health system", 9: "  "})
    assert [f.item.number for f in filled if f.reported] == [8]
    assert len(filled) == 28
    with pytest.raises(ConfigError, match="answers names item 29, expected a number from 1 to 28"):
        eco.fill_cheers({29: "x"})


def test_topics_of_the_checklist_are_distinct():
    topics = [item.topic for item in eco.CHEERS_2022]
    assert_array_equal(len(set(topics)), len(topics))
