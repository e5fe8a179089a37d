"""Draws lines over a number: several series, each with a band or with points where the data have them."""

from typing import Any

from biomarker.report.figures.curves import LOOKS
from biomarker.report.figures.theme import INK, MUTED, Sheet, finish, quantity, words
from biomarker.report.words.say import Language

__all__ = ["draw"]

WIDTH, HEIGHT = 420, 230
SHAPES = ("circle", "triangle-up", "square", "diamond")


def draw(data: dict[str, Any], language: Language) -> dict[str, Any]:
    """Vega-Lite of a chart of lines.

    ``data``: ``x_title``, ``y_title``; ``series``, each with ``name``, ``x``, ``y`` and perhaps ``low`` and ``high``;
    ``share`` where y is a share; ``points`` where single values count; ``marks``, vertical lines with ``x`` and
    ``name``; ``levels``, horizontal ones with ``y`` and ``name``.
    """
    sheet = Sheet()
    names = [line["name"] if isinstance(line["name"], str) else language.plain(line["name"]) for line in data["series"]]
    looks = [LOOKS[place % len(LOOKS)] for place in range(len(names))]
    rows = [
        {"x": x, "y": y, "low": low, "high": high, "line": name}
        for line, name in zip(data["series"], names, strict=True)
        for x, y, low, high in zip(
            line["x"], line["y"], line.get("low") or line["y"], line.get("high") or line["y"], strict=True
        )
        if x is not None and y is not None
    ]
    x = quantity(
        "x", title=language.plain(data["x_title"]), scale={"zero": False}, axis={"grid": False, "tickCount": 6}
    )
    axis = {"format": "%", "tickCount": 5} if data.get("share") else {"tickCount": 5}
    scale = {"domain": [0, 1]} if data.get("share") else {"zero": False}
    y = quantity("y", title=language.plain(data["y_title"]), scale=scale, axis=axis)
    looked: dict[str, Any] = {}
    if len(names) > 1:
        legend = {"title": None, "orient": "top", "columns": 2, "symbolType": "stroke", "symbolSize": 400}
        legend |= {"symbolOpacity": 1, "symbolStrokeWidth": 2}
        told = {"color": [look[0] for look in looks], "strokeDash": [look[1] for look in looks]}
        if data.get("scattered"):
            del legend["symbolType"], told["strokeDash"]
            legend["symbolSize"], told["shape"] = 60, [SHAPES[place % len(SHAPES)] for place in range(len(names))]
        looked = {
            channel: words("line", scale={"domain": names, "range": looks}, legend=legend)
            for channel, looks in told.items()
        }
    plain = {} if looked else {"color": looks[0][0]}
    colour = {key: value for key, value in looked.items() if key != "strokeDash"}
    _straight(sheet, data, language)
    if any("low" in line for line in data["series"]):
        sheet.layer(
            "area", rows, {"x": x, "y": quantity("low"), "y2": {"field": "high"}, **colour}, opacity=0.15, **plain
        )
    if not data.get("scattered"):
        sheet.layer("line", rows, {"x": x, "y": y, **looked}, strokeWidth=2, **plain)
    if data.get("points") or data.get("scattered"):
        size = {"size": 16, "opacity": 0.5} if data.get("scattered") else {"size": 34, "opacity": 1}
        sheet.layer("point", rows, {"x": x, "y": y, **colour}, filled=True, **size, **plain)
    return finish(sheet, width=WIDTH, height=HEIGHT)


def _straight(sheet: Sheet, data: dict[str, Any], language: Language) -> None:
    """Lines at one value, with their names."""
    for mark in data.get("marks", ()):
        row = [{"x": mark["x"], "t": language.plain(mark["name"])}]
        sheet.layer("rule", row, {"x": quantity("x")}, color=MUTED, strokeDash=[3, 3])
        look = {"align": "left", "dx": 4, "dy": -4, "color": INK, "fontSize": 11}
        sheet.layer("text", row, {"x": quantity("x"), "y": {"value": 12}, "text": words("t")}, **look)
    for level in data.get("levels", ()):
        row = [{"y": level["y"], "t": language.plain(level["name"])}]
        sheet.layer("rule", row, {"y": quantity("y")}, color=MUTED, strokeDash=[3, 3])
        look = {"align": "right", "dy": 12, "color": INK, "fontSize": 11}
        sheet.layer("text", row, {"x": {"value": WIDTH}, "y": quantity("y"), "text": words("t")}, **look)
