"""Corrections for testing many hypotheses at once."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["benjamini_hochberg"]


def benjamini_hochberg(p_value: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """q-values of Benjamini and Hochberg: the smallest false discovery rate at which a hypothesis is rejected.

    With the m tested p-values in ascending order, ``q_(i) = min_{j >= i} (m p_(j) / j)``, at most 1.

    Parameters
    ----------
    p_value : array of any shape
        One family. NaN marks hypotheses that were not tested: they stay NaN and are not counted in m.

    Returns
    -------
    array of the same shape, float64

    Raises
    ------
    ValueError
        A p-value lies outside [0, 1].

    Notes
    -----
    Valid when the tests are independent or positively dependent (PRDS); under arbitrary dependence the rate is
    inflated by at most ``sum(1 / i, i = 1..m)``.

    References
    ----------
    Benjamini and Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan]))
    array([0.03, 0.04, 0.04,  nan])
    """
    p = np.asarray(p_value, dtype=np.float64)
    q = np.full(p.shape, np.nan)
    tested = ~np.isnan(p)
    family = p[tested]
    if np.any((family < 0) | (family > 1)):
        raise ValueError("a p-value lies outside [0, 1]")
    m = family.size
    order = np.argsort(-family, kind="stable")
    scaled = family[order] * m / np.arange(m, 0, -1)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    q[tested] = adjusted
    return q
