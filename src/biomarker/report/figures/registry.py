"""The kinds of drawing. A further one is one file beside this one and one line here."""

from collections.abc import Callable
from typing import Any

from biomarker.report.figures import bars, contrast_map, curves, forest, formula_map, heat, lines, volcano
from biomarker.report.words.say import Language

__all__ = ["FIGURES"]

#: From a chart's data and a language to Vega-Lite.
FIGURES: dict[str, Callable[[dict[str, Any], Language], dict[str, Any]]] = {
    "bars": bars.draw,
    "contrast_map": contrast_map.draw,
    "curves": curves.draw,
    "forest": forest.draw,
    "formula_map": formula_map.draw,
    "heat": heat.draw,
    "lines": lines.draw,
    "volcano": volcano.draw,
}
