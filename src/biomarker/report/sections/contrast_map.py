"""Prognostic versus predictive: how each feature goes with the outcome, and with the treatment's effect."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.report.blocks import chart, clean, figure, panel, paragraph, say, section
from biomarker.report.facts import Facts, Question
from biomarker.report.thinning import thin
from biomarker.report.wording import active_arm, endpoint_asked, randomised

__all__ = ["make", "signed_z"]

MOST_OTHERS = 900
MOST_CALLED = 150
MOST_NAMED = 10


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where no endpoint was asked both questions."""
    panels = []
    for endpoint in facts.shown_endpoints():
        of_endpoint = [question for question in facts.questions if question.endpoint.name == endpoint.name]
        pairs = [
            (prognostic, predictive)
            for predictive in of_endpoint
            if predictive.contrast == "predictive" and (prognostic := _partner(predictive, of_endpoint))
        ]
        charts = [drawn for pair in pairs if (drawn := _chart(facts, *pair))]
        if charts:
            panels.append(panel(endpoint.name, facts.labels[endpoint.name], charts))
    if not panels:
        return None
    kind = "" if randomised(facts) else ".observational"
    caption = say(f"map.caption{kind}", q=facts.study.q)
    return section(
        "map", [paragraph(say(f"map.intro{kind}")), figure("map", caption, panels, chooser=say("figures.endpoint"))]
    )


def signed_z(estimate: NDArray[np.float64], log10_p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided p-values as signed normal quantiles, accurate far into the tail.

    Parameters
    ----------
    estimate : array (n_features,)
        Gives the sign.
    log10_p : array (n_features,)
        Decimal logarithm of the two-sided p-value.

    Returns
    -------
    array (n_features,)
        ``sign(estimate) * -Phi^-1(p / 2)``.
    """
    from scipy.special import ndtri_exp

    z: NDArray[np.float64] = np.sign(estimate) * -ndtri_exp(np.asarray(log10_p) * np.log(10.0) - np.log(2.0))
    return z


def _partner(predictive: Question, questions: list[Question]) -> Question | None:
    """The prognostic question that belongs to a predictive one: of the same comparison, else the only one there is."""
    prognostic = [question for question in questions if question.contrast == "prognostic"]
    same = [question for question in prognostic if question.comparison == predictive.comparison]
    return next(iter(same or prognostic), None)


def _chart(facts: Facts, prognostic: Question, predictive: Question) -> dict[str, Any] | None:
    points = _points(prognostic, predictive)
    if points.is_empty():
        return None
    kinds = {}
    for kind in ("both", "predictive", "prognostic"):
        kinds[kind] = _columns(points.filter(pl.col("kind") == kind), MOST_CALLED)
    kinds["neither"] = _columns(points.filter(pl.col("kind") == "neither"), MOST_OTHERS)
    notable = points.filter(pl.col("kind") != "neither").head(MOST_NAMED)
    counts = {kind: points.filter(pl.col("kind") == kind).height for kind in kinds}
    title = endpoint_asked(facts, predictive)
    note = say(
        "map.note", n=points.height, drawn=sum(len(kind["x"]) for kind in kinds.values()), q=facts.study.q, **counts
    )
    data = {
        "x_title": say("map.x"),
        "y_title": say(
            "map.y" if randomised(facts) else "map.y.observational", active=active_arm(facts, predictive.comparison)
        ),
        "x_line": _line(prognostic),
        "y_line": _line(predictive),
        "kinds": [{"name": say(f"map.kind.{kind}"), "kind": kind, **columns} for kind, columns in kinds.items()],
        "named": [
            {"x": _four(row["x"]), "y": _four(row["y"]), "name": clean(row["label"] or row["feature_id"])}
            for row in notable.iter_rows(named=True)
        ],
    }
    return {**chart("contrast_map", title, say("map.description", title=title, note=note), data), "note": note}


def _points(prognostic: Question, predictive: Question) -> pl.DataFrame:
    """z of both contrasts, positive where high is good, and which of them passes; strongest first."""
    key = ["modality", "feature_id"]
    sides = [
        _side(question, axis).select(*key, *(["label"] if axis == "x" else []), axis, f"{axis}_called")
        for question, axis in ((prognostic, "x"), (predictive, "y"))
    ]
    joined = sides[0].join(sides[1], on=key, how="inner", maintain_order="left")
    kind = (
        pl.when(pl.col("x_called") & pl.col("y_called")).then(pl.lit("both"))
        .when(pl.col("y_called")).then(pl.lit("predictive"))
        .when(pl.col("x_called")).then(pl.lit("prognostic"))
        .otherwise(pl.lit("neither"))
    )  # fmt: skip
    strength = pl.max_horizontal(pl.col("x").abs(), pl.col("y").abs())
    return joined.with_columns(kind=kind, strength=strength).sort("strength", descending=True, maintain_order=True)


def _side(question: Question, axis: str) -> pl.DataFrame:
    screen = question.screen.filter(pl.col("log10_p").is_finite() & pl.col("estimate").is_finite())
    z = signed_z(screen["estimate"].to_numpy(), screen["log10_p"].to_numpy()) * question.endpoint.good_sign
    return screen.with_columns(pl.Series(axis, z, dtype=pl.Float64), pl.col("called").alias(f"{axis}_called")).filter(
        pl.col(axis).is_finite()
    )


def _line(question: Question) -> float | None:
    """The |z| where q-values begin to pass; None where no candidate does."""
    if not question.screen["called"].any() or question.threshold_log10_p is None:
        return None
    return _four(float(signed_z(np.ones(1), np.array([question.threshold_log10_p]))[0]))


def _columns(points: pl.DataFrame, most: int) -> dict[str, list[float]]:
    x, y = points["x"].to_numpy(), points["y"].to_numpy()
    chosen = np.arange(len(x)) if len(x) <= most else thin(x, y, most=most)
    return {"x": [_four(value) for value in x[chosen]], "y": [_four(value) for value in y[chosen]]}


def _four(value: float) -> float:
    return float(f"{value:.4g}")
