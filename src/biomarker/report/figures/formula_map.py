"""Draws the plane of a formula's two features: how patients did in each cell, and where the formula decides."""

from typing import Any

from biomarker.report.figures.theme import BLUE, INK, PAPER, VERMILION, Sheet, finish, quantity, words
from biomarker.report.words.say import Language

__all__ = ["draw"]

WIDTH, HEIGHT = 400, 330


def draw(data: dict[str, Any], language: Language) -> dict[str, Any]:
    """Vega-Lite of one plane.

    ``data``: ``x_title`` and ``y_title`` (texts); ``cells`` with ``x``, ``x2``, ``y``, ``y2``, ``text`` (a number as
    written) and ``share`` (0 to 1, which the shade shows); ``line``, points ``[x, y]``.
    """
    sheet = Sheet()
    rows = [{**cell, "xm": (cell["x"] + cell["x2"]) / 2, "ym": (cell["y"] + cell["y2"]) / 2} for cell in data["cells"]]
    line = [{"x": x, "y": y} for x, y in data["line"]]
    domain = {"x": data["x_domain"], "y": data["y_domain"]}

    def at(axis: str, field: str) -> dict[str, Any]:
        return quantity(
            field,
            title=language.plain(data[f"{axis}_title"]),
            scale={"domain": domain[axis], "nice": False, "zero": False},
            axis={"grid": False, "tickCount": 6},
        )

    shade = quantity("share", scale={"domain": [0, 1], "range": [0.05, 0.7]}, legend=None)
    corners = {"x": at("x", "x"), "x2": {"field": "x2"}, "y": at("y", "y"), "y2": {"field": "y2"}}
    sheet.layer("rect", rows, {**corners, "fillOpacity": shade}, fill=BLUE, stroke=PAPER, strokeWidth=1)
    sheet.layer("circle", line, {"x": at("x", "x"), "y": at("y", "y")}, size=9, color=VERMILION, opacity=1)
    middle = {"x": at("x", "xm"), "y": at("y", "ym"), "text": words("text")}
    sheet.layer("text", rows, middle, color=INK, fontSize=11)
    return finish(sheet, width=WIDTH, height=HEIGHT)
