"""Dated records about day 0: which day each stands on, and which are looked at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from biomarker.errors import ConfigError, LeakageError, SchemaError
from biomarker.features.builder import BuilderSettings

__all__ = ["OUT_OF_WINDOW", "WindowSettings", "days_from_index", "without_features"]

#: Why a subject with values has no features.
OUT_OF_WINDOW = "no value in the window"


@dataclass(frozen=True, kw_only=True)
class WindowSettings(BuilderSettings):
    """What every builder of dated records needs to be told."""

    index_date: str | None = field(
        default=None,
        metadata={"doc": "Date column of the subject table that is day 0; not needed where the values carry a day."},
    )
    window: tuple[int, int] = field(
        default=(-28, 0), metadata={"doc": "First and last day, relative to the index date, whose values are used."}
    )

    def __post_init__(self) -> None:
        low, high = self.window
        if low > high:
            raise ConfigError(f"window: [{low}, {high}] ends before it begins", "The first day comes first: [-28, 0].")
        if self.when == "baseline" and high > 0:
            raise LeakageError(
                f"window: [{low}, {high}] reaches beyond the index date, but the modality says `when: baseline`",
                "End the window at day 0, or say `when: on-treatment`.",
            )
        if self.landmark is not None and high > self.landmark:
            raise LeakageError(
                f"window: [{low}, {high}] reaches beyond the landmark, day {self.landmark:g}",
                "What is measured later is not known at the landmark: end the window there.",
            )


def days_from_index(
    content: pl.DataFrame, settings: WindowSettings, subjects: pl.DataFrame, *, what: str
) -> pl.DataFrame:
    """Records of the cohort with ``d``, the days from the index date; null where that is not known.

    Raises
    ------
    ConfigError
        The records carry dates and no ``index_date`` is set.
    SchemaError
        The subject table lacks the index date.
    """
    if not content["date"].is_not_null().any():
        known = pl.col("subject_id").cast(pl.String).is_in(subjects["subject_id"].to_list())
        return content.with_columns(d=pl.col("day")).filter(known)
    index = index_days(settings, subjects, what=what)
    index = index.with_columns(pl.col("subject_id").cast(content.schema["subject_id"], strict=False)).drop_nulls(
        "subject_id"
    )
    joined = content.join(index, on="subject_id", how="inner", maintain_order="left")
    days = (pl.col("date") - pl.col("index")).dt.total_days().cast(pl.Float64)
    return joined.with_columns(d=days).drop("index")


def index_days(settings: WindowSettings, subjects: pl.DataFrame, *, what: str) -> pl.DataFrame:
    """``subject_id`` and ``index``, the date that is day 0, of every subject."""
    if settings.index_date is None:
        raise ConfigError(
            f"these {what} carry dates, and no index_date says which day is day 0",
            "Give the modality `index_date`, a date column of the subject table.",
        )
    column = f"date_{settings.index_date}"
    if column not in subjects.columns:
        known = [name.removeprefix("date_") for name in subjects.columns if name.startswith("date_")]
        raise SchemaError(
            f"the subject table holds no date {settings.index_date!r} (index_date)",
            f"Dates of the subject table: {', '.join(known) or 'none'}.",
        )
    return subjects.select("subject_id", index=pl.col(column).cast(pl.Date))


def without_features(
    cohort: Sequence[str], source: Sequence[str], used: Sequence[str], days: pl.DataFrame
) -> Mapping[str, int]:
    """Subjects of the cohort without features, by reason."""
    placed = set(days.filter(pl.col("d").is_not_null())["subject_id"])
    present, with_values = set(source), set(used)
    counts: Counter[str] = Counter()
    for subject in cohort:
        if subject not in with_values:
            if subject not in present:
                counts["not in the modality"] += 1
            elif subject not in placed:
                counts["the index date is missing"] += 1
            else:
                counts[OUT_OF_WINDOW] += 1
    return dict(counts)
