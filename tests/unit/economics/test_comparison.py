"""Ratios, dominance, the frontier, trees, rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from biomarker import economics as eco
from biomarker.errors import ConfigError

points = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=8)


@given(points)
def test_the_frontier_is_what_is_best_at_some_threshold(pairs):
    """Oracle: the highest net benefit at every threshold where two strategies tie, between these, at 0 and far out."""
    cost, effect = np.array(pairs, dtype=float).T
    found = eco.incremental_analysis(cost, effect)
    best = set()
    ties = {(a - b) / (c - d) for a, c in pairs for b, d in pairs if c != d and (a - b) / (c - d) > 0}
    for wtp in [0.0, *sorted(ties), 1e6]:
        nb = wtp * effect - cost
        winners = np.flatnonzero(nb >= nb.max() - 1e-9 * max(1, abs(nb.max())))
        if wtp == 0.0:  # of the cheapest, the most effective
            winners = winners[effect[winners] == effect[winners].max()]
        best |= {(cost[i], effect[i]) for i in winners}
    assert best == {(cost[i], effect[i]) for i in found.frontier}
    ratios = found.icer[found.frontier]
    ratios = ratios[~np.isnan(ratios)]
    assert np.all(np.diff(ratios) >= -1e-9)


@given(points, st.randoms(use_true_random=False))
def test_permuting_strategies_changes_nothing(pairs, random):
    cost, effect = np.array(pairs, dtype=float).T
    order = list(range(cost.size))
    random.shuffle(order)
    names = [f"s{i}" for i in range(cost.size)]
    one = eco.incremental_analysis(cost, effect, names=names)
    two = eco.incremental_analysis(cost[order], effect[order], names=[names[i] for i in order])
    assert [one.status[i] for i in order] == list(two.status)
    assert_array_equal(one.icer[order], two.icer)
    assert [one.names[i] for i in one.order] == [two.names[i] for i in two.order]


def test_a_dominated_strategy_is_told_from_an_extendedly_dominated_one():
    found = eco.incremental_analysis([0, 10, 9, 30], [0, 1, 0.2, 2], names=["none", "a", "b", "c"])
    assert found.status == ("ND", "ND", "ED", "ND")
    assert eco.incremental_analysis([0, 10, 11], [0, 1, 1]).status == ("ND", "ND", "D")
    assert eco.incremental_analysis([0, 10, 10], [0, 1, 0.5]).status == ("ND", "ND", "D")


def test_best_by_threshold():
    found = eco.incremental_analysis([0, 10, 30], [0, 1, 2], names=["none", "a", "b"])
    assert [found.best(w) for w in (5, 10, 15, 20, 50)] == ["none", "a", "a", "b", "b"]


def test_equal_strategies_share_their_place():
    found = eco.incremental_analysis([0, 10, 10], [0, 1, 1])
    assert found.status == ("ND", "ND", "ND")
    assert_array_equal(found.icer, [np.nan, 10, 10])


@pytest.mark.parametrize(
    ("cost", "effect", "ratio", "position"),
    [
        (10, 2, 5, "more effective and more costly"), (-10, -2, 5, "less effective and less costly"),
        (-1, 1, np.nan, "dominant"), (1, -1, np.nan, "dominated"), (0, 0, np.nan, "equal"), (0, 1, np.nan, "dominant"),
    ],
)  # fmt: skip
def test_position_on_the_plane(cost, effect, ratio, position):
    got = eco.icer(cost, effect, comparator_cost=0, comparator_effect=0)
    assert got[1] == position
    assert_allclose(got[0], ratio)


def test_net_health_benefit_is_net_monetary_benefit_in_units_of_effect():
    assert_allclose(
        eco.net_health_benefit(1000, 0.5, wtp=20000) * 20000, eco.net_monetary_benefit(1000, 0.5, wtp=20000)
    )


def test_shapes_that_differ_are_refused():
    with pytest.raises(ConfigError, match="cost holds 2 strategies and effect 3"):
        eco.incremental_analysis([1, 2], [1, 2, 3])
    with pytest.raises(ConfigError, match=r"wtp is -1, expected .*at least 0"):
        eco.net_monetary_benefit(1, 1, wtp=-1)


# --- trees ------------------------------------------------------------------------------------------------------------


def random_tree(rng, depth):
    if depth == 0:
        return eco.branch("end", cost=rng.random(), effect=rng.random())
    shares = rng.dirichlet(np.ones(3))
    children = []
    for share in shares:
        child = random_tree(rng, depth - 1)
        children.append(
            eco.branch(child.name, probability=share, cost=child.cost, effect=child.effect, children=child.children)
        )
    return eco.branch("node", cost=rng.random(), children=children)


def test_rolling_back_is_the_sum_over_paths():
    tree = random_tree(np.random.default_rng(1), 3)
    ways = eco.paths(tree)
    assert len(ways) == 27
    assert_allclose(sum(way.probability for way in ways), 1)
    cost, effect = eco.roll_back(tree)
    assert_allclose(cost, sum(way.probability * way.cost for way in ways))
    assert_allclose(effect, sum(way.probability * way.effect for way in ways))


def test_a_tree_of_draws_is_a_tree_a_draw():
    p = np.array([0.2, 0.7])
    ends = [eco.branch("a", probability=p, effect=1), eco.branch("b", probability=1 - p)]
    assert_allclose(eco.roll_back(eco.branch("root", children=ends))[1], p)


def test_children_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ConfigError, match=r"probability of the children of 'root' sums to 0.9, expected 1"):
        eco.branch("root", children=[eco.branch("a", probability=0.9)])
    with pytest.raises(ConfigError, match=r"probability of 'a' is 1.5, expected"):
        eco.branch("a", probability=1.5)
    with pytest.raises(ConfigError, match="cost of 'a' is -1"):
        eco.branch("a", cost=-1)


# --- rates ------------------------------------------------------------------------------------------------------------


@given(st.floats(0, 20), st.floats(0.01, 10))
def test_rates_and_probabilities_are_each_others_inverse(rate, time):
    p = eco.rate_to_probability(rate, time=time)
    if p < 1 - 1e-9:
        assert_allclose(eco.probability_to_rate(p, time=time), rate, rtol=1e-6, atol=1e-12)


def test_a_hazard_ratio_scales_the_rate_not_the_probability():
    p = eco.rate_to_probability(0.4)
    assert_allclose(eco.scale_hazard(p, hazard_ratio=2), eco.rate_to_probability(0.8))
    assert_allclose(eco.scale_hazard([0, 1], hazard_ratio=0.5), [0, 1])
    assert_allclose(eco.odds_to_probability(eco.probability_to_odds(0.3)), 0.3)


def test_a_probability_of_one_has_no_rate():
    with pytest.raises(ConfigError, match=r"probability is 1, expected .*below 1"):
        eco.probability_to_rate(1.0)
