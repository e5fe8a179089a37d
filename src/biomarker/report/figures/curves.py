"""Draws Kaplan-Meier curves with the numbers at risk below."""

from typing import Any

from biomarker.report.figures.theme import BLUE, GREEN, INK, MUTED, PURPLE, VERMILION, Sheet, finish
from biomarker.report.words import numbers
from biomarker.report.words.say import Language

__all__ = ["draw"]

WIDTH, HEIGHT = 370, 230
#: Colour and dash of the first, second ... line, which keep their meaning over both drawings of a panel.
LOOKS = ((BLUE, [1, 0]), (VERMILION, [6, 3]), (GREEN, [2, 2]), (PURPLE, [8, 3, 2, 3]))
LONGEST = 14


def draw(data: dict[str, Any], language: Language) -> dict[str, Any]:
    """Vega-Lite of the curves of one group or arm (see `report.sections.curves` for the data)."""
    import altair as alt

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
    x = alt.X(
        "x:Q",
        title=language.plain(data["x_title"]),
        scale=alt.Scale(domain=[0, end], nice=False),
        axis=alt.Axis(grid=False, tickCount=6),
    )
    y = alt.Y(
        "y:Q",
        title=language.plain(data["y_title"]),
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    legend = alt.Legend(
        title=None, orient="top", symbolType="stroke", symbolOpacity=1, symbolSize=400, symbolStrokeWidth=2
    )
    color = alt.Color("line:N", scale=alt.Scale(domain=names, range=[look[0] for look in looks]), legend=legend)
    dash = alt.StrokeDash("line:N", scale=alt.Scale(domain=names, range=[look[1] for look in looks]), legend=legend)
    base = sheet.chart(rows).encode(x=x)
    band = base.mark_area(interpolate="step-after", opacity=0.13).encode(
        y=alt.Y("low:Q"), y2=alt.Y2("high"), color=color
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=2).encode(y=y, color=color, strokeDash=dash)
    return finish(
        sheet, alt.layer(band, line, *_at_risk(sheet, data, language, names, looks)), width=WIDTH, height=HEIGHT
    )


def _at_risk(sheet: Sheet, data: dict[str, Any], language: Language, names: list[str], looks: list[Any]) -> list[Any]:
    """The table below the axis: a line of numbers for each curve, on the axis's own scale."""
    import altair as alt

    x = alt.X("x:Q")
    top = HEIGHT + 58
    heading = sheet.chart([{"t": language.plain(data["risk_title"])}])
    layers = [
        heading.mark_text(align="right", color=MUTED, fontSize=11).encode(
            text=alt.Text("t:N"), x=alt.XValue(-22), y=alt.YValue(top)
        )
    ]
    for place, (line, name, look) in enumerate(zip(data["series"], names, looks, strict=True)):
        level = alt.YValue(top + 17 * (place + 1))
        at = dict(zip(line["time"], line["at_risk"], strict=True))
        counts = [
            {"x": time, "t": numbers.count(at[time]) if at[time] is not None else language.plain(data["below"])}
            for time in data["risk_times"]
            if time in at
        ]
        short = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
        layers += [
            sheet.chart([{"t": short}])
            .mark_text(align="right", color=look[0], fontSize=11, fontWeight="bold")
            .encode(text=alt.Text("t:N"), x=alt.XValue(-22), y=level),
            sheet.chart(counts).mark_text(color=INK, fontSize=11).encode(text=alt.Text("t:N"), x=x, y=level),
        ]
    return layers
