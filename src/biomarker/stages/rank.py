"""From the screens of all modalities to the ranked candidates."""

from collections.abc import Sequence

import polars as pl

from biomarker.config.rank import Rank
from biomarker.data.cohort_files import read_endpoints
from biomarker.data.endpoint import Endpoint
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.predictive_tables import PredictiveMarkers, PredictiveQuestions
from biomarker.data.quality_tables import QualityFindings
from biomarker.data.replication_tables import Replication
from biomarker.data.stability_tables import StabilityFeatures, StabilityLists
from biomarker.data.tables import Candidates, CandidateScores, Screen, read_table, write_table
from biomarker.discovery.looks import with_stability
from biomarker.discovery.rank import RankSettings, kept_rows, rank_candidates, with_directions
from biomarker.discovery.score import ScoreSettings
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``rank``; ``assignment`` of the treatment (null: as by default, or there is none)."""
    rank = Rank.model_validate(job.settings["rank"])
    settings = RankSettings(
        q=rank.q,
        keep=rank.keep,
        correction=rank.correction,
        randomised=job.settings["assignment"] != "observational",
        score=score_settings(rank),
        cvs={name: assay.cv for name, assay in rank.assays.items() if assay.cv is not None},
    )
    endpoints = read_endpoints(job.inputs["endpoints"])
    rows = kept_rows([read_table(path, Screen) for path in job.inputs_of("screen").values()], endpoints, settings)
    halves = job.inputs_of("stability")
    rows = with_stability(
        rows, read_table(halves["features"], StabilityFeatures), read_table(halves["lists"], StabilityLists)
    )
    tried = [read_table(path, Replication) for path in job.inputs_of("replication").values()]
    ranked = rank_candidates(
        rows,
        endpoints,
        settings=settings,
        provenance_id=job.provenance["provenance_id"],
        matrices={name: FeatureMatrix.open(path) for name, path in job.inputs_of("features").items()},
        caps=read_table(job.inputs["quality"], QualityFindings),
        further=_formulas(job, endpoints, settings),
        predictive=_predictive(job),
        replication=tried[0] if tried else None,
    )
    write_table(ranked.candidates, Candidates, job.outputs["candidates"], provenance=job.provenance, tsv=True)
    write_table(ranked.scores, CandidateScores, job.outputs["scores"], provenance=job.provenance)


def _predictive(job: Job) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """The doubly robust answers, where arms are compared."""
    answers = job.inputs_of("predictive")
    if not answers:
        return None
    return read_table(answers["markers"], PredictiveMarkers), read_table(answers["questions"], PredictiveQuestions)


def _formulas(job: Job, endpoints: Sequence[Endpoint], settings: RankSettings) -> pl.DataFrame | None:
    """Leading formulas, where they were searched for."""
    known = {endpoint.name: endpoint for endpoint in endpoints}
    found = [read_table(path, Candidates) for path in job.inputs_of("formula").values()]
    return with_directions(pl.concat(found), known, settings.randomised) if found else None


def score_settings(rank: Rank) -> ScoreSettings:
    """How candidates are scored, as the study file says."""
    return ScoreSettings(
        weights=rank.weights.model_dump(),
        tier_a=rank.tiers.a,
        tier_b=rank.tiers.b,
        tier_b_q=rank.tiers.b_q,
        correlation=rank.correlation,
    )
