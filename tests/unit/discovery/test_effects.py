"""Effects in marker groups: what is held out stays out, and nothing naive has an interval."""

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.data.tables import CandidateCutoffs, CandidateEffects
from biomarker.discovery.effects import Assay, EffectSettings, candidate_effects, feature_of
from biomarker.discovery.population_effects import WIDENED, Shrinkage
from biomarker.discovery.question import N_FOLDS, questions
from biomarker.discovery.subgroups import cut, held_out
from biomarker.discovery.training_order import Training, training_leaders
from biomarker.stats.group_effects import differences

from .conftest import N, make_cohort, make_study

GROUPS = np.arange(N)
SETTINGS = EffectSettings(leading=2, seed=1, assays={}, permutations=99, subsamples=50)


def row(feature="g0", modality="rna", endpoint="response", contrast="predictive", rank=1, **changes):
    return {
        "candidate_id": f"{modality}:{feature}",
        "modality": modality,
        "kind": "single",
        "endpoint": endpoint,
        "comparison": "drug vs placebo" if contrast == "predictive" else "none",
        "contrast": contrast,
        "rank": rank,
        "rank_overall": rank,
        "leader_id": None,
        "family": "12 exploratory features within endpoint, comparison and contrast",
        "p_value": 0.001 * rank,
        "log10_p": -3.0 + rank / 10,
        "estimate": 2.0,
        "estimate_shrunk": 1.0,
        "shrunk_low": 0.2,
        "shrunk_high": 1.8,
    } | changes


def tables(cohort, *rows, settings=SETTINGS, **options):
    frame = pl.DataFrame(list(rows) or [row()], infer_schema_length=None)
    effects, cutoffs = candidate_effects(cohort, frame, groups=GROUPS, settings=settings, **options)
    return CandidateEffects.validate(effects), CandidateCutoffs.validate(cutoffs)


ASKED = [
    pytest.param(contrast, endpoint, id=f"{contrast}-{endpoint}")
    for contrast in ("predictive", "prognostic")
    for endpoint in ("response", "size", "pfs")
]


@pytest.mark.parametrize(("contrast", "endpoint"), ASKED)
def test_raw_numbers_in_groups_have_no_interval_and_the_others_do(cohort, contrast, endpoint):
    effects, cutoffs = tables(cohort, row(contrast=contrast, endpoint=endpoint))
    assert cutoffs.height == 1
    assert set(effects["basis"]) == {"raw", "shrunk", "heldout"}
    chosen = (pl.col("population") != "all") | ((contrast == "prognostic") & pl.col("arm").is_null())
    raw = effects.filter(pl.col("basis") == "raw")
    assert raw.filter(chosen)["ci_low"].null_count() == raw.filter(chosen).height > 0
    for rows in (raw.filter(~chosen), effects.filter(pl.col("basis") != "raw")):
        rows = rows.drop_nulls("estimate")
        assert rows.height > 0
        assert rows["ci_low"].null_count() == 0
        assert (rows["ci_low"] <= rows["estimate"]).all()


def test_raw_numbers_are_those_of_the_groups_of_the_cut_off(cohort, study):
    effects, cutoffs = tables(cohort)
    rna = study.modalities["rna"]
    x = np.full(N, np.nan)
    for subject, value in zip(rna.ids, rna.values[:, 0], strict=True):
        x[study.ids.index(subject)] = value
    y, arms = study.endpoints["response"]["values"], np.array(study.arms, dtype=object)
    known = ~np.isnan(x) & ~np.isnan(y) & np.isin(arms, ["drug", "placebo"])
    known &= np.array([site is not None for site in study.site])  # the site has no level for missing
    cutoff = cutoffs.row(0, named=True)
    positive = known & ((x > cutoff["cutoff"]) == (cutoff["positive"] == "above"))
    assert cutoff["prevalence"] == positive.sum() / known.sum()
    assert cutoff["n"] == known.sum()
    for name, group in (("positive", positive), ("negative", known & ~positive)):
        one = effects.filter(population=name, basis="raw", measure="risk difference").row(0, named=True)
        expected = y[group & (arms == "drug")].mean() - y[group & (arms == "placebo")].mean()
        assert_allclose(one["estimate"], expected)
        assert one["n"] == group.sum()


