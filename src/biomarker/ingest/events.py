"""Events in a table, one a row: who, what, from when to when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from biomarker.errors import DataError
from biomarker.ingest.faults import Fault, first_fault, quarantine_of
from biomarker.ingest.partial import latest_day, partial_note, with_partial
from biomarker.ingest.reading import Table
from biomarker.ingest.rows import chosen_rows
from biomarker.ingest.source import Ingested
from biomarker.ingest.spelling import as_numbers, clean

__all__ = ["EVENT_RECORDS", "EventColumns", "events_of", "refuse_no_rows"]

#: Columns of the records that sources of events give.
EVENT_RECORDS = {
    "subject_id": pl.String,
    "name": pl.String,
    "date": pl.Date,
    "end": pl.Date,
    "day": pl.Float64,
    "value": pl.Float64,
}


@dataclass(frozen=True, kw_only=True)
class EventColumns:
    """Which column of a table of events holds what; ``date`` or ``day`` is given, or neither where nothing is dated."""

    subject: str
    name: str
    date: str | None
    day: str | None = None
    end: str | None = None
    value: str | None = None
    undated: Literal["before", "quarantine"] = "quarantine"


def events_of(table: Table, columns: EventColumns, *, where: Mapping[str, Sequence[str]]) -> Ingested:
    """Events of a table.

    Returns
    -------
    Ingested
        ``content`` has the columns `EVENT_RECORDS`. A row goes to quarantine, with its first fault in this order, when
        subject or name is missing; the begin is missing (unless ``undated`` says that it was before), no date or no
        number; the end is no date, or the last day that it can be is before the last day that the begin can be; the
        value is no number; the same row stands in the file before.

    Raises
    ------
    SchemaError
        A column is absent, or ``where`` asks for a value that is not there.
    DataError
        No row can be used.
    """
    rows_in = table.frame.height
    table, left_out = chosen_rows(table, where, key="where")
    roles = {role: name for role in ("subject", "name", "date", "day", "end", "value") if (name := _of(columns, role))}
    for role, column in roles.items():
        table.require([column], key=role)
    table.refuse_float_ids(columns.subject)
    nothing = pl.repeat(None, table.frame.height, dtype=pl.String, eager=True)
    text = {role: clean(table.frame[roles[role]]) if role in roles else nothing for role in _ROLES}
    (begin, partial), (end, _) = latest_day(text["date"]), latest_day(text["end"])
    rows = pl.DataFrame(
        {
            "row": pl.int_range(table.frame.height, eager=True),
            "subject_id": text["subject"],
            "name": text["name"],
            "date": begin,
            "end": end,
            "partial": partial,
            "day": as_numbers(text["day"]),
            "value": as_numbers(text["value"]),
            "repeated": ~table.frame.select(pl.struct(pl.all()).is_first_distinct()).to_series(),
            **{f"{role}_text": text[role] for role in _ROLES},
        }
    )
    faults = first_fault(rows, _faults(columns))
    bad = faults.filter(pl.col("reason").is_not_null())
    good = rows.filter(faults["reason"].is_null())
    quarantine = quarantine_of(
        table,
        rows,
        bad,
        columns={**roles, "(row)": "(row)"},
        shown={"value": "value_text", "day": "day_text"},
        masked={role: f"{role}_text" for role in ("subject", "date", "end", "name")},
    )
    refuse_no_rows(table.name, good.height, quarantine)
    note = partial_note(int(partial.sum()), columns.date or "")
    content = good.select(pl.col(name).cast(dtype) for name, dtype in EVENT_RECORDS.items())
    content = with_partial(content, good["partial"])
    return Ingested(content, quarantine, rows_in, good.height, left_out, (note,) if note else ())


_ROLES = ("subject", "name", "date", "day", "end", "value")


def _of(columns: EventColumns, role: str) -> str | None:
    value: str | None = getattr(columns, role)
    return value


def _faults(columns: EventColumns) -> list[Fault]:
    when: list[Fault] = [
        ("subject", pl.col("subject_id").is_null(), "the subject is missing"),
        ("name", pl.col("name").is_null(), "the event has no name"),
    ]
    for role in ("date", "day"):
        if _of(columns, role) is None:
            continue
        text = pl.col(f"{role}_text")
        if columns.undated == "quarantine":
            when += [(role, text.is_null(), "the begin is missing")]
        when += [(role, text.is_not_null() & pl.col(role).is_null(), "the begin is no date or study day")]
    return [
        *when,
        ("end", pl.col("end_text").is_not_null() & pl.col("end").is_null(), "the end is no date"),
        ("end", pl.col("end") < pl.col("date"), "the end is before the begin"),
        ("value", pl.col("value_text").is_not_null() & pl.col("value").is_null(), "the value is not a number"),
        ("value", pl.col("value").is_infinite(), "the value is not a number"),
        ("(row)", pl.col("repeated"), "an exact duplicate of an earlier row"),
    ]


def refuse_no_rows(name: str, used: int, quarantine: pl.DataFrame) -> None:
    """Raise a `DataError` where no row of a file can be used, with the reasons."""
    if used == 0:
        counts = quarantine["reason"].value_counts().sort("count", "reason", descending=[True, False])
        reasons = "; ".join(f"{reason} ({n})" for reason, n in counts.iter_rows())
        raise DataError(f"{name}: none of its rows can be used: {reasons or 'there are none'}", "Check the settings.")
