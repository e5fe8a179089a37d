"""Control charts, rules and patients as controls: properties, and simulations with a known answer."""

import numpy as np
import pytest

from biomarker.quality.laboratory import charts, patients, performance, westgard


def test_an_average_with_weight_one_is_the_levey_jennings_chart():
    x = np.random.default_rng(1).normal(100, 2, size=200)
    chart = charts.ewma(x, target=100, sigma=2, weight=1.0, width=3.0)
    z = charts.levey_jennings(x, target=100, sd=2)
    assert np.array_equal(chart.signals, np.flatnonzero(np.abs(z) > 3))
    assert chart.low == pytest.approx(94)
    assert chart.high == pytest.approx(106)


def test_the_average_run_length_is_what_a_simulation_gives():
    draw = np.random.default_rng(2)
    for shift in (1.0, 2.0):
        lengths = [np.argmax(np.abs(draw.normal(shift, 1, size=2000)) > 3) + 1 for _ in range(4000)]
        expected = float(charts.average_run_length(shift))
        assert abs(np.mean(lengths) - expected) < 4 * expected / np.sqrt(4000)


def test_both_sums_of_a_cusum_mirror_each_other():
    x = np.random.default_rng(3).normal(size=100)
    up, down = charts.cusum(x, target=0, sigma=1), charts.cusum(-x, target=0, sigma=1)
    assert np.array_equal(up.upper, down.lower)
    assert np.array_equal(up.run_lower, down.run_upper)


def brute_force(z):
    """The rules written out again, a run and a window at a time."""
    runs, levels = z.shape
    flat = [(i, z[i, j]) for i in range(runs) for j in range(levels) if not np.isnan(z[i, j])]
    by_level = [[(i, z[i, j]) for i in range(runs) if not np.isnan(z[i, j])] for j in range(levels)]
    found = {i: set() for i in range(runs)}
    for i in range(runs):
        row = [v for v in z[i] if not np.isnan(v)]
        found[i] |= {westgard.WARNING} if any(abs(v) > 2 for v in row) else set()
        found[i] |= {"1_3s"} if any(abs(v) > 3 for v in row) else set()
        found[i] |= {"R_4s"} if any(v > 2 for v in row) and any(v < -2 for v in row) else set()
        for sign in (1, -1):
            within = sum(sign * v > 2 for v in row) >= 2
            across = i > 0 and any(sign * z[i, j] > 2 and sign * z[i - 1, j] > 2 for j in range(levels))
            found[i] |= {"2_2s"} if within or across else set()
    for series in [flat, *by_level]:
        for rule, length, limit in (("4_1s", 4, 1.0), ("10_x", 10, 0.0)):
            for end in range(length, len(series) + 1):
                window = [v for _, v in series[end - length : end]]
                if all(v > limit for v in window) or all(v < -limit for v in window):
                    found[series[end - 1][0]].add(rule)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_rules_agree_with_a_slow_reading_of_their_definition(seed):
    draw = np.random.default_rng(seed)
    z = draw.normal(draw.normal(0, 0.8), 1.3, size=(60, draw.integers(1, 4)))
    z[draw.random(z.shape) < 0.05] = np.nan
    found = {v.run - 1: set(v.rules) for v in westgard.multirule(z)}
    assert found == brute_force(z)


def test_rules_can_be_chosen_and_unknown_ones_are_refused():
    z = np.array([[3.5, 3.2]])
    assert westgard.multirule(z, rules=["1_3s"])[0].rules == (westgard.WARNING, "1_3s")
    assert westgard.multirule(z, rules=["1_3s"])[0].rejected
    assert not westgard.multirule([[2.5]])[0].rejected
    with pytest.raises(ValueError, match="7_x"):
        westgard.multirule(z, rules=["7_x"])


def test_a_delta_check_compares_with_the_same_patient_only():
    who = ["a", "b", "a", "b", "a"]
    found = patients.delta_check(who, [1, 1, 2, 2, 90], [100, 50, 130, 51, 100], limit=20, within_days=30)
    assert found.change[[2, 3]] == pytest.approx([30.0, 2.0])
    assert np.isnan(found.change[[0, 1, 4]]).all()
    assert found.flagged.tolist() == [False, False, True, False, False]


def test_alarm_limits_hold_on_the_share_of_days_that_was_asked_for():
    draw = np.random.default_rng(5)
    values, days = draw.normal(size=40_000), np.repeat(np.arange(400), 100)
    low, high = patients.alarm_limits(values, days, false_alarm_days=0.1)
    bad = np.array([((values[days == d] < low) | (values[days == d] > high)).any() for d in range(400)])
    assert 0.07 <= bad.mean() <= 0.13


def test_sigma_counts_the_spreads_between_bias_and_allowed_error():
    assert performance.sigma_metric(10, 1, 1.5) == pytest.approx(6.0)
    assert performance.sigma_metric(10, -12, 1.0) == pytest.approx(-2.0)
    with pytest.raises(ValueError, match="positive"):
        performance.sigma_metric(10, 0, 0)


@pytest.mark.parametrize("weight", [0.0, 1.5])
def test_a_weight_that_is_none_is_refused(weight):
    with pytest.raises(ValueError, match="weight"):
        charts.ewma([1.0], target=0, sigma=1, weight=weight)
    with pytest.raises(ValueError, match="weight"):
        patients.moving_average([1.0], weight=weight, start=0)
