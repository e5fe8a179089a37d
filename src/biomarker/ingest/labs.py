"""Source ``labs``: laboratory values in a long table, one measurement a row, with units, dates and reference ranges."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Literal, NoReturn

import polars as pl

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.faults import Fault, first_fault, quarantine_of, refuse_decimal_commas
from biomarker.ingest.labels import read_labels
from biomarker.ingest.partial import latest_day, partial_note, with_partial
from biomarker.ingest.parts import text_parts
from biomarker.ingest.reading import Table
from biomarker.ingest.rows import chosen_rows
from biomarker.ingest.source import Ingested, Source, SourceSettings
from biomarker.ingest.spelling import as_numbers, clean, nearest
from biomarker.ingest.units import Conversion, ConversionError, convert, is_unit

__all__ = ["RECORDS", "REPEATED", "SOURCE", "LabsSettings", "in_one_unit", "labs_of", "read_labs"]

#: Columns of the records that this source gives.
RECORDS = {
    "subject_id": pl.String,
    "test": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "date": pl.Date,
    "day": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
#: Cells of the quarantine by role: measured ones are shown, subjects and dates masked, for the line is enough.
SHOWN_CELLS = {role: f"{role}_text" for role in ("value", "low", "high", "unit", "day")}
MASKED_CELLS = {"subject": "subject_id", "date": "date_text"}
#: Why the second of two equal rows is of no use.
REPEATED = "an exact duplicate of an earlier row"
_BELOW = r"^(?:<|≤|(?i)less than|below)\s*=?\s*[-+]?\d"
_ABOVE = r"^(?:>|≥|(?i)more than|(?i)greater than|above)\s*=?\s*[-+]?\d"


@dataclass(frozen=True, kw_only=True)
class CodeNames:
    """Names of tests by their codes, LOINC's for example."""

    path: str = field(metadata={"doc": "A table with a row a code."})
    code: str = field(default="code", metadata={"doc": "Its column of codes, as the results have them."})
    name: str = field(default="name", metadata={"doc": "Its column of names; several codes may share one."})


@dataclass(frozen=True, kw_only=True)
class LabsSettings(SourceSettings):
    """Settings of ``labs``: which column holds what."""

    subject: str = field(default="subject_id", metadata={"doc": "Column of the subject's id."})
    test: str = field(default="test", metadata={"doc": "Column that names what was measured."})
    test_names: CodeNames | None = field(
        default=None, metadata={"doc": "A table that names tests by code (LOINC); a code that it lacks stays as it is."}
    )
    value: str = field(default="value", metadata={"doc": "Column of the measured value."})
    unit: str | None = field(default="unit", metadata={"doc": "Column of the value's unit, a UCUM code; null if none."})
    date: str | None = field(default=None, metadata={"doc": "Column of the date of sampling, as YYYY-MM-DD."})
    day: str | None = field(
        default=None, metadata={"doc": "Column of the day relative to the index date (day 0), instead of `date`."}
    )
    low: str | None = field(default=None, metadata={"doc": "Column of the lower limit of the reference range."})
    high: str | None = field(default=None, metadata={"doc": "Column of the upper limit of the reference range."})
    units: dict[str, str] = field(
        default_factory=dict, metadata={"doc": "The unit that a test's values are converted to, by test."}
    )
    molar_masses: dict[str, float] = field(
        default_factory=dict, metadata={"doc": "g/mol by test, for conversions of tests the package does not know."}
    )

    partial_dates: Literal["refuse", "latest"] = field(
        default="refuse",
        metadata={"doc": "Dates without a day or month: quarantine the row, or take the last day that it can be."},
    )
    where: dict[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata={"doc": 'Rows that are meant, by the values of a column; `""` is an empty cell.'},
    )

    def __post_init__(self) -> None:
        if (self.date is None) == (self.day is None):
            raise ConfigError(
                "a labs modality needs either `date` or `day`, and not both",
                "`date` names a column of dates (YYYY-MM-DD), `day` one of days relative to the index date.",
            )


