"""Individual trajectories of a continuous-time Markov process, all subjects at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.errors import ConfigError, NumericalError
from biomarker.stats.checks import Floats, numbers, scalar
from biomarker.stats.markov_process import checked_intensities

__all__ = ["Trajectories", "simulate_trajectories"]

_MAX_STEPS = 100_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Trajectories:
    """Stays of simulated subjects, one a row, ordered by subject and time.

    Attributes
    ----------
    subject, state : (n_rows,) int64
    start, stop : (n_rows,)
        The subject is in `state` from `start` to `stop`.
    next_state : (n_rows,) int64
        Where it goes at `stop`; -1 where the horizon ends the stay.
    n_subjects, n_states : int
    horizon : float
    """

    subject: npt.NDArray[np.int64]
    state: npt.NDArray[np.int64]
    start: Floats
    stop: Floats
    next_state: npt.NDArray[np.int64]
    n_subjects: int
    n_states: int
    horizon: float

    def time_in_state(self) -> Floats:
        """Total time of each subject in each state, (n_subjects, S)."""
        total = np.zeros((self.n_subjects, self.n_states))
        np.add.at(total, (self.subject, self.state), self.stop - self.start)
        return total

    def state_at(self, times: Any) -> npt.NDArray[np.int64]:
        """State of each subject at each time within the horizon, (n_subjects, n_times)."""
        t = numbers("times", times, low=0.0, high=self.horizon, ndim=1)
        seen = np.empty((self.n_subjects, t.size), dtype=np.int64)
        for k, u in enumerate(t):
            here = (self.start <= u) & ((u < self.stop) | ((self.next_state < 0) & (u <= self.stop)))
            seen[self.subject[here], k] = self.state[here]
        return seen


def simulate_trajectories(
    intensities: Any, initial: Any, *, horizon: float, n_subjects: int, rng: np.random.Generator
) -> Trajectories:
    """Draw trajectories: stays are exponential with rate ``-q_rr``, the next state is s with ``q_rs / -q_rr``.

    Parameters
    ----------
    intensities : (S, S) or (n_subjects, S, S)
        One matrix for all, or one a subject (`MarkovFit.at` makes them from covariates).
    initial : int, (S,) or (n_subjects,) of int
        State at time 0: one for all, shares to draw from, or each subject's (whole numbers).
    horizon : float
        Positive.
    n_subjects : int
    rng : numpy.random.Generator

    Returns
    -------
    Trajectories

    Raises
    ------
    ConfigError
        Intensities or initial states that do not fit.

    Notes
    -----
    Host only. Valid when intensities are constant over time and the process is Markov.

    References
    ----------
    Gillespie 1977, https://doi.org/10.1021/j100540a008

    Examples
    --------
    >>> made = simulate_trajectories([[-1, 1], [0, 0]], 0, horizon=50, n_subjects=3, rng=np.random.default_rng(1))
    >>> made.state_at([50]).ravel()
    array([1, 1, 1])
    """
    q = checked_intensities(intensities)
    end, s = scalar("horizon", horizon, low=0.0, exclusive="low"), q.shape[-1]
    if n_subjects < 1 or q.ndim > 3 or (q.ndim == 3 and q.shape[0] != n_subjects):
        raise ConfigError(f"intensities has shape {q.shape}, expected one matrix or {n_subjects} (n_subjects)")
    state = _initial(initial, n_subjects, s, rng)
    active, clock = np.arange(n_subjects), np.zeros(n_subjects)
    rows = []
    for _ in range(_MAX_STEPS):
        here = q[state[active]] if q.ndim == 2 else q[active, state[active]]
        rate = -here[np.arange(active.size), state[active]]
        stay = rng.standard_exponential(active.size)
        chosen = rng.random(active.size)
        with np.errstate(divide="ignore", invalid="ignore"):
            stop = np.where(rate > 0, clock[active] + stay / rate, np.inf)
            shares = np.where(here > 0, here, 0.0) / rate[:, None]
        following = np.minimum((np.cumsum(shares, axis=1) < chosen[:, None]).sum(axis=1), s - 1)
        over = stop >= end
        rows.append((active, state[active], clock[active], np.minimum(stop, end), np.where(over, -1, following)))
        clock[active], state[active] = stop, np.where(over, state[active], following)
        active = active[~over]
        if active.size == 0:
            break
    else:
        raise NumericalError(f"a subject passes more than {_MAX_STEPS} states before the horizon {end:g}")
    columns = [np.concatenate(parts) for parts in zip(*rows, strict=True)]
    order = np.lexsort((columns[2], columns[0]))
    who, at, start, stop, following = (column[order] for column in columns)
    return Trajectories(
        subject=who.astype(np.int64),
        state=at.astype(np.int64),
        start=start,
        stop=stop,
        next_state=following.astype(np.int64),
        n_subjects=n_subjects,
        n_states=s,
        horizon=end,
    )


def _initial(initial: Any, n_subjects: int, s: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """State of each subject at time 0."""
    given = numbers("initial", initial, low=0.0, ndim=(0, 1))
    states = np.asarray(initial).dtype.kind in "iu"
    if given.ndim == 0 or (states and given.size == n_subjects and given.size != s):
        if np.any(given != np.rint(given)) or given.max() >= s:
            raise ConfigError(f"initial holds {given.max():g}, expected states from 0 to {s - 1}")
        return np.array(np.broadcast_to(given, n_subjects), dtype=np.int64)
    if given.size != s or abs(given.sum() - 1.0) > 1e-8:
        raise ConfigError(f"initial holds {given.size} shares with sum {given.sum():g}, expected {s} with sum 1")
    return np.asarray((np.cumsum(given)[None, :-1] <= rng.random(n_subjects)[:, None]).sum(axis=1), dtype=np.int64)
