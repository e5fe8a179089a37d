"""One account of who is analysed and who is not, from the accounts of all stages."""

import polars as pl

from biomarker.data.tables import Flow, read_table, write_table
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """No settings."""
    flow = pl.concat([read_table(path, Flow) for path in job.inputs_of("flow").values()])
    write_table(flow, Flow, job.outputs["flow"], provenance=job.provenance, tsv=True)
