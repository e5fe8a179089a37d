"""What stands in a cell of a table: as HTML, as text, and the number it is ordered by."""

import math
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from biomarker.report.blocks import LONGEST_SENTENCE, clean
from biomarker.report.words import numbers
from biomarker.report.words.say import Language

__all__ = ["NUMERIC", "html_cell", "text_cell"]

#: Columns of these kinds hold numbers: right-aligned, ordered by value.
NUMERIC = {"about", "count", "number", "share", "p", "q", "interval"}


def html_cell(value: Any, kind: str, language: Language) -> dict[str, Any]:
    """What stands in a cell (``shown``), as text (``plain``), the number it is ordered by, the class of a tag."""
    if isinstance(value, Mapping) and "say" in value:
        tag = value["say"].rpartition(".")[2]
        return {"shown": language.markup(value), "plain": language.plain(value), "order": None, "tag": tag}
    text = text_cell(value, kind, language)
    shown, order = escape(text), None
    if isinstance(value, str):
        pass
    elif kind == "interval":
        if value is not None and "scale" in value:
            words, effect = language.markup(value["scale"]), escape(language.interval(value))
            shown = Markup('<span class="scale">{}</span> {}').format(words, effect)
        order = value and value["estimate"]
    elif kind in ("p", "q"):
        order = _order_of_p(value)
    elif kind in numbers.FORMATS:
        order = value
    return {"shown": shown, "plain": text, "order": _plain(order), "tag": ""}


def text_cell(value: Any, kind: str, language: Language) -> str:
    """The same as bare text."""
    if isinstance(value, Mapping) and "say" in value:
        return language.plain(value)
    if isinstance(value, str):
        return language.table(clean(value, longest=LONGEST_SENTENCE))
    if kind == "interval":
        text = language.interval(value)
        return f"{language.plain(value['scale'])} {text}" if value is not None and "scale" in value else text
    if kind in numbers.FORMATS:
        return numbers.FORMATS[kind](value)
    return numbers.NOTHING if value is None else str(value)


def _order_of_p(value: float | Mapping[str, float] | None) -> float | None:
    """p-values are ordered by their logarithm, which outlives the underflow of the value."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return value["log10"]
    return math.log10(value) if value > 0 else -math.inf


def _plain(order: float | None) -> str | None:
    """As a data attribute: seven digits decide any order that a reader can see."""
    return None if order is None else f"{order:.7g}"
