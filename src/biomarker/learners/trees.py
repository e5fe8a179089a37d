"""Gradient-boosted trees with treatment interactions (xgboost, one thread), their number chosen by inner folds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.data.splits import Splits
from biomarker.learners.elastic_net import loss
from biomarker.learners.related import most_related
from biomarker.learners.training import Trained, Training

__all__ = ["BoostedTrees", "BoostedTreesModel"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BoostedTreesModel:
    """Fitted trees.

    Attributes
    ----------
    booster : xgboost.Booster
    used : (n_used,) of int
        Columns of the features that the trees may look at.
    centre : (n_used,)
        Subtracted before features are multiplied with the treatment.
    treated : float or None
        Share treated in training; None for a model without treatment.
    offset : float
        Prediction before the first tree (binary: a log odds).
    scale : float
        The trees' predictions are in units of it (1 for a binary outcome).
    """

    booster: Any
    used: NDArray[np.intp]
    centre: Floats
    treated: float | None
    offset: float
    scale: float
    binary: bool

    def margins(self, features: Floats, treatment: Floats | None, *, rounds: int = 0) -> Floats:
        """Sum of the first trees (0: of all), (n_subjects,), in double precision."""
        columns = _columns(features[:, self.used], treatment, self.centre, self.treated)
        predicted = self.booster.inplace_predict(
            columns, iteration_range=(0, rounds), predict_type="margin", validate_features=False
        )
        return predicted.astype(np.float64)

    def expected(self, margins: Floats) -> Floats:
        """Sums of trees as expected outcomes."""
        linear = self.offset + margins * self.scale
        return 1.0 / (1.0 + np.exp(-linear)) if self.binary else linear

    def predict(self, features: Floats, treatment: Floats | None) -> Floats:
        """Expected outcome of each subject; a probability for a binary outcome."""
        return self.expected(self.margins(features, treatment))


@dataclass(frozen=True)
class BoostedTrees:
    """Boosted trees over the features that go most with the outcome, straight, folded or by arm.

    Among `most_features` are those of largest absolute correlation with the outcome, over the training subjects, of any
    of z, |z|, and z and |z| times the centred treatment. Trees see the feature, the treatment and their product. The
    number of trees is the one of smallest mean loss over the inner folds, none among them.

    Attributes
    ----------
    depth, learning_rate, smallest_leaf, most_features
    rounds : tuple of int
        Numbers of trees that are compared, ascending.

    Notes
    -----
    Valid when features are complete and within single precision. No randomness and one thread: the same subjects give
    the same trees on any number of cores.

    References
    ----------
    Chen and Guestrin 2016, https://doi.org/10.1145/2939672.2939785
    """

    depth: int = 2
    learning_rate: float = 0.15
    smallest_leaf: float = 5.0
    most_features: int = 40
    rounds: tuple[int, ...] = (10, 20, 40, 80, 120)

    name: str = "boosted trees"

    def fit(self, training: Training, inner: Splits) -> Trained:
        """Choose the number of trees by the inner folds and fit all subjects with it."""
        binary = training.kind == "binary"
        steps = (0, *self.rounds)
        predicted = np.empty((training.outcome.size, len(steps)))
        for fold in range(inner.n_folds):
            kept = inner.train(fold)
            held, model = training.take(~kept), self._grow(training.take(kept), self.rounds[-1])
            for k, rounds in enumerate(steps):
                margins = model.margins(held.features, held.treatment, rounds=rounds) if rounds else np.zeros(1)
                predicted[~kept, k] = model.expected(margins)
        best = int(np.argmin(loss(training.outcome, predicted, binary=binary)))
        return Trained(self._grow(training, steps[best]), predicted[:, best])

    def _grow(self, training: Training, rounds: int) -> BoostedTreesModel:
        import xgboost

        binary = training.kind == "binary"
        used = most_related(training, self.most_features)
        centre = training.features[:, used].mean(axis=0)
        treated = None if training.treatment is None else float(training.treatment.mean())
        mean = float(training.outcome.mean())
        if binary:
            share = np.clip(mean, 1e-3, 1.0 - 1e-3)
            offset, scale = float(np.log(share / (1.0 - share))), 1.0
        else:
            offset, scale = mean, float(training.outcome.std()) or 1.0
        columns = _columns(training.features[:, used], training.treatment, centre, treated)
        label = training.outcome if binary else (training.outcome - mean) / scale
        parameters = {
            "objective": "binary:logistic" if binary else "reg:squarederror",
            "max_depth": self.depth,
            "eta": self.learning_rate,
            "min_child_weight": self.smallest_leaf / (4.0 if binary else 1.0),  # a hessian of at most 1/4 a subject
            "tree_method": "hist",
            "max_bin": 32,
            "nthread": 1,
            "base_score": 0.5 if binary else 0.0,
            "verbosity": 0,
        }
        data = xgboost.QuantileDMatrix(columns, label, nthread=1, max_bin=32)
        if binary:
            data.set_base_margin(np.full(label.size, offset))
        booster = xgboost.train(parameters, data, num_boost_round=rounds)
        return BoostedTreesModel(booster, used, centre, treated, offset, scale, binary)


def _columns(features: Floats, treatment: Floats | None, centre: Floats, treated: float | None) -> NDArray[np.float32]:
    """Features, their products with the treatment, and the treatment."""
    z = features - centre
    if treated is None:
        return z.astype(np.float32)
    t = (treatment - treated)[:, None]
    return np.concatenate([z, z * t, t], axis=1).astype(np.float32)
