"""What all drawings share: colours, type, axes.

The colours are those of Okabe and Ito, told apart by colour-blind readers; shapes and dashes repeat what they say, for
print in grey. Each stands for a variable of the page's style, so that the same drawing is right on dark paper.
"""

import math
from collections.abc import Sequence
from typing import Any

__all__ = [
    "BLUE",
    "GREEN",
    "GRID",
    "INK",
    "MUTED",
    "PAPER",
    "POINT",
    "PURPLE",
    "VARIABLES",
    "VERMILION",
    "Sheet",
    "finish",
    "quantity",
    "ratio_ticks",
    "words",
]

INK = "#1c2733"
MUTED = "#556472"
GRID = "#e4e9ee"
POINT = "#98a5b2"
PAPER = "#ffffff"
BLUE = "#0072b2"
VERMILION = "#d55e00"
GREEN = "#009e73"
PURPLE = "#aa4499"

VARIABLES = {
    INK: "--f-ink",
    MUTED: "--f-muted",
    GRID: "--f-grid",
    POINT: "--f-point",
    PAPER: "--f-paper",
    BLUE: "--f-blue",
    VERMILION: "--f-vermilion",
    GREEN: "--f-green",
    PURPLE: "--f-purple",
}

FONT = "Helvetica, Arial, DejaVu Sans, sans-serif"
_TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0)


Spec = dict[str, Any]


class Sheet:
    """A drawing in Vega-Lite's own words: its layers from the bottom up, and the rows they show, each list stored once.

    Plain dictionaries: a library that builds and checks them takes longer than the drawing itself.
    """

    def __init__(self) -> None:
        self.layers: list[Spec] = []
        self.datasets: dict[str, list[Spec]] = {}

    def layer(self, mark: str, rows: list[Spec], encoding: Spec, *, only: str = "", **look: Any) -> None:
        """Put a layer on top: a mark for each row, or each for which the expression ``only`` is true."""
        made: Spec = {"mark": {"type": mark, **look}, "data": {"name": self._name(rows)}, "encoding": encoding}
        if only:
            made["transform"] = [{"filter": only}]
        self.layers.append(made)

    def _name(self, rows: list[Spec]) -> str:
        for name, known in self.datasets.items():
            if known is rows:
                return name
        name = f"rows{len(self.datasets)}"
        self.datasets[name] = rows
        return name


def quantity(field: str, **settings: Any) -> Spec:
    """A column of numbers on an axis."""
    return {"field": field, "type": "quantitative", **settings}


def words(field: str, **settings: Any) -> Spec:
    """A column of names, or of text to be written."""
    return {"field": field, "type": "nominal", **settings}


def finish(sheet: Sheet, *, width: int, height: int) -> Spec:
    """The drawing as Vega-Lite in the house style."""
    return {
        "width": width,
        "height": height,
        "padding": 4,
        "layer": sheet.layers,
        "datasets": sheet.datasets,
        "config": {
            "background": "transparent",
            "font": FONT,
            "view": {"stroke": None},
            "axis": {
                "labelColor": MUTED,
                "titleColor": INK,
                "labelFontSize": 11,
                "titleFontSize": 12,
                "titleFontWeight": "normal",
                "titlePadding": 8,
                "domainColor": MUTED,
                "tickColor": MUTED,
                "tickSize": 4,
                "gridColor": GRID,
                "labelPadding": 4,
            },
            "legend": {
                "labelColor": INK,
                "titleColor": INK,
                "labelFontSize": 12,
                "symbolStrokeWidth": 1.5,
                "labelLimit": 260,
            },
        },
    }


def ratio_ticks(low: float, high: float, *, most: int = 7) -> list[float]:
    """Round ratios between two limits: 1 and as many others as fit, the same on both sides of it."""
    below = [tick for tick in _TICKS if low <= tick < 1]
    above = [round(1 / tick, 3) for tick in _TICKS if 1 < 1 / tick <= high]
    above = [
        nice for nice in (1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0) if nice <= high
    ]
    chosen = sorted({*_spaced(below, most // 2), 1.0, *_spaced(above, most // 2)})
    return chosen


def _spaced(ticks: Sequence[float], most: int) -> list[float]:
    """At most so many ticks, away from 1 and from each other on the logarithmic axis."""
    kept: list[float] = []
    if not ticks:
        return kept
    reach = max(abs(math.log(tick)) for tick in ticks)
    for tick in sorted(ticks, key=lambda tick: -abs(math.log(tick))):
        near = [0.0, *(math.log(other) for other in kept)]
        if all(abs(math.log(tick) - other) >= reach / (most + 0.5) for other in near):
            kept.append(tick)
    return kept
