"""How numbers are printed: sensible digits, a true minus sign, thousands apart."""

import math
from collections.abc import Mapping

__all__ = ["FORMATS", "about", "count", "estimate", "interval_parts", "p_value", "share"]

#: Printed where there is no number.
NOTHING = "–"


def count(value: float | None) -> str:
    """1234567 -> 1,234,567."""
    return NOTHING if value is None else _signed(f"{round(value):,}")


def estimate(value: float | None) -> str:
    """Three significant digits, without exponent where the number is of everyday size."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    if not 1e-3 <= abs(value) < 1e6:
        return _signed(f"{value:.2e}")
    return _fixed(value, max(0, 2 - _magnitude(value)))


def p_value(value: float | Mapping[str, float] | None) -> str:
    """0.0421 -> 0.042; 0.00042 -> 4.2e-04; a mapping with ``log10`` is a p-value too small for a double."""
    if value is None:
        return NOTHING
    if isinstance(value, Mapping):
        power = math.floor(value["log10"])
        return f"{10 ** (value['log10'] - power):.1f}e{power:+03d}"
    if value == 0:
        return "0"
    if value < 0.001:
        return f"{value:.1e}"
    return _fixed(value, max(2, 1 - _magnitude(value)))


def share(value: float | None) -> str:
    """0.05 -> 5%; at most one decimal."""
    return NOTHING if value is None else _signed(f"{100 * value:.1f}".removesuffix(".0")) + "%"


def about(value: float | None) -> str:
    """A number that is only roughly known: at most two decimals, no trailing zeros."""
    return NOTHING if value is None else _signed(f"{value:,.2f}".rstrip("0").rstrip("."))


def interval_parts(value: Mapping[str, float | None]) -> tuple[str, str, str]:
    """Estimate, lower and upper limit with the same number of decimals; each for itself where they lie far apart."""
    numbers = [value["estimate"], value["low"], value["high"]]
    known = [abs(one) for one in numbers if one is not None]
    largest, smallest = max(known), min(one for one in [*known, math.inf] if one > 0)
    if not (1e-3 <= largest < 1e6) or (smallest < largest / 100 and min(known) == numbers[1]):
        first, low, high = (estimate(one) for one in numbers)
    else:
        decimals = max(0, 2 - _magnitude(largest))
        if value["low"] is not None and value["high"] is not None and value["high"] > value["low"]:
            # Two digits of the width: a ratio of 1.0041 (1.0022 to 1.0060) is not 1.00
            decimals = min(6, max(decimals, 1 - _magnitude(value["high"] - value["low"])))
        first, low, high = (NOTHING if one is None else _fixed(one, decimals) for one in numbers)
    return first, low, high


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value)))


def _fixed(value: float, decimals: int) -> str:
    return _signed(f"{value:,.{decimals}f}")


def _signed(text: str) -> str:
    """A true minus sign, and none before a zero."""
    if text.startswith("-") and not text.strip("-0.,"):
        return text[1:]
    return text.replace("-", "\u2212", 1) if text.startswith("-") else text


#: The formats a phrase may ask for: ``{n:count}``.
FORMATS = {"about": about, "count": count, "number": estimate, "p": p_value, "q": p_value, "share": share}
