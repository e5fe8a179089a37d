"""From the screens of all modalities to the ranked candidates."""

from biomarker.config.rank import Rank
from biomarker.data.cohort_files import read_endpoints
from biomarker.data.tables import Candidates, Screen, read_table, write_table
from biomarker.discovery.rank import RankSettings, rank_candidates
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``rank``; ``assignment`` of the treatment (null: as by default, or there is none)."""
    rank = Rank.model_validate(job.settings["rank"])
    screens = [read_table(path, Screen) for path in job.inputs_of("screen").values()]
    candidates = rank_candidates(
        screens,
        read_endpoints(job.inputs["endpoints"]),
        settings=RankSettings(
            q=rank.q,
            keep=rank.keep,
            correction=rank.correction,
            randomised=job.settings["assignment"] != "observational",
        ),
        provenance_id=job.provenance["provenance_id"],
    )
    write_table(candidates, Candidates, job.outputs["candidates"], provenance=job.provenance, tsv=True)
