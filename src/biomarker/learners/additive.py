"""Sums of curves of a few features, each with its own treatment interaction, found one feature at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.data.splits import Splits
from biomarker.learners.elastic_net import loss
from biomarker.learners.related import most_related
from biomarker.learners.training import Trained, Training

__all__ = ["AdditiveCurves", "AdditiveModel"]

Floats = NDArray[np.float64]
# Values further out than so many spreads stay where they are: one subject shall not bend a curve
_FAR = 4.0
# The search ends when the best number of features lies so many behind
_PATIENCE = 5
# Terms of a feature are made orthonormal with this much of their own variance added
_JITTER = 1e-8
_EDGE = 1e-3
# Effects that differ between the arms bend once at most: half the subjects say what they look like
_BY_ARM = 2


@dataclass(frozen=True, eq=False)
class _Curves:
    """What the terms of features learned from training subjects; ``terms`` are ``(n_subjects, n_features, degree)``."""

    used: NDArray[np.intp]
    centre: Floats
    scale: Floats
    middle: Floats
    treated: float | None
    degree: int

    @classmethod
    def learn(cls, training: Training, degree: int, used: NDArray[np.intp]) -> "_Curves":
        x = training.features[:, used]
        centre, spread = x.mean(axis=0), x.std(axis=0)
        constant = spread <= 1e-12 * np.abs(x).max(axis=0, initial=0.0)
        scale = np.where(constant, np.inf, spread)
        treated = None if training.treatment is None else float(training.treatment.mean())
        blank = cls(used, centre, scale, np.zeros((used.size, degree)), treated, degree)
        return cls(used, centre, scale, blank._powers(training.features[:, used]).mean(axis=0), treated, degree)

    def _powers(self, x: Floats) -> Floats:
        """``z, |z|, z^2, |z|^3`` as far as the degree goes."""
        z = np.clip((x - self.centre) / self.scale, -_FAR, _FAR)
        size = np.abs(z)
        return np.stack([z, size, size**2, size**3][: self.degree], axis=2)

    def of_feature(self, place: int, features: Floats) -> Floats:
        """Powers of one of the features, (n_subjects, degree)."""
        return (self._powers(features[:, self.used]) - self.middle)[:, place]

    def terms(self, features: Floats, treatment: Floats | None) -> tuple[Floats, Floats]:
        """Terms, (n_subjects, n_used, degree and two by arm), and the centred treatment, (n_subjects, 0 or 1)."""
        powers = self._powers(features[:, self.used]) - self.middle
        if self.treated is None:
            return powers, np.empty((len(features), 0))
        arm = (treatment - self.treated)[:, None]
        return np.concatenate([powers, powers[:, :, :_BY_ARM] * arm[:, :, None]], axis=2), arm


@dataclass(frozen=True, eq=False)
class AdditiveModel:
    """Chosen features' curves.

    Attributes
    ----------
    curves : what the terms learned
    coefficients : (n_columns,)
        Of the treatment, then feature by feature.
    intercept : float
    binary : bool
    """

    curves: _Curves
    coefficients: Floats
    intercept: float
    binary: bool

    @property
    def features(self) -> NDArray[np.intp]:
        """Columns of the chosen features, in the order in which they were found."""
        return self.curves.used

    def predict(self, features: Floats, treatment: Floats | None) -> Floats:
        """Expected outcome of each subject; a binary outcome's is kept a probability."""
        terms, arm = self.curves.terms(features, treatment)
        linear = np.column_stack([arm, terms.reshape(len(features), -1)]) @ self.coefficients + self.intercept
        return np.clip(linear, _EDGE, 1.0 - _EDGE) if self.binary else linear


