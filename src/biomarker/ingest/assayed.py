"""Who was sequenced, and for which genes: what a list of variants alone does not say."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from biomarker.errors import DataError
from biomarker.ingest.content import file_content
from biomarker.ingest.reading import read_text
from biomarker.ingest.spelling import clean

__all__ = ["Assayed", "GeneList", "SubjectList", "read_assayed"]


@dataclass(frozen=True, kw_only=True)
class SubjectList:
    """The subjects that were sequenced, whether or not anything was found."""

    path: str = field(metadata={"doc": "A table with a row for each of them."})
    id: str = field(default="subject_id", metadata={"doc": "Its column of subject ids."})


@dataclass(frozen=True, kw_only=True)
class GeneList:
    """The genes that were looked at."""

    path: str = field(
        metadata={"doc": "A table with a row for each gene, or a plain list: one gene a line, no header."}
    )
    column: str | None = field(default=None, metadata={"doc": "Its column of genes; none for a plain list."})


@dataclass(frozen=True)
class Assayed:
    """What `SubjectList` and `GeneList` say; None where the study does not.

    Attributes
    ----------
    subjects : polars.Series of str, optional
        ``subject_id``, each once.
    genes : polars.Series of str, optional
        ``gene``, each once.
    nameless : int
        Rows of the list of subjects that name none.
    """

    subjects: pl.Series | None = None
    genes: pl.Series | None = None
    nameless: int = 0


def read_assayed(tested: SubjectList | None, panel: GeneList | None, *, base: Path) -> Assayed:
    """Read the subjects that were tested and the genes of the panel.

    Parameters
    ----------
    tested : SubjectList, optional
    panel : GeneList, optional
    base : Path
        Folder of the study file.

    Raises
    ------
    DataError
        A file cannot be read, or names nobody or nothing.
    SchemaError
        A column is absent, or an id has blanks around it.
    """
    subjects, nameless = (None, 0) if tested is None else _subjects(tested, base)
    return Assayed(subjects, None if panel is None else _genes(panel, base), nameless)


def _subjects(tested: SubjectList, base: Path) -> tuple[pl.Series, int]:
    table = read_text(base / tested.path)
    table.require([tested.id], key="tested.id")
    ids = table.ids(tested.id, unique=False, missing=True)
    known = ids.drop_nulls().unique(maintain_order=True).rename("subject_id")
    if known.is_empty():
        raise DataError(f"{table.name} names no subject", f"See its column {tested.id!r}.")
    return known, ids.null_count()


def _genes(panel: GeneList, base: Path) -> pl.Series:
    path = base / panel.path
    if panel.column is None:
        cells = _lines(path)
    else:
        table = read_text(path)
        table.require([panel.column], key="panel_genes.column")
        cells = table.frame[panel.column]
    genes = clean(cells).drop_nulls().unique(maintain_order=True).rename("gene")
    if genes.is_empty():
        raise DataError(f"{path.name} names no gene", "One gene a line, or a table whose `column` is named.")
    return genes


def _lines(path: Path) -> pl.Series:
    content = file_content(path)
    hint = "Save it as UTF-8, or name the column if it is a table: `panel_genes.column`."
    if content.parquet or content.clinical:
        raise DataError(f"{path.name} is a Parquet or clinical table, not a plain list", hint)
    try:
        return pl.Series(content.data.decode().splitlines(), dtype=pl.String)
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}, line {content.line(error.start)}: not UTF-8 text", hint) from error
