"""Predictive effects end to end: truths found, decoys left alone, each part fitted without the fold it is used on."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from scipy.stats import binom

from biomarker.data.splits import Splits
from biomarker.discovery.conditional import conditional_slopes
from biomarker.discovery.cross_fitted import Censored, cross_fitted
from biomarker.discovery.predictive import predictive_effects
from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.learners.elastic_net import ElasticNet
from biomarker.learners.training import Training
from biomarker.stats import Status, benjamini_hochberg, holm

QUICK = ElasticNet(n_penalties=16)


def trial(rng, *, n=240, p=30, effect=1.5, assignment=None):
    """Feature 0 and 1 prognostic, feature 2 predictive, feature 3 a copy of 2 with noise."""
    w = rng.standard_normal((n, p))
    w[:, 3] = 0.7 * w[:, 2] + 0.7 * w[:, 3]
    a = (rng.random(n) < (0.5 if assignment is None else assignment(w))).astype(float)
    y = 2.0 * w[:, 0] - w[:, 1] + a * (0.5 + effect * w[:, 2]) + rng.standard_normal(n)
    return Training(features=w, outcome=y, treatment=a, group=np.arange(n))


def splits_of(training, n_folds=5):
    return Splits.draw(training.group, n_folds=n_folds, seed=0, rng=np.random.default_rng(0))


def test_a_predictive_marker_is_found_and_prognostic_ones_are_told_apart():
    found = predictive_effects(trial(np.random.default_rng(1)), propensity=0.5, seed=1)
    assert found.overall.p_value < 0.01
    assert set(np.flatnonzero(holm(found.predictive.p_value)[:, 0] <= 0.05)) == {2, 3}
    assert set(np.flatnonzero(holm(found.conditional.p_value)[:, 0] <= 0.05)) == {2}
    assert {0, 1} <= set(np.flatnonzero(holm(found.prognostic.p_value)[:, 0] <= 0.05))
    assert abs(found.predictive.estimate[2, 0] - 1.5) < 3 * found.predictive.std_error[2, 0]


def test_the_same_seed_gives_the_same_bytes_and_another_other_folds():
    training = trial(np.random.default_rng(2), n=100, p=8)
    first, second, other = (predictive_effects(training, propensity=0.5, seed=s, learner=QUICK) for s in (1, 1, 2))
    assert first.predictive.log10_p.tobytes() == second.predictive.log10_p.tobytes()
    assert first.overall == second.overall
    assert not np.array_equal(first.splits.fold, other.splits.fold)


def test_a_held_out_subjects_absurd_outcome_changes_no_other_expectation_of_its_fold():
    training = trial(np.random.default_rng(3), n=120, p=6)
    splits = splits_of(training)
    victim = int(np.flatnonzero(splits.fold == 1)[0])
    outcome, features = training.outcome.copy(), training.features.copy()
    outcome[victim], features[victim] = 1e20, 1e20
    spoiled = replace(training, outcome=outcome, features=features)
    for propensity in (0.5, None):
        plain, other = (
            cross_fitted(t, splits, propensity=propensity, seed=4, learner=QUICK) for t in (training, spoiled)
        )
        others = (splits.fold == 1) & (np.arange(120) != victim)
        for name in ("if_active", "if_control", "propensity"):
            assert_array_equal(getattr(plain, name)[others], getattr(other, name)[others])


def test_nothing_is_called_where_there_are_prognostic_markers_alone():
    smallest, overall, p_values = [], [], []
    for replicate in range(40):
        training = trial(np.random.default_rng(100 + replicate), n=125, p=20, effect=0.0)
        found = predictive_effects(training, propensity=0.5, seed=replicate, learner=QUICK, flips=199)
        overall.append(found.overall.p_value)
        p_values.append(found.predictive.p_value[:, 0])
        smallest.append(benjamini_hochberg(found.conditional.p_value[:, 0]).min())
    assert (np.array(overall) <= 0.05).sum() <= binom.ppf(0.99, 40, 0.05)
    assert (np.array(smallest) <= 0.05).sum() <= binom.ppf(0.99, 40, 0.05)
    decoys = np.array(p_values)[:, :2].ravel()
    assert (decoys <= 0.05).sum() <= binom.ppf(0.99, 80, 0.05)
    assert (np.array(p_values) <= 0.01).sum() <= binom.ppf(0.99, 40 * 20, 0.01)


def test_nothing_is_called_in_a_large_trial_with_strong_and_bent_prognostic_markers():
    overall, decoys = [], []
    for replicate in range(12):
        rng = np.random.default_rng(500 + replicate)
        w = rng.standard_normal((2000, 30))
        w[:, 1:4] = 0.8 * w[:, [0]] + 0.6 * w[:, 1:4]
        a = (rng.random(2000) < 0.5).astype(float)
        y = 3.0 * w[:, 0] + 2.0 * np.abs(w[:, 5]) + 4.0 * (w[:, 6] > 1) + 0.5 * a + rng.standard_normal(2000)
        training = Training(features=w, outcome=y, treatment=a, group=np.arange(2000))
        found = predictive_effects(training, propensity=0.5, seed=replicate, learner=QUICK, flips=199)
        overall.append(found.overall.p_value)
        decoys.append(found.predictive.p_value[[0, 1, 2, 3, 5, 6], 0])
        assert found.prognostic.p_value[[0, 6], 0].max() < 1e-10
    assert (np.array(overall) <= 0.05).sum() <= binom.ppf(0.99, 12, 0.05)
    assert (np.array(decoys) <= 0.01).sum() <= binom.ppf(0.99, 72, 0.01)


def test_a_binary_outcome_gives_differences_of_probabilities():
    rng = np.random.default_rng(5)
    n = 600
    w, a = rng.standard_normal((n, 10)), (rng.random(n) < 0.5).astype(float)
    y = (rng.random(n) < expit(w[:, 0] + a * 1.5 * w[:, 2])).astype(float)
    training = Training(features=w, outcome=y, treatment=a, kind="binary", group=np.arange(n))
    found = predictive_effects(training, propensity=0.5, seed=1, learner=QUICK)
    assert found.predictive.p_value[:, 0].argmin() == 2
    assert 0.1 < found.predictive.estimate[2, 0] < 0.4
    assert ((found.nuisance.if_active > 0) & (found.nuisance.if_active < 1)).all()


def test_an_observational_comparison_is_adjusted_and_shows_its_overlap():
    rng = np.random.default_rng(6)
    training = trial(rng, n=1500, p=6, assignment=lambda w: expit(1.5 * w[:, 0]))
    splits = splits_of(training)
    found = cross_fitted(training, splits, propensity=None, seed=1, learner=QUICK)
    assert abs(found.pseudo.effect.mean() - 0.5) < 0.25
    naive = training.outcome[training.treatment == 1].mean() - training.outcome[training.treatment == 0].mean()
    assert naive > 1.5
    assert np.corrcoef(found.propensity, expit(1.5 * training.features[:, 0]))[0, 1] > 0.97
    assert found.overlap.n_bounded > 0
    assert found.overlap.effective_active < found.overlap.n_active


@pytest.mark.parametrize("quantity", ["rmst", "survival"])
def test_a_censored_outcome_gives_the_slope_of_the_uncensored_one(quantity):
    rng = np.random.default_rng(7)
    n = 3000
    w, a = rng.standard_normal((n, 4)), (rng.random(n) < 0.5).astype(float)
    t = rng.exponential(10.0 * np.exp(0.5 * w[:, 0] + 0.8 * a * w[:, 1]))
    c = rng.uniform(3.0, 30.0, n)
    censored = Censored(event=(t <= c).astype(float), horizon=12.0, quantity=quantity)
    observed = Training(features=w, outcome=np.minimum(t, c), treatment=a, group=np.arange(n))
    full = replace(observed, outcome=np.minimum(t, 12.0) if quantity == "rmst" else (t > 12.0).astype(float))
    learner = ElasticNet(n_penalties=16)
    found = predictive_effects(observed, propensity=0.5, seed=1, censored=censored, learner=learner, conditional=False)
    truth = predictive_effects(full, propensity=0.5, seed=1, learner=learner, conditional=False)
    assert_allclose(
        found.predictive.estimate[:, 0], truth.predictive.estimate[:, 0], atol=3 * found.predictive.std_error.max()
    )
    assert found.predictive.p_value[:, 0].argmin() == 1
    assert found.predictive.p_value[1, 0] < 1e-6
    assert np.all(found.predictive.std_error > 0.99 * truth.predictive.std_error)


def test_conditional_slopes_are_least_squares_with_the_controls():
    rng = np.random.default_rng(8)
    training = trial(rng, n=300, p=6)
    splits = splits_of(training)
    d = 3.0 * training.features[:, 2] - 2.0 * training.features[:, 4] + rng.standard_normal(300)
    found = conditional_slopes(training.features, d, splits)
    design = np.column_stack([training.features, np.eye(5)[splits.fold]])
    full = np.linalg.lstsq(design, d, rcond=None)[0]
    # true modifiers and what goes with them are among the controls; whatever is not has nothing to say
    assert_allclose(found.estimate[:, 0], full[:6], atol=0.05)
    rescaled = conditional_slopes(training.features * 100.0 + 7.0, d, splits)
    assert_allclose(rescaled.estimate * 100.0, found.estimate, rtol=1e-6)
    some = conditional_slopes(training.features, d, splits, tested=np.array([4, 2]))
    assert_allclose(some.log10_p[:, 0], found.log10_p[[4, 2], 0])


def test_what_only_goes_with_a_modifier_keeps_no_conditional_slope():
    p_values = []
    for replicate in range(120):
        rng = np.random.default_rng(replicate)
        w = rng.standard_normal((125, 60))
        w[:, 1:12] = 0.8 * w[:, [0]] + 0.6 * w[:, 1:12]
        d = 1.5 * w[:, 0] + 2.0 * rng.standard_t(4, 125)
        fold = Splits(np.arange(125) % 5, np.arange(125), 0)
        p_values.append(conditional_slopes(w, d, fold).p_value[1:, 0])
    p = np.array(p_values)
    for level in (0.05, 0.01):
        assert (p <= level).sum() <= binom.ppf(0.99, p.size, level)
        assert (p[:, :11] <= level).sum() <= binom.ppf(0.99, p[:, :11].size, level)


def test_constant_markers_and_copies_say_why_they_have_no_conditional_slope():
    rng = np.random.default_rng(9)
    training = trial(rng, n=100, p=6)
    w = training.features.copy()
    w[:, 4], w[:, 5] = 3.0, w[:, 2]
    d = 3 * w[:, 2] + rng.standard_normal(100)
    status = conditional_slopes(w, d, splits_of(training)).status[:, 0]
    assert status[4] == Status.CONSTANT
    assert Status.CONSTANT in status[[2, 5]]


def test_what_is_not_there_is_asked_for():
    training = trial(np.random.default_rng(10), n=60, p=4)
    splits = splits_of(training)
    with pytest.raises(ConfigError, match="need a treatment"):
        cross_fitted(replace(training, treatment=None), splits, propensity=0.5, seed=1)
    treatment = np.zeros(60)
    treatment[:3] = 1.0
    with pytest.raises(InsufficientDataError, match="subjects outside fold"):
        cross_fitted(replace(training, treatment=treatment), splits, propensity=0.5, seed=1)
