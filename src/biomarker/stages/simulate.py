"""Write the files of a simulated trial."""

from biomarker.config.base import settings_from
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.trial import write_trial
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """``truth`` names one of the files; all stand beside it."""
    settings = settings_from(TrialSettings, job.settings["simulate"])
    write_trial(job.outputs["truth"].parent, settings, seed=job.settings["seed"])
