"""Reads a document and a page the way a test needs them."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from biomarker.report.words.registry import LANGUAGES

ENGLISH = LANGUAGES["en"]


def section(document: dict[str, Any], identity: str) -> dict[str, Any] | None:
    return next((one for one in document["sections"] if one["id"] == identity), None)


def blocks(document: dict[str, Any], identity: str, kind: str) -> list[dict[str, Any]]:
    found = section(document, identity)
    return [block for block in found["blocks"] if block["block"] == kind] if found else []


def table(document: dict[str, Any], identity: str) -> dict[str, Any]:
    return next(
        block
        for one in document["sections"]
        for block in one["blocks"]
        if block["block"] == "table" and block["id"] == identity
    )


def cells(found: dict[str, Any], key: str) -> list[Any]:
    place = [column["key"] for column in found["columns"]].index(key)
    return [row[place] for row in found["rows"]]


def leaves(value: Any) -> Iterator[Any]:
    """Every number, string and null of a JSON value."""
    if isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def sentences(document: dict[str, Any]) -> list[str]:
    """Every text of the document in English."""

    def texts(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            if "say" in value:
                yield value
            for part in value.values():
                yield from texts(part)
        elif isinstance(value, list):
            for part in value:
                yield from texts(part)

    return [ENGLISH.plain(text) for text in texts(document)]


def visible(page: str) -> str:
    """The words of a page without scripts, style and drawings."""
    body = re.sub(r"(?s)<(script|style|svg|head)\b.*?</\1>", " ", page)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body)))
