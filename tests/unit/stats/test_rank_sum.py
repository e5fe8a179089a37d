"""Rank-sum tests of many features: scipy, the test of one feature, every assignment, and the hidden bit."""

from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import hypergeom, mannwhitneyu

from biomarker.errors import NumericalError
from biomarker.stats import rank_sum_screen
from biomarker.stats.auc import mann_whitney


def features(rng, n=60):
    x = rng.standard_normal((n, 12))
    x[:, 1] = rng.integers(0, 3, n)
    x[:, 2] = rng.random(n) < 0.2
    x[:, 3] = np.round(x[:, 3], 1)
    x[:, 4] = np.where(x[:, 4] < 0, 0.0, x[:, 4])
    x[::2, 4] *= -1.0  # zeros of both signs are tied
    x[:, 5] = np.exp(10 * x[:, 5])
    x[:, 6] = -np.abs(x[:, 6]) * 1e-30
    x[:3, 7] = np.inf
    x[4:6, 7] = -np.inf
    x[:, 8] = 1.0 + np.spacing(1.0) * rng.integers(0, 5, n)  # neighbours that differ in the last bit alone
    x[:, 9] = rng.integers(-(2**20), 2**20, n)
    return x


@pytest.fixture
def study():
    rng = np.random.default_rng(3)
    return features(rng), (rng.random(60) < 0.35).astype(float)


def assert_is_scipys(found, x, y):
    for j, column in enumerate(x.T):
        want = mannwhitneyu(column[y == 1], column[y == 0], method="asymptotic")
        want_p = 1.0 if np.isnan(want.pvalue) else want.pvalue  # all values equal
        if np.unique(column).size == 2:
            law = hypergeom(len(y), int(y.sum()), int((column == column.max()).sum()))
            seen = int(y[column == column.max()].sum())
            want_p = min(1.0, 2 * min(law.cdf(seen), law.sf(seen - 1)))
        assert_allclose(found.p_value[j], want_p, rtol=1e-10, err_msg=str(j))
        assert_allclose(found.auc[j] * (y == 1).sum() * (y == 0).sum(), want.statistic, rtol=1e-12, err_msg=str(j))


def test_equals_scipy_with_ties_infinities_and_neighbouring_values(study):
    x, y = study
    assert_is_scipys(rank_sum_screen(x, y), x, y)


def test_equals_scipy_in_single_precision(study):
    x, y = study
    single = np.delete(x, 8, axis=1).astype(np.float32)
    single[:, 0] = np.float32(1) + np.spacing(np.float32(1)) * np.round(np.abs(x[:, 0]) * 3).astype(np.float32)
    assert_is_scipys(rank_sum_screen(single, y), single.astype(float), y)


@pytest.mark.parametrize("dtype", [np.int64, np.float16, np.bool_])
def test_other_kinds_of_numbers_are_taken(study, dtype):
    x, y = study
    counts = np.round(np.abs(x[:, [0, 1, 2]])).astype(dtype)
    assert_is_scipys(rank_sum_screen(counts, y), counts.astype(float), y)


def test_many_subjects_do_not_overflow_single_precision():
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((9000, 2)).astype(np.float32), rng.random(9000) < 0.5
    assert_is_scipys(rank_sum_screen(x, y.astype(float)), x.astype(float), y)


@pytest.mark.parametrize("n", [7, 12, 19])
def test_below_twenty_subjects_it_is_the_exact_test_of_one_feature(n):
    rng = np.random.default_rng(n)
    x, y = np.round(rng.standard_normal((n, 6)), 1), (rng.permutation(n) < 4).astype(float)
    x[:, 0] = rng.integers(0, 2, n)
    found = rank_sum_screen(x, y)
    for j in range(6):
        assert_allclose(found.p_value[j], mann_whitney(x[:, j], y).p_value, rtol=1e-12)


def test_the_exact_p_value_counts_every_assignment():
    x, chosen = np.array([1.0, 1, 2, 3, 3, 3, 7, 9]), [2, 6, 7]
    ranks = np.array([1.5, 1.5, 3, 5, 5, 5, 7, 8])
    sums = np.array([ranks[list(c)].sum() for c in combinations(range(8), 3)])
    seen = ranks[chosen].sum()
    y = np.isin(np.arange(8), chosen).astype(float)
    want = 2 * min((sums >= seen).mean(), (sums <= seen).mean())
    assert_allclose(rank_sum_screen(x[:, None], y).p_value, [want])


def test_the_area_is_the_share_of_pairs_in_order(study):
    x, y = study
    found = rank_sum_screen(x, y).auc
    high, low = x[y == 1][:, None, :], x[y == 0][None, :, :]
    assert_allclose(found, ((high > low) + 0.5 * (high == low)).mean(axis=(0, 1)))


def test_a_flipped_outcome_or_feature_mirrors_the_area(study):
    x, y = study
    found = rank_sum_screen(x, y)
    for other in (rank_sum_screen(x, 1 - y), rank_sum_screen(-x, y)):
        assert_allclose(other.auc, 1 - found.auc)
        assert_allclose(other.p_value, found.p_value)


def test_every_kind_of_array_and_size_of_block_gives_the_same(study, backend):
    x, y = study
    before, found = rank_sum_screen(x, y), rank_sum_screen(backend.make(x), backend.make(y))
    for other in (found, rank_sum_screen(x, y, block_bytes=1)):
        assert_array_equal(other.p_value, before.p_value)


def test_a_constant_feature_says_nothing_and_a_missing_value_is_refused(study):
    x, y = study
    found = rank_sum_screen(np.full((60, 1), 3.3), y)
    assert (found.auc[0], found.p_value[0]) == (0.5, 1.0)
    assert np.isnan(found.statistic[0])
    x[3, 8] = np.nan
    with pytest.raises(NumericalError, match="first column 8"):
        rank_sum_screen(x, y)
    assert rank_sum_screen(x[:, :0], y).auc.shape == (0,)
