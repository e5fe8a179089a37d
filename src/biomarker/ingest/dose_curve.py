"""Four-parameter logistic calibration of an immunoassay, with the limits within which it can be trusted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from biomarker.errors import InsufficientDataError

__all__ = ["DoseCurve", "fit_dose_curve"]

Floats = NDArray[np.float64]

FEWEST_LEVELS = 5
#: Largest error of a back-calculated standard, and spread of its replicates, within which an assay quantifies.
ALLOWED = 0.20


@dataclass(frozen=True)
class DoseCurve:
    """``signal = bottom + (top - bottom) / (1 + (concentration / middle)^-slope)``.

    Attributes
    ----------
    bottom, top, middle, slope : float
    lod : float
        Concentration whose signal is that of blanks plus three standard deviations.
    lloq, uloq : float
        Lowest and highest standard whose back-calculated mean is within 20% of the truth and whose replicates vary by
        20% at most; NaN where there is none.
    """

    bottom: float
    top: float
    middle: float
    slope: float
    lod: float
    lloq: float
    uloq: float

    def signal(self, concentration: ArrayLike) -> Floats:
        """Expected signal."""
        x = np.asarray(concentration, dtype=np.float64)
        with np.errstate(divide="ignore", over="ignore"):
            return self.bottom + (self.top - self.bottom) / (1 + (x / self.middle) ** -self.slope)

    def concentration(self, signal: ArrayLike) -> Floats:
        """Concentration of a signal: 0 at or below the bottom, infinite at or above the top."""
        y = np.asarray(signal, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (y - self.bottom) / (self.top - y)
            inside = self.middle * share ** (1 / self.slope)
        return np.where(np.isnan(y), np.nan, np.where(y <= self.bottom, 0.0, np.where(y >= self.top, np.inf, inside)))


def fit_dose_curve(concentration: ArrayLike, signal: ArrayLike, blanks: ArrayLike = ()) -> DoseCurve:
    """Fit by least squares of relative residuals, and find the limits.

    Residuals are ``(observed - fitted) / (fitted + spread of the lowest standard)``, because the spread of a signal
    grows with it.

    Parameters
    ----------
    concentration, signal : array (n,)
        Standards, concentrations positive; each level may be repeated.
    blanks : array
        Signals without analyte; without them the lowest standard's replicates stand for them.

    Raises
    ------
    InsufficientDataError
        Fewer than five levels, or a signal that does not rise with concentration.

    Notes
    -----
    **Valid when** the signal rises to a plateau without a hook, and standards behave like samples.
    """
    x, y = np.asarray(concentration, dtype=np.float64), np.asarray(signal, dtype=np.float64)
    known = np.isfinite(x) & np.isfinite(y) & (x > 0)
    x, y = x[known], y[known]
    levels = np.unique(x)
    if len(levels) < FEWEST_LEVELS:
        raise InsufficientDataError(f"{len(levels)} concentrations of standards; a curve needs {FEWEST_LEVELS}")
    means = np.array([y[x == level].mean() for level in levels])
    if means[-1] <= means[0]:
        raise InsufficientDataError("the signal of the standards does not rise with their concentration")
    empty = np.asarray(blanks, dtype=np.float64)
    low = empty if len(empty) > 1 else y[x == levels[0]]
    floor = max(float(low.std(ddof=1)) if len(low) > 1 else 0.0, 1e-3 * float(means[-1] - means[0]))
    start = float(empty.mean()) if len(empty) else float(means[0])
    half = (start + means[-1]) / 2
    middle = float(np.exp(np.interp(half, np.maximum.accumulate(means), np.log(levels))))
    span = float(means[-1] - start)

    def curve(p: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return p[0] + np.exp(p[1]) / (1 + np.exp(-np.exp(p[3]) * (np.log(x) - p[2])))

    def residuals(p: Floats) -> Floats:
        fitted = curve(p)
        return (y - fitted) / (np.abs(fitted) + floor)

    first = np.array([start, np.log(1.1 * span), np.log(middle), 0.0])
    found = least_squares(residuals, first, loss="soft_l1", f_scale=0.1).x
    fitted = DoseCurve(
        float(found[0]), float(found[0] + np.exp(found[1])), float(np.exp(found[2])), float(np.exp(found[3])),
        np.nan, np.nan, np.nan,
    )  # fmt: skip
    centre, spread = (float(empty.mean()), float(empty.std(ddof=1))) if len(empty) > 1 else (fitted.bottom, floor)
    lod = float(fitted.concentration(centre + 3 * spread))
    back = fitted.concentration(y)
    good = [level for level in levels if _quantified(back[x == level], level)]
    inside = [level for level in good if level >= lod]
    return DoseCurve(
        fitted.bottom, fitted.top, fitted.middle, fitted.slope, lod,
        float(min(inside)) if inside else np.nan, float(max(inside)) if inside else np.nan,
    )  # fmt: skip


def _quantified(back: Floats, level: float) -> bool:
    if not np.isfinite(back).all():
        return False
    spread = back.std(ddof=1) / back.mean() if len(back) > 1 and back.mean() > 0 else 0.0
    return bool(abs(back.mean() / level - 1) <= ALLOWED and spread <= ALLOWED)
