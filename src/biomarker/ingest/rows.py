"""Which rows of a table are meant: by the values of its columns, and what a supplement adds to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from biomarker.errors import DataError, SchemaError
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.spelling import clean, matches_any, nearest

__all__ = ["Supplement", "chosen_rows", "supplemented"]

#: In a list of wanted values: the cell is empty.
EMPTY = ""


@dataclass(frozen=True, kw_only=True)
class Supplement:
    """A SUPP-- data set: further columns of a domain, one value a row."""

    path: str = field(metadata={"doc": "The SUPP-- file, relative to the study file."})
    id: str = field(default="USUBJID", metadata={"doc": "Its column of the subject's id."})


def chosen_rows(
    table: Table, where: Mapping[str, Sequence[str]], *, key: str, must: bool = True
) -> tuple[Table, dict[str, int]]:
    """Rows whose cells are among the wanted ones in every column of ``where``; ``""`` is an empty cell.

    Returns
    -------
    Table
    dict of str to int
        Rows that are left out, by the first column that leaves them out.

    Raises
    ------
    SchemaError
        A column is absent, or (where ``must``) none of its cells is a wanted value: most likely a spelling.
    DataError
        No row is left.
    """
    keep = pl.repeat(value=True, n=table.frame.height, eager=True, dtype=pl.Boolean)
    left_out: dict[str, int] = {}
    for column, wanted in where.items():
        table.require([column], key=key)
        text = clean(table.frame[column])
        hit = matches_any(text, tuple(value for value in wanted if value != EMPTY))
        if EMPTY in wanted:
            hit = hit | text.is_null()
        if must and not hit.any():
            values = text.drop_nulls().unique().sort().to_list()
            hint = nearest(str(wanted[0]), values, what="values") if len(values) <= 40 else "Check the spelling."
            raise SchemaError(f"{table.name}: no row has {' or '.join(map(repr, wanted))} in {column!r} ({key})", hint)
        gone = int((keep & ~hit).sum())
        left_out |= {f"{column} is not {' or '.join(value or 'empty' for value in wanted)}": gone} if gone else {}
        keep = keep & hit
    if must and not keep.any():
        raise DataError(f"{table.name}: no row is left of those that {key} chooses", "Check its values together.")
    return (table if keep.all() else table.kept(keep)), left_out


def supplemented(table: Table, given: Supplement, *, base: Path, id: str) -> tuple[Table, str]:
    """A domain's table with a column for each variable of its SUPP-- data set, and a note on rows without a parent.

    A row of SUPP-- belongs to the rows of its subject whose variable ``IDVAR`` holds ``IDVARVAL``; to all rows of the
    subject where ``IDVAR`` is empty.

    Raises
    ------
    SchemaError
        A column is absent, a variable has two values for one row, or the domain has a column of that name.
    """
    extra = read_text(base / given.path)
    extra.require([given.id, "QNAM", "QVAL"], key="supplement")
    names = clean(extra.frame["QNAM"])
    if names.is_null().any():
        at = names.is_null().arg_true()
        raise SchemaError(f"{extra.name}, {extra.where(at)}, column 'QNAM': the variable has no name", "Correct it.")
    clash = sorted(set(names) & set(table.frame.columns))
    if clash:
        raise SchemaError(f"{extra.name}: QNAM {clash[0]!r} is a column of {table.name} already", "Rename one of them.")
    blank = pl.lit(None, pl.String)
    columns = extra.frame.columns
    rows = extra.frame.select(
        row=pl.int_range(pl.len()),
        id=pl.col(given.id),
        variable=pl.col("IDVAR") if "IDVAR" in columns else blank,
        value=pl.col("IDVARVAL").str.strip_chars() if "IDVARVAL" in columns else blank,
        name=names,
        cell="QVAL",
    )
    twice = rows.select(pl.struct("id", "variable", "value", "name").is_duplicated()).to_series().arg_true()
    if len(twice):
        raise SchemaError(
            f"{extra.name}, {extra.where(twice)}: one variable has several values for one row of {table.name}",
            "Keep one row for each USUBJID, IDVAR, IDVARVAL and QNAM.",
        )
    frame, orphans = table.frame.with_columns(row=pl.int_range(pl.len())), 0
    for (variable,), part in rows.group_by("variable", maintain_order=True):
        if variable is not None:
            table.require([str(variable)], key=f"IDVAR of {extra.name}")
        keys = frame.select("row", id=pl.col(id), value=blank if variable is None else pl.col(str(variable)))
        wide = part.pivot("name", index=["id", "value"], values="cell", maintain_order=True)
        on = ["id"] if variable is None else ["id", "value"]
        known = part.join(keys.select(on).unique(), on=on, how="semi")
        orphans += part.height - known.height
        wide = wide.drop("value") if variable is None else wide
        joined = keys.join(wide, on=on, how="left", maintain_order="left")
        new = [name for name in wide.columns if name not in ("id", "value")]
        frame = frame.with_columns(
            pl.coalesce(frame[name], joined[name]).alias(name) if name in frame.columns else joined[name]
            for name in new
        )
    note = f"{orphans} rows of {extra.name} belong to no row of {table.name}" if orphans else ""
    return replace(table, frame=frame.drop("row")), note
