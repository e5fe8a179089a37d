"""Features of recorded events (adverse events, medication, conditions, visits, findings of notes)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.features.builder import Builder, Built, Matching, match_subjects
from biomarker.features.window import WindowSettings, days_from_index, index_days, without_features

__all__ = ["EVENTS", "EVENT_BUILDERS", "EventsFeatures", "build_events"]

EventStatistic = Literal["any", "count", "days_since", "total"]

#: What can be made of the records of one name in the window.
EVENTS = {
    "any": "1 where there is a record, else 0",
    "count": "days on which one begins",
    "days_since": "days from the latest to the index date; missing where there is none",
    "total": "sum of its values, such as doses",
}
_LABELS = {"any": "{}", "count": "{}, days with a record", "days_since": "{}, days since", "total": "{}, total"}
_UNITS = {"any": "", "count": "days", "days_since": "days", "total": ""}
#: Types of modality that give events and nothing else.
TYPES = ("sdtm-ae", "sdtm-cm", "sdtm-ds", "sdtm-ex", "sdtm-mh")


@dataclass(frozen=True, kw_only=True)
class EventsFeatures(WindowSettings):
    """Settings of features of events."""

    window: tuple[int, int] = field(
        default=(-36500, 0), metadata={"doc": "First and last day, relative to the index date, whose records are used."}
    )
    events: tuple[EventStatistic, ...] = field(
        default=("any",),
        metadata={"doc": "What to make of the records of one name: any, count, days_since, total."},
    )
    absent: Literal["no", "missing"] = field(
        default="no",
        metadata={
            "doc": "Subjects without any record in the window had none of the events (no), or were not asked: their "
            "features are missing."
        },
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.events if name not in EVENTS]
        if unknown or not self.events:
            raise ConfigError(f"events: {', '.join(unknown) or 'none'} given", f"Known are {', '.join(EVENTS)}.")


def build_events(content: pl.DataFrame, settings: EventsFeatures, *, subjects: pl.DataFrame) -> Built:
    """Make features of events, one subject at a time.

    Let ``d`` be the days from the index date to the begin of an event and ``e`` to its end. An event is looked at where
    ``d`` lies in the window ``[a, b]``, or where it began before and ``e >= a``: it was there in the window. One
    without any date is looked at where its source says that it was before (medical history). Of those of one name:

    - ``any``: 1 where there is one, else 0;
    - ``count``: the number of different days on which one begins;
    - ``days_since``: ``-max(d)``, missing where there is none;
    - ``total``: the sum of their values.

    Parameters
    ----------
    content : polars.DataFrame
        ``subject_id, name, date, end, day, value``; ``name`` is null for a record that says only that there was one (a
        note without findings).
    settings : EventsFeatures
    subjects : polars.DataFrame
        ``subject_id`` and, for dates, the column ``date_<index_date>``.

    Returns
    -------
    Built
        Features ``<name>`` (any) and ``<name>.<statistic>``, by name. Subjects whose index date is not known are absent
        and counted, and those without any record in the window where ``absent`` says so.

    Raises
    ------
    ConfigError, SchemaError
        No index date is set, or the subject table lacks it.
    InsufficientDataError
        No event of the cohort lies in the window.

    Notes
    -----
    **Valid when** an event that happened is recorded. Where records exist only of those who were looked after, a
    feature tells as much of the care as of the patient.
    """
    cohort = subjects["subject_id"].to_list()
    source = content["subject_id"].unique(maintain_order=True).to_list()
    _, unknown = match_subjects(source, cohort)
    days = _placed(content, settings, subjects)
    low, high = settings.window
    there = pl.col("d").is_between(low, high) | ((pl.col("d") < low) & (pl.col("e") >= low)) | pl.col("before")
    inside = days.filter(there)
    named = inside.drop_nulls("name")
    if named.is_empty():
        raise InsufficientDataError(
            f"no record of the cohort lies between day {low} and day {high} of the index date",
            "Check `index_date` and `window`.",
        )
    dated = content["date"].is_not_null().any()
    if settings.absent == "no":
        known = set(_with_index(settings, subjects)) if dated else set(cohort)
    else:
        known = set(inside["subject_id"])
    used = [subject for subject in cohort if subject in known]
    values = _matrix(named.filter(pl.col("subject_id").is_in(used)), settings.events, used)
    if settings.absent == "no":
        n = len(cohort) - len(used)
        excluded: Mapping[str, int] = {"the index date is missing": n} if n else {}
    else:
        excluded = without_features(cohort, source, used, days)
    return Built(values, Matching(len(cohort), len(used), excluded, unknown))


def _with_index(settings: EventsFeatures, subjects: pl.DataFrame) -> list[str]:
    return index_days(settings, subjects, what="records").drop_nulls("index")["subject_id"].to_list()


def _placed(content: pl.DataFrame, settings: EventsFeatures, subjects: pl.DataFrame) -> pl.DataFrame:
    """Records of the cohort with ``d`` and ``e``, days of begin and end, and whether they were ``before`` undated."""
    undated = content["date"].is_null() & content["day"].is_null()
    days = days_from_index(content.with_columns(before=undated), settings, subjects, what="records")
    length = (pl.col("end") - pl.col("date")).dt.total_days().cast(pl.Float64)
    return days.with_columns(e=pl.col("d") + length)


def _matrix(events: pl.DataFrame, wanted: Sequence[str], used: Sequence[str]) -> FeatureValues:
    """Values (n_subjects, n_features), names in alphabetical order."""
    long = (
        events.group_by("subject_id", "name")
        .agg(
            count=pl.col("d").n_unique().cast(pl.Float64),
            days_since=-pl.col("d").max(),
            total=pl.col("value").sum(),
        )
        .with_columns(any=pl.lit(1.0))
    )
    names = events["name"].unique().sort().to_list()
    row = {subject: i for i, subject in enumerate(used)}
    column = {name: j for j, name in enumerate(names)}
    rows = long["subject_id"].replace_strict(row, return_dtype=pl.Int64).to_numpy()
    columns = long["name"].replace_strict(column, return_dtype=pl.Int64).to_numpy()
    values = np.zeros((len(used), len(names), len(wanted)))
    for k, statistic in enumerate(wanted):
        if statistic == "days_since":
            values[:, :, k] = np.nan
        values[rows, columns, k] = long[statistic].to_numpy()
    pairs = [(name, statistic) for name in names for statistic in wanted]
    table = pl.DataFrame(
        {
            "feature_id": [name if statistic == "any" else f"{name}.{statistic}" for name, statistic in pairs],
            "label": [_LABELS[statistic].format(name) for name, statistic in pairs],
            "unit": [_UNITS[statistic] for _, statistic in pairs],
            "event": [name for name, _ in pairs],
            "statistic": [statistic for _, statistic in pairs],
        }
    )
    return FeatureValues(values.reshape(len(used), -1), table, tuple(used), "native")


@dataclass(frozen=True, kw_only=True)
class NotesFeatures(EventsFeatures):
    """Settings of features of notes: who has none was not asked."""

    absent: Literal["no", "missing"] = field(
        default="missing",
        metadata={"doc": "Subjects without any note in the window: their features are missing, or they had nothing."},
    )


EVENT_BUILDERS = (
    Builder(type="notes", settings=NotesFeatures, build=build_events),
    *(Builder(type=name, settings=EventsFeatures, build=build_events) for name in TYPES),
)
