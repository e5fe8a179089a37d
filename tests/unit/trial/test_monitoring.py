"""Conditional and predictive power, repeated and stage-wise inference, combination tests, re-estimation."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chi2, norm

from biomarker import trial
from biomarker.errors import ConfigError

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "trial" / "expected.csv"


def from_r(name):
    with GOLDEN.open(encoding="utf-8") as file:
        return np.array([float(row["value"]) for row in csv.DictReader(file) if row["name"] == name])


def test_conditional_power_averaged_over_the_first_look_is_the_power():
    design = trial.group_sequential(information=[0.3, 0.6, 1.0], futility=trial.HwangShihDeCani(-2))
    z = np.linspace(design.lower[0], design.upper[0], 401)
    middle = (z[1:] + z[:-1]) / 2
    later = trial.conditional_power(design, middle, look=1)
    density = norm.pdf(middle - design.drift * np.sqrt(0.3)) * np.diff(z)
    assert_allclose(later @ density, design.power_by_look[1:].sum(), rtol=1e-4)


def test_conditional_power_with_one_look_left_is_the_closed_form():
    design = trial.group_sequential(information=[0.5, 1.0])
    z, t, u = 1.4, 0.5, design.upper[1]
    trend = norm.cdf((z * np.sqrt(t) - u) / np.sqrt(1 - t) + z / np.sqrt(t) * np.sqrt(1 - t))
    assert_allclose(trial.conditional_power(design, z, look=1, drift="trend"), trend)
    three = trial.group_sequential(information=[0.25, 0.5, 1.0])
    nearly = trial.conditional_power(three, 1.4, look=2, drift="trend")
    assert_allclose(nearly, norm.cdf((z * np.sqrt(t) - three.upper[2]) / np.sqrt(0.5) + z))


def test_conditional_error_averages_to_the_type_one_error_left():
    design = trial.group_sequential(information=2)
    z = np.linspace(-8, design.upper[0], 4001)
    middle = (z[1:] + z[:-1]) / 2
    error = trial.conditional_power(design, middle, look=1, drift="null")
    assert_allclose(error @ (norm.pdf(middle) * np.diff(z)), 0.025 - design.alpha_spent[0], rtol=1e-5)


def test_predictive_power_has_its_closed_form_and_a_strong_prior_makes_it_conditional():
    design = trial.group_sequential(information=[0.5, 1.0])
    flat = norm.cdf((1.5 - design.upper[1] * np.sqrt(0.5)) / np.sqrt(0.5))
    assert_allclose(trial.predictive_power(design, 1.5, look=1), flat, rtol=1e-8)
    sure = trial.predictive_power(design, 1.5, look=1, prior_drift=3.0, prior_information=1e6)
    assert_allclose(sure, trial.conditional_power(design, 1.5, look=1, drift=3.0)[0], rtol=1e-4)


def test_stagewise_inference_equals_rpact():
    design = trial.group_sequential(information=3, efficacy=trial.OBrienFleming())
    z, estimate = from_r("final z")[1], from_r("final estimate")[0]
    found = trial.stagewise_inference(design, estimate, estimate / z, look=2)
    assert_allclose(found.p_value, from_r("final p")[0], rtol=1e-5)
    assert_allclose(found.estimate, from_r("final median unbiased")[0], atol=2e-5)
    assert_allclose([found.ci_low, found.ci_high], from_r("final interval"), atol=2e-5)


def test_stagewise_intervals_cover_and_the_estimate_is_median_unbiased():
    rng = np.random.default_rng(11)
    design = trial.group_sequential(information=2, efficacy=trial.Pocock())
    drift, covered, above = 2.5, 0, 0
    for _ in range(400):
        z1 = rng.normal(drift * np.sqrt(0.5))
        look, z = (1, z1) if z1 >= design.upper[0] else (2, (z1 + rng.normal(drift * np.sqrt(0.5))) / np.sqrt(2))
        t = design.information[look - 1]
        found = trial.stagewise_inference(design, z / np.sqrt(t), 1 / np.sqrt(t), look=look)
        covered += found.ci_low <= drift <= found.ci_high
        above += found.estimate > drift
    assert abs(covered / 400 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 400)
    assert abs(above / 400 - 0.5) < 3 * np.sqrt(0.25 / 400)


def test_repeated_p_value_equals_rpact_and_is_alpha_on_the_bound():
    shapes = [trial.OBrienFleming(), trial.Pocock(), trial.LanDeMetsPocock(), trial.HwangShihDeCani(-4)]
    for shape in shapes:
        for sided, alpha in ((1, 0.025), (2, 0.05)):
            design = trial.group_sequential(information=3, alpha=alpha, sided=sided, efficacy=shape)
            on_the_bound = [trial.repeated_p_value(design, design.upper[k], look=k + 1) for k in range(3)]
            assert_allclose(on_the_bound, alpha, rtol=1e-6)
    design = trial.group_sequential(information=3, efficacy=trial.OBrienFleming())
    found = [trial.repeated_p_value(design, z, look=k + 1) for k, z in enumerate(from_r("final z"))]
    # the other program searches alpha to about 1e-6
    assert_allclose(found, from_r("repeated p"), atol=1e-6)


def test_a_repeated_p_value_never_falls_below_what_a_single_look_gives():
    design = trial.group_sequential(information=4)
    for look in (1, 2, 3, 4):
        for z in (-1.0, 0.5, 2.0, 4.0, 9.0):
            assert trial.repeated_p_value(design, z, look=look) >= min(norm.sf(z), 0.5) - 1e-12


def test_the_repeated_interval_is_the_estimate_and_the_bound():
    design = trial.group_sequential(information=3, efficacy=trial.Pocock())
    assert_allclose(
        trial.repeated_confidence_interval(design, 1.0, 0.3, look=2), [1 - 0.3 * 2.28948, 1 + 0.3 * 2.28948], rtol=1e-5
    )


@pytest.mark.parametrize("call", [trial.conditional_power, trial.predictive_power])
def test_there_is_no_later_look_after_the_last(call):
    design = trial.group_sequential(information=2)
    with pytest.raises(ConfigError, match=r"^look is 2; allowed: .* at most 1"):
        call(design, 1.0, look=2)


# --- combination tests ------------------------------------------------------------------------------------------------


def test_fisher_designs_equal_rpact():
    # the other program's own error is about 1e-7 of alpha
    assert_allclose(trial.fisher_design(looks=3).critical, from_r("fisher equal 3"), rtol=1e-5)
    assert_allclose(trial.fisher_design(looks=3, method="full-alpha").critical, from_r("fisher full 3"), rtol=1e-5)
    with_futility = trial.fisher_design(looks=3, futility=[0.5, 0.6])
    assert_allclose(with_futility.critical, from_r("fisher futility 3"), rtol=1e-5)


def test_two_fisher_stages_have_the_closed_form_of_bauer_and_koehne():
    design = trial.fisher_design(looks=2, method="full-alpha", futility=[0.5])
    c1, c2 = design.critical
    assert_allclose(c2, np.exp(-chi2.isf(0.025, 4) / 2))
    assert_allclose(c1 + c2 * np.log(0.5 / c1), 0.025, rtol=1e-10)
    # Bauer and Köhne 1994, table 1: alpha 0.025, a0 0.5
    assert_allclose([c1, c2], [0.0102, 0.0038], atol=5e-5)


@pytest.mark.parametrize("futility", [None, [0.6, 0.3, 0.7]])
def test_a_fisher_design_keeps_alpha_in_a_simulation(futility):
    design = trial.fisher_design(looks=4, alpha=0.05, futility=futility)
    p = np.random.default_rng(5).random((400_000, 4))
    product = np.cumprod(p, axis=1)
    stop = np.array([*(futility or [1.0] * 3), 1.0])
    reject = product <= design.critical
    alive = np.cumprod(np.column_stack([np.ones(len(p)), ~reject[:, :-1] & (p[:, :-1] <= stop[:-1])]), axis=1) > 0
    rate = (reject & alive).any(axis=1).mean()
    assert abs(rate - 0.05) < 3 * np.sqrt(0.05 * 0.95 / len(p))
    assert_allclose(design.alpha_spent[-1], 0.05)


def test_inverse_normal_with_planned_weights_is_the_pooled_statistic():
    rng = np.random.default_rng(6)
    stages, t = rng.normal(size=(5, 3)), np.array([0.2, 0.7, 1.0])
    w = np.sqrt(np.diff(t, prepend=0))
    assert_allclose(
        trial.inverse_normal(norm.sf(stages), weights=w), np.cumsum(stages * w, axis=1) / np.sqrt(t), rtol=1e-8
    )


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("p_value", lambda: trial.inverse_normal([0.5, 1.2])),
        ("weights", lambda: trial.inverse_normal([0.5, 0.2], weights=[1.0, 0.0])),
        ("weights", lambda: trial.inverse_normal([0.5, 0.2], weights=[1.0])),
        ("p_value", lambda: trial.fisher_combination([-0.1])),
        ("looks", lambda: trial.fisher_design(looks=0)),
        ("method", lambda: trial.fisher_design(method="other")),
        ("futility", lambda: trial.fisher_design(looks=2, futility=[0.01])),
    ],
)
def test_combination_tests_refuse_what_cannot_be(name, call):
    with pytest.raises(ConfigError, match=f"^{name} is .*allowed"):
        call()


# --- re-estimation ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "limits"), [(1.5, [0.42, 0.41, 0.38]), (2.0, [0.37, 0.36, 0.33]), (3.0, [0.32, 0.31, 0.30])]
)
def test_the_promising_zone_begins_where_mehta_and_pocock_say(ratio, limits):
    # Mehta and Pocock 2011, table 1: target 80%, looks at a quarter, a half and three quarters
    found = [
        trial.promising_from(n_interim=t, n_planned=1, n_max=ratio, critical=norm.isf(0.025), target=0.8)
        for t in (0.25, 0.5, 0.75)
    ]
    assert_allclose(found, limits, atol=0.0051)


def simulated(drift, trials, *, statistic, promising, seed):
    """Share of studies that reject with the re-estimation rule."""
    rng = np.random.default_rng(seed)
    n1, n2, top, c = 100.0, 200.0, 400.0, norm.isf(0.025)
    z1 = rng.normal(drift * np.sqrt(n1 / n2), 1, trials)
    plan = trial.promising_zone(
        z1, n_interim=n1, n_planned=n2, n_max=top, critical=c, target=0.9, promising=promising, statistic=statistic
    )
    second = rng.normal(drift * np.sqrt((plan.n - n1) / n2), 1)
    if statistic == "weighted":
        z = np.sqrt(n1 / n2) * z1 + np.sqrt(1 - n1 / n2) * second
        reject = z >= c
        pooled = (np.sqrt(n1) * z1 + np.sqrt(plan.n - n1) * second) / np.sqrt(plan.n)
        assert np.array_equal(reject, pooled >= plan.critical - 1e-12)
    else:
        reject = (np.sqrt(n1) * z1 + np.sqrt(plan.n - n1) * second) / np.sqrt(plan.n) >= c
    return reject.mean(), plan


@pytest.mark.parametrize(("statistic", "promising"), [("weighted", 0.1), ("weighted", 0.5), ("conventional", 0.5)])
def test_re_estimation_keeps_the_type_one_error(statistic, promising):
    rate, _ = simulated(0.0, 400_000, statistic=statistic, promising=promising, seed=8)
    assert rate <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / 400_000)


def test_re_estimation_raises_power_and_reaches_the_target_where_it_can():
    fixed = norm.cdf(2.5 - norm.isf(0.025))
    rate, plan = simulated(2.5, 100_000, statistic="weighted", promising=0.3, seed=9)
    assert rate > fixed + 0.02
    raised = (plan.zone == "promising") & (plan.n < 400)
    assert_allclose(plan.conditional_power[raised], 0.9, rtol=1e-9)
    assert np.all(plan.n[plan.zone != "promising"] == 200)


def test_the_conventional_statistic_is_refused_where_it_would_inflate_alpha():
    with pytest.raises(ConfigError, match=r"^promising is 0.2; allowed: at least 0.35"):
        trial.promising_zone(
            1.0, n_interim=50, n_planned=100, n_max=200, critical=1.96, promising=0.2, statistic="conventional"
        )


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("n_interim", {"n_interim": 0}),
        ("n_planned", {"n_planned": 40}),
        ("n_max", {"n_max": 90}),
        ("critical", {"critical": -1}),
        ("target", {"target": 1.0}),
        ("promising", {"promising": 0.95}),
        ("statistic", {"statistic": "other"}),
    ],
)
def test_re_estimation_refuses_what_cannot_be(name, changed):
    usual = {"n_interim": 50, "n_planned": 100, "n_max": 200, "critical": 1.96}
    with pytest.raises(ConfigError, match=f"^{name} is .*allowed"):
        trial.promising_zone(1.0, **(usual | changed))
