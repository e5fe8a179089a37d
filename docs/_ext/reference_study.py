"""The study file: each section's keys, types, defaults and sentences, from the models that read it."""

import json
from collections.abc import Iterator
from typing import Any

from pieces import code, table

from biomarker.config.base import model_of
from biomarker.config.endpoints import ENDPOINT_MODELS, EndpointGroupEntry
from biomarker.config.file import StudyFile
from biomarker.config.modalities import source_models
from biomarker.data.matrix import SCALES
from biomarker.ingest.registry import SOURCES
from biomarker.ingest.spelling import MISSING
from biomarker.simulate.settings import TrialSettings

__all__ = ["missing_cells", "scales", "source_types", "study_section"]

Schema = dict[str, Any]


def study_section(name: str) -> str:
    """Tables of one section's keys; one a type for endpoints and modalities."""
    if name == "endpoints":
        models = {f"`type: {kind}`": model for kind, model in ENDPOINT_MODELS.items()}
        models["a `group` of endpoints"] = EndpointGroupEntry
        return _variants(models, "endpoints[]")
    if name == "modalities":
        return _variants({f"`type: {kind}`": model for kind, model in source_models().items()}, "modalities.<name>")
    if name == "simulate":
        return _tables(model_of(TrialSettings).model_json_schema(by_alias=True), name)
    whole = StudyFile.model_json_schema(by_alias=True)
    schema = _resolved(whole["properties"][name], whole["$defs"])
    return _tables({**schema, "$defs": whole["$defs"]}, name)


def sections() -> list[str]:
    """The sections of a study file, in order."""
    return list(StudyFile.model_fields)


def source_types() -> str:
    """Every type of modality and what it reads."""
    return table(["`type`", "Reads"], [[code(name), source.doc] for name, source in sorted(SOURCES.items())])


def scales() -> str:
    """What the numbers of a matrix may mean."""
    return table(["`scale`", "Meaning"], [[code(name), meaning] for name, meaning in SCALES.items()])


def missing_cells() -> str:
    """Spellings of a missing cell."""
    return ", ".join("an empty cell" if not word else code(word) for word in sorted(MISSING))


def _variants(models: dict[str, Any], path: str) -> str:
    parts = []
    for title, model in models.items():
        schema = model.model_json_schema(by_alias=True)
        parts.append(f"### {title}\n\n{_sentence(schema)}{_tables(schema, path)}")
    return "\n\n".join(parts)


def _sentence(schema: Schema) -> str:
    text = " ".join(schema.get("description", "").split())
    return f"{text}\n\n" if text else ""


def _tables(schema: Schema, path: str) -> str:
    """The keys of an object, then those of the objects among them."""
    return "\n\n".join(_each_table(schema, schema.get("$defs", {}), path))


def _each_table(schema: Schema, definitions: Schema, path: str) -> Iterator[str]:
    required = set(schema.get("required", []))
    rows, inner = [], []
    for key, node in schema.get("properties", {}).items():
        default = "required" if key in required else _default(node, definitions)
        rows.append([code(key), _type(node, definitions), default, node.get("description") or ""])
        inner += [(f"{path}.{key}{suffix}", found) for found, suffix in _objects(node, definitions)]
    if not rows:
        yield "No keys."
        return
    yield table(["Key", "Type", "Default", "Meaning"], rows)
    for where, found in inner:
        yield f"`{where}`: {' '.join(found.get('description', '').split())}"
        yield from _each_table(found, definitions, where)


def _resolved(node: Schema, definitions: Schema) -> Schema:
    return {**definitions[node["$ref"].removeprefix("#/$defs/")], **node} if "$ref" in node else node


def _choices(node: Schema) -> list[Schema]:
    return node.get("anyOf") or node.get("oneOf") or [node]


def _objects(node: Schema, definitions: Schema) -> Iterator[tuple[Schema, str]]:
    """Objects with keys of their own that a value may be, or hold as a list."""
    for choice in _choices(node):
        found = _resolved(choice, definitions)
        if "properties" in found:
            yield found, ""
        elif isinstance(found.get("items"), dict):
            yield from ((inner, "[]") for inner, _ in _objects(found["items"], definitions))


def _default(node: Schema, definitions: Schema) -> str:
    default = node.get("default")
    if default is None:
        return "none"
    if default in ([], {}, ""):
        return "empty"
    return code(json.dumps(default, ensure_ascii=False)) if not isinstance(default, str) else code(default)


def _type(node: Schema, definitions: Schema) -> str:
    words = [_one_type(_resolved(choice, definitions), definitions) for choice in _choices(node)]
    return " or ".join(dict.fromkeys(word for word in words if word != "null"))


def _one_type(node: Schema, definitions: Schema) -> str:
    if "const" in node or "enum" in node:
        values = [json.dumps(value).strip('"') for value in node.get("enum", [node.get("const")])]
        return " or ".join(map(code, dict.fromkeys(values)))
    kind = node.get("type", "value")
    if isinstance(kind, list):
        return " or ".join(_one_type({**node, "type": each}, definitions) for each in kind)
    if kind == "array":
        return _list_type(node, definitions)
    if kind == "object":
        values = node.get("additionalProperties")
        return f"names, each with a {_type(values, definitions)}" if isinstance(values, dict) else "keys (below)"
    return {"string": "text", "boolean": "true or false"}.get(kind, kind) + _limits(node)


def _list_type(node: Schema, definitions: Schema) -> str:
    if "prefixItems" in node:
        return "[" + ", ".join(_type(item, definitions) for item in node["prefixItems"]) + "]"
    least = f", at least {node['minItems']}" if node.get("minItems") else ""
    return f"list of {_type(node.get('items', {}), definitions)}{least}"


def _limits(node: Schema) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {node[key]:g}" for key, sign in signs.items() if key in node]
    if "pattern" in node:
        limits.append(f"as `{node['pattern']}`")
    return f" ({', '.join(limits)})" if limits else ""
