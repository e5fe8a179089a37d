"""One list of candidates (endpoint, comparison, contrast) with the subjects, arms and folds that its effects need."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Endpoint, Survival
from biomarker.data.splits import Splits
from biomarker.discovery.analysis import Analysis, analyses
from biomarker.discovery.method import Outcome
from biomarker.discovery.subject_scores import subject_scores
from biomarker.rng import stream
from biomarker.stats.group_effects import LEVELS, horizon_of

__all__ = ["ALL", "Question", "questions"]

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]
#: The arm of a level where arms are not told apart.
ALL = "all"
#: Three folds: with more, tests of pooled held-out groups depend on each other ever more (see docs/statistics.md).
N_FOLDS = 3


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked in one list.

    Attributes
    ----------
    endpoint : Endpoint
    analysis : Analysis
    rows : (n_subjects,) of bool
        Subjects of the analysis who have the endpoint.
    fold : (n_subjects,) of int
        -1 outside `rows`.
    horizon : float
        Of restricted means; NaN where the endpoint is no survival.
    """

    endpoint: Endpoint
    analysis: Analysis
    rows: Rows
    fold: NDArray[np.int64]
    horizon: float

    @property
    def key(self) -> dict[str, str]:
        """Columns that say which list a row of a table belongs to."""
        return {
            "endpoint": self.endpoint.name,
            "comparison": self.analysis.comparison,
            "contrast": self.analysis.contrast,
        }

    @property
    def event(self) -> Floats | None:
        """Event of each subject, for survival."""
        return self.endpoint.event if isinstance(self.endpoint, Survival) else None

    def scores(self, rows: Rows) -> Floats | None:
        """Scores of some subjects, (n_subjects,), NaN elsewhere; learned from these subjects alone."""
        arm = None if self.analysis.treatment is None else self.analysis.treatment[rows]
        outcome = Outcome.of(self.endpoint).at(rows)
        found = subject_scores(outcome, self.analysis.covariates[rows], arm, good_sign=self.endpoint.good_sign)
        if found is None:
            return None
        scores = np.full(len(rows), np.nan)
        scores[rows] = found
        return scores


def questions(cohort: Cohort, contrasts: Sequence[str], groups: NDArray[np.int64], *, seed: int) -> list[Question]:
    """Every list of some contrasts whose endpoint has effects in groups; folds keep the subjects of a group together.

    Parameters
    ----------
    cohort : Cohort
    contrasts : sequence of str
    groups : (cohort.n_subjects,) of int
    seed : int
        Of the study; the folds of a list depend on it and on the list alone.
    """
    found = []
    for contrast in contrasts:
        for analysis in analyses(cohort, contrast):
            for endpoint in cohort.endpoints:
                rows = analysis.used & endpoint.known
                if endpoint.type not in LEVELS or rows.sum() < 2:
                    continue
                names = ("effects", "folds", endpoint.name, analysis.comparison, contrast)
                rng = stream(seed, *names)
                fold = np.full(cohort.n_subjects, -1, dtype=np.int64)
                # with too few groups to keep apart nothing is held out
                if np.unique(groups[rows]).size >= N_FOLDS:
                    fold[rows] = Splits.draw(groups[rows], n_folds=N_FOLDS, seed=seed, rng=rng).fold
                horizon = np.nan
                if isinstance(endpoint, Survival):
                    arms = np.zeros(rows.sum()) if analysis.treatment is None else analysis.treatment[rows]
                    horizon = horizon_of(endpoint.values[rows], arms)
                found.append(Question(endpoint, analysis, rows, fold, horizon))
    return found
