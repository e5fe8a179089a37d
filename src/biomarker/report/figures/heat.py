"""Draws a grid of cells over two things, each cell with its own words; colour and words say the same."""

from typing import Any

from biomarker.report.figures.theme import BLUE, GREEN, INK, PAPER, POINT, PURPLE, VERMILION, Sheet, finish, words
from biomarker.report.words.say import Language

__all__ = ["draw"]

CELL, LINE = 74, 34
#: Of the kinds, in their order; a further kind is grey and told by its words. Shades tell them apart without colour.
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, POINT)
SHADES = (0.12, 0.62, 0.34, 0.48, 0.22)


def draw(data: dict[str, Any], language: Language) -> dict[str, Any]:
    """Vega-Lite of a grid.

    ``data``: ``x_title``, ``y_title``; ``cells``, each with ``x`` and ``y`` (texts or names), ``text``, and ``kind``
    (a text or name, which the colour shows) or ``share`` (0 to 1, which the shade shows).
    """
    sheet = Sheet()

    def told(text: Any) -> str:
        return text if isinstance(text, str) else language.plain(text)

    rows = [
        {
            "x": told(cell["x"]),
            "y": told(cell["y"]),
            "t": told(cell["text"]),
            "kind": told(cell["kind"]) if "kind" in cell else "",
            "share": cell.get("share"),
        }
        for cell in data["cells"]
    ]
    across, down = (list(dict.fromkeys(row[key] for row in rows)) for key in ("x", "y"))
    axis = {"grid": False, "ticks": False, "domain": False, "labelAngle": 0, "labelLimit": 200}
    x = words("x", title=language.plain(data["x_title"]), sort=across, axis=axis)
    y = words("y", title=language.plain(data["y_title"]), sort=down, axis=axis)
    kinds = list(dict.fromkeys(row["kind"] for row in rows if row["kind"]))
    cell = {"stroke": PAPER, "strokeWidth": 2}
    if kinds:
        shown = [COLOURS[min(place, len(COLOURS) - 1)] for place in range(len(kinds))]
        shades = [SHADES[min(place, len(SHADES) - 1)] for place in range(len(kinds))]
        legend = {"title": None, "orient": "top", "columns": 2, "symbolType": "square"}
        colour = words("kind", scale={"domain": kinds, "range": shown}, legend=legend)
        opacity = words("kind", scale={"type": "ordinal", "domain": kinds, "range": shades}, legend=legend)
        sheet.layer("rect", rows, {"x": x, "y": y, "fill": colour, "fillOpacity": opacity}, **cell)
    else:
        shade = {"field": "share", "type": "quantitative", "scale": {"domain": [0, 1], "range": [0.04, 0.75]}}
        shade["legend"] = None
        sheet.layer("rect", rows, {"x": x, "y": y, "fillOpacity": shade}, fill=BLUE, **cell)
    sheet.layer("text", rows, {"x": x, "y": y, "text": words("t")}, color=INK, fontSize=11)
    return finish(sheet, width=CELL * len(across), height=LINE * len(down))
