"""A utility that was measured: the mean of a feature, as the economics take a number."""

from typing import Any

import numpy as np

from biomarker.data.cohort import Cohort
from biomarker.errors import DataError

__all__ = ["measured_utility"]

Z = 1.959963984540054


def measured_utility(cohort: Cohort, feature: str) -> dict[str, Any]:
    """The mean of a feature that is a utility, as a number with its 95% interval and source.

    Parameters
    ----------
    cohort : Cohort
    feature : str
        ``modality:feature``; its values as stored, before any recipe.

    Raises
    ------
    DataError
        There is no such feature, fewer than two subjects have it, or a value lies outside -1 to 1.

    Notes
    -----
    Valid where the subjects are like the patients whom the decision is about, and were measured while controlled.
    """
    modality, _, name = feature.partition(":")
    matrices = cohort.matrices
    if modality not in matrices or name not in matrices[modality].feature_ids:
        known = list(matrices[modality].feature_ids if modality in matrices else matrices)
        raise DataError(
            f"economics.utility_feature is {feature!r}, which is not there", f"Known are: {', '.join(known[:5])}"
        )
    matrix = matrices[modality]
    values = np.asarray(matrix.values[:, matrix.feature_ids.index(name)], dtype=np.float64)
    values = values[~np.isnan(values)]
    if values.size < 2 or np.abs(values).max() > 1:
        what = "with values outside -1 to 1" if values.size >= 2 else f"which {values.size} subjects have"
        raise DataError(
            f"economics.utility_feature is {feature!r}, {what}: no utility",
            "A utility is 1 in perfect health and 0 when dead, and is measured in many subjects.",
        )
    mean, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))
    return {
        "value": mean,
        "low": max(mean - Z * error, -1.0),
        "high": min(mean + Z * error, 1.0),
        "source": "measured",
        "note": f"mean of {feature} in {values.size} subjects",
    }
