"""Concordance: against every permutation, other packages, and a slow loop."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from lifelines.utils import concordance_index
from scipy import stats
from sklearn.metrics import roc_auc_score

from biomarker.stats import concordance, known_order


def by_a_slow_loop(x, time, event):
    """Harrell's C, pair by pair."""
    good, pairs = 0.0, 0
    for i in range(len(x)):
        for j in range(len(x)):
            if event[i] and (time[i] < time[j] or (time[i] == time[j] and not event[j])):
                pairs += 1
                good += 0.5 if x[i] == x[j] else float(x[i] < x[j])
    return good / pairs, pairs


def with_ties(rng, n):
    return rng.integers(0, 6, n).astype(float)


@pytest.mark.parametrize("seed", range(3))
def test_of_two_classes_it_is_the_area_under_the_curve_and_the_test_of_mann_and_whitney(seed):
    rng = np.random.default_rng(seed)
    x, y = with_ties(rng, 40), rng.permutation(np.arange(40) % 3 == 0).astype(float)
    found = concordance(x, known_order(y))
    assert found.value == pytest.approx(roc_auc_score(y, x), abs=1e-12)
    known = stats.mannwhitneyu(x[y == 1], x[y == 0], method="asymptotic", use_continuity=False)
    assert found.p_value == pytest.approx(known.pvalue, rel=1e-9)
    assert (found.n, found.n_pairs) == (40, 14 * 26)


@pytest.mark.parametrize("seed", range(3))
def test_of_numbers_it_is_kendall_s_test(seed):
    rng = np.random.default_rng(seed)
    x, y = with_ties(rng, 30), with_ties(rng, 30)
    found = concordance(x, known_order(y))
    assert found.p_value == pytest.approx(stats.kendalltau(x, y, method="asymptotic").pvalue, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_of_times_it_is_harrell_s_c(seed):
    rng = np.random.default_rng(seed)
    x, time, event = with_ties(rng, 30), with_ties(rng, 30) + 1, rng.integers(0, 2, 30)
    value, pairs = by_a_slow_loop(x, time, event)
    found = concordance(x, known_order(time, event))
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.n_pairs == pairs
    untied = rng.permutation(30) + 1.0
    found = concordance(x, known_order(untied, event))
    assert found.value == pytest.approx(concordance_index(untied, x, event), abs=1e-12)


@pytest.mark.parametrize("kind", ["binary", "numbers", "times"])
def test_mean_and_variance_are_those_of_all_permutations(kind):
    x = np.array([1.0, 1.0, 2.0, 5.0, 5.0, 7.0])
    order = {
        "binary": known_order(np.array([0, 1, 1, 0, 1, 0])),
        "numbers": known_order(np.array([3.0, 1.0, 1.0, 2.0, 8.0, 5.0])),
        "times": known_order(np.array([3.0, 1.0, 1.0, 2.0, 8.0, 5.0]), np.array([0, 1, 0, 1, 1, 1])),
    }[kind]
    every = [concordance(x[list(p)], order) for p in permutations(range(6))]
    values = np.array([one.value for one in every])
    assert values.mean() == pytest.approx(0.5, abs=1e-12)
    assert np.std(values) == pytest.approx((every[0].value - 0.5) / every[0].statistic, rel=1e-9)


def test_a_subject_without_a_value_is_as_if_it_were_not_there():
    rng = np.random.default_rng(1)
    x, time, event = rng.normal(size=25), rng.exponential(size=25), rng.integers(0, 2, 25)
    x[[3, 7]] = np.nan
    there = np.isfinite(x)
    assert concordance(x, known_order(time, event)) == concordance(x[there], known_order(time[there], event[there]))
    missing = np.where(there, time, np.nan)
    assert not known_order(missing, event)[3].any()
    assert not known_order(missing, event)[:, 7].any()


def test_turning_the_feature_round_turns_the_concordance_round():
    rng = np.random.default_rng(2)
    x, order = with_ties(rng, 20), known_order(rng.normal(size=20))
    up, down = concordance(x, order), concordance(-x, order)
    assert up.value + down.value == pytest.approx(1)
    assert up.statistic == pytest.approx(-down.statistic)


def test_what_cannot_be_known_is_not_a_number():
    order = known_order(np.array([0.0, 1.0, 1.0, 0.0]))
    assert np.isnan(concordance(np.full(4, np.nan), order).value)
    constant = concordance(np.ones(4), order)
    assert constant.value == 0.5
    assert np.isnan(constant.p_value)
    with pytest.raises(ValueError, match="does not fit"):
        concordance(np.ones(3), order)
