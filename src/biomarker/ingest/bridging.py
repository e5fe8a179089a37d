"""Two runs of relative measurements brought to one scale by the samples that were measured in both."""

from dataclasses import dataclass, field

import polars as pl

from biomarker.errors import InsufficientDataError

__all__ = ["FEWEST_BRIDGES", "SecondRun", "bridge_factors"]

#: Samples in both runs that an assay needs to be bridged.
FEWEST_BRIDGES = 5


@dataclass(frozen=True, kw_only=True)
class SecondRun:
    """Another run of the same panels, with the same columns."""

    path: str = field(metadata={"doc": "The file; its values are brought to the scale of the first run."})


def bridge_factors(reference: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """What must be added to the values of the other run, assay by assay.

    The median over the samples measured in both runs of ``reference - other``.

    Parameters
    ----------
    reference, other : polars.DataFrame
        ``sample, assay, value``; values on a log scale that passed QC, none of a control sample. Several values of one
        sample and assay are averaged.

    Returns
    -------
    polars.DataFrame
        ``assay, factor, n``; assays with fewer than five such samples are absent.

    Raises
    ------
    InsufficientDataError
        No assay has enough samples in both runs.

    Notes
    -----
    Bridging samples are subjects' own: the factors are learned from their pairs of values, and from no outcome, once
    and not inside folds. **Valid when** bridging samples span the range, and both runs measured the same material.
    """
    means = [one.group_by("sample", "assay").agg(pl.col("value").mean()) for one in (reference, other)]
    both = means[0].join(means[1], on=["sample", "assay"], suffix="_other")
    difference = pl.col("value") - pl.col("value_other")
    factors = both.group_by("assay").agg(factor=difference.median(), n=pl.len().cast(pl.Int64)).sort("assay")
    enough = factors.filter(pl.col("n") >= FEWEST_BRIDGES)
    if enough.is_empty():
        shared = both["sample"].n_unique()
        raise InsufficientDataError(
            f"{shared} samples are in both runs; at least {FEWEST_BRIDGES} of an assay are needed to bridge them",
            "Name samples alike in both files, or give the runs as modalities of their own.",
        )
    return enough
