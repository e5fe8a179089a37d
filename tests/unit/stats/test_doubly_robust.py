"""Doubly robust slopes: their formula, their unbiasedness, their level in small trials, prognostic decoys."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binom

from biomarker.errors import ConfigError, DataError, NumericalError
from biomarker.stats import Status
from biomarker.stats.doubly_robust import effect_slopes, influence_values, pseudo_outcomes

FOLD = np.arange(125) % 5


def trial(rng, *, n=125, p=40, effect=0.0):
    """One-to-one trial: feature 0 prognostic, feature 1 (where effect) predictive; skewed noise."""
    w = rng.standard_normal((n, p))
    a = (rng.random(n) < 0.5).astype(float)
    y = 2.0 * w[:, 0] + a * (1.0 + effect * w[:, 1]) + rng.standard_exponential(n)
    return w, a, y


def pseudo(w, a, y):
    """With an outcome model that is wrong: it knows the prognostic feature by half and no effect."""
    return pseudo_outcomes(y, a, if_active=w[:, 0], if_control=w[:, 0], propensity=0.5).effect


def test_pseudo_outcome_is_the_difference_of_the_two_augmented_means():
    y, a = np.array([3.0, 5.0]), np.array([1.0, 0.0])
    q1, q0, pi = np.array([2.0, 4.0]), np.array([1.0, 3.0]), np.array([0.25, 0.6])
    both = pseudo_outcomes(y, a, if_active=q1, if_control=q0, propensity=pi)
    assert_allclose(both.effect, [(2 + (3 - 2) / 0.25) - 1, 4 - (3 + (5 - 3) / 0.4)])
    assert_allclose(both.level, [((2 + (3 - 2) / 0.25) + 1) / 2, (4 + (3 + (5 - 3) / 0.4)) / 2])


def test_slopes_are_those_of_the_formula_with_marker_and_effect_centred_in_the_fold(backend):
    rng = np.random.default_rng(1)
    w, a, y = trial(rng)
    d = pseudo(w, a, y)
    found = effect_slopes(backend.make(w), backend.make(d), FOLD)
    influence = np.asarray(influence_values(backend.make(w), backend.make(d), FOLD))
    centre = lambda v: v - np.array([v[f == FOLD].mean() for f in range(5)])[FOLD]  # noqa: E731
    for j in range(w.shape[1]):
        b, c = centre(w[:, j]), centre(d)
        slope = (c * b).mean() / (b * b).mean()
        assert_allclose(found.estimate[j, 0], slope, rtol=1e-9)
        assert_allclose(influence[:, j], (c - slope * b) * b / (b * b).mean(), rtol=1e-8, atol=1e-10)
    assert_allclose(influence.mean(axis=0), 0.0, atol=1e-12)


def test_the_published_error_is_smaller_than_ours_in_a_small_trial_and_the_same_in_a_large_one():
    rng = np.random.default_rng(2)
    for n, low, high in ((60, 1.03, 1.6), (6000, 0.999, 1.02)):
        w, a, y = trial(rng, n=n, p=10)
        fold = np.arange(n) % 5
        d = pseudo(w, a, y)
        published = np.std(influence_values(w, d, fold), axis=0) / np.sqrt(n)
        ratio = np.mean(effect_slopes(w, d, fold).std_error[:, 0] / published)
        assert low < ratio < high


def test_level_holds_at_125_subjects_also_for_skewed_and_rare_markers_and_a_prognostic_decoy():
    rng = np.random.default_rng(20)
    p_values, decoy = [], []
    for _ in range(150):
        w, a, y = trial(rng, p=120)
        d = pseudo(w, a, y)
        w[:, 40:80] = np.exp(w[:, 40:80])
        w[:, 80:] = w[:, 80:] < -1.3
        found = effect_slopes(w, d, FOLD).p_value[:, 0]
        decoy.append(found[0])
        p_values.append(found[2:])
    for values in (np.concatenate(p_values), np.array(decoy)):
        tested = values[~np.isnan(values)]
        for level in (0.05, 0.01):
            assert (tested <= level).sum() <= binom.ppf(0.99, tested.size, level)


def test_a_prognostic_marker_has_no_slope_and_a_predictive_one_has_its_own():
    rng = np.random.default_rng(5)
    w, a, y = trial(rng, n=20_000, p=4, effect=1.5)
    found = effect_slopes(w, pseudo(w, a, y), np.arange(20_000) % 5)
    assert_allclose(found.estimate[:, 0], [0.0, 1.5, 0.0, 0.0], atol=4 * found.std_error.max())
    assert found.p_value[0, 0] > 0.01
    assert found.p_value[1, 0] < 1e-10


@pytest.mark.parametrize("wrong", ["propensity", "outcome"])
def test_one_of_propensity_and_outcome_model_may_be_wrong(wrong):
    rng = np.random.default_rng(6)
    n = 40_000
    w = rng.standard_normal((n, 2))
    pi = 1.0 / (1.0 + np.exp(-w[:, 0]))
    a = (rng.random(n) < pi).astype(float)
    y = 2.0 * w[:, 0] + a * (1.0 + w[:, 1]) + rng.standard_normal(n)
    q0 = 2.0 * w[:, 0] if wrong == "propensity" else np.zeros(n)
    q1 = q0 + 1.0 + w[:, 1] if wrong == "propensity" else np.zeros(n)
    both = pseudo_outcomes(y, a, if_active=q1, if_control=q0, propensity=0.5 if wrong == "propensity" else pi)
    found = effect_slopes(w, both.effect, np.arange(n) % 5)
    assert_allclose(found.estimate[:, 0], [0.0, 1.0], atol=4 * found.std_error.max())


def test_what_cannot_be_tested_says_why():
    rng = np.random.default_rng(7)
    w, a, y = trial(rng)
    w[:, 3], w[:, 4], w[:, 5] = 7.0, 0.0, 1e300 * w[:, 5]
    w[:2, 4] = 1.0
    w[:, 6] = FOLD  # constant within folds
    status = effect_slopes(w, pseudo(w, a, y), FOLD).status[:, 0]
    assert_array_equal(status[3:7], [Status.CONSTANT, Status.TOO_FEW, Status.OVERFLOW, Status.CONSTANT])


def test_bad_arguments_are_refused_by_name():
    w, a, y = trial(np.random.default_rng(8))
    with pytest.raises(ConfigError, match="propensity"):
        pseudo_outcomes(y, a, if_active=y, if_control=y, propensity=1.0)
    with pytest.raises(DataError, match="fold has one subject"):
        effect_slopes(w, y, np.arange(125) // 2)
    with pytest.raises(DataError, match="fold holds 3 subjects"):
        effect_slopes(w, y, np.zeros(3, dtype=np.int64))
    w[0, 0] = np.nan
    with pytest.raises(NumericalError, match="missing values"):
        effect_slopes(w, y, FOLD)


def test_the_size_of_blocks_changes_nothing_beyond_rounding():
    w, a, y = trial(np.random.default_rng(9))
    d = pseudo(w, a, y)
    small, large = effect_slopes(w, d, FOLD, block_bytes=1), effect_slopes(w, d, FOLD)
    assert_allclose(small.log10_p, large.log10_p, rtol=1e-12)
