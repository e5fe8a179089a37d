"""Curves of a few features, found one at a time: what they must find, and what they must never look at."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.data.splits import Splits
from biomarker.learners.additive import AdditiveCurves
from biomarker.learners.elastic_net import ElasticNet, loss
from biomarker.learners.related import most_related
from biomarker.learners.training import Training
from biomarker.rng import stream


def trial(n=120, p=60, *, seed=0, noise=0.5):
    """A bend in feature 3, an exponential main effect of feature 7, an effect of treatment that goes with 3."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p))
    t = np.tile([0.0, 1.0], n // 2)
    y = 4 * np.abs(x[:, 3]) + np.exp(np.abs(x[:, 7])) + 3 * t * x[:, 3] + noise * rng.standard_normal(n)
    return Training(features=x, outcome=y, treatment=t, group=np.arange(n, dtype=np.int64))


def folds(training, n_folds=4):
    return Splits.draw(training.group, n_folds=n_folds, seed=1, rng=stream(1, "test"))


def test_it_finds_the_features_that_matter_first_and_predicts_better_than_straight_lines():
    training = trial()
    trained = AdditiveCurves().fit(training, folds(training))
    assert set(trained.model.features[:2].tolist()) == {3, 7}
    straight = ElasticNet().fit(training, folds(training))
    own, theirs = (loss(training.outcome, one.inner_prediction, binary=False) for one in (trained, straight))
    assert own < 0.2 * theirs


def test_with_one_feature_it_is_ridge_regression_on_its_terms():
    training = trial(noise=0.1)
    learner = AdditiveCurves(degrees=(2,), most_chosen=1, shrinkage=0.05)
    model = learner.fit(training, folds(training)).model
    (j,) = model.features
    z = training.features[:, j] - training.features[:, j].mean()
    z = np.clip(z / z.std(), -4, 4)
    powers = np.column_stack([z, np.abs(z)])
    powers -= powers.mean(axis=0)
    arm = training.treatment - training.treatment.mean()
    columns = np.column_stack([arm, powers, powers * arm[:, None]])
    # penalised as if extra subjects with the outcome 0 had been seen; the intercept is the mean
    penalty = np.diag(np.sqrt(0.05 * (columns**2).sum(axis=0)) * np.array([0, 1, 1, 1, 1]))
    y = training.outcome - training.outcome.mean()
    b = np.linalg.lstsq(np.vstack([columns, penalty]), np.append(y, np.zeros(5)), rcond=None)[0]
    expected = training.outcome.mean() + (columns - columns.mean(axis=0)) @ b
    assert_allclose(model.predict(training.features, training.treatment), expected, atol=1e-6)


def test_where_there_is_nothing_it_chooses_little_or_nothing():
    chosen = []
    for seed in range(10):
        training = trial(seed=seed)
        noise = replace(training, outcome=np.random.default_rng(seed).standard_normal(120))
        chosen.append(AdditiveCurves().fit(noise, folds(noise)).model.features.size)
    assert np.median(chosen) == 0


def test_a_feature_that_is_constant_in_some_fold_and_one_arm_alone_are_no_trouble():
    training = trial(n=60)
    features = training.features.copy()
    features[:, 0] = 7.0
    features[1:, 1] = 0.0
    for treatment in (np.zeros(60), None):
        part = replace(training, features=features, treatment=treatment)
        model = AdditiveCurves().fit(part, folds(part)).model
        assert 0 not in model.features
        assert np.isfinite(model.predict(features, treatment)).all()


def test_a_probability_is_one():
    training = trial()
    binary = replace(training, outcome=(training.outcome > np.median(training.outcome)).astype(float), kind="binary")
    predicted = AdditiveCurves().fit(binary, folds(binary)).model.predict(100 * binary.features, binary.treatment)
    assert ((predicted > 0) & (predicted < 1)).all()


@pytest.mark.parametrize("learner", [AdditiveCurves(most_features=5), ElasticNet(most_features=5)])
def test_covariates_stay_however_many_features_there_are(learner):
    training = replace(trial(p=80), always=2)
    rng = np.random.default_rng(5)
    y = training.outcome + 0.3 * training.features[:, 1] + 0.01 * rng.standard_normal(120)
    assert_array_equal(most_related(replace(training, outcome=y), 5)[:2], [0, 1])
    assert np.isfinite(learner.fit(replace(training, outcome=y), folds(training)).inner_prediction).all()
