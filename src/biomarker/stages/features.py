"""From what a modality's source gave to the features of the cohort's subjects."""

from pathlib import Path

import polars as pl

from biomarker.config.base import settings_part
from biomarker.config.quality import BatchTable
from biomarker.data.cohort_files import read_subjects
from biomarker.data.matrix import FeatureMatrix, FeatureValues
from biomarker.data.quality_tables import QualityControls, QualityDrift, QualitySamples
from biomarker.data.tables import Flow, read_metadata, read_table, write_table
from biomarker.features.account import features_account
from biomarker.features.batched import with_batch_correction
from biomarker.features.judged import mended, without_samples
from biomarker.features.registry import BUILDERS
from biomarker.ingest.labels import read_labels
from biomarker.stages.job import Job

#: Records beyond this are not read as a whole, where their builder can do without.
MANY_ROWS = 2_000_000


def run(job: Job) -> None:
    """Settings: ``modality`` (its name), ``source`` (its section), ``policy`` of quality control, ``batch`` table."""
    given, name = job.settings["source"], job.settings["modality"]
    builder = BUILDERS[given["type"]]
    subjects, _ = read_subjects(job.inputs["subjects"])
    content, judged = content_of(job.inputs["content"], lazy=builder.lazy), job.inputs_of("quality")
    if judged and not isinstance(content, FeatureValues) and "date" in content.lazy().collect_schema():
        drift = read_table(judged["drift"], QualityDrift).filter(modality=name)
        controls = read_table(judged["controls"], QualityControls).filter(modality=name)
        groups = dict(subjects.select("subject_id", "group").drop_nulls().iter_rows())
        content = mended(content, drift, controls, groups)
    built = builder.build(content, settings_part(builder.settings, given), subjects=subjects)
    if judged:
        samples = read_table(judged["samples"], QualitySamples).filter(pl.col("excluded"), modality=name)
        built = without_samples(built, frozenset(samples["subject_id"]))
    (table,) = job.inputs_of("batch").values() or (None,)
    if table is not None:
        about = BatchTable.model_validate(job.settings["batch"])
        built = with_batch_correction(built, read_labels(table, id=about.id, column=about.column), modality=name)
    built.values.write(job.outputs["features"], provenance=job.provenance)
    write_table(features_account(built, name), Flow, job.outputs["flow"], provenance=job.provenance)


def content_of(path: Path, *, lazy: bool = False) -> FeatureValues | pl.DataFrame | pl.LazyFrame:
    """What the ingest stage stored: a matrix, or records; lazy where they may be, and are many."""
    if read_metadata(path).get("schema") == "Records":
        many = lazy and pl.scan_parquet(path).select(pl.len()).collect().item() > MANY_ROWS
        return pl.scan_parquet(path) if many else pl.read_parquet(path)
    matrix = FeatureMatrix.open(path)
    return FeatureValues(matrix.values, matrix.features, matrix.subject_ids, matrix.scale, matrix.recipes)
