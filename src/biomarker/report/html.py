"""Draws the page from the document alone: words and figures are made here, every number comes from the document."""

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup, escape

from biomarker.errors import SchemaError
from biomarker.report.cells import NUMERIC, html_cell
from biomarker.report.document import DOCUMENT_VERSION
from biomarker.report.figures.registry import FIGURES
from biomarker.report.figures.svg import to_svg
from biomarker.report.typeface import font_face
from biomarker.report.words import numbers
from biomarker.report.words.registry import LANGUAGES
from biomarker.report.words.say import Language

__all__ = ["render"]

#: Panels of a figure up to this many are chosen by buttons, more by a list.
_MOST_BUTTONS = 5
#: Rows of a table with tools that are there before, and without, the script.
_FIRST_ROWS = 100


def render(document: Mapping[str, Any], *, language: str = "en", only: bool = False) -> str:
    """One self-contained HTML page: no request leaves it, nothing in it runs but its own few lines of script.

    Parameters
    ----------
    document : mapping
        What `report.build` made, or the same read back from JSON.
    language : str
        A key of `report.words.registry.LANGUAGES`; the one that the page opens in.
    only : bool
        Whether the page is in this language alone, else it can be switched to the others.

    Returns
    -------
    str
        Byte for byte the same for the same document.

    Raises
    ------
    SchemaError
        The document was made by a newer version.
    """
    if document["schema_version"] > DOCUMENT_VERSION:
        raise SchemaError(
            f"the report document has version {document['schema_version']}, known is {DOCUMENT_VERSION}",
            "Update the package, or make the report again.",
        )
    codes = [language] if only else [language, *(code for code in LANGUAGES if code != language)]
    style, script = _asset("style.css"), _asset("script.js")
    bodies = {code: _body(document, LANGUAGES[code], codes, packed=code == language) for code in codes}
    others = {code: bodies[code] for code in codes[1:]}
    font = font_face("".join(bodies.values()))
    drawn: str = (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=_Page(LANGUAGES[language], packed=True),
            document=document,
            style=Markup(style),
            font=Markup(font),
            script=Markup(script),
            policy=_policy([style, font], script),
            data=_packed(_json(document)),
            body=Markup(bodies[language]),
            others={code: _packed(body) for code, body in others.items()},
        )
    )
    return drawn


