"""TMM and log counts per million: edgeR's numbers, an independent slow implementation, properties, a known truth."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata

from biomarker.arrays import to_host
from biomarker.errors import InsufficientDataError, NumericalError
from biomarker.stats.tmm import log_cpm, tmm_factors, tmm_reference

EDGER = Path(__file__).resolve().parents[2] / "golden" / "edger"
CASES = sorted(path.name.split(".")[0] for path in EDGER.glob("*.counts.csv"))


def read(case: str, what: str) -> np.ndarray:
    return np.loadtxt(EDGER / f"{case}.{what}.csv", delimiter=",").T


def counts_of(seed: int, n: int = 6, p: int = 300, depth: float = 5e4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shares = rng.gamma(0.7, size=p)
    return rng.negative_binomial(3, 3 / (3 + depth * shares / shares.sum()), size=(n, p)).astype(float)


def slow_factors(counts: np.ndarray, trim: float = 0.3, sum_trim: float = 0.05) -> np.ndarray:
    """The paper's definition, gene by gene, with every rank computed."""
    sizes = counts.sum(axis=1)
    shown = counts[:, counts.any(axis=0)]
    quartiles = np.array([np.quantile(row / size, 0.75) for row, size in zip(shown, sizes, strict=True)])
    r = int(np.argmin(abs(quartiles - quartiles.mean())))
    logs = []
    for k in range(len(counts)):
        rows = []
        for y, z in zip(counts[k], counts[r], strict=True):
            if y > 0 and z > 0:
                p, q = y / sizes[k], z / sizes[r]
                variance = (sizes[k] - y) / sizes[k] / y + (sizes[r] - z) / sizes[r] / z
                rows.append((np.log2(p / q), (np.log2(p) + np.log2(q)) / 2, variance))
        m, a, v = np.array(rows).T
        low, low_a = int(len(m) * trim) + 1, int(len(m) * sum_trim) + 1
        rank_m, rank_a = rankdata(m), rankdata(a)
        keep = (rank_m >= low) & (rank_m <= len(m) + 1 - low) & (rank_a >= low_a) & (rank_a <= len(m) + 1 - low_a)
        logs.append(np.sum(m[keep] / v[keep]) / np.sum(1 / v[keep]))
    raw = 2 ** np.array(logs)
    return raw / np.exp(np.mean(np.log(raw)))


@pytest.mark.parametrize("case", CASES)
def test_factors_are_those_of_edger(backend, case):
    counts = backend.make(read(case, "counts"))
    factors = tmm_factors(counts, tmm_reference(counts))
    np.testing.assert_allclose(to_host(factors), read(case, "factors"), rtol=1e-8, atol=0)


@pytest.mark.parametrize("case", CASES)
def test_log_cpm_is_that_of_edger(backend, case):
    counts = backend.make(read(case, "counts"))
    reference = tmm_reference(counts)
    values = log_cpm(counts, tmm_factors(counts, reference), mean_size=reference.mean_size, prior_count=2.0)
    np.testing.assert_allclose(to_host(values), read(case, "logcpm"), rtol=0, atol=1e-8)


def test_golden_cases_hold_what_they_are_named_for():
    assert {"zeros", "sizes", "ties", "sparse"} <= set(CASES)
    sizes = read("sizes", "counts").sum(axis=1)
    assert sizes.max() > 300 * sizes.min()
    assert (read("zeros", "counts") == 0).mean() > 0.5
    assert len(np.unique(read("ties", "counts"))) == 5
    assert (np.quantile(read("sparse", "counts"), 0.75, axis=1) <= 1).all()


@pytest.mark.parametrize("seed", range(5))
def test_factors_are_those_of_a_slow_implementation(seed):
    counts = counts_of(seed, depth=800 * 4**seed)
    np.testing.assert_allclose(tmm_factors(counts, tmm_reference(counts)), slow_factors(counts), rtol=1e-12)


@given(arrays(np.float64, (4, 30), elements=st.integers(0, 40).map(float)).filter(lambda y: y.any(axis=1).all()))
def test_factors_of_the_fitted_libraries_multiply_to_one(counts):
    factors = tmm_factors(counts, tmm_reference(counts))
    assert np.prod(factors) == pytest.approx(1, rel=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_one_library_alone_has_the_values_it_has_among_others(seed):
    counts = counts_of(seed, n=5, p=60, depth=2000)
    reference = tmm_reference(counts[:3])
    together = tmm_factors(counts, reference)
    for k in range(5):
        alone = tmm_factors(counts[k : k + 1], reference)
        assert alone[0] == together[k]
        one, all_of_them = (
            log_cpm(y, f, mean_size=reference.mean_size) for y, f in ((counts[k : k + 1], alone), (counts, together))
        )
        np.testing.assert_array_equal(one[0], all_of_them[k])


def test_order_of_features_and_features_never_seen_do_not_matter():
    counts = counts_of(7)
    order = np.random.default_rng(1).permutation(counts.shape[1])
    longer = np.concatenate([counts[:, order], np.zeros((len(counts), 50))], axis=1)
    given_, changed = (tmm_factors(y, tmm_reference(y)) for y in (counts, longer))
    np.testing.assert_allclose(changed, given_, rtol=1e-12)


def test_composition_of_a_library_is_undone():
    """A tenth of the genes takes half of the reads of the last three libraries: the others look halved, and are not."""
    rng = np.random.default_rng(3)
    mean = np.full((6, 2000), 200.0)
    mean[3:, :200] *= 10
    counts = rng.poisson(mean).astype(float)
    factors = tmm_factors(counts, tmm_reference(counts))
    effective = counts.sum(axis=1) * factors
    np.testing.assert_allclose(effective / effective[0], 1, atol=0.02)
    assert counts[4].sum() / counts[0].sum() > 1.8


def test_library_without_any_count_is_missing_and_changes_nobody():
    counts = counts_of(5)
    with_empty = np.concatenate([counts, np.zeros((1, counts.shape[1]))])
    reference = tmm_reference(with_empty)
    factors = tmm_factors(with_empty, reference)
    np.testing.assert_allclose(factors[:-1], tmm_factors(counts, tmm_reference(counts)), rtol=1e-12)
    values = log_cpm(with_empty, factors, mean_size=reference.mean_size)
    assert np.isnan(values[-1]).all()
    assert np.isfinite(values[:-1]).all()


def test_missing_count_stays_missing_and_is_in_no_sum():
    counts = counts_of(6)
    holed = counts.copy()
    holed[2, :10] = np.nan
    zeroed = np.nan_to_num(holed)
    reference = tmm_reference(counts)
    np.testing.assert_array_equal(tmm_factors(holed, reference), tmm_factors(zeroed, reference))
    values = log_cpm(holed, tmm_factors(holed, reference), mean_size=reference.mean_size)
    assert np.isnan(values[2, :10]).all()
    assert np.isnan(values).sum() == 10


@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_what_is_no_count_is_refused(value):
    counts = counts_of(1)
    counts[0, 0] = value
    with pytest.raises(NumericalError, match="negative or infinite"):
        tmm_reference(counts)


def test_nothing_counted_at_all_is_said():
    with pytest.raises(InsufficientDataError, match="no subject has a count"):
        tmm_reference(np.zeros((3, 4)))
