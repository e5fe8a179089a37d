"""Screens of a whole modality against one statsmodels model at a time."""

import functools

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose
from polars.testing import assert_frame_equal

from biomarker.data import matrix as matrix_module
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.tables import Flow, Screen
from biomarker.discovery.analysis import analyses
from biomarker.discovery.screen import screen_modality
from biomarker.errors import ConfigError

from .conftest import make_cohort, make_settings, make_study
from .oracle import expected, model_frame

ENDPOINTS = ("response", "size", "pfs")
TESTED = {"rna": ["g0", "g1", "g6", "g7", "g8", "g9", "g10", "g11"], "labs": ["ldh", "alb", "g0"]}
PAIR = ("drug", "placebo")


def row(screen, feature, endpoint, comparison=None):
    found = screen.filter((pl.col("feature_id") == feature) & (pl.col("endpoint") == endpoint))
    found = found if comparison is None else found.filter(pl.col("comparison") == comparison)
    assert found.height == 1
    return found.row(0, named=True)


def assert_agrees(got, want):
    assert (got["status"], got["reason"]) == ("ok", None)
    assert (got["n"], got["n_events"]) == (want.n, want.n_events)
    assert_allclose(got["dof"], want.dof, rtol=1e-6)
    for name in ("estimate", "std_error", "statistic"):
        assert_allclose(got[name], getattr(want, name), rtol=2e-6, err_msg=name)


@pytest.mark.parametrize("modality", ["rna", "labs"])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_prognostic_screen_adjusts_for_covariates_and_arm_in_complete_cases(cohort, study, modality, endpoint):
    screen, _ = screen_modality(cohort, modality, "prognostic", settings=make_settings())
    for feature in TESTED[modality]:
        assert_agrees(row(screen, feature, endpoint), expected(study, modality, feature, endpoint))


@pytest.mark.parametrize("modality", ["rna", "labs"])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_predictive_screen_tests_the_product_given_marker_arm_and_covariates(cohort, study, modality, endpoint):
    screen, _ = screen_modality(cohort, modality, "predictive", settings=make_settings())
    for feature in TESTED[modality]:
        want = expected(study, modality, feature, endpoint, PAIR)
        assert_agrees(row(screen, feature, endpoint, "drug vs placebo"), want)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_response_screen_of_one_arm_adjusts_for_covariates_alone(tmp_path, study, endpoint):
    cohort = make_cohort(study, tmp_path, single_arm=True)
    screen, _ = screen_modality(cohort, "rna", "response", settings=make_settings())
    study.arms = None
    for feature in TESTED["rna"]:
        assert_agrees(row(screen, feature, endpoint, "none"), expected(study, "rna", feature, endpoint))
    assert set(screen["contrast"]) == {"response"}


def test_each_comparison_of_several_arms_uses_its_two_arms_alone(tmp_path):
    study = make_study(levels=("high", "low", "placebo"))
    study.age = np.where(np.isnan(study.age), 60.0, study.age)  # no covariate level tells few subjects apart perfectly
    study.sex = ["F" if sex == "(missing)" else sex for sex in study.sex]
    cohort = make_cohort(study, tmp_path, comparisons=(("high", "placebo"), ("low", "placebo")))
    predictive, flow = screen_modality(cohort, "rna", "predictive", settings=make_settings(min_events=4))
    for arms in (("high", "placebo"), ("low", "placebo")):
        for endpoint in ENDPOINTS:
            for feature in ("g0", "g7"):
                got = row(predictive, feature, endpoint, " vs ".join(arms))
                assert_agrees(got, expected(study, "rna", feature, endpoint, arms))
    prognostic, _ = screen_modality(cohort, "rna", "prognostic", settings=make_settings())
    for feature in ("g0", "g7"):  # all three arms, two indicators
        assert_agrees(row(prognostic, feature, "size"), expected(study, "rna", feature, "size"))
    Flow.validate(flow)
    assert flow["comparison"].unique().sort().to_list() == ["high vs placebo", "low vs placebo"]


# --- what is not tested, and why -------------------------------------------------------------------------------------


