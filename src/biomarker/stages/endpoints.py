"""Read how every subject did."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from biomarker.config.base import settings_from
from biomarker.config.endpoint_entry import EndpointEntry
from biomarker.config.endpoints import (
    BinaryEndpoint,
    ContinuousEndpoint,
    EndpointGroupEntry,
    OrdinalEndpoint,
    SurvivalEndpoint,
)
from biomarker.config.endpoints_from import BinaryFrom, ContinuousFrom
from biomarker.config.subjects import Subjects
from biomarker.data.cohort_files import read_subjects, write_endpoints
from biomarker.data.tables import Flow, write_table
from biomarker.ingest.account import endpoints_account
from biomarker.ingest.elsewhere import EndpointFile
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
from biomarker.ingest.privacy import PrivacySettings, pseudonym
from biomarker.ingest.roster import RosterSettings, read_roster
from biomarker.stages.job import Job, with_paths
from biomarker.stages.subjects import roster_fields


def run(job: Job) -> None:
    """Settings: ``subjects``, ``endpoints``, ``privacy``."""
    sources = job.sources()
    section = Subjects.model_validate(with_paths(job.settings["subjects"], sources))
    given = [with_paths(entry, sources) for entry in job.settings["endpoints"]]
    entries = TypeAdapter(tuple[EndpointEntry, ...]).validate_python(given)
    subjects, _ = read_subjects(job.inputs["subjects"])
    privacy = settings_from(PrivacySettings, job.settings.get("privacy", {}))
    ids = subjects["subject_id"].to_list()
    found = read_all(section, entries, _own_ids(section, ids) if privacy.pseudonyms else ids, base=Path())
    write_endpoints(ids, found.endpoints, job.outputs["endpoints"], provenance=job.provenance)
    write_table(endpoints_account(found), Flow, job.outputs["flow"], provenance=job.provenance)


def _own_ids(section: Subjects, pseudonyms: Sequence[str]) -> list[str]:
    """The ids by which the files know the subjects."""
    roster = RosterSettings(**roster_fields(section))
    ids = read_roster(roster, base=Path()).table.frame[roster.id].drop_nulls().to_list()
    own = {pseudonym(subject): subject for subject in ids}
    return [own[name] for name in pseudonyms]


def read_all(
    section: Subjects, entries: Sequence[EndpointEntry], subject_ids: Sequence[str], *, base: Path
) -> EndpointTable:
    """The endpoints that the study file names."""
    settings = [_settings(entry) for entry in entries]
    return read_endpoints(
        settings,
        base=base,
        roster=RosterSettings(**roster_fields(section)),
        subject_ids=subject_ids,
        patient=None if section.samples == "refuse" else section.patient,
        every_sample=section.samples == "all",
    )


def _settings(entry: EndpointEntry) -> EndpointSettings:
    """The reader's settings from one entry of the study file."""
    if isinstance(entry, EndpointGroupEntry):
        labels = None if entry.labels is None else Labels(**entry.labels.model_dump())
        return EndpointGroup(**entry.model_dump(exclude={"labels"}), labels=labels)
    if isinstance(entry, OrdinalEndpoint):
        return OrdinalColumn(**entry.model_dump(exclude={"type"}))
    own = {"name": entry.name, "label": entry.label, "better": entry.better}
    if not isinstance(entry, BinaryEndpoint | ContinuousEndpoint | SurvivalEndpoint):
        given = getattr(entry, "value_set", None)
        own["file"] = EndpointFile(
            path=entry.path,
            id=entry.id,
            where=entry.rows,
            occurrence=entry.occurrence,
            value_set=None if given is None else given.path,
        )
    if isinstance(entry, BinaryEndpoint | BinaryFrom):
        return BinaryColumn(column=entry.column, event=entry.event, non_event=entry.non_event, **own)
    if isinstance(entry, ContinuousEndpoint | ContinuousFrom):
        column = "index" if own.get("file") and own["file"].value_set else entry.column
        return ContinuousColumn(column=column, unit=entry.unit, **own)
    return SurvivalColumns(
        time=entry.time,
        event_column=entry.event.column,
        event_values=entry.event.value,
        censored=entry.event.censored,
        unit=entry.unit,
        **own,
    )
