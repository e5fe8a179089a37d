"""From the screens of all modalities to the ranked candidates."""

from biomarker.config.rank import Rank
from biomarker.data.cohort_files import read_endpoints
from biomarker.data.tables import Candidates, Screen, read_table, write_table
from biomarker.discovery.formula.ranked import with_formulas
from biomarker.discovery.rank import RankSettings, rank_candidates, with_directions
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``rank``; ``assignment`` of the treatment (null: as by default, or there is none)."""
    rank = Rank.model_validate(job.settings["rank"])
    randomised = job.settings["assignment"] != "observational"
    endpoints = read_endpoints(job.inputs["endpoints"])
    screens = [read_table(path, Screen) for path in job.inputs_of("screen").values()]
    candidates = rank_candidates(
        screens,
        endpoints,
        settings=RankSettings(
            q=rank.q,
            keep=rank.keep,
            correction=rank.correction,
            randomised=randomised,
        ),
        provenance_id=job.provenance["provenance_id"],
    )
    for path in job.inputs_of("formula").values():
        formulas = with_directions(read_table(path, Candidates), {e.name: e for e in endpoints}, randomised)
        candidates = with_formulas(candidates, formulas)
    write_table(candidates, Candidates, job.outputs["candidates"], provenance=job.provenance, tsv=True)
