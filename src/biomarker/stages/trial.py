"""From the leading predictive candidate to the study that would prove it."""

from biomarker.config.economics import Economics
from biomarker.config.rank import Rank
from biomarker.config.trial import Trial
from biomarker.data.cohort_files import read_cohort
from biomarker.data.tables import CandidateCutoffs, CandidateEffects, Candidates, read_table, write_rows
from biomarker.data.trial_tables import TRIAL_TABLES
from biomarker.discovery.marker_facts import Choice, marker_facts
from biomarker.discovery.measured_utility import measured_utility
from biomarker.economics.proposal.inputs import worth_of
from biomarker.stages.job import Job
from biomarker.trial.proposal.propose import propose_as_asked


def run(job: Job) -> None:
    """Settings: ``trial``, ``economics``, ``rank``, ``assignment`` of the treatment, ``seed``."""
    trial = Trial.model_validate(job.settings["trial"])
    economics = Economics.model_validate(job.settings["economics"])
    cohort = read_cohort(job.inputs["subjects"], job.inputs["endpoints"], job.inputs_of("features"))
    taken = economics.assumptions()
    if economics.utility_feature is not None:
        taken["utility_controlled"] = measured_utility(cohort, economics.utility_feature)
    found = marker_facts(
        cohort,
        read_table(job.inputs["candidates"], Candidates),
        read_table(job.inputs["effects"], CandidateEffects),
        read_table(job.inputs["cutoffs"], CandidateCutoffs),
        Choice(
            candidate=trial.candidate,
            endpoint=trial.endpoint,
            comparison=trial.comparison,
            q=Rank.model_validate(job.settings["rank"]).q,
            randomised=job.settings["assignment"] != "observational",
            assumed=trial.assumptions(),
        ),
    )
    worth = worth_of(found.facts, found.quantities, economics.model_dump(), taken)
    made = propose_as_asked(
        found.facts,
        found.quantities,
        trial.model_dump(),
        worth=worth,
        currency=economics.currency,
        seed=job.settings["seed"],
        device=job.device,
    )
    for name, schema in TRIAL_TABLES.items():
        rows = found.rows() if name == "marker" else getattr(made, name)
        write_rows(rows, schema, job.outputs[name], provenance=job.provenance, tsv=name == "designs")
