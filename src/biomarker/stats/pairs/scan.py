"""All pairs of features in all statistics, in blocks of fixed size over threads that change no result."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.stats.pairs.basis import PairBasis
from biomarker.stats.pairs.differences import difference_tile
from biomarker.stats.pairs.heap import Best
from biomarker.stats.pairs.products import REFUSALS, ProductTable, Responses, product_tile
from biomarker.stats.pairs.response import PairResponse
from biomarker.stats.pairs.statistics import STATISTICS
from biomarker.stats.pairs.sums import sum_tile

__all__ = ["FAMILIES", "PairScan", "row_blocks", "scan_pairs"]

#: Families of statistics that are computed together.
FAMILIES = ("products", "differences", "sums")
#: Rows and columns of a tile: what one tile needs stays in the cache.
_ROWS, _COLUMNS = 32, 256


@dataclass(frozen=True, eq=False)
class PairScan:
    """Result of a scan.

    Attributes
    ----------
    best : Best
        The best pairs of each statistic for the residual itself.
    refused : (n_statistics, n_reasons) of int64
        Pairs that were not judged, by the codes of `REFUSALS`.
    n_pairs : int
        Pairs gone through; each statistic judged ``n_pairs - refused.sum()`` of them.
    maxima : (n_responses, n_statistics) float32
        Largest squared partial correlation of each residual (the first is the observed one).
    """

    best: Best
    refused: npt.NDArray[np.int64]
    n_pairs: int
    maxima: npt.NDArray[np.float32]

    def joined(self, other: "PairScan") -> "PairScan":
        """Both parts of a search as one."""
        best = Best.empty(*self.best.score.shape)
        best.take_in(self.best)
        best.take_in(other.best)
        return PairScan(
            best, self.refused + other.refused, self.n_pairs + other.n_pairs, np.maximum(self.maxima, other.maxima)
        )


def row_blocks(n_features: int, part: int, parts: int) -> list[slice]:
    """Blocks of rows of one part of the search; parts have about the same number of pairs.

    Blocks are dealt round: a row near the top has many pairs, one near the end few.
    """
    starts = range(0, n_features, _ROWS)
    return [slice(s, min(s + _ROWS, n_features)) for k, s in enumerate(starts) if k % parts == part]


def scan_pairs(
    basis: PairBasis,
    response: PairResponse,
    *,
    residuals: npt.NDArray[np.float64] | None = None,
    keep: int = 256,
    min_group: int = 10,
    threads: int = 1,
    part: int = 0,
    parts: int = 1,
    families: tuple[str, ...] = FAMILIES,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PairScan:
    """Score of every statistic of every pair: the smaller of what a formula adds to its parts and what it shows itself.

    What it adds is ``(f'r)^2 / (f'f r'r)`` with f and r off the covariates and both parts; what it shows the same off
    the covariates alone; 0 where the two differ in sign. (The partial F statistic is ``dof R / (1 - R)``, so that the
    order is that of t statistics.) A formula that is the truth shows more than it adds; most that lead by chance show
    less, because their parts pull the other way. Single precision; the pairs kept are to be computed again.

    Parameters
    ----------
    basis : PairBasis
    response : PairResponse
        That the basis was made for.
    residuals : (n_responses, n_subjects), optional
        Permuted residuals of which the maxima are asked; the observed one by default, whose best pairs are kept.
    keep : int
        Pairs kept of each statistic; none where `residuals` are given.
    min_group : int
        Subjects in the smaller group of a formula that says yes or no.
    threads : int
        Does not change the result.
    part, parts : int
        Which part of the rows.
    families : tuple of str
    progress : callable
        Told the number of pairs done and of all.

    Returns
    -------
    PairScan

    Notes
    -----
    Valid when the response's residual is right for its weights; see `PairResponse`. Scores of single precision are
    right to about 1e-4 of their size for formulas that keep 2% of their variance given their parts.
    """
    observed = residuals is None
    rows_of = response.residual[None] if observed else np.asarray(residuals)
    responses = Responses.of(rows_of, response.root, basis)
    table = ProductTable.of(basis)
    blocks = row_blocks(basis.n_features, part, parts)
    total = sum(_pairs_of(block, basis.n_features) for block in blocks)
    whole = _blank(len(rows_of), keep if observed else 0)
    done = 0

    def scan(block: slice) -> PairScan:
        own = _blank(len(rows_of), keep if observed else 0)
        floor = whole.best.floor if observed else np.zeros(len(STATISTICS), np.float32)
        for columns in _column_blocks(block, basis.n_features):
            place = (block, columns, own.best, floor, own.refused, own.maxima)
            if "products" in families:
                product_tile(basis, table, responses, *place, min_group=min_group)
            if "differences" in families:
                difference_tile(basis, responses, *place, min_group=min_group)
            if "sums" in families:
                sum_tile(basis, responses, *place)
        return own

    with ThreadPoolExecutor(threads) as pool:
        for block, found in zip(blocks, pool.map(scan, blocks), strict=True):
            whole.best.take_in(found.best)
            whole.refused[:] += found.refused
            np.maximum(whole.maxima, found.maxima, out=whole.maxima)
            done += _pairs_of(block, basis.n_features)
            progress(done, total)
    return PairScan(whole.best, whole.refused, total, whole.maxima)


def _blank(n_responses: int, keep: int) -> PairScan:
    return PairScan(
        Best.empty(len(STATISTICS), keep),
        np.zeros((len(STATISTICS), len(REFUSALS)), np.int64),
        0,
        np.zeros((n_responses, len(STATISTICS)), np.float32),
    )


def _column_blocks(rows: slice, n_features: int) -> Iterator[slice]:
    first = rows.start // _COLUMNS * _COLUMNS
    for start in range(first, n_features, _COLUMNS):
        yield slice(start, min(start + _COLUMNS, n_features))


def _pairs_of(rows: slice, n_features: int) -> int:
    return sum(n_features - 1 - i for i in range(rows.start, rows.stop))
