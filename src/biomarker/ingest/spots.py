"""Spots of a plate in an image: how bright each is, and whether it can be believed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spot", "SpotLimits", "find_spots"]

Floats = NDArray[np.float64]

#: Spreads of the background above which there is a spot that can be judged.
VISIBLE = 8.0


@dataclass(frozen=True, kw_only=True)
class SpotLimits:
    """When a spot is flagged.

    Attributes
    ----------
    radius : float
        Of a spot, as a share of the distance between wells.
    sharpness : float
        Least slope of the edge, as a share of the contrast a pixel.
    saturated : float
        Largest share of the spot's pixels at the top of the scale.
    solidity : float
        Least share of its convex hull that the spot fills: a bubble is a hole or a bite.
    offset : float
        Largest distance of the spot from its well's centre, as a share of the distance between wells.
    """

    radius: float = 0.25
    sharpness: float = 0.17
    saturated: float = 0.02
    solidity: float = 0.93
    offset: float = 0.15


@dataclass(frozen=True)
class Spot:
    """One well: brightness above the background around it (share of the full scale), and what is wrong with it."""

    row: int
    column: int
    intensity: float
    flags: tuple[str, ...]


def find_spots(image: Floats, *, rows: int, columns: int, limits: SpotLimits) -> tuple[Spot, ...]:
    """Measure the spot of each well.

    The image is cut into ``rows x columns`` wells. In each the background is the median of what lies farther than 0.45
    wells from the centre; the spot is the largest connected part above half its contrast, on the image smoothed by one
    pixel. Intensity is the mean of the raw image within four fifths of the spot's radius around the spot's centre, less
    the background; where nothing is visible, around the well's centre.

    Parameters
    ----------
    image : array (height, width)
        0 black to 1, the top of the scale.
    rows, columns : int
    limits : SpotLimits

    Returns
    -------
    tuple of Spot
        Row by row. ``flags`` among ``focus, saturation, bubble, edge``; a spot too faint to be judged has none.
    """
    from skimage.filters import gaussian

    height, width = image.shape[0] / rows, image.shape[1] / columns
    smooth = gaussian(image, sigma=1.0, mode="nearest", preserve_range=True)
    slope = np.hypot(*np.gradient(smooth))
    return tuple(
        _spot(image, smooth, slope, (row, column), (height, width), limits)
        for row in range(rows)
        for column in range(columns)
    )


def _spot(
    image: Floats, smooth: Floats, slope: Floats, at: tuple[int, int], pitch: tuple[float, float], limits: SpotLimits
) -> Spot:
    from skimage.measure import label, regionprops

    top, left = round(at[0] * pitch[0]), round(at[1] * pitch[1])
    window = (slice(top, round((at[0] + 1) * pitch[0])), slice(left, round((at[1] + 1) * pitch[1])))
    raw, level, steep = image[window], smooth[window], slope[window]
    y, x = np.indices(raw.shape, dtype=np.float64)
    centre = (raw.shape[0] - 1) / 2, (raw.shape[1] - 1) / 2
    size = min(pitch)
    ring = np.hypot(y - centre[0], x - centre[1]) > 0.45 * size
    background = float(np.median(level[ring]))
    noise = max(float(np.median(np.abs(level[ring] - background))) * 1.4826, 1e-6)
    bright = float(np.quantile(level, 1 - 0.5 * np.pi * limits.radius**2))
    middle, flags = centre, []
    if bright - background > VISIBLE * noise:
        mask = label(level > background + 0.5 * (bright - background))
        parts = regionprops(mask)
        spot = max(parts, key=lambda part: part.area)
        middle = spot.centroid
        inside = mask == spot.label
        contrast = bright - background
        if float(np.quantile(steep[inside], 0.95)) / contrast < limits.sharpness:
            flags.append("focus")
        if float((raw[inside] >= 0.995).mean()) > limits.saturated:
            flags.append("saturation")
        if spot.solidity < limits.solidity:
            flags.append("bubble")
        touches = inside[0].any() or inside[-1].any() or inside[:, 0].any() or inside[:, -1].any()
        if touches or np.hypot(middle[0] - centre[0], middle[1] - centre[1]) > limits.offset * size:
            flags.append("edge")
    disk = np.hypot(y - middle[0], x - middle[1]) <= 0.8 * limits.radius * size
    return Spot(*at, float(raw[disk].mean()) - float(np.median(raw[ring])), tuple(flags))
