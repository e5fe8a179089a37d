"""Elastic net with treatment interactions, linear or logistic, its penalty chosen by inner folds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.data.splits import Splits
from biomarker.learners.terms import Terms
from biomarker.learners.training import Trained, Training

__all__ = ["ElasticNet", "ElasticNetModel", "loss"]

Floats = NDArray[np.float64]
# Penalties are tried in runs of so many; the path ends when the best one lies a whole run behind.
_RUN = 8


def loss(outcome: Floats, predicted: Floats, *, binary: bool) -> Floats:
    """Mean squared error, or mean deviance / 2 of probabilities; predictions (n,) or (n, k)."""
    y = outcome if predicted.ndim == 1 else outcome[:, None]
    if not binary:
        return np.mean((y - predicted) ** 2, axis=0)
    p = np.clip(predicted, 1e-7, 1.0 - 1e-7)
    return -np.mean(y * np.log(p) + (1.0 - y) * np.log1p(-p), axis=0)


@dataclass(frozen=True, eq=False)
class ElasticNetModel:
    """A fitted elastic net.

    Attributes
    ----------
    terms : Terms
    coefficients : (n_terms + 1,)
        Of the terms' columns; the last one is the intercept.
    penalty : float
    binary : bool
    """

    terms: Terms
    coefficients: Floats
    penalty: float
    binary: bool

    def predict(self, features: Floats, treatment: Floats | None) -> Floats:
        """Expected outcome of each subject; a probability for a binary outcome."""
        return _predicted(self.terms.columns(features, treatment), self.coefficients[:, None], self.binary)[:, 0]


@dataclass(frozen=True)
class ElasticNet:
    """``min mean loss + l sum_j (a |b_j| + (1 - a) b_j^2 / 2)`` over features, their interactions and treatment.

    The loss is ``(y - eta)^2 / (2 s^2)`` with s the spread of the outcome, or that of logistic regression. Columns are
    those of `Terms`; the treatment's own effect and the intercept are not penalised. The penalty l is the one of
    smallest mean loss over the inner folds, from the smallest that leaves no term down to its `ratio`-th part.

    Attributes
    ----------
    mixing : float
        a: 1 is the lasso, towards 0 the ridge.
    folded : bool
        Whether ``|z|`` is fitted beside z: an effect that bends at the mean, or of both extremes alike.
    n_penalties, ratio, tolerance
        The path, and how exactly each of its points is solved.

    Notes
    -----
    Valid when features are complete. Binary outcomes need members of both classes in every inner fold's training part;
    with none the fit stays at the intercept, and inner folds choose the largest penalty.

    References
    ----------
    Zou and Hastie 2005, https://doi.org/10.1111/j.1467-9868.2005.00503.x
    """

    mixing: float = 0.9
    folded: bool = False
    n_penalties: int = 40
    ratio: float = 1e-3
    tolerance: float = 1e-6

    @property
    def name(self) -> str:
        """As a table of weights writes it."""
        return "elastic net, folded" if self.folded else "elastic net"

    def fit(self, training: Training, inner: Splits) -> Trained:
        """Choose the penalty by the inner folds and fit all subjects with it."""
        whole = _Path.of(self, training)
        penalties = whole.largest_penalty() * np.geomspace(1.0, self.ratio, self.n_penalties)
        parts = [
            (np.flatnonzero(~kept), _Path.of(self, training.take(kept)), training.take(~kept))
            for kept in (inner.train(fold) for fold in range(inner.n_folds))
        ]
        held_columns = [path.terms.columns(held.features, held.treatment) for _, path, held in parts]
        predicted = np.empty((training.outcome.size, self.n_penalties))
        losses = np.empty(self.n_penalties)
        for start in range(0, self.n_penalties, _RUN):
            run = slice(start, start + _RUN)
            for (rows, path, _), columns in zip(parts, held_columns, strict=True):
                predicted[rows, run] = _predicted(columns, path.descend(penalties[run]), whole.binary)
            losses[run] = loss(training.outcome, predicted[:, run], binary=whole.binary)
            end = min(start + _RUN, self.n_penalties)
            best = int(np.argmin(losses[:end]))
            if best < start:
                break
        coefficients = whole.descend(penalties[: best + 1])[:, -1]
        model = ElasticNetModel(whole.terms, coefficients, float(penalties[best]), whole.binary)
        return Trained(model, predicted[:, best])


def _predicted(columns: Floats, coefficients: Floats, binary: bool) -> Floats:  # noqa: FBT001
    """Expected outcomes for each set of coefficients (n_terms + 1, k): (n_subjects, k)."""
    linear = columns @ coefficients[:-1] + coefficients[-1]
    return 1.0 / (1.0 + np.exp(-np.clip(linear, -30.0, 30.0))) if binary else linear


@dataclass(eq=False)
class _Path:
    """Solutions for ever smaller penalties on some subjects, each from the one before."""

    learner: ElasticNet
    terms: Terms
    columns: Floats
    outcome: Floats
    mean: float
    spread: float
    binary: bool
    coefficients: Floats

    @classmethod
    def of(cls, learner: ElasticNet, training: Training) -> "_Path":
        terms = Terms.learn(training.features, training.treatment, folded=learner.folded)
        columns = terms.columns(training.features, training.treatment)
        binary = training.kind == "binary"
        # an outcome in units of its spread, around its mean: one tolerance serves every unit
        mean, spread = (0.0, 1.0) if binary else (float(training.outcome.mean()), float(training.outcome.std()) or 1.0)
        outcome = (training.outcome - mean) / spread
        return cls(learner, terms, columns, outcome, mean, spread, binary, np.zeros(columns.shape[1] + 1))

    def largest_penalty(self) -> float:
        """The smallest penalty that leaves no penalised term."""
        free = self.terms.penalised()
        self._solve(1e9)
        linear = self.columns[:, ~free] @ self.coefficients[:-1][~free] + self.coefficients[-1]
        mu = 1.0 / (1.0 + np.exp(-linear)) if self.binary else linear
        slopes = self.columns.T @ (self.outcome - mu) / self.outcome.size
        return max(float(np.abs(slopes[free]).max(initial=0.0)) / max(self.learner.mixing, 1e-3), 1e-10)

    def descend(self, penalties: Floats) -> Floats:
        """Coefficients for each penalty in the outcome's own units, (n_terms + 1, n_penalties)."""
        solved = np.empty((self.coefficients.size, penalties.size))
        for k, penalty in enumerate(penalties):
            self._solve(float(penalty))
            solved[:, k] = self.coefficients * self.spread
        solved[-1] += self.mean
        return solved

    def _solve(self, penalty: float) -> None:
        from biomarker.learners.descent import penalised_fit

        free = self.terms.penalised()
        lasso, ridge = (penalty * share * free for share in (self.learner.mixing, 1.0 - self.learner.mixing))
        penalised_fit(self.columns, self.outcome, self.binary, lasso, ridge, self.coefficients, self.learner.tolerance)
