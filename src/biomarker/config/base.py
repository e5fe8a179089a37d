"""What all sections of the study file have in common."""

import dataclasses
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

__all__ = ["Section", "model_of", "settings_from"]

Settings = TypeVar("Settings")


class Section(BaseModel):
    """A section of the study file: unknown keys are refused, values never change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def model_of(settings_class: type[Any]) -> type[Section]:
    """Section with the fields, defaults and sentences of a settings dataclass.

    A source declares its settings once, beside its code, as a frozen dataclass whose fields carry
    ``metadata={"doc": ...}``; the study file's section follows from it.
    """
    fields: dict[str, Any] = {}
    hints = dataclasses.fields(settings_class)
    for item in hints:
        required = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        default = ... if required else (item.default_factory() if callable(item.default_factory) else item.default)
        fields[item.name] = (item.type, Field(default, description=item.metadata.get("doc")))
    return create_model(
        settings_class.__name__, __base__=Section, __doc__=settings_class.__doc__, __module__=__name__, **fields
    )


def settings_from(settings_class: type[Settings], given: dict[str, Any]) -> Settings:
    """Settings of a stage, read from the JSON that its rule was handed."""
    section = model_of(settings_class).model_validate(given)
    return settings_class(**{name: getattr(section, name) for name in type(section).model_fields})
