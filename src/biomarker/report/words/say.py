"""Turns a text (a phrase's key and values) into a sentence of one language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from markupsafe import Markup, escape

from biomarker.report.blocks import LONGEST_SENTENCE, clean
from biomarker.report.words import numbers

__all__ = ["Language"]

#: A paragraph is cut here
LONGEST_PROSE = 2000


@dataclass(frozen=True)
class Language:
    """The phrases of one language.

    Attributes
    ----------
    code : str
        As in HTML's ``lang``.
    phrases : mapping of str to str
        A phrase mentions values as ``{n:count}``: formats are those of `numbers`, ``interval``, ``list``, ``commas``,
        ``prose``, ``plural|one|many``. Two asterisks around words make them stand out. No other markup.
    table : callable
        Says a text of the result tables (a reason, a test) in this language; a name of the study's own as it is.
    """

    code: str
    phrases: Mapping[str, str]
    table: Callable[[str], str] = str

    def plain(self, text: Mapping[str, Any]) -> str:
        """The sentence as bare text, for a title or an attribute."""
        return "".join(self._parts(text, _Hand(lambda literal: literal.replace("**", ""), str, str, self.plain)))

    def markup(self, text: Mapping[str, Any]) -> Markup:
        """The sentence as HTML: everything escaped, emphasis as ``strong``, no number broken over two lines."""
        hand = _Hand(_Emphasis(), escape, Markup('<span class="num">{}</span>').format, self.markup)
        return Markup("").join(self._parts(text, hand))

    def interval(self, value: Mapping[str, float | None] | None) -> str:
        """1.52 (1.21 to 1.91)."""
        if value is None:
            return numbers.NOTHING
        first, low, high = numbers.interval_parts(value)
        if value["low"] is None or value["high"] is None:
            return first
        return f"{first} ({low} {self.phrases['interval.to']} {high})"

    def _parts(self, text: Mapping[str, Any], hand: "_Hand") -> list[str]:
        """The pieces of a sentence: literal words, values, texts within the text."""
        parts = []
        for literal, name, kind, _ in Formatter().parse(self.phrases[text["say"]]):
            parts.append(hand.literal(literal))
            if name is not None:
                parts.append(self._value(text["with"][name], kind or "", hand))
        return parts

    def _value(self, value: Any, kind: str, hand: "_Hand") -> str:
        if kind.startswith("plural|"):
            one, many = kind.split("|")[1:]
            return hand.name(one if value == 1 else many)
        if kind in numbers.FORMATS:
            return hand.number(numbers.FORMATS[kind](value))
        if kind == "prose":  # a sentence that was made with its numbers; names in it were cleaned there
            return hand.name(self.table(clean(value, longest=LONGEST_PROSE)))
        if kind == "interval":
            return hand.number(self.interval(value))
        if kind == "list":
            return self._joined([self._value(one, "", hand) for one in value], hand)
        if kind == "commas":
            return hand.name(self.phrases["list.between"]).join(self._value(one, "", hand) for one in value)
        if isinstance(value, Mapping):
            return hand.text(value)
        return hand.name(self.table(clean(value, longest=LONGEST_SENTENCE)))

    def _joined(self, items: list[str], hand: "_Hand") -> str:
        """a; a and b; a, b and c."""
        if len(items) < 2:
            return items[0] if items else hand.name("")
        between, last = (hand.name(self.phrases[key]) for key in ("list.between", "list.last"))
        return between.join(items[:-1]) + last + items[-1]


@dataclass(frozen=True)
class _Hand:
    """How the pieces of a sentence are written: words of the phrase, names, numbers, texts within."""

    literal: Callable[[str], str]
    name: Callable[[str], str]
    number: Callable[[str], str]
    text: Callable[[Mapping[str, Any]], str]


class _Emphasis:
    """Escapes the words of one phrase and turns each pair of ``**`` into ``strong``, also around a value."""

    def __init__(self) -> None:
        self.opened = False

    def __call__(self, literal: str) -> Markup:
        first, *others = literal.split("**")
        made = escape(first)
        for piece in others:
            made += Markup("</strong>" if self.opened else "<strong>") + escape(piece)
            self.opened = not self.opened
        return made