def test_what_cannot_be_tested_stays_with_its_reason(cohort):
    screen, _ = screen_modality(cohort, "rna", "prognostic", settings=make_settings())
    Screen.validate(screen)
    assert screen.height == 12 * 3
    for endpoint in ENDPOINTS:
        assert row(screen, "g2", endpoint)["reason"] == "the same in all subjects with a value"
        assert row(screen, "g3", endpoint)["reason"] == "known in no subject"
        assert row(screen, "g5", endpoint)["reason"] == "above zero in less than 0.1 of subjects"
        assert {row(screen, name, endpoint)["status"] for name in ("g2", "g3", "g5")} == {"filtered"}
    # two carriers of 109 are below the share of subjects in which expression must be seen
    assert row(screen, "g4", "size")["status"] == "filtered"


def test_a_binary_feature_needs_its_rarer_group_among_the_subjects_of_each_endpoint(cohort):
    settings = make_settings(filters={"min_detection": 0.0})
    screen, _ = screen_modality(cohort, "rna", "prognostic", settings=settings)
    for endpoint in ENDPOINTS:
        got = row(screen, "g4", endpoint)
        assert got["status"] in ("too_few", "constant")
        assert got["reason"]
        assert got["p_value"] is None
        assert got["n"] > 0


def test_few_events_are_no_screen_and_say_so(cohort):
    screen, _ = screen_modality(cohort, "rna", "prognostic", settings=make_settings(min_events=80))
    assert row(screen, "g0", "size")["status"] == "ok"
    for endpoint in ("response", "pfs"):
        assert row(screen, "g0", endpoint)["status"] == "too_few"


def test_filters_look_at_the_analysed_subjects_alone(tmp_path, study):
    """A feature that varies only in subjects without a site is constant where it is analysed."""
    rna = study.modalities["rna"]
    without = [i for i, subject in enumerate(rna.ids) if study.site[study.ids.index(subject)] is None]
    rna.values[:, 10] = 1.0
    rna.values[without, 10] = 5.0
    assert without
    screen, _ = screen_modality(make_cohort(study, tmp_path), "rna", "prognostic", settings=make_settings())
    assert row(screen, "g10", "size")["reason"] == "the same in all subjects with a value"


@pytest.mark.parametrize("contrast", ["prognostic", "predictive"])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_known_in_no_subject_of_a_modality_is_too_few(tmp_path, study, contrast, endpoint):
    inside = np.isin(study.ids, study.modalities["labs"].ids)
    for key in ("values", "event"):
        if key in study.endpoints[endpoint]:
            study.endpoints[endpoint][key][inside] = np.nan
    screen, flow = screen_modality(make_cohort(study, tmp_path), "labs", contrast, settings=make_settings())
    got = row(screen, "ldh", endpoint)
    assert (got["status"], got["n"], got["p_value"]) == ("too_few", 0, None)
    assert row(screen, "ldh", "size" if endpoint != "size" else "pfs")["status"] == "ok"
    Flow.validate(flow)


def test_an_arm_absent_from_a_modality_leaves_a_result_with_reasons(tmp_path, study):
    labs = study.modalities["labs"]
    keep = [i for i, s in enumerate(labs.ids) if study.arms[study.ids.index(s)] == "drug"]
    labs.ids, labs.values = [labs.ids[i] for i in keep], labs.values[keep]
    screen, flow = screen_modality(make_cohort(study, tmp_path), "labs", "predictive", settings=make_settings())
    assert "ok" not in set(screen["status"])
    Screen.validate(screen)
    Flow.validate(flow)


def test_an_endpoint_that_is_the_covariate_leaves_nothing_to_explain(tmp_path, study):
    """No estimate from the rounding of an exact fit."""
    study.endpoints["size"]["values"] = np.where(np.isnan(study.age), np.nan, 3 * study.age - 1)
    screen, _ = screen_modality(make_cohort(study, tmp_path), "labs", "prognostic", settings=make_settings())
    assert row(screen, "ldh", "size")["status"] == "constant"


