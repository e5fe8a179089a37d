"""What the treatment does in everybody, and for the leading candidates cut-offs, effects and survival by group."""

import polars as pl

from biomarker.config.rank import Rank
from biomarker.config.report import Report
from biomarker.data.cohort_files import read_cohort, read_groups
from biomarker.data.formula_tables import Formulas
from biomarker.data.rule_tables import CandidateRecipes, CandidateRules
from biomarker.data.tables import (
    CandidateCurves,
    CandidateCutoffs,
    CandidateEffects,
    Candidates,
    OverallEffects,
    read_table,
    write_table,
)
from biomarker.discovery.curves import candidate_curves
from biomarker.discovery.effects import Assay, EffectSettings, candidate_effects
from biomarker.discovery.formula.applied import values_with_formulas
from biomarker.discovery.frozen import freeze
from biomarker.discovery.overall import overall_effects
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``rank``, ``report``, ``seed``."""
    report, rank = Report.model_validate(job.settings["report"]), Rank.model_validate(job.settings["rank"])
    cohort = read_cohort(job.inputs["subjects"], job.inputs["endpoints"], job.inputs_of("features"))
    candidates = read_table(job.inputs["candidates"], Candidates)
    curves = candidate_curves(cohort, candidates, leading=report.curves, small_cell=report.small_cell)
    write_table(curves, CandidateCurves, job.outputs["curves"], provenance=job.provenance)
    write_table(overall_effects(cohort), OverallEffects, job.outputs["overall"], provenance=job.provenance, tsv=True)
    searched = [read_table(path, Formulas) for path in job.inputs_of("formula").values()]
    effects, cutoffs = candidate_effects(
        cohort,
        candidates,
        groups=read_groups(job.inputs["subjects"]),
        settings=EffectSettings(
            leading=rank.effects,
            seed=job.settings["seed"],
            assays={name: Assay(**assay.model_dump(exclude={"cv"})) for name, assay in rank.assays.items()},
        ),
        values_of=values_with_formulas(searched[0]) if searched else None,
    )
    again = [read_table(path, CandidateEffects) for path in job.inputs_of("replication").values()]
    records = dict(searched[0].select("candidate_id", "record").iter_rows()) if searched else {}
    rules, recipes = freeze(cohort, candidates, cutoffs, records)
    write_table(rules, CandidateRules, job.outputs["rules"], provenance=job.provenance)
    write_table(recipes, CandidateRecipes, job.outputs["recipes"], provenance=job.provenance)
    effects = pl.concat([effects, *again])
    write_table(effects, CandidateEffects, job.outputs["effects"], provenance=job.provenance, tsv=True)
    write_table(cutoffs, CandidateCutoffs, job.outputs["cutoffs"], provenance=job.provenance, tsv=True)