def test_positive_is_the_side_that_benefits_more(cohort):
    effects, _ = tables(cohort)
    found = effects.filter(basis="raw", measure="risk difference")
    sides = dict(found.select("population", "estimate").iter_rows())
    assert sides["positive"] > sides["all"] > sides["negative"]


def test_a_held_out_subject_changes_no_label_of_others_in_its_fold_and_no_training(tmp_path, study):
    """Poison: absurd features of one subject leave every other subject of the fold as it was."""
    cohort = make_cohort(study, tmp_path)
    question = next(q for q in questions(cohort, ["predictive"], GROUPS, seed=1) if q.endpoint.name == "response")
    rna = study.modalities["rna"]
    victim = next(i for i in np.flatnonzero(question.fold == 0) if study.ids[i] in rna.ids)
    changed = make_study()
    changed.modalities["rna"].values[changed.modalities["rna"].ids.index(study.ids[victim])] = 9e30
    (tmp_path / "b").mkdir()
    poisoned = make_cohort(changed, tmp_path / "b")
    outside = question.fold != 0
    scores = question.scores(question.rows & outside)
    training = [Training(scores, question.analysis.used & outside)]
    leaders = [training_leaders(c, training, count=8) for c in (cohort, poisoned)]
    assert leaders[0] == leaders[1]
    assert len(leaders[0][0]) == 8
    values = [feature_of(c, {"candidate_id": leaders[0][0][0]}, question.analysis.used & outside).values
              for c in (cohort, poisoned)]  # fmt: skip
    labels = [held_out(question, [v, None, None]) for v in values]
    others = np.arange(N) != victim
    assert labels[0].known.any()
    for name in ("known", "positive"):
        assert_array_equal(getattr(labels[0], name)[others], getattr(labels[1], name)[others])


def test_outcomes_of_a_fold_do_not_decide_its_own_labels(cohort):
    question = next(q for q in questions(cohort, ["predictive"], GROUPS, seed=1) if q.endpoint.name == "size")
    values = feature_of(cohort, {"candidate_id": "rna:g0"}, question.analysis.used).values
    before = held_out(question, [values, None, None])
    question.endpoint.values[question.fold == 0] *= -5.0
    try:
        assert_array_equal(held_out(question, [values, None, None]).positive, before.positive)
    finally:
        question.endpoint.values[question.fold == 0] /= -5.0


def test_training_leaders_are_those_of_a_plain_loop(cohort):
    question = next(q for q in questions(cohort, ["predictive"], GROUPS, seed=1) if q.endpoint.name == "size")
    scores = question.scores(question.rows & (question.fold != 1))
    (order,) = training_leaders(cohort, [Training(scores, question.analysis.used)], count=50)
    by_hand = {}
    for modality, matrix in cohort.matrices.items():
        for j, name in enumerate(matrix.feature_ids):
            x = np.full(N, np.nan)
            x[cohort.rows_of(matrix)] = matrix.values[:, j]
            both = ~np.isnan(x) & ~np.isnan(scores)
            if both.sum() < 10 or np.ptp(x[both]) == 0:
                continue
            xc, sc = x[both] - x[both].mean(), scores[both] - scores[both].mean()
            by_hand[f"{modality}:{name}"] = abs((xc * sc).sum()) / np.sqrt((xc**2 * sc**2).sum())
    assert order == sorted(by_hand, key=lambda name: -by_hand[name])


def test_a_marker_named_beforehand_is_itself_in_every_fold_and_the_explored_change_places(cohort):
    named = row("ldh", "labs", family="1 prespecified features within endpoint, comparison and contrast")
    effects, _ = tables(cohort, named)
    question = next(q for q in questions(cohort, ["predictive"], GROUPS, seed=1) if q.endpoint.name == "response")
    values = feature_of(cohort, named, question.analysis.used).values
    labels = held_out(question, [values] * N_FOLDS)
    positive = labels.known & labels.positive
    (oracle, _) = differences(
        "binary", question.endpoint.values[positive], None, question.analysis.treatment[positive] == 1
    )
    got = effects.filter(basis="heldout", population="positive", measure="risk difference").row(0, named=True)
    assert_allclose(got["estimate"], oracle.estimate)
    assert_allclose(got["std_error"], WIDENED * oracle.std_error)
    explored, _ = tables(cohort, row("ldh", "labs"))
    assert not explored.filter(basis="heldout").equals(effects.filter(basis="heldout"))


