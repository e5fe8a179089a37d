"""Endpoints ``from`` a data set of a clinical standard, or any other file than that of the subjects."""

from typing import Literal

from pydantic import Field, model_validator

from biomarker.config.base import Contradiction, Section
from biomarker.config.endpoints import Code, EventColumn

__all__ = ["FROM_MODELS", "BinaryFrom", "ContinuousFrom", "SurvivalFrom"]

#: Data sets in which an event is that a subject has a row.
OCCURRENCES = ("adae", "adcm", "admh", "ae", "ds", "cm", "mh", "ce")
Standard = Literal[
    "table",
    "diary",
    "adtte",
    "adrs",
    "adlb",
    "advs",
    "adqs",
    "adeff",
    "adae",
    "adcm",
    "admh",
    "ae",
    "ds",
    "cm",
    "mh",
    "ce",
]


class _From(Section):
    """What all endpoints of a file of their own have in common."""

    name: str = Field(description="Name of the endpoint, unique in the study.")
    label: str | None = Field(None, description="Name for display.")
    from_: Standard = Field(
        alias="from",
        description="Which data set it is: of analysis data (ADTTE, ADRS, ADLB, ...) or of collected ones (AE, DS, "
        "...); `table` is any other file.",
    )
    path: str = Field(description="The file, relative to the study file: SAS XPORT, Dataset-JSON or any table.")
    id: str = Field("USUBJID", description="Its column of the subject's id.")
    param: str | None = Field(None, description="The parameter (PARAMCD) that is meant.")
    where: dict[str, tuple[Code, ...]] = Field(
        {},
        description='Rows that are meant, by the values of a column; `""` is an empty cell. Rows derived from others '
        "(DTYPE) are left out unless it speaks of them.",
    )

    @property
    def occurrence(self) -> bool:
        """Whether the event is that there is a row."""
        return self.from_ in OCCURRENCES

    @property
    def rows(self) -> dict[str, tuple[str, ...]]:
        """`where`, with the parameter."""
        return {**({"PARAMCD": (self.param,)} if self.param else {}), **self.where}

    @model_validator(mode="after")
    def _no_leakage_by_a_parameter(self) -> "_From":
        if self.occurrence and self.param is not None:
            raise Contradiction("param", repr(self.param), "`where`: this data set has no parameters")
        return self


class SurvivalFrom(_From):
    """A time to event of ADTTE, or of another file."""

    type: Literal["survival"] = Field("survival", description="Time to an event.")
    time: str = Field("AVAL", description="Column of the time to event or end of observation.")
    event: EventColumn = Field(
        EventColumn(column="CNSR", value=("0",), censored="*"),
        description="Column of the event status; CNSR is 0 where the event was seen.",
    )
    unit: str = Field("days", description="Unit of the time.")
    better: Literal["longer", "shorter"] = Field(description="What is good for the patient.")


class BinaryFrom(_From):
    """An event of ADRS, of records of occurrence (ADAE, AE, ...) or of another file."""

    type: Literal["binary"] = Field("binary", description="An event that happens or not.")
    column: str = Field("AVALC", description="Column of the result.")
    event: tuple[Code, ...] = Field((), description="Values that are an event; none where having a row is the event.")
    non_event: tuple[Code, ...] = Field((), description="Values that are none.")
    better: Literal["event", "non_event"] = Field(description="What is good for the patient.")

    @model_validator(mode="after")
    def _values_or_occurrence(self) -> "BinaryFrom":
        if self.occurrence and (self.event or self.non_event):
            raise Contradiction("event", "values", "`where`: in this data set the event is that a subject has a row")
        if not self.occurrence and not (self.event and self.non_event):
            raise Contradiction("event", "nothing", "the values that are an event, and `non_event`")
        return self


class ValueSetSection(Section):
    """What each level of each item takes from an index of 1."""

    path: str = Field(description="A table with the columns item, level and decrement.")


class ContinuousFrom(_From):
    """A number of ADLB and the like, one value a subject; of a diary the mean index of quality of life."""

    type: Literal["continuous"] = Field("continuous", description="A number.")
    column: str = Field("AVAL", description="Column of the value: AVAL, CHG.")
    value_set: ValueSetSection | None = Field(
        None, description="Of a diary: decrements by item and level, which make the index; `where` chooses the visit."
    )
    unit: str = Field(description="Unit of the column.")
    better: Literal["higher", "lower"] = Field(description="What is good for the patient.")

    @model_validator(mode="after")
    def _a_diary_has_a_value_set(self) -> "ContinuousFrom":
        if (self.from_ == "diary") != (self.value_set is not None):
            given = "nothing" if self.value_set is None else "a value set"
            raise Contradiction("value_set", given, "a value set where it is `from: diary`, and only there")
        return self


#: Sections of endpoints with a file of their own, by ``type``.
FROM_MODELS: dict[str, type[Section]] = {
    "binary": BinaryFrom,
    "continuous": ContinuousFrom,
    "survival": SurvivalFrom,
}
