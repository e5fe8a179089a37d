"""A linear or logarithmic axis as a plain map between values and pixels, for placing names."""

import math
from dataclasses import dataclass

__all__ = ["Axis"]


@dataclass(frozen=True)
class Axis:
    """From ``low`` at pixel 0 to ``high`` at pixel ``length``; upwards where ``rising`` (as y axes are)."""

    low: float
    high: float
    length: float
    log: bool = False
    rising: bool = False

    def pixel(self, value: float) -> float:
        """Where a value lies."""
        share = (self._flat(value) - self._flat(self.low)) / (self._flat(self.high) - self._flat(self.low))
        return self.length * (1 - share if self.rising else share)

    def value(self, pixel: float) -> float:
        """The value at a pixel."""
        share = pixel / self.length
        flat = self._flat(self.low) + (1 - share if self.rising else share) * (
            self._flat(self.high) - self._flat(self.low)
        )
        return math.exp(flat) if self.log else flat

    def _flat(self, value: float) -> float:
        return math.log(value) if self.log else value
