"""Subjects of OMOP's common data model: a cohort by an index event, with outcomes and time at risk."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from biomarker.errors import ConfigError, DataError
from biomarker.ingest.cdm import DOMAINS, Cdm, concept_list, open_cdm
from biomarker.ingest.cohort import CohortSettings, Event, build_cohort
from biomarker.ingest.omop import require_ancestors
from biomarker.ingest.reading import Table

__all__ = ["omop_roster"]

GENDERS = {8507: "male", 8532: "female"}


def omop_roster(
    path: str, settings: CohortSettings | None, *, base: Path
) -> tuple[Table, int, Mapping[str, int], tuple[str, ...]]:
    """The cohort: ``person_id, gender, year_of_birth, age`` (at the index date), and the columns of `build_cohort`.

    Returns
    -------
    table, persons, excluded, notes

    Raises
    ------
    SchemaError, DataError
        A table or column is not there, or a person stands twice.
    InsufficientDataError
        Nobody is in the cohort.
    """
    if settings is None:
        raise ConfigError("subjects of omop need a cohort", "Give `subjects.cohort` its `index` event.")
    cdm = open_cdm(path, base=base)
    try:
        persons, periods, notes = _persons(cdm, settings)
        index = _records(cdm, settings.index)
        outcomes = {name: _records(cdm, outcome) for name, outcome in settings.outcomes.items()}
    finally:
        cdm.close()
    table, excluded = build_cohort(persons, index, outcomes, periods, settings, name=cdm.name)
    age = table["index_date"].dt.year() - table["year_of_birth"]
    text = table.with_columns(age=age).select(pl.all().cast(pl.String))
    return Table(text, Path(cdm.name), 1), persons.height, excluded, notes


def _persons(cdm: Cdm, settings: CohortSettings) -> tuple[pl.DataFrame, pl.DataFrame | None, tuple[str, ...]]:
    cdm.require("person", ["person_id", "year_of_birth", "gender_concept_id"])
    persons = cdm.query("SELECT person_id, year_of_birth, gender_concept_id FROM person ORDER BY person_id")
    again = persons["person_id"].is_duplicated()
    if again.any() or persons["person_id"].is_null().any():
        raise DataError(
            f"{cdm.name}: the table person has {int(again.sum())} rows of persons that stand twice, or without id",
            "Each person has one row.",
        )
    gender = persons["gender_concept_id"].replace_strict(GENDERS, default=None, return_dtype=pl.String)
    persons = persons.select("person_id", gender=gender, year_of_birth=pl.col("year_of_birth").cast(pl.Int64))
    if "death" in cdm.tables:
        cdm.require("death", ["person_id", "death_date"])
        died = cdm.query(
            "SELECT person_id, min(CAST(death_date AS DATE)) AS death_date FROM death GROUP BY 1 ORDER BY 1"
        )
        persons = persons.join(died, on="person_id", how="left", maintain_order="left")
    if "observation_period" not in cdm.tables:
        if settings.observation == "index" or settings.prior_days:
            cdm.require("observation_period", [])
        return persons, None, ()
    periods = cdm.query(
        "SELECT person_id, CAST(observation_period_start_date AS DATE) AS start, "
        'CAST(observation_period_end_date AS DATE) AS "end" FROM observation_period ORDER BY 1, 2, 3'
    )
    orphans = int((~periods["person_id"].is_in(persons["person_id"].implode())).sum())
    note = f"observation_period: {orphans} rows are of persons who are not in the table person"
    return persons, periods, (note,) if orphans else ()


def _records(cdm: Cdm, event: Event) -> pl.DataFrame:
    """``person_id, concept, date`` of the records of an event."""
    domain = DOMAINS[event.domain + (" era" if event.eras else "")]
    cdm.require(domain.table, ["person_id", domain.concept, domain.start])
    listed = concept_list(event.concepts)
    if event.descendants:
        require_ancestors(cdm)
        listed = f"SELECT descendant_concept_id FROM concept_ancestor WHERE ancestor_concept_id IN ({listed})"
    return cdm.query(
        f"SELECT person_id, CAST({domain.concept} AS VARCHAR) AS concept, CAST({domain.start} AS DATE) AS date "
        f"FROM {domain.table} WHERE {domain.concept} IN ({listed}) ORDER BY 1, 3, 2"
    )
