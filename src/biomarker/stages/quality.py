"""What is wrong with samples, batches and analysers, before anything is ranked."""

from pathlib import Path
from typing import Any

import polars as pl

from biomarker.config.base import settings_part
from biomarker.config.quality import Quality
from biomarker.data.cohort_files import read_cohort, read_subjects
from biomarker.data.quality_tables import (
    QualityBalance,
    QualityBatches,
    QualityDrift,
    QualityFindings,
    QualityMissingness,
    QualitySamples,
)
from biomarker.data.tables import write_table
from biomarker.features.registry import BUILDERS
from biomarker.ingest.labels import read_labels
from biomarker.quality.identity import recorded_sex
from biomarker.quality.judge import JudgeSettings, judge
from biomarker.stages.features import content_of
from biomarker.stages.job import Job, with_paths


def run(job: Job) -> None:
    """Settings: ``quality``, ``modalities`` (their sections), ``seed``."""
    section = with_paths(job.settings["quality"], job.sources())
    quality = Quality.model_validate(section)
    subjects, _ = read_subjects(job.inputs["subjects"])
    matrices: dict[str, Any] = {}
    dated = {}
    for name, path in sorted(job.inputs_of("content").items()):
        given, content = job.settings["modalities"][name], content_of(path)
        builder = BUILDERS[given["type"]]
        matrices[name] = builder.build(content, settings_part(builder.settings, given), subjects=subjects).values
        if isinstance(content, pl.DataFrame) and {"test", "value", "date"} <= set(content.columns):
            dated[name] = content
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
    ).tables
    own, out = job.provenance, job.outputs
    write_table(tables["findings"], QualityFindings, out["findings"], provenance=own, tsv=True)
    write_table(tables["samples"], QualitySamples, out["samples"], provenance=own)
    write_table(tables["batches"], QualityBatches, out["batches"], provenance=own)
    write_table(tables["missingness"], QualityMissingness, out["missingness"], provenance=own)
    write_table(tables["balance"], QualityBalance, out["balance"], provenance=own)
    write_table(tables["drift"], QualityDrift, out["drift"], provenance=own)
