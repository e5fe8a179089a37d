"""What changes the treatment's effect, doubly robust, over the features of all modalities together."""

from biomarker.config.predictive import Predictive
from biomarker.config.screen import Features, Screen
from biomarker.data.cohort_files import read_cohort, read_groups
from biomarker.data.predictive_tables import PredictiveMarkers, PredictiveQuestions
from biomarker.data.tables import write_table
from biomarker.discovery.method import Limits
from biomarker.discovery.predictive_markers import PredictiveSettings, predictive_markers
from biomarker.features.filters import FilterSettings
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``features``, ``predictive``, ``seed``; of ``screen`` limits and prespecified markers."""
    screen = Screen.model_validate(job.settings["screen"])
    filters = Features.model_validate(job.settings["features"])
    own = Predictive.model_validate(job.settings["predictive"])
    markers, questions = predictive_markers(
        read_cohort(job.inputs["subjects"], job.inputs["endpoints"], job.inputs_of("features")),
        read_groups(job.inputs["subjects"]),
        settings=PredictiveSettings(
            limits=Limits(min_group=screen.min_group, min_events=screen.min_events),
            filters=FilterSettings(**filters.model_dump()),
            prespecified=frozenset(screen.prespecified),
            survival=own.survival,
            horizons=own.horizons,
            conditional=own.conditional,
            seed=job.settings["seed"],
        ),
        progress=job.progress,
    )
    write_table(markers, PredictiveMarkers, job.outputs["markers"], provenance=job.provenance)
    write_table(questions, PredictiveQuestions, job.outputs["questions"], provenance=job.provenance, tsv=True)
