"""Images of immunoassay plates with known concentrations and planted artefacts: the truth a reader is judged by."""

from dataclasses import dataclass

import numpy as np

__all__ = ["ARTEFACTS", "Plate", "draw_plate"]

ARTEFACTS = ("focus", "saturation", "bubble", "edge")
PITCH, RADIUS = 48, 12.0  # pixels
FULL_SCALE = 65_535
BACKGROUND, GRADIENT = 0.03, 0.02  # of the full scale, and its change across the plate
BOTTOM, TOP, MIDDLE, HILL = 0.004, 0.80, 60.0, 1.15  # of the true response to a concentration
READ_NOISE, SHOT_NOISE, WELL_SPREAD = 0.0012, 0.004, 0.03


@dataclass(frozen=True)
class Plate:
    """An image and what is in it.

    Attributes
    ----------
    image : ndarray of uint16 (height, width)
    concentration : ndarray (rows, columns)
        0 for a blank.
    artefact : ndarray of str (rows, columns)
        Empty where the spot is in order.
    """

    image: np.ndarray
    concentration: np.ndarray
    artefact: np.ndarray


def draw_plate(concentration: np.ndarray, artefact: np.ndarray, generator: np.random.Generator) -> Plate:
    """Draw discs on a sloping background, spoil some, add noise.

    Parameters
    ----------
    concentration : ndarray (rows, columns)
        Not negative.
    artefact : ndarray of str (rows, columns)
        One of `ARTEFACTS`, or empty.
    generator : numpy.random.Generator
    """
    rows, columns = concentration.shape
    v, u = np.mgrid[0 : rows * PITCH, 0 : columns * PITCH].astype(float)
    light = BACKGROUND + GRADIENT * (u / u.max() + v / v.max()) / 2
    for r in range(rows):
        for c in range(columns):
            with np.errstate(divide="ignore"):
                signal = BOTTOM + TOP / (1 + (MIDDLE / concentration[r, c]) ** HILL) if concentration[r, c] else BOTTOM
            near = tuple(slice(max(0, (k - 1) * PITCH), (k + 2) * PITCH) for k in (r, c))
            strength, kind = signal * generator.lognormal(0, WELL_SPREAD), str(artefact[r, c])
            light[near] += _disc(strength, r, c, kind, v[near], u[near], generator)
    light += SHOT_NOISE * np.sqrt(light) * generator.standard_normal(light.shape)
    light += READ_NOISE * generator.standard_normal(light.shape)
    image = np.clip(np.rint(light * FULL_SCALE), 0, FULL_SCALE).astype(np.uint16)
    return Plate(image, concentration, artefact)


def _disc(
    signal: float, r: int, c: int, artefact: str, v: np.ndarray, u: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Light of one spot over the wells around it."""
    angle = generator.uniform(0, 2 * np.pi)
    away = 0.33 * PITCH if artefact == "edge" else generator.uniform(0, 2.0)
    y = (r + 0.5) * PITCH - 0.5 + away * np.sin(angle)
    x = (c + 0.5) * PITCH - 0.5 + away * np.cos(angle)
    distance = np.hypot(v - y, u - x)
    softness = 3.2 if artefact == "focus" else 0.45
    disc = 1 / (1 + np.exp(np.clip((distance - RADIUS) / softness, -50, 50)))
    if artefact == "bubble":
        size, turn = generator.uniform(0.38, 0.55) * RADIUS, generator.uniform(0, 2 * np.pi)
        far = generator.uniform(0.2, 0.6) * RADIUS
        hole = np.hypot(v - y - far * np.sin(turn), u - x - far * np.cos(turn)) < size
        disc = np.where(hole, generator.uniform(0.1, 0.3) * disc, disc)
    return disc * (1.6 if artefact == "saturation" else signal)
