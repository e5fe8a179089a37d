"""The elastic net solves its problem: against other solvers, its optimality conditions, and truths it must find."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from sklearn.linear_model import ElasticNet as Reference

from biomarker.learners.descent import penalised_fit
from biomarker.learners.elastic_net import ElasticNet, loss
from biomarker.learners.terms import Terms
from biomarker.learners.training import Training

from .conftest import make_training


def problem(n=90, p=40, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p)) + rng.standard_normal((n, 1))
    y = 3.0 * x[:, 0] - 2.0 * x[:, 5] + rng.standard_normal(n)
    return np.asfortranarray((x - x.mean(0)) / x.std(0)), y


@pytest.mark.parametrize("penalty", [0.5, 0.05, 0.005])
def test_linear_solution_equals_scikit_learns(penalty):
    x, y = problem()
    b = np.zeros(x.shape[1] + 1)
    penalised_fit(x, y, False, np.full(40, 0.8 * penalty), np.full(40, 0.2 * penalty), b, 1e-16)
    reference = Reference(alpha=penalty, l1_ratio=0.8, tol=1e-12, max_iter=1_000_000).fit(x, y)
    assert_allclose(b[:-1], reference.coef_, atol=1e-6)
    assert_allclose(b[-1], reference.intercept_, atol=1e-8)


@pytest.mark.parametrize("penalty", [0.2, 0.05, 0.02])
def test_logistic_solution_satisfies_the_optimality_conditions(penalty):
    x, y = problem()
    y = (y > 0.5).astype(float)
    b = np.zeros(x.shape[1] + 1)
    penalised_fit(x, y, True, np.full(40, 0.8 * penalty), np.full(40, 0.2 * penalty), b, 1e-18)
    slope = x.T @ (y - expit(x @ b[:-1] + b[-1])) / y.size - 0.2 * penalty * b[:-1]
    active = b[:-1] != 0
    assert active.any()
    assert_allclose(slope[active], 0.8 * penalty * np.sign(b[:-1][active]), atol=1e-6)
    assert np.all(np.abs(slope[~active]) <= 0.8 * penalty + 1e-6)
    assert_allclose(expit(x @ b[:-1] + b[-1]).mean(), y.mean(), atol=1e-6)


def test_finds_the_term_that_changes_the_treatments_effect(training):
    trained = ElasticNet().fit(training, training.inner_splits(4, seed=0, name="x"))
    effect = [
        trained.model.predict(np.eye(12)[[j]], np.ones(1)) - trained.model.predict(np.eye(12)[[j]], np.zeros(1))
        for j in range(12)
    ]
    baseline = trained.model.predict(np.zeros((1, 12)), np.ones(1)) - trained.model.predict(
        np.zeros((1, 12)), np.zeros(1)
    )
    assert int(np.argmax(np.abs(np.array(effect) - baseline))) == 2


def test_folded_terms_find_an_effect_of_both_extremes():
    training = make_training(n=300)
    training = training.with_outcome(3.0 * np.abs(training.features[:, 4]) + 0.3 * training.outcome)
    inner = training.inner_splits(4, seed=0, name="x")
    straight, folded = (
        loss(training.outcome, ElasticNet(shape=f).fit(training, inner).inner_prediction, binary=False)
        for f in ("straight", "folded")
    )
    assert folded < 0.25 * straight


def test_features_and_outcome_in_other_units_give_the_same_predictions():
    training = make_training()
    moved = replace(training, features=training.features * 1e6 + 3e6, outcome=training.outcome * 1e5 - 7e5)
    inner = training.inner_splits(4, seed=0, name="x")
    plain, other = (ElasticNet(shape="curved").fit(t, inner) for t in (training, moved))
    assert_allclose(other.inner_prediction, plain.inner_prediction * 1e5 - 7e5, rtol=1e-5, atol=10)


def test_a_constant_feature_and_a_constant_outcome_are_no_failure():
    training = make_training()
    features = training.features.copy()
    features[:, 3] = 0.1 * 3
    flat = Training(features=features, outcome=np.full(120, 4.0), treatment=training.treatment, group=training.group)
    trained = ElasticNet(shape="curved").fit(flat, flat.inner_splits(4, seed=0, name="x"))
    assert_allclose(trained.model.predict(features, training.treatment), 4.0)


def test_without_treatment_there_is_no_column_of_it(training):
    alone = replace(training, treatment=None)
    trained = ElasticNet().fit(alone, alone.inner_splits(4, seed=0, name="x"))
    assert trained.model.coefficients.shape == (13,)


def test_columns_are_what_terms_say():
    x, t = make_training().features, make_training().treatment
    terms = Terms.learn(x, t, shape="curved")
    z, arm = (x - x.mean(0)) / x.std(0), (t - t.mean())[:, None]
    bent = np.abs(z) - np.abs(z).mean(0)
    square = z * z - 1
    columns = np.column_stack([z, bent, square, z * arm, bent * arm, square * arm, arm])
    assert_allclose(terms.columns(x, t), columns, rtol=1e-12, atol=1e-12)
    assert_array_equal(np.flatnonzero(~terms.penalised()), [72])


def test_a_few_large_effects_are_hardly_shrunk():
    rng = np.random.default_rng(6)
    x = rng.standard_normal((100, 200))
    training = Training(
        features=x, outcome=3.0 * x[:, 0] - 3.0 * x[:, 1] + rng.standard_normal(100), group=np.arange(100)
    )
    model = ElasticNet().fit(training, training.inner_splits(4, seed=0, name="x")).model
    slopes = model.coefficients[:2] / x.std(axis=0)[:2]
    least_squares = np.linalg.lstsq(np.column_stack([x[:, :2], np.ones(100)]), training.outcome, rcond=None)[0][:2]
    assert_allclose(slopes, least_squares, atol=0.1)


def test_noise_alone_is_predicted_by_the_mean_of_the_arms():
    rng = np.random.default_rng(8)
    x, t = rng.standard_normal((200, 300)), np.repeat([0.0, 1.0], 100)
    training = Training(features=x, outcome=rng.standard_normal(200), treatment=t, group=np.arange(200))
    held_out = ElasticNet().fit(training, training.inner_splits(4, seed=0, name="x")).inner_prediction
    assert loss(training.outcome, held_out, binary=False) < 1.1 * training.outcome.var()