def test_shrinking_moves_the_groups_towards_each_other_and_leaves_their_weighted_mean(cohort):
    full, _ = tables(cohort, row(estimate_shrunk=2.0))
    half, _ = tables(cohort, row())
    none, _ = tables(cohort, row(estimate_shrunk=0.0))
    for measure in ("risk difference", "log odds ratio"):
        e = [
            [t.filter(basis="shrunk", population=p, measure=measure)["estimate"][0] for p in ("positive", "negative")]
            for t in (full, half, none)
        ]
        assert_allclose(e[1][0] - e[1][1], (e[0][0] - e[0][1]) / 2)
        assert_allclose(e[2][0], e[2][1])
        assert min(e[0]) <= e[2][0] <= max(e[0])


def test_shrinkage_is_in_standard_errors_of_the_raw_estimate():
    given = {
        "estimate": 2.0,
        "estimate_shrunk": 1.0,
        "shrunk_low": 0.0,
        "shrunk_high": 2.0,
        "p_value": 0.0455002638963584,
    }
    found = Shrinkage.of(given)
    assert_allclose([found.factor, found.spread], [0.5, 2 / (2 * 1.959963985)], rtol=1e-6)
    assert Shrinkage.of(given | {"estimate_shrunk": None}) is None


def test_only_leaders_of_groups_up_to_the_rank_asked_for_are_worked_out(cohort):
    rows = [row("g0"), row("g9", rank=2, leader_id="rna:g0"), row("g10", rank=3), row("g1", endpoint="pfs")]
    _, cutoffs = tables(cohort, *rows)
    assert set(cutoffs.select("candidate_id", "endpoint").iter_rows()) == {("rna:g0", "response"), ("rna:g1", "pfs")}
    effects, none = tables(cohort, *rows, settings=EffectSettings(leading=0, seed=1, assays={}))
    assert effects.height == none.height == 0


def test_what_does_not_vary_or_is_hardly_known_gets_no_cut_off(cohort):
    _, cutoffs = tables(cohort, row("g2"), row("g3", rank=2))
    assert cutoffs.height == 0


def test_a_single_arm_study_has_levels_and_differences_between_marker_groups(tmp_path, study):
    single = make_cohort(study, tmp_path, single_arm=True)
    effects, _ = tables(single, row(contrast="response"))
    assert set(effects["arm"].drop_nulls()) == {"all"}
    assert effects.filter(basis="heldout", population="all", measure="risk difference").height == 1


def test_the_assay_is_what_the_study_file_says_else_assumed_to_be_right(cohort):
    stated = EffectSettings(leading=1, seed=1, assays={"rna": Assay(0.9, 0.8, "literature")}, permutations=9)
    for settings, expected in ((SETTINGS, (1.0, 1.0, "assumed")), (stated, (0.9, 0.8, "literature"))):
        _, cutoffs = tables(cohort, settings=settings)
        assert cutoffs.select("assay_sensitivity", "assay_specificity", "source").row(0) == expected


def test_the_same_seed_gives_the_same_bytes_and_groups_share_a_fold(cohort):
    first, again = tables(cohort), tables(cohort)
    assert first[0].equals(again[0])
    assert first[1].equals(again[1])
    sites = np.arange(N) // 10
    for question in questions(cohort, ["predictive", "prognostic"], sites, seed=1):
        inside = question.fold >= 0
        assert set(question.fold[inside]) == set(range(N_FOLDS))
        assert all(np.unique(question.fold[inside & (sites == s)]).size <= 1 for s in np.unique(sites))


def test_a_marker_is_cut_by_scores_of_the_subjects_that_have_it(cohort):
    question = next(q for q in questions(cohort, ["prognostic"], GROUPS, seed=1) if q.endpoint.name == "pfs")
    values = feature_of(cohort, {"candidate_id": "rna:g7"}, question.analysis.used).values
    found = cut(question, values, question.rows)
    hidden = np.where(question.rows, values, np.nan)
    assert cut(question, hidden, np.ones(N, bool) & question.rows) == found
