"""The languages a report can be printed in.

The page's own phrases are a file a language; those of a topic are a file in ``topics`` with all languages side by side.
A further topic is one file and one line here. A phrase that a language lacks is printed in English.
"""

from collections.abc import Mapping

from biomarker.report.words import en, ja
from biomarker.report.words.say import Language
from biomarker.report.words.topics import (
    conduct,
    dossier,
    drawings,
    evidence,
    landmark,
    locks,
    next_study,
    no_data,
    plan,
)

__all__ = ["LANGUAGES", "own_phrases"]

_TOPICS = (conduct, dossier, drawings, evidence, landmark, locks, next_study, no_data, plan)


def own_phrases(code: str) -> dict[str, str]:
    """The phrases that a language has words of its own for; a key belongs to one file."""
    language = {en.CODE: en, ja.CODE: ja}[code]
    merged = dict(language.PHRASES)
    for topic in _TOPICS:
        phrases: Mapping[str, str] = getattr(topic, code.upper())
        twice = merged.keys() & phrases.keys()
        if twice:
            raise ValueError(f"phrases of two files: {sorted(twice)}")
        merged |= phrases
    return merged


LANGUAGES = {code: Language(code, {**own_phrases(en.CODE), **own_phrases(code)}) for code in (en.CODE, ja.CODE)}
