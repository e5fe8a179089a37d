"""Simulated survival studies."""

import time

import array_api_strict
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import kstest

from biomarker import trial
from biomarker.errors import ConfigError
from biomarker.rng import stream
from biomarker.trial.simulation import logrank, operating
from biomarker.trial.simulation.subjects import draw_subjects

BASE = trial.Scenario(0.08, 0.6, 0.8, prevalence=0.35, accrual=24, assay=trial.Assay(0.9, 0.85))


def rng(*names):
    return stream(20261122, "simulation", *names)


def draw(scenario, *, trials=2000, n=200, enriched=False, name="draw"):
    return draw_subjects(scenario, rng(name), trials=trials, n=n, n_treated=n // 2, enriched=enriched)


# --- the log-rank statistic -------------------------------------------------------------------------------------------


def slow_logrank(time, event, arm):
    """Observed minus expected and variance, risk set by risk set."""
    u = v = 0.0
    for t in np.unique(time[event]):
        at_risk = time >= t
        n, n1 = at_risk.sum(), (at_risk & arm).sum()
        u += arm[(time == t) & event].sum() - n1 / n
        v += n1 * (n - n1) / n**2
    return u, v


def test_log_rank_sums_are_those_of_a_loop_over_risk_sets():
    generator = rng("slow")
    time, event, positive = (
        generator.exponential(size=(3, 40)),
        generator.random((3, 40)) < 0.6,
        generator.random((3, 40)) < 0.4,
    )
    arm = np.arange(40) < 17
    u, v = logrank.logrank_sums(time, event, positive, 17)
    for i in range(3):
        for group, members in (
            (logrank.ALL, np.full(40, True)),
            (logrank.POSITIVE, positive[i]),
            (logrank.NEGATIVE, ~positive[i]),
        ):
            expected = slow_logrank(time[i][members], event[i][members], arm[members])
            assert_allclose([u[group, i], v[group, i]], expected, atol=1e-12)


def test_whole_arrays_of_another_device_give_the_sums_of_the_compiled_pass():
    generator = rng("compiled")
    shape = (50, 120)
    time, event, positive = (
        generator.exponential(size=shape), generator.random(shape) < 0.7, generator.random(shape) < 0.1
    )  # fmt: skip
    compiled = logrank.logrank_sums(time, event, positive, 60)
    there = logrank.logrank_sums(*(array_api_strict.asarray(part) for part in (time, event, positive)), 60)
    for one, other in zip(compiled, there, strict=True):
        assert_allclose(one, np.asarray(other), atol=1e-11)


def test_subjects_who_have_not_entered_count_nowhere():
    time = np.array([[0.0, 0.0, 1.0, 2.0, 3.0, 4.0]])
    event = np.array([[False, False, True, True, True, True]])
    positive = np.ones((1, 6), dtype=bool)
    with_them = logrank.logrank_sums(time, event, positive, 3)
    without = logrank.logrank_sums(time[:, 2:].copy(), event[:, 2:].copy(), positive[:, 2:].copy(), 1)
    assert_allclose(with_them, without)


@pytest.mark.parametrize("choices", [{"events": 60}, {"time": 30.0}, {"looks": True, "events": 80}])
def test_a_study_is_decided_alike_on_another_device(monkeypatch, choices):
    """Arrays of a strict test double stand for those of a GPU: only the standard's operations are asked of them."""
    scenario = trial.Scenario(0.08, 0.5, 0.8, prevalence=0.4, accrual=24, dropout=0.01)
    if choices.get("looks"):
        choices = choices | {"looks": trial.group_sequential(information=3), "analysis": "closed"}
    here = trial.simulate_survival(scenario, n=120, trials=200, rng=rng("device"), **choices)
    monkeypatch.setattr(operating, "to_device", lambda array, _: array_api_strict.asarray(array.copy()))
    there = trial.simulate_survival(scenario, n=120, trials=200, rng=rng("device"), **choices)
    assert there.power == here.power
    assert (there.events, there.n) == (here.events, here.n)
    assert_allclose(there.duration, here.duration, rtol=1e-12)
    for name, value in here.log_hazard_ratio.items():
        assert_allclose(there.log_hazard_ratio[name], value, rtol=1e-9)


# --- subjects ---------------------------------------------------------------------------------------------------------


def test_event_times_of_each_arm_and_marker_group_follow_their_hazards():
    scenario = trial.Scenario(
        trial.Hazard([0.1, 0.02, 0.3], [2.0, 5.0]), 0.5, 1.0, prevalence=0.999, accrual=10, prognostic=1.5
    )
    subjects = draw(scenario, trials=100)
    cumulative = scenario.base.cumulative
    control, treated = subjects.time[:, 100:].ravel(), subjects.time[:, :100].ravel()
    assert kstest(control, lambda t: 1 - np.exp(-1.5 * cumulative(t))).pvalue > 1e-3
    assert kstest(treated, lambda t: 1 - np.exp(-0.75 * cumulative(t))).pvalue > 1e-3


def test_a_delayed_effect_leaves_the_hazard_alone_before_it():
    scenario = trial.Scenario(0.1, 0.4, 0.4, prevalence=0.5, accrual=10, delay=3.0)
    treated = draw(scenario, trials=100).time[:, :100].ravel()

    def cdf(t):
        return 1 - np.exp(-(0.1 * np.minimum(t, 3.0) + 0.04 * np.clip(t - 3.0, 0, None)))

    assert kstest(treated, cdf).pvalue > 1e-3


def test_tests_are_positive_as_often_as_sensitivity_specificity_cutoff_and_drift_say():
    drifting = trial.Scenario(
        0.1,
        0.5,
        1.0,
        prevalence=0.4,
        accrual=10,
        assay=trial.Assay(0.95, 0.9),
        assay_end=trial.Assay(0.75, 0.8),
        cutoff_shift=0.1,
    )
    subjects = draw(drifting)
    error = 3.5 * np.sqrt(0.25 / subjects.positive.size)
    assert abs(subjects.positive.mean() - drifting.called_positive) < error
    early = subjects.entry < 0.5
    assert abs(subjects.positive[early].mean() - (0.3 * 0.945 + 0.7 * 0.105)) < 3.5 * np.sqrt(0.25 / early.sum())


def test_an_enriched_study_has_the_positive_predictive_value_of_its_assay():
    # marker-positive controls have ten times the hazard, which shows their share at once
    scenario = trial.Scenario(
        0.01, 1.0, 1.0, prevalence=0.3, accrual=1, prognostic=50.0, assay=trial.Assay(0.9, 0.85), cutoff_shift=0.1
    )
    # above the cut-off (a fifth) all are marker-positive; below it an eighth (0.1 of 0.8) are
    ppv = (0.2 * 0.9 + 0.8 * 0.15 * 0.125) / (0.2 * 0.9 + 0.8 * 0.15)
    time = draw(scenario, enriched=True).time
    died = np.mean(time < 2.0)
    expected = ppv * (1 - np.exp(-1.0)) + (1 - ppv) * (1 - np.exp(-0.02))
    assert abs(died - expected) < 3.5 * np.sqrt(0.25 / time.size)


def test_observed_events_by_a_date_are_those_of_the_integral():
    scenario = trial.Scenario(0.08, 0.6, 0.6, prevalence=0.3, accrual=12, dropout=0.03)
    found = trial.simulate_survival(scenario, n=200, time=18, rng=rng("events"), trials=4000)
    accrual = trial.Accrual(12)
    p = [trial.event_probability(h, accrual=accrual, duration=18, dropout=0.03) for h in (0.08, 0.048)]
    assert abs(found.events - 100 * sum(p)) < 3.5 * found.events_error
    assert found.n == 200
    assert found.duration == 18


# --- operating characteristics ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hr", [0.6, 0.7, 0.8])
def test_simulated_power_is_schoenfelds_within_a_point_and_a_half(hr):
    scenario = trial.Scenario(0.08, hr, hr, prevalence=0.3, accrual=24)
    events = round(trial.events_needed(hr, power=0.85))
    found = trial.simulate_survival(scenario, n=int(1.4 * events), events=events, rng=rng("power"), trials=20_000)
    analytic = trial.power_survival(events, hr).power
    assert abs(found.power["overall"] - analytic) < 0.015
    assert found.events == events


def test_simulated_power_with_looks_is_that_of_the_group_sequential_design():
    looks = trial.group_sequential(information=[0.4, 0.7, 1.0], futility=trial.HwangShihDeCani(-3))
    events = round(trial.events_needed(0.7, design=looks))
    scenario = trial.Scenario(0.08, 0.7, 0.7, prevalence=0.3, accrual=24)
    found = trial.simulate_survival(
        scenario, n=int(1.4 * events), events=events, looks=looks, rng=rng("looks"), trials=20_000
    )
    assert_allclose(found.power_by_look, looks.power_by_look, atol=0.015)
    assert_allclose(found.power["overall"], 0.9, atol=0.015)
    fixed = trial.events_needed(0.7)
    assert_allclose(found.events, looks.expected_information * fixed, rtol=0.02)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_simulated_biomarker_designs_have_their_analytic_power_within_a_point_and_a_half(ratio):
    effect = trial.SurvivalEffect(0.6, 0.8, 0.08, 24, 12, prognostic=1.2, dropout=0.01)
    setting = trial.Setting(0.35, effect, trial.Assay(0.9, 0.85), ratio=ratio)
    scenario = trial.Scenario(
        0.08, 0.6, 0.8, prevalence=0.35, accrual=24, prognostic=1.2, dropout=0.01, assay=trial.Assay(0.9, 0.85)
    )
    common = {"time": 36.0, "ratio": ratio, "trials": 20_000}
    everybody = trial.simulate_survival(scenario, n=400, rng=rng("all"), **common)
    assert abs(everybody.power["overall"] - trial.all_comers(setting, n=400).power["overall"]) < 0.015
    enriched = trial.simulate_survival(scenario, n=200, rng=rng("enriched"), enriched=True, **common)
    assert abs(enriched.power["overall"] - trial.enrichment(setting, n=200).power["positive"]) < 0.015
    both = trial.simulate_survival(scenario, n=400, rng=rng("fallback"), analysis="fallback", **common)
    analytic = trial.fallback(setting, n=400).power
    for name in ("overall", "positive", "any"):
        assert abs(both.power[name] - analytic[name]) < 0.015, name


NOTHING = {
    "null": trial.Scenario(0.08, 1.0, 1.0, prevalence=0.35, accrual=24, name="null"),
    "prognostic only": trial.Scenario(0.08, 1.0, 1.0, prevalence=0.35, accrual=24, prognostic=2.5),
}
LOOKS = trial.group_sequential(information=3)
ANALYSES = {
    "overall with looks": {"looks": LOOKS},
    "closed with looks": {"looks": LOOKS, "analysis": "closed"},
    "closed, Simes": {"analysis": "closed", "intersection": "simes"},
    "fallback": {"analysis": "fallback"},
}


@pytest.mark.parametrize("truth", ["null", pytest.param("prognostic only", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ANALYSES)
def test_the_type_one_error_is_kept(name, truth):
    found = trial.simulate_survival(
        NOTHING[truth], n=400, events=280, rng=rng("error", name, truth), trials=100_000, **ANALYSES[name]
    )
    rate = found.power.get("any", found.power["overall"])
    assert rate <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / 100_000), rate


def test_the_closed_test_does_not_call_the_population_where_only_the_negative_are_harmed_and_it_averages_out():
    # positive gain what negative lose: the average log hazard ratio is about 0, and stays so among the events
    scenario = trial.Scenario(0.02, 0.7, 1 / 0.7, prevalence=0.5, accrual=24, name="cancels")
    found = trial.simulate_survival(
        scenario, n=160, time=36, rng=rng("cancel"), trials=40_000, analysis="closed", stratified=True
    )
    assert found.power["positive"] > 0.05
    assert found.power["overall"] < 0.035


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_same_seed_gives_the_same_numbers_whatever_the_workers(workers):
    one = trial.simulate_survival(BASE, n=300, events=150, rng=rng("same"), trials=2500, workers=workers)
    other = trial.simulate_survival(BASE, n=300, events=150, rng=rng("same"), trials=2500, workers=2)
    assert one.power == other.power
    assert one.log_hazard_ratio == other.log_hazard_ratio
    assert_array_equal(one.power_by_look, other.power_by_look)


def test_the_errors_shown_are_those_between_repetitions():
    runs = [trial.simulate_survival(BASE, n=100, events=60, rng=rng("repeat", i), trials=400) for i in range(60)]
    for values, error in (
        ([run.power["overall"] for run in runs], runs[0].power_error["overall"]),
        ([run.log_hazard_ratio["positive"] for run in runs], runs[0].log_hazard_ratio_error["positive"]),
        ([run.duration for run in runs], runs[0].duration_error),
    ):
        assert 0.7 < np.std(values, ddof=1) / error < 1.4


def test_where_the_events_never_come_everybody_is_followed_to_the_end():
    scenario = trial.Scenario(0.02, 0.8, 0.8, prevalence=0.3, accrual=12, dropout=0.2)
    found = trial.simulate_survival(scenario, n=60, events=50, rng=rng("never"), trials=300)
    assert found.events < 20
    assert found.n == 60


def test_standard_scenarios_do_what_their_names_say():
    made = trial.standard_scenarios(BASE)
    found = {
        name: trial.simulate_survival(
            scenario, n=400, events=250, rng=rng("standard"), trials=1500, analysis="fallback"
        )
        for name, scenario in made.items()
    }
    power = {name: one.power for name, one in found.items()}
    assert max(power["null"].values()) < 0.05
    assert max(power["prognostic only"].values()) < 0.05
    assert power["both"]["overall"] > power["as planned"]["overall"] > power["subgroup only"]["overall"]
    assert power["delayed effect"]["any"] < power["as planned"]["any"]
    assert power["misplaced cut-off"]["positive"] < power["as planned"]["positive"]
    assert power["lower prevalence"]["positive"] < power["as planned"]["positive"]
    assert power["assay drift"]["positive"] < power["as planned"]["positive"] + 0.02
    assert found["drop-out"].duration > found["as planned"].duration
    assert all(one.scenario == name for name, one in found.items())


def test_ten_thousand_studies_of_600_take_a_tenth_of_the_time_allowed_for_100_000():
    scenario = trial.Scenario(0.08, 0.6, 0.6, prevalence=0.3, accrual=24)
    trial.simulate_survival(scenario, n=600, events=300, rng=rng("warm"), trials=100)

    def seconds(**more):
        # processor time of all threads, so that other users of the machine do not count: two cores have twice it
        begun = time.process_time()
        trial.simulate_survival(scenario, n=600, events=300, rng=rng("speed"), trials=10_000, **more)
        return (time.process_time() - begun) / 2

    assert seconds() < 0.8
    assert seconds(looks=LOOKS, analysis="closed") < 3.0


@pytest.mark.slow
def test_a_hundred_thousand_studies_of_600_take_less_than_8_and_30_seconds_of_two_cores():
    scenario = trial.Scenario(0.08, 0.6, 0.8, prevalence=0.3, accrual=24, assay=trial.Assay(0.9, 0.95), dropout=0.005)
    for limit, more in ((8.0, {}), (30.0, {"looks": LOOKS, "analysis": "closed"})):
        begun = time.process_time()
        trial.simulate_survival(scenario, n=600, events=350, rng=rng("full"), trials=100_000, **more)
        assert (time.process_time() - begun) / 2 < limit


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("events, time", {"events": None}),
        ("events, time", {"time": 10.0}),
        ("events", {"events": 500}),
        ("events", {"events": 0}),
        ("time", {"events": None, "time": 0.0}),
        ("n", {"n": 2}),
        ("ratio", {"ratio": 500.0}),
        ("analysis", {"analysis": "cox"}),
        ("analysis", {"analysis": "fallback", "looks": LOOKS}),
        ("analysis", {"analysis": "closed", "enriched": True}),
        ("looks", {"looks": LOOKS, "events": None, "time": 20.0}),
        ("looks", {"looks": trial.group_sequential(alpha=0.05, sided=2)}),
        ("alpha", {"alpha": 0.7}),
        ("alpha_overall", {"alpha_overall": 0.03}),
        ("intersection", {"intersection": "holm"}),
        ("trials", {"trials": 1}),
        ("workers", {"workers": 0}),
    ],
)
def test_an_impossible_simulation_is_refused_by_its_name(name, changed):
    usual = {"n": 100, "events": 50, "trials": 10, "rng": rng("refused")}
    with pytest.raises(ConfigError, match=f"^{name} is .*allowed: "):
        trial.simulate_survival(BASE, **(usual | changed))


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("prevalence", {"prevalence": 1.0}),
        ("hazard_ratio_positive", {"hazard_ratio_positive": 0.0}),
        ("accrual", {"accrual": 0.0}),
        ("dropout", {"dropout": -0.1}),
        ("cutoff_shift", {"cutoff_shift": 0.5}),
        ("hazard_control", {"hazard_control": 0.0}),
    ],
)
def test_an_impossible_scenario_is_refused_by_its_name(name, changed):
    usual = {
        "hazard_control": 0.1,
        "hazard_ratio_positive": 0.5,
        "hazard_ratio_negative": 0.8,
        "prevalence": 0.4,
        "accrual": 10,
    }
    with pytest.raises(ConfigError, match=f"^{name} is .*allowed: "):
        trial.Scenario(**(usual | changed))
