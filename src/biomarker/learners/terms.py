"""Columns of a linear model of features, treatment and how the features' effects differ between the arms."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Shape", "Terms"]

Floats = NDArray[np.float64]
Shape = Literal["straight", "folded", "curved"]
# Squares of values further out than so many spreads stay where they are: one subject shall not bend a fit
_FAR = 4.0


@dataclass(frozen=True, eq=False)
class Terms:
    """What the columns learned from the training subjects: centre, spread, share treated.

    The columns are ``z``, where folded or curved ``|z| - mean|z|``, where curved ``z^2 - 1`` (z cut at -4 and 4), the
    same times ``t - mean t``, then ``t - mean t``, with z the standardised features. A main effect is so the effect at
    the average treatment.

    Attributes
    ----------
    used : (n_used,) of int
        Features that have columns at all.
    centre, scale : (n_used,)
        A feature that is constant in the training subjects has the scale infinity, and so columns of zeros.
    fold_centre : (n_used,)
        Mean of ``|z|``.
    shape : {"straight", "folded", "curved"}
    treated : float or None
        Share treated; None for a model without treatment.
    """

    used: NDArray[np.intp]
    centre: Floats
    scale: Floats
    fold_centre: Floats
    shape: Shape
    treated: float | None

    @classmethod
    def learn(
        cls, features: Floats, treatment: Floats | None, *, shape: Shape, used: NDArray[np.intp] | None = None
    ) -> "Terms":
        """Learn from training subjects, of some features or of all."""
        used = np.arange(features.shape[1]) if used is None else used
        features = features[:, used]
        centre = features.mean(axis=0)
        spread = features.std(axis=0)
        constant = spread <= 1e-12 * np.abs(features).max(axis=0, initial=0.0)
        scale = np.where(constant, np.inf, spread)
        fold_centre = np.abs((features - centre) / scale).mean(axis=0)
        return cls(used, centre, scale, fold_centre, shape, None if treatment is None else float(treatment.mean()))

    def columns(self, features: Floats, treatment: Floats | None) -> Floats:
        """Columns for any subjects, (n_subjects, n_terms), column-major."""
        z = (features[:, self.used] - self.centre) / self.scale
        blocks = [z]
        if self.shape != "straight":
            blocks.append(np.abs(z) - self.fold_centre)
        if self.shape == "curved":
            blocks.append(np.clip(z, -_FAR, _FAR) ** 2 - np.isfinite(self.scale))
        if self.treated is not None:
            t = (treatment - self.treated)[:, None]
            blocks += [*(block * t for block in blocks), t]
        return np.asfortranarray(np.concatenate(blocks, axis=1))

    def penalised(self) -> NDArray[np.bool_]:
        """Which columns are penalised: all but the treatment."""
        width = self.centre.size * {"straight": 1, "folded": 2, "curved": 3}[self.shape]
        if self.treated is None:
            return np.ones(width, dtype=np.bool_)
        return np.append(np.ones(2 * width, dtype=np.bool_), [False])
