"""ComBat: location and scale of each batch brought to those of all, by empirical Bayes; fitted once, applied to any."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biomarker.errors import InsufficientDataError, SchemaError

__all__ = ["Combat", "fit_combat"]

Floats = NDArray[np.float64]

#: Relative change below which the posterior has settled.
SETTLED = 1e-4
FEWEST = 2


@dataclass(frozen=True)
class Combat:
    """What was learned of each batch.

    Attributes
    ----------
    batches : tuple of str
    coefficients : array (n_covariates, n_features)
        Of the covariates, which are kept.
    mean, spread : array (n_features,)
        Of all batches together, after the covariates.
    shift, scale : array (n_batches, n_features)
        Posterior location and variance of each batch on the standardised scale.
    """

    batches: tuple[str, ...]
    coefficients: Floats
    mean: Floats
    spread: Floats
    shift: Floats
    scale: Floats

    def apply(self, values: Floats, batch: Sequence[str], covariates: Floats | None = None) -> Floats:
        """Values of any subjects (n_subjects, n_features) without their batch's shift and scale.

        Each subject by itself: nobody else's values matter.

        Raises
        ------
        SchemaError
            A batch that was not learned.
        """
        unknown = sorted(set(batch) - set(self.batches))
        if unknown:
            raise SchemaError(
                f"{len(unknown)} batches were not among those that ComBat learned from",
                "A batch of which nothing is known cannot be corrected: leave its samples out.",
            )
        at = np.array([self.batches.index(one) for one in batch])
        fixed = self.mean + (0.0 if covariates is None else covariates @ self.coefficients)
        z = (values - fixed) / self.spread
        return fixed + self.spread * (z - self.shift[at]) / np.sqrt(self.scale[at])


def fit_combat(
    values: Floats,
    batch: Sequence[str],
    covariates: Floats | None = None,
    *,
    variances: Literal["sample", "population"] = "sample",
) -> Combat:
    """Learn batches.

    For each feature ``value = mean + covariates b + batch effect + error``, the batch effects weighted to zero. On the
    standardised residuals each batch has a location and a variance per feature, which are shrunk towards the batch's
    other features: normal prior of the locations, inverse gamma prior of the variances, moments from the features,
    posterior means iterated until they settle (the parametric method of Johnson, Li and Rabinovic 2007,
    doi:10.1093/biostatistics/kxj037).

    Parameters
    ----------
    values : array (n_subjects, n_features)
        On a logarithmic scale, none missing.
    batch : sequence of str
    covariates : array (n_subjects, n_covariates), optional
        What must be kept; no intercept.
    variances : str
        Whether the variances of a batch and of the priors' moments divide by n - 1 (``sample``) or by n
        (``population``): implementations differ.

    Raises
    ------
    InsufficientDataError
        Fewer than two batches, or one with fewer than two subjects.
    SchemaError
        Missing values, or covariates that the batches determine.

    Notes
    -----
    It learns across subjects: fit it on the subjects of a fold, apply it to all. **Valid when** batches are not
    confounded with what matters: with an outcome that goes with the batch, correcting removes or makes an effect. A
    covariate in every test is the simpler cure where it is enough.
    """
    x = np.asarray(values, dtype=np.float64)
    if not np.isfinite(x).all():
        raise SchemaError("ComBat needs complete values", "Impute first, or leave features with missing values out.")
    batches = tuple(sorted(set(batch)))
    member = np.array([[one == name for name in batches] for one in batch], dtype=np.float64)
    sizes = member.sum(axis=0)
    if len(batches) < 2 or sizes.min() < FEWEST:
        raise InsufficientDataError(
            f"{len(batches)} batches, the smallest of {int(sizes.min()) if len(sizes) else 0}",
            "ComBat needs two batches of two subjects at least.",
        )
    extra = np.empty((len(x), 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    design = np.column_stack([member, extra])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise SchemaError(
            "the batches determine a covariate", "What one batch has alone cannot be told from the batch."
        )
    fitted = np.linalg.lstsq(design, x, rcond=None)[0]
    mean = sizes / len(x) @ fitted[: len(batches)]
    spread = np.sqrt(((x - design @ fitted) ** 2).mean(axis=0))
    flat = spread == 0  # a feature that never varies within batches: nothing to standardise
    spread = np.where(flat, 1.0, spread)
    z = (x - mean - extra @ fitted[len(batches) :]) / spread
    posteriors = [_posterior(z[member[:, k] == 1], ddof=int(variances == "sample")) for k in range(len(batches))]
    shift, scale = (np.stack(parts) for parts in zip(*posteriors, strict=True))
    shift[:, flat], scale[:, flat] = 0.0, 1.0
    return Combat(batches, fitted[len(batches) :], mean, spread, shift, scale)


def _posterior(z: Floats, *, ddof: int) -> tuple[Floats, Floats]:
    """Location and variance of one batch, shrunk towards those of its other features."""
    n = len(z)
    seen, variance = z.mean(axis=0), z.var(axis=0, ddof=ddof)
    centre, width = float(seen.mean()), float(seen.var(ddof=ddof))
    m, s2 = float(variance.mean()), float(variance.var(ddof=ddof))
    shape, rate = (2 * s2 + m**2) / s2, (m * s2 + m**3) / s2
    shift, scale = seen, variance
    while True:
        new_shift = (n * width * seen + scale * centre) / (n * width + scale)
        squares = ((z - new_shift) ** 2).sum(axis=0)
        new_scale = (0.5 * squares + rate) / (n / 2 + shape - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = max(
                float(np.nanmax(np.abs(new_shift - shift) / np.abs(shift))),
                float(np.nanmax(np.abs(new_scale - scale) / scale)),
            )
        shift, scale = new_shift, new_scale
        if not moved > SETTLED:
            return shift, scale
