"""Arguments of functions called by hand: refused with the argument's name, the value and the allowed range."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.errors import ConfigError

__all__ = ["choice", "names_of", "numbers", "probabilities", "scalar", "whole"]

Floats = npt.NDArray[np.float64]


def numbers(
    name: str,
    value: Any,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    exclusive: str = "",
    ndim: int | Sequence[int] | None = None,
    hint: str = "",
) -> Floats:
    """The argument as finite double precision within a range.

    Parameters
    ----------
    name : str
        What the caller named it.
    value : array_like
    low, high : float
        Allowed range.
    exclusive : {"", "low", "high", "both"}
        Which ends are not allowed themselves.
    ndim : int or several, optional
        Allowed numbers of dimensions.
    hint : str
        What the caller can do.

    Raises
    ------
    ConfigError
        Not numbers, not finite, outside the range (the first such value and its place are named), or of another shape.
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name} is not an array of numbers ({error})", hint) from error
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if allowed is not None and array.ndim not in allowed:
        expected = " or ".join(str(n) for n in allowed)
        raise ConfigError(f"{name} has {array.ndim} dimensions (shape {array.shape}), expected {expected}", hint)
    bad = ~np.isfinite(array) | (array < low) | (array > high)
    if exclusive in ("low", "both"):
        bad |= array == low
    if exclusive in ("high", "both"):
        bad |= array == high
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        where = f"[{', '.join(map(str, place))}]" if place else ""
        raise ConfigError(f"{name}{where} is {array[place]:g}, expected {_range(low, high, exclusive)}", hint)
    return array


def _range(low: float, high: float, exclusive: str) -> str:
    """An allowed range in words."""
    above = "above" if exclusive in ("low", "both") else "at least"
    below = "below" if exclusive in ("high", "both") else "at most"
    parts = [f"{above} {low:g}"] if low > -math.inf else []
    parts += [f"{below} {high:g}"] if high < math.inf else []
    return "a finite number" + (" " + " and ".join(parts) if parts else "")


def probabilities(name: str, value: Any, *, exclusive: str = "", hint: str = "") -> Floats:
    """The argument as probabilities within [0, 1] (ends excluded as `exclusive` says)."""
    return numbers(name, value, low=0.0, high=1.0, exclusive=exclusive, hint=hint)


def scalar(
    name: str,
    value: Any,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    exclusive: str = "",
    hint: str = "",
) -> float:
    """The argument as one finite number within a range."""
    return float(numbers(name, value, low=low, high=high, exclusive=exclusive, ndim=0, hint=hint))


def whole(name: str, value: Any, *, low: int, hint: str = "") -> int:
    """The argument as a whole number of at least `low`."""
    number = scalar(name, value, low=low, hint=hint)
    if number != int(number):
        raise ConfigError(f"{name} is {number:g}, expected a whole number of at least {low}", hint)
    return int(number)


def choice(name: str, value: str, options: Sequence[str]) -> str:
    """One of the named options."""
    if value not in options:
        raise ConfigError(f"{name} is {value!r}, expected one of {', '.join(options)}")
    return value


def names_of(name: str, value: Sequence[str] | None, n: int, *, word: str) -> tuple[str, ...]:
    """`n` distinct names; without any, ``word 1, word 2, ...``."""
    if value is None:
        return tuple(f"{word} {i + 1}" for i in range(n))
    given = tuple(str(v) for v in value)
    if len(given) != n:
        raise ConfigError(f"{name} holds {len(given)} names, expected {n}")
    if len(set(given)) != n:
        raise ConfigError(f"{name} holds a name twice: {', '.join(given)}")
    return given
