"""OMOP's common data model wherever it lies: a folder of Parquet or CSV files, a DuckDB file, a PostgreSQL schema."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.packaged import DATABASE, is_database

__all__ = ["DOMAINS", "Cdm", "Domain", "concept_list", "concept_names", "open_cdm"]

#: Name of the environment's variable with the address of the server, where PGHOST, PGUSER and the like are not enough.
URI = "BIOMARKER_POSTGRES_URI"
_ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv")


@dataclass(frozen=True)
class Domain:
    """Where records of one kind stand."""

    table: str
    concept: str
    start: str
    end: str | None
    key: str


DOMAINS: Mapping[str, Domain] = {
    "drug": Domain(
        "drug_exposure", "drug_concept_id", "drug_exposure_start_date", "drug_exposure_end_date", "drug_exposure_id"
    ),
    "drug era": Domain("drug_era", "drug_concept_id", "drug_era_start_date", "drug_era_end_date", "drug_era_id"),
    "condition": Domain(
        "condition_occurrence",
        "condition_concept_id",
        "condition_start_date",
        "condition_end_date",
        "condition_occurrence_id",
    ),
    "condition era": Domain(
        "condition_era",
        "condition_concept_id",
        "condition_era_start_date",
        "condition_era_end_date",
        "condition_era_id",
    ),
    "measurement": Domain("measurement", "measurement_concept_id", "measurement_date", None, "measurement_id"),
    "visit": Domain(
        "visit_occurrence", "visit_concept_id", "visit_start_date", "visit_end_date", "visit_occurrence_id"
    ),
    "observation": Domain("observation", "observation_concept_id", "observation_date", None, "observation_id"),
    "procedure": Domain(
        "procedure_occurrence", "procedure_concept_id", "procedure_date", None, "procedure_occurrence_id"
    ),
}


@dataclass(frozen=True)
class Cdm:
    """Records that can be asked in SQL; nothing can be written to them.

    Attributes
    ----------
    name : str
        For messages.
    tables : mapping of str to frozenset of str
        Columns of each table, all names in lower case.
    """

    name: str
    tables: Mapping[str, frozenset[str]]
    _connection: Any = field(repr=False)
    _postgres: bool = False

    def require(self, table: str, columns: Sequence[str]) -> None:
        """Raise a `SchemaError` unless the table has the columns."""
        if table not in self.tables:
            raise SchemaError(f"{self.name}: there is no table {table}", f"Tables: {', '.join(sorted(self.tables))}.")
        lacking = [column for column in columns if column not in self.tables[table]]
        if lacking:
            raise SchemaError(f"{self.name}: the table {table} has no column {lacking[0]}", "Is it CDM 5.3 or 5.4?")

    def query(self, sql: str) -> pl.DataFrame:
        """The rows of a question."""
        try:
            if self._postgres:
                with self._connection.cursor() as cursor:
                    cursor.execute(sql)
                    return pl.DataFrame(pl.from_arrow(cursor.fetch_arrow_table()))
            return pl.DataFrame(pl.from_arrow(self._connection.sql(sql).to_arrow_table()))
        except Exception as error:  # noqa: BLE001 (each driver has a family of its own, and its words may hold values)
            raise _refused(self.name, error) from None

    def close(self) -> None:
        """Let go of the files or of the server."""
        self._connection.close()


def open_cdm(path: str, *, base: Path) -> Cdm:
    """Open records for reading.

    Parameters
    ----------
    path : str
        A folder with a file a table (``person.parquet``, ``person.csv``), a DuckDB file, or ``postgresql:SCHEMA``: a
        schema of the server that the environment names (`URI`, or PGHOST, PGDATABASE, PGUSER, PGPASSWORD, ...). The
        transaction is read-only.
    base : Path
        Folder of the study file.

    Raises
    ------
    ConfigError
        The package that speaks to PostgreSQL is not installed.
    DataError
        There is nothing, it is damaged, or the server cannot be reached or refuses.
    """
    if is_database(path):
        return _postgres(path.removeprefix(DATABASE))
    import duckdb

    place = base / path
    if place.is_dir():
        return _folder(place)
    if not place.exists():
        raise DataError(f"there is no folder or file {place}", "Give the folder of the CDM's tables, or a DuckDB file.")
    try:
        connection = duckdb.connect(str(place), read_only=True)
        _limit(connection)
        return Cdm(place.name, _columns(connection), connection)
    except duckdb.Error as error:
        raise _refused(place.name, error) from None


def _folder(place: Path) -> Cdm:
    import duckdb

    connection = duckdb.connect()
    _limit(connection)
    seen: dict[str, Path] = {}
    for file in sorted(place.iterdir()):
        ending = next((e for e in _ENDINGS if file.name.lower().endswith(e)), None)
        if ending is None:
            continue
        table = file.name.lower().removesuffix(ending)
        if not table.isidentifier():
            continue
        if table in seen:
            raise DataError(f"{place.name} holds {seen[table].name} and {file.name}", "Keep one file a table.")
        seen[table] = file
        quoted = str(file).replace("'", "''")
        read = f"read_parquet('{quoted}')" if ending == ".parquet" else f"read_csv('{quoted}', sample_size=-1)"
        try:
            connection.execute(f'CREATE VIEW "{table}" AS SELECT * FROM {read}')
        except duckdb.Error as error:
            raise _refused(file.name, error) from None
    if not seen:
        raise DataError(f"{place.name} holds no Parquet or CSV file", "Give the folder of the CDM's tables.")
    return Cdm(place.name, _columns(connection), connection)


def _limit(connection: Any) -> None:
    connection.execute("SET threads = 2")
    connection.execute("SET memory_limit = '2GB'")


def _columns(connection: Any) -> dict[str, frozenset[str]]:
    rows = connection.execute("SELECT table_name, column_name FROM information_schema.columns").fetchall()
    return _by_table(rows)


def _by_table(rows: Sequence[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table.lower(), set()).add(column.lower())
    return {table: frozenset(columns) for table, columns in found.items()}


def _postgres(schema: str) -> Cdm:
    name = f"PostgreSQL schema {schema}"
    if not schema.isidentifier():
        raise ConfigError(f"{DATABASE}{schema}: not the name of a schema", f"Write {DATABASE}cdm.")
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        hint = "pip install biomarker[postgres]"
        raise ConfigError("PostgreSQL needs the package adbc-driver-postgresql", hint) from None
    try:
        connection = dbapi.connect(os.environ.get(URI, "postgresql://"))
    except dbapi.Error as error:
        raise _refused(name, error) from None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
        connection.commit()
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path TO {schema}")
            cursor.execute(
                "SELECT table_name::text, column_name::text FROM information_schema.columns "
                f"WHERE table_schema = '{schema}'"
            )
            rows = cursor.fetchall()
    except dbapi.Error as error:
        connection.close()
        raise _refused(name, error) from None
    if not rows:
        connection.close()
        raise DataError(f"{name} holds no table that this user may see", "Check the schema, and the user's rights.")
    return Cdm(name, _by_table(rows), connection, _postgres=True)


#: Parts of what a driver says, and what to tell of it; its own words may hold a host, a user or a value.
_SAID = (
    ("password", "refused the password", "Set PGUSER and PGPASSWORD, or PGPASSFILE, in the environment."),
    ("authentication", "refused the user", "Set PGUSER and PGPASSWORD in the environment."),
    ("role ", "refused the user", "Set PGUSER and PGPASSWORD in the environment."),
    ("permission denied", "may not be read by this user", "Grant SELECT on its tables."),
    ("does not exist", "lacks a table or column that is asked for", "Is it CDM 5.3 or 5.4?"),
    ("connect", "cannot be reached", f"Is the server up? Set PGHOST, PGPORT, PGDATABASE, or {URI}."),
    ("could not translate host", "cannot be reached", f"Set PGHOST, PGPORT, PGDATABASE, or {URI}."),
    ("conversion", "holds values of another type than the CDM says", "Are dates dates, and ids numbers?"),
    ("cannot compare", "holds values of another type than the CDM says", "Are dates dates, and ids numbers?"),
    ("binder", "holds values of another type than the CDM says", "Are dates dates, and ids numbers?"),
)


def _refused(name: str, error: Exception) -> DataError:
    said = str(error).lower()
    what, hint = next(
        ((what, hint) for part, what, hint in _SAID if part in said),
        ("is cut short, damaged, or not what its name says", "Copy or export it again."),
    )
    return DataError(f"{name} {what}", hint)


def concept_list(concepts: Sequence[int | str]) -> str:
    """Concept ids for SQL."""
    try:
        return ", ".join(str(int(concept)) for concept in concepts)
    except ValueError:
        raise ConfigError(
            "concepts: a concept of OMOP is a whole number", "Give concept ids, such as 1118084; codes are of FHIR."
        ) from None


def concept_names(cdm: Cdm, concepts: Sequence[int]) -> dict[int, str]:
    """What each concept is called: its name (with the id where two have one name), or the id where no name is known."""
    if "concept" not in cdm.tables or not concepts:
        return {concept: str(concept) for concept in concepts}
    listed = concept_list(concepts)
    rows = cdm.query(f"SELECT concept_id, concept_name FROM concept WHERE concept_id IN ({listed})").rows()
    names = dict(rows)
    counts = pl.Series(list(names.values()), dtype=pl.String).value_counts()
    many = set(counts.filter(pl.col("count") > 1).to_series().to_list())
    return {
        concept: str(concept)
        if names.get(concept) is None
        else (f"{names[concept]} ({concept})" if names[concept] in many else names[concept])
        for concept in concepts
    }
