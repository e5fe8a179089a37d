"""The score, its parts, tiers, and who stands behind whom."""

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from biomarker.discovery.groups import gathered, leaders_of
from biomarker.discovery.score import PARTS, WEIGHTS, ScoreSettings, score_table, with_caps, with_score, with_tiers

BASE = {
    "candidate_id": "rna:g0",
    "endpoint": "size",
    "comparison": "none",
    "contrast": "prognostic",
    "modality": "rna",
    "log10_p": -6.0,
    "n_searched": 5000,
    "estimate": 4.0,
    "estimate_shrunk": 2.0,
    "std_error": 0.5,
    "effect_scale": "difference per unit",
    "feature_sd": 1.0,
    "n_with": None,
    "n": 100,
    "stability": None,
    "p_conditional": None,
    "q_conditional": None,
    "q_value": 0.01,
    "leader_id": "rna:g0",
}


def scored(*changes, weights=WEIGHTS):
    rows = [BASE | {"candidate_id": f"rna:g{k}", "leader_id": f"rna:g{k}"} | change for k, change in enumerate(changes)]
    frame = pl.DataFrame(rows, infer_schema_length=None, schema_overrides={"n_with": pl.Int64, "stability": pl.Float64,
                         "p_conditional": pl.Float64, "q_conditional": pl.Float64})  # fmt: skip
    return with_score(frame, q=0.05, weights=weights)


def test_the_parts_are_those_of_the_formulas():
    got = scored({}, {"n": 50, "stability": 0.9, "q_conditional": 0.2, "replication": 0.5}).row(1, named=True)
    assert_allclose(got["part_certainty"], 6 / (6 + np.log10(5000 / 0.05)))
    # two standard deviations of the feature change the outcome by 4; a residual standard deviation is 0.5 * sqrt(50)
    assert_allclose(got["part_effect"], 4 / (4 + 0.5 * 0.5 * np.sqrt(50)))
    assert (got["part_stability"], got["part_replication"]) == (0.9, 0.5)
    assert_allclose(got["part_conditional"], 0.8)
    assert got["part_assayability"] == 0.5


def test_a_ratio_of_two_and_the_bonferroni_level_are_half_way():
    got = scored({"effect_scale": "log odds ratio per unit", "n_with": 20, "estimate_shrunk": -np.log(2),
                  "log10_p": np.log10(0.05 / 5000)}).row(0, named=True)  # fmt: skip
    assert_allclose([got["part_effect"], got["part_certainty"]], 0.5)


def test_a_part_that_is_not_known_has_no_weight():
    got = scored({}).row(0, named=True)
    known = {name: got[f"part_{name}"] for name in ("certainty", "effect", "assayability")}
    expected = sum(WEIGHTS[n] * v for n, v in known.items()) / sum(WEIGHTS[n] for n in known)
    assert_allclose(got["score"], expected)
    table = score_table(scored({}), WEIGHTS)
    assert dict(table.select("part", "value").iter_rows()) == pytest.approx(known)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"log10_p": -8.0}, {}),
        ({"estimate_shrunk": 3.0}, {}),
        ({"estimate_shrunk": -3.0}, {}),
        ({"stability": 0.9}, {"stability": 0.3}),
        ({"q_conditional": 0.01}, {"q_conditional": 0.9}),
        ({"n": 100}, {"n": 60}),
        ({"detection_rate": 0.9}, {"detection_rate": 0.2}),
        ({"replication": 1.0}, {"replication": 0.0}),
    ],
)
def test_more_of_a_part_is_a_higher_score(better, worse):
    first, second = scored(better, worse)["score"]
    assert first > second
    assert 0 <= second < first <= 1


def test_a_feature_that_was_not_good_enough_to_be_tried_beside_others_gains_nothing_by_that():
    tried, untried = scored({"q_conditional": 0.2}, {})["part_conditional"]
    assert (tried, untried) == pytest.approx((0.8, 0.0))
    assert scored({}, {})["part_conditional"].to_list() == [None, None]


