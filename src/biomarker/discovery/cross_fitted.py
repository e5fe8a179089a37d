"""Pseudo-outcomes of the treatment's effect, with all nuisance models fitted without the subject's fold."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.data.splits import Splits
from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.learners.folds import cross_fit, fit_learner
from biomarker.learners.stack import DEFAULT_STACK
from biomarker.learners.training import Learner, Model, Training
from biomarker.stats.censored_outcome import CensoringUnbiased
from biomarker.stats.doubly_robust import PseudoOutcomes, pseudo_outcomes
from biomarker.stats.overlap import Overlap, bounded_propensity

__all__ = ["Censored", "CrossFitted", "cross_fitted"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Censored:
    """That the outcome is a time, and what of it is the outcome.

    Attributes
    ----------
    event : (n_subjects,)
        1 where the time is that of the event, 0 where it was censored.
    horizon : float
        Fixed beforehand, in units of the time.
    quantity : {"rmst", "survival"}
        Mean time without the event up to the horizon, or the probability of having none by then.
    """

    event: Floats
    horizon: float
    quantity: str = "rmst"


@dataclass(frozen=True, eq=False, kw_only=True)
class CrossFitted:
    """Pseudo-outcomes and what they were made of, arrays (n_subjects,).

    Attributes
    ----------
    pseudo : PseudoOutcomes
    outcome : Floats
        As it entered: the outcome itself, or its censoring-unbiased value.
    if_active, if_control : Floats
        Expected outcome in either arm, by the models fitted without the subject's fold.
    propensity : Floats
    overlap : Overlap or None
        None where the probability of treatment is known.
    """

    pseudo: PseudoOutcomes
    outcome: Floats
    if_active: Floats
    if_control: Floats
    propensity: Floats
    overlap: Overlap | None


@dataclass(frozen=True, eq=False)
class _Nuisance:
    """What is learned outside one fold."""

    outcome: Model
    propensity: Model | None
    censoring: dict[float, CensoringUnbiased]
    middle: Floats | None


def cross_fitted(
    training: Training,
    splits: Splits,
    *,
    propensity: float | None,
    seed: int,
    censored: Censored | None = None,
    learner: Learner = DEFAULT_STACK,
    inner_folds: int = 4,
    bound: float = 0.05,
    missing: NDArray[np.bool_] | None = None,
) -> CrossFitted:
    """Fit outcome, propensity and censoring models outside each fold, and make pseudo-outcomes inside it.

    Parameters
    ----------
    training : Training
        Features (markers and covariates), treatment and outcome; a survival endpoint has its observed times as a
        continuous outcome.
    splits : Splits
        Five folds are usual.
    propensity : float or None
        Probability of the active arm of a randomised trial; None to estimate it from the features.
    seed : int
        Of the inner folds.
    censored : Censored, optional
        For a survival endpoint.
    learner : Learner
        Of outcome and propensity.
    bound : float
        Estimated propensities are kept within ``[bound, 1 - bound]``.
    missing : (n_subjects, n_features) of bool, optional
        Values that are not known, whatever stands in their place: they count as the mean of those outside the fold.

    Returns
    -------
    CrossFitted

    Raises
    ------
    ConfigError
        No treatment, or a censored outcome that is binary.
    InsufficientDataError
        An arm has fewer subjects outside some fold than inner folds, or too few at the horizon.

    Notes
    -----
    Valid when treatment is randomised with the given probability, or all that decides both treatment and outcome is
    among the features and the arms overlap. For censored outcomes see
    `biomarker.stats.censored_outcome.CensoringUnbiased`: censoring must not go with the markers within an arm.

    References
    ----------
    Chernozhukov et al. 2018, https://doi.org/10.1111/ectj.12097
    """
    if training.treatment is None:
        raise ConfigError("effects of a treatment need a treatment")
    if censored is not None and training.kind != "continuous":
        raise ConfigError("a censored outcome is a time, not a binary outcome")
    _require_arms(training, splits, inner_folds)

    def fit(part: Training, fold: int) -> _Nuisance:
        middle = None
        if missing is not None:
            absent = missing[splits.train(fold)]
            middle = _means(part.features, absent)
            part = replace(part, features=np.where(absent, middle, part.features))
        censoring: dict[float, CensoringUnbiased] = {}
        if censored is not None:
            event = censored.event[splits.train(fold)]
            censoring = _censoring_by_arm(part, event, censored)
            part = part.with_outcome(_unbiased(part.outcome, event, part.treatment, censoring))
        model = fit_learner(learner, part, inner_folds=inner_folds, seed=seed, name=f"outcome {fold}")
        treated = None
        if propensity is None:
            who = replace(part, outcome=part.treatment, treatment=None, kind="binary")
            treated = fit_learner(learner, who, inner_folds=inner_folds, seed=seed, name=f"propensity {fold}")
        return _Nuisance(model, treated, censoring, middle)

    n = training.outcome.size
    outcome, if_active, if_control, pi = training.outcome.copy(), np.empty(n), np.empty(n), np.empty(n)
    for one in cross_fit(training, splits, fit):
        rows, models = one.held_out, one.fitted
        features = training.features[rows]
        if missing is not None:
            features = np.where(missing[rows], models.middle, features)
        if_active[rows] = models.outcome.predict(features, np.ones(rows.size))
        if_control[rows] = models.outcome.predict(features, np.zeros(rows.size))
        pi[rows] = propensity if models.propensity is None else models.propensity.predict(features, None)
        if censored is not None:
            outcome[rows] = _unbiased(
                training.outcome[rows], censored.event[rows], training.treatment[rows], models.censoring
            )
    overlap = None
    if propensity is None:
        pi, overlap = bounded_propensity(pi, training.treatment, bound=bound)
    pseudo = pseudo_outcomes(outcome, training.treatment, if_active=if_active, if_control=if_control, propensity=pi)
    return CrossFitted(
        pseudo=pseudo, outcome=outcome, if_active=if_active, if_control=if_control, propensity=pi, overlap=overlap
    )


def _means(features: Floats, absent: NDArray[np.bool_]) -> Floats:
    """Mean of the known values of each feature; 0 where there are none."""
    return np.where(absent, 0.0, features).sum(axis=0) / np.maximum((~absent).sum(axis=0), 1)


def _require_arms(training: Training, splits: Splits, fewest: int) -> None:
    for fold in range(splits.n_folds):
        arms = training.treatment[splits.train(fold)]
        smaller = int(min(arms.sum(), arms.size - arms.sum()))
        if smaller < fewest:
            raise InsufficientDataError(
                f"an arm has {smaller} subjects outside fold {fold}, expected at least {fewest}",
                "Use fewer folds, or test the interaction in the endpoint's own model.",
            )


def _censoring_by_arm(part: Training, event: Floats, censored: Censored) -> dict[float, CensoringUnbiased]:
    """Curves of censoring and event of each arm."""
    return {
        arm: CensoringUnbiased.learn(
            part.outcome[part.treatment == arm], event[part.treatment == arm],
            horizon=censored.horizon, quantity=censored.quantity,
        )
        for arm in (0.0, 1.0)
    }  # fmt: skip


def _unbiased(time: Floats, event: Floats, treatment: Any, censoring: dict[float, CensoringUnbiased]) -> Floats:
    """Censoring-unbiased values, by the curves of each subject's arm."""
    result = np.empty(time.shape)
    for arm, learned in censoring.items():
        members = treatment == arm
        if members.any():
            result[members] = learned.apply(time[members], event[members])
    return result
