"""A cohort made of patient records: an index event, outcomes after it, and the time at risk between."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from biomarker.errors import InsufficientDataError

__all__ = ["IDS", "CohortSettings", "Event", "Outcome", "SubjectsType", "build_cohort"]

SubjectsType = Literal["table", "adam", "sdtm", "omop", "fhir"]
#: What the standards call the subject's id.
IDS = {"adam": "USUBJID", "sdtm": "USUBJID", "omop": "person_id", "fhir": "patient_id"}
Domain = Literal["drug", "condition", "measurement", "visit", "observation", "procedure"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Records of some concepts of a domain."""

    domain: Domain = field(metadata={"doc": "Of what kind the records are."})
    concepts: tuple[int | str, ...] = field(
        metadata={"doc": "Concept ids (OMOP) or codes (FHIR); the records that have one of them."}
    )
    descendants: bool = field(
        default=False, metadata={"doc": "Also records of their descendants; needs the table concept_ancestor."}
    )
    eras: bool = field(default=False, metadata={"doc": "Drugs and conditions: of their eras, not of single records."})


@dataclass(frozen=True, kw_only=True)
class Outcome(Event):
    """An event that is looked for after the index date."""

    at_risk: tuple[int, int | None] = field(
        default=(1, None),
        metadata={"doc": "First and last day after the index date on which the event counts; null: to the end."},
    )
    prior: Literal["keep", "exclude"] = field(
        default="keep",
        metadata={"doc": "Persons who had the event before their time at risk: keep them, or leave them out."},
    )


@dataclass(frozen=True, kw_only=True)
class CohortSettings:
    """Who of the persons in the records is studied, from when on, and what is looked for."""

    index: Event = field(metadata={"doc": "The event whose first date is a person's index date, day 0."})
    observation: Literal["any", "index"] = field(
        default="index",
        metadata={"doc": "Require the index date inside an observation period of the person (index), or not (any)."},
    )
    prior_days: int = field(default=0, metadata={"doc": "Days of observation before the index date that are required."})
    followed: Literal["last record", "data"] = field(
        default="last record",
        metadata={
            "doc": "Of FHIR, which has no observation periods: a patient is followed to their own last record, "
            "or to that of anybody in the data (data); in both to death at most."
        },
    )
    outcomes: dict[str, Outcome] = field(
        default_factory=dict, metadata={"doc": "By name: the columns <name>, <name>_days of the subject table."}
    )


def build_cohort(
    persons: pl.DataFrame,
    index: pl.DataFrame,
    outcomes: Mapping[str, pl.DataFrame],
    periods: pl.DataFrame | None,
    settings: CohortSettings,
    *,
    name: str,
) -> tuple[pl.DataFrame, dict[str, int]]:
    """The cohort as a table, a row a person, and why the other persons are none of it.

    The index date is the first date of the index event; of several concepts on that date the smallest id. Let ``t`` be
    the days from the index date to the first record of an outcome inside its time at risk ``[a, b]``, and ``e`` those
    to the end of observation (of the period that holds the index date). An event after ``e`` was not observed and does
    not count, as nobody else's after their own. Then ``<outcome>`` is 1 where there is such a record, else 0;
    ``<outcome>_days`` is ``t``, else ``min(e, b)``, at least half a day. Where ``e`` is not known the days are null for
    everybody, also with an event: only those with one would have a time.

    Parameters
    ----------
    persons : polars.DataFrame
        ``person_id`` (each once) and what is known of them.
    index, outcomes : polars.DataFrame
        ``person_id, concept, date`` of the records.
    periods : polars.DataFrame, optional
        ``person_id, start, end``.
    settings : CohortSettings
    name : str
        Of the records, for messages.

    Returns
    -------
    table : polars.DataFrame
        The columns of ``persons``, ``index_date``, ``index_concept``, and two columns an outcome.
    excluded : dict of str to int
        Persons by the reason why they are not in the cohort; together with the table they are all persons.

    Notes
    -----
    **Valid when** whoever has no record of the outcome had none while observed: records of care that took place
    elsewhere are not there. Persons who die or leave are censored, not followed.
    """
    first = (
        index.drop_nulls("date")
        .sort("person_id", "date", pl.col("concept").cast(pl.Int64, strict=False), "concept")
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", index_date="date", index_concept="concept")
    )
    table = persons.join(first, on="person_id", how="left", maintain_order="left")
    excluded: dict[str, int] = {}
    table = _without(table, table["index_date"].is_null(), "no record of the index event", excluded)
    table = _observed(table, periods, settings, excluded)
    for outcome, given in settings.outcomes.items():
        table = _with_outcome(table, outcomes[outcome], outcome, given, excluded)
    if table.is_empty():
        raise InsufficientDataError(
            f"{name}: nobody is in the cohort: {'; '.join(f'{why}: {n}' for why, n in excluded.items())}",
            "Check subjects.cohort: the concepts of its index event, and what it asks of observation.",
        )
    return table.drop("end"), excluded


