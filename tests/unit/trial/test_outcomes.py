"""Simulated studies with a mean or a rate: subjects drawn one by one, analytic power, type I error."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm, ttest_ind

from biomarker import trial
from biomarker.errors import ConfigError
from biomarker.rng import stream
from biomarker.trial.simulation.outcomes import _arm, _pooled, _score

MEANS = trial.MeansEffect(0.5, 0.1, sd=1.0, prognostic=0.3)
RATES = trial.RatesEffect(0.5, 0.33, 0.3, 0.28)
ASSAY = trial.Assay(0.9, 0.92)
EFFECTS = {"means": MEANS, "rates": RATES, "means, lower is better": trial.MeansEffect(-0.5, -0.1, 1.0, better="lower")}
TRIALS = 100_000


def rng(*names):
    return stream(3, "test outcomes", *names)


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("design", ["all-comers", "enrichment", "fallback"])
def test_simulated_power_is_the_analytic_one_within_a_point_and_a_half(design, effect):
    setting = trial.Setting(0.35, EFFECTS[effect], ASSAY)
    method = trial.DESIGNS[design]
    n = round(method.evaluate(setting, power=0.8).n_randomised)
    choices = {"enrichment": {"enriched": True}, "fallback": {"analysis": "fallback"}}.get(design, {})
    truth = trial.OutcomeScenario(EFFECTS[effect], 0.35, assay=ASSAY)
    found = trial.simulate_outcomes(truth, n=n, rng=rng(design, effect), trials=40_000, **choices)
    analytic = method.evaluate(setting, n=n)
    success = found.power.get("any", found.power["overall"])
    assert abs(success - analytic.power[analytic.primary]) < 0.015


def test_power_with_looks_is_that_of_the_group_sequential_design():
    looks = trial.group_sequential(information=3)
    setting = trial.Setting(0.35, MEANS, ASSAY)
    n = round(trial.all_comers(setting, power=0.8, looks=looks).n_randomised)
    truth = trial.OutcomeScenario(MEANS, 0.35, assay=ASSAY)
    found = trial.simulate_outcomes(truth, n=n, rng=rng("looks"), looks=looks, trials=40_000)
    assert abs(found.power["overall"] - 0.8) < 0.01
    assert_allclose(found.power_by_look.sum(), found.power["overall"])


LOOKS = trial.group_sequential(information=3)
ANALYSES = {
    "overall with looks": {"looks": LOOKS},
    "closed with looks": {"looks": LOOKS, "analysis": "closed"},
    "closed, Simes": {"analysis": "closed", "intersection": "simes"},
    "fallback": {"analysis": "fallback"},
}


@pytest.mark.parametrize("effect", ["means", "rates"])
@pytest.mark.parametrize("truth", ["null", "prognostic only"])
@pytest.mark.parametrize("name", ANALYSES)
def test_the_type_one_error_is_kept(name, truth, effect):
    planned = trial.OutcomeScenario(EFFECTS[effect], 0.35, assay=ASSAY)
    scenario = trial.standard_outcome_scenarios(planned)[truth]
    found = trial.simulate_outcomes(
        scenario, n=600, rng=rng("error", name, truth, effect), trials=TRIALS, **ANALYSES[name]
    )
    rate = found.power.get("any", found.power["overall"])
    assert rate <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / TRIALS), rate


def test_cells_of_marker_and_test_are_those_of_subjects_one_by_one():
    draw = np.random.default_rng(5)
    for shift in (-0.2, 0.0, 0.15):
        scenario = trial.OutcomeScenario(MEANS, 0.35, assay=ASSAY, cutoff_shift=shift)
        x = draw.random(400_000)
        above = x < 0.35 - shift
        positive = draw.random(x.size) < np.where(above, 0.9, 0.08)
        for marker in (0, 1):
            for test in (0, 1):
                share = np.mean(((x < 0.35) == marker) & (positive == test))
                assert abs(scenario.cells(0.5)[marker, test] - share) < 0.003


def test_the_score_of_means_is_students_t_as_a_normal_deviate():
    """Against scipy's t test on subjects with the very means and variances that were drawn."""
    scenario = trial.OutcomeScenario(MEANS, 0.35, assay=ASSAY)
    draw = np.random.default_rng(8)
    arms = [_arm(scenario, draw, 40, scenario.cells(0.5).ravel(), 5, treated=treated) for treated in (False, True)]
    pooled = [_pooled(arm, [0, 1]) for arm in arms]
    u, v = _score(scenario, pooled)
    for i in range(5):
        groups = []
        for size, mean, square in pooled:
            n = int(size[i])
            values = draw.standard_normal(n)
            values = (values - values.mean()) / np.sqrt(((values - values.mean()) ** 2).sum()) * np.sqrt(square[i])
            groups.append(values + mean[i])
        t = ttest_ind(groups[1], groups[0])
        z = norm.isf(t.pvalue / 2) * np.sign(t.statistic)
        assert_allclose(-u[i] / np.sqrt(v[i]), z, rtol=1e-9)


def test_scenarios_do_what_their_names_say():
    found = trial.standard_outcome_scenarios(trial.OutcomeScenario(RATES, 0.3, assay=ASSAY))
    assert found["null"].effect.rate_positive == RATES.control_positive
    assert found["subgroup only"].effect.rate_negative == RATES.control_negative

    def odds(p):
        return p / (1 - p)

    both = found["both"].effect
    assert_allclose(
        odds(both.rate_negative) / odds(both.control_negative), odds(both.rate_positive) / odds(both.control_positive)
    )
    prognostic = found["prognostic only"].effect
    assert_allclose(odds(prognostic.control_positive), 2 * odds(RATES.control_positive))
    assert prognostic.rate_positive == prognostic.control_positive
    assert_allclose(found["drop-out"].missing, 0.1)
    assert found["assay drift"].assay_end.sensitivity == pytest.approx(0.8)


def test_the_same_seed_gives_the_same_numbers_in_any_number_of_blocks(monkeypatch):
    truth = trial.OutcomeScenario(MEANS, 0.3)
    one = trial.simulate_outcomes(truth, n=100, rng=rng("seed"), trials=300)
    other = trial.simulate_outcomes(truth, n=100, rng=rng("seed"), trials=300)
    assert one.power == other.power


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"n": 3}, "n is 3; allowed: a whole number of at least 8"),
        ({"analysis": "fallback", "looks": LOOKS}, "another analysis than 'fallback'"),
        ({"analysis": "closed", "enriched": True}, "'overall' in an enriched study"),
        ({"alpha": 0.6}, "alpha is 0.6"),
        ({"ratio": 0.0}, "ratio is 0.0"),
    ],
)
def test_an_impossible_simulation_is_refused_by_its_name(changed, words):
    with pytest.raises(ConfigError, match=words):
        trial.simulate_outcomes(trial.OutcomeScenario(MEANS, 0.3), **{"n": 100, "rng": rng("bad"), **changed})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"prevalence": 0.0}, "prevalence is 0.0"),
        ({"prevalence": 1.0}, "prevalence is 1.0"),
        ({"missing": 1.0}, "missing is 1.0"),
        ({"cutoff_shift": 0.5}, "cutoff_shift is 0.5"),
    ],
)
def test_an_impossible_scenario_is_refused_by_its_name(changed, words):
    with pytest.raises(ConfigError, match=words):
        trial.OutcomeScenario(**{"effect": MEANS, "prevalence": 0.3, **changed})
