"""Laboratory rows held in little memory while a large file is read, and which rows of it are equal to earlier ones."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["Held", "Repeated"]

_KIND = ("test", "unit_text", "low", "high")
_SUBJECTS = pl.Categorical(pl.Categories("laboratory subjects"))


@dataclass
class Held:
    """Rows in order: line, who, when and how much; tests with their unit and limits (``kinds``) are kept once each.

    ``when`` is ``date`` or ``day``, whichever the rows have. A row takes 24 bytes (28 with days): 50 million take
    1.2 GB, the text of their cells some 7 GB.
    """

    when: str
    parts: list[pl.DataFrame] = field(default_factory=list)
    kinds: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            schema={"test": pl.String, "unit_text": pl.String, "low": pl.Float64, "high": pl.Float64}
        )
    )

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows over: ``line, subject_id, date, day, value`` and what makes a kind."""
        new = rows.select(_KIND).unique(maintain_order=True)
        self.kinds = pl.concat([self.kinds, new.join(self.kinds, on=_KIND, how="anti", nulls_equal=True)])
        numbered = self.kinds.with_row_index("kind")
        coded = rows.join(numbered, on=_KIND, how="left", nulls_equal=True, maintain_order="left")
        line, subject = pl.col("line").cast(pl.UInt32), pl.col("subject_id").cast(_SUBJECTS)
        self.parts.append(coded.select(line, subject, "kind", self.when, "value"))

    @property
    def height(self) -> int:
        """Rows held."""
        return sum(part.height for part in self.parts)

    def units(self) -> pl.DataFrame:
        """``test, unit_text, len``: how many rows have which unit."""
        counts = np.zeros(self.kinds.height, dtype=np.int64)
        for part in self.parts:
            counts += np.bincount(part["kind"].to_numpy(), minlength=len(counts))
        both = self.kinds.select("test", "unit_text").with_columns(len=counts)
        return (
            both.group_by("test", "unit_text", maintain_order=True).agg(pl.col("len").sum()).filter(pl.col("len") > 0)
        )

    def take_out(self, chosen: pl.Expr) -> pl.DataFrame:
        """Rows by an expression, with their kinds; they are held no more."""
        numbered = self.kinds.with_row_index("kind")
        out = pl.concat([part.filter(chosen) for part in self.parts])
        self.parts = [part.filter(~chosen) for part in self.parts]
        return out.join(numbered, on="kind", how="left", maintain_order="left")

    def lazy(self, kinds: pl.DataFrame) -> pl.LazyFrame:
        """Every row with the columns of ``kinds`` (a row a kind, in their order), looked up when it is asked for."""
        number = pl.int_range(kinds.height, dtype=pl.UInt32, eager=True)
        of_kind = [
            pl.col("kind").replace_strict(number, kinds[name], return_dtype=kinds.schema[name]).alias(name)
            for name in kinds.columns
        ]
        absent = pl.lit(None, pl.Float64).alias("day") if self.when == "date" else pl.lit(None, pl.Date).alias("date")
        own = [pl.col("subject_id").cast(pl.String), absent, *of_kind]
        # one frame of many chunks: of many lazy frames in a row all would be made at once
        return pl.concat(self.parts, rechunk=False).lazy().with_columns(own)


@dataclass
class Repeated:
    """Which rows are equal to an earlier one, told by two hashes of 64 bits of each.

    The first hash of every row is held; only rows that share it are looked at again, so that two rows are told equal by
    chance once in 2^128 pairs.
    """

    firsts: list[NDArray[np.uint64]] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> None:
        """Note the rows of a part."""
        self.firsts.append(_hashes(frame, 1))

    def lines(self, parts: Iterable[tuple[pl.DataFrame, NDArray[np.int64]]]) -> NDArray[np.int64]:
        """Lines of the rows that are equal to an earlier one; ``parts`` are read a second time if there may be any."""
        every = np.concatenate(self.firsts)
        self.firsts.clear()
        every.sort()
        shared = np.unique(every[1:][every[1:] == every[:-1]])
        if not len(shared):
            return np.empty(0, np.int64)
        seen, found = set[tuple[int, int]](), []
        for frame, lines in parts:
            first = _hashes(frame, 1)
            at = np.flatnonzero(np.isin(first, shared))
            second = _hashes(frame[at], 5)
            for line, key in zip(
                lines[at].tolist(), zip(first[at].tolist(), second.tolist(), strict=True), strict=True
            ):
                if key in seen:
                    found.append(line)
                seen.add(key)
        return np.array(found, dtype=np.int64)


def _hashes(frame: pl.DataFrame, seed: int) -> NDArray[np.uint64]:
    """A hash of each row of text, the same for equal rows of any part."""
    return frame.hash_rows(seed).to_numpy()
