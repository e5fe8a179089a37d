"""Which features are tested by moderated t, and that the whole modality shares one prior."""

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from biomarker import stats
from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary, Continuous
from biomarker.data.matrix import FeatureValues
from biomarker.discovery.analysis import analyses
from biomarker.discovery.screen import screen_modality
from biomarker.features.log_cpm import effective_library
from biomarker.stats.moderation import feature_variance, moderate
from biomarker.stats.voom import voom_screen

from .conftest import make_cohort, make_settings, make_study

NUMBERS = ("estimate", "std_error", "statistic", "dof", "p_value", "log10_p", "n", "n_events", "status")


def with_many_features(scale="log2_tpm", count=60):
    """Features of very different variance, every fifth with gaps of its own."""
    study = make_study()
    rna, rng = study.modalities["rna"], np.random.default_rng(3)
    x = rng.normal(6, 1, (len(rna.ids), count)) * np.exp(rng.normal(0, 1, count))
    x = np.abs(x) + 0.01
    for j in range(0, count, 5):
        x[rng.random(len(x)) < 0.2, j] = np.nan
    rna.values, rna.names, rna.scale = x.astype(np.float32).astype(float), [f"g{j}" for j in range(count)], scale
    return study


def screened(study, folder, contrast="prognostic", **changes):
    cohort = make_cohort(study, folder)
    screen, _ = screen_modality(cohort, "rna", contrast, settings=make_settings(**changes))
    return cohort, screen.filter(endpoint="size")


def test_every_feature_of_an_expression_modality_is_moderated_with_all_the_others(tmp_path):
    study = with_many_features()
    cohort, screen = screened(study, tmp_path)
    rows = cohort.rows_of(cohort.matrices["rna"])
    (analysis,) = analyses(cohort, "prognostic")
    used = analysis.used[rows]
    x, y = study.modalities["rna"].values[used], cohort.endpoints[1].values[rows][used][:, None]
    covariates = np.column_stack([np.ones(used.sum()), analysis.covariates[rows][used]])
    parts, variances = [], []
    for column in x.T:  # one at a time, each in the subjects that have it
        known = ~np.isnan(column)
        parts.append(
            stats.linear_screen(column[known][:, None], y[known], covariates[known], min_group=4, permutation_tail=True)
        )
        variances.append(feature_variance(parts[-1], y[known], covariates[known]))
    plain = stats.Estimate(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in NUMBERS})
    want = moderate(plain, np.concatenate(variances), np.nanmean(x, axis=0))
    assert set(screen["method"]) == {"moderated t-test, permutation tail"}
    for name in ("estimate", "std_error", "statistic", "dof", "p_value"):
        assert_allclose(screen[name], getattr(want, name)[:, 0], rtol=1e-7, err_msg=name)
    assert np.abs(want.p_value / plain.p_value - 1).max() > 1e-3


@pytest.mark.parametrize(
    ("changes", "options"),
    [({"scale": "native"}, {}), ({"count": 40}, {}), ({}, {"moderated": "never"}), ({"scale": "tpm"}, {})],
    ids=["another scale", "few features", "not wanted", "not logarithmic"],
)
def test_otherwise_the_plain_test_is_made_and_named(tmp_path, changes, options):
    _, screen = screened(with_many_features(**changes), tmp_path, **options)
    assert set(screen["method"]) == {"linear t-test, permutation tail"}
    _, always = screened(with_many_features(**changes), tmp_path, moderated="never")
    assert_allclose(screen["p_value"], always["p_value"])


def test_moderation_can_be_had_on_any_scale(tmp_path):
    _, screen = screened(with_many_features(scale="native"), tmp_path, moderated="always")
    assert set(screen["method"]) == {"moderated t-test, permutation tail"}


def test_an_interaction_is_not_moderated(tmp_path):
    _, screen = screened(with_many_features(), tmp_path, contrast="predictive", moderated="always")
    assert set(screen["method"]) == {"linear interaction t-test, variance by arm, permutation tail"}


def test_counts_are_weighted_by_their_precision_where_that_is_asked(tmp_path):
    rng, n, p = np.random.default_rng(6), 30, 80
    ids = tuple(f"s{k}" for k in range(n))
    depth = np.exp(rng.uniform(0, 2, n))
    counts = rng.poisson(depth[:, None] * np.exp(rng.uniform(1, 6, p))).astype(float)
    names = pl.DataFrame({"feature_id": [f"g{k}" for k in range(p)], "label": [f"g{k}" for k in range(p)], "unit": ""})
    y = rng.standard_normal(n)
    endpoints = (Continuous("size", "size", y, unit="mm"), Binary("response", "response", (y > 0).astype(float)))
    matrix = FeatureValues(counts, names, ids, "counts", recipes=("log_cpm_tmm",)).write(tmp_path / "rna.parquet")
    cohort = Cohort(ids, pl.DataFrame({"age": rng.standard_normal(n)}), endpoints, matrices={"rna": matrix})
    found = {}
    for moderated in ("auto", "voom"):
        table, _ = screen_modality(cohort, "rna", "response", settings=make_settings(moderated=moderated))
        found[moderated] = {row["endpoint"]: row for row in table.filter(feature_id="g7").iter_rows(named=True)}
    assert found["auto"]["size"]["method"] == "moderated t-test, permutation tail"
    assert found["voom"]["size"]["method"] == "moderated t-test, precision weights (voom)"
    assert found["auto"]["response"] == found["voom"]["response"]
    design = np.column_stack([np.ones(n), cohort.covariates["age"]])
    known = matrix.values.astype(float)
    expected = voom_screen(known, effective_library(known), y, design)
    assert found["voom"]["size"]["p_value"] == pytest.approx(expected.p_value[7, 0], rel=1e-6)
