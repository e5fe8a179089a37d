"""Formulas of one feature, and of three that are grown from the best pairs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.formula.shapes import SHAPES, FormulaRecord, evaluate
from biomarker.discovery.formula.survivors import Found, Searchable, judge, ordered, record_of, smaller_of, t_of
from biomarker.stats.pairs.plain import given_each
from biomarker.stats.pairs.response import PairResponse
from biomarker.stats.pairs.statistics import N_CUTS

__all__ = ["single_formulas", "single_maxima", "triples"]

Floats = NDArray[np.float64]
_BLOCK = 2000


def _single_blocks(found: Searchable) -> Iterator[tuple[str, int | None, NDArray[np.intp], Floats]]:
    """Every shape of one feature: name, cut, which features have it, and the index (n_subjects, n_of_them)."""
    c, x = found.constants, found.values
    continuous = np.flatnonzero(c.usable[:, 0])
    for start in range(0, continuous.size, _BLOCK):
        some = continuous[start : start + _BLOCK]
        yield "u_shape", None, some, np.abs(x[:, some] - c.median[some])
        yield "variance", None, some, (x[:, some] - c.mean[some]) ** 2
        for cut in range(N_CUTS):
            own = some[c.usable[some, 1 + cut]]
            yield "threshold", cut, own, (x[:, own] > c.cuts[own, cut]).astype(np.float64)


def single_formulas(found: Searchable, response: PairResponse, *, keep: int) -> tuple[list[Found], int, int]:
    """The best formulas of one feature, given the feature itself; how many were planned and how many judged."""
    rows: list[tuple[float, str, int | None, int]] = []
    judged = 0
    for shape, cut, some, index in _single_blocks(found):
        added = given_each(index, [found.values[:, some] - found.constants.mean[some]], response)
        judged += int(np.isfinite(added).sum())
        size = np.nan_to_num(np.abs(smaller_of(added, given_each(index, [], response))))
        rows += [
            (float(size[k]), shape, cut, int(some[k])) for k in np.argsort(-size, kind="stable")[:keep] if size[k] > 0
        ]
    rows = sorted(rows, key=lambda row: (-row[0], row[3], row[1], row[2] or 0))[:keep]
    records = [record_of(shape, (i,), (cut,), found) for _, shape, cut, i in rows]
    planned = len(found.names) * sum(SHAPES[name].variants for name in ("u_shape", "variance", "threshold"))
    return ordered(judge(records, [(row[3],) for row in rows], found, response)), planned, judged


def single_maxima(found: Searchable, response: PairResponse, residuals: Floats) -> Floats:
    """Largest squared partial correlation of all formulas of one feature with each residual, (n_responses,)."""
    top = np.zeros(len(residuals))
    for _, _, some, index in _single_blocks(found):
        if not some.size:
            continue
        root, q = response.root[:, None], response.basis

        def off(columns: Floats, root: Floats = root, q: Floats = q) -> Floats:
            x = columns * root
            x = x - q @ (q.T @ x)
            return x - q @ (q.T @ x)

        part = off(found.values[:, some] - found.constants.mean[some])
        part /= np.maximum(np.linalg.norm(part, axis=0), 1e-300)
        f = off(index)
        before = np.einsum("ij,ij->j", f, f)
        whole = residuals @ (f / np.sqrt(np.maximum(before, 1e-300)))
        f = f - part * np.einsum("ij,ij->j", part, f)
        square = np.einsum("ij,ij->j", f, f)
        use = square > 0.02 * before
        f = np.where(use, f / np.sqrt(np.where(use, square, 1.0)), 0.0)
        of_part, of_f = residuals @ part, residuals @ f
        added = np.minimum(of_f**2 / np.maximum(1 - of_part**2, 1e-6), whole**2)
        top = np.maximum(top, np.where(of_f * whole > 0, added, 0.0).max(axis=1))
    return top


def triples(
    pairs: Sequence[Found], found: Searchable, response: PairResponse, *, grow: int, keep: int, min_group: int
) -> tuple[list[Found], int, int]:
    """Formulas of three features grown from the best pairs; how many were planned and how many judged.

    Each is judged given its three features and the pair it grew from, so that a third feature that adds nothing gives
    nothing: the smaller of both improvements.
    """
    rows: list[Found] = []
    planned = judged = 0
    done: set[frozenset[int]] = set()
    for pair in [p for p in pairs if len(p.places) == 2]:
        if len(done) >= grow:
            break
        if frozenset(pair.places) in done:
            continue
        done.add(frozenset(pair.places))
        index = evaluate(pair.record, found.values[:, list(pair.places)])
        grown, tried = _grown(pair, found, min_group)
        planned += tried
        judged += len(grown)
        for start in range(0, len(grown), _BLOCK):
            some = grown[start : start + _BLOCK]
            own = judge([r for r, _ in some], [at for _, at in some], found, response)
            rows += _beyond(own, index, found, response)
            rows = ordered(rows)[:keep]
    return rows, planned, judged


def _grown(pair: Found, found: Searchable, min_group: int) -> tuple[list[tuple[FormulaRecord, tuple[int, ...]]], int]:
    """Triples of one pair and a third feature: those that can be computed, and how many were planned."""
    c, group = found.constants, found.group
    i, j = pair.places
    grown: list[tuple[FormulaRecord, tuple[int, ...]]] = []
    others = [k for k in range(len(found.names)) if k not in pair.places]
    shape = SHAPES[pair.record.shape]
    if shape.linear and group[i] == group[j] >= 0:
        same = [k for k in others if group[k] == group[i] and c.usable[k, 0]]
        grown += [(record_of("difference_of_mean", (i, j, k), (None,) * 3, found), (i, j, k)) for k in same]
        grown += [(record_of("difference_of_mean", (j, i, k), (None,) * 3, found), (j, i, k)) for k in same]
        grown += [(record_of("ratio_of_sums", (i, k, j), (None,) * 3, found), (i, k, j)) for k in same]
        grown += [(record_of("ratio_of_sums", (j, k, i), (None,) * 3, found), (j, k, i)) for k in same]
        return grown, 4 * len(others)
    if pair.record.shape == "and":
        both = evaluate(pair.record, found.values[:, [i, j]]) > 0
        cuts = [int(np.flatnonzero(c.cuts[k] == cut)[0]) for k, cut in zip(pair.places, pair.record.cuts, strict=True)]
        for k in others:
            for cut in range(N_CUTS):
                inside = both & (found.values[:, k] > c.cuts[k, cut])
                if c.usable[k, 1 + cut] and inside.sum() >= min_group and (both & ~inside).sum() >= min_group:
                    grown.append((record_of("and3", (i, j, k), (*cuts, cut), found), (i, j, k)))
        return grown, N_CUTS * len(others)
    return grown, 0


def _beyond(triples: list[Found], pair: Floats, found: Searchable, response: PairResponse) -> list[Found]:
    """Those triples with the smaller of what they add to their parts and to parts and pair."""
    kept: list[Found] = []
    nonlinear = [t for t in triples if not SHAPES[t.record.shape].linear]
    kept += [t for t in triples if SHAPES[t.record.shape].linear]
    if nonlinear:
        f = np.column_stack([evaluate(t.record, found.values[:, list(t.places)]) for t in nonlinear])
        parts = [found.values[:, [t.places[k] for t in nonlinear]] for k in range(3)]
        scale = [(p - p.mean(axis=0)) / np.maximum(p.std(axis=0), 1e-300) for p in parts]
        beside = np.repeat(pair[:, None] - pair.mean(), len(nonlinear), axis=1)
        added = given_each(f, [*scale, beside], response)
        for t, r, value in zip(nonlinear, added, t_of(added, response.dof - 5), strict=True):
            if np.isfinite(r) and r * t.statistic > 0:
                size = min(abs(float(value)), abs(t.statistic))
                kept.append(replace(t, statistic=float(np.sign(r) * size), score=min(float(r * r), t.score)))
    return kept
