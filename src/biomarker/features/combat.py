"""Recipes ``combat_*``: location and scale of each batch brought to those of all, by empirical Bayes.

Fitted on some subjects, applied to any; one recipe a scale, because each keeps the scale it is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biomarker.data.recipe import State, Transform, Values
from biomarker.errors import InsufficientDataError, SchemaError

__all__ = ["COMBAT_SCALES", "COMBAT_TRANSFORMS", "Combat", "fit_combat", "learned_batches"]

Floats = NDArray[np.float64]

#: Relative change below which the posterior has settled.
SETTLED = 1e-4
FEWEST = 2
#: Scales on which a batch's shift and scale are those of a logarithm.
COMBAT_SCALES = ("log2", "log2_cpm", "log2_tpm")


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
        On a logarithmic scale; NaN where missing, which needs no covariates.
    batch : sequence of str
    covariates : array (n_subjects, n_covariates), optional
        What must be kept; no intercept.
    variances : str
        Whether the variances of a batch and of the priors' moments divide by n - 1 (``sample``) or by n
        (``population``): implementations differ.

    Raises
    ------
    InsufficientDataError
        Fewer than two batches, one with fewer than two subjects, or fewer than two features to learn from.
    SchemaError
        Covariates with missing values beside them, or that the batches determine.

    Notes
    -----
    It learns across subjects: fit it on the subjects of a fold, apply it to all. **Valid when** batches are not
    confounded with what matters: with an outcome that goes with the batch, correcting removes or makes an effect. As a
    recipe it is given no covariate and no outcome: an outcome that is kept is an outcome that is learned from. A
    covariate in every test is the simpler cure where it is enough. A missing value is left out of its feature's sums.
    A feature that is the same throughout each batch shows the batch alone, and becomes the same in all.
    """
    x = np.asarray(values, dtype=np.float64)
    known = np.isfinite(x)
    if covariates is not None and not known.all():
        raise SchemaError(
            "ComBat with covariates needs complete values", "Impute first, or leave features with missing values out."
        )
    batches = tuple(sorted(set(batch)))
    member = np.array([[one == name for name in batches] for one in batch], dtype=np.float64).reshape(len(x), -1)
    sizes = member.sum(axis=0)
    if len(batches) < 2 or sizes.min() < FEWEST:
        raise InsufficientDataError(
            f"{len(batches)} batches, the smallest of {int(sizes.min()) if len(sizes) else 0}",
            "ComBat needs two batches of two subjects at least.",
        )
    centres, kept, slopes = _centres(x, known, member, covariates)
    weights = sizes[:, None] * np.isfinite(centres)
    with np.errstate(invalid="ignore"):
        mean = np.where(np.isfinite(centres), centres, 0.0).T @ sizes / weights.sum(axis=0)
    residual = np.where(known, x - kept - member @ np.where(np.isfinite(centres), centres, 0.0), 0.0)
    spread = np.sqrt((residual**2).sum(axis=0) / np.maximum(known.sum(axis=0), 1))
    flat = ~(spread > 0)  # never varies within batches: what it shows is the batch and nothing else
    if (~flat).sum() < FEWEST:
        raise InsufficientDataError(
            f"{int((~flat).sum())} features vary within batches", "ComBat learns from many features together."
        )
    spread = np.where(flat, 1.0, spread)
    z = (x - mean - kept) / spread
    shift, scale = np.zeros((len(batches), x.shape[1])), np.ones((len(batches), x.shape[1]))
    for k in range(len(batches)):
        own = z[member[:, k] == 1]
        shift[k, flat] = np.nan_to_num((centres[k] - mean)[flat])
        shift[k, ~flat], scale[k, ~flat] = _posterior(own[:, ~flat], ddof=int(variances == "sample"))
    return Combat(batches, slopes, mean, spread, shift, scale)


def _centres(
    x: Floats, known: NDArray[np.bool_], member: Floats, covariates: Floats | None
) -> tuple[Floats, Floats, Floats]:
    """Mean of each batch after the covariates (n_batches, n_features), NaN where it has no value; the covariates' part
    of each value (n_subjects, n_features), and their coefficients."""
    if covariates is None:
        n = member.T @ known
        with np.errstate(invalid="ignore"):
            return (
                member.T @ np.where(known, x, 0.0) / np.where(n > 0, n, np.nan),
                np.zeros_like(x),
                np.empty((0, x.shape[1])),
            )
    extra = np.asarray(covariates, dtype=np.float64)
    design = np.column_stack([member, extra])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise SchemaError(
            "the batches determine a covariate", "What one batch has alone cannot be told from the batch."
        )
    fitted = np.linalg.lstsq(design, x, rcond=None)[0]
    slopes = fitted[member.shape[1] :]
    return fitted[: member.shape[1]], extra @ slopes, slopes


