"""Aalen-Johansen estimates: shares of subjects in each state over time, and incidence of competing events."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from biomarker.errors import ConfigError, DataError
from biomarker.stats.checks import Floats, data, numbers, scalar

__all__ = ["StateShares", "aalen_johansen", "cumulative_incidence"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class StateShares:
    """Probability of being in each state over time.

    Attributes
    ----------
    time : (n_times,)
        Times of transitions, or those asked for.
    probability, std_error, ci_low, ci_high : (n_times, S)
        Just after each time, from the initial shares; limits on the scale log(-log).
    transition : (n_times, S, S)
        ``P(0, t)``: from state r at the start to state s at t.
    n_at_risk : (n_times, S) int64
        Subjects seen in each state just before each time.
    convention : str
    """

    time: Floats
    probability: Floats
    std_error: Floats
    ci_low: Floats
    ci_high: Floats
    transition: Floats
    n_at_risk: Ints
    convention: str


def aalen_johansen(
    subject: Any,
    start: Any,
    stop: Any,
    from_state: Any,
    to_state: Any,
    *,
    n_states: int,
    initial: Any = None,
    times: Any = None,
    level: float = 0.95,
) -> StateShares:
    """State occupation probabilities without a model: ``p(t) = p(0) prod (I + dA)``, ``dA_rs = dN_rs / Y_r``.

    The variance is that of the infinitesimal jackknife, subject by subject: with ``u_i`` the influence of subject i,
    ``u_i(t) = u_i(t-) (I + dA) + p(t-) dA_i``, ``dA_i = (dN_i - Y_i dA) / Y``, ``var = sum u_i u_i'``.

    Parameters
    ----------
    subject : (n_rows,)
        Numbers; a subject may have several rows.
    start, stop : (n_rows,)
        Under observation in `from_state` from just after `start` up to and including `stop` (late entry is allowed).
    from_state, to_state : (n_rows,)
        Whole numbers from 0; `to_state` -1 (or `from_state`) where observation ends without a transition.
    n_states : int
    initial : (S,), optional
        Shares at the start; by default those of the rows that start first.
    times : (n_times,), optional
        Ascending times at which to read the curves.
    level : float

    Returns
    -------
    StateShares

    Raises
    ------
    ConfigError, DataError
        Shapes differ, unknown states, `stop` not after `start`, shares that do not sum to 1.

    Notes
    -----
    Host only; time grows with rows times transitions. Valid when censoring and late entry are independent of what
    comes; for shares of states the process need not be Markov (Datta and Satten). Initial shares are taken as known.
    With few at risk in a state the curve is rough.

    References
    ----------
    Aalen and Johansen 1978, https://www.jstor.org/stable/4615704; Datta and Satten 2001,
    Statistics and Probability Letters 55, 403-411; Andersen et al. 1993, https://doi.org/10.1007/978-1-4612-4348-9

    Examples
    --------
    >>> found = aalen_johansen([1, 2, 3], [0, 0, 0], [1, 2, 3], [0, 0, 0], [1, -1, 1], n_states=2)
    >>> found.probability[:, 1].round(4)
    array([0.3333, 1.    ])
    """
    who = data("subject", subject)
    a, b = data("start", start, n=who.size), data("stop", stop, n=who.size)
    r, s = _codes("from_state", from_state, who.size, n_states), _codes("to_state", to_state, who.size, n_states, -1)
    s = np.where(s < 0, r, s)
    if np.any(b <= a):
        raise DataError(f"stop is {b[b <= a][0]:g} at a start of {a[b <= a][0]:g}, expected it later")
    z = float(ndtri(0.5 + scalar("level", level, low=0.0, high=1.0, exclusive="both") / 2.0))
    origin = a.min()
    if initial is None:
        p = np.bincount(r[a == origin], minlength=n_states) / np.count_nonzero(a == origin)
    else:
        p = numbers("initial", initial, low=0.0, high=1.0, ndim=1)
        if p.size != n_states or abs(p.sum() - 1.0) > 1e-8:
            raise ConfigError(f"initial holds {p.size} shares with sum {p.sum():g}, expected {n_states} with sum 1")
    steps, path = _walk(who, a, b, r, s, p, n_states)
    grid = steps if times is None else numbers("times", times, ndim=1)
    if np.any(np.diff(grid) <= 0):
        raise ConfigError("times is not ascending, expected each above the one before")
    at = np.searchsorted(steps, grid, side="right")
    probability, variance, transition = (part[at] for part in path)
    risk = np.stack([((a < u) & (u <= b)) for u in grid], axis=0).astype(np.int64) @ (r[:, None] == np.arange(n_states))
    error = np.sqrt(variance)
    low, high = _limits(probability, error, z)
    return StateShares(
        time=grid,
        probability=probability,
        std_error=error,
        ci_low=low,
        ci_high=high,
        transition=transition,
        n_at_risk=np.asarray(risk, dtype=np.int64),
        convention=f"infinitesimal jackknife over subjects; limits on the log(-log) scale at {level:g}",
    )


def _codes(name: str, value: Any, n: int, n_states: int, low: int = 0) -> Ints:
    """States as whole numbers within range."""
    given = data(name, value, n=n)
    if np.any((given != np.rint(given)) | (given < low) | (given >= n_states)):
        raise DataError(f"{name} holds a value that is no state, expected whole numbers from {low} to {n_states - 1}")
    return given.astype(np.int64)


def _walk(
    who: Floats, a: Floats, b: Floats, r: Ints, s: Ints, p: Floats, n_states: int
) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    """Times of transitions, and shares, variances and transition matrices before the first and after each."""
    ids, subject = np.unique(who, return_inverse=True)
    moved = r != s
    steps = np.unique(b[moved])
    eye = np.eye(n_states)
    influence = np.zeros((ids.size, n_states))
    matrix = eye.copy()
    shares, variances, matrices = [p], [np.zeros(n_states)], [matrix]
    for u in steps:
        here = (a < u) & (u <= b)
        at_risk = np.bincount(r[here], minlength=n_states)
        now = moved & (b == u)
        jumps = np.zeros((n_states, n_states))
        np.add.at(jumps, (r[now], s[now]), 1.0)
        hazard = jumps / np.maximum(at_risk, 1)[:, None]
        generator = hazard - np.diag(hazard.sum(axis=1))
        weight = p / np.maximum(at_risk, 1)
        influence = influence @ (eye + generator)
        np.add.at(influence, subject[here], -(weight[:, None] * generator)[r[here]])
        np.add.at(influence, (subject[now], s[now]), weight[r[now]])
        np.add.at(influence, (subject[now], r[now]), -weight[r[now]])
        p, matrix = p @ (eye + generator), matrix @ (eye + generator)
        shares.append(p)
        variances.append(np.square(influence).sum(axis=0))
        matrices.append(matrix)
    return steps, (np.array(shares), np.array(variances), np.array(matrices))


def _limits(p: Floats, error: Floats, z: float) -> tuple[Floats, Floats]:
    """Limits on the scale log(-log p); the estimate itself at 0 and 1."""
    inner = (p > 1e-12) & (p < 1.0 - 1e-12)
    log_p = np.log(np.where(inner, p, 0.5))
    width = z * error / np.abs(np.where(inner, p, 0.5) * log_p)
    low, high = np.exp(log_p * np.exp(width)), np.exp(log_p * np.exp(-width))
    return np.where(inner, low, p), np.where(inner, high, p)


def cumulative_incidence(
    time: Any, cause: Any, *, n_causes: int | None = None, times: Any = None, level: float = 0.95
) -> StateShares:
    """Cumulative incidence of competing events: ``F_k(t) = sum S(u-) d_k(u) / n(u)``.

    Parameters
    ----------
    time : (n_subjects,)
        Positive times of the first event or of censoring.
    cause : (n_subjects,)
        0 censored, 1, 2, ... the event that happened first.
    n_causes : int, optional
        By default the largest cause.
    times : (n_times,), optional
    level : float

    Returns
    -------
    StateShares
        Column 0 is the event-free share, column k the cumulative incidence of cause k.

    Notes
    -----
    Host only. Valid when censoring is independent. One minus a Kaplan-Meier curve that censors the other events is not
    a probability of anything that happens, and is larger.

    References
    ----------
    Aalen and Johansen 1978, https://www.jstor.org/stable/4615704

    Examples
    --------
    >>> cumulative_incidence([1, 2, 3, 4], [1, 2, 0, 1]).probability[-1]
    array([0.  , 0.75, 0.25])
    """
    t = data("time", time, low=0.0)
    given = data("cause", cause, n=t.size)
    most = int(given.max()) if n_causes is None else n_causes
    k = _codes("cause", given, t.size, most + 1)
    if np.any(t == 0):
        raise DataError("time holds 0, expected positive times")
    zero = np.zeros(t.size)
    moves = np.where(k > 0, k, -1)
    return aalen_johansen(np.arange(t.size), zero, t, zero, moves, n_states=most + 1, times=times, level=level)
