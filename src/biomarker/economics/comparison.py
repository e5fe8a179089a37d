"""Strategies compared: net benefit, incremental ratios, dominance, the efficiency frontier."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, names_of, numbers

__all__ = ["Incremental", "icer", "incremental_analysis", "net_health_benefit", "net_monetary_benefit"]

# Relative difference of two ratios below which three strategies lie on one line
_COLLINEAR = 1e-12


def net_monetary_benefit(cost: Any, effect: Any, *, wtp: Any) -> Floats:
    """Net monetary benefit ``wtp * effect - cost``.

    Parameters
    ----------
    cost, effect : array_like
    wtp : array_like
        Willingness to pay for one unit of effect (the threshold), not negative. Broadcasts with the others.

    Notes
    -----
    Valid as a criterion when the threshold is what the payer gives up elsewhere for one unit of effect.

    References
    ----------
    Stinnett and Mullahy 1998, https://doi.org/10.1177/0272989X98018002S09

    Examples
    --------
    >>> float(net_monetary_benefit(1000, 0.5, wtp=20000))
    9000.0
    """
    return numbers("wtp", wtp, low=0.0) * numbers("effect", effect) - numbers("cost", cost)


def net_health_benefit(cost: Any, effect: Any, *, wtp: Any) -> Floats:
    """Net health benefit ``effect - cost / wtp``, in units of effect; `wtp` is positive."""
    return numbers("effect", effect) - numbers("cost", cost) / numbers("wtp", wtp, low=0.0, exclusive="low")


def icer(cost: Any, effect: Any, *, comparator_cost: Any, comparator_effect: Any) -> tuple[float, str]:
    """Incremental cost-effectiveness ratio of one strategy against one other, and where it lies on the plane.

    Returns
    -------
    ratio : float
        Cost per unit of effect gained; in the south-west quadrant the saving per unit of effect given up. NaN where one
        strategy dominates or nothing differs.
    position : str
        "more effective and more costly", "less effective and less costly", "dominant", "dominated" or "equal".

    Notes
    -----
    Valid for two strategies. With more, a ratio against a common comparator is not the ratio that decides: use
    `incremental_analysis`.

    Examples
    --------
    >>> icer(12000, 2.0, comparator_cost=2000, comparator_effect=1.5)
    (20000.0, 'more effective and more costly')
    """
    more_cost = float(numbers("cost", cost, ndim=0) - numbers("comparator_cost", comparator_cost, ndim=0))
    more = float(numbers("effect", effect, ndim=0) - numbers("comparator_effect", comparator_effect, ndim=0))
    if more_cost == 0 and more == 0:
        return float("nan"), "equal"
    if more_cost <= 0 and more >= 0:
        return float("nan"), "dominant"
    if more_cost >= 0 and more <= 0:
        return float("nan"), "dominated"
    return more_cost / more, "more effective and more costly" if more > 0 else "less effective and less costly"


@dataclass(frozen=True, eq=False, kw_only=True)
class Incremental:
    """All strategies, in the order given, and how each compares with the next cheaper one on the frontier.

    Attributes
    ----------
    names : tuple of str
    cost, effect : (n_strategies,)
    status : tuple of {"ND", "ED", "D"}
        On the frontier; extendedly dominated (a mixture of two others is better); dominated (one other is at least as
        good and as cheap, and better in one of them).
    incremental_cost, incremental_effect, icer : (n_strategies,)
        Against the neighbour before on the frontier; NaN for the first and for those not on it.
    order : (n_strategies,) int64
        The frontier by cost, then the extendedly dominated, then the dominated, each by cost.
    frontier : (n_frontier,) int64
        Which strategies lie on it, by cost.
    """

    names: tuple[str, ...]
    cost: Floats
    effect: Floats
    status: tuple[str, ...]
    incremental_cost: Floats
    incremental_effect: Floats
    icer: Floats
    order: npt.NDArray[np.int64]
    frontier: npt.NDArray[np.int64]

    def best(self, wtp: float) -> str:
        """Name of the strategy with the highest net benefit at a threshold; of equal ones the cheaper."""
        chosen = self.frontier[0]
        for i in self.frontier[1:]:
            if self.icer[i] <= wtp and self.incremental_effect[i] > 0:
                chosen = i
        return self.names[int(chosen)]


def incremental_analysis(cost: Any, effect: Any, *, names: Sequence[str] | None = None) -> Incremental:
    """Incremental ratios after dominance and extended dominance.

    Strategies that cost more and bring no more are dominated. Of the rest, sorted by cost, those that lie above the
    lower convex hull (their ratio exceeds that of the next) are extendedly dominated. What is left is the frontier;
    its ratios ascend.

    Parameters
    ----------
    cost, effect : (n_strategies,)
        More effect is better.
    names : sequence of str, optional

    Returns
    -------
    Incremental
        Does not depend on the order in which strategies are given. Strategies equal in both cost and effect share one
        place.

    Raises
    ------
    ConfigError
        Shapes differ, a value is not finite, or a name occurs twice.

    Notes
    -----
    Valid when every strategy is open to everybody compared, exactly one is taken, and totals are of the same
    population. Strategies on one straight line all stay on the frontier.

    References
    ----------
    Cantor 1994, https://doi.org/10.1177/0272989X9401400308; Paulden 2020, https://doi.org/10.1007/s40273-020-00914-6

    Examples
    --------
    >>> found = incremental_analysis([5000, 12000, 10000], [1, 1.5, 2], names=["usual", "A", "B"])
    >>> found.status, found.icer
    (('ND', 'D', 'ND'), array([  nan,   nan, 5000.]))
    """
    c, e = numbers("cost", cost, ndim=1), numbers("effect", effect, ndim=1)
    if c.shape != e.shape or c.size == 0:
        raise ConfigError(f"cost holds {c.size} strategies and effect {e.size}, expected the same number, at least 1")
    given = names_of("names", names, c.size, word="strategy")
    points, of = np.unique(np.column_stack([c, e]), axis=0, return_inverse=True)
    of = of.reshape(-1)
    # by cost and, at equal cost, by effect: a point stays only where no cheaper or equally cheap one brings as much
    best_before = np.concatenate([[-np.inf], np.maximum.accumulate(points[:, 1])[:-1]])
    same_cost_later = np.append(points[1:, 0] == points[:-1, 0], False)
    dominated = (points[:, 1] <= best_before) | same_cost_later
    hull = _hull(points, [int(i) for i in np.flatnonzero(~dominated)])
    code = np.where(dominated, 2, 1)
    code[hull] = 0
    increments = np.full((points.shape[0], 2), np.nan)
    increments[hull[1:]] = np.diff(points[hull], axis=0)
    with np.errstate(invalid="ignore"):
        ratio = increments[:, 0] / increments[:, 1]
    order = np.lexsort((np.asarray(given), e, c, code[of]))
    return Incremental(
        names=given,
        cost=c,
        effect=e,
        status=tuple(("ND", "ED", "D")[k] for k in code[of]),
        incremental_cost=increments[of, 0],
        incremental_effect=increments[of, 1],
        icer=ratio[of],
        order=order.astype(np.int64),
        frontier=order[code[of][order] == 0].astype(np.int64),
    )


def _hull(points: Floats, kept: list[int]) -> list[int]:
    """Of points ascending in cost and effect, those on the lower convex hull."""
    hull: list[int] = []
    for k in kept:
        while len(hull) > 1:
            (c0, e0), (c1, e1), (c2, e2) = points[hull[-2]], points[hull[-1]], points[k]
            left, right = (c1 - c0) * (e2 - e1), (c2 - c1) * (e1 - e0)
            if left - right <= _COLLINEAR * max(abs(left), abs(right)):
                break
            hull.pop()
        hull.append(k)
    return hull
