"""What a partner may not see: small counts, with those that would give them back, and whoever was studied."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.identifiers import searchable
from biomarker.errors import LeakageError

__all__ = ["merged_reasons", "require_no_identifier", "withheld"]

_WORD = re.compile(r"[^\W_]+")


def withheld(counts: NDArray[np.int64], limit: int) -> NDArray[np.bool_]:
    """Which cells of a table with known totals are not shown.

    A cell below the limit is withheld (primary). A row or column with a single withheld cell, or whose withheld cells
    add up to less than the limit, gives it back by its total: then the smallest of its other cells is withheld too
    (complementary), until no line does. Lines together may still give a small cell back: as long as all totals leave
    it less than one to either side, found by linear programming, the smallest shown cell of the table is withheld too.

    Parameters
    ----------
    counts : array (n_rows, n_columns)
        Counts of subjects; the totals of rows and columns are shown or known.
    limit : int
        Least count shown.

    Returns
    -------
    array (n_rows, n_columns)

    Notes
    -----
    **Valid when** only totals of single rows and columns, and of the whole, are known.
    """
    hidden: NDArray[np.bool_] = counts < limit
    lines = [*((hidden[i], counts[i]) for i in range(counts.shape[0])), *zip(hidden.T, counts.T, strict=True)]
    while True:
        before = hidden.copy()
        for line, values in lines:
            _complete(line, values, limit)
        if (hidden != before).any():
            continue
        if hidden.all() or not _given_back(counts, hidden, limit):
            return hidden
        hidden[np.unravel_index(np.argmin(np.where(hidden, counts.max() + 1, counts)), counts.shape)] = True


def _given_back(counts: NDArray[np.int64], hidden: NDArray[np.bool_], limit: int) -> bool:
    """Whether all totals together tell a small cell: its least and largest possible value are the same whole number."""
    from scipy.optimize import linprog

    places = np.argwhere(hidden)
    sums = np.vstack([places[:, axis] == line for axis in (0, 1) for line in range(counts.shape[axis])]).astype(float)
    totals = sums @ counts[hidden]
    for cell in np.flatnonzero(counts[hidden] < limit):
        goal = np.zeros(len(places))
        goal[cell] = 1.0
        least, most = (linprog(sign * goal, A_eq=sums, b_eq=totals, bounds=(0, None)).fun for sign in (1, -1))
        if -most - least < 1 - 1e-6:
            return True
    return False


def _complete(hidden: NDArray[np.bool_], counts: NDArray[np.int64], limit: int) -> None:
    """Withhold further cells of a line until its total gives none back."""
    while hidden.any() and not hidden.all() and (hidden.sum() < 2 or counts[hidden].sum() < limit):
        shown = np.flatnonzero(~hidden)
        hidden[shown[np.argmin(counts[shown])]] = True


def merged_reasons(parts: Sequence[Mapping[str, Any]], limit: int) -> list[dict[str, Any]]:
    """The parts of a sum with small ones told together: the sum still adds up, and no reason stands for a few subjects.

    Parameters
    ----------
    parts : sequence of mapping
        ``kind``, ``reason``, ``n``; parts without a reason are left alone.
    limit : int
        A reason with fewer subjects is joined with the next larger ones until they are as many, or none is left.

    Returns
    -------
    list of dict
        The same keys; ``reason`` of a joined part names each of its reasons.
    """
    rest = [dict(part) for part in parts if part["reason"] is None]
    given = sorted((dict(part) for part in parts if part["reason"] is not None), key=lambda part: part["n"])
    while len(given) > 1 and given[0]["n"] < limit:
        first, second, *others = given
        joined = {
            "kind": "excluded" if "excluded" in (first["kind"], second["kind"]) else first["kind"],
            "reason": f"{second['reason']}; {first['reason']}",
            "n": first["n"] + second["n"],
        }
        given = sorted([joined, *others], key=lambda part: part["n"])
    return [*rest, *reversed(given)]


def require_no_identifier(document: Mapping[str, Any], tables: Mapping[str, pl.DataFrame], ids: Iterable[str]) -> None:
    """Refuse a report in which a subject's or patient's identifier stands.

    The tables are looked through first: a text that is an identifier betrays a table of single subjects. Then every
    text of the document, word by word.

    Parameters
    ----------
    document : mapping
        All files of the edition are drawn from it.
    tables : mapping of str to polars.DataFrame
        What the document was made from, by name.
    ids : iterable of str
        Plain numbers and identifiers of fewer than 6 characters are not looked for.

    Raises
    ------
    LeakageError
        Says where, and never which.
    """
    known = searchable(ids)
    if not known:
        return
    for name, table in tables.items():
        for column, kind in table.schema.items():
            if kind == pl.String and table[column].is_in(list(known)).any():
                raise LeakageError(
                    f"the table {name} holds identifiers of subjects, in its column {column}: no report is made of it",
                    "Is an arm, a level or a feature named like a subject? Then rename it. Else please report this "
                    "as a fault, and hand on nothing of this run.",
                )
    by_words: dict[int, dict[tuple[str, ...], str]] = {}
    for one in map(str.casefold, known):
        words = tuple(_WORD.findall(one))
        by_words.setdefault(len(words), {})[words] = one
    for where, text in _texts(document):
        folded = text.casefold()
        found = _WORD.findall(folded)
        for length, looked_for in by_words.items():
            runs = (tuple(found[k : k + length]) for k in range(len(found) - length + 1 if length else 0))
            if any(run in looked_for and looked_for[run] in folded for run in runs):
                raise LeakageError(
                    f"an identifier of a subject would stand in the report ({where}): no report is made",
                    "A name of a feature, an arm or a level may be one: look at the study file and the input it names.",
                )


def _texts(value: Any, where: str = "document") -> Iterator[tuple[str, str]]:
    """Every text of a document, with the section and block that it stands in."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        inner = value.get("id")
        place = f"{where}, {inner}" if isinstance(inner, str) else where
        for key, part in value.items():
            yield place, str(key)
            yield from _texts(part, place)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part, where)
