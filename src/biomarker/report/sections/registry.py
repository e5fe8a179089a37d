"""The sections in the order of the page. A further section is one file beside this one and one line here."""

from collections.abc import Callable
from typing import Any

from biomarker.report.facts import Facts
from biomarker.report.sections import (
    candidates,
    chance,
    contrast_map,
    curves,
    flow,
    forest,
    methods,
    quality,
    question,
    reproduce,
    summary,
    volcano,
)

__all__ = ["SECTIONS"]

#: Each makes a section, or None where the tables have nothing for it.
SECTIONS: tuple[Callable[[Facts], dict[str, Any] | None], ...] = (
    summary.make,
    question.make,
    flow.make,
    candidates.make,
    volcano.make,
    contrast_map.make,
    forest.make,
    curves.make,
    chance.make,
    quality.make,
    methods.make,
    reproduce.make,
)
