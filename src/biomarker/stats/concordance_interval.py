"""Harrell's C (and the area under the ROC curve) with a standard error that needs no null hypothesis."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from biomarker.errors import DataError, InsufficientDataError
from biomarker.stats.checks import data, scalar

__all__ = ["ConcordanceInterval", "concordance_interval"]


@dataclass(frozen=True, kw_only=True)
class ConcordanceInterval:
    """A concordance with its infinitesimal-jackknife standard error and normal limits, cut at 0 and 1."""

    estimate: float
    std_error: float
    ci_low: float
    ci_high: float
    n_pairs: int


def concordance_interval(score: Any, before: npt.NDArray[np.bool_], *, level: float = 0.95) -> ConcordanceInterval:
    """Share of pairs of known order in which the score points the same way, with its standard error.

    ``C = sum c_ij / sum k_ij`` over pairs of known order (k), c being 1 where the score of the later subject is higher,
    1/2 where scores are equal. ``var = sum_i (c_i - C k_i)^2 / (sum k)^2`` with c_i and k_i summed over the pairs in
    which subject i takes part.

    Parameters
    ----------
    score : (n_subjects,)
        Complete; higher means later. Give minus the risk for times of an event.
    before : (n_subjects, n_subjects) bool
        See `biomarker.stats.concordance.known_order`.
    level : float

    Returns
    -------
    ConcordanceInterval

    Notes
    -----
    Host only; time and memory grow with the square of the subjects. Valid when subjects are independent, the score was
    not fitted in them, and censoring does not depend on it; Harrell's C depends on the censoring.

    References
    ----------
    Harrell et al. 1982, https://doi.org/10.1001/jama.1982.03320430047030; Therneau and Atkinson, the vignette
    "Concordance" of the R package survival

    Examples
    --------
    >>> from biomarker.stats.concordance import known_order
    >>> concordance_interval([1, 3, 2, 4], known_order(np.array([0, 0, 1, 1]))).estimate
    0.75
    """
    x = data("score", score)
    z = float(ndtri(0.5 + scalar("level", level, low=0.0, high=1.0, exclusive="both") / 2.0))
    if before.shape != (x.size, x.size):
        raise DataError(f"before has shape {before.shape}, expected ({x.size}, {x.size})")
    n_pairs = int(before.sum())
    if n_pairs == 0:
        raise InsufficientDataError("before knows the order of no pair, expected at least one")
    agree = np.where(before, 0.5 + 0.5 * np.sign(x[None, :] - x[:, None]), 0.0)
    estimate = float(agree.sum() / n_pairs)
    agreed = agree.sum(axis=0) + agree.sum(axis=1)
    known = before.sum(axis=0) + before.sum(axis=1)
    error = float(np.sqrt(np.square(agreed - estimate * known).sum()) / n_pairs)
    return ConcordanceInterval(
        estimate=estimate,
        std_error=error,
        ci_low=max(estimate - z * error, 0.0),
        ci_high=min(estimate + z * error, 1.0),
        n_pairs=n_pairs,
    )
