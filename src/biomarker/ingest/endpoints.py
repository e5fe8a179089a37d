"""Endpoints: columns of the subject table, or all columns of a table of their own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.endpoint import Binary, Continuous, Endpoint, Ordinal, Survival
from biomarker.errors import AlignmentError, ConfigError, InsufficientDataError, SchemaError
from biomarker.ingest.elsewhere import EndpointFile, occurred, rows_elsewhere
from biomarker.ingest.endpoint_settings import (
    BinaryColumn,
    ContinuousColumn,
    EndpointGroup,
    EndpointSettings,
    Labels,
    OrdinalColumn,
    OwnColumn,
    SurvivalColumns,
)
from biomarker.ingest.reading import Table, read_numbers, read_text
from biomarker.ingest.roster import RosterSettings, read_roster
from biomarker.ingest.spelling import clean, matches_any, nearest
from biomarker.ingest.subjects import refuse_differing_samples

__all__ = [
    "BinaryColumn",
    "ContinuousColumn",
    "EndpointGroup",
    "EndpointSettings",
    "EndpointTable",
    "Labels",
    "OrdinalColumn",
    "SurvivalColumns",
    "read_endpoints",
]

#: Values that are neither event nor non-event are counted one by one up to this many, then together.
_NAMED_VALUES = 10
_CELL = 40


@dataclass(frozen=True)
class EndpointTable:
    """The endpoints of a study's subjects.

    Attributes
    ----------
    endpoints : tuple of Endpoint
        In the order of the study file; values in the order of ``subject_ids``.
    subject_ids : tuple of str
    missing : mapping of str to mapping of str to int
        By endpoint: why a subject has no value, and how many.
    left_out : mapping of str to str
        Columns of a group that cannot be an endpoint, and why.
    unknown_subjects : mapping of str to int
        By file of a group: rows whose subject the study does not know.
    """

    endpoints: tuple[Endpoint, ...]
    subject_ids: tuple[str, ...]
    missing: Mapping[str, Mapping[str, int]]
    left_out: Mapping[str, str]
    unknown_subjects: Mapping[str, int]

    def __post_init__(self) -> None:
        for endpoint in self.endpoints:
            there = int(endpoint.known.sum()) + sum(self.missing[endpoint.name].values())
            if there != len(self.subject_ids):
                raise ValueError(f"endpoint {endpoint.name}: {there} of {len(self.subject_ids)} subjects accounted for")


def read_endpoints(
    settings: Sequence[EndpointSettings],
    *,
    base: Path,
    roster: RosterSettings,
    subject_ids: Sequence[str],
    patient: str | None = None,
    every_sample: bool = False,
) -> EndpointTable:
    """Read the endpoints of the given subjects.

    Parameters
    ----------
    settings : sequence of endpoint settings
    base : Path
        Folder of the study file.
    roster : RosterSettings
        Where the subjects are told; read only where an endpoint is one of its columns.
    subject_ids : sequence of str
        The subjects, in the order the values are wanted in.
    patient : str, optional
        Its column of the patient, where several rows may be samples of one: they must agree on every outcome.
    every_sample : bool
        Whether all samples are analysed: then each may have a value of its own of a continuous endpoint.

    Returns
    -------
    EndpointTable
        A value that is neither event nor non-event is missing, and so is an empty cell; each is counted by reason. A
        column of a group that has no value, or the same for all, is left out with the reason: one dead assay among
        hundreds does not end a study.

    Raises
    ------
    SchemaError
        A column is absent; a cell is no number; a time is not positive; a status is neither listed as event nor as
        censored (with file, column and line); samples of one patient differ in an outcome.
    InsufficientDataError
        An endpoint of the subject table has no value, one class only, the same value for all, or no event.
    AlignmentError
        A group's file holds none of the subjects.
    ConfigError
        Two endpoints of one name, or a value listed on both sides.
    """
    gathered = _Gathered(tuple(subject_ids))
    rows = None
    for item in settings:
        if isinstance(item, EndpointGroup):
            _read_group(item, base, gathered)
            continue
        if item.file is not None:
            gathered.add(*_from_file(item, item.file, base, gathered.subject_ids))
            continue
        rows = rows or _Rows.of(read_roster(roster, base=base).table, roster.id, gathered.subject_ids)
        gathered.add(*_READ[type(item)](item, rows))
        own_values = every_sample and isinstance(item, ContinuousColumn)
        for column in _columns(item) if patient is not None and not own_values else ():
            refuse_differing_samples(rows.table, patient, column)
    return gathered.table()


def _columns(item: OwnColumn) -> tuple[str, ...]:
    return (item.time, item.event_column) if isinstance(item, SurvivalColumns) else (item.column,)


@dataclass(frozen=True)
class _Rows:
    """A table, and for each subject the row it stands in (-1 where it has none)."""

    table: Table
    at: NDArray[np.intp]
    unknown: int

    @classmethod
    def of(cls, table: Table, id: str, subject_ids: Sequence[str]) -> "_Rows":
        table.require([id], key="subjects.id")
        position = {subject: row for row, subject in enumerate(table.ids(id).to_list())}
        at = np.asarray([position.get(subject, -1) for subject in subject_ids], dtype=np.intp)
        return cls(table, at, table.frame.height - int((at >= 0).sum()))

    def take(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values in the order of the subjects, NaN for those without a row."""
        return np.where(self.at >= 0, values[self.at], np.nan)

    def counts(self, reasons: pl.Series) -> dict[str, int]:
        """How many of the subjects there are for each reason; null is none."""
        given = reasons.to_list()
        found = Counter(f"not in {self.table.name}" if row < 0 else given[row] for row in self.at)
        return {reason: n for reason, n in sorted(found.items(), key=lambda pair: str(pair[0])) if reason is not None}


