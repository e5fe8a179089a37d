"""The scan of all pairs against formulas computed one at a time, in double precision, by plain least squares."""

import numpy as np
import pytest

from biomarker.stats.pairs.basis import PairBasis, constants_of
from biomarker.stats.pairs.plain import formula_values, judged
from biomarker.stats.pairs.response import PairResponse
from biomarker.stats.pairs.scan import scan_pairs
from biomarker.stats.pairs.statistics import STATISTICS

MIN_GROUP = 10


def study(n: int = 120, p: int = 9, *, weighted: bool = False, seed: int = 1):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, p)) * rng.uniform(0.3, 3, p) + rng.normal(0, 2, p)
    values[:, 1] = 0.8 * values[:, 0] + 0.4 * rng.standard_normal(n)
    values[:, 2] = rng.random(n) < 0.3  # a mutation
    values[:, 3] = np.round(values[:, 3])  # ties
    values[:, 4] = np.where(rng.random(n) < 0.55, values[:, 4].min(), values[:, 4])  # below detection
    covariates = np.column_stack([rng.standard_normal((n, 2)), rng.integers(0, 2, n)])
    outcome = covariates[:, 0] + values[:, 5] * values[:, 6] + rng.standard_normal(n)
    weights = rng.uniform(0.05, 0.3, n) if weighted else None
    response = PairResponse.of(outcome, covariates, weights)
    constants = constants_of(values, min_group=MIN_GROUP)
    group = np.array([0, 0, -1, 0, 0, 1, 1, 0, 0], dtype=np.int32)[:p]
    return values, constants, response, PairBasis.of(values, constants, response, group)


def expected(values, constants, response, basis):
    """Scores of all statistics of all pairs, NaN where a pair is not to be judged."""
    p = values.shape[1]
    scores = np.full((len(STATISTICS), p, p), np.nan)
    for v, statistic in enumerate(STATISTICS):
        for i in range(p):
            for j in range(i + 1, p):
                own = constants.take(np.array([i, j]))
                needed = (0 if statistic.cut_a is None else 1 + statistic.cut_a,
                          0 if statistic.cut_b is None else 1 + statistic.cut_b)  # fmt: skip
                if not (own.usable[0, needed[0]] and own.usable[1, needed[1]]):
                    continue
                if statistic.raw and not (basis.group[i] == basis.group[j] >= 0):
                    continue
                f = formula_values(statistic, values[:, i], values[:, j], own)
                if set(np.unique(f)) <= {0.0, 1.0} and not MIN_GROUP <= f.sum() <= len(f) - MIN_GROUP:
                    continue
                scores[v, i, j] = judged(statistic, values[:, i], values[:, j], own, response)[0] ** 2
    return scores


@pytest.mark.parametrize("weighted", [False, True])
def test_scan_equals_formulas_computed_one_at_a_time(weighted):
    values, constants, response, basis = study(weighted=weighted)
    found = scan_pairs(basis, response, keep=100, min_group=MIN_GROUP)
    truth = expected(values, constants, response, basis)
    for v, statistic in enumerate(STATISTICS):
        score, first, second = found.best.ordered(v)
        known = truth[v, first, second]
        assert not np.isnan(known).any(), statistic
        np.testing.assert_allclose(score, known, rtol=2e-3, atol=2e-6, err_msg=str(statistic))
        unkept = np.ones(truth.shape[1:], bool)
        unkept[first, second] = False
        judged_but_not_kept = truth[v][unkept & ~np.isnan(truth[v])]
        refused = found.refused[v].sum()
        # what is judged and not kept has a score of nothing, or is counted as determined by its parts
        assert (judged_but_not_kept > 1e-6).sum() <= found.refused[v, 1] + found.refused[v, 4], statistic
        assert score.size + refused <= found.n_pairs == 36


def test_threads_parts_and_order_change_nothing():
    rng = np.random.default_rng(3)
    values = rng.standard_normal((60, 300)).round(1)
    response = PairResponse.of(rng.standard_normal(60), rng.standard_normal((60, 2)))
    constants = constants_of(values, min_group=5)
    basis = PairBasis.of(values, constants, response, np.zeros(300, np.int32))
    one = scan_pairs(basis, response, keep=20, min_group=5)
    two = scan_pairs(basis, response, keep=20, min_group=5, threads=2)
    parts = [scan_pairs(basis, response, keep=20, min_group=5, part=k, parts=3) for k in range(3)]
    joined = parts[2].joined(parts[0]).joined(parts[1])
    for other in (two, joined):
        assert other.n_pairs == one.n_pairs == 300 * 299 // 2
        np.testing.assert_array_equal(other.refused, one.refused)
        np.testing.assert_array_equal(other.maxima, one.maxima)
        for v in range(len(STATISTICS)):
            for a, b in zip(one.best.ordered(v), other.best.ordered(v), strict=True):
                np.testing.assert_array_equal(a, b)


def test_maxima_of_a_permuted_residual_are_those_of_a_search_of_its_own():
    _, _, response, basis = study()
    strata = np.repeat([0, 1], 60)
    permuted = response.permuted(3, generator=np.random.default_rng(5), strata=strata)
    together = scan_pairs(basis, response, residuals=permuted, min_group=MIN_GROUP)
    assert not together.best.size.any()
    for row, maxima in zip(permuted, together.maxima, strict=True):
        alone = PairResponse(row, response.root, response.basis)
        found = scan_pairs(basis, alone, keep=5, min_group=MIN_GROUP)
        np.testing.assert_allclose(maxima, found.maxima[0], rtol=1e-4)
    np.testing.assert_allclose(permuted @ response.basis, 0, atol=1e-12)


def test_statistics_are_distinct_formulas():
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal(4000) * 1.7 + 0.3, rng.standard_normal(4000)
    constants = constants_of(np.column_stack([a, b]), min_group=10)
    f = np.column_stack([formula_values(s, a, b, constants) for s in STATISTICS])
    correlation = np.abs(np.corrcoef(f.T)) - np.eye(len(STATISTICS))
    assert correlation.max() < 0.99
