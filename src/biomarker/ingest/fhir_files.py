"""FHIR R4 resources in files: bundles and bulk NDJSON, plain or gzip, each resource with the place where it stands."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biomarker.errors import DataError
from biomarker.ingest.content import AGAIN

__all__ = ["Resource", "Resources", "codings", "patient_of", "read_resources", "text_of"]

_ENDINGS = (".json", ".ndjson", ".json.gz", ".ndjson.gz")


@dataclass(frozen=True)
class Resource:
    """One resource: its file, its number in it (from 1; the line of NDJSON), its content or why it cannot be read."""

    file: str
    line: int
    content: Mapping[str, Any]
    fault: str = ""
    url: str = ""

    @property
    def kind(self) -> str:
        """Its ``resourceType``."""
        return str(self.content.get("resourceType", ""))


@dataclass(frozen=True)
class Resources:
    """All resources of some files.

    Attributes
    ----------
    name : str
        Of the file or folder, for messages.
    items : tuple of Resource
    patients : mapping of str to str
        Id of a patient by every name under which references find them.
    others : mapping of str to mapping
        Resources that are referred to (medications), by every name.
    """

    name: str
    items: tuple[Resource, ...]
    patients: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, kind: str) -> Iterator[Resource]:
        """Resources of a type, in the order of the files; those that cannot be read are of every type."""
        return (item for item in self.items if item.fault or item.kind == kind)


def read_resources(path: Path) -> Resources:
    """Read a bundle, an NDJSON file, or every such file of a folder (and of the folders in it).

    Raises
    ------
    DataError
        There is nothing, a file is cut short, or one is neither a bundle nor NDJSON. A bad line of NDJSON is no error:
        it is a `Resource` with a fault.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.name.lower().endswith(_ENDINGS))
    else:
        files = [path] if path.exists() else []
    if not files:
        raise DataError(f"there is no FHIR file {path}", "Give a bundle, an NDJSON file, or a folder of them.")
    items = [item for file in files for item in _read(file)]
    patients: dict[str, str] = {}
    others: dict[str, Mapping[str, Any]] = {}
    for item in items:
        identity = item.content.get("id")
        if item.fault or not isinstance(identity, str) or not identity:
            continue
        names = [f"{item.kind}/{identity}", *([item.url] if item.url else []), f"urn:uuid:{identity}"]
        if item.kind == "Patient":
            patients |= dict.fromkeys(names, identity)
        elif item.kind == "Medication":
            others |= dict.fromkeys(names, item.content)
    return Resources(path.name, tuple(items), patients, others)


def _read(file: Path) -> list[Resource]:
    data = file.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, zlib.error, OSError):
            raise DataError(f"{file.name} is cut short or damaged (gzip)", "Copy it again.") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{file.name} is not UTF-8 text", "Save it as UTF-8.") from None
    if not text.strip():
        raise DataError(f"{file.name} is empty", AGAIN)
    whole = _parsed(text)
    if isinstance(whole, dict) and whole.get("resourceType") == "Bundle":
        return _bundle(file.name, whole)
    if isinstance(whole, dict) and "resourceType" in whole:
        return [Resource(file.name, 1, whole)]
    lines = text.splitlines()
    if whole is not None or (_parsed(lines[0]) is None and not file.name.lower().endswith((".ndjson", ".ndjson.gz"))):
        raise DataError(f"{file.name} is neither a FHIR bundle nor NDJSON, or it is cut short", "Copy it again.")
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            content = _parsed(line)
            good = isinstance(content, dict) and "resourceType" in content
            found.append(
                Resource(file.name, number, content if good else {}, "" if good else "no FHIR resource in JSON")
            )
    if all(item.fault for item in found):
        raise DataError(f"{file.name} holds no FHIR resource", "Copy it again.")
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _bundle(name: str, bundle: Mapping[str, Any]) -> list[Resource]:
    entries = bundle.get("entry")
    found = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
        content = entry.get("resource") if isinstance(entry, dict) else None
        good = isinstance(content, dict) and "resourceType" in content
        url = entry.get("fullUrl") if isinstance(entry, dict) else None
        found.append(
            Resource(
                name,
                number,
                content if good else {},
                "" if good else "an entry without resource",
                url if isinstance(url, str) else "",
            )
        )
    if not found:
        raise DataError(f"{name}: the bundle has no entry", AGAIN)
    return found


def patient_of(content: Mapping[str, Any], resources: Resources) -> tuple[str | None, str]:
    """The patient's id and "", or None and why it is not known."""
    given = content.get("subject") or content.get("patient")
    reference = given.get("reference") if isinstance(given, Mapping) else None
    if not isinstance(reference, str) or not reference:
        return None, "no patient is referred to"
    found = resources.patients.get(reference) or resources.patients.get("/".join(reference.split("/")[-2:]))
    return (found, "") if found else (None, "refers to a patient who is not there")


def codings(concept: Any) -> list[tuple[str, str]]:
    """``(code, display)`` of a CodeableConcept's codings."""
    given = concept.get("coding") if isinstance(concept, Mapping) else None
    found = []
    for one in given if isinstance(given, list) else []:
        if isinstance(one, Mapping):
            code, display = one.get("code"), one.get("display")
            found.append((code if isinstance(code, str) else "", display if isinstance(display, str) else ""))
    return found


def text_of(concept: Any) -> str:
    """What a CodeableConcept is called: the first coding's display, its text, its code; empty where nothing says."""
    coded = codings(concept)
    text = concept.get("text") if isinstance(concept, Mapping) else None
    display = next((display for _, display in coded if display), "")
    return display or (text if isinstance(text, str) else "") or next((code for code, _ in coded if code), "")
