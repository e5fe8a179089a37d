"""Precision, comparison of methods, reference limits and drift: published numbers, slow oracles, known truth."""

import itertools
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from biomarker.errors import InsufficientDataError
from biomarker.quality.laboratory.comparison import deming, passing_bablok
from biomarker.quality.laboratory.drift import crossing, find_drift
from biomarker.quality.laboratory.precision import nested_precision
from biomarker.quality.laboratory.reference import direct_limits, indirect_limits


def rng(seed=0):
    return np.random.default_rng(seed)


# --- precision --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "column", "expected"),
    [
        ("dataEP05A2_1", "y", (24.994, 1.398, 1.160, 0.033, 1.816, 7.27)),
        ("dataEP05A2_2", "y", (75.406, 1.929, 1.681, 1.362, 2.898, 3.84)),
        ("dataEP05A2_3", "y", (150.272, 4.035, 2.652, 3.497, 5.962, 3.97)),
        ("Glucose", "result", (244.200, 2.811, 1.754, 1.399, 3.596, 1.47)),
    ],
)
def test_components_of_the_ep05_experiments(reference_data, file, column, expected):
    table = pl.read_csv(reference_data / "lab_precision" / f"{file}.csv")
    found = nested_precision(table["day"].to_numpy(), table["run"].to_numpy(), table[column].to_numpy())
    components = (found.mean, found.repeatability, found.run, found.day, found.within_laboratory)
    assert components == pytest.approx(expected[:5], abs=6e-4)
    assert found.cv == pytest.approx(expected[5], abs=6e-3)


def test_components_are_unbiased_and_intervals_cover_in_an_unbalanced_design():
    draw, true, found, covered = rng(7), (2.0, 1.5, 1.0), [], 0
    day = np.repeat(np.arange(30), 6)
    run = np.tile([0, 0, 0, 1, 1, 2], 30)
    for _ in range(300):
        y = 100 + draw.normal(0, true[2], 30)[day] + draw.normal(0, true[1], (30, 3))[day, run]
        keep = draw.random(len(day)) > 0.1
        one = nested_precision(day[keep], run[keep], (y + draw.normal(0, true[0], len(day)))[keep])
        found.append([one.repeatability**2, one.run**2, one.within_laboratory**2])
        low, high = one.within_laboratory_interval
        covered += low**2 <= sum(v**2 for v in true) <= high**2
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(300)
    assert (np.abs(mean - [4.0, 2.25, 7.25]) < 4 * error).all()
    assert covered / 300 > 0.90


def test_a_negative_component_is_zero_and_an_experiment_without_repeats_is_refused():
    day, run = np.repeat([1, 2, 3], 4), np.tile([1, 1, 2, 2], 3)
    assert nested_precision(day, run, [1, 3, 1, 3] * 3).day == 0.0
    with pytest.raises(ValueError, match="repeated"):
        nested_precision([1, 1, 2, 2], [1, 2, 1, 2], [1.0, 2, 3, 4])


# --- comparison -------------------------------------------------------------------------------------------------------