def _body(document: Mapping[str, Any], language: Language, codes: Sequence[str], *, packed: bool) -> str:
    """What is seen of the page in one language. Rows of large tables are packed unless the whole body will be."""
    page = _Page(language, packed=packed)
    title = f"{document['study']['title']} · {language.phrases['page.kind']}"
    labels = {key: language.phrases[key] for key in ("tools.shown", "tools.empty", "tools.passes")}
    drawn: str = (
        _environment()
        .get_template("body.html.j2")
        .render(
            page=page,
            document=document,
            sections=[page.section(section) for section in document["sections"]],
            languages=[{"code": code, "name": LANGUAGES[code].phrases["page.language"]} for code in codes],
            labels=_embedded({**labels, "title": title}),
        )
    )
    return drawn


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("biomarker.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> str:
    return resources.files("biomarker.report").joinpath("page", name).read_text(encoding="utf-8")


def _policy(styles: list[str], script: str) -> str:
    """What the page may do: its own style and script by their hash, nothing from anywhere."""

    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; style-src {' '.join(digest(style) for style in styles if style)}; "
        f"script-src {digest(script)}; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)


def _embedded(value: Any) -> Markup:
    """JSON that no browser can take for markup, whatever the names in it."""
    text = _json(value)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _packed(text: str) -> Markup:
    """A text as the script unpacks it: a tenth of its size, and nothing that could be markup."""
    return Markup(base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode())


class _Page:
    """Turns blocks into what the template prints: strings, and numbers for ordering."""

    def __init__(self, language: Language, *, packed: bool) -> None:
        self.language, self.packed = language, packed
        self.charts = 0

    def say(self, key: str, **values: Any) -> Markup:
        """A phrase, for the template."""
        return self.language.markup({"say": key, "with": values})

    def section(self, section: Mapping[str, Any]) -> dict[str, Any]:
        """A section with its blocks made ready."""
        return {
            "id": section["id"],
            "title": self.language.markup(section["title"]),
            "level": section["level"],
            "no_data": section["no_data"],
            "blocks": self._blocks(section["blocks"]),
        }

    def _blocks(self, blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [getattr(self, f"_{block['block']}")(block) for block in blocks]

    def _dossier(self, block: Mapping[str, Any]) -> dict[str, Any]:
        title = self.language.markup(block["title"])
        return {
            **block,
            "title": title,
            "blocks": self._blocks(block["blocks"]),
            "open": block.get("open", False),
            "back": not block.get("open", False),
        }

    def _paragraph(self, block: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "block": "paragraph",
            "style": block["style"],
            "text": self.language.markup(block["text"]),
            "link": block["link"],
        }

    def _listing(self, block: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "block": "listing",
            "style": block["style"],
            "items": [self.language.markup(item) for item in block["items"]],
        }

    def _tiles(self, block: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "block": "tiles",
            "items": [{key: self.language.markup(text) for key, text in item.items()} for item in block["items"]],
        }

    def _code(self, block: Mapping[str, Any]) -> dict[str, Any]:
        return {"block": "code", "caption": self.language.markup(block["caption"]), "text": "\n".join(block["lines"])}

    def _sums(self, block: Mapping[str, Any]) -> dict[str, Any]:
        rows = []
        for row in block["rows"]:
            parts = []
            before = 0.0
            for part in row["parts"]:
                width = 100 * part["n"] / row["total"] if row["total"] else 0.0
                parts.append(
                    {
                        "n": numbers.count(part["n"]),
                        "kind": self.language.markup(part["kind"]),
                        "of": part["of"],
                        "reason": part["reason"] and self.language.table(part["reason"]),
                        "start": f"{before:.2f}",
                        "width": f"{width:.2f}",
                    }
                )
                before += width
            rows.append(
                {
                    "what": self.language.markup(row["what"]),
                    "unit": self.language.markup(row["unit"]),
                    "total": numbers.count(row["total"]),
                    "parts": parts,
                    "adds_up": row["difference"] == 0,
                    "verdict": self.say("flow.adds_up")
                    if row["difference"] == 0
                    else self.say("flow.does_not", difference=row["difference"]),
                }
            )
        return {"block": "sums", "id": block["id"], "caption": self.language.markup(block["caption"]), "rows": rows}

    def _table(self, block: Mapping[str, Any]) -> dict[str, Any]:
        columns = [
            {
                "label": self.language.markup(column["label"]),
                "kind": column["kind"],
                "numeric": column["kind"] in NUMERIC,
                "filter": column["filter"],
                "search": column["search"],
                "options": [],
            }
            for column in block["columns"]
        ]
        rows = []
        links = block.get("links") or [None] * len(block["rows"])
        for cells, marked, link in zip(block["rows"], block["marked"], links, strict=True):
            made = [html_cell(cell, column["kind"], self.language) for cell, column in zip(cells, columns, strict=True)]
            rows.append({"cells": made, "marked": marked, "link": link})
        for place, column in enumerate(columns):
            if column["filter"]:
                column["options"] = list(dict.fromkeys(str(row["cells"][place]["plain"]) for row in rows))
        return {
            "block": "table",
            "id": block["id"],
            "caption": self.language.markup(block["caption"]),
            "columns": columns,
            "rows": rows,
            "shown": rows[:_FIRST_ROWS] if block["tools"] else rows,
            "packed": self._rows(rows) if block["tools"] else None,
            "tools": block["tools"],
            "notes": [self.language.markup(note) for note in block["notes"]],
            "any_marked": any(block["marked"]),
        }

    def _rows(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """All rows as the script makes them: text, or markup and text and tag; the numbers that they are ordered by."""
        text = [
            {
                "c": [
                    str(cell["plain"])
                    if cell["shown"] == escape(cell["plain"]) and not cell["tag"]
                    else [str(cell["shown"]), str(cell["plain"]), cell["tag"]]
                    for cell in row["cells"]
                ],
                "o": [None if cell["order"] is None else float(cell["order"]) for cell in row["cells"]],
                "m": int(row["marked"]),
                "l": row["link"],
            }
            for row in rows
        ]
        if self.packed:
            return {"type": "application/gzip", "text": _packed(_json(text))}
        return {"type": "application/json", "text": _embedded(text)}

    def _figure(self, block: Mapping[str, Any]) -> dict[str, Any]:
        panels = []
        for place, panel in enumerate(block["panels"]):
            identity = f"{block['id']}-{place}"
            charts = [self._chart(chart, f"{identity}-{order}") for order, chart in enumerate(panel["charts"])]
            panels.append(
                {
                    "key": panel["key"],
                    "id": identity,
                    "label": self._label(panel["label"]),
                    "tag": self.language.plain(panel["tag"]) if panel.get("tag") else "",
                    "charts": charts,
                    "caption": self.language.markup(panel["caption"]) if panel["caption"] else "",
                }
            )
        return {
            "block": "figure",
            "id": block["id"],
            "caption": self.language.markup(block["caption"]),
            "chooser": self.language.markup(block["chooser"]),
            "buttons": len(panels) <= _MOST_BUTTONS,
            "panels": panels,
            "notes": [self.language.markup(note) for note in block["notes"]],
        }

    def _label(self, label: str | Mapping[str, Any]) -> str:
        """A name as it is, a text in words."""
        return label if isinstance(label, str) else self.language.plain(label)

    def _chart(self, chart: Mapping[str, Any], identity: str) -> dict[str, Any]:
        title = self.language.plain(chart["title"])
        place, self.charts = self.charts, self.charts + 1
        spec = FIGURES[chart["kind"]](chart["data"], self.language)
        return {
            "kind": chart["kind"],
            "place": place,
            "title": title,
            "note": self.language.markup(chart["note"]) if chart.get("note") else "",
            "svg": to_svg(spec, identity=identity, title=title, description=self.language.plain(chart["description"])),
        }
