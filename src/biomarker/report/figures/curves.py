"""Draws Kaplan-Meier curves with the numbers at risk below."""

from typing import Any

from biomarker.report.figures.theme import BLUE, GREEN, INK, MUTED, PURPLE, VERMILION, Sheet, finish, quantity, words
from biomarker.report.words import numbers
from biomarker.report.words.say import Language

__all__ = ["draw"]

WIDTH, HEIGHT = 370, 230
#: Colour and dash of the first, second ... line, which keep their meaning over both drawings of a panel.
LOOKS = ((BLUE, [1, 0]), (VERMILION, [6, 3]), (GREEN, [2, 2]), (PURPLE, [8, 3, 2, 3]))
LONGEST = 14


def draw(data: dict[str, Any], language: Language) -> dict[str, Any]:
    """Vega-Lite of the curves of one group or arm (see `report.sections.curves` for the data)."""
    sheet = Sheet()
    names = [language.plain(line["name"]) for line in data["series"]]
    looks = [LOOKS[line["place"] % len(LOOKS)] for line in data["series"]]
    rows = [
        {"x": time, "y": survival, "low": low, "high": high, "line": name}
        for line, name in zip(data["series"], names, strict=True)
        for time, survival, low, high in zip(
            line["time"], line["survival"], line["ci_low"], line["ci_high"], strict=True
        )
        if survival is not None
    ]
    end = max(time for line in data["series"] for time in line["time"])
    x = quantity(
        "x",
        title=language.plain(data["x_title"]),
        scale={"domain": [0, end], "nice": False},
        axis={"grid": False, "tickCount": 6},
    )
    y = quantity(
        "y",
        title=language.plain(data["y_title"]),
        scale={"domain": [0, 1]},
        axis={"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]},
    )
    legend = {
        "title": None,
        "orient": "top",
        "symbolType": "stroke",
        "symbolOpacity": 1,
        "symbolSize": 400,
        "symbolStrokeWidth": 2,
    }
    colour = words("line", scale={"domain": names, "range": [look[0] for look in looks]}, legend=legend)
    dash = words("line", scale={"domain": names, "range": [look[1] for look in looks]}, legend=legend)
    band = {"x": x, "y": quantity("low"), "y2": {"field": "high"}, "color": colour}
    sheet.layer("area", rows, band, interpolate="step-after", opacity=0.13)
    line = {"x": x, "y": y, "color": colour, "strokeDash": dash}
    sheet.layer("line", rows, line, interpolate="step-after", strokeWidth=2)
    _at_risk(sheet, data, language, names, looks)
    return finish(sheet, width=WIDTH, height=HEIGHT)


def _at_risk(sheet: Sheet, data: dict[str, Any], language: Language, names: list[str], looks: list[Any]) -> None:
    """The table below the axis: a line of numbers for each curve, on the axis's own scale."""
    top = HEIGHT + 58
    text, left = words("t"), {"value": -22}
    heading = [{"t": language.plain(data["risk_title"])}]
    sheet.layer(
        "text", heading, {"text": text, "x": left, "y": {"value": top}}, align="right", color=MUTED, fontSize=11
    )
    for place, (line, name, look) in enumerate(zip(data["series"], names, looks, strict=True)):
        level = {"value": top + 17 * (place + 1)}
        at = dict(zip(line["time"], line["at_risk"], strict=True))
        counts = [
            {"x": time, "t": numbers.count(at[time]) if at[time] is not None else language.plain(data["below"])}
            for time in data["risk_times"]
            if time in at
        ]
        short = [{"t": name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"}]
        bold = {"align": "right", "color": look[0], "fontSize": 11, "fontWeight": "bold"}
        sheet.layer("text", short, {"text": text, "x": left, "y": level}, **bold)
        sheet.layer("text", counts, {"text": text, "x": quantity("x"), "y": level}, color=INK, fontSize=11)
