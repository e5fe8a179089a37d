"""One way to read a table, whatever its format: every cell text, or one id column and numbers.

CSV, TSV, Parquet, SAS XPORT and Dataset-JSON, plain, gzip or zstd. What is wrong with a file is said with its name, the
column and the line.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.errors import DataError, SchemaError
from biomarker.ingest.content import AGAIN, Content, clinical_frame, file_content, parquet_frame
from biomarker.ingest.delimited import Layout, csv_frame, file_layout, row_lines
from biomarker.ingest.spelling import COMMAS, MISSING, as_numbers, clean, dates, decimal_commas, nearest

__all__ = ["ROW", "Table", "read_numbers", "read_text", "text_frame", "text_table"]

#: As an id column: the subjects of a table without one are told apart by the number of their row, from 1.
ROW = "#row"

_CELL = 40
#: A cell that may be a person's name: words apart, or letters of which one is a capital.
_NAME_LIKE = r"[^\W\d_]\s+[^\W\d_]|\p{Lu}\p{L}{2,}|\p{L}+\p{Lu}"
_SHOWN = 5


@dataclass(frozen=True)
class Table:
    """A table as read, and where its rows stand in the file.

    Attributes
    ----------
    frame : polars.DataFrame
        In the order of the file.
    path : Path
        Shown by its name alone in messages: ``table.name``.
    first_line : int
        Line of the first row: 1 for Parquet, else the one after the header's.
    floats : frozenset of str
        Columns that a Parquet file stores as floating-point numbers, which no identifier should be.
    numbered : bool
        Whether rows are numbered, as in Parquet, and not lines.
    """

    frame: pl.DataFrame
    path: Path
    first_line: int
    floats: frozenset[str] = frozenset()
    numbered: bool = False
    _multiline: Callable[[], NDArray[np.int64]] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    @cached_property
    def lines(self) -> NDArray[np.int64]:
        """Line of the file on which each row begins (n_rows,); rows counted from 1 for Parquet."""
        if self._multiline is not None:
            return self._multiline()
        return np.arange(self.first_line, self.first_line + self.frame.height)

    def where(self, rows: Sequence[int] | pl.Series) -> str:
        """The first few of the given rows as words: ``lines 4, 9 and 3 more``."""
        shown = [str(self.lines[row]) for row in list(rows)[:_SHOWN]]
        word = "row" if self.numbered or self.first_line == 1 else "line"
        text = f"{word}{'s' if len(rows) > 1 else ''} {', '.join(shown)}"
        return text + (f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else "")

    def kept(self, rows: pl.Series) -> "Table":
        """The rows that a mask chooses; each knows the line that it stood on."""
        chosen = rows.to_numpy()
        return replace(self, frame=self.frame.filter(rows), _multiline=lambda: self.lines[chosen])

    def require(self, columns: Iterable[str], *, key: str = "") -> None:
        """Raise a `SchemaError` that names the nearest spelling unless every column is there.

        ``key`` is the key of the study file that asked for the column.
        """
        present = self.frame.columns
        for column in columns:
            if column not in present:
                asked = f" (asked for by {key})" if key else ""
                raise SchemaError(
                    f"{self.name}: there is no column {column!r}{asked}", nearest(column, present, what="columns")
                )

    def ids(self, column: str, *, unique: bool = True, case: bool = False, missing: bool = False) -> pl.Series:
        """An id column: text, none missing, none with blanks around it; none twice where ``unique``.

        ``case`` says that ids which differ only in upper and lower case are different ids (features, not subjects),
        ``missing`` that a row may lack its id, which is then null.

        Raises
        ------
        SchemaError
            Naming the lines, never an id.
        """
        self.refuse_float_ids(column)
        ids = self.frame[column]
        if not missing:
            self._refuse(ids.is_null(), f"column {column!r}: the id is missing", "Every row needs its id.")
        self._refuse(
            ids != ids.str.strip_chars(),
            f"column {column!r}: the id has blanks before or after it",
            "Remove the blanks: an id with and without them would be two subjects.",
        )
        if unique:
            self._refuse(ids.is_duplicated(), f"column {column!r}: the same id stands more than once", _TWICE)
        if unique and not case:
            self._refuse(
                ids.str.to_lowercase().is_duplicated(),
                f"column {column!r}: ids that are equal but for upper and lower case",
                "Write each id in one way.",
            )
        return ids

    def refuse_float_ids(self, column: str) -> None:
        """Raise a `SchemaError` where a column of ids is stored as floating-point numbers."""
        if column in self.floats:
            raise SchemaError(
                f"{self.name}: the id column {column!r} holds floating-point numbers",
                "Store identifiers as text, so that 1001 and 1001.0 cannot be confused.",
            )

    def numbers(self, column: str, *, called: str = "") -> pl.Series:
        """A column as Float64, missing where a cell says so; ``true`` and ``false`` are 1 and 0.

        ``called`` is what messages say instead of the column's name, which may be a subject's id.

        Raises
        ------
        SchemaError
            Naming the line of the cell that is no number, or is infinite. The cell itself is shown where most of the
            column are numbers and it is like no name; a column of something else may hold names.
        """
        what = called or f"column {column!r}"
        given = self.frame[column]
        if given.dtype.is_numeric() or given.dtype == pl.Boolean:
            values = given.cast(pl.Float64).fill_nan(None)
        else:
            text = clean(given)
            values = as_numbers(text)
            bad = (values.is_null() & text.is_not_null()).arg_true()
            if len(bad):
                where = f"{self.name}, {self.where(bad[:1])}, {what}"
                raise SchemaError(*_no_number(where, text.gather(bad), int(text.is_not_null().sum())))
        self._refuse(values.is_infinite(), f"{what}: infinite", "Leave the cell empty where it is unknown.")
        return values.rename(column)

    def _refuse(self, bad: pl.Series, what: str, hint: str) -> None:
        rows = bad.fill_null(value=False).arg_true()
        if len(rows):
            raise SchemaError(f"{self.name}, {self.where(rows)}, {what}", hint)


_TWICE = "Keep one row an id; several samples of one patient need ids of their own."


def read_text(path: Path, *, separator: str | None = None, comment: str | None = None, id: str | None = None) -> Table:
    """Read a table with every cell as text; missing cells (`MISSING`) are null.

    Ids keep their zeros (``007``) and cells their blanks. Columns of a Parquet file that are numbers, booleans or dates
    become the text a CSV would hold.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.tsv``, ``.tab``, ``.txt``, ``.maf``, ``.parquet``, ``.xpt`` or ``.json`` (Dataset-JSON), and
        ``.gz`` or ``.zst`` behind it. What the file really is is told by its first bytes.
    separator : str, optional
        The one character between columns, where it is not the one that belongs to the file's ending.
    comment : str, optional
        Lines before the header that begin with this are no part of the table.
    id : str, optional
        `ROW` adds a column of that name with the number of each row; any other name changes nothing.

    Raises
    ------
    DataError
        The file is absent, a folder, empty, cut short or not UTF-8.
    SchemaError
        The header names a column twice, a row has more or fewer cells than the header, or the columns seem to be
        separated by something else.

    Notes
    -----
    The file and its table are in memory at once. 74 MB of CSV, on two cores that others used too: 20,000 rows x 500
    columns 1.4 s and 0.32 GB, 500 rows x 20,000 columns 2.5 s and 0.48 GB.
    """
    content = file_content(Path(path), comment=comment)
    if content.parquet:
        return _with_rows(text_frame(parquet_frame(content), content.path, 1), id)
    if content.clinical:
        return _with_rows(Table(pl.DataFrame(map(_as_short_text, clinical_frame(content))), content.path, 1), id)
    return _with_rows(text_table(content, separator), id)


def text_frame(stored: pl.DataFrame, path: Path, first: int) -> Table:
    """Stored columns as the text a CSV would hold; ``first`` is the number of the first row."""
    nested = [name for name, dtype in stored.schema.items() if dtype.is_nested()]
    if nested:
        raise SchemaError(f"{path.name}: column {nested[0]!r} holds lists or structures, not single values")
    return Table(pl.DataFrame([_as_text(column) for column in stored]), path, first, _floats(stored), numbered=True)


def text_table(content: Content, separator: str | None) -> Table:
    """Rows of text, every cell as it stands."""
    layout = file_layout(content, separator)
    return _table(content, layout, csv_frame(content, layout, dict.fromkeys(layout.columns, pl.String())))


def read_numbers(
    path: Path,
    *,
    id: str | None = None,
    numbers: Collection[str] | None = None,
    text: Collection[str] = (),
    separator: str | None = None,
) -> Table:
    """Read a table of one id column (text) and numbers (Float64).

    Parameters
    ----------
    path, separator
        See `read_text`.
    id : str, optional
        The id column; the first one where none is named. `ROW` is the number of the row.
    numbers, text : collection of str, optional
        Columns to be parsed as numbers (all where none is named), and columns that are not: what nobody asks for need
        not be a number. Names the file lacks are not looked at.

    Returns
    -------
    Table
        The id column first. Columns that hold something else than numbers stay text: `Table.numbers` says which cell
        is none.

    Notes
    -----
    Numbers are parsed while reading; only where that fails is the file read again as text, to find the place. 74 MB of
    CSV, on two cores that others used too: 20,000 rows x 500 columns 2 to 4 s and 0.25 GB, 500 rows x 20,000 columns
    4 s and 0.55 GB; with one bad cell 9 s and 0.76 GB; 10 million cells of ``true`` and ``false`` 10 s and 0.93 GB.
    """
    content = file_content(Path(path))
    if content.parquet or content.clinical:
        frame = parquet_frame(content) if content.parquet else clinical_frame(content)
        table = _with_rows(Table(frame, content.path, 1), id)
        frame = table.frame
        key = id if id is not None else frame.columns[0]
        table.require([key], key="id")
        numeric = [
            pl.col(name).cast(pl.Float64).fill_nan(None)
            if dtype.is_numeric() or dtype == pl.Boolean
            else _as_text(frame[name])
            for name, dtype in frame.schema.items()
            if name != key
        ]
        ids = _as_text(frame[key]) if content.parquet else _as_short_text(frame[key])
        floats = _floats(frame) if content.parquet else frozenset()
        return _with_rows(Table(frame.select(ids, *numeric), content.path, 1, floats))
    layout = file_layout(content, separator)
    key = id if id is not None else layout.columns[0]
    if key != ROW:
        Table(pl.DataFrame(schema=dict.fromkeys(layout.columns, pl.String)), content.path, 2).require([key], key="id")
    words = {key, *text}
    types = {
        name: pl.String() if name in words or (numbers is not None and name not in numbers) else pl.Float64()
        for name in layout.columns
    }
    try:
        frame = csv_frame(content, layout, types)
    except (pl.exceptions.ComputeError, pl.exceptions.InvalidOperationError):
        frame = _numbers_where_possible(csv_frame(content, layout, dict.fromkeys(types, pl.String())), types)
    table = _with_rows(_table(content, layout, frame), id)
    return replace(table, frame=table.frame.select(key, pl.exclude(key)))


def _numbers_where_possible(text: pl.DataFrame, types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Columns that ought to be numbers as numbers, where every cell is one; the others as text."""
    wanted = [name for name, dtype in types.items() if dtype == pl.Float64]
    # The plain cast first: a file of 20,000 columns has few that are not plain numbers
    values = text.select(pl.col(wanted).cast(pl.Float64, strict=False))
    rest = [name for name, lost in zip(wanted, _lost(text.select(wanted), values), strict=True) if lost]
    if rest:
        # The rest end to end as one column: thousands of expressions would take longer than the work
        tidy = clean(pl.concat([text[name] for name in rest], rechunk=True))
        numbers = as_numbers(tidy)
        unread = (numbers.is_null() & tidy.is_not_null()).to_numpy()
        hopeless = unread.reshape(len(rest), -1).any(axis=1).tolist()
        values = values.drop(rest).hstack(
            [
                numbers.slice(i * text.height, text.height).rename(name)
                for i, (name, bad) in enumerate(zip(rest, hopeless, strict=True))
                if not bad
            ]
        )
    return text.with_columns(values)


