"""The rows of balance and positivity of every comparison."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker import rng
from biomarker.data.cohort import Cohort
from biomarker.quality.balance import arm_balance, positivity
from biomarker.quality.findings import Findings

if TYPE_CHECKING:
    from biomarker.quality.judge import JudgeSettings

__all__ = ["judge_arms"]


def judge_arms(found: Findings, cohort: Cohort, groups: Mapping[str, str], settings: "JudgeSettings") -> None:
    """Covariates between arms, and levels of covariates that are in one arm only."""
    if cohort.treatment is None:
        return
    columns, names = cohort.covariate_columns()
    levels = _levels(cohort, groups)
    for comparison in cohort.treatment.comparisons:
        codes = {comparison.active: 1.0, comparison.control: 0.0}
        active = np.array([codes.get(arm, np.nan) if arm is not None else np.nan for arm in cohort.treatment.arms])
        generator = rng.stream(settings.seed, "quality", "balance", comparison.name)
        balance = arm_balance(columns, names, active, rng=generator, permutations=settings.permutations)
        if balance is not None:
            for name, difference in balance.differences.items():
                found.balance.append({
                    "comparison": comparison.name, "covariate": name, "difference": difference,
                    "n_active": balance.n_active, "n_control": balance.n_control, "p_omnibus": balance.p_value,
                })  # fmt: skip
            worst = max(balance.differences, key=lambda name: abs(balance.differences[name]))
            off = balance.p_value <= settings.level
            found.add("balance", item=comparison.name, n=len(names), flagged=len(names) if off else 0,
                      loud=off and cohort.treatment.assignment == "randomised",
                      statistic=balance.differences[worst], p=balance.p_value,
                      message=f"covariates between arms; largest standardised difference: {worst}")  # fmt: skip
        kinds = positivity(levels, active)
        if kinds is not None:
            found.add("positivity", item=comparison.name, n=len(levels), flagged=len(kinds.one_sided),
                      loud=True, statistic=kinds.lowest_share,
                      message=f"kinds of patients in one arm only; smallest share: {kinds.level}")  # fmt: skip


def _levels(cohort: Cohort, groups: Mapping[str, str]) -> dict[str, NDArray[np.bool_]]:
    """Kinds of patients: levels of text, quarters of numbers, sites."""
    levels: dict[str, NDArray[np.bool_]] = {}
    for name in cohort.covariates.columns:
        series = cohort.covariates[name]
        if series.dtype == pl.String:
            levels |= _of_text(name, series.to_list())
            continue
        x = series.cast(pl.Float64).to_numpy()
        known = x[np.isfinite(x)]
        if len(np.unique(known)) <= 4:
            levels |= {f"{name} {value:g}": x == value for value in np.unique(known)}
            continue
        cuts = np.quantile(known, [0.25, 0.5, 0.75])
        with np.errstate(invalid="ignore"):
            quarter = np.where(np.isfinite(x), np.searchsorted(cuts, x), -1)
        levels |= {f"{name}, quarter {k + 1}": quarter == k for k in range(4)}
    if groups:
        levels |= _of_text("site", [groups.get(s) for s in cohort.subject_ids])
    return levels


def _of_text(name: str, labels: list[str | None]) -> dict[str, NDArray[np.bool_]]:
    held = np.array(labels, dtype=object)
    return {f"{name} {label}": held == label for label in sorted({v for v in labels if v is not None})}
