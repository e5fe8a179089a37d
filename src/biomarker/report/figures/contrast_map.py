"""Draws the prognostic-versus-predictive map."""

from typing import Any

from biomarker.report.figures.labels import place
from biomarker.report.figures.scale import Axis
from biomarker.report.figures.theme import BLUE, GRID, INK, MUTED, POINT, PURPLE, VERMILION, Sheet, finish
from biomarker.report.words.say import Language

__all__ = ["draw"]

WIDTH, HEIGHT = 520, 400
LOOKS = {
    "neither": (POINT, "circle", 14),
    "prognostic": (BLUE, "square", 60),
    "predictive": (VERMILION, "diamond", 75),
    "both": (PURPLE, "triangle-up", 75),
}


def draw(data: dict[str, Any], language: Language) -> dict[str, Any]:
    """Vega-Lite of one map (see `report.sections.contrast_map` for the data)."""
    import altair as alt

    sheet = Sheet()
    x_axis, y_axis = _axes(data)
    kinds = sorted(data["kinds"], key=lambda kind: list(LOOKS).index(kind["kind"]))
    names = [language.plain(kind["name"]) for kind in kinds]
    looks = [LOOKS[kind["kind"]] for kind in kinds]
    rows = [
        {"x": x, "y": y, "kind": name}
        for kind, name in zip(kinds, names, strict=True)
        for x, y in zip(kind["x"], kind["y"], strict=True)
    ]
    x = alt.X(
        "x:Q", title=language.plain(data["x_title"]), scale=alt.Scale(domain=[x_axis.low, x_axis.high], nice=False)
    )
    y = alt.Y(
        "y:Q", title=language.plain(data["y_title"]), scale=alt.Scale(domain=[y_axis.low, y_axis.high], nice=False)
    )

    def layer(values: list[dict[str, Any]]) -> Any:
        return sheet.chart(values).encode(x=x, y=y)

    legend = alt.Legend(title=None, orient="top", direction="horizontal", symbolSize=60)
    points = (
        layer(rows)
        .mark_point(filled=True, opacity=0.9)
        .encode(
            color=alt.Color("kind:N", scale=alt.Scale(domain=names, range=[look[0] for look in looks]), legend=legend),
            shape=alt.Shape("kind:N", scale=alt.Scale(domain=names, range=[look[1] for look in looks]), legend=legend),
            size=alt.Size("kind:N", scale=alt.Scale(domain=names, range=[look[2] for look in looks]), legend=None),
        )
    )
    cross = [
        layer([{"x": 0, "y": y_axis.low, "y2": y_axis.high}])
        .mark_rule(color=MUTED, strokeWidth=1)
        .encode(y2=alt.Y2("y2")),
        layer([{"x": x_axis.low, "y": 0, "x2": x_axis.high}])
        .mark_rule(color=MUTED, strokeWidth=1)
        .encode(x2=alt.X2("x2")),
    ]
    dashed = {"color": MUTED, "strokeDash": [4, 3]}
    upright = [{"x": side * data["x_line"], "y": y_axis.low, "y2": y_axis.high} for side in (-1, 1) if data["x_line"]]
    level = [{"x": x_axis.low, "y": side * data["y_line"], "x2": x_axis.high} for side in (-1, 1) if data["y_line"]]
    lines = [layer(upright).mark_rule(**dashed).encode(y2=alt.Y2("y2"))] if upright else []
    lines += [layer(level).mark_rule(**dashed).encode(x2=alt.X2("x2"))] if level else []
    text = layer(_names(data, x_axis, y_axis)).mark_text(color=INK, fontSize=11).encode(text=alt.Text("t:N"))
    chart = alt.layer(*cross, *lines, points, text)
    styled = finish(sheet, chart, width=WIDTH, height=HEIGHT)
    styled["config"]["axis"]["gridColor"] = GRID
    return styled


def _axes(data: dict[str, Any]) -> tuple[Axis, Axis]:
    """Zero in the middle of both."""
    x = max([abs(x) for kind in data["kinds"] for x in kind["x"]] + [data["x_line"] or 0.0, 3.0]) * 1.12
    y = max([abs(y) for kind in data["kinds"] for y in kind["y"]] + [data["y_line"] or 0.0, 3.0]) * 1.12
    return Axis(-x, x, WIDTH), Axis(-y, y, HEIGHT, rising=True)


def _names(data: dict[str, Any], x_axis: Axis, y_axis: Axis) -> list[dict[str, Any]]:
    points = [(x_axis.pixel(one["x"]), y_axis.pixel(one["y"])) for one in data["named"]]
    taken = [
        (x_axis.pixel(x), y_axis.pixel(y))
        for kind in data["kinds"]
        if kind["kind"] != "neither"
        for x, y in zip(kind["x"], kind["y"], strict=True)
    ]
    placed = place(
        points,
        [one["name"] for one in data["named"]],
        width=WIDTH,
        height=HEIGHT,
        taken=taken,
        blocked=_lines(data, x_axis, y_axis),
    )
    return [{"x": x_axis.value(one.x), "y": y_axis.value(one.y), "t": one.text} for one in placed]


def _lines(data: dict[str, Any], x_axis: Axis, y_axis: Axis) -> list[tuple[float, float, float, float]]:
    """The axes and the thresholds as boxes that no name crosses."""
    upright = [x_axis.pixel(side * (data["x_line"] or 0.0)) for side in (-1, 0, 1)]
    level = [y_axis.pixel(side * (data["y_line"] or 0.0)) for side in (-1, 0, 1)]
    return [(x - 1, 0.0, x + 1, float(HEIGHT)) for x in upright] + [(0.0, y - 1, float(WIDTH), y + 1) for y in level]
