"""Arguments of functions called by hand: refused with the argument's name, the value and the allowed range."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.arrays import to_host
from biomarker.errors import BiomarkerError, ConfigError, DataError, InsufficientDataError

__all__ = ["binary", "choice", "data", "names_of", "numbers", "probabilities", "scalar", "whole"]

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
    error: type[BiomarkerError] = ConfigError,
) -> Floats:
    """The argument on the host as finite double precision within a range.

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
    error : type
        What is raised.

    Raises
    ------
    ConfigError or `error`
        Not numbers, not finite, outside the range (the first such value and its place are named), or of another shape.
    """
    try:
        array = np.asarray(to_host(value), dtype=np.float64)
    except (TypeError, ValueError) as cause:
        raise error(f"{name} is not an array of numbers ({cause})", hint) from cause
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if allowed is not None and array.ndim not in allowed:
        expected = " or ".join(str(n) for n in allowed)
        raise error(f"{name} has {array.ndim} dimensions (shape {array.shape}), expected {expected}", hint)
    bad = ~np.isfinite(array) | (array < low) | (array > high)
    if exclusive in ("low", "both"):
        bad |= array == low
    if exclusive in ("high", "both"):
        bad |= array == high
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        where = f"[{', '.join(map(str, place))}]" if place else ""
        raise error(f"{name}{where} is {array[place]:g}, expected {_range(low, high, exclusive)}", hint)
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


def data(name: str, value: Any, *, n: int | None = None, low: float = -math.inf) -> Floats:
    """Complete measurements of subjects, (n_subjects,), on the host.

    Raises
    ------
    DataError
        Missing or infinite values, one below `low`, another length than `n`, or no subject at all.
    """
    array = numbers(
        name, value, low=low, ndim=1, error=DataError, hint="Leave subjects without a value out beforehand."
    )
    if n is not None and array.size != n:
        raise DataError(f"{name} holds {array.size} subjects, expected {n}")
    if array.size == 0:
        raise InsufficientDataError(f"{name} is empty, expected at least one subject")
    return array


def binary(name: str, value: Any, *, n: int | None = None, both: bool = False) -> npt.NDArray[np.bool_]:
    """Complete 0/1 values of subjects as booleans.

    Parameters
    ----------
    both : bool
        Whether each value must occur.

    Raises
    ------
    DataError
        A value is neither 0 nor 1, or one of them does not occur although both are needed.
    """
    array = data(name, value, n=n)
    if not np.all((array == 0) | (array == 1)):
        raise DataError(f"{name} holds {array[(array != 0) & (array != 1)][0]:g}, expected 0 and 1 only")
    chosen = np.asarray(array == 1)
    if both and (chosen.all() or not chosen.any()):
        raise InsufficientDataError(f"{name} is {array[0]:g} for all subjects, expected both 0 and 1 to occur")
    return chosen
