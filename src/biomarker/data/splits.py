"""Folds that keep the samples of one group together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.errors import InsufficientDataError, LeakageError, SchemaError

__all__ = ["Splits"]


@dataclass(frozen=True)
class Splits:
    """Fold of each subject.

    Attributes
    ----------
    fold : array (n_subjects,) of int, 0 .. n_folds - 1
    group : array (n_subjects,) of int
        Subjects of one group (patient, site) share a fold.
    seed : int

    Raises
    ------
    LeakageError
        A group stands in two folds.
    """

    fold: NDArray[np.int64]
    group: NDArray[np.int64]
    seed: int

    def __post_init__(self) -> None:
        if self.fold.shape != self.group.shape or self.fold.ndim != 1:
            raise SchemaError("fold and group must have one entry a subject")
        pairs = np.unique(np.column_stack([self.group, self.fold]), axis=0)
        if len(pairs) != len(np.unique(self.group)):
            raise LeakageError("a group stands in two folds", "Split by group.")

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return int(self.fold.max()) + 1

    def train(self, fold: int) -> NDArray[np.bool_]:
        """Subjects outside a fold."""
        outside: NDArray[np.bool_] = self.fold != fold
        return outside

    @classmethod
    def draw(cls, group: NDArray[np.int64], *, n_folds: int, seed: int, rng: np.random.Generator) -> "Splits":
        """Random folds of nearly equal size in subjects; groups are dealt largest first to the smallest fold.

        Parameters
        ----------
        group : array (n_subjects,) of int
        n_folds, seed : int
            ``seed`` is recorded; the draw itself comes from ``rng``.
        """
        codes, sizes = np.unique(group, return_counts=True)
        if len(codes) < n_folds:
            raise InsufficientDataError(f"{len(codes)} groups cannot be dealt into {n_folds} folds")
        shuffled = rng.permutation(len(codes))
        order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
        load = np.zeros(n_folds, dtype=np.int64)
        home = {}
        for index in order:
            target = int(np.argmin(load))
            home[codes[index]] = target
            load[target] += sizes[index]
        return cls(np.array([home[code] for code in group]), group, seed)
