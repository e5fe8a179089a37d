"""One part of the search for formulas."""

import os

import numpy as np
from threadpoolctl import threadpool_limits

from biomarker.config.formula import Formula
from biomarker.config.screen import Features
from biomarker.data.cohort_files import read_cohort, read_subjects
from biomarker.data.formula_tables import FormulaScanned, FormulaSurvivors
from biomarker.data.tables import write_table
from biomarker.discovery.analysis import strata_of
from biomarker.discovery.formula.gathered import Prescreen
from biomarker.discovery.formula.search import FormulaSettings
from biomarker.discovery.formula.study import FormulaStudy, Scope
from biomarker.features.filters import FilterSettings
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``formula``, ``features``, ``strata``, ``seed``, ``part``."""
    study = formula_study(job)
    parts = Formula.model_validate(job.settings["formula"]).parts
    with threadpool_limits(1):  # the search's own threads share the cores
        survivors, scanned = study.search(int(job.settings["part"]), parts, progress=job.progress)
    write_table(survivors, FormulaSurvivors, job.outputs["survivors"], provenance=job.provenance)
    write_table(scanned, FormulaScanned, job.outputs["scanned"], provenance=job.provenance)


def formula_study(job: Job) -> FormulaStudy:
    """The cohort of a job and how its formulas are searched."""
    given = Formula.model_validate(job.settings["formula"])
    cohort = read_cohort(job.inputs["subjects"], job.inputs["endpoints"], job.inputs_of("features"))
    table, _ = read_subjects(job.inputs["subjects"])
    own = table["subject_id"].cast(str).to_list()
    labels = {name: [v or o for v, o in zip(table[name].to_list(), own, strict=True)] for name in ("patient", "group")}
    if table["group"].null_count() == table.height:
        labels["group"] = labels["patient"]
    group, patient = (np.unique(labels[name], return_inverse=True)[1].reshape(-1) for name in ("group", "patient"))
    settings = FormulaSettings(
        prescreen=Prescreen(**given.prescreen.model_dump()), min_group=given.min_group, discovery=given.discovery,
        repeats=given.repeats, top=given.top, grow=given.grow, permutations=given.permutations,
        memory_mb=given.memory_mb, seed=job.settings["seed"], threads=int(os.environ.get("OMP_NUM_THREADS", "1")),
    )  # fmt: skip
    filters = FilterSettings(**Features.model_validate(job.settings["features"]).model_dump())
    scope = Scope(given.endpoints, given.contrasts, given.horizon, given.max_missing, filters)
    return FormulaStudy(cohort, group, patient, strata_of(cohort, job.settings["strata"]), settings, scope)
