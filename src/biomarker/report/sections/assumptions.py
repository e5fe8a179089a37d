"""Assumptions: value, where it comes from, what it touches; and what would change the recommendation."""

from typing import Any

from biomarker.report.blocks import clean, column, listing, paragraph, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.wording import named, randomised

__all__ = ["make"]


def make(facts: Facts) -> dict[str, Any]:
    """The section."""
    columns = [
        column("assumption", "name"),
        column("value", "text"),
        column("source", "text"),
        column("touches", "text"),
    ]
    register = table("assumptions", say("assumptions.caption"), columns, _rows(facts))
    changes = [say(f"assumptions.change.{key}") for key in _changes(facts)]
    blocks = [paragraph(say("assumptions.intro")), register, paragraph(say("assumptions.changes"), style="subtitle")]
    return section("assumptions", [*blocks, listing(changes)])


def _rows(facts: Facts) -> list[list[Any]]:
    study = facts.study
    file, here = say("assumptions.file"), say("source.measured")
    given = [clean(one) for one in study.covariates]
    rows = [
        ("q", say("assumptions.at_most", value=study.q), file),
        ("correction", say("dossier.word", word=study.correction), file),
        ("covariates", say("dossier.names", names=named(given, most=12)) if given else say("assumptions.none"), file),
        ("confidence", say("assumptions.share", value=study.confidence), say("assumptions.fixed")),
        ("smallest_cell", say("assumptions.at_least", value=study.smallest_cell), file),
    ]
    if study.treatment is not None:
        rows.append(("assignment", say(f"assumptions.{study.treatment.assignment}"), file))
    rows += _assay(facts)
    missing = facts.table("quality/missingness")
    if missing is not None:
        rows.append(("missing", say("assumptions.checked", n=missing.height), here))
    return [
        [say(f"assumptions.what.{key}"), value, source, say(f"assumptions.touches.{key}")]
        for key, value, source in rows
    ]


def _assay(facts: Facts) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Sensitivity and specificity of the assays, as far as cut-offs name them."""
    cutoffs = facts.table("candidate_cutoffs")
    if cutoffs is None:
        return []
    seen = cutoffs.select("assay_sensitivity", "assay_specificity", "source").unique(maintain_order=True).head(5)
    return [
        ("assay", say("assumptions.assay", sensitivity=one[0], specificity=one[1]), say(f"source.{one[2]}"))
        for one in seen.iter_rows()
        if one[0] is not None and one[1] is not None
    ]


def _changes(facts: Facts) -> list[str]:
    called = any(question.called.height for question in facts.questions)
    observed = facts.study.treatment is not None and not randomised(facts)
    return [
        "confirmation" if called else "larger",
        *(["confounding"] if observed else []),
        "assay",
        "prevalence",
        "missing",
    ]