def _posterior(z: Floats, *, ddof: int) -> tuple[Floats, Floats]:
    """Location and variance of one batch, shrunk towards those of its other features; of a feature without a value
    here, what its other features have on average."""
    known = np.isfinite(z)
    n = known.sum(axis=0)
    z = np.where(known, z, 0.0)
    seen = z.sum(axis=0) / np.maximum(n, 1)
    deviations = np.where(known, z - seen, 0.0)
    told = n > ddof
    variance = (deviations**2).sum(axis=0) / np.maximum(n - ddof, 1)
    if told.sum() < FEWEST:
        raise InsufficientDataError(
            f"{int(told.sum())} features have two values in a batch", "ComBat learns from many features together."
        )
    centre, width = float(seen[n > 0].mean()), float(seen[n > 0].var(ddof=ddof))
    m, s2 = float(variance[told].mean()), float(variance[told].var(ddof=ddof))
    if not (s2 > 0 and width > 0):
        raise InsufficientDataError("all features have the same batch effect", "ComBat learns from how they differ.")
    shape, rate = (2 * s2 + m**2) / s2, (m * s2 + m**3) / s2
    shift, scale = np.where(n > 0, seen, centre), np.where(told, variance, m)
    while True:
        new_shift = (n * width * seen + scale * centre) / (n * width + scale)
        squares = (np.where(known, z - new_shift, 0.0) ** 2).sum(axis=0)
        new_scale = (0.5 * squares + rate) / (n / 2 + shape - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = max(
                float(np.nanmax(np.abs(new_shift - shift) / np.abs(shift))),
                float(np.nanmax(np.abs(new_scale - scale) / scale)),
            )
        shift, scale = new_shift, new_scale
        if not moved > SETTLED:
            return shift, scale


# --- as a recipe ------------------------------------------------------------------------------------------------------


def _fit(values: Values, batches: Sequence[str]) -> State:
    """What was learned of each batch with two subjects at least; of a single batch only that it is left as it is."""
    values, labels, p = np.asarray(values), np.array(batches), values.shape[1]
    enough = {name: np.isfinite(values[labels == name]).sum(axis=0) >= FEWEST for name in sorted(set(batches))}
    learned = [name for name, told in enough.items() if told.sum() >= FEWEST]
    inside = np.isin(labels, learned)
    if len(learned) < 2:
        own = {
            f"{kind}:{name}": np.full(p, value) for name in learned for kind, value in (("shift", 0.0), ("scale", 1.0))
        }
        return {"mean": np.zeros(p), "spread": np.ones(p), **own}
    fitted = fit_combat(values[inside], labels[inside].tolist())
    state = {"mean": fitted.mean, "spread": fitted.spread}
    for k, name in enumerate(fitted.batches):
        state |= {f"shift:{name}": fitted.shift[k], f"scale:{name}": fitted.scale[k]}
    return state


def learned_batches(state: State) -> tuple[str, ...]:
    """Batches that a recipe has learned."""
    return tuple(sorted(name.removeprefix("shift:") for name in state if name.startswith("shift:")))


def _apply(values: Values, state: State, batches: Sequence[str]) -> Floats:
    """Each subject by itself without its batch's shift and scale; missing where nothing was learned of its batch."""
    names = learned_batches(state)
    result = np.full(values.shape, np.nan)
    if not names:
        return result
    shift, scale = (np.stack([state[f"{kind}:{name}"] for name in names]) for kind in ("shift", "scale"))
    fitted = Combat(names, np.empty((0, values.shape[1])), state["mean"], state["spread"], shift, scale)
    labels = np.array(batches)
    inside = np.isin(labels, names)
    if inside.any():
        result[inside] = fitted.apply(np.asarray(values)[inside], labels[inside].tolist())
    return result


COMBAT_TRANSFORMS = tuple(
    Transform(
        name=f"combat_{scale}",
        accepts=frozenset({scale}),
        gives=scale,
        fit=_fit,
        apply=_apply,
        reference="Johnson, Li and Rabinovic 2007, Biostatistics 8:118-127, doi:10.1093/biostatistics/kxj037",
        by_batch=True,
        by_feature=True,
    )
    for scale in COMBAT_SCALES
)
