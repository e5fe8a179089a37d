"""What is wrong with the rows of a long table: the first fault of each, all rows at once, and their quarantine."""

from collections.abc import Mapping, Sequence

import polars as pl

from biomarker.errors import SchemaError
from biomarker.ingest.reading import Table
from biomarker.ingest.source import quarantine_rows
from biomarker.ingest.spelling import COMMAS, decimal_commas

__all__ = ["Fault", "first_fault", "quarantine_of", "refuse_decimal_commas"]

#: Stands in a quarantine for a cell that must not be shown.
MASKED = "***"

#: The role of the cell, when it is at fault, and why.
Fault = tuple[str, pl.Expr, str]


def first_fault(rows: pl.DataFrame, faults: Sequence[Fault]) -> pl.DataFrame:
    """Role and reason of each row's first fault, nulls where there is none.

    Parameters
    ----------
    rows : polars.DataFrame
        With ``row``, the position in the file.
    faults : sequence of (role, expression, reason)
        A null of the expression is no fault.

    Returns
    -------
    polars.DataFrame
        ``row, role, reason``, a row each.
    """
    role, reason = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for name, fault, why in reversed(faults):
        role = pl.when(fault).then(pl.lit(name)).otherwise(role)
        reason = pl.when(fault).then(pl.lit(why)).otherwise(reason)
    return rows.select("row", role=role, reason=reason)


def quarantine_of(
    table: Table,
    rows: pl.DataFrame,
    bad: pl.DataFrame,
    *,
    columns: Mapping[str, str],
    shown: Mapping[str, str],
    masked: Mapping[str, str],
) -> pl.DataFrame:
    """Quarantine of the rows at fault; their lines are those of the file.

    Parameters
    ----------
    table : Table
    rows : polars.DataFrame
        With ``row`` and the text of the cells.
    bad : polars.DataFrame
        ``row, role, reason`` of the rows at fault.
    columns : mapping of role to the file's column
    shown, masked : mapping of role to the column of ``rows`` with its cell
        Cells that may be seen, and cells of which it may be seen only that there is something.
    """
    found = bad.join(rows, on="row", how="left", maintain_order="left")
    value = pl.lit(None, pl.String)
    for role, cell in shown.items():
        value = pl.when(pl.col("role") == role).then(pl.col(cell)).otherwise(value)
    for role, cell in masked.items():
        value = pl.when((pl.col("role") == role) & pl.col(cell).is_not_null()).then(pl.lit(MASKED)).otherwise(value)
    cells = found.select(value=value, field=pl.col("role").replace(dict(columns)))
    lines = pl.Series(table.lines[found["row"].to_numpy()])
    return quarantine_rows(
        file=table.name, lines=lines, field=cells["field"], value=cells["value"], reason=found["reason"]
    )


def refuse_decimal_commas(table: Table, rows: pl.DataFrame, column: str) -> None:
    """Refuse a long table whose values have decimal commas, by ``value`` and ``value_text`` of its rows.

    A comma for a point is no fault of single rows: whole numbers among them would pass, and only those.

    Raises
    ------
    SchemaError
        More than half of the values that are no number have a decimal comma.
    """
    commas = decimal_commas(rows["value_text"]).fill_null(value=False)
    if 2 * commas.sum() > rows["value"].is_null().sum() - rows["value_text"].is_null().sum() > 0:
        raise SchemaError(
            f"{table.name}, {table.where(commas.arg_true())}, column {column!r}: decimals stand behind a comma",
            COMMAS,
        )
