"""Wilcoxon's rank-sum test of every feature between two groups, with the area under the ROC curve."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from biomarker.arrays import Array, column_blocks, log10_p_normal, to_host
from biomarker.errors import NumericalError
from biomarker.stats.auc import EXACT_BELOW, rank_sum_law
from biomarker.stats.checks import Floats, binary
from biomarker.stats.ranks import midranks

__all__ = ["RankSums", "rank_sum_screen"]

# What a block goes through is a dozen short passes: it should stay in the core's own cache.
_BLOCK_BYTES = 1024 * 1024
# The first subjects show of nearly every tied feature that it has more than two values.
_PROBE = 16
# Integers as wide as the floats whose bits they are.
_BITS: dict[Any, Any] = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


@dataclass(frozen=True, eq=False)
class RankSums:
    """Rank-sum tests, all (n_features,).

    Attributes
    ----------
    auc : float64
        Chance that a subject with the event has the higher value, ties counted half.
    statistic : float64
        Standard score of the rank sum, variance for ties, one half nearer to zero; NaN where all values are equal.
    p_value, log10_p : float64
        Two-sided; exact given the ties below 20 subjects and for features of two values, else normal; 1 where all
        values are equal.
    """

    auc: Floats
    statistic: Floats
    p_value: Floats
    log10_p: Floats


def rank_sum_screen(features: Array, outcome: Array, *, block_bytes: int = _BLOCK_BYTES) -> RankSums:
    """Test of Wilcoxon, Mann and Whitney for every feature.

    With R the sum of the midranks of the m subjects with the event among N: ``U = R - m (m + 1) / 2``,
    ``AUC = U / (m (N - m))``, ``var U = m (N - m) / 12 (N + 1 - sum (t^3 - t) / (N (N - 1)))`` over groups of t ties.

    The outcome is hidden in the last bit of each value and sorted along with it, so that a sort, which vectorises,
    takes the place of an argument sort: 25 times as fast for 20,000 features of 500 subjects in single precision.
    Features with ties are sorted once more in double precision, where the bit of a single-precision value is free, and
    the few for which it is not are ranked the plain way.

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete; single precision is half the work. Moved to the host.
    outcome : (n_subjects,)
        1 with the event, 0 without.
    block_bytes : int
        Size of the blocks of features; does not change results.

    Returns
    -------
    RankSums

    Raises
    ------
    DataError
        An outcome that is neither 0 nor 1, or only one of them.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid when subjects are independent, or exchangeable, under the null hypothesis of equal laws; nothing is adjusted
    for. The normal law needs about ten subjects in each group. With two values the rank sum is that of Fisher's exact
    test, whose law is taken: the normal one rejects three times too often at 1e-4 where one in ten has the feature.

    References
    ----------
    Mann and Whitney 1947, https://doi.org/10.1214/aoms/1177730491

    Examples
    --------
    >>> found = rank_sum_screen(np.arange(6.0)[:, None], np.array([0, 0, 0, 1, 1, 1]))
    >>> float(found.auc[0]), float(found.p_value[0].round(12))
    (1.0, 0.1)
    """
    y = binary("outcome", outcome, both=True)
    n, p = features.shape
    if y.size != n:
        raise ValueError(f"features of {n} subjects, but {y.size} outcomes")
    positive = int(y.sum())
    rank_sum, tied = np.empty(p), np.zeros(p)
    exact = n < EXACT_BELOW
    log10_exact = np.full(p, np.nan)
    for columns in column_blocks(p, bytes_per_column=8 * n, block_bytes=block_bytes):
        part = np.asarray(to_host(features[:, columns]))
        values = part.T if part.dtype in _BITS else part.T.astype(np.float64)
        sums, ties, todo = _without_ties(values, y)
        if exact:
            todo = np.arange(values.shape[0])
        elif todo.size:
            two, log10_two = _two_valued(values[todo], y)
            log10_exact[columns.start + todo[two]] = log10_two
            sums[todo], ties[todo], lost = _with_ties(values[todo].astype(np.float64), y)
            todo = todo[lost]
        if todo.size:
            ranks = midranks(_complete(values[todo], columns.start + todo).T)
            sums[todo] = y.astype(np.float64) @ ranks
            ties[todo] = 2.0 * n * (n + 1) * (2 * n + 1) - 12.0 * np.einsum("ij,ij->j", ranks, ranks)
            if exact:
                log10_exact[columns] = np.log10(_exact(ranks, positive, sums))
        rank_sum[columns], tied[columns] = sums, ties
    return _result(rank_sum, np.maximum(tied, 0.0), log10_exact, positive, n)


def _complete(values: npt.NDArray[np.floating], columns: npt.NDArray[np.intp]) -> npt.NDArray[np.floating]:
    missing = np.isnan(values).any(axis=1)
    if missing.any():
        raise NumericalError(
            f"{int(missing.sum())} features hold missing values, first column {int(columns[missing.argmax()])}",
            "Screens need complete features: leave out or fill in the missing values first.",
        )
    return values


def _sorted_with_outcome(values: npt.NDArray[np.floating], y: npt.NDArray[np.bool_]) -> npt.NDArray[np.integer]:
    """Bits of each feature's values in ascending order, (width, n), the outcome in place of the last bit."""
    kind = _BITS[values.dtype]
    keys = values + values.dtype.type(0.0)  # a copy in which -0 is 0
    bits = keys.view(kind)
    np.bitwise_and(bits, ~kind(1), out=bits)
    np.bitwise_or(bits, y.astype(kind)[None, :], out=bits)
    keys.sort(axis=1)
    return keys.view(kind)


