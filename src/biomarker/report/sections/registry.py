"""The sections in the order of the page. A further section is one file beside this one and one line here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from biomarker.report.facts import Facts
from biomarker.report.sections import (
    assumptions,
    candidates,
    chance,
    checklists,
    contrast_map,
    curves,
    cutoff,
    designs,
    dossiers,
    economics,
    ethics,
    flow,
    forest,
    formulas,
    landmark,
    methods,
    monitoring,
    operating,
    plan,
    quality,
    question,
    reproduce,
    summary,
    volcano,
)

__all__ = ["SECTIONS", "Section"]


@dataclass(frozen=True)
class Section:
    """One section of the report.

    Attributes
    ----------
    id : str
        Its anchor; its title is the phrase ``<id>.title``.
    make : callable
        From the facts to the section, or to None where the tables have nothing for it. None in its place where the
        workflow has no table for it yet.
    level : int
        1, or 2 for a part of the section of level 1 before it.
    needed : bool
        Where the tables have nothing, the page says so with the phrase ``<id>.no_data``, which names what the study
        file would need; else the section is left out.
    """

    id: str
    make: Callable[[Facts], dict[str, Any] | None] | None
    level: int = 1
    needed: bool = False


SECTIONS = (
    Section("summary", summary.make),
    Section("question", question.make),
    Section("candidates", candidates.make),
    Section("volcano", volcano.make, level=2),
    Section("map", contrast_map.make, level=2),
    Section("forest", forest.make, level=2),
    Section("curves", curves.make, level=2),
    Section("dossiers", dossiers.make, level=2),
    Section("formulas", formulas.make, level=2),
    Section("chance", chance.make, needed=True),
    Section("cutoff", cutoff.make, needed=True),
    Section("flow", flow.make, needed=True),
    Section("designs", designs.make, needed=True),
    Section("monitoring", monitoring.make, needed=True),
    Section("operating", operating.make, needed=True),
    Section("plan", plan.make, needed=True),
    Section("model", None, needed=True),
    Section("economics", economics.make, needed=True),
    Section("quality", quality.make, needed=True),
    Section("landmark", landmark.make),
    Section("ethics", ethics.make),
    Section("assumptions", assumptions.make),
    Section("methods", methods.make),
    Section("checklists", checklists.make, level=2),
    Section("reproduce", reproduce.make),
)
