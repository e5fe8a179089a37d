"""Candidates tried again: against the fit written out, what is refused and why, and that nobody confirms himself."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose
from scipy import stats as scipy_stats

from biomarker.data.matrix import FeatureMatrix
from biomarker.data.replication_tables import Replication
from biomarker.data.tables import CandidateEffects
from biomarker.discovery.analysis import analyses
from biomarker.discovery.leaders import varying
from biomarker.discovery.looks import with_replication
from biomarker.discovery.method import Limits
from biomarker.discovery.rank import RankSettings, all_candidates, kept_rows
from biomarker.discovery.replication import _refuse_shared, frozen_rules, replicate, scores_in, tried
from biomarker.discovery.replication_effects import replication_effects
from biomarker.discovery.score import ScoreSettings, with_tiers
from biomarker.discovery.screen import screen_modality
from biomarker.errors import LeakageError
from biomarker.stats.multiplicity import holm

from .conftest import make_cohort, make_settings, make_study

LIMITS = Limits(min_group=4, min_events=4)


@pytest.fixture(scope="module")
def rows(cohort):
    screens = [
        screen_modality(cohort, modality, contrast, settings=make_settings())[0]
        for modality in cohort.matrices
        for contrast in ("prognostic", "predictive")
    ]
    kept = kept_rows(screens, cohort.endpoints, RankSettings(q=0.05, keep=5))
    return all_candidates(kept, cohort.endpoints, provenance_id="id")


@pytest.fixture(scope="module")
def frozen(cohort, rows):
    groups = np.arange(cohort.n_subjects, dtype=np.int64)
    return frozen_rules(cohort, tried(rows, 0.2), groups, seed=1, formulas={})


def again(folder, seed=6, **changes):
    study = make_study(seed=seed)
    for name, value in changes.items():
        setattr(study.modalities["rna"], name, value)
    folder.mkdir(exist_ok=True)
    return make_cohort(study, folder)


def found(cohort, frozen, further):
    return Replication.validate(replicate(cohort, frozen, {"second": further}, limits=LIMITS))


def test_those_called_are_tried_else_the_first_of_a_list(rows):
    chosen = tried(rows, 0.05)
    called = rows.filter(pl.col("q_value") <= 0.05)
    lists = rows.select("endpoint", "comparison", "contrast").n_unique()
    with_called = called.select("endpoint", "comparison", "contrast").n_unique()
    assert chosen.height == called.height + lists - with_called


def test_the_numbers_are_those_of_the_cohorts_own_fit(cohort, frozen, tmp_path):
    further = again(tmp_path / "b")
    got = found(cohort, frozen, further)
    assert set(got["status"]) == {"ok"}
    (analysis,) = analyses(further, "prognostic")
    row = got.filter(endpoint="size", contrast="prognostic", candidate_id="rna:g0").row(0, named=True)
    matrix = further.matrices["rna"]
    x = np.full(further.n_subjects, np.nan)
    x[further.rows_of(matrix)] = matrix.values[:, 0]
    y = further.endpoints[1].values
    use = analysis.used & ~np.isnan(x) & ~np.isnan(y)
    design = np.column_stack([np.ones(use.sum()), varying(analysis.covariates[use], None), x[use]])
    coefficients, *_ = np.linalg.lstsq(design, y[use], rcond=None)
    residual = y[use] - design @ coefficients
    dof = use.sum() - design.shape[1]
    error = np.sqrt(residual @ residual / dof * np.linalg.inv(design.T @ design)[-1, -1])
    assert_allclose(row["estimate"], coefficients[-1], rtol=1e-6)
    assert_allclose(row["ci_high"], coefficients[-1] + scipy_stats.t.ppf(0.975, dof) * error, rtol=1e-6)
    one = next(f for f in frozen if f.row["candidate_id"] == "rna:g0" and f.row["endpoint"] == "size")
    assert np.sign(one.row["estimate"]) == np.sign(coefficients[-1])
    screened, _ = screen_modality(further, "rna", "prognostic", settings=make_settings(moderated="never"))
    own = screened.filter(endpoint="size", feature_id="g0").row(0, named=True)
    assert_allclose(row["p_value"], own["p_value"] / 2, rtol=1e-6)
    assert row["p_value"] >= 0.99 * scipy_stats.t.sf(abs(coefficients[-1] / error), dof)
    assert row["n"] == use.sum()
    assert row["held"]
    assert row["same_direction"]


def test_effects_in_the_groups_are_those_of_the_further_cohorts_subjects_by_the_frozen_cutoff(cohort, frozen, tmp_path):
    further = again(tmp_path / "b")
    got = CandidateEffects.validate(
        replication_effects(frozen, {"second": further}, found(cohort, frozen, further), seed=1)
    )
    assert set(got["basis"]) == {"replication"}
    assert set(got["cohort"]) == {"second"}
    one = next(f for f in frozen if f.row["contrast"] == "predictive" and f.row["endpoint"] == "size" and f.cut)
    key = {name: one.row[name] for name in ("candidate_id", "endpoint", "comparison", "contrast")}
    (analysis,) = analyses(further, "predictive")
    scores, y = scores_in(further, one.rule), further.endpoints[1].values
    known = analysis.used & ~np.isnan(scores) & ~np.isnan(y)
    positive = (scores > one.rule.cutoff) if one.rule.above else (scores <= one.rule.cutoff)
    for population, rows in (("positive", known & positive), ("negative", known & ~positive)):
        row = got.filter(**key, population=population, measure="mean difference").row(0, named=True)
        treated, control = (y[rows & (analysis.treatment == arm)] for arm in (1, 0))
        assert row["n"] == rows.sum()
        assert_allclose(row["estimate"], treated.mean() - control.mean())
        assert row["ci_low"] < row["estimate"] < row["ci_high"]
    everybody = got.filter(**key, population="all", measure="mean difference").row(0, named=True)
    assert everybody["n"] == (analysis.used & ~np.isnan(y)).sum()
    refused = found(cohort, frozen, again(tmp_path / "b", scale="log2")).with_columns(status=pl.lit("refused"))
    assert replication_effects(frozen, {"second": further}, refused, seed=1).is_empty()


def test_the_opposite_direction_has_a_p_value_near_1_and_holm_is_over_those_tried(cohort, frozen, tmp_path):
    further = again(tmp_path / "b")
    turned = [replace(one, row={**one.row, "estimate": -one.row["estimate"]}) for one in frozen]
    straight, other = found(cohort, frozen, further), found(cohort, turned, further)
    assert_allclose(straight["p_value"].to_numpy() + other["p_value"].to_numpy(), 1.0)
    assert not (straight["same_direction"] & other["same_direction"]).any()
    for _, part in straight.group_by(["endpoint", "comparison", "contrast"]):
        assert_allclose(part["p_holm"], holm(part["p_value"].to_numpy()))
        assert (part["held"] == (part["p_holm"] <= 0.05)).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scale": "log2"}, "rna is on the scale log2, expected log2_tpm"),
        ({"names": [f"h{j}" for j in range(12)]}, "rna lacks 1 of 1 features needed: g"),
    ],
)
def test_another_scale_or_a_missing_feature_is_refused_with_its_reason(cohort, frozen, tmp_path, change, words):
    got = found(cohort, frozen, again(tmp_path / "b", **change))
    own = got.filter(pl.col("candidate_id").str.starts_with("rna:"))
    assert own.height
    assert set(own["status"]) == {"refused"}
    assert all(words in reason for reason in own["reason"])
    assert own["p_value"].null_count() == own.height


def test_another_unit_endpoint_arm_or_modality_is_refused_with_its_reason(cohort, frozen, tmp_path):
    further = again(tmp_path / "b")
    rna = further.matrices["rna"]
    other_unit = FeatureMatrix.write(
        tmp_path / "other.parquet", [rna.values], features=rna.features.with_columns(unit=pl.lit("mg/L")),
        subject_ids=rna.subject_ids, scale=rna.scale,
    )  # fmt: skip
    cases = {
        "is in mg/L, expected no unit": replace(further, matrices={**further.matrices, "rna": other_unit}),
        "no modality rna": replace(further, matrices={}),
        "no endpoint size": replace(further, endpoints=further.endpoints[:1]),
        "the cohort has no arms": replace(further, treatment=None),
        "better of the endpoint response is non_event, expected event": replace(
            further, endpoints=(replace(further.endpoints[0], better="non_event"), *further.endpoints[1:])
        ),
    }
    for words, case in cases.items():
        got = found(cohort, frozen, case)
        assert any(words in (reason or "") for reason in got["reason"]), (words, got["reason"].to_list())


def test_a_subject_of_the_discovery_cannot_confirm_it(cohort, frozen, tmp_path):
    with pytest.raises(LeakageError, match="subjects of second are those of the discovery cohort"):
        found(cohort, frozen, again(tmp_path / "b", seed=5))


def test_a_later_data_cut_of_the_same_subjects_is_known_by_their_markers(cohort, frozen, tmp_path):
    further = again(tmp_path / "b", seed=5)
    later = replace(
        further,
        endpoints=tuple(e if e.type == "binary" else replace(e, values=e.values + 1) for e in further.endpoints),
    )
    with pytest.raises(LeakageError, match="same identifiers, same values"):
        found(cohort, frozen, later)


def test_a_count_that_is_nought_in_most_subjects_makes_others_of_the_same_name_no_double(cohort, tmp_path):
    others, at = again(tmp_path / "c", seed=6), np.arange(cohort.n_subjects)
    here = np.where(at % 2 == 0, 0.0, at)
    there = np.where((at % 2 == 0) | (at % 5 == 0), here, 1000.0 + at)  # of the rare values some coincide
    assert (here == there).mean() > 0.5
    assert np.unique(here[here == there]).size > 8
    _refuse_shared(cohort, others, here, there, "second")
    with pytest.raises(LeakageError, match=f"{at.size} subjects of second"):
        _refuse_shared(cohort, others, here, here, "second")


def test_of_a_yes_or_no_marker_outcomes_tell_the_same_subjects_from_others_of_the_same_name(cohort, tmp_path):
    carriers = (np.arange(cohort.n_subjects) % 4 == 0).astype(float)
    with pytest.raises(LeakageError, match="same identifiers, same values"):
        _refuse_shared(cohort, again(tmp_path / "b", seed=5), carriers, carriers, "second")
    others = again(tmp_path / "c", seed=6)
    assert set(others.subject_ids) == set(cohort.subject_ids)
    _refuse_shared(cohort, others, carriers, carriers, "second")  # whose names coincide, and half of whose markers


def test_one_subject_has_the_score_that_the_frozen_rule_gives_alone(cohort, frozen):
    for one in frozen:
        scores = scores_in(cohort, one.rule)
        matrix = cohort.matrices[one.rule.parts[0].modality]
        j = matrix.feature_ids.index(one.rule.parts[0].needed[0])
        for place, row in list(enumerate(cohort.rows_of(matrix)))[::17]:
            assert_allclose(one.rule.score([matrix.values[place, j : j + 1]]), scores[row], equal_nan=True)


def test_the_score_gets_the_share_of_cohorts_and_tier_A_needs_one(cohort, frozen, rows, tmp_path):
    got = found(cohort, frozen, again(tmp_path / "b"))
    joined = with_replication(rows, got)
    names = ["candidate_id", "endpoint", "comparison", "contrast"]
    by_key = {tuple(str(row[name]) for name in names): row["held"] for row in got.iter_rows(named=True)}
    for row in joined.iter_rows(named=True):
        key = (row["candidate_id"], row["endpoint"], row["comparison"], str(row["contrast"]))
        assert row["replication"] == (None if key not in by_key else float(by_key[key]))
    base = pl.DataFrame({"q_value": [0.01] * 3, "p_conditional": pl.Series([None] * 3, dtype=pl.Float64)}).with_columns(
        leader_id=pl.lit("a"), candidate_id=pl.lit("a"), score=pl.lit(0.9)
    )
    tiers = lambda table: with_tiers(table, q=0.05, settings=ScoreSettings())["tier"].to_list()  # noqa: E731
    assert tiers(base) == ["A"] * 3
    assert tiers(base.with_columns(replication=pl.Series([1.0, 0.0, None]))) == ["A", "B", "B"]
