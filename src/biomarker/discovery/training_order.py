"""Which features lead in the training part of each fold: the search for a marker, made anew without some subjects."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.discovery.markers import transformed_blocks

__all__ = ["Training", "training_leaders"]

Floats = NDArray[np.float64]
#: Below this many subjects with a value a feature is not looked at.
_LEAST = 10
_BIGGEST = 1e100


@dataclass(frozen=True, eq=False)
class Training:
    """The training part of one fold of one list.

    Attributes
    ----------
    scores : (cohort.n_subjects,)
        Of `subject_scores`, NaN outside the training part.
    fitted_on : (cohort.n_subjects,) of bool
        Subjects that recipes are fitted on: those of the list's analysis that are not held out.
    """

    scores: Floats
    fitted_on: NDArray[np.bool_]


def training_leaders(
    cohort: Cohort, trainings: Sequence[Training], *, count: int, without: Collection[str] = ()
) -> list[list[str]]:
    """The first features of each training part by the robust score statistic.

    ``T_j = sum_i (x_ij - mean x_j) s_i / sqrt(sum_i (x_ij - mean x_j)^2 s_i^2)`` over the subjects with a value, s the
    centred scores: the screen's score test up to its variance, for all features at once. It need not be the screen's
    own p-value: any rule that sees the training part alone is honest.

    Parameters
    ----------
    cohort : Cohort
    trainings : sequence of Training
    count : int
        Features per training part.
    without : collection of str
        ``modality:feature`` that are no part of the search: markers that were named beforehand.

    Returns
    -------
    list of list of str
        ``modality:feature_id``, best first, one list a training part.
    """
    best: list[list[tuple[float, int, str]]] = [[] for _ in trainings]
    order = 0
    for modality, matrix in cohort.matrices.items():
        rows = cohort.rows_of(matrix)
        for together in _passes(trainings, recipes=bool(matrix.recipes)):
            for start, values in transformed_blocks(matrix, trainings[together[0]].fitted_on[rows]):
                names = [f"{modality}:{name}" for name in matrix.feature_ids[start : start + values.shape[1]]]
                searched = np.array([name not in without for name in names])
                for k in together:
                    statistics = np.where(searched, _statistics(values, trainings[k].scores[rows]), 0.0)
                    top = np.argsort(-statistics, kind="stable")[:count]
                    best[k] += [(-float(statistics[i]), order + start + int(i), names[i]) for i in top]
                    best[k] = sorted(best[k])[:count]
        order += matrix.n_features
    return [[name for statistic, _, name in leading if statistic < 0] for leading in best]


def _passes(trainings: Sequence[Training], *, recipes: bool) -> list[list[int]]:
    """Training parts that can share one reading of the matrix: all, or those that fit its recipes alike."""
    groups: dict[bytes, list[int]] = {}
    for k, training in enumerate(trainings):
        groups.setdefault(training.fitted_on.tobytes() if recipes else b"", []).append(k)
    return list(groups.values())


def _statistics(values: Floats, scores: Floats) -> Floats:
    """|T| (n_features,) in the subjects with a score; 0 where a feature says nothing."""
    inside = ~np.isnan(scores)
    s = scores[inside]
    x = np.clip(values[inside], -_BIGGEST, _BIGGEST)
    present = ~np.isnan(x)
    known = present.astype(np.float64)
    n = known.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(present, x - np.where(present, x, 0.0).sum(axis=0) / n, 0.0)
        # sum (x - mean)^2 (s - centre)^2, multiplied out: centre differs between features where values are missing
        centre, squares = (s @ known) / n, x**2
        lower = s**2 @ squares - 2.0 * centre * (s @ squares) + centre**2 * squares.sum(axis=0)
        found = np.abs(s @ x) / np.sqrt(lower)
    return np.where((n >= _LEAST) & (lower > 0) & np.isfinite(found), found, 0.0)
