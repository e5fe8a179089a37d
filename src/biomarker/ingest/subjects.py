"""The subject table: who is in the study, with arm, covariates and dates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from biomarker.errors import ConfigError, InsufficientDataError, SchemaError
from biomarker.ingest.reading import Table
from biomarker.ingest.roster import RosterSettings, other_arm, read_roster
from biomarker.ingest.source import Ingested, no_quarantine
from biomarker.ingest.spelling import COMMAS, as_numbers, clean, dates, decimal_commas, matches_any

__all__ = [
    "ANOTHER_SAMPLE",
    "MISSING_LEVEL",
    "Covariate",
    "SubjectsSettings",
    "read_subjects",
    "refuse_differing_samples",
]

#: The category of subjects whose covariate is missing, where missing ones are kept.
MISSING_LEVEL = "(missing)"
#: Why a row of the subject table is left out where `samples` is ``first``.
ANOTHER_SAMPLE = "another sample of the same patient"
#: A column with at least this share of numbers is meant to be one of numbers.
_MEANT_AS_NUMBERS = 0.8
#: A category with no more levels than this is one, however few subjects there are.
_MOST_LEVELS = 10


@dataclass(frozen=True, kw_only=True)
class Covariate:
    """A covariate and the column it is made of."""

    name: str = field(metadata={"doc": "What the covariate is called."})
    column: str = field(metadata={"doc": "Column of the subject table."})
    is_in: tuple[str, ...] | None = field(
        default=None, metadata={"doc": "Make an indicator: 1 where the column holds one of these values, else 0."}
    )
    missing: Literal["keep", "drop", "false"] = field(
        default="drop",
        metadata={
            "doc": "A missing value is a category of its own (keep), leaves the subject out (drop), or is 0 (false)."
        },
    )
    kind: Literal["auto", "number", "category"] = field(
        default="auto", metadata={"doc": "Numbers, or codes of categories; auto takes numbers for numbers."}
    )

    def __post_init__(self) -> None:
        if self.missing == "false" and self.is_in is None:
            raise ConfigError(
                f"covariate {self.name!r}: `missing: false` is for indicators", "Give `is`, or say keep or drop."
            )


@dataclass(frozen=True, kw_only=True)
class SubjectsSettings(RosterSettings):
    """Which columns of the subject table hold what."""

    patient: str | None = field(
        default=None, metadata={"doc": "Column of the patient, where a patient has several rows."}
    )
    samples: Literal["refuse", "first", "all"] = field(
        default="refuse",
        metadata={"doc": "Several rows of a patient: refuse them, use the first in the file, or all."},
    )
    group: str | None = field(default=None, metadata={"doc": "Column of the group that is never split across folds."})
    covariates: tuple[Covariate, ...] = field(default=(), metadata={"doc": "Covariates, in the order of the design."})
    arm: str | None = field(default=None, metadata={"doc": "Column of the treatment arm."})
    arm_names: Mapping[str, str] | None = field(
        default=None, metadata={"doc": "Names of the arms by their codes in that column."}
    )
    dates: tuple[str, ...] = field(default=(), metadata={"doc": "Columns of dates that others refer to."})


def read_subjects(settings: SubjectsSettings, *, base: Path) -> Ingested:
    """Read the subject table.

    Parameters
    ----------
    settings : SubjectsSettings
    base : Path
        Folder of the study file.

    Returns
    -------
    Ingested
        ``content`` has, in the order of the file: ``subject_id``; ``patient``, ``group``, ``arm`` (text, null where
        missing or not asked for; blanks around it removed, arms by name where they have one); ``cov_<name>`` for each
        covariate; ``date_<column>`` for each date. A covariate is Float64 where it is an indicator or its column holds
        numbers, else text. Missing values: ``drop`` stays null, ``false`` is 0, ``keep`` is the level ``(missing)``
        for text and stays null for numbers and indicators (whoever builds the design replaces it and adds an indicator
        of missingness). Every row is used, but for further samples of a patient where `samples` is ``first``: what is
        wrong with a subject's row
        is an error, for no result is right without its subjects.

    Raises
    ------
    SchemaError
        A column is absent; an id is missing, repeated, or equal to another but for case or blanks; a patient has
        several rows, which the tests would count as independent subjects, or is in several arms; a date is partial or
        not YYYY-MM-DD; a column that is mostly numbers holds something else; a covariate's `is` matches no row.
    InsufficientDataError
        A covariate has no value at all.
    """
    roster = read_roster(settings, base=base)
    table = roster.table
    table.require([settings.id], key="subjects.id")
    for key in ("patient", "group", "arm"):
        column = getattr(settings, key)
        table.require([] if column is None else [column], key="treatment.column" if key == "arm" else f"subjects.{key}")
    table.require([covariate.column for covariate in settings.covariates], key="subjects.covariates")
    table.require(settings.dates, key="index_date")
    chosen = table.frame.height
    table.ids(settings.id)  # of every row: a second sample under the id of the first is a mistake
    if settings.patient is not None:
        table = _one_row_a_patient(table, settings)
    height = table.frame.height
    nothing = pl.repeat(None, height, dtype=pl.String, eager=True)
    columns = {
        "subject_id": table.ids(settings.id),
        "patient": nothing
        if settings.patient is None
        else table.ids(settings.patient, unique=settings.samples != "all"),
        "group": nothing if settings.group is None else clean(table.frame[settings.group]),
        "arm": nothing if settings.arm is None else _arms(table, settings.arm, settings.arm_names),
        **{f"cov_{covariate.name}": _covariate(table, covariate) for covariate in settings.covariates},
        **{f"date_{column}": _date(table, column) for column in settings.dates},
    }
    further, arms = chosen - height, other_arm(settings.arm, table)
    notes = [f"One sample a patient is analysed, the first in the file; {further} further left out"] if further else []
    excluded = {**roster.excluded, **({ANOTHER_SAMPLE: further} if further else {})}
    notes += [*roster.notes, *([arms] if arms else [])]
    return Ingested(pl.DataFrame(columns), no_quarantine(), roster.rows_in, height, excluded, tuple(notes))


def _one_row_a_patient(table: Table, settings: SubjectsSettings) -> Table:
    """The first row of each patient, or all, where that is asked for; else the table, if no patient has another."""
    column = str(settings.patient)
    patients = table.ids(column, unique=False)
    again = patients.is_duplicated().arg_true()
    if not len(again):
        return table
    if settings.samples == "refuse":
        raise SchemaError(
            f"{table.name}, column {column!r}, {table.where(again)}: several rows are of one patient, and every test "
            "would count them as independent subjects",
            "Keep one row a patient, or say `samples: first` to have the first row of each analysed, or `all`.",
        )
    if settings.arm is not None:
        refuse_differing_samples(table, column, settings.arm)
    if settings.samples == "all":
        return table
    return table.kept(patients.is_first_distinct())


def refuse_differing_samples(table: Table, patient: str, column: str) -> None:
    """Raise a `SchemaError` where rows of one patient differ in what a patient has once: an arm, an outcome.

    Rows that differ are visits or kinds of event, and the first of them would be an arbitrary choice.
    """
    told = table.frame.select(pl.col(patient), value=clean(table.frame[column]))
    differs = told.select(pl.col("value").n_unique().over(patient) > 1).to_series().arg_true()
    if len(differs):
        raise SchemaError(
            f"{table.name}, column {column!r}, {table.where(differs)}: rows of one patient differ in it, so that they "
            "are no samples of one patient with one outcome and one arm",
            "Keep the rows that are meant (one kind of event, one visit), one a patient.",
        )


def _arms(table: Table, column: str, names: Mapping[str, str] | None) -> pl.Series:
    """The arm of each row: as the file has it, or by name where the codes have names."""
    arms = clean(table.frame[column])
    spellings = arms.drop_nulls().unique()
    alike = spellings.filter(~spellings.str.to_lowercase().is_unique())
    if len(alike):
        rows = arms.is_in(alike.implode()).fill_null(value=False).arg_true()
        raise SchemaError(
            f"{table.name}, {table.where(rows)}, column {column!r}: arms that are equal but for upper and lower case",
            "Write each in one way: those of another spelling would be in no comparison.",
        )
    if names is None:
        return arms
    unnamed = (arms.is_not_null() & ~arms.is_in(list(names))).arg_true()
    if len(unnamed):
        raise SchemaError(
            f"{table.name}, {table.where(unnamed)}, column {column!r}: an arm that `treatment.names` does not list "
            f"({', '.join(names)})",
            "Give every arm its name, also one that is not compared.",
        )
    return arms.replace_strict(dict(names), return_dtype=pl.String)


def _covariate(table: Table, covariate: Covariate) -> pl.Series:
    text = clean(table.frame[covariate.column])
    if text.is_null().all():
        raise InsufficientDataError(
            f"{table.name}, column {covariate.column!r}: covariate {covariate.name!r} has no value", "Leave it out."
        )
    if covariate.is_in is not None:
        hit = matches_any(text, covariate.is_in)
        if not hit.any():
            raise SchemaError(
                f"{table.name}, column {covariate.column!r}: no row holds what covariate {covariate.name!r} asks for "
                f"({', '.join(covariate.is_in)})",
                "Check the spelling, also upper and lower case.",
            )
        values = hit.cast(pl.Float64).set(text.is_null(), None)
        return values.fill_null(0.0) if covariate.missing == "false" else values
    if covariate.kind != "category" and _is_numeric(table, covariate, text):
        return table.numbers(covariate.column)
    _refuse_no_category(table, covariate, text)
    return text.fill_null(MISSING_LEVEL) if covariate.missing == "keep" else text


def _refuse_no_category(table: Table, covariate: Covariate, text: pl.Series) -> None:
    """Refuse words that are no levels of a covariate: numbers and dates in disguise, identifiers. None is shown."""
    known = text.drop_nulls()
    what = f"{table.name}, column {covariate.column!r}: covariate {covariate.name!r}"
    if decimal_commas(known).any() and (decimal_commas(known) | as_numbers(known).is_not_null()).all():
        rows = decimal_commas(text).fill_null(value=False).arg_true()
        raise SchemaError(
            f"{table.name}, {table.where(rows)}, column {covariate.column!r}: decimals stand behind a comma",
            COMMAS,
        )
    if dates(known).all():
        raise SchemaError(f"{what} holds dates", "Give a number made of them, such as an age or the days between two.")
    if known.n_unique() > max(_MOST_LEVELS, len(known) // 2):
        raise SchemaError(
            f"{what} has {known.n_unique()} different values in {len(known)} subjects: identifiers, or words",
            "A covariate is a number, or a category that many subjects share. Leave it out.",
        )


def _is_numeric(table: Table, covariate: Covariate, text: pl.Series) -> bool:
    """Whether a covariate is a number; a column of numbers with a few words in it is refused, not taken for words."""
    known = text.drop_nulls()
    share = float(as_numbers(known).is_not_null().mean() or 0.0)
    if known.str.to_lowercase().is_in(["true", "false"]).all() and covariate.kind == "auto":
        return False
    if share == 1.0 or (covariate.kind == "auto" and share < _MEANT_AS_NUMBERS):
        return share == 1.0
    rows = (text.is_not_null() & as_numbers(text).is_null()).arg_true()
    raise SchemaError(
        f"{table.name}, {table.where(rows)}, column {covariate.column!r}: not a number, while the others are",
        "Correct the cells, leave them empty where unknown, or say `kind: category` for this covariate.",
    )


def _date(table: Table, column: str) -> pl.Series:
    text = clean(table.frame[column])
    day = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    whole = text.str.contains(r"^\d{4}-\d{2}-\d{2}(?:$|[T ]\d{2}:\d{2})") & day.is_not_null()
    rows = (text.is_not_null() & ~whole).arg_true()
    if len(rows):
        raise SchemaError(
            f"{table.name}, {table.where(rows)}, column {column!r}: not a full date written YYYY-MM-DD",
            "A partial date cannot be a day 0: complete it, or leave the cell empty.",
        )
    return day