def read_labs(settings: LabsSettings, *, base: Path) -> Ingested:
    """Read laboratory values and bring each test to one unit.

    Parameters
    ----------
    settings : LabsSettings
    base : Path
        Folder of the study file.

    Returns
    -------
    Ingested
        ``content`` has the columns `RECORDS` in the order of the file; of ``date`` and ``day`` the one not asked for is
        null. Reference limits are converted with their value. ``notes`` say which conversions needed a molar mass.

        A row goes to quarantine, with its first fault in this order, when

        - subject, test, date (or day) or value is missing, or the id has blanks around it;
        - the date is partial or not YYYY-MM-DD (the time of day is not used);
        - the value is a limit of detection (``<0.6``) or no number;
        - a reference limit is no number, or the lower one is above the upper;
        - the same row stands in the file before;
        - the unit is missing where the test has one, is not a UCUM unit, or cannot be converted.

    Raises
    ------
    SchemaError
        A column is absent; a test has values in units that differ and no target unit was given; `units` names a test
        the file lacks, or a unit that none of a test's values can be converted to; most values that are no number have
        a decimal comma.
    ConfigError
        A target unit is not a UCUM unit and no row has it.
    DataError
        No row can be used.

    Notes
    -----
    A test without a target keeps its unit; spellings of one unit (``mg/dl``, ``mg/dL``) are one. A unit outside UCUM is
    accepted where it is itself the target (``units: {inr: INR}``). Tests without any unit are taken as pure numbers.
    """
    given = settings.test_names
    names = {} if given is None else read_labels(base / given.path, id=given.code, column=given.name, key="test_names")

    def parts() -> Iterator[Table]:
        for part in text_parts(base / settings.path, separator=settings.separator):
            yield _named(part, settings.test, names) if names else part

    first, second = (*islice(parts(), 2), None, None)[:2]
    if first is not None and second is None:
        return labs_of(first, settings)
    from biomarker.ingest.labs_parts import labs_in_parts

    del first, second
    return labs_in_parts(parts, settings)


def _named(table: Table, test: str, names: Mapping[str, str]) -> Table:
    """The table with names in place of the codes of tests."""
    table.require([test], key="test")
    named = clean(table.frame[test]).replace(names).alias(test)
    return replace(table, frame=table.frame.with_columns(named))


def labs_of(table: Table, settings: LabsSettings) -> Ingested:
    """Laboratory values of a table that is read already; see `read_labs`."""
    rows_in = table.frame.height
    table, left_out = chosen_rows(table, settings.where, key="where")
    columns = column_of(settings)
    for name, column in columns.items():
        table.require([column], key=name)
    tests = clean(table.frame[settings.test]).drop_nulls().unique(maintain_order=True).to_list()
    refuse_unknown_tests(table.name, tests, settings)
    rows = parsed(table, columns, repeated=True)
    refuse_decimal_commas(table, rows, settings.value)
    faults = faults_of(rows, settings)
    readable, notes = in_one_unit(rows.filter(faults["reason"].is_null()), settings, table)
    without_unit = readable.select("row", pl.lit("unit").alias("role"), "reason")
    bad = pl.concat([faults, without_unit]).filter(pl.col("reason").is_not_null())
    good = readable.filter(pl.col("reason").is_null())
    quarantine = quarantine_of(table, rows, bad, columns=columns, shown=SHOWN_CELLS, masked=MASKED_CELLS)
    if good.is_empty():
        refuse_nothing(table.name, rows.height, bad["reason"])
    records = with_partial(good.select(pl.col(name).cast(dtype) for name, dtype in RECORDS.items()), good["partial"])
    partial = partial_note(int(rows["partial"].sum()), columns.get("date", ""))
    notes += (partial,) if partial else ()
    return Ingested(records, quarantine, rows_in, records.height, left_out, notes)


def refuse_nothing(name: str, n: int, reasons: pl.Series) -> NoReturn:
    """Refuse a file of which no row is of use, with what is wrong with them."""
    listed = ", ".join(f"{reason} ({times})" for reason, times in reasons.value_counts(sort=True).iter_rows())
    raise DataError(
        f"{name}: none of its {n} rows can be used: {listed}",
        "Check that the settings name the right columns, and how their cells are written.",
    )


