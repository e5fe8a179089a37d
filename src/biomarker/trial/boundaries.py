"""Bounds of a group-sequential design: solved look by look, or by one constant for all looks."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtri

from biomarker.errors import ConfigError
from biomarker.trial.checks import refuse
from biomarker.trial.recursion import State, above, advance, below, region, start
from biomarker.trial.spending import FixedBounds, HaybittlePeto, Spending, WangTsiatis

__all__ = ["Bounds", "Efficacy", "Futility", "Problem", "bounds_at", "solve"]

Floats = npt.NDArray[np.float64]
Efficacy = WangTsiatis | HaybittlePeto | FixedBounds | Spending
Futility = FixedBounds | Spending | None

# Beyond this z the normal tail is below the smallest double
LARGEST = 37.5


@dataclass(frozen=True, eq=False)
class Problem:
    """What the bounds must satisfy. `alpha` is the error of one side, `clock` the time by which errors are spent."""

    t: Floats
    clock: Floats
    alpha: float
    beta: float
    sided: int
    efficacy: Efficacy
    futility: Futility = None
    binding: bool = False
    futility_under: str = "alternative"


@dataclass(frozen=True, eq=False)
class Bounds:
    """Bounds on the scale of Z: efficacy at or above `upper`; `futility` is -inf (two-sided: 0) where there is none."""

    upper: Floats
    futility: Floats


def solve(problem: Problem, drift_guess: float, power_of: Callable[[Bounds, float], float]) -> tuple[Bounds, float]:
    """Bounds and the drift at which they have power ``1 - beta``.

    Bounds that spend beta depend on the drift and the drift on the bounds; they are found together.
    """
    problem = _freed(problem)
    target = 1.0 - problem.beta
    if not isinstance(problem.futility, Spending) or problem.futility_under == "null":
        bounds = _bounds(problem, drift_guess)
        if isinstance(problem.futility, FixedBounds) and np.any(bounds.futility[:-1] >= bounds.upper[:-1]):
            raise refuse("futility", problem.futility.z, f"bounds below the efficacy bounds {bounds.upper.round(3)}")
        return bounds, _root(lambda drift: power_of(bounds, drift) - target, drift_guess)
    drift = _root(lambda drift: power_of(_bounds(problem, drift), drift) - target, drift_guess)
    return _bounds(problem, drift), drift


def bounds_at(problem: Problem, drift: float) -> Bounds:
    """Bounds for a drift that is known."""
    return _bounds(_freed(problem), drift)


def _freed(problem: Problem) -> Problem:
    """Where futility is not binding the efficacy bounds do not know of it and are found first."""
    if problem.binding or problem.futility is None:
        return problem
    upper = _bounds(replace(problem, futility=None), 0.0).upper
    return replace(problem, efficacy=FixedBounds(tuple(upper)))


def _root(function: Callable[[float], float], guess: float) -> float:
    """Where an increasing function of the drift crosses 0."""
    low, high = 0.6 * guess, 1.3 * guess
    while function(low) > 0 and low > 1e-6:
        low /= 2.0
    for _ in range(20):
        if function(high) > 0:
            return float(brentq(function, low, high, xtol=1e-11, rtol=1e-12))
        high *= 1.4
    raise ConfigError(
        "power cannot be reached: the study stops for futility too often whatever the effect",
        "lower the futility bounds or the power",
    )


def _bounds(problem: Problem, drift: float) -> Bounds:
    """The bounds at one drift (which only matters where beta is spent)."""
    shape = problem.efficacy
    if isinstance(shape, Spending | FixedBounds):
        return _walk(problem, drift, 0.0)[0]

    def excess(constant: float) -> float:
        return _walk(problem, drift, constant)[1] - problem.alpha

    if excess(LARGEST) > 0:
        raise refuse(
            "interim", getattr(shape, "interim", None), "a bound at which the interim looks alone spend less than alpha"
        )
    return _walk(problem, drift, float(brentq(excess, 0.05, LARGEST, xtol=1e-12, rtol=1e-13)))[0]


def _walk(problem: Problem, drift: float, constant: float) -> tuple[Bounds, float]:
    """From look to look: the bounds, and the probability of crossing the upper ones under the null hypothesis."""
    t, last = problem.t, problem.t.size - 1
    shape, futility = problem.efficacy, problem.futility
    alpha = np.diff(shape.spent(problem.clock, problem.alpha), prepend=0.0) if isinstance(shape, Spending) else None
    beta = None
    if isinstance(futility, Spending):
        error = problem.beta if problem.futility_under == "alternative" else 1.0 - problem.alpha
        beta = np.diff(futility.spent(problem.clock, error), prepend=0.0)
        drift = drift if problem.futility_under == "alternative" else 0.0
    upper = np.full(t.size, np.inf)
    if isinstance(shape, FixedBounds):
        upper = np.array(shape.z)
    elif not isinstance(shape, Spending):
        upper = shape.bounds(t, constant)
    stop = np.full(t.size, -np.inf if problem.sided == 1 else 0.0)
    crossing = 0.0
    reach = abs(drift) if beta is not None else 0.0
    # errors are counted on the path that obeys futility only where futility is binding
    null = path = start()
    for k in range(t.size):
        if alpha is not None:
            upper[k] = _efficacy_bound(null, t[k], alpha[k])
        if beta is not None and k < last:
            stop[k] = _futility_bound(path, t[k], beta[k], drift, upper[k], problem.sided)
        elif isinstance(futility, FixedBounds) and k < last:
            stop[k] = futility.z[k]
        crossing += float(above(null, t[k], upper[k])[0])
        if k < last:
            step = t[k + 1] - t[k]
            path = advance(path, t[k], _region(problem.sided, stop[k], upper[k]), next_step=step, drift=reach)
            if problem.binding or futility is None:
                null = path
            elif alpha is not None or not isinstance(shape, FixedBounds):
                open_region = _region(problem.sided, -np.inf if problem.sided == 1 else 0.0, upper[k])
                null = advance(null, t[k], open_region, next_step=step, drift=reach)
    if futility is not None:
        stop[last] = upper[last]
    return Bounds(upper, stop), crossing


def _region(sided: int, stop: float, upper: float) -> list[tuple[float, float]]:
    """Where the study goes on."""
    return region(stop, upper) if sided == 1 else region(-upper, upper, stop)


def _efficacy_bound(state: State, t: float, spend: float) -> float:
    """The bound above which the null hypothesis has probability `spend`; infinity where there is nothing to spend."""
    if spend < 1e-300:
        return np.inf
    if state.t == 0.0:
        return float(-ndtri(spend))
    if float(above(state, t, -LARGEST)[0]) <= spend:
        return -np.inf

    def excess(z: float) -> float:
        return float(np.log(max(float(above(state, t, z)[0]), 5e-324)) - np.log(spend))

    return float(brentq(excess, -LARGEST, LARGEST, xtol=1e-13, rtol=1e-14))


def _futility_bound(state: State, t: float, spend: float, drift: float, upper: float, sided: int) -> float:
    """The bound below which (two-sided: the half-width within which) the alternative has probability `spend`."""
    if sided == 1:
        if spend < 1e-300 or float(below(state, t, -LARGEST, drift)[0]) >= spend:
            return -np.inf

        def excess(z: float) -> float:
            return float(below(state, t, z, drift)[0]) - spend

        low = -LARGEST
    else:

        def excess(z: float) -> float:
            return float(below(state, t, z, drift)[0] - below(state, t, -z, drift)[0]) - spend

        low = 0.0
        if spend < 1e-300:
            return 0.0
    high = min(upper, LARGEST)
    return high if excess(high) <= 0 else float(brentq(excess, low, high, xtol=1e-13, rtol=1e-14))
