"""What a study file says of its clinical records: which dates, limits, doses, visits and criteria hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from biomarker.errors import ConfigError

__all__ = ["FIRST_DOSE", "ROLES", "STANDARD", "Criterion", "Plausible", "RecordChecks", "VisitPlan"]

#: Dates and arms of the subject table that checks of records use.
ROLES = ("birth", "consent", "begin", "finish", "death", "planned", "actual")
#: Columns of the day on which treatment began, by standard: that of the first dose first.
FIRST_DOSE: Mapping[str, tuple[str, ...]] = {"sdtm": ("RFXSTDTC", "RFSTDTC"), "adam": ("TRTSDT",)}
#: What the standards call them.
STANDARD: Mapping[str, Mapping[str, str]] = {
    "sdtm": dict(zip(ROLES, ("BRTHDTC", "RFICDTC", "RFSTDTC", "RFXENDTC", "DTHDTC", "ARM", "ACTARM"), strict=True)),
    "adam": dict(zip(ROLES, ("BRTHDT", "RFICDT", "TRTSDT", "TRTEDT", "DTHDT", "TRT01P", "TRT01A"), strict=True)),
    "omop": {"birth": "year_of_birth", "begin": "index_date", "death": "death_date"},
    "fhir": {"birth": "birth_year", "begin": "index_date", "death": "death_date"},
}


@dataclass(frozen=True, kw_only=True)
class Plausible:
    """Limits of a test's values."""

    low: float | None = field(default=None, metadata={"doc": "Smallest value that can be."})
    high: float | None = field(default=None, metadata={"doc": "Largest value that can be."})
    unit: str | None = field(
        default=None, metadata={"doc": "The unit that the values must have, and that the limits are in."}
    )

    def __post_init__(self) -> None:
        _in_order("quality.records.ranges", self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class VisitPlan:
    """Days of planned visits."""

    days: tuple[int, ...] = field(metadata={"doc": "Days from day 0 on which visits are planned."})
    allowed: int = field(default=3, metadata={"doc": "Days before and after that still are in the visit's window."})

    def __post_init__(self) -> None:
        if not self.days or self.allowed < 0:
            raise ConfigError("quality.records.visits: no days, or `allowed` below 0", "For example days: [0, 28, 56].")


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """What a subject must be to be eligible."""

    low: float | None = field(default=None, metadata={"doc": "Smallest number that is eligible."})
    high: float | None = field(default=None, metadata={"doc": "Largest number that is eligible."})
    values: tuple[str, ...] = field(default=(), metadata={"doc": "Values of the column that are eligible."})

    def __post_init__(self) -> None:
        _in_order("quality.records.eligibility", self.low, self.high)
        if (self.low is None and self.high is None) == (not self.values):
            raise ConfigError(
                "quality.records.eligibility: a criterion needs either limits or values",
                "For example AGE: {low: 18} or SEX: {values: [F]}.",
            )


@dataclass(frozen=True, kw_only=True)
class RecordChecks:
    """What is checked in clinical records. A date that the study file does not name has the name of its standard."""

    birth: str | None = field(default=None, metadata={"doc": "Column of the subject table: date or year of birth."})
    consent: str | None = field(default=None, metadata={"doc": "Column of the date of informed consent."})
    begin: str | None = field(default=None, metadata={"doc": "Column of the date on which treatment began."})
    finish: str | None = field(default=None, metadata={"doc": "Column of the date on which treatment ended."})
    death: str | None = field(default=None, metadata={"doc": "Column of the date of death."})
    planned: str | None = field(default=None, metadata={"doc": "Column of the arm as planned."})
    actual: str | None = field(default=None, metadata={"doc": "Column of the arm as received."})
    cut: str | None = field(
        default=None, metadata={"doc": "Day on which the data were cut (YYYY-MM-DD): no record is from later."}
    )
    ranges: dict[str, Plausible] = field(
        default_factory=dict, metadata={"doc": "By test, the unit and the limits within which values can be."}
    )
    doses: dict[str, dict[str, tuple[float, ...]]] = field(
        default_factory=dict,
        metadata={"doc": "By modality of exposure and by arm, the doses that are planned; of no arm else is it asked."},
    )
    visits: dict[str, VisitPlan] = field(
        default_factory=dict, metadata={"doc": "By modality, on which days visits are planned."}
    )
    eligibility: dict[str, Criterion] = field(
        default_factory=dict,
        metadata={"doc": "By column of the subject table, or by feature (`labs:HGB.baseline`), what is eligible."},
    )

    def first_dose(self, type: str) -> tuple[str, ...]:
        """Columns that may hold the day on which treatment began, the likeliest first."""
        return FIRST_DOSE.get(type, ()) if self.begin is None else (self.begin,)

    def columns(self, type: str) -> dict[str, str]:
        """Column of each role: as the study file says, else as the standard calls it."""
        named = {role: getattr(self, role) for role in ROLES if getattr(self, role) is not None}
        return {**STANDARD.get(type, {}), **named}


def _in_order(key: str, low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ConfigError(f"{key}: low: {low:g} is above high: {high:g}", "Exchange them.")
