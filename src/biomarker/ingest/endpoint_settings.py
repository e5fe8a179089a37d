"""What the reader of endpoints needs to be told of each."""

from dataclasses import dataclass, field
from typing import Literal

from biomarker.ingest.elsewhere import EndpointFile

__all__ = [
    "BinaryColumn",
    "ContinuousColumn",
    "EndpointGroup",
    "EndpointSettings",
    "Labels",
    "OrdinalColumn",
    "OwnColumn",
    "SurvivalColumns",
]


@dataclass(frozen=True, kw_only=True)
class BinaryColumn:
    """A binary endpoint in a column of the subject table."""

    name: str = field(metadata={"doc": "What the endpoint is called."})
    column: str = field(metadata={"doc": "Column of the subject table."})
    event: tuple[str, ...] = field(metadata={"doc": "Values that are an event."})
    non_event: tuple[str, ...] = field(metadata={"doc": "Values that are none; any other is missing, and counted."})
    better: Literal["event", "non_event"] = field(metadata={"doc": "Which of the two is good for the patient."})
    label: str | None = field(default=None, metadata={"doc": "For display; the name where none is given."})
    file: EndpointFile | None = field(
        default=None, metadata={"doc": "The file of these columns, where it is not that of the subjects."}
    )


@dataclass(frozen=True, kw_only=True)
class ContinuousColumn:
    """A continuous endpoint in a column of the subject table."""

    name: str = field(metadata={"doc": "What the endpoint is called."})
    column: str = field(metadata={"doc": "Column of the subject table."})
    unit: str = field(metadata={"doc": "Unit of the values."})
    better: Literal["higher", "lower"] = field(metadata={"doc": "Which way is good for the patient."})
    label: str | None = field(default=None, metadata={"doc": "For display; the name where none is given."})
    file: EndpointFile | None = field(
        default=None, metadata={"doc": "The file of these columns, where it is not that of the subjects."}
    )


@dataclass(frozen=True, kw_only=True)
class OrdinalColumn:
    """An ordinal endpoint in a column of the subject table."""

    name: str = field(metadata={"doc": "What the endpoint is called."})
    column: str = field(metadata={"doc": "Column of the subject table."})
    levels: tuple[str, ...] = field(metadata={"doc": "Values in order, lowest first; any other is missing, counted."})
    better: Literal["higher", "lower"] = field(default="higher", metadata={"doc": "Which way is good for the patient."})
    label: str | None = field(default=None, metadata={"doc": "For display; the name where none is given."})
    file: EndpointFile | None = field(
        default=None, metadata={"doc": "The file of these columns, where it is not that of the subjects."}
    )


@dataclass(frozen=True, kw_only=True)
class SurvivalColumns:
    """A time to event in two columns of the subject table."""

    name: str = field(metadata={"doc": "What the endpoint is called."})
    time: str = field(metadata={"doc": "Column of the time to the event or to the end of observation."})
    event_column: str = field(metadata={"doc": "Column that says whether the event was seen."})
    event_values: tuple[str, ...] = field(metadata={"doc": "Its values for a seen event."})
    censored: tuple[str, ...] | Literal["*"] = field(
        metadata={"doc": 'Its values for no event; "*" is every other value that is not missing.'}
    )
    unit: str = field(metadata={"doc": "Unit of the time."})
    better: Literal["longer", "shorter"] = field(default="longer", metadata={"doc": "Which is good for the patient."})
    label: str | None = field(default=None, metadata={"doc": "For display; the name where none is given."})
    file: EndpointFile | None = field(
        default=None, metadata={"doc": "The file of these columns, where it is not that of the subjects."}
    )


@dataclass(frozen=True, kw_only=True)
class Labels:
    """A table that names the columns of an endpoint group."""

    path: str = field(metadata={"doc": "The file, relative to the study file."})
    key: str = field(metadata={"doc": "Its column of the endpoint's column name."})
    label: str = field(metadata={"doc": "Its column of the label; endpoints it lacks keep their column name."})


@dataclass(frozen=True, kw_only=True)
class EndpointGroup:
    """Every column, or the named columns, of a table of its own."""

    group: str = field(metadata={"doc": "What the group is called."})
    path: str = field(metadata={"doc": "The file, relative to the study file."})
    id: str = field(metadata={"doc": "Its column of the subject's id."})
    columns: tuple[str, ...] | Literal["*"] = field(
        default="*", metadata={"doc": 'Its endpoints; "*" is every column.'}
    )
    labels: Labels | None = field(default=None, metadata={"doc": "A table that names the columns."})
    type: Literal["continuous"] = field(default="continuous", metadata={"doc": "What the endpoints are."})
    unit: str = field(metadata={"doc": "Unit of the values."})
    better: Literal["higher", "lower"] = field(metadata={"doc": "Which way is good for the patient."})


OwnColumn = BinaryColumn | ContinuousColumn | OrdinalColumn | SurvivalColumns
EndpointSettings = OwnColumn | EndpointGroup
