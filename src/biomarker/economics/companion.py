"""A drug and its companion test: treat all, treat none, or treat whom the test finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarker.economics.comparison import Incremental, incremental_analysis
from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, choice, numbers, probabilities, scalar

__all__ = [
    "TEST_FAILURE_POLICIES",
    "CompanionTest",
    "PriceRange",
    "companion_test",
    "optimal_by_price",
    "threshold_price",
]

TEST_FAILURE_POLICIES = ("control", "drug")
_STRATEGIES = ("control for all", "drug for all", "test and treat")


@dataclass(frozen=True, eq=False, kw_only=True)
class CompanionTest:
    """Three strategies per person tested or treated.

    Attributes
    ----------
    names : ("control for all", "drug for all", "test and treat")
    cost, effect : (3,) or (n_draws, 3)
    treated : (3,) or (n_draws, 3)
        Share that gets the drug.
    tested : (3,)
        Share that is tested.
    true_positive, false_positive, true_negative, false_negative, failed : () or (n_draws,)
        Shares of everybody; a test that failed is in `failed` alone. They sum to 1.
    convention : str
    """

    names: tuple[str, ...]
    cost: Floats
    effect: Floats
    treated: Floats
    tested: Floats
    true_positive: Floats
    false_positive: Floats
    true_negative: Floats
    false_negative: Floats
    failed: Floats
    convention: str

    def incremental(self) -> Incremental:
        """Dominance and ratios of the three, where each parameter is one number."""
        if self.cost.ndim != 1:
            raise ConfigError(f"cost has shape {self.cost.shape}, expected one number a strategy: take means first")
        return incremental_analysis(self.cost, self.effect, names=self.names)


def companion_test(
    *,
    prevalence: Any,
    sensitivity: Any,
    specificity: Any,
    test_cost: Any,
    drug_cost_positive: Any,
    drug_cost_negative: Any,
    control_cost_positive: Any,
    control_cost_negative: Any,
    drug_effect_positive: Any,
    drug_effect_negative: Any,
    control_effect_positive: Any,
    control_effect_negative: Any,
    test_effect: Any = 0.0,
    test_failure: Any = 0.0,
    on_failure: str = "control",
    negative_cost_reason: str = "",
) -> CompanionTest:
    """Expected cost and effect of treating nobody, everybody, or those whom a companion test calls positive.

    With prevalence p and a test that fails in a share f whatever the marker, test and treat gives the drug to
    ``(1 - f)(p sens + (1 - p)(1 - spec))`` (plus f where a failed test means the drug), and its effect is
    ``test_effect + (1 - f)[p (sens E1+ + (1 - sens) E0+) + (1 - p)((1 - spec) E1- + spec E0-)] + f E_failure``.

    Parameters
    ----------
    prevalence, sensitivity, specificity : () or (n_draws,)
        Of the marker; of the assay against the marker's true state. In [0, 1].
    test_cost : () or (n_draws,)
        Per person tested, repeats included.
    drug_cost_positive, ..., control_effect_negative : () or (n_draws,)
        Total cost and effect (QALYs, say) of a person whose marker is truly positive or negative, under the drug and
        under the control.
    test_effect : () or (n_draws,)
        What being tested does by itself (harm of a biopsy, of a delay), in units of effect; usually 0 or negative.
    test_failure : () or (n_draws,)
        Share of tests without a result.
    on_failure : {"control", "drug"}
        What a person without a result gets.
    negative_cost_reason : str
        Why a cost is negative; without a reason it is refused.

    Returns
    -------
    CompanionTest

    Raises
    ------
    ConfigError
        A probability outside [0, 1], a negative cost without a reason, an unknown policy, draws that differ in number.

    Notes
    -----
    Valid when the assay's errors and failures are independent of the outcome given the marker's true state, and effects
    by marker come from a randomised comparison. Effects found in the data that chose the marker are too large: use the
    shrunk or held-out ones.

    References
    ----------
    Phelps and Mushlin 1988, https://doi.org/10.1177/0272989X8800800409; Oosterhoff, van der Maas and Steuten 2016
    (evaluations of diagnostic biomarkers), https://doi.org/10.1007/s40258-015-0198-x

    Examples
    --------
    >>> made = companion_test(
    ...     prevalence=0.25, sensitivity=0.92, specificity=0.95, test_cost=800,
    ...     drug_cost_positive=40000, drug_cost_negative=40000, control_cost_positive=10000,
    ...     control_cost_negative=10000, drug_effect_positive=2.4, drug_effect_negative=1.45,
    ...     control_effect_positive=1.5, control_effect_negative=1.5)
    >>> made.cost.round(0), made.effect.round(4)
    (array([10000., 40000., 18825.]), array([1.5   , 1.6875, 1.7051]))
    """
    given = locals().copy()
    p, sens, spec, fail = (
        probabilities(name, given[name]) for name in ("prevalence", "sensitivity", "specificity", "test_failure")
    )
    choice("on_failure", on_failure, TEST_FAILURE_POLICIES)
    low = -np.inf if negative_cost_reason else 0.0
    hint = "Say why in negative_cost_reason if a cost is meant to be negative."
    c = {
        name.replace("_cost", ""): numbers(name, given[name], low=low, hint=hint)
        for name in given
        if name.startswith(("drug_cost", "control_cost")) or name == "test_cost"
    }
    e = {name.replace("_effect", ""): numbers(name, given[name]) for name in given if "_effect" in name}
    try:
        np.broadcast_shapes(p.shape, sens.shape, spec.shape, fail.shape, *(a.shape for a in (*c.values(), *e.values())))
    except ValueError as error:
        raise ConfigError("arguments hold different numbers of draws, expected one number or single values") from error

    shares = {
        "true_positive": (1 - fail) * p * sens,
        "false_positive": (1 - fail) * (1 - p) * (1 - spec),
        "true_negative": (1 - fail) * (1 - p) * spec,
        "false_negative": (1 - fail) * p * (1 - sens),
        "failed": fail + 0.0 * p,
    }

    def expected(amount: dict[str, Floats], arm: str) -> Floats:
        return p * amount[f"{arm}_positive"] + (1 - p) * amount[f"{arm}_negative"]

    def guided(amount: dict[str, Floats]) -> Floats:
        return (
            amount["test"]
            + shares["true_positive"] * amount["drug_positive"]
            + shares["false_positive"] * amount["drug_negative"]
            + shares["true_negative"] * amount["control_negative"]
            + shares["false_negative"] * amount["control_positive"]
            + fail * expected(amount, on_failure)
        )

    treated = shares["true_positive"] + shares["false_positive"] + (fail if on_failure == "drug" else 0.0)
    rows = {
        "cost": (expected(c, "control"), expected(c, "drug"), guided(c)),
        "effect": (expected(e, "control"), expected(e, "drug"), guided(e)),
        "treated": (np.zeros(()), np.ones(()), treated),
    }
    return CompanionTest(
        names=_STRATEGIES,
        tested=np.array([0.0, 0.0, 1.0]),
        convention=f"without a test result: {on_failure}; test failure independent of the marker",
        **{name: np.stack(np.broadcast_arrays(*parts), axis=-1) for name, parts in rows.items()},
        **shares,
    )


@dataclass(frozen=True, kw_only=True)
class PriceRange:
    """Prices from `low` to `high` at which one strategy is best."""

    name: str
    low: float
    high: float


def optimal_by_price(
    net_benefit_at_zero: Any, *, units: Any, names: Sequence[str], highest: float = float("inf")
) -> tuple[PriceRange, ...]:
    """Which strategy is best at each price of something of which the strategies use different amounts.

    ``NB_d(price) = NB_d(0) - price * units_d``: lines, whose upper envelope is exact. Equal ones: the first by name.

    Parameters
    ----------
    net_benefit_at_zero : (n_strategies,)
        With the price at zero, at one willingness to pay.
    units : (n_strategies,)
        How many are bought per person (the share treated, courses, tests), not negative.
    names : sequence of str
    highest : float
        Last price looked at.

    Returns
    -------
    tuple of PriceRange
        From price 0 up.

    Examples
    --------
    >>> [(r.name, r.low, r.high) for r in optimal_by_price([0, 10, 8], units=[0, 1, 0.25], names=["no", "all", "some"])]
    [('all', 0.0, 2.6666666666666665), ('some', 2.6666666666666665, 32.0), ('no', 32.0, inf)]
    """
    nb = numbers("net_benefit_at_zero", net_benefit_at_zero, ndim=1)
    u = numbers("units", units, low=0.0, ndim=1)
    if nb.shape != u.shape or len(names) != nb.size or nb.size == 0:
        raise ConfigError(
            f"net_benefit_at_zero holds {nb.size}, units {u.size}, names {len(names)}: expected one number"
        )
    price, ranges = 0.0, []
    # at price 0 the best; of equal ones the one that stays best, which is the one that uses least
    at = min(range(nb.size), key=lambda i: (-nb[i], u[i], names[i]))
    while True:
        crossings = {i: (nb[at] - nb[i]) / (u[at] - u[i]) for i in range(nb.size) if u[i] < u[at]}
        beyond = min(crossings.values(), default=float("inf"))
        ranges.append(PriceRange(name=names[at], low=price, high=float(min(beyond, highest))))
        if beyond >= highest:
            return tuple(ranges)
        price = float(beyond)
        at = min((i for i, v in crossings.items() if v == beyond), key=lambda i: (u[i], names[i]))


def threshold_price(net_benefit_at_zero: Any, *, units: Any, names: Sequence[str], strategy: str) -> float:
    """Highest price at which a strategy is still (jointly) the best: the value-based price of its drug or test.

    For a companion test: the strategies' net benefits with the test's price at zero, and units 0, 0, 1. For the drug:
    with the drug's price at zero, and the share treated.

    Parameters
    ----------
    net_benefit_at_zero, units, names
        See `optimal_by_price`.
    strategy : str
        One of `names`; it uses something of what is priced.

    Returns
    -------
    float
        NaN where it is not best at any price that is not negative.

    Raises
    ------
    ConfigError
        An unknown strategy, or one that uses none of it.

    Notes
    -----
    Valid at the one willingness to pay at which the net benefits were computed, and where the price changes nothing but
    the cost.

    References
    ----------
    Claxton et al. 2008 (value-based pricing), https://doi.org/10.1136/bmj.39434.500185.25

    Examples
    --------
    >>> threshold_price([100.0, 90.0, 130.0], units=[0, 0, 1], names=["none", "all", "test"], strategy="test")
    30.0
    """
    nb = numbers("net_benefit_at_zero", net_benefit_at_zero, ndim=1)
    u = numbers("units", units, low=0.0, ndim=1)
    if strategy not in names:
        raise ConfigError(f"strategy is {strategy!r}, expected one of {', '.join(names)}")
    own = list(names).index(strategy)
    scalar(
        f"units of {strategy!r}",
        u[own],
        low=0.0,
        exclusive="low",
        hint="Its net benefit does not change with this price.",
    )
    # NB_own - price u_own >= NB_i - price u_i for all i bounds the price from above where u_i < u_own, else from below
    highest, lowest = np.inf, 0.0
    for i in range(nb.size):
        if u[i] < u[own]:
            highest = min(highest, (nb[own] - nb[i]) / (u[own] - u[i]))
        elif u[i] > u[own]:
            lowest = max(lowest, (nb[i] - nb[own]) / (u[i] - u[own]))
        elif nb[i] > nb[own]:
            return float("nan")
    return float(highest) if highest >= lowest else float("nan")
