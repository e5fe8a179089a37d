"""What all sources of variants share: classes that count, the records they give, and sets of genes that are hit."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from biomarker.errors import ConfigError
from biomarker.ingest.assayed import GeneList
from biomarker.ingest.gene_sets import read_gmt
from biomarker.ingest.source import SourceSettings

__all__ = [
    "NO_GENE",
    "OTHER_CLASSES",
    "PROTEIN_CHANGING",
    "RECORDS",
    "Pathways",
    "VariantSettings",
    "by_class",
    "records_of",
]

#: Classes of the MAF specification that change the protein.
PROTEIN_CHANGING = (
    "Frame_Shift_Del", "Frame_Shift_Ins", "In_Frame_Del", "In_Frame_Ins", "Missense_Mutation", "Nonsense_Mutation",
    "Nonstop_Mutation", "Splice_Site", "Translation_Start_Site",
)  # fmt: skip
#: Further classes of the specification, and those that its writers use beside them.
OTHER_CLASSES = (
    "Silent", "Splice_Region", "Intron", "RNA", "lincRNA", "IGR", "3'UTR", "5'UTR", "3'Flank", "5'Flank",
    "Targeted_Region",
)  # fmt: skip
#: What writers put where no gene is known.
NO_GENE = ("Unknown", "unknown", "-")

#: Columns of the records that a source of variants gives.
RECORDS = {
    "subject_id": pl.String,
    "gene": pl.String,
    "classification": pl.String,
    "change": pl.String,
    "variant": pl.Int64,
    "altered": pl.Boolean,
    "counted": pl.Boolean,
    "fraction": pl.Float64,
    "sets": pl.List(pl.String),
}


@dataclass(frozen=True, kw_only=True)
class Pathways:
    """Sets of genes of which it is asked whether any gene is altered."""

    path: str = field(metadata={"doc": "A GMT file: name, description and genes of a set a line, between tabs."})


@dataclass(frozen=True, kw_only=True)
class VariantSettings(SourceSettings):
    """What every source of variants needs to be told."""

    keep: tuple[str, ...] = field(default=PROTEIN_CHANGING, metadata={"doc": "Classes that alter a gene."})
    burden_classes: tuple[str, ...] | None = field(
        default=None, metadata={"doc": "Classes that the burden counts, where they are others than `keep`."}
    )
    panel_genes: GeneList | None = field(
        default=None, metadata={"doc": "The genes of the panel; variants of other genes are quarantined."}
    )
    pathways: Pathways | None = field(
        default=None, metadata={"doc": "Sets of genes; each is hit in whom any of its genes is altered."}
    )

    def __post_init__(self) -> None:
        if not self.keep:
            raise ConfigError("keep: no class is named", "Leave `keep` out for those that change the protein.")

    @property
    def counted(self) -> tuple[str, ...]:
        """Classes that the burden counts."""
        return self.keep if self.burden_classes is None else self.burden_classes


def records_of(
    variants: pl.DataFrame, known: Collection[str], settings: VariantSettings, *, base: Path
) -> pl.DataFrame:
    """`RECORDS`: the variants with the sets of their genes, and for each subject that was tested a row without gene.

    Parameters
    ----------
    variants : polars.DataFrame
        ``subject_id, gene, classification, change, variant, altered, counted``; ``fraction`` where it is known.
    known : collection of str
        Who was tested.
    settings : VariantSettings
    base : Path
        Folder of the study file.
    """
    nothing = pl.DataFrame({"subject_id": pl.Series(list(known), dtype=pl.String)}).with_columns(
        altered=pl.lit(value=False), counted=pl.lit(value=False)
    )
    every = pl.concat([variants, nothing], how="diagonal")
    if settings.pathways is not None:
        sets = read_gmt(base / settings.pathways.path)
        pairs = [(gene, name) for name, genes in sets.items() for gene in genes]
        of_gene = pl.DataFrame(pairs, schema=["gene", "sets"], orient="row").group_by("gene", maintain_order=True).all()
        every = every.join(of_gene, on="gene", how="left", maintain_order="left")
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in RECORDS.items() if name not in every.columns]
    return every.with_columns(absent).select(pl.col(name).cast(dtype) for name, dtype in RECORDS.items())


def by_class(classes: pl.Series) -> Mapping[str, int]:
    """Rows of classes that do not count, by reason."""
    return {f"class {name} does not count": n for name, n in classes.value_counts().iter_rows()}
