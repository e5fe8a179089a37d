"""What a cell of the calibration does: one test, one number of subjects, one kind of data; many data sets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from null_data import Data, draw
from numpy.typing import NDArray

from biomarker.rng import stream
from biomarker.stats.max_t import max_t, permutations_within
from biomarker.stats.multiplicity import benjamini_hochberg

__all__ = [
    "IN_VAIN",
    "LEVELS",
    "MOST_SETS",
    "Cell",
    "Screening",
    "coverage",
    "decoys",
    "null",
    "permuted",
    "planted",
    "probe",
]

Floats = NDArray[np.float64]
LEVELS = (0.05, 0.01, 1e-4)
SEED = 20261201
FEATURES = 1000
#: Null features of a cell, summed over data sets.
ENOUGH = 1_000_000
#: Data sets at most; and so many that no test is made of are enough to say so.
MOST_SETS, IN_VAIN = 4000, 50
_BINS = 1000
_PERMUTATIONS = 19_999
_EFFECT = 0.5
_PLANTED = 20
_PROBES = 3


@dataclass(frozen=True)
class Screening:
    """A test as the product makes it.

    Attributes
    ----------
    name, endpoint_type : str
    interaction : bool
    p_values : callable
        ``Data -> (n_features,)``, NaN where no test was made.
    interval : callable or None
        ``Data -> (low, high)`` of the first feature's effect a standard deviation, 95%, NaN where there is none.
    residual : callable or None
        As in `biomarker.discovery.method.Method`; None where the product has no permutation p-value.
    modules : tuple of str
        What it runs.
    sizes, kinds : tuple
    """

    name: str
    endpoint_type: str
    interaction: bool
    p_values: Callable[[Data], Floats]
    interval: Callable[[Data], tuple[float, float]] | None
    residual: Callable[[Any, Floats], Floats | None] | None
    modules: tuple[str, ...]
    sizes: tuple[int, ...] = (30, 100, 300)
    kinds: tuple[str, ...] = ("plain", "tied", "skewed", "unbalanced")
    prepare: Callable[[Data, np.random.Generator], Data] | None = None
    features: int = FEATURES
    enough: int = ENOUGH


@dataclass(frozen=True)
class Cell:
    """A question asked of a test with `n` subjects and data of a kind."""

    question: str
    test: Screening
    n: int
    kind: str

    @property
    def name(self) -> str:
        """Key in the stored results."""
        return f"{self.question} | {self.test.name} | {self.n} | {self.kind}"

    def data(self, index: int, *, run: str = "") -> Data:
        """Data set number `index` of the question; another `run` has other ones."""
        rng = stream(SEED, "calibration", self.name, run, index)
        p, effects, main = self._made_of()
        made = draw(
            self.kind, self.test.endpoint_type, n=self.n, p=p, rng=rng, interaction=self.test.interaction,
            effects=effects, main=main,
        )  # fmt: skip
        return made if self.test.prepare is None else self.test.prepare(made, rng)

    def _made_of(self) -> tuple[int, Floats | None, Floats | None]:
        """How many features, the first ones' effects, and those that are prognostic alone."""
        if self.question == "decoys":
            return 4, None, np.full(4, 0.6)
        if self.question == "coverage":
            return 1, np.array([_EFFECT]), None
        if self.question == "planted":
            return 500, 0.4 * np.tile([1.0, -1.0], _PLANTED // 2) * (2.0 if self.test.interaction else 1.0), None
        return self.test.features, None, None


def null(cell: Cell, *, data_sets: int | None = None, run: str = "") -> dict[str, Any]:
    """How often features without any effect are rejected, and how far p-values are from uniform."""
    rejected, histogram, tested, sets = [], np.zeros(_BINS, dtype=np.int64), [], 0
    for p_values in _p_values(cell, data_sets, run):
        p = p_values[~np.isnan(p_values)]
        tested.append(p.size)
        rejected.append([(p <= level).sum() for level in LEVELS])
        histogram += np.histogram(p, bins=_BINS, range=(0.0, 1.0))[0]
        sets += 1
        if data_sets is None and (sum(tested) >= cell.test.enough or (sets >= IN_VAIN and not any(tested))):
            break
    total = sum(tested)
    answer: dict[str, Any] = {"data_sets": sets, "tested": total}
    if total:
        counts = np.array(rejected)
        # of a ratio of sums: data sets differ, and features of one share its endpoint
        rest = counts - np.outer(tested, counts.sum(axis=0) / total)
        answer["rejected"] = counts.sum(axis=0).tolist()
        answer["error"] = (np.sqrt((rest**2).sum(axis=0)) / total).tolist()
        answer["distance"] = float(np.abs(histogram.cumsum() / total - np.arange(1, _BINS + 1) / _BINS).max())
    return answer


def _p_values(cell: Cell, data_sets: int | None, run: str) -> Iterator[Floats]:
    for index in range(data_sets or MOST_SETS):
        yield cell.test.p_values(cell.data(index, run=run))


def permuted(cell: Cell, *, data_sets: int = 100) -> dict[str, Any] | None:
    """The same of the permutation p-value, where the product has one."""
    if cell.test.residual is None:
        return None
    rejected, tested = np.zeros(len(LEVELS), dtype=np.int64), 0
    for index in range(data_sets):
        data = cell.data(index)
        residual = cell.test.residual(data.outcome, data.covariates)
        if residual is None:
            continue
        design = np.column_stack([np.ones(cell.n), data.covariates])
        rng = stream(SEED, "calibration", cell.name, "permutations", index)
        shuffled = permutations_within(residual, design, count=_PERMUTATIONS, generator=rng)
        p = max_t(data.features, shuffled).p_permutation
        p = p[~(np.isnan(p) | np.isnan(cell.test.p_values(data)))]
        rejected += [(p <= level).sum() for level in LEVELS]
        tested += p.size
    return {"tested": tested, "rejected": rejected.tolist()}


def decoys(cell: Cell, *, data_sets: int = 2000, run: str = "") -> dict[str, Any]:
    """How often features that are prognostic alone (0.6 a standard deviation) are called predictive."""
    rejected, tested = np.zeros(len(LEVELS), dtype=np.int64), 0
    for index in range(data_sets):
        p = cell.test.p_values(cell.data(index, run=run))
        p = p[~np.isnan(p)]
        rejected += [(p <= level).sum() for level in LEVELS]
        tested += p.size
    return {"data_sets": data_sets, "tested": tested, "rejected": rejected.tolist()}


def coverage(cell: Cell, *, data_sets: int = 2000, run: str = "") -> dict[str, Any]:
    """How often the 95% interval of an effect of 0.5 a standard deviation holds it."""
    held, made = 0, 0
    assert cell.test.interval is not None
    for index in range(data_sets):
        low, high = cell.test.interval(cell.data(index, run=run))
        if not np.isnan(low):
            made += 1
            held += low <= _EFFECT <= high
    return {"data_sets": data_sets, "tested": made, "held": held}


def planted(cell: Cell, *, data_sets: int = 200, run: str = "") -> dict[str, Any]:
    """False discovery and true positive proportion at q <= 0.05 (BH), 20 of 500 features with an effect of 0.4."""
    rates = []
    for index in range(data_sets):
        p = cell.test.p_values(cell.data(index, run=run))
        known = ~np.isnan(p)
        if not known.any():
            continue
        called = np.zeros(p.size, dtype=bool)
        called[known] = benjamini_hochberg(p[known]) <= 0.05
        true = np.arange(p.size) < _PLANTED
        rates.append([(called & ~true).sum() / max(called.sum(), 1), (called & true).sum() / _PLANTED])
    if not rates:
        return {"data_sets": data_sets, "tested": 0}
    mean, error = np.mean(rates, axis=0), np.std(rates, axis=0, ddof=1) / np.sqrt(len(rates))
    return {"data_sets": len(rates), "tested": len(rates), "rates": mean.tolist(), "error": error.tolist()}


def probe(cell: Cell) -> list[float]:
    """What a few data sets give, in three sums: code that gives the same has the same answer to the question."""
    numbers = []
    for index in range(_PROBES):
        data = cell.data(index)
        if cell.question == "coverage":
            assert cell.test.interval is not None
            found = np.array(cell.test.interval(data))
            numbers.append([(~np.isnan(found)).sum(), np.nansum(found), np.nansum(found**2)])
        else:
            found = cell.test.p_values(data)
            found = found[~np.isnan(found)]
            numbers.append([found.size, found.sum(), np.log10(np.maximum(found, 1e-300)).sum()])
    return [float(f"{value:.10g}") for value in np.sum(numbers, axis=0)]
