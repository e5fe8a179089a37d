"""Group-sequential designs."""

import csv
import itertools
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal, norm

from biomarker import trial
from biomarker.errors import ConfigError

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "trial" / "expected.csv"


def from_r(name):
    with GOLDEN.open(encoding="utf-8") as file:
        return np.array([float(row["value"]) for row in csv.DictReader(file) if row["name"] == name])


def covariance(t):
    return np.array([[np.sqrt(min(a, b) / max(a, b)) for a in t] for b in t])


# --- the recursion ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drift", [-2.0, 0.0, 3.2, 8.0, 14.0])
def test_exit_probabilities_are_those_of_the_multivariate_normal_law(drift):
    t, upper = np.array([0.3, 0.45, 1.0]), np.array([2.5, 2.2, 2.0])
    ended = trial.exit_probabilities(t, [-np.inf] * 3, upper, drift=drift)
    inside = [multivariate_normal(drift * np.sqrt(t[:k]), covariance(t[:k])).cdf(upper[:k], rng=0) for k in range(1, 4)]
    assert_allclose(ended.upper[0], -np.diff(inside, prepend=1.0), atol=2e-5)


def test_exit_probabilities_of_all_kinds_and_of_going_on_sum_to_one():
    t = np.arange(1, 6) / 5
    ended = trial.exit_probabilities(t, [-np.inf] * 4 + [2.0], [4.0, 3.0, 2.5, 2.2, 2.0], drift=[0.0, 1.0, 3.0])
    assert_allclose((ended.upper + ended.lower).sum(axis=1), 1.0, atol=1e-9)
    wedge = trial.exit_probabilities(t, [-3.0] * 5, [3.0] * 5, inner=[np.nan, 0.5, 1.0, 1.5, 3.0], drift=[0.0, 2.0])
    assert_allclose((wedge.upper + wedge.lower + wedge.inner).sum(axis=1), 1.0, atol=1e-9)


def test_tilting_and_moving_the_bounds_are_the_same():
    t, low, high = np.array([0.1, 0.4, 1.0]), np.array([-1.0, 0.5, 2.0]), np.array([8.0, 5.0, 2.0])
    inner = [0.3, 0.6, 2.0]
    both = trial.exit_probabilities(t, -high, high, inner=inner, drift=[11.0, 13.0])
    alone = trial.exit_probabilities(t, -high, high, inner=inner, drift=11.0)
    for side in ("upper", "lower", "inner"):
        assert_allclose(getattr(both, side)[0], getattr(alone, side)[0], atol=1e-12)
    start_later = [trial.exit_probabilities(t, low, high, drift=d).upper for d in (12.0 - 1e-7, 12.0 + 1e-7)]
    assert_allclose(*start_later, rtol=1e-5)


def test_a_hundred_looks_very_close_together_are_no_trouble():
    t = np.arange(1, 101) / 100
    fine = trial.exit_probabilities(t, [-np.inf] * 100, 2.0 / np.sqrt(t))
    # a Brownian motion crosses a flat bound with twice the probability of ending above it; looks a step d apart see
    # it as if the bound were 0.5826 sqrt(d) higher (Siegmund 1985)
    assert_allclose(fine.upper.sum(), 2 * norm.sf(2 + 0.05826), rtol=0.01)


def test_exit_probabilities_agree_with_a_simulation():
    rng = np.random.default_rng(3)
    t, low, high = np.array([0.2, 0.6, 1.0]), np.array([-0.5, 0.3, 2.0]), np.array([3.0, 2.4, 2.0])
    steps = rng.normal(2.5 * np.diff(t, prepend=0), np.sqrt(np.diff(t, prepend=0)), (200_000, 3))
    z = np.cumsum(steps, axis=1) / np.sqrt(t)
    out = (z >= high) | (z <= low)
    first = np.argmax(out, axis=1)
    up = [np.mean((first == k) & (z[np.arange(len(z)), first] >= high[k])) for k in range(3)]
    exact = trial.exit_probabilities(t, low, high, drift=2.5).upper[0]
    assert np.all(np.abs(up - exact) < 3.5 * np.sqrt(exact * (1 - exact) / len(z)))


