"""Products of basis functions for a tile of pairs: matrix products, then one compiled pass.

For ``f = phi_a(x_i) phi_b(x_j)`` every sum that the partial statistic needs is an entry of a weighted Gram matrix:
``f'r = (phi_a r)' phi_b``, the same with the covariates' vectors and with either part. Or, xor and the like are sums of
the product and its factors, so that the nine products of indicators serve 45 formulas.
"""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from biomarker.stats.pairs.basis import PairBasis
from biomarker.stats.pairs.heap import Best, push
from biomarker.stats.pairs.statistics import N_CUTS, STATISTICS

__all__ = ["N_PRODUCTS", "REFUSALS", "SHARE_LEFT", "ProductTable", "Responses", "product_tile"]

Singles = npt.NDArray[np.float32]
N_PRODUCTS = sum(s.kind not in ("distance", "distance_raw", "order", "order_raw", "difference_raw", "sum_raw",
                                "difference", "sum") for s in STATISTICS)  # fmt: skip
#: Why a formula of a pair is not judged, by code.
REFUSALS = (
    "",
    "its parts are copies of each other",
    "a part is two-valued, or has too few distinct values for the cut",
    "a group is smaller than the limit",
    "it is determined by its parts and the covariates",
    "its parts are measured in different units",
)
#: A formula of which less than this share of its variance is left given parts and covariates is determined by them.
SHARE_LEFT = 0.02
#: Parts that share more than 1 less this of their variance are copies of each other.
COLLINEAR = 2e-3


@dataclass(frozen=True, eq=False)
class Responses:
    """One residual or several permuted ones, and their products with single features.

    Attributes
    ----------
    rows : (n_responses, n_subjects)
        ``sqrt(w)`` times residuals.
    along : (n_responses, n_features)
        Products of residuals with the parts.
    margins : (4, n_responses, n_features)
        Products with the basis functions.
    """

    rows: Singles
    along: Singles
    margins: Singles

    @classmethod
    def of(cls, residuals: npt.NDArray[np.float64], root: npt.NDArray[np.float64], basis: PairBasis) -> "Responses":
        """Residuals (n_responses, n_subjects) of length one."""
        rows = (residuals * root).astype(np.float32)
        along = (basis.unit @ residuals.astype(np.float32).T).T
        margins = np.stack([(function @ rows.T).T for function in basis.functions])
        return cls(rows, np.ascontiguousarray(along), np.ascontiguousarray(margins))


@dataclass(frozen=True, eq=False)
class ProductTable:
    """What every feature has to do with the covariates' vectors and its own part, and the list of statistics.

    Attributes
    ----------
    margins : (4, n_vectors + 1, n_features)
        Products of the basis functions with the vectors, and last with the feature's own part.
    codes : (n_products, 2) of int64, weights : (n_products, 3)
        Basis functions, and weights of either factor and of their product.
    """

    margins: Singles
    codes: npt.NDArray[np.int64]
    weights: Singles

    @classmethod
    def of(cls, basis: PairBasis) -> "ProductTable":
        """Prepare."""
        parts = []
        for function in basis.functions:
            own = np.einsum("ij,ij->i", function, basis.part)
            parts.append(np.concatenate([(function @ basis.vectors.T).T, own[None]]))
        products = STATISTICS[:N_PRODUCTS]
        codes = np.array([(s.first, s.second) for s in products], dtype=np.int64)
        weights = np.array([(s.weight_a, s.weight_b, s.weight_ab) for s in products], dtype=np.float32)
        return cls(np.ascontiguousarray(np.stack(parts)), codes, weights)