def test_creatinine_in_serum_and_plasma(reference_data):
    table = pl.read_csv(reference_data / "lab_creatinine" / "creatinine.csv", null_values=["NA", ""])
    x, y = (table[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("serum.crea", "plasma.crea"))
    found = passing_bablok(x, y)
    assert (found.n, found.slope, found.intercept) == (
        108,
        pytest.approx(1.0879, abs=5e-5),
        pytest.approx(-0.117, abs=5e-4),
    )
    assert found.slope_interval == pytest.approx((1.000, 1.173), abs=5e-4)
    line = deming(x, y)
    assert (line.slope, line.intercept) == (pytest.approx(1.0545, abs=5e-5), pytest.approx(-0.0589, abs=5e-5))


def slow_slope(x, y):
    """Passing and Bablok's estimate in exact fractions."""
    slopes = []
    for (a, b), (c, d) in itertools.combinations(zip(map(Fraction, x), map(Fraction, y), strict=True), 2):
        if a == c and b == d:
            continue
        slope = (d - b) / (c - a) if a != c else None
        if slope != -1:
            slopes.append(slope)
    below = sum(s is not None and s < -1 for s in slopes)
    ordered = sorted(slopes, key=lambda s: (s is None, s or 0))
    n = len(ordered)
    places = [(n - 1) // 2 + below] if n % 2 else [n // 2 - 1 + below, n // 2 + below]
    chosen = [ordered[min(p, n - 1)] for p in places]
    return np.inf if None in chosen else float(sum(chosen) / len(chosen))


@pytest.mark.parametrize("seed", range(15))
def test_slopes_with_many_ties_equal_exact_arithmetic(seed):
    draw = rng(seed)
    x = draw.integers(5, 15, size=25)
    y = x + draw.integers(-4, 5, size=25)
    texts = [f"{v / 10:.1f}" for v in x], [f"{v / 10:.1f}" for v in y]
    found = passing_bablok([float(t) for t in texts[0]], [float(t) for t in texts[1]])
    assert found.slope == pytest.approx(slow_slope(*texts), rel=1e-12)


def test_lines_turn_round_with_their_axes_and_find_the_truth():
    draw = rng(3)
    true = draw.lognormal(3, 0.4, size=300)
    x, y = true + draw.normal(0, 1, 300), 2 + 1.1 * true + draw.normal(0, 1, 300)
    for fit in (passing_bablok, deming):
        line, turned = fit(x, y), fit(y, x)
        assert line.slope_interval[0] < 1.1 < line.slope_interval[1]
        assert line.slope * turned.slope == pytest.approx(1, rel=0.01 if fit is passing_bablok else 1e-9)


def test_no_line_through_one_point():
    for fit in (passing_bablok, deming):
        with pytest.raises(InsufficientDataError):
            fit([1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0])
        with pytest.raises(InsufficientDataError, match="2 complete pairs"):
            fit([1.0, 2.0, np.nan], [1.0, 2.0, 3.0])


# --- reference limits -------------------------------------------------------------------------------------------------


def test_reference_people_have_the_limits_of_the_catalogue(reference_data):
    table = pl.read_csv(reference_data / "lab_reference" / "livertests.csv").filter(Category="reference")
    for analyte, sex, low, high in (
        ("ALT", "f", 10.1, 36.6), ("ALT", "m", 11.8, 57.9), ("ALB", "f", 34.2, 47.9), ("ALB", "m", 36.3, 51.0),
        ("CREA", "f", 52, 90), ("CREA", "m", 66, 109), ("GGT", "f", 7.7, 49.7), ("GGT", "m", 10.6, 85.7),
        ("BIL", "f", 2.5, 15.8), ("BIL", "m", 3.0, 23.4),
    ):  # fmt: skip
        found = direct_limits(table.filter(Sex=sex)[analyte].to_numpy())
        decimals = 1 if isinstance(low, float) else 0
        assert (round(found.low, decimals), round(found.high, decimals)) == (low, high), (analyte, sex)
        assert found.low_interval[0] <= found.low <= found.low_interval[1]


def test_limits_from_patients_and_healthy_together_are_near_those_of_the_healthy(reference_data):
    """The method does not see who is ill: lower limits within a fifth of the healthy spread, upper ones a quarter."""
    table = pl.read_csv(reference_data / "lab_reference" / "livertests.csv")
    for analyte in ("ALB", "ALT", "AST", "CHE", "CREA", "PROT"):
        for sex in "fm":
            of_sex = table.filter(Sex=sex)
            healthy = direct_limits(of_sex.filter(Category="reference")[analyte].to_numpy())
            found = indirect_limits(of_sex[analyte].to_numpy(), rng=rng(), draws=0)
            spread = healthy.high - healthy.low
            assert abs(found.low - healthy.low) < 0.20 * spread, (analyte, sex)
            assert abs(found.high - healthy.high) < 0.25 * spread, (analyte, sex)


def test_indirect_limits_find_a_known_law_beneath_the_sick():
    draw = rng(4)
    found = []
    for _ in range(20):
        healthy = draw.lognormal(3, 0.3, size=1700)
        sick = draw.lognormal(4.2, 0.4, size=300)
        limits = indirect_limits(np.concatenate([healthy, sick]), rng=draw, draws=0)
        found.append((limits.low, limits.high))
        assert limits.law == "log-normal"
    true = np.exp(3 + 0.3 * 1.96 * np.array([-1, 1]))
    assert np.mean(found, axis=0) == pytest.approx(true, rel=0.06)


def test_too_few_results_give_no_limits():
    with pytest.raises(InsufficientDataError, match="40"):
        direct_limits(np.arange(39))
    with pytest.raises(InsufficientDataError, match="200"):
        indirect_limits(np.arange(150), rng=rng())


# --- drift ------------------------------------------------------------------------------------------------------------


def test_a_step_is_found_where_it_began():
    draw = rng(5)
    time = np.sort(draw.integers(0, 500, size=120)).astype(float)
    value = draw.normal(0, 1, 120) + 1.5 * (time >= 300)
    found = find_drift(time, value, rng=draw)
    assert (found.kind, found.p_value) == ("step", 0.001)
    assert found.onset_interval[0] <= 300 <= found.onset_interval[1] + 10
    assert abs(found.size - 1.5) < 4 * found.std_error
    assert crossing(found, limit=2.0) is None


def test_a_ramp_is_told_from_a_step_and_its_crossing_is_foretold():
    draw = rng(6)
    time = np.arange(200, dtype=float)
    value = draw.normal(0, 1, 200) + 0.03 * np.maximum(0, time - 100)
    found = find_drift(time, value, rng=draw)
    assert found.kind == "ramp"
    assert found.slope == pytest.approx(0.03, rel=0.35)
    at, early, late = crossing(found, limit=6.0)
    assert early < at < late


def test_the_forecast_covers_the_crossing_as_often_as_it_says():
    """Onset and slope are both uncertain; nine in ten is what is asked of a 95% interval that holds its onset fixed."""
    draw, covered, ramps = rng(9), 0, 0
    time = np.arange(150, dtype=float)
    for _ in range(150):
        value = draw.normal(0, 1, 150) + 0.04 * np.maximum(0, time - 80)
        found = find_drift(time, value, rng=draw, permutations=0)
        if found.kind == "ramp":
            _, early, late = crossing(found, limit=6.0)
            ramps += 1
            covered += early <= 230 <= late
    assert ramps > 75
    assert covered / ramps > 0.9


def test_the_p_value_is_uniform_where_nothing_drifts():
    draw = rng(8)
    p = np.array(
        [find_drift(np.arange(60.0), draw.normal(size=60), rng=draw, permutations=99).p_value for _ in range(300)]
    )
    assert abs((p <= 0.1).mean() - 0.1) < 4 * np.sqrt(0.1 * 0.9 / 300)


def test_a_short_or_constant_series_says_nothing():
    assert find_drift(np.arange(15.0), np.arange(15.0), rng=rng()) is None
    assert find_drift(np.arange(50.0), np.ones(50), rng=rng()) is None
    assert find_drift(np.zeros(50), rng().normal(size=50), rng=rng()) is None
