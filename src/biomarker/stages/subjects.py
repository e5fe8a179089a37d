"""Read who was studied."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from biomarker.config.base import settings_from
from biomarker.config.subjects import Subjects
from biomarker.data.cohort_files import write_subjects
from biomarker.data.record_tables import PrivacyFindings
from biomarker.data.tables import Flow, Quarantine, write_table
from biomarker.data.treatment import Comparison, Treatment
from biomarker.errors import InsufficientDataError
from biomarker.ingest.account import rows_account
from biomarker.ingest.clinical import require_day_0_before_treatment
from biomarker.ingest.cohort import CohortSettings
from biomarker.ingest.privacy import PrivacySettings, protected, refuse_identifiers, scan_files
from biomarker.ingest.roster import RosterSettings
from biomarker.ingest.subjects import Covariate, SubjectsSettings, read_subjects
from biomarker.quality.names import personal
from biomarker.quality.record_settings import RecordChecks
from biomarker.stages.job import Job, with_paths


def run(job: Job) -> None:
    """Settings: ``subjects``, ``privacy``, ``dates`` (columns of day 0), ``baseline`` (those of them), ``begin``."""
    privacy = settings_from(PrivacySettings, job.settings.get("privacy", {}))
    findings = scan_files(job.sources())
    refuse_identifiers(findings, privacy)
    section = Subjects.model_validate(with_paths(job.settings["subjects"], job.sources()))
    ingested = read_subjects(subjects_settings(section, tuple(job.settings["dates"])), base=Path())
    arms = section.treatment
    check_day_0(section, job.settings.get("baseline", ()), job.settings.get("begin"), base=Path())
    check_arms(section, ingested.content["arm"].to_list())
    write_subjects(
        protected(ingested.content, privacy),
        job.outputs["subjects"],
        treatment=None
        if arms is None
        else {"comparisons": arms.pairs, "assignment": arms.assignment, "probability": arms.probability},
        keep_missing=[c.name for c in section.covariate_settings if c.missing == "keep"],
        provenance=job.provenance,
        every_sample=section.samples == "all",
    )
    noted = {**job.provenance, "notes": json.dumps(ingested.notes, ensure_ascii=False)}
    write_table(ingested.quarantine, Quarantine, job.outputs["quarantine"], provenance=noted)
    write_table(rows_account(ingested, "subjects"), Flow, job.outputs["flow"], provenance=job.provenance)
    write_table(findings, PrivacyFindings, job.outputs["privacy"], provenance=job.provenance)


def check_day_0(section: Subjects, baseline: Sequence[str], begin: str | None, *, base: Path) -> None:
    """Refuse a day 0 of values from before treatment that is later than its begin."""
    if baseline:
        first = RecordChecks(begin=begin).first_dose(section.type)
        require_day_0_before_treatment(RosterSettings(**roster_fields(section)), baseline, first, base=base)


def check_arms(section: Subjects, arms: Sequence[str | None]) -> None:
    """Refuse a comparison with an arm that nobody is in, while the file that lacks it is at hand."""
    if (given := section.treatment) is None:
        return
    try:
        Treatment(tuple(arms), tuple(Comparison(*pair) for pair in given.pairs), given.assignment, given.probability)
    except InsufficientDataError as error:
        said = error.message.partition("; arms found")[0] if personal(given.column) else error.message
        message = f"{Path(section.path).name}, column {given.column!r}: {said}"
        raise InsufficientDataError(message, error.hint) from None


def subjects_settings(section: Subjects, dates: tuple[str, ...]) -> SubjectsSettings:
    """The reader's settings from the study file's section."""
    return SubjectsSettings(
        **roster_fields(section),
        patient=section.patient,
        samples=section.samples,
        group=section.group,
        covariates=tuple(
            Covariate(name=c.name, column=str(c.column), is_in=c.is_, missing=c.missing, kind=c.kind)
            for c in section.covariate_settings
        ),
        arm=None if section.treatment is None else section.treatment.column,
        arm_names=None if section.treatment is None else section.treatment.names,
        dates=dates,
    )


def roster_fields(section: Subjects) -> dict[str, Any]:
    """Where the subjects are told, as the readers of subjects and of endpoints take it."""
    return {
        "type": section.type,
        "path": section.path,
        "id": section.identifier,
        "separator": section.separator,
        "where": section.where,
        "supplement": None if section.supplement is None else section.supplement.path,
        "cohort": None if section.cohort is None else settings_from(CohortSettings, section.cohort.model_dump()),
    }
