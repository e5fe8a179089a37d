"""Draws a volcano plot."""

import math
from typing import Any

from biomarker.report.figures.labels import place
from biomarker.report.figures.scale import Axis
from biomarker.report.figures.theme import (
    GRID,
    INK,
    MUTED,
    POINT,
    VERMILION,
    Sheet,
    finish,
    quantity,
    ratio_ticks,
    words,
)
from biomarker.report.words.say import Language

__all__ = ["draw"]

WIDTH, HEIGHT = 400, 300


def draw(data: dict[str, Any], language: Language) -> dict[str, Any]:
    """Vega-Lite of one volcano plot (see `report.sections.volcano` for the data)."""
    sheet = Sheet()
    x_axis, y_axis = _axes(data)
    x = quantity(
        "x",
        title=language.plain(data["x_title"]),
        scale={"type": "log" if x_axis.log else "linear", "domain": [x_axis.low, x_axis.high], "nice": False},
        axis={"values": ratio_ticks(x_axis.low, x_axis.high), "format": "~g", "grid": False}
        if x_axis.log
        else {"tickCount": 6, "grid": False},
    )
    y = quantity("y", title=language.plain(data["y_title"]), scale={"domain": [0, y_axis.high], "nice": False})
    at = {"x": x, "y": y}
    middle = [{"x": 1.0 if x_axis.log else 0.0, "y": 0, "y2": y_axis.high}]
    sheet.layer("rule", middle, {**at, "y2": {"field": "y2"}}, color=GRID, strokeWidth=1.5)
    sheet.layer("circle", _rows(data["others"]), at, size=12, color=POINT, opacity=0.75)
    sheet.layer("point", _rows(data["called"]), at, shape="diamond", size=52, filled=True, color=VERMILION, opacity=1)
    if data["threshold"] is not None:
        line = [{"x": x_axis.low, "x2": x_axis.high, "y": data["threshold"]}]
        sheet.layer("rule", line, {**at, "x2": {"field": "x2"}}, color=MUTED, strokeDash=[4, 3])
        side, _ = _line_words(data, x_axis, y_axis)
        end = x_axis.low if side == "left" else x_axis.high
        label = [{"x": end, "y": data["threshold"], "t": language.plain(data["threshold_label"])}]
        sheet.layer(
            "text",
            label,
            {**at, "text": words("t")},
            align=side,
            dx=3 if side == "left" else -3,
            dy=-7,
            color=MUTED,
            fontSize=11,
        )
    sheet.layer("text", _names(data, x_axis, y_axis), {**at, "text": words("t")}, color=INK, fontSize=11)
    return finish(sheet, width=WIDTH, height=HEIGHT)


def _rows(columns: dict[str, list[float]]) -> list[dict[str, float]]:
    return [{"x": x, "y": y} for x, y in zip(columns["x"], columns["y"], strict=True)]


def _axes(data: dict[str, Any]) -> tuple[Axis, Axis]:
    """The middle in the middle, and room above for the line and a name."""
    xs = [*data["called"]["x"], *data["others"]["x"]]
    ys = [*data["called"]["y"], *data["others"]["y"], data["threshold"] or 0.0]
    reach = max((abs(math.log(x)) if data["ratio"] else abs(x)) for x in xs) * 1.1 or 1.0
    low, high = (math.exp(-reach), math.exp(reach)) if data["ratio"] else (-reach, reach)
    return Axis(low, high, WIDTH, log=data["ratio"]), Axis(0.0, max(ys) * 1.12 or 1.0, HEIGHT, rising=True)


def _names(data: dict[str, Any], x_axis: Axis, y_axis: Axis) -> list[dict[str, Any]]:
    blocked = []
    if data["threshold"] is not None:
        level = y_axis.pixel(data["threshold"])
        blocked = [_line_words(data, x_axis, y_axis)[1], (0.0, level - 1, float(WIDTH), level + 1)]
    points = [(x_axis.pixel(one["x"]), y_axis.pixel(one["y"])) for one in data["named"]]
    others = [(x_axis.pixel(x), y_axis.pixel(y)) for x, y in zip(data["called"]["x"], data["called"]["y"], strict=True)]
    placed = place(
        points,
        [one["name"] for one in data["named"]],
        width=WIDTH,
        height=HEIGHT,
        taken=others,
        blocked=blocked,
    )
    return [{"x": x_axis.value(one.x), "y": y_axis.value(one.y), "t": one.text} for one in placed]


def _line_words(data: dict[str, Any], x_axis: Axis, y_axis: Axis) -> tuple[str, tuple[float, float, float, float]]:
    """At which end of the threshold its words stand, and their box: where no point that passes lies under them."""
    level = y_axis.pixel(data["threshold"])
    points = [(x_axis.pixel(x), y_axis.pixel(y)) for x, y in zip(data["called"]["x"], data["called"]["y"], strict=True)]
    left = (0.0, level - 17, 75.0, level + 2)
    right = (WIDTH - 75.0, level - 17, float(WIDTH), level + 2)
    covered = any(left[0] <= x <= left[2] + 5 and left[1] - 5 <= y <= left[3] + 5 for x, y in points)
    return ("right", right) if covered else ("left", left)
