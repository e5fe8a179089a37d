"""Elastic net with treatment interactions, linear or logistic, its penalty chosen by inner folds."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from biomarker.data.splits import Splits
from biomarker.learners.related import most_related
from biomarker.learners.terms import Shape, Terms
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
    binary : bool
    """

    terms: Terms
    coefficients: Floats
    binary: bool

    def predict(self, features: Floats, treatment: Floats | None) -> Floats:
        """Expected outcome of each subject; a probability for a binary outcome."""
        return _predicted(self.terms.columns(features, treatment), self.coefficients[:, None], self.binary)[:, 0]


@dataclass(frozen=True)
class ElasticNet:
    """``min mean loss + l sum_j (a |b_j| + (1 - a) b_j^2 / 2)`` over features, their interactions and treatment.

    The loss is ``(y - eta)^2 / (2 s^2)`` with s the spread of the outcome, or that of logistic regression. Columns are
    those of `Terms`; the treatment's own effect and the intercept are not penalised. The penalty l is the one of
    smallest mean loss over the inner folds, from the smallest that leaves no term down to its `ratio`-th part. A second
    path (the adaptive lasso: only terms chosen by the first, each penalty divided by the coefficient's size, which all
    but undoes the shrinkage of large ones) takes its place where its loss is smaller.

    Attributes
    ----------
    mixing : float
        a: 1 is the lasso, towards 0 the ridge.
    shape : {"straight", "folded", "curved"}
        Folded fits ``|z|`` beside z: an effect that bends at the mean, or of both extremes alike. Curved fits ``z^2``
        as well.
    most_features : int
        With more features, those that go most with the outcome in the training subjects (of each fold its own).
    n_penalties, ratio, tolerance
        The path, and how exactly each of its points is solved.

    Notes
    -----
    Valid when features are complete. Binary outcomes need members of both classes in every inner fold's training part;
    with none the fit stays at the intercept, and inner folds choose the largest penalty.

    References
    ----------
    Zou and Hastie 2005, https://doi.org/10.1111/j.1467-9868.2005.00503.x; Zou 2006,
    https://doi.org/10.1198/016214506000000735
    """

    mixing: float = 0.9
    shape: Shape = "straight"
    most_features: int = 500
    n_penalties: int = 40
    ratio: float = 1e-3
    tolerance: float = 1e-6

    @property
    def name(self) -> str:
        """As a table of weights writes it."""
        return "elastic net" if self.shape == "straight" else f"elastic net, {self.shape}"

    def fit(self, training: Training, inner: Splits) -> Trained:
        """Choose the penalty by the inner folds and fit all subjects with it."""
        whole = _Path.of(self, training)
        parts = [_Part.of(self, training, inner.train(fold)) for fold in range(inner.n_folds)]
        plain = _choose(whole, parts, training.outcome, self)
        # once more with what was chosen, each term's penalty divided by its coefficient
        focused = [replace(part, path=part.path.focused(b)) for part, b in zip(parts, plain.by_part, strict=True)]
        adaptive = _choose(whole.focused(plain.coefficients), focused, training.outcome, self)
        best = adaptive if adaptive.loss < plain.loss else plain
        return Trained(ElasticNetModel(whole.terms, best.coefficients, whole.binary), best.predicted)


@dataclass(frozen=True, eq=False)
class _Chosen:
    """The best point of a path: its coefficients by all subjects and without each inner fold, and what it predicts."""

    loss: float
    coefficients: Floats
    by_part: list[Floats]
    predicted: Floats


