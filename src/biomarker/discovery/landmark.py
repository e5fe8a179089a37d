"""Values taken under treatment against what follows from a landmark on: no candidates, and no predictors."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from biomarker.data.cohort import Cohort
from biomarker.data.landmark_tables import Landmark
from biomarker.data.timing import at_landmark
from biomarker.discovery.rank import RankSettings, kept_rows
from biomarker.discovery.screen import ScreenSettings, screen_modality

__all__ = ["landmark_analysis"]

NO_TIME = "no time to follow from the landmark"


def landmark_analysis(
    cohort: Cohort,
    modality: str,
    day: float,
    *,
    settings: ScreenSettings,
    rank: RankSettings,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every feature of a modality against every survival endpoint, from a landmark on (`at_landmark`).

    Adjusted for covariates and, where there are arms, for the arm. The family of a q-value is all tested features of
    the modality within an endpoint.

    Parameters
    ----------
    cohort : Cohort
    modality : str
    day : float
    settings : ScreenSettings
    rank : RankSettings
    progress : callable, optional

    Returns
    -------
    table : polars.DataFrame
        Columns of `Landmark`, a row a feature and endpoint, the smallest p-value first within an endpoint.
    flow : polars.DataFrame
        Columns of `biomarker.data.tables.Flow`, scope ``landmark``; also of the endpoints that cannot be asked.
    """
    later = at_landmark(cohort, day)
    contrast = "response" if cohort.treatment is None else "prognostic"
    screen, flow = screen_modality(later, modality, contrast, settings=settings, progress=progress)
    every = replace(rank, keep=screen.height)
    rows = kept_rows([screen], later.endpoints, every) if (screen["status"] == "ok").any() else screen.clear()
    untested = screen.filter(pl.col("status") != "ok")
    table = pl.concat([rows, untested], how="diagonal_relaxed").with_columns(landmark=pl.lit(float(day)))
    absent = set(Landmark.column_names()) - set(table.columns)
    table = table.with_columns(pl.lit(None, Landmark.columns[name].dtype).alias(name) for name in sorted(absent))
    order = {endpoint.name: place for place, endpoint in enumerate(later.endpoints)}
    place = pl.col("endpoint").replace_strict(order, return_dtype=pl.Int64)
    table = table.sort(place, "log10_p", "feature_id", nulls_last=True, maintain_order=True)
    return table.select(Landmark.column_names()), pl.concat([flow, *_not_asked(cohort, later, modality, flow)])


def _not_asked(cohort: Cohort, later: Cohort, modality: str, flow: pl.DataFrame) -> list[pl.DataFrame]:
    """Sums of the endpoints that have no time."""
    asked = {endpoint.name for endpoint in later.endpoints}
    names = [endpoint.name for endpoint in cohort.endpoints if endpoint.name not in asked]
    rows = [
        (name, *step)
        for name in names
        for step in (("in", None, cohort.n_subjects), ("excluded", NO_TIME, cohort.n_subjects), ("used", None, 0))
    ]
    if not rows:
        return []
    found = pl.DataFrame(rows, schema=["endpoint", "kind", "reason", "n"], orient="row")
    same = flow.select("comparison", "contrast").head(1)
    parts = found.with_columns(
        scope=pl.lit("landmark"),
        modality=pl.lit(modality),
        unit=pl.lit("subjects"),
        comparison=pl.lit(same["comparison"][0]),
        contrast=pl.lit(same["contrast"][0]),
    )
    return [parts.select(pl.col(name).cast(dtype) for name, dtype in flow.schema.items())]
