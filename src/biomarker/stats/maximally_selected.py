"""The best cut-off of a marker, and a p-value that allows for having looked for it."""

from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from biomarker.errors import ConfigError, DataError, InsufficientDataError
from biomarker.stats.checks import Floats, binary, choice, data, scalar, whole
from biomarker.stats.ranks import midranks

__all__ = ["P_METHODS", "MaximallySelected", "log_rank_scores", "maximally_selected", "rank_scores"]

P_METHODS = ("lausen92", "lausen94", "hothorn-lausen", "permutation")
# Larger tables of sums make the exact law slow
_EXACT_UP_TO = 400
_BLOCK = 2_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class MaximallySelected:
    """A maximally selected rank statistic.

    Attributes
    ----------
    cutoff : float
        Largest marker value of the lower group: "low" is at or below it.
    statistic : float
        Largest standardised statistic over all cut-offs.
    p_value : float
        That a maximum as large appears if the marker has nothing to do with the outcome.
    p_std_error : float
        Monte-Carlo error of a permutation p-value; 0 otherwise.
    cutoffs, statistics : (n_cuts,)
        Every cut-off tried and its signed statistic: positive where the lower group has the higher scores.
    n_low, n : int
        Subjects at or below `cutoff`, and all.
    convention : str
    """

    cutoff: float
    statistic: float
    p_value: float
    p_std_error: float
    cutoffs: Floats
    statistics: Floats
    n_low: int
    n: int
    convention: str


def log_rank_scores(time: Any, event: Any, *, ties: str = "at-risk") -> Floats:
    """Log-rank scores ``a_i = d_i - sum_{t_j <= t_i} d_j / r_j`` of survival times: high means early.

    Parameters
    ----------
    time, event : (n_subjects,)
    ties : {"at-risk", "last"}
        Subjects at risk at t_j: ``at-risk`` counts those with a time of at least t_j, ``last`` those that would be left
        if all of that time but one had gone, ``n - #(t <= t_j) + 1`` (Hothorn and Lausen). They differ at tied times.
    """
    t = data("time", time, low=0.0)
    d = binary("event", event, n=t.size)
    choice("ties", ties, ("at-risk", "last"))
    values, place = np.unique(t, return_inverse=True)
    counts = np.bincount(place, minlength=values.size)
    upto = np.cumsum(counts)
    at_risk = t.size - (upto - counts) if ties == "at-risk" else t.size - upto + 1
    hazard = np.cumsum(np.bincount(place, weights=d, minlength=values.size) / at_risk)
    return np.asarray(d - hazard[place])


def rank_scores(values: Any) -> Floats:
    """Midranks of numbers or of a 0/1 outcome: the scores of Wilcoxon's statistic."""
    return midranks(data("values", values))


