"""What a cut-off of the marker does: how many are positive, and how well the test tells them apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from biomarker.trial.checks import between, refuse
from biomarker.trial.designs.setting import Assay, Setting

__all__ = ["CutOffs"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CutOffs:
    """Cut-offs with what each of them does, one entry a cut-off.

    Attributes
    ----------
    value : (n,)
        Of the marker; subjects at or above test positive.
    prevalence : (n,)
        Share of marker-positive subjects, within (0, 1): constant where the marker stands for a state that is there
        whatever the cut-off, falling with it where the cut-off defines the state.
    sensitivity, specificity : (n,)
        Of the test at the cut-off.
    """

    value: Sequence[float]
    prevalence: Sequence[float]
    sensitivity: Sequence[float]
    specificity: Sequence[float]

    def __post_init__(self) -> None:
        for name in ("value", "prevalence", "sensitivity", "specificity"):
            given, rule = getattr(self, name), f"{np.size(self.value)} finite numbers, one a cut-off"
            try:
                entries = np.atleast_1d(np.asarray(given, dtype=np.float64))
            except (TypeError, ValueError):
                raise refuse(name, given, rule) from None
            if entries.ndim != 1 or entries.size != np.size(self.value) or not np.all(np.isfinite(entries)):
                raise refuse(name, given, rule)
            object.__setattr__(self, name, tuple(entries.tolist()))
        if not self.value:
            raise refuse("value", self.value, "at least one cut-off")
        for p, sensitivity, specificity in zip(self.prevalence, self.sensitivity, self.specificity, strict=True):
            between("prevalence", p, 0.0, 1.0)
            Assay(sensitivity, specificity)

    @staticmethod
    def binormal(value: Sequence[float], *, prevalence: float, separation: float, spread: float = 1.0) -> "CutOffs":
        """A marker that is ``N(separation, spread^2)`` in those with the state and ``N(0, 1)`` in the others.

        ``se(c) = Phi((separation - c) / spread)``, ``sp(c) = Phi(c)``; one prevalence of the state for all c.

        References
        ----------
        Hanley 1988, https://doi.org/10.1177/0272989X8800800308
        """
        between("separation", separation, 0.0)
        between("spread", spread, 0.0)
        c = np.atleast_1d(np.asarray(value, dtype=np.float64))
        sensitivity = ndtr((separation - c) / spread)
        return CutOffs(c.tolist(), [prevalence] * c.size, sensitivity.tolist(), ndtr(c).tolist())

    def settings(self, setting: Setting) -> list[tuple[float, Setting]]:
        """Each cut-off with the setting at it; the failure rate of the assay stays."""
        rows = zip(self.value, self.prevalence, self.sensitivity, self.specificity, strict=True)
        return [
            (value, replace(setting, prevalence=p, assay=Assay(sensitivity, specificity, setting.assay.failure)))
            for value, p, sensitivity, specificity in rows
        ]
