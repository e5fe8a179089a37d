"""Endpoints in a file of their own: the rows that are meant, one a subject, or whether there is any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.errors import AlignmentError, InsufficientDataError, SchemaError
from biomarker.ingest.diary import DiarySettings, ValueSet, mean_index
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.rows import chosen_rows

__all__ = ["EndpointFile", "occurred", "rows_elsewhere"]

#: Of analysis data: how a row was derived from others (last value carried forward, minimum). Blank: it was measured.
DERIVED = "DTYPE"


@dataclass(frozen=True, kw_only=True)
class EndpointFile:
    """A file of outcomes, and which of its rows are meant."""

    path: str = field(metadata={"doc": "The file, relative to the study file."})
    id: str = field(default="USUBJID", metadata={"doc": "Its column of the subject's id."})
    where: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, metadata={"doc": "Rows that are meant, by the values of a column."}
    )
    value_set: str | None = field(
        default=None, metadata={"doc": "Of a diary: the table of decrements that makes its index of quality of life."}
    )
    occurrence: bool = field(
        default=False, metadata={"doc": "The event is that a subject has such a row; without one there is none."}
    )


def rows_elsewhere(file: EndpointFile, *, base: Path, endpoint: str) -> Table:
    """The rows of a file of outcomes that are meant; derived rows are not, unless ``where`` speaks of `DERIVED`.

    Raises
    ------
    SchemaError
        A column is absent, a wanted value stands nowhere, or a subject has several such rows and is to have one.
    """
    key = f"endpoint {endpoint}"
    if file.value_set is not None:
        own = DiarySettings(
            path=file.path, subject=file.id, value_set=ValueSet(path=file.value_set), where=dict(file.where)
        )
        index = mean_index(own, base=base).rename({"subject_id": file.id})
        return Table(index.select(pl.all().cast(pl.String)), Path(file.path), 1)
    table = read_text(base / file.path)
    table.require([file.id], key=key)
    where = dict(file.where)
    if DERIVED in table.frame.columns and DERIVED not in where:
        where[DERIVED] = ("",)
    table, _ = chosen_rows(table, where, key=key)
    again = table.ids(file.id, unique=False).is_duplicated().arg_true()
    if len(again) and not file.occurrence:
        raise SchemaError(
            f"{table.name}, {table.where(again)}: endpoint {endpoint!r} has several rows of one subject",
            f"Say which one is meant: `param`, `where: {{{_telling(table, file.id)}: [...]}}`.",
        )
    return table


def _telling(table: Table, id: str) -> str:
    """A column in which rows of one subject differ, the likeliest first."""
    likely = ("PARAMCD", "AVISIT", "VISIT", "ANL01FL")
    names = [name for name in likely if name in table.frame.columns]
    rest = [name for name in table.frame.columns if name not in (*likely, id)]
    counts = table.frame.group_by(id).n_unique()
    return next((name for name in (*names, *rest) if (counts[name] > 1).any()), "COLUMN")


def occurred(table: Table, file: EndpointFile, subject_ids: Sequence[str], *, endpoint: str) -> NDArray[np.float64]:
    """1 for each subject that has a row, else 0 (n_subjects,).

    Raises
    ------
    AlignmentError
        No row is of one of the subjects.
    InsufficientDataError
        Every subject has one.

    Notes
    -----
    **Valid when** every subject was asked or watched for the event: a subject without a row had none.
    """
    having = set(table.frame[file.id].drop_nulls().to_list())
    values = np.asarray([float(subject in having) for subject in subject_ids])
    if not values.any():
        raise AlignmentError(
            f"{table.name} (endpoint {endpoint!r}): no such row is of one of the {len(subject_ids)} subjects",
            f"Check that its column {file.id!r} and the study's subjects use the same ids.",
        )
    if values.all():
        raise InsufficientDataError(
            f"{table.name}: all {len(subject_ids)} subjects have the event of endpoint {endpoint!r}", "Leave it out."
        )
    return values
