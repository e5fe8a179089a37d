"""Subjects of FHIR resources: a cohort by an index event, with outcomes and time at risk."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from biomarker.errors import ConfigError, DataError
from biomarker.ingest.cohort import CohortSettings, Event, build_cohort
from biomarker.ingest.fhir import records_of
from biomarker.ingest.fhir_files import Resources, read_resources
from biomarker.ingest.partial import latest_day
from biomarker.ingest.reading import Table

__all__ = ["fhir_roster"]

#: Types of resource of each domain of events.
KINDS = {
    "drug": ("MedicationRequest", "MedicationStatement", "MedicationAdministration"),
    "condition": ("Condition",),
    "measurement": ("Observation",),
    "observation": ("Observation",),
    "visit": ("Encounter",),
    "procedure": ("Procedure", "Immunization"),
}
_EVENTS = tuple(dict.fromkeys(kind for kinds in KINDS.values() for kind in kinds))


def fhir_roster(
    path: str, settings: CohortSettings | None, *, base: Path
) -> tuple[Table, int, Mapping[str, int], tuple[str, ...]]:
    """The cohort: ``patient_id, gender, birth_year, age`` (at the index date), and the columns of `build_cohort`.

    A patient is observed from the first to the last record, or (``followed: data``) to the last record of anybody; to
    death at most. The index event's concept is the first of its codes that
    was asked for; ``*`` among the concepts is any record of the domain.

    Returns
    -------
    table, patients, excluded, notes
    """
    if settings is None:
        raise ConfigError("subjects of fhir need a cohort", "Give `subjects.cohort` its `index` event.")
    resources = read_resources(base / path)
    patients = _patients(resources)
    everything = pl.concat([_records(resources, kind, {"*"}) for kind in _EVENTS])
    periods = _periods(everything, patients, settings)
    index = _of_event(resources, settings.index)
    outcomes = {name: _of_event(resources, outcome) for name, outcome in settings.outcomes.items()}
    table, excluded = build_cohort(patients, index, outcomes, periods, settings, name=resources.name)
    age = table["index_date"].dt.year() - table["birth_year"]
    text = table.with_columns(age=age).rename({"person_id": "patient_id"}).select(pl.all().cast(pl.String))
    notes = tuple(_follow_up(table, everything, name) for name in outcomes) if settings.followed != "data" else ()
    return Table(text, Path(resources.name), 1), patients.height, excluded, notes


def _periods(everything: pl.DataFrame, patients: pl.DataFrame, settings: CohortSettings) -> pl.DataFrame:
    """``person_id, start, end`` of observation."""
    periods = everything.group_by("person_id").agg(start=pl.col("date").min(), end=pl.col("date").max())
    if settings.followed == "data":
        periods = periods.with_columns(end=pl.lit(everything["date"].max(), pl.Date))
    died = latest_day(patients["death_date"])[0]
    dead = periods.join(patients.select("person_id", died=died), on="person_id", how="left", maintain_order="left")
    at_death = pl.when(pl.col("died") < pl.col("end")).then(pl.max_horizontal("died", "start")).otherwise("end")
    return dead.select("person_id", "start", end=at_death)


def _follow_up(table: pl.DataFrame, everything: pl.DataFrame, outcome: str) -> str:
    """What to say of a follow-up that ends with the last record."""
    last = everything.group_by("person_id").agg(last=pl.col("date").max())
    event = table.filter(pl.col(outcome) == 1).join(last, on="person_id", how="left")
    days = (pl.col("last") - pl.col("index_date")).dt.total_days().cast(pl.Float64).clip(lower_bound=0.5)
    n = event.filter(days <= pl.col(f"{outcome}_days")).height
    return (
        f"{outcome}: follow-up ends with a patient's last record, which an event makes itself and an uneventful time "
        f"does not, so that rates come out too high; in {n} of {event.height} with it nothing is recorded later. "
        "`cohort: {followed: data}` follows everybody to the last record of anybody, or to death"
    )


def _patients(resources: Resources) -> pl.DataFrame:
    rows = []
    for item in resources.of("Patient"):
        if item.fault:
            continue
        identity, born, gender = (item.content.get(key) for key in ("id", "birthDate", "gender"))
        if not isinstance(identity, str) or not identity:
            raise DataError(f"{item.file}, {item.line}: a patient without id", "Each patient needs an id.")
        year = int(born[:4]) if isinstance(born, str) and born[:4].isdigit() and len(born) >= 4 else None
        died = item.content.get("deceasedDateTime")
        died = died[:10] if isinstance(died, str) else None
        rows.append((identity, gender if isinstance(gender, str) else None, year, died))
    if not rows:
        raise DataError(f"{resources.name} holds no Patient", "Give the folder of all resources.")
    schema = {"person_id": pl.String, "gender": pl.String, "birth_year": pl.Int64, "death_date": pl.String}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    again = int(table["person_id"].is_duplicated().sum())
    if again:
        raise DataError(f"{resources.name}: {again} Patient resources share an id", "Keep one resource a patient.")
    return table


def _of_event(resources: Resources, event: Event) -> pl.DataFrame:
    if event.descendants or event.eras:
        raise ConfigError("FHIR has neither eras nor descendants of a concept", "List every code under `concepts`.")
    wanted = {str(concept) for concept in event.concepts}
    return pl.concat([_records(resources, kind, wanted) for kind in KINDS[event.domain]])


def _records(resources: Resources, kind: str, wanted: set[str]) -> pl.DataFrame:
    """``person_id, concept, date`` of the records of a type with one of the codes."""
    found, _, _ = records_of(resources, kind, set() if "*" in wanted else wanted)
    rows = {
        "person_id": [record.patient for record in found],
        "concept": [next((c for c in (*record.codes, record.name) if c in wanted), record.name) for record in found],
        "begin": [record.begin for record in found],
    }
    table = pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String))
    return table.select("person_id", "concept", date=latest_day(table["begin"])[0])
