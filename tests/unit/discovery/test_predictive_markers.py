"""The doubly robust answers of a whole study: modalities, missing values, families, horizons, observed arms."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from biomarker.data.predictive_tables import PredictiveMarkers, PredictiveQuestions
from biomarker.data.tables import Candidates
from biomarker.discovery.method import Limits
from biomarker.discovery.predictive_calls import with_predictive_calls
from biomarker.discovery.predictive_markers import PredictiveSettings, predictive_markers
from biomarker.features.filters import FilterSettings

from .conftest import make_cohort, make_study

SETTINGS = PredictiveSettings(
    limits=Limits(min_group=4, min_events=4),
    filters=FilterSettings(),
    prespecified=frozenset({"labs:alb"}),
    survival="rmst",
    horizons={"pfs": 6.0},
    conditional=3,
    seed=1,
    flips=99,
)


def answered(cohort, **changes):
    markers, questions = predictive_markers(
        cohort, np.arange(cohort.n_subjects, dtype=np.int64), settings=replace(SETTINGS, **changes)
    )
    return PredictiveMarkers.validate(markers), PredictiveQuestions.validate(questions)


@pytest.fixture(scope="module")
def found(cohort):
    return answered(cohort)


def test_every_feature_and_endpoint_has_a_row_with_a_number_or_a_reason(found, cohort):
    markers, questions = found
    features = sum(matrix.n_features for matrix in cohort.matrices.values())
    assert markers.height == features * len(cohort.endpoints)
    assert questions.height == len(cohort.endpoints)
    bad = markers.filter(pl.col("feature_id").is_in(["g2", "g3"]), pl.col("modality") == "rna")
    assert set(bad["status"]) == {"filtered"}
    assert markers.filter(pl.col("status") == "ok")["p_prognostic"].null_count() == 0


def test_a_markers_slopes_are_those_of_the_subjects_who_have_it(found, cohort):
    markers, _ = found
    row = markers.filter(modality="rna", feature_id="g6", endpoint="size").row(0, named=True)
    matrix = cohort.matrices["rna"]
    rows = cohort.rows_of(matrix)
    has = ~np.isnan(matrix.values[:, list(matrix.feature_ids).index("g6")])
    arms = np.array([arm is not None for arm in cohort.treatment.arms])
    complete = arms & cohort.endpoints[1].known & ~np.isnan(cohort.covariate_columns()[0]).any(axis=1)
    assert row["n"] == (has & complete[rows]).sum()


def test_prespecified_markers_are_a_family_of_their_own_and_always_tested(found):
    markers, _ = found
    own = markers.filter(pl.col("prespecified"))
    assert own.height == 3
    assert own["p_conditional"].null_count() == 0
    assert_allclose(own["q_marginal"].to_numpy(), own["p_marginal"].to_numpy())
    assert_allclose(own["q_conditional"].to_numpy(), own["p_conditional"].to_numpy())


def test_looking_first_is_paid_for_in_the_correction(found):
    """The family of the conditional test is all tested markers, not the few that were chosen by their p-values."""
    markers, _ = found
    rest = markers.filter(~pl.col("prespecified"), pl.col("status") == "ok", pl.col("endpoint") == "size")
    tested = rest.filter(pl.col("p_conditional").is_not_null())
    assert 1 <= tested.height <= 3
    assert tested["p_marginal"].max() <= rest.filter(pl.col("p_conditional").is_null())["p_marginal"].min()
    smallest = tested.sort("p_conditional").row(0, named=True)
    assert smallest["q_conditional"] >= min(1.0, smallest["p_conditional"] * rest.height / tested.height) - 1e-12


def test_horizons_are_those_of_the_study_file_or_of_the_follow_up(cohort):
    stated = answered(cohort, conditional=0)[1].filter(endpoint="pfs").row(0, named=True)
    assert (stated["horizon"], stated["horizon_chosen"]) == (6.0, "study file")
    own = answered(cohort, conditional=0, horizons={})[1].filter(endpoint="pfs").row(0, named=True)
    assert own["horizon_chosen"] == "follow-up"
    late = answered(cohort, conditional=0, horizons={"pfs": 1e6})
    assert late[1].filter(endpoint="pfs")["status"].item() == "too_few"
    assert "under observation at the horizon" in late[0].filter(endpoint="pfs", status="too_few")["reason"][0]


def test_observed_arms_have_an_estimated_propensity_and_an_overlap(cohort):
    observed = replace(cohort, treatment=replace(cohort.treatment, assignment="observational"))
    _, questions = answered(observed, conditional=0)
    row = questions.filter(endpoint="size").row(0, named=True)
    assert row["propensity"] == "estimated"
    assert 0 < row["propensity_lowest"] < row["propensity_highest"] < 1
    assert 0 < row["effective_active"] <= row["n_active"] + 1e-9


def test_candidates_carry_the_calls_and_keep_their_order(found):
    markers, questions = found
    blank = dict.fromkeys(Candidates.column_names())
    rows = [
        blank | {"candidate_id": name, "kind": kind, "endpoint": "size", "comparison": "drug vs placebo",
                 "contrast": contrast, "rank": rank}
        for rank, (name, kind, contrast) in enumerate(
            [("rna:g1", "single", "predictive"), ("rna:g1", "single", "prognostic"), ("rna:g0", "single", "predictive"),
             ("rna:g0", "formula", "predictive")], 1)
    ]  # fmt: skip
    schema = {name: column.dtype for name, column in Candidates.columns.items()}
    called = with_predictive_calls(pl.DataFrame(rows, schema=schema), markers, questions)
    assert called["rank"].to_list() == [1, 2, 3, 4]
    of = {
        name: markers.filter(modality="rna", feature_id=name, endpoint="size")["p_marginal"].item()
        for name in ("g0", "g1")
    }
    assert called["p_marginal"].to_list() == [of["g1"], None, of["g0"], None]
    assert called["p_global"].to_list()[:3:2] == questions.filter(endpoint="size")["p_global"].to_list() * 2


@pytest.mark.slow
def test_a_held_back_modality_changes_no_byte_of_another_order_of_subjects(tmp_path):
    """Answers depend on values, not on the order in which a matrix holds its subjects."""
    study = make_study()
    first = answered(make_cohort(study, tmp_path), conditional=0)[0]
    rna = study.modalities["rna"]
    order = np.random.default_rng(0).permutation(len(rna.ids))
    rna.ids, rna.values = [rna.ids[i] for i in order], rna.values[order]
    (tmp_path / "again").mkdir()
    second = answered(make_cohort(study, tmp_path / "again"), conditional=0)[0]
    assert_allclose(
        first["predictive_slope"].fill_null(0).to_numpy(), second["predictive_slope"].fill_null(0).to_numpy(), rtol=1e-6
    )
