"""SAS XPORT, version 5: the format in which clinical trials are submitted.

Read here byte by byte because a submission's faults show only there: a file that is cut short, a zero that was written
as the smallest number the format has, a missing value of one kind or another. The layout is that of SAS technical note
TS-140; pyreadstat is the oracle of the tests.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.errors import DataError, SchemaError

__all__ = ["XPORT", "as_sas_times", "is_xport", "xport_frame"]

XPORT = (".xpt", ".xport")
RECORD = 80
_LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD"
_VERSION_8 = b"HEADER RECORD*******LIBV8"
_MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD"
_VARIABLES = b"HEADER RECORD*******NAMESTR HEADER RECORD"
_VALUES = b"HEADER RECORD*******OBS     HEADER RECORD"
#: Less than the smallest number of the format, 16^-65 = 5.4e-79, and rounding: some programs write a zero so.
_ZERO = 1e-78
_AGAIN = "Copy or export it again."
#: Formats of SAS that make a number a date, a date with time, a time.
_DATES = ("DATE", "YYMMDD", "MMDDYY", "DDMMYY", "E8601DA", "IS8601DA", "B8601DA", "WEEKDATE", "WORDDATE", "MONYY")
_DATETIMES = ("DATETIME", "E8601DT", "IS8601DT", "B8601DT", "DATEAMPM")
_TIMES = ("TIME", "HHMM", "E8601TM", "IS8601TM", "TOD")


@dataclass(frozen=True)
class _Variable:
    name: str
    numeric: bool
    length: int
    start: int
    format: str


def is_xport(data: bytes) -> bool:
    """Whether bytes begin as a transport file of SAS does, of any version."""
    return data.startswith((_LIBRARY, _VERSION_8))


def xport_frame(data: bytes, name: str) -> pl.DataFrame:
    """The data set of a transport file.

    Parameters
    ----------
    data : bytes
    name : str
        Of the file, for messages.

    Returns
    -------
    polars.DataFrame
        Numbers as Float64, null where missing (``.``, ``._``, ``.A`` to ``.Z``); a number of less than 1e-78 is the
        zero it was meant to be. Dates and times, told by their format, and characters as text; blank is null, which
        the format cannot tell from empty.

    Raises
    ------
    DataError
        It is cut short or damaged.
    SchemaError
        It is of version 8, holds several data sets, names a variable twice or in more than eight characters, or has
        text that is not UTF-8.

    Notes
    -----
    The format does not say how many rows there are: a file that is cut exactly between two of them cannot be told from
    a whole one.
    """
    if data.startswith(_VERSION_8):
        raise SchemaError(f"{name} is a transport file of version 8", "Export it as version 5, or as Dataset-JSON.")
    if len(data) % RECORD:
        raise DataError(f"{name} is cut short or damaged: its length is no multiple of {RECORD} bytes", _AGAIN)
    members = _starts(data, _MEMBER)
    begin, values = data.find(_VARIABLES), data.find(_VALUES)
    if not members or begin < 0 or values < begin:
        raise DataError(f"{name} is cut short or damaged: its header has no end", _AGAIN)
    if len(members) > 1:
        raise SchemaError(f"{name} holds {len(members)} data sets", "Write each to a file of its own.")
    variables = _variables(data, begin + RECORD, values, name)
    body = np.frombuffer(data, dtype=np.uint8, offset=values + RECORD)
    return _frame(_rows(body, variables, name), variables, name)


def _starts(data: bytes, header: bytes) -> list[int]:
    """Where records with this header begin."""
    found, at = [], data.find(header)
    while at >= 0:
        found += [at] if at % RECORD == 0 else []
        at = data.find(header, at + 1)
    return found


def _variables(data: bytes, start: int, end: int, name: str) -> list[_Variable]:
    size, count = _sizes(data, name)
    if not 0 < count <= (end - start) // size:
        raise DataError(f"{name} is cut short or damaged: its header does not hold the {count} variables named", _AGAIN)
    found = []
    for i in range(count):
        block = data[start + i * size : start + (i + 1) * size]
        number = int.from_bytes
        try:
            title, fmt = block[8:16].decode("ascii").strip(), block[56:64].decode("ascii").strip()
        except UnicodeDecodeError:
            raise DataError(f"{name} is damaged: the name of variable {i + 1} cannot be read", _AGAIN) from None
        kind, length = number(block[0:2], "big"), number(block[4:6], "big")
        if kind not in (1, 2) or not title.isprintable() or not title or length == 0 or (kind == 1 and length > 8):
            raise DataError(f"{name} is damaged: variable {i + 1} is of no known kind", _AGAIN)
        found.append(_Variable(title, kind == 1, length, number(block[84:88], "big"), fmt.upper()))
    names = [variable.name for variable in found]
    if len(set(names)) < len(names):
        twice = next(title for title in names if names.count(title) > 1)
        raise SchemaError(f"{name}: the header names two variables {twice!r}", "Names have at most eight characters.")
    return found


def _sizes(data: bytes, name: str) -> tuple[int, int]:
    """Bytes of a variable's description, and how many there are."""
    member, variables = data.find(_MEMBER), data.find(_VARIABLES)
    try:
        return int(data[member + 74 : member + 78]), int(data[variables + 54 : variables + 58])
    except ValueError:
        raise DataError(f"{name} is damaged: its header holds no numbers where it should", _AGAIN) from None


