"""Decision trees: chance nodes rolled back to expected cost and effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, numbers, probabilities

__all__ = ["Branch", "Path", "branch", "paths", "roll_back"]

_SUM = 1e-8


@dataclass(frozen=True, eq=False, kw_only=True)
class Branch:
    """One way out of a chance node.

    Attributes
    ----------
    name : str
    probability : () or (n_draws,)
        Given that the node before is reached.
    cost, effect : () or (n_draws,)
        What happens on this branch, beside what lies before and after it.
    children : tuple of Branch
        What can follow; their probabilities sum to 1. Empty at the end.
    """

    name: str
    probability: Floats
    cost: Floats
    effect: Floats
    children: tuple["Branch", ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Path:
    """One way through a tree: its branches' names, its probability, and cost and effect along it."""

    names: tuple[str, ...]
    probability: Floats
    cost: Floats
    effect: Floats


def branch(
    name: str,
    *,
    probability: Any = 1.0,
    cost: Any = 0.0,
    effect: Any = 0.0,
    children: Sequence[Branch] = (),
    negative_cost_reason: str = "",
) -> Branch:
    """A branch, checked; the root of a tree is a branch of probability 1.

    Raises
    ------
    ConfigError
        A probability outside [0, 1], children whose probabilities do not sum to 1, a negative cost without a reason.

    Examples
    --------
    >>> ends = [branch("cured", probability=0.25, effect=1), branch("not cured", probability=0.75)]
    >>> tree = branch("drug", cost=100, children=ends)
    >>> [float(x) for x in roll_back(tree)]
    [100.0, 0.25]
    """
    made = Branch(
        name=name,
        probability=probabilities(f"probability of {name!r}", probability),
        cost=numbers(
            f"cost of {name!r}",
            cost,
            low=-np.inf if negative_cost_reason else 0.0,
            hint="Say why in negative_cost_reason if a cost is meant to be negative.",
        ),
        effect=numbers(f"effect of {name!r}", effect),
        children=tuple(children),
    )
    if made.children:
        total = np.asarray(sum(child.probability for child in made.children))
        if np.any(np.abs(total - 1.0) > _SUM):
            worst = total.reshape(-1)[np.argmax(np.abs(total - 1.0))]
            raise ConfigError(f"probability of the children of {name!r} sums to {worst:.10g}, expected 1")
    return made


def roll_back(tree: Branch) -> tuple[Floats, Floats]:
    """Expected cost and effect of a tree: each node's own amount plus the probability-weighted amounts after it.

    Notes
    -----
    Valid when what follows a node does not depend on how it was reached.

    References
    ----------
    Briggs, Claxton and Sculpher 2006, chapter 2.
    """
    cost, effect = tree.cost, tree.effect
    for child in tree.children:
        child_cost, child_effect = roll_back(child)
        cost = cost + child.probability * child_cost
        effect = effect + child.probability * child_effect
    return np.asarray(cost), np.asarray(effect)


def paths(tree: Branch) -> tuple[Path, ...]:
    """Every way through a tree, in the order of its branches; their probabilities sum to that of the root."""
    if not tree.children:
        return (Path(names=(tree.name,), probability=tree.probability, cost=tree.cost, effect=tree.effect),)
    return tuple(
        Path(
            names=(tree.name, *rest.names),
            probability=tree.probability * rest.probability,
            cost=tree.cost + rest.cost,
            effect=tree.effect + rest.effect,
        )
        for child in tree.children
        for rest in paths(child)
    )
