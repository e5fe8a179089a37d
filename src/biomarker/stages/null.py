"""The screen of permuted subjects, all modalities together: what it discovers is there by chance."""

import polars as pl

from biomarker.config.rank import Rank
from biomarker.config.screen import Features
from biomarker.config.screen import Screen as ScreenSection
from biomarker.data.cohort_files import read_cohort
from biomarker.data.tables import Screen, ScreenNull, read_table, write_table
from biomarker.discovery.families import FAMILY
from biomarker.discovery.negative_control import negative_control
from biomarker.stages.job import Job
from biomarker.stages.screen import screen_settings

COLUMNS = [*FAMILY, "modality", "p_value", "status"]


def run(job: Job) -> None:
    """Settings: ``features``, ``screen``, ``seed``; of ``rank`` q and correction."""
    cohort = read_cohort(job.inputs["subjects"], job.inputs["endpoints"], job.inputs_of("features"), every_sample=True)
    screens = [read_table(path, Screen).select(COLUMNS) for path in job.inputs_of("screen").values()]
    screen, rank = ScreenSection.model_validate(job.settings["screen"]), Rank.model_validate(job.settings["rank"])
    found = negative_control(
        cohort,
        pl.concat(screens),
        settings=screen_settings(
            screen, Features.model_validate(job.settings["features"]), seed=job.settings["seed"], device=job.device
        ),
        runs=screen.permuted_runs,
        seed=job.settings["seed"],
        q=rank.q,
        correction=rank.correction,
        progress=job.progress,
    )
    write_table(found, ScreenNull, job.outputs["null"], provenance=job.provenance, tsv=True)
