"""The screen of permuted subjects: how much is discovered where nothing is left to discover."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import polars as pl

from biomarker.data.cohort import Cohort
from biomarker.data.tables import ScreenNull
from biomarker.discovery.analysis import strata_of
from biomarker.discovery.families import CORRECTIONS, FAMILY
from biomarker.discovery.permuted import PermutationSettings
from biomarker.discovery.screen import ScreenSettings, screen_modality
from biomarker.rng import stream

__all__ = ["P_THRESHOLDS", "negative_control", "permuted_cohort"]

#: Discoveries are counted at these p-values too, beside the false discovery rate of the study file.
P_THRESHOLDS = (0.05, 0.01, 0.001, 1e-4)


def negative_control(
    cohort: Cohort,
    screens: pl.DataFrame,
    *,
    settings: ScreenSettings,
    runs: int,
    seed: int,
    q: float,
    correction: Literal["benjamini-hochberg", "benjamini-yekutieli", "storey"],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> pl.DataFrame:
    """Discoveries of the screen among the real subjects (permutation 0) and among permuted ones (1, 2, ...).

    In each permuted run all endpoints, arms and covariates of a subject stay together and meet the features of another:
    what belongs together inside the features and inside the clinical data is kept, what links the two is gone. Families
    are those of the ranking: all modalities of an endpoint, comparison and contrast.

    Parameters
    ----------
    cohort : Cohort
        With all modalities.
    screens : polars.DataFrame
        The real screens of all contrasts and modalities: columns of `FAMILY`, ``modality, p_value, status``.
    settings : ScreenSettings
        Of the real screens; refits and permutation p-values are left out here, they decide nothing.
    runs, seed : int
        Permuted runs, and the study's seed.
    q : float
        False discovery rate.
    correction : str
        How q-values are computed.

    Returns
    -------
    polars.DataFrame
        Columns of `biomarker.data.tables.ScreenNull`.

    Notes
    -----
    Valid when subjects are exchangeable within `permuted_cohort`'s strata once nothing links features and endpoints. A
    covariate that goes with both is no stratum of itself: name it in ``screen.strata`` where it has levels. A missing
    value is drawn among those that the feature has; the real screen leaves its subject out.
    """
    contrasts = screens["contrast"].cast(pl.String).unique(maintain_order=True).to_list()
    nothing = PermutationSettings(count=0, seed=0)
    rows = [_discoveries(screens, 0, q, correction)]
    for run in range(1, runs + 1):
        rng = stream(seed, "negative control", run)
        moved = permuted_cohort(cohort, settings.strata, rng)
        plain = replace(settings, refit=0, ranks=False, permutations=nothing, complete=rng)
        parts = [screen_modality(moved, m, c, settings=plain)[0] for c in contrasts for m in cohort.matrices]
        rows.append(_discoveries(pl.concat(parts), run, q, correction))
        progress(run, runs)
    return pl.concat(rows)


def permuted_cohort(cohort: Cohort, strata: Sequence[str], rng: np.random.Generator) -> Cohort:
    """Each subject with the features of another of the same arm and the same levels of some covariates.

    Where patients have several samples, whole patients change places with others who have as many; one with a number of
    samples that nobody else has stays.
    """
    place = strata_of(cohort, strata, arms=True)
    ids = np.array(cohort.subject_ids)
    patients = np.arange(cohort.n_subjects) if cohort.patients is None else cohort.patients
    rows_of: dict[int, list[int]] = {}
    for row, patient in enumerate(patients):
        rows_of.setdefault(int(patient), []).append(row)
    alike: dict[tuple[int, ...], list[list[int]]] = {}
    for rows in rows_of.values():
        alike.setdefault(tuple(sorted(place[rows].tolist())), []).append(rows)
    moved = ids.copy()
    for group in alike.values():
        for here, there in enumerate(rng.permutation(len(group))):
            moved[_by_stratum(group[here], place)] = ids[_by_stratum(group[int(there)], place)]
    return replace(cohort, subject_ids=tuple(moved.tolist()))


def _by_stratum(rows: list[int], place: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[int]:
    return sorted(rows, key=lambda row: (place[row], row))


def _discoveries(screened: pl.DataFrame, run: int, q: float, correction: str) -> pl.DataFrame:
    """Counts by family and modality of one run."""
    families = []
    for _, family in screened.filter(pl.col("status") == "ok").group_by(FAMILY, maintain_order=True):
        q_values = pl.Series("q_value", CORRECTIONS[correction](family["p_value"].to_numpy()))
        families.append(family.select(*FAMILY, "modality", "p_value").with_columns(q_values))
    if not families:
        return ScreenNull.create_empty()
    told = pl.concat(families).group_by(*FAMILY, "modality", maintain_order=True)
    criteria = [("q_value", q), *(("p_value", p) for p in P_THRESHOLDS)]
    parts = [
        told.agg(
            pl.lit(run).cast(pl.Int64).alias("permutation"),
            pl.lit(criterion).alias("criterion"),
            pl.lit(threshold).alias("threshold"),
            pl.len().cast(pl.Int64).alias("tested"),
            (pl.col(criterion) <= threshold).sum().cast(pl.Int64).alias("discoveries"),
        )
        for criterion, threshold in criteria
    ]
    found = pl.concat(parts).select(ScreenNull.column_names())
    return found.with_columns(pl.col("contrast").cast(pl.String))