@dataclass(frozen=True)
class AdditiveCurves:
    """Least squares on the curves of a few features, chosen one after the other.

    A feature enters with all its terms at once: ``z, |z|`` or ``z, |z|, z^2, |z|^3`` (z standardised and cut at -4 and
    4), and ``z, |z|`` times ``t - mean t``. The next one is that whose terms explain most of what is left. Terms are
    weakly penalised, ``shrinkage n |b|^2`` in units where each has variance one. How many features, and which of the
    two sets of terms, is chosen by the mean squared error of the inner folds. A feature's main effect and interaction
    are found together where a penalty on single terms, which knows nothing of what belongs together, would need many
    more subjects to find either.

    Attributes
    ----------
    degrees : tuple of int
        Sets of terms that are tried: 2 or 4 powers.
    most_features : int
        The search looks at the features that go most with the outcome in the training subjects.
    most_chosen : int
    share : float
        At most this share of the subjects is spent on terms.
    shrinkage : float

    Notes
    -----
    Valid when features are complete. Good where few features matter and their effects add up; where many do, the stack
    gives its weight to others. A binary outcome is fitted by least squares and cut to a probability.

    References
    ----------
    Ravikumar et al. 2009 (additive models with whole functions chosen or not),
    https://doi.org/10.1111/j.1467-9868.2009.00718.x
    """

    degrees: tuple[int, ...] = (2, 4)
    most_features: int = 500
    most_chosen: int = 25
    share: float = 0.7
    shrinkage: float = 0.01

    name: str = "additive curves"

    def fit(self, training: Training, inner: Splits) -> Trained:
        """Choose terms and the number of features by the inner folds and fit all subjects with them."""
        tried = [self._path(training, inner, degree) for degree in self.degrees]
        degree, count, predicted, _ = min(tried, key=lambda one: one[3])
        search = _Search.begin(self, training, degree)
        for _ in range(count):
            search.step()
        return Trained(search.model(), predicted)

    def _path(self, training: Training, inner: Splits, degree: int) -> tuple[int, int, Floats, float]:
        """Follow the searches of all inner folds together: best number of features, its predictions and loss."""
        binary = training.kind == "binary"
        searches, held = [], []
        for fold in range(inner.n_folds):
            kept = inner.train(fold)
            searches.append(_Search.begin(self, training.take(kept), degree))
            held.append((np.flatnonzero(~kept), training.take(~kept)))
        best, smallest, chosen = 0, np.inf, np.empty(0)
        for count in range(min(search.most for search in searches) + 1):
            predicted = np.empty(training.outcome.size)
            for search, (rows, part) in zip(searches, held, strict=True):
                if count:
                    search.step()
                predicted[rows] = search.model().predict(part.features, part.treatment)
            lost = float(loss(training.outcome, predicted, binary=binary))
            if lost < smallest:
                best, smallest, chosen = count, lost, predicted
            elif count - best >= _PATIENCE:
                break
        return degree, best, chosen, smallest


@dataclass(eq=False)
class _Search:
    """Features chosen so far in some subjects, and what is left of the outcome."""

    learner: AdditiveCurves
    curves: _Curves
    terms: Floats  # (n, p, k)
    flat: Floats  # the same as a matrix of columns, single precision: it only finds the next feature
    whiten: Floats  # (p, k, k): makes each feature's terms orthonormal
    arm: Floats
    centred: Floats
    mean: float
    binary: bool
    most: int
    chosen: list[int]
    coefficients: Floats

    @classmethod
    def begin(cls, learner: AdditiveCurves, training: Training, degree: int) -> "_Search":
        used = most_related(training, learner.most_features)
        curves = _Curves.learn(training, degree, used)
        terms, arm = curves.terms(training.features, training.treatment)
        n, p, k = terms.shape
        gram = np.matmul(terms.transpose(1, 2, 0), terms.transpose(1, 0, 2)) / n
        floor = _JITTER * np.maximum(np.trace(gram, axis1=1, axis2=2), 1e-12)
        whiten = np.linalg.inv(np.linalg.cholesky(gram + floor[:, None, None] * np.eye(k)))
        most = min(learner.most_chosen, p, int(learner.share * n) // k)
        mean = float(training.outcome.mean())
        flat = np.ascontiguousarray(terms.reshape(n, p * k).astype(np.float32).T)
        binary = training.kind == "binary"
        search = cls(
            learner, curves, terms, flat, whiten, arm, training.outcome - mean, mean, binary, most, [], np.empty(0)
        )
        search._solve()
        return search

    def step(self) -> None:
        """Take in the feature whose terms explain most of what is left, and fit anew."""
        left = (self.centred - self._columns() @ self.coefficients).astype(np.float32)
        p, k = self.terms.shape[1:]
        along = np.matmul(self.whiten, (self.flat @ left).astype(np.float64).reshape(p, k, 1))[:, :, 0]
        explained = np.einsum("pk,pk->p", along, along)
        explained[np.isinf(self.curves.scale)] = -1.0
        explained[self.chosen] = -2.0
        self.chosen.append(int(np.argmax(explained)))
        self._solve()

    def _columns(self) -> Floats:
        n, _, k = self.terms.shape
        return np.column_stack([self.arm, self.terms[:, self.chosen, :].reshape(n, len(self.chosen) * k)])

    def _solve(self) -> None:
        columns = self._columns()
        n, free = columns.shape[0], self.arm.shape[1]
        squares = np.einsum("ij,ij->j", columns, columns)
        penalty = np.where(np.arange(squares.size) < free, 0.0, self.learner.shrinkage * squares)
        penalty = np.maximum(penalty, 1e-9 * n)  # a constant column, one arm alone
        self.coefficients = np.linalg.solve(columns.T @ columns + np.diag(penalty), columns.T @ self.centred)

    def model(self) -> AdditiveModel:
        """Of the features chosen so far."""
        curves, at = self.curves, self.chosen
        own = _Curves(
            curves.used[at], curves.centre[at], curves.scale[at], curves.middle[at], curves.treated, curves.degree
        )
        middle = np.einsum("ij->j", self._columns()) / len(self.centred)
        return AdditiveModel(own, self.coefficients, self.mean - float(middle @ self.coefficients), self.binary)
