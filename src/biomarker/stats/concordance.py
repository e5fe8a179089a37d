"""How well one variable tells the order of outcomes: AUC, Harrell's C and Kendall's pairs are one number."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

__all__ = ["Concordance", "concordance", "known_order"]

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Concordance:
    """A concordance and its test against chance.

    Attributes
    ----------
    value : float
        Share of pairs in which the subject that comes later has the larger value; a tie counts one half.
    statistic, p_value : float
        Standard score under permutation, and its two-sided normal probability.
    n, n_pairs : int
        Subjects with a value, and pairs of them whose order is known.
    """

    value: float
    statistic: float
    p_value: float
    n: int
    n_pairs: int


def known_order(values: npt.NDArray[Any], event: npt.NDArray[Any] | None = None) -> Bools:
    """Pairs of subjects of which it is known who comes first.

    Parameters
    ----------
    values : (n_subjects,)
        0 and 1, numbers, or times; NaN where missing.
    event : (n_subjects,), optional
        For times: 1 where the event was seen, 0 where observation ended before it.

    Returns
    -------
    (n_subjects, n_subjects) bool
        True at (i, j) where i comes before j: ``values_i < values_j``, and for times also that the event of i was
        seen; a subject censored at the time of an event comes after it.
    """
    at = np.asarray(values, dtype=np.float64)
    before: Bools = at[:, None] < at[None, :]
    if event is None:
        return before
    seen = np.asarray(event, dtype=np.float64) == 1
    tied = (at[:, None] == at[None, :]) & ~seen[None, :]
    known: Bools = (before | tied) & seen[:, None]
    return known


def concordance(feature: npt.NDArray[Any], before: Bools) -> Concordance:
    """Concordance of a feature with a known order, and its test by permutation.

    With ``a_ij = [i before j] - [j before i]`` and ``b_ij = sign(x_j - x_i)``, ``C = 1/2 + S / (4 N)`` where
    ``S = sum a_ij b_ij`` over ordered pairs and N is the number of pairs of known order. Under permutation of the
    feature S has mean 0 and variance

    ``4 (sum a_i.^2 - sum a_ij^2) (sum b_i.^2 - sum b_ij^2) / (n (n-1) (n-2)) + 2 sum a_ij^2 sum b_ij^2 / (n (n-1))``.

    Parameters
    ----------
    feature : (n_subjects,)
        NaN where missing: the subject is left out.
    before : (n_subjects, n_subjects) bool
        See `known_order`.

    Returns
    -------
    Concordance
        NaN where no pair is left; the test is NaN where fewer than three subjects are left or the feature is constant.

    Notes
    -----
    For a binary outcome C is the area under the ROC curve and the test that of Mann and Whitney; for numbers it is
    Kendall's; for times, Harrell's C and Gehan's test. Time and memory grow with the square of the subjects: 2,000
    take 0.1 s and 50 MB.

    **Valid when** subjects are independent and, for times, censoring does not depend on the feature. The variance is
    exact with any ties; the normal law needs about ten subjects on either side of the order and in each of a feature's
    two values.

    References
    ----------
    Daniels 1944, https://doi.org/10.1093/biomet/33.2.129; Gehan 1965, https://doi.org/10.1093/biomet/52.1-2.203;
    Harrell et al. 1982, https://doi.org/10.1001/jama.1982.03320430047030

    Examples
    --------
    >>> concordance(np.array([1.0, 2.0, 3.0, 4.0]), known_order(np.array([0, 1, 0, 1]))).value
    0.75
    """
    given = np.asarray(feature, dtype=np.float64)
    if before.shape != (given.size, given.size) or given.ndim != 1:
        raise ValueError(f"a feature {given.shape} does not fit an order of shape {before.shape}")
    kept = np.flatnonzero(np.isfinite(given))
    x, n = given[kept], len(kept)
    first = before[np.ix_(kept, kept)]
    a = first.astype(np.int8) - first.T.astype(np.int8)
    b = (x[None, :] > x[:, None]).astype(np.int8) - (x[None, :] < x[:, None]).astype(np.int8)
    n_pairs = int(first.sum())
    # sums over a row may reach n, those over all pairs n^2: both beyond eight bits
    s = 2.0 * float(b[first].sum(dtype=np.int64))
    value = 0.5 + s / (4.0 * n_pairs) if n_pairs else np.nan
    squares_a, squares_b = 2.0 * n_pairs, float(np.count_nonzero(b))
    rows_a, rows_b = (float(np.square(m.sum(axis=1, dtype=np.float64)).sum()) for m in (a, b))
    variance = 0.0
    if n > 2:
        variance = 4.0 * (rows_a - squares_a) * (rows_b - squares_b) / (n * (n - 1.0) * (n - 2.0))
        variance += 2.0 * squares_a * squares_b / (n * (n - 1.0))
    z = s / np.sqrt(variance) if variance > 0 else np.nan
    return Concordance(float(value), float(z), float(2.0 * ndtr(-abs(z))), n, n_pairs)
