"""Source ``fhir``: resources of one type, as events or as measurements."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from biomarker.ingest.events import EVENT_RECORDS, refuse_no_rows
from biomarker.ingest.fhir_files import Resource, Resources, codings, patient_of, read_resources, text_of
from biomarker.ingest.labs import RECORDS, LabsSettings, in_one_unit
from biomarker.ingest.partial import latest_day, partial_note, with_partial
from biomarker.ingest.reading import Table
from biomarker.ingest.source import Ingested, Source, SourceSettings, quarantine_rows

__all__ = ["SOURCE", "FhirSettings", "Found", "read_fhir", "records_of"]

Kind = Literal[
    "Condition",
    "DiagnosticReport",
    "Encounter",
    "Immunization",
    "MedicationAdministration",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Procedure",
]
#: Where each type says what and when: paths of its begin and end, tried in this order.
_WHEN: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Condition": (("onsetDateTime", "onsetPeriod.start", "recordedDate"), ("abatementDateTime", "onsetPeriod.end")),
    "DiagnosticReport": (("effectiveDateTime", "effectivePeriod.start", "issued"), ()),
    "Encounter": (("period.start",), ("period.end",)),
    "Immunization": (("occurrenceDateTime",), ()),
    "MedicationAdministration": (("effectiveDateTime", "effectivePeriod.start"), ("effectivePeriod.end",)),
    "MedicationRequest": (("authoredOn",), ()),
    "MedicationStatement": (
        ("effectiveDateTime", "effectivePeriod.start", "dateAsserted"),
        ("effectivePeriod.end",),
    ),
    "Observation": (("effectiveDateTime", "effectiveInstant", "effectivePeriod.start", "issued"), ()),
    "Procedure": (("performedDateTime", "performedPeriod.start"), ("performedPeriod.end",)),
}
_WHAT = {"Immunization": "vaccineCode", "Encounter": "type"}
_NEVER = ("entered-in-error", "cancelled", "not-done", "refuted", "draft", "stopped before start")


@dataclass(frozen=True, kw_only=True)
class FhirSettings(SourceSettings):
    """Settings of ``fhir``."""

    path: str = field(metadata={"doc": "A bundle, an NDJSON file, or a folder of them; plain or gzip."})
    resource: Kind = field(metadata={"doc": "The type of resource that is meant."})
    codes: tuple[int | str, ...] = field(default=(), metadata={"doc": "Codes that are meant; none: all that occur."})
    units: dict[str, str] = field(
        default_factory=dict, metadata={"doc": "The unit that an observation's values are converted to, by its name."}
    )
    molar_masses: dict[str, float] = field(
        default_factory=dict, metadata={"doc": "g/mol by observation, for those the package does not know."}
    )


@dataclass(frozen=True)
class Found:
    """One record of a resource."""

    resource: Resource
    patient: str
    name: str
    codes: tuple[str, ...]
    begin: str
    end: str | None
    value: float | None = None
    unit: str | None = None
    low: float | None = None
    high: float | None = None


def read_fhir(settings: FhirSettings, *, base: Path) -> Ingested:
    """Read resources of one type.

    Returns
    -------
    Ingested
        Of Observation the columns of laboratory values (components of one are tests of their own), of all else events,
        called by the display of their first coding. Rows are resources. Excluded and counted are resources of other
        types, with other codes, without a number (observations), and those that never were (entered in error, refuted,
        not done). Quarantined are lines that are no resource, references to a patient who is not there, and resources
        without code or date. Partial dates count as the last day they can be; the day is that of the time's own zone.

    Raises
    ------
    DataError
        The files cannot be read, or no resource can be used.
    """
    resources = read_resources(base / settings.path)
    numeric = settings.resource == "Observation"
    records, excluded, bad = records_of(resources, settings.resource, {str(code) for code in settings.codes})
    quarantine = quarantine_rows(
        file=resources.name,  # a folder: of its files in their order, the number of the resource
        lines=pl.Series([number for number, _, _ in bad], dtype=pl.Int64),
        field=pl.Series([what for _, _, what in bad], dtype=pl.String),
        value=pl.Series([None] * len(bad), dtype=pl.String),
        reason=pl.Series([_REASONS[what] for _, _, what in bad], dtype=pl.String),
    )
    used = {(record.resource.file, record.resource.line) for record in records}
    refuse_no_rows(resources.name, len(used), quarantine)
    days, partial = latest_day(pl.Series([record.begin for record in records], dtype=pl.String))
    ends, _ = latest_day(pl.Series([record.end for record in records], dtype=pl.String))
    table = pl.DataFrame(
        {
            "subject_id": [record.patient for record in records],
            "name": [record.name for record in records],
            "date": days,
            "partial": partial,
            "end": ends,
            "value": pl.Series([record.value for record in records], dtype=pl.Float64),
            "unit_text": pl.Series([record.unit for record in records], dtype=pl.String),
            "low": pl.Series([record.low for record in records], dtype=pl.Float64),
            "high": pl.Series([record.high for record in records], dtype=pl.Float64),
            "day": pl.repeat(None, len(records), dtype=pl.Float64, eager=True),
        }
    )
    note = partial_note(int(partial.sum()), "dates")
    notes = (note,) if note else ()
    if numeric:
        own = LabsSettings(path="", date="date", units=settings.units, molar_masses=settings.molar_masses)
        rows, more = in_one_unit(table.rename({"name": "test"}), own, Table(pl.DataFrame(), Path(resources.name), 1))
        lost = int(rows["reason"].is_not_null().sum())
        if lost:
            more = (*more, f"Observation: {lost} values are in units that cannot be converted, and are left out")
        rows = rows.filter(pl.col("reason").is_null())
        content = rows.select(pl.col(name).cast(dtype) for name, dtype in RECORDS.items())
        content = with_partial(content, rows["partial"])
        notes = (*notes, *more)
    else:
        content = table.select(pl.col(name).cast(dtype) for name, dtype in EVENT_RECORDS.items())
        content = with_partial(content, table["partial"])
    return Ingested(content, quarantine, len(resources.items), len(used), excluded, notes)


Bad = tuple[int, Resource, str]


_REASONS = {
    "patient": "refers to a patient who is not there, or to none",
    "code": "the resource has no code",
    "date": "the date is missing, or no date",
    "(line)": "no FHIR resource in JSON",
}


def records_of(resources: Resources, kind: str, codes: set[str]) -> tuple[list[Found], dict[str, int], list[Bad]]:
    """Records of the resources of a type, the others counted by reason, and those that cannot be used."""
    records: list[Found] = []
    excluded: Counter[str] = Counter()
    bad: list[Bad] = []
    for number, item in enumerate(resources.items, start=1):
        if item.fault:
            bad.append((number, item, "(line)"))
            continue
        if item.kind != kind:
            excluded[f"another type: {item.kind[:40]}"] += 1
            continue
        if why := _left_out(item.content):
            excluded[why] += 1
            continue
        patient, _ = patient_of(item.content, resources)
        begin, end = (_first(item.content, paths) for paths in _WHEN[kind])
        concept = _concept(item.content, kind, resources)
        name = text_of(concept)
        if patient is None:
            bad.append((number, item, "patient"))
        elif not name:
            bad.append((number, item, "code"))
        elif begin is None or latest_day(pl.Series([begin]))[0].is_null().all():
            bad.append((number, item, "date"))
        else:
            own = tuple(code for code, _ in codings(concept))
            if codes and not codes & {*own, name}:
                excluded["another code"] += 1
                continue
            base = Found(item, patient, name, own, begin, end)
            found = list(_values(item.content, base)) if kind == "Observation" else [base]
            records += found
            excluded["no numeric value"] += not found
    return records, {why: n for why, n in excluded.items() if n}, bad


def _left_out(content: Mapping[str, Any]) -> str:
    verified = [code for code, _ in codings(content.get("verificationStatus"))]
    status = next((word for word in (content.get("status"), *verified) if word in _NEVER), None)
    return f"status {status}" if status else ""


def _first(content: Mapping[str, Any], paths: tuple[str, ...]) -> str | None:
    for path in paths:
        node: Any = content
        for part in path.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        if isinstance(node, str) and node:
            return node
    return None


def _concept(content: Mapping[str, Any], kind: str, resources: Resources) -> Any:
    if kind.startswith("Medication"):
        given = content.get("medicationCodeableConcept")
        if given is not None:
            return given
        reference = content.get("medicationReference")
        name = reference.get("reference") if isinstance(reference, Mapping) else None
        contained = content.get("contained")
        for inner in contained if isinstance(contained, list) else []:
            if isinstance(inner, Mapping) and name == f"#{inner.get('id')}":
                return inner.get("code")
        found = resources.others.get(name) if isinstance(name, str) else None
        return (
            found.get("code") if found else {"text": reference.get("display")} if isinstance(reference, Mapping) else {}
        )
    concept = content.get(_WHAT.get(kind, "code"))
    if kind == "Encounter":
        concept = concept[0] if isinstance(concept, list) and concept else {"coding": [content.get("class")]}
    return concept


def _values(content: Mapping[str, Any], base: Found) -> Iterator[Found]:
    """Numbers of an observation and of its components."""
    parts = content.get("component")
    for part in (content, *(parts if isinstance(parts, list) else ())):
        if not isinstance(part, Mapping):
            continue
        quantity = part.get("valueQuantity")
        value = quantity.get("value") if isinstance(quantity, Mapping) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
            continue
        unit = quantity.get("code") or quantity.get("unit")
        name = base.name if part is content else text_of(part.get("code"))
        ranges = part.get("referenceRange")
        limits = ranges[0] if isinstance(ranges, list) and ranges and isinstance(ranges[0], Mapping) else {}
        low, high = (_quantity(limits.get(side)) for side in ("low", "high"))
        if name:
            yield Found(
                base.resource, base.patient, name, base.codes, base.begin, base.end, float(value),
                unit if isinstance(unit, str) else None, low, high,
            )  # fmt: skip


def _quantity(given: Any) -> float | None:
    value = given.get("value") if isinstance(given, Mapping) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


SOURCE = Source(
    type="fhir",
    settings=FhirSettings,
    read=read_fhir,
    doc="FHIR R4 resources of one type, in bundles or bulk NDJSON.",
    kind="records",
)