def _choose(whole: "_Path", parts: "list[_Part]", outcome: Floats, learner: ElasticNet) -> _Chosen:
    """Follow the paths of all inner folds together until the best penalty lies a whole run behind."""
    penalties = whole.largest_penalty() * np.geomspace(1.0, learner.ratio, learner.n_penalties)
    predicted = np.empty((outcome.size, penalties.size))
    losses = np.empty(penalties.size)
    solved = [np.empty((whole.coefficients.size, penalties.size)) for _ in parts]
    best = 0
    for start in range(0, penalties.size, _RUN):
        run = slice(start, start + _RUN)
        for part, b in zip(parts, solved, strict=True):
            b[:, run] = part.path.descend(penalties[run])
            predicted[part.rows, run] = _predicted(part.columns, b[:, run], whole.binary)
        losses[run] = loss(outcome, predicted[:, run], binary=whole.binary)
        best = int(np.argmin(losses[: start + _RUN]))
        if best < start:
            break
    coefficients = whole.descend(penalties[: best + 1])[:, -1]
    return _Chosen(float(losses[best]), coefficients, [b[:, best] for b in solved], predicted[:, best])


def _predicted(columns: Floats, coefficients: Floats, binary: bool) -> Floats:  # noqa: FBT001
    """Expected outcomes for each set of coefficients (n_terms + 1, k): (n_subjects, k)."""
    linear = columns @ coefficients[:-1] + coefficients[-1]
    return 1.0 / (1.0 + np.exp(-np.clip(linear, -30.0, 30.0))) if binary else linear


@dataclass(eq=False)
class _Path:
    """Solutions for ever smaller penalties on some subjects, each from the one before.

    `factor` multiplies the penalty of each column: 0 for the treatment, infinite for a column that is kept out.
    """

    learner: ElasticNet
    terms: Terms
    columns: Floats
    outcome: Floats
    mean: float
    spread: float
    binary: bool
    factor: Floats
    mixing: float
    coefficients: Floats

    @classmethod
    def of(cls, learner: ElasticNet, training: Training) -> "_Path":
        terms = Terms.learn(
            training.features,
            training.treatment,
            shape=learner.shape,
            used=most_related(training, learner.most_features),
        )
        columns = terms.columns(training.features, training.treatment)
        binary = training.kind == "binary"
        # an outcome in units of its spread, around its mean: one tolerance serves every unit
        mean, spread = (0.0, 1.0) if binary else (float(training.outcome.mean()), float(training.outcome.std()) or 1.0)
        outcome, nothing = (training.outcome - mean) / spread, np.zeros(columns.shape[1] + 1)
        factor = terms.penalised().astype(np.float64)
        return cls(learner, terms, columns, outcome, mean, spread, binary, factor, learner.mixing, nothing)

    def focused(self, coefficients: Floats) -> "_Path":
        """The adaptive lasso's path: a term's penalty is divided by its coefficient's share of the largest one."""
        size = np.abs(coefficients[:-1])
        with np.errstate(divide="ignore"):
            factor = np.where(self.terms.penalised(), size.max(initial=1e-300) / size, 0.0)
        return replace(self, factor=factor, mixing=1.0, coefficients=np.zeros(coefficients.size))

    def largest_penalty(self) -> float:
        """The smallest penalty that leaves no penalised term."""
        free = self.factor == 0.0
        self._solve(1e9)
        linear = self.columns[:, free] @ self.coefficients[:-1][free] + self.coefficients[-1]
        mu = 1.0 / (1.0 + np.exp(-linear)) if self.binary else linear
        slopes = np.abs(self.columns.T @ (self.outcome - mu)) / self.outcome.size
        largest = float((slopes[~free] / self.factor[~free]).max(initial=0.0))
        return max(largest / max(self.mixing, 1e-3), 1e-10)

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

        lasso = penalty * self.mixing * self.factor
        ridge = penalty * (1.0 - self.mixing) * np.where(np.isinf(self.factor), 0.0, self.factor)
        penalised_fit(self.columns, self.outcome, self.binary, lasso, ridge, self.coefficients, self.learner.tolerance)


@dataclass(frozen=True, eq=False)
class _Part:
    """The path without one inner fold, and the columns of the subjects of that fold."""

    rows: NDArray[np.intp]
    path: _Path
    columns: Floats

    @classmethod
    def of(cls, learner: ElasticNet, training: Training, kept: NDArray[np.bool_]) -> "_Part":
        path, held = _Path.of(learner, training.take(kept)), training.take(~kept)
        return cls(np.flatnonzero(~kept), path, path.terms.columns(held.features, held.treatment))
