"""SAS XPORT, version 5, written as agencies take it; equal tables give equal bytes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from biomarker.simulate.files import write_bytes

__all__ = ["write_xport"]

_STAMP = b"01JAN24:00:00:00"


def write_xport(path: Path, name: str, table: pl.DataFrame, *, formats: Mapping[str, str] | None = None) -> None:
    """Write one data set; missing numbers are ``.``, missing text is blank.

    Parameters
    ----------
    path : pathlib.Path
    name : str
        Of the data set, at most eight characters, as are the names of the columns.
    table : polars.DataFrame
        Of text and numbers.
    formats : mapping of column to a format of SAS
        Such as ``DATE9.`` for days since the start of 1960.
    """
    cells, described, start = [], [], 0
    for number, column in enumerate(table, start=1):
        numeric = column.dtype.is_numeric()
        raw = _numbers(column) if numeric else _texts(column)
        fmt = (formats or {}).get(column.name, "")
        described.append(_variable(number, column.name, raw.shape[1], start, fmt, numeric=numeric))
        cells.append(raw)
        start += raw.shape[1]
    stamp = b"SAS     SAS     SASLIB  9.4     LINUX   " + b" " * 24 + _STAMP
    member = b"SAS     " + name.encode().ljust(8) + b"SASDATA 9.4     LINUX   " + b" " * 24 + _STAMP
    head = [
        b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + b"0" * 30 + b"  ",
        stamp,
        _STAMP.ljust(80),
        b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!" + b"000000000000000001600000000140  ",
        b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!" + b"0" * 30 + b"  ",
        member,
        _STAMP.ljust(80),
        b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
        + f"000000{len(described):04d}".encode()
        + b"0" * 20
        + b"  ",
        _padded(b"".join(described)),
        b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!" + b"0" * 30 + b"  ",
        _padded(np.hstack(cells).tobytes()),
    ]
    write_bytes(path, b"".join(head))


def _padded(data: bytes) -> bytes:
    return data + b" " * (-len(data) % 80)


def _variable(number: int, name: str, length: int, start: int, fmt: str, *, numeric: bool) -> bytes:
    word, digits = fmt.rstrip("0123456789."), "".join(c for c in fmt if c.isdigit())
    big = {"byteorder": "big"}
    return b"".join(
        (
            (1 if numeric else 2).to_bytes(2, **big),
            bytes(2),
            length.to_bytes(2, **big),
            number.to_bytes(2, **big),
            name.encode().ljust(8),
            name.encode().ljust(40),
            word.encode().ljust(8),
            int(digits or 0).to_bytes(2, **big),
            bytes(6),
            b" " * 8,
            bytes(4),
            start.to_bytes(4, **big),
            bytes(52),
        )
    )


def _numbers(column: pl.Series) -> np.ndarray:
    """IBM floating point (n_rows, 8 bytes)."""
    value = column.cast(pl.Float64).to_numpy().astype(float)
    known = np.isfinite(value) & (value != 0)
    mantissa, exponent = np.frexp(np.where(known, np.abs(value), 0.5))
    sixteen = -(-exponent // 4)
    fraction = np.ldexp(mantissa, 56 + exponent - 4 * sixteen).astype(np.uint64)
    sign = np.where(value < 0, np.uint64(0x80), np.uint64(0))
    first = (sign | (sixteen + 64).astype(np.uint64)) << np.uint64(56)
    whole = np.where(known, first | fraction, np.uint64(0))
    whole = np.where(np.isnan(value), np.uint64(0x2E) << np.uint64(56), whole)
    return whole.astype(">u8").view(np.uint8).reshape(-1, 8)


def _texts(column: pl.Series) -> np.ndarray:
    cells = [cell.encode() for cell in column.fill_null("")]
    width = max(1, *map(len, cells)) if cells else 1
    return np.frombuffer(b"".join(cell.ljust(width) for cell in cells), dtype=np.uint8).reshape(-1, width)
