"""Arguments that make no sense are refused by name, with the range that is allowed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.errors import ConfigError

__all__ = ["between", "level", "one_of", "power_above", "refuse", "sides", "whole"]

Floats = npt.NDArray[np.float64]


def refuse(name: str, value: Any, allowed: str, hint: str = "") -> ConfigError:
    """The error for one argument: its name, its value, and what is allowed."""
    shown = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return ConfigError(f"{name} is {shown!r}; allowed: {allowed}", hint)


def between(
    name: str, value: Any, low: float = -np.inf, high: float = np.inf, *, closed: str = "", hint: str = ""
) -> float:
    """A finite number between two limits, exclusive unless `closed` names "low", "high" or "both"."""
    words = _range(low, high, closed)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise refuse(name, value, words, hint) from None
    above = number >= low if closed in ("low", "both") else number > low
    below = number <= high if closed in ("high", "both") else number < high
    if not (np.isfinite(number) and above and below):
        raise refuse(name, value, words, hint)
    return number


def _range(low: float, high: float, closed: str) -> str:
    """The range in words."""
    if np.isinf(low) and np.isinf(high):
        return "any finite number"
    if np.isinf(high):
        return f"a number {'of at least' if closed in ('low', 'both') else 'above'} {low:g}"
    if np.isinf(low):
        return f"a number {'of at most' if closed in ('high', 'both') else 'below'} {high:g}"
    from_word = "from" if closed in ("low", "both") else "above"
    to_word = "to" if closed in ("high", "both") else "to below"
    return f"a number {from_word} {low:g} {to_word} {high:g}"


def whole(name: str, value: Any, low: int = 1, high: int | None = None) -> int:
    """A whole number of at least `low`."""
    allowed = f"a whole number of at least {low}" + ("" if high is None else f" and at most {high}")
    try:
        number = int(value)
        exact = not isinstance(value, bool | str) and number == value
    except (TypeError, ValueError, OverflowError):
        raise refuse(name, value, allowed) from None
    if not exact:
        raise refuse(name, value, allowed)
    if number < low or (high is not None and number > high):
        raise refuse(name, value, allowed)
    return number


def sides(value: Any) -> int:
    """1 or 2."""
    return int(one_of("sided", value, (1, 2)))


def one_of(name: str, value: Any, allowed: Sequence[Any]) -> Any:
    """One of a closed list."""
    if value not in allowed:
        raise refuse(name, value, "one of " + ", ".join(repr(item) for item in allowed))
    return value


def level(alpha: Any, sided: int) -> float:
    """The type I error of one side."""
    return between("alpha", alpha, 0.0, 0.5 if sided == 1 else 1.0) / sided


def power_above(power: Any, alpha: float) -> float:
    """A power that a test could need: above its own type I error and below 1."""
    return between("power", power, alpha, 1.0, hint="a power at or below alpha needs no study")
