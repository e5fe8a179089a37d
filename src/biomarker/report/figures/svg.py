"""From Vega-Lite to a small, safe SVG that can stand in a page."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup, escape

from biomarker.report.figures.theme import VARIABLES

__all__ = ["drawn", "to_svg"]

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_ELEMENTS = {"svg", "g", "path", "line", "rect", "text", "tspan"}
_ATTRIBUTES = {
    "d", "transform", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "width", "height", "fill", "stroke", "opacity",
    "fill-opacity", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-miterlimit",
    "text-anchor", "font-size", "font-weight",
}  # fmt: skip
_LONG = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
_DOT = re.compile(r"^M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0(?:Z)?$")
_MOVE = re.compile(r"^translate\(([^,]+),([^)]+)\)$")


def to_svg(spec: Mapping[str, Any], *, identity: str, title: str, description: str) -> Markup:
    """Draw a Vega-Lite chart and keep of its SVG what a reader sees.

    Parameters
    ----------
    spec : mapping
        Vega-Lite.
    identity : str
        Unique on the page; names the title and description.
    title, description : str
        Stand for the drawing where it is not seen.

    Returns
    -------
    Markup
        One ``svg`` element without script, style, link or identifier of its own.

    Raises
    ------
    ValueError
        The drawing holds an element that has no place on the page.
    """
    root = ElementTree.fromstring(drawn(spec))
    width, height = (round(float(root.attrib[key])) for key in ("width", "height"))
    inner = "".join(_written(child) for child in root)
    head = (
        f'<svg class="chart" role="img" aria-labelledby="{identity}-title {identity}-desc" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}"><title id="{identity}-title">{escape(title)}</title>'
        f'<desc id="{identity}-desc">{escape(description)}</desc>'
    )
    return Markup(head + inner + "</svg>")


def drawn(spec: Mapping[str, Any]) -> str:
    """A Vega-Lite chart as the SVG that the library makes of it; the page and the paper share one drawing."""
    return _drawn(json.dumps(spec, sort_keys=True))


@cache
def _drawn(spec: str) -> str:
    import vl_convert

    made: str = vl_convert.vegalite_to_svg(spec)
    return made


def _written(node: ElementTree.Element) -> str:
    """One element and what is in it; nothing where nothing would be seen."""
    name = node.tag.removeprefix(_NAMESPACE)
    if name not in _ELEMENTS:
        raise ValueError(f"a drawing holds <{name}>, which has no place on the page")
    if node.get("display") == "none" or (name == "text" and node.get("opacity") == "0"):
        return ""
    if name == "path" and (not node.get("d") or node.get("class") in ("background", "foreground")):
        return ""
    if name == "g":
        inner = _group(node)
        if not inner:
            return ""
    else:
        inner = str(escape(node.text or "")) + "".join(_written(child) for child in node)
    attributes = "".join(
        f' {key}="{_value(key, value)}"'
        for key, value in node.attrib.items()
        if key in _ATTRIBUTES and not _default(key, value)
    )
    if name == "g" and not attributes:
        return inner
    return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"


def _group(node: ElementTree.Element) -> str:
    """A group's content; runs of equal dots become one path, which is a tenth of the size."""
    parts: list[str] = []
    run: list[tuple[float, float]] = []
    look: tuple[str, ...] = ()
    for child in [*node, None]:
        dot = _dot(child) if child is not None else None
        if run and (dot is None or dot[0] != look):
            parts.append(_dots(run, look))
            run = []
        if dot is not None:
            look = dot[0]
            run.append(dot[1])
        elif child is not None:
            parts.append(_written(child))
    return "".join(parts)


def _dot(node: ElementTree.Element) -> tuple[tuple[str, ...], tuple[float, float]] | None:
    """Radius, colour and opacity, and the place of a filled circle; None for anything else."""
    round_ = _DOT.match(node.get("d", ""))
    moved = _MOVE.match(node.get("transform", ""))
    if not round_ or not moved or (node.get("stroke", "none") != "none" and node.get("stroke-width") is None):
        return None
    if not node.get("fill") or node.get("fill") == "none" or node.get("fill") == "transparent":
        return None
    opacity = node.get("opacity") or node.get("fill-opacity") or "1"
    return (round_[1], node.attrib["fill"], opacity), (float(moved[1]), float(moved[2]))


def _dots(places: list[tuple[float, float]], look: tuple[str, ...]) -> str:
    """Dots as strokes of no length with round ends."""
    radius, colour, opacity = look
    path = "".join(f"M{_short(x)},{_short(y)}h0" for x, y in places)
    return (
        f'<path d="{path}" fill="none" stroke="{_colour(colour)}" stroke-linecap="round" '
        f'stroke-width="{_short(2 * float(radius))}" opacity="{opacity}"/>'
    )


def _default(key: str, value: str) -> bool:
    return (key, value) in (("opacity", "1"), ("stroke-width", "1"), ("transform", "translate(0,0)"))


def _value(key: str, value: str) -> str:
    if key in ("fill", "stroke"):
        return _colour(value)
    return str(escape(_LONG.sub(lambda found: _short(float(found[0])), value)))


def _colour(value: str) -> str:
    variable = VARIABLES.get(value.lower())
    return f"var({variable},{value})" if variable else str(escape(value))


def _short(value: float) -> str:
    return (
        f"{value:.1f}".removesuffix(".0").replace("-0", "0") if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")
    )
