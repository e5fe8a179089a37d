"""Methods: the test behind each p-value, the model, the interval, what was done about missing values."""

from typing import Any

import polars as pl

from biomarker.report.blocks import LONGEST_SENTENCE, clean, column, listing, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.wording import contrast_tag, named

__all__ = ["make"]


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where nothing was tested."""
    if not facts.questions:
        return None
    study = facts.study
    items = [say("methods.model.single" if study.treatment is None else "methods.model.arms")]
    items.append(
        say("methods.adjusted", covariates=named([*study.covariates], most=12))
        if study.covariates
        else say("methods.unadjusted")
    )
    items.append(say("methods.p"))
    if any(screen["refit_estimate"].is_not_null().any() for screen in facts.inputs.screens.values()):
        items.append(say("methods.refit"))
    items += [
        say("methods.interval", level=study.confidence),
        say("methods.per_sd"),
        say("methods.missing"),
        *(
            say("methods.reading", modality=clean(modality), note=clean(note, longest=LONGEST_SENTENCE).rstrip("."))
            for modality, notes in facts.inputs.notes.items()
            for note in notes
        ),
        say("methods.q", q=study.q, correction=study.correction),
    ]
    if facts.inputs.curves is not None and facts.inputs.curves.height:
        items.append(say("methods.curves", limit=study.smallest_cell))
    items.append(say("methods.disclosure", limit=study.smallest_cell))
    return section("methods", [listing(items), _table(facts)])


def _table(facts: Facts) -> dict[str, Any]:
    """One row for each kind of endpoint, contrast and method, with the range of subjects used."""
    parts = []
    for question in facts.questions:
        methods = question.screen.group_by("method", "effect_scale", maintain_order=True).agg(
            n_low=pl.col("n").min(), n_high=pl.col("n").max(), tests=pl.len()
        )
        parts += [
            {"type": question.endpoint.type, "contrast": question.contrast, **row}
            for row in methods.iter_rows(named=True)
        ]
    if not parts:
        rows = []
    else:
        merged = (
            pl.DataFrame(parts)
            .group_by("type", "contrast", "method", "effect_scale", maintain_order=True)
            .agg(pl.col("n_low").min(), pl.col("n_high").max(), pl.col("tests").sum())
        )
        rows = [
            [
                say(f"endpoint.{row['type']}"),
                contrast_tag(row["contrast"]),
                clean(row["method"].replace("_", " ")),
                clean(row["effect_scale"].replace("_", " ")),
                row["tests"],
                row["n_low"],
                row["n_high"],
            ]
            for row in merged.iter_rows(named=True)
        ]
    columns = [
        column("endpoint_type", "name"),
        column("contrast", "tag"),
        column("method", "text"),
        column("effect_scale", "text"),
        column("tests", "count"),
        column("fewest", "count"),
        column("most", "count"),
    ]
    return table("methods", say("methods.caption"), columns, rows)
