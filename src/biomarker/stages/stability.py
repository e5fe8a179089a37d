"""What half of the subjects would have found: complementary half-samples of every list."""

import polars as pl

from biomarker.config.rank import Stability
from biomarker.data.cohort_files import read_cohort
from biomarker.data.stability_tables import StabilityFeatures, StabilityLists
from biomarker.data.tables import Screen, read_table, write_table
from biomarker.discovery.stability import StabilitySettings, stability
from biomarker.stages.job import Job

COLUMNS = ["modality", "feature_id", "endpoint", "comparison", "contrast", "status"]


def run(job: Job) -> None:
    """Settings: ``stability`` of ``rank``, ``seed``."""
    own = Stability.model_validate(job.settings["stability"])
    screens = [read_table(path, Screen).select(COLUMNS) for path in job.inputs_of("screen").values()]
    features, lists = stability(
        read_cohort(job.inputs["subjects"], job.inputs["endpoints"], job.inputs_of("features")),
        pl.concat(screens),
        settings=StabilitySettings(pairs=own.pairs, first=own.first, seed=job.settings["seed"]),
    )
    write_table(features, StabilityFeatures, job.outputs["features"], provenance=job.provenance)
    write_table(lists, StabilityLists, job.outputs["lists"], provenance=job.provenance, tsv=True)
