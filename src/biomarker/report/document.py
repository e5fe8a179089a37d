"""Makes the report's one source: everything the page, a PDF or a spreadsheet shows, as plain JSON."""

from typing import Any

from biomarker.report.blocks import clean
from biomarker.report.facts import gather
from biomarker.report.inputs import ReportInputs
from biomarker.report.sections.registry import SECTIONS

__all__ = ["DOCUMENT_VERSION", "build"]

DOCUMENT_VERSION = 1


def build(inputs: ReportInputs) -> dict[str, Any]:
    """Everything the report says, from the result tables alone.

    Sections that have nothing to show are left out.

    Parameters
    ----------
    inputs : ReportInputs

    Returns
    -------
    dict
        JSON: ``schema``, ``schema_version``, ``study`` and ``sections``, each a list of blocks (see `report.blocks`).

    Raises
    ------
    SchemaError
        The tables contradict each other or the study file, or the flow of subjects does not add up.
    """
    facts = gather(inputs)
    study = inputs.study
    made = [make(facts) for make in SECTIONS]
    return {
        "schema": "report",
        "schema_version": DOCUMENT_VERSION,
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
        "sections": [section for section in made if section is not None],
    }
