"""Probabilistic sensitivity analysis: draws of all parameters through the model, and what they say of the decision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, names_of, numbers

__all__ = ["Acceptability", "Plane", "Psa", "acceptability", "plane", "probabilistic_analysis", "psa_of"]

Model = Callable[[Mapping[str, Floats]], tuple[Any, Any]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Psa:
    """Draws of cost and effect.

    Attributes
    ----------
    names : tuple of str
        Strategies.
    cost, effect : (n_draws, n_strategies)
    parameters : dict of name to (n_draws,) or (n_draws, k)
        The draws that made them; empty where only costs and effects are known.
    """

    names: tuple[str, ...]
    cost: Floats
    effect: Floats
    parameters: dict[str, Floats]

    def net_benefit(self, wtp: float) -> Floats:
        """Net monetary benefit of every draw, (n_draws, n_strategies)."""
        return numbers("wtp", wtp, low=0.0, ndim=0) * self.effect - self.cost


def probabilistic_analysis(
    model: Model,
    parameters: Mapping[str, Floats],
    *,
    names: Sequence[str] | None = None,
    vectorised: bool = True,
) -> Psa:
    """Cost and effect of every strategy for every draw of the parameters.

    Parameters
    ----------
    model : callable
        From a mapping of parameters to costs and effects. Vectorised: parameters come with all their draws, and costs
        and effects go back as (n_draws, n_strategies). Otherwise one draw at a time, and (n_strategies,) goes back.
    parameters : mapping of name to (n_draws,) or (n_draws, k)
        See `biomarker.economics.draw_parameters`.
    names : sequence of str, optional
    vectorised : bool

    Returns
    -------
    Psa

    Raises
    ------
    ConfigError
        Parameters with different numbers of draws; costs or effects of another shape or not finite.

    Notes
    -----
    Valid when the draws represent what is known of the parameters together. At zero variance every draw equals the
    base case.

    References
    ----------
    Briggs et al. 2012 (ISPOR-SMDM), https://doi.org/10.1016/j.jval.2012.04.014
    """
    drawn = {name: np.asarray(value, dtype=np.float64) for name, value in parameters.items()}
    counts = {value.shape[0] for value in drawn.values() if value.ndim}
    if len(counts) != 1 or any(value.ndim == 0 for value in drawn.values()):
        raise ConfigError(f"parameters hold {sorted(counts)} draws, expected one number of draws in all")
    n = counts.pop()
    if vectorised:
        cost, effect = model(drawn)
    else:
        rows = [model({name: value[i] for name, value in drawn.items()}) for i in range(n)]
        cost, effect = [row[0] for row in rows], [row[1] for row in rows]
    return psa_of(cost, effect, parameters=drawn, names=names, n_draws=n)


def psa_of(
    cost: Any,
    effect: Any,
    *,
    parameters: Mapping[str, Floats] | None = None,
    names: Sequence[str] | None = None,
    n_draws: int | None = None,
) -> Psa:
    """Draws that were made elsewhere, checked: costs and effects, both (n_draws, n_strategies)."""
    c, e = numbers("cost", cost, ndim=2), numbers("effect", effect, ndim=2)
    n = c.shape[0] if n_draws is None else n_draws
    if c.shape != e.shape or c.shape[0] != n or c.size == 0:
        raise ConfigError(f"cost {c.shape} and effect {e.shape} disagree, expected ({n}, n_strategies) in both")
    kept = {} if parameters is None else {name: np.asarray(v, dtype=np.float64) for name, v in parameters.items()}
    return Psa(names=names_of("names", names, c.shape[1], word="strategy"), cost=c, effect=e, parameters=kept)


@dataclass(frozen=True, eq=False, kw_only=True)
class Acceptability:
    """What the draws say of the decision, at each willingness to pay.

    Attributes
    ----------
    names : tuple of str
    wtp : (n_wtp,)
    probability : (n_wtp, n_strategies)
        Share of draws in which the strategy has the highest net benefit (the acceptability curve); equal ones share.
    net_benefit : (n_wtp, n_strategies)
        Expected.
    expected_loss : (n_wtp, n_strategies)
        Expected net benefit forgone by the strategy against the best one of each draw. Its smallest value is the EVPI.
    best : (n_wtp,) int64
        Strategy with the highest expected net benefit: what should be adopted. `probability` there is the
        acceptability frontier.
    evpi : (n_wtp,)
    """

    names: tuple[str, ...]
    wtp: Floats
    probability: Floats
    net_benefit: Floats
    expected_loss: Floats
    best: npt.NDArray[np.int64]
    evpi: Floats

    @property
    def frontier(self) -> Floats:
        """Probability that the strategy with the highest expected net benefit is the right one, (n_wtp,)."""
        return np.take_along_axis(self.probability, self.best[:, None], axis=1)[:, 0]

    @property
    def optimal(self) -> tuple[tuple[str, float, float], ...]:
        """Name, first and last threshold of the grid at which it is best, by threshold."""
        changes = np.flatnonzero(np.diff(self.best)) + 1
        starts, ends = [0, *changes.tolist()], [*(changes - 1).tolist(), self.best.size - 1]
        return tuple(
            (self.names[int(self.best[a])], float(self.wtp[a]), float(self.wtp[b]))
            for a, b in zip(starts, ends, strict=True)
        )


def acceptability(psa: Psa, wtp: Any) -> Acceptability:
    """Acceptability curve and frontier, expected net benefit and loss, and EVPI, over a grid of thresholds.

    Parameters
    ----------
    psa : Psa
    wtp : (n_wtp,)
        Ascending thresholds, not negative.

    Returns
    -------
    Acceptability

    Notes
    -----
    Valid as a statement of uncertainty. The strategy to adopt is the one with the highest expected net benefit, not the
    one that is best most often; they differ where the net benefit is skewed.

    References
    ----------
    Fenwick, Claxton and Sculpher 2001, https://doi.org/10.1002/hec.635; Alarid-Escudero et al. 2019 (expected loss),
    https://doi.org/10.1016/j.jval.2019.02.008
    """
    grid = numbers("wtp", wtp, low=0.0, ndim=1)
    if grid.size == 0 or np.any(np.diff(grid) <= 0):
        raise ConfigError("wtp is not ascending, expected at least one threshold and each above the one before")
    n, k = psa.cost.shape
    probability, expected = np.empty((grid.size, k)), np.empty((grid.size, k))
    evpi = np.empty(grid.size)
    for w, threshold in enumerate(grid):
        nb = threshold * psa.effect - psa.cost
        top = nb.max(axis=1, keepdims=True)
        best = nb == top
        probability[w] = (best / best.sum(axis=1, keepdims=True)).sum(axis=0) / n
        expected[w] = nb.mean(axis=0)
        # the mean of the differences, so that equal draws give exactly zero
        evpi[w] = (top - nb[:, [int(expected[w].argmax())]]).mean()
    best_of = expected.argmax(axis=1)
    loss = evpi[:, None] + expected.max(axis=1, keepdims=True) - expected
    return Acceptability(
        names=psa.names,
        wtp=grid,
        probability=probability,
        net_benefit=expected,
        expected_loss=loss,
        best=best_of.astype(np.int64),
        evpi=evpi,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Plane:
    """The cost-effectiveness plane of one strategy against one other.

    Attributes
    ----------
    incremental_cost, incremental_effect : (n_draws,)
    mean_cost, mean_effect : float
        Increments.
    icer : float
        Of the means; NaN where one dominates on average.
    quadrant : dict
        Share of draws "north-east" (costs more, brings more), "south-east" (dominant), "north-west" (dominated),
        "south-west" (costs less, brings less). A draw on an axis counts half to each side.
    """

    incremental_cost: Floats
    incremental_effect: Floats
    mean_cost: float
    mean_effect: float
    icer: float
    quadrant: dict[str, float]


def plane(psa: Psa, *, strategy: str, comparator: str) -> Plane:
    """Increments of a strategy against a comparator, draw by draw.

    Raises
    ------
    ConfigError
        A name that is no strategy.

    Notes
    -----
    Valid as a picture. An interval of the ratio has no meaning where draws lie in several quadrants; use the
    acceptability curve.

    References
    ----------
    Black 1990, https://doi.org/10.1177/0272989X9001000308
    """
    for name in (strategy, comparator):
        if name not in psa.names:
            raise ConfigError(f"{name!r} is no strategy, expected one of {', '.join(psa.names)}")
    i, j = psa.names.index(strategy), psa.names.index(comparator)
    c, e = psa.cost[:, i] - psa.cost[:, j], psa.effect[:, i] - psa.effect[:, j]
    north, east = (np.sign(c) + 1) / 2, (np.sign(e) + 1) / 2
    mean_cost, mean_effect = float(c.mean()), float(e.mean())
    ratio = mean_cost / mean_effect if mean_cost * mean_effect > 0 else float("nan")
    shares = {
        "north-east": north * east,
        "south-east": (1 - north) * east,
        "north-west": north * (1 - east),
        "south-west": (1 - north) * (1 - east),
    }
    return Plane(
        incremental_cost=c,
        incremental_effect=e,
        mean_cost=mean_cost,
        mean_effect=mean_effect,
        icer=ratio,
        quadrant={name: float(share.mean()) for name, share in shares.items()},
    )
