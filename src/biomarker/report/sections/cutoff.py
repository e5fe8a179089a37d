"""Where the leading candidates are cut, how sure that is, and how well an assay would have to tell the sides apart."""

from typing import Any

from biomarker.report.blocks import clean, column, listing, number, paragraph, picture, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.wording import contrast_tag, name_of

__all__ = ["cutoff_row", "make"]

MOST_ROWS = 40
MOST_LINES = 15


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where no cut-off was estimated."""
    cutoffs = facts.table("candidate_cutoffs")
    if cutoffs is None:
        return None
    every = [(cut, row) for cut in cutoffs.iter_rows(named=True) if (row := candidate_of(facts, cut)) is not None]
    every.sort(key=lambda one: one[1]["rank_overall"])
    rows = [[name_of(row), contrast_tag(row["contrast"]), *cutoff_row(facts, cut)] for cut, row in every[:MOST_ROWS]]
    if not rows:
        return None
    columns = [column("candidate", "name"), column("contrast", "tag"), *cutoff_columns(facts)]
    notes = [say("cutoff.note", level=facts.study.confidence)]
    if len(every) > MOST_ROWS:
        notes.insert(0, say("cutoff.some", shown=MOST_ROWS, n=len(every)))
    assumed = any(cut["source"] == "assumed" for cut, _ in every)
    items = [say("cutoff.how"), say("cutoff.p"), say("cutoff.assay.assumed" if assumed else "cutoff.assay")]
    blocks = [paragraph(say("cutoff.intro", n=len(every))), listing(items)]
    blocks += _figure(every)
    return section("cutoff", [*blocks, table("cutoffs", say("cutoff.caption"), columns, rows, notes=notes)])


def _figure(every: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[dict[str, Any]]:
    """How far the share of positive subjects moves when subjects are resampled."""
    lines = [
        {
            "name": name_of(row),
            "low": number(cut["prevalence_low"]),
            "high": number(cut["prevalence_high"]),
            "middle": number(cut["prevalence"]),
            "text": say("operating.share", share=cut["prevalence"]),
        }
        for cut, row in every
        if None not in (cut["prevalence"], cut["prevalence_low"], cut["prevalence_high"])
    ][:MOST_LINES]
    return (
        [picture("bars", "cutoff.figure", {"x_title": say("cutoff.x"), "share": True, "lines": lines})] if lines else []
    )


def cutoff_columns(facts: Facts) -> list[dict[str, Any]]:
    """Of `cutoff_row`."""
    level = facts.study.confidence
    return [
        column("endpoint", "text"),
        column("cutoff", "interval", level=level),
        column("cutoff_side", "text"),
        column("prevalence", "interval", level=level),
        column("cutoff_p", "p"),
        column("n", "count"),
        column("assay_sensitivity", "share"),
        column("assay_specificity", "share"),
        column("source", "text"),
    ]


def cutoff_row(facts: Facts, cut: dict[str, Any]) -> list[Any]:
    """A cut-off as cells."""
    unit = say("cutoff.unit", unit=clean(cut["unit"])) if cut["unit"] else say("nothing")
    return [
        facts.labels.get(cut["endpoint"], clean(cut["endpoint"])),
        {**_interval(cut["cutoff"], cut["ci_low"], cut["ci_high"]), "scale": unit},
        say(f"cutoff.side.{cut['positive'].replace(' ', '_')}"),
        _interval(cut["prevalence"], cut["prevalence_low"], cut["prevalence_high"]) if cut["prevalence"] else None,
        number(cut["p_value"]),
        cut["n"],
        number(cut["assay_sensitivity"]),
        number(cut["assay_specificity"]),
        say(f"source.{cut['source']}"),
    ]


def _interval(estimate: float, low: float | None, high: float | None) -> dict[str, Any]:
    return {"estimate": number(estimate), "low": number(low), "high": number(high)}


def candidate_of(facts: Facts, row: dict[str, Any]) -> dict[str, Any] | None:
    """The candidate that a row of another table speaks of."""
    key = (row["candidate_id"], row["endpoint"], row["comparison"], row["contrast"])
    for question in facts.questions:
        if (question.endpoint.name, question.comparison, question.contrast) == key[1:]:
            found = question.candidates.filter(candidate_id=key[0])
            return found.row(0, named=True) if found.height else None
    return None
