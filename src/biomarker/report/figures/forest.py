"""Draws a forest plot: intervals in the middle, names at the left, numbers at the right."""

import math
from typing import Any

from biomarker.report.figures.theme import BLUE, GRID, INK, MUTED, PAPER, Sheet, finish, ratio_ticks
from biomarker.report.words import numbers
from biomarker.report.words.say import Language

__all__ = ["draw"]

WIDTH, LINE = 230, 26
LONGEST = 20


def draw(data: dict[str, Any], language: Language) -> dict[str, Any]:
    """Vega-Lite of one forest plot (see `report.sections.forest` for the data)."""
    import altair as alt

    sheet = Sheet()
    rows = [
        {
            "y": place,
            "x": line["estimate"],
            "low": line["low"],
            "high": line["high"],
            "called": line["called"],
            "name": line["name"] if len(line["name"]) <= LONGEST else line["name"][: LONGEST - 1] + "…",
            "effect": language.interval(line),
            "q": numbers.p_value(line["q"]),
        }
        for place, line in enumerate(data["lines"])
    ]
    low, high = _domain(data)
    height = LINE * len(rows)
    x = alt.X(
        "x:Q",
        title=language.plain(data["x_title"]),
        scale=alt.Scale(type="log" if data["ratio"] else "linear", domain=[low, high], nice=False),
        axis=alt.Axis(values=ratio_ticks(low, high, most=5), format="~g", grid=False)
        if data["ratio"]
        else alt.Axis(tickCount=5, grid=False),
    )
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[len(rows) - 0.5, -0.5], nice=False))
    base = sheet.chart(rows).encode(y=y)
    nothing = sheet.chart([{"x": data["nothing"], "y": -0.5, "y2": len(rows) - 0.5}]).encode(x=x, y=y)

    def column(field: str, place: float, align: str, *, heading: str = "") -> list[Any]:
        title = sheet.chart([{"t": heading, "y": -0.5}]).encode(y=y)
        return [
            base.mark_text(align=align, color=INK, fontSize=11).encode(
                x=alt.XValue(place), text=alt.Text(f"{field}:N")
            ),
            title.mark_text(align=align, color=MUTED, fontSize=11, dy=-10).encode(
                x=alt.XValue(place), text=alt.Text("t:N")
            ),
        ]

    square = {"shape": "square", "size": 55, "opacity": 1, "stroke": BLUE, "strokeWidth": 1.6}
    layers = [
        nothing.mark_rule(color=MUTED).encode(y2=alt.Y2("y2")),
        sheet.chart(rows).mark_rule(color=GRID).encode(y=y, x=alt.XValue(0), x2=alt.X2Value(WIDTH)),
        base.mark_rule(color=BLUE, strokeWidth=1.6).encode(x=alt.X("low:Q"), x2=alt.X2("high")),
        base.transform_filter("datum.called").mark_point(**square, fill=BLUE).encode(x=x),
        base.transform_filter("!datum.called").mark_point(**square, fill=PAPER).encode(x=x),
        *column("name", -10, "right"),
        *column("effect", WIDTH + 12, "left", heading=language.plain(data["effect_title"])),
        *column("q", WIDTH + 195, "right", heading=language.plain(data["q_title"])),
    ]
    return finish(sheet, alt.layer(*layers), width=WIDTH, height=height)


def _domain(data: dict[str, Any]) -> tuple[float, float]:
    """All intervals and the line of no effect, with a little room."""
    ends = [line[key] for line in data["lines"] for key in ("low", "high")] + [data["nothing"]]
    if not data["ratio"]:
        room = 0.06 * (max(ends) - min(ends)) or 1.0
        return min(ends) - room, max(ends) + room
    flat = [math.log(max(end, 1e-6)) for end in ends]
    room = 0.06 * (max(flat) - min(flat)) or 1.0
    return math.exp(min(flat) - room), math.exp(max(flat) + room)
