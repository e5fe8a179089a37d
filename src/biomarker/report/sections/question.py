"""Question and endpoints: who is compared with whom, on what, and what the treatment did in everybody."""

from typing import Any

import polars as pl

from biomarker.report.blocks import clean, column, p_number, paragraph, say, section, table
from biomarker.report.facts import Facts
from biomarker.report.inputs import TreatmentFacts
from biomarker.report.scales import scale_of
from biomarker.report.wording import effect, named, randomised, scale_name, suppressed

__all__ = ["make"]

#: Types of modality that have words of their own.
NAMED_KINDS = ("expression", "labs", "maf", "matrix", "npx", "vcf")
#: A table of endpoints longer than this is cut; all of them are in the study file.
MOST_ENDPOINT_ROWS = 40


def make(facts: Facts) -> dict[str, Any]:
    """The section."""
    study = facts.study
    blocks = [paragraph(_design(facts)), paragraph(_asked(facts))]
    blocks.append(
        paragraph(
            say("question.covariates", covariates=named([*study.covariates], most=12))
            if study.covariates
            else say("question.no_covariates")
        )
    )
    if study.modalities:
        kinds = [
            say("question.modality.alone" if kind == name else "question.modality", name=name, kind=_kind(kind))
            for name, kind in study.modalities.items()
        ]
        blocks.append(paragraph(say("question.modalities", modalities=kinds)))
    blocks.append(_endpoints(facts))
    overall = _overall(facts)
    if overall:
        blocks.append(overall)
    return section("question", blocks)


def _kind(kind: str) -> dict[str, Any]:
    """A modality's type in a reader's words, where there are any."""
    return say(f"kind.{kind}") if kind in NAMED_KINDS else say("kind.other", kind=clean(kind))


def _design(facts: Facts) -> dict[str, Any]:
    treatment = facts.study.treatment
    if treatment is None:
        return say("question.design.single")
    pairs = [say("comparison.pair", active=active, control=control) for active, control in treatment.comparisons]
    return say(f"question.design.{treatment.assignment}", n=len(pairs), pairs=pairs)


def _asked(facts: Facts) -> dict[str, Any]:
    """What each contrast means, for those that were asked."""
    observed = facts.study.treatment is not None and not randomised(facts)
    means = [
        say("question.means.observed" if contrast == "predictive" and observed else f"question.means.{contrast}")
        for contrast in facts.contrasts
    ]
    return say("question.asked", contrasts=means)


def _endpoints(facts: Facts) -> dict[str, Any]:
    endpoints = facts.study.endpoints
    shown = endpoints if len(endpoints) <= MOST_ENDPOINT_ROWS else facts.shown_endpoints()
    notes = [say("question.endpoints.some", shown=len(shown), n=len(endpoints))] if len(shown) < len(endpoints) else []
    rows = [
        [
            facts.labels[endpoint.name],
            say(f"endpoint.{endpoint.type}"),
            endpoint.unit or None,
            say(f"better.{endpoint.better}"),
            say(f"summary_measure.{endpoint.type}"),
        ]
        for endpoint in shown
    ]
    columns = [
        column("endpoint", "name"),
        column("endpoint_type", "text"),
        column("unit", "text"),
        column("better", "text"),
        column("measure", "text"),
    ]
    return table("endpoints", say("question.endpoints"), columns, rows, notes=notes)


def _overall(facts: Facts) -> dict[str, Any] | None:
    """The treatment's effect in everybody; small counts of an arm are not given."""
    overall = facts.inputs.overall
    if overall is None or overall.is_empty() or facts.study.treatment is None:
        return None
    smallest = facts.study.smallest_cell
    units = {endpoint.name: endpoint.unit for endpoint in facts.study.endpoints}
    sides = {endpoint.name: endpoint.good_sign for endpoint in facts.study.endpoints}
    adjusted, several = bool(facts.study.covariates), facts.several_endpoints
    rows = []
    for row in overall.iter_rows(named=True):
        scale = scale_of(row["effect_scale"], "overall")
        name = scale_name(scale, units.get(row["endpoint"], ""), short=True)
        shown, alone = effect(row, scale), effect(_unadjusted(row), scale)
        rows.append(
            [
                *([facts.labels.get(row["endpoint"], row["endpoint_label"])] if several else []),
                row["comparison"],
                {**shown, "scale": name} if shown else row["reason"],
                *([{**alone, "scale": name} if alone else None] if adjusted else []),
                p_number(row["p_value"], None),
                _favours(facts, row, sides.get(row["endpoint"], 0)),
                *_sides_of(overall, row, "n", smallest),
                *_sides_of(overall, row, "events", smallest),
            ]
        )
    active, control = _sides(facts.study.treatment)
    columns = [
        *([column("endpoint", "name")] if several else []),
        column("comparison", "text"),
        *(
            [
                column("effect_adjusted", "interval", level=facts.study.confidence),
                column("effect_unadjusted", "interval", level=facts.study.confidence),
            ]
            if adjusted
            else [column("effect", "interval", level=facts.study.confidence)]
        ),
        column("p_value", "p"),
        column("favours", "text"),
        column("n_arm", "count", arm=active),
        column("n_arm", "count", arm=control),
        column("events_arm", "count", arm=active),
        column("events_arm", "count", arm=control),
    ]
    caption = say(
        "overall.caption" if randomised(facts) else "overall.caption.observational", level=facts.study.confidence
    )
    notes = [
        say("overall.adjusted", covariates=named([*facts.study.covariates], most=12))
        if adjusted
        else say("overall.unadjusted"),
        say("overall.note"),
    ]
    return table("overall", caption, columns, rows, notes=notes)


def _unadjusted(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the estimate that adjusts for no covariate."""
    return {**row, **{key: row[f"{key}_unadjusted"] for key in ("estimate", "ci_low", "ci_high")}}


def _sides_of(overall: pl.DataFrame, row: dict[str, Any], kind: str, smallest: int) -> list[Any]:
    """Both counts of a comparison, or neither where any of the endpoint is small.

    Comparisons that share an arm would give each other's counts back.
    """
    sides = [f"{kind}_active", f"{kind}_control"]
    every = overall.filter(pl.col("endpoint") == row["endpoint"]).select(sides)
    return suppressed([row[side] for side in sides], smallest, among=[count for side in every for count in side])


def _sides(treatment: TreatmentFacts) -> tuple[Any, Any]:
    """What heads the counts of either side: the arm itself where only two are compared."""
    if len(treatment.comparisons) > 1:
        return say("arm.active"), say("arm.control")
    return treatment.comparisons[0]


def _favours(facts: Facts, row: dict[str, Any], good_sign: int) -> dict[str, Any] | None:
    """Which arm the interval favours; neither where it holds no effect."""
    treatment = facts.study.treatment
    if treatment is None or row["estimate"] is None or row["ci_low"] is None or not good_sign:
        return None
    if row["ci_low"] <= 0 <= row["ci_high"]:
        return say("favours.neither")
    active, control = treatment.pairs[row["comparison"]]
    return say("favours.arm", arm=active if row["estimate"] * good_sign > 0 else control)
