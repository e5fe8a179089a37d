"""The first thing wrong with each row of a table, in a fixed order, all rows at once."""

from collections.abc import Sequence

import polars as pl

__all__ = ["MASKED", "Fault", "first_fault"]

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
