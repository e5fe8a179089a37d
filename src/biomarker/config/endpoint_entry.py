"""One entry of ``endpoints``: which kind it is, its own keys tell."""

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from biomarker.config.base import Section
from biomarker.config.endpoints import (
    ENDPOINT_MODELS,
    BinaryEndpoint,
    ContinuousEndpoint,
    EndpointGroupEntry,
    OrdinalEndpoint,
    SurvivalEndpoint,
)
from biomarker.config.endpoints_from import FROM_MODELS, BinaryFrom, ContinuousFrom, SurvivalFrom

__all__ = ["ENTRY_MODELS", "EndpointEntry"]

#: Sections by the tag that stands behind the index in a fault's place.
ENTRY_MODELS: dict[str, type[Section]] = {
    **ENDPOINT_MODELS,
    **{f"{kind} from": model for kind, model in FROM_MODELS.items()},
    "group": EndpointGroupEntry,
}


def _shape_of_endpoint(value: Any) -> str | None:
    if isinstance(value, Section):
        return next((tag for tag, model in ENTRY_MODELS.items() if type(value) is model), None)
    if not isinstance(value, dict):
        return None
    if "group" in value:
        return "group"
    return f"{value.get('type')} from" if "from" in value else value.get("type")


EndpointEntry = Annotated[
    Annotated[BinaryEndpoint, Tag("binary")]
    | Annotated[ContinuousEndpoint, Tag("continuous")]
    | Annotated[OrdinalEndpoint, Tag("ordinal")]
    | Annotated[SurvivalEndpoint, Tag("survival")]
    | Annotated[BinaryFrom, Tag("binary from")]
    | Annotated[ContinuousFrom, Tag("continuous from")]
    | Annotated[SurvivalFrom, Tag("survival from")]
    | Annotated[EndpointGroupEntry, Tag("group")],
    Discriminator(
        _shape_of_endpoint,
        custom_error_type="endpoint_type",
        custom_error_message="`type: binary`, `continuous`, `ordinal` or `survival`, or a `group`",
    ),
]
