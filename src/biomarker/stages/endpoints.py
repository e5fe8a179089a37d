"""Read how every subject did."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from biomarker.config.endpoints import (
    BinaryEndpoint,
    ContinuousEndpoint,
    EndpointEntry,
    OrdinalEndpoint,
    SurvivalEndpoint,
)
from biomarker.config.subjects import Subjects
from biomarker.data.cohort_files import read_subjects, write_endpoints
from biomarker.data.tables import Flow, write_table
from biomarker.ingest.account import endpoints_account
from biomarker.ingest.endpoints import (
    BinaryColumn,
    ContinuousColumn,
    EndpointGroup,
    EndpointSettings,
    EndpointTable,
    Labels,
    OrdinalColumn,
    SurvivalColumns,
    read_endpoints,
)
from biomarker.stages.job import Job, with_paths


def run(job: Job) -> None:
    """Settings: ``subjects``, ``endpoints``."""
    section = Subjects.model_validate({**job.settings["subjects"], "path": str(job.inputs["source"])})
    tables = iter(job.inputs_of("tables").values())
    given = [with_paths(entry, tables) for entry in job.settings["endpoints"]]
    entries = TypeAdapter(tuple[EndpointEntry, ...]).validate_python(given)
    subjects, _ = read_subjects(job.inputs["subjects"])
    found = read_all(section, entries, subjects["subject_id"].to_list(), base=Path())
    write_endpoints(found.subject_ids, found.endpoints, job.outputs["endpoints"], provenance=job.provenance)
    write_table(endpoints_account(found), Flow, job.outputs["flow"], provenance=job.provenance)


def read_all(
    section: Subjects, entries: Sequence[EndpointEntry], subject_ids: Sequence[str], *, base: Path
) -> EndpointTable:
    """The endpoints that the study file names."""
    settings = [_settings(entry) for entry in entries]
    return read_endpoints(
        settings,
        base=base,
        subjects_path=section.path,
        id=section.id,
        subject_ids=subject_ids,
        patient=section.patient if section.samples == "first" else None,
        separator=section.separator,
    )


def _settings(entry: EndpointEntry) -> EndpointSettings:
    """The reader's settings from one entry of the study file."""
    if isinstance(entry, BinaryEndpoint):
        return BinaryColumn(**entry.model_dump(exclude={"type"}))
    if isinstance(entry, ContinuousEndpoint):
        return ContinuousColumn(**entry.model_dump(exclude={"type"}))
    if isinstance(entry, OrdinalEndpoint):
        return OrdinalColumn(**entry.model_dump(exclude={"type"}))
    if isinstance(entry, SurvivalEndpoint):
        event = entry.event
        return SurvivalColumns(
            **entry.model_dump(exclude={"type", "event"}),
            event_column=event.column,
            event_values=event.value,
            censored=event.censored,
        )
    labels = None if entry.labels is None else Labels(**entry.labels.model_dump())
    return EndpointGroup(**entry.model_dump(exclude={"labels"}), labels=labels)
