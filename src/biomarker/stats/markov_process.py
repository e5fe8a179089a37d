"""What follows from the transition intensities of a continuous-time Markov process."""

from typing import Any

import numpy as np
from scipy.linalg import expm

from biomarker.errors import ConfigError, NumericalError
from biomarker.stats.checks import Floats, numbers, scalar

__all__ = [
    "checked_intensities",
    "length_of_stay",
    "mean_sojourn",
    "next_state_probabilities",
    "occupancy",
    "reachable",
    "transition_probabilities",
]

_ROW_SUM = 1e-6


def checked_intensities(intensities: Any, *, name: str = "intensities") -> Floats:
    """Intensities (..., S, S) with rows that sum to exactly 0; a diagonal of zeros is filled in.

    Raises
    ------
    ConfigError
        Not square, a negative intensity off the diagonal, or a row that does not sum to 0.
    """
    q = numbers(name, intensities)
    if q.ndim < 2 or q.shape[-1] != q.shape[-2]:
        raise ConfigError(f"{name} has shape {q.shape}, expected as many rows as columns")
    s = q.shape[-1]
    off = np.where(np.eye(s, dtype=bool), 0.0, q)
    if (off < 0).any():
        raise ConfigError(f"{name} holds {off.min():g} off the diagonal, expected at least 0")
    diagonal, total = np.diagonal(q, axis1=-2, axis2=-1), off.sum(axis=-1)
    wrong = (np.abs(diagonal + total) > _ROW_SUM * np.maximum(total, 1.0)) & (diagonal != 0)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ConfigError(f"{name}: row {place[-1]} sums to {(diagonal + total)[place]:g}, expected 0")
    return np.asarray(off - np.eye(s) * total[..., None])


def transition_probabilities(intensities: Any, time: Any) -> Floats:
    """Probabilities of being in state s a time after being in state r: ``P(t) = exp(Q t)``.

    Parameters
    ----------
    intensities : (S, S) or (..., S, S)
        Per unit of time and person; rows sum to 0 (a diagonal of zeros is filled in).
    time : float or (n_times,)
        Not negative.

    Returns
    -------
    (..., S, S) or (..., n_times, S, S)
        Rows sum to 1.

    Raises
    ------
    ConfigError
        A negative intensity or time, or a row that does not sum to 0.

    Notes
    -----
    Host only. Valid when intensities are constant over the time and do not depend on how the state was reached. This is
    the matrix of a cycle of a cohort model: competing transitions within the cycle are all in it.

    References
    ----------
    Kalbfleisch and Lawless 1985, https://doi.org/10.1080/01621459.1985.10478195

    Examples
    --------
    >>> transition_probabilities([[-0.1, 0.1], [0, 0]], 1.0).round(4)
    array([[0.9048, 0.0952],
           [0.    , 1.    ]])
    """
    q = checked_intensities(intensities)
    t = numbers("time", time, low=0.0, ndim=(0, 1))
    exponent = q * t if t.ndim == 0 else q[..., None, :, :] * t[:, None, None]
    p = np.clip(expm(exponent), 0.0, 1.0)
    return np.asarray(p / p.sum(axis=-1, keepdims=True))


def mean_sojourn(intensities: Any) -> Floats:
    """Mean time of one stay in each state, ``-1 / q_rr``, (..., S); infinite where a state is never left."""
    rate = -np.diagonal(checked_intensities(intensities), axis1=-2, axis2=-1)
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(rate > 0, 1.0 / rate, np.inf))


def next_state_probabilities(intensities: Any) -> Floats:
    """Probability of each next state, ``q_rs / -q_rr``, (..., S, S); rows of states never left are 0."""
    q = checked_intensities(intensities)
    rate = -np.diagonal(q, axis1=-2, axis2=-1)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(rate > 0, q / rate, 0.0)
    return np.asarray(np.where(np.eye(q.shape[-1], dtype=bool), 0.0, share))


def occupancy(intensities: Any, initial: Any, times: Any) -> Floats:
    """Expected share of a cohort in each state at each time: ``initial @ P(t)``, (n_times, S).

    Parameters
    ----------
    intensities : (S, S)
    initial : (S,)
        Shares that sum to 1.
    times : (n_times,)

    Examples
    --------
    >>> occupancy([[-0.1, 0.1], [0, 0]], [1, 0], [0, 10]).round(4)
    array([[1.    , 0.    ],
           [0.3679, 0.6321]])
    """
    q = checked_intensities(intensities)
    start = numbers("initial", initial, low=0.0, high=1.0, ndim=1)
    if start.size != q.shape[-1] or abs(start.sum() - 1.0) > 1e-8:
        raise ConfigError(
            f"initial holds {start.size} shares with sum {start.sum():g}, expected {q.shape[-1]} with sum 1"
        )
    return np.asarray(start @ transition_probabilities(q, numbers("times", times, low=0.0, ndim=1)))


def length_of_stay(intensities: Any, *, start: int = 0, horizon: float | None = None, discount: float = 0.0) -> Floats:
    """Expected total time in each state, ``int_0^T exp(-d t) P(t)[start, s] dt``.

    Parameters
    ----------
    intensities : (S, S)
    start : int
        State at time 0.
    horizon : float, optional
        T; without, for ever.
    discount : float
        Continuous rate d.

    Returns
    -------
    (S,)
        Infinite, for ever and undiscounted, in states that are never left once reached.

    Raises
    ------
    ConfigError, NumericalError

    Notes
    -----
    Host only. Valid when intensities stay constant over the horizon: for ever is an extrapolation.

    References
    ----------
    Jackson 2011, https://doi.org/10.18637/jss.v038.i08

    Examples
    --------
    >>> length_of_stay([[-0.1, 0.1], [0, 0]])
    array([10., inf])
    """
    q = checked_intensities(intensities)
    s = q.shape[-1]
    if q.ndim != 2 or start not in range(s):
        raise ConfigError(f"start is {start}, expected a state from 0 to {s - 1} of one matrix of intensities")
    rate = scalar("discount", discount, low=0.0)
    generator = q - rate * np.eye(s)
    if horizon is not None:
        end = scalar("horizon", horizon, low=0.0)
        # the integral of exp(A t) stands beside exp(A T) in the exponential of a larger matrix
        block = np.zeros((2 * s, 2 * s))
        block[:s, :s], block[:s, s:] = generator * end, np.eye(s) * end
        return np.asarray(expm(block)[start, s:])
    reached = reachable(q)[start]
    left = reached & (np.diag(generator) < 0)
    stays = reached & ~left
    if rate == 0 and not stays.any() and left.any():
        raise NumericalError(
            "horizon is not given and no state is absorbing: the total time in each state is infinite",
            "Give a horizon or a discount rate.",
        )
    total = np.zeros(s)
    total[stays] = np.inf
    inner = np.flatnonzero(left)
    if start in inner:
        unit = (inner == start).astype(np.float64)
        try:
            total[inner] = np.linalg.solve(-generator[np.ix_(inner, inner)].T, unit)
        except np.linalg.LinAlgError as error:
            raise NumericalError(
                "horizon is not given and some states are never left for good: the total time there is infinite",
                "Give a horizon or a discount rate.",
            ) from error
    return total


def reachable(q: Floats) -> Any:
    """Which states can be reached from which, in any number of steps (0 included): (S, S) of bool."""
    step = (q > 0) | np.eye(q.shape[-1], dtype=bool)
    for _ in range(q.shape[-1]):
        step = (step.astype(np.int64) @ step.astype(np.int64)) > 0
    return step
