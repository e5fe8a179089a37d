"""Draws the page from the document alone: words and figures are made here, every number comes from the document."""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from markupsafe import Markup

from biomarker.errors import SchemaError
from biomarker.report.cells import NUMERIC, html_cell
from biomarker.report.document import DOCUMENT_VERSION
from biomarker.report.figures.registry import FIGURES
from biomarker.report.figures.svg import to_svg
from biomarker.report.words import numbers
from biomarker.report.words.registry import LANGUAGES
from biomarker.report.words.say import Language

__all__ = ["render"]

#: Panels of a figure up to this many are chosen by buttons, more by a list.
_MOST_BUTTONS = 5


def render(document: Mapping[str, Any], *, language: str = "en") -> str:
    """One self-contained HTML page: no request leaves it, nothing in it runs but its own few lines of script.

    Parameters
    ----------
    document : mapping
        What `report.build` made, or the same read back from JSON.
    language : str
        A key of `report.words.registry.LANGUAGES`.

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
    page = _Page(LANGUAGES[language])
    style, script = _asset("style.css"), _asset("script.js")
    environment = _environment()
    drawn: str = environment.get_template("page.html.j2").render(
        page=page,
        document=document,
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
        data=_embedded(document),
        sections=[page.section(section) for section in document["sections"]],
        labels=_embedded({key: page.language.phrases[key] for key in ("tools.shown", "tools.empty")}),
    )
    return drawn


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


def _policy(style: str, script: str) -> str:
    """What the page may do: its own style and script by their hash, nothing from anywhere."""

    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _embedded(document: Mapping[str, Any]) -> Markup:
    """JSON that no browser can take for markup, whatever the names in it."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


class _Page:
    """Turns blocks into what the template prints: strings, and numbers for ordering."""

    def __init__(self, language: Language) -> None:
        self.language = language

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
            "blocks": [getattr(self, f"_{block['block']}")(block) for block in section["blocks"]],
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
                        "reason": part["reason"],
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
        for cells, marked in zip(block["rows"], block["marked"], strict=True):
            made = [html_cell(cell, column["kind"], self.language) for cell, column in zip(cells, columns, strict=True)]
            rows.append({"cells": made, "marked": marked})
        for place, column in enumerate(columns):
            if column["filter"]:
                column["options"] = list(dict.fromkeys(str(row["cells"][place]["plain"]) for row in rows))
        return {
            "block": "table",
            "id": block["id"],
            "caption": self.language.markup(block["caption"]),
            "columns": columns,
            "rows": rows,
            "tools": block["tools"],
            "notes": [self.language.markup(note) for note in block["notes"]],
            "any_marked": any(block["marked"]),
        }

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
        spec = FIGURES[chart["kind"]](chart["data"], self.language)
        return {
            "kind": chart["kind"],
            "title": title,
            "note": self.language.markup(chart["note"]) if chart.get("note") else "",
            "svg": to_svg(spec, identity=identity, title=title, description=self.language.plain(chart["description"])),
        }
