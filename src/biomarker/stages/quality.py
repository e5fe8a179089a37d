"""What is wrong with samples, batches and analysers, before anything is ranked."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from biomarker.config.base import settings_part
from biomarker.config.quality import Quality, Sex
from biomarker.data.cohort_files import read_cohort, read_subjects
from biomarker.data.tables import write_table
from biomarker.features.registry import BUILDERS
from biomarker.ingest.labels import read_labels
from biomarker.quality.findings import TABLES
from biomarker.quality.judge import JudgeSettings, judge
from biomarker.stages.features import content_of
from biomarker.stages.job import Job, with_paths


def run(job: Job) -> None:
    """Settings: ``quality``, ``modalities`` (their sections), ``seed``."""
    section = with_paths(job.settings["quality"], iter(job.inputs_of("tables").values()))
    quality = Quality.model_validate(section)
    subjects, _ = read_subjects(job.inputs["subjects"])
    cohort = read_cohort(job.inputs["subjects"], job.inputs["endpoints"], {})
    matrices, dated = {}, {}
    for name, path in sorted(job.inputs_of("content").items()):
        given, content = job.settings["modalities"][name], content_of(path)
        builder = BUILDERS[given["type"]]
        built = builder.build(content, settings_part(builder.settings, given), subjects=subjects)
        matrices[name] = built.values
        if isinstance(content, pl.DataFrame) and {"test", "value", "date"} <= set(content.columns):
            dated[name] = content
    judged = judge(
        cohort,
        matrices,
        dated,
        sex=recorded_sex(subjects, quality.sex),
        groups=dict(subjects.select("subject_id", "group").drop_nulls().iter_rows()),
        batches={name: read_labels(Path(t.path), id=t.id, column=t.column) for name, t in quality.batches.items()},
        settings=JudgeSettings(
            policy=quality.policy,
            level=quality.level,
            permutations=quality.permutations,
            allowed_drift=quality.allowed_drift,
            seed=job.settings["seed"],
        ),
    )
    for name, schema in TABLES.items():
        write_table(judged.tables[name], schema, job.outputs[name], provenance=job.provenance, tsv=name == "findings")


def recorded_sex(subjects: pl.DataFrame, sex: Sex) -> "np.ndarray | None":
    """1 female, 0 male, NaN unknown or neither; None where no such covariate is."""
    column = f"cov_{sex.covariate}"
    if column not in subjects.columns or subjects.schema[column] != pl.String:
        return None
    codes: Mapping[str, float] = {w.casefold(): 1.0 for w in sex.female} | {w.casefold(): 0.0 for w in sex.male}
    return np.array([codes.get(str(word).casefold(), np.nan) for word in subjects[column]])
