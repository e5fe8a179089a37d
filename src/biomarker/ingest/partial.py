"""Partial dates of ISO 8601, and the one rule that makes days of them."""

import polars as pl

__all__ = ["LATEST", "first_day", "latest_day", "partial_note", "study_day", "with_partial"]

#: The rule, in words for reports.
LATEST = "a partial date counts as the last day it can be, so that nothing that may be later passes for baseline"

_YEAR = r"^(\d{4})(?:$|-$|-{2,}|-?[T ]|-U[NK]|-XX)"
_MONTH = r"^(\d{4}-(?:0[1-9]|1[0-2]))(?:$|-$|-{2,}|-?[T ]|-U[NK]|-XX)"
_DAY = r"^(\d{4}-\d{2}-\d{2})(?:$|[T ](?:$|\d{2}|-))"


def latest_day(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The last day that each date can be, and whether the date is partial.

    ``2014-03-05`` and ``2014-03-05T10:30`` are the fifth of March; ``2014-03`` is its 31st; ``2014``, ``2014---15`` and
    ``2014-UN-UN`` are the last day of the year. The time of day is not used, nor its zone: the day is that of the place
    where it was written.

    Parameters
    ----------
    text : polars.Series of str

    Returns
    -------
    day : polars.Series of Date
        Null where the text is missing or no such date.
    partial : polars.Series of bool
    """
    cell = pl.col("_")
    day = cell.str.extract(_DAY).str.to_date("%Y-%m-%d", strict=False)
    month = (cell.str.extract(_MONTH) + "-01").str.to_date("%Y-%m-%d", strict=False).dt.month_end()
    year = (cell.str.extract(_YEAR) + "-12-31").str.to_date("%Y-%m-%d", strict=False)
    whole = cell.str.contains(_DAY)
    found = pl.when(whole).then(day).otherwise(pl.coalesce(month, year))
    both = pl.DataFrame({"_": text.cast(pl.String)}).select(day=found, partial=found.is_not_null() & ~whole)
    return both["day"], both["partial"].fill_null(value=False)


def with_partial(records: pl.DataFrame, partial: pl.Series) -> pl.DataFrame:
    """Records with the column ``partial`` where a date is one: such a record may be earlier than its date says."""
    return records.with_columns(partial=partial) if partial.any() else records


def first_day(text: pl.Series) -> pl.Series:
    """The first day that each date can be: ``2014-03`` is its first, ``2014`` the first of January."""
    last, partial = latest_day(text)
    month = pl.col("_").str.contains(_MONTH)
    begin = pl.when(month).then(pl.col("last").dt.month_start()).otherwise(pl.col("last").dt.truncate("1y"))
    table = pl.DataFrame({"_": text.cast(pl.String), "last": last, "partial": partial})
    return table.select(pl.when("partial").then(begin).otherwise("last")).to_series()


def partial_note(n: int, column: str) -> str:
    """What to say of partial dates in a column; empty where there is none."""
    return f"{column}: {n} dates are partial; {LATEST}" if n else ""


def study_day(day: pl.Expr) -> pl.Expr:
    """Days from the reference date of a CDISC study day, which has no 0: 1 is the reference date, -1 the day before."""
    return pl.when(day > 0).then(day - 1).otherwise(day)
