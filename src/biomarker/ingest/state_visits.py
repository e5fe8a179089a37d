"""States of the disease at visits: one visit of one subject a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.errors import DataError, SchemaError
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.spelling import clean, nearest

__all__ = ["StateVisits", "read_state_visits"]

Floats = NDArray[np.float64]
#: Months of a unit of time
MONTHS = {"days": 12 / 365.25, "weeks": 7 * 12 / 365.25, "months": 1.0, "years": 12.0}


@dataclass(frozen=True, eq=False)
class StateVisits:
    """Visits of subjects of the cohort, by subject and time.

    Attributes
    ----------
    subject : (n_visits,) int64
        Place of the subject in the cohort.
    months : (n_visits,)
    state : (n_visits,) int64
        Place of the state among the states.
    utility : (n_visits,) or None
        NaN where it was not measured.
    left_out : int
        Subjects of the file that the cohort does not have: their visits are left out.
    """

    subject: NDArray[np.int64]
    months: Floats
    state: NDArray[np.int64]
    utility: Floats | None
    left_out: int


def read_state_visits(
    path: Path,
    *,
    id: str,
    time: str,
    unit: str,
    state: str,
    utility: str | None,
    states: Sequence[str],
    subject_ids: Sequence[str],
    spelt: Callable[[str], str] = str,
) -> StateVisits:
    """Read visits, each with its subject, time since treatment began and state.

    Parameters
    ----------
    path : Path
    id, time, state, utility : str
        Columns; no utility where it is None.
    unit : {"days", "weeks", "months", "years"}
    states : sequence of str
        The last is the one that nobody leaves.
    subject_ids : sequence of str
        Of the cohort.
    spelt : callable
        How the cohort spells an id of the file.

    Raises
    ------
    SchemaError
        A column is absent; a cell holds no state of the list, no number, or a time before 0; a subject has two states
        at one time, or a visit after the last state.
    DataError
        No subject of the cohort has two visits.
    """
    table = read_text(path)
    table.require([id, time, state], key="economics.visits")
    ids = table.ids(id, unique=False)
    months = table.numbers(time) * MONTHS[unit]
    _refuse(table, months.is_null() | (months < 0), time, "no time of at least 0", "Count from the start of treatment.")
    names = clean(table.frame[state])
    wrong = ~names.is_in(list(states)) | names.is_null()
    if wrong.any():
        row = int(wrong.arg_true()[0])
        known = names[row]
        hint = f"The states are: {', '.join(states)}" if known is None else nearest(known, states, what="states")
        _refuse(table, wrong, state, "no state of economics.visits.states", hint)
    own = ids.unique().to_list()
    ids = ids.replace_strict(own, [spelt(name) for name in own])
    rows = pl.DataFrame({"id": ids, "t": months, "s": names.replace_strict(list(states), range(len(states)))})
    if utility is not None:
        table.require([utility], key="economics.visits.utility")
        index = table.numbers(utility)
        _refuse(table, (index < -1) | (index > 1), utility, "outside -1 to 1", "A utility is 1 in perfect health.")
        rows = rows.with_columns(index.alias("u"))
    rows = rows.with_row_index("row")
    twice = rows.filter((pl.len() > 1).over("id", "t") & (pl.n_unique("s") > 1).over("id", "t"))["row"]
    if len(twice):
        raise SchemaError(
            f"{table.name}, {table.where(twice)}, column {state!r}: two states of one subject at one time",
            "Keep the one that holds from then on.",
        )
    last = len(states) - 1
    ended = pl.col("t").filter(pl.col("s") == last).min().over("id")
    after = rows.filter((pl.col("t") > ended) & (pl.col("s") != last))["row"]
    if len(after):
        raise SchemaError(
            f"{table.name}, {table.where(after)}, column {state!r}: a visit after {states[last]!r}",
            "Nobody leaves the last state: correct the times, or name another state as the last.",
        )
    return _of_cohort(table, rows, subject_ids)


def _of_cohort(table: Table, rows: pl.DataFrame, subject_ids: Sequence[str]) -> StateVisits:
    """The visits of the cohort's subjects, each time once."""
    place = {name: i for i, name in enumerate(subject_ids)}
    known = rows["id"].is_in(list(place))
    outside = rows.filter(~known)["id"].n_unique()
    kept = rows.filter(known).unique(["id", "t"], keep="first")
    kept = kept.with_columns(pl.col("id").replace_strict(place, return_dtype=pl.Int64).alias("i")).sort("i", "t")
    if not kept.height or int(kept["i"].value_counts()["count"].max()) < 2:  # type: ignore[arg-type]
        raise DataError(
            f"{table.name}: no subject of the cohort has two visits", "Ids must be spelt as in the table of subjects."
        )
    return StateVisits(
        kept["i"].to_numpy(),
        kept["t"].to_numpy().astype(np.float64),
        kept["s"].to_numpy().astype(np.int64),
        kept["u"].fill_null(float("nan")).to_numpy().astype(np.float64) if "u" in kept.columns else None,
        outside,
    )


def _refuse(table: Table, bad: Any, column: str, what: str, hint: str) -> None:
    rows = bad.fill_null(value=False).arg_true()
    if len(rows):
        raise SchemaError(f"{table.name}, {table.where(rows)}, column {column!r}: {what}", hint)
