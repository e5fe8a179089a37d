"""Shrunken effects beside the raw ones: what is left of a candidate once it is allowed for that it was chosen."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri_exp

from biomarker.stats.shrinkage import LEAST, fit_prior, shrink

__all__ = ["signed_z", "with_shrunken"]

Floats = NDArray[np.float64]
_SMALLEST = 1e-6


def signed_z(log10_p: pl.Series, estimate: pl.Series) -> Floats:
    """Standard normal statistics of two-sided p-values, with the sign of the estimate; finite where p underflows."""
    size = -ndtri_exp(log10_p.to_numpy() * np.log(10.0) - np.log(2.0))
    return np.asarray(np.maximum(size, 0.0) * np.where(estimate.to_numpy() < 0, -1.0, 1.0))


def with_shrunken(rows: pl.DataFrame, tested: pl.DataFrame, family: list[str]) -> pl.DataFrame:
    """Add ``estimate_shrunk``, ``shrunk_low``, ``shrunk_high``, ``shrinkage_method``.

    The p-values of a whole family say how large its effects are; the posterior of a row's own effect, in standard
    errors, is carried over to its estimate as a factor.

    Parameters
    ----------
    rows : polars.DataFrame
        Of `tested`, with ``estimate``.
    tested : polars.DataFrame
        Every test of every family, with ``log10_p`` and ``estimate`` of the screen.
    family : list of str
        Columns that tell families apart.
    """
    names = ("estimate_shrunk", "shrunk_low", "shrunk_high")
    if rows.is_empty():
        return rows.with_columns(*(pl.lit(None, pl.Float64).alias(n) for n in names), shrinkage_method=pl.lit(None))
    parts = []
    every = dict(tested.group_by(family, maintain_order=True))
    for key, part in rows.group_by(family, maintain_order=True):
        z = signed_z(every[key]["log10_p"], every[key]["estimate"])
        raw = part["estimate"].to_numpy()
        if z.size < LEAST:
            same = {name: part[column] for name, column in zip(names, ("estimate", "ci_low", "ci_high"), strict=True)}
            words = f"none: a family of {z.size} says nothing of the spread of effects"
            parts.append(part.with_columns(**same, shrinkage_method=pl.lit(words)))
            continue
        prior = fit_prior(z)
        own = signed_z(part["log10_p"], part["estimate"])
        own = np.where(np.abs(own) < _SMALLEST, _SMALLEST, own)
        found = shrink(own, prior)
        factors = [found.mean / own, found.low / own, found.high / own]
        values = [np.asarray(factor * raw) for factor in factors]
        low, high = np.minimum(values[1], values[2]), np.maximum(values[1], values[2])
        words = f"normal mixture about 0 over the family, {prior.weight[0]:.1%} of it at 0"
        parts.append(
            part.with_columns(
                pl.Series("estimate_shrunk", values[0]).fill_nan(None),
                pl.Series("shrunk_low", low).fill_nan(None),
                pl.Series("shrunk_high", high).fill_nan(None),
                pl.lit(words).alias("shrinkage_method"),
            )
        )
    return pl.concat(parts)