def _without(table: pl.DataFrame, gone: pl.Series, why: str, excluded: dict[str, int]) -> pl.DataFrame:
    n = int(gone.sum())
    excluded.update({why: excluded.get(why, 0) + n} if n else {})
    return table.filter(~gone)


def _observed(
    table: pl.DataFrame, periods: pl.DataFrame | None, settings: CohortSettings, excluded: dict[str, int]
) -> pl.DataFrame:
    """The table with ``end`` of observation, without those whose index date is not observed where that is asked for."""
    if periods is None:
        return table.with_columns(end=pl.lit(None, pl.Date))
    inside = (
        table.select("person_id", "index_date")
        .join(periods, on="person_id", how="inner")
        .filter(pl.col("index_date").is_between("start", "end"))
        .group_by("person_id")
        .agg(pl.col("start").min(), pl.col("end").max())
    )
    table = table.join(inside, on="person_id", how="left", maintain_order="left")
    if settings.observation == "index":
        table = _without(table, table["start"].is_null(), "the index date is in no observation period", excluded)
    if settings.prior_days:
        short = (table["index_date"] - table["start"]).dt.total_days() < settings.prior_days
        why = f"observed for less than {settings.prior_days} days before the index date"
        table = _without(table, short.fill_null(value=True), why, excluded)
    return table.drop("start")


def _with_outcome(
    table: pl.DataFrame, events: pl.DataFrame, name: str, given: Outcome, excluded: dict[str, int]
) -> pl.DataFrame:
    low, high = given.at_risk
    days = (
        events.drop_nulls("date")
        .join(table.select("person_id", "index_date"), on="person_id", how="inner")
        .select("person_id", d=(pl.col("date") - pl.col("index_date")).dt.total_days())
    )
    if given.prior == "exclude":
        before = days.filter(pl.col("d") < low)["person_id"].unique()
        why = f"{name}: had the event before the time at risk"
        table = _without(table, table["person_id"].is_in(before.implode()), why, excluded)
    within = pl.col("d") >= low if high is None else pl.col("d").is_between(low, high)
    first = days.filter(within).group_by("person_id").agg(pl.col("d").min().alias("_event"))
    table = table.join(first, on="person_id", how="left", maintain_order="left")
    end = (pl.col("end") - pl.col("index_date")).dt.total_days()
    table = table.with_columns(
        _event=pl.when((pl.col("_event") > end).fill_null(value=False)).then(None).otherwise("_event")
    )
    end = end if high is None else pl.when(end.is_not_null()).then(pl.min_horizontal(end, pl.lit(high)))
    time = pl.when(end.is_not_null()).then(pl.coalesce("_event", end)).cast(pl.Float64).clip(lower_bound=0.5)
    return table.with_columns(
        pl.col("_event").is_not_null().cast(pl.Int64).alias(name), time.alias(f"{name}_days")
    ).drop("_event")
