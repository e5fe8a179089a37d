"""A weighted mean of learners, its weights learned from inner folds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.data.splits import Splits
from biomarker.learners.additive import AdditiveCurves
from biomarker.learners.elastic_net import ElasticNet
from biomarker.learners.training import Learner, Model, Trained, Training
from biomarker.learners.trees import BoostedTrees

__all__ = ["DEFAULT_STACK", "Stack", "StackModel", "stack_weights"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StackModel:
    """Fitted learners and their weights, which are not negative and add up to 1."""

    models: tuple[Model, ...]
    weights: Floats

    def predict(self, features: Floats, treatment: Floats | None) -> Floats:
        """Expected outcome of each subject."""
        used = [(w, model) for w, model in zip(self.weights, self.models, strict=True) if w > 0]
        return sum((w * model.predict(features, treatment) for w, model in used), np.zeros(len(features)))


@dataclass(frozen=True)
class Stack:
    """Learners weighted by how well their predictions of inner folds, taken together, fit the outcome.

    Attributes
    ----------
    learners : tuple of Learner

    Notes
    -----
    Valid as `stack_weights` is. The inner predictions of the learners carry the choices that they made by the same
    inner folds, so that the weights lean a little towards the learner with more choices.

    References
    ----------
    Breiman 1996, https://doi.org/10.1007/BF00117832; van der Laan, Polley and Hubbard 2007,
    https://doi.org/10.2202/1544-6115.1309
    """

    learners: tuple[Learner, ...]

    name: str = "stack"

    def fit(self, training: Training, inner: Splits) -> Trained:
        """Fit every learner, then the weights."""
        trained = [learner.fit(training, inner) for learner in self.learners]
        inner_predictions = np.column_stack([one.inner_prediction for one in trained])
        weights = stack_weights(inner_predictions, training.outcome)
        return Trained(StackModel(tuple(one.model for one in trained), weights), inner_predictions @ weights)


def stack_weights(predictions: Floats, outcome: Floats) -> Floats:
    """Weights w >= 0, adding up to 1, that minimise ``sum (y - P w)^2``.

    Exact: over each subset of learners the least-squares weights that add up to 1 are found, and the best subset whose
    weights are all positive is taken; the minimum lies on such a face.

    Parameters
    ----------
    predictions : (n_subjects, n_learners)
        At most eight learners: there are ``2^k - 1`` subsets.
    outcome : (n_subjects,)

    Returns
    -------
    (n_learners,)
        Where learners predict the same, the earlier one takes their weight.

    Notes
    -----
    Valid when each prediction was made without the subject's own outcome.
    """
    k = predictions.shape[1]
    if k > 8:
        raise ValueError(f"{k} learners to weigh, expected at most 8")
    errors = outcome[:, None] - predictions
    gram = errors.T @ errors  # with weights that add up to 1, the error of the mean is the mean of the errors
    best, smallest = np.eye(k)[0], np.inf
    for subset in sorted(range(1, 2**k), key=lambda s: (s.bit_count(), s)):
        members = np.array([j for j in range(k) if subset >> j & 1])
        part = gram[np.ix_(members, members)]
        bordered = np.block([[part, np.ones((members.size, 1))], [np.ones((1, members.size)), np.zeros((1, 1))]])
        if members.size > 1 and np.linalg.cond(part) > 1e12:
            continue
        try:
            solved = np.linalg.solve(bordered, np.append(np.zeros(members.size), 1.0))[:-1]
        except np.linalg.LinAlgError:
            continue
        value = float(solved @ part @ solved)
        if (solved > 0).all() and value < smallest * (1.0 - 1e-9):
            best, smallest = np.zeros(k), value
            best[members] = solved
    return best


DEFAULT_STACK = Stack(
    (ElasticNet(), ElasticNet(shape="folded"), ElasticNet(shape="curved"), BoostedTrees(), AdditiveCurves())
)
