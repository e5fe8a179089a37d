"""The languages a report can be printed in. A further one is one file beside this one and one line here."""

from biomarker.report.words import en
from biomarker.report.words.say import Language

__all__ = ["LANGUAGES"]

LANGUAGES = {language.code: language for language in (Language(en.CODE, en.PHRASES),)}
