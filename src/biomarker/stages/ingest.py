"""Read one modality as its owner wrote it."""

import json
from pathlib import Path

import polars as pl

from biomarker.config.base import settings_from, settings_part
from biomarker.data.files import atomic_path
from biomarker.data.matrix import FeatureValues
from biomarker.data.record_tables import PrivacyFindings
from biomarker.data.tables import Flow, Quarantine, write_table
from biomarker.data.timing import require_timing
from biomarker.ingest.account import refuse_post_baseline, rows_account
from biomarker.ingest.privacy import PrivacySettings, protected, refuse_identifiers, scan_files
from biomarker.ingest.registry import SOURCES
from biomarker.stages.job import Job, with_paths

#: Rows of a group in the file of lazy records.
ROW_GROUP = 500_000


def run(job: Job) -> None:
    """Settings: ``modality`` (its name), ``source`` (its section), ``post_baseline``, ``privacy``."""
    source = SOURCES[job.settings["source"]["type"]]
    settings = settings_part(source.settings, with_paths(job.settings["source"], job.sources()))
    require_timing(settings, job.settings["modality"])
    privacy = settings_from(PrivacySettings, job.settings.get("privacy", {}))
    findings = scan_files(job.sources(), settings)
    refuse_identifiers(findings, privacy)
    ingested = source.read(settings, base=Path())
    content = protected(ingested.content, privacy)
    if isinstance(content, FeatureValues):
        if settings.when == "baseline":
            refuse_post_baseline(content, job.settings["post_baseline"], job.settings["modality"])
        content.write(job.outputs["content"], provenance=job.provenance)
    else:
        write_records(content, job.outputs["content"], job.provenance)
    noted = {**job.provenance, "notes": json.dumps(ingested.notes, ensure_ascii=False)}
    write_table(ingested.quarantine, Quarantine, job.outputs["quarantine"], provenance=noted)
    account = rows_account(ingested, job.settings["modality"])
    write_table(account, Flow, job.outputs["flow"], provenance=job.provenance)
    write_table(findings, PrivacyFindings, job.outputs["privacy"], provenance=job.provenance)


def write_records(records: pl.DataFrame | pl.LazyFrame, path: Path, provenance: dict[str, str]) -> None:
    """Records keep the columns their source gives them; of lazy ones a run of rows is made and written at a time."""
    about = {"schema": "Records", **provenance}
    with atomic_path(path) as partial:
        if isinstance(records, pl.DataFrame):
            records.write_parquet(partial, metadata=about)
            return
        import pyarrow.parquet as pq

        n = int(records.select(pl.len()).collect().item())
        runs = (records.slice(start, ROW_GROUP).collect().to_arrow() for start in range(0, n, ROW_GROUP))
        first = next(runs)
        with pq.ParquetWriter(partial, first.schema, compression="zstd") as writer:
            writer.write_table(first)
            for run in runs:
                writer.write_table(run)
            writer.add_key_value_metadata(about)
