"""States seen at visits: counted, checked, and laid out for a likelihood."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.errors import ConfigError, DataError
from biomarker.stats.checks import Floats, data, numbers
from biomarker.stats.markov_process import reachable

__all__ = ["Panel", "StateCounts", "panel_of", "sorted_visits", "starting_values", "state_counts", "whole_states"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class StateCounts:
    """Successive observations of subjects.

    Attributes
    ----------
    table : (S, S) int64
        ``[r, s]``: how often r was followed by s.
    time_from : (S,)
        Total time between an observation in each state and the next observation.
    crude : (S, S)
        ``table / time_from``, as if states changed only when seen: starting values, no estimates.
    """

    table: Ints
    time_from: Floats
    crude: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """Intervals between observations, sorted and grouped."""

    pattern: Ints  # (n_intervals,): row of `covariates`
    covariates: Floats  # (n_patterns, n_covariates), centred and scaled
    start: Ints
    end: Ints  # -1 where only "not absorbed" is known
    length: Floats
    exact: npt.NDArray[np.bool_]  # the end is the moment of the transition
    known: npt.NDArray[np.bool_]  # the whole path is: no transition in between
    n_subjects: int


def state_counts(subject: Any, time: Any, state: Any, *, n_states: int | None = None) -> StateCounts:
    """How often each state was followed by each, and starting values for a fit.

    Parameters
    ----------
    subject, time, state : (n_observations,)
        States are whole numbers from 0.
    n_states : int, optional

    Examples
    --------
    >>> state_counts([1, 1, 1, 2, 2], [0, 1, 2, 0, 3], [0, 1, 1, 0, 0]).table
    array([[1, 1],
           [0, 1]])
    """
    _, order, first = sorted_visits(subject, time)
    s = whole_states(state, order.size)[order]
    size = int(s.max()) + 1 if n_states is None else n_states
    at = np.flatnonzero(~first)
    table = np.zeros((size, size), dtype=np.int64)
    np.add.at(table, (s[at - 1], s[at]), 1)
    t = np.asarray(time, dtype=np.float64)[order]
    spent = np.asarray(np.bincount(s[at - 1], weights=t[at] - t[at - 1], minlength=size), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        crude = np.where(spent[:, None] > 0, table / spent[:, None], 0.0)
    np.fill_diagonal(crude, 0.0)
    np.fill_diagonal(crude, -crude.sum(axis=1))
    return StateCounts(table=table, time_from=spent, crude=crude)


def sorted_visits(subject: Any, time: Any) -> tuple[Floats, Ints, npt.NDArray[np.bool_]]:
    """Subjects and the order by subject and time; True where a subject begins."""
    who = data("subject", subject)
    t = data("time", time, n=who.size)
    order = np.lexsort((t, who)).astype(np.int64)
    ids = who[order]
    first = np.concatenate([[True], ids[1:] != ids[:-1]])
    return who, order, first


def whole_states(state: Any, n: int) -> Ints:
    s = data("state", state, n=n)
    if np.any(s != np.rint(s)) or s.min() < 0:
        raise DataError(f"state holds {s[(s != np.rint(s)) | (s < 0)][0]:g}, expected whole numbers from 0")
    return s.astype(np.int64)


def panel_of(
    subject: Any,
    time: Any,
    state: Any,
    covariates: Any,
    allowed: Floats,
    exact: set[int],
    exact_times: bool,  # noqa: FBT001
    unknown: int | None,
) -> tuple[Panel, Floats, Floats]:
    """Intervals, and mean and spread of the covariates over them."""
    who, order, first = sorted_visits(subject, time)
    t, s = np.asarray(time, dtype=np.float64)[order], whole_states(state, order.size)[order]
    size = allowed.shape[0]
    missing = np.zeros(s.size, dtype=bool) if unknown is None else s == unknown
    if np.any(s[~missing] >= size):
        raise DataError(f"state holds {s[~missing].max()}, expected whole numbers from 0 to {size - 1}")
    last = np.append(first[1:], True)
    if np.any(missing & ~last):
        raise DataError(f"state is {unknown} (unknown) before a subject's last observation, expected it only there")
    if exact - set(range(size)):
        raise ConfigError(f"exact_states names {sorted(exact - set(range(size)))[0]}, expected states 0 to {size - 1}")
    x = np.zeros((who.size, 0))
    if covariates is not None:
        x = numbers("covariates", covariates, ndim=(1, 2), error=DataError)
        x = x[:, None] if x.ndim == 1 else x
        if x.shape[0] != who.size:
            raise DataError(f"covariates holds {x.shape[0]} observations, expected {who.size}")
    end = np.flatnonzero(~first)
    if end.size == 0:
        raise DataError("subject holds no subject with two observations, expected at least one interval")
    begin = end - 1
    length, froms, tos = t[end] - t[begin], s[begin], np.where(missing[end], -1, s[end])
    moved = (tos >= 0) & (froms != tos)
    if np.any(moved & (length == 0)):
        raise DataError("state changes between two observations of a subject at the same time")
    reach = (allowed > 0) | np.eye(size, dtype=bool) if exact_times else reachable(allowed)
    bad = (tos >= 0) & ~reach[froms, np.maximum(tos, 0)]
    if bad.any():
        k = int(np.flatnonzero(bad)[0])
        raise DataError(f"state goes from {froms[k]} to {tos[k]}, which allowed makes impossible")
    x = x[order][begin]
    mean = x.mean(axis=0)
    spread = x.std(axis=0)
    if np.any(spread == 0):
        raise DataError(f"covariates[:, {int(np.flatnonzero(spread == 0)[0])}] is constant, expected it to vary")
    rows, pattern = np.unique((x - mean) / np.where(spread > 0, spread, 1.0), axis=0, return_inverse=True)
    panel = Panel(
        pattern=pattern.reshape(-1).astype(np.int64),
        covariates=rows,
        start=froms,
        end=tos,
        length=length,
        exact=moved & np.isin(tos, list(exact)),
        known=np.full(end.size, exact_times),
        n_subjects=int(first.sum()),
    )
    return panel, mean, spread


def starting_values(allowed: Floats, transitions: Ints, panel: Panel) -> Floats:
    """Log intensities to start from: those given, or where all given are 1 the crude ones, none of them 0."""
    given = allowed[transitions[:, 0], transitions[:, 1]]
    if not np.all(given == 1.0):
        return np.asarray(np.log(given))
    spent = np.bincount(panel.start, weights=panel.length, minlength=allowed.shape[0])
    counts = np.zeros(allowed.shape)
    seen = panel.end >= 0
    np.add.at(counts, (panel.start[seen], panel.end[seen]), 1.0)
    overall = 0.5 / max(panel.length.sum(), 1e-300)
    crude = [(counts[r, s] + 0.5) / max(spent[r], 1e-300) if spent[r] > 0 else overall for r, s in transitions]
    return np.asarray(np.log(np.array(crude)))
