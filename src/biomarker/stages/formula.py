"""From the parts of the search to formulas that were tried in held-out subjects."""

import polars as pl
from threadpoolctl import threadpool_limits

from biomarker.data.formula_tables import (
    FormulaCounts,
    FormulaGroups,
    FormulaMaps,
    Formulas,
    FormulaScanned,
    FormulaSurvivors,
)
from biomarker.data.tables import Candidates, read_table, write_table
from biomarker.discovery.formula.rows import candidate_rows, count_rows, formula_rows, group_rows, map_rows
from biomarker.stages.formula_search import formula_study
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``formula``, ``features``, ``strata``, ``seed``."""
    study = formula_study(job)
    survivors = pl.concat(read_table(path, FormulaSurvivors) for path in job.inputs_of("survivors").values())
    scanned = pl.concat(read_table(path, FormulaScanned) for path in job.inputs_of("scanned").values())
    with threadpool_limits(1):
        concluded, failed, left_out = study.conclude(survivors, scanned, progress=job.progress)
    endpoints, own = study.cohort.endpoints, job.provenance
    found = candidate_rows(concluded, endpoints, provenance_id=own["provenance_id"])
    write_table(found, Candidates, job.outputs["candidates"], provenance=own)
    write_table(formula_rows(concluded), Formulas, job.outputs["formulas"], provenance=own, tsv=True)
    write_table(count_rows(concluded, failed, left_out), FormulaCounts, job.outputs["counts"], provenance=own, tsv=True)
    write_table(group_rows(concluded, study.cohort), FormulaGroups, job.outputs["groups"], provenance=own)
    write_table(map_rows(concluded, study.cohort), FormulaMaps, job.outputs["maps"], provenance=own)
