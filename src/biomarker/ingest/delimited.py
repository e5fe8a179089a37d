"""Text with one separator: its header and its rows, checked before a fast reader that forgives too much."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.content import PARQUET, Content
from biomarker.ingest.spelling import MISSING

__all__ = ["Layout", "csv_frame", "file_layout", "row_lines"]

SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".txt": "\t"}
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
_SCAN_BYTES = 16 << 20
_CELL = 40


@dataclass(frozen=True)
class Layout:
    """How a text is to be read: separator, header, and whether a quoted cell holds a line break."""

    separator: str
    columns: list[str]
    multiline: bool


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
    columns = _header(content, separator)
    return Layout(separator, columns, _check_cells(content, separator, len(columns)))


def _refuse_other_encodings(content: Content) -> None:
    data = content.data
    if data.isascii() and b"\0" not in data[:4096]:
        return
    try:
        if b"\0" in data[:4096]:
            raise UnicodeDecodeError("utf-8", data, data.index(b"\0"), data.index(b"\0") + 1, "zero byte")
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{content.name}, line {line}: the file is not UTF-8 text", "Save it with the encoding UTF-8."
        ) from error


def _header(content: Content, separator: str) -> list[str]:
    end = content.data.find(b"\n")
    first = content.data[: end if end >= 0 else None].decode("utf-8-sig").rstrip("\r")
    columns = next(csv.reader([first], delimiter=separator), [])
    if not first.strip():
        raise SchemaError(f"{content.name}: the first line is blank", "The first line names the columns.")
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
            f"{content.name}: the header names {twice[0][:_CELL]!r} more than once (columns {at[0]} and {at[1]})",
            "Give each column a name of its own.",
        )
    if "" in columns[1:]:
        raise SchemaError(f"{content.name}: column {columns.index('', 1) + 1} has no name", "Name it, or remove it.")
    if end < 0:
        raise DataError(f"{content.name} holds a header and no rows")
    return columns


def _check_cells(content: Content, separator: str, n_columns: int) -> bool:
    """Refuse rows with more or fewer cells than the header; say whether a quoted cell holds a line break.

    Readers of CSV fill short rows up without a word. Here the separators outside quotes are counted, and only where
    their number is wrong is the file walked through to find the line.
    """
    data = content.data
    if b'"' in data:
        lines, separators, inside, unclosed = _count_outside_quotes(data, separator)
    else:
        lines, separators, inside, unclosed = data.count(b"\n") + 1, data.count(separator.encode()), 0, False
    if separators != (n_columns - 1) * lines or unclosed:
        _find_ragged(content, separator, n_columns)
    return inside > 0


def _count_outside_quotes(data: bytes, separator: str) -> tuple[int, int, int, bool]:
    """Lines, separators outside quotes, line breaks inside quotes, and whether the last quote stays open."""
    lines, separators, inside, open_quote = 1, 0, 0, 0
    for start in range(0, len(data), _SCAN_BYTES):
        piece = np.frombuffer(data, np.uint8, count=min(_SCAN_BYTES, len(data) - start), offset=start)
        # Parity of the quotes so far; the sum wraps at 256, which keeps it even or odd
        parity = (np.cumsum(piece == ord('"'), dtype=np.uint8) + np.uint8(open_quote)) & 1
        breaks = piece == ord("\n")
        lines += int((breaks & (parity == 0)).sum())
        inside += int((breaks & (parity == 1)).sum())
        separators += int(((piece == ord(separator)) & (parity == 0)).sum())
        open_quote = int(parity[-1])
    return lines, separators, inside, bool(open_quote)


def _find_ragged(content: Content, separator: str, n_columns: int) -> None:
    reader = csv.reader(io.StringIO(content.data.decode("utf-8-sig"), newline=""), delimiter=separator)
    hint = "Text that holds the separator must stand in double quotes; a quote within it is written twice."
    line = 1
    try:
        for cells in reader:
            if len(cells) != n_columns:
                what = "is blank" if not cells else f"has {len(cells)} cells where the header has {n_columns}"
                raise SchemaError(f"{content.name}, line {line}: the row {what}", hint)
            line = reader.line_num + 1
    except csv.Error as error:
        raise SchemaError(f"{content.name}, line {line}: the row cannot be read ({error})", hint) from error


def csv_frame(content: Content, layout: Layout, types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The rows, each column as the type asked for.

    Raises
    ------
    polars.exceptions.ComputeError
        A cell is not of its column's type.
    """
    try:
        return pl.read_csv(
            io.BytesIO(content.data),
            separator=layout.separator,
            has_header=False,
            skip_rows=1,
            schema=dict(types),
            null_values=list(MISSING),
            raise_if_empty=False,
        )
    except pl.exceptions.ComputeError as error:
        if any(dtype != pl.String for dtype in types.values()):
            raise
        raise SchemaError(
            f"{content.name} cannot be read as a table",
            "Look for a quote without its partner or a row with too many cells.",
        ) from error


def row_lines(content: Content, layout: Layout) -> NDArray[np.int64]:
    """Line on which each row begins (n_rows,), where a quoted cell may hold line breaks."""
    text = io.StringIO(content.data.decode("utf-8-sig"), newline="")
    reader = csv.reader(text, delimiter=layout.separator)
    next(reader)
    starts, line = [], reader.line_num + 1
    for _ in reader:
        starts.append(line)
        line = reader.line_num + 1
    return np.asarray(starts, dtype=np.int64)
