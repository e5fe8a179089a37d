"""What is wrong with samples, batches and analysers, before anything is ranked."""

from pathlib import Path
from typing import Any

import polars as pl

from biomarker.config.base import settings_from, settings_part
from biomarker.config.laboratory import laboratory_of
from biomarker.config.quality import Quality
from biomarker.config.subjects import Subjects
from biomarker.data.cohort_files import read_cohort, read_subjects
from biomarker.data.matrix import FeatureValues
from biomarker.data.quality_tables import (
    QualityBalance,
    QualityBatches,
    QualityControls,
    QualityDrift,
    QualityFindings,
    QualityMethods,
    QualityMissingness,
    QualityMoving,
    QualitySamples,
)
from biomarker.data.record_tables import RecordFindings
from biomarker.data.tables import Quarantine, read_table, write_table
from biomarker.features.registry import BUILDERS
from biomarker.features.window import days_from_index
from biomarker.ingest.clinical import limits_of, subject_dates
from biomarker.ingest.labels import read_labels
from biomarker.ingest.privacy import PrivacySettings, protected
from biomarker.ingest.roster import RosterSettings
from biomarker.quality.identity import recorded_sex
from biomarker.quality.judge import JudgeSettings, judge
from biomarker.quality.record_settings import RecordChecks
from biomarker.quality.records import Clinical
from biomarker.stages.features import content_of
from biomarker.stages.job import Job, with_paths
from biomarker.stages.subjects import roster_fields


def run(job: Job) -> None:
    """Settings: ``quality``, ``subjects``, ``privacy``, ``modalities`` (their sections), ``seed``."""
    sources = job.sources()
    roster = Subjects.model_validate(with_paths(job.settings["subjects"], sources))
    quality = Quality.model_validate(with_paths(job.settings["quality"], sources))
    checks = settings_from(RecordChecks, quality.records.model_dump())
    subjects, _ = read_subjects(job.inputs["subjects"])
    matrices: dict[str, Any] = {}
    dated, records = {}, {}
    for name, path in sorted(job.inputs_of("content").items()):
        given = job.settings["modalities"][name]
        builder = BUILDERS[given["type"]]
        content = content_of(path, lazy=builder.lazy)
        matrices[name] = builder.build(content, settings_part(builder.settings, given), subjects=subjects).values
        if not isinstance(content, FeatureValues) and {"test", "value", "date"} <= set(content.lazy().collect_schema()):
            dated[name] = content
        if not isinstance(content, FeatureValues) and {"subject_id", "date"} <= set(content.lazy().collect_schema()):
            records[name] = content.lazy().collect()
    column = f"cov_{quality.sex.covariate}"
    tables = judge(
        read_cohort(job.inputs["subjects"], job.inputs["endpoints"], {}),
        matrices,
        dated,
        sex=recorded_sex(subjects[column], quality.sex.female, quality.sex.male)
        if column in subjects.columns
        else None,
        groups=dict(subjects.select("subject_id", "group").drop_nulls().iter_rows()),
        batches={name: read_labels(Path(t.path), id=t.id, column=t.column) for name, t in quality.batches.items()},
        settings=JudgeSettings(
            **quality.model_dump(include={"policy", "level", "permutations", "allowed_drift"}),
            seed=job.settings["seed"],
        ),
        clinical=clinical_of(job, roster, checks, subjects, records),
        checks=checks,
        laboratory=laboratory_of(quality, dated, job.settings["modalities"], subjects),
    ).tables
    own, out = job.provenance, job.outputs
    write_table(tables["findings"], QualityFindings, out["findings"], provenance=own, tsv=True)
    write_table(tables["samples"], QualitySamples, out["samples"], provenance=own)
    write_table(tables["batches"], QualityBatches, out["batches"], provenance=own)
    write_table(tables["missingness"], QualityMissingness, out["missingness"], provenance=own)
    write_table(tables["balance"], QualityBalance, out["balance"], provenance=own)
    write_table(tables["drift"], QualityDrift, out["drift"], provenance=own)
    write_table(tables["records"], RecordFindings, out["records"], provenance=own)
    write_table(tables["controls"], QualityControls, out["controls"], provenance=own)
    write_table(tables["methods"], QualityMethods, out["methods"], provenance=own, tsv=True)
    write_table(tables["moving"], QualityMoving, out["moving"], provenance=own)


def clinical_of(
    job: Job, roster: Subjects, checks: RecordChecks, subjects: pl.DataFrame, records: dict[str, pl.DataFrame]
) -> Clinical:
    """Records of the study, and what the subject table says of their dates."""
    columns = checks.columns(roster.type)
    dates = subject_dates(
        RosterSettings(**roster_fields(roster)),
        columns,
        named={role for role, column in columns.items() if getattr(checks, role) == column},
        criteria=[name for name in checks.eligibility if ":" not in name],
        cut=checks.cut,
        base=Path(),
    )
    dates = protected(dates, settings_from(PrivacySettings, job.settings.get("privacy", {})))
    given = job.settings["modalities"]
    tested = [
        r.select(pl.col("test", "unit").cast(pl.String)) for r in records.values() if {"test", "unit"} <= set(r.columns)
    ]
    return Clinical(
        subjects=subjects.select("subject_id", "arm").join(dates, on="subject_id", how="left", maintain_order="left"),
        records=records,
        days={
            name: days_from_index(
                records[name],
                settings_part(BUILDERS[given[name]["type"]].settings, given[name]),
                subjects,
                what="records",
            )
            for name in checks.visits
        },
        types={name: given[name]["type"] for name in records},
        quarantine={name: read_table(path, Quarantine) for name, path in job.inputs_of("quarantine").items()},
        limits=limits_of(
            {test: (p.low, p.high, p.unit) for test, p in checks.ranges.items()},
            pl.concat(tested).unique(maintain_order=True).rows() if tested else (),
        ),
    )
