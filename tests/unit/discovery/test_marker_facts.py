"""The numbers that a design starts from: taken from the tables as they are, chosen as asked, never invented."""

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from biomarker.data.trial_tables import TrialMarker
from biomarker.discovery.marker_facts import Choice, marker_facts
from biomarker.errors import DataError

from .conftest import make_cohort, make_study

ASSUMED = {
    name: {"value": value, "low": None, "high": None, "source": "assumed", "note": ""}
    for name, value in {"sensitivity": 0.9, "specificity": 0.95, "failure": 0.05, "consent": 0.7}.items()
}
KEY = {"comparison": "drug vs placebo", "contrast": "predictive"}


def candidate(feature="g0", endpoint="response", rank=1, q=0.01, **changes):
    row = {"candidate_id": f"rna:{feature}", "label": feature, "endpoint": endpoint, "rank_overall": rank, "q_value": q}
    return row | KEY | {"status": "ok", "n": 90, "n_searched": 12} | changes


def effect(population, estimate, basis="raw", measure="log odds ratio", arm=None, endpoint="response", **changes):
    row = {"candidate_id": "rna:g0", "endpoint": endpoint, "population": population, "basis": basis}
    row |= {"measure": measure, "arm": arm, "estimate": estimate, "std_error": None, "ci_low": None, "ci_high": None}
    return row | KEY | changes


EFFECTS = [
    effect("positive", 1.5),
    effect("negative", 0.1),
    effect("positive", 1.0, "shrunk", std_error=0.3, ci_low=0.4, ci_high=1.6),
    effect("negative", 0.2, "shrunk", std_error=0.3, ci_low=-0.4, ci_high=0.8),
    effect("positive", 0.8, "heldout", std_error=0.4, ci_low=0.0, ci_high=1.6),
    effect("negative", 0.3, "heldout", std_error=0.4, ci_low=-0.5, ci_high=1.1),
    effect("positive", 0.4, measure="risk difference"),
    effect("negative", 0.0, measure="risk difference"),
    effect("positive", 0.35, "shrunk", measure="rate", arm="placebo"),
    effect("negative", 0.25, "shrunk", measure="rate", arm="placebo"),
]
CUTOFF = {
    **{"candidate_id": "rna:g0", "endpoint": "response", "cutoff": 1.5, "unit": "log2 TPM", "positive": "at or below"},
    **{"ci_low": 1.0, "ci_high": 2.0, "prevalence": 0.4, "prevalence_low": 0.3, "prevalence_high": 0.5},
    **{"assay_sensitivity": 1.0, "assay_specificity": 1.0, "source": "assumed"},
    **KEY,
}


def facts_of(cohort, candidates=None, effects=None, cutoffs=None, **choice):
    given = {"candidate": None, "endpoint": None, "comparison": None, "q": 0.05, "randomised": True, "assumed": ASSUMED}
    tables = (candidates or [candidate()], EFFECTS if effects is None else effects, cutoffs or [CUTOFF])
    frames = [pl.DataFrame(rows, infer_schema_length=None) for rows in tables]
    return marker_facts(cohort, *frames, Choice(**given | choice))


def values(found, quantity):
    return {row["basis"]: row["value"] for row in found.quantities if row["quantity"] == quantity}


def test_numbers_are_those_of_the_tables_with_their_sources(cohort, study):
    found = facts_of(cohort)
    assert found.facts["situation"] == "marker"
    assert found.facts["positive"] == "g0 at or below 1.5 log2 TPM"
    assert found.facts["negative"] == "g0 above 1.5 log2 TPM"
    assert values(found, "effect_positive") == {"raw": 1.5, "shrunk": 1.0}
    assert values(found, "effect_negative") == {"raw": 0.1, "shrunk": 0.2}
    assert values(found, "prevalence") == {None: 0.4}
    placebo = np.array(study.arms, dtype=object) == "placebo"
    y = study.endpoints["response"]["values"][placebo]
    assert_allclose(values(found, "control")[None], np.nanmean(y))
    odds = [p / (1 - p) for p in (0.35, 0.25)]
    assert_allclose(values(found, "prognostic")[None], np.log(odds[0] / odds[1]))
    sources = {row["quantity"]: row["source"] for row in found.quantities}
    assert sources["prevalence"] == sources["control"] == sources["effect_positive"] == "measured"
    assert sources["sensitivity"] == sources["consent"] == "assumed"
    TrialMarker.validate(pl.DataFrame(found.rows(), schema=dict(TrialMarker.create_empty().schema), strict=False))