# --- bounds -----------------------------------------------------------------------------------------------------------

fractions = st.lists(st.integers(1, 40), min_size=1, max_size=6).map(lambda steps: np.cumsum(steps) / sum(steps))
spendings = st.one_of(
    st.just(trial.LanDeMetsOBrienFleming()),
    st.just(trial.LanDeMetsPocock()),
    st.floats(-8, 3).map(trial.HwangShihDeCani),
    st.floats(0.3, 5).map(trial.KimDeMets),
    st.floats(0.2, 2).map(trial.Exponential),
)
constants = st.one_of(st.floats(-0.2, 0.7).map(trial.WangTsiatis), st.just(trial.Pocock()))


@given(
    t=fractions,
    shape=st.one_of(spendings, constants),
    alpha=st.sampled_from([0.005, 0.025, 0.1]),
    sided=st.sampled_from([1, 2]),
)
@settings(max_examples=40)
def test_the_whole_of_alpha_is_spent_and_never_more(t, shape, alpha, sided):
    design = trial.group_sequential(information=t, alpha=alpha, sided=sided, efficacy=shape)
    assert_allclose(design.alpha_spent[-1], alpha, rtol=1e-7)
    assert np.all(np.diff(design.alpha_spent) >= 0)
    assert_allclose(design.type_one_error, alpha, rtol=1e-7)
    assert_allclose(design.power_by_look.sum(), design.power, rtol=1e-8)
    assert design.inflation_factor >= 1 - 1e-9
    assert design.expected_information <= design.inflation_factor + 1e-9


@given(t=fractions, alpha=st.sampled_from([0.01, 0.025]), delta=st.floats(-0.2, 0.49))
@settings(max_examples=20)
def test_bounds_of_one_constant_fall_over_time_and_with_alpha(t, alpha, delta):
    strict = trial.group_sequential(information=t, alpha=alpha, efficacy=trial.WangTsiatis(delta))
    lax = trial.group_sequential(information=t, alpha=2 * alpha, efficacy=trial.WangTsiatis(delta))
    assert np.all(np.diff(strict.upper) <= 1e-12)
    assert np.all(lax.upper < strict.upper)


@given(t=fractions, shape=spendings, low=spendings)
@example(t=np.array([1, 2, 18]) / 18, shape=trial.LanDeMetsOBrienFleming(), low=trial.LanDeMetsOBrienFleming())
@settings(max_examples=20)
def test_futility_that_does_not_bind_leaves_efficacy_bounds_and_alpha_alone(t, shape, low):
    plain = trial.group_sequential(information=t, efficacy=shape)
    soft = trial.group_sequential(information=t, efficacy=shape, futility=low)
    hard = trial.group_sequential(information=t, efficacy=shape, futility=low, binding=True)
    assert_allclose(soft.upper, plain.upper, rtol=1e-8)
    assert soft.type_one_error <= 0.025 + 1e-8
    assert_allclose(hard.type_one_error, 0.025, rtol=1e-6)
    # as probabilities: where next to nothing is spent, beyond z = 7, a bound itself is known to a few decimals only
    assert np.all(norm.sf(hard.upper) >= norm.sf(soft.upper) * (1 - 1e-8) - 1e-14)
    for design in (soft, hard):
        assert_allclose(design.beta_spent[-1], 0.1, rtol=1e-6)
        assert np.all(design.lower <= design.upper + 1e-12)
        assert design.lower[-1] == design.upper[-1]
        assert design.expected_information_null <= plain.expected_information_null * 1.2


@given(shape=st.one_of(spendings, constants))
@settings(max_examples=15)
def test_power_rises_with_the_effect(shape):
    power = trial.group_sequential(information=4, efficacy=shape).rejection(np.linspace(0, 5, 9))
    assert np.all(np.diff(power) > 0)


def test_one_look_is_the_fixed_design():
    design = trial.group_sequential(information=1, efficacy=trial.OBrienFleming())
    assert_allclose(design.upper, norm.isf(0.025), rtol=1e-10)
    assert_allclose([design.inflation_factor, design.expected_information], 1.0, rtol=1e-9)


