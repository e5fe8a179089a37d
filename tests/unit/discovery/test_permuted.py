"""Permutation p-values of a screen: whose they are, within what, and that seed and strata are all they depend on."""

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from biomarker import stats
from biomarker.data.tables import Screen
from biomarker.discovery.analysis import analyses, strata_of
from biomarker.discovery.leaders import varying
from biomarker.discovery.screen import screen_modality
from biomarker.rng import stream

from .conftest import make_cohort, make_settings, make_study


def screened(cohort, contrast="prognostic", **changes):
    screen, _ = screen_modality(cohort, "rna", contrast, settings=make_settings(**({"permutations": 99} | changes)))
    return Screen.validate(screen)


def test_every_tested_feature_has_both_p_values_and_no_other_number_changes(cohort):
    with_them, without = screened(cohort), screened(cohort, permutations=0)
    columns = ["p_permutation", "p_familywise"]
    assert with_them.drop(columns).equals(without.drop(columns))
    assert without["p_permutation"].null_count() == without.height
    tested = with_them["status"] == "ok"
    assert (with_them["p_permutation"].is_not_null() == tested).all()
    kept = with_them.filter(tested)
    assert ((kept["p_permutation"] <= kept["p_familywise"]) & (kept["p_permutation"] >= 0.01)).all()


def test_they_are_those_of_the_null_models_residuals_within_arm_and_stratum(cohort):
    screen = screened(cohort, strata=("site",), seed=7)
    matrix = cohort.matrices["rna"]
    rows = cohort.rows_of(matrix)
    (analysis,) = analyses(cohort, "prognostic")
    used = analysis.used[rows]
    for endpoint in cohort.endpoints:
        known = used & endpoint.known[rows]
        adjust = varying(analysis.covariates[rows][known], None)
        design = np.column_stack([np.ones(known.sum()), adjust])
        y = endpoint.values[rows][known]
        if endpoint.type == "continuous":
            residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        elif endpoint.type == "binary":
            residual = y - 1 / (1 + np.exp(-design @ stats.logistic_fit(design, y).coefficients))
        else:
            continue  # martingale residuals have a test of their own
        plan = stats.permutations_within(
            residual, design, count=99, generator=stream(7, "permutations", endpoint.name),
            strata=strata_of(cohort, ("site",), arms=True)[rows][known],
        )  # fmt: skip
        part = screen.filter(endpoint=endpoint.name)
        tested = np.flatnonzero(part["status"] == "ok")
        want = stats.max_t(matrix.values[known][:, tested], plan)
        assert_allclose(part["p_permutation"].drop_nulls(), want.p_permutation)
        assert_allclose(part["p_familywise"].drop_nulls(), want.p_familywise)


def test_martingale_residuals_are_events_less_what_was_expected(cohort):
    from lifelines import CoxPHFitter

    from biomarker.discovery.method import Outcome
    from biomarker.discovery.registry import METHODS

    rng = np.random.default_rng(2)
    n = 60
    age, time, event = rng.standard_normal(n), rng.exponential(8, n), (rng.random(n) < 0.6).astype(float)
    found = METHODS["survival"].residual(Outcome("survival", time, event), age[:, None])
    frame = pl.DataFrame({"age": age, "time": time, "event": event}).to_pandas()
    fit = CoxPHFitter().fit(frame, "time", "event", fit_options={"precision": 1e-10})
    want = fit.compute_residuals(frame, "martingale")["martingale"].sort_index()
    assert_allclose(found, want, atol=1e-6)


def test_prespecified_markers_are_permuted_as_a_family_of_their_own(cohort):
    alone = screened(cohort, prespecified=["rna:g9"]).filter(endpoint="size", feature_id="g9")
    assert alone["p_familywise"].to_list() == alone["p_permutation"].to_list()


def test_the_seed_alone_decides(cohort):
    same = [screened(cohort, seed=3)["p_permutation"].to_list() for _ in range(2)]
    assert same[0] == same[1]
    assert same[0] != screened(cohort, seed=4)["p_permutation"].to_list()


def test_interactions_are_not_permuted(cohort):
    assert screened(cohort, contrast="predictive")["p_permutation"].null_count() == 12 * 3


def test_strata_have_baseline_hazards_of_their_own_in_screen_and_refit(tmp_path):
    study = make_study()
    cohort = make_cohort(study, tmp_path)
    plain, stratified = screened(cohort, permutations=0), screened(cohort, permutations=0, strata=("site",))
    assert plain.filter(pl.col("endpoint") != "pfs").equals(stratified.filter(pl.col("endpoint") != "pfs"))
    matrix = cohort.matrices["rna"]
    rows = cohort.rows_of(matrix)
    (analysis,) = analyses(cohort, "prognostic")
    pfs = cohort.endpoints[2]
    known = analysis.used[rows] & pfs.known[rows]
    columns, names = cohort.covariate_columns()
    others = [k for k, name in enumerate(names) if not name.startswith("site")]
    arm = np.array([a == "placebo" for a in cohort.treatment.arms], float)
    adjust = np.column_stack([columns[:, others], arm])[rows][known]
    site = strata_of(cohort, ("site",))[rows][known]
    x = matrix.values[known][:, [0]].astype(float)
    y, event = pfs.values[rows][known], pfs.event[rows][known]
    want = stats.cox_screen(x, y, event, adjust, strata=site)
    (got,) = stratified.filter(endpoint="pfs", feature_id="g0").rows(named=True)
    assert_allclose([got["estimate"], got["p_value"]], [want.estimate[0, 0], want.p_value[0, 0]], rtol=1e-7)
    fit = stats.cox_fit(np.column_stack([adjust, x]), y, event, strata=site)
    assert_allclose(
        [got["refit_estimate"], got["refit_std_error"]], [fit.coefficients[-1], fit.std_error[-1]], rtol=1e-6
    )


@pytest.mark.parametrize("names", [(), ("site",), ("site", "sex")])
def test_strata_are_the_combinations_of_levels(cohort, names):
    found = strata_of(cohort, names)
    labels = cohort.covariates.select(names).rows() if names else [()] * cohort.n_subjects
    pairs = set(zip(found.tolist(), labels, strict=True))
    assert len(pairs) == len(set(found.tolist())) == len(set(labels))