def test_an_assay_that_was_measured_outranks_an_assumption_and_one_taken_for_perfect_does_not(cohort):
    assert values(facts_of(cohort), "sensitivity") == {None: 0.9}
    measured = [{**CUTOFF, "assay_sensitivity": 0.8, "source": "measured"}]
    assert values(facts_of(cohort, cutoffs=measured), "sensitivity") == {None: 0.8}
    cited = {**ASSUMED, "sensitivity": {**ASSUMED["sensitivity"], "value": 0.7, "source": "literature"}}
    assert values(facts_of(cohort, cutoffs=measured, assumed=cited), "sensitivity") == {None: 0.7}


def test_held_out_effects_stand_in_where_none_were_shrunk(cohort):
    found = facts_of(cohort, effects=[row for row in EFFECTS if row["basis"] != "shrunk"])
    assert values(found, "effect_positive") == {"raw": 1.5, "heldout": 0.8}


def test_the_first_that_passes_and_has_effects_is_chosen(cohort):
    rows = [candidate("g9", rank=1), candidate(rank=2), candidate("g5", rank=3)]
    assert facts_of(cohort, rows).facts["candidate_id"] == "rna:g0"


def test_where_none_passes_there_is_no_marker_and_the_reason_says_so(cohort):
    found = facts_of(cohort, [candidate(q=0.2)])
    assert found.facts["situation"] == "none"
    assert "No predictive candidate passes a false discovery rate of 0.05" in found.facts["reason"]
    assert found.facts["candidate_id"] is None
    assert values(found, "tested") == {None: 12.0}
    assert values(found, "effect_positive") == {}


def test_a_named_candidate_is_taken_whether_or_not_it_passes(cohort):
    found = facts_of(cohort, [candidate("g1", rank=1), candidate(rank=9, q=0.5)], candidate="rna:g0")
    assert (found.facts["situation"], found.facts["label"]) == ("marker", "g0")


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"candidate": "rna:none"}, "trial.candidate is 'rna:none'"),
        ({"endpoint": "cure"}, "trial.endpoint is 'cure'; the endpoints are"),
    ],
)
def test_what_is_not_there_is_refused_by_name(cohort, choice, words):
    with pytest.raises(DataError, match=words):
        facts_of(cohort, **choice)


def test_effects_that_the_study_file_names_make_a_marker_of_their_own(cohort):
    given = {"low": None, "high": None, "source": "literature", "note": "a published study"}
    named = {"effect_positive": 0.9, "effect_negative": 0.0, "prevalence": 0.25}
    assumed = ASSUMED | {name: {"value": value, **given} for name, value in named.items()}
    found = facts_of(cohort, [candidate(q=0.9)], assumed=assumed)
    assert found.facts["situation"] == "marker"
    assert values(found, "effect_positive") == {"raw": 0.9}
    assert {row["source"] for row in found.quantities if row["quantity"] in named} == {"literature"}


def test_effects_of_arms_that_were_not_randomised_carry_the_caution(cohort):
    assert "not randomised" in facts_of(cohort, randomised=False).facts["reason"]


def test_of_survival_the_hazard_is_events_over_time_and_a_median_becomes_one(cohort, study):
    rows = [
        effect(p, e, measure="log hazard ratio", endpoint="pfs") for p, e in (("positive", -0.9), ("negative", 0.1))
    ]
    cut = [{**CUTOFF, "endpoint": "pfs"}]
    found = facts_of(cohort, [candidate(endpoint="pfs")], rows, cut)
    pfs = study.endpoints["pfs"]
    placebo = (np.array(study.arms, dtype=object) == "placebo") & ~np.isnan(pfs["values"])
    assert_allclose(values(found, "control")[None], np.nansum(pfs["event"][placebo]) / pfs["values"][placebo].sum())
    assert found.facts["better"] == "lower"
    median = {"value": 9.0, "low": 6.0, "high": 12.0, "source": "literature", "note": ""}
    (row,) = [
        row
        for row in facts_of(
            cohort, [candidate(endpoint="pfs")], rows, cut, assumed=ASSUMED | {"control": median}
        ).quantities
        if row["quantity"] == "control"
    ]
    assert_allclose([row["value"], row["low"], row["high"]], np.log(2) / np.array([9.0, 12.0, 6.0]))


def test_a_single_arm_says_what_cannot_be_designed(tmp_path):
    single = make_cohort(make_study(), tmp_path, single_arm=True)
    found = facts_of(single, [candidate(comparison="none", contrast="response")], endpoint="response")
    assert found.facts["situation"] == "single arm"
    assert "no study that compares treatments can be sized" in found.facts["reason"]
