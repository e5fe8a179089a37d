"""Text with one separator: its header and its rows, checked before a fast reader that forgives too much."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.content import AGAIN, PARQUET, Content
from biomarker.ingest.spelling import MISSING

__all__ = ["Layout", "csv_frame", "file_layout", "row_lines"]

SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".txt": "\t", ".maf": "\t"}
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
_SCAN_BYTES = 4 << 20


@dataclass(frozen=True)
class Layout:
    """How a text is to be read: separator, header, quoted cells with line breaks, quotes in odd places."""

    separator: str
    columns: list[str]
    multiline: bool
    stray_quotes: bool


def file_layout(content: Content, separator: str | None) -> Layout:
    """Separator and header, both checked; whether a row may span lines."""
    if separator is None:
        if content.suffix not in SEPARATORS:
            known = ", ".join([*SEPARATORS, *PARQUET])
            raise ConfigError(
                f"{content.name}: the ending does not tell how the columns are separated",
                f"Use one of the endings {known} (and .gz or .zst), or give `separator`.",
            )
        separator = SEPARATORS[content.suffix]
    if len(separator) != 1 or separator in '"\r\n':
        raise ConfigError(f"{content.name}: a separator is one character, not {separator!r}")
    _refuse_other_encodings(content)
    _refuse_lone_returns(content)
    columns = _header(content, separator)
    # Readers of CSV fill short rows up without a word, so that each line's separators are counted here first
    scan = _scan(content.data, separator, len(columns) - 1)
    if scan.ragged or scan.stray:
        _refuse_ragged(content, separator, len(columns))
    return Layout(separator, columns, scan.multiline, scan.stray)


def _refuse_other_encodings(content: Content) -> None:
    data = content.data
    if data.isascii() and b"\0" not in data[:4096]:
        return
    try:
        if b"\0" in data[:4096]:
            raise UnicodeDecodeError("utf-8", data, data.index(b"\0"), data.index(b"\0") + 1, "zero byte")
        data.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{content.name}, line {content.line(error.start)}: the file is not UTF-8 text",
            "Save it with the encoding UTF-8.",
        ) from error


def _refuse_lone_returns(content: Content) -> None:
    """Readers disagree on whether a carriage return alone ends a line."""
    lone = re.search(rb"\r(?!\n)", content.data)
    if lone:
        raise SchemaError(
            f"{content.name}, line {content.line(lone.start())}: a carriage return that no line feed follows",
            "Save the file with line ends of Unix (LF) or Windows (CR LF).",
        )


def _header(content: Content, separator: str) -> list[str]:
    end = content.data.find(b"\n")
    first = content.data[: end if end >= 0 else None].decode().rstrip("\r")
    reader = csv.reader([first + "\n", "\n"], delimiter=separator)
    columns = next(reader)
    if not first.strip():
        raise SchemaError(f"{content.name}: the first line is blank", "The first line names the columns.")
    if reader.line_num > 1:
        raise SchemaError(
            f"{content.name}, line {content.line(0)}: the header has a quote without its partner",
            "Names take one line.",
        )
    others = [mark for mark in _NAMES if mark != separator and mark in first]
    if len(columns) == 1 and others:
        raise SchemaError(
            f"{content.name}: the header has no {_NAMES.get(separator, repr(separator))} but {_NAMES[others[0]]}",
            f"Say `separator: {others[0]!r}` if its columns are separated by {_NAMES[others[0]]}.".replace("'", '"'),
        )
    twice = sorted({name for name in columns if columns.count(name) > 1}) if len(set(columns)) < len(columns) else []
    if twice:
        at = [i + 1 for i, name in enumerate(columns) if name == twice[0]]
        raise SchemaError(
            # by place: with features in rows the header holds subjects' ids
            f"{content.name}: the header names columns {at[0]} and {at[1]} alike",
            "Give each column a name of its own.",
        )
    if "" in columns[1:]:
        raise SchemaError(f"{content.name}: column {columns.index('', 1) + 1} has no name", "Name it, or remove it.")
    if end < 0:
        raise DataError(f"{content.name} holds a header and no rows", AGAIN)
    return columns


@dataclass
class _Scan:
    """What a pass over the bytes found out.

    ``ragged``: a line has more or fewer separators than the header. ``multiline``: a quoted cell holds a line break.
    ``stray``: a quote stands where none should, or stays open.
    """

    ragged: bool = False
    multiline: bool = False
    stray: bool = False


def _scan(data: bytes, separator: str, expected: int) -> _Scan:
    """Look at every separator, line break and quote, a piece at a time."""
    found, mark = _Scan(), ord(separator)
    open_quote, carried, before = 0, 0, ord("\n")
    for start in range(0, len(data), _SCAN_BYTES):
        piece = np.frombuffer(data, np.uint8, count=min(_SCAN_BYTES, len(data) - start), offset=start)
        after = data[start + len(piece)] if start + len(piece) < len(data) else ord("\n")
        separators, breaks, quotes = piece == mark, piece == ord("\n"), piece == ord('"')
        if open_quote or quotes.any():
            # Parity of the quotes so far; the sum wraps at 256, which keeps it even or odd
            within = ((np.cumsum(quotes, dtype=np.uint8) + np.uint8(open_quote)) & 1).astype(bool)
            found.stray |= _has_stray(piece, quotes, within, mark, before, after)
            found.multiline |= bool((breaks & within).any())
            separators, breaks, open_quote = separators & ~within, breaks & ~within, int(within[-1])
        running, ends = np.cumsum(separators, dtype=np.int32), np.flatnonzero(breaks)
        if len(ends):
            per_line = np.diff(running[ends], prepend=-carried)
            found.ragged |= bool((per_line != expected).any())
            carried = int(running[-1] - running[ends[-1]])
        else:
            carried += int(running[-1])
        before = int(piece[-1])
    found.ragged |= carried != expected
    found.stray |= bool(open_quote)
    return found


def _has_stray(
    piece: NDArray[np.uint8],
    quotes: NDArray[np.bool_],
    within: NDArray[np.bool_],
    mark: int,
    before: int,
    after: int,
) -> bool:
    """Whether a quote opens elsewhere than at the beginning of a cell, or closes elsewhere than at its end."""
    at = np.flatnonzero(quotes)
    left = np.where(at > 0, piece[at - 1], before)
    right = np.where(at + 1 < len(piece), piece[np.minimum(at + 1, len(piece) - 1)], after)
    edges = (mark, ord('"'), ord("\n"))
    return bool(np.where(within[at], ~np.isin(left, edges), ~np.isin(right, (*edges, ord("\r")))).any())


def _refuse_ragged(content: Content, separator: str, n_columns: int) -> None:
    """Walk through the file as a careful reader does, and name the first line with more or fewer cells."""
    reader = csv.reader(io.StringIO(content.data.decode(), newline=""), delimiter=separator)
    hint = "Text that holds the separator must stand in double quotes; a quote within it is written twice."
    line = content.line(0)
    try:
        for cells in reader:
            if len(cells) != n_columns:
                what = "is blank" if not cells else f"has {len(cells)} cells where the header has {n_columns}"
                raise SchemaError(f"{content.name}, line {line}: the row {what}", hint)
            line = content.line(0) + reader.line_num
    except csv.Error as error:
        raise SchemaError(f"{content.name}, line {line}: the row cannot be read ({error})", hint) from error


def csv_frame(
    content: Content, layout: Layout, types: Mapping[str, pl.DataType], *, missing: Sequence[str] = MISSING
) -> pl.DataFrame:
    """The rows, each column as the type asked for; cells that say ``missing`` are null.

    Raises
    ------
    polars.exceptions.ComputeError
        A cell is not of its column's type.
    """
    if layout.stray_quotes:
        return _careful_frame(content, layout, missing).cast(dict(types))
    return pl.read_csv(
        io.BytesIO(content.data),
        separator=layout.separator,
        has_header=False,
        skip_rows=1,
        schema=dict(types),
        null_values=list(missing),
        raise_if_empty=False,
    )


def _careful_frame(content: Content, layout: Layout, missing: Sequence[str]) -> pl.DataFrame:
    """The rows as text, read slowly: the fast reader gives up, or errs, where a quote stands within a cell."""
    rows = csv.reader(io.StringIO(content.data.decode(), newline=""), delimiter=layout.separator)
    next(rows)
    columns = zip(*([None if cell in missing else cell for cell in row] for row in rows), strict=True)
    return pl.DataFrame(
        [pl.Series(name, cells, dtype=pl.String) for name, cells in zip(layout.columns, columns, strict=True)]
    )


def row_lines(content: Content, layout: Layout) -> NDArray[np.int64]:
    """Line on which each row begins (n_rows,), where a quoted cell may hold line breaks."""
    text = io.StringIO(content.data.decode(), newline="")
    reader = csv.reader(text, delimiter=layout.separator)
    next(reader)
    starts, line = [], content.line(0) + reader.line_num
    for _ in reader:
        starts.append(line)
        line = content.line(0) + reader.line_num
    return np.asarray(starts, dtype=np.int64)
