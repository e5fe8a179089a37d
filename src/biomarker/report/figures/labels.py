"""Where to write names beside points without writing over other names."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Placed", "place"]

_CHARACTER = 6.3  # pixels, of 11-pixel type; a little wide, so that no font runs into its neighbour
_LINE = 13.0
LONGEST = 26


@dataclass(frozen=True)
class Placed:
    """A name at the pixel where its middle goes."""

    text: str
    x: float
    y: float


def place(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    *,
    width: float,
    height: float,
    taken: Sequence[tuple[float, float]] = (),
    blocked: Sequence[tuple[float, float, float, float]] = (),
) -> list[Placed]:
    """Greedily, strongest first: right, left, above, below of the point, then further out; else no name.

    Parameters
    ----------
    points : sequence of (x, y)
        In pixels from the upper left corner of the plot.
    names : sequence of str
    width, height : float
        Of the plot; no name leaves it.
    taken : sequence of (x, y)
        Points that should stay visible.
    blocked : sequence of (left, top, right, bottom)
        Boxes that hold something else.
    """
    boxes = [*blocked, *((x - 4, y - 4, x + 4, y + 4) for x, y in taken)]
    placed = []
    for (x, y), name in zip(points, names, strict=True):
        text = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
        half = len(text) * _CHARACTER / 2
        for dx, dy in _offsets(half):
            box = (x + dx - half, y + dy - _LINE / 2, x + dx + half, y + dy + _LINE / 2)
            inside = box[0] >= 0 and box[2] <= width and box[1] >= 0 and box[3] <= height
            if inside and not any(_overlap(box, other) for other in boxes):
                boxes.append(box)
                placed.append(Placed(text, x + dx, y + dy))
                break
    return placed


def _offsets(half: float) -> list[tuple[float, float]]:
    near = [(half + 8, 0.0), (-half - 8, 0.0), (0.0, -12.0), (0.0, 13.0)]
    corners = [(sx * (half + 6), sy * 10.0) for sy in (-1, 1) for sx in (1, -1)]
    far = [(sx * (half + 8), sy * 20.0) for sy in (-1, 1) for sx in (1, -1)]
    return [*near, *corners, *far]


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
