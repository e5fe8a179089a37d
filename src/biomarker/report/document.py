"""Makes the report's one source: everything the page, a PDF or a spreadsheet shows, as plain JSON."""

from dataclasses import replace
from typing import Any

from biomarker.report.blocks import clean, no_data
from biomarker.report.facts import Facts, gather
from biomarker.report.inputs import ReportInputs
from biomarker.report.sections.registry import SECTIONS, Section

__all__ = ["DOCUMENT_VERSION", "EDITIONS", "build"]

DOCUMENT_VERSION = 2

#: For whom a document is made: ``partner`` after suppression of small counts, ``internal`` with all of them.
EDITIONS = ("partner", "internal")
#: Tables with rows of single subjects: the partner edition is made without them.
BY_SUBJECT = ("quality/records",)


def build(inputs: ReportInputs, edition: str = "partner") -> dict[str, Any]:
    """Everything one edition of the report says, from the result tables alone.

    Parameters
    ----------
    inputs : ReportInputs
    edition : str
        One of `EDITIONS`. Small counts never enter a partner's document, so that nothing drawn from it can hold them.

    Returns
    -------
    dict
        JSON: ``schema``, ``schema_version``, ``edition``, ``study`` and ``sections``, each a list of blocks (see
        `report.blocks`). Published as ``workflow/schemas/report.schema.json``.

    Raises
    ------
    SchemaError
        The tables contradict each other or the study file, or the flow of subjects does not add up.
    """
    if edition not in EDITIONS:
        raise ValueError(f"no edition {edition!r}")
    if edition == "partner":
        inputs = replace(inputs, tables={name: t for name, t in inputs.tables.items() if name not in BY_SUBJECT})
    if edition == "internal":  # no count is below one
        inputs = replace(inputs, study=replace(inputs.study, smallest_cell=1))
    facts = gather(inputs)
    study = inputs.study
    made = [_made(section, facts) for section in SECTIONS]
    return {
        "schema": "report",
        "schema_version": DOCUMENT_VERSION,
        "edition": edition,
        "study": {
            "name": clean(study.name),
            "title": clean(study.title),
            "seed": study.seed,
            "q": study.q,
            "keep": study.keep,
            "confidence": study.confidence,
            "smallest_cell": study.smallest_cell,
            "single_arm": study.treatment is None,
            "version": inputs.provenance.get("versions", {}).get("biomarker"),
        },
        "sections": [one for one in made if one is not None],
    }


def _made(section: Section, facts: Facts) -> dict[str, Any] | None:
    """The section; where there is nothing for it, words on what it would need, or nothing at all."""
    made = section.make(facts) if section.make else None
    if made is None:
        made = no_data(section.id) if section.needed else None
    return None if made is None else {"no_data": False, **made, "level": section.level}
