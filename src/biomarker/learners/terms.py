"""Columns of a linear model of features, treatment and how the features' effects differ between the arms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Terms"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Terms:
    """What the columns learned from the training subjects: centre, spread, share treated.

    The columns are ``z``, then ``|z| - mean|z|`` where `folded`, then the same times ``t - mean t``, then
    ``t - mean t``, with z the standardised features. A main effect is so the effect at the average treatment.

    Attributes
    ----------
    centre, scale : (n_features,)
        A feature that is constant in the training subjects has the scale infinity, and so columns of zeros.
    fold_centre : (n_features,) or None
        Mean of ``|z|``; None where only straight effects are fitted.
    treated : float or None
        Share treated; None for a model without treatment.
    """

    centre: Floats
    scale: Floats
    fold_centre: Floats | None
    treated: float | None

    @classmethod
    def learn(cls, features: Floats, treatment: Floats | None, *, folded: bool) -> "Terms":
        """Learn from training subjects."""
        centre = features.mean(axis=0)
        spread = features.std(axis=0)
        constant = spread <= 1e-12 * np.abs(features).max(axis=0, initial=0.0)
        scale = np.where(constant, np.inf, spread)
        fold_centre = np.abs((features - centre) / scale).mean(axis=0) if folded else None
        return cls(centre, scale, fold_centre, None if treatment is None else float(treatment.mean()))

    def columns(self, features: Floats, treatment: Floats | None) -> Floats:
        """Columns for any subjects, (n_subjects, n_terms), column-major."""
        z = (features - self.centre) / self.scale
        blocks = [z] if self.fold_centre is None else [z, np.abs(z) - self.fold_centre]
        if self.treated is not None:
            t = (treatment - self.treated)[:, None]
            blocks += [*(block * t for block in blocks), t]
        return np.asfortranarray(np.concatenate(blocks, axis=1))

    def penalised(self) -> NDArray[np.bool_]:
        """Which columns are penalised: all but the treatment."""
        width = self.centre.size * (1 if self.fold_centre is None else 2)
        if self.treated is None:
            return np.ones(width, dtype=np.bool_)
        return np.append(np.ones(2 * width, dtype=np.bool_), [False])
