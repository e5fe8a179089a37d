"""Reclassification: does a second set of predictions move subjects the right way."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from biomarker.errors import ConfigError, DataError
from biomarker.stats.checks import Floats, binary, numbers

__all__ = ["Reclassification", "reclassification"]


@dataclass(frozen=True, kw_only=True)
class Reclassification:
    """Net reclassification and integrated discrimination improvement.

    Attributes
    ----------
    nri, nri_events, nri_non_events : float
        Net share moved the right way: up among events, down among non-events; `nri` is their sum (up to 2, no share).
    nri_std_error, nri_z, nri_p : float
    idi, idi_events, idi_non_events : float
        Mean rise of the prediction among events, mean fall among non-events, and their sum.
    idi_std_error, idi_z, idi_p : float
    n_events, n_non_events : int
    convention : str
    """

    nri: float
    nri_events: float
    nri_non_events: float
    nri_std_error: float
    nri_z: float
    nri_p: float
    idi: float
    idi_events: float
    idi_non_events: float
    idi_std_error: float
    idi_z: float
    idi_p: float
    n_events: int
    n_non_events: int
    convention: str


def reclassification(old: Any, new: Any, outcome: Any, *, cuts: Any = None) -> Reclassification:
    """Compare two sets of predicted probabilities of the same subjects.

    Among m events and n non-events, with U up and D down: ``NRI = (U1 - D1) / m + (D0 - U0) / n``, variance
    ``(U1 + D1) / m^2 - (U1 - D1)^2 / m^3`` plus the same of the non-events; ``IDI = mean_1(new - old) -
    mean_0(new - old)``, variance ``s_1^2 / m + s_0^2 / n``.

    Parameters
    ----------
    old, new : (n_subjects,)
        Probabilities in [0, 1].
    outcome : (n_subjects,)
        1 with the event, 0 without.
    cuts : (n_cuts,), optional
        Ascending bounds of risk categories: a move counts if it crosses one (a probability at a bound is above it).
        Without, every change counts (the continuous NRI).

    Returns
    -------
    Reclassification

    Raises
    ------
    DataError, ConfigError
        Probabilities out of range, an outcome neither 0 nor 1, or only one of them; bounds not ascending.

    Notes
    -----
    Host only. Valid for predictions that were both made without these outcomes, and both calibrated. The continuous NRI
    rises for useless markers in badly calibrated models; its test, and that of the IDI, does not hold for nested models
    fitted here. Prefer the likelihood ratio, the decision curve and calibration.

    References
    ----------
    Pencina et al. 2008, https://doi.org/10.1002/sim.2929; Pencina, D'Agostino and Steyerberg 2011,
    https://doi.org/10.1002/sim.4085; Hilden and Gerds 2014, https://doi.org/10.1002/sim.5804

    Examples
    --------
    >>> found = reclassification([0.4, 0.5, 0.5, 0.6], [0.3, 0.6, 0.4, 0.7], [0, 0, 1, 1])
    >>> round(found.nri, 6), round(found.idi, 6)
    (0.0, 0.0)
    """
    before, after = (
        numbers(name, p, low=0.0, high=1.0, ndim=1, error=DataError) for name, p in (("old", old), ("new", new))
    )
    y = binary("outcome", outcome, n=before.size, both=True)
    if after.size != before.size:
        raise DataError(f"new holds {after.size} subjects, expected {before.size} (old)")
    change = after - before
    move = np.sign(change)
    words = "continuous: every change counts"
    if cuts is not None:
        bounds = numbers("cuts", cuts, low=0.0, high=1.0, ndim=1)
        if bounds.size == 0 or np.any(np.diff(bounds) <= 0):
            raise ConfigError("cuts is not ascending, expected at least one bound and each above the one before")
        move = np.sign(
            np.searchsorted(bounds, after, side="right") - np.searchsorted(bounds, before, side="right")
        ).astype(np.float64)
        words = "categories: a move across " + ", ".join(f"{b:g}" for b in bounds)
    events, others = _net(move[y]), _net(-move[~y])
    rises, falls = change[y], -change[~y]
    nri_error = float(np.sqrt(events[1] + others[1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        idi_error = float(np.sqrt(rises.var(ddof=1) / rises.size + falls.var(ddof=1) / falls.size))
    nri, idi = events[0] + others[0], float(rises.mean() + falls.mean())
    nri_z = nri / nri_error if nri_error > 0 else float("nan")
    idi_z = idi / idi_error if idi_error > 0 else float("nan")
    return Reclassification(
        nri=nri,
        nri_events=events[0],
        nri_non_events=others[0],
        nri_std_error=nri_error,
        nri_z=nri_z,
        nri_p=float(2.0 * ndtr(-abs(nri_z))),
        idi=idi,
        idi_events=float(rises.mean()),
        idi_non_events=float(falls.mean()),
        idi_std_error=idi_error,
        idi_z=idi_z,
        idi_p=float(2.0 * ndtr(-abs(idi_z))),
        n_events=rises.size,
        n_non_events=falls.size,
        convention=f"{words}; variances of the estimates, not under the null hypothesis",
    )


def _net(move: Floats) -> tuple[float, float]:
    """Net share moved up and its variance."""
    n = move.size
    net, moved = float(move.sum()), float(np.abs(move).sum())
    return net / n, moved / n**2 - net**2 / n**3
