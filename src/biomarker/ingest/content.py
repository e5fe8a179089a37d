"""The bytes of an input file: unpacked, and known for what they are."""

import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from biomarker.errors import DataError, SchemaError
from biomarker.ingest.dataset_json import dataset_json_frame, is_dataset_json
from biomarker.ingest.spelling import nearest
from biomarker.ingest.xport import XPORT, is_xport, xport_frame

__all__ = ["AGAIN", "PARQUET", "Content", "clinical_frame", "file_content", "parquet_frame", "unpacked"]

#: What to do about a file that holds nothing.
AGAIN = "Was it written or copied in full? Ask for it again, or take it out of the study file."
PARQUET = (".parquet", ".pq")
PACKED = (".gz", ".zst")


@dataclass(frozen=True)
class Content:
    """What a file holds once unpacked; text has no mark of byte order, and ends without line breaks.

    Attributes
    ----------
    path : Path
    data : bytes
    parquet : bool
    skipped : int
        Lines of comment before the header, which ``data`` has no more.
    clinical : bool
        Whether it is a table as clinical trials are submitted: SAS XPORT or Dataset-JSON.
    """

    path: Path
    data: bytes
    parquet: bool
    skipped: int = 0
    clinical: bool = False

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """The ending that tells the format, without ``.gz`` or ``.zst``."""
        suffixes = [suffix.lower() for suffix in self.path.suffixes]
        return next((suffix for suffix in reversed(suffixes) if suffix not in PACKED), "")

    def line(self, offset: int) -> int:
        """Line of the file on which a byte of ``data`` stands."""
        return self.skipped + self.data.count(b"\n", 0, offset) + 1


def file_content(path: Path, *, comment: str | None = None) -> Content:
    """Read and unpack a file; lines before the header that begin with ``comment`` are left out.

    Raises
    ------
    DataError
        It is absent, a folder, empty, cut short, or not what its name says.
    SchemaError
        It is a spreadsheet.
    """
    data = unpacked(path)
    if data.isspace():
        raise DataError(f"{path.name} is empty", AGAIN)
    parquet, clinical = data[:4] == b"PAR1", is_xport(data) or is_dataset_json(data)
    if parquet or clinical:
        return Content(path, data, parquet, clinical=clinical)
    content = _text_content(path, data, comment)
    if data[:4] == b"PK\x03\x04":
        raise SchemaError(f"{path.name} is a spreadsheet or zip archive, not a table of text", "Save it as CSV.")
    for endings, what in ((PARQUET, "Parquet"), (XPORT, "SAS transport")):
        if content.suffix in endings:
            raise DataError(f"{path.name} is not a {what} file, whatever its name says", "Copy or export it again.")
    return content


def unpacked(path: Path) -> bytes:
    """The bytes of a file once unpacked, none changed.

    Raises
    ------
    DataError
        It is absent, a folder, empty, cut short, or not compressed as its name says.
    """
    if path.is_dir():
        raise DataError(f"{path.name or path} is a folder, not a file", "Name the file in it.")
    if not path.exists():
        siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = nearest(path.name, sorted(siblings), what="files in that folder") if siblings else ""
        raise DataError(f"there is no file {path}", hint)
    data = _unpack(path, path.read_bytes())
    if not data:
        raise DataError(f"{path.name} is empty", AGAIN)
    return data


def _text_content(path: Path, data: bytes, comment: str | None) -> Content:
    text = data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    start, skipped = _gct_head(path, text) if comment is None else (0, 0)
    while comment is not None and text.startswith(comment.encode(), start):
        end = text.find(b"\n", start)
        if end < 0:
            raise DataError(f"{path.name} holds comments and no header", AGAIN)
        start, skipped = end + 1, skipped + 1
    return Content(path, text[start:] if start else text, parquet=False, skipped=skipped)


def _gct_head(path: Path, text: bytes) -> tuple[int, int]:
    """Where the table of a GCT file begins, after its version and its counts; the beginning of any other file."""
    if ".gct" not in [suffix.lower() for suffix in path.suffixes]:
        return 0, 0
    if not text.startswith((b"#1.2", b"#1.3")):
        raise DataError(f"{path.name} is no GCT file: it does not begin with #1.2 or #1.3", AGAIN)
    first = text.find(b"\n")
    second = text.find(b"\n", first + 1)
    if first < 0 or second < 0:
        raise DataError(f"{path.name} is cut short: a GCT file has three lines before its first gene", AGAIN)
    return second + 1, 2


def _unpack(path: Path, data: bytes) -> bytes:
    import pyarrow as pa

    damaged = f"{path.name} is cut short or damaged"
    hint = "Copy or download it again."
    try:
        if data[:2] == b"\x1f\x8b":
            return gzip.decompress(data)
        if data[:4] == b"\x28\xb5\x2f\xfd":
            with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
                return bytes(stream.read())
    except (EOFError, zlib.error, OSError) as error:
        raise DataError(f"{damaged}: its compressed content does not end where it should", hint) from error
    if path.suffix.lower() in PACKED and data:
        raise DataError(f"{path.name} is not compressed, although its name ends in {path.suffix}", hint)
    return data


def parquet_frame(content: Content) -> pl.DataFrame:
    """The table of a Parquet file, which must hold single values."""
    try:
        frame = pl.read_parquet(io.BytesIO(content.data))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{content.name} is cut short or damaged (Parquet)", "Copy or download it again.") from error
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    if nested:
        raise SchemaError(f"{content.name}: column {nested[0]!r} holds lists or structures, not single values")
    return frame


def clinical_frame(content: Content) -> pl.DataFrame:
    """The table of a SAS XPORT or Dataset-JSON file; dates and times are ISO 8601 text."""
    read = xport_frame if is_xport(content.data) else dataset_json_frame
    return read(content.data, content.name)
