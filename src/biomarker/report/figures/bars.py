"""Draws one horizontal bar or interval a line, with its name at the left and its number at the right."""

from typing import Any

from biomarker.report.figures.theme import BLUE, GRID, INK, MUTED, VERMILION, Sheet, finish, quantity, words
from biomarker.report.words.say import Language

__all__ = ["draw"]

WIDTH, LINE = 300, 24
LONGEST = 52


def draw(data: dict[str, Any], language: Language) -> dict[str, Any]:
    """Vega-Lite of a chart of bars.

    ``data``: ``x_title``; ``lines``, each with ``name``, ``low``, ``high``, ``text`` and perhaps ``middle``, and
    ``strong`` where it stands out; ``share`` where x is a share; ``nothing``, where a vertical line stands; ``log``.
    A line whose ``low`` is a bar's foot is drawn from there to ``high``; one with a ``middle`` is a dot with whiskers.
    """
    sheet = Sheet()
    rows = [
        {
            "y": place,
            "low": line["low"],
            "high": line["high"],
            "x": line.get("middle"),
            "strong": bool(line.get("strong")),
            "name": _short(line["name"] if isinstance(line["name"], str) else language.plain(line["name"])),
            "t": line["text"] if isinstance(line["text"], str) else language.plain(line["text"]),
        }
        for place, line in enumerate(data["lines"])
    ]
    scale: dict[str, Any] = {"nice": True, "zero": data.get("nothing") is None and not data.get("log")}
    if data.get("log"):
        scale = {"type": "symlog", "nice": True}
    if data.get("share"):
        scale = {"domain": [0, 1]}
    axis = {"format": "%" if data.get("share") else "~s", "tickCount": 5, "grid": False}
    title = language.plain(data["x_title"])
    y = quantity("y", axis=None, scale={"domain": [len(rows) - 0.5, -0.5], "nice": False})
    low = quantity("low", title=title, scale=scale, axis=axis)
    sheet.layer("rule", rows, {"x": {"value": 0}, "x2": {"value": WIDTH}, "y": y}, color=GRID)
    if data.get("nothing") is not None:
        at = [{"x": data["nothing"]}]
        sheet.layer("rule", at, {"x": quantity("x", title=title, scale=scale, axis=axis)}, color=MUTED)
    dots = any(row["x"] is not None for row in rows)
    for only, colour in (("!datum.strong", BLUE), ("datum.strong", VERMILION)):
        span = {"x": low, "x2": {"field": "high"}, "y": y}
        if dots:
            sheet.layer("rule", rows, span, only=only, color=colour, strokeWidth=1.6)
            place = {"x": quantity("x", title=title, scale=scale, axis=axis), "y": y}
            shape = "square" if colour == VERMILION else "circle"
            sheet.layer("point", rows, place, only=only, color=colour, shape=shape, filled=True, size=55, opacity=1)
        else:
            sheet.layer("bar", rows, span, only=only, color=colour, height=LINE - 10)
    for field, place, align in (("name", -10, "right"), ("t", WIDTH + 12, "left")):
        at = {"x": {"value": place}, "y": y, "text": words(field)}
        sheet.layer("text", rows, at, align=align, color=INK, fontSize=11)
    return finish(sheet, width=WIDTH, height=LINE * len(rows))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
