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
    columns = x[:, None] if x.ndim == 1 else x
    n = columns.shape[0]
    order = np.argsort(columns, axis=0, kind="stable")
    ascending = np.take_along_axis(columns, order, axis=0)
    place = np.arange(n)[:, None]
    change = ascending[1:] != ascending[:-1]
    edge = np.ones((1, columns.shape[1]), dtype=bool)
    first = np.maximum.accumulate(np.where(np.concatenate([edge, change]), place, 0), axis=0)
    last = np.minimum.accumulate(np.where(np.concatenate([change, edge]), place, n)[::-1], axis=0)[::-1]
    ranks = np.empty(columns.shape)
    np.put_along_axis(ranks, order, (first + last) / 2.0 + 1.0, axis=0)
    return ranks.reshape(x.shape)