def product_tile(
    basis: PairBasis,
    table: ProductTable,
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
    """Score all product statistics of a tile of pairs; keep the best of the first response, and all responses' maxima.

    Parameters
    ----------
    rows, columns : slice
        Features of the tile; pairs below the diagonal are left out.
    best : Best
    floor : (n_statistics,)
        Scores that cannot matter any more.
    refused : (n_statistics, n_reasons)
        Counts, added to.
    maxima : (n_responses, n_statistics)
        Largest score so far, raised.
    """
    phi_i, phi_j = basis.functions[:, rows], basis.functions[:, columns]
    part_i, part_j = basis.part[rows], basis.part[columns]
    n = phi_i.shape[2]
    ni, nj = phi_i.shape[1], phi_j.shape[1]
    right = phi_j.reshape(-1, n).T
    stack = np.concatenate([phi_i[:, None] * basis.vectors[:, None, :], (phi_i * part_i)[:, None]], axis=1)
    main = (stack.reshape(-1, n) @ right).reshape(4, -1, ni, 4, nj)
    scores = ((phi_i[:, None] * responses.rows[:, None, :]).reshape(-1, n) @ right).reshape(4, -1, ni, 4, nj)
    weights = basis.vectors[1 if basis.weighted else 0]
    square_j = phi_j[0] * phi_j[0]
    by_z = (phi_i[0] * phi_i[0] * weights) @ np.concatenate([square_j[None], phi_j[1:]]).reshape(-1, n).T
    by_cut = ((phi_i[1:] * weights).reshape(-1, n) @ square_j.T).reshape(N_CUTS, ni, nj)
    with_b = phi_i.reshape(-1, n) @ np.concatenate([phi_j * part_j, part_j[None]]).reshape(-1, n).T
    _product_pass(
        main, scores, by_z.reshape(ni, 4, nj), by_cut, with_b.reshape(4, ni, 5, nj),
        (part_i @ right).reshape(ni, 4, nj), basis.unit[rows] @ basis.unit[columns].T,
        np.ascontiguousarray(table.margins[:, :, rows]), np.ascontiguousarray(table.margins[:, :, columns]),
        np.ascontiguousarray(responses.margins[:, :, rows]), np.ascontiguousarray(responses.margins[:, :, columns]),
        np.ascontiguousarray(responses.along[:, rows]), np.ascontiguousarray(responses.along[:, columns]),
        basis.usable[rows], basis.usable[columns], rows.start, columns.start, table.codes, table.weights,
        1 if basis.weighted else 0, np.float32(n), np.float32(min_group), np.float32(basis.weight_sum),
        best.score, best.first, best.second, best.size, floor, refused, maxima,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _product_pass(  # type: ignore[no-untyped-def]
    main, scores, by_z, by_cut, with_b, with_a, gram, margin_i, margin_j, score_i, score_j, along_i, along_j,
    usable_i, usable_j, start_i, start_j, codes, weights, at_weight, n, min_group, weight_sum,
    kept, first, second, size, floor, refused, maxima,
):  # fmt: skip
    """Scores of a tile from its sums; `main` is (4, n_vectors + 1, rows, 4, columns), each vector loop runs over j."""
    n_vectors, ni, nj = main.shape[1] - 1, main.shape[2], main.shape[4]
    n_responses, first_q = scores.shape[1], at_weight + 1
    one, zero = np.float32(1.0), np.float32(0.0)
    share, collinear = np.float32(SHARE_LEFT), np.float32(COLLINEAR)
    code, bad, plain = np.zeros(nj, np.int8), np.zeros(nj, np.int8), np.empty(nj, np.float32)
    total, given, fa, fb, left = (
        np.empty(nj, np.float32), np.empty(nj, np.float32), np.empty(nj, np.float32), np.empty(nj, np.float32),
        np.empty(nj, np.float32),
    )  # fmt: skip
    across, alone_left = np.empty(nj, np.float32), np.empty(nj, np.float32)
    second_y, rest = np.empty((n_responses, nj), np.float32), np.empty((n_responses, nj), np.float32)
    for i in range(ni):
        begin = max(0, start_i + i + 1 - start_j)
        if begin >= nj:
            continue
        for j in range(nj):
            alone = one - gram[i, j] * gram[i, j]
            bad[j] = 1 if alone < collinear else 0
            across[j] = one / np.sqrt(max(alone, collinear))
        for b in range(n_responses):
            ya = along_i[b, i]
            for j in range(nj):
                yb = (along_j[b, j] - gram[i, j] * ya) * across[j]
                second_y[b, j] = yb
                rest[b, j] = one / max(one - ya * ya - yb * yb, np.float32(1e-6))
        for v in range(codes.shape[0]):
            p, q = codes[v, 0], codes[v, 1]
            wa, wb, wab = weights[v, 0], weights[v, 1], weights[v, 2]
            if not usable_i[i, p]:
                refused[v, 2] += nj - begin
                continue
            groups = p > 0 and q > 0
            weight_of = main[p, at_weight, i, q]
            for j in range(nj):
                mean = wa * margin_i[p, at_weight, i] + wb * margin_j[q, at_weight, j] + wab * weight_of[j]
                given[j] = mean * mean / weight_sum
                total[j] = mean
                code[j] = 0
            if groups:
                for j in range(nj):
                    count = wa * margin_i[p, 0, i] + wb * margin_j[q, 0, j] + wab * main[p, 0, i, q, j]
                    code[j] = 3 if count < min_group - np.float32(0.5) or count > n - min_group + np.float32(0.5) else 0
            elif p == 0:
                for j in range(nj):
                    total[j] = by_z[i, q, j]
            else:
                for j in range(nj):
                    total[j] = by_cut[p - 1, i, j]
            for j in range(nj):
                plain[j] = total[j] - given[j]
            for k in range(first_q, n_vectors):
                a = wa * margin_i[p, k, i]
                for j in range(nj):
                    c = a + wb * margin_j[q, k, j] + wab * main[p, k, i, q, j]
                    given[j] += c * c
            a = wa * margin_i[p, n_vectors, i]
            for j in range(nj):
                ca = a + wb * with_a[i, q, j] + wab * main[p, n_vectors, i, q, j]
                cb = wa * with_b[p, i, 4, j] + wb * margin_j[q, n_vectors, j] + wab * with_b[p, i, q, j]
                cb = (cb - gram[i, j] * ca) * across[j]
                fa[j], fb[j] = ca, cb
                before_parts = total[j] - given[j]
                spare = before_parts - ca * ca - cb * cb
                alone_left[j] = one / max(before_parts, np.float32(1e-12))
                left[j] = one / max(spare, np.float32(1e-12))
                if spare < share * plain[j] or plain[j] < np.float32(1e-3):
                    code[j] = 4 if code[j] == 0 else code[j]
            any_code = 0
            for j in range(begin, nj):
                if not usable_j[j, q]:
                    code[j] = 2
                elif bad[j] == 1:
                    code[j] = 1
                any_code += code[j]
            if any_code > 0:
                for j in range(begin, nj):
                    if code[j] > 0:
                        refused[v, code[j]] += 1
                        left[j] = zero
            for b in range(n_responses):
                ua, ya = wa * score_i[p, b, i], along_i[b, i]
                for j in range(nj):
                    whole = ua + wb * score_j[q, b, j] + wab * scores[p, b, i, q, j]
                    u = whole - fa[j] * ya - fb[j] * second_y[b, j]
                    added = min(u * u * left[j] * rest[b, j], whole * whole * alone_left[j])
                    plain[j] = added if u * whole > zero else zero
                top = zero
                for j in range(begin, nj):
                    top = max(top, plain[j])
                maxima[b, v] = max(maxima[b, v], top)
                if b == 0 and kept.shape[1] > 0:
                    low = floor[v]
                    if size[v] == kept.shape[1]:
                        low = max(low, kept[v, 0])
                    if top >= low and top > zero:
                        for j in range(begin, nj):
                            if plain[j] >= low and plain[j] > zero:
                                push(kept, first, second, size, v, plain[j], start_i + i, start_j + j)
                                if size[v] == kept.shape[1]:
                                    low = max(floor[v], kept[v, 0])
