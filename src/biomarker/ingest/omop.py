"""Source ``omop``: records of one domain of OMOP's common data model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.cdm import DOMAINS, Cdm, Domain, concept_list, concept_names, open_cdm
from biomarker.ingest.events import EVENT_RECORDS, refuse_no_rows
from biomarker.ingest.labs import RECORDS, LabsSettings, in_one_unit
from biomarker.ingest.reading import Table
from biomarker.ingest.source import Ingested, Source, SourceSettings, quarantine_rows

__all__ = ["SOURCE", "OmopSettings", "read_omop"]


@dataclass(frozen=True, kw_only=True)
class OmopSettings(SourceSettings):
    """Settings of ``omop``."""

    path: str = field(
        metadata={"doc": "Folder of the CDM's Parquet or CSV files, a DuckDB file, or `postgresql:SCHEMA`."}
    )
    domain: Literal["drug", "condition", "measurement", "visit", "observation", "procedure"] = field(
        metadata={"doc": "Of what kind the records are."}
    )
    eras: bool = field(default=False, metadata={"doc": "Drugs and conditions: eras, not single records."})
    concepts: tuple[int | str, ...] = field(
        default=(), metadata={"doc": "Concept ids that are meant; none: all that occur."}
    )
    rollup: tuple[int | str, ...] = field(
        default=(),
        metadata={
            "doc": "Ancestor concepts: each becomes one event, which any of its descendants is (concept_ancestor)."
        },
    )
    result: Literal["value", "done"] = field(
        default="value",
        metadata={"doc": "Measurements: their numbers (value), or that they were done, as events (done)."},
    )
    units: dict[str, str] = field(
        default_factory=dict, metadata={"doc": "The unit that a measurement's values are converted to, by its name."}
    )
    molar_masses: dict[str, float] = field(
        default_factory=dict, metadata={"doc": "g/mol by measurement, for those the package does not know."}
    )

    def __post_init__(self) -> None:
        if self.concepts and self.rollup:
            raise ConfigError("omop: both `concepts` and `rollup`", "Give one of them.")
        if self.eras and self.domain not in ("drug", "condition"):
            raise ConfigError(f"omop: there are no eras of {self.domain}", "Leave `eras` out.")


def read_omop(settings: OmopSettings, *, base: Path) -> Ingested:
    """Read records of one domain.

    Returns
    -------
    Ingested
        Of measurements the columns of laboratory values (test, value, unit, date, limits), with ``result: value``; of
        all else events. They are called by the concept's name. A row whose person is not in the table person (an
        orphan), without concept (0 is none), without date, or without value is quarantined by its key; rows of other
        concepts than those asked for are excluded and counted.

    Raises
    ------
    SchemaError
        A table, a column or the vocabulary that `rollup` needs is not there; values in different units and no target.
    DataError
        The records cannot be read, or no row can be used.
    """
    cdm = open_cdm(settings.path, base=base)
    try:
        return _read(cdm, settings)
    finally:
        cdm.close()


def _read(cdm: Cdm, settings: OmopSettings) -> Ingested:
    domain = DOMAINS[settings.domain + (" era" if settings.eras else "")]
    cdm.require("person", ["person_id"])
    cdm.require(domain.table, [domain.key, "person_id", domain.concept, domain.start])
    numeric = settings.domain == "measurement" and settings.result == "value"
    rows_in = int(cdm.query(f"SELECT count(*) AS n FROM {domain.table}").item())
    chosen = _chosen(cdm, domain, settings)
    source = f"{domain.table} t LEFT JOIN (SELECT DISTINCT person_id FROM person) p ON t.person_id = p.person_id"
    reason = _reason(domain, numeric=numeric)
    bad = cdm.query(
        f"SELECT key, reason FROM (SELECT t.{domain.key} AS key, {reason} AS reason FROM {source} {chosen}) r "
        "WHERE reason IS NOT NULL ORDER BY key"
    )
    columns = _columns(cdm, domain, numeric=numeric)
    # the order of the rows decides nothing: values of a day are averaged, and the sum of a few is rounded alike
    good = cdm.query(
        f"SELECT {columns} FROM (SELECT t.*, {reason} AS reason FROM {source} {chosen}) t "
        f"WHERE reason IS NULL ORDER BY t.person_id, t.{domain.concept}, t.{domain.start}, t.{domain.key}"
    )
    others = rows_in - bad.height - good.height
    excluded = {"another concept": others} if others else {}
    fields = bad["reason"].replace_strict(_FIELDS | {_NO_VALUE: "value_as_number"}, default="person_id")
    quarantine = quarantine_rows(
        file=domain.table,
        lines=_lines(bad["key"]),
        field=fields.cast(pl.String),
        value=pl.Series([None] * bad.height, dtype=pl.String),
        reason=bad["reason"].cast(pl.String),
    )
    if numeric and good.is_empty() and bad.height:
        lost = int((bad["reason"] == _NO_VALUE).sum())
        raise DataError(
            f"{domain.table}: none of its {bad.height} rows has a number ({lost} lack value_as_number)",
            "If it is enough that a test was done, say `result: done`.",
        )
    refuse_no_rows(domain.table, good.height, quarantine)
    if not numeric:
        return Ingested(_events(good, cdm, settings), quarantine, rows_in, good.height, excluded)
    content, notes = _measured(good, cdm, settings)
    lost = good.height - content.height
    excluded |= {"the unit cannot be converted": lost} if lost else {}
    return Ingested(content, quarantine, rows_in, content.height, excluded, notes)


def _lines(keys: pl.Series) -> pl.Series:
    """The keys, where each stands once; else the number of the row."""
    numbers = keys.cast(pl.Int64, strict=False)
    twice = numbers.is_null().any() or numbers.is_duplicated().any()
    return pl.int_range(1, len(keys) + 1, eager=True) if twice else numbers


_NO_VALUE = "the value is missing"
_FIELDS = {"the record has no concept": "concept_id", "the date is missing": "date"}


def _reason(domain: Domain, *, numeric: bool) -> str:
    value = f"WHEN t.value_as_number IS NULL THEN '{_NO_VALUE}' " if numeric else ""
    return (
        "CASE WHEN p.person_id IS NULL THEN 'the person is not in the table person' "
        f"WHEN coalesce(t.{domain.concept}, 0) = 0 THEN 'the record has no concept' "
        f"WHEN t.{domain.start} IS NULL THEN 'the date is missing' {value}END"
    )


def _chosen(cdm: Cdm, domain: Domain, settings: OmopSettings) -> str:
    if settings.rollup:
        require_ancestors(cdm)
        ancestors = concept_list(settings.rollup)
        return (
            f"WHERE t.{domain.concept} IN (SELECT descendant_concept_id FROM concept_ancestor "
            f"WHERE ancestor_concept_id IN ({ancestors}))"
        )
    return f"WHERE t.{domain.concept} IN ({concept_list(settings.concepts)})" if settings.concepts else ""


def require_ancestors(cdm: Cdm) -> None:
    """Raise a `SchemaError` where descendants cannot be found."""
    if "concept_ancestor" not in cdm.tables:
        raise SchemaError(
            f"{cdm.name} holds no table concept_ancestor, so that descendants of a concept are not known",
            "Load the vocabulary, or list every concept.",
        )


def _columns(cdm: Cdm, domain: Domain, *, numeric: bool) -> str:
    there = cdm.tables[domain.table]
    end = f"CAST(t.{domain.end} AS DATE)" if domain.end and domain.end in there else "CAST(NULL AS DATE)"
    shared = f"t.person_id AS person, t.{domain.concept} AS concept, CAST(t.{domain.start} AS DATE) AS date"
    if not numeric:
        return f"{shared}, {end} AS stop"

    def number(column: str) -> str:
        return f"CAST(t.{column} AS DOUBLE PRECISION)" if column in there else "CAST(NULL AS DOUBLE PRECISION)"

    unit = "t.unit_concept_id" if "unit_concept_id" in there else "CAST(NULL AS BIGINT)"
    spelt = "CAST(t.unit_source_value AS VARCHAR)" if "unit_source_value" in there else "CAST(NULL AS VARCHAR)"
    return (
        f"{shared}, {number('value_as_number')} AS value, {unit} AS unit_id, {spelt} AS unit_word, "
        f"{number('range_low')} AS low, {number('range_high')} AS high"
    )


def _named(concepts: pl.Series, cdm: Cdm) -> pl.Series:
    names = concept_names(cdm, sorted(concepts.unique().to_list()))
    return concepts.replace_strict(names, return_dtype=pl.String)


def _events(good: pl.DataFrame, cdm: Cdm, settings: OmopSettings) -> pl.DataFrame:
    if settings.rollup:
        pairs = cdm.query(
            "SELECT ancestor_concept_id AS ancestor, descendant_concept_id AS concept FROM concept_ancestor "
            f"WHERE ancestor_concept_id IN ({concept_list(settings.rollup)}) ORDER BY 1, 2"
        ).unique(maintain_order=True)
        good = good.join(pairs, on="concept", how="inner", maintain_order="left_right")
        good = good.with_columns(concept="ancestor")
    name = _named(good["concept"], cdm)
    return good.select(
        subject_id=pl.col("person").cast(pl.String),
        name=name,
        date="date",
        end="stop",
        day=pl.lit(None, pl.Float64),
        value=pl.lit(None, pl.Float64),
    ).select(pl.col(column).cast(dtype) for column, dtype in EVENT_RECORDS.items())


def _measured(good: pl.DataFrame, cdm: Cdm, settings: OmopSettings) -> tuple[pl.DataFrame, tuple[str, ...]]:
    tests = _named(good["concept"], cdm)
    units = good["unit_word"]
    known = [unit for unit in good["unit_id"].drop_nulls().unique().to_list() if unit]
    if "concept" in cdm.tables and known:
        rows = cdm.query(
            f"SELECT concept_id, concept_code FROM concept WHERE concept_id IN ({concept_list(sorted(known))})"
        ).rows()
        codes = good["unit_id"].replace_strict(dict(rows), default=None, return_dtype=pl.String)
        units = codes.fill_null(units)
    rows = pl.DataFrame(
        {
            "subject_id": good["person"].cast(pl.String),
            "test": tests,
            "value": good["value"],
            "unit_text": units.set(units == "", None),
            "date": good["date"],
            "day": pl.repeat(None, good.height, dtype=pl.Float64, eager=True),
            "low": good["low"],
            "high": good["high"],
        }
    )
    # a measurement without any unit is a pure number; beside values with a unit such a row is not known to have it
    own = LabsSettings(path="", date="date", units=settings.units, molar_masses=settings.molar_masses)
    rows, notes = in_one_unit(rows, own, Table(pl.DataFrame(), Path("measurement"), 1))
    reasons: Sequence[str] = rows["reason"].drop_nulls().unique().sort().to_list()
    if reasons:
        rows = rows.filter(pl.col("reason").is_null())
        notes = (*notes, f"measurement: units that cannot be converted: {'; '.join(reasons)}")
    return rows.select(pl.col(name).cast(dtype) for name, dtype in RECORDS.items()), notes


SOURCE = Source(
    type="omop",
    settings=OmopSettings,
    read=read_omop,
    doc="Records of OMOP's common data model 5.3 or 5.4: Parquet or CSV files, DuckDB, PostgreSQL.",
    kind="records",
)
