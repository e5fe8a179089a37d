"""Laboratory values of a file that is too large to be held as text: read a part at a time, judged as a whole."""

from collections import Counter
from collections.abc import Callable, Iterator

import polars as pl

from biomarker.errors import SchemaError
from biomarker.ingest.faults import quarantine_of
from biomarker.ingest.held import Held, Repeated
from biomarker.ingest.labs import (
    MASKED_CELLS,
    REPEATED,
    SHOWN_CELLS,
    LabsSettings,
    column_of,
    conversions,
    faults_of,
    parsed,
    refuse_nothing,
    refuse_unknown_tests,
)
from biomarker.ingest.partial import partial_note
from biomarker.ingest.reading import Table
from biomarker.ingest.rows import chosen_rows
from biomarker.ingest.source import Ingested, no_quarantine, quarantine_rows
from biomarker.ingest.spelling import COMMAS, clean, decimal_commas

__all__ = ["labs_in_parts"]


def labs_in_parts(parts: Callable[[], Iterator[Table]], settings: LabsSettings) -> Ingested:
    """What `labs_of` makes of the whole table, of parts of it; records are a lazy frame.

    Parameters
    ----------
    parts : callable
        Gives the parts from the beginning; a second time only where rows may be repeated.
    settings : LabsSettings
    """
    reading = _Reading(settings)
    for table in parts():
        reading.take(table)
    return reading.concluded(parts)


class _Reading:
    """What is known after some parts of a file."""

    def __init__(self, settings: LabsSettings) -> None:
        self.settings, self.columns = settings, column_of(settings)
        self.held, self.repeated = Held("day" if settings.date is None else "date"), Repeated()
        self.quarantine = [no_quarantine()]
        self.tests: dict[str, None] = {}
        self.rows_in = self.rows_seen = self.partial = self.commas = self.unread = 0
        self.left_out: Counter[str] = Counter()
        self.first: Table | None = None
        self.comma_at: tuple[str, str] | None = None

    def take(self, part: Table) -> None:
        """Look at a further part."""
        self.first = self.first or part
        self.rows_in += part.frame.height
        table, left_out = chosen_rows(part, self.settings.where, key="where", must=False)
        self.left_out.update(left_out)
        for name, column in self.columns.items():
            table.require([column], key=name)
        if table.frame.is_empty():
            return
        self.tests |= dict.fromkeys(clean(table.frame[self.settings.test]).drop_nulls().unique(maintain_order=True))
        rows = parsed(table, self.columns, repeated=False).with_columns(line=pl.Series(table.lines))
        self._note_commas(table, rows)
        self.partial += int(rows["partial"].sum())
        faults = faults_of(rows, self.settings)
        bad = faults.filter(pl.col("reason").is_not_null())
        self.quarantine.append(
            quarantine_of(table, rows, bad, columns=self.columns, shown=SHOWN_CELLS, masked=MASKED_CELLS)
        )
        self.held.add(rows.filter(faults["reason"].is_null()))
        self.repeated.add(table.frame)
        self.rows_seen += rows.height

    def _note_commas(self, table: Table, rows: pl.DataFrame) -> None:
        commas = decimal_commas(rows["value_text"]).fill_null(value=False)
        self.commas += int(commas.sum())
        self.unread += rows["value"].null_count() - rows["value_text"].null_count()
        if self.comma_at is None and commas.any():
            self.comma_at = table.name, table.where(commas.arg_true()[:1])

    def concluded(self, parts: Callable[[], Iterator[Table]]) -> Ingested:
        """What the whole file gave."""
        first = self.first
        assert first is not None
        if not self.rows_seen:
            chosen_rows(first, self.settings.where, key="where")  # which says what is not there
        refuse_unknown_tests(first.name, list(self.tests), self.settings)
        if self.comma_at is not None and 2 * self.commas > self.unread:
            where = f"{', '.join(self.comma_at)}, column {self.settings.value!r}"
            raise SchemaError(f"{where}: decimals stand behind a comma", COMMAS)
        self._leave_out_repeated(first, parts)
        by, notes = conversions(self.held.units(), self.settings, first)
        kinds = self._converted(first, by)
        quarantine = pl.concat(self.quarantine).sort("line")
        if not self.held.height:
            refuse_nothing(first.name, self.rows_seen, quarantine["reason"])
        records = self.held.lazy(kinds).select(
            "subject_id", "test", value=pl.col("value") * pl.col("factor") + pl.col("offset"), unit="unit",
            date="date", day="day", low="low", high="high",
        )  # fmt: skip
        partial = partial_note(self.partial, self.columns.get("date", ""))
        notes += (partial,) if partial else ()
        if partial:  # which of them is not remembered: each may be
            records = records.with_columns(partial=pl.lit(value=True))
        return Ingested(records, quarantine, self.rows_in, self.held.height, dict(self.left_out), notes)

    def _leave_out_repeated(self, first: Table, parts: Callable[[], Iterator[Table]]) -> None:
        """Rows that are equal to an earlier one go to quarantine, unless something else is wrong with them."""
        again = (chosen_rows(part, self.settings.where, key="where", must=False)[0] for part in parts())
        lines = self.repeated.lines((table.frame, table.lines) for table in again)
        if len(lines):
            gone = self.held.take_out(pl.col("line").is_in(pl.Series(lines, dtype=pl.UInt32).implode()))
            nothing = pl.repeat(None, gone.height, dtype=pl.String, eager=True)
            self._quarantine(first, gone, "(row)", nothing, pl.repeat(REPEATED, gone.height, eager=True))

    def _converted(self, first: Table, by: pl.DataFrame) -> pl.DataFrame:
        """Kinds with test, unit, factor, offset and limits in that unit; rows without a conversion are taken out."""
        kinds = self.held.kinds.join(by, on=["test", "unit_text"], how="left", nulls_equal=True, maintain_order="left")
        hopeless = kinds["reason"].is_not_null().arg_true().cast(pl.UInt32)
        if len(hopeless):
            gone = self.held.take_out(pl.col("kind").is_in(hopeless.implode()))
            why = gone.join(by, on=["test", "unit_text"], how="left", nulls_equal=True, maintain_order="left")
            self._quarantine(first, gone, self.columns.get("unit", "unit"), gone["unit_text"], why["reason"])
        scaled = [pl.col(name) * pl.col("factor") + pl.col("offset") for name in ("low", "high")]
        return kinds.with_columns(scaled).select("test", "unit", "factor", "offset", "low", "high")

    def _quarantine(self, first: Table, rows: pl.DataFrame, field: str, value: pl.Series, reason: pl.Series) -> None:
        named = pl.repeat(field, rows.height, dtype=pl.String, eager=True)
        lines = rows["line"].cast(pl.Int64)
        self.quarantine.append(quarantine_rows(file=first.name, lines=lines, field=named, value=value, reason=reason))
