"""Turns a text (a phrase's key and values) into a sentence of one language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from markupsafe import Markup, escape

from biomarker.report.blocks import LONGEST_SENTENCE, clean
from biomarker.report.words import numbers

__all__ = ["Language"]


@dataclass(frozen=True)
class Language:
    """The phrases of one language.

    Attributes
    ----------
    code : str
        As in HTML's ``lang``.
    phrases : mapping of str to str
        A phrase mentions values as ``{n:count}``: formats are those of `numbers`, ``interval``, ``list`` and
        ``plural|one|many``. Two asterisks around words make them stand out. No other markup.
    """

    code: str
    phrases: Mapping[str, str]

    def plain(self, text: Mapping[str, Any]) -> str:
        """The sentence as bare text, for a title or an attribute."""
        parts = self._parts(text, lambda literal: literal.replace("**", ""), str, self.plain)
        return "".join(parts)

    def markup(self, text: Mapping[str, Any]) -> Markup:
        """The sentence as HTML: everything escaped, emphasis as ``strong``."""
        opened = False

        def emphasise(literal: str) -> Markup:
            nonlocal opened
            pieces = literal.split("**")
            made = escape(pieces[0])
            for piece in pieces[1:]:
                made += Markup("</strong>") if opened else Markup("<strong>")
                made += escape(piece)
                opened = not opened
            return made

        return Markup("").join(self._parts(text, emphasise, escape, self.markup))

    def _parts(
        self,
        text: Mapping[str, Any],
        literally: Callable[[str], str],
        quoted: Callable[[str], str],
        nested: Callable[[Mapping[str, Any]], str],
    ) -> list[str]:
        """The pieces of a sentence: literal words, values, texts within the text."""
        values = text["with"]
        parts = []
        for literal, name, kind, _ in Formatter().parse(self.phrases[text["say"]]):
            parts.append(literally(literal))
            if name is not None:
                parts.append(self._value(values[name], kind or "", quoted, nested))
        return parts

    def _value(
        self, value: Any, kind: str, quoted: Callable[[str], str], nested: Callable[[Mapping[str, Any]], str]
    ) -> str:
        if kind.startswith("plural|"):
            one, many = kind.split("|")[1:]
            return quoted(one if value == 1 else many)
        if kind in numbers.FORMATS:
            return quoted(numbers.FORMATS[kind](value))
        if kind == "interval":
            return quoted(self.interval(value))
        if kind == "list":
            return self._joined([self._value(one, "", quoted, nested) for one in value], quoted)
        if isinstance(value, Mapping):
            return nested(value)
        return quoted(clean(value, longest=LONGEST_SENTENCE))

    def _joined(self, items: list[str], quoted: Callable[[str], str]) -> str:
        """a; a and b; a, b and c."""
        if len(items) < 2:
            return items[0] if items else quoted("")
        last = quoted(self.phrases["list.last"])
        between = quoted(self.phrases["list.between"])
        return between.join(items[:-1]) + last + items[-1]

    def interval(self, value: Mapping[str, float | None] | None) -> str:
        """1.52 (1.21 to 1.91)."""
        if value is None:
            return numbers.NOTHING
        first, low, high = numbers.interval_parts(value)
        if value["low"] is None or value["high"] is None:
            return first
        return f"{first} ({low} {self.phrases['interval.to']} {high})"
