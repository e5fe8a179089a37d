"""Marker-positive and marker-negative subjects of a candidate: where it is cut, and who is which, held-out or not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.question import Question
from biomarker.stats.cutoff_interval import Cutoff, best_cutoff

__all__ = ["Positive", "cut", "held_out", "is_positive"]

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]
#: A training part smaller than this cuts nothing.
_LEAST = 10


@dataclass(frozen=True, eq=False)
class Positive:
    """Which subjects are marker-positive.

    Attributes
    ----------
    known : (n_subjects,) of bool
        Those of whom it can be said.
    positive : (n_subjects,) of bool
    """

    known: Rows
    positive: Rows


def cut(question: Question, values: Floats, rows: Rows) -> Cutoff | None:
    """The best cut-off of a marker in some subjects, None where there is none.

    Positive is the side on which subjects do better, or benefit more from treatment.
    """
    rows = rows & ~np.isnan(values)
    if rows.sum() < _LEAST or np.unique(values[rows]).size < 2:
        return None
    scores = question.scores(rows)
    return None if scores is None else best_cutoff(values[rows], scores[rows])


def is_positive(values: Floats, cutoff: Cutoff) -> Rows:
    """Subjects on the side of the cut-off that scored higher; missing values are on neither."""
    return values > cutoff.value if cutoff.statistic >= 0 else values <= cutoff.value


def held_out(question: Question, values: list[Floats | None]) -> Positive:
    """Each subject labelled by a cut-off that was chosen without the subject's fold.

    Parameters
    ----------
    question : Question
    values : list of (n_subjects,) or None
        One entry a fold: the marker that the training part of the fold chose, None where it chose none. The same in
        each for a marker that was not chosen by these data.
    """
    known, positive = np.zeros(len(question.rows), dtype=bool), np.zeros(len(question.rows), dtype=bool)
    for fold, marker in enumerate(values):
        found = None if marker is None else cut(question, marker, question.rows & (question.fold != fold))
        if marker is None or found is None:
            continue
        inside = question.rows & (question.fold == fold) & ~np.isnan(marker)
        known |= inside
        positive |= inside & is_positive(marker, found)
    return Positive(known, positive)
