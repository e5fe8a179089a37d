"""From what a modality's source gave to the features of the cohort's subjects."""

import polars as pl

from biomarker.config.base import settings_part
from biomarker.data.cohort_files import read_subjects
from biomarker.data.matrix import FeatureMatrix, FeatureValues
from biomarker.data.tables import Flow, read_metadata, write_table
from biomarker.features.account import features_account
from biomarker.features.registry import BUILDERS
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``modality`` (its name), ``source`` (its section)."""
    given = job.settings["source"]
    builder = BUILDERS[given["type"]]
    subjects, _ = read_subjects(job.inputs["subjects"])
    built = builder.build(_content(job), settings_part(builder.settings, given), subjects=subjects)
    built.values.write(job.outputs["features"], provenance=job.provenance)
    account = features_account(built, job.settings["modality"])
    write_table(account, Flow, job.outputs["flow"], provenance=job.provenance)


def _content(job: Job) -> FeatureValues | pl.DataFrame:
    path = job.inputs["content"]
    if read_metadata(path).get("schema") == "Records":
        return pl.read_parquet(path)
    matrix = FeatureMatrix.open(path)
    return FeatureValues(matrix.values, matrix.features, matrix.subject_ids, matrix.scale, matrix.recipes)
