"""Boosted trees: what they see, what they choose, and that they find what a linear model cannot."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from biomarker.learners.elastic_net import ElasticNet, loss
from biomarker.learners.training import Training
from biomarker.learners.trees import BoostedTrees, most_related

from .conftest import make_training


def test_an_effect_of_two_features_together_is_found_by_trees_alone():
    training = make_training(n=400)
    both = (training.features[:, 3] > 0) & (training.features[:, 4] > 0)
    training = training.with_outcome(both * 4.0 + 0.3 * training.outcome)
    inner = training.inner_splits(4, seed=0, name="x")
    trees, net = (
        loss(training.outcome, learner.fit(training, inner).inner_prediction, binary=False)
        for learner in (BoostedTrees(), ElasticNet())
    )
    assert trees < 0.6 * net


def test_noise_alone_gives_no_trees():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((150, 60))
    training = Training(features=x, outcome=rng.standard_normal(150), group=np.arange(150))
    trained = BoostedTrees().fit(training, training.inner_splits(4, seed=0, name="x"))
    assert trained.model.booster.num_boosted_rounds() == 0
    assert_allclose(trained.model.predict(x, None), training.outcome.mean())


@pytest.mark.parametrize("kind", ["continuous", "binary"])
def test_predictions_are_the_sum_of_the_trees_leaves(kind):
    import json

    training = make_training(kind=kind)
    model = BoostedTrees(rounds=(7,)).fit(training, training.inner_splits(3, seed=0, name="x")).model
    t = training.treatment - training.treatment.mean()
    z = training.features - training.features.mean(0)
    columns = np.column_stack([z, z * t[:, None], t]).astype(np.float32)
    total = np.zeros(t.size)
    for tree in model.booster.get_dump(dump_format="json"):
        for i, row in enumerate(columns):
            node = json.loads(tree)
            while "leaf" not in node:
                low = row[int(node["split"][1:])] < np.float32(node["split_condition"])
                node = next(c for c in node["children"] if c["nodeid"] == node["yes" if low else "no"])
            total[i] += node["leaf"]
    y = training.outcome
    expected = expit(np.log(y.mean() / (1 - y.mean())) + total) if kind == "binary" else y.mean() + y.std() * total
    assert_allclose(model.predict(training.features, training.treatment), expected, rtol=1e-5, atol=1e-6)


def test_the_features_looked_at_are_those_that_go_most_with_the_outcome():
    rng = np.random.default_rng(2)
    x, t = rng.standard_normal((300, 80)), np.tile([0.0, 1.0], 150)
    y = 2 * x[:, 10] + 3 * np.abs(x[:, 20]) + 3 * x[:, 30] * (t - 0.5) + 0.5 * rng.standard_normal(300)
    training = Training(features=x, outcome=y, treatment=t, group=np.arange(300))
    assert_array_equal(most_related(training, 3), [10, 20, 30])
    constant = x.copy()
    constant[:, 5] = 0.3
    assert 5 not in most_related(replace(training, features=constant), 79)


def test_a_constant_outcome_is_predicted_as_such():
    training = make_training().with_outcome(np.full(120, 2.5))
    trained = BoostedTrees().fit(training, training.inner_splits(3, seed=0, name="x"))
    assert_allclose(trained.model.predict(training.features, training.treatment), 2.5)
