"""Recursive integration: the law of a sequence of correlated statistics that may stop at each of them.

The statistics have independent increments: with information fractions ``t_1 < ... < t_K`` and drift ``d`` (the expected
value of the statistic at ``t = 1``), ``B_k = Z_k sqrt(t_k)`` is a Brownian motion with drift seen at ``t_k``. The
sub-density of those who continue is carried from look to look by Gauss-Legendre quadrature in panels as narrow as the
increments are. It is carried without drift; ``exp(d b - d^2 t / 2)`` turns it into the one with drift, so that one pass
serves every drift.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

__all__ = ["ExitProbabilities", "State", "above", "advance", "below", "exit_probabilities", "start", "states"]

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]

# Standard deviations beyond which a normal law has no mass that matters, 1e-17: a bound that itself spends less than
# 1e-12, beyond z = 7, is therefore known to a few decimals only
REACH = 8.5
# Largest drift for which a state is exact unless a larger reach is asked for
DRIFT = 5.0
# Largest drift that is reached by tilting
LARGEST_TILT = 12.0
NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)
# Width of a panel in standard deviations of the narrower neighbouring increment
PANEL = 2.5


@dataclass(frozen=True, eq=False)
class State:
    """Where the motion may be at one look, if it has not stopped: nodes and their probability mass without drift."""

    t: float
    b: Floats
    mass: Floats
    start_t: float
    start_b: float

    def tilted(self, drift: Floats) -> Floats:
        """Mass under each drift, (n_drifts, n_nodes)."""
        d = drift[:, None]
        return self.mass * np.exp(d * (self.b - self.start_b) - 0.5 * d**2 * (self.t - self.start_t))


def start(t: float = 0.0, b: float = 0.0) -> State:
    """A known place: the beginning, or what an interim analysis has shown."""
    return State(t, np.array([b]), np.ones(1), t, b)


def above(state: State, t: float, z: float, drift: npt.ArrayLike = 0.0) -> Floats:
    """Probability of having continued so far and of ``Z_t > z``, for each drift."""
    return _beyond(state, t, z, drift, 1.0)


def below(state: State, t: float, z: float, drift: npt.ArrayLike = 0.0) -> Floats:
    """Probability of having continued so far and of ``Z_t <= z``, for each drift."""
    return _beyond(state, t, z, drift, -1.0)


def _beyond(state: State, t: float, z: float, drift: npt.ArrayLike, sign: float) -> Floats:
    d = np.atleast_1d(np.asarray(drift, dtype=np.float64))
    if np.isinf(z):
        total = state.tilted(d).sum(axis=1)
        return total if sign * z < 0 else np.zeros_like(total)
    step = t - state.t
    mean = state.b + d[:, None] * step
    return np.asarray((state.tilted(d) * ndtr(sign * (mean - z * np.sqrt(t)) / np.sqrt(step))).sum(axis=1))


def advance(
    state: State, t: float, intervals: Sequence[Interval], *, next_step: float | None = None, drift: float = DRIFT
) -> State:
    """The state at a later look.

    Parameters
    ----------
    state : State
    t : float
        Information fraction of the look.
    intervals : sequence of (low, high)
        Where the study goes on, on the scale of Z.
    next_step : float, optional
        Information to the look after; the panels are as narrow as it asks for.
    drift : float
        Largest absolute drift for which the state shall be exact.
    """
    step = t - state.t
    spread = np.sqrt(t - state.start_t)
    limit = (REACH + drift * spread) * spread
    narrow = np.sqrt(min(step, step if next_step is None else next_step))
    nodes, weights = [], []
    for low, high in intervals:
        a = max(low * np.sqrt(t), state.start_b - limit)
        b = min(high * np.sqrt(t), state.start_b + limit)
        if b <= a:
            continue
        edges = np.linspace(a, b, 1 + int(np.ceil((b - a) / (PANEL * narrow))))
        half = np.diff(edges)[:, None] / 2.0
        nodes.append((edges[:-1, None] + half + half * NODES).ravel())
        weights.append((half * WEIGHTS).ravel())
    if not nodes:
        return State(t, np.zeros(0), np.zeros(0), state.start_t, state.start_b)
    place, weight = np.concatenate(nodes), np.concatenate(weights)
    kernel = place[:, None] - state.b[None, :]
    np.multiply(kernel, kernel, out=kernel)
    np.multiply(kernel, -0.5 / step, out=kernel)
    np.exp(kernel, out=kernel)
    density = kernel @ state.mass / np.sqrt(2.0 * np.pi * step)
    return State(t, place, weight * density, state.start_t, state.start_b)


def states(begin: State, t: Floats, regions: Sequence[Sequence[Interval]], *, drift: float = DRIFT) -> list[State]:
    """The state before each look: the beginning, then what continued at each look but the last."""
    found = [begin]
    for k in range(len(t) - 1):
        found.append(advance(found[-1], t[k], regions[k], next_step=t[k + 1] - t[k], drift=drift))
    return found


@dataclass(frozen=True, eq=False)
class ExitProbabilities:
    """Where a sequential study ends.

    Attributes
    ----------
    drift : (n_drifts,)
        Expected value of the final statistic.
    upper, lower, inner : (n_drifts, n_looks)
        Probability of stopping at each look above the upper bound, below the lower one, and (two-sided designs with
        futility) in the region around 0.
    """

    drift: Floats
    upper: Floats
    lower: Floats
    inner: Floats


def exit_probabilities(
    information: npt.ArrayLike,
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    *,
    drift: npt.ArrayLike = 0.0,
    inner: npt.ArrayLike | None = None,
    begin: State | None = None,
) -> ExitProbabilities:
    """Probability of leaving through each side at each look.

    ``P(lower_j < Z_j < upper_j for j < k, Z_k >= upper_k)`` and the same below, by recursive integration
    (Armitage, McPherson and Rowe).

    Parameters
    ----------
    information : (n_looks,)
        Information fractions, ascending; the drift belongs to fraction 1, which need not be among them.
    lower, upper : (n_looks,)
        Bounds on the scale of Z; -inf and inf where there is none.
    drift : (n_drifts,)
        Expected value of Z at information fraction 1.
    inner : (n_looks,), optional
        Half-width of a region around 0 in which the study also stops; NaN or 0 where there is none.
    begin : State, optional
        A known place from which to go on; the default is the beginning.

    Returns
    -------
    ExitProbabilities

    Notes
    -----
    Valid when the statistics are normal with independent increments of information: means with known variance, and in
    large samples scores and efficient estimates of proportions, hazards and regression coefficients. Exact to about
    1e-10.

    References
    ----------
    Armitage, McPherson and Rowe 1969, https://doi.org/10.2307/2343787

    Examples
    --------
    >>> naive = exit_probabilities([0.5, 1.0], [-1.96, -1.96], [1.96, 1.96])
    >>> round(float((naive.upper + naive.lower).sum()), 4)
    0.0831
    """
    t, low, high = (np.asarray(x, dtype=np.float64) for x in (information, lower, upper))
    d = np.atleast_1d(np.asarray(drift, dtype=np.float64))
    wedge = np.zeros(t.size) if inner is None else np.nan_to_num(np.asarray(inner, dtype=np.float64))
    begin = begin or start()
    bounds = np.array([low, high, -wedge, wedge])
    reach = float(np.max(np.abs(d), initial=0.0))
    if reach <= LARGEST_TILT:
        return ExitProbabilities(d, *_exits(begin, t, bounds, d, max(DRIFT, reach)))
    # far from no drift the motion is followed as it is: without drift, between bounds that move the other way
    shifted = [_exits(begin, t, bounds - one * (t - begin.t) / np.sqrt(t), np.zeros(1), 0.0) for one in d]
    return ExitProbabilities(d, *(np.concatenate([part[i] for part in shifted]) for i in range(3)))


def _exits(begin: State, t: Floats, bounds: Floats, d: Floats, reach: float) -> tuple[Floats, Floats, Floats]:
    """Probability of leaving above, below and inside at each look, (n_drifts, n_looks) each."""
    low, high, inner_low, inner_high = bounds
    closed = inner_high > inner_low
    regions = [
        [(low[k], inner_low[k]), (inner_high[k], high[k])] if closed[k] else [(low[k], high[k])] for k in range(t.size)
    ]
    before = states(begin, t, regions, drift=reach)
    up = np.column_stack([above(s, t[k], high[k], d) for k, s in enumerate(before)])
    down = np.column_stack([below(s, t[k], low[k], d) for k, s in enumerate(before)])
    middle = np.column_stack(
        [below(s, t[k], inner_high[k], d) - below(s, t[k], inner_low[k], d) for k, s in enumerate(before)]
    )
    return up, down, middle


def region(low: float, high: float, inner: float = 0.0) -> list[Interval]:
    """Where a study goes on: between the bounds, and outside the inner region."""
    if inner > 0:
        return [(low, -inner), (inner, high)]
    return [(low, high)]
