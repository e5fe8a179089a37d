"""Source ``adam``: analysis data of CDISC, parameters by visit (ADLB, ADVS) or occurrences (ADAE, ADCM, ADMH)."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from biomarker.errors import SchemaError
from biomarker.ingest.events import EventColumns, events_of
from biomarker.ingest.labs import LabsSettings, labs_of
from biomarker.ingest.partial import study_day
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.source import Ingested, Source, SourceSettings
from biomarker.ingest.spelling import as_numbers, clean
from biomarker.ingest.units import is_unit, ucum

__all__ = ["SOURCE", "AdamSettings", "read_adam"]

DAY, UNIT = "#day", "#unit"
_OCCURRENCES = ("AEDECOD", "CMDECOD", "MHDECOD", "CEDECOD")


@dataclass(frozen=True, kw_only=True)
class AdamSettings(SourceSettings):
    """Settings of ``adam``."""

    id: str = field(default="USUBJID", metadata={"doc": "Column of the subject's id."})
    where: dict[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata={
            "doc": 'Rows that are meant, by the values of a column; `""` is an empty cell. Rows derived from others '
            "(DTYPE) are left out unless it speaks of them."
        },
    )
    value: str = field(default="AVAL", metadata={"doc": "Column of the value, of parameters."})
    name: str | None = field(default=None, metadata={"doc": "Column that names an occurrence; --DECOD by default."})
    index_date: str | None = field(
        default=None,
        metadata={"doc": "Date column of the subject table that is day 0 (TRTSDT); without it the study day (ADY)."},
    )


def read_adam(settings: AdamSettings, *, base: Path) -> Ingested:
    """Read analysis data: a data set with PARAMCD as laboratory values, one with --DECOD as events.

    Rows that were derived from others (DTYPE is not blank: minimum, last value) are excluded: they are no visits. The
    unit is the one in brackets at the end of PARAM.

    Raises
    ------
    SchemaError
        It is neither, or lacks a column.
    """
    table = read_text(base / settings.path, separator=settings.separator)
    table.require([settings.id], key="id")
    columns = set(table.frame.columns)
    where = dict(settings.where)
    if "PARAMCD" in columns:
        where |= {"DTYPE": ("",)} if "DTYPE" in columns and "DTYPE" not in where else {}
        return _parameters(table, settings, where)
    term = settings.name or next((name for name in _OCCURRENCES if name in columns), None)
    if term is None:
        raise SchemaError(
            f"{table.name} has neither PARAMCD nor one of {', '.join(_OCCURRENCES)}",
            "Name the column of the occurrence: `name`.",
        )
    dated, table = _with_day(table, settings, "ASTDT", "ASTDY")
    named = EventColumns(
        subject=settings.id,
        name=term,
        date="ASTDT" if dated else None,
        day=None if dated else DAY,
        end="AENDT" if dated and "AENDT" in columns else None,
    )
    return _renamed(events_of(table, named, where=where), "ASTDY")


def _parameters(table: Table, settings: AdamSettings, where: dict[str, tuple[str, ...]]) -> Ingested:
    table.require([settings.value], key="value")
    dated, table = _with_day(table, settings, "ADT", "ADY")
    columns = set(table.frame.columns)
    unit = None
    if "PARAM" in columns:
        spelt = clean(table.frame["PARAM"]).str.extract(r"\(([^()]*)\)\s*$")
        known = {name: ucum(name) for name in spelt.drop_nulls().unique() if is_unit(name)}
        units = spelt.replace_strict(known, default=None, return_dtype=pl.String)
        if not units.is_null().any():
            unit, table = UNIT, replace(table, frame=table.frame.with_columns(units.alias(UNIT)))
    own = LabsSettings(
        path=settings.path,
        subject=settings.id,
        test="PARAMCD",
        value=settings.value,
        unit=unit,
        date="ADT" if dated else None,
        day=None if dated else DAY,
        low="ANRLO" if "ANRLO" in columns else None,
        high="ANRHI" if "ANRHI" in columns else None,
        partial_dates="latest",
        where=where,
    )
    return _renamed(labs_of(table, own), "ADY")


def _with_day(table: Table, settings: AdamSettings, date: str, day: str) -> tuple[bool, Table]:
    if settings.index_date is not None:
        table.require([date], key="index_date")
        return True, table
    table.require([day], key="the study day, because there is no index_date")
    number = pl.DataFrame({DAY: as_numbers(clean(table.frame[day]))})
    return False, replace(table, frame=table.frame.with_columns(number.select(study_day(pl.col(DAY)).cast(pl.String))))


def _renamed(found: Ingested, day: str) -> Ingested:
    return replace(found, quarantine=found.quarantine.with_columns(pl.col("field").replace({DAY: day, UNIT: "PARAM"})))


SOURCE = Source(
    type="adam",
    settings=AdamSettings,
    read=read_adam,
    doc="Analysis data of a trial (ADaM): parameters by visit, or occurrences.",
    kind="records",
)
