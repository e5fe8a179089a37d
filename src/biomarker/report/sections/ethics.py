"""Fairness, privacy, ethics: seven principles in three phases, each bound to something that the run leaves behind."""

from typing import Any

from biomarker.report.blocks import column, paragraph, say, section, table
from biomarker.report.facts import Facts

__all__ = ["make"]

#: By principle: what answers for it while a study is planned, used in society, and kept up.
PRINCIPLES = {
    "safety": ("candidates", "confirmation", "rerun"),
    "privacy": ("masked", "edition", "masked"),
    "fairness": ("missingness", "covariates", "rerun"),
    "proper_use": ("lock", "cautions", "cautions"),
    "transparency": ("flow", "document", "provenance"),
    "security": ("offline", "checksums", "checksums"),
    "compliance": ("lock", "checklists", "provenance"),
}


def make(facts: Facts) -> dict[str, Any]:
    """The section."""
    rows = [
        [say(f"ethics.{principle}"), *(say(f"ethics.by.{artefact}") for artefact in artefacts)]
        for principle, artefacts in PRINCIPLES.items()
    ]
    columns = [column(key, "text" if place else "name") for place, key in enumerate(("principle", *PHASES))]
    intro = say("ethics.intro", limit=facts.study.smallest_cell)
    made = table("principles", say("ethics.caption"), columns, rows)
    return section("ethics", [paragraph(intro), made, paragraph(say("ethics.not"), style="caution")])


PHASES = ("phase_plan", "phase_use", "phase_upkeep")
