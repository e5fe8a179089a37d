"""Risk sets with Efron's treatment of ties, as cumulative sums over subjects sorted by time."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, namespace
from biomarker.stats.feature_blocks import as_floats, same_device

__all__ = ["LEAST_RISK", "RiskSets", "risk_sets"]

#: A risk set of less counts as this much; the reciprocals of a million of them can still be added up.
LEAST_RISK = 1e-290

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Who is at risk at each event.

    Subjects are sorted by stratum, then by time from late to early, events before censorings at the same time. The risk
    set of a time is then the run of rows from the start of the stratum. With d events at one time, Efron's method takes
    d steps; in step l = 0 .. d-1 each of the d subjects counts as 1 - l/d.

    Attributes
    ----------
    order : (n_used,)
        Subjects in sorted order; those without time, event or stratum are left out.
    event : (n_used,)
        1 for an event, 0 for a censoring, sorted.
    strata : tuple of (start, stop)
        Rows of each stratum.
    last : (n_steps,)
        Last row of the risk set of each step.
    share : (n_steps,)
        l / d.
    tie : (n_steps,)
        Position in `tie_stop` plus one of the tied events of a step; 0 where the event is alone.
    tied : (n_tied,)
        Rows of all events that share their time with another.
    tie_stop : (n_ties,)
        Where in `tied` the rows of each tie end (exclusive).
    first_step : (n_used,)
        First step whose risk set holds a row; the steps up to the end of its stratum all do.
    step_stop : tuple of (start, stop)
        Steps of each stratum.
    """

    order: Indices
    event: Floats
    strata: tuple[tuple[int, int], ...]
    last: Indices
    share: Floats
    tie: Indices
    tied: Indices
    tie_stop: Indices
    first_step: Indices
    step_stop: tuple[tuple[int, int], ...]

    @property
    def n_events(self) -> int:
        """Number of events, which is the number of steps."""
        return int(self.last.size)

    def sums(self, values: Array) -> Array:
        """Sum over the risk set at each step, tied events reduced: from (n_used, width) to (n_steps, width)."""
        xp = namespace(values)
        sums = xp.take(_runs(values, self.strata), same_device(self.last, values), axis=0)
        if self.tied.size:
            running = xp.cumulative_sum(
                xp.take(values, same_device(self.tied, values), axis=0), axis=0, include_initial=True
            )
            starts = np.concatenate([[0], self.tie_stop[:-1]])
            groups = xp.take(running, same_device(self.tie_stop, values), axis=0) - xp.take(
                running, same_device(starts, values), axis=0
            )
            groups = xp.concat([xp.zeros_like(groups[:1, :]), groups], axis=0)
            share = same_device(self.share, values)[:, None]
            sums = sums - share * xp.take(groups, same_device(self.tie, values), axis=0)
        return sums

    def squared_means(self, values: Array, place: Indices, risk: Floats, sums: Floats) -> Floats:
        """Sum over steps of the squared risk-weighted mean of each column, (width,).

        Parameters
        ----------
        values : (n_used, width)
            In any order.
        place : (n_used,)
            Row of each sorted subject.
        risk : (n_used,)
            Sorted.
        sums : (n_steps,)
            Of `risk`.
        """
        xp = namespace(values)
        if isinstance(values, np.ndarray) and values.flags.f_contiguous:
            from biomarker.arrays.kernels import squared_risk_means

            bounds, found = np.array([0, *(stop for _, stop in self.strata)]), np.empty(values.shape[1])
            steps = (self.last, 1.0 / sums, self.share, self.tie, self.tied, self.tie_stop)
            squared_risk_means(values.T, place, risk, bounds, *steps, found)
            return found
        ordered = xp.take(values, same_device(place, values), axis=0)
        means = self.sums(same_device(risk[:, None], values) * ordered) / same_device(sums[:, None], values)
        return as_floats(xp.sum(means * means, axis=0))

    def spread(self, steps: Array) -> Array:
        """Transpose of `sums`, (n_steps, width) to (n_used, width): each row the sum over the steps it counts in."""
        xp = namespace(steps)
        later = [_backward(steps[start:stop, :]) for start, stop in self.step_stop]
        after = xp.concat([*later, xp.zeros_like(steps[:1, :])], axis=0)
        spread = xp.take(after, same_device(self._first_after, steps), axis=0)
        if self.tied.size:
            weighted = xp.cumulative_sum(same_device(self.share, steps)[:, None] * steps, axis=0, include_initial=True)
            low, high = self._own_steps
            spread = spread - (
                xp.take(weighted, same_device(high, steps), axis=0) - xp.take(weighted, same_device(low, steps), axis=0)
            )
        return spread

    @cached_property
    def _first_after(self) -> Indices:
        """Position of each row's first step; the row of zeros at the end where its stratum has none left."""
        first = self.first_step.copy()
        for (start, stop), (_, end) in zip(self.strata, self.step_stop, strict=True):
            run = first[start:stop]
            run[run >= end] = self.last.size
        return first

    @cached_property
    def _own_steps(self) -> tuple[Indices, Indices]:
        """Range of steps of the tie a row takes part in; empty for all other rows."""
        low = np.zeros(self.order.size, dtype=np.intp)
        high = np.zeros(self.order.size, dtype=np.intp)
        size = np.diff(self.tie_stop, prepend=0)
        low[self.tied] = self.first_step[self.tied]
        high[self.tied] = self.first_step[self.tied] + np.repeat(size, size)
        return low, high


