"""Midranks of many columns at once."""

from typing import Any

import numpy as np

from biomarker.stats.checks import Floats

__all__ = ["midranks"]


def midranks(values: Any) -> Floats:
    """Ranks from 1 down each column, tied values sharing their mean rank.

    Parameters
    ----------
    values : (n,) or (n, n_columns)
        Complete.

    Returns
    -------
    array of the same shape

    Examples
    --------
    >>> midranks(np.array([3.0, 1.0, 3.0]))
    array([2.5, 1. , 2.5])
    """
    x = np.asarray(values, dtype=np.float64)
    # one column after the other in memory: sorting strides over rows takes several times as long
    rows = np.ascontiguousarray(x.reshape(x.shape[0], -1).T)
    n = rows.shape[1]
    order = np.argsort(rows, axis=1, kind="stable")
    ascending = np.take_along_axis(rows, order, axis=1)
    change = ascending[:, 1:] != ascending[:, :-1]
    edge = np.ones((rows.shape[0], 1), dtype=bool)
    place = np.arange(n)
    ranks = np.empty(rows.shape)
    if change.all():
        np.put_along_axis(ranks, order, np.broadcast_to(place + 1.0, rows.shape), axis=1)
    else:
        first = np.maximum.accumulate(np.where(np.concatenate([edge, change], axis=1), place, 0), axis=1)
        last = np.minimum.accumulate(np.where(np.concatenate([change, edge], axis=1), place, n)[:, ::-1], axis=1)
        np.put_along_axis(ranks, order, (first + last[:, ::-1]) / 2.0 + 1.0, axis=1)
    return np.asarray(ranks.T.reshape(x.shape))
