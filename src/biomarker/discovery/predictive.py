"""Predictive effects of all features: any at all, each one, each one beside the others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.data.splits import Splits
from biomarker.discovery.conditional import conditional_slopes
from biomarker.discovery.cross_fitted import Censored, CrossFitted, cross_fitted
from biomarker.learners.additive import AdditiveCurves
from biomarker.learners.stack import DEFAULT_STACK
from biomarker.learners.training import Learner, Training
from biomarker.rng import stream
from biomarker.stats.doubly_robust import effect_slopes
from biomarker.stats.estimate import Estimate
from biomarker.stats.heterogeneity import Heterogeneity, heterogeneity

__all__ = ["PredictiveEffects", "left_of_main_effects", "predictive_effects"]

Floats = NDArray[np.float64]
# Share of the subjects that is spent on what the outcome models left of the main effects
_SPENT = 1.0 / 6.0
_CURVES = AdditiveCurves()


@dataclass(frozen=True, eq=False, kw_only=True)
class PredictiveEffects:
    """What changes the treatment's effect, each Estimate ``(n_features, 1)``.

    Attributes
    ----------
    overall : Heterogeneity
        Whether the effect goes with any feature: read it first.
    predictive : Estimate
        Change of the treatment's effect per unit of the feature, additive scale, marginal.
    prognostic : Estimate
        Change of the outcome per unit of the feature, the same in both arms: the mean of the arms' pseudo-outcomes.
    conditional : Estimate or None
        Predictive slope with the other features held; None where it was not asked for.
    nuisance : CrossFitted
    splits : Splits
    """

    overall: Heterogeneity
    predictive: Estimate
    prognostic: Estimate
    conditional: Estimate | None
    nuisance: CrossFitted
    splits: Splits


def predictive_effects(
    training: Training,
    *,
    propensity: float | None,
    seed: int,
    censored: Censored | None = None,
    markers: NDArray[Any] | None = None,
    learner: Learner = DEFAULT_STACK,
    n_folds: int = 5,
    conditional: bool = True,
    flips: int = 999,
) -> PredictiveEffects:
    """Cross-fit the nuisance models, then test for any heterogeneity, every feature, and every feature beside others.

    Parameters
    ----------
    training : Training
        Complete subjects of the two arms. What confounds an observational comparison must be among the features.
    propensity, censored, learner
        As in `cross_fitted`.
    seed : int
        Of folds, inner folds and signs.
    markers : (n_subjects, n_markers), optional
        What is tested; the features themselves by default.
    n_folds : int
    conditional : bool
        Whether the joint fit is made; its time grows with the square of the number of markers.
    flips : int
        Of the global test.

    Returns
    -------
    PredictiveEffects

    Notes
    -----
    Valid as its parts are: `cross_fitted`, `effect_slopes`, `heterogeneity`, `conditional_slopes`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x, t = rng.standard_normal((200, 5)), np.tile([0.0, 1.0], 100)
    >>> y = x[:, 0] + t * x[:, 1] + 0.3 * rng.standard_normal(200)
    >>> training = Training(features=x, outcome=y, treatment=t, group=np.arange(200))
    >>> found = predictive_effects(training, propensity=0.5, seed=1)
    >>> bool(found.overall.p_value < 0.01)
    True
    >>> int(found.predictive.p_value.argmin()), int(found.prognostic.p_value.argmin())
    (1, 0)
    """
    tested = training.features if markers is None else markers
    splits = Splits.draw(training.group, n_folds=n_folds, seed=seed, rng=stream(seed, "predictive", "folds"))
    nuisance = cross_fitted(training, splits, propensity=propensity, seed=seed, censored=censored, learner=learner)
    effect = nuisance.pseudo.effect
    adjust = left_of_main_effects(training, nuisance, splits) if conditional else None
    return PredictiveEffects(
        overall=heterogeneity(tested, effect, splits.fold, flips=flips, generator=stream(seed, "predictive", "signs")),
        predictive=effect_slopes(tested, effect, splits.fold),
        prognostic=effect_slopes(tested, nuisance.pseudo.level, splits.fold),
        conditional=conditional_slopes(tested, effect, splits, adjust=adjust) if conditional else None,
        nuisance=nuisance,
        splits=splits,
    )


def left_of_main_effects(
    training: Training, nuisance: CrossFitted, splits: Splits, *, learner: AdditiveCurves = _CURVES
) -> Floats:
    """Columns that take up what the outcome models left of the main effects, (n_subjects, n_columns).

    With a known propensity ``D = effect + (A - pi) / (pi (1 - pi)) (noise + error of the mean outcome model)``. The
    error is a function of the features, so that columns ``(A - pi) / (pi (1 - pi)) h(W)`` explain it, where h are the
    curves of the few features that the outcome goes with. Given the features these columns have mean zero: they go with
    no marker, and cost degrees of freedom only.
    """
    pi = nuisance.propensity
    weight = ((training.treatment - pi) / (pi * (1.0 - pi)))[:, None]
    model = learner.fit(training.with_outcome(nuisance.outcome), splits).model
    most = max(int(_SPENT * training.outcome.size) // model.curves.degree, 1)
    curves = [model.curves.of_feature(k, training.features) for k in range(min(model.features.size, most))]
    return weight * np.column_stack([np.ones(training.outcome.size), *curves])
