"""The leading candidates tried again in further cohorts, frozen as the discovery cohort gives them."""

import polars as pl

from biomarker.config.rank import Rank
from biomarker.config.screen import Screen as ScreenSection
from biomarker.data.cohort import Cohort
from biomarker.data.cohort_files import read_cohort, read_groups
from biomarker.data.formula_tables import Formulas
from biomarker.data.replication_tables import Replication
from biomarker.data.tables import CandidateEffects, Candidates, Screen, read_table, write_table
from biomarker.discovery.method import Limits
from biomarker.discovery.rank import RankSettings, all_candidates, kept_rows
from biomarker.discovery.replication import frozen_rules, replicate, tried
from biomarker.discovery.replication_effects import replication_effects
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``rank``, ``seed``; of ``screen`` limits; ``cohorts``: name and modalities of each."""
    rank = Rank.model_validate(job.settings["rank"])
    screen = ScreenSection.model_validate(job.settings["screen"])
    cohort = read_cohort(job.inputs["subjects"], job.inputs["endpoints"], job.inputs_of("features"))
    settings = RankSettings(q=rank.q, keep=1, correction=rank.correction)
    screens = [read_table(path, Screen) for path in job.inputs_of("screen").values()]
    formulas = [read_table(path, Formulas) for path in job.inputs_of("formulas").values()]
    further = [read_table(path, Candidates) for path in job.inputs_of("formula").values()]
    rows = all_candidates(
        kept_rows(screens, cohort.endpoints, settings),
        cohort.endpoints,
        provenance_id=job.provenance["provenance_id"],
        further=pl.concat(further) if further else None,
    )
    records = dict(formulas[0].select("candidate_id", "record").iter_rows()) if formulas else {}
    groups = read_groups(job.inputs["subjects"])
    frozen = frozen_rules(cohort, tried(rows, rank.q), groups, seed=job.settings["seed"], formulas=records)
    limits = Limits(min_group=screen.min_group, min_events=screen.min_events)
    others = further_cohorts(job)
    found = replicate(cohort, frozen, others, limits=limits)
    write_table(found, Replication, job.outputs["replication"], provenance=job.provenance, tsv=True)
    effects = replication_effects(frozen, others, found, seed=job.settings["seed"])
    write_table(effects, CandidateEffects, job.outputs["effects"], provenance=job.provenance)


def further_cohorts(job: Job) -> dict[str, Cohort]:
    """Each further cohort from its own results; its files are told apart by the folder they lie in."""
    paths = {(path.parents[1].name, path.parent.name, path.stem): path for path in job.inputs_of("further").values()}
    return {
        one["name"]: read_cohort(
            paths[one["name"], "cohort", "subjects"],
            paths[one["name"], "cohort", "endpoints"],
            {modality: paths[one["name"], "features", modality] for modality in one["modalities"]},
        )
        for one in job.settings["cohorts"]
    }
