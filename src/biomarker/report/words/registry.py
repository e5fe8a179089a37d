"""The languages a report can be printed in.

The page's own phrases are a file a language; those of a topic are a file in ``topics`` with all languages side by side.
A further language or topic is one file and one line here.
"""

from biomarker.report.words import en
from biomarker.report.words.say import Language
from biomarker.report.words.topics import no_data

__all__ = ["LANGUAGES"]

_TOPICS = (no_data,)


def _merged(own: dict[str, str], name: str) -> dict[str, str]:
    """All phrases of a language; a key belongs to one file."""
    merged = dict(own)
    for topic in _TOPICS:
        phrases: dict[str, str] = getattr(topic, name)
        twice = merged.keys() & phrases.keys()
        if twice:
            raise ValueError(f"phrases of two files: {sorted(twice)}")
        merged |= phrases
    return merged


LANGUAGES = {language.code: language for language in (Language(en.CODE, _merged(en.PHRASES, "EN")),)}