DESIGNS = {
    "beta spending": lambda: trial.group_sequential(
        information=4, power=0.8, efficacy=trial.KimDeMets(2.5), futility=trial.KimDeMets(1.5)
    ),
    "beta spending binding": lambda: trial.group_sequential(
        information=[0.3, 0.75, 1.0], futility=trial.LanDeMetsOBrienFleming(), binding=True
    ),
    "fixed futility": lambda: trial.group_sequential(
        information=[0.4, 0.6, 1], power=0.85, efficacy=trial.LanDeMetsPocock(), futility=trial.FixedBounds([0, 0.6])
    ),
    "fixed futility binding": lambda: trial.group_sequential(
        information=[0.4, 0.6, 1],
        power=0.85,
        efficacy=trial.OBrienFleming(),
        futility=trial.FixedBounds([0, 0.6]),
        binding=True,
    ),
    "user spending": lambda: trial.group_sequential(
        information=[0.2, 0.5, 1], power=0.8, efficacy=trial.UserSpending(((0.2, 0.04), (0.5, 0.4), (1.0, 1.0)))
    ),
    "two-sided": lambda: trial.group_sequential(
        information=4, alpha=0.05, sided=2, power=0.8, efficacy=trial.HwangShihDeCani(-3)
    ),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_equals_rpact(name):
    design = DESIGNS[name]()
    # the other program stops its searches at about 1e-6
    assert_allclose(design.upper, from_r(f"{name} upper"), atol=2e-5)
    assert_allclose(design.inflation_factor, from_r(f"{name} inflation")[0], atol=2e-5)
    if design.futility is not None:
        assert_allclose(design.lower[:-1], from_r(f"{name} futility"), atol=2e-5)
    if design.sided == 1:
        found = [design.expected_information_null, design.expected_information_half, design.expected_information]
        assert_allclose(found, from_r(f"{name} expected"), atol=5e-5)


@pytest.mark.parametrize(
    ("binding", "upper", "ratio", "expected", "spent_under_alternative"),
    [
        (True, 2.02, 1.026, (0.7719, 0.7349), [0.0018, 0.0009, 0.0009, 0.0023, 0.0942]),
        (False, 2.03, 1.027, (0.7726, 0.7353), [0.0018, 0.0009, 0.0009, 0.0023, 0.0942]),
    ],
)
def test_futility_that_spends_under_the_null_hypothesis_is_gsdesigns(
    binding, upper, ratio, expected, spent_under_alternative
):
    # gsDesign's printed snapshots of test.type 5 and 6: K = 5, HSD(-4) for efficacy, HSD(-2) for the lower bound
    design = trial.group_sequential(
        information=5,
        efficacy=trial.HwangShihDeCani(-4),
        futility=trial.HwangShihDeCani(-2),
        futility_under="null",
        binding=binding,
    )
    assert_allclose(design.lower[:-1], [-1.44, -0.98, -0.47, 0.21], atol=0.0051)
    assert_allclose([design.upper[-1], design.lower[-1]], upper, atol=0.0051)
    assert_allclose(design.inflation_factor, ratio, atol=0.00051)
    # printed to four decimals, by an integration exact to about 1e-5
    assert_allclose([design.expected_information_null, design.expected_information], expected, atol=6e-5)
    assert_allclose(np.diff(design.beta_spent, prepend=0), spent_under_alternative, atol=5.1e-5)
    again = design.at(design.information)
    assert_allclose(again.lower, design.lower, atol=1e-8)


def test_ten_looks_take_less_than_50_milliseconds():
    shapes = [trial.OBrienFleming(), trial.Pocock(), trial.LanDeMetsOBrienFleming(), trial.HwangShihDeCani(-4)]
    best = {}
    for shape, _ in itertools.product(shapes, range(4)):
        begun = time.process_time()
        trial.group_sequential(information=10, efficacy=shape)
        best[shape.name] = min(best.get(shape.name, 9.0), time.process_time() - begun)
    assert max(best.values()) < 0.05, best


# --- looks that were not planned --------------------------------------------------------------------------------------


def test_looks_as_planned_change_nothing():
    design = trial.group_sequential(information=3, futility=trial.HwangShihDeCani(-2))
    again = design.at(design.information)
    assert_allclose(again.upper, design.upper, rtol=1e-9)
    assert_allclose(again.lower, design.lower, atol=1e-8)
    assert_allclose([again.power, again.inflation_factor], [design.power, design.inflation_factor], rtol=1e-8)


def test_bounds_of_past_looks_stay_whatever_comes_later():
    design = trial.group_sequential(information=3, futility=trial.HwangShihDeCani(-2))
    first = design.at([0.4], final=False)
    second = design.at([0.4, 0.55], final=False)
    last = design.at([0.4, 0.55, 1.1])
    assert_allclose([second.upper[0], last.upper[0]], first.upper[0], rtol=1e-9)
    assert_allclose([second.lower[0], last.lower[0]], first.lower[0], rtol=1e-7)
    assert_allclose(last.upper[1], second.upper[1], rtol=1e-9)
    assert_allclose(last.alpha_spent[-1], 0.025, rtol=1e-7)
    assert last.power > 0.9


def test_a_study_that_ends_early_spends_what_is_left():
    design = trial.group_sequential(information=3)
    short = design.at([1 / 3, 0.8])
    assert_allclose(short.alpha_spent[-1], 0.025, rtol=1e-7)
    assert short.power < 0.9


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("alpha", {"alpha": 0.0}),
        ("alpha", {"alpha": 0.5}),
        ("alpha", {"alpha": 1.0, "sided": 2}),
        ("power", {"power": 0.02}),
        ("power", {"power": 0.025}),
        ("power", {"power": 1.0}),
        ("sided", {"sided": 3}),
        ("information", {"information": 0}),
        ("information", {"information": 2.5}),
        ("information", {"information": [0.5, 0.4, 1.0]}),
        ("information", {"information": [0.5, 0.5, 1.0]}),
        ("information", {"information": [0.0, 1.0]}),
        ("information", {"information": [0.5, 0.9]}),
        ("information", {"information": [0.5, 1.5]}),
        ("futility_under", {"futility_under": "both"}),
        ("futility_under", {"sided": 2, "futility_under": "null"}),
        ("spending_time", {"information": 2, "spending_time": [0.6, 0.5]}),
        ("efficacy", {"information": 2, "efficacy": trial.FixedBounds([1.0, 1.0])}),
        ("efficacy", {"information": 2, "efficacy": trial.FixedBounds([3.0])}),
        ("futility", {"information": 3, "futility": trial.FixedBounds([0.0])}),
        ("futility", {"information": 2, "sided": 2, "futility": trial.FixedBounds([-1.0])}),
        ("interim", {"information": 5, "efficacy": trial.HaybittlePeto(1.5)}),
        ("futility", {"information": 2, "futility": trial.FixedBounds([30.0])}),
    ],
)
def test_an_impossible_setting_is_refused_by_its_name(name, arguments):
    with pytest.raises(ConfigError, match=f"^{name} is .*allowed: "):
        trial.group_sequential(**arguments)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("delta", lambda: trial.WangTsiatis(2.0)),
        ("gamma", lambda: trial.HwangShihDeCani(np.inf)),
        ("rho", lambda: trial.KimDeMets(0.0)),
        ("nu", lambda: trial.Exponential(-1.0)),
        ("interim", lambda: trial.HaybittlePeto(-1.0)),
        ("share", lambda: trial.UserSpending(((0.5, 0.9), (1.0, 0.8)))),
        ("share", lambda: trial.UserSpending(lambda t: 0.5 * t)),
        ("z", lambda: trial.FixedBounds([])),
    ],
)
def test_a_shape_that_makes_no_sense_is_refused_by_its_name(name, make):
    with pytest.raises(ConfigError, match=f"^{name} .*allowed"):
        make()


def test_constant_bounds_have_no_unplanned_looks():
    with pytest.raises(ConfigError, match="spending function"):
        trial.group_sequential(efficacy=trial.Pocock()).at([0.5], final=False)
