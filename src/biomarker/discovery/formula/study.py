"""All questions of a study: the search in parts, and what it comes to."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker import logs
from biomarker.data.cohort import Cohort
from biomarker.discovery.formula.conclude import Concluded, combined, conclude
from biomarker.discovery.formula.gathered import Gathered, gather
from biomarker.discovery.formula.questions import Question, Split, questions
from biomarker.discovery.formula.search import FormulaSettings, Prepared, best_of, prepared, searched
from biomarker.errors import DataError, InsufficientDataError
from biomarker.features.filters import FilterSettings
from biomarker.stats.pairs.products import REFUSALS
from biomarker.stats.pairs.scan import PairScan
from biomarker.stats.pairs.statistics import STATISTICS

__all__ = ["FormulaStudy", "Scope"]

log = logs.get(__name__)
_NO_PAIRS = np.zeros((len(STATISTICS), len(REFUSALS)), np.int64)


@dataclass(frozen=True)
class Scope:
    """Which questions are asked of which features, beside how they are searched."""

    endpoints: tuple[str, ...] = ()
    contrasts: tuple[str, ...] = ()
    horizon: float | None = None
    max_missing: float = 0.2
    filters: FilterSettings = field(default_factory=FilterSettings)


@dataclass(frozen=True, eq=False)
class FormulaStudy:
    """A cohort and how its formulas are searched.

    Attributes
    ----------
    cohort : Cohort
    group, patient, strata : (n_subjects,) of int
        Who is never parted by the split, nor by the folds of nuisance models; within what residuals are permuted.
    settings : FormulaSettings
    scope : Scope
    """

    cohort: Cohort
    group: NDArray[np.int64]
    patient: NDArray[np.int64]
    strata: NDArray[np.int64]
    settings: FormulaSettings
    scope: Scope = field(default_factory=Scope)
    _gathered: dict[int, Gathered] = field(default_factory=dict)

    @cached_property
    def questions(self) -> list[Question]:
        """What is asked."""
        scope = self.scope
        return questions(
            self.cohort, self.patient, self.strata, endpoints=scope.endpoints, contrasts=scope.contrasts,
            horizon=scope.horizon,
        )  # fmt: skip

    def searched_rows(self, repeat: int) -> NDArray[np.bool_]:
        """The subjects that are searched in one repeat."""
        settings = self.settings
        return Split.draw(self.group, share=settings.discovery, seed=settings.seed, repeat=repeat).searched

    def gathered(self, repeat: int) -> Gathered:
        """The features of one repeat."""
        if repeat not in self._gathered:
            self._gathered.clear()  # one at a time: it holds every value
            self._gathered[repeat] = gather(
                self.cohort, self.searched_rows(repeat), filters=self.scope.filters,
                max_missing=self.scope.max_missing, only=self.settings.prescreen.features,
            )  # fmt: skip
        return self._gathered[repeat]

    def prepared(self, question: Question, repeat: int) -> Prepared:
        """One question of one repeat."""
        return prepared(question, self.searched_rows(repeat), self.gathered(repeat), self.settings, repeat=repeat)

    def search(
        self, part: int, parts: int, *, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Search one part of the pairs for every question.

        Returns
        -------
        survivors, scanned : polars.DataFrame
            Columns of `FormulaSurvivors` and `FormulaScanned`.
        """
        kept: list[dict[str, object]] = []
        counted: list[dict[str, object]] = []
        asked = [(r, q) for r in range(self.settings.repeats) for q in self.questions]
        for number, (repeat, question) in enumerate(asked):
            about = dict(zip(("endpoint", "comparison", "contrast"), question.key, strict=True)) | {"repeat": repeat}
            try:
                one = self.prepared(question, repeat)
            except InsufficientDataError as error:
                counted.append({**about, "statistic": None, "reason": None, "pairs": 0, "status": str(error)})
                continue
            pace = _Pace(number, len(asked), progress)
            scan = searched(one, self.settings, part=part, parts=parts, progress=pace.tell)
            rate = f"{scan.n_pairs:,} pairs searched in {pace.seconds:.0f} s, {pace.rate(scan.n_pairs):,.0f} a second"
            log.info("%s, %s, %s: %s", *question.key, rate)
            kept += _survivor_rows(about, one, scan)
            counted += _scanned_rows(about, scan)
        return _frame(kept, FormulaSurvivorsColumns), _frame(counted, FormulaScannedColumns)

    def conclude(
        self,
        survivors: pl.DataFrame,
        scanned: pl.DataFrame,
        *,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> tuple[list[Concluded], dict[tuple[str, str, str], str], dict[tuple[str, str, str], dict[str, int]]]:
        """What the search comes to, from all its parts.

        Returns
        -------
        concluded : list of Concluded
            One a question that could be searched.
        failed : dict
            Why the others could not.
        left_out : dict
            Features that had no part in a question's search, by reason.
        """
        answers: dict[tuple[str, str, str], list[Concluded]] = {q.key: [] for q in self.questions}
        failed: dict[tuple[str, str, str], str] = {}
        left_out: dict[tuple[str, str, str], dict[str, int]] = {}
        total = self.settings.repeats * len(self.questions)
        for repeat in range(self.settings.repeats):
            for number, question in enumerate(self.questions):
                own = _of_question(scanned, question, repeat)
                status = own.filter(pl.col("status") != "ok")["status"]
                if status.len():
                    failed[question.key] = str(status[0])
                    continue
                try:
                    one = self.prepared(question, repeat)
                    scan = _scan_of(_of_question(survivors, question, repeat), own, one)
                    answer = conclude(
                        one, scan, self.searched_rows(repeat), self.gathered(repeat), self.settings, repeat=repeat,
                        progress=lambda done, all_: log.info("%d of %d permutations", done, all_),
                    )  # fmt: skip
                    answers[question.key].append(answer)
                except InsufficientDataError as error:
                    failed[question.key] = str(error)
                    continue
                left_out[question.key] = {**self.gathered(repeat).left_out, **one.left_out}
                progress(repeat * len(self.questions) + number + 1, total)
        whole = [
            combined(own) for key, own in answers.items() if len(own) == self.settings.repeats and key not in failed
        ]
        return whole, failed, left_out


@dataclass
class _Pace:
    """How fast one question of several is searched; says so from time to time."""

    number: int
    questions: int
    progress: Callable[[int, int], None]
    every: float = 30.0
    begun: float = field(default_factory=time.monotonic)
    said: float = 0.0

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.begun

    def rate(self, pairs: int) -> float:
        """Pairs a second, in all statistics."""
        return pairs / max(self.seconds, 1e-9)

    def tell(self, done: int, total: int) -> None:
        """So many of all pairs are done."""
        self.progress(1000 * self.number + 1000 * done // max(total, 1), 1000 * self.questions)
        if self.seconds - self.said >= self.every:
            self.said = self.seconds
            left = (total - done) / max(self.rate(done), 1e-9)
            place = f"question {self.number + 1} of {self.questions}"
            log.info("%s: %s of %s pairs, %.0f a second, %.0f s left", place, done, total, self.rate(done), left)


FormulaSurvivorsColumns = {
    "endpoint": pl.String, "comparison": pl.String, "contrast": pl.String, "repeat": pl.Int64, "statistic": pl.Int64,
    "first": pl.String, "second": pl.String, "score": pl.Float64,
}  # fmt: skip
FormulaScannedColumns = {
    "endpoint": pl.String, "comparison": pl.String, "contrast": pl.String, "repeat": pl.Int64, "statistic": pl.Int64,
    "reason": pl.String, "pairs": pl.Int64, "status": pl.String,
}  # fmt: skip


def _frame(rows: list[dict[str, object]], columns: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=columns, orient="row")


def _survivor_rows(about: dict[str, object], one: Prepared, scan: PairScan) -> list[dict[str, object]]:
    names = one.features.names
    rows = []
    for v in range(len(STATISTICS)):
        for score, i, j in zip(*scan.best.ordered(v), strict=True):
            rows.append({**about, "statistic": v, "first": names[i], "second": names[j], "score": float(score)})
    return rows


def _scanned_rows(about: dict[str, object], scan: PairScan) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for v in range(len(STATISTICS)):
        rows.append({**about, "statistic": v, "reason": None, "pairs": scan.n_pairs, "status": "ok"})
        rows += [
            {**about, "statistic": v, "reason": reason, "pairs": int(scan.refused[v, code]), "status": "ok"}
            for code, reason in enumerate(REFUSALS)
            if code and scan.refused[v, code]
        ]
    return rows


def _of_question(table: pl.DataFrame, question: Question, repeat: int) -> pl.DataFrame:
    endpoint, comparison, contrast = question.key
    return table.filter(
        pl.col("endpoint") == endpoint, pl.col("comparison") == comparison,
        pl.col("contrast").cast(pl.String) == contrast, pl.col("repeat") == repeat,
    )  # fmt: skip


def _scan_of(survivors: pl.DataFrame, scanned: pl.DataFrame, one: Prepared) -> PairScan:
    """The parts of one search as one."""
    places = {name: k for k, name in enumerate(one.features.names)}
    best = best_of(
        [
            (v, places[first], places[second], score)
            for v, first, second, score in survivors.select("statistic", "first", "second", "score").iter_rows()
        ]
    )
    refused = _NO_PAIRS.copy()
    codes = {reason: code for code, reason in enumerate(REFUSALS) if code}
    n_pairs = 0
    for v, reason, pairs in scanned.select("statistic", "reason", "pairs").iter_rows():
        if reason is None:
            n_pairs += pairs if v == 0 else 0
        else:
            refused[v, codes[reason]] += pairs
    planned = len(places) * (len(places) - 1) // 2
    if n_pairs != planned:
        raise DataError(
            f"{n_pairs} pairs were searched where {planned} were planned: a part of the search is missing or another's",
            "Run again: parts that are whole are kept.",
        )
    return PairScan(best, refused, n_pairs, np.zeros((1, len(STATISTICS)), np.float32))
