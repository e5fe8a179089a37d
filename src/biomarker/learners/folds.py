"""The fold engine: whatever learns, learns from the subjects outside a fold and is used inside it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from biomarker.data.splits import Splits
from biomarker.errors import AlignmentError
from biomarker.learners.training import Learner, Model, Training

__all__ = ["FoldFit", "cross_fit", "fit_learner", "held_out_predictions"]

Fitted = TypeVar("Fitted")
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoldFit(Generic[Fitted]):
    """What was learned without one fold, and whom it may be used on.

    Attributes
    ----------
    fold : int
    held_out : (n_held_out,) of int
        Rows of the subjects of the fold.
    fitted
        Whatever the fit gave back.
    """

    fold: int
    held_out: NDArray[np.intp]
    fitted: Fitted


def cross_fit(
    training: Training, splits: Splits, fit: Callable[[Training, int], Fitted]
) -> tuple[FoldFit[Fitted], ...]:
    """Fit once for each fold, on copies of the other folds' subjects alone.

    Parameters
    ----------
    training : Training
    splits : Splits
        Of the same subjects.
    fit : callable, (subjects outside the fold, fold) -> anything

    Returns
    -------
    tuple of FoldFit, one a fold

    Raises
    ------
    AlignmentError
        The folds are not those of these subjects, or were drawn for other groups.
    """
    if splits.fold.shape != training.outcome.shape:
        raise AlignmentError(f"folds of {splits.fold.size} subjects for {training.outcome.size} subjects")
    if not np.array_equal(splits.group, training.group):
        raise AlignmentError("the folds were drawn for other groups than the subjects'", "Draw them from `group`.")
    return tuple(
        FoldFit(fold, np.flatnonzero(splits.fold == fold), fit(training.take(splits.train(fold)), fold))
        for fold in range(splits.n_folds)
    )


def fit_learner(learner: Learner, training: Training, *, inner_folds: int, seed: int, name: str) -> Model:
    """Fit one learner, its own choices made by inner folds drawn from the stream ``(seed, name)``."""
    return learner.fit(training, training.inner_splits(inner_folds, seed=seed, name=name)).model


def held_out_predictions(
    learner: Learner, training: Training, splits: Splits, *, inner_folds: int = 4, seed: int
) -> Floats:
    """Prediction of each subject by the fit that did not see its fold, (n_subjects,).

    Notes
    -----
    Valid as an estimate of how well the learner predicts new subjects if all that was learned across subjects (scaling,
    selection, penalty, number of trees) is learned by `learner`, and those who are alike share a group.

    Examples
    --------
    >>> from biomarker.learners.elastic_net import ElasticNet
    >>> rng = np.random.default_rng(0)
    >>> x, group = rng.standard_normal((60, 3)), np.arange(60)
    >>> splits = Splits.draw(group, n_folds=5, seed=0, rng=rng)
    >>> training = Training(features=x, outcome=x[:, 0], group=group)
    >>> held_out = held_out_predictions(ElasticNet(), training, splits, seed=0)
    >>> bool(np.corrcoef(held_out, x[:, 0])[0, 1] > 0.99)
    True
    """
    fits = cross_fit(
        training,
        splits,
        lambda part, fold: fit_learner(learner, part, inner_folds=inner_folds, seed=seed, name=f"fold {fold}"),
    )
    predicted = np.empty(training.outcome.shape)
    for one in fits:
        rows = one.held_out
        arms = None if training.treatment is None else training.treatment[rows]
        predicted[rows] = one.fitted.predict(training.features[rows], arms)
    return predicted
