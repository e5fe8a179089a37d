"""What a learner learns from, and what it gives back."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from biomarker.data.splits import Splits
from biomarker.errors import AlignmentError, DataError, InsufficientDataError
from biomarker.rng import stream

__all__ = ["Learner", "Model", "Trained", "Training"]

Floats = NDArray[np.float64]
# Trees read single precision, which ends at 3e38
_LARGEST = 1e30


@dataclass(frozen=True, eq=False, kw_only=True)
class Training:
    """Subjects to learn from.

    Attributes
    ----------
    features : (n_subjects, n_features)
        Complete.
    outcome : (n_subjects,)
        0 and 1 where `kind` is ``binary``.
    treatment : (n_subjects,) or None
        1 active, 0 control. With it, learners fit the features' effects and how they differ between the arms; without
        it (a propensity), their effects alone.
    kind : ``continuous`` or ``binary``
    group : (n_subjects,) of int
        Subjects of one group (patient, site) are never split.
    always : int
        So many first features (the covariates) are looked at by every learner, however many there are.

    Raises
    ------
    AlignmentError
        Not one entry a subject.
    DataError
        A missing, infinite or huge value, a treatment or a binary outcome other than 0 and 1.
    """

    features: Floats
    outcome: Floats
    treatment: Floats | None = None
    kind: Literal["continuous", "binary"] = "continuous"
    group: NDArray[np.int64]
    always: int = 0
    _taken: "dict[bytes, Training]" = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        n = len(self.features)
        columns = {"outcome": self.outcome, "treatment": self.treatment, "group": self.group}
        for name, column in columns.items():
            if column is not None and column.shape != (n,):
                raise AlignmentError(f"{name} has shape {column.shape}, expected one entry for each of {n} subjects")
        for name, values in {"features": self.features, "outcome": self.outcome}.items():
            if not np.isfinite(values).all():
                raise DataError(
                    f"{name} holds a missing or infinite value", "Leave incomplete subjects out beforehand."
                )
            if np.abs(values).max(initial=0.0) > _LARGEST:
                raise DataError(f"{name} holds a value beyond {_LARGEST:g}, too large to square", "Use other units.")
        two_valued = {"treatment": self.treatment, "outcome": self.outcome if self.kind == "binary" else None}
        for name, values in two_valued.items():
            if values is not None and not np.isin(values, (0.0, 1.0)).all():
                raise DataError(f"{name} holds a value other than 0 and 1")

    def take(self, rows: NDArray[np.bool_]) -> "Training":
        """Some of the subjects, as copies: what is not taken cannot be looked at. The same rows give one copy."""
        key = np.packbits(rows).tobytes()
        if key not in self._taken:
            self._taken[key] = self._copies(rows)
        return self._taken[key]

    def _copies(self, rows: NDArray[np.bool_]) -> "Training":
        return replace(
            self,
            features=self.features[rows],
            outcome=self.outcome[rows],
            treatment=None if self.treatment is None else self.treatment[rows],
            group=self.group[rows],
        )

    def with_outcome(self, outcome: Floats) -> "Training":
        """The same subjects with another outcome."""
        return replace(self, outcome=outcome)

    def inner_splits(self, n_folds: int, *, seed: int, name: str) -> Splits:
        """Folds within these subjects, for choices that a learner makes itself.

        Raises
        ------
        InsufficientDataError
            Fewer groups than folds.
        """
        if len(self.features) < 2 * n_folds:
            raise InsufficientDataError(f"{len(self.features)} subjects cannot be dealt into {n_folds} inner folds")
        return Splits.draw(self.group, n_folds=n_folds, seed=seed, rng=stream(seed, "inner folds", name))

    @cached_property
    def relatedness(self) -> Floats:
        """How much each feature goes with the outcome in these subjects, (n_features,).

        Its largest absolute correlation of any of z, ``|z|``, and, where there is a treatment, both times the centred
        treatment; infinite for the `always` first features.
        """
        n, width = self.features.shape
        outcome = self.outcome - self.outcome.mean()
        sides = [outcome]
        if self.treatment is not None:
            sides.append(outcome * (self.treatment - self.treatment.mean()))
        responses = np.column_stack([side / (float(np.sqrt(side @ side)) or 1.0) for side in sides])
        least = 1e-12 * np.abs(self.features).max(axis=0, initial=0.0) * np.sqrt(n)
        strength = np.zeros(width)
        shape = self.features - self.features.mean(axis=0)
        for _ in range(2):
            spread = np.sqrt(np.einsum("ij,ij->j", shape, shape))
            related = np.abs(shape.T @ responses) / np.where(spread > least, spread, np.inf)[:, None]
            strength = np.maximum(strength, related.max(axis=1))
            shape = np.abs(shape)
            shape -= shape.mean(axis=0)
        strength[: self.always] = np.inf
        return strength


class Model(Protocol):
    """A fitted learner."""

    def predict(self, features: Floats, treatment: Floats | None) -> Floats:
        """Expected outcome, (n_subjects,); a subject's prediction depends on its own row alone."""
        ...


@dataclass(frozen=True, eq=False)
class Trained:
    """What a learner gives back.

    Attributes
    ----------
    model : Model
        Fitted on all subjects of the training.
    inner_prediction : (n_subjects,)
        Each subject's prediction by a fit without its inner fold: what a stack weighs learners by.
    """

    model: Model
    inner_prediction: Floats


class Learner(Protocol):
    """A way to learn."""

    name: str

    def fit(self, training: Training, inner: Splits) -> Trained:
        """Learn, making every choice of one's own (penalty, number of trees) by the inner folds."""
        ...
