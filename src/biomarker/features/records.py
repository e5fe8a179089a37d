"""Features of clinical records of either kind: measurements as laboratory values, events as events."""

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from biomarker.features.builder import Builder, Built
from biomarker.features.events import EventsFeatures, EventStatistic, build_events
from biomarker.features.labs import LabsFeatures, build_labs

__all__ = ["RECORD_BUILDERS", "RecordsFeatures", "build_records"]

#: Types of modality that give measurements and nothing else, and those that give either.
MEASUREMENTS = ("sdtm-lb", "sdtm-vs")
EITHER = ("adam", "fhir", "omop")


@dataclass(frozen=True, kw_only=True)
class RecordsFeatures(LabsFeatures):
    """Settings of features of records."""

    window: tuple[int, int] = field(
        default=(-365, 0), metadata={"doc": "First and last day, relative to the index date, whose records are used."}
    )
    events: tuple[EventStatistic, ...] = field(
        default=("any",),
        metadata={"doc": "What to make of the events of one name: any, count, days_since, total."},
    )
    absent: Literal["no", "missing"] = field(
        default="no",
        metadata={
            "doc": "Subjects without any event in the window had none (no), or were not asked: theirs are missing."
        },
    )


def build_records(content: pl.DataFrame, settings: RecordsFeatures, *, subjects: pl.DataFrame) -> Built:
    """Make features of records: by `build_labs` where there are values of tests, else by `build_events`.

    Notes
    -----
    **Valid when** what `build_labs` and `build_events` ask holds.
    """
    if "test" in content.columns:
        return build_labs(content, settings, subjects=subjects)
    own = EventsFeatures(
        when=settings.when,
        landmark=settings.landmark,
        index_date=settings.index_date,
        window=settings.window,
        events=settings.events,
        absent=settings.absent,
    )
    return build_events(content, own, subjects=subjects)


RECORD_BUILDERS = (
    *(Builder(type=name, settings=LabsFeatures, build=build_labs, lazy=True) for name in MEASUREMENTS),
    *(Builder(type=name, settings=RecordsFeatures, build=build_records) for name in EITHER),
)