def _rows(body: NDArray[np.uint8], variables: list[_Variable], name: str) -> NDArray[np.uint8]:
    """Bytes of the rows (n_rows, row_length); what pads the last record is left out."""
    width = max(variable.start + variable.length for variable in variables)
    if width != sum(variable.length for variable in variables):
        raise DataError(f"{name} is damaged: its variables leave gaps or overlap", _AGAIN)
    count, rest = divmod(len(body), width)
    if rest and not (body[len(body) - rest :] == 0x20).all():
        raise DataError(f"{name} is cut short: its last row has {rest} of {width} bytes", _AGAIN)
    rows = body[: count * width].reshape(count, width)
    # rows shorter than what pads a record: blank ones at the end, no more than the padding can hold
    most = (RECORD - 1) // width
    while most and len(rows) and (rows[-1] == 0x20).all():
        rows, most = rows[:-1], most - 1
    return rows


def _frame(rows: NDArray[np.uint8], variables: list[_Variable], name: str) -> pl.DataFrame:
    columns = []
    for variable in variables:
        cells = np.ascontiguousarray(rows[:, variable.start : variable.start + variable.length])
        if variable.numeric:
            columns.append(as_sas_times(pl.Series(variable.name, _numbers(cells), nan_to_null=True), variable.format))
        else:
            columns.append(_texts(cells, variable, name))
    return pl.DataFrame(columns)


def _numbers(cells: NDArray[np.uint8]) -> NDArray[np.float64]:
    """IBM floating point (n_rows, at most 8 bytes) as doubles: ``(-1)^s * fraction * 16^(exponent - 64)``."""
    padded = np.zeros((len(cells), 8), dtype=np.uint8)
    padded[:, : cells.shape[1]] = cells
    whole = padded.view(">u8").ravel().astype(np.uint64)
    first = padded[:, 0]
    fraction = (whole & np.uint64(0x00FFFFFFFFFFFFFF)).astype(np.float64)
    exponent = (first & 0x7F).astype(np.int64) - 64
    value = np.ldexp(fraction, (4 * exponent - 56).astype(np.int32))
    value = np.where(first & 0x80, -value, value)
    missing = (whole & np.uint64(0x00FFFFFFFFFFFFFF)) == 0
    missing &= (first == 0x2E) | (first == 0x5F) | ((first >= 0x41) & (first <= 0x5A))
    value = np.where(np.abs(value) < _ZERO, 0.0, value)
    return np.where(missing, np.nan, value)


def _texts(cells: NDArray[np.uint8], variable: _Variable, name: str) -> pl.Series:
    raw = cells.view(f"S{variable.length}").ravel()
    texts = []
    for row, cell in enumerate(raw.tolist()):
        try:
            texts.append(cell.decode("utf-8").rstrip(" ") or None)
        except UnicodeDecodeError:
            raise SchemaError(
                f"{name}, row {row + 1}, column {variable.name!r}: not UTF-8 text", "Export it with UTF-8 text."
            ) from None
    return pl.Series(variable.name, texts, dtype=pl.String)


def as_sas_times(numbers: pl.Series, fmt: str) -> pl.Series:
    """Numbers since the start of 1960 as ISO 8601 text where their format says that they are dates or times."""
    fmt = fmt.upper().rstrip("0123456789.")
    # 1582 and 19,999: the dates that SAS knows, and more than the text of a date can say
    day = pl.col("_").cast(pl.Float64).floor()
    if fmt in _DATES:
        date = pl.when(day.abs() < 6_589_336).then(day).cast(pl.Int32) - 3653
        text = date.cast(pl.Date).dt.to_string("%Y-%m-%d")
    elif fmt in _DATETIMES:
        second = pl.when(day.abs() < 5.6e11).then(day).cast(pl.Int64) - 315_619_200
        text = (second * 1_000_000).cast(pl.Datetime("us")).dt.to_string("%Y-%m-%dT%H:%M:%S")
    elif fmt in _TIMES:
        second = pl.when(day.is_between(0, 86_399)).then(day).cast(pl.Int64)
        text = (second * 1_000_000_000).cast(pl.Time).dt.to_string("%H:%M:%S")
    else:
        return numbers
    return pl.DataFrame({"_": numbers}).select(text).to_series().rename(numbers.name)
