"""Half-samples: who is in them, what is selected against a search written out, and what a candidate's row says."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from biomarker.data.stability_tables import StabilityFeatures, StabilityLists
from biomarker.discovery.analysis import analyses, strata_of
from biomarker.discovery.looks import with_stability
from biomarker.discovery.method import Outcome
from biomarker.discovery.screen import screen_modality
from biomarker.discovery.stability import StabilitySettings, halves, stability
from biomarker.discovery.subject_scores import subject_scores

from .conftest import make_cohort, make_settings, make_study

SETTINGS = StabilitySettings(pairs=6, first=3, seed=11)
COLUMNS = ["modality", "feature_id", "endpoint", "comparison", "contrast", "status"]


def screens(cohort):
    made = [
        screen_modality(cohort, modality, contrast, settings=make_settings())[0].select(COLUMNS)
        for contrast in ("prognostic", "predictive")
        for modality in cohort.matrices
    ]
    return pl.concat(made)


@pytest.fixture(scope="module")
def found(cohort):
    tested = screens(cohort)
    features, lists = stability(cohort, tested, settings=SETTINGS)
    return tested, StabilityFeatures.validate(features), StabilityLists.validate(lists)


def test_halves_are_complementary_and_hold_half_of_each_stratum():
    strata = np.repeat([0, 1, 2], [50, 31, 8])
    drawn = halves(strata, pairs=5, seed=3)
    assert (drawn[::2] ^ drawn[1::2]).all()
    for stratum, size in ((0, 50), (1, 31), (2, 8)):
        inside = drawn[:, strata == stratum].sum(axis=1)
        assert (np.abs(inside - size / 2) <= 1).all()
    assert (np.abs(drawn.sum(axis=1) - 89 / 2) < 1).all()
    assert not (drawn[0] == drawn[2]).all()


@pytest.mark.parametrize("endpoint", ["response", "size", "pfs"])
@pytest.mark.parametrize("contrast", ["prognostic", "predictive"])
def test_selected_is_what_a_search_feature_by_feature_finds_first(cohort, found, endpoint, contrast):
    tested, features, lists = found
    (analysis,) = analyses(cohort, contrast)
    outcome = next(e for e in cohort.endpoints if e.name == endpoint)
    own = tested.filter(endpoint=endpoint, contrast=contrast, status="ok")
    names = (own["modality"] + ":" + own["feature_id"]).to_list()
    row = lists.filter(endpoint=endpoint, contrast=contrast).row(0, named=True)
    assert row["first"] == 1, "a tenth of the few features of this study"
    counts = dict.fromkeys(names, 0)
    drawn = halves(strata_of(cohort, (), arms=True), pairs=SETTINGS.pairs, seed=SETTINGS.seed)
    for half in drawn:
        rows = analysis.used & outcome.known & half
        arm = None if analysis.treatment is None else analysis.treatment[rows]
        scores = np.full(cohort.n_subjects, np.nan)
        own_scores = subject_scores(
            Outcome.of(outcome).at(rows), analysis.covariates[rows], arm, good_sign=outcome.good_sign
        )
        scores[rows] = own_scores - own_scores.mean()
        best, leader = 0.0, None
        for modality, matrix in cohort.matrices.items():
            place = cohort.rows_of(matrix)
            for j, name in enumerate(matrix.feature_ids):
                if f"{modality}:{name}" not in counts:
                    continue
                x, s = matrix.values[:, j].astype(float), scores[place]
                use = ~np.isnan(x) & ~np.isnan(s)
                d = x[use] - x[use].mean()
                variance = s[use].var() if arm is None else s[use] ** 2
                lower = np.sqrt((d**2 * variance).sum())
                statistic = abs(d @ s[use]) / lower if use.sum() >= 10 and lower > 0 else 0.0
                if statistic > best:
                    best, leader = statistic, f"{modality}:{name}"
        counts[leader] += 1
    got = dict(features.filter(endpoint=endpoint, contrast=contrast).select("candidate_id", "stability").iter_rows())
    assert row["n_halves"] == len(drawn)
    assert got == pytest.approx({name: n / len(drawn) for name, n in counts.items() if n})


def test_the_order_of_the_screens_rows_changes_nothing(cohort, found):
    tested, *one = found
    again = stability(cohort, tested.sample(fraction=1.0, shuffle=True, seed=1), settings=SETTINGS)
    for first, second in zip(one, again, strict=True):
        key = [name for name in first.columns if name in ("candidate_id", "endpoint", "comparison", "contrast")]
        assert first.sort(key).equals(second.cast(first.schema).sort(key))


def test_a_planted_feature_is_found_again_and_the_rest_is_not(tmp_path):
    study = make_study()
    draw = np.random.default_rng(4)
    study.endpoints["size"]["values"] = 3 * draw.standard_normal(120)
    rna = study.modalities["rna"]
    place = {name: i for i, name in enumerate(study.ids)}
    y = study.endpoints["size"]["values"][[place[name] for name in rna.ids]]
    rna.values[:, 0] = y + draw.standard_normal(len(y))
    cohort = make_cohort(study, tmp_path)
    features, lists = stability(cohort, screens(cohort), settings=replace(SETTINGS, pairs=20))
    own = features.filter(endpoint="size", contrast="prognostic")
    assert dict(own.select("candidate_id", "stability").iter_rows()) == {"rna:g0": 1.0}
    assert lists.filter(endpoint="size", contrast="prognostic")["index"].item() == pytest.approx(1.0)


def test_a_long_tailed_marker_known_of_two_thirds_is_selected_as_often_as_its_p_value_lets_expect(tmp_path):
    """Its few subjects far out carry the effect: their scores' squares are no measure of chance."""
    study, draw = make_study(), np.random.default_rng(8)
    rna = study.modalities["rna"]
    tail = draw.lognormal(0.0, 1.0, len(rna.ids))
    place = {name: i for i, name in enumerate(study.ids)}
    y = draw.standard_normal(len(study.ids))
    y[[place[name] for name in rna.ids]] += 0.5 * tail
    study.endpoints["size"]["values"] = y
    rna.values[:, 0] = np.where(draw.random(len(tail)) < 2 / 3, tail, np.nan)
    cohort = make_cohort(study, tmp_path)
    features, _ = stability(cohort, screens(cohort), settings=replace(SETTINGS, pairs=20))
    own = features.filter(endpoint="size", contrast="prognostic", candidate_id="rna:g0")
    assert own["stability"].item() > 0.9


def test_a_candidate_that_no_half_selects_has_0_and_one_of_a_list_without_halves_null(found):
    _, features, lists = found
    rows = pl.DataFrame(
        {
            "candidate_id": ["rna:g0", "rna:nobody", "rna:g0"],
            "endpoint": ["size", "size", "elsewhere"],
            "comparison": "none",
            "contrast": pl.Series(["prognostic"] * 3, dtype=features.schema["contrast"]),
        }
    )
    got = with_stability(rows, features, lists)["stability"].to_list()
    assert got[0] > 0
    assert got[1:] == [0.0, None]


def test_without_half_samples_every_list_says_so(cohort):
    features, lists = stability(cohort, screens(cohort), settings=replace(SETTINGS, pairs=0))
    assert features.is_empty()
    assert set(lists["reason"]) == {"no half-samples were asked for"}
    assert_allclose(lists["n_halves"], 0)
