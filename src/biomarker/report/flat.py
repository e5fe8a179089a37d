"""A table of the document as plain rows, for a spreadsheet or a text file: numbers stay numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from biomarker.report.words import numbers
from biomarker.report.words.say import Language

__all__ = ["Cell", "flat_table", "tables_of"]

Cell = str | float | int | None

#: An interval takes a column for each of its parts.
_PARTS = ("estimate", "low", "high")


def tables_of(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every table of the document with the id of its section, in the order of the page; sums are tables too."""
    for section in document["sections"]:
        for block in _every(section["blocks"]):
            if block["block"] == "table":
                yield section["id"], block
            elif block["block"] == "sums":
                yield section["id"], _sums_as_table(block)


def _every(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Blocks, and those within dossiers."""
    for block in blocks:
        yield block
        if block["block"] == "dossier":
            yield from _every(block["blocks"])


def flat_table(block: Mapping[str, Any], language: Language) -> tuple[list[str], list[list[Cell]]]:
    """The heads and the rows.

    Parameters
    ----------
    block : mapping
        A table of the document.
    language : Language

    Returns
    -------
    heads : list of str
        An interval has four: what its numbers are, estimate, lower and upper limit. ``passes`` is the last where rows
        are marked.
    rows : list of list
        A p-value too small for a double is text, as it is printed.
    """
    heads: list[str] = []
    for column in block["columns"]:
        label = language.plain(column["label"])
        heads += [label] if column["kind"] != "interval" else [label, *(f"{label}: {part}" for part in _PARTS)]
    marked = any(block["marked"])
    rows = []
    for cells, passes in zip(block["rows"], block["marked"], strict=True):
        row: list[Cell] = []
        for value, column in zip(cells, block["columns"], strict=True):
            row += _interval(value, language) if column["kind"] == "interval" else [_plain(value, language)]
        rows.append([*row, int(passes)] if marked else row)
    return ([*heads, language.phrases["tools.passes"]] if marked else heads), rows


def _interval(value: Any, language: Language) -> list[Cell]:
    if not isinstance(value, Mapping):
        return [value, None, None, None]
    if "say" in value:
        return [language.plain(value), None, None, None]
    scale = language.plain(value["scale"]) if "scale" in value else None
    return [scale, *(value[part] for part in _PARTS)]


def _plain(value: Any, language: Language) -> Cell:
    if isinstance(value, Mapping):
        return numbers.p_value(value) if "log10" in value else language.plain(value)
    return language.table(value) if isinstance(value, str) else value


def _sums_as_table(block: Mapping[str, Any]) -> dict[str, Any]:
    """One row a part of a sum, the total first."""

    def head(key: str, kind: str) -> dict[str, Any]:
        return {"key": key, "kind": kind, "label": {"say": f"column.{key}", "with": {}}}

    rows = []
    for row in block["rows"]:
        rows.append([row["what"], {"say": "flow.in", "with": {}}, None, row["total"], row["unit"]])
        rows += [[row["what"], part["kind"], part["reason"], part["n"], row["unit"]] for part in row["parts"]]
    columns = [
        head("what", "name"),
        head("kind", "text"),
        head("reason", "text"),
        head("n", "count"),
        head("unit_of", "text"),
    ]
    return {**block, "columns": columns, "rows": rows, "marked": [False] * len(rows), "notes": []}
