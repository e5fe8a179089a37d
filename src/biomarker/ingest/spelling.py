"""What a cell's text means: nothing known, a number, or a name that was meant to be another."""

import difflib
from collections.abc import Sequence

import polars as pl

__all__ = ["COMMAS", "MISSING", "as_numbers", "clean", "dates", "decimal_commas", "matches_any", "nearest"]

#: Cells that stand for "not known", in every column of every file.
MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", ".")


#: What to do about them: 1,234 may be either, and which it is changes the number a thousandfold.
COMMAS = "Write decimals with a point, and thousands without any mark."


def nearest(given: str, known: Sequence[str], *, what: str) -> str:
    """A hint: the nearest spelling among ``known``, or the first few of them."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(given.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {folded[close[0]]!r}?"
    shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    return f"The {what} are: {shown}" if known else f"There are no {what}."


def clean(text: pl.Series) -> pl.Series:
    """Text without blanks around it, null where it then says that nothing is known."""
    stripped = pl.col("_").str.strip_chars()
    known = pl.when(~stripped.is_in(MISSING)).then(stripped)
    return pl.DataFrame({"_": text.cast(pl.String)}).select(known).to_series().rename(text.name)


def as_numbers(text: pl.Series) -> pl.Series:
    """Cleaned text as Float64, ``true`` and ``false`` as 1 and 0, null where it is neither."""
    lower = pl.col("_").str.to_lowercase()
    number = pl.col("_").cast(pl.Float64, strict=False).fill_nan(None)
    either = pl.when(lower == "true").then(1.0).when(lower == "false").then(0.0).otherwise(number)
    return pl.DataFrame({"_": text.cast(pl.String)}).select(either).to_series().rename(text.name)


def decimal_commas(text: pl.Series) -> pl.Series:
    """Which cells are numbers whose decimals stand behind a comma, ``1,5``."""
    return text.str.contains(r"^[-+]?\d+,\d+(?:[eE][-+]?\d+)?$")


def dates(text: pl.Series) -> pl.Series:
    """Which cells are dates, however they are written: ``2024-03-01``, ``1.3.2024``, ``01/03/24``, ``01-MAR-2024``."""
    return text.str.contains(
        r"(?i)^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]{1,2}(?:\d{1,2}|[a-z]{3,9})[-/. ]{1,2}\d{2,4})(?:$|[T ])"
    )


def matches_any(text: pl.Series, accepted: tuple[str, ...]) -> pl.Series:
    """Whether each cell is one of the accepted values, as text or as the same number (``1`` and ``1.0``)."""
    hit = text.is_in(list(accepted))
    numbers = as_numbers(pl.Series(accepted, dtype=pl.String)).drop_nulls()
    if len(numbers):
        hit = hit | as_numbers(text).is_in(numbers.to_list()).fill_null(value=False)
    return hit.fill_null(value=False)