def test_tiers_follow_the_thresholds():
    cases = [
        ({}, "A"),
        ({"leader_id": "rna:other"}, "B"),
        ({"p_conditional": 0.5}, "B"),
        ({"q_value": 0.1}, "B"),
        ({"q_value": 0.1, "log10_p": -1.0, "estimate_shrunk": 0.0}, "C"),
        ({"q_value": 0.01, "log10_p": -1.0, "estimate_shrunk": 0.0}, "B"),
        ({"q_value": 0.3}, "C"),
        ({"q_value": None}, "C"),
    ]
    rows = scored(*(change for change, _ in cases))
    got = with_tiers(rows, q=0.05, settings=ScoreSettings(tier_a=0.5, tier_b=0.4, tier_b_q=0.2))
    assert got["tier"].to_list() == [tier for _, tier in cases]


def test_the_quality_of_the_data_caps_a_tier_and_never_lifts_one():
    rows = scored({}, {"modality": "labs"}, {"endpoint": "pfs"}).with_columns(
        tier=pl.Series(["A", "A", "C"]), features=pl.Series([["rna:G1"], ["labs:ldh"], ["rna:G1"]])
    )
    caps = pl.DataFrame({"modality": ["rna", "labs"], "endpoint": ["size", None], "tier_cap": ["C", "B"]})
    assert with_caps(rows, caps)["tier"].to_list() == ["C", "B", "C"]
    assert with_caps(rows, None)["tier"].to_list() == ["A", "A", "C"]


def test_a_formula_is_capped_by_each_of_its_parts():
    rows = scored({"modality": "labs"}, {"modality": "labs"}).with_columns(
        tier=pl.Series(["A", "A"]), features=pl.Series([["labs:ldh", "rna:G1"], ["labs:ldh", "labs:rna"]])
    )
    caps = pl.DataFrame({"modality": ["rna"], "endpoint": ["size"], "tier_cap": ["C"]})
    assert with_caps(rows, caps)["tier"].to_list() == ["C", "A"]


def test_every_part_has_a_weight_and_together_they_are_one():
    assert set(PARTS) == set(WEIGHTS)
    assert_allclose(sum(WEIGHTS.values()), 1.0)


# --- groups -----------------------------------------------------------------------------------------------------------


def test_a_stand_in_stands_behind_the_best_that_it_goes_with():
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 200))
    values = {"a": a, "b": b, "a2": -a + 0.3 * rng.standard_normal(200), "b2": b + 0.5 * rng.standard_normal(200),
              "alone": rng.standard_normal(200)}  # fmt: skip
    assert leaders_of(["a", "a2", "b", "alone", "b2"], values, correlation=0.7) == ["a", "a", "b", "alone", "b"]
    assert leaders_of(["a2", "a"], values, correlation=0.7) == ["a2", "a2"]
    assert leaders_of(["a", "a2"], values, correlation=0.99) == ["a", "a2"]
    assert leaders_of(["a", "formula", "a2"], values, correlation=0.7) == ["a", "formula", "a"]


def test_correlations_are_of_the_subjects_that_both_have():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((100, 4)) + rng.standard_normal((100, 1))
    x[rng.random(x.shape) < 0.3] = np.nan
    from biomarker.discovery.groups import _correlations

    found = _correlations(x)
    for i in range(4):
        for j in range(4):
            both = ~np.isnan(x[:, i]) & ~np.isnan(x[:, j])
            assert_allclose(found[i, j], np.corrcoef(x[both, i], x[both, j])[0, 1], atol=1e-12)


def test_values_of_several_modalities_stand_in_one_order_of_subjects(cohort, study):
    values = gathered(cohort.matrices, ["rna:g0", "labs:ldh"])
    ids = sorted(set(study.modalities["rna"].ids) | set(study.modalities["labs"].ids))
    for name in ("rna:g0", "labs:ldh"):
        modality, _, feature = name.partition(":")
        m = study.modalities[modality]
        by_id = dict(zip(m.ids, m.values[:, m.names.index(feature)], strict=True))
        assert_allclose(values[name], [by_id.get(subject, np.nan) for subject in ids])