@dataclass
class _Gathered:
    """Endpoints as they come; `table` makes the result."""

    subject_ids: tuple[str, ...]
    endpoints: list[Endpoint] = field(default_factory=list)
    missing: dict[str, Mapping[str, int]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)

    def add(self, endpoint: Endpoint, missing: Mapping[str, int]) -> None:
        if endpoint.name in self.missing:
            raise ConfigError(f"two endpoints are called {endpoint.name!r}", "Give each a name of its own.")
        self.endpoints.append(endpoint)
        self.missing[endpoint.name] = missing

    def table(self) -> EndpointTable:
        return EndpointTable(tuple(self.endpoints), self.subject_ids, self.missing, self.left_out, self.unknown)


# --- a file of their own ----------------------------------------------------------------------------------------------


def _from_file(
    item: OwnColumn, file: EndpointFile, base: Path, ids: tuple[str, ...]
) -> tuple[Endpoint, dict[str, int]]:
    """An endpoint of a file of its own, of the rows that are meant."""
    table = rows_elsewhere(file, base=base, endpoint=item.name)
    if file.occurrence and isinstance(item, BinaryColumn):
        values = occurred(table, file, ids, endpoint=item.name)
        return Binary(item.name, item.label or item.name, values, better=item.better), {}
    rows = _Rows.of(table, file.id, ids)
    if (rows.at < 0).all():
        raise AlignmentError(
            f"{table.name} (endpoint {item.name!r}) holds none of the {len(ids)} subjects",
            f"Check that its column {file.id!r} and the study's subjects use the same ids.",
        )
    return _READ[type(item)](item, rows)


# --- columns of the subject table -------------------------------------------------------------------------------------


def _binary(item: BinaryColumn, rows: _Rows) -> tuple[Endpoint, dict[str, int]]:
    table = rows.table
    table.require([item.column], key=f"endpoint {item.name}")
    _refuse_both_sides(item.name, item.event, item.non_event)
    text = clean(table.frame[item.column])
    event, none = matches_any(text, item.event), matches_any(text, item.non_event)
    values = pl.select(pl.when(event).then(1.0).when(none).then(0.0)).to_series()
    reasons = _unlisted(text, event | none, item.column, "neither event nor non-event")
    taken = rows.take(values.to_numpy())
    for value, what, listed in ((1.0, "event", item.event), (0.0, "non-event", item.non_event)):
        if not (taken == value).any():
            raise InsufficientDataError(
                f"{table.name}, column {item.column!r}: endpoint {item.name!r} has no {what}: no subject has "
                f"{' or '.join(listed)}",
                "Check the lists `event` and `non_event`, also upper and lower case.",
            )
    return Binary(item.name, item.label or item.name, taken, better=item.better), rows.counts(reasons)


