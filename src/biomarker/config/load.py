"""Read a study file; every fault is one line with its key, what was given and what was expected."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from biomarker.config.base import Contradiction, Section, model_of
from biomarker.config.endpoint_entry import ENTRY_MODELS
from biomarker.config.file import StudyFile
from biomarker.config.marks import refuse_marks
from biomarker.config.modalities import source_models, without_type
from biomarker.config.schema import study_schema
from biomarker.errors import ConfigError

__all__ = ["Fault", "StudyError", "load_study", "read_yaml"]

RESERVED = ("panel", "explain")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a study file: where, what was given, what was expected."""

    key: str
    given: str
    expected: str

    def __str__(self) -> str:
        given = f"given {self.given}, " if self.given else ""
        return f"{self.key}: {given}expected {self.expected}"


class StudyError(ConfigError):
    """A study file with its faults, one a line."""

    def __init__(self, path: Path, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = f"{len(self.faults)} fault{'s' if len(self.faults) > 1 else ''}"
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{path}: {count}\n{lines}", f"Correct the file, then: biomarker check {path}")


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice, where plain YAML silently keeps the last."""


def _mapping(loader: _Loader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            line = key_node.start_mark.line + 1
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice (line {line})", None)
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=deep)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> dict[str, Any]:
    """The study file's content, before it is checked."""
    return _content(path, _text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist", "Give the path of a study file.") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder, not a study file", "Give the path of a study file.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start})", "Save it as UTF-8.") from None


def _content(path: Path, text: str) -> dict[str, Any]:
    try:
        content = yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        raise ConfigError(f"{path}:{where} not valid YAML: {problem}", "Mend that line.") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected sections (study:, subjects:, ...), found none", "See config/README.md.")
    return content


def load_study(path: Path) -> StudyFile:
    """Read and check a study file.

    Raises
    ------
    ConfigError
        It cannot be read, or lines of it still wait for the user.
    StudyError
        It has faults; all are named.
    """
    text = _text(path)
    refuse_marks(path, text)
    content = _content(path, text)
    faults = [Fault(key, "nothing", "settings; leave the section out to get its defaults") for key in _empty(content)]
    content = {key: value for key, value in content.items() if value is not None}
    for key in RESERVED:
        if key in content:
            faults.append(Fault(key, "", "another name: this one is reserved for a later version"))
            del content[key]
    study: StudyFile | None = None
    try:
        study = StudyFile.model_validate(content)
    except ValidationError as error:
        named = {fault.key for fault in faults}  # an empty section is no absent one as well
        faults += [fault for fault in _faults(error, ()) if fault.key not in named]
    faults += _modality_faults(content.get("modalities")) + _simulate_faults(content.get("simulate"))
    if faults or study is None:
        raise StudyError(path, faults)
    return study


def _empty(content: dict[str, Any]) -> list[str]:
    return [str(key) for key, value in content.items() if value is None]


def _modality_faults(modalities: Any) -> list[Fault]:
    if not isinstance(modalities, dict):
        return []
    faults = []
    for name, given in modalities.items():
        if not isinstance(given, dict):
            continue
        kind, models = given.get("type"), source_models()
        if kind not in models:
            expected = f"one of {', '.join(models)}{_nearest(str(kind), models)}"
            faults.append(Fault(f"modalities.{name}.type", repr(kind) if kind else "nothing", expected))
        else:
            faults += _try(models[kind], without_type(given), ("modalities", name))
    return faults


def _simulate_faults(given: Any) -> list[Fault]:
    if not isinstance(given, dict):
        return []
    from biomarker.simulate.settings import TrialSettings

    return _try(model_of(TrialSettings), given, ("simulate",))


def _try(model: type[Section], given: dict[str, Any], where: tuple[str, ...]) -> list[Fault]:
    try:
        model.model_validate(given)
    except ValidationError as error:
        return _faults(error, where, known=list(model.model_fields))
    return []


def _faults(error: ValidationError, where: tuple[str, ...], known: list[str] | None = None) -> list[Fault]:
    faults = []
    items = error.errors(include_url=False)
    for item in items:
        loc = _key_path((*where, *item["loc"]))
        if item["type"] == "too_short" and any(
            len(i["loc"]) > len(item["loc"]) and i["loc"][: len(item["loc"])] == item["loc"] for i in items
        ):
            continue  # the list is short because its entries are faulty, and they have lines of their own
        reason = item.get("ctx", {}).get("error")
        if isinstance(reason, Contradiction):
            key = ".".join([*loc, *filter(None, [reason.key])])
            faults.append(Fault(key, reason.given, reason.expected))
            continue
        if item["type"] == "extra_forbidden":
            entry = ENTRY_MODELS.get(str(item["loc"][-2])) if len(item["loc"]) > 2 else None
            own = known if known is not None and len(item["loc"]) == 1 else None
            siblings = own or (list(entry.model_fields) if entry else _siblings(loc[:-1]))
            faults.append(Fault(".".join(loc), "an unknown key", _known(siblings) + _nearest(loc[-1], siblings)))
        elif item["type"] == "missing":
            faults.append(Fault(".".join(loc), "nothing", "a value: the key is required"))
        else:
            given = "" if isinstance(item["input"], dict | list | tuple | Section) else repr(item["input"])[:60]
            faults.append(Fault(".".join(loc) or "study file", given, _expected(item)))
    return faults


#: What pydantic calls by the names of Python's types, in the words of a study file.
EXPECTED = {
    "tuple_type": "a list",
    "dict_type": "settings (`key: value`)",
    "model_type": "settings (`key: value`)",
    "model_attributes_type": "settings (`key: value`)",
    "string_type": "text; put quotes around it",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
}


def _expected(item: Any) -> str:
    limits = item.get("ctx", {})
    if item["type"] in ("too_short", "too_long"):
        shortest, longest = limits.get("min_length"), limits.get("max_length")
        return f"a list of at least {shortest}" if item["type"] == "too_short" else f"a list of at most {longest}"
    if item["type"] == "string_pattern_mismatch":
        return f"text of the form {limits['pattern']}"
    if item["type"] in EXPECTED:
        return EXPECTED[item["type"]]
    message: str = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if message.startswith(("greater", "less")):
        message = f"a number {message}"
    return message[:1].lower() + message[1:]


def _key_path(loc: tuple[int | str, ...]) -> list[str]:
    """Keys as the user wrote them: without the tag of the union's branch, which follows the index in a list."""
    tags = (*ENTRY_MODELS, "name", "settings")
    kept = [part for i, part in enumerate(loc) if not (i and isinstance(loc[i - 1], int) and part in tags)]
    return [str(part) for part in kept if part != "[key]"]


def _siblings(loc: list[str]) -> list[str]:
    """Keys that the schema knows at a place."""
    nodes = [study_schema()]
    for part in loc:
        nodes = [child for node in nodes for child in _children(node, part)]
    return sorted({key for node in nodes for branch in _branches(node) for key in branch.get("properties", {})})


def _branches(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = [node]
    for name in ("anyOf", "oneOf", "allOf"):
        for branch in node.get(name, []):
            found += _branches(branch)
    for name in ("then", "else"):
        found += _branches(node[name]) if name in node else []
    return found


def _children(node: dict[str, Any], part: str) -> list[dict[str, Any]]:
    found = []
    for branch in _branches(node):
        if part in branch.get("properties", {}):
            found.append(branch["properties"][part])
        elif any(re.search(pattern, part) for pattern in branch.get("patternProperties", {})):
            found += [child for pattern, child in branch["patternProperties"].items() if re.search(pattern, part)]
        elif part.isdigit() and isinstance(branch.get("items"), dict):
            found.append(branch["items"])
        elif isinstance(branch.get("additionalProperties"), dict):
            found.append(branch["additionalProperties"])
    return found


def _known(keys: Iterable[str]) -> str:
    names = list(keys)
    return f"one of {', '.join(names)}" if names else "no keys: this section has none yet"


def _nearest(given: str, keys: Iterable[str]) -> str:
    match = difflib.get_close_matches(given, list(keys), n=1, cutoff=0.6)
    return f" (did you mean {match[0]}?)" if match else ""
