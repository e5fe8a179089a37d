"""What all sections of the study file have in common."""

import dataclasses
import types
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any, ClassVar, TypeVar, Union, cast, get_args, get_origin, get_type_hints

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
    #: the dataclass whose settings the section holds, where it was made of one
    settings_class: ClassVar[type[Any] | None] = None

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
    ``metadata={"doc": ...}``; the study file's section follows from it. A field may hold such a dataclass itself.
    """
    fields: dict[str, Any] = {}
    for settings_class in settings_classes:
        hints = get_type_hints(settings_class)
        for item in dataclasses.fields(settings_class):
            description = item.metadata.get("doc")
            fields[item.name] = (_with_sections(hints[item.name]), Field(_default(item), description=description))
    first = settings_classes[0]
    section = create_model(first.__name__, __base__=Section, __doc__=first.__doc__, __module__=__name__, **fields)
    section.settings_class = first
    return section


def _with_sections(hint: Any) -> Any:
    """A type with the dataclasses in it replaced by their sections, so that their keys are checked like all others."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return model_of(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return reduce(or_, map(_with_sections, get_args(hint)))
    if get_origin(hint) is dict:
        key, value = get_args(hint)
        return dict[key, _with_sections(value)]  # type: ignore[valid-type, misc]
    return hint


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
    return cast(Settings, _settings_of(section))


def _settings_of(value: Any) -> Any:
    """A section made by `model_of` as the settings it was made of; anything else as it is."""
    if isinstance(value, dict):
        return {key: _settings_of(item) for key, item in value.items()}
    if not isinstance(value, Section) or value.settings_class is None:
        return value
    return value.settings_class(**{name: _settings_of(getattr(value, name)) for name in type(value).model_fields})
