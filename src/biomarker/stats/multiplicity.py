"""Corrections for testing many hypotheses at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "grouped_q_values",
    "holm",
    "null_share",
    "storey",
]

Floats = npt.NDArray[np.float64]


def benjamini_hochberg(p_value: npt.NDArray[Any]) -> Floats:
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
    q, tested, family = _family(p_value)
    q[tested] = _step_up(family, 1.0)
    return q


def benjamini_yekutieli(p_value: npt.NDArray[Any]) -> Floats:
    """q-values of Benjamini and Yekutieli: those of Benjamini and Hochberg times ``sum(1 / i, i = 1..m)``, at most 1.

    Parameters
    ----------
    p_value : array of any shape
        One family; NaN as in `benjamini_hochberg`.

    Returns
    -------
    array of the same shape, float64

    Raises
    ------
    ValueError
        A p-value lies outside [0, 1].

    Notes
    -----
    Valid under any dependence. The price is a factor of about ``log(m) + 0.58`` (10 for 20,000 features).

    References
    ----------
    Benjamini and Yekutieli 2001, https://doi.org/10.1214/aos/1013699998
    """
    q, tested, family = _family(p_value)
    q[tested] = _step_up(family, float((1.0 / np.arange(1, family.size + 1)).sum()))
    return q


def storey(p_value: npt.NDArray[Any]) -> Floats:
    """q-values of Storey: those of Benjamini and Hochberg times the estimated share of true nulls.

    The share is `null_share`.

    Parameters
    ----------
    p_value : array of any shape
        One family; NaN as in `benjamini_hochberg`.

    Returns
    -------
    array of the same shape, float64

    Raises
    ------
    ValueError
        A p-value lies outside [0, 1].

    Notes
    -----
    Valid when null p-values are uniform or larger and the tests independent or weakly dependent, with hundreds of them
    or more. Features that are correlated in large blocks make the estimated share, and with it the false discovery
    rate, vary widely from study to study: there Benjamini and Hochberg is the safer choice. A q-value can be smaller
    than its p-value.

    References
    ----------
    Storey, Taylor and Siegmund 2004, https://doi.org/10.1111/j.1467-9868.2004.00439.x
    """
    q, tested, family = _family(p_value)
    q[tested] = _step_up(family, null_share(family))
    return q


def null_share(p_value: npt.NDArray[Any]) -> float:
    """Estimated share of true null hypotheses, ``(1 + #{p > 1/2}) / (m / 2)``, at most 1; 1 for an empty family.

    The one that is added keeps the procedure's false discovery rate below its level in finite samples.
    """
    _, _, family = _family(p_value)
    return min(1.0, 2.0 * (1.0 + float((family > 0.5).sum())) / max(family.size, 1))


def holm(p_value: npt.NDArray[Any]) -> Floats:
    """Adjusted p-values of Holm, which keep the chance of any false rejection in the family.

    With the m tested p-values in ascending order, ``p~_(i) = max_{j <= i} ((m - j + 1) p_(j))``, at most 1.

    Parameters
    ----------
    p_value : array of any shape
        One family; NaN as in `benjamini_hochberg`.

    Returns
    -------
    array of the same shape, float64

    Raises
    ------
    ValueError
        A p-value lies outside [0, 1].

    Notes
    -----
    Valid under any dependence.

    References
    ----------
    Holm 1979, https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03, np.nan]))
    array([0.03, 0.06, 0.06,  nan])
    """
    adjusted, tested, family = _family(p_value)
    order = np.argsort(family, kind="stable")
    down = np.empty(family.size)
    down[order] = np.minimum(np.maximum.accumulate(family[order] * np.arange(family.size, 0, -1)), 1.0)
    adjusted[tested] = down
    return adjusted


def grouped_q_values(families: Sequence[npt.NDArray[Any]]) -> list[Floats]:
    """q-values for reading many families at once: first which families hold anything, then what within them.

    With K families, ``P_1 <= ... <= P_K`` the smallest q-values of each (for those of Benjamini and Hochberg: Simes'
    p-values of the families) and x the q-value of a hypothesis within its family,
    ``q_group = min_r (K max(P_r, x) / r)``, at most 1: the smallest level at which the family is selected by Benjamini
    and Hochberg over families and the hypothesis is rejected within it at that level times the share selected.

    Parameters
    ----------
    families : sequence of arrays
        q-values within each family by `benjamini_hochberg` or `benjamini_yekutieli`; NaN where not tested. A family
        without a tested hypothesis is not counted.

    Returns
    -------
    list of arrays
        Of the same shapes, NaN where the input is.

    Notes
    -----
    Valid as a bound on the expected average, over the selected families, of the false discovery proportion, when
    the families are independent or positively dependent and the q-values within them are valid.

    References
    ----------
    Benjamini and Bogomolov 2014, https://doi.org/10.1111/rssb.12028

    Examples
    --------
    >>> grouped_q_values([np.array([0.01, 0.5]), np.array([0.3])])
    [array([0.02, 0.5 ]), array([0.3])]
    """
    smallest = np.sort([float(np.nanmin(q)) for q in families if not np.isnan(q).all()])
    count = smallest.size
    # the best that families beyond the r-th can do, and infinity where there are none left
    beyond = np.append(np.minimum.accumulate((count * smallest / np.arange(1, count + 1))[::-1])[::-1], np.inf)
    results = []
    for q in families:
        grouped = np.full(np.shape(q), np.nan)
        tested = ~np.isnan(q)
        selected = np.searchsorted(smallest, q[tested], side="right")
        grouped[tested] = np.minimum(np.minimum(count * q[tested] / selected, beyond[selected]), 1.0)
        results.append(grouped)
    return results


def _family(p_value: npt.NDArray[Any]) -> tuple[Floats, npt.NDArray[np.bool_], Floats]:
    """Room for the answer, which hypotheses were tested, and their p-values."""
    p = np.asarray(p_value, dtype=np.float64)
    tested = ~np.isnan(p)
    family = p[tested]
    if np.any((family < 0) | (family > 1)):
        raise ValueError("a p-value lies outside [0, 1]")
    return np.full(p.shape, np.nan), tested, family


def _step_up(family: Floats, factor: float) -> Floats:
    """``min_{j >= i} (factor m p_(j) / j)``, at most 1."""
    m = family.size
    order = np.argsort(-family, kind="stable")
    scaled = family[order] * (factor * m) / np.arange(m, 0, -1)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return adjusted