# --- the account ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contrast", ["prognostic", "predictive"])
@pytest.mark.parametrize("modality", ["rna", "labs"])
def test_flow_is_the_count_by_hand(cohort, study, modality, contrast):
    _, flow = screen_modality(cohort, modality, contrast, settings=make_settings())
    Flow.validate(flow)
    inside = set(study.modalities[modality].ids)
    for endpoint, about in study.endpoints.items():
        tally = {"no data": 0, "arm": 0, "site": 0, "endpoint": 0, "used": 0}
        for i, subject in enumerate(study.ids):
            where = (
                "no data" if subject not in inside
                else "arm" if study.arms[i] is None
                else "site" if study.site[i] is None
                else "endpoint" if np.isnan(about["values"][i])
                else "used"
            )  # fmt: skip
            tally[where] += 1
        arm = "treatment arm missing" if contrast == "prognostic" else "in neither of the compared arms"
        want = {
            ("in", None): len(study.ids),
            ("excluded", f"no {modality} data"): tally["no data"],
            ("excluded", arm): tally["arm"],
            ("excluded", "covariate missing: site"): tally["site"],
            ("excluded", "endpoint missing"): tally["endpoint"],
            ("used", None): tally["used"],
        }
        part = flow.filter(pl.col("endpoint") == endpoint)
        got = {(kind, reason): n for kind, reason, n in part.select("kind", "reason", "n").iter_rows()}
        assert got == {key: n for key, n in want.items() if n or key[0] != "excluded"}


def test_flow_counts_no_subject_twice(cohort, study):
    """A subject without arm and without site stands under its first reason."""
    for analysis in analyses(cohort, "prognostic"):
        stacked = np.sum([mask.astype(int) for mask in analysis.excluded.values()], axis=0)
        assert stacked.max() == 1
        assert (stacked == 0).sum() == analysis.used.sum()


def test_a_feature_without_missing_values_uses_all_that_the_flow_says(cohort):
    screen, flow = screen_modality(cohort, "rna", "prognostic", settings=make_settings())
    for endpoint in ENDPOINTS:
        used = flow.filter((pl.col("endpoint") == endpoint) & (pl.col("kind") == "used"))["n"].item()
        assert row(screen, "g0", endpoint)["n"] == used
        assert row(screen, "g6", endpoint)["n"] < used


def test_the_standard_deviation_is_that_of_the_analysed_subjects(cohort, study):
    screen, _ = screen_modality(cohort, "rna", "prognostic", settings=make_settings())
    rna = study.modalities["rna"]
    used = [i for i, s in enumerate(rna.ids) if None not in (study.arms[(k := study.ids.index(s))], study.site[k])]
    assert_allclose(row(screen, "g6", "size")["feature_sd"], np.nanstd(rna.values[used, 6], ddof=1), rtol=1e-12)


def test_subjects_whom_a_covariate_tells_apart_perfectly_say_nothing_of_a_marker(tmp_path, study):
    """All of one site responded: the fit without them is the limit of the fit with them, and n counts who informs."""
    site_c = np.array([site == "c" for site in study.site])
    response = study.endpoints["response"]["values"]
    response[site_c & ~np.isnan(response)] = 1.0
    with_them, _ = screen_modality(make_cohort(study, tmp_path / "a"), "rna", "prognostic", settings=make_settings())
    response[site_c] = np.nan
    without, _ = screen_modality(make_cohort(study, tmp_path / "b"), "rna", "prognostic", settings=make_settings())
    for feature in ("g0", "g7"):
        got, want = row(with_them, feature, "response"), row(without, feature, "response")
        assert got["n"] == want["n"]
        assert_agrees(want, expected(study, "rna", feature, "response"))
        assert_allclose(got["statistic"], want["statistic"], rtol=1e-6)


# --- blocks, order, leaks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contrast", ["prognostic", "predictive"])
def test_the_size_of_blocks_changes_nothing(tmp_path, study, monkeypatch, contrast):
    """Also which features are refitted, and what the refits say."""
    settings = make_settings(refit=2)
    whole, flow = screen_modality(make_cohort(study, tmp_path / "a"), "rna", contrast, settings=settings)
    monkeypatch.setattr(matrix_module, "CHUNK_BYTES", 4 * 110)  # one feature a chunk
    monkeypatch.setattr(FeatureMatrix, "blocks", functools.partialmethod(FeatureMatrix.blocks, max_bytes=1))
    seen = []
    pieces, flow_of_pieces = screen_modality(
        make_cohort(study, tmp_path / "b"), "rna", contrast, settings=settings, progress=lambda *at: seen.append(at)
    )
    assert seen == [(k, 12) for k in range(1, 13)]
    assert_frame_equal(pieces, whole, rel_tol=1e-12, abs_tol=0)
    assert_frame_equal(flow_of_pieces, flow)


def _outsiders(study):
    """Subjects that no analysis of the labs uses: not in the modality, without arm, or without site."""
    inside = set(study.modalities["labs"].ids)
    return [
        i for i, s in enumerate(study.ids) if s not in inside or study.arms[i] is None or study.site[i] is None
    ]  # fmt: skip


