"""Sources of CDISC SDTM: findings (``sdtm-lb``, ``-vs``), events (``sdtm-ae``, ``-cm``, ``-ds``, ``-ex``, ``-mh``)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import polars as pl

from biomarker.errors import SchemaError
from biomarker.ingest.events import EventColumns, events_of
from biomarker.ingest.labs import LabsSettings, labs_of
from biomarker.ingest.partial import study_day
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.rows import Supplement, supplemented
from biomarker.ingest.source import Ingested, Source, SourceSettings
from biomarker.ingest.spelling import as_numbers, clean

__all__ = ["SOURCES", "SdtmEventSettings", "SdtmFindingSettings", "read_events", "read_findings"]

DAY = "#day"
VALUE = "#value"


@dataclass(frozen=True, kw_only=True)
class _SdtmSettings(SourceSettings):
    """What every domain needs to be told."""

    id: str = field(default="USUBJID", metadata={"doc": "Column of the subject's id."})
    where: dict[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata={"doc": 'Rows that are meant, by the values of a column; `""` is an empty cell.'},
    )
    supplement: Supplement | None = field(
        default=None, metadata={"doc": "The domain's SUPP-- file; its variables become columns."}
    )
    index_date: str | None = field(
        default=None,
        metadata={"doc": "Date column of the subject table that is day 0 (RFSTDTC); without it the study day (--DY)."},
    )


@dataclass(frozen=True, kw_only=True)
class SdtmFindingSettings(_SdtmSettings):
    """Settings of a domain of findings: laboratory, vital signs."""

    result: Literal["standard", "collected"] = field(
        default="standard",
        metadata={"doc": "Results in the study's standard units (--STRESN, --STRESU), or as collected (--ORRES)."},
    )
    units: dict[str, str] = field(
        default_factory=dict, metadata={"doc": "The unit that a test's values are converted to, by --TESTCD."}
    )
    molar_masses: dict[str, float] = field(
        default_factory=dict, metadata={"doc": "g/mol by test, for conversions of tests the package does not know."}
    )


@dataclass(frozen=True, kw_only=True)
class SdtmEventSettings(_SdtmSettings):
    """Settings of a domain of events or interventions."""

    name: str | None = field(
        default=None,
        metadata={"doc": "Column that names the event; the dictionary's term (--DECOD) where none is given."},
    )


def read_findings(settings: SdtmFindingSettings, *, base: Path, domain: str) -> Ingested:
    """Read a domain of findings as laboratory values.

    The value is --STRESN, and --STRESC where that is empty, so that ``<3.42`` is quarantined as below a limit and not
    as missing; tests that were not done (--STAT) are excluded. Day 0 is the index date, or --DY without one, of which
    study day 1 is day 0. A partial date counts as the last day it can be.

    Raises
    ------
    SchemaError
        The file is of another domain, or lacks a column.
    """
    table = _domain(settings, domain, base)
    p = domain.upper()
    collected = settings.result == "collected"
    value = f"{p}ORRES" if collected else f"{p}STRESN"
    unit, low, high = (
        (f"{p}ORRESU", f"{p}ORNRLO", f"{p}ORNRHI") if collected else (f"{p}STRESU", f"{p}STNRLO", f"{p}STNRHI")
    )
    table.require([f"{p}TESTCD", value, unit], key=f"type: sdtm-{domain}")
    present = set(table.frame.columns)
    words = clean(table.frame[value])
    if not collected and f"{p}STRESC" in present:
        words = words.fill_null(clean(table.frame[f"{p}STRESC"]))
    table = replace(table, frame=table.frame.with_columns(words.alias(VALUE)))
    rows_in = table.frame.height
    done = pl.repeat(value=True, n=rows_in, eager=True, dtype=pl.Boolean)
    if f"{p}STAT" in present:
        done = (table.frame[f"{p}STAT"].str.to_uppercase() != "NOT DONE").fill_null(value=True)
    not_done = rows_in - int(done.sum())
    dated, table = _with_day(table if done.all() else table.kept(done), settings, f"{p}DTC", f"{p}DY")
    own = LabsSettings(
        path=settings.path,
        subject=settings.id,
        test=f"{p}TESTCD",
        value=VALUE,
        unit=unit,
        date=f"{p}DTC" if dated else None,
        day=None if dated else DAY,
        low=low if low in present else None,
        high=high if high in present else None,
        units=settings.units,
        molar_masses=settings.molar_masses,
        partial_dates="latest",
        where=settings.where,
    )
    found = labs_of(table, own)
    excluded = {**found.excluded, **({"not done": not_done} if not_done else {})}
    columns = {VALUE: value, DAY: f"{p}DY"}
    quarantine = found.quarantine.with_columns(pl.col("field").replace(columns))
    return Ingested(found.content, quarantine, rows_in, found.rows_used, excluded, found.notes)


def read_events(settings: SdtmEventSettings, *, base: Path, domain: str) -> Ingested:
    """Read a domain of events.

    An event is called by its dictionary's term (--DECOD), or by what was reported (--TERM, --TRT) where that is empty;
    it begins on --STDTC (--DTC where the domain has none) and ends on --ENDTC. A partial begin counts as the last day
    that it can be. One of medical history without a begin was before the study; any other is quarantined. The value is
    the dose, where there is one.

    Raises
    ------
    SchemaError
        The file is of another domain, or lacks a column.
    """
    table = _domain(settings, domain, base)
    p, present = domain.upper(), set(table.frame.columns)
    names = [settings.name] if settings.name else [f"{p}DECOD", f"{p}TERM", f"{p}TRT"]
    here = [name for name in names if name in present]
    table.require(here or names[:1], key="name")
    called = clean(table.frame[here[0]])
    for other in here[1:]:
        called = called.fill_null(clean(table.frame[other]))
    table = replace(table, frame=table.frame.with_columns(called.alias("#name")))
    begin = next((c for c in (f"{p}STDTC", f"{p}DTC") if c in present), f"{p}STDTC")
    dated, table = _with_day(table, settings, begin, f"{p}STDY")
    found = events_of(
        table,
        EventColumns(
            subject=settings.id,
            name="#name",
            date=begin if dated else None,
            day=None if dated else DAY,
            end=f"{p}ENDTC" if dated and f"{p}ENDTC" in present else None,
            value=f"{p}DOSE" if f"{p}DOSE" in present else None,
            undated="before" if domain == "mh" else "quarantine",
        ),
        where=settings.where,
    )
    quarantine = found.quarantine.with_columns(pl.col("field").replace({"#name": here[0], DAY: f"{p}STDY"}))
    return replace(found, quarantine=quarantine)


def _domain(settings: _SdtmSettings, domain: str, base: Path) -> Table:
    table = read_text(base / settings.path, separator=settings.separator)
    table.require([settings.id], key="id")
    if "DOMAIN" in table.frame.columns:
        others = clean(table.frame["DOMAIN"]).drop_nulls().unique().sort().to_list()
        if others and others != [domain.upper()]:
            raise SchemaError(
                f"{table.name} is of the domain {', '.join(others[:3])}, not {domain.upper()}",
                f"Say `type: sdtm-{others[0].lower()}`, or name another file.",
            )
    if settings.supplement is not None:
        table, _ = supplemented(table, settings.supplement, base=base, id=settings.id)
    return table


def _with_day(table: Table, settings: _SdtmSettings, date: str, day: str) -> tuple[bool, Table]:
    """Whether dates are used, and the table with the days from day 0 where the study day is."""
    if settings.index_date is not None:
        table.require([date], key="index_date")
        return True, table
    table.require([day], key="the study day, because there is no index_date")
    number = as_numbers(clean(table.frame[day])).alias(DAY)
    days = pl.DataFrame([number]).select(study_day(pl.col(DAY)).cast(pl.String)).to_series()
    return False, replace(table, frame=table.frame.with_columns(days))


def _sources(domains: Sequence[tuple[str, str]]) -> tuple[Source, ...]:
    found = []
    for domain, what in domains:
        findings = domain in ("lb", "vs")
        found.append(
            Source(
                type=f"sdtm-{domain}",
                settings=SdtmFindingSettings if findings else SdtmEventSettings,
                read=partial(read_findings if findings else read_events, domain=domain),
                doc=f"{what} of a trial as SDTM (SAS XPORT or Dataset-JSON).",
                kind="records",
            )
        )
    return tuple(found)


SOURCES = _sources(
    (
        ("ae", "Adverse events"),
        ("cm", "Concomitant medication"),
        ("ds", "Disposition"),
        ("ex", "Exposure"),
        ("lb", "Laboratory values"),
        ("mh", "Medical history"),
        ("vs", "Vital signs"),
    )
)
