"""Numbers that are taken for granted: each with where it comes from and, where it is known, how sure it is."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from biomarker.config.base import Contradiction, Section

__all__ = ["Amount", "Inside", "Number", "Positive", "Quantity", "Share", "known"]


class Quantity(Section):
    """A number with its 95% interval and its source; a bare number is one that is assumed."""

    value: float = Field(description="The number itself.")
    low: float | None = Field(None, description="Lower limit of its 95% interval.")
    high: float | None = Field(None, description="Upper limit of its 95% interval.")
    source: Literal["measured", "assumed", "literature"] = Field("assumed", description="Where it comes from.")
    note: str = Field("", description="Citation or reason, printed beside it.")

    @model_validator(mode="after")
    def _interval_holds_the_value(self) -> "Quantity":
        if (self.low is None) != (self.high is None):
            raise Contradiction("low, high", "one of the two", "both, or neither")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise Contradiction(
                "value", f"{self.value:g} outside {self.low:g} to {self.high:g}", "a value within its interval"
            )
        return self


def _within(words: str, allowed: Callable[[float], bool]) -> AfterValidator:
    def check(given: Any) -> Any:
        for value in (given.value, given.low, given.high) if isinstance(given, Quantity) else (given,):
            if value is not None and not allowed(value):
                raise ValueError(words)
        return given

    return AfterValidator(check)


Number = float | Quantity
Share = Annotated[float | Quantity, _within("a number from 0 to 1", lambda x: 0 <= x <= 1)]
Inside = Annotated[float | Quantity, _within("a number above 0 and below 1", lambda x: 0 < x < 1)]
Positive = Annotated[float | Quantity, _within("a number above 0", lambda x: 0 < x < 1e15)]
Amount = Annotated[float | Quantity, _within("a number of at least 0", lambda x: 0 <= x < 1e15)]


def known(given: float | Quantity | None) -> dict[str, Any] | None:
    """Value, limits, source and note as plain values; None where nothing is given."""
    if given is None:
        return None
    quantity = given if isinstance(given, Quantity) else Quantity(value=given)
    return quantity.model_dump()
