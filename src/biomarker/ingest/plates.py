"""Differences between plates, told by the control samples that are on all of them."""

import polars as pl

__all__ = ["plate_shifts"]


def plate_shifts(controls: pl.DataFrame) -> pl.DataFrame:
    """How far each plate lies from the others, by assay.

    Let ``v[c, p]`` be the mean value of control sample ``c`` on plate ``p``, for those control samples that are on
    every plate of the assay, and ``m[c]`` its mean over the plates. The shift of plate ``p`` is the median over ``c``
    of ``v[c, p] - m[c]``.

    Parameters
    ----------
    controls : polars.DataFrame
        ``assay, sample, plate, value``; values on a log scale, none missing.

    Returns
    -------
    polars.DataFrame
        ``assay, plate, shift``; assays without a control sample on every plate are absent.

    Notes
    -----
    Only control samples are looked at: subtracting the shift changes no subject's value by another subject's.

    **Valid when** the control samples are the same material on every plate and are handled like the subjects' samples.
    With two of them the shift itself carries about their error of measurement.
    """
    means = controls.group_by("assay", "sample", "plate", maintain_order=True).agg(pl.col("value").mean())
    plates = pl.col("plate").n_unique()
    everywhere = means.filter(plates.over("assay", "sample") == plates.over("assay"))
    apart = everywhere.with_columns(shift=pl.col("value") - pl.col("value").mean().over("assay", "sample"))
    return apart.group_by("assay", "plate", maintain_order=True).agg(pl.col("shift").median())
