"""Maximally selected rank statistics."""

from itertools import permutations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.errors import ConfigError, DataError
from biomarker.rng import stream
from biomarker.stats import diagnostics as dx

from ....golden.validation.reading import r_data, synthetic_patients

METHODS = ("lausen92", "lausen94", "hothorn-lausen", "permutation")


def brute_maximum(x, a, low=0.1, high=0.9):
    """Every cut-off by hand."""
    n, best = len(x), (0.0, None)
    for cut in np.unique(x)[:-1]:
        below = x <= cut
        m = below.sum()
        if np.floor(n * low) <= m <= np.floor(n * high):
            t = (a[below].sum() - m * a.mean()) / np.sqrt(m * (n - m) / n * a.var(ddof=1))
            best = max(best, (abs(t), cut))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_statistic_is_the_largest_over_all_cut_offs(seed):
    rng = np.random.default_rng(seed)
    x, a = rng.integers(0, 15, 40).astype(float), rng.standard_normal(40)
    found = dx.maximally_selected(x, a, method="lausen94")
    assert_allclose((found.statistic, found.cutoff), brute_maximum(x, a))
    assert found.n_low == (x <= found.cutoff).sum()


def test_exact_bound_and_permutation_against_all_permutations():
    """Oracle: all 5,040 orders of seven whole-number scores."""
    x, a = np.arange(7.0), np.array([0, 1, 1, 3, 4, 6, 7.0])
    seen = dx.maximally_selected(x, a, method="hothorn-lausen")
    every = np.array([brute_maximum(x, np.array(order))[0] for order in permutations(a)])
    truth = np.mean(every >= seen.statistic - 1e-9)
    assert seen.p_value >= truth - 1e-12
    assert seen.p_value < 2.5 * truth
    random = dx.maximally_selected(x, a, rng=stream(1), n_permutations=20_000)
    assert abs(random.p_value - truth) < 4 * random.p_std_error


@pytest.mark.parametrize("method", METHODS)
def test_the_p_value_allows_for_the_search(method):
    """Under the null hypothesis no method rejects more often than it says; a plain test of the best cut-off does."""
    rng, p, naive = stream(2, method), [], []
    for _ in range(400):
        x, t, c = rng.standard_normal(50), rng.exponential(1, 50), rng.exponential(2, 50)
        scores = dx.log_rank_scores(np.minimum(t, c), (t <= c) * 1.0)
        found = dx.maximally_selected(x, scores, method=method, rng=rng, n_permutations=200)
        p.append(found.p_value)
        naive.append(found.statistic > 1.96)
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    assert np.mean(naive) > 0.2


def test_a_real_cut_off_is_found():
    rng = stream(3)
    x = rng.random(300)
    found = dx.maximally_selected(x, (x > 0.6) * 1.5 + rng.standard_normal(300), rng=rng, n_permutations=500)
    assert abs(found.cutoff - 0.6) < 0.06
    assert found.p_value < 0.01


def test_scores_sum_to_zero_without_ties_and_both_ways_of_ties_then_agree():
    rng = np.random.default_rng(4)
    t, d = rng.exponential(1, 30), (rng.random(30) < 0.7) * 1.0
    one, two = dx.log_rank_scores(t, d), dx.log_rank_scores(t, d, ties="last")
    assert_allclose(one, two)
    assert_allclose(one.sum(), 0, atol=1e-12)
    tied = np.ceil(3 * t)
    assert_allclose(dx.log_rank_scores(tied, d).sum(), 0, atol=1e-12)
    assert not np.allclose(dx.log_rank_scores(tied, d), dx.log_rank_scores(tied, d, ties="last"))


def test_turning_the_marker_turns_the_sides_and_nothing_else():
    rng = np.random.default_rng(5)
    x, a = rng.standard_normal(41), rng.standard_normal(41)
    one = dx.maximally_selected(x, a, method="lausen94", min_share=0.2, max_share=0.8)
    two = dx.maximally_selected(np.exp(x), 3 - 2 * a, method="lausen94", min_share=0.2, max_share=0.8)
    assert_allclose([one.statistic, one.p_value], [two.statistic, two.p_value])
    assert_array_equal(np.sign(one.statistics), -np.sign(two.statistics))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"method": "permutation"}, ConfigError, "rng is None"),
        ({"method": "best"}, ConfigError, "method is 'best', expected one of"),
        ({"min_share": 0.9, "max_share": 0.1}, ConfigError, "max_share is 0.1, expected .*above 0.9"),
        ({"scores": np.ones(20)}, DataError, "scores are 1 for all subjects"),
        ({"marker": np.ones(20)}, DataError, "marker has no cut-off"),
        ({"marker": np.r_[np.nan, np.arange(19.0)]}, DataError, r"marker\[0\] is nan"),
        (
            {"marker": np.arange(500.0), "scores": np.arange(500.0), "method": "hothorn-lausen"},
            ConfigError,
            "expected at most 400",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change, error, message):
    arguments = {"marker": np.arange(20.0), "scores": np.arange(20.0), "method": "lausen94"} | change
    with pytest.raises(error, match=message):
        dx.maximally_selected(arguments.pop("marker"), arguments.pop("scores"), **arguments)


@pytest.mark.parametrize(
    ("package", "name", "marker", "outcome", "shares", "statistic", "p_value"),
    [
        ("maxstat", "hohnloser", "EF", ("month", "cens"), (0.1, 0.9), 3.563938203466, 0.006669997852),
        ("maxstat", "treepipit", "coverstorey", "counts", (0.2, 0.8), 4.313879811, 0.0001141388987),
    ],
)
def test_the_printed_numbers_of_maxstat_are_reproduced_and_the_bound_is_above_them(
    package, name, marker, outcome, shares, statistic, p_value
):
    """R maxstat 0.7-25, pmethod HL, on its own data sets; both markers have ties."""
    table = r_data(package, name)
    scores = (
        table[outcome] if isinstance(outcome, str) else dx.log_rank_scores(*(table[k] for k in outcome), ties="last")
    )
    options = {"method": "hothorn-lausen", "min_share": shares[0], "max_share": shares[1]}
    found = dx.maximally_selected(table[marker], scores, **options, bound="maxstat")
    assert_allclose([found.statistic, found.p_value], [statistic, p_value], rtol=1e-8)
    assert dx.maximally_selected(table[marker], scores, **options).p_value > p_value


def test_numbers_of_maxstat_on_the_synthetic_patients():
    d = synthetic_patients()
    for scores, shares, p_value in (
        (dx.rank_scores(d["y"]), (0.1, 0.9), 0.00054083097303),
        (dx.log_rank_scores(d["time"], d["status"], ties="last"), (0.2, 0.8), 0.30556896253),
        (dx.rank_scores(d["marker2"]), (0.1, 0.9), 0.00035940506579),
    ):
        found = dx.maximally_selected(
            d["marker"], scores, method="hothorn-lausen", bound="maxstat", min_share=shares[0], max_share=shares[1]
        )
        assert_allclose(found.p_value, p_value, rtol=1e-8)
