"""Which features are worth testing, judged from the subjects that are analysed and from nothing else."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biomarker.errors import ConfigError

__all__ = ["DETECTION_SCALES", "FilterSettings", "reasons"]

#: Scales on which a value above zero means that something was there (for log2 TPM: more than one, with a pseudocount 0+).
DETECTION_SCALES = ("counts", "tpm", "log2_tpm")


@dataclass(frozen=True, kw_only=True)
class FilterSettings:
    """What a feature must have to be tested. The defaults drop only what carries next to nothing."""

    min_known: float = field(
        default=0.1, metadata={"doc": "Least share of subjects whose value is known (from 0 to 1)."}
    )
    min_detection: float = field(
        default=0.05,
        metadata={
            "doc": "Least share of known values above zero, on the scales counts, tpm and log2_tpm (from 0 to 1)."
        },
    )
    min_prevalence: float = field(
        default=0.0,
        metadata={"doc": "Least share of subjects in the rarer group of a feature with two values (from 0 to 1)."},
    )
    min_variance: float = field(
        default=0.0, metadata={"doc": "The variance must be greater than this; 0 drops features that never vary."}
    )

    def __post_init__(self) -> None:
        for name in ("min_known", "min_detection", "min_prevalence"):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise ConfigError(f"{name}: {share} is no share", "Give a number from 0 to 1.")
        if not self.min_variance >= 0:
            raise ConfigError(f"min_variance: {self.min_variance} is negative", "Give 0 or more.")


def reasons(
    values: NDArray[np.floating], settings: FilterSettings, *, scale: str
) -> tuple[NDArray[np.bool_], list[str]]:
    """Which features to keep, and why the others are not.

    Only the subjects given are looked at, and no endpoint: within folds, give the training subjects. With ``n`` known
    values of a feature, ``k`` of them above zero, ``r`` of them the rarer of two values, a feature is kept where
    ``n / n_subjects >= min_known``, ``k / n >= min_detection`` (scales of `DETECTION_SCALES` only),
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
    **Valid when** the filter looks at no endpoint, as here: the tests that follow keep their level (Bourgon et al. 2010,
    doi:10.1073/pnas.0914005107).
    """
    known = np.isfinite(values)
    n = known.sum(axis=0)
    some = np.maximum(n, 1)
    rules = [(n < settings.min_known * len(values), f"known in less than {settings.min_known:.3g} of the subjects")]
    rules.append((n == 0, "known in no subject"))
    if scale in DETECTION_SCALES:
        detected = (known & (values > 0)).sum(axis=0)
        rules.append(
            (detected < settings.min_detection * some, f"above zero in less than {settings.min_detection:.3g}")
        )
    low = np.min(values, axis=0, where=known, initial=np.inf)
    high = np.max(values, axis=0, where=known, initial=-np.inf)
    rules.append((low == high, "the same in all subjects"))
    rare, two = _rarer(values, known, low, high, n)
    rules.append((two & (rare < settings.min_prevalence * some), f"rarer group below {settings.min_prevalence:.3g}"))
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