def maximally_selected(
    marker: Any,
    scores: Any,
    *,
    method: str = "permutation",
    min_share: float = 0.1,
    max_share: float = 0.9,
    rng: np.random.Generator | None = None,
    n_permutations: int = 10_000,
    bound: str = "upper",
) -> MaximallySelected:
    """The cut-off of a marker that separates scores best, with a p-value for the best.

    For the m subjects at or below a cut-off ``T = (S_m - m mean(a)) / sqrt(m (n - m) / n s^2(a))``, S_m the sum of
    their scores a and s^2 their variance (n - 1); the statistic is the largest |T| over cut-offs with between
    ``min_share`` and ``max_share`` of the subjects below.

    Parameters
    ----------
    marker : (n_subjects,)
    scores : (n_subjects,)
        Of the outcome: `log_rank_scores`, `rank_scores`, or values.
    method : {"permutation", "lausen92", "lausen94", "hothorn-lausen"}
        ``permutation``: scores permuted, ``(1 + #) / (1 + B)``; right at any n. ``lausen92``: Brownian bridge,
        ``phi(b)(b - 1/b) log(e2 (1 - e1) / (e1 (1 - e2))) + 4 phi(b) / b`` between the two shares. ``lausen94``:
        improved Bonferroni bound with normal laws of neighbours. ``hothorn-lausen``: exact laws of the single
        statistics for integer scores (shifted to 0; unless small whole numbers, scaled to n and rounded), less the
        neighbours that one implies for certain; an upper bound.
    min_share, max_share : float
        0 < min_share < max_share < 1.
    rng : numpy.random.Generator, optional
        Required by ``permutation``.
    n_permutations : int
    bound : {"upper", "maxstat"}
        Of ``hothorn-lausen``. ``upper``: at least the p-value. ``maxstat``: the number that the R package maxstat
        (0.7-25) prints, for comparison with published ones; it leaves out sums exactly as extreme as the maximum seen
        and sums of zero, and where the marker has ties takes off too much, so that it can be too small.

    Returns
    -------
    MaximallySelected

    Raises
    ------
    ConfigError, DataError
        Shares out of order, no generator, constant scores, no cut-off within the shares, too many subjects for exact
        laws.

    Notes
    -----
    Host only. Valid when subjects are exchangeable under the null hypothesis (independent, no covariates). The p-value
    allows for the search over cut-offs of this one marker and for nothing else; the effect at the chosen cut-off is too
    large and must be shown in other subjects, or held-out.

    References
    ----------
    Miller and Siegmund 1982, https://doi.org/10.2307/2529881; Lausen and Schumacher 1992,
    https://doi.org/10.2307/2532740; Lausen, Sauerbrei and Schumacher 1994; Hothorn and Lausen 2003,
    https://doi.org/10.1016/S0167-9473(02)00225-6

    Examples
    --------
    >>> found = maximally_selected(np.arange(20), [0] * 10 + [1] * 10, method="lausen94")
    >>> found.cutoff, round(found.statistic, 3)
    (9.0, 4.359)
    """
    choice("method", method, P_METHODS)
    choice("bound", bound, ("upper", "maxstat"))
    x = data("marker", marker)
    a = data("scores", scores, n=x.size)
    low = scalar("min_share", min_share, low=0.0, high=1.0, exclusive="both")
    high = scalar("max_share", max_share, low=low, high=1.0, exclusive="both")
    n = x.size
    order = np.argsort(x, kind="stable")
    sizes = np.flatnonzero(np.diff(x[order]) > 0) + 1
    sizes = sizes[(sizes >= max(np.floor(n * low), 1)) & (sizes <= np.floor(n * high))]
    if sizes.size == 0:
        raise InsufficientDataError(f"marker has no cut-off with {low:g} to {high:g} of the subjects at or below it")
    if np.ptp(a) == 0:
        raise DataError(f"scores are {a[0]:g} for all subjects, expected them to vary")
    words, error, used = method, 0.0, a
    if method == "hothorn-lausen":
        used = _integers(a)
        words = f"hothorn-lausen, integer scores, bound {bound}"
    statistics = _standardised(used[order], sizes)
    best = int(np.abs(statistics).argmax())
    b = float(np.abs(statistics[best]))
    if method == "lausen92":
        p = _lausen92(b, low, high)
    elif method == "lausen94":
        p = _lausen94(b, sizes, n)
    elif method == "hothorn-lausen":
        p = _hothorn_lausen(b, used.astype(np.int64), sizes, as_maxstat=bound == "maxstat")
    else:
        if rng is None:
            raise ConfigError("rng is None, expected a numpy.random.Generator with method permutation")
        total = whole("n_permutations", n_permutations, low=1)
        p, words = _permuted(b, a, sizes, total, rng), f"permutation, {total} of the scores"
        error = float(np.sqrt(p * (1.0 - p) / total))
    return MaximallySelected(
        cutoff=float(x[order][sizes[best] - 1]),
        statistic=b,
        p_value=float(min(1.0, max(p, 0.0))),
        p_std_error=error,
        cutoffs=x[order][sizes - 1],
        statistics=statistics,
        n_low=int(sizes[best]),
        n=n,
        convention=f"{words}; cut-offs with {low:g} to {high:g} of the subjects at or below",
    )


def _standardised(sorted_scores: Floats, sizes: npt.NDArray[np.int64]) -> Floats:
    """Statistics of the first m scores of the last axis, for every m of `sizes`."""
    n = sorted_scores.shape[-1]
    mean, variance = sorted_scores.mean(axis=-1, keepdims=True), sorted_scores.var(axis=-1, ddof=1, keepdims=True)
    sums = np.cumsum(sorted_scores, axis=-1)[..., sizes - 1]
    return np.asarray((sums - sizes * mean) / np.sqrt(sizes * (n - sizes) / n * variance))


