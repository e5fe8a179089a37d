"""From the numbers of a marker to the next study: what is computed, what is said, what cannot be."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, logit

from biomarker import trial
from biomarker.errors import ConfigError
from biomarker.trial.planning.worth import Option, Study
from biomarker.trial.proposal.advice import Names
from biomarker.trial.proposal.compare import compare
from biomarker.trial.proposal.intent import Intent
from biomarker.trial.proposal.learning import SIZES, learning
from biomarker.trial.proposal.marker import Known, Marker
from biomarker.trial.proposal.monitoring import boundaries, zones
from biomarker.trial.proposal.propose import _plan, propose, propose_as_asked

NAMES = Names("GENE1", "progression-free survival", "drug", "placebo", "GENE1 above 5", "GENE1 at or below 5")
INTENT = Intent(
    trial.Constraints(power=0.9),
    trial.Costs(3e6, 500, 800, 40_000, 1e5, 5e4),
    worth=trial.Worth(120_000, 160, 120, 5_000, 800),
    consent=0.7,
    screening_rate=40,
    follow_up=9,
    looks=(0.5, 1.0),
    trials=200,
    nodes=3,
)
FACTS = {"situation": "marker", "reason": None, "type": "survival", "better": "lower", "tested": 5000}


def quantity(name, value, basis=None, **about):
    return {"quantity": name, "value": value, "basis": basis, "source": "measured", **about}


def rows(positive=(-0.9, -0.6), negative=(0.1, 0.05), control=0.08, **more):
    effects = [
        quantity(f"effect_{group}", value, basis, std_error=0.2)
        for group, values in (("positive", positive), ("negative", negative))
        for basis, value in zip(("raw", "shrunk"), values, strict=True)
    ]
    known = {"prevalence": 0.3, "sensitivity": 0.95, "specificity": 0.95, "failure": 0.05, "control": control, **more}
    return effects + [quantity(name, value) for name, value in known.items()]


@pytest.fixture(scope="module")
def proposal():
    return propose(FACTS, rows(), INTENT, NAMES, seed=1)


def test_sizes_are_those_of_the_designs_and_have_the_power_by_a_call_of_their_own(proposal):
    marker = Marker.of(rows(), type="survival", better="lower")
    setting = marker.setting("shrunk", **INTENT.timing)
    for row in proposal.designs:
        if row["status"] != "ok" or row["basis"] != "shrunk" or row["n_looks"] > 1:
            continue
        method = trial.DESIGNS[row["design"]]
        if method.simulated:
            continue
        found = method.evaluate(setting, n=row["n_randomised"])
        assert_allclose(row["power"], found.power[found.primary], rtol=1e-12)
        assert row["power"] >= 0.9
        fewer = method.evaluate(setting, n=row["n_randomised"] - 1)
        assert fewer.power[fewer.primary] < 0.9 + 1e-9
        assert row["cost"] == pytest.approx(
            3e6 + 500 * row["n_screened"] + 800 * row["n_tested"] + 40_000 * row["n_randomised"] + 1e5 * row["duration"]
        )


def test_every_design_of_the_registry_is_there_at_every_basis_with_numbers_or_a_reason(proposal):
    for basis in ("raw", "shrunk"):
        found = [row for row in proposal.designs if row["basis"] == basis]
        assert {row["design"] for row in found} == set(trial.DESIGNS)
        for row in found:
            assert (row["status"] == "ok") == (row["reason"] is None)
    reasons = {row["design"]: row["reason"] for row in proposal.designs if row["status"] != "ok"}
    assert set(reasons) == {"basket", "platform"}


def test_a_platform_of_several_treatments_is_searched_beside_the_others():
    given = rows(positive=(-0.6, -0.5), negative=(-0.5, -0.4))
    found = propose(FACTS, given, replace(INTENT, arms=3), NAMES, seed=1)
    row = next(row for row in found.designs if row["design"] == "platform")
    assert row["status"] == "ok"
    assert row["feasible"] is True
    assert row["net_benefit"] is not None
    assert row["assurance"] is not None
    assert_allclose(row["cost_expected"], row["cost"] / 3)
    assert_allclose(row["n_expected"], row["n_randomised"])
    assert "one treatment's share" in row["convention"]
    assert "platform" in {tried["design"] for tried in found.search}


def test_shrunk_effects_need_more_subjects_than_raw_ones(proposal):
    sizes = {(row["design"], row["n_looks"], row["basis"]): row["n_randomised"] for row in proposal.designs
             if row["status"] == "ok"}  # fmt: skip
    for (design, looks, basis), n in sizes.items():
        if basis == "shrunk":
            assert n > sizes[design, looks, "raw"]


def test_the_sentence_holds_the_numbers_of_the_recommended_study(proposal):
    (best,) = [row for row in proposal.search if row["recommended"]]
    first = proposal.recommendation[0]
    assert first["kind"] == "sentence"
    for words in ("drug against placebo", "GENE1 above 5", f"{best['n']} patients", "progression-free survival", "90%"):
        assert words in first["text"]
    assert f"hazard ratio of {np.exp(-0.6):.2f}" in first["text"]
    (marked,) = [row for row in proposal.designs if row["recommended"]]
    assert (marked["design"], marked["n_looks"], marked["basis"]) == (best["design"], best["n_looks"], "shrunk")
    assert best["net_benefit"] == max(row["net_benefit"] for row in proposal.search if row["feasible"])


def test_bounds_are_those_of_the_group_sequential_design_and_mean_what_they_say(proposal):
    looks = INTENT.sequential
    assert_allclose([row["efficacy_z"] for row in proposal.boundaries], looks.upper)
    assert proposal.boundaries[-1]["alpha_spent"] == pytest.approx(0.025)
    # one look more than the recommended study was sized for costs at most a few points of power
    assert 0.87 < proposal.boundaries[-1]["power_spent"] < 0.92
    last = proposal.boundaries[-1]
    # a hazard ratio at a bound is exp(-2 z / sqrt(events)) for equal arms, to first order
    assert_allclose(last["effect_at_efficacy"], -2 * last["efficacy_z"] / np.sqrt(last["events"]), rtol=0.05)
    assert {row["zone"] for row in proposal.zones} == {"unfavourable", "promising", "favourable"}
    promising = next(row for row in proposal.zones if row["zone"] == "promising")
    assert promising["n_high"] <= 2 * last["n"] + 1e-6


def test_operating_characteristics_hold_what_was_planned_and_the_null(proposal):
    found = {(r["design"], r["n_looks"], r["scenario"], r["success"]): r for r in proposal.operating}
    planned = found["enrichment", 1, "as planned", "positive"]
    assert abs(planned["power"] - 0.9) < 4 * planned["power_error"] + 0.02
    for (_, _, scenario, success), row in found.items():
        if scenario == "null" and success in ("any", "overall", "positive"):
            assert row["power"] <= 0.025 + 4 * np.sqrt(0.025 * 0.975 / row["trials"])
        assert row["power_error"] == pytest.approx(np.sqrt(row["power"] * (1 - row["power"]) / row["trials"]))


def test_the_learning_curve_is_the_value_of_a_discovery_study_at_the_prices_of_the_proposal(proposal):
    now, *later = proposal.learning
    assert [row["n"] for row in proposal.learning] == [0, *SIZES]
    assert (now["cost"], now["duration"]) == (0.0, 0.0)
    # two in three of those approached agree and have a result; every one of these is tested and randomised
    for row in later:
        enrolled = 40 * 0.7 * 0.95
        assert_allclose(row["duration"], row["n"] / enrolled + 9)
        subjects = row["n"] * (500 / (0.7 * 0.95) + 800 / 0.95 + 40_000)
        assert_allclose(row["cost"], 3e6 + 1e5 * row["duration"] + subjects)
        assert row["sd_positive"] < now["sd_positive"]
    assert sum(row["best"] for row in proposal.learning) == 1
    [line] = [row for row in proposal.recommendation if row["kind"] == "discovery"]
    assert "do not wait" in line["text"]
    assert json.loads(line["said"])["say"] == "advice.discovery.now"
    assert [row["order"] for row in proposal.recommendation] == list(range(1, len(proposal.recommendation) + 1))


def test_a_bigger_discovery_study_is_advised_where_it_may_save_a_costly_mistake():
    marker = Marker.of(rows(), type="survival", better="lower")
    few = {"worth": trial.Worth(120_000, 20, 240, 5_000, 800), "costs": trial.Costs(0, 100, 800, 20_000, 1e4)}
    dear = replace(INTENT, **few, follow_up=1.0, screening_rate=400)
    plan = _plan(marker.setting("shrunk", **dear.timing), marker, "shrunk", dear, 1)
    curve, [line] = learning(plan, trial.EffectUncertainty(0.8, 0.5), dear, basis="shrunk")
    best = next(row for row in curve if row["best"])
    assert best["n"] > 0
    assert best["net_benefit"] > curve[0]["net_benefit"]
    assert line.said["say"] == "advice.discovery.first"
    assert line.said["with"]["n"] == best["n"]
    assert learning(plan, trial.EffectUncertainty(0.0, 0.3), dear, basis="shrunk") == ([], [])
    assert learning(plan, trial.EffectUncertainty(0.5, 0.3), replace(dear, worth=None), basis="shrunk") == ([], [])


def test_where_nothing_is_feasible_the_nearest_study_and_what_binds_are_said():
    tight = replace(INTENT, constraints=trial.Constraints(power=0.9, budget=4e6))
    found = propose(FACTS, rows(), tight, NAMES, seed=1)
    kinds = [row["kind"] for row in found.recommendation]
    assert kinds[0] == "infeasible"
    assert "No study meets all constraints. The nearest:" in found.recommendation[0]["text"]
    assert any("budget" in row["text"] for row in found.recommendation if row["kind"] == "binding")
    assert any("a budget of" in row["text"] for row in found.recommendation if row["kind"] == "relaxed")
    assert not any(row["recommended"] for row in found.designs)
    assert not any(row["feasible"] for row in found.designs if row["status"] == "ok")


def test_a_worth_below_its_cost_recommends_the_cheapest_and_says_so():
    poor = replace(INTENT, worth=trial.Worth(1_000, 160, 120, 5_000, 800))
    found = propose(FACTS, rows(), poor, NAMES, seed=1)
    (best,) = [row for row in found.search if row["recommended"]]
    assert best["net_benefit"] < 0
    assert best["cost"] == min(row["cost"] for row in found.search if row["front"])
    assert any("costs more than it brings" in row["text"] for row in found.recommendation)


def test_a_marker_whose_low_values_benefit_exchanges_the_groups():
    found = propose(FACTS, rows(positive=(0.1, 0.05), negative=(-0.9, -0.6), prevalence=0.7), INTENT, NAMES, seed=1)
    usual = propose(FACTS, rows(), INTENT, NAMES, seed=1)
    assert [row["n_randomised"] for row in found.designs if row["status"] == "ok"] == pytest.approx(
        [row["n_randomised"] for row in usual.designs if row["status"] == "ok"], abs=1.0
    )
    assert "GENE1 at or below 5" in found.recommendation[0]["text"]


def test_an_effect_in_the_wrong_direction_is_no_design_but_a_reason():
    found = propose(FACTS, rows(positive=(0.9, 0.6), negative=(0.9, 0.6)), INTENT, NAMES, seed=1)
    assert all(row["status"] != "ok" for row in found.designs)
    assert found.recommendation[0]["kind"] == "cannot"
    assert "wrong direction" in found.recommendation[0]["text"]


@pytest.mark.parametrize("type", ["binary", "continuous"])
def test_other_endpoints_are_designed_and_simulated(type):
    effects = {"binary": ((1.4, 1.0), (0.1, 0.1), 0.3), "continuous": ((-20.0, -15.0), (-2.0, -2.0), 20.0)}[type]
    facts = {**FACTS, "type": type, "better": {"binary": "higher", "continuous": "lower"}[type]}
    found = propose(facts, rows(*effects), replace(INTENT, follow_up=0.0, baskets=3), NAMES, seed=1)
    assert found.recommendation[0]["kind"] == "sentence"
    assert {row["scenario"] for row in found.operating} >= {"null", "half the effect", "misplaced cut-off"}
    basket = next(row for row in found.designs if row["design"] == "basket")
    assert basket["status"] == ("ok" if type == "binary" else "not_applicable")


def test_without_a_candidate_the_study_that_could_find_one_is_designed():
    facts = {**FACTS, "situation": "none", "reason": "No predictive candidate passes."}
    found = propose(facts, [quantity("control", 0.08)], INTENT, NAMES, seed=1)
    one, many = (next(r for r in found.designs if r["design"] == name)
                 for name in ("discovery, one marker named beforehand", "discovery"))  # fmt: skip
    assert many["n_randomised"] > 2 * one["n_randomised"]
    assert found.recommendation[0] == {"order": 1, "kind": "cannot", "text": "No predictive candidate passes.",
                                       "said": None}  # fmt: skip
    assert any(row["kind"] == "sentence" and "could find a predictive marker" in row["text"]
               for row in found.recommendation)  # fmt: skip


def test_a_single_arm_gets_single_arm_designs_and_is_told_what_cannot_be():
    facts = {**FACTS, "situation": "single arm", "reason": "All subjects belong to one arm.", "type": "binary",
             "better": "higher"}  # fmt: skip
    known = {"rate_positive": 0.4, "rate_negative": 0.2, "prevalence": 0.3, "control": 0.25}
    found = propose(facts, [quantity(name, value) for name, value in known.items()], INTENT, NAMES, seed=1)
    simon = next(row for row in found.designs if row["design"] == "simon-two-stage")
    expected = trial.simon_two_stage(0.2, 0.4, alpha=0.025, power=0.9).optimal
    assert simon["n_randomised"] == expected.n
    assert simon["n_expected"] == pytest.approx(expected.expected_n)
    assert found.recommendation[0]["text"] == "All subjects belong to one arm."
    assert any("randomised control arm" in row["text"] for row in found.recommendation)
    assert not found.operating


# --- the marker -------------------------------------------------------------------------------------------------------


def test_rates_of_the_groups_give_back_the_rate_of_the_control_arm():
    marker = Marker.of(rows(control=0.3, prognostic=0.8), type="binary", better="higher")
    effect = marker.effect("raw")
    assert_allclose(0.3 * effect.control_positive + 0.7 * effect.control_negative, 0.3)
    assert_allclose(logit(effect.control_positive) - logit(effect.control_negative), 0.8)
    assert_allclose(effect.rate_positive, expit(logit(effect.control_positive) - 0.9))


def test_the_hazard_of_the_groups_averages_to_that_of_the_control_arm():
    marker = Marker.of(rows(prognostic=0.5), type="survival", better="lower")
    effect = marker.effect("raw")
    assert_allclose(0.3 * effect.hazard_control * effect.prognostic + 0.7 * effect.hazard_control, 0.08)


def test_estimates_without_an_error_of_their_own_take_the_largest_of_the_others():
    given = [dict(row, std_error=None) if row["basis"] == "raw" else row for row in rows()]
    marker = Marker.of(given, type="survival", better="lower")
    assert marker.uncertainty("raw") == trial.EffectUncertainty(0.2, 0.2)
    assert marker.cautious == "shrunk"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: Marker.of(rows(), type="ordinal", better="lower"), "type is 'ordinal'"),
        (lambda: Marker.of(rows(control=-1.0), type="survival", better="lower"), "control is -1.0"),
        (lambda: Marker.of(rows(control=1.2), type="binary", better="higher"), "control is 1.2"),
        (lambda: Known(np.nan), "value is nan"),
        (lambda: Known(1.0, "guessed"), "source is 'guessed'"),
        (lambda: replace(INTENT, spending="mine"), "spending is 'mine'"),
        (lambda: replace(INTENT, looks=(0.5, 0.4, 1.0)), "information is"),
        (lambda: replace(INTENT, screening_rate=0.0), "screening_rate is 0.0"),
        (lambda: Marker.of(rows(), type="survival", better="higher").effect("raw"), "events that are good"),
    ],
)
def test_what_cannot_be_is_refused_by_name(change, words):
    with pytest.raises(ConfigError, match=words):
        change()


def test_the_settings_of_a_study_file_make_the_same_proposal(proposal):
    asked = {
        **{"power": 0.9, "alpha": 0.025, "ratio": 1.0, "looks": [0.5, 1.0], "spending": "obrien-fleming"},
        **{
            "futility": True,
            "budget": None,
            "time": None,
            "patients": None,
            "arms": 1,
            "baskets": 1,
            "simulations": 200,
        },
    }
    costs = dict(
        zip(("fixed", "screened", "tested", "randomised", "time", "look"), (3e6, 500, 800, 4e4, 1e5, 5e4), strict=True)
    )
    assumed = {"consent": 0.7, "screening_rate": 40.0, "follow_up": 9.0, "dropout": 0.0}
    given = rows() + [quantity(name, value) for name, value in assumed.items()]
    given += [quantity(f"cost_{name}", value) for name, value in costs.items()]
    facts = {**FACTS, "label": "GENE1", "endpoint_label": "progression-free survival", "active": "drug",
             "control": "placebo", "positive": "GENE1 above 5", "negative": "GENE1 at or below 5",
             "unit_of_time": "months"}  # fmt: skip
    worth = {"value": 120_000, "patients": 160, "horizon": 120, "treatment": 5_000, "test": 800}
    found = propose_as_asked(facts, given, asked, worth=worth, currency="EUR", seed=1)
    sizes = [(row["design"], row["n_looks"], row.get("n_randomised")) for row in found.designs]
    assert sizes == [(row["design"], row["n_looks"], row.get("n_randomised")) for row in proposal.designs]


def test_a_study_of_one_look_still_has_its_critical_value():
    option = Option("enrichment", Marker.of(rows(), type="survival", better="lower").setting("raw", **INTENT.timing),
                    np.nan, 0.025)  # fmt: skip
    study = Study.plan(option, INTENT.costs, 100.0)
    one = trial.group_sequential(information=[1.0], power=0.9)
    (row,) = boundaries(study, one, spending="obrien-fleming", futility=True)
    assert row["efficacy_z"] == pytest.approx(1.959964, abs=1e-5)
    assert zones(one, 100.0, power=0.9) == []
    assert compare(Marker.of(rows(), type="survival", better="lower"), replace(INTENT, looks=(1.0,)), seed=1)
