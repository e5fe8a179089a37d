"""Source ``expression``: a matrix of gene expression whose scale is said."""

from dataclasses import dataclass, field
from typing import Literal

from biomarker.ingest.matrix import MatrixSettings, Orientation, read_matrix
from biomarker.ingest.source import Source

__all__ = ["SOURCE", "ExpressionSettings"]


@dataclass(frozen=True, kw_only=True)
class ExpressionSettings(MatrixSettings):
    """Settings of an ``expression`` matrix: as a ``matrix``, genes in rows unless said otherwise."""

    orientation: Orientation = field(
        default="features_in_rows",
        metadata={"doc": "What a row of the file is: a gene (features_in_rows) or a subject (subjects_in_rows)."},
    )
    scale: Literal["counts", "tpm", "log2_tpm", "log2_cpm", "log2"] = field(
        metadata={"doc": "What the numbers mean; counts are normalised by TMM and become log2 counts per million."}
    )


SOURCE = Source(
    type="expression",
    settings=ExpressionSettings,
    read=read_matrix,
    doc="Gene expression as counts, TPM, log2 TPM, log2 CPM or log2 intensities.",
)
