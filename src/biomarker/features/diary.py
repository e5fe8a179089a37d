"""Features of a diary: level, trend, variability and adherence of each item in a window."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.features.builder import Builder, Built, Matching, match_subjects
from biomarker.features.labs import SLOPE_DAYS
from biomarker.features.window import WindowSettings, days_from_index, without_features

__all__ = ["DIARY", "SUMMARIES", "DiaryFeatures", "build_diary"]

Summary = Literal["level", "trend", "variability", "adherence"]
SUMMARIES = {
    "level": "mean of the days' means",
    "trend": "least-squares slope of the days' means per 30 days, where two days are known",
    "variability": "standard deviation of the days' means, where three days are known",
    "adherence": "share of the window's days with an entry",
}
_LABELS = {"level": "mean", "trend": "trend", "variability": "variability", "adherence": "share of days with an entry"}


@dataclass(frozen=True, kw_only=True)
class DiaryFeatures(WindowSettings):
    """Settings of features of a diary."""

    window: tuple[int, int] = field(
        default=(-14, 0), metadata={"doc": "First and last day, relative to the index date, whose entries are used."}
    )
    summaries: tuple[Summary, ...] = field(
        default=("level", "trend", "variability", "adherence"), metadata={"doc": "What to make of each item."}
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.summaries if name not in SUMMARIES]
        if unknown or not self.summaries:
            raise ConfigError(f"summaries: {', '.join(unknown) or 'none'} given", f"Known are {', '.join(SUMMARIES)}.")


def build_diary(content: pl.DataFrame, settings: DiaryFeatures, *, subjects: pl.DataFrame) -> Built:
    """Make features of entries, one subject at a time.

    Entries of one item on one day are averaged first, so that a busy day counts once. Let ``v_d`` be the means of the
    days of the window ``[a, b]``: ``level = mean v_d``, ``trend = 30 * slope of v_d on d``, ``variability`` the
    standard deviation of ``v_d`` (with ``n - 1``), ``adherence = number of days / (b - a + 1)``.

    Parameters
    ----------
    content : polars.DataFrame
        ``subject_id, item, value, date``.
    settings : DiaryFeatures
    subjects : polars.DataFrame
        ``subject_id`` and ``date_<index_date>``.

    Returns
    -------
    Built
        Features ``<item>.<summary>``; subjects without any entry in the window are absent and counted.

    Notes
    -----
    **Valid when** entries are missing for reasons that have nothing to do with the value: who feels ill may write less,
    which adherence tells and level hides.
    """
    cohort = subjects["subject_id"].to_list()
    source = content["subject_id"].unique(maintain_order=True).to_list()
    _, unknown = match_subjects(source, cohort)
    days = days_from_index(content, settings, subjects, what="entries")
    low, high = settings.window
    by = ["subject_id", "item", "d"]
    daily = days.filter(pl.col("d").is_between(low, high)).group_by(by).agg(pl.col("value").mean()).sort(by)
    if daily.is_empty():
        raise InsufficientDataError(
            f"no entry of the cohort lies between day {low} and day {high} of the index date", "Check `window`."
        )
    d, v = pl.col("d") - pl.col("d").mean(), pl.col("value") - pl.col("value").mean()
    wide = daily.group_by("subject_id", "item", maintain_order=True).agg(
        level=pl.col("value").mean(),
        trend=pl.when(pl.len() >= 2).then(SLOPE_DAYS * (d * v).sum() / (d * d).sum()),
        variability=pl.when(pl.len() >= 3).then(pl.col("value").std()),
        adherence=pl.len() / (high - low + 1),
    )
    known = set(wide["subject_id"])
    used = [subject for subject in cohort if subject in known]
    items = wide["item"].unique().sort().to_list()
    row, column = ({name: i for i, name in enumerate(names)} for names in (used, items))
    values = np.full((len(used), len(items), len(settings.summaries)), np.nan)
    rows = wide["subject_id"].replace_strict(row, return_dtype=pl.Int64).to_numpy()
    columns = wide["item"].replace_strict(column, return_dtype=pl.Int64).to_numpy()
    for k, name in enumerate(settings.summaries):
        values[rows, columns, k] = wide[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    pairs = [(item, name) for item in items for name in settings.summaries]
    table = pl.DataFrame(
        {
            "feature_id": [f"{item}.{name}" for item, name in pairs],
            "label": [f"{item}, {_LABELS[name]}" for item, name in pairs],
            "unit": ["per 30 days" if name == "trend" else "" for _, name in pairs],
            "item": [item for item, _ in pairs],
            "summary": [name for _, name in pairs],
        }
    )
    content_values = FeatureValues(values.reshape(len(used), -1), table, tuple(used), "native")
    excluded = without_features(cohort, source, used, days)
    return Built(content_values, Matching(len(cohort), len(used), excluded, unknown))


DIARY = Builder(type="diary", settings=DiaryFeatures, build=build_diary)
