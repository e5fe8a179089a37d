"""What can be seen of a column without knowing what it means."""

import re
from dataclasses import dataclass
from typing import Literal

import polars as pl

from biomarker.ingest.spelling import as_numbers, clean, decimal_commas
from biomarker.quality.names import personal

__all__ = ["Column", "look_at", "words_of"]

#: A column with no more values than this has codes, which may be shown; more of them could be identifiers.
MOST_CODES = 8


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
    rows, known, distinct : int
        Rows of the table, those with a value, and how many values there are.
    kind : str
        What the values are: numbers, full dates (YYYY-MM-DD), text, or nothing at all.
    whole : bool
        Whether all numbers are whole.
    low, high : float
        Least and greatest number; NaN where there is none.
    commas : bool
        Whether the values are numbers, were it not for decimals behind a comma.
    codes : dict of str to int
        Values and their counts where there are few and each is frequent; never of a column that names persons.
    """

    name: str
    rows: int
    known: int
    distinct: int
    kind: Literal["number", "date", "text", "nothing"]
    whole: bool
    low: float
    high: float
    commas: bool
    codes: dict[str, int]

    @property
    def key(self) -> bool:
        """Whether every row has a value of its own that could be an identifier."""
        return self.known == self.rows == self.distinct and (
            self.kind == "text" or (self.kind == "number" and self.whole)
        )

    @property
    def constant(self) -> bool:
        """Whether the column says the same of everybody, or nothing."""
        return self.distinct < 2

    @property
    def open_text(self) -> bool:
        """Whether the column is text with so many values that it may be an identifier, or words."""
        return self.kind == "text" and self.distinct > max(20, self.known // 2)


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: ``censOS`` is cens, os; ``pfs_months`` pfs, months."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z](?!\d))", " ", name)
    return [word for word in re.split(r"[^0-9a-z]+", apart.lower()) if word]


def look_at(column: pl.Series) -> Column:
    """Look at a column of text."""
    text, numbers = _read(column)
    kind: Literal["number", "date", "text", "nothing"] = "text"
    if text.is_empty():
        kind = "nothing"
    elif numbers is not None:
        kind = "number"
    elif text.str.contains(r"^\d{4}-\d{2}-\d{2}(?:$|[T ])").all():
        kind = "date"
    distinct = text.n_unique()
    few = distinct <= MOST_CODES and distinct < len(text) // 2 and kind in ("number", "text")
    # a code is shown in one line, and never one of a column that names persons
    shown = few and not personal(column.name) and not text.str.contains(r"[\x00-\x1f]").any()
    return Column(
        name=column.name,
        rows=len(column),
        known=len(text),
        distinct=distinct,
        kind=kind,
        whole=numbers is not None and bool((numbers == numbers.round()).all()),
        low=float("nan") if numbers is None else float(numbers.min()),  # type: ignore[arg-type]
        high=float("nan") if numbers is None else float(numbers.max()),  # type: ignore[arg-type]
        commas=kind == "text" and _commas(text),
        codes=dict(sorted(text.value_counts().iter_rows())) if shown else {},
    )


def _commas(text: pl.Series) -> bool:
    commas = decimal_commas(text)
    return commas.any() and (commas | as_numbers(text).is_not_null()).all()


def _read(column: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """The cells that say something, and as numbers, if all are."""
    # the plain cast first: a table of 20,000 columns has few that need more
    plain = column.cast(pl.Float64, strict=False)
    if plain.null_count() == column.null_count() < len(column):
        return column.drop_nulls(), plain.drop_nulls()
    text = clean(column).drop_nulls()
    numbers = as_numbers(text)
    return text, None if text.is_empty() or numbers.is_null().any() else numbers
