"""Every feature of a modality against every endpoint, for one contrast."""

from biomarker.config.screen import Features, Screen
from biomarker.data.cohort_files import read_cohort
from biomarker.data.tables import Flow, write_table
from biomarker.data.tables import Screen as ScreenTable
from biomarker.discovery.method import Limits
from biomarker.discovery.permuted import PermutationSettings
from biomarker.discovery.screen import ScreenSettings, screen_modality
from biomarker.features.filters import FilterSettings
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``features``, ``screen``, ``modality``, ``contrast``, ``seed``."""
    modality, contrast = job.settings["modality"], job.settings["contrast"]
    screen = Screen.model_validate(job.settings["screen"])
    filters = Features.model_validate(job.settings["features"])
    cohort = read_cohort(job.inputs["subjects"], job.inputs["endpoints"], {modality: job.inputs["features"]})
    settings = ScreenSettings(
        limits=Limits(min_group=screen.min_group, min_events=screen.min_events),
        filters=FilterSettings(**filters.model_dump()),
        refit=screen.refit,
        prespecified=frozenset(screen.prespecified),
        moderated=screen.moderated,
        strata=screen.strata,
        permutations=PermutationSettings(count=screen.permutations, seed=job.settings["seed"]),
        device=job.device,
    )
    table, flow = screen_modality(cohort, modality, contrast, settings=settings, progress=job.progress)
    write_table(table, ScreenTable, job.outputs["screen"], provenance=job.provenance)
    write_table(flow, Flow, job.outputs["flow"], provenance=job.provenance)
