"""A series that leaves its level: when it began, whether at once or gradually, and when it will cross a limit."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

__all__ = ["Drift", "crossing", "find_drift"]

#: Values that either side of an onset must have.
FEWEST = 8
#: Onsets that are tried at most; beyond that every so many.
MOST_ONSETS = 80
#: Permutations held in memory at a time.
_CHUNK = 2_000


@dataclass(frozen=True)
class Drift:
    """The change of level that fits a series best.

    Attributes
    ----------
    kind : ``step`` or ``ramp``
        At once, or growing from the onset on.
    onset : float
        Time of the first value after the change.
    onset_interval : tuple of float
        Onsets that fit within 95% of the best, by the likelihood.
    size : float
        The step, or the change that a ramp has reached at the last time; in units of the values.
    std_error : float
        Of ``size``, given the onset.
    slope : float
        Of a ramp, per unit of time; 0 for a step.
    statistic : float
        Largest F statistic over onsets and kinds.
    p_value : float
        By permutation of the values over the times.
    n_before, n_after : int
    ramps : tuple of (float, float, float)
        Of a ramp, for each onset that fits within 95%: the last time in control, the slope and its standard error.
    """

    kind: Literal["step", "ramp"]
    onset: float
    onset_interval: tuple[float, float]
    size: float
    std_error: float
    slope: float
    statistic: float
    p_value: float
    n_before: int
    n_after: int
    ramps: tuple[tuple[float, float, float], ...] = ()


def find_drift(time: ArrayLike, value: ArrayLike, *, rng: np.random.Generator, permutations: int = 999) -> Drift | None:
    """Look for one change of level, a step or a ramp, and say how surprising it is.

    Each onset between the ``FEWEST``-th value from either end is tried (80 of them at most, evenly spread), for
    ``value = a + b 1{time >= onset}`` and for ``value = a + b max(0, time - onset_before)``; the largest F statistic is
    compared with its largest in series whose values were permuted over the times,
    ``p = (1 + exceeding) / (1 + permutations)``.

    Parameters
    ----------
    time, value : array (n,)
        In any order, none missing.
    rng : numpy.random.Generator
    permutations : int

    Returns
    -------
    Drift or None
        None where fewer than ``2 * FEWEST`` values, or fewer than three times, are known, or all values are equal.

    Notes
    -----
    **Valid when** the values are exchangeable in control: independent, one a subject or run, adjusted for what else
    changes with time. Several values of one subject are not.
    """
    when, what = np.asarray(time, dtype=np.float64), np.asarray(value, dtype=np.float64)
    order = np.argsort(when, kind="stable")
    when, what = when[order], what[order]
    starts = _starts(when)
    if len(starts) == 0 or np.ptp(what) == 0:
        return None
    basis = _Basis.of(when, starts)
    centred = what - what.mean()
    gain = basis.gains(centred[None, :])[0]
    total = float(centred @ centred)
    best = int(np.argmax(gain))
    exceeding = 0
    for begin in range(0, permutations, _CHUNK):
        shuffled = rng.permuted(np.tile(centred, (min(_CHUNK, permutations - begin), 1)), axis=1)
        exceeding += int((basis.gains(shuffled).max(axis=1) >= gain[best] * (1 - 1e-12)).sum())
    n, ramp, at = len(when), best >= len(starts), best % len(starts)
    left = total - gain[best]
    variance = left / (n - 3)
    # the onset counts as a parameter: values of the likelihood within the 95% quantile of its chi-squared
    same_kind = gain[len(starts) :] if ramp else gain[: len(starts)]
    near = np.flatnonzero(n * np.log(np.maximum(total - same_kind, 1e-300) / max(left, 1e-300)) <= 3.84)
    scale = when[-1] - when[max(starts[at] - 1, 0)] if ramp else 1.0
    slope = basis.coefficient(best, centred)
    error = float(np.sqrt(variance / basis.norm[best]))
    return Drift(
        kind="ramp" if ramp else "step",
        onset=float(when[starts[at]]),
        onset_interval=(float(when[starts[near[0]]]), float(when[starts[near[-1]]])),
        size=slope * scale,
        std_error=error * scale,
        slope=slope if ramp else 0.0,
        statistic=float(gain[best] / variance) if variance > 0 else np.inf,
        p_value=(1 + exceeding) / (1 + permutations),
        n_before=int(starts[at]),
        n_after=n - int(starts[at]),
        ramps=tuple(basis.ramp(when, starts, int(k), centred, total) for k in near) if ramp else (),
    )


def _starts(when: NDArray[np.float64]) -> NDArray[np.intp]:
    """Positions at which a change may begin: the first value of a time, with enough values on both sides."""
    first = np.flatnonzero(np.concatenate([[True], np.diff(when) > 0]))
    usable = first[(first >= FEWEST) & (first <= len(when) - FEWEST)]
    if len(usable) <= MOST_ONSETS:
        return usable
    return usable[np.linspace(0, len(usable) - 1, MOST_ONSETS).round().astype(int)]


@dataclass(frozen=True)
class _Basis:
    """Centred shapes of a change (n_shapes, n), steps first, then ramps, and their squared lengths."""

    shapes: NDArray[np.float64]
    norm: NDArray[np.float64]

    @classmethod
    def of(cls, when: NDArray[np.float64], starts: NDArray[np.intp]) -> "_Basis":
        steps = np.arange(len(when))[None, :] >= starts[:, None]
        ramps = np.maximum(0.0, when[None, :] - when[starts - 1][:, None])
        shapes = np.vstack([steps.astype(np.float64), ramps])
        shapes -= shapes.mean(axis=1, keepdims=True)
        return cls(shapes, (shapes**2).sum(axis=1))

    def gains(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of squares that each shape explains of centred values (n_series, n) -> (n_series, n_shapes)."""
        return (values @ self.shapes.T) ** 2 / self.norm

    def ramp(
        self,
        when: NDArray[np.float64],
        starts: NDArray[np.intp],
        at: int,
        centred: NDArray[np.float64],
        total: float,
    ) -> tuple[float, float, float]:
        """Last time in control, slope and standard error of the ramp from the ``at``-th onset."""
        shape = len(starts) + at
        slope = self.coefficient(shape, centred)
        left = total - slope**2 * self.norm[shape]
        error = np.sqrt(left / (len(when) - 3) / self.norm[shape])
        return float(when[starts[at] - 1]), slope, float(error)

    def coefficient(self, shape: int, centred: NDArray[np.float64]) -> float:
        return float(self.shapes[shape] @ centred / self.norm[shape])


def crossing(drift: Drift, *, limit: float, level: float = 0.95) -> tuple[float, float, float] | None:
    """When a ramp crosses ``± limit``: the time, with the earliest and latest that onset and slope allow.

    The limits are the outermost over all onsets that fit within 95%, each with the interval of its own slope.

    A step never grows: None. A time in the past says that the limit is crossed already.

    Parameters
    ----------
    drift : Drift
    limit : float
        Allowed change of level, positive, in units of the values.
    level : float
    """
    if drift.kind != "ramp" or drift.slope == 0:
        return None
    best = float(drift.onset) if not drift.ramps else min(drift.ramps, key=lambda r: abs(r[1] - drift.slope))[0]
    half = student.ppf((1 + level) / 2, drift.n_before + drift.n_after - 3)
    sign = np.sign(drift.slope)
    early = min(begin + limit / (sign * slope + half * error) for begin, slope, error in drift.ramps)
    slow = [(begin, sign * slope - half * error) for begin, slope, error in drift.ramps]
    late = max(begin + limit / slope if slope > 0 else np.inf for begin, slope in slow)
    return best + limit / abs(drift.slope), float(early), float(late)