def column_of(settings: LabsSettings) -> dict[str, str]:
    """Column of the file by its role."""
    roles = ("subject", "test", "date", "day", "value", "low", "high", "unit")
    return {role: getattr(settings, role) for role in roles if getattr(settings, role) is not None}


def refuse_unknown_tests(name: str, tests: list[str], settings: LabsSettings) -> None:
    """Refuse settings of a test that the file does not have: most likely a spelling."""
    for key, given in (("units", settings.units), ("molar_masses", settings.molar_masses)):
        for test in given:
            if test not in tests:
                raise SchemaError(
                    f"{name}: `{key}` names the test {test!r}, which the file does not have",
                    nearest(test, tests, what="tests"),
                )


def parsed(table: Table, columns: dict[str, str], *, repeated: bool) -> pl.DataFrame:
    """Row number, cleaned text of each role (``value_text``), and what it means (null where it means nothing).

    ``repeated`` says whether rows equal to an earlier one of the table are to be marked.
    """
    text = {role: clean(table.frame[column]) for role, column in columns.items()}
    nothing = pl.repeat(None, table.frame.height, dtype=pl.String, eager=True)
    numbers = {role: as_numbers(text.get(role, nothing)) for role in ("value", "low", "high", "day")}
    table.refuse_float_ids(columns["subject"])
    day, partial = latest_day(text.get("date", nothing))
    return pl.DataFrame(
        {
            "row": pl.int_range(table.frame.height, eager=True),
            "subject_id": text["subject"],
            "blanks": table.frame[columns["subject"]] != text["subject"],
            "test": text["test"],
            "date": day,
            "partial": partial,
            "repeated": ~table.frame.select(pl.struct(pl.all()).is_first_distinct()).to_series() if repeated else False,
            **numbers,
            **{f"{role}_text": text.get(role, nothing) for role in ("date", "day", "value", "low", "high", "unit")},
        }
    )


def faults_of(rows: pl.DataFrame, settings: LabsSettings) -> pl.DataFrame:
    """Row, role and reason of the first fault of each row; nulls where there is none."""
    value, date = pl.col("value_text"), pl.col("date_text")
    when: list[Fault] = [
        ("subject", pl.col("subject_id").is_null(), "the subject is missing"),
        ("subject", pl.col("blanks"), "the subject's id has blanks before or after it"),
        ("test", pl.col("test").is_null(), "the test is missing"),
    ]
    if settings.date is not None:
        whole = settings.partial_dates == "refuse"
        what = "not a full date written YYYY-MM-DD" if whole else "not a date written YYYY-MM-DD, YYYY-MM or YYYY"
        when += [
            ("date", date.is_null(), "the date is missing"),
            ("date", pl.col("date").is_null() | pl.lit(whole) & pl.col("partial"), what),
        ]
    else:
        when += [
            ("day", pl.col("day_text").is_null(), "the day is missing"),
            ("day", _unread("day"), "the day is not a number"),
        ]
    when += [
        ("value", value.is_null(), "the value is missing"),
        ("value", value.str.contains(_BELOW), "below a limit, not a number"),
        ("value", value.str.contains(_ABOVE), "above a limit, not a number"),
        ("value", _unread("value"), "the value is not a number"),
        ("low", _unread("low"), "the lower reference limit is not a number"),
        ("high", _unread("high"), "the upper reference limit is not a number"),
        ("low", pl.col("low") > pl.col("high"), "the lower reference limit is above the upper one"),
        ("(row)", pl.col("repeated"), REPEATED),
    ]
    return first_fault(rows, when)


def _unread(role: str) -> pl.Expr:
    return pl.col(f"{role}_text").is_not_null() & (pl.col(role).is_null() | pl.col(role).is_infinite())


# --- units ------------------------------------------------------------------------------------------------------------


def in_one_unit(rows: pl.DataFrame, settings: LabsSettings, table: Table) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Values and limits in their test's ``unit``, or the ``reason`` why not; notes on constants that were needed."""
    by, notes = conversions(rows.group_by("test", "unit_text").len(), settings, table)
    joined = rows.join(by, on=["test", "unit_text"], how="left", nulls_equal=True, maintain_order="left")
    scaled = [pl.col(name) * pl.col("factor") + pl.col("offset") for name in ("value", "low", "high")]
    return joined.with_columns(scaled), notes


