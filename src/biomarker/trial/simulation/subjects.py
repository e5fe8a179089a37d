"""Subjects of many studies at once: entry, marker, test, event and drop-out times."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.trial.designs.setting import Assay
from biomarker.trial.simulation.scenario import Scenario

__all__ = ["Subjects", "draw_subjects"]

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Subjects:
    """Randomised subjects, (n_trials, n_subjects); the first `n_treated` columns are treated.

    Attributes
    ----------
    entry : calendar time of entry.
    time : from entry to event or drop-out, whichever is first.
    event : whether it is the event.
    positive : whether the test is positive.
    """

    entry: Floats
    time: Floats
    event: Booleans
    positive: Booleans
    n_treated: int


def draw_subjects(
    scenario: Scenario, rng: np.random.Generator, *, trials: int, n: int, n_treated: int, enriched: bool
) -> Subjects:
    """Draw the randomised subjects of `trials` studies.

    Arms are exchangeable, so which columns are treated does not matter. In an enriched study all subjects are
    test-positive, and the marker follows the positive predictive value at the time of entry.
    """
    shape = (trials, n)
    entry = scenario.accrual * rng.random(shape)
    marker, positive = _marker_and_test(scenario, rng, entry, enriched=enriched)
    time = _event_time(scenario, rng.standard_exponential(shape), marker, n_treated)
    event = np.ones(shape, dtype=bool)
    if scenario.dropout > 0:
        leave = rng.standard_exponential(shape) / scenario.dropout
        event = time <= leave
        np.minimum(time, leave, out=time)
    return Subjects(entry, time, event, positive, n_treated)


def _marker_and_test(
    scenario: Scenario, rng: np.random.Generator, entry: Floats, *, enriched: bool
) -> tuple[Booleans, Booleans]:
    """True marker and test result of those who are randomised."""
    p, cut = scenario.prevalence, scenario.prevalence - scenario.cutoff_shift
    first, last = scenario.assay, scenario.assay if scenario.assay_end is None else scenario.assay_end
    perfect = all(assay.sensitivity == 1.0 and assay.specificity == 1.0 for assay in (first, last))
    if not enriched:
        # counted from the top: x < p is marker-positive
        x = rng.random(entry.shape)
        above = x < cut
        if perfect:
            return x < p, above
        se, fp = _chances(first, last, entry / scenario.accrual)
        return x < p, rng.random(entry.shape) < np.where(above, se, fp)
    if perfect:
        return (rng.random(entry.shape) * cut) < p, np.ones(entry.shape, dtype=bool)
    se, fp = _chances(first, last, entry / scenario.accrual)
    # place of a test-positive subject: above the cut-off with chance cut se / (cut se + (1 - cut) fp), uniform there
    total = cut * se + (1.0 - cut) * fp
    u = rng.random(entry.shape) * total
    x = np.where(u < cut * se, u / se, cut + (u - cut * se) / np.where(fp > 0, fp, 1.0))
    return x < p, np.ones(entry.shape, dtype=bool)


def _chances(first: Assay, last: Assay, when: Floats) -> tuple[Any, Any]:
    """Chance of a positive test above and below the cut-off, at each subject's entry."""
    if first == last:
        return first.sensitivity, 1.0 - first.specificity
    se = first.sensitivity + (last.sensitivity - first.sensitivity) * when
    return se, 1.0 - (first.specificity + (last.specificity - first.specificity) * when)


def _event_time(scenario: Scenario, unit: Floats, marker: Booleans, n_treated: int) -> Floats:
    """Event times from unit exponentials, by inverting each subject's cumulative hazard."""
    base = scenario.base
    level = np.where(marker, scenario.prognostic, 1.0)
    if len(base.rates) == 1 and scenario.delay == 0.0:
        level *= base.rates[0]
        level[:, :n_treated] *= np.where(
            marker[:, :n_treated], scenario.hazard_ratio_positive, scenario.hazard_ratio_negative
        )
        return np.divide(unit, level, out=unit)
    ratio = np.ones_like(level)
    ratio[:, :n_treated] = np.where(
        marker[:, :n_treated], scenario.hazard_ratio_positive, scenario.hazard_ratio_negative
    )
    cumulative = unit / level
    early = float(base.cumulative(scenario.delay))
    # after the delay the cumulative hazard grows by the hazard ratio
    return base.time_at(np.where(cumulative > early, early + (cumulative - early) / ratio, cumulative))
