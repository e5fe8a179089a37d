"""Files of VCF and BCF as tables of text, a record a row, each with the line that it stands on."""

import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.content import AGAIN, Content, unpacked
from biomarker.ingest.delimited import csv_frame, file_layout
from biomarker.ingest.reading import Table

__all__ = ["COLUMNS", "VcfFile", "files_of", "read_file", "stem"]

#: Columns of every VCF; FORMAT and the samples follow.
COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
ENDINGS = (".vcf", ".vcf.gz", ".vcf.bgz", ".vcf.zst", ".bcf")
#: The one cell that says that nothing is known; NA are two bases.
MISSING = (".",)
#: The empty block at the end of every whole file in BGZF.
_LAST_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_AGAIN = "Copy or download it again."
#: The library of BCF ends the whole process at some damaged files: it runs in one of its own.
_TO_TEXT = """
import sys
from cyvcf2 import VCF
from cyvcf2.cyvcf2 import set_htslib_log_level
set_htslib_log_level(0)
given = VCF(sys.argv[1])
with open(sys.argv[2], "w", encoding="utf-8") as text:
    text.write(given.raw_header)
    for record in given:
        text.write(str(record))
"""


@dataclass(frozen=True)
class VcfFile:
    """One file.

    Attributes
    ----------
    table : Table
        All text, ``.`` alone null: ``CHROM`` to ``INFO``, ``FORMAT``, and `columns`, which no sample's name can clash
        with.
    head : str
        The lines above the column names.
    samples : tuple of str
    """

    table: Table
    head: str
    samples: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that hold the samples, in the order of `samples`."""
        return tuple(f"sample {place}" for place in range(1, len(self.samples) + 1))


def stem(path: Path) -> str:
    """The name of a file without the ending of its format."""
    name = path.name
    ending = next((ending for ending in sorted(ENDINGS, key=len, reverse=True) if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)] if ending else path.stem


def files_of(path: Path) -> list[Path]:
    """The file itself, or every VCF and BCF of a folder by name.

    Raises
    ------
    DataError
        The folder holds none.
    """
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.name.lower().endswith(ENDINGS))
    if not found:
        raise DataError(f"{path.name} holds no VCF", f"Files in it must end in {', '.join(ENDINGS)}.")
    return found


def read_file(path: Path) -> VcfFile:
    """Read one file.

    Raises
    ------
    DataError
        It is absent, empty, cut short, damaged, no VCF, or not UTF-8.
    SchemaError
        Its header lacks a column or names a sample twice, or a record has more or fewer cells.
    """
    binary = path.suffix.lower() == ".bcf"
    data = _text_of_bcf(path) if binary else _whole(path)
    if not data.startswith(b"##fileformat=VCF"):
        raise DataError(f"{path.name} is no VCF: it does not begin with ##fileformat=VCF", AGAIN)
    start = data.find(b"\n#CHROM") + 1
    if start == 0:
        raise DataError(f"{path.name} has no line of column names (#CHROM ...)", AGAIN)
    try:
        head = data[:start].decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: its header is not UTF-8 text", "Save it with the encoding UTF-8.") from error
    content = Content(path, data[start:].rstrip(b"\r\n"), parquet=False, skipped=head.count("\n"))
    if b"\n" not in content.data:
        content = replace(content, data=content.data + b"\n")
    if not data.endswith(b"\n"):
        raise DataError(f"{path.name} is cut short: its last line does not end", _AGAIN)
    layout = file_layout(content, "\t")
    empty = re.search(rb"\t(?=[\t\r\n])", content.data)
    if empty:
        where = f"{path.name}, line {content.line(empty.start())}"
        raise SchemaError(f"{where}: a cell is empty", "VCF writes a point there.")
    columns = tuple(layout.columns)
    if columns[: len(COLUMNS)] != COLUMNS or (len(columns) > len(COLUMNS) and columns[len(COLUMNS)] != "FORMAT"):
        raise SchemaError(f"{path.name}: the columns are not those of a VCF", f"{' '.join(COLUMNS)} FORMAT, samples.")
    if content.data.endswith(b"\n"):
        frame = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    else:
        frame = csv_frame(content, layout, dict.fromkeys(columns, pl.String()), missing=MISSING)
    samples = columns[len(COLUMNS) + 1 :]
    fixed = [name.removeprefix("#") for name in columns[: len(COLUMNS) + 1]]
    frame.columns = [*fixed, *(f"sample {place}" for place in range(1, len(samples) + 1))]
    return VcfFile(Table(frame, path, 1 if binary else content.line(0) + 1), head, samples)


def _whole(path: Path) -> bytes:
    """Unpacked bytes of a file that is known to be whole."""
    data = unpacked(path)
    with path.open("rb") as stream:
        first = stream.read(18)
        stream.seek(max(0, path.stat().st_size - len(_LAST_BLOCK)))
        last = stream.read()
    blocked = first[:4] == b"\x1f\x8b\x08\x04" and first[12:14] == b"BC"
    if blocked and last != _LAST_BLOCK:
        raise DataError(f"{path.name} is cut short: its last block is missing", _AGAIN)
    return data


def _text_of_bcf(path: Path) -> bytes:
    """The text that a BCF file stands for."""
    import importlib.util
    import tempfile

    if path.is_file() and path.stat().st_size == 0:
        raise DataError(f"{path.name} is empty", AGAIN)
    if path.is_file() and importlib.util.find_spec("cyvcf2") is None:
        raise ConfigError(
            f"{path.name}: BCF is read with the package cyvcf2, which is not installed",
            "Install biomarker[vcf], or give the file as VCF.",
        )
    if path.is_file():
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / "records.vcf"
            done = subprocess.run([sys.executable, "-c", _TO_TEXT, str(path), str(text)], capture_output=True)
            if done.returncode == 0 and path.read_bytes()[-len(_LAST_BLOCK) :] == _LAST_BLOCK:
                return text.read_bytes()
        raise DataError(f"{path.name} is cut short or damaged (BCF)", _AGAIN)
    return unpacked(path)  # which says what is not there