def conversions(pairs: pl.DataFrame, settings: LabsSettings, table: Table) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Unit, factor and offset of each test and unit, or the reason why not, from how many rows have which (``len``)."""
    lines: list[tuple[str, str | None, str, float | None, float | None, str | None]] = []
    notes = []
    for test, units in _units_by_test(pairs):
        target = settings.units.get(test)
        if target is None:
            target = _own_unit(units)
            _refuse_clash(table, test, units, target, settings)
        elif not is_unit(target) and target not in units:
            raise ConfigError(
                f"units: {target!r}, the unit for {test!r}, is not a UCUM unit",
                "Examples are mg/dL, umol/L, 10*9/L, U/L.",
            )
        else:
            _refuse_unreachable(table, test, units, target, settings)
        for unit in units:
            change, reason = _change(unit, target, test, settings)
            lines.append((test, unit, target, *((change.factor, change.offset) if change else (None, None)), reason))
            notes += [change.note] if change and change.note else []
    return pl.DataFrame(lines, schema=_LINES, orient="row"), tuple(notes)


_LINES = {
    "test": pl.String,
    "unit_text": pl.String,
    "unit": pl.String,
    "factor": pl.Float64,
    "offset": pl.Float64,
    "reason": pl.String,
}


def _units_by_test(pairs: pl.DataFrame) -> Iterator[tuple[str, list[str | None]]]:
    """Each test with the units it has, the most frequent first (ties by spelling), a missing unit last."""
    ordered = pairs.sort("test", pl.col("unit_text").is_null(), -pl.col("len").cast(pl.Int64), "unit_text")
    for (test,), part in ordered.group_by("test", maintain_order=True):
        yield str(test), part["unit_text"].to_list()


def _own_unit(units: list[str | None]) -> str:
    """The unit of a test without a target: the most frequent one that UCUM knows; none where no row has a unit."""
    given = [unit for unit in units if unit is not None]
    return next((unit for unit in given if is_unit(unit)), given[0] if given else "")


def _refuse_unreachable(table: Table, test: str, units: list[str | None], target: str, settings: LabsSettings) -> None:
    """A row in a strange unit is the row's fault; where no row can be converted, it is that of what was asked for."""
    reasons = [_change(unit, target, test, settings)[1] for unit in units]
    if all(reasons):
        raise SchemaError(
            f"{table.name}: no value of the test {test!r} can be given in {target}, which `units` asks for: "
            f"{'; '.join(sorted({str(reason) for reason in reasons}))}",
            f"Correct `units` for {test!r}, or the column {settings.unit!r} of the file.",
        )


def _refuse_clash(table: Table, test: str, units: list[str | None], target: str, settings: LabsSettings) -> None:
    """Two units are fine where they are two spellings of one."""
    for unit in units:
        if unit is None or unit == target or not is_unit(unit):
            continue
        change, _ = _change(unit, target, test, settings)
        if change is None or (change.factor, change.offset) != (1.0, 0.0):
            raise SchemaError(
                f"{table.name}: the test {test!r} has values in different units ({target} and {unit})",
                f'Say which one to use: `units: {{"{test}": "{target}"}}`.',
            )


def _change(unit: str | None, target: str, test: str, settings: LabsSettings) -> tuple[Conversion | None, str | None]:
    """The conversion of one unit of one test, or the reason why there is none."""
    if unit is None:
        return (Conversion(1.0), None) if target == "" or settings.unit is None else (None, "the unit is missing")
    if not is_unit(unit) and settings.units.get(test) != unit:
        return None, "not a UCUM unit"
    try:
        return convert(unit, target, test=test, molar_mass=settings.molar_masses.get(test)), None
    except ConversionError as error:
        return None, str(error)


SOURCE = Source(
    type="labs",
    settings=LabsSettings,
    read=read_labs,
    doc="Laboratory values, one measurement a row, with units, dates and reference ranges.",
    kind="records",
)
