"""Draws the prognostic-versus-predictive map."""

from collections.abc import Sequence
from typing import Any

from biomarker.report.figures.labels import place
from biomarker.report.figures.scale import Axis
from biomarker.report.figures.theme import BLUE, INK, MUTED, POINT, PURPLE, VERMILION, Sheet, finish, quantity, words
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
    sheet = Sheet()
    x_axis, y_axis = _axes(data)
    kinds = sorted(data["kinds"], key=lambda kind: list(LOOKS).index(kind["kind"]))
    names = [language.plain(kind["name"]) for kind in kinds]
    colours, shapes, sizes = zip(*(LOOKS[kind["kind"]] for kind in kinds), strict=True)
    rows = [
        {"x": x, "y": y, "kind": name}
        for kind, name in zip(kinds, names, strict=True)
        for x, y in zip(kind["x"], kind["y"], strict=True)
    ]
    at = {
        "x": quantity(
            "x", title=language.plain(data["x_title"]), scale={"domain": [x_axis.low, x_axis.high], "nice": False}
        ),
        "y": quantity(
            "y", title=language.plain(data["y_title"]), scale={"domain": [y_axis.low, y_axis.high], "nice": False}
        ),
    }

    def by_kind(range_: Sequence[Any], legend: dict[str, Any] | None) -> dict[str, Any]:
        return words("kind", scale={"domain": names, "range": list(range_)}, legend=legend)

    def line(value: float, *, upright: bool) -> tuple[list[dict[str, float]], dict[str, Any]]:
        if upright:
            return [{"x": value, "y": y_axis.low, "y2": y_axis.high}], {**at, "y2": {"field": "y2"}}
        return [{"x": x_axis.low, "y": value, "x2": x_axis.high}], {**at, "x2": {"field": "x2"}}

    for upright, limit in ((True, data["x_line"]), (False, data["y_line"])):
        sheet.layer("rule", *line(0, upright=upright), color=MUTED, strokeWidth=1)
        for side in (-1, 1) if limit else ():
            sheet.layer("rule", *line(side * limit, upright=upright), color=MUTED, strokeDash=[4, 3])
    legend = {"title": None, "orient": "top", "direction": "horizontal", "symbolSize": 60}
    looks = {"color": by_kind(colours, legend), "shape": by_kind(shapes, legend), "size": by_kind(sizes, None)}
    sheet.layer("point", rows, {**at, **looks}, filled=True, opacity=0.9)
    sheet.layer("text", _names(data, x_axis, y_axis), {**at, "text": words("t")}, color=INK, fontSize=11)
    return finish(sheet, width=WIDTH, height=HEIGHT)


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
