"""Functions of the difference of two values that no matrix product gives: distance and order.

Each is written out for a chunk of pairs and multiplied with the covariates' vectors and the residuals; sums that differ
from pair to pair are taken while it is written.
"""

import numba
import numpy as np
import numpy.typing as npt

from biomarker.stats.pairs.basis import PairBasis
from biomarker.stats.pairs.heap import Best, push
from biomarker.stats.pairs.products import COLLINEAR, N_PRODUCTS, SHARE_LEFT, Responses

__all__ = ["KINDS", "difference_tile"]

Singles = npt.NDArray[np.float32]
#: In the order of `STATISTICS`: distance and order of standardised values, then of values as measured.
KINDS = ("distance", "distance_raw", "order", "order_raw")


def difference_tile(
    basis: PairBasis,
    responses: Responses,
    rows: slice,
    columns: slice,
    best: Best,
    floor: Singles,
    refused: npt.NDArray[np.int64],
    maxima: Singles,
    *,
    min_group: int,
) -> None:
    """Score distance and order of a tile of pairs; parameters as of `product_tile`."""
    nj, n = columns.stop - columns.start, basis.scaled.shape[1]
    written = np.empty((nj, n), dtype=np.float32)
    sums = np.empty((3, nj), dtype=np.float32)
    by = np.ascontiguousarray(np.concatenate([basis.vectors, responses.rows]).T)
    weights = basis.vectors[1 if basis.weighted else 0]
    gram = basis.unit[rows] @ basis.unit[columns].T
    along_i, along_j = (
        np.ascontiguousarray(responses.along[:, rows].T),
        np.ascontiguousarray(responses.along[:, columns]),
    )
    usable_j = np.ascontiguousarray(basis.usable[columns, 0])
    for i in range(rows.start, rows.stop):
        begin = max(0, i + 1 - columns.start)
        if begin >= nj:
            continue
        for k, kind in enumerate(KINDS):
            raw, ordered = kind.endswith("_raw"), kind.startswith("order")
            values = basis.raw if raw else basis.scaled
            _write(
                values[i], values[columns], basis.part[i], basis.part[columns], weights, ordered, begin, written, sums
            )
            found = written[begin:] @ by
            _difference_pass(
                found, sums, begin, gram[i - rows.start], along_i[i - rows.start], along_j,
                basis.usable[i, 0], usable_j, basis.group[i], basis.group[columns], raw, ordered,
                len(basis.vectors), 1 if basis.weighted else 0, np.float32(n), np.float32(min_group),
                np.float32(basis.weight_sum), i, columns.start, N_PRODUCTS + k,
                best.score, best.first, best.second, best.size, floor, refused, maxima,
            )  # fmt: skip


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _write(a, b, part_a, part_b, weights, ordered, begin, written, sums):  # type: ignore[no-untyped-def]
    """The function itself, (columns, n), and its products with itself and both parts."""
    n = a.shape[0]
    one, zero = np.float32(1.0), np.float32(0.0)
    for j in range(begin, b.shape[0]):
        square, with_a, with_b = zero, zero, zero
        row = written[j]
        if ordered:
            for s in range(n):
                f = one if a[s] < b[j, s] else zero
                row[s] = f
                square += weights[s] * f
                with_a += f * part_a[s]
                with_b += f * part_b[j, s]
        else:
            for s in range(n):
                f = abs(a[s] - b[j, s])
                row[s] = f
                square += weights[s] * f * f
                with_a += f * part_a[s]
                with_b += f * part_b[j, s]
        sums[0, j], sums[1, j], sums[2, j] = square, with_a, with_b


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _difference_pass(  # type: ignore[no-untyped-def]
    found, sums, begin, gram, along_i, along_j, usable_i, usable_j, group_i, group_j, raw, ordered, n_vectors,
    at_weight, n, min_group, weight_sum, i, start_j, v, kept, first, second, size, floor, refused, maxima,
):  # fmt: skip
    """Scores of one row of pairs from its sums."""
    one, zero = np.float32(1.0), np.float32(0.0)
    collinear = np.float32(COLLINEAR)
    for j in range(begin, gram.shape[0]):
        code = 0
        alone = one - gram[j] * gram[j]
        row = found[j - begin]
        given = row[at_weight] * row[at_weight] / weight_sum
        plain = sums[0, j] - given
        for k in range(at_weight + 1, n_vectors):
            given += row[k] * row[k]
        across = one / np.sqrt(max(alone, collinear))
        fa = sums[1, j]
        fb = (sums[2, j] - gram[j] * fa) * across
        spare = sums[0, j] - given - fa * fa - fb * fb
        if not (usable_i and usable_j[j]):
            code = 2
        elif raw and (group_i < 0 or group_i != group_j[j]):
            code = 5
        elif alone < collinear:
            code = 1
        elif ordered and (row[0] < min_group - np.float32(0.5) or row[0] > n - min_group + np.float32(0.5)):
            code = 3
        elif spare < np.float32(SHARE_LEFT) * plain or not plain > np.float32(1e-6) * sums[0, j]:
            code = 4
        if code > 0:
            refused[v, code] += 1
            continue
        for b in range(along_i.shape[0]):
            ya = along_i[b]
            yb = (along_j[b, j] - gram[j] * ya) * across
            whole = row[n_vectors + b]
            u = whole - fa * ya - fb * yb
            score = min(
                u * u / spare / max(one - ya * ya - yb * yb, np.float32(1e-6)), whole * whole / (sums[0, j] - given)
            )
            if not u * whole > zero:
                continue
            maxima[b, v] = max(maxima[b, v], score)
            if b == 0 and kept.shape[1] > 0 and score >= floor[v] and score > zero:
                push(kept, first, second, size, v, score, i, start_j + j)
