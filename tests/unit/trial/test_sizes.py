"""Sample size and power."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import binom, norm, ttest_ind

from biomarker import trial
from biomarker.errors import ConfigError

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "trial" / "expected.csv"
LOOKS = trial.group_sequential(information=[0.4, 0.75, 1.0], futility=trial.HwangShihDeCani(-4))
ratios = st.floats(0.3, 4.0)
powers = st.floats(0.5, 0.97)


# --- a size has the power it was made for -----------------------------------------------------------------------------


@given(d=st.floats(0.2, 1.5), sd=st.floats(0.5, 3), other=st.floats(0.5, 3), ratio=ratios, power=powers)
@settings(max_examples=30)
@pytest.mark.parametrize("method", ["z", "t"])
def test_means_power_of_the_size_is_the_power_asked_for(method, d, sd, other, ratio, power):
    setting = {"sd": sd, "sd_control": other, "ratio": ratio, "method": method}
    n = trial.sample_size_means(d, power=power, **setting).n
    # the t test needs a handful of subjects to exist at all
    if n > 12 * max(ratio, 1 / ratio):
        assert_allclose(trial.power_means(n, d, **setting).power, power, rtol=1e-6)


@given(pair=st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95)), ratio=ratios, power=powers)
@settings(max_examples=30)
@pytest.mark.parametrize("method", ["pooled", "unpooled", "arcsine", "continuity", "farrington-manning"])
def test_rates_power_of_the_size_is_the_power_asked_for(method, pair, ratio, power):
    if abs(pair[0] - pair[1]) < 0.02:
        return
    n = trial.sample_size_rates(*pair, ratio=ratio, method=method, power=power).n
    assert_allclose(trial.power_rates(n, *pair, ratio=ratio, method=method).power, power, rtol=1e-6)


@given(hr=st.floats(0.3, 0.9), ratio=ratios, power=powers)
@pytest.mark.parametrize("method", ["schoenfeld", "freedman", "hsieh-freedman"])
def test_survival_power_of_the_events_is_the_power_asked_for(method, hr, ratio, power):
    events = trial.events_needed(hr, ratio=ratio, method=method, power=power)
    assert_allclose(trial.power_survival(events, hr, ratio=ratio, method=method).power, power, rtol=1e-9)


def test_with_looks_the_maximum_size_has_the_power_of_the_design():
    n = trial.sample_size_rates(0.5, 0.35, design=LOOKS).n
    found = trial.power_rates(n, 0.5, 0.35, design=LOOKS)
    # the pooled variance makes the fixed size exact, and so only nearly the inflated one
    assert_allclose(found.power, 0.9, atol=2e-3)
    assert_allclose(trial.power_survival(trial.events_needed(0.7, design=LOOKS), 0.7, design=LOOKS).power, 0.9)
    assert found.n_expected < n


@given(n=st.floats(20, 500), d=st.floats(0.1, 1))
@settings(max_examples=30)
def test_power_rises_with_n_and_with_the_effect(n, d):
    for design in (None, LOOKS):
        more = trial.power_means(1.2 * n, d, sd=1, design=design).power
        larger = trial.power_means(n, 1.2 * d, sd=1, design=design).power
        assert min(more, larger) >= trial.power_means(n, d, sd=1, design=design).power - 1e-10


def test_the_t_test_has_its_power_in_a_simulation():
    rng = np.random.default_rng(1)
    a, b = rng.normal(1.0, 1, (40_000, 9)), rng.normal(0, 1, (40_000, 12))
    rate = np.mean(ttest_ind(a, b, axis=1, alternative="greater").pvalue <= 0.025)
    exact = trial.power_means(21, 1.0, sd=1, ratio=9 / 12).power
    assert abs(rate - exact) < 3 * np.sqrt(exact * (1 - exact) / 40_000)


def test_two_sided_is_one_sided_at_half_alpha():
    two = trial.sample_size_means(0.4, sd=1, alpha=0.05, sided=2).n
    assert_allclose(two, trial.sample_size_means(0.4, sd=1, alpha=0.025).n)


def test_direction_and_units_do_not_matter():
    base = trial.sample_size_means(0.4, sd=1).n
    assert_allclose(trial.sample_size_means(-4.0, sd=10).n, base)
    assert_allclose(trial.sample_size_rates(0.2, 0.3).n, trial.sample_size_rates(0.8, 0.7).n)
    assert_allclose(trial.events_needed(0.5), trial.events_needed(2.0))


def test_pairs_and_single_arms_take_one_variance():
    assert_allclose(
        trial.sample_size_means(0.5, sd=1, groups=1, method="z").n, (norm.isf(0.025) + norm.isf(0.1)) ** 2 / 0.25
    )
    # pwr.t.test(d = .5, power = .9, type = "one.sample") of R pwr 1.3-0
    assert_allclose(trial.sample_size_means(0.5, sd=1, groups=1, sided=2).n, 43.99548, atol=1e-4)


def test_equal_allocation_needs_least():
    for ratio in (0.5, 2.0, 3.0):
        assert trial.events_needed(0.7, ratio=ratio) > trial.events_needed(0.7)
        assert trial.sample_size_means(0.5, sd=1, ratio=ratio).n > trial.sample_size_means(0.5, sd=1).n


def test_rounding_is_a_named_choice_and_said():
    exact = trial.sample_size_rates(0.5, 0.3, ratio=2, rounding="none")
    arm = trial.sample_size_rates(0.5, 0.3, ratio=2, rounding="arm")
    total = trial.sample_size_rates(0.5, 0.3, ratio=2, rounding="total")
    assert (exact.n_whole, arm.n_whole, total.n_whole) == (0, 187 + 94, 280)
    assert "not rounded" in exact.convention
    assert "each arm rounded up" in arm.convention


def test_non_inferiority_with_equal_rates_is_the_textbook_size():
    # unpooled, 85% in both arms, margin 10 points: 2 pq (z + z)^2 / d^2 an arm (Chow et al. 2017)
    size = trial.sample_size_rates(0.85, 0.85, null=-0.1, method="unpooled", power=0.8)
    assert_allclose(size.n_treatment, 2 * 0.85 * 0.15 * (norm.isf(0.025) + norm.isf(0.2)) ** 2 / 0.01)
    restricted = trial.sample_size_rates(0.85, 0.85, null=-0.1, power=0.8)
    # Farrington and Manning 1990: the restricted rates solve a cubic; here by maximum likelihood on a grid
    control = np.linspace(0.1001, 0.9999, 400_001)
    best = control[np.argmax(binom_log_likelihood(0.85, control - 0.1) + binom_log_likelihood(0.85, control))]
    v0 = 2 * ((best - 0.1) * (1.1 - best) + best * (1 - best))
    n = (norm.isf(0.025) * np.sqrt(v0) + norm.isf(0.2) * np.sqrt(2 * 2 * 0.85 * 0.15)) ** 2 / 0.01
    assert_allclose(restricted.n, n, rtol=1e-4)


def binom_log_likelihood(observed, rate):
    return observed * np.log(rate) + (1 - observed) * np.log(1 - rate)


def test_non_inferiority_of_survival_is_superiority_over_the_margin():
    assert_allclose(trial.events_needed(1.0, null=1.3), trial.events_needed(1 / 1.3))


# --- against rpact ----------------------------------------------------------------------------------------------------

RPACT = trial.group_sequential(information=[0.3, 0.6, 1], power=0.8)
SURVIVAL = {
    "ramp": lambda: trial.sample_size_survival(
        0.7,
        hazard_control=trial.hazard_from_median(8),
        accrual=trial.Accrual(12, rates=[20, 60], changes=[6]),
        dropout=trial.hazard_from_event_probability(0.05, time=12),
        design=RPACT,
    ),
    "piecewise": lambda: trial.sample_size_survival(
        0.6,
        hazard_control=trial.Hazard([0.1, 0.05, 0.02], [6, 12]),
        accrual=trial.Accrual(12, rates=30),
        ratio=2,
        design=RPACT,
    ),
}


def from_r(name):
    with GOLDEN.open(encoding="utf-8") as file:
        return np.array([float(row["value"]) for row in csv.DictReader(file) if row["name"] == name])


@pytest.mark.parametrize("name", SURVIVAL)
def test_survival_sizes_equal_rpact(name):
    size = SURVIVAL[name]()
    assert_allclose(size.events, from_r(f"{name} events")[0], rtol=1e-6)
    assert_allclose(size.n, from_r(f"{name} n")[0])
    assert_allclose(size.critical_hazard_ratio, from_r(f"{name} critical"), rtol=1e-5)
    # the other program finds times to about 1e-4
    assert_allclose(size.follow_up, from_r(f"{name} follow-up")[0], atol=3e-4)
    assert_allclose(size.time_by_look, from_r(f"{name} times"), atol=3e-4)


def test_sizes_and_powers_equal_rpact():
    margin = {"null": -0.1}
    found = {
        "rates margin looks": trial.sample_size_rates(0.35, 0.3, ratio=1.5, design=RPACT, **margin).n,
        "rates margin": trial.sample_size_rates(0.35, 0.3, **margin).n,
        "means margin": trial.sample_size_means(0.3, sd=1, ratio=0.5, power=0.85, **margin).n,
        "means one group": trial.sample_size_means(0.4, sd=1, groups=1).n,
        "power survival": [trial.power_survival(200, hr, design=RPACT).power for hr in (0.6, 0.8)],
        "power survival events": [trial.power_survival(200, hr, design=RPACT).n_expected for hr in (0.6, 0.8)],
        "Freedman": trial.events_needed(0.7, method="freedman", ratio=2),
        "HsiehFreedman": trial.events_needed(0.7, method="hsieh-freedman", ratio=2),
        "survival margin": [
            getattr(
                trial.sample_size_survival(0.9, null=1.25, hazard_control=0.1, accrual=trial.Accrual(12), follow_up=6),
                what,
            )
            for what in ("events", "n")
        ],
    }
    for name, value in found.items():
        assert_allclose(np.atleast_1d(value), from_r(name), rtol=2e-6, err_msg=name)


# --- survival in time -------------------------------------------------------------------------------------------------


def test_event_probability_is_the_double_integral():
    hazard = trial.Hazard([0.1, 0.02, 0.3], [2.0, 5.0])
    dropout = trial.Hazard([0.05, 0.01], [3.0])
    accrual = trial.Accrual(6.0, rates=[1.0, 4.0], changes=[2.5])

    def rate(x):
        return 0.1 if x < 2 else 0.02 if x < 5 else 0.3

    def observed(length):
        alive = lambda x: np.exp(-hazard.cumulative(x) - dropout.cumulative(x))  # noqa: E731
        points = [mark for mark in (2.0, 3.0, 5.0) if mark < length]
        return quad(lambda x: rate(x) * alive(x), 0, length, points=points or None)[0]

    total = 2.5 * 1 + 3.5 * 4
    for end in (4.0, 6.0, 9.0):
        value = quad(
            lambda u, end=end: (1 if u < 2.5 else 4) / total * observed(end - u),
            0,
            min(6.0, end),
            points=[p for p in (1.0, 2.5, end - 2, end - 3, end - 5) if 0 < p < min(6.0, end)],
            limit=200,
        )[0]
        found = trial.event_probability(hazard, accrual=accrual, duration=end, dropout=dropout)
        assert_allclose(found, value, rtol=1e-7)


def test_the_time_of_a_cumulative_hazard_is_found_also_across_a_piece_without_hazard():
    hazard = trial.Hazard([0.1, 0.0, 0.3], [2.0, 5.0])
    value = np.array([0.0, 0.1, 0.2, 0.35, 2.0])
    assert_allclose(hazard.time_at(value), [0.0, 1.0, 5.0, 5.5, 11.0])
    assert_allclose(hazard.cumulative(hazard.time_at(value)), value, atol=1e-15)


@pytest.mark.parametrize("accrual", [0.01, 12.0, 3000.0])
def test_event_probability_of_constant_hazards_has_its_closed_form(accrual):
    h, d, end = 0.08, 0.03, accrual + 6.0
    exact = h / (h + d) * (1 - (np.exp(-(h + d) * 6) - np.exp(-(h + d) * end)) / ((h + d) * accrual))
    found = trial.event_probability(h, accrual=trial.Accrual(accrual), duration=end, dropout=d)
    assert_allclose(found, exact, rtol=1e-10)


def test_event_probability_is_the_share_of_a_simulation():
    rng = np.random.default_rng(4)
    n = 400_000
    # density exp(-0.3 u) on (0, 10)
    entry = -np.log1p(-rng.random(n) * -np.expm1(-3.0)) / 0.3
    event, leave = rng.exponential(1 / 0.08, n), rng.exponential(1 / 0.03, n)
    share = np.mean((event < leave) & (event < 15 - entry))
    exact = trial.event_probability(0.08, accrual=trial.Accrual(10, decay=0.3), duration=15, dropout=0.03)
    assert abs(share - exact) < 3 * np.sqrt(exact * (1 - exact) / n)


def test_what_is_left_out_is_what_is_found():
    common = {"hazard_control": trial.hazard_from_median(8), "dropout": 0.01, "design": LOOKS}
    size = trial.sample_size_survival(0.7, accrual=trial.Accrual(20), follow_up=10, **common)
    rate = size.n / 20
    by_accrual = trial.sample_size_survival(0.7, accrual=trial.Accrual(rates=rate), follow_up=10, **common)
    by_follow_up = trial.sample_size_survival(0.7, accrual=trial.Accrual(20, rates=rate), **common)
    for other in (by_accrual, by_follow_up):
        assert_allclose([other.n, other.accrual_duration, other.follow_up], [size.n, 20, 10], rtol=1e-6)
        assert_allclose(other.events, size.events, rtol=1e-6)
    assert_allclose(size.time_by_look[-1], 30)
    assert np.all(np.diff(size.time_by_look) > 0)
    assert_allclose(size.events, trial.events_needed(0.7, design=LOOKS))


def test_lachin_foulkes_nears_schoenfeld_as_the_effect_gets_small():
    setting = {"hazard_control": 0.1, "accrual": trial.Accrual(12), "follow_up": 12}
    ratio = [
        trial.sample_size_survival(hr, method="lachin-foulkes", **setting).n
        / trial.sample_size_survival(hr, **setting).n
        for hr in (0.5, 0.8, 0.98)
    ]
    assert abs(ratio[2] - 1) < abs(ratio[1] - 1) < abs(ratio[0] - 1)
    assert_allclose(ratio[2], 1, atol=1e-3)


def test_drop_out_costs_subjects_and_not_events():
    setting = {"hazard_control": 0.1, "accrual": trial.Accrual(12), "follow_up": 6}
    without, with_it = (trial.sample_size_survival(0.7, dropout=d, **setting) for d in (0.0, 0.05))
    assert_allclose(with_it.events, without.events)
    assert with_it.n > without.n


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_freedman_with_unequal_allocation_is_freedmans_formula_at_equal(ratio):
    z = (norm.isf(0.025) + norm.isf(0.1)) ** 2
    assert_allclose(trial.events_needed(0.6, method="freedman"), z * (1.6 / 0.4) ** 2)
    assert_allclose(
        trial.events_needed(0.6, method="freedman", ratio=ratio), z * (1 + ratio * 0.6) ** 2 / (ratio * 0.4**2)
    )


# --- interaction ------------------------------------------------------------------------------------------------------


@given(prevalence=st.floats(0.1, 0.9), ratio=ratios)
@settings(max_examples=20)
def test_schmoor_is_the_closed_form_and_least_at_one_half(prevalence, ratio):
    w = ratio / (1 + ratio)
    found = trial.sample_size_interaction_survival(0.5, 0.9, prevalence=prevalence, ratio=ratio).n
    z = (norm.isf(0.025) + norm.isf(0.1)) ** 2
    assert_allclose(found, z / (prevalence * (1 - prevalence) * w * (1 - w) * np.log(0.5 / 0.9) ** 2))
    assert found >= trial.sample_size_interaction_survival(0.5, 0.9, prevalence=0.5).n * (1 - 1e-12)


def test_an_interaction_as_large_as_a_main_effect_needs_four_times_the_events():
    assert_allclose(
        trial.sample_size_interaction_survival(0.5, 1.0, prevalence=0.5).n, 4 * trial.events_needed(0.5), rtol=1e-9
    )


def test_the_interaction_of_rates_has_its_power_in_a_simulation():
    rates = np.array([0.6, 0.3, 0.4, 0.35])
    size = trial.sample_size_interaction_rates(rates, prevalence=0.4, ratio=1.5)
    share = np.array([0.4 * 0.6, 0.4 * 0.4, 0.6 * 0.6, 0.6 * 0.4])
    n = np.round(size.n * share).astype(int)
    x = np.random.default_rng(7).binomial(n, rates, (40_000, 4))
    p = x / n
    log_odds = np.log(p / (1 - p)) @ [1, -1, -1, 1]
    z = log_odds / np.sqrt((1 / (n * p * (1 - p))).sum(axis=1))
    assert abs(np.mean(z > norm.isf(0.025)) - 0.9) < 0.01


# --- clusters, single arm, diagnostic ---------------------------------------------------------------------------------


def test_clusters_of_one_or_without_correlation_change_nothing():
    size = trial.sample_size_means(0.5, sd=1)
    assert trial.design_effect(1, correlation=0.3) == 1.0
    assert_allclose(trial.cluster_size(size, cluster_size=10, correlation=0.0).n, size.n)
    assert_allclose(trial.design_effect(20, correlation=0.05, variation=0.5), 1 + (1.25 * 20 - 1) * 0.05)


def test_the_variance_of_a_mean_over_clusters_is_the_design_effect():
    rng = np.random.default_rng(2)
    clusters = rng.normal(0, np.sqrt(0.1), (20_000, 6, 1)) + rng.normal(0, np.sqrt(0.9), (20_000, 6, 15))
    variance = clusters.mean(axis=(1, 2)).var() * 90
    assert_allclose(variance, trial.design_effect(15, correlation=0.1), rtol=0.03)


@pytest.mark.parametrize(("p0", "p1", "alpha", "power"), [(0.1, 0.4, 0.05, 0.8), (0.2, 0.5, 0.1, 0.85)])
def test_the_minimax_design_is_the_best_of_all_that_exist(p0, p1, alpha, power):
    minimax = trial.simon_two_stage(p0, p1, alpha=alpha, power=power).minimax
    best = {}
    for n in range(2, minimax.n + 1):
        for n1, r in itertools.product(range(1, n), range(n)):
            for r1 in range(min(n1, r + 1)):
                x = np.arange(r1 + 1, n1 + 1)
                declared = [(binom.pmf(x, n1, p) * binom.sf(r - x, n - n1, p)).sum() for p in (p0, p1)]
                if declared[0] <= alpha and declared[1] >= power:
                    expected = n1 + binom.sf(r1, n1, p0) * (n - n1)
                    best[n] = min(best.get(n, (np.inf,)), (expected, r1, n1, r, n))
    assert list(best) == [minimax.n]
    assert best[minimax.n][1:] == (minimax.r1, minimax.n1, minimax.r, minimax.n)


def test_the_properties_of_a_two_stage_design_are_those_it_was_chosen_for():
    best = trial.simon_two_stage(0.1, 0.3).optimal
    at_null = trial.two_stage_properties(best.r1, best.n1, best.r, best.n, 0.1)
    assert_allclose(at_null, [best.alpha, best.early_stop, best.expected_n])
    assert_allclose(trial.two_stage_properties(best.r1, best.n1, best.r, best.n, 0.3)[0], best.power)


def test_admissible_designs_run_from_minimax_to_optimal():
    found = trial.simon_two_stage(0.1, 0.3)
    assert found.admissible[0] == found.minimax
    assert found.admissible[-1] == found.optimal
    slopes = [(b.expected_n - a.expected_n) / (b.n - a.n) for a, b in itertools.pairwise(found.admissible)]
    assert slopes == sorted(slopes)
    assert max(slopes) < 0


def test_a_stable_single_stage_keeps_its_power_for_larger_n():
    usual, stable = (trial.single_stage(0.1, 0.3, stable=stable) for stable in (False, True))
    assert stable.n >= usual.n
    assert stable.power >= 0.8
    # A'Hern 2001, table 1: p0 0.05, p1 0.2, alpha 0.05, power 0.9: at least 5 of 38 (r = 4)
    published = trial.single_stage(0.05, 0.2, alpha=0.05, power=0.9)
    assert (published.r, published.n) == (4, 38)


def test_intervals_cover_the_truth_as_often_as_they_say():
    for p in (0.02, 0.3, 0.95):
        x = np.arange(61)
        weight = binom.pmf(x, 60, p)
        low, high = trial.proportion_interval(x, 60)
        assert weight[(low <= p) & (p <= high)].sum() >= 0.95
    low, high = trial.proportion_interval(x, 60, method="wilson")
    assert np.all((low <= x / 60 + 1e-12) & (x / 60 <= high + 1e-12))


def test_the_precision_asked_for_is_reached_and_one_subject_less_is_not_enough():
    for method in ("wilson", "clopper-pearson"):
        size = trial.sample_size_accuracy(0.9, half_width=0.06, method=method)
        assert size.half_width <= 0.06

        def mean_width(n, method=method):
            x = np.arange(n + 1)
            low, high = trial.proportion_interval(x, n, method=method)
            return (binom.pmf(x, n, 0.9) * (high - low)).sum() / 2

        assert_allclose(mean_width(size.n_condition), size.half_width)
        assert mean_width(size.n_condition - 1) > 0.06
    assert trial.sample_size_accuracy(0.9, half_width=0.06, prevalence=0.1).n == 961


def test_the_lower_limit_passes_with_the_power_asked_for():
    size = trial.sample_size_accuracy_test(0.95, acceptable=0.85, power=0.9)
    x = np.arange(size.n_condition + 1)
    low, _ = trial.proportion_interval(x, size.n_condition)
    assert_allclose(binom.pmf(x, size.n_condition, 0.95)[low >= 0.85].sum(), size.power)
    assert size.power >= 0.9


# --- what cannot be ---------------------------------------------------------------------------------------------------

ENTRY = trial.Accrual(12)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("power", lambda: trial.sample_size_means(0.5, sd=1, power=0.02)),
        ("power", lambda: trial.sample_size_means(0.5, sd=1, power=1.0)),
        ("power", lambda: trial.sample_size_means(0.5, sd=1, design=LOOKS, power=0.8)),
        ("alpha", lambda: trial.sample_size_means(0.5, sd=1, alpha=0.6)),
        ("sided", lambda: trial.sample_size_means(0.5, sd=1, sided=0)),
        ("sd", lambda: trial.sample_size_means(0.5, sd=0)),
        ("sd_control", lambda: trial.sample_size_means(0.5, sd=1, sd_control=-1)),
        ("difference", lambda: trial.sample_size_means(0.0, sd=1)),
        ("difference", lambda: trial.sample_size_means(np.nan, sd=1)),
        ("ratio", lambda: trial.sample_size_means(0.5, sd=1, ratio=0)),
        ("method", lambda: trial.sample_size_means(0.5, sd=1, method="u")),
        ("rounding", lambda: trial.sample_size_means(0.5, sd=1, rounding="down")),
        ("n", lambda: trial.power_means(2, 0.5, sd=1)),
        ("groups", lambda: trial.sample_size_anova(0.3, groups=1)),
        ("effect", lambda: trial.sample_size_anova(0.0, groups=3)),
        ("rate", lambda: trial.sample_size_rates(1.0, 0.5)),
        ("rate_control", lambda: trial.sample_size_rates(0.5, 0.0)),
        ("rate", lambda: trial.sample_size_rates(0.5, 0.5)),
        ("method", lambda: trial.sample_size_rates(0.5, 0.5, null=-0.1, method="pooled")),
        ("hazard_ratio", lambda: trial.events_needed(1.0)),
        ("hazard_ratio", lambda: trial.events_needed(0.0)),
        ("null", lambda: trial.events_needed(0.7, null=1.2, method="freedman")),
        ("method", lambda: trial.events_needed(0.7, method="cox")),
        ("hazard_control", lambda: trial.sample_size_survival(0.7, hazard_control=0, accrual=ENTRY, follow_up=3)),
        ("follow_up", lambda: trial.sample_size_survival(0.7, hazard_control=0.1, accrual=ENTRY, follow_up=-3)),
        ("follow_up", lambda: trial.sample_size_survival(0.7, hazard_control=0.1, accrual=ENTRY)),
        ("follow_up", lambda: trial.sample_size_survival(0.7, hazard_control=0.1, accrual=trial.Accrual(12, rates=90))),
        ("accrual", lambda: trial.sample_size_survival(0.7, hazard_control=0.1, accrual=trial.Accrual(), follow_up=1)),
        ("duration", lambda: trial.Accrual(0.0)),
        ("rates", lambda: trial.Accrual(5.0, rates=[0.0])),
        ("changes", lambda: trial.Accrual(5.0, rates=[1.0, 2.0])),
        ("decay", lambda: trial.Accrual(5.0, rates=[1.0, 2.0], changes=[2.0], decay=0.1)),
        ("rates", lambda: trial.Hazard([-0.1])),
        ("changes", lambda: trial.Hazard([0.1, 0.2], [0.0])),
        ("median", lambda: trial.hazard_from_median(0)),
        ("probability", lambda: trial.hazard_from_event_probability(1.0, time=3)),
        ("prevalence", lambda: trial.sample_size_interaction_means(0.5, 0.1, sd=1, prevalence=0)),
        ("prevalence", lambda: trial.sample_size_interaction_survival(0.5, 1, prevalence=1)),
        ("effect", lambda: trial.sample_size_interaction_survival(0.5, 0.5, prevalence=0.5)),
        ("rates", lambda: trial.sample_size_interaction_rates([0.5, 0.5, 0.1], prevalence=0.5)),
        (
            "event_probability",
            lambda: trial.sample_size_interaction_survival(0.5, 1, prevalence=0.5, event_probability=0),
        ),
        ("correlation", lambda: trial.design_effect(10, correlation=1.1)),
        ("cluster_size", lambda: trial.design_effect(0.5, correlation=0.1)),
        ("alternative", lambda: trial.simon_two_stage(0.3, 0.2)),
        ("null", lambda: trial.single_stage(0.0, 0.2)),
        ("power", lambda: trial.simon_two_stage(0.1, 0.3, alpha=0.1, power=0.1)),
        ("half_width", lambda: trial.sample_size_accuracy(0.9, half_width=0.0)),
        ("prevalence", lambda: trial.sample_size_accuracy(0.9, half_width=0.1, prevalence=0.0)),
        ("expected", lambda: trial.sample_size_accuracy_test(0.8, acceptable=0.9)),
        ("auc", lambda: trial.sample_size_auc(0.5, half_width=0.1, prevalence=0.5)),
    ],
)
def test_an_impossible_setting_is_refused_by_its_name(name, call):
    with pytest.raises(ConfigError, match=f"^{name} (is .*allowed: |would be negative)"):
        call()


def test_events_that_never_come_are_said_to():
    with pytest.raises(ConfigError, match=r"^follow_up cannot be found: .* never have the events"):
        trial.sample_size_survival(0.8, hazard_control=0.1, accrual=trial.Accrual(10, rates=20))
    with pytest.raises(ConfigError, match="no n up to n_max"):
        trial.single_stage(0.1, 0.11, n_max=50)
