"""The economics of one marker: the model against closed forms, its tables against each other."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm

from biomarker import economics as eco
from biomarker.economics.proposal.evaluate import Parameter, Payer, evaluate
from biomarker.economics.proposal.inputs import evaluate_as_asked, months_of, parameters_of, worth_of
from biomarker.economics.proposal.model import MarkerModel, Worthwhile, _transitions
from biomarker.rng import stream

POINT = {
    **{"prevalence": 0.4, "sensitivity": 0.9, "specificity": 0.95, "failure": 0.05},
    **{"effect_positive": -0.6, "effect_negative": -0.05, "prognostic": 0.0, "control": 0.08},
    **{"drug_cost": 1000.0, "control_cost": 100.0, "test_cost": 800.0, "care_cost": 1500.0},
    **{"utility_controlled": 0.75, "utility_progressed": 0.55, "utility_per_sd": 0.05},
    **{"time_controlled": 12.0, "survival_after": 12.0},
}
SURVIVAL = MarkerModel("survival", "lower", horizon=40.0, discount_cost=0.0, discount_effect=0.0)
PAYER = Payer(50_000, "EUR", 2026, 2000, (0.1, 0.3, 0.5), 10, "payer")
NAMES = {"marker": "G", "endpoint": "PFS", "active": "drug", "control": "placebo", "positive": "G above 1"}


def parameters(**changes):
    errors = {"effect_positive": 0.2, "effect_negative": 0.15, "prognostic": 0.0}
    return [Parameter(name, value, errors.get(name)) for name, value in {**POINT, **changes}.items()]


@pytest.fixture(scope="module")
def made():
    given = {"raw": parameters(effect_positive=-0.9), "shrunk": parameters()}
    return evaluate(SURVIVAL, given, PAYER, n_draws=2000, rng=stream(1, "economics"), study_sizes=[237.0], names=NAMES)


@pytest.mark.parametrize(("leaving", "dying"), [(0.1, 0.05), (0.05, 0.1), (0.08, 0.08)])
def test_transitions_are_the_matrix_exponential_and_rows_sum_to_one(leaving, dying):
    q = np.array([[-leaving, leaving, 0], [0, -dying, dying], [0, 0, 0]])
    found = _transitions(np.array([leaving]), np.array([dying]))[0]
    assert_allclose(found, expm(q), atol=1e-9)
    assert_allclose(found.sum(axis=1), 1.0, atol=1e-12)


def test_undiscounted_totals_near_the_means_of_exponential_times():
    """Mean time controlled 1/a, after it 1/b months; the half-cycle sum is off by the square of a month."""
    p = {name: np.array([value]) for name, value in POINT.items()}
    for arm, group, hazard in (("control", "positive", 0.08), ("drug", "positive", 0.08 * np.exp(-0.6))):
        cost, effect, years = (float(x[0]) for x in SURVIVAL.patient(p, arm, group))
        controlled, after = 1 / hazard, 12.0
        assert_allclose(years, (controlled + after) / 12, rtol=2e-3)
        assert_allclose(effect, (0.75 * controlled + 0.55 * after) / 12, rtol=2e-3)
        monthly = 1000.0 if arm == "drug" else 100.0
        assert_allclose(cost, monthly * controlled + 1500.0 * after, rtol=2e-3)


def test_responders_are_those_of_the_odds_ratio_and_stay_controlled_as_long_as_said():
    model = MarkerModel("binary", "higher", 40.0, 0.0, 0.0)
    p = {name: np.array([value]) for name, value in {**POINT, "control": 0.3, "effect_positive": 1.2}.items()}
    odds = 0.3 / 0.7 * np.exp(1.2)
    _, _, years = model.patient(p, "drug", "positive")
    assert_allclose(years[0], (odds / (1 + odds) * 12 + 12) / 12, rtol=2e-3)


def test_a_gain_of_one_standard_deviation_raises_the_utility():
    model = MarkerModel("continuous", "lower", 40.0, 0.0, 0.0)
    p = {name: np.array([value]) for name, value in {**POINT, "control": 20.0, "effect_positive": -20.0}.items()}
    gain = model.patient(p, "drug", "positive")[1] - model.patient(p, "control", "positive")[1]
    assert_allclose(gain, 0.05, rtol=2e-3)


def test_strategies_are_those_of_the_companion_test_and_life_years_agree(made):
    point = {**POINT}
    found = SURVIVAL.strategies(point)
    shrunk = [row for row in made.strategies if row["basis"] == "shrunk"]
    assert_allclose([row["cost"] for row in shrunk], found.cost[0])
    assert_allclose([row["effect"] for row in shrunk], found.effect[0])
    assert [row["treated"] for row in shrunk][:2] == [0.0, 1.0]
    best = max(shrunk, key=lambda row: row["net_benefit"])
    assert [row["strategy"] for row in shrunk if row["best"]] == [best["strategy"]]
    years = {row["strategy"]: row["life_years"] for row in shrunk}
    assert years["control for all"] < years["test and treat"] < years["drug for all"]


def test_without_an_effect_and_at_equal_prices_test_and_treat_differs_by_the_test_alone():
    same = {**POINT, "effect_positive": 0.0, "effect_negative": 0.0, "drug_cost": 100.0}
    found = SURVIVAL.strategies(same)
    assert_allclose(found.effect[0], found.effect[0, 0])
    assert_allclose(found.cost[0, 2] - found.cost[0, 0], 800.0)


def test_zero_variance_is_the_base_case():
    fixed = [Parameter(item.name, item.value, 0.0) for item in parameters()]
    found = evaluate(SURVIVAL, {"raw": fixed}, PAYER, n_draws=200, rng=stream(2), names=NAMES)
    cost = {row["strategy"]: row["cost"] for row in found.strategies}
    for row in found.plane:
        assert_allclose(row["incremental_cost"], cost[row["strategy"]] - cost["control for all"], rtol=1e-9)
    assert all(row["value"] < 1e-6 for row in found.information)


def test_values_of_information_are_ordered(made):
    value = {(row["quantity"], row["parameters"], row["n"]): row for row in made.information}
    evpi = value["EVPI", "all", None]
    partial = value["EVPPI", "treatment effects", None]
    sampled = [row for key, row in value.items() if key[0] == "EVSI"]
    assert {row["n"] for row in sampled} == {100.0, 237.0, 300.0, 1000.0, 3000.0}
    error = 3 * (evpi["std_error"] + partial["std_error"])
    assert evpi["value"] + error >= partial["value"]
    for row in sampled:
        assert 0 <= row["value"] <= partial["value"] + 1e-6
    by_n = [row["value"] for row in sorted(sampled, key=lambda row: row["n"])]
    assert by_n == sorted(by_n)


def test_the_decision_turns_at_the_price_that_the_prices_say(made):
    turn = next(row for row in made.tornado if row["parameter"] == "test_cost")
    prices = [row for row in made.prices if row["item"] == "test" and row["basis"] == "shrunk"]
    for row in prices:
        if row["high"] is not None and turn["turns_at"] is not None:
            assert_allclose(row["high"], turn["turns_at"], rtol=1e-6)
    for row in made.prices:
        if row["high"] is None or row["basis"] != "shrunk":
            continue
        key = {"test": "test_cost", "drug per month": "drug_cost"}[row["item"]]
        made_at = SURVIVAL.strategies({**POINT, key: row["high"]})
        nb = np.sort(50_000 * made_at.effect[0] - made_at.cost[0])
        assert_allclose(nb[-1], nb[-2], atol=1e-6 * abs(nb[-1]))


def test_acceptability_sums_to_one_and_its_frontier_is_the_best_on_average(made):
    for wtp in {row["wtp"] for row in made.acceptability}:
        rows = [row for row in made.acceptability if row["wtp"] == wtp]
        assert_allclose(sum(row["probability"] for row in rows), 1.0)
        (adopted,) = [row for row in rows if row["frontier"]]
        assert adopted["net_benefit"] == max(row["net_benefit"] for row in rows)


def test_the_budget_adds_up(made):
    assert_allclose(np.cumsum([row["impact"] for row in made.budget]), [row["cumulative"] for row in made.budget])
    for row in made.budget:
        assert_allclose(row["with_new"] - row["without"], row["impact"], rtol=1e-9)


def test_the_checklist_is_answered_where_something_is_known(made):
    open_items = {row["topic"] for row in made.cheers if not row["reported"]}
    assert open_items == {
        "Analysis plan", "Setting and location", "Distributional effects", "Engagement", "Effect of engagement",
        "Funding", "Conflicts of interest",
    }  # fmt: skip


# --- inputs -----------------------------------------------------------------------------------------------------------

FACTS = {"situation": "marker", "type": "survival", "better": "lower", "unit_of_time": "weeks", "label": "G",
         "endpoint_label": "PFS"}  # fmt: skip
ASKED = {
    **{"horizon": 20.0, "discount_costs": 0.03, "discount_effects": 0.03, "wtp": 50_000, "currency": "EUR"},
    **{"price_year": 2026, "uptake": [0.1], "years_of_use": 10.0, "draws": 200, "perspective": "payer", "location": ""},
    **{"analysis_plan": "", "engagement": "", "funding": "", "conflicts": ""},
}
MEASURED = ("prevalence", "sensitivity", "specificity", "failure", "prognostic", "control")
ASSUMED = {name: {"value": value, "low": None, "high": None, "source": "assumed", "note": ""}
           for name, value in {**POINT, "patients": 1200.0}.items()
           if name not in (*MEASURED, "effect_positive", "effect_negative")}  # fmt: skip


def quantities(**changes):
    values = {**POINT, **changes}
    rows = [{"quantity": name, "basis": None, "value": values[name], "source": "measured"} for name in MEASURED]
    for basis, error in (("raw", None), ("heldout", 0.3)):
        rows += [
            {"quantity": name, "basis": basis, "value": values[name], "std_error": error, "source": "measured"}
            for name in ("effect_positive", "effect_negative")
        ]
    return rows


def test_hazards_come_in_the_endpoint_s_unit_and_leave_per_month():
    found = parameters_of(FACTS, quantities(), ASSUMED)
    assert list(found) == ["raw", "heldout"]
    control = next(item for item in found["raw"] if item.name == "control")
    assert_allclose(control.value, 0.08 * 365.25 / 7 / 12)
    assert months_of("Month") == months_of("months") == 1.0
    errors = [item.error for item in found["raw"] if item.name == "effect_positive"]
    assert errors == [0.3], "a raw effect has no error of its own"


def test_the_worth_of_a_gain_gives_back_the_net_benefit_of_treating_the_marker_positive():
    worth = Worthwhile.of(SURVIVAL, POINT, wtp=50_000)
    p = {name: np.array([value]) for name, value in POINT.items()}
    drug, control = (SURVIVAL.patient(p, arm, "positive") for arm in ("drug", "control"))
    net = 50_000 * (drug[1] - control[1]) - (drug[0] - control[0])
    assert_allclose(worth.value * 0.6 - worth.treatment, net, rtol=1e-9)
    asked = worth_of(FACTS, quantities(), ASKED, ASSUMED)
    assert_allclose(asked["patients"] * asked["horizon"], 1200 * 10)
    assert worth_of(FACTS, quantities(effect_positive=0.5), ASKED, ASSUMED) is None
    assert worth_of({**FACTS, "situation": "none"}, quantities(), ASKED, ASSUMED) is None


def test_without_a_marker_there_are_no_rows():
    for facts in ({**FACTS, "situation": "none"}, {**FACTS, "better": "higher"}):
        found = evaluate_as_asked(facts, quantities(), ASKED, ASSUMED, sizes=[], rng=stream(3))
        assert found.strategies == found.cheers == []
    assert evaluate_as_asked(FACTS, quantities(), ASKED, ASSUMED, sizes=[], rng=stream(3)).strategies


def test_a_share_that_is_certain_and_a_cost_of_nothing_have_no_law():
    assert Parameter("sensitivity", 1.0).distribution.std_error == 0.0
    assert Parameter("control_cost", 0.0).distribution.std_error == 0.0
    assert Parameter("prevalence", 0.3, low=0.2, high=0.4).error == pytest.approx(0.2 / (2 * 1.959964))
    assert isinstance(eco.fixed(1.0), type(Parameter("failure", 0.0).distribution))
