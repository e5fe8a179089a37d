"""From the pairs that a scan kept to formulas with constants, judged again in double precision."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.formula.shapes import SHAPES, FormulaRecord, evaluate
from biomarker.stats.pairs.basis import Constants
from biomarker.stats.pairs.heap import Best
from biomarker.stats.pairs.plain import given_each
from biomarker.stats.pairs.response import PairResponse
from biomarker.stats.pairs.statistics import STATISTICS, Statistic

__all__ = ["Found", "Searchable", "judge", "ordered", "record_of", "records_of", "smaller_of", "survivors", "t_of"]

Floats = NDArray[np.float64]
#: Statistics whose first feature is the shape's second.
_SWAPPED = {"b_where_a": "where", "b_not_a": "and_not"}
_BY_KIND: dict[str, tuple[str, ...]] = {}
for _shape in SHAPES.values():
    if _shape.kind:
        _BY_KIND[_shape.kind] = (*_BY_KIND.get(_shape.kind, ()), _shape.name)


@dataclass(frozen=True, eq=False)
class Searchable:
    """Features as they are searched.

    Attributes
    ----------
    names : tuple of str
        ``modality:feature``.
    values : (n_subjects, n_features)
        Of the searched subjects; a missing value is the median of the others.
    constants : Constants
    group : (n_features,) of int32
        Features of one unit.
    """

    names: tuple[str, ...]
    values: Floats
    constants: Constants
    group: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Found:
    """A formula and what the search says of it.

    Attributes
    ----------
    record : FormulaRecord
    places : tuple of int
        Its features in `Searchable`.
    statistic : float
        Signed t of what the formula adds to its parts (of an index that is linear in them the smallest of what each
        part adds to the others), but no more than `plain`.
    plain : float
        Signed t of the formula alone, given the covariates.
    score : float
        `statistic` as a squared partial correlation, which is what permutations are compared with.
    """

    record: FormulaRecord
    places: tuple[int, ...]
    statistic: float
    plain: float
    score: float


def record_of(shape: str, places: Sequence[int], cuts: Sequence[int | None], found: Searchable) -> FormulaRecord:
    """A formula of some features; `cuts` says which of its three cuts each feature is compared with."""
    c = found.constants
    return FormulaRecord(
        shape,
        tuple(found.names[i] for i in places),
        *(tuple(float(part[i]) for i in places) for part in (c.mean, c.sd, c.median)),
        tuple(None if cut is None else float(c.cuts[i, cut]) for i, cut in zip(places, cuts, strict=True)),
    )


def records_of(
    statistic: Statistic, i: int, j: int, found: Searchable
) -> Iterator[tuple[FormulaRecord, tuple[int, int]]]:
    """The formulas of a pair that one statistic judges."""
    if statistic.kind in _SWAPPED:
        yield record_of(_SWAPPED[statistic.kind], (j, i), (statistic.cut_b, statistic.cut_a), found), (j, i)
        return
    for shape in _BY_KIND[statistic.kind]:
        yield record_of(shape, (i, j), (statistic.cut_a, statistic.cut_b), found), (i, j)


def survivors(best: Best, found: Searchable, response: PairResponse) -> list[Found]:
    """All formulas of the pairs that a scan kept, judged again, the best first; ties by plain statistic and name."""
    records, places = [], []
    for v, statistic in enumerate(STATISTICS):
        _, first, second = best.ordered(v)
        for i, j in zip(first.tolist(), second.tolist(), strict=True):
            for record, at in records_of(statistic, i, j, found):
                records.append(record)
                places.append(at)
    return ordered(judge(records, places, found, response))


def ordered(formulas: Sequence[Found]) -> list[Found]:
    """The largest improvement first."""
    return sorted(formulas, key=lambda f: (-round(abs(f.statistic), 9), -abs(f.plain), f.record.label))


def judge(
    records: Sequence[FormulaRecord], places: Sequence[tuple[int, ...]], found: Searchable, response: PairResponse
) -> list[Found]:
    """Improvement over the parts and plain statistic of formulas, in double precision."""
    judged: list[Found] = []
    if not records:
        return judged
    scaled = (found.values - found.constants.mean) / found.constants.sd
    by_arity: dict[tuple[int, bool], list[int]] = {}
    for k, record in enumerate(records):
        shape = SHAPES[record.shape]
        by_arity.setdefault((shape.arity, bool(shape.linear)), []).append(k)
    for (arity, linear), members in by_arity.items():
        for start in range(0, len(members), 2000):
            some = members[start : start + 2000]
            f = np.column_stack([evaluate(records[k], found.values[:, list(places[k])]) for k in some])
            parts = [scaled[:, [places[k][part] for k in some]] for part in range(arity)]
            alone = given_each(f, [], response)
            plain = t_of(alone, response.dof - 1)
            if linear:
                signs = np.array([SHAPES[records[k].shape].linear for k in some], dtype=np.float64)
                added, dof = _of_parts(parts, signs, response), response.dof - arity
            else:
                added, dof = given_each(f, parts, response), response.dof - arity - 1
            value, score = smaller_of(t_of(added, dof), plain), smaller_of(added, alone) ** 2
            judged += [
                Found(records[k], tuple(places[k]), float(t), float(p), float(r))
                for k, t, p, r in zip(some, value, plain, score, strict=True)
                if np.isfinite(t) and np.isfinite(p)
            ]
    return judged


def _of_parts(parts: list[Floats], signs: Floats, response: PairResponse) -> Floats:
    """Smallest partial correlation of a part given the others, 0 where a sign is not that of the index."""
    every = np.array(
        [
            given_each(part, [other for m, other in enumerate(parts) if m != k], response) * signs[:, k]
            for k, part in enumerate(parts)
        ]
    )
    agree = (np.sign(every) == np.sign(every[0])).all(axis=0)
    return np.asarray(np.where(agree, np.sign(every[0]) * np.abs(every).min(axis=0), 0.0))


def smaller_of(added: Floats, plain: Floats) -> Floats:
    """What a formula adds, but no more than it shows itself; 0 where the signs differ."""
    size = np.minimum(np.abs(added), np.abs(plain))
    return np.asarray(np.where(added * plain > 0, np.sign(added) * size, 0.0))


def t_of(correlation: Floats, dof: int) -> Floats:
    """t statistic of a partial correlation."""
    with np.errstate(invalid="ignore"):
        r = np.clip(correlation, -1 + 1e-12, 1 - 1e-12)
        return np.asarray(r * np.sqrt(max(dof, 1) / (1.0 - r * r)))