def _continuous(item: ContinuousColumn, rows: _Rows) -> tuple[Endpoint, dict[str, int]]:
    table = rows.table
    table.require([item.column], key=f"endpoint {item.name}")
    values = table.numbers(item.column)
    taken = rows.take(values.to_numpy())
    fault = _dead(taken)
    if fault:
        raise InsufficientDataError(
            f"{table.name}, column {item.column!r}: endpoint {item.name!r}: {fault}",
            "Leave it out, or check its column.",
        )
    endpoint = Continuous(item.name, item.label or item.name, taken, unit=item.unit, better=item.better)
    return endpoint, rows.counts(_empty(values, item.column))


def _unlisted(text: pl.Series, listed: pl.Series, column: str, why: str) -> pl.Series:
    """Why a cell is no value of the endpoint: empty, or not listed; null where it is one."""
    other = text.set(listed, None)
    few = other.drop_nulls().n_unique() <= _NAMED_VALUES
    named = other.str.slice(0, _CELL) if few else other.set(other.is_not_null(), "another value")
    return pl.select(
        pl.when(text.is_null())
        .then(pl.lit(f"{column} is empty"))
        .when(other.is_not_null())
        .then(pl.format("{} is {}: {}", pl.lit(column), named, pl.lit(why)))
    ).to_series()


def _ordinal(item: OrdinalColumn, rows: _Rows) -> tuple[Endpoint, dict[str, int]]:
    table = rows.table
    table.require([item.column], key=f"endpoint {item.name}")
    text = clean(table.frame[item.column])
    members = [matches_any(text, (level,)) for level in item.levels]
    taken_by = pl.DataFrame({str(k): member for k, member in enumerate(members)}).sum_horizontal()
    if len(set(item.levels)) < len(item.levels) or (taken_by > 1).any():
        raise ConfigError(f"endpoint {item.name!r}: a level is listed twice", "List each level once, lowest first.")
    values = pl.Series([None] * len(text), dtype=pl.Float64)
    for k, member in enumerate(members):
        values = values.set(member, float(k))
    taken = rows.take(values.to_numpy())
    reasons = _unlisted(text, taken_by > 0, item.column, "no level of the endpoint")
    if fault := _dead(taken):
        raise InsufficientDataError(
            f"{table.name}, column {item.column!r}: endpoint {item.name!r}: {fault}",
            "Check `levels`, also upper and lower case.",
        )
    endpoint = Ordinal(item.name, item.label or item.name, taken, levels=item.levels, better=item.better)
    return endpoint, rows.counts(reasons)


