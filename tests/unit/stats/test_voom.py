"""Precision weights and moderated tests of counts are those of limma."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker import stats
from biomarker.stats import Status
from biomarker.stats.voom import mean_variance_trend, voom_log_cpm, voom_screen

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "voom"


@pytest.fixture(scope="module")
def golden():
    counts = pl.read_csv(GOLDEN / "counts.csv").to_numpy().T.astype(float)
    subjects = pl.read_csv(GOLDEN / "subjects.csv")
    design = np.column_stack([np.ones(subjects.height), subjects["age"], subjects["site"]])
    expected = pl.read_csv(GOLDEN / "expected.csv", infer_schema_length=None)
    return counts, subjects["library"].to_numpy(), subjects["y"].to_numpy(), design, expected


def test_statistics_are_limmas(golden):
    counts, library, y, design, expected = golden
    found = voom_screen(counts, library, y, design)
    some = counts.sum(axis=0) > 0
    assert_array_equal(found.status[:, 0] == Status.OK, some)
    for name, column in (("statistic", "t"), ("p_value", "p"), ("dof", "df_total")):
        assert_allclose(getattr(found, name)[some, 0], expected[column].to_numpy()[some], rtol=1e-5, err_msg=name)


def test_weights_are_limmas(golden):
    counts, library, y, design, expected = golden
    x = voom_log_cpm(counts, library)
    assert_allclose(x[0], expected["e_first"].to_numpy(), rtol=1e-12)
    full = np.column_stack([design, y])
    basis = np.linalg.qr(full)[0]
    left = x - basis @ (basis.T @ x)
    deviation, some = np.sqrt((left**2).sum(axis=0) / (len(y) - 4)), counts.sum(axis=0) > 0
    trend = mean_variance_trend(x.mean(axis=0)[some], deviation[some], library)
    fitted = basis @ (basis.T @ x) + np.log2(library + 1)[:, None] - 6 * np.log2(10)
    weights = trend.weights(fitted)
    assert_allclose(weights[0], expected["weight_first"].to_numpy(), rtol=1e-6)
    assert_allclose(weights[-1], expected["weight_last"].to_numpy(), rtol=1e-6)


def test_the_estimate_is_the_weighted_slope_of_the_endpoint_on_the_feature(golden):
    counts, library, y, design, expected = golden
    found = voom_screen(counts, library, y, design)
    rising = expected["slope"].to_numpy() > 0
    some = counts.sum(axis=0) > 0
    assert_array_equal((found.estimate[some, 0] > 0), rising[some])
    assert_allclose(found.estimate / found.std_error, found.statistic, rtol=1e-9)


def test_libraries_of_one_size_give_nearly_the_moderated_test():
    rng = np.random.default_rng(1)
    counts = rng.poisson(rng.gamma(5, 200, (1, 400)) * rng.gamma(20, 0.05, (60, 400))).astype(float)
    y, ones = rng.standard_normal(60), np.ones((60, 1))
    library = np.full(60, 1e6)
    weighted = voom_screen(counts, library, y, ones)
    plain = stats.moderated_screen(voom_log_cpm(counts, library), y[:, None], ones)
    assert np.corrcoef(weighted.statistic[:, 0], plain.statistic[:, 0])[0, 1] > 0.995


def test_features_of_nothing_hold_the_level_with_libraries_tenfold_apart():
    rng, rates = np.random.default_rng(2), []
    for _ in range(20):
        depth = np.exp(rng.uniform(0, np.log(10), 24))
        level = np.exp(rng.uniform(0.5, 7, 500))
        counts = rng.poisson(depth[:, None] * level * rng.gamma(10, 0.1, (24, 500))).astype(float)
        y = rng.standard_normal(24)
        rates.append((voom_screen(counts, counts.sum(axis=1), y, np.ones((24, 1))).p_value <= 0.05).mean())
    assert abs(np.mean(rates) - 0.05) < 0.015


def test_subjects_without_the_endpoint_are_left_out_and_blocks_change_nothing(golden):
    counts, library, y, design, _ = golden
    gap = y.copy()
    gap[:2] = np.nan
    whole = voom_screen(counts, library, gap, design, block_bytes=1)
    part = voom_screen(counts[2:], library[2:], y[2:], design[2:])
    assert_allclose(whole.log10_p, part.log10_p, rtol=1e-8)


def test_faults_have_their_status(golden):
    counts, library, y, design, _ = golden
    assert np.all(voom_screen(counts, library, np.zeros(len(y)), design).status == Status.CONSTANT)
    assert np.all(voom_screen(counts[:4], library[:4], y[:4], design[:4]).status == Status.TOO_FEW)
    assert np.all(voom_screen(counts * 0, library, y, design).status == Status.CONSTANT)
