"""Distributions, probabilistic analysis, value of information, one parameter at a time."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from biomarker import economics as eco
from biomarker.errors import ConfigError
from biomarker.rng import stream

LAWS = [
    eco.normal(mean=3, std_error=2), eco.lognormal(log_mean=0.2, log_std_error=0.3),
    eco.lognormal(mean=5, std_error=2), eco.gamma(shape=3, scale=2), eco.gamma(shape=3, rate=0.5),
    eco.gamma(mean=10, std_error=4), eco.beta(alpha=2, beta=5), eco.beta(mean=0.3, std_error=0.1),
    eco.beta(events=12, n=40), eco.uniform(low=-1, high=3), eco.fixed(4.0),
]  # fmt: skip


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_draws_have_the_mean_and_spread_of_their_law(law):
    n = 40_000
    x = eco.draw_parameters({"x": law}, n_draws=n, rng=stream(1, law.name), latin_hypercube=True)["x"]
    assert_allclose(x.mean(), law.mean, atol=max(1e-12, 0.01 * law.std_error))
    assert_allclose(x.std(), law.std_error, rtol=0.02, atol=1e-9)


def test_mean_and_standard_error_are_those_asked_for():
    for law, mean, error in ((LAWS[2], 5, 2), (LAWS[5], 10, 4), (LAWS[7], 0.3, 0.1)):
        assert_allclose([law.mean, law.std_error], [mean, error])


def test_quantiles_are_scipys():
    u = np.linspace(0.01, 0.99, 7)[:, None]
    assert_allclose(eco.gamma(shape=3, scale=2).quantile(u), stats.gamma(3, scale=2).ppf(u[:, 0]))
    assert_allclose(eco.beta(alpha=2, beta=5).quantile(u), stats.beta(2, 5).ppf(u[:, 0]))


def test_shares_sum_to_one_and_have_the_dirichlet_law():
    law = eco.dirichlet([2, 0, 5, 3])
    x = eco.draw_parameters({"row": law}, n_draws=20_000, rng=stream(2))["row"]
    assert_allclose(x.sum(axis=1), 1)
    assert np.all(x[:, 1] == 0)
    assert_allclose(x.mean(axis=0), [0.2, 0, 0.5, 0.3], atol=0.005)
    assert_allclose(x.std(axis=0), law.std_error, atol=0.003)
    assert stats.kstest(x[:, 2], stats.beta(5, 5).cdf).pvalue > 1e-3


def test_correlated_draws_have_the_asked_rank_correlation():
    r = np.array([[1, 0.7], [0.7, 1]])
    laws = {"a": eco.gamma(mean=5, std_error=3), "b": eco.beta(alpha=2, beta=3)}
    x = eco.draw_parameters(laws, n_draws=40_000, rng=stream(3), correlation=r)
    assert_allclose(stats.spearmanr(x["a"], x["b"]).statistic, 6 / np.pi * np.arcsin(0.35), atol=0.015)


def test_a_latin_hypercube_has_one_draw_in_each_slice():
    x = eco.draw_parameters({"x": eco.uniform(low=0, high=1)}, n_draws=50, rng=stream(4), latin_hypercube=True)["x"]
    assert_array_equal(np.sort(np.floor(x * 50)), np.arange(50))


def test_the_same_seed_gives_the_same_draws():
    one, two = (eco.draw_parameters({"x": LAWS[0]}, n_draws=5, rng=stream(5))["x"] for _ in range(2))
    assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: eco.beta(mean=0.5, std_error=0.6), "std_error is 0.6, expected below 0.5"),
        (lambda: eco.beta(alpha=1), "beta takes alpha and beta"),
        (lambda: eco.beta(events=0, n=10), "events is 0, expected .*above 0"),
        (lambda: eco.gamma(mean=-1, std_error=1), "mean is -1, expected .*above 0"),
        (lambda: eco.gamma(shape=1), "gamma takes shape and scale"),
        (lambda: eco.lognormal(mean=1, log_std_error=1), "lognormal takes"),
        (lambda: eco.uniform(low=2, high=1), "high is 1, expected .*at least 2"),
        (lambda: eco.dirichlet([0, 0]), "counts sum to 0"),
        (lambda: eco.draw_parameters({}, n_draws=3, rng=stream(1)), "distributions is empty"),
        (
            lambda: eco.draw_parameters({"x": LAWS[0]}, n_draws=3, rng=stream(1), correlation=[[2.0]]),
            "correlation.* is 2, expected",
        ),
    ],
)
def test_laws_that_cannot_be_are_refused(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


# --- decisions --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def psa():
    rng = stream(6)
    cost = rng.normal([100, 300, 500], [20, 40, 60], (4000, 3))
    return eco.psa_of(cost, rng.normal([1, 1.02, 1.05], 0.02, (4000, 3)), names=("a", "b", "c"))


def test_the_acceptability_curve_is_the_share_of_draws_won(psa):
    found = eco.acceptability(psa, [0, 5000, 20_000])
    for w, wtp in enumerate(found.wtp):
        nb = psa.net_benefit(wtp)
        assert_allclose(found.probability[w], np.bincount(nb.argmax(axis=1), minlength=3) / 4000)
        assert_allclose(found.evpi[w], nb.max(axis=1).mean() - nb.mean(axis=0).max(), atol=1e-9)
        assert_allclose(found.expected_loss[w], (nb.max(axis=1, keepdims=True) - nb).mean(axis=0), atol=1e-9)
        assert found.best[w] == nb.mean(axis=0).argmax()
        assert found.frontier[w] == found.probability[w, found.best[w]]
    assert_allclose(found.probability.sum(axis=1), 1)
    assert_allclose(found.expected_loss.min(axis=1), found.evpi)


def test_equal_strategies_share_the_probability():
    psa = eco.psa_of(np.ones((4, 2)), np.ones((4, 2)))
    assert_array_equal(eco.acceptability(psa, [10.0]).probability, [[0.5, 0.5]])


def test_relabelling_strategies_permutes_the_answer(psa):
    order = [2, 0, 1]
    other = eco.psa_of(psa.cost[:, order], psa.effect[:, order], names=[psa.names[i] for i in order])
    one, two = eco.acceptability(psa, [0, 9000.0]), eco.acceptability(other, [0, 9000.0])
    assert_allclose(one.probability[:, order], two.probability)
    assert [n for n, _, _ in one.optimal] == [n for n, _, _ in two.optimal]
    assert_allclose(one.evpi, two.evpi)


def test_quadrants_sum_to_one_and_the_ratio_is_that_of_the_means(psa):
    found = eco.plane(psa, strategy="c", comparator="a")
    assert_allclose(sum(found.quadrant.values()), 1)
    means = psa.cost.mean(axis=0), psa.effect.mean(axis=0)
    assert_allclose(found.icer, (means[0][2] - means[0][0]) / (means[1][2] - means[1][0]))
    assert_allclose(
        found.quadrant["south-east"], ((found.incremental_cost < 0) & (found.incremental_effect > 0)).mean()
    )


def test_a_loop_over_draws_and_all_draws_at_once_agree():
    drawn = eco.draw_parameters({"a": LAWS[0], "row": eco.dirichlet([1, 2])}, n_draws=20, rng=stream(7))
    at_once = eco.probabilistic_analysis(lambda p: (np.abs(p["row"]), p["a"][:, None] * p["row"]), drawn)
    one_by_one = eco.probabilistic_analysis(lambda p: (np.abs(p["row"]), p["a"] * p["row"]), drawn, vectorised=False)
    assert_allclose(at_once.effect, one_by_one.effect)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: eco.acceptability(p, [2, 1]), "wtp is not ascending"),
        (lambda p: eco.plane(p, strategy="z", comparator="a"), "'z' is no strategy, expected one of a, b, c"),
        (lambda p: eco.psa_of([[1.0, 2]], [[1.0]]), "disagree"),
        (lambda p: eco.evppi(p.net_benefit(1), np.ones(3)), "parameters holds 3 draws, expected 4000"),
        (
            lambda p: eco.evppi(np.ones((50, 2)), np.random.default_rng(0).random((50, 3))),
            "expected at least 160 draws",
        ),
        (lambda p: eco.evsi(p.net_benefit(1), p.cost[:, 0], sample_size=-1, prior_sample_size=1), "sample_size is -1"),
    ],
)
def test_impossible_questions_are_refused(psa, call, message):
    with pytest.raises(ConfigError, match=message):
        call(psa)


# --- value of information: a decision with a closed form --------------------------------------------------------------


def unit_loss(mean, sd):
    """``E[max(0, X)] - max(0, mean)`` of a normal X."""
    z = abs(mean) / sd
    return sd * (stats.norm.pdf(z) - z * stats.norm.sf(z))


@pytest.fixture(scope="module")
def linear():
    """Net benefit of a new strategy against none: 100 + 300 x + 200 y with standard normal x and y."""
    x, y = stream(8).standard_normal((2, 60_000))
    return np.column_stack([np.zeros(x.size), 100 + 300 * x + 200 * y]), x, y


def test_values_of_information_equal_their_closed_forms(linear):
    nb, x, y = linear
    for found, sd in ((eco.evpi(nb), np.hypot(300, 200)), (eco.evppi(nb, x), 300), (eco.evppi(nb, y), 200)):
        assert abs(found.value - unit_loss(100, sd)) < 4 * found.std_error
    both = eco.evppi(nb, np.column_stack([x, y]))
    assert_allclose(both.value, eco.evpi(nb).value, rtol=0.002)


@pytest.mark.parametrize("n", [0, 5, 50, 5000])
def test_sample_information_equals_its_closed_form_and_the_regression_on_simulated_studies(linear, n):
    nb, x, _ = linear
    prior = 20.0
    truth = unit_loss(100, 300 * np.sqrt(n / (n + prior))) if n else 0.0
    found = eco.evsi(nb, x, sample_size=n, prior_sample_size=prior)
    assert abs(found.value - truth) <= 4 * found.std_error
    if n:
        observed = x + stream(9, n).standard_normal(x.size) * np.sqrt(prior / n)
        simulated = eco.evsi_from_summaries(nb, observed)
        assert abs(simulated.value - truth) < 4 * simulated.std_error


def test_a_curved_net_benefit_needs_no_linearity():
    """NB = x^2 - 1 with normal x: E max(0, .) has a closed form by the chi-squared law."""
    x = stream(10).standard_normal(60_000)
    nb = np.column_stack([np.zeros(x.size), x**2 - 1])
    truth = 2 * stats.norm.pdf(1)  # E[(x^2 - 1)+] = 2 [z phi(z)] at z = 1
    found = eco.evppi(nb, x)
    assert abs(found.value - truth) < 4 * found.std_error
    noisy = eco.evppi(nb + stream(11).standard_normal((x.size, 1)) * [0, 2], x)
    assert abs(noisy.value - truth) < 4 * noisy.std_error + 0.01


def test_information_is_ordered_perfect_partial_sample_none():
    rng = stream(12)
    x = rng.gamma(4, 1, (20_000, 3))
    nb = np.column_stack([np.full(len(x), 4.0), x[:, 0] * np.sqrt(x[:, 1]), x[:, 2] + 0.1 * x[:, 0] ** 1.2])
    everything = eco.evpi(nb)
    for subset in ([0], [1], [0, 1], [0, 1, 2]):
        partial = eco.evppi(nb, x[:, subset])
        assert partial.value <= everything.value + 3 * everything.std_error
        before = 0.0
        for n in (0, 10, 100, 10_000):
            sample = eco.evsi(nb, x[:, subset], sample_size=n, prior_sample_size=50)
            assert 0 <= sample.value <= partial.value + 3 * partial.std_error
            assert sample.value >= before - 3 * partial.std_error
            before = sample.value


def test_a_useless_parameter_is_worth_nothing_within_error():
    rng = stream(13)
    nb = np.column_stack([np.zeros(20_000), rng.normal(0.3, 1, 20_000)])
    assert eco.evppi(nb, rng.standard_normal(20_000)).value < 0.005
    assert eco.evppi(nb, np.ones(20_000)).value == 0.0


def test_twenty_parameters_at_once_are_a_fit_of_low_degree():
    x = stream(14).standard_normal((12_000, 20))
    nb = np.column_stack([np.zeros(12_000), 0.5 + x.sum(axis=1)])
    found = eco.evppi(nb, x)
    assert "degree 2 in the normal scores of 20" in found.convention
    assert_allclose(found.value, eco.evpi(nb).value, rtol=0.01)


def test_value_for_a_population_and_the_best_size_of_a_study():
    assert_allclose(eco.population_value(2.0, incidence=10, years=3, discount=0.1), 20 * (1 + 1 / 1.1 + 1 / 1.21))
    found = eco.net_benefit_of_sampling(
        [0, 100, 200], evsi_per_decision=[0, 5, 6], population=1000, fixed_cost=100, cost_per_subject=20
    )
    assert_allclose(found.net_benefit, [-100, 2900, 1900])
    assert found.best == 100
    dear = eco.net_benefit_of_sampling([10], evsi_per_decision=[0.1], population=10, fixed_cost=100, cost_per_subject=1)
    assert dear.best == 0


# --- one at a time ----------------------------------------------------------------------------------------------------

BASE = {"a": 1.0, "b": 2.0, "c": 0.0}


def outcome(p):
    return p["a"] * p["b"] - p["c"] ** 2


def test_the_longest_bar_comes_first():
    bars = eco.tornado(outcome, BASE, {"c": (-1, 1), "a": (0, 3), "b": (1, 3)})
    assert [bar.parameter for bar in bars] == ["a", "b", "c"]
    assert (bars[0].at_low, bars[0].at_high, bars[0].base, bars[0].span) == (0, 6, 2, 6)
    assert bars[2].span == 1  # both ends lie on one side of the base case


def test_a_decision_turns_where_the_outcome_passes_zero():
    assert_allclose(eco.threshold_values(outcome, BASE, parameter="c", low=-3, high=3), [-np.sqrt(2), np.sqrt(2)])
    assert eco.threshold_values(outcome, BASE, parameter="a", low=1, high=3) == ()
    assert_allclose(eco.one_way_curve(outcome, BASE, parameter="c", values=[0, 1]), [2, 1])


def test_ranges_that_miss_the_base_case_are_refused():
    with pytest.raises(ConfigError, match="expected to hold the base case 1"):
        eco.tornado(outcome, BASE, {"a": (2, 3)})
    with pytest.raises(ConfigError, match="parameter 'z' is not in the base case"):
        eco.tornado(outcome, BASE, {"z": (2, 3)})