def _survival(item: SurvivalColumns, rows: _Rows) -> tuple[Endpoint, dict[str, int]]:
    table = rows.table
    table.require([item.time, item.event_column], key=f"endpoint {item.name}")
    time, status = table.numbers(item.time), clean(table.frame[item.event_column])
    bad = (time <= 0).fill_null(value=False).arg_true()
    if len(bad):
        raise SchemaError(
            f"{table.name}, {table.where(bad)}, column {item.time!r}: the time is not positive ({time[bad[0]]:g})",
            "A time is counted from the start of observation. Leave it empty where unknown or zero.",
        )
    event = matches_any(status, item.event_values)
    censored = status.is_not_null() & ~event
    if item.censored != "*":
        _refuse_both_sides(item.name, item.event_values, item.censored)
        listed = matches_any(status, item.censored)
        unlisted = (censored & ~listed).arg_true()
        if len(unlisted):
            raise SchemaError(
                f"{table.name}, {table.where(unlisted)}, column {item.event_column!r}: the status is neither an event "
                f"({', '.join(item.event_values)}) nor censored ({', '.join(item.censored)})",
                'List it on one side, or say `censored: "*"` for every other value.',
            )
    reasons = pl.select(
        pl.when(time.is_null())
        .then(pl.lit(f"{item.time} is empty"))
        .when(status.is_null())
        .then(pl.lit(f"{item.event_column} is empty"))
    ).to_series()
    known = reasons.is_null()
    times = rows.take(time.set(~known, None).to_numpy())
    events = rows.take(event.cast(pl.Float64).set(~known, None).to_numpy())
    if not (events == 1).any():
        raise InsufficientDataError(
            f"{table.name}, column {item.event_column!r}: endpoint {item.name!r} has no event: no subject with a time "
            f"has {' or '.join(item.event_values)}",
            "Check which value means that the event was seen.",
        )
    endpoint = Survival(item.name, item.label or item.name, times, event=events, unit=item.unit, better=item.better)
    return endpoint, rows.counts(reasons)


_READ = {BinaryColumn: _binary, ContinuousColumn: _continuous, OrdinalColumn: _ordinal, SurvivalColumns: _survival}


def _refuse_both_sides(name: str, one: Sequence[str], other: Sequence[str]) -> None:
    both = sorted(set(one) & set(other))
    if both:
        raise ConfigError(f"endpoint {name!r}: {', '.join(both)} is listed on both sides", "List each value once.")


def _empty(values: pl.Series, column: str) -> pl.Series:
    return pl.select(pl.when(values.is_null()).then(pl.lit(f"{column} is empty"))).to_series()


def _dead(values: NDArray[np.float64]) -> str:
    """Why values cannot be an endpoint; empty where they can."""
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return "no subject has a value"
    if (known == known[0]).all():
        return f"all {len(known)} subjects with a value have the same one"
    return ""


# --- groups -----------------------------------------------------------------------------------------------------------


def _read_group(item: EndpointGroup, base: Path, gathered: _Gathered) -> None:
    table = read_numbers(base / item.path, id=item.id)
    present = [name for name in table.frame.columns if name != item.id]
    columns = present if item.columns == "*" else list(item.columns)
    table.require(columns, key=f"endpoint group {item.group}")
    rows = _Rows.of(table, item.id, gathered.subject_ids)
    if (rows.at < 0).all():
        raise AlignmentError(
            f"{table.name} (endpoint group {item.group!r}) holds none of the {len(gathered.subject_ids)} subjects",
            f"Check that its column {item.id!r} and the study's subjects use the same ids.",
        )
    if rows.unknown:
        gathered.unknown[table.name] = rows.unknown
    labels = _labels(item, base, present)
    alive = 0
    for column in columns:
        values = table.numbers(column)
        taken = rows.take(values.to_numpy())
        fault = _dead(taken)
        if fault:
            gathered.left_out[column] = fault
            continue
        label = labels.get(column, column)
        alive += 1
        gathered.add(
            Continuous(column, label, taken, unit=item.unit, better=item.better), rows.counts(_empty(values, column))
        )
    if not alive:
        raise InsufficientDataError(f"{table.name}: no column of endpoint group {item.group!r} has values that vary")


def _labels(item: EndpointGroup, base: Path, columns: Sequence[str]) -> dict[str, str]:
    """Labels by column; the label of another column than the group's does no harm."""
    if item.labels is None:
        return {}
    table = read_text(base / item.labels.path)
    table.require([item.labels.key, item.labels.label], key=f"labels of endpoint group {item.group}")
    keys = table.ids(item.labels.key, case=True)
    labels = clean(table.frame[item.labels.label]).fill_null(keys)
    if not keys.is_in(list(columns)).any():
        raise AlignmentError(
            f"{table.name}: column {item.labels.key!r} names no column of endpoint group {item.group!r}",
            nearest(item.group, columns, what="columns of the group"),
        )
    return dict(zip(keys, labels, strict=True))
