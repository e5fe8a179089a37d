"""Kaplan-Meier curves of the leading candidates by marker group and arm, with numbers at risk."""

from typing import Any

import polars as pl

from biomarker.report.blocks import chart, clean, figure, number, panel, paragraph, say, section
from biomarker.report.facts import Facts, Question
from biomarker.report.wording import candidate_kind, contrast_tag, endpoint_asked, name_of

__all__ = ["curves_of", "make", "panel_of"]

MOST_CANDIDATES = 12
#: A line of the table of numbers at risk has at most so many entries.
MOST_TIMES = 7


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where there is no curve."""
    drawn = curves_of(facts)
    found = []
    for question in facts.questions:
        for row in question.candidates.iter_rows(named=True):
            lines = drawn.get((row["candidate_id"], question.endpoint.name, question.comparison, question.contrast))
            if lines is not None:
                found.append((row["rank_overall"], question, row, lines))
    found.sort(key=lambda one: one[0])
    panels = [panel_of(facts, question, row, lines) for _, question, row, lines in found[:MOST_CANDIDATES]]
    if not panels:
        return None
    blocks = [paragraph(say("curves.intro"))]
    if len(found) > MOST_CANDIDATES:
        blocks.append(paragraph(say("curves.some", shown=MOST_CANDIDATES, n=len(found)), style="note"))
    caption = say(
        "curves.caption" if facts.study.treatment is None else "curves.caption.arms",
        level=facts.study.confidence,
        limit=facts.study.smallest_cell,
    )
    blocks.append(figure("curves", caption, panels, chooser=say("curves.chooser")))
    return section("curves", blocks)


def curves_of(facts: Facts) -> dict[tuple[Any, ...], pl.DataFrame]:
    """The curves by candidate, endpoint, comparison and contrast."""
    curves = facts.inputs.curves
    if curves is None or curves.is_empty():
        return {}
    key = ["candidate_id", "endpoint", "comparison", "contrast"]
    named = curves.with_columns(pl.col("contrast", "group").cast(pl.String))
    return named.partition_by(key, as_dict=True, maintain_order=True)


def panel_of(facts: Facts, question: Question, row: dict[str, Any], lines: pl.DataFrame) -> dict[str, Any]:
    """Predictive: arms compared within each marker group. Otherwise: marker groups compared within each arm."""
    arms = list(dict.fromkeys(lines["arm"]))
    if facts.study.treatment is not None:
        order = {arm: number for number, arm in enumerate(facts.study.treatment.arms)}
        arms.sort(key=lambda arm: order.get(arm, len(order)))  # arms that are in no comparison come last
    groups = ["high", "low"]
    by_group = question.contrast == "predictive"
    charts = []
    for facet in groups if by_group else arms:
        part = lines.filter(pl.col("group" if by_group else "arm") == facet)
        members = arms if by_group else groups
        series = [
            _line(
                facts, part.filter(pl.col("arm" if by_group else "group") == member), member, place, by_group=by_group
            )
            for place, member in enumerate(members)
        ]
        series = [one for one in series if one["time"]]
        if series:  # a group that is too small to be shown has no curve
            charts.append(_chart(facts, question, row, facet, series, by_group=by_group))
    name = name_of(row)
    endpoint = endpoint_asked(facts, question)
    cut = number(lines["cutoff"][0])
    caption = say(
        "curves.panel",
        name=name,
        endpoint=endpoint,
        kind=candidate_kind(facts, question.contrast),
        cutoff=cut,
        unit=say("curves.unit", unit=clean(unit)) if (unit := lines["unit"][0]) else say("nothing"),
        q=row["q_value"],
    )
    key = f"curve-{row['rank_overall']}"
    label = say("curves.name", name=name, endpoint=endpoint)
    made = panel(key, label, charts, caption)
    return {**made, "tag": contrast_tag(question.contrast)} if facts.several_contrasts else made


def _line(facts: Facts, lines: pl.DataFrame, member: str, place: int, *, by_group: bool) -> dict[str, Any]:
    """One curve. Points with fewer at risk than the disclosure limit are gone, whatever the table holds."""
    ordered = lines.sort("time")
    shown = pl.col("at_risk") >= facts.study.smallest_cell
    kept = ordered.with_columns(
        pl.when(shown).then(pl.col(key)).alias(key) for key in ("survival", "ci_low", "ci_high", "at_risk")
    )
    return {
        "name": say("curves.arm", arm=clean(member)) if by_group else say(f"curves.group.{member}"),
        "place": place,
        **{key: [number(value) for value in kept[key]] for key in ("time", "survival", "ci_low", "ci_high", "at_risk")},
    }


def _chart(
    facts: Facts, question: Question, row: dict[str, Any], facet: str, series: list[dict[str, Any]], *, by_group: bool
) -> dict[str, Any]:
    times = sorted({time for line in series for time in line["time"]})
    step = max(1, -(-len(times) // MOST_TIMES))
    title = say(f"curves.facet.{facet}", name=name_of(row)) if by_group else _arm_title(facts, facet)
    unit = question.endpoint.unit
    data = {
        "x_title": say("curves.x_unit", unit=unit) if unit else say("curves.x"),
        "y_title": say("curves.y", endpoint=question.endpoint_label),
        "risk_title": say("curves.risk"),
        "below": say("count.suppressed", limit=facts.study.smallest_cell),
        "risk_times": times[::step],
        "series": series,
    }
    description = say("curves.description", title=title, endpoint=question.endpoint_label)
    return chart("curves", title, description, data)


def _arm_title(facts: Facts, arm: str) -> dict[str, Any]:
    """A study of one arm has nobody to be told from."""
    return say("curves.facet.everybody") if facts.study.treatment is None else say("curves.facet.arm", arm=clean(arm))
