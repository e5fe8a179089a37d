"""The first thing wrong with each row of a table, in a fixed order, all rows at once."""

from collections.abc import Sequence

import polars as pl

from biomarker.errors import SchemaError
from biomarker.ingest.reading import Table
from biomarker.ingest.spelling import decimal_commas

__all__ = ["MASKED", "Fault", "first_fault", "refuse_decimal_commas"]

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
            "Write decimals with a point.",
        )
