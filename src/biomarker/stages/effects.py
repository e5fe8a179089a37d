"""What the treatment does in everybody, and survival by marker group for the leading candidates."""

from biomarker.config.report import Report
from biomarker.data.cohort_files import read_cohort
from biomarker.data.tables import CandidateCurves, Candidates, OverallEffects, read_table, write_table
from biomarker.discovery.curves import candidate_curves
from biomarker.discovery.overall import overall_effects
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``report``."""
    report = Report.model_validate(job.settings["report"])
    cohort = read_cohort(job.inputs["subjects"], job.inputs["endpoints"], job.inputs_of("features"))
    candidates = read_table(job.inputs["candidates"], Candidates)
    curves = candidate_curves(cohort, candidates, leading=report.curves, small_cell=report.small_cell)
    write_table(curves, CandidateCurves, job.outputs["curves"], provenance=job.provenance)
    write_table(overall_effects(cohort), OverallEffects, job.outputs["overall"], provenance=job.provenance, tsv=True)
