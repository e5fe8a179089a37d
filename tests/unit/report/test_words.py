"""The phrases, and how a text becomes a sentence."""

import re
from string import Formatter

import pytest

from biomarker.report.blocks import clean, say
from biomarker.report.words import numbers
from biomarker.report.words.registry import LANGUAGES, own_phrases
from biomarker.report.words.say import Language


def language(**phrases: str) -> Language:
    return Language("en", {"list.between": ", ", "list.last": " and ", "interval.to": "to", **phrases})


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_no_phrase_holds_a_number_of_its_own(code: str) -> None:
    for key, phrase in LANGUAGES[code].phrases.items():
        literal = "".join(words for words, *_ in Formatter().parse(phrase))
        assert not re.search(r"\d", literal), key


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_phrase_asks_for_known_formats_and_closes_its_emphasis(code: str) -> None:
    known = {*numbers.FORMATS, "interval", "list", "commas", "prose", ""}
    for key, phrase in LANGUAGES[code].phrases.items():
        assert phrase.count("**") % 2 == 0, key
        for _, name, kind, _ in Formatter().parse(phrase):
            assert name is None or kind in known or re.fullmatch(r"plural\|[^|]+\|[^|]+", kind), (key, kind)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_all_languages_say_the_same_things(code: str) -> None:
    def names(phrase: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(phrase) if name}

    english, other = own_phrases("en"), own_phrases(code)
    assert sorted(other.keys() - english.keys()) == []
    assert sorted(english.keys() - other.keys()) == []
    assert [key for key in english if names(english[key]) != names(other[key])] == []


def test_a_sentence_takes_names_numbers_plurals_lists_and_other_texts() -> None:
    said = language(
        whole="{n:count} {n:plural|hit|hits} in {places:list}: {inner}; {effect:interval}", inner="q = {q:q}"
    )
    effect = {"estimate": 1.5, "low": 1.2, "high": 1.9}
    text = say("whole", n=1200, places=["a", "b", "c"], inner=say("inner", q=0.012), effect=effect)
    assert said.plain(text) == "1,200 hits in a, b and c: q = 0.012; 1.50 (1.20 to 1.90)"


def test_markup_escapes_names_and_emphasises_around_them() -> None:
    said = language(bold="**{name}** & {n:count}")
    text = say("bold", name="<b>**x**</b>", n=3)
    assert said.markup(text) == '<strong>&lt;b&gt;**x**&lt;/b&gt;</strong> &amp; <span class="num">3</span>'
    assert said.plain(text) == "<b>**x**</b> & 3"


def test_a_name_loses_control_and_reordering_characters_and_excess_length() -> None:
    assert clean("a\x00b\u202ec\n\td") == "abc d"
    assert clean("x" * 200) == "x" * 79 + "…"
    assert clean("遺伝子 🧬 غ") == "遺伝子 🧬 غ"