def _finite(bits: npt.NDArray[np.integer], kind: npt.DTypeLike) -> npt.NDArray[np.bool_]:
    """Whether a sorted feature is finite: infinity stands first or last, and with its bit set is NaN and last."""
    keys = bits.view(kind)
    fine: npt.NDArray[np.bool_] = np.isfinite(keys[:, 0]) & np.isfinite(keys[:, -1])
    return fine


def _without_ties(
    values: npt.NDArray[np.floating], y: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats, npt.NDArray[np.intp]]:
    """Rank sums of features (width, n), room for their ties, and which features are tied or not finite."""
    bits = _sorted_with_outcome(values, y)
    fine = _finite(bits, values.dtype)
    n = values.shape[1]
    # a sum of ranks that single precision holds is made in it
    wide = np.float32 if values.dtype == np.float32 and n * (n + 1) < 1 << 25 else np.float64
    sums = (bits & 1).astype(wide) @ np.arange(1, n + 1, dtype=wide)
    np.right_shift(bits, 1, out=bits)
    tied = (bits[:, 1:] == bits[:, :-1]).any(axis=1)
    return sums.astype(np.float64), np.zeros(len(values)), np.flatnonzero(tied | ~fine)


def _with_ties(values: Floats, y: npt.NDArray[np.bool_]) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Rank sums and ``sum (t^3 - t)`` of features (width, n), and for which the last bit was not free.

    Within a run of ties the subjects with the event were sorted last; with a of them and b others, their midranks sum
    to a b / 2 less. Among negative values they were sorted first, and it is as much more. Values that were single
    precision once leave the bit free.
    """
    width, n = values.shape
    lost: npt.NDArray[np.bool_] = ((values.view(np.int64) & 1) != 0).any(axis=1) & (values != 0).any(axis=1)
    bits = _sorted_with_outcome(values, y)
    lost |= ~_finite(bits, np.float64)
    event = (bits & 1).astype(np.float64)
    sums = event @ np.arange(1, n + 1, dtype=np.float64)
    np.right_shift(bits, 1, out=bits)
    same = np.zeros((width, n + 1), dtype=bool)  # same[:, k]: the k-th equals the one before it
    same[:, 1:n] = bits[:, 1:] == bits[:, :-1]
    flat = same.ravel()
    turns = np.flatnonzero(flat[1:] != flat[:-1])  # where a run of ties begins, and where it ends, in turn
    row, first = np.divmod(turns[::2], n + 1)
    length = turns[1::2] - turns[::2] + 1
    running = np.cumsum(event.ravel())
    start = row * n + first
    events = running[start + length - 1] - running[start] + event.ravel()[start]
    side = np.where(bits.ravel()[start] < 0, -1.0, 1.0)
    sums -= np.bincount(row, side * events * (length - events), minlength=width) / 2.0
    ties = np.bincount(row, length.astype(np.float64) ** 3 - length, minlength=width).astype(np.float64)
    return sums, ties, lost


def _exact(ranks: Floats, positive: int, sums: Floats) -> Floats:
    """Exact p-values; features with the same ties share one law."""
    doubled = np.rint(2.0 * np.sort(ranks, axis=0)).astype(np.int64)
    patterns, which = np.unique(doubled, axis=1, return_inverse=True)
    p = np.empty(sums.size)
    for k in range(patterns.shape[1]):
        at = which.reshape(-1) == k
        law = rank_sum_law(patterns[:, k], positive)
        seen = np.rint(2.0 * sums[at]).astype(np.int64)
        below, total = np.cumsum(law), law.sum()
        p[at] = np.minimum(1.0, 2.0 * np.minimum(below[seen], total - below[seen] + law[seen]) / total)
    return p


def _two_valued(values: npt.NDArray[np.floating], y: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], Floats]:
    """Which features (width, n) have two values, and log10 of their exact p-values: events among the larger one.

    Twice the smaller tail of the hypergeometric law, at most 1, as in `_exact`.
    """
    probe = values[:, :_PROBE]
    low, high = probe.min(axis=1), probe.max(axis=1)
    maybe = np.flatnonzero(((probe == low[:, None]) | (probe == high[:, None])).all(axis=1))
    some = values[maybe]
    low, high = some.min(axis=1, initial=np.inf), some.max(axis=1, initial=-np.inf)
    above = some == high[:, None]
    two = np.flatnonzero((above | (some == low[:, None])).all(axis=1) & (low < high))
    above = above[two]
    n, positive = y.size, int(y.sum())
    carriers, seen = above.sum(axis=1), (above & y[None, :]).sum(axis=1)
    log10_p = np.empty(two.size)
    for count in np.unique(carriers):
        events = np.arange(max(0, count - (n - positive)), min(count, positive) + 1)
        law = _log_choose(positive, events) + _log_choose(n - positive, count - events) - _log_choose(n, count)
        below, beyond = np.logaddexp.accumulate(law), np.logaddexp.accumulate(law[::-1])[::-1]
        tail = np.minimum(np.minimum(below, beyond) + np.log(2.0), 0.0)
        at = carriers == count
        log10_p[at] = tail[seen[at] - events[0]] / np.log(10.0)
    return maybe[two], log10_p


def _log_choose(n: int, k: npt.NDArray[np.integer]) -> Floats:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))


def _result(rank_sum: Floats, tied: Floats, log10_exact: Floats, positive: int, n: int) -> RankSums:
    pairs = positive * (n - positive)
    u = rank_sum - positive * (positive + 1) / 2.0
    variance = pairs / 12.0 * ((n + 1.0) - tied / (n * (n - 1.0)))
    off = u - pairs / 2.0
    constant = ~(variance > 1e-9 * pairs)
    statistic = np.sign(off) * np.maximum(np.abs(off) - 0.5, 0.0) / np.sqrt(np.where(constant, 1.0, variance))
    log10_p = log10_p_normal(statistic)
    exact = ~np.isnan(log10_exact)
    log10_p[exact] = log10_exact[exact]
    log10_p[constant] = 0.0
    return RankSums(u / pairs, np.where(constant, np.nan, statistic), 10.0**log10_p, log10_p)
