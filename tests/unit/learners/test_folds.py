"""The fold engine keeps every subject out of what is used on it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from biomarker.data.splits import Splits
from biomarker.errors import AlignmentError, DataError, InsufficientDataError
from biomarker.learners.elastic_net import ElasticNet
from biomarker.learners.folds import cross_fit, held_out_predictions
from biomarker.learners.stack import DEFAULT_STACK
from biomarker.learners.training import Training
from biomarker.learners.trees import BoostedTrees

LEARNERS = [ElasticNet(), ElasticNet(shape="folded"), ElasticNet(shape="curved"), BoostedTrees(), DEFAULT_STACK]


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: learner.name)
def test_a_held_out_subjects_absurd_values_change_no_other_prediction_of_its_fold(learner, training, splits):
    victim = int(np.flatnonzero(splits.fold == 2)[0])
    features, outcome = training.features.copy(), training.outcome.copy()
    features[victim] = 1e25
    outcome[victim] = 1.0 - outcome[victim] if training.kind == "binary" else -1e25
    honest = held_out_predictions(learner, training, splits, seed=3)
    # only the victim's fold: in the others it is a training subject, and may count
    inside = splits.fold == 2
    poisoned = held_out_predictions(learner, replace(training, features=features, outcome=outcome), splits, seed=3)
    others = inside & (np.arange(inside.size) != victim)
    assert_array_equal(poisoned[others], honest[others])


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: learner.name)
def test_the_same_subjects_give_the_same_bytes(learner, training, splits):
    first, second = (held_out_predictions(learner, training, splits, seed=3) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: learner.name)
def test_a_prediction_depends_on_the_subjects_own_row_alone(learner, training):
    model = learner.fit(training, training.inner_splits(3, seed=0, name="all")).model
    together = model.predict(training.features, training.treatment)
    alone = [model.predict(training.features[[i]], training.treatment[[i]])[0] for i in range(5)]
    np.testing.assert_allclose(alone, together[:5], rtol=1e-12, atol=1e-14)


def test_a_fit_is_handed_the_other_folds_alone_and_no_group_on_both_sides(training, splits):
    fits = cross_fit(training, splits, lambda part, fold: part.group)
    assert_array_equal(np.sort(np.concatenate([one.held_out for one in fits])), np.arange(training.outcome.size))
    for one in fits:
        assert not set(one.fitted) & set(training.group[one.held_out])
        assert one.fitted.size + one.held_out.size == training.outcome.size


def test_inner_folds_keep_groups_together(training):
    inner = training.inner_splits(5, seed=2, name="x")
    assert all(np.unique(inner.fold[training.group == g]).size == 1 for g in np.unique(training.group))


def test_changing_what_a_fit_was_handed_changes_nothing_outside(training, splits):
    before = training.features.copy()

    def spoil(part, fold):
        part.features[:] = 0.0

    cross_fit(training, splits, spoil)
    assert_array_equal(training.features, before)


def test_folds_of_other_subjects_or_other_groups_are_refused(training, splits):
    with pytest.raises(AlignmentError, match="folds of 4 subjects"):
        cross_fit(training, Splits(np.array([0, 0, 1, 1]), np.arange(4), 0), lambda part, fold: None)
    ungrouped = Splits(splits.fold, np.arange(splits.fold.size), 0)
    with pytest.raises(AlignmentError, match="other groups"):
        cross_fit(training, ungrouped, lambda part, fold: None)


def test_too_few_subjects_for_inner_folds_are_refused():
    few = Training(features=np.zeros((5, 1)), outcome=np.arange(5.0), group=np.arange(5))
    with pytest.raises(InsufficientDataError, match="5 subjects cannot be dealt into 4 inner folds"):
        few.inner_splits(4, seed=0, name="x")


def test_an_outcome_that_one_subject_has_is_learned_from_without_a_failure():
    rng = np.random.default_rng(0)
    outcome = np.zeros(60)
    outcome[7] = 1.0
    rare = Training(
        features=rng.standard_normal((60, 5)), outcome=outcome, treatment=np.tile([0.0, 1.0], 30), kind="binary",
        group=np.arange(60),
    )  # fmt: skip
    splits = Splits.draw(rare.group, n_folds=4, seed=0, rng=rng)
    predicted = held_out_predictions(DEFAULT_STACK, rare, splits, seed=0)
    assert ((predicted >= 0) & (predicted <= 1)).all()
    assert predicted.mean() < 0.2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": np.full((120, 12), np.nan)}, "features holds a missing"),
        ({"features": np.full((120, 12), 1e300)}, "features holds a value beyond 1e"),
        ({"outcome": np.full(120, 2.0), "kind": "binary"}, "outcome holds a value other than 0 and 1"),
        ({"treatment": np.full(120, 0.5)}, "treatment holds a value other than 0 and 1"),
        ({"outcome": np.zeros(3)}, "outcome has shape"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_by_name(training, change, words):
    with pytest.raises((DataError, AlignmentError), match=words):
        replace(training, **change)
