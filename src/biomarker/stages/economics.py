"""What testing for the marker and treating by it would cost and bring."""

from biomarker.config.economics import Economics
from biomarker.data.economics_tables import ECONOMICS_TABLES
from biomarker.data.tables import read_table, write_rows
from biomarker.data.trial_tables import TrialDesigns, TrialMarker
from biomarker.economics.proposal.inputs import evaluate_as_asked
from biomarker.rng import stream
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``economics``, ``seed``."""
    economics = Economics.model_validate(job.settings["economics"])
    marker = read_table(job.inputs["marker"], TrialMarker).to_dicts()
    designs = read_table(job.inputs["designs"], TrialDesigns)
    made = evaluate_as_asked(
        marker[0],
        marker,
        economics.model_dump(),
        economics.assumptions(),
        sizes=designs.filter("recommended")["n_randomised"].drop_nulls().to_list(),
        rng=stream(job.settings["seed"], "economics", "draws"),
    )
    for name, schema in ECONOMICS_TABLES.items():
        write_rows(getattr(made, name), schema, job.outputs[name], provenance=job.provenance, tsv=name == "strategies")
