"""Source ``npx``: one run of protein levels, or two that are bridged by the samples in both."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from biomarker.errors import SchemaError
from biomarker.ingest.bridging import bridge_factors
from biomarker.ingest.npx import NpxSettings, measured_rows, read_npx
from biomarker.ingest.source import Ingested, Source

__all__ = ["SOURCE", "read_npx_runs"]

BRIDGING = "a subject's value of the second run, where the first run has one"
UNBRIDGED = "an assay with too few samples in both runs"


def read_npx_runs(settings: NpxSettings, *, base: Path) -> Ingested:
    """Read protein levels; of two runs the second is brought to the scale of the first.

    Each run is read by itself (`biomarker.ingest.npx.read_npx`), with its own limits of detection. To the values and
    limits of the second run the assay's factor is added (`biomarker.ingest.bridging.bridge_factors`), learned from all
    samples in both runs that passed QC, whatever ``where`` chooses. Where both runs have a value of a subject and assay
    the first run's is used; assays that cannot be bridged are excluded in the second run.

    Raises
    ------
    SchemaError
        Both runs are one file, or their files share a name.
    InsufficientDataError
        Too few samples are in both runs.
    """
    first = read_npx(settings, base=base)
    if settings.second_run is None:
        return first
    other = replace(settings, path=settings.second_run.path, second_run=None)
    if Path(settings.path).name == Path(other.path).name:
        raise SchemaError(f"{Path(other.path).name}: both runs are in files of one name", "Name the files apart.")
    second = read_npx(other, base=base)
    factors = bridge_factors(measured_rows(settings, base=base), measured_rows(other, base=base))
    rows = second.content.join(factors, on="assay", how="left", maintain_order="left")
    seen = first.content.select("subject_id", "assay")
    bridged = rows.filter(pl.col("factor").is_not_null())
    new = bridged.join(seen, on=["subject_id", "assay"], how="anti", maintain_order="left")
    shifted = new.with_columns(pl.col("value", "lod") + pl.col("factor")).select(first.content.columns)
    left = {UNBRIDGED: rows.height - bridged.height, BRIDGING: bridged.height - new.height}
    excluded = dict(first.excluded)
    for reason, n in [*second.excluded.items(), *left.items()]:
        if n:
            excluded[reason] = excluded.get(reason, 0) + n
    quarters = [factors["factor"].quantile(q, "linear") for q in (0.25, 0.5, 0.75)]
    note = (
        f"The second run was bridged to the first, assay by assay, by {factors['n'].max()} samples at most: factors "
        f"have the quartiles {quarters[0]:.2f}, {quarters[1]:.2f} and {quarters[2]:.2f} NPX"
    )
    return Ingested(
        pl.concat([first.content, shifted]),
        pl.concat([first.quarantine, second.quarantine]),
        first.rows_in + second.rows_in,
        first.rows_used + new.height,
        excluded,
        (*first.notes, *second.notes, note),
    )


SOURCE = Source(
    type="npx",
    settings=NpxSettings,
    read=read_npx_runs,
    doc="Protein levels in Olink's long NPX format, one value of one assay in one sample a row.",
    kind="records",
)
