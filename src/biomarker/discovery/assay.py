"""How much of what differs between subjects is the assay's own scatter."""

import math
from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["assay_variance_shares"]

Floats = NDArray[np.float64]
_UNTOLD = {"candidate_id": pl.String, "assay_variance_share": pl.Float64}


def assay_variance_shares(
    values: Mapping[str, Floats], scales: Mapping[str, str], cvs: Mapping[str, float]
) -> pl.DataFrame:
    """Variance of one sample measured again over the variance of all subjects, at most 1.

    On the scale of the measurement the assay's variance is the mean square of ``cv x``; on a logarithm to base 2, where
    a scatter in proportion is the same everywhere, ``log(1 + cv^2) / log(2)^2``.

    Parameters
    ----------
    values : mapping of ``modality:feature_id`` to (n_subjects,)
        NaN where missing.
    scales : mapping of modality to scale
        As in `biomarker.data.matrix.SCALES`.
    cvs : mapping of modality to float
        Coefficients of variation of one sample measured again.

    Returns
    -------
    polars.DataFrame
        ``candidate_id, assay_variance_share`` of features with more than two values, where the variation is known.

    Notes
    -----
    Valid when the scatter is in proportion to the value, and the subjects' values hold it once.
    """
    rows = []
    for name, column in values.items():
        modality = name.partition(":")[0]
        known = column[np.isfinite(column)]
        if (cv := cvs.get(modality)) is None or np.unique(known).size < 3:
            continue
        total = float(known.var(ddof=1))
        on_logarithm = scales[modality].startswith("log2")
        own = math.log1p(cv * cv) / math.log(2.0) ** 2 if on_logarithm else cv * cv * float(np.mean(known * known))
        if total > 0:
            rows.append((name, min(own / total, 1.0)))
    return pl.DataFrame(rows, schema=_UNTOLD, orient="row")