def _lausen92(b: float, low: float, high: float) -> float:
    if b <= 0:
        return 1.0
    density = float(np.exp(-(b**2) / 2.0) / np.sqrt(2.0 * np.pi))
    return density * (b - 1.0 / b) * float(np.log(high * (1.0 - low) / ((1.0 - high) * low))) + 4.0 * density / b


def _lausen94(b: float, sizes: npt.NDArray[np.int64], n: int) -> float:
    first, second = sizes[:-1].astype(np.float64), sizes[1:].astype(np.float64)
    apart = np.sqrt(1.0 - first * (n - second) / ((n - first) * second))
    steps = np.exp(-(b**2) / 2.0) / np.pi * (apart - (b**2 / 4.0 - 1.0) * apart**3 / 6.0)
    return float(2.0 * ndtr(-b) + steps.sum())


def _permuted(b: float, a: Floats, sizes: npt.NDArray[np.int64], total: int, rng: np.random.Generator) -> float:
    """Share of permutations whose maximum is at least as large, the one seen counted in."""
    reached, done = 0, 0
    while done < total:
        block = min(max(1, _BLOCK // a.size), total - done)
        shuffled = rng.permuted(np.tile(a, (block, 1)), axis=1)
        maxima = np.abs(_standardised(shuffled, sizes)).max(axis=1)
        reached += int(np.count_nonzero(maxima >= b - 1e-9 * max(b, 1.0)))
        done += block
    return (1.0 + reached) / (1.0 + total)


def _integers(a: Floats) -> Floats:
    """Scores shifted to 0 and, unless they are small whole numbers, scaled to the number of subjects and rounded."""
    if a.size > _EXACT_UP_TO:
        raise ConfigError(
            f"marker holds {a.size} subjects, expected at most {_EXACT_UP_TO} with method hothorn-lausen",
            "Take permutation.",
        )
    shifted = a - a.min()
    if np.all(shifted == np.rint(shifted)) and shifted.max() <= a.size:
        return np.asarray(shifted)
    return np.asarray(np.rint(shifted * a.size / shifted.max()))


def _hothorn_lausen(b: float, a: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], *, as_maxstat: bool) -> float:
    """``sum_i P(|T_i| >= b) - sum_i P(T_i so far out that |T_{i+1}| >= b whatever comes next)``."""
    n = a.size
    mean, variance = float(a.mean()), float(a.var(ddof=1))
    law = _laws_of_sums(a, int(sizes.max()))
    sums = np.arange(law.shape[1])
    ascending = np.sort(a)
    slack = -1e-9 * n if as_maxstat else 1e-9 * n
    least = 1 if as_maxstat else 0

    def ends(m: int) -> tuple[float, float]:
        half = b * np.sqrt(m * (n - m) / n * variance)
        return m * mean - half + slack, m * mean + half - slack

    def outside(m: int, low: float, high: float) -> float:
        return float(law[m, ((sums >= least) & (sums <= low)) | (sums >= high)].sum())

    p = 0.0
    for i, m in enumerate(sizes.tolist()):
        low, high = ends(m)
        p += outside(m, low, high)
        if i + 1 == sizes.size:
            break
        following = int(sizes[i + 1])
        next_low, next_high = ends(following)
        if as_maxstat:  # from the size just before, whether it is a cut-off or not
            p -= outside(following - 1, next_low - ascending[-1], next_high - ascending[0])
        else:
            further = following - m
            certain_low = min(low, next_low - ascending[-further:].sum())
            certain_high = max(high, next_high - ascending[:further].sum())
            p -= outside(m, certain_low, certain_high)
    return p


def _laws_of_sums(a: npt.NDArray[np.int64], most: int) -> Floats:
    """Law of the sum of m of the scores drawn without replacement, for m = 0, ..., `most`: (most + 1, sum(a) + 1)."""
    n = a.size
    law = np.zeros((most + 1, int(a.sum()) + 1))
    law[0, 0] = 1.0
    for value in a.tolist():
        law[1:, value:] = law[1:, value:] + law[:-1, : law.shape[1] - value]
    # counts of subsets up to C(400, 200), about 1e119: within double precision's range
    return np.asarray(law / np.array([float(comb(n, m)) for m in range(most + 1)])[:, None])
