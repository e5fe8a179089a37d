"""Source ``diary``: series of a wearable and items that patients score, and an index of them by a value set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from biomarker.errors import InsufficientDataError, SchemaError
from biomarker.ingest.events import refuse_no_rows
from biomarker.ingest.faults import Fault, first_fault, quarantine_of, refuse_decimal_commas
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.rows import chosen_rows
from biomarker.ingest.source import Ingested, Source, SourceSettings
from biomarker.ingest.spelling import as_numbers, clean

__all__ = ["INDEX", "SOURCE", "DiarySettings", "ValueSet", "mean_index", "quality_index", "read_diary"]

#: What the index made of the items of a value set is called.
INDEX = "quality of life"
_MOMENT = r"^\d{4}-\d{2}-\d{2}(?:$|[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$)"
_ZONE = r"(?:Z|[+-]\d{2}:?\d{2})$"


@dataclass(frozen=True, kw_only=True)
class ValueSet:
    """What each level of each item takes from an index of 1: given by the user, none is shipped."""

    path: str = field(metadata={"doc": "A table with the columns item, level and decrement, a level of an item a row."})


@dataclass(frozen=True, kw_only=True)
class DiarySettings(SourceSettings):
    """Settings of ``diary``."""

    subject: str = field(default="subject_id", metadata={"doc": "Column of the subject's id."})
    time: str = field(default="time", metadata={"doc": "Column of the moment: YYYY-MM-DD, with or without a time."})
    item: str = field(default="item", metadata={"doc": "Column that names what was measured or asked."})
    value: str = field(default="value", metadata={"doc": "Column of the value or score."})
    value_set: ValueSet | None = field(
        default=None, metadata={"doc": f"Decrements by item and level; their sum makes `{INDEX}`."}
    )
    where: dict[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata={"doc": 'Rows that are meant, by the values of a column; `""` is an empty cell.'},
    )


def read_diary(settings: DiarySettings, *, base: Path) -> Ingested:
    """Read entries, one item of one moment a row.

    Returns
    -------
    Ingested
        ``content``: ``subject_id, item, value, date``; the day is that of the place where the entry was made. With a
        value set also the index of each moment at which every item of it was answered: ``1 - sum of decrements``.
        Quarantined are rows without subject, item, moment or value, with a value that is no number, with a level that
        the value set does not have, and a second entry of one item at one moment.

    Raises
    ------
    SchemaError
        A column is absent; some moments have a time zone and others none, so that nobody knows which day those are of.
    DataError
        No row can be used.
    """
    table = read_text(base / settings.path, separator=settings.separator)
    rows_in = table.frame.height
    table, left_out = chosen_rows(table, settings.where, key="where")
    roles = {role: getattr(settings, role) for role in ("subject", "time", "item", "value")}
    for role, column in roles.items():
        table.require([column], key=role)
    table.refuse_float_ids(settings.subject)
    text = {role: clean(table.frame[column]) for role, column in roles.items()}
    _refuse_mixed_zones(table, text["time"], settings.time)
    levels = {} if settings.value_set is None else read_value_set(settings.value_set, base=base)
    rows = pl.DataFrame(
        {
            "row": pl.int_range(table.frame.height, eager=True),
            "subject_id": text["subject"],
            "item": text["item"],
            "value": as_numbers(text["value"]),
            "date": text["time"].str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
            **{f"{role}_text": text[role] for role in roles},
        }
    )
    refuse_decimal_commas(table, rows, settings.value)
    faults = first_fault(rows, _faults(levels))
    bad = faults.filter(pl.col("reason").is_not_null())
    quarantine = quarantine_of(
        table,
        rows,
        bad,
        columns=roles,
        shown={"value": "value_text"},
        masked={"subject": "subject_text", "time": "time_text", "item": "item_text"},
    )
    good = rows.filter(faults["reason"].is_null())
    refuse_no_rows(table.name, good.height, quarantine)
    content = good.select("subject_id", "item", "value", "date")
    if levels:
        index = quality_index(good.rename({"time_text": "moment"}), levels)
        content = pl.concat([content, index.select("subject_id", pl.lit(INDEX).alias("item"), "value", "date")])
    return Ingested(content, quarantine, rows_in, good.height, left_out)


def _faults(levels: Mapping[tuple[str, float], float]) -> list[Fault]:
    moment = pl.col("time_text")
    when: list[Fault] = [
        ("subject", pl.col("subject_id").is_null(), "the subject is missing"),
        ("time", moment.is_null(), "the moment is missing"),
        (
            "time",
            pl.col("date").is_null() | ~moment.str.contains(_MOMENT),
            "not written YYYY-MM-DD or YYYY-MM-DDTHH:MM",
        ),
        ("item", pl.col("item").is_null(), "the item is missing"),
        ("value", pl.col("value_text").is_null(), "the value is missing"),
        ("value", pl.col("value").is_null() | pl.col("value").is_infinite(), "the value is not a number"),
    ]
    if levels:
        items = sorted({item for item, _ in levels})
        known = pl.lit(value=False)
        for item in items:
            own = [level for name, level in levels if name == item]
            known = known | ((pl.col("item") == item) & pl.col("value").is_in(own))
        when += [("value", pl.col("item").is_in(items) & ~known, "a level that the value set does not have")]
    again = ~pl.struct("subject_id", "item", "time_text").is_first_distinct()
    return [*when, ("time", again, "a second entry of this item at this moment")]


def _refuse_mixed_zones(table: Table, moments: pl.Series, column: str) -> None:
    timed = moments.str.contains(r"[T ]\d{2}:\d{2}").fill_null(value=False)
    zoned = moments.str.contains(_ZONE).fill_null(value=False) & timed
    if zoned.any() and (timed & ~zoned).any():
        raise SchemaError(
            f"{table.name}, {table.where((timed & ~zoned).arg_true())}, column {column!r}: a time without a zone, "
            "while others have one",
            "Write all with their zone, or all as the clock of the patient showed.",
        )


def read_value_set(given: ValueSet, *, base: Path) -> dict[tuple[str, float], float]:
    """Decrement by item and level.

    Raises
    ------
    SchemaError
        A column is absent, a cell is empty or no number, or a level of an item stands twice.
    """
    table = read_text(base / given.path)
    table.require(["item", "level", "decrement"], key="value_set")
    items, levels, taken = clean(table.frame["item"]), table.numbers("level"), table.numbers("decrement")
    empty = (items.is_null() | levels.is_null() | taken.is_null()).arg_true()
    if len(empty):
        raise SchemaError(f"{table.name}, {table.where(empty)}: a cell is empty", "Give item, level and decrement.")
    found = dict(zip(zip(items, levels, strict=True), taken, strict=True))
    if len(found) < len(items):
        raise SchemaError(f"{table.name}: a level of an item stands twice", "Keep one decrement each.")
    return found


def quality_index(entries: pl.DataFrame, levels: Mapping[tuple[str, float], float]) -> pl.DataFrame:
    """Index of each moment at which every item of the value set was answered: ``1 - sum of its decrements``.

    Parameters
    ----------
    entries : polars.DataFrame
        ``subject_id, item, value, date, moment``.
    levels : mapping of (item, level) to decrement

    Returns
    -------
    polars.DataFrame
        ``subject_id, moment, date, value``.
    """
    table = pl.DataFrame(
        [(item, level, taken) for (item, level), taken in levels.items()],
        schema={"item": pl.String, "value": pl.Float64, "taken": pl.Float64},
        orient="row",
    )
    items = table["item"].n_unique()
    return (
        entries.join(table, on=["item", "value"], how="inner", maintain_order="left")
        .group_by("subject_id", "moment", "date", maintain_order=True)
        .agg(value=1.0 - pl.col("taken").sum(), answered=pl.col("item").n_unique())
        .filter(pl.col("answered") == items)
        .drop("answered")
    )


def mean_index(settings: DiarySettings, *, base: Path) -> pl.DataFrame:
    """Mean index of each subject over the moments that ``where`` chooses: ``subject_id, index``.

    Raises
    ------
    InsufficientDataError
        No subject answered every item at one moment.
    """
    content = read_diary(settings, base=base).content
    assert isinstance(content, pl.DataFrame)
    index = content.filter(pl.col("item") == INDEX)
    if index.is_empty():
        raise InsufficientDataError(
            f"{Path(settings.path).name}: at no moment was every item of the value set answered", "Check their names."
        )
    return index.group_by("subject_id", maintain_order=True).agg(index=pl.col("value").mean())


SOURCE = Source(
    type="diary",
    settings=DiarySettings,
    read=read_diary,
    doc="Entries of a diary or wearable over time, with an index of quality of life where a value set is given.",
    kind="records",
)
