"""Where the variation of a method comes from: days, runs within days, and repetitions (CLSI EP05)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

__all__ = ["Precision", "nested_precision"]


@dataclass(frozen=True)
class Precision:
    """Standard deviations of a two-stage nested experiment, in the unit of the results.

    Attributes
    ----------
    mean : float
    repeatability, run, day : float
        Components; one whose estimate is negative is 0.
    within_laboratory : float
        Root of the sum of all three variances.
    within_laboratory_interval, repeatability_interval : tuple of float
        95%, by chi-squared laws (Satterthwaite's degrees of freedom for the sum).
    n : int
    """

    mean: float
    repeatability: float
    run: float
    day: float
    within_laboratory: float
    repeatability_interval: tuple[float, float]
    within_laboratory_interval: tuple[float, float]
    n: int

    @property
    def cv(self) -> float:
        """Within-laboratory coefficient of variation, in percent."""
        return 100 * self.within_laboratory / self.mean


def nested_precision(day: ArrayLike, run: ArrayLike, y: ArrayLike, *, level: float = 0.95) -> Precision:
    """Variance components of days, runs within days, and repetitions, by nested analysis of variance.

    With ``n_ij`` results in run j of day i, mean squares are equated to their expectations
    ``E[MS_error] = s2``, ``E[MS_run] = s2 + k1 s2_run``, ``E[MS_day] = s2 + k2 s2_run + k3 s2_day``, where
    ``k1 = (N - sum n_ij^2 / n_i.) / (b - a)``, ``k2 = (sum n_ij^2 / n_i. - sum n_ij^2 / N) / (a - 1)``,
    ``k3 = (N - sum n_i.^2 / N) / (a - 1)`` with a days and b runs; the design may be unbalanced.

    Parameters
    ----------
    day, run : array (n,)
        ``run`` is numbered within its day: run 1 of one day has nothing in common with run 1 of the next.
    y : array (n,)
        None missing.
    level : float
        Of the intervals.

    Raises
    ------
    ValueError
        Fewer than two days, or nothing that is repeated at a level.

    Notes
    -----
    **Valid when** the components are normal and independent, and outliers were looked for before.
    """
    value = np.asarray(y, dtype=np.float64)
    days = np.unique(np.asarray(day), return_inverse=True)[1]
    cells = np.unique(
        np.column_stack([days, np.unique(np.asarray(run), return_inverse=True)[1]]), axis=0, return_inverse=True
    )
    of_day, cell = cells[0][:, 0], cells[1].ravel()
    n, a, b = len(value), days.max() + 1, len(of_day)
    if a < 2 or b <= a or n <= b:
        raise ValueError(f"{n} results of {b} runs on {a} days: each must be repeated within the one before")
    n_day, n_cell = np.bincount(days), np.bincount(cell)
    mean, mean_day = value.mean(), np.bincount(days, value) / n_day
    mean_cell = np.bincount(cell, value) / n_cell
    squares = {
        "day": float((n_day * (mean_day - mean) ** 2).sum()) / (a - 1),
        "run": float((n_cell * (mean_cell - mean_day[of_day]) ** 2).sum()) / (b - a),
        "error": float(((value - mean_cell[cell]) ** 2).sum()) / (n - b),
    }
    per_day = float((n_cell**2 / n_day[of_day]).sum())
    k1 = (n - per_day) / (b - a)
    k2 = (per_day - float((n_cell**2).sum()) / n) / (a - 1)
    k3 = (n - float((n_day**2).sum()) / n) / (a - 1)
    # each component as a weighted sum of mean squares, which the degrees of freedom of their sum need
    error = {"day": 0.0, "run": 0.0, "error": 1.0}
    of_run = {"day": 0.0, "run": 1 / k1, "error": -1 / k1}
    of_days = {"day": 1 / k3, "run": -k2 / (k1 * k3), "error": (k2 / k1 - 1) / k3}
    variances = [sum(w[key] * squares[key] for key in squares) for w in (error, of_run, of_days)]
    kept = [w for w, variance in zip((error, of_run, of_days), variances, strict=True) if variance > 0]
    weights = {key: sum(w[key] for w in kept) for key in squares}
    total = sum(max(variance, 0.0) for variance in variances)
    dof = {"day": a - 1, "run": b - a, "error": n - b}
    spread = sum((weights[key] * squares[key]) ** 2 / dof[key] for key in squares)
    return Precision(
        float(mean),
        *(float(np.sqrt(max(variance, 0.0))) for variance in variances),
        float(np.sqrt(total)),
        _interval(squares["error"], n - b, level),
        _interval(total, total**2 / spread if spread > 0 else n - b, level),
        n,
    )


def _interval(variance: float, dof: float, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low, high = chi2.ppf([1 - tail, tail], dof)
    return float(np.sqrt(dof * variance / low)), float(np.sqrt(dof * variance / high))
