"""What is measured to say how a patient did, and which way is good for the patient."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from biomarker.errors import InsufficientDataError, SchemaError

__all__ = ["Binary", "Continuous", "Endpoint", "Ordinal", "Survival"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Endpoint:
    """What all endpoints share.

    Attributes
    ----------
    name : str
        The column id, unique in a study.
    label : str
        For display; may repeat.
    values : array (n_subjects,)
        NaN where the endpoint is missing.
    """

    name: str
    label: str
    values: Floats
    type: ClassVar[str]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which subjects have the endpoint."""
        return ~np.isnan(self.values)

    @property
    def good_sign(self) -> int:
        """+1 where a larger value (or the event) is good for the patient, -1 where it is bad."""
        raise NotImplementedError

    def _refuse_constant(self) -> None:
        known = self.values[self.known]
        if len(known) == 0:
            raise InsufficientDataError(f"endpoint {self.name}: no subject has a value")
        if np.all(known == known[0]):
            raise InsufficientDataError(
                f"endpoint {self.name}: all {len(known)} subjects with a value have the same one",
                "Check the column and, for a binary endpoint, the lists of events and non-events.",
            )


@dataclass(frozen=True)
class Binary(Endpoint):
    """Event (1) or not (0)."""

    better: Literal["event", "non_event"] = "event"
    type: ClassVar[str] = "binary"

    def __post_init__(self) -> None:
        known = self.values[self.known]
        if not np.isin(known, (0.0, 1.0)).all():
            raise SchemaError(f"endpoint {self.name}: a binary endpoint holds 0, 1 or missing")
        self._refuse_constant()

    @property
    def good_sign(self) -> int:
        """+1 where the event is good."""
        return 1 if self.better == "event" else -1


@dataclass(frozen=True)
class Continuous(Endpoint):
    """A number with a unit."""

    unit: str = ""
    better: Literal["higher", "lower"] = "higher"
    type: ClassVar[str] = "continuous"

    def __post_init__(self) -> None:
        if np.isinf(self.values).any():
            raise SchemaError(f"endpoint {self.name}: infinite values")
        self._refuse_constant()

    @property
    def good_sign(self) -> int:
        """+1 where higher is good."""
        return 1 if self.better == "higher" else -1


@dataclass(frozen=True)
class Ordinal(Endpoint):
    """Ordered levels, coded 0, 1, 2, ..."""

    levels: tuple[str, ...] = ()
    better: Literal["higher", "lower"] = "higher"
    type: ClassVar[str] = "ordinal"

    def __post_init__(self) -> None:
        known = self.values[self.known]
        if not np.isin(known, np.arange(len(self.levels))).all():
            raise SchemaError(f"endpoint {self.name}: values must be codes of its {len(self.levels)} levels")
        self._refuse_constant()

    @property
    def good_sign(self) -> int:
        """+1 where a higher level is good."""
        return 1 if self.better == "higher" else -1


@dataclass(frozen=True)
class Survival(Endpoint):
    """Time to an event, or to the end of observation.

    ``values`` are times (positive); ``event`` is 1 where the event was seen, 0 where censored, NaN where the time is.
    """

    event: Floats = field(kw_only=True)
    unit: str = ""
    better: Literal["longer", "shorter"] = "longer"
    type: ClassVar[str] = "survival"

    def __post_init__(self) -> None:
        if self.event.shape != self.values.shape:
            raise SchemaError(f"endpoint {self.name}: times and events differ in length")
        known = self.known
        if np.isnan(self.event[known]).any() or not np.isnan(self.event[~known]).all():
            raise SchemaError(f"endpoint {self.name}: a time without event status, or the other way round")
        if (self.values[known] <= 0).any():
            raise SchemaError(f"endpoint {self.name}: times must be positive")
        if np.isinf(self.values).any():
            raise SchemaError(f"endpoint {self.name}: infinite times")
        if not np.isin(self.event[known], (0.0, 1.0)).all():
            raise SchemaError(f"endpoint {self.name}: event status must be 0 or 1")
        if not self.event[known].any():
            raise InsufficientDataError(f"endpoint {self.name}: no event among {int(known.sum())} subjects")

    @property
    def good_sign(self) -> int:
        """Sign of a log hazard ratio that is good: -1 where longer is better (a lower hazard is good)."""
        return -1 if self.better == "longer" else 1
