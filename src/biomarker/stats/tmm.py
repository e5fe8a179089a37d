"""Trimmed mean of M-values: library sizes that make most genes of two libraries equal, and counts per million.

Written from the paper and from edgeR's documentation; edgeR's numbers are the oracle of the tests.
"""

import math
from dataclasses import dataclass

from biomarker.arrays import Array, namespace
from biomarker.errors import InsufficientDataError, NumericalError

__all__ = ["TmmReference", "log_cpm", "tmm_factors", "tmm_reference"]

_UPPER_QUARTILE = 0.75
#: An upper quartile below this share of all reads is zero.
_ZERO_SHARE = 1e-20


@dataclass(frozen=True, eq=False)
class TmmReference:
    """What TMM learns from the libraries it is fitted on.

    Attributes
    ----------
    counts : array (n_features,)
        The reference library.
    size : float
        Its sum.
    log2_centre : float
        Mean log2 of the fitted libraries' factors before they were scaled to multiply to 1.
    mean_size : float
        Mean of the fitted libraries' effective sizes, to which a prior count belongs.
    """

    counts: Array
    size: float
    log2_centre: float
    mean_size: float


def tmm_reference(
    counts: Array, *, logratio_trim: float = 0.3, sum_trim: float = 0.05, a_cutoff: float = -1e10
) -> TmmReference:
    """Choose the reference library and the scale of the factors.

    The reference is the library whose upper quartile (of the shares ``y / N``, over features not zero in all
    libraries) is closest to the mean upper quartile. Where at least half of the upper quartiles are zero they tell
    nothing, and the library with the largest sum of root counts is taken. Ties go to the first.

    Parameters
    ----------
    counts : array (n_subjects, n_features)
        Not negative; NaN where missing, which is left out of every sum. Libraries without any count are left out.
    logratio_trim, sum_trim, a_cutoff : float
        See `tmm_factors`.

    Returns
    -------
    TmmReference

    Raises
    ------
    NumericalError
        A negative or infinite count.
    InsufficientDataError
        No library has a count.

    References
    ----------
    Robinson and Oshlack 2010, doi:10.1186/gb-2010-11-3-r25
    """
    xp = namespace(counts)
    known = _known(counts)
    sizes = xp.sum(known, axis=1)
    used = xp.nonzero(sizes > 0)[0]
    if used.shape[0] == 0:
        raise InsufficientDataError("no subject has a count", "Check that the matrix holds counts.")
    counts, known, sizes = (xp.take(array, used, axis=0) for array in (counts, known, sizes))
    at = _reference_row(counts, known, sizes)
    draft = TmmReference(known[at, :], float(sizes[at]), 0.0, 1.0)
    raw = tmm_factors(counts, draft, logratio_trim=logratio_trim, sum_trim=sum_trim, a_cutoff=a_cutoff)
    centre = float(xp.mean(xp.log2(raw)))
    return TmmReference(draft.counts, draft.size, centre, float(xp.mean(sizes * raw)) / 2**centre)


def tmm_factors(
    counts: Array,
    reference: TmmReference,
    *,
    logratio_trim: float = 0.3,
    sum_trim: float = 0.05,
    a_cutoff: float = -1e10,
) -> Array:
    """Factor of each library's size.

    For library ``k`` with counts ``y`` and sum ``N`` against the reference ``r``, over the features that both have::

        M = log2((y_k / N_k) / (y_r / N_r))            A = (log2(y_k / N_k) + log2(y_r / N_r)) / 2
        log2 f_k = sum(M / v) / sum(1 / v),            v = (N_k - y_k) / (N_k y_k) + (N_r - y_r) / (N_r y_r)

    where the sums leave out the ``floor(trim n)`` smallest and largest of the ``n`` values of M (``logratio_trim``) and
    of A (``sum_trim``), equal values having their mean rank, and A below ``a_cutoff``. Divided by the geometric mean of
    the libraries the reference was fitted on, so that the factors of those multiply to 1. A library is compared with
    the stored reference alone: its factor is the same whoever else is there. A library that shares no feature with the
    reference has the factor of an equal one.

    Parameters
    ----------
    counts : array (n_subjects, n_features)
        As in `tmm_reference`, the same features.
    reference : TmmReference

    Returns
    -------
    array (n_subjects,)

    Raises
    ------
    NumericalError
        A negative or infinite count.

    Notes
    -----
    **Valid when** most features are not differentially expressed, or as many are up as down; with mostly zeros
    (single cells) few features are left to compare.
    """
    xp = namespace(counts)
    known = _known(counts)
    sizes = xp.sum(known, axis=1)
    logs = [
        _log2_factor(known[k, :], float(sizes[k]), reference, logratio_trim, sum_trim, a_cutoff)
        for k in range(counts.shape[0])
    ]
    return 2.0 ** (xp.asarray(logs, dtype=xp.float64) - reference.log2_centre)


