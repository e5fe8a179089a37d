"""``endpoints``: what says how a patient did, and which way is good for the patient."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from biomarker.config.base import Section

__all__ = [
    "ENDPOINT_MODELS",
    "BinaryEndpoint",
    "Code",
    "ContinuousEndpoint",
    "EndpointGroupEntry",
    "EventColumn",
    "OrdinalEndpoint",
    "SurvivalEndpoint",
]


def _code(value: Any) -> Any:
    """YAML reads an unquoted yes, no, on, off as a truth value; the file's own text is gone by then."""
    if isinstance(value, bool):
        raise ValueError(
            f"a code as the file has it, in quotes: without them YAML reads a word like NO as {str(value).lower()}"
        )
    return str(value) if isinstance(value, int | float) else value


Code = Annotated[str, BeforeValidator(_code), WithJsonSchema({"type": ["string", "number"]})]


class BinaryEndpoint(Section):
    """An event that happens or not. Any value in neither list is missing, counted, never a non-event."""

    name: str = Field(description="Name of the endpoint, unique in the study.")
    label: str | None = Field(None, description="Name for display.")
    type: Literal["binary"] = Field("binary", description="An event that happens or not.")
    column: str = Field(description="Column of the subject table.")
    event: tuple[Code, ...] = Field(min_length=1, description="Values that are an event.")
    non_event: tuple[Code, ...] = Field(min_length=1, description="Values that are none.")
    better: Literal["event", "non_event"] = Field(description="What is good for the patient.")


class ContinuousEndpoint(Section):
    """A number with a unit."""

    name: str = Field(description="Name of the endpoint, unique in the study.")
    label: str | None = Field(None, description="Name for display.")
    type: Literal["continuous"] = Field("continuous", description="A number.")
    column: str = Field(description="Column of the subject table.")
    unit: str = Field(description="Unit of the column.")
    better: Literal["higher", "lower"] = Field(description="What is good for the patient.")


class OrdinalEndpoint(Section):
    """Ordered levels, as best response or a grade. Any value that is no level is missing, and counted."""

    name: str = Field(description="Name of the endpoint, unique in the study.")
    label: str | None = Field(None, description="Name for display.")
    type: Literal["ordinal"] = Field("ordinal", description="Ordered levels.")
    column: str = Field(description="Column of the subject table.")
    levels: tuple[Code, ...] = Field(min_length=2, description="Its values in order, lowest first.")
    better: Literal["higher", "lower"] = Field(
        "higher", description="What is good for the patient; by default the levels go from worst to best."
    )


class EventColumn(Section):
    """Which values of a column mean that the event was seen, and which that observation ended before it."""

    column: str = Field(description="Column of the subject table.")
    value: tuple[Code, ...] = Field(min_length=1, description="Values that are an event.")
    censored: tuple[Code, ...] | Literal["*"] = Field(
        description='Values that are none, or "*" for every other value that is not missing.'
    )


class SurvivalEndpoint(Section):
    """Time to an event."""

    name: str = Field(description="Name of the endpoint, unique in the study.")
    label: str | None = Field(None, description="Name for display.")
    type: Literal["survival"] = Field("survival", description="Time to an event.")
    time: str = Field(description="Column of the time to event or end of observation.")
    event: EventColumn = Field(description="Column of the event status.")
    unit: str = Field(description="Unit of the time.")
    better: Literal["longer", "shorter"] = Field(description="What is good for the patient.")


class Labels(Section):
    """A table that names the columns of an endpoint group; columns it does not name keep their own name."""

    path: str = Field(description="The table.")
    key: str = Field(description="Its column that holds the endpoint columns' names.")
    label: str = Field(description="Its column that holds the names for display.")


class EndpointGroupEntry(Section):
    """Many endpoints at once: columns of one table."""

    group: str = Field(description="Name of the group.")
    path: str = Field(description="The table, a row a subject.")
    id: str = Field(description="Its column of subject identifiers.")
    columns: tuple[str, ...] | Literal["*"] = Field("*", description='Columns that are endpoints; "*" = all others.')
    labels: Labels | None = Field(None, description="Where names for display come from.")
    type: Literal["continuous"] = Field("continuous", description="A number.")
    unit: str = Field(description="Unit of all columns.")
    better: Literal["higher", "lower"] = Field(description="What is good for the patient.")


#: Sections of single endpoints, by ``type``.
ENDPOINT_MODELS: dict[str, type[Section]] = {
    "binary": BinaryEndpoint,
    "continuous": ContinuousEndpoint,
    "ordinal": OrdinalEndpoint,
    "survival": SurvivalEndpoint,
}
