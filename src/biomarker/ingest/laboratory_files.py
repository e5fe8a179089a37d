"""A laboratory's own quality control: runs of control materials, and experiments on its methods, as tables."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from biomarker.errors import DataError, SchemaError
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.spelling import clean

__all__ = ["read_controls", "read_experiment"]


def read_experiment(path: Path, *, words: Mapping[str, str], numbers: Mapping[str, str], key: str) -> pl.DataFrame:
    """Columns of text and of numbers, in the order of the file, under names of our own.

    Parameters
    ----------
    path : Path
    words, numbers : mapping of our name to the file's column
        A row without one of the words is an error; a number may be missing.
    key : str
        Of the study file, for messages.

    Raises
    ------
    SchemaError
        A column is absent, a word is missing, or a cell is no number.
    DataError
        The table cannot be read, or has no row.
    """
    table = read_text(path)
    table.require([*words.values(), *numbers.values()], key=key)
    if not table.frame.height:
        raise DataError(f"{table.name} ({key}) has no row")
    return pl.DataFrame(
        {
            **{name: _words(table, column) for name, column in words.items()},
            **{name: table.numbers(column).alias(name) for name, column in numbers.items()},
        }
    )


def read_controls(
    path: Path, *, words: Mapping[str, str], numbers: Mapping[str, str], date: str, run: str | None, key: str
) -> pl.DataFrame:
    """Results of control materials as ``test, level, group, value, target, sd, date, run`` and what else is asked for.

    ``run`` is the number of the run among those of its day, from 1; ``group, target`` and ``sd`` are there where
    ``words`` and ``numbers`` name them. A row without a result stays, with a missing value.

    Raises
    ------
    SchemaError
        As `read_experiment`; or a cell is no date, a run no number, or a standard deviation not positive.
    """
    given = read_experiment(path, words=words, numbers=numbers, key=key)
    table = read_text(path)
    table.require([date] if run is None else [date, run], key=key)
    text = clean(table.frame[date])
    days = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    _refuse(table, days.is_null(), date, "no date (year-month-day)", "Write dates like 2024-03-01.")
    runs = pl.repeat(1.0, given.height, eager=True) if run is None else table.numbers(run)
    if run is not None:
        _refuse(table, runs.is_null(), run, "the run is missing", "Number the runs of a day from 1.")
    if "sd" in given.columns:
        sd = (given["sd"] <= 0).fill_null(value=False)
        _refuse(
            table, sd, numbers["sd"], "a standard deviation that is not positive", "Give that of a period in order."
        )
    return given.with_columns(date=days, run=runs)


def _words(table: Table, column: str) -> pl.Series:
    words = clean(table.frame[column])
    _refuse(table, words.is_null(), column, "the cell is empty", "Every row needs it.")
    return words


def _refuse(table: Table, bad: pl.Series, column: str, what: str, hint: str) -> None:
    rows = bad.fill_null(value=True).arg_true()
    if len(rows):
        raise SchemaError(f"{table.name}, {table.where(rows)}, column {column!r}: {what}", hint)
