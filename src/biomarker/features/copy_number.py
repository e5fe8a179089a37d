"""Features of copy numbers: gain and loss of each gene, its level, and how much of the genome is altered."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.features.builder import Builder, BuilderSettings, Built, Matching, match_subjects

__all__ = ["COPY_NUMBER", "CopyNumberFeatures", "build_copy_number", "is_altered"]

Scale = Literal["log2_ratio", "copies", "calls"]
Kind = Literal["gain", "loss", "level", "altered_share"]
#: What counts as a gain and as a loss, by what the values mean: at least, at most.
THRESHOLDS = {"log2_ratio": (0.3, -0.3), "copies": (2.5, 1.5), "calls": (1.0, -1.0)}


def is_altered(value: pl.Expr, scale: str) -> pl.Expr:
    """Whether a value is a gain or a loss by the default thresholds."""
    gain, loss = THRESHOLDS[scale]
    return (value >= gain) | (value <= loss)


@dataclass(frozen=True, kw_only=True)
class CopyNumberFeatures(BuilderSettings):
    """What is made of copy numbers."""

    values: Scale = field(metadata={"doc": "log2_ratio to two copies, absolute copies, or calls from -2 to 2."})
    gain: float | None = field(
        default=None, metadata={"doc": "Least value of a gain; 0.3 of log2 ratios, 2.5 copies, call 1 unless said."}
    )
    loss: float | None = field(
        default=None, metadata={"doc": "Largest value of a loss; -0.3 of log2 ratios, 1.5 copies, call -1 unless said."}
    )
    make: tuple[Kind, ...] = field(
        default=("gain", "loss", "altered_share"),
        metadata={"doc": "What to make: gain and loss of each gene (0/1), its level, the altered share of the genome."},
    )

    def __post_init__(self) -> None:
        gain, loss = self.limits
        if not loss < gain:
            raise ConfigError(f"loss: {loss} is not below gain: {gain}", "A value cannot be both.")

    @property
    def limits(self) -> tuple[float, float]:
        """Least value of a gain, largest of a loss."""
        gain, loss = THRESHOLDS[self.values]
        return gain if self.gain is None else self.gain, loss if self.loss is None else self.loss


def build_copy_number(content: pl.DataFrame, settings: CopyNumberFeatures, *, subjects: pl.DataFrame) -> Built:
    """Make features of copy numbers, one subject at a time.

    Parameters
    ----------
    content : polars.DataFrame
        Columns of `biomarker.ingest.copy_number.RECORDS`.
    settings : CopyNumberFeatures
    subjects : polars.DataFrame
        With ``subject_id``.

    Returns
    -------
    Built
        ``<gene>.gain`` and ``<gene>.loss`` (1, 0, missing where the gene has no value), ``<gene>.level``, and
        ``altered_share`` where segments gave it. A flag that nobody has is not made, and stands in ``left_out``.

    Raises
    ------
    AlignmentError
        No subject is in both.
    InsufficientDataError
        Nothing can be made.

    Notes
    -----
    **Valid when** values are comparable between subjects: ratios of impure tumours are nearer to 0, so that a fixed
    threshold finds fewer gains in them.
    """
    cohort = subjects["subject_id"].to_list()
    source = content["subject_id"].unique(maintain_order=True).to_list()
    rows, unknown = match_subjects(source, cohort)
    ids = tuple(source[row] for row in rows)
    place = {subject: i for i, subject in enumerate(ids)}
    known = content.filter(pl.col("subject_id").is_in(list(ids)))
    of_genes = known.filter(pl.col("gene").is_not_null())
    genes = of_genes["gene"].unique().sort().to_list()
    column = {gene: j for j, gene in enumerate(genes)}
    level = np.full((len(ids), len(genes)), np.nan)
    level[[place[s] for s in of_genes["subject_id"]], [column[g] for g in of_genes["gene"]]] = of_genes[
        "value"
    ].to_numpy()
    gain, loss = settings.limits
    unseen = np.isnan(level)
    made = {
        "gain": np.where(unseen, np.nan, level >= gain),
        "loss": np.where(unseen, np.nan, level <= loss),
        "level": level,
    }
    blocks, names, left_out = [], [], {}
    for kind in ("gain", "loss", "level"):
        if kind not in settings.make:
            continue
        for j, gene in enumerate(genes):
            if kind != "level" and not (made[kind][:, j] == 1).any():
                left_out[f"{gene}.{kind}"] = f"no subject has a {kind}"
                continue
            blocks.append(made[kind][:, j])
            names.append((f"{gene}.{kind}", f"{gene} {kind}", settings.values if kind == "level" else "", gene))
    shares = known.filter(pl.col("altered_share").is_not_null())
    if "altered_share" in settings.make and shares.height:
        share = np.full(len(ids), np.nan)
        share[[place[s] for s in shares["subject_id"]]] = shares["altered_share"].to_numpy()
        blocks.append(share)
        names.append(("altered_share", "altered share of the genome", "", None))
    if not blocks:
        raise InsufficientDataError("no feature of copy numbers can be made", "See `make`, `gain` and `loss`.")
    features = pl.DataFrame(names, schema=["feature_id", "label", "unit", "gene"], orient="row")
    absent = len(cohort) - len(ids)
    excluded = {"not in the modality": absent} if absent else {}
    values = FeatureValues(np.column_stack(blocks), features, ids, "native")
    return Built(values, Matching(len(cohort), len(ids), excluded, unknown), left_out)


COPY_NUMBER = Builder(type="copy-number", settings=CopyNumberFeatures, build=build_copy_number)
