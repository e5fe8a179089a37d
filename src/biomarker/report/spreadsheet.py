"""The tables of the document as a workbook and as text files."""

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from biomarker.report.flat import Cell, flat_table, tables_of
from biomarker.report.words.say import Language

__all__ = ["to_tsv", "write_tables", "write_workbook"]

#: A workbook carries a date; the same results give the same bytes.
_DATE = datetime(1980, 1, 1, tzinfo=UTC)
#: What no workbook may have in a sheet's name, and how long it may be.
_FORBIDDEN, _LONGEST = str.maketrans(dict.fromkeys("[]:*?/\\'", " ")), 31
#: Excel holds no longer text in a cell.
_LONGEST_TEXT = 32_000
_FORMATS = {"count": "#,##0", "p": "0.0E+00", "q": "0.0E+00", "share": "0.0%"}


def write_workbook(document: Mapping[str, Any], path: Path, language: Language) -> None:
    """One sheet a table, candidates first, and a sheet that says what the others hold.

    Names stay text: no cell is ever a formula or a link, whatever a feature is called.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        study = document["study"]
        book.set_properties({"title": study["title"], "author": "biomarker", "created": _DATE.replace(tzinfo=None)})
        looks = {"head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})}
        looks |= {kind: book.add_format({"num_format": number}) for kind, number in _FORMATS.items()}
        titles = {one["id"]: language.plain(one["title"]) for one in document["sections"]}
        found = sorted(tables_of(document), key=lambda one: one[1]["id"] != "candidates")
        contents = book.add_worksheet(_sheet_name(language.phrases["page.contents"], set()))
        contents.set_column(0, 0, 34)
        contents.set_column(1, 2, 60)
        lines = [[study["title"], None, None], [language.plain(_edition(document)), None, None], [None, None, None]]
        used = {contents.name.casefold()}
        for section, block in found:
            name = _sheet_name(block["id"], used)
            used.add(name.casefold())
            _write_sheet(book.add_worksheet(name), block, language, looks)
            lines.append([name, titles[section], language.plain(block["caption"])])
        for place, line in enumerate(lines):
            for column, text in enumerate(line):
                if text is not None:
                    contents.write_string(place, column, text[:_LONGEST_TEXT])


def to_tsv(block: Mapping[str, Any], language: Language) -> str:
    """A table as text; tabs and line ends within a name become blanks."""
    heads, rows = flat_table(block, language)
    return "".join("\t".join(map(_text, row)) + "\n" for row in [heads, *rows])


def write_tables(document: Mapping[str, Any], path: Path, language: Language) -> None:
    """Every table as ``<section>.<table>.tsv`` in one zip."""
    made = {f"{section}.{block['id']}.tsv": to_tsv(block, language) for section, block in tables_of(document)}
    path.write_bytes(zipped(made))


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip whose bytes depend on names and contents alone."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE.timetuple()[:6]), text, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _edition(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"say": f"page.edition.{document['edition']}", "with": {}}


def _write_sheet(sheet: Any, block: Mapping[str, Any], language: Language, looks: Mapping[str, Any]) -> None:
    heads, rows = flat_table(block, language)
    kinds: list[str] = []
    for column in block["columns"]:
        kinds += [column["kind"]] if column["kind"] != "interval" else ["text", "number", "number", "number"]
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head[:_LONGEST_TEXT], looks["head"])
    for line, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            look = looks.get(kinds[place]) if place < len(kinds) else None
            if isinstance(value, int | float):
                sheet.write_number(line, place, value, look)
            elif value is not None:
                sheet.write_string(line, place, value[:_LONGEST_TEXT])
    sheet.freeze_panes(1, 0)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(heads) - 1)
    for place, kind in enumerate(kinds):
        sheet.set_column(place, place, 28 if kind in ("text", "name", "code") else 12)


def _sheet_name(wanted: str, used: set[str]) -> str:
    """A name that a workbook allows and no other sheet has."""
    stem = wanted.translate(_FORBIDDEN).strip()[:_LONGEST] or "table"
    name, number = stem, 1
    while name.casefold() in used:
        number += 1
        name = f"{stem[: _LONGEST - len(str(number)) - 1]} {number}"
    return name


def _text(value: Cell) -> str:
    return "" if value is None else " ".join(value.split()) if isinstance(value, str) else repr(value)
