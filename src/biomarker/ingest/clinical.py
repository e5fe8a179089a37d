"""What the subject table and the records say for checks of clinical records: dates of each subject, limits of tests."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import polars as pl

from biomarker.errors import LeakageError, SchemaError
from biomarker.ingest.partial import first_day, latest_day
from biomarker.ingest.roster import RosterSettings, read_roster
from biomarker.ingest.spelling import clean, nearest
from biomarker.ingest.units import ConversionError, convert

__all__ = ["limits_of", "require_day_0_before_treatment", "subject_dates"]

Limits = tuple[float | None, float | None]
#: Roles whose cells are words and no dates.
WORDS = ("planned", "actual")


def subject_dates(
    settings: RosterSettings,
    columns: Mapping[str, str],
    *,
    named: Collection[str],
    criteria: Iterable[str],
    cut: str | None,
    base: Path,
) -> pl.DataFrame:
    """Dates, arms and columns of eligibility of each subject, as the file has them.

    Parameters
    ----------
    settings : RosterSettings
        Where the subjects are told.
    columns : mapping of role to column
    named : collection of str
        Roles whose column the study file names: it must be there, and hold dates. One that only the standard names may
        be absent, and then nothing is held against it.
    criteria : iterable of str
        Columns that eligibility is told by.
    cut : str, optional
        The day on which the data were cut.
    base : Path

    Returns
    -------
    polars.DataFrame
        ``subject_id``; of each date ``<role>_first`` and ``<role>_last``, the first and the last day that it can be;
        ``planned``, ``actual``; ``criterion_<column>``; ``cut``.

    Raises
    ------
    SchemaError
        A named column is absent or holds something else than dates; ``cut`` is no day.
    """
    table = read_roster(settings, base=base).table
    frame = table.frame
    made = {"subject_id": frame[settings.id]}
    for role, column in columns.items():
        if role in named:
            table.require([column], key=f"quality.records.{role}")
        if column not in frame.columns:
            continue
        text = clean(frame[column])
        if role in WORDS:
            made[role] = text
            continue
        last, first = latest_day(text)[0], first_day(text)
        unread = (text.is_not_null() & last.is_null()).arg_true()
        if role in named and len(unread):
            raise SchemaError(
                f"{table.name}, {table.where(unread)}, column {column!r} (quality.records.{role}): not a date written "
                "YYYY-MM-DD, YYYY-MM or YYYY",
                "Write it so, or leave the cell empty where it is not known.",
            )
        made |= {f"{role}_first": first, f"{role}_last": last}
    criteria = list(criteria)
    table.require(criteria, key="quality.records.eligibility")
    made |= {f"criterion_{column}": clean(frame[column]) for column in criteria}
    found = pl.DataFrame(made)
    if cut is None:
        return found
    day, partial = latest_day(pl.Series([cut]))
    if day.is_null().any() or partial.any():
        raise SchemaError(f"quality.records.cut: {cut!r} is no day", "Write it YYYY-MM-DD.")
    return found.with_columns(cut=pl.lit(day.item(), pl.Date))


def require_day_0_before_treatment(
    settings: RosterSettings, dates: Iterable[str], begin: Iterable[str], *, base: Path
) -> None:
    """Refuse a day 0 of baseline values that is later than the day on which treatment began.

    A window that ends at day 0 would then hold values taken under treatment, among them what an outcome is made of. A
    partial date of treatment counts as the last day that it can be.

    Parameters
    ----------
    settings : RosterSettings
    dates : iterable of str
        Columns that modalities of baseline count their days from.
    begin : iterable of str
        Columns of the day on which treatment began; the first that the subject table has is held against.
    base : Path

    Raises
    ------
    LeakageError
        Says in how many subjects, and in which lines.
    """
    table = read_roster(settings, base=base).table
    columns = table.frame.columns
    began = next((column for column in begin if column in columns), None)
    for column in dates if began is not None else ():
        if column == began or column not in columns:
            continue
        day_0, first_dose = (latest_day(clean(table.frame[name]))[0] for name in (column, began))
        late = (day_0 > first_dose).fill_null(value=False).arg_true()
        if len(late):
            raise LeakageError(
                f"{table.name}, {table.where(late)}: day 0 ({column}) is later than the begin of treatment ({began}) "
                f"in {len(late)} of {table.frame.height} subjects: values under treatment would pass for baseline",
                f"Take {began} as `index_date`, correct the dates, or say `when: on-treatment` with a landmark.",
            )


def limits_of(
    ranges: Mapping[str, tuple[float | None, float | None, str | None]], pairs: Iterable[tuple[str, str | None]]
) -> dict[tuple[str, str | None], Limits | None]:
    """Limits of each test in the unit that its values are in; None where they cannot be expressed in it.

    Parameters
    ----------
    ranges : mapping of test to (low, high, unit)
        As the study file has them; without a unit they are in that of the values, whichever it is.
    pairs : iterable of (test, unit)
        Tests and units that occur.

    Raises
    ------
    SchemaError
        A test has limits and no values.
    """
    pairs = list(pairs)
    tests = sorted({test for test, _ in pairs})
    for test in ranges:
        if test not in tests:
            raise SchemaError(
                f"quality.records.ranges names the test {test!r}, which no modality has",
                nearest(test, tests, what="tests"),
            )
    found: dict[tuple[str, str | None], Limits | None] = {}
    for test, own in pairs:
        if test not in ranges:
            continue
        low, high, unit = ranges[test]
        if unit is None or unit == own:
            found[test, own] = (low, high)
            continue
        try:
            change = convert(unit, own or "1", test=test)
        except ConversionError:
            found[test, own] = None
            continue
        moved = [None if x is None else x * change.factor + change.offset for x in (low, high)]
        found[test, own] = (moved[0], moved[1])
    return found
