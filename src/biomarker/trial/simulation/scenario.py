"""What may be true: how marker, treatment, time and assay really behave."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from biomarker.trial.checks import between
from biomarker.trial.designs.setting import Assay
from biomarker.trial.sizes.accrual import Hazard, as_hazard

__all__ = ["Scenario", "standard_scenarios"]


PERFECT = Assay()


@dataclass(frozen=True)
class Scenario:
    """A truth from which survival studies are drawn.

    A subject's marker has a rank x, uniform on (0, 1); marker-positive is ``x > 1 - prevalence``, and that decides
    benefit. The test calls positive what lies above ``1 - prevalence + cutoff_shift``, with the assay's errors.

    Attributes
    ----------
    hazard_control : Hazard or float
        Of marker-negative control subjects.
    hazard_ratio_positive, hazard_ratio_negative : float
        Treatment over control in marker-positive and marker-negative subjects.
    prevalence : float
    accrual : float
        Duration of uniform accrual.
    prognostic : float
        Hazard ratio of marker-positive to marker-negative control subjects.
    dropout : float
        Hazard of leaving without event.
    delay : float
        Time since entry before which the treatment does nothing: hazards are then not proportional.
    assay : Assay
        At the first entry.
    assay_end : Assay, optional
        At the last entry, if it drifts; between them sensitivity and specificity change linearly.
    cutoff_shift : float
        Positive: the cut-off is too high and misses that share of all subjects; negative: too low.
    name : str
    """

    hazard_control: Hazard | float
    hazard_ratio_positive: float
    hazard_ratio_negative: float
    prevalence: float
    accrual: float
    prognostic: float = 1.0
    dropout: float = 0.0
    delay: float = 0.0
    assay: Assay = PERFECT
    assay_end: Assay | None = None
    cutoff_shift: float = 0.0
    name: str = "base"

    def __post_init__(self) -> None:
        between("hazard_control", self.base.rates[-1], 0.0, hint="the last hazard goes on for ever")
        for name in ("hazard_ratio_positive", "hazard_ratio_negative", "accrual", "prognostic"):
            between(name, getattr(self, name), 0.0)
        between("prevalence", self.prevalence, 0.0, 1.0)
        between("dropout", self.dropout, 0.0, closed="low")
        between("delay", self.delay, 0.0, closed="low")
        between("cutoff_shift", self.cutoff_shift, self.prevalence - 1.0, self.prevalence)

    @property
    def base(self) -> Hazard:
        """Hazard of marker-negative control subjects."""
        return as_hazard("hazard_control", self.hazard_control)

    @property
    def called_positive(self) -> float:
        """Share of samples with a result that test positive, averaged over the accrual."""
        above = self.prevalence - self.cutoff_shift
        ends = [self.assay, self.assay if self.assay_end is None else self.assay_end]
        return sum(assay.positive(above) for assay in ends) / 2.0


def standard_scenarios(planned: Scenario) -> dict[str, Scenario]:
    """The truths under which a design should be seen, made from the one that is hoped for.

    Parameters
    ----------
    planned : Scenario

    Returns
    -------
    dict
        "as planned", "null" (nothing works), "subgroup only" (marker-negative do not benefit), "both" (all benefit as
        the marker-positive do), "prognostic only" (nothing works, but positive subjects have twice the hazard),
        "misplaced cut-off" (half of the positive are missed), "delayed effect" (nothing for a quarter of the control
        median), "lower prevalence" (by half), "drop-out" (one in ten a control median more), "assay drift" (sensitivity
        and specificity lose ten points by the end, or a quarter of what the assay tells where that is less).

    Examples
    --------
    >>> base = Scenario(0.1, 0.5, 0.9, prevalence=0.3, accrual=24)
    >>> standard_scenarios(base)["both"].hazard_ratio_negative
    0.5
    """
    median = float(planned.base.time_at(np.log(2.0)))
    # an assay that tells nothing is none: it loses at most a quarter of what it tells
    lost = min(0.1, (planned.assay.sensitivity + planned.assay.specificity - 1.0) / 4.0)
    end = Assay(planned.assay.sensitivity - lost, planned.assay.specificity - lost, planned.assay.failure)
    changes: dict[str, dict[str, Any]] = {
        "as planned": {},
        "null": {"hazard_ratio_positive": 1.0, "hazard_ratio_negative": 1.0},
        "subgroup only": {"hazard_ratio_negative": 1.0},
        "both": {"hazard_ratio_negative": planned.hazard_ratio_positive},
        "prognostic only": {"hazard_ratio_positive": 1.0, "hazard_ratio_negative": 1.0, "prognostic": 2.0},
        "misplaced cut-off": {"cutoff_shift": planned.prevalence / 2.0},
        "delayed effect": {"delay": planned.delay + median / 4.0},
        "lower prevalence": {"prevalence": planned.prevalence / 2.0, "cutoff_shift": planned.cutoff_shift / 2.0},
        "drop-out": {"dropout": planned.dropout - np.log(0.9) / median},
        "assay drift": {"assay_end": end},
    }
    return {name: replace(planned, name=name, **change) for name, change in changes.items()}
