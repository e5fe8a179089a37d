"""The search itself: one question in one part of the subjects, by parts that a cluster can share."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.formula.gathered import Gathered, Prescreen, searchable
from biomarker.discovery.formula.questions import Question
from biomarker.discovery.formula.survivors import Searchable
from biomarker.stats.pairs.basis import PairBasis
from biomarker.stats.pairs.heap import Best
from biomarker.stats.pairs.response import PairResponse
from biomarker.stats.pairs.scan import PairScan, scan_pairs
from biomarker.stats.pairs.statistics import STATISTICS

__all__ = ["FormulaSettings", "Prepared", "prepared", "searched"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Pairs kept of each statistic by the scan, to be judged again in double precision.
KEPT = 128


@dataclass(frozen=True)
class FormulaSettings:
    """How formulas are searched; see the study file's section ``formula``."""

    prescreen: Prescreen = field(default_factory=Prescreen)
    min_group: int = 10
    discovery: float = 0.67
    repeats: int = 1
    top: int = 20
    grow: int = 5
    permutations: int = 0
    resamples: int = 50
    memory_mb: int = 3000
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True, eq=False)
class Prepared:
    """A question as it is searched.

    Attributes
    ----------
    rows : (n_subjects of the cohort,) of bool
        The searched subjects that have the endpoint.
    places : (n_searched features,)
        Where they stand in `Gathered`.
    left_out : dict of str to int
        Features that were not searched for this question, by reason.
    """

    question: Question
    rows: Mask
    response: PairResponse
    features: Searchable
    places: NDArray[np.intp]
    left_out: dict[str, int]


def prepared(
    question: Question, searched_rows: Mask, gathered: Gathered, settings: FormulaSettings, *, repeat: int
) -> Prepared:
    """Everything the scan of a question needs, learned in the searched subjects."""
    rows = question.rows & searched_rows
    response = question.response(rows, seed=settings.seed, name=f"searched {repeat}")
    features, places, left_out = searchable(
        gathered, rows, response, prescreen=settings.prescreen, min_group=settings.min_group,
        memory_mb=settings.memory_mb,
    )  # fmt: skip
    return Prepared(question, rows, response, features, places, left_out)


def searched(
    one: Prepared,
    settings: FormulaSettings,
    *,
    part: int = 0,
    parts: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PairScan:
    """Scan one part of the pairs."""
    basis = PairBasis.of(one.features.values, one.features.constants, one.response, one.features.group)
    return scan_pairs(
        basis, one.response, keep=KEPT, min_group=settings.min_group, threads=settings.threads, part=part, parts=parts,
        progress=progress,
    )  # fmt: skip


def best_of(rows: list[tuple[int, int, int, float]]) -> Best:
    """The best pairs from rows of statistic, first and second feature, score: parts of one search put together."""
    best = Best.empty(len(STATISTICS), KEPT)
    from biomarker.stats.pairs.heap import push

    for v, i, j, score in rows:
        push(best.score, best.first, best.second, best.size, v, np.float32(score), np.int32(i), np.int32(j))
    return best
