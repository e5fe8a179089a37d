"""What all sections of the study file have in common."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, create_model, field_validator

__all__ = ["Contradiction", "Section", "model_of", "settings_from", "settings_part"]

Settings = TypeVar("Settings")


class Contradiction(ValueError):
    """Keys that are each right and do not go together: which, what was given, what was expected."""

    def __init__(self, key: str, given: str, expected: str) -> None:
        super().__init__(f"{key}: given {given}, expected {expected}")
        self.key, self.given, self.expected = key, given, expected


class Section(BaseModel):
    """A section of the study file: unknown keys are refused, values never change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @field_validator("*", mode="before")
    @classmethod
    def _a_truth_value_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """``small_cell: yes`` is a mistake and not the number 1."""
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation in (int, float):
            raise ValueError("a number")
        return value


def model_of(*settings_classes: type[Any]) -> type[Section]:
    """Section with the fields, defaults and sentences of one or more settings dataclasses.

    A source declares its settings once, beside its code, as a frozen dataclass whose fields carry
    ``metadata={"doc": ...}``; the study file's section follows from it.
    """
    fields: dict[str, Any] = {}
    for settings_class in settings_classes:
        hints = get_type_hints(settings_class)
        for item in dataclasses.fields(settings_class):
            fields[item.name] = (hints[item.name], Field(_default(item), description=item.metadata.get("doc")))
    first = settings_classes[0]
    return create_model(first.__name__, __base__=Section, __doc__=first.__doc__, __module__=__name__, **fields)


def _default(item: "dataclasses.Field[Any]") -> Any:
    if item.default is not dataclasses.MISSING:
        return item.default
    return item.default_factory() if item.default_factory is not dataclasses.MISSING else ...


def settings_part(settings_class: type[Settings], given: Mapping[str, Any]) -> Settings:
    """Settings of a stage from a section that other stages read as well."""
    own = {item.name for item in dataclasses.fields(cast(Any, settings_class))}
    return settings_from(settings_class, {key: value for key, value in given.items() if key in own})


def settings_from(settings_class: type[Settings], given: dict[str, Any]) -> Settings:
    """Settings of a stage, read from the JSON that its rule was handed."""
    section = model_of(settings_class).model_validate(given)
    return settings_class(**{name: getattr(section, name) for name in type(section).model_fields})
