"""Draws a forest plot: intervals in the middle, names at the left, numbers at the right."""

import math
from typing import Any

from biomarker.report.figures.theme import BLUE, GRID, INK, MUTED, PAPER, Sheet, finish, quantity, ratio_ticks, words
from biomarker.report.words import numbers
from biomarker.report.words.say import Language

__all__ = ["draw"]

WIDTH, LINE = 205, 26
LONGEST = 30


def draw(data: dict[str, Any], language: Language) -> dict[str, Any]:
    """Vega-Lite of one forest plot (see `report.sections.forest` for the data)."""
    sheet = Sheet()
    rows = [
        {
            "y": place,
            "x": line["estimate"],
            "low": line["low"],
            "high": line["high"],
            "called": line["called"],
            "name": _short(line["name"] if isinstance(line["name"], str) else language.plain(line["name"])),
            "effect": language.interval(line),
            "q": numbers.p_value(line["q"]) if line["q"] is not None else "",
        }
        for place, line in enumerate(data["lines"])
    ]
    low, high = _domain(data)
    height = LINE * len(rows)
    x = quantity(
        "x",
        title=language.plain(data["x_title"]),
        scale={"type": "log" if data["ratio"] else "linear", "domain": [low, high], "nice": False},
        axis={"values": ratio_ticks(low, high, most=5), "format": "~g", "grid": False}
        if data["ratio"]
        else {"tickCount": 5, "grid": False},
    )
    y = quantity("y", axis=None, scale={"domain": [len(rows) - 0.5, -0.5], "nice": False})
    nothing = [{"x": data["nothing"], "y": -0.5, "y2": len(rows) - 0.5}]
    sheet.layer("rule", nothing, {"x": x, "y": y, "y2": {"field": "y2"}}, color=MUTED)
    sheet.layer("rule", rows, {"x": {"value": 0}, "x2": {"value": WIDTH}, "y": y}, color=GRID)
    interval = {"x": quantity("low"), "x2": {"field": "high"}, "y": y}
    sheet.layer("rule", rows, interval, color=BLUE, strokeWidth=1.6)
    square = {"shape": "square", "size": 55, "opacity": 1, "stroke": BLUE, "strokeWidth": 1.6}
    for only, fill in (("datum.called", BLUE), ("!datum.called", PAPER)):
        sheet.layer("point", rows, {"x": x, "y": y}, only=only, fill=fill, **square)
    for field, place, align, heading in (
        ("name", -10, "right", ""),
        ("effect", WIDTH + 12, "left", language.plain(data["effect_title"])),
        ("q", WIDTH + 220, "right", language.plain(data["q_title"])),
    ):
        at = {"x": {"value": place}, "y": y}
        sheet.layer("text", rows, {**at, "text": words(field)}, align=align, color=INK, fontSize=11)
        title = [{"t": heading, "y": -0.5}]
        sheet.layer("text", title, {**at, "text": words("t")}, align=align, color=MUTED, fontSize=11, dy=-10)
    return finish(sheet, width=WIDTH, height=height)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _domain(data: dict[str, Any]) -> tuple[float, float]:
    """All intervals and the line of no effect, with a little room."""
    ends = [line[key] for line in data["lines"] for key in ("low", "high")] + [data["nothing"]]
    if not data["ratio"]:
        room = 0.06 * (max(ends) - min(ends)) or 1.0
        return min(ends) - room, max(ends) + room
    flat = [math.log(max(end, 1e-6)) for end in ends]
    room = 0.06 * (max(flat) - min(flat)) or 1.0
    return math.exp(min(flat) - room), math.exp(max(flat) + room)
