"""Where a cut-off could as well lie: an interval by subsampling, and the cut-off alone, fast, for folds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.errors import InsufficientDataError
from biomarker.stats.checks import Floats, data, scalar, whole

__all__ = ["SHARE", "Cutoff", "CutoffInterval", "best_cutoff", "cutoff_interval", "cutoff_p_value"]

#: Share of the subjects in a subsample; see `cutoff_interval`.
SHARE = 0.55
_BLOCK = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Cutoff:
    """The cut-off that separates scores best.

    Attributes
    ----------
    value : float
        Largest marker value of the lower group: "low" is at or below it.
    statistic : float
        Standardised difference at it, positive where the upper group has the higher scores.
    share_above : float
        Of the subjects it was chosen in.
    """

    value: float
    statistic: float
    share_above: float


@dataclass(frozen=True, kw_only=True)
class CutoffInterval:
    """Limits of a cut-off.

    Attributes
    ----------
    low, high : float
        Marker values.
    n_subsamples, size : int
        How many subsamples, of how many subjects each.
    """

    low: float
    high: float
    n_subsamples: int
    size: int


def best_cutoff(marker: Any, scores: Any, *, min_share: float = 0.1) -> Cutoff:
    """The cut-off of a marker with the largest standardised difference of scores, without a p-value.

    ``T(c) = (mean of a above c - mean of a at or below c) / sqrt(s^2(a) n / (m (n - m)))``, m subjects at or below c;
    the largest |T| with between `min_share` and ``1 - min_share`` of the subjects at or below. Where tied values allow
    no such cut-off (a rare yes-or-no marker), the one that splits the subjects most evenly.

    Parameters
    ----------
    marker, scores : (n_subjects,)
        Complete.
    min_share : float
        In (0, 0.5).

    Returns
    -------
    Cutoff

    Raises
    ------
    InsufficientDataError
        All values of the marker are the same.

    Notes
    -----
    Valid as `biomarker.stats.maximally_selected` is: the statistic is the largest of many, no test statistic.

    Examples
    --------
    >>> best_cutoff([1, 2, 3, 4], [0, 0, 1, 1], min_share=0.2).value
    2.0
    """
    share = scalar("min_share", min_share, low=0.0, high=0.5, exclusive="both")
    x = data("marker", marker)
    a = data("scores", scores, n=x.size)
    order = np.argsort(x, kind="stable")
    below = _allowed(x[order], share)
    statistics = _standardised(a[order][None, :])[0, below - 1]
    k = int(np.abs(statistics).argmax())
    m = int(below[k])
    return Cutoff(
        value=float(x[order][m - 1]), statistic=float(-statistics[k]), share_above=float((x.size - m) / x.size)
    )


def cutoff_interval(
    marker: Any,
    scores: Any,
    *,
    rng: np.random.Generator,
    min_share: float = 0.1,
    level: float = 0.95,
    n_subsamples: int = 500,
) -> CutoffInterval:
    """Interval of the best cut-off: percentiles of the best cut-offs of subsamples without replacement.

    In each subsample of 55% of the subjects the cut-off is chosen anew, in the direction of the cut-off of all
    subjects, and its place among the ranks of all is noted; the limits are the marker values at the percentiles of
    these places (widened to hold the cut-off of all subjects). The best cut-off has no normal law: it converges at the
    rate n^(1/3) where the outcome changes smoothly with the marker, at the rate n where it jumps, and the ordinary
    bootstrap is wrong for it. Subsamples of about half spread about their parent as the parent does about the truth,
    ``1 / m - 1 / n = 1 / n``; by simulation 55% holds 95% at either rate (see Notes).

    Parameters
    ----------
    marker, scores : (n_subjects,)
        As in `best_cutoff`.
    rng : numpy.random.Generator
    min_share, level : float
    n_subsamples : int

    Returns
    -------
    CutoffInterval

    Raises
    ------
    InsufficientDataError
        Fewer than 20 subjects, or all values of the marker are the same.

    Notes
    -----
    Valid when subjects are independent and the marker matters: coverage of the best cut-off of the population was 94 to
    98% from 100 to 400 subjects for a jump, a smooth step and a straight line (tests/calibration). Where the marker
    does not matter there is no best cut-off to cover, and the interval spans most of the range. Host only.

    References
    ----------
    Banerjee and McKeague 2007, https://doi.org/10.1214/009053606000001415; Politis and Romano 1994,
    https://doi.org/10.1214/aos/1176325770
    """
    share = scalar("min_share", min_share, low=0.0, high=0.5, exclusive="both")
    tail = (1.0 - scalar("level", level, low=0.0, high=1.0, exclusive="both")) / 2.0
    total = whole("n_subsamples", n_subsamples, low=20)
    x = data("marker", marker)
    a = data("scores", scores, n=x.size)
    n = x.size
    if n < 20:
        raise InsufficientDataError(f"{n} subjects, expected at least 20 for an interval of a cut-off")
    order = np.argsort(x, kind="stable")
    x, a = x[order], a[order]
    found = best_cutoff(x, a, min_share=share)
    sign = float(np.sign(found.statistic)) or 1.0
    size = int(SHARE * n)
    places: list[Floats] = []
    step = max(1, _BLOCK // n)
    for start in range(0, total, step):
        rows = min(step, total - start)
        chosen = np.sort(np.argpartition(rng.random((rows, n)), size - 1, axis=1)[:, :size], axis=1)
        places.append(_places(x, a, chosen, sign, share))
    low, high = np.quantile(np.concatenate(places), [tail, 1.0 - tail], method="inverted_cdf")
    return CutoffInterval(
        low=min(float(x[int(low)]), found.value),
        high=max(float(x[int(high)]), found.value),
        n_subsamples=total,
        size=size,
    )


def cutoff_p_value(
    marker: Any, scores: Any, *, rng: np.random.Generator, min_share: float = 0.1, n_permutations: int = 1000
) -> float:
    """p-value of the best cut-off that allows for the search over cut-offs: scores permuted, ``(1 + #) / (1 + B)``.

    That of `biomarker.stats.maximally_selected` with the cut-offs that `best_cutoff` looks at.

    Parameters
    ----------
    marker, scores, min_share
        As in `best_cutoff`.
    rng : numpy.random.Generator
    n_permutations : int

    Notes
    -----
    Valid when subjects are exchangeable under the null hypothesis; for one marker that was named beforehand. Scores of
    treatment effects (`biomarker.discovery.subject_scores`) are exchangeable as far as the marker does not change
    their spread.
    """
    share = scalar("min_share", min_share, low=0.0, high=0.5, exclusive="both")
    total = whole("n_permutations", n_permutations, low=1)
    x = data("marker", marker)
    a = data("scores", scores, n=x.size)
    order = np.argsort(x, kind="stable")
    below = _allowed(x[order], share)
    seen = float(np.abs(_standardised(a[order][None, :])[0, below - 1]).max())
    reached, done = 0, 0
    while done < total:
        block = min(max(1, _BLOCK // a.size), total - done)
        shuffled = rng.permuted(np.tile(a, (block, 1)), axis=1)
        maxima = np.abs(_standardised(shuffled)[:, below - 1]).max(axis=1)
        reached += int(np.count_nonzero(maxima >= seen * (1.0 - 1e-9)))
        done += block
    return (1.0 + reached) / (1.0 + total)


def _allowed(sorted_marker: Floats, share: float) -> npt.NDArray[np.int64]:
    """Numbers of subjects at or below the cut-offs that may be chosen."""
    n = sorted_marker.size
    sizes = np.flatnonzero(np.diff(sorted_marker) > 0) + 1
    if sizes.size == 0:
        raise InsufficientDataError(f"the marker has one value in all {n} subjects, expected at least two")
    inside = sizes[(sizes >= share * n) & (sizes <= (1.0 - share) * n)]
    return inside if inside.size else sizes[np.abs(sizes - n / 2.0).argmin()][None]


def _standardised(sorted_scores: Floats) -> Floats:
    """Statistics of the first 1, ..., n - 1 scores of each row: positive where they are the higher."""
    n = sorted_scores.shape[1]
    centred = sorted_scores - sorted_scores.mean(axis=1, keepdims=True)
    variance = (centred**2).sum(axis=1, keepdims=True) / (n - 1)
    m = np.arange(1, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.cumsum(centred, axis=1)[:, :-1] / np.sqrt(m * (n - m) / n * variance)
    return np.asarray(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0))


def _places(x: Floats, a: Floats, chosen: npt.NDArray[np.intp], sign: float, share: float) -> Floats:
    """Place in the order of all subjects of the best cut-off of each subsample (a row of sorted places)."""
    m = chosen.shape[1]
    below = np.arange(1, m)
    values = x[chosen]
    statistics = -sign * _standardised(a[chosen])
    cut = values[:, 1:] > values[:, :-1]
    inside = cut & (below >= share * m) & (below <= (1.0 - share) * m)
    evenness = np.where(cut, -np.abs(below - m / 2.0), -np.inf)
    score = np.where(inside, statistics, -np.inf)
    narrow = ~inside.any(axis=1)
    score[narrow] = evenness[narrow]
    best = score.argmax(axis=1)
    rows = np.arange(len(chosen))
    middle = (chosen[rows, best] + chosen[rows, best + 1]) // 2
    # with ties the value in the middle may be the upper group's: the largest of the lower one is meant
    middle = np.where(x[middle] < values[rows, best + 1], middle, chosen[rows, best])
    return np.asarray(middle, dtype=np.float64)
