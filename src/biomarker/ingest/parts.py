"""Large tables a part at a time: each part is a table of its own that knows on which lines of the file it stands."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl

from biomarker.errors import DataError
from biomarker.ingest.content import AGAIN, PARQUET, Content
from biomarker.ingest.reading import Table, read_text, text_frame, text_table

__all__ = ["PART_BYTES", "text_parts"]

#: So much text makes a part.
PART_BYTES = 16 << 20
#: So many rows of a Parquet file make a part.
PART_ROWS = 400_000
#: So many parts a row may be long before it is taken for a quote without its partner.
LONGEST_ROW = 4
#: How many times its size a packed file may be.
PACKED_TIMES = 6
_AGAIN = "Copy or download it again."


def text_parts(path: Path, *, separator: str | None = None) -> Iterator[Table]:
    """`read_text` of a file, in parts if it is large: all cells as text, rows in the order of the file.

    A file that makes one part, and a format that can only be read as a whole, is that one table. No part splits a row,
    also where quoted cells hold line breaks.

    Raises
    ------
    BiomarkerError
        As `read_text`; what is wrong with a later part is told when it is reached.
    """
    kind = _large(path)
    if kind is None:
        yield read_text(path, separator=separator)
    elif kind == "parquet":
        yield from _parquet_parts(path)
    else:
        yield from _text_parts(path, separator)


def _large(path: Path) -> str | None:
    """``parquet`` or ``text`` where a file makes more than one part, else None."""
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        first = stream.read(256)
    size, packed = path.stat().st_size, first[:2] == b"\x1f\x8b" or first[:4] == b"\x28\xb5\x2f\xfd"
    if first[:4] == b"PAR1":
        try:
            return "parquet" if pl.scan_parquet(path).select(pl.len()).collect().item() > PART_ROWS else None
        except (pl.exceptions.PolarsError, OSError):
            return None  # damaged: the reader of whole files says so
    if size * (PACKED_TIMES if packed else 1) <= PART_BYTES or path.suffix.lower() in PARQUET:
        return None
    with _unpacking(path) as stream:
        start = stream.read(256)
    # the formats of clinical trials are no rows of text
    return None if start.startswith((b"HEADER RECORD*******LIB", b"{")) or start[:4] == b"PK\x03\x04" else "text"


@contextmanager
def _unpacking(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked as they are read.

    Raises
    ------
    DataError
        Its compressed content does not end where it should.
    """
    import pyarrow as pa

    with path.open("rb") as stream:
        first = stream.read(4)
        stream.seek(0)
        try:
            if first[:2] == b"\x1f\x8b":
                with gzip.GzipFile(fileobj=stream) as unpacked:
                    yield unpacked  # type: ignore[misc]
            elif first == b"\x28\xb5\x2f\xfd":
                with pa.CompressedInputStream(stream, "zstd") as packed:
                    yield packed
            else:
                yield stream
        except (EOFError, zlib.error, OSError) as error:
            message = f"{path.name} is cut short or damaged: its compressed content does not end where it should"
            raise DataError(message, _AGAIN) from error


def _text_parts(path: Path, separator: str | None) -> Iterator[Table]:
    header, line = b"", 1
    for part in _runs(path):
        if not header:
            text = part.removeprefix(b"\xef\xbb\xbf")
            header = text[: text.find(b"\n") + 1] or text
            content = Content(path, text.rstrip(b"\r\n"), parquet=False)
        else:
            # lines are counted from the header that stands before each part
            content = Content(path, header + part.rstrip(b"\r\n"), parquet=False, skipped=line - 2)
        breaks = part.count(b"\n")
        if content.data != header.rstrip(b"\r\n"):
            yield text_table(content, separator)
        line += breaks


def _runs(path: Path) -> Iterator[bytes]:
    """Bytes of whole rows, about `PART_BYTES` each."""
    rest = b""
    with _unpacking(path) as stream:
        while piece := stream.read(PART_BYTES):
            rest += piece
            end = _end_of_rows(rest)
            if end:
                yield rest[:end]
                rest = rest[end:]
    if rest:
        yield rest


def _end_of_rows(data: bytes) -> int:
    """Behind the last line break that is not within quotes; 0 where more has to be read to know one.

    Quotes that stand where none should make the count of them odd: a row that is split by that is refused by its
    reader, because both pieces have too few cells.
    """
    text = np.frombuffer(data, np.uint8)
    within = np.cumsum(text == ord('"'), dtype=np.uint8) & 1 if b'"' in data else np.zeros(1, np.uint8)
    ends = np.flatnonzero((text == ord("\n")) & (within == 0))
    if len(ends):
        return int(ends[-1]) + 1
    return data.rfind(b"\n") + 1 if len(data) > LONGEST_ROW * PART_BYTES else 0


def _parquet_parts(path: Path) -> Iterator[Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as stored:
            first = 1
            for batch in stored.iter_batches(batch_size=PART_ROWS):
                frame = pl.DataFrame(pa.Table.from_batches([batch]))
                yield text_frame(frame, path, first)
                first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path.name} is cut short or damaged (Parquet)", AGAIN) from error
