"""Nogueira's index against its definition written out, and its interval against repeated draws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker.errors import InsufficientDataError
from biomarker.stats.selection_stability import selection_stability


def by_definition(selected):
    """The published formulas, sum by sum."""
    m, d = len(selected), len(selected[0])
    shares = [sum(row[f] for row in selected) / m for f in range(d)]
    k = sum(sum(row) for row in selected) / m
    variance = sum(m / (m - 1) * p * (1 - p) for p in shares) / d
    chance = (k / d) * (1 - k / d)
    index = 1 - variance / chance
    phi = []
    for row in selected:
        own = sum(row)
        first = sum(z * p for z, p in zip(row, shares, strict=True)) / d
        phi.append((first - own * k / d**2 + index / 2 * (2 * k * own / d**2 - own / d - k / d + 1)) / chance)
    mean = sum(phi) / m
    return index, 4 / m**2 * sum((one - mean) ** 2 for one in phi)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_published_index_and_variance(seed):
    draw = np.random.default_rng(seed)
    selected = draw.random((12, 30)) < draw.beta(0.5, 1.5, 30)
    index, variance = by_definition(selected.tolist())
    found = selection_stability(selected)
    assert_allclose(found.index, index, rtol=1e-12)
    assert_allclose((found.index - found.ci_low) / 1.959963984540054, np.sqrt(variance), rtol=1e-10)
    assert_allclose(found.share, selected.mean(axis=0))


def test_the_same_selection_always_is_1_and_a_random_one_is_about_0():
    same = np.zeros((10, 40), dtype=bool)
    same[:, :5] = True
    assert selection_stability(same).index == pytest.approx(1.0)
    draw = np.random.default_rng(1)
    random = np.array([draw.permutation(40) < 5 for _ in range(400)])
    assert abs(selection_stability(random).index) < 0.02


def test_the_interval_holds_the_index_of_the_population_in_about_95_percent():
    draw = np.random.default_rng(7)
    chances = np.concatenate([np.full(5, 0.8), np.full(45, 0.05)])
    k = chances.mean()
    true = 1 - (chances * (1 - chances)).mean() / (k * (1 - k))
    found = [selection_stability(draw.random((100, 50)) < chances) for _ in range(400)]
    held = np.mean([one.ci_low <= true <= one.ci_high for one in found])
    assert 0.91 <= held <= 0.985


def test_halves_of_one_split_count_once():
    draw = np.random.default_rng(3)
    once = draw.random((20, 30)) < 0.2
    twice = np.repeat(once, 2, axis=0)
    alone, paired = selection_stability(twice), selection_stability(twice, pairs=True)
    assert paired.index == alone.index
    assert (paired.ci_high - paired.ci_low) == pytest.approx((alone.ci_high - alone.ci_low) * np.sqrt(2))


def test_nothing_or_everything_selected_has_no_index_and_one_selection_is_refused():
    assert np.isnan(selection_stability(np.zeros((4, 5), dtype=bool)).index)
    assert np.isnan(selection_stability(np.ones((4, 5), dtype=bool)).index)
    with pytest.raises(InsufficientDataError, match="1 selections"):
        selection_stability(np.ones((1, 5), dtype=bool))
