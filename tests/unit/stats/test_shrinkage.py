"""Shrunken effects: the posterior by brute force, and what selection does to coverage."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats as sps

from biomarker.rng import stream
from biomarker.stats.shrinkage import Prior, fit_prior, shrink


def test_the_posterior_of_a_mixture_is_that_of_a_grid():
    """Oracle: prior times likelihood on a fine grid, the atom beside it."""
    prior = Prior(np.array([0.0, 1.0, 3.0]), np.array([0.6, 0.3, 0.1]), 100)
    grid = np.linspace(-25, 25, 200_001)
    step = grid[1] - grid[0]
    for z in (-4.0, 0.3, 2.5, 6.0):
        smooth = (
            sum(w * sps.norm.pdf(grid, 0, s) for w, s in ((0.3, 1.0), (0.1, 3.0))) * sps.norm.pdf(z, grid, 1) * step
        )
        atom = 0.6 * sps.norm.pdf(z)
        total = smooth.sum() + atom
        found = shrink([z], prior)
        assert_allclose(found.mean, (grid * smooth).sum() / total, atol=1e-6)
        assert_allclose(found.null_share, atom / total, atol=1e-6)
        below = np.cumsum(smooth) + atom * (grid >= 0)
        for limit, p in ((found.low[0], 0.025), (found.high[0], 0.975)):
            assert_allclose(limit, grid[np.searchsorted(below, p * total)], atol=2e-3)


def test_nothing_is_shrunk_to_nothing_and_the_sign_is_kept():
    z = stream(1, "null").standard_normal(5000)
    found = shrink(z, fit_prior(z))
    assert np.abs(found.mean).max() < 0.6 * np.abs(z).max()
    assert (found.mean * z >= 0).all()
    assert (np.abs(found.mean) <= np.abs(z) + 1e-12).all()
    flipped = shrink(-z, fit_prior(-z))
    assert_allclose(flipped.mean, -found.mean)
    assert_allclose(flipped.low, -found.high, atol=1e-8)


def test_the_order_of_the_family_does_not_matter_and_far_statistics_are_finite():
    z = np.append(stream(2, "family").standard_normal(300), [40.0, -300.0])
    one, other = fit_prior(z), fit_prior(z[::-1])
    assert_allclose(one.weight, other.weight, rtol=1e-9)
    found = shrink([40.0, -300.0], one)
    assert np.isfinite(found.mean).all()
    assert abs(found.mean[0] - 40) < 2


@pytest.mark.slow
@pytest.mark.parametrize("law", ["normal", "laplace", "sparse"])
@pytest.mark.parametrize("size", [200, 5000])
def test_intervals_of_the_leaders_hold_the_truth(law, size):
    """The first ten by size: 93 to 97%, within 2.6 errors of 300 families; the raw intervals hold it far less often."""
    held, naive, families = [], [], 300
    for trial in range(families):
        rng = stream(20261122, "shrinkage", law, size, trial)
        truth = np.zeros(size)
        some = size // (100 if law == "sparse" else 5)
        truth[:some] = rng.laplace(0, 2, some) if law == "laplace" else rng.normal(0, 3, some)
        z = truth + rng.standard_normal(size)
        first = np.argsort(-np.abs(z))[:10]
        found = shrink(z[first], fit_prior(z))
        held.append(((found.low <= truth[first]) & (truth[first] <= found.high)).mean())
        naive.append((np.abs(z[first] - truth[first]) < 1.96).mean())
    error = 2.6 * np.std(held) / np.sqrt(families)
    assert 0.93 - error <= np.mean(held) <= 0.97 + error, np.mean(held)
    assert np.mean(naive) < np.mean(held)
