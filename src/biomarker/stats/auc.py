"""Area under the ROC curve of one or many scores, its DeLong variance, and the test of Mann and Whitney."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, ndtr, ndtri

from biomarker.arrays import to_host
from biomarker.errors import DataError
from biomarker.stats.checks import Floats, binary, choice, scalar
from biomarker.stats.ranks import midranks

__all__ = [
    "AUC_INTERVALS",
    "EXACT_BELOW",
    "Auc",
    "AucDifference",
    "MannWhitney",
    "auc",
    "auc_difference",
    "mann_whitney",
    "placements",
    "rank_sum_law",
]

AUC_INTERVALS = ("delong", "logit", "newcombe")
#: Below this many subjects the law of the rank sum is counted out
EXACT_BELOW = 20
# Scores ranked at a time: what is made beside them stays small
_BLOCK = 256


@dataclass(frozen=True, eq=False, kw_only=True)
class Auc:
    """Areas under the ROC curve, one a score.

    Attributes
    ----------
    estimate, std_error, ci_low, ci_high : () or (n_scores,)
        Probability that a subject with the event has the higher score, ties counted half; NaN where a score leaves no
        subject with or without the event.
    n_positive, n_negative : () or (n_scores,) int64
    convention : str
    """

    estimate: Floats
    std_error: Floats
    ci_low: Floats
    ci_high: Floats
    n_positive: npt.NDArray[np.int64]
    n_negative: npt.NDArray[np.int64]
    convention: str


@dataclass(frozen=True, kw_only=True)
class AucDifference:
    """Difference of two areas measured in the same subjects, with its DeLong test."""

    difference: float
    std_error: float
    ci_low: float
    ci_high: float
    statistic: float
    p_value: float
    convention: str


@dataclass(frozen=True, kw_only=True)
class MannWhitney:
    """Wilcoxon-Mann-Whitney test of equal laws.

    Attributes
    ----------
    u : float
        ``AUC * n_positive * n_negative``.
    statistic : float
        Standard score with the variance corrected for ties; NaN where all scores are equal.
    p_value : float
        Two-sided.
    convention : str
        Exact (given the ties) or normal, with or without continuity correction.
    """

    u: float
    statistic: float
    p_value: float
    convention: str


def placements(score: Any, outcome: Any) -> tuple[Floats, Floats]:
    """For each subject the share of the other group that it beats, ties counted half.

    Parameters
    ----------
    score : (n_subjects,) or (n_subjects, n_scores)
        Complete; higher means more likely to have the event.
    outcome : (n_subjects,)
        1 with the event, 0 without.

    Returns
    -------
    positive : (n_positive, n_scores)
        Share of the negatives that lie below each positive.
    negative : (n_negative, n_scores)
        Share of the positives that lie above each negative.
    """
    y = binary("outcome", outcome, both=True)
    x = _scores(score, y.size)
    if np.isnan(x).any():
        raise DataError("score holds missing values, expected complete scores")
    return _placements(x, y)


def _placements(x: Floats, y: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    m, n = int(y.sum()), int((~y).sum())
    ranks = midranks(x)
    positive = (ranks[y] - midranks(x[y])) / n
    negative = 1.0 - (ranks[~y] - midranks(x[~y])) / m
    return positive, negative


def auc(score: Any, outcome: Any, *, interval: str = "delong", level: float = 0.95) -> Auc:
    """Area under the ROC curve with DeLong's variance.

    With placements V of the m positives and W of the n negatives (see `placements`), ``AUC = mean V = mean W`` and
    ``var = s^2(V) / m + s^2(W) / n``.

    Parameters
    ----------
    score : (n_subjects,) or (n_subjects, n_scores)
        Higher means more likely to have the event. NaN leaves the subject out of that score.
    outcome : (n_subjects,)
        1 with the event, 0 without.
    interval : {"delong", "logit", "newcombe"}
        ``delong``: plus and minus z standard errors, cut at 0 and 1. ``logit``: the same on the logit scale.
        ``newcombe``: the values whose standard error under the exponential model of Hanley and McNeil puts the estimate
        just within z. It has a width also where the groups are told apart perfectly or one is a single subject; there
        the other two have none, and ``newcombe`` is taken instead.
    level : float

    Returns
    -------
    Auc

    Raises
    ------
    DataError
        An outcome that is neither 0 nor 1, or only one of them.

    Notes
    -----
    Host only; all scores at once. Valid when subjects are independent and the score was not chosen or fitted in the
    same subjects (else the area is too large). The normal limits need about ten subjects in each group.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, https://doi.org/10.2307/2531595; Sun and Xu 2014 (by ranks),
    https://doi.org/10.1109/LSP.2014.2337313; Newcombe 2006, https://doi.org/10.1002/sim.2324

    Examples
    --------
    >>> found = auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> float(found.estimate), float(found.std_error.round(4))
    (0.75, 0.3536)
    """
    choice("interval", interval, AUC_INTERVALS)
    z = float(ndtri(0.5 + scalar("level", level, low=0.0, high=1.0, exclusive="both") / 2.0))
    y = binary("outcome", outcome, both=True)
    x = _scores(score, y.size)
    missing = np.isnan(x)
    k = x.shape[1]
    area, variance = np.full(k, np.nan), np.full(k, np.nan)
    m, n = (y[:, None] & ~missing).sum(axis=0), (~y[:, None] & ~missing).sum(axis=0)
    complete = ~missing.any(axis=0)
    whole = np.flatnonzero(complete)
    for begin in range(0, whole.size, _BLOCK):
        some = whole[begin : begin + _BLOCK]
        area[some], variance[some] = _area(x[:, some], y)
    for j in np.flatnonzero(~complete & (m > 0) & (n > 0)):
        kept = ~missing[:, j]
        area[[j]], variance[[j]] = _area(x[kept][:, [j]], y[kept])
    error = np.sqrt(variance)
    low, high = _limits(area, error, m, n, interval, z)
    shape: Any = () if np.ndim(to_host(score)) == 1 else (k,)
    return Auc(
        estimate=area.reshape(shape),
        std_error=error.reshape(shape),
        ci_low=low.reshape(shape),
        ci_high=high.reshape(shape),
        n_positive=m.reshape(shape),
        n_negative=n.reshape(shape),
        convention=f"{interval} interval at {level:g}; ties count one half; higher scores go with the event",
    )


def _area(x: Floats, y: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Areas and DeLong variances of complete scores."""
    positive, negative = _placements(x, y)
    m, n = positive.shape[0], negative.shape[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = [np.square(v - v.mean(axis=0)).sum(axis=0) / (v.shape[0] - 1.0) for v in (positive, negative)]
    return positive.mean(axis=0), spread[0] / m + spread[1] / n


def _limits(area: Floats, error: Floats, m: Any, n: Any, interval: str, z: float) -> tuple[Floats, Floats]:
    low, high = np.maximum(area - z * error, 0.0), np.minimum(area + z * error, 1.0)
    inner = (area > 0) & (area < 1)
    if interval == "logit":
        middle = np.where(inner, area, 0.5)
        width = z * error / (middle * (1.0 - middle))
        low, high = expit(logit(middle) - width), expit(logit(middle) + width)
    for j in np.flatnonzero(np.isfinite(area) & ((interval == "newcombe") | ~inner | ~(error > 0))):
        low[j], high[j] = _newcombe(float(area[j]), int(m[j]), int(n[j]), z)
    return low, high


def _newcombe(area: float, m: int, n: int, z: float) -> tuple[float, float]:
    """Limits by inverting a score test (Newcombe's method 5)."""
    from scipy.optimize import brentq  # rarely needed, slow to load

    half = (m + n) / 2.0 - 1.0

    def excess(theta: float) -> float:
        variance = theta * (1 - theta) / (m * n) * (1 + half * (1 - theta) / (2 - theta) + half * theta / (1 + theta))
        return (area - theta) ** 2 - z**2 * variance

    # the excess falls from the end of the range to the estimate, where it is not positive
    inside = min(max(area, 1e-12), 1.0 - 1e-12)
    low = 0.0 if excess(1e-15) <= 0 else brentq(excess, 1e-15, inside)
    high = 1.0 if excess(1.0 - 1e-15) <= 0 else brentq(excess, inside, 1.0 - 1e-15)
    return (0.0 if area == 0 else float(low)), (1.0 if area == 1 else float(high))


def auc_difference(score: Any, other: Any, outcome: Any, *, level: float = 0.95) -> AucDifference:
    """DeLong's test of two scores in the same subjects.

    ``var(A1 - A2) = s^2(V1 - V2) / m + s^2(W1 - W2) / n`` with the placements of `placements`.

    Parameters
    ----------
    score, other : (n_subjects,)
        Complete; higher means more likely to have the event.
    outcome : (n_subjects,)
    level : float

    Returns
    -------
    AucDifference
        ``score`` minus ``other``. The test is NaN where the placements do not differ.

    Notes
    -----
    Host only. Valid when neither score was fitted in the same subjects; for a score nested in the other, fitted here,
    the test does not hold.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, https://doi.org/10.2307/2531595; Demler, Pencina and D'Agostino 2012 (nested
    models), https://doi.org/10.1002/sim.5328
    """
    z = float(ndtri(0.5 + scalar("level", level, low=0.0, high=1.0, exclusive="both") / 2.0))
    both = np.column_stack([np.asarray(to_host(score), dtype=np.float64), np.asarray(to_host(other), dtype=np.float64)])
    positive, negative = placements(both, outcome)
    gain = positive[:, 0] - positive[:, 1]
    loss = negative[:, 0] - negative[:, 1]
    difference = float(gain.mean())
    error = float(np.sqrt(gain.var(ddof=1) / gain.size + loss.var(ddof=1) / loss.size))
    statistic = difference / error if error > 0 else float("nan")
    return AucDifference(
        difference=difference,
        std_error=error,
        ci_low=difference - z * error,
        ci_high=difference + z * error,
        statistic=statistic,
        p_value=float(2.0 * ndtr(-abs(statistic))),
        convention=f"DeLong, paired; normal limits at {level:g}",
    )


def mann_whitney(score: Any, outcome: Any, *, continuity: bool = True, exact: bool | None = None) -> MannWhitney:
    """Test that a score has one law with and without the event.

    ``U = R - m (m + 1) / 2`` with R the sum of the midranks of the m subjects with the event; mean ``m n / 2``,
    variance ``m n / 12 ((N + 1) - sum (t^3 - t) / (N (N - 1)))`` over groups of t tied scores.

    Parameters
    ----------
    score : (n_subjects,)
        Complete.
    outcome : (n_subjects,)
    continuity : bool
        Whether the normal score is brought one half nearer to 0.
    exact : bool, optional
        Whether the law of U given the ties is counted out; by default below 20 subjects.

    Returns
    -------
    MannWhitney

    Notes
    -----
    Host only. Valid when subjects are independent. The exact p-value is twice the smaller tail, at most 1.

    References
    ----------
    Mann and Whitney 1947, https://doi.org/10.1214/aoms/1177730491; Streitberg and Roehmel 1986 (the law with ties, by
    shifts), Statistical Software Newsletter 12, 10-17.

    Examples
    --------
    >>> mann_whitney([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1]).p_value
    0.1
    """
    y = binary("outcome", outcome, both=True)
    x = _scores(score, y.size)[:, 0]
    if np.isnan(x).any():
        raise DataError("score holds missing values, expected complete scores")
    total, m = x.size, int(y.sum())
    n = total - m
    ranks = midranks(x)
    u = float(ranks[y].sum() - m * (m + 1) / 2.0)
    tied = np.unique(x, return_counts=True)[1].astype(np.float64)
    variance = m * n / 12.0 * ((total + 1.0) - float((tied**3 - tied).sum()) / (total * (total - 1.0)))
    off = u - m * n / 2.0
    nearer = np.sign(off) * max(abs(off) - 0.5, 0.0) if continuity else off
    statistic = float(nearer / np.sqrt(variance)) if variance > 0 else float("nan")
    if total < EXACT_BELOW if exact is None else exact:
        p = _exact_p(np.rint(2.0 * ranks).astype(np.int64), m, round(2.0 * ranks[y].sum()))
        return MannWhitney(
            u=u, statistic=statistic, p_value=p, convention="exact given the ties, twice the smaller tail"
        )
    p = float(2.0 * ndtr(-abs(statistic))) if variance > 0 else 1.0
    correction = "with" if continuity else "without"
    return MannWhitney(u=u, statistic=statistic, p_value=p, convention=f"normal, {correction} continuity correction")


def _exact_p(doubled: npt.NDArray[np.int64], m: int, seen: int) -> float:
    """Twice the smaller tail of the sum of m of the doubled midranks drawn without replacement."""
    ways = rank_sum_law(doubled, m)
    law = ways / ways.sum()
    return float(min(1.0, 2.0 * min(law[: seen + 1].sum(), law[seen:].sum())))


def rank_sum_law(doubled: npt.NDArray[np.int64], m: int) -> Floats:
    """Number of ways in which m of the doubled midranks, drawn without replacement, have each sum from 0 on."""
    ways = np.zeros((m + 1, int(doubled.sum()) + 1))
    ways[0, 0] = 1.0
    for rank in doubled:
        ways[1:, rank:] = ways[1:, rank:] + ways[:-1, : ways.shape[1] - rank]
    law: Floats = ways[m]
    return law


def _scores(score: Any, n_subjects: int) -> Floats:
    """Scores as (n_subjects, n_scores) on the host; NaN is allowed, infinity orders like any number."""
    x = np.asarray(to_host(score), dtype=np.float64)
    if x.ndim not in (1, 2) or x.shape[0] != n_subjects:
        raise DataError(f"score has shape {x.shape}, expected {n_subjects} subjects and any number of scores (outcome)")
    return x[:, None] if x.ndim == 1 else x
