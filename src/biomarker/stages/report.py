"""Draw the report from the result tables."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from biomarker.config.rank import Rank
from biomarker.config.report import Report
from biomarker.config.study import Study
from biomarker.config.subjects import Subjects
from biomarker.data.cohort_files import read_endpoints, read_subjects
from biomarker.data.history import since_locked
from biomarker.data.schemas import read_any
from biomarker.data.tables import (
    CandidateCurves,
    Candidates,
    Flow,
    OverallEffects,
    Quarantine,
    Screen,
    read_metadata,
    read_table,
)
from biomarker.report.disclosure import require_no_identifier
from biomarker.report.document import build
from biomarker.report.edition import write_edition
from biomarker.report.inputs import EndpointFacts, ReportInputs, StudyFacts, TreatmentFacts
from biomarker.stages.job import Job

VERSIONS = ("biomarker", "numpy", "scipy", "polars", "snakemake")


def run(job: Job) -> None:
    """Settings: ``study``, ``subjects``, ``rank``, ``report``."""
    inputs = report_inputs(job)
    report = Report.model_validate(job.settings["report"])
    ids = identifiers(job.inputs["subjects"])
    for edition in report.editions:
        document = build(inputs, edition)
        require_no_identifier(document, inputs.by_name(), ids)
        own = {name.removeprefix(f"{edition}_"): path for name, path in job.outputs.items() if name.startswith(edition)}
        write_edition(document, own, language=report.language)


def identifiers(path: Path) -> set[str]:
    """Of subjects and patients: no report may hold one."""
    subjects, _ = read_subjects(path)
    return {one for column in ("subject_id", "patient") for one in subjects[column].drop_nulls().cast(pl.String)}


def report_inputs(job: Job) -> ReportInputs:
    """All result tables that sections draw from."""
    quarantine = {name: read_table(path, Quarantine) for name, path in job.inputs_of("quarantine").items()}
    screens = {tuple(name.split(".", 1)): read_table(path, Screen) for name, path in job.inputs_of("screen").items()}
    return ReportInputs(
        study=study_facts(job),
        candidates=read_table(job.inputs["candidates"], Candidates),
        screens=screens,
        flow=read_table(job.inputs["flow"], Flow),
        quarantine=quarantine,
        curves=read_table(job.inputs["curves"], CandidateCurves),
        overall=read_table(job.inputs["overall"], OverallEffects),
        provenance=provenance_facts(job),
        runs=run_records(job),
        notes=reading_notes(job),
        tables={
            # subjects are numbered, never named
            path.relative_to(job.results).with_suffix("").as_posix(): read_any(path).drop("subject_id", strict=False)
            for path in job.inputs_of("tables").values()
        },
    )


def study_facts(job: Job) -> StudyFacts:
    """What the study file says and a reader must know."""
    study, rank = Study.model_validate(job.settings["study"]), Rank.model_validate(job.settings["rank"])
    subjects, report = Subjects.model_validate(job.settings["subjects"]), Report.model_validate(job.settings["report"])
    endpoints = read_endpoints(job.inputs["endpoints"])
    arms = subjects.treatment
    return StudyFacts(
        name=study.name,
        title=study.title or study.name,
        seed=study.seed,
        q=rank.q,
        keep=rank.keep,
        endpoints=tuple(
            EndpointFacts(name=e.name, label=e.label, type=e.type, unit=getattr(e, "unit", ""), better=e.better)
            for e in endpoints
        ),
        treatment=None if arms is None else TreatmentFacts(comparisons=arms.pairs, assignment=arms.assignment),
        covariates=tuple(c.name for c in subjects.covariate_settings),
        modalities=job.settings["modalities"],
        smallest_cell=report.small_cell,
        correction=rank.correction.title(),
    )


def provenance_facts(job: Job) -> dict[str, Any]:
    """Versions, digests and input checksums."""
    own = job.provenance
    return {
        "code": own["code"],
        "lock": own["lock"],
        "seed": job.settings["study"]["seed"],
        "versions": {name: version(name) for name in VERSIONS},
        "inputs": source_files(job),
        "commands": [f"biomarker run STUDY.yaml   # the study file of {job.settings['study']['name']}"],
        "locks": [
            lock
            for path in job.inputs_of("lock").values()
            for lock in since_locked(path, job.settings["state"], source_files(job))
        ],
    }


def source_files(job: Job) -> dict[str, str]:
    """Checksums of the study's own files, by what they are, as the stages that read them noted."""
    files: dict[str, str] = {}
    readers = {"endpoints": job.inputs["endpoints"], **job.inputs_of("quarantine")}
    for what, path in sorted(readers.items()):
        for name, checksum in json.loads(read_metadata(path)["inputs"]).items():
            kind, _, file = name.partition(": ")
            if kind.startswith(("sources.", "tables.")):
                files[f"{what}: {file}"] = checksum
    return files


def reading_notes(job: Job) -> dict[str, tuple[str, ...]]:
    """What the readers noted (a molar mass used, say), by modality."""
    stored = {name: read_metadata(path).get("notes", "[]") for name, path in job.inputs_of("quarantine").items()}
    return {name: tuple(json.loads(notes)) for name, notes in stored.items() if notes != "[]"}


def run_records(job: Job) -> list[dict[str, Any]]:
    """Time and memory of the stages so far, in the order they began."""
    paths = (path for path in (job.results / "run").glob("*.json") if path.stem != job.label)
    records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return sorted(records, key=lambda record: (record["started"], record["stage"]))