def _lost(before: pl.DataFrame, after: pl.DataFrame) -> list[bool]:
    """Whether a column has more nulls after than before."""
    return [new > old for old, new in zip(before.null_count().row(0), after.null_count().row(0), strict=True)]


def _no_number(where: str, bad: pl.Series, known: int) -> tuple[str, str]:
    """What to say of the cells that are no numbers, the first of which stands at ``where``, among ``known`` cells."""
    many = f" ({len(bad)} such cells)" if len(bad) > 1 else ""
    cell = "a word" if bad.head(1).str.contains(_NAME_LIKE).item() else repr(bad[0][:_CELL])
    if decimal_commas(bad).all():
        return f"{where}: {cell} is not a number{many}", COMMAS
    if dates(bad).all():
        hint = "A date is no measurement: leave the column out, or give the days between it and another date."
        return f"{where}: a date, not a number{many}", hint
    if 2 * len(bad) > known:
        return f"{where}: text, not a number{many}", "Words and identifiers are no measurements: leave the column out."
    more = f" {len(bad)} cells of this column are no numbers." if len(bad) > 1 else ""
    hint = f"Correct the cell, leave it empty where the value is unknown, or leave the column out.{more}"
    return f"{where}: {cell} is not a number", hint


def _floats(frame: pl.DataFrame) -> frozenset[str]:
    return frozenset(name for name, dtype in frame.schema.items() if dtype.is_float())


