"""Which subjects an analysis uses, what it adjusts for, and where the others went."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.data.tables import NO_COMPARISON
from biomarker.data.treatment import Comparison, Treatment
from biomarker.errors import ConfigError

__all__ = ["Analysis", "analyses", "strata_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Analysis:
    """One question asked of the cohort.

    Attributes
    ----------
    contrast : str
    comparison : str
        Name of the compared arms, or ``none``.
    excluded : mapping of reason to array (n_subjects,) of bool
        Subjects left out whatever the feature; a subject stands under its first reason only.
    covariates : array (n_subjects, n_columns)
        Without intercept. NaN in subjects that are excluded.
    treatment : array (n_subjects,) or None
        1 active, 0 control, for the predictive contrast.
    probability : float or None
        Of the active arm in a randomised comparison; None where it was not randomised, or arms are not compared.
    """

    contrast: str
    comparison: str
    excluded: dict[str, NDArray[np.bool_]]
    covariates: Floats
    treatment: Floats | None
    probability: float | None = None

    @property
    def used(self) -> NDArray[np.bool_]:
        """Subjects that are analysed as far as treatment and covariates go."""
        used = np.ones(len(self.covariates), dtype=bool)
        for out in self.excluded.values():
            used &= ~out
        return used


def analyses(cohort: Cohort, contrast: str) -> list[Analysis]:
    """The analyses that a contrast asks for.

    ``response`` (no treatment given) and ``prognostic`` are one analysis of all subjects; the prognostic one adjusts
    for the arm, so that its estimate is the association common to all arms. ``predictive`` is one analysis a
    comparison, of the subjects of its two arms.
    """
    columns, names = cohort.covariate_columns()
    treatment = cohort.treatment
    if (contrast == "response") == (treatment is not None):
        kind = "a study with treatment" if treatment is not None else "a study without treatment"
        raise ConfigError(f"the contrast {contrast} cannot be asked of {kind}")
    incomplete = _incomplete(columns, names)
    if treatment is None:
        return [Analysis(contrast, NO_COMPARISON, _first_reason(incomplete), columns, None)]
    if contrast == "prognostic":
        arms = _arm_indicators(treatment.arms)
        unknown = np.array([arm is None for arm in treatment.arms])
        reasons = {"treatment arm missing": unknown, **incomplete}
        return [Analysis(contrast, NO_COMPARISON, _first_reason(reasons), np.column_stack([columns, arms]), None)]
    return [_predictive(comparison, treatment, columns, incomplete) for comparison in treatment.comparisons]


def strata_of(cohort: Cohort, names: Sequence[str], *, arms: bool = False) -> NDArray[np.int64]:
    """Stratum of each subject, (n_subjects,): the combination of some covariates' levels, and of the arm where asked.

    A missing value is a level of its own; without names all subjects are one stratum.
    """
    parts = [cohort.covariates[name].cast(pl.String).fill_null("").to_list() for name in names]
    if arms and cohort.treatment is not None:
        parts.append([arm or "" for arm in cohort.treatment.arms])
    labels = ["\x1f".join(levels) for levels in zip(*parts, strict=True)] or [""] * cohort.n_subjects
    return np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _predictive(
    comparison: Comparison, treatment: Treatment, columns: Floats, incomplete: dict[str, NDArray[np.bool_]]
) -> Analysis:
    indicator = treatment.indicator(comparison)
    probability = treatment.probability if treatment.assignment == "randomised" else None
    reasons = {"in neither of the compared arms": np.isnan(indicator), **incomplete}
    return Analysis("predictive", comparison.name, _first_reason(reasons), columns, indicator, probability)


def _arm_indicators(arms: tuple[str | None, ...]) -> Floats:
    levels = sorted({arm for arm in arms if arm is not None})
    return np.column_stack(
        [np.array([np.nan if arm is None else float(arm == level) for arm in arms]) for level in levels[1:]]
        or [np.empty((len(arms), 0))]
    )


def _incomplete(columns: Floats, names: tuple[str, ...]) -> dict[str, NDArray[np.bool_]]:
    """Subjects without a covariate, by covariate; levels of one covariate count as one."""
    reasons: dict[str, NDArray[np.bool_]] = {}
    for index, name in enumerate(names):
        missing = np.isnan(columns[:, index])
        if missing.any():
            reasons.setdefault(f"covariate missing: {name.split(' = ')[0]}", missing)
    return reasons


def _first_reason(reasons: dict[str, NDArray[np.bool_]]) -> dict[str, NDArray[np.bool_]]:
    first: dict[str, NDArray[np.bool_]] = {}
    taken = None
    for reason, out in reasons.items():
        alone = out if taken is None else out & ~taken
        taken = out if taken is None else taken | out
        if alone.any():
            first[reason] = alone
    return first
