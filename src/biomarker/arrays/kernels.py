"""Loops over the columns of host arrays, compiled at first use: one pass over memory where array operations take many.

Imported late, by the function that needs one: numba takes a tenth of a second that most commands need not spend.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

__all__ = ["column_sums", "squared_risk_means"]


def _compiled(**options: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """numba's compiler; what it makes is kept for later processes where there is a folder that may be written to."""

    def make(function: Callable[..., None]) -> Callable[..., None]:
        try:
            made: Callable[..., None] = numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
        except RuntimeError:  # an installation and a home that are read-only
            made = numba.njit(nogil=True, error_model="numpy", **options)(function)
        return made

    return make


@_compiled(fastmath={"reassoc", "contract"})
def column_sums(columns, weights, probe, sums, various):  # type: ignore[no-untyped-def]
    """Sums, sums of squares and of weighted squares of each column, and whether its first rows have three values.

    Parameters
    ----------
    columns : (width, n_rows) float64
        A column a row, each contiguous.
    weights : (n_rows,) float64
        May be of no length, for weights of one.
    probe : int
        How many rows are looked at for different values.
    sums : (3, width) float64, written
    various : (width,) bool, written
    """
    width, n = columns.shape
    for j in range(width):
        first, second, third = 0.0, 0.0, 0.0
        if weights.shape[0]:
            for i in range(n):
                x = columns[j, i]
                first += x
                second += x * x
                third += weights[i] * (x * x)
        else:
            for i in range(n):
                x = columns[j, i]
                first += x
                second += x * x
            third = second
        sums[0, j], sums[1, j], sums[2, j] = first, second, third
        low = high = columns[j, 0]
        inside = 0
        for i in range(1, min(n, probe)):
            x = columns[j, i]
            if x in (low, high):
                continue
            if low == high:
                high = x
            else:
                inside += 1
        various[j] = inside > 0


@_compiled(fastmath={"contract"})
def squared_risk_means(  # type: ignore[no-untyped-def]
    columns, order, risk, bounds, last, inverse, share, tie, tied, tie_stop, out
):  # fmt: skip
    """Sum over steps of the square of a column's risk-weighted mean in the risk set; see `biomarker.stats.risk_sets`.

    Parameters
    ----------
    columns : (width, n_rows) float64
        A column a row, each contiguous, subjects as they come.
    order, risk : (n_used,)
        Which subject stands where once sorted, and its risk.
    bounds : (n_strata + 1,)
        Where the sorted rows of each stratum start.
    last, inverse, share, tie : (n_steps,)
        Last row of the risk set, one over its summed risk, and Efron's part of the tied events.
    tied, tie_stop
        As of `RiskSets`.
    out : (width,) float64, written
    """
    width, n = columns.shape[0], order.shape[0]
    running, groups = np.empty((n, 4)), np.zeros((tie_stop.shape[0] + 1, 4))
    for begin in range(0, width, 4):  # four side by side: one sum alone waits for itself; the last ones are repeated
        at_a, at_b = begin, min(begin + 1, width - 1)
        at_c, at_d = min(begin + 2, width - 1), min(begin + 3, width - 1)
        for stratum in range(bounds.shape[0] - 1):
            a, b, c, d = 0.0, 0.0, 0.0, 0.0
            for i in range(bounds[stratum], bounds[stratum + 1]):
                row, r = order[i], risk[i]
                a += r * columns[at_a, row]
                b += r * columns[at_b, row]
                c += r * columns[at_c, row]
                d += r * columns[at_d, row]
                running[i, 0], running[i, 1], running[i, 2], running[i, 3] = a, b, c, d
        start = 0
        for group in range(tie_stop.shape[0]):
            a, b, c, d = 0.0, 0.0, 0.0, 0.0
            for place in range(start, tie_stop[group]):
                row, r = order[tied[place]], risk[tied[place]]
                a += r * columns[at_a, row]
                b += r * columns[at_b, row]
                c += r * columns[at_c, row]
                d += r * columns[at_d, row]
            groups[group + 1, 0], groups[group + 1, 1], groups[group + 1, 2], groups[group + 1, 3] = a, b, c, d
            start = tie_stop[group]
        sum_a, sum_b, sum_c, sum_d = 0.0, 0.0, 0.0, 0.0
        for step in range(last.shape[0]):
            at, group, part, over = last[step], tie[step], share[step], inverse[step]
            a, b, c, d = running[at, 0], running[at, 1], running[at, 2], running[at, 3]
            if group:
                a -= part * groups[group, 0]
                b -= part * groups[group, 1]
                c -= part * groups[group, 2]
                d -= part * groups[group, 3]
            a, b, c, d = a * over, b * over, c * over, d * over
            sum_a += a * a
            sum_b += b * b
            sum_c += c * c
            sum_d += d * d
        out[at_d], out[at_c], out[at_b], out[at_a] = sum_d, sum_c, sum_b, sum_a
