"""Weights of a stack are the least-squares ones of a weighted mean."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize

from biomarker.learners.elastic_net import loss
from biomarker.learners.stack import DEFAULT_STACK, stack_weights

from .conftest import make_training


@pytest.mark.parametrize("seed", range(6))
def test_weights_equal_a_general_optimisers(seed):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(50)
    p = y[:, None] * rng.random(4) + rng.standard_normal((50, 4)) * rng.random(4)
    result = minimize(
        lambda w: np.mean((y - p @ w) ** 2), np.full(4, 0.25), method="SLSQP", bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0}, options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    weights = stack_weights(p, y)
    assert np.mean((y - p @ weights) ** 2) <= result.fun * (1 + 1e-7)
    assert_allclose(weights, result.x, atol=1e-3)


def test_weights_are_not_negative_and_add_up_to_one():
    rng = np.random.default_rng(9)
    weights = stack_weights(rng.standard_normal((30, 5)), rng.standard_normal(30))
    assert (weights >= 0).all()
    assert_allclose(weights.sum(), 1.0)


def test_twins_are_no_failure_and_the_earlier_one_counts():
    y = np.random.default_rng(0).standard_normal(30)
    assert_array_equal(stack_weights(np.column_stack([y * 0.5, y * 0.5]), y), [1.0, 0.0])
    assert_array_equal(stack_weights(np.column_stack([y, y]), y), [1.0, 0.0])


def test_a_stack_is_no_worse_on_its_inner_folds_than_its_best_learner():
    training = make_training()
    inner = training.inner_splits(4, seed=0, name="x")
    parts = [learner.fit(training, inner).inner_prediction for learner in DEFAULT_STACK.learners]
    stacked = DEFAULT_STACK.fit(training, inner).inner_prediction
    assert loss(training.outcome, stacked, binary=False) <= min(
        loss(training.outcome, part, binary=False) for part in parts
    ) * (1 + 1e-9)