def _runs(values: Array, strata: tuple[tuple[int, int], ...]) -> Array:
    """Cumulative sums that start anew in each stratum."""
    xp = namespace(values)
    parts = [xp.cumulative_sum(values[start:stop, :], axis=0) for start, stop in strata]
    return parts[0] if len(parts) == 1 else xp.concat(parts, axis=0)


def _backward(steps: Array) -> Array:
    """Sums from each row to the last."""
    xp = namespace(steps)
    return xp.flip(xp.cumulative_sum(xp.flip(steps, axis=0), axis=0), axis=0)


def risk_sets(time: Array, event: Array, *, strata: Array | None = None) -> RiskSets:
    """Sort subjects and find the risk set of every event.

    Parameters
    ----------
    time : (n_subjects,)
        Only the order matters; NaN leaves a subject out.
    event : (n_subjects,)
        1 or 0; NaN leaves a subject out.
    strata : (n_subjects,), optional
        Label of each subject's stratum: a number (NaN leaves a subject out) or a text.

    Returns
    -------
    RiskSets

    Raises
    ------
    ValueError
        Shapes differ, a time is infinite, or an event is neither 0 nor 1.
    """
    t, d = as_floats(time).reshape(-1), as_floats(event).reshape(-1)
    if t.shape != d.shape:
        raise ValueError(f"{t.shape[0]} times, but {d.shape[0]} events")
    used = ~(np.isnan(t) | np.isnan(d))
    if strata is None:
        label = np.zeros(t.shape[0], dtype=np.intp)
    else:
        raw = np.asarray(strata) if isinstance(strata, list | tuple | np.ndarray) else as_floats(strata)
        if raw.shape != t.shape:
            raise ValueError(f"{t.shape[0]} times, but strata of shape {raw.shape}")
        if raw.dtype.kind == "f":
            used &= ~np.isnan(raw)
        label = np.unique(raw, return_inverse=True)[1].reshape(-1).astype(np.intp)
    if np.any(np.isinf(t[used])):
        raise ValueError("a time is infinite")
    if not np.all((d[used] == 0) | (d[used] == 1)):
        raise ValueError("an event is neither 0 nor 1")
    rows = np.flatnonzero(used)
    order = rows[np.lexsort((-d[rows], -t[rows], label[rows]))]
    return _sorted_risk_sets(order, t[order], d[order], label[order])


def _sorted_risk_sets(order: Indices, t: Floats, d: Floats, label: Indices) -> RiskSets:
    """Steps, ties and strata of sorted subjects."""
    n = order.size
    new_stratum = np.diff(label, prepend=-1) != 0
    bounds = np.concatenate([np.flatnonzero(new_stratum), [n]])
    new_time = new_stratum | (np.diff(t, prepend=np.nan) != 0)
    group = np.cumsum(new_time) - 1
    group_stop = np.concatenate([np.flatnonzero(new_time)[1:], [n]]) if n else np.zeros(0, dtype=np.intp)
    events = np.flatnonzero(d > 0)
    deaths = np.bincount(group[events], minlength=group_stop.size)
    size = deaths[group[events]]
    # position of an event within its tie: events stand first among the rows of their time
    place = events - np.concatenate([[0], group_stop[:-1]])[group[events]] if n else events
    tied = events[size > 1]
    tie_groups, tie_of = np.unique(group[tied], return_inverse=True)
    tie = np.zeros(events.size, dtype=np.intp)
    tie[size > 1] = tie_of + 1
    step_bounds = np.searchsorted(events, bounds)
    first_step = np.searchsorted(group[events], group, side="left") if n else np.zeros(0, dtype=np.intp)
    return RiskSets(
        order=order,
        event=d,
        strata=tuple((int(a), int(b)) for a, b in pairwise(bounds)),
        last=(group_stop[group[events]] - 1).astype(np.intp),
        share=place / np.maximum(size, 1),
        tie=tie,
        tied=tied,
        tie_stop=np.cumsum(deaths[tie_groups]).astype(np.intp),
        first_step=first_step.astype(np.intp),
        step_stop=tuple((int(a), int(b)) for a, b in pairwise(step_bounds)),
    )
