"""Which features are worth testing, judged from the subjects that are analysed and from nothing else."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biomarker.errors import ConfigError

__all__ = ["DETECTION_SCALES", "FilterSettings", "reasons"]

#: Scales on which a value of zero means that nothing was seen.
DETECTION_SCALES = ("counts", "tpm", "log2_tpm")


@dataclass(frozen=True, kw_only=True)
class FilterSettings:
    """What a feature must have to be tested. The defaults drop only what carries next to nothing."""

    min_detection: float = field(
        default=0.1,
        metadata={"doc": "Least share of subjects with a value (on the scales counts, tpm, log2_tpm: above zero)."},
    )
    min_prevalence: float = field(
        default=0.0, metadata={"doc": "Least share of the rarer group among known values of a two-valued feature."}
    )
    min_variance: float = field(
        default=0.0, metadata={"doc": "The variance must be greater than this; 0 drops features that never vary."}
    )

    def __post_init__(self) -> None:
        for name in ("min_detection", "min_prevalence"):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise ConfigError(f"{name}: {share} is no share", "Give a number from 0 to 1.")
        if not self.min_variance >= 0:
            raise ConfigError(f"min_variance: {self.min_variance} is negative", "Give 0 or more.")


def reasons(
    values: NDArray[np.floating], settings: FilterSettings, *, scale: str
) -> tuple[NDArray[np.bool_], list[str]]:
    """Which features to keep, and why the others are not.

    Only the subjects given are looked at, and no endpoint: within folds, give the training subjects. With ``k`` values
    known (on the scales of `DETECTION_SCALES`: above zero), ``n`` known at all, and ``r`` of these the rarer of two
    values, a feature is kept where ``k / n_subjects >= min_detection``, its values are not all the same,
    ``r / n >= min_prevalence`` (features with two values only), and its variance (``n - 1`` in the denominator) is
    greater than ``min_variance``.

    Parameters
    ----------
    values : array (n_subjects, n_features)
        NaN where missing.
    settings : FilterSettings
    scale : str
        See `biomarker.data.matrix.SCALES`.

    Returns
    -------
    kept : bool array (n_features,)
    reasons : list of str (n_features)
        Empty where kept; else the first of the rules above that failed, with the setting's value.

    Notes
    -----
    **Valid when** the filter looks at no endpoint, as here: the tests that follow keep their level (Bourgon, Gentleman
    and Huber 2010, doi:10.1073/pnas.0914005107).
    """
    known = np.isfinite(values)
    n = known.sum(axis=0)
    seen = (known & (values > 0)).sum(axis=0) if scale in DETECTION_SCALES else n
    what = "above zero" if scale in DETECTION_SCALES else "known"
    rules = [
        (n == 0, "known in no subject"),
        (seen < settings.min_detection * len(values), f"{what} in less than {settings.min_detection:.3g} of subjects"),
    ]
    low = np.min(values, axis=0, where=known, initial=np.inf)
    high = np.max(values, axis=0, where=known, initial=-np.inf)
    rules.append((low == high, "the same in all subjects with a value"))
    rare, two = _rarer(values, known, low, high, n)
    rules.append(
        (
            two & (rare < settings.min_prevalence * n),
            f"rarer value in less than {settings.min_prevalence:.3g} of subjects",
        )
    )
    if settings.min_variance > 0:
        variance = _variance(values, known, n)
        rules.append((~(variance > settings.min_variance), f"variance not above {settings.min_variance:.3g}"))
    why = np.full(values.shape[1], "", dtype=object)
    for failed, reason in reversed(rules):
        why[failed] = reason
    return why == "", why.tolist()


def _rarer(
    values: NDArray[np.floating],
    known: NDArray[np.bool_],
    low: NDArray[np.floating],
    high: NDArray[np.floating],
    n: NDArray[np.integer],
) -> tuple[NDArray[np.integer], NDArray[np.bool_]]:
    """Size of the rarer group, and whether the feature has just two values."""
    at_low, at_high = (known & (values == low)).sum(axis=0), (known & (values == high)).sum(axis=0)
    return np.minimum(at_low, at_high), (at_low + at_high == n) & (low < high)


def _variance(values: NDArray[np.floating], known: NDArray[np.bool_], n: NDArray[np.integer]) -> NDArray[np.float64]:
    """Variance of the known values, in double precision and around the mean."""
    exact = np.where(known, values, 0.0).astype(np.float64)
    mean = exact.sum(axis=0) / np.maximum(n, 1)
    return (np.where(known, exact - mean, 0.0) ** 2).sum(axis=0) / np.maximum(n - 1, 1)