def _as_text(column: pl.Series) -> pl.Series:
    """A column as the text a CSV would hold, null where that text says that nothing is known."""
    text = column.fill_nan(None).cast(pl.String) if column.dtype.is_float() else column.cast(pl.String)
    return text.set(text.is_in(MISSING), None)


def _as_short_text(column: pl.Series) -> pl.Series:
    """A column of a format whose every number has a point: 1 for 1.0, so that codes are as they are meant."""
    if not column.dtype.is_float():
        return _as_text(column)
    whole = (column == column.floor()) & (column.abs() < 2.0**53)
    short = column.set(~whole.fill_null(value=False), None).cast(pl.Int64).cast(pl.String)
    return short.fill_null(_as_text(column)).rename(column.name)


def _table(content: Content, layout: Layout, frame: pl.DataFrame) -> Table:
    first = content.line(0) + 1
    if not layout.multiline:
        return Table(frame, content.path, first)

    return Table(frame, content.path, first, _multiline=lambda: row_lines(content, layout))


def _with_rows(table: Table, id: str | None = None) -> Table:
    if table.frame.height == 0:
        raise DataError(f"{table.name} holds a header and no rows", AGAIN)
    if id != ROW or ROW in table.frame.columns:
        return table
    numbers = pl.int_range(1, table.frame.height + 1, eager=True).cast(pl.String)
    return replace(table, frame=table.frame.with_columns(numbers.alias(ROW)))
