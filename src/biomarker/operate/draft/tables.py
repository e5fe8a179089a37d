"""The tables of a folder, read as a study would read them."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from biomarker.errors import BiomarkerError, SchemaError
from biomarker.ingest.content import PACKED, PARQUET, file_content
from biomarker.ingest.delimited import SEPARATORS
from biomarker.ingest.reading import read_text
from biomarker.operate.draft.columns import Column, look_at

__all__ = ["FolderTable", "read_tables"]


@dataclass(frozen=True)
class FolderTable:
    """A table of the folder.

    Attributes
    ----------
    path : Path
    separator : str or None
        Where it is not the one that the file's ending tells.
    frame : polars.DataFrame
        Every cell text.
    """

    path: Path
    separator: str | None
    frame: pl.DataFrame

    @cached_property
    def columns(self) -> dict[str, Column]:
        """What can be seen of each column."""
        return {name: look_at(self.frame[name]) for name in self.frame.columns}

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name


def read_tables(folder: Path) -> tuple[list[FolderTable], dict[str, str]]:
    """The tables of a folder, by name, and why other files are not used.

    Folders within the folder, hidden files and files that are no tables by their ending are left alone.
    """
    tables, unused = [], {}
    for path in sorted(folder.iterdir()):
        suffixes = [s.lower() for s in path.suffixes if s.lower() not in PACKED]
        if path.name.startswith(".") or not path.is_file():
            continue
        if not suffixes or suffixes[-1] not in (*SEPARATORS, *PARQUET):
            continue
        try:
            comment = "#" if suffixes[-1] == ".maf" else None
            separator = _separator(path, suffixes[-1], comment)
            table = FolderTable(path, separator, read_text(path, separator=separator, comment=comment).frame)
            if any(re.search(r"[\x00-\x1f]", name) for name in table.frame.columns):
                raise SchemaError(f"{path.name}: the name of a column holds a line break")
            tables.append(table)
        except BiomarkerError as error:
            unused[path.name] = without_content(error.message).removeprefix(f"{path.name}: ")
    return tables, unused


def without_content(message: str) -> str:
    """An error's words without what they quote of a file: a header may hold identifiers."""
    return re.sub(r"'[^']*'", "(...)", message).splitlines()[0]


def _separator(path: Path, suffix: str, comment: str | None) -> str | None:
    """The character that the header has most of, where it lacks the one that belongs to the file's ending."""
    if suffix in PARQUET:
        return None
    header = file_content(path, comment=comment).data.split(b"\n", 1)[0]
    if header.count(SEPARATORS[suffix].encode()):
        return None
    best = max(",;\t|", key=lambda mark: header.count(mark.encode()))
    return best if header.count(best.encode()) else None
