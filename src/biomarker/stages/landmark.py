"""Values taken under treatment against what follows, among those still followed at the landmark."""

from biomarker.config.rank import Rank
from biomarker.config.screen import Features, Screen
from biomarker.data.cohort_files import read_cohort
from biomarker.data.landmark_tables import Landmark
from biomarker.data.tables import Flow, write_table
from biomarker.discovery.landmark import landmark_analysis
from biomarker.discovery.rank import RankSettings
from biomarker.stages.job import Job
from biomarker.stages.screen import screen_settings


def run(job: Job) -> None:
    """Settings: ``features``, ``screen``, ``modality``, ``landmark``, ``rank``, ``seed``."""
    modality, rank = job.settings["modality"], Rank.model_validate(job.settings["rank"])
    cohort = read_cohort(
        job.inputs["subjects"], job.inputs["endpoints"], {modality: job.inputs["features"]}, every_sample=True
    )
    table, flow = landmark_analysis(
        cohort,
        modality,
        job.settings["landmark"],
        settings=screen_settings(
            Screen.model_validate(job.settings["screen"]),
            Features.model_validate(job.settings["features"]),
            seed=job.settings["seed"],
            device=job.device,
        ),
        rank=RankSettings(q=rank.q, keep=rank.keep, correction=rank.correction),
        progress=job.progress,
    )
    write_table(table, Landmark, job.outputs["landmark"], provenance=job.provenance, tsv=True)
    write_table(flow, Flow, job.outputs["flow"], provenance=job.provenance)
