"""What every source is and gives: the records behind the registry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.data.tables import Quarantine
from biomarker.data.timing import Timing

__all__ = ["Ingested", "Reader", "Source", "SourceSettings", "no_quarantine", "quarantine_rows"]


@dataclass(frozen=True, kw_only=True)
class SourceSettings(Timing):
    """What every source needs to be told."""

    path: str = field(metadata={"doc": "The file, relative to the study file."})
    separator: str | None = field(
        default=None,
        metadata={"doc": "The character between columns, where the file's ending does not tell it."},
    )


@dataclass(frozen=True)
class Ingested:
    """What a source gave, what it could not use, and the sum.

    Attributes
    ----------
    content : FeatureValues, polars.DataFrame or polars.LazyFrame
        A matrix, or records with ``subject_id``; lazy where a file is too large for its text to be held.
    quarantine : polars.DataFrame
        Columns of `biomarker.data.tables.Quarantine`; a row of the file stands here at most once.
    rows_in : int
        Rows of the file, without the header.
    rows_used : int
    excluded : mapping of str to int
        Rows left out on purpose, by reason.
    notes : tuple of str
        What a reader of the report should know: conversions made, and with which constants.

    Raises
    ------
    ValueError
        ``rows_in`` is not the sum of used, quarantined and excluded rows: a fault of the source's code.
    """

    content: FeatureValues | pl.DataFrame | pl.LazyFrame
    quarantine: pl.DataFrame
    rows_in: int
    rows_used: int
    excluded: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.quarantine.columns != Quarantine.column_names():
            raise ValueError(f"quarantine has the columns {self.quarantine.columns}")
        if self.quarantine.select(pl.struct("file", "line").is_duplicated().any()).item():
            raise ValueError("a row stands in the quarantine twice")
        out = self.rows_used + self.quarantine.height + sum(self.excluded.values())
        if self.rows_in != out:
            raise ValueError(f"{self.rows_in} rows came in and {out} are accounted for")


class Reader(Protocol):
    """A function that reads one source; ``settings.path`` is relative to ``base``."""

    def __call__(self, settings: Any, *, base: Path) -> Ingested: ...


@dataclass(frozen=True)
class Source:
    """A source format: the record a registry holds.

    Attributes
    ----------
    type : str
        What the study file calls it.
    settings : type
        A frozen dataclass of plain types; each field's ``metadata["doc"]`` says what it is.
    read : callable, (settings, *, base) -> Ingested
    doc : str
        One sentence for the study file's schema and the documentation.
    """

    type: str
    settings: type[SourceSettings]
    read: Reader
    doc: str
    kind: Literal["matrix", "records"] = "matrix"


_COLUMNS: dict[str, Callable[[], pl.DataType]] = {
    "file": pl.String,
    "line": pl.Int64,
    "field": pl.String,
    "value": pl.String,
    "reason": pl.String,
}


def no_quarantine() -> pl.DataFrame:
    """A quarantine without rows."""
    return pl.DataFrame(schema={name: dtype() for name, dtype in _COLUMNS.items()})


def quarantine_rows(
    *, file: str, lines: pl.Series, field: pl.Series, value: pl.Series, reason: pl.Series
) -> pl.DataFrame:
    """Rows of a quarantine, in the order of the file; ``value`` is cut to 40 characters."""
    rows = pl.DataFrame(
        {"line": lines, "field": field, "value": value.cast(pl.String).str.slice(0, 40), "reason": reason}
    ).with_columns(file=pl.lit(file))
    return rows.select(pl.col(name).cast(dtype()) for name, dtype in _COLUMNS.items()).sort("line")
