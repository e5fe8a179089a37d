"""One edition on disk: every file is drawn from the edition's document, and from nothing else."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biomarker.data.files import atomic_path, write_json
from biomarker.report.flat import tables_of
from biomarker.report.html import render
from biomarker.report.pdf import write_pdf
from biomarker.report.spreadsheet import to_tsv, write_tables, write_workbook, zipped
from biomarker.report.words.registry import LANGUAGES

__all__ = ["dossier_pages", "write_edition"]


def write_edition(document: Mapping[str, Any], files: Mapping[str, Path], *, language: str = "en") -> None:
    """Write the edition's files.

    Parameters
    ----------
    document : mapping
        What `report.build` made.
    files : mapping of str to Path
        ``json``, ``html``, ``pdf``, ``xlsx``, ``tsv`` (the candidates), ``tables`` (every table, zipped) and
        ``dossiers`` (a page for each, zipped).
    language : str
        Of all files but the document, which speaks none; the page can be switched to the others.
    """
    write_json(document, files["json"])
    document = json.loads(files["json"].read_text(encoding="utf-8"))
    words = LANGUAGES[language]
    candidates = next((to_tsv(block, words) for _, block in tables_of(document) if block["id"] == "candidates"), "")
    for kind in ("html", "pdf", "xlsx", "tsv", "tables", "dossiers"):
        with atomic_path(files[kind]) as partial:
            match kind:
                case "html":
                    partial.write_text(render(document, language=language), encoding="utf-8")
                case "pdf":
                    write_pdf(document, partial, words)
                case "xlsx":
                    write_workbook(document, partial, words)
                case "tsv":
                    partial.write_text(candidates, encoding="utf-8")
                case "dossiers":
                    partial.write_bytes(zipped(dossier_pages(document, language)))
                case "tables":
                    write_tables(document, partial, words)


def dossier_pages(document: Mapping[str, Any], language: str) -> dict[str, str]:
    """A page of its own for each dossier, to be sent on, by file name."""
    pages = {}
    for section in document["sections"]:
        for block in section["blocks"]:
            if block["block"] == "dossier":
                alone = {**section, "blocks": [{**block, "open": True}]}
                name = re.sub(r"[^A-Za-z0-9._-]+", "-", str(block["title"]["with"]["name"]))[:60]
                pages[f"{block['id']}.{name}.html"] = render(
                    {**document, "sections": [alone]}, language=language, only=True
                )
    return pages
