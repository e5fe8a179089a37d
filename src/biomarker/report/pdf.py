"""The report on paper: the document's words and drawings, set by typst."""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from html import unescape
from importlib import resources
from pathlib import Path
from typing import Any

from biomarker.report.cells import NUMERIC, text_cell
from biomarker.report.figures.registry import FIGURES
from biomarker.report.figures.svg import drawn
from biomarker.report.words import numbers
from biomarker.report.words.say import Language

__all__ = ["write_pdf"]

#: A table on paper has at most so many rows, a figure so many panels; the page and the spreadsheet hold all.
MOST_ROWS, MOST_PANELS = 60, 6
#: Of words, tables and drawings; carried by the package, because a machine that makes reports may have none.
FONT = "Noto Sans CJK JP"
_FONT = re.compile(r'font-family="[^"]*"')
_TAGS = re.compile(r"(<strong>|</strong>|<[^>]*>)")


def write_pdf(document: Mapping[str, Any], path: Path, language: Language) -> None:
    """Set the document as a tagged PDF. Its bytes depend on the document alone.

    Every text reaches the template as a string in a JSON file, never as markup: a hostile name stays a name.
    """
    import typst

    with tempfile.TemporaryDirectory() as folder:
        paper = _Paper(language, Path(folder))
        data = paper.document(document)
        (paper.folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        own = Path(str(resources.files("biomarker.report"))) / "page"
        source = paper.folder / "report.typ"
        source.write_text((own / "report.typ").read_text(encoding="utf-8"), encoding="utf-8")
        made = typst.compile(
            str(source),
            root=str(paper.folder),
            font_paths=[str(own.parent / "fonts")],
            ignore_system_fonts=True,
            timestamp=0,
        )
    path.write_bytes(made)


class _Paper:
    """Turns blocks into what the template prints: strings, runs of them, and files of drawings."""

    def __init__(self, language: Language, folder: Path) -> None:
        self.language, self.folder = language, folder

    def document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """All that the template needs."""
        study, phrases = document["study"], self.language.phrases
        edition = phrases[f"page.edition.{document['edition']}"]
        return {
            "language": self.language.code,
            "fonts": [FONT, "Libertinus Serif", "DejaVu Sans Mono"],
            "title": study["title"],
            "study": study["name"],
            "kind": phrases["page.kind"],
            "edition": edition,
            "meta": f"{phrases['page.study']} {study['name']} · {edition}",
            "sections": [
                {
                    "level": section["level"],
                    "title": self._runs(section["title"]),
                    "blocks": self._blocks(section["blocks"]),
                }
                for section in document["sections"]
            ],
        }

    def _blocks(self, blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [getattr(self, f"_{block['block']}")(block) for block in blocks]

    def _dossier(self, block: Mapping[str, Any]) -> dict[str, Any]:
        return {"block": "dossier", "title": self._runs(block["title"]), "blocks": self._blocks(block["blocks"])}

    def _runs(self, text: Mapping[str, Any] | None) -> list[dict[str, Any]] | None:
        """A sentence as pieces, each strong or not."""
        if text is None:
            return None
        runs, strong = [], False
        for piece in _TAGS.split(str(self.language.markup(text))):
            if piece in ("<strong>", "</strong>"):
                strong = piece == "<strong>"
            elif piece and not piece.startswith("<"):
                runs.append({"text": unescape(piece), "strong": strong})
        return runs

    def _paragraph(self, block: Mapping[str, Any]) -> dict[str, Any]:
        runs = self._runs(block["text"]) or []
        if block["link"]:
            runs.append({"text": f" {block['link']}", "strong": False})
        return {"block": "paragraph", "style": block["style"], "text": runs}

    def _listing(self, block: Mapping[str, Any]) -> dict[str, Any]:
        return {"block": "listing", "style": block["style"], "items": [self._runs(item) for item in block["items"]]}

    def _tiles(self, block: Mapping[str, Any]) -> dict[str, Any]:
        items = [{key: self._runs(text) for key, text in item.items()} for item in block["items"]]
        return {"block": "tiles", "items": items}

    def _code(self, block: Mapping[str, Any]) -> dict[str, Any]:
        return {"block": "code", "caption": self._runs(block["caption"]), "text": "\n".join(block["lines"])}

    def _sums(self, block: Mapping[str, Any]) -> dict[str, Any]:
        rows = []
        for row in block["rows"]:
            parts = []
            for part in row["parts"]:
                reason = f" ({self.language.table(part['reason'])})" if part["reason"] else ""
                parts.append(f"{numbers.count(part['n'])} {self.language.plain(part['kind'])}{reason}")
            total = f"{numbers.count(row['total'])} {self.language.plain(row['unit'])} = "
            rows.append(
                {
                    "what": self._runs(row["what"]),
                    "sum": [{"text": total, "strong": True}, {"text": " + ".join(parts), "strong": False}],
                }
            )
        return {"block": "sums", "caption": self._runs(block["caption"]), "rows": rows}

    def _table(self, block: Mapping[str, Any]) -> dict[str, Any]:
        kinds = [column["kind"] for column in block["columns"]]
        shown = block["rows"][:MOST_ROWS]
        notes = [self._runs(note) for note in block["notes"]]
        if len(shown) < len(block["rows"]):
            text = {"say": "paper.rows", "with": {"shown": len(shown), "n": len(block["rows"])}}
            notes.insert(0, self._runs(text))
        return {
            "block": "table",
            "caption": self._runs(block["caption"]),
            "columns": [
                {"label": self.language.plain(column["label"]), "numeric": column["kind"] in NUMERIC}
                for column in block["columns"]
            ],
            "rows": [
                [text_cell(value, kind, self.language) for value, kind in zip(cells, kinds, strict=True)]
                for cells in shown
            ],
            "marked": block["marked"][:MOST_ROWS],
            "notes": notes,
        }

    def _figure(self, block: Mapping[str, Any]) -> dict[str, Any]:
        panels: Sequence[Mapping[str, Any]] = block["panels"][:MOST_PANELS]
        notes = [self._runs(note) for note in block["notes"]]
        if len(panels) < len(block["panels"]):
            text = {"say": "paper.panels", "with": {"shown": len(panels), "n": len(block["panels"])}}
            notes.insert(0, self._runs(text))
        made = []
        for place, panel in enumerate(panels):
            charts = [self._chart(c, f"{block['id']}-{place}-{order}") for order, c in enumerate(panel["charts"])]
            made.append({"caption": self._runs(panel["caption"]), "charts": charts})
        return {"block": "figure", "caption": self._runs(block["caption"]), "panels": made, "notes": notes}

    def _chart(self, chart: Mapping[str, Any], name: str) -> dict[str, Any]:
        svg = drawn(FIGURES[chart["kind"]](chart["data"], self.language))
        (self.folder / f"{name}.svg").write_text(_FONT.sub(f'font-family="{FONT}"', svg), encoding="utf-8")
        width = re.search(r'width="([\d.]+)"', svg)
        return {
            "title": self.language.plain(chart["title"]),
            "alt": self.language.plain(chart["description"]),
            "note": self._runs(chart.get("note")),
            "file": f"{name}.svg",
            "width": float(width[1]) if width else 400.0,
        }
