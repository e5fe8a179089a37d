"""Forest plot: effects of the leading candidates with their intervals, on one scale."""

from typing import Any

from biomarker.report.blocks import chart, figure, panel, paragraph, say, section
from biomarker.report.facts import Facts, Question
from biomarker.report.wording import effect_per_sd, name_of, question_name, scale_name

__all__ = ["make"]

#: So many candidates a question, called or not.
MOST_LINES = 10


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where no candidate has an effect on a common scale."""
    panels = []
    for endpoint in facts.shown_endpoints():
        charts = [
            drawn
            for question in facts.questions
            if question.endpoint.name == endpoint.name and (drawn := _chart(facts, question))
        ]
        if charts:
            panels.append(panel(endpoint.name, facts.labels[endpoint.name], charts))
    if not panels:
        return None
    caption = say("forest.caption", level=facts.study.confidence, q=facts.study.q)
    return section(
        "forest",
        [paragraph(say("forest.intro")), figure("forest", caption, panels, chooser=say("figures.endpoint"))],
    )


def _chart(facts: Facts, question: Question) -> dict[str, Any] | None:
    lines: list[dict[str, Any]] = []
    for row in question.candidates.head(3 * MOST_LINES).iter_rows(named=True):
        measured = effect_per_sd(row, question.scale)
        if measured is None or measured["low"] is None or measured["high"] is None or len(lines) == MOST_LINES:
            continue
        called = row["q_value"] is not None and row["q_value"] <= facts.study.q
        lines.append({"name": name_of(row), **measured, "q": row["q_value"], "called": called})
    if not lines:
        return None
    title = question_name(facts, question)
    note = say("forest.note", shown=len(lines), n=question.tested)
    data = {
        "ratio": question.scale.ratio,
        "nothing": question.scale.nothing,
        "x_title": say("volcano.x", scale=scale_name(question.scale, question.endpoint.unit)),
        "effect_title": say("forest.effect", level=facts.study.confidence),
        "q_title": say("forest.q"),
        "lines": lines,
    }
    return {**chart("forest", title, say("forest.description", title=title, note=note), data), "note": note}
