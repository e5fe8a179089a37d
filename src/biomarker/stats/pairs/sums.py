"""Sums and differences of two values: everything follows from the correlation of the parts.

An index that is linear in its parts adds nothing to a model that has both. Its score is the smallest of what each part
adds to the other, where their signs are those of the index, and of what the index itself shows: an index is not
credited with more than it has.
"""

import numba
import numpy as np
import numpy.typing as npt

from biomarker.stats.pairs.basis import PairBasis
from biomarker.stats.pairs.heap import Best, push
from biomarker.stats.pairs.products import COLLINEAR, N_PRODUCTS, Responses

__all__ = ["sum_tile"]

Singles = npt.NDArray[np.float32]
_FIRST = N_PRODUCTS + 4


def sum_tile(
    basis: PairBasis,
    responses: Responses,
    rows: slice,
    columns: slice,
    best: Best,
    floor: Singles,
    refused: npt.NDArray[np.int64],
    maxima: Singles,
) -> None:
    """Score sums and differences of a tile of pairs; parameters as of `product_tile`."""
    _sum_pass(
        basis.unit[rows] @ basis.unit[columns].T,
        np.ascontiguousarray(responses.along[:, rows]), np.ascontiguousarray(responses.along[:, columns]),
        basis.length_raw[rows], basis.length_raw[columns], basis.length_scaled[rows], basis.length_scaled[columns],
        np.ascontiguousarray(basis.usable[rows, 0]), np.ascontiguousarray(basis.usable[columns, 0]),
        basis.group[rows], basis.group[columns],
        rows.start, columns.start, best.score, best.first, best.second, best.size, floor, refused, maxima,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _sum_pass(  # type: ignore[no-untyped-def]
    gram, along_i, along_j, raw_i, raw_j, scaled_i, scaled_j, usable_i, usable_j, group_i, group_j,
    start_i, start_j, kept, first, second, size, floor, refused, maxima,
):  # fmt: skip
    """Scores of a tile: difference and sum of values as measured, then of standardised ones."""
    ni, nj = gram.shape
    one, zero, collinear = np.float32(1.0), np.float32(0.0), np.float32(COLLINEAR)
    row = np.empty((4, nj), np.float32)
    for i in range(ni):
        begin = max(0, start_i + i + 1 - start_j)
        if begin >= nj:
            continue
        for b in range(along_i.shape[0]):
            ya = along_i[b, i]
            a_alone = one / max(one - ya * ya, np.float32(1e-6))
            for j in range(nj):
                g, yb = gram[i, j], along_j[b, j]
                spare = one - g * g
                na, nb = ya - g * yb, yb - g * ya
                per = one / max(spare, collinear)
                by_parts = min(na * na * per / max(one - yb * yb, np.float32(1e-6)), nb * nb * per * a_alone)
                by_parts = by_parts if usable_i[i] and usable_j[j] and spare >= collinear else zero
                opposite = na * nb < zero
                same = group_i[i] >= 0 and group_i[i] == group_j[j]
                la, lb = raw_i[i], raw_j[j]
                cross = np.float32(2.0) * la * lb * g
                below, above = la * la + lb * lb - cross, la * la + lb * lb + cross
                d, s = la * ya - lb * yb, la * ya + lb * yb
                row[0, j] = min(by_parts, d * d / max(below, np.float32(1e-9))) if opposite and same else zero
                row[1, j] = min(by_parts, s * s / max(above, np.float32(1e-9))) if not opposite and same else zero
                la, lb = scaled_i[i], scaled_j[j]
                cross = np.float32(2.0) * la * lb * g
                below, above = la * la + lb * lb - cross, la * la + lb * lb + cross
                d, s = la * ya - lb * yb, la * ya + lb * yb
                row[2, j] = min(by_parts, d * d / max(below, np.float32(1e-9))) if opposite else zero
                row[3, j] = zero if opposite else min(by_parts, s * s / max(above, np.float32(1e-9)))
            for k in range(4):
                v = _FIRST + k
                top = zero
                for j in range(begin, nj):
                    top = max(top, row[k, j])
                maxima[b, v] = max(maxima[b, v], top)
                if b == 0 and kept.shape[1] > 0:
                    low = floor[v]
                    if size[v] == kept.shape[1]:
                        low = max(low, kept[v, 0])
                    if top >= low and top > zero:
                        for j in range(begin, nj):
                            if row[k, j] >= low and row[k, j] > zero:
                                push(kept, first, second, size, v, row[k, j], start_i + i, start_j + j)
                                if size[v] == kept.shape[1]:
                                    low = max(floor[v], kept[v, 0])
        _count_refusals(gram[i], begin, usable_i[i], usable_j, group_i[i], group_j, refused)


@numba.njit(cache=True, nogil=True)
def _count_refusals(gram, begin, usable_i, usable_j, group_i, group_j, refused):  # type: ignore[no-untyped-def]
    """Pairs of one row that have no sum or difference, by reason."""
    for j in range(begin, gram.shape[0]):
        code = 0
        if not (usable_i and usable_j[j]):
            code = 2
        elif 1.0 - gram[j] * gram[j] < COLLINEAR:
            code = 1
        if code > 0:
            for k in range(4):
                refused[_FIRST + k, code] += 1
        elif group_i < 0 or group_i != group_j[j]:
            refused[_FIRST, 5] += 1
            refused[_FIRST + 1, 5] += 1
