"""Saddlepoint tails against exact laws: binomial, every outcome of a few subjects, convolutions of whole numbers."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import binom, norm

from biomarker.stats import cox_screen, logistic_screen
from biomarker.stats.saddlepoint import Bernoulli, Resampled, log10_p_of_sums


def p_of(score, weights, law):
    return 10 ** log10_p_of_sums(np.atleast_1d(score).astype(float), weights, law)


class Direct:
    """The pool's generating function from its definition."""

    def __init__(self, spread, pool):
        table = Resampled.of(spread, pool)
        self.spread, self.pool, self.central = table.spread, table.pool, table.central

    def generating(self, argument):
        s = (argument * self.spread[:, None])[:, :, None]
        weight = np.exp(s * self.pool)
        mean, first, second = ((weight * self.pool**k).mean(axis=2) for k in (0, 1, 2))
        spread = self.spread[:, None]
        return np.log(mean), spread * first / mean, spread**2 * (second / mean - (first / mean) ** 2)


@pytest.mark.parametrize("successes", [0, 2, 14, 18, 24, 30, 39])
def test_on_a_lattice_it_lies_between_beyond_and_at_least_and_near_the_mid_p(successes):
    n, chance = 40, 0.2
    away = [(abs(k - 8), binom.pmf(k, n, chance)) for k in range(n + 1)]
    beyond, at = (sum(p for d, p in away if test(d)) for test in (abs(successes - 8).__lt__, abs(successes - 8).__eq__))
    (found,) = p_of(successes - 8.0, np.ones((n, 1)), Bernoulli(np.full(n, chance)))
    assert beyond < found < beyond + at
    if found > 1e-6:
        assert_allclose(found, beyond + at / 2, rtol=0.15)


def test_the_end_of_the_support_is_bounded_by_its_own_probability():
    mean, weights = np.full(12, 0.3), np.ones((12, 1))
    found = p_of(12 * 0.7, weights, Bernoulli(mean))
    assert_allclose(found, 0.3**12, rtol=1e-6)
    beyond = log10_p_of_sums(np.array([20.0]), weights, Bernoulli(mean))
    assert np.isfinite(beyond).all()
    assert beyond[0] <= np.log10(found[0]) + 1e-9


def test_over_every_outcome_of_fourteen_subjects_it_is_the_exact_tail():
    rng = np.random.default_rng(3)
    mean, weights = rng.uniform(0.1, 0.6, 14), rng.lognormal(0, 0.7, 14)
    every = np.array(list(product((0.0, 1.0), repeat=14)))
    sums = (every - mean) @ weights
    chance = np.prod(np.where(every == 1, mean, 1 - mean), axis=1)
    for target in (0.05, 0.01, 1e-3, 1e-4):
        order = np.argsort(-np.abs(sums))
        score = abs(sums[order][np.searchsorted(np.cumsum(chance[order]), target)])
        exact = chance[np.abs(sums) >= score - 1e-12].sum()
        assert_allclose(p_of(score, weights[:, None], Bernoulli(mean)), exact, rtol=0.2)


def test_resampled_residuals_have_the_tail_of_their_convolution():
    """Whole-numbered weights and residuals, so that the law of the sum is a polynomial product."""
    rng = np.random.default_rng(4)
    pool = rng.permutation(np.repeat([-3, -1, 0, 1, 6], [14, 9, 18, 3, 8]))  # mean zero, skewed
    weights = rng.integers(1, 6, 60) * rng.choice([-1, 1], 60)
    law, low = np.ones(1), 0
    for weight in weights:
        steps = weight * pool
        one = np.bincount(steps - steps.min(), minlength=1) / pool.size
        law, low = np.convolve(law, one), low + steps.min()
    values = low + np.arange(law.size)
    for target in (0.05, 0.01, 1e-3, 1e-5):
        score = next(v for v in range(values.max()) if law[np.abs(values) >= v].sum() <= target)
        exact = law[np.abs(values) > score].sum() + law[np.abs(values) == score].sum() / 2
        found = p_of(score, weights[:, None].astype(float), Resampled.of(np.ones(60), pool.astype(float)))
        assert_allclose(found, exact, rtol=0.12)


def test_the_table_gives_what_the_pool_gives():
    rng = np.random.default_rng(5)
    spread, pool, weights = rng.uniform(0.5, 1.5, 40), rng.exponential(1, 30) - 1, rng.lognormal(0, 1, (40, 3))
    score = np.array([3.0, -3.0, 5.0]) * np.sqrt((weights**2).sum(axis=0))
    found = log10_p_of_sums(score, weights, Resampled.of(spread, pool))
    assert_allclose(found, log10_p_of_sums(score, weights, Direct(spread, pool)), rtol=1e-5)
    for argument in (-3.0, 0.01, 2.0, 500.0):
        table = Resampled.of(spread, pool).generating(np.full((40, 1), argument))
        if argument < 400:
            for got, want in zip(table, Direct(spread, pool).generating(np.full((40, 1), argument)), strict=True):
                assert_allclose(got, want, rtol=1e-4, atol=1e-7)
        assert np.isfinite(np.concatenate(table)).all()


def test_many_equal_parts_are_normal():
    weights = np.random.default_rng(6).choice([-1.0, 1.0], (20_000, 1))
    for z in (1.9, 3.0, 6.0):
        found = p_of(z * np.sqrt(20_000 * 0.25), weights, Bernoulli(np.full(20_000, 0.5)))
        assert_allclose(found, 2 * norm.sf(z), rtol=0.01)


def test_series_and_saddlepoint_agree_where_one_takes_over_from_the_other():
    from biomarker.stats import saddlepoint

    rng = np.random.default_rng(7)
    mean, weights = np.full(400, 0.3), rng.standard_normal((400, 200))
    z = np.linspace(1.8, 3.5, 200)
    score = z * np.sqrt(0.21 * (weights**2).sum(axis=0))
    chosen = log10_p_of_sums(score, weights, Bernoulli(mean))
    scaled = weights / np.sqrt(0.21 * (weights**2).sum(axis=0))
    both = [saddlepoint._log_tail(side * z, scaled, Bernoulli(mean)) for side in (1.0, -1.0)]
    assert_allclose(10**chosen, np.exp(np.logaddexp(*both)), rtol=0.01)


def test_sign_and_scale_of_the_feature_do_not_matter():
    rng = np.random.default_rng(8)
    x, y = rng.lognormal(0, 1, (80, 5)), (rng.random(80) < 0.3).astype(float)
    x[:, 0] = rng.standard_normal(80) + 2 * y
    time = rng.exponential(np.exp(-y), 80)
    for screen in (
        lambda f: logistic_screen(f, y, np.ones((80, 1))),
        lambda f: cox_screen(f, time, np.ones(80), np.zeros((80, 0))),
    ):
        assert_allclose(screen(-1e5 * x + 3).log10_p, screen(x).log10_p, rtol=1e-8)
        assert screen(x).p_value[0, 0] < 0.05


def test_a_perfectly_separated_carrier_group_has_a_finite_small_p_value():
    y = np.repeat([1.0, 0.0], [30, 70])
    x = np.zeros((100, 1))
    x[:12] = 1.0
    result = logistic_screen(x, y, np.ones((100, 1)))
    # all twelve carriers respond: Fisher's exact p is C(30, 12) / C(100, 12)
    assert 1e-9 < result.p_value[0, 0] < 1e-5
