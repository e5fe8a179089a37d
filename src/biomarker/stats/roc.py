"""ROC curves: sensitivity and specificity at every cut-off with exact limits, the best cut-off, partial areas."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarker.stats.checks import Floats, binary, choice, data, scalar
from biomarker.stats.proportion import proportion

__all__ = ["RocCurve", "RocPoint", "partial_auc", "roc_curve"]


@dataclass(frozen=True, kw_only=True)
class RocPoint:
    """One cut-off: positive are scores above it."""

    threshold: float
    sensitivity: float
    specificity: float


@dataclass(frozen=True, eq=False, kw_only=True)
class RocCurve:
    """All cut-offs of a score, ascending.

    Attributes
    ----------
    threshold : (n_cuts,)
        Midway between neighbouring scores, -inf and inf at the ends; a score above it is positive.
    sensitivity, specificity : (n_cuts,)
    sensitivity_low, sensitivity_high, specificity_low, specificity_high : (n_cuts,)
        Pointwise limits.
    n_positive, n_negative : int
    convention : str
    """

    threshold: Floats
    sensitivity: Floats
    specificity: Floats
    sensitivity_low: Floats
    sensitivity_high: Floats
    specificity_low: Floats
    specificity_high: Floats
    n_positive: int
    n_negative: int
    convention: str

    @property
    def youden(self) -> RocPoint:
        """The cut-off with the highest ``sensitivity + specificity - 1``; of equal ones the lowest."""
        return self._at(int((self.sensitivity + self.specificity).argmax()))

    def at_specificity(self, specificity: float) -> RocPoint:
        """The lowest cut-off whose specificity is at least as high as asked."""
        asked = scalar("specificity", specificity, low=0.0, high=1.0)
        return self._at(int(np.flatnonzero(self.specificity >= asked)[0]))

    def at_sensitivity(self, sensitivity: float) -> RocPoint:
        """The highest cut-off whose sensitivity is at least as high as asked."""
        asked = scalar("sensitivity", sensitivity, low=0.0, high=1.0)
        return self._at(int(np.flatnonzero(self.sensitivity >= asked)[-1]))

    def _at(self, i: int) -> RocPoint:
        return RocPoint(
            threshold=float(self.threshold[i]),
            sensitivity=float(self.sensitivity[i]),
            specificity=float(self.specificity[i]),
        )


def roc_curve(score: Any, outcome: Any, *, level: float = 0.95, interval: str = "exact") -> RocCurve:
    """Sensitivity and specificity at every cut-off.

    Parameters
    ----------
    score : (n_subjects,)
        Complete; higher means more likely to have the event.
    outcome : (n_subjects,)
        1 with the event, 0 without.
    level : float
    interval : str
        See `biomarker.stats.proportion`.

    Returns
    -------
    RocCurve

    Raises
    ------
    DataError
        Missing scores, an outcome that is neither 0 nor 1, or only one of them.

    Notes
    -----
    Host only. Valid when the cut-off was fixed beforehand: limits at a cut-off that was chosen here are too narrow, and
    sensitivity and specificity at the best one too high. Limits are pointwise, not a band.

    References
    ----------
    Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747; Youden 1950,
    https://doi.org/10.1002/1097-0142(1950)3:1%3C32::AID-CNCR2820030106%3E3.0.CO;2-3

    Examples
    --------
    >>> roc_curve([1, 2, 3, 4], [0, 1, 0, 1]).youden
    RocPoint(threshold=1.5, sensitivity=1.0, specificity=0.5)
    """
    x = data("score", score)
    y = binary("outcome", outcome, n=x.size, both=True)
    values, place = np.unique(x, return_inverse=True)
    below = np.stack([np.bincount(place, weights=group, minlength=values.size) for group in (y, ~y)])
    below = np.concatenate([np.zeros((2, 1)), np.cumsum(below, axis=1)], axis=1)
    m, n = int(y.sum()), int((~y).sum())
    positive = proportion(m - below[0], m, method=interval, level=level)
    negative = proportion(below[1], n, method=interval, level=level)
    return RocCurve(
        threshold=np.concatenate([[-np.inf], (values[:-1] + values[1:]) / 2.0, [np.inf]]),
        sensitivity=positive.estimate,
        specificity=negative.estimate,
        sensitivity_low=positive.ci_low,
        sensitivity_high=positive.ci_high,
        specificity_low=negative.ci_low,
        specificity_high=negative.ci_high,
        n_positive=m,
        n_negative=n,
        convention=f"positive above the threshold; {interval} pointwise limits at {level:g}",
    )


def partial_auc(
    curve: RocCurve, *, low: float, high: float = 1.0, over: str = "specificity", standardised: bool = False
) -> float:
    """Area under the part of a ROC curve between two specificities, or two sensitivities.

    Parameters
    ----------
    curve : RocCurve
    low, high : float
        Ends of the range, within [0, 1].
    over : {"specificity", "sensitivity"}
        What the range is of; the area is that of the other one over it, by trapezoids.
    standardised : bool
        McClish's ``(1 + (A - A_chance) / (A_perfect - A_chance)) / 2``, which is 1/2 for chance and 1 for perfection.

    Returns
    -------
    float

    Notes
    -----
    Valid as the area that matters where only high specificity (or sensitivity) would be used.

    References
    ----------
    McClish 1989, https://doi.org/10.1177/0272989X8900900307

    Examples
    --------
    >>> round(partial_auc(roc_curve([1, 2, 3, 4], [0, 1, 0, 1]), low=0.5), 4)
    0.25
    """
    choice("over", over, ("specificity", "sensitivity"))
    a = scalar("low", low, low=0.0, high=1.0)
    b = scalar("high", high, low=a, high=1.0, exclusive="low")
    along, height = curve.specificity, curve.sensitivity
    if over == "sensitivity":
        along, height = curve.sensitivity[::-1], curve.specificity[::-1]
    area = _area_between(along, height, a, b)
    if not standardised:
        return area
    chance = (b - a) * (1.0 - (a + b) / 2.0)
    return 0.5 * (1.0 + (area - chance) / ((b - a) - chance))


def _area_between(along: Floats, height: Floats, a: float, b: float) -> float:
    """Trapezoids under a curve that falls in steps; at a jump the inner height counts."""
    inner = (along > a) & (along < b)
    start = _height(along, height, a, from_right=True)
    end = _height(along, height, b, from_right=False)
    x = np.concatenate([[a], along[inner], [b]])
    y = np.concatenate([[start], height[inner], [end]])
    return float(np.sum(np.diff(x) * (y[:-1] + y[1:]) / 2.0))


def _height(along: Floats, height: Floats, at: float, *, from_right: bool) -> float:
    """Height of the curve at a point, that of the side that lies within the range where it jumps there."""
    here = np.flatnonzero(along == at)
    if here.size:
        return float(height[here[-1] if from_right else here[0]])
    i = int(np.searchsorted(along, at))
    share = (at - along[i - 1]) / (along[i] - along[i - 1])
    return float(height[i - 1] + share * (height[i] - height[i - 1]))
