"""Volcano: size of effect against strength of evidence, one drawing for each endpoint, comparison and contrast."""

from typing import Any

import numpy as np
import polars as pl

from biomarker.report.blocks import chart, clean, figure, panel, paragraph, say, section
from biomarker.report.facts import Facts, Question
from biomarker.report.thinning import thin
from biomarker.report.wording import contrast_tag, question_name, scale_name

__all__ = ["make"]

#: Beyond these, called points and points that are not called are thinned; so many of the strongest carry their name.
MOST_CALLED = 150
MOST_OTHERS = 700
MOST_NAMED = 8


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where nothing can be drawn."""
    shown = facts.shown_endpoints()
    panels = []
    for endpoint in shown:
        charts = [
            drawn
            for question in facts.questions
            if question.endpoint.name == endpoint.name and (drawn := _chart(facts, question))
        ]
        if charts:
            panels.append(panel(endpoint.name, facts.labels[endpoint.name], charts))
    if not panels:
        return None
    blocks = [paragraph(say("volcano.intro"))]
    if len(shown) < len(facts.study.endpoints):
        blocks.append(paragraph(say("figures.leading", shown=len(panels), n=len(facts.study.endpoints)), style="note"))
    caption = say("volcano.caption", q=facts.study.q)
    blocks.append(figure("volcano", caption, panels, chooser=say("figures.endpoint")))
    return section("volcano", blocks)


def _chart(facts: Facts, question: Question) -> dict[str, Any] | None:
    points = _points(question)
    if points.is_empty():
        return None
    threshold = question.threshold_log10_p
    above, below = points.filter(pl.col("called")), points.filter(~pl.col("called"))
    data: dict[str, Any] = {
        "ratio": question.scale.ratio,
        "x_title": say("volcano.x", scale=scale_name(question.scale, question.endpoint.unit)),
        "y_title": say("volcano.y"),
        "threshold": -threshold if threshold is not None else None,
        "threshold_label": say(
            "volcano.line.called" if question.called.height else "volcano.line.none", q=facts.study.q
        ),
        "called": _drawn(above, MOST_CALLED),
        "others": _drawn(below, MOST_OTHERS),
        "named": _named(above if above.height else below, MOST_NAMED if above.height else 3),
    }
    n_drawn = len(data["called"]["x"]) + len(data["others"]["x"])
    title = question_name(facts, question)
    key = "volcano.note.all" if n_drawn == question.tested else "volcano.note"
    note = say(key, drawn=n_drawn, n=question.tested, called=question.called.height, q=facts.study.q)
    description = say("volcano.description", title=title, note=note, contrast=contrast_tag(question.contrast))
    return {**chart("volcano", title, description, data), "note": note}


def _points(question: Question) -> pl.DataFrame:
    """Effect per standard deviation as shown, and ``log10_p``, strongest first."""
    x = pl.col("estimate") * pl.col("feature_sd")
    points = question.screen.select(
        "label", "feature_id", "log10_p", "called", x=x.exp() if question.scale.ratio else x
    )
    finite = pl.col("x").is_finite() & pl.col("log10_p").is_finite()
    if question.scale.ratio:
        finite &= pl.col("x") > 0  # a ratio that underflowed has no place on a logarithmic axis
    kept = points.filter(finite)
    return kept.sort("log10_p", "feature_id", maintain_order=True)


def _drawn(points: pl.DataFrame, most: int) -> dict[str, list[float]]:
    """Columns of the points to draw, four significant digits: a pixel is far coarser."""
    x, y = points["x"].to_numpy(), -points["log10_p"].to_numpy()
    chosen = np.arange(len(x)) if len(x) <= most else thin(x, y, most=most)
    return {"x": [_four(value) for value in x[chosen]], "y": [_four(value) for value in y[chosen]]}


def _named(points: pl.DataFrame, most: int) -> list[dict[str, Any]]:
    """The strongest, with their names."""
    return [
        {"x": _four(row["x"]), "y": _four(-row["log10_p"]), "name": clean(row["label"] or row["feature_id"])}
        for row in points.head(most).iter_rows(named=True)
    ]


def _four(value: float) -> float:
    return float(f"{value:.4g}")