def log_cpm(counts: Array, factors: Array, *, mean_size: float, prior_count: float = 2.0) -> Array:
    """Log2 counts per million of effective library size, with a prior count.

    With ``L = N f`` and ``c = prior_count L / mean_size``: ``log2(1e6 (y + c) / (L + 2 c))``.

    Parameters
    ----------
    counts : array (n_subjects, n_features)
        NaN where missing.
    factors : array (n_subjects,)
        From `tmm_factors`.
    mean_size : float
        Effective library size to which ``prior_count`` belongs: that of the fitted libraries, so that a subject's
        values do not depend on who else is there.
    prior_count : float
        Added to every count of a library of mean size, against the logarithm of zero.

    Returns
    -------
    array (n_subjects, n_features)
        NaN where the count is, and for a library without any count.
    """
    xp = namespace(counts)
    sizes = xp.sum(_known(counts), axis=1)
    effective = xp.where(sizes > 0, sizes, xp.nan) * factors
    prior = prior_count * effective / mean_size
    shares = (xp.astype(counts, xp.float64) + prior[:, None]) / (effective + 2.0 * prior)[:, None]
    return xp.log2(shares) + math.log2(1e6)


def _known(counts: Array) -> Array:
    """Counts in double precision, 0 where missing; refuses what is no count."""
    xp = namespace(counts)
    exact = xp.astype(counts, xp.float64)
    known = xp.where(xp.isnan(exact), xp.zeros_like(exact), exact)
    if bool(xp.any(known < 0)) or bool(xp.any(xp.isinf(known))):
        raise NumericalError(
            "counts may not be negative or infinite", "TMM is for counts; log values need no such step."
        )
    return known


def _reference_row(counts: Array, known: Array, sizes: Array) -> int:
    xp = namespace(counts)
    somewhere = xp.nonzero(xp.any(known > 0, axis=0))[0]
    shares = xp.take(xp.astype(counts, xp.float64) / sizes[:, None], somewhere, axis=1)
    quartiles = xp.asarray([_quantile(shares[k, :], _UPPER_QUARTILE) for k in range(shares.shape[0])])
    if float(xp.mean(xp.astype(quartiles < _ZERO_SHARE, xp.float64))) >= 0.5:
        return int(xp.argmax(xp.sum(xp.sqrt(known), axis=1)))
    return int(xp.argmin(xp.abs(quartiles - xp.mean(quartiles))))


def _quantile(values: Array, share: float) -> float:
    """Quantile by linear interpolation between order statistics, of the values that are known."""
    xp = namespace(values)
    ordered = xp.sort(values[xp.isfinite(values)])
    if ordered.shape[0] == 0:
        return 0.0
    at = (ordered.shape[0] - 1) * share
    below = int(at)
    above = min(below + 1, ordered.shape[0] - 1)
    low, high = float(ordered[below]), float(ordered[above])
    return float(low + (at - below) * (high - low))


def _log2_factor(
    library: Array, size: float, reference: TmmReference, logratio_trim: float, sum_trim: float, a_cutoff: float
) -> float:
    """Log2 of one library's factor against the reference, before scaling."""
    xp = namespace(library)
    both = (library > 0) & (reference.counts > 0)
    y, r = library[both], reference.counts[both]
    if y.shape[0] == 0:
        return 0.0
    share_y, share_r = y / size, r / reference.size
    # The logarithm of the ratio, not the difference of logarithms: equal ratios stay tied to the last bit more often
    ratio, level = xp.log2(share_y / share_r), (xp.log2(share_y) + xp.log2(share_r)) / 2.0
    high = level > a_cutoff
    y, r, ratio, level = y[high], r[high], ratio[high], level[high]
    if y.shape[0] == 0:
        return 0.0
    keep = _untrimmed(ratio, logratio_trim) & _untrimmed(level, sum_trim)
    if not bool(xp.any(keep)):
        return 0.0
    y, r, ratio = y[keep], r[keep], ratio[keep]
    variance = (size - y) / size / y + (reference.size - r) / reference.size / r
    return float(xp.sum(ratio / variance) / xp.sum(1.0 / variance))


def _untrimmed(values: Array, trim: float) -> Array:
    """Which values have a mean rank from ``floor(trim n) + 1`` to ``n - floor(trim n)``.

    Only the values at those two ranks can be tied across them, so that one sort tells all and no rank is computed.
    """
    xp = namespace(values)
    n = values.shape[0]
    first = math.floor(n * trim) + 1
    last = n + 1 - first
    if first > last:
        return xp.zeros(values.shape, dtype=xp.bool)
    ordered = xp.sort(values)
    at_first, at_last = ordered[first - 1], ordered[last - 1]
    low = values >= at_first if _mean_rank(ordered, at_first) >= first else values > at_first
    high = values <= at_last if _mean_rank(ordered, at_last) <= last else values < at_last
    return low & high


def _mean_rank(ordered: Array, value: Array) -> float:
    xp = namespace(ordered)
    below = int(xp.sum(xp.astype(ordered < value, xp.int64)))
    return float(below) + (int(xp.sum(xp.astype(ordered == value, xp.int64))) + 1) / 2
