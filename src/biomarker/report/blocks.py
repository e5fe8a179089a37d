"""The few kinds of block that a section is made of: plain dictionaries, so that the document is JSON.

A *text* is no sentence but a phrase's key and its values: ``{"say": "summary.passing", "with": {"n": 3}}``. The words
of a language turn it into a sentence when the page is drawn; the document itself speaks no language.
"""

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = [
    "LONGEST_SENTENCE",
    "chart",
    "clean",
    "code",
    "column",
    "figure",
    "interval",
    "listing",
    "no_data",
    "number",
    "p_number",
    "panel",
    "paragraph",
    "picture",
    "say",
    "section",
    "sums",
    "table",
    "tiles",
]

Block = dict[str, Any]
Text = dict[str, Any]

#: A name longer than this is cut for display, with an ellipsis; the tables keep it whole. A sentence may be longer.
LONGEST_NAME = 80
LONGEST_SENTENCE = 400

# Marks that reorder what follows them: one hostile label could make a whole sentence read backwards
_REORDERING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def clean(name: object, *, longest: int = LONGEST_NAME) -> str:
    """A name as it may stand on a page: no control or reordering characters, blanks folded, cut where too long."""
    kept = "".join(
        " " if character.isspace() else character
        for character in str(name)
        if character not in _REORDERING
        and (character.isspace() or unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn"))
    )
    folded = " ".join(kept.split())
    return folded if len(folded) <= longest else folded[: longest - 1].rstrip() + "…"


def number(value: object) -> float | int | None:
    """A number that JSON can hold; None for null, NaN and infinity."""
    if value is None:
        return None
    if isinstance(value, int):
        return value
    plain = float(value)  # type: ignore[arg-type]
    return plain if math.isfinite(plain) else None


def p_number(p_value: float | None, log10_p: float | None) -> float | dict[str, float] | None:
    """A p-value; where it is too small for a double, its decimal logarithm under the key ``log10``."""
    if p_value is None:
        return None
    if p_value > 0 or log10_p is None:
        return number(p_value)
    return {"log10": float(log10_p)}


def interval(estimate: float | None, low: float | None, high: float | None) -> dict[str, Any] | None:
    """An estimate with its interval; None where there is no estimate."""
    if number(estimate) is None:
        return None
    return {"estimate": number(estimate), "low": number(low), "high": number(high)}


def say(key: str, **values: Any) -> Text:
    """A text: the phrase's key and what it mentions (numbers, names, other texts or lists of these)."""
    return {"say": key, "with": values}


def section(identity: str, blocks: Iterable[Block], **title: Any) -> dict[str, Any]:
    """A section of the page; its title is the phrase ``<identity>.title``."""
    return {"id": identity, "title": say(f"{identity}.title", **title), "blocks": list(blocks)}


def no_data(identity: str) -> dict[str, Any]:
    """A section that the tables have nothing for: the phrase ``<identity>.no_data`` says what it would need."""
    made = section(identity, [paragraph(say(f"{identity}.no_data"), style="empty")])
    return {**made, "no_data": True}


def paragraph(text: Text, *, style: str = "normal", link: str = "") -> Block:
    """One paragraph, at its end a link to a file beside. ``style``: lead, normal, note, caution, empty, subtitle."""
    return {"block": "paragraph", "text": text, "style": style, "link": link}


def listing(items: Sequence[Text], *, style: str = "plain") -> Block:
    """A list of sentences. ``style``: plain or caution."""
    return {"block": "listing", "items": list(items), "style": style}


def tiles(items: Sequence[tuple[Text, Text, Text]]) -> Block:
    """Large numbers, each with what it counts and a word on it: (value, label, note)."""
    return {"block": "tiles", "items": [{"value": value, "label": label, "note": note} for value, label, note in items]}


def column(key: str, kind: str, *, filter: bool = False, search: bool = False, **label: Any) -> dict[str, Any]:
    """A table's column, headed by the phrase ``column.<key>``.

    ``kind``: text, name, tag, code, about, count, number, p, q, interval, share. It decides alignment and digits.
    """
    return {"key": key, "kind": kind, "filter": filter, "search": search, "label": say(f"column.{key}", **label)}


def table(
    identity: str,
    caption: Text,
    columns: Sequence[Mapping[str, Any]],
    rows: Iterable[Sequence[Any]],
    *,
    tools: bool = False,
    notes: Sequence[Text] = (),
    marked: Sequence[bool] | None = None,
    links: Sequence[str | None] | None = None,
) -> Block:
    """A table. ``tools`` adds search, filters, sorting and pages; ``marked`` rows stand out; ``links`` are anchors."""
    listed = [list(row) for row in rows]
    return {
        "block": "table",
        "id": identity,
        "caption": caption,
        "columns": [dict(one) for one in columns],
        "rows": listed,
        "tools": tools,
        "notes": list(notes),
        "marked": list(marked) if marked is not None else [False] * len(listed),
        **({} if links is None else {"links": list(links)}),
    }


def chart(kind: str, title: Text, description: Text, data: Mapping[str, Any]) -> dict[str, Any]:
    """One drawing: the kind names the function that draws it, title and description stand for it where unseen."""
    return {"kind": kind, "title": title, "description": description, "data": dict(data)}


def panel(key: str, label: str | Text, charts: Sequence[dict[str, Any]], caption: Text | None = None) -> dict[str, Any]:
    """What a figure shows at one time. Panels of the same key are switched together throughout the page."""
    return {"key": key, "label": label, "charts": list(charts), "caption": caption}


def figure(
    identity: str, caption: Text, panels: Sequence[dict[str, Any]], *, chooser: Text, notes: Sequence[Text] = ()
) -> Block:
    """A figure with one panel shown at a time; ``chooser`` says what is chosen."""
    return {
        "block": "figure",
        "id": identity,
        "caption": caption,
        "panels": list(panels),
        "chooser": chooser,
        "notes": list(notes),
    }


def picture(kind: str, identity: str, data: Mapping[str, Any], **values: Any) -> Block:
    """A figure of one drawing: title, description and caption are the phrases ``<identity>.title`` and so on."""
    title, description, caption = (say(f"{identity}.{part}", **values) for part in ("title", "description", "caption"))
    name = identity.replace(".", "-")
    return figure(name, caption, [panel(name, title, [chart(kind, title, description, data)])], chooser=say("nothing"))


def sums(identity: str, caption: Text, rows: Sequence[dict[str, Any]]) -> Block:
    """Counts that add up, printed as sums; a row has ``what``, ``unit``, ``total``, ``parts`` and ``difference``."""
    return {"block": "sums", "id": identity, "caption": caption, "rows": list(rows)}


def code(lines: Sequence[str], caption: Text) -> Block:
    """Command lines to be pasted."""
    return {"block": "code", "caption": caption, "lines": list(lines)}
