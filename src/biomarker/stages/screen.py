"""Every feature of a modality against every endpoint, for every contrast of the study."""

from functools import partial

from biomarker.arrays import Device
from biomarker.config.screen import Features, Screen
from biomarker.data.cohort_files import read_cohort
from biomarker.data.tables import Flow, write_table
from biomarker.data.tables import Screen as ScreenTable
from biomarker.discovery.analysis import analyses
from biomarker.discovery.method import Limits
from biomarker.discovery.permuted import PermutationSettings
from biomarker.discovery.screen import ScreenSettings, screen_modality
from biomarker.features.filters import FilterSettings
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``features``, ``screen``, ``modality``, ``contrasts``, ``seed``."""
    modality, contrasts = job.settings["modality"], job.settings["contrasts"]
    cohort = read_cohort(
        job.inputs["subjects"], job.inputs["endpoints"], {modality: job.inputs["features"]}, every_sample=True
    )
    settings = screen_settings(
        Screen.model_validate(job.settings["screen"]),
        Features.model_validate(job.settings["features"]),
        seed=job.settings["seed"],
        device=job.device,
    )
    tables, flows = job.outputs_of("screen"), job.outputs_of("flow")
    steps = [len(analyses(cohort, contrast)) for contrast in contrasts]
    for place, contrast in enumerate(contrasts):
        share = partial(_of_all, job, sum(steps[:place]), steps[place], sum(steps))
        table, flow = screen_modality(cohort, modality, contrast, settings=settings, progress=share)
        write_table(table, ScreenTable, tables[f"{contrast}.{modality}"], provenance=job.provenance)
        write_table(flow, Flow, flows[f"screen.{contrast}.{modality}"], provenance=job.provenance)


def screen_settings(screen: Screen, filters: Features, *, seed: int, device: Device) -> ScreenSettings:
    """How features are screened, as the study file says."""
    return ScreenSettings(
        limits=Limits(min_group=screen.min_group, min_events=screen.min_events),
        filters=FilterSettings(**filters.model_dump()),
        refit=screen.refit,
        prespecified=frozenset(screen.prespecified),
        moderated=screen.moderated,
        strata=screen.strata,
        permutations=PermutationSettings(count=screen.permutations, seed=seed),
        device=device,
    )


def _of_all(job: Job, before: int, own: int, steps: int, done: int, total: int) -> None:
    """Progress of one contrast as that of all: features, each counted once an analysis."""
    job.progress(before * total // own + done, steps * total // own)