@pytest.mark.parametrize("contrast", ["prognostic", "predictive"])
def test_subjects_outside_an_analysis_change_nothing(tmp_path, study, contrast):
    settings = make_settings()
    before, _ = screen_modality(make_cohort(study, tmp_path / "a"), "labs", contrast, settings=settings)
    rng = np.random.default_rng(0)
    out = _outsiders(study)
    assert len(out) > 20
    study.age[out] = rng.normal(500, 100, len(out))
    for about in study.endpoints.values():
        about["values"][out] = rng.integers(0, 2, len(out)) if about["type"] == "binary" else rng.exponential(1e4)
        if "event" in about:
            about["event"][out] = 1.0
    for i in out:
        study.sex[i] = "X"
    labs = study.modalities["labs"]
    rows = [labs.ids.index(study.ids[i]) for i in out if study.ids[i] in labs.ids]
    labs.values[rows] = 1e5
    after, _ = screen_modality(make_cohort(study, tmp_path / "b"), "labs", contrast, settings=settings)
    assert_frame_equal(after, before, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("contrast", ["prognostic", "predictive"])
def test_the_order_of_subjects_changes_nothing(tmp_path, study, contrast):
    settings = make_settings()
    before, flow = screen_modality(make_cohort(study, tmp_path / "a"), "rna", contrast, settings=settings)
    rng = np.random.default_rng(1)
    order = rng.permutation(len(study.ids))
    study.ids = [study.ids[i] for i in order]
    study.arms = [study.arms[i] for i in order]
    study.sex, study.site = [study.sex[i] for i in order], [study.site[i] for i in order]
    study.age = study.age[order]
    for about in study.endpoints.values():
        for key in {"values", "event"} & set(about):
            about[key] = about[key][order]
    rna = study.modalities["rna"]
    again = rng.permutation(len(rna.ids))
    rna.ids, rna.values = [rna.ids[i] for i in again], rna.values[again]
    after, flow_after = screen_modality(make_cohort(study, tmp_path / "b"), "rna", contrast, settings=settings)
    exact = pl.exclude(pl.Float64)
    assert_frame_equal(after.select(exact), before.select(exact))
    assert_frame_equal(flow_after, flow)
    # the marker at 1e6 with a spread of 2 has lost six digits before any test begins
    far = pl.col("feature_id") == "g11"
    assert_frame_equal(after.filter(~far), before.filter(~far), rel_tol=1e-9, abs_tol=1e-12)
    assert_frame_equal(after.filter(far), before.filter(far), rel_tol=1e-6, abs_tol=1e-12)


# --- questions that cannot be asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("single", "contrast"), [(True, "predictive"), (True, "prognostic"), (False, "response")])
def test_a_marker_is_never_called_predictive_from_one_arm(tmp_path, study, single, contrast):
    cohort = make_cohort(study, tmp_path, single_arm=single)
    with pytest.raises(ConfigError, match="cannot be asked"):
        screen_modality(cohort, "rna", contrast, settings=make_settings())


def test_prespecified_markers_are_marked_by_modality_and_name(cohort):
    settings = make_settings(prespecified={"rna:g0", "labs:ldh"})
    rna, _ = screen_modality(cohort, "rna", "prognostic", settings=settings)
    labs, _ = screen_modality(cohort, "labs", "prognostic", settings=settings)
    assert set(rna.filter("prespecified")["feature_id"]) == {"g0"}
    assert set(labs.filter("prespecified")["feature_id"]) == {"ldh"}  # not the labs' own g0


@pytest.mark.parametrize("marker", ["rna:G0", "rna:tp53", "rna:g0 label"])
def test_a_prespecified_marker_that_is_not_there_is_refused(cohort, marker):
    """Unnoticed, it would never be tested and nobody would know."""
    with pytest.raises(ConfigError, match=f"screen.prespecified: {marker}: modality rna has no such feature"):
        screen_modality(cohort, "rna", "prognostic", settings=make_settings(prespecified={marker, "rna:g1"}))
    screen_modality(cohort, "labs", "prognostic", settings=make_settings(prespecified={marker}))


# --- refits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contrast", ["prognostic", "predictive"])
def test_leaders_are_refitted_in_full_and_keep_the_screens_p_value(cohort, study, contrast):
    import statsmodels.api as sm
    from scipy.stats import chi2

    with_refits, _ = screen_modality(cohort, "rna", contrast, settings=make_settings(refit=3))
    without, _ = screen_modality(cohort, "rna", contrast, settings=make_settings(refit=0))
    own = [
        name
        for name in Screen.column_names()
        if name.startswith("refit_") or name in ("p_refit", "auc_low", "auc_high")
    ]
    assert_frame_equal(with_refits.drop(own), without.drop(own))
    assert without["refit_estimate"].null_count() == without.height
    for endpoint in ("response", "pfs"):
        part = with_refits.filter(pl.col("endpoint") == endpoint)
        leaders = part.drop_nulls("p_value").sort("p_value").head(3)["feature_id"].to_list()
        assert set(part.filter(pl.col("p_refit").is_not_null())["feature_id"]) == set(leaders)
    assert with_refits.filter(pl.col("endpoint") == "size")["p_refit"].null_count() == 12  # least squares is the fit

    part = with_refits.filter((pl.col("endpoint") == "response") & pl.col("p_refit").is_not_null())
    for got in part.iter_rows(named=True):
        arms = PAIR if contrast == "predictive" else None
        frame, names = model_frame(study, "rna", got["feature_id"], "response", arms)
        active = (frame["arm"] == "drug").to_numpy(float)
        terms = [np.ones(len(frame)), active, *(frame[name] for name in names)]
        x = frame["x"].to_numpy() - frame["x"].mean()  # statsmodels does not converge on values about 1e6
        small, tested = (np.column_stack(terms), x) if arms is None else (np.column_stack([*terms, x]), x * active)
        full = sm.Logit(frame["y"].to_numpy(), np.column_stack([small, tested])).fit(disp=0, method="newton", tol=1e-12)
        null = sm.Logit(frame["y"].to_numpy(), small).fit(disp=0, method="newton", tol=1e-12)
        assert_allclose(got["refit_estimate"], full.params[-1], rtol=1e-6)
        assert_allclose(got["refit_std_error"], full.bse[-1], rtol=1e-5)
        assert_allclose(got["p_refit"], chi2.sf(2 * (full.llf - null.llf), 1), rtol=1e-6)


def test_refits_of_survival_agree_with_lifelines(cohort, study):
    from lifelines import CoxPHFitter

    screen, _ = screen_modality(cohort, "rna", "predictive", settings=make_settings(refit=3))
    part = screen.filter((pl.col("endpoint") == "pfs") & pl.col("p_refit").is_not_null())
    assert part.height == 3
    for got in part.iter_rows(named=True):
        frame, names = model_frame(study, "rna", got["feature_id"], "pfs", PAIR)
        data = frame[[*names, "y", "event"]].copy()
        data["active"] = (frame["arm"] == "drug").astype(float)
        data["x"] = frame["x"] - frame["x"].mean()
        data["product"] = data["x"] * data["active"]
        fit = CoxPHFitter().fit(data, "y", "event", fit_options={"precision": 1e-10})
        assert_allclose(got["refit_estimate"], fit.params_["product"], rtol=1e-5)
        assert_allclose(got["refit_std_error"], fit.standard_errors_["product"], rtol=1e-5)


def test_carriers_of_a_yes_or_no_feature_are_counted_among_those_analysed(tmp_path):
    study = make_study()
    rna = study.modalities["rna"]
    rna.values[:, 0] = np.arange(len(rna.ids)) % 3 == 0
    rna.values[:5, 0] = np.nan
    rna.values[:, 1] = np.arange(len(rna.ids)) % 3
    cohort = make_cohort(study, tmp_path, single_arm=True)
    table, _ = screen_modality(cohort, "rna", "response", settings=make_settings())
    column = dict(zip(rna.ids, rna.values[:, 0], strict=True))
    rows = table.filter(feature_id=rna.names[0])
    assert rows.height == 3
    for row in rows.iter_rows(named=True):
        known = ~np.isnan(study.endpoints[row["endpoint"]]["values"])
        analysed = [
            column[s] for i, s in enumerate(study.ids)
            if s in column and known[i] and study.site[i] is not None and not np.isnan(column[s])
        ]  # fmt: skip
        assert (row["n"], row["n_with"]) == (len(analysed), sum(analysed))
    assert table.filter(feature_id=rna.names[1])["n_with"].null_count() == 3
