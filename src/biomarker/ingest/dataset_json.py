"""Dataset-JSON of CDISC, versions 1.0 and 1.1, whole or a row a line (NDJSON): clinical tables as text."""

import json
from typing import Any

import polars as pl

from biomarker.errors import DataError, SchemaError
from biomarker.ingest.xport import as_sas_times

__all__ = ["dataset_json_frame", "is_dataset_json"]

_AGAIN = "Copy or export it again."
_NUMBERS = ("integer", "float", "double", "decimal")
_SEQUENCE = "ITEMGROUPDATASEQ"


def is_dataset_json(data: bytes) -> bool:
    """Whether bytes begin as a data set in JSON does."""
    return data[:1] == b"{" and b'"datasetJSONVersion"' in data[:4096]


def dataset_json_frame(data: bytes, name: str) -> pl.DataFrame:
    """The table of a Dataset-JSON file: numbers as Float64, all else as text; empty text is null.

    Raises
    ------
    DataError
        It is no JSON, or holds fewer rows than it says.
    SchemaError
        It describes no columns, names one twice, has a row of another length or a cell of another kind.
    """
    about, rows = _parts(data, name)
    columns = about.get("columns") or about.get("items")
    if not isinstance(columns, list) or not columns or not all(isinstance(c, dict) and "name" in c for c in columns):
        raise SchemaError(f"{name} describes no columns (`columns`, each with a `name`)", _AGAIN)
    names = [str(column["name"]) for column in columns]
    if len(set(names)) < len(names):
        twice = next(title for title in names if names.count(title) > 1)
        raise SchemaError(f"{name}: two columns are called {twice!r}", _AGAIN)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(names):
            found = len(row) if isinstance(row, list) else "no"
            raise SchemaError(f"{name}, row {number}: {found} cells where {len(names)} columns are described", _AGAIN)
    stated = about.get("records")
    if isinstance(stated, int) and stated != len(rows):
        raise DataError(f"{name} says that it has {stated} rows and has {len(rows)}", _AGAIN)
    table = [_column(column, [row[i] for row in rows], name) for i, column in enumerate(columns)]
    return pl.DataFrame([column for column in table if column.name != _SEQUENCE])


def _parts(data: bytes, name: str) -> tuple[dict[str, Any], list[Any]]:
    """What describes the table, and its rows."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(f"{name} is not UTF-8 text", _AGAIN) from None
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return _lines(text, name)
    for part in ("clinicalData", "referenceData"):  # version 1.0
        groups = whole.get(part, {}) if isinstance(whole.get(part, {}), dict) else {}
        groups = groups.get("itemGroupData", {})
        if isinstance(groups, dict) and groups:
            if len(groups) > 1:
                raise SchemaError(f"{name} holds {len(groups)} data sets", "Write each to a file of its own.")
            whole = next(iter(groups.values()))
            rows = whole.get("itemData") if isinstance(whole, dict) else None
            break
    else:
        rows = whole.get("rows")
    if not isinstance(whole, dict) or not isinstance(rows, list):
        raise SchemaError(f"{name} holds no rows (`rows`)", _AGAIN)
    return whole, rows


def _lines(text: str, name: str) -> tuple[dict[str, Any], list[Any]]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            found += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError):
            raise DataError(f"{name}, line {number}: no JSON, or it is cut short", _AGAIN) from None
    if not found or not isinstance(found[0], dict):
        raise DataError(f"{name} does not begin with what describes its rows", _AGAIN)
    return found[0], found[1:]


def _column(about: dict[str, Any], cells: list[Any], name: str) -> pl.Series:
    title, kind = str(about["name"]), str(about.get("dataType", about.get("type", "string")))
    if kind not in _NUMBERS:
        bad = next((i for i, cell in enumerate(cells) if isinstance(cell, list | dict)), None)
        if bad is not None:
            raise SchemaError(
                f"{name}, row {bad + 1}, column {title!r}: a list or an object, not a single value", _AGAIN
            )
        words = [None if cell is None or cell == "" else _text(cell) for cell in cells]
        return pl.Series(title, words, dtype=pl.String)
    numbers: list[float | None] = []
    for row, cell in enumerate(cells, start=1):
        try:
            numbers.append(None if cell is None or cell == "" else float(cell))
        except (TypeError, ValueError, OverflowError):
            what = f"{name}, row {row}, column {title!r}: not a number, and of type {kind}"
            raise SchemaError(what, "Correct the cell, or the type of the column.") from None
    series = pl.Series(title, numbers, dtype=pl.Float64).fill_nan(None)
    return as_sas_times(series, str(about.get("displayFormat") or ""))


def _text(cell: Any) -> str:
    return ("true" if cell else "false") if isinstance(cell, bool) else str(cell)
