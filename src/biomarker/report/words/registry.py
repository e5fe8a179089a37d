"""The languages a report can be printed in.

Phrases are a file a topic, with all languages side by side; a further topic is one file, imported and listed here. A
phrase that a language lacks is printed in English. What the result tables hold in words is in ``tables``.
"""

from collections.abc import Mapping

from biomarker.report.words import tables
from biomarker.report.words.say import Language
from biomarker.report.words.tables import translator
from biomarker.report.words.topics import (
    advice,
    candidates,
    chance,
    cheers,
    columns,
    conduct,
    dossier,
    drawings,
    evidence,
    flow,
    formulas,
    laboratory,
    landmark,
    locks,
    methods,
    next_study,
    no_data,
    page,
    plan,
    quality,
    question,
    records,
    summary,
    terms,
    vocabulary,
)

__all__ = ["LANGUAGES", "own_phrases"]

_TOPICS = (
    advice,
    candidates,
    chance,
    cheers,
    columns,
    conduct,
    dossier,
    drawings,
    evidence,
    flow,
    formulas,
    laboratory,
    landmark,
    locks,
    methods,
    next_study,
    no_data,
    page,
    plan,
    quality,
    question,
    records,
    summary,
    terms,
    vocabulary,
)


def own_phrases(code: str) -> dict[str, str]:
    """The phrases that a language has words of its own for; a key belongs to one file."""
    merged: dict[str, str] = {}
    for topic in _TOPICS:
        phrases: Mapping[str, str] = getattr(topic, code.upper())
        twice = merged.keys() & phrases.keys()
        if twice:
            raise ValueError(f"phrases of two files: {sorted(twice)}")
        merged |= phrases
    return merged


LANGUAGES = {
    "en": Language("en", own_phrases("en")),
    "ja": Language("ja", {**own_phrases("en"), **own_phrases("ja")}, translator(tables.JA)),
}
