"""Score tests of many features, block by block: what logistic, Cox and proportional odds screens share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import FeatureBlock, rare_group_status, same_device
from biomarker.stats.saddlepoint import TAIL, Law, log10_p_of_sums

__all__ = ["Scores", "log10_p_of_scores", "score_screen", "screen_result", "small_sample_factor"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """Of a block of features.

    Attributes
    ----------
    score, information : (width,)
        Score, and its variance given the covariates; 1 where `constant`.
    constant : (width,) bool
        Which features do not vary given the covariates.
    features : (n_used, width)
        What their tails are computed from.
    """

    score: Floats
    information: Floats
    constant: npt.NDArray[np.bool_]
    features: Array


def score_screen(
    features: Array,
    blocks: Iterable[FeatureBlock],
    scores: Callable[[FeatureBlock], Scores],
    log10_p: Callable[[Array, npt.NDArray[np.intp], Floats], Floats],
    *,
    min_group: int,
    n: int,
    n_events: int,
    size: int,
    parameters: int,
) -> Estimate:
    """Test every feature: one Newton step from zero, its standard error, and a law of its own far from the centre.

    Parameters
    ----------
    features : (n_subjects, n_features)
    blocks : iterable of FeatureBlock
        Of these features in the subjects in use.
    scores : callable
        ``block -> Scores``.
    log10_p : callable
        ``(features, which, statistics) -> (n_which,)``: log10 of the p-value of the features of `Scores` at `which`.
    min_group, n, n_events, size, parameters
        As of `screen_result` and `biomarker.stats.logistic_screen`.

    Returns
    -------
    Estimate
        ``(n_features, 1)``.
    """
    n_features = features.shape[1]
    effect, error = np.full(n_features, np.nan), np.full(n_features, np.nan)
    status, tail = np.zeros(n_features, dtype=np.int8), np.full(n_features, np.nan)
    everyone, factor = same_device(np.ones((n, 1)), features), small_sample_factor(size, parameters)
    for block in blocks:
        found, at = scores(block), block.columns
        codes = rare_group_status(block, everyone, min_group=min_group)[:, 0]
        codes[(codes == Status.OK) & found.constant] = Status.CONSTANT
        root = np.sqrt(found.information)
        effect[at], error[at], status[at] = found.score / found.information, 1.0 / root, codes
        statistic = found.score / root * factor
        far = np.flatnonzero((np.abs(statistic) > TAIL) & (codes == Status.OK))
        if far.size:
            tail[at.start + far] = log10_p(found.features, far, statistic[far])
    return screen_result(effect, error, status, n, n_events, size=size, parameters=parameters, tail=tail)


def log10_p_of_scores(statistic: Floats, rest: Floats, weight: Floats, law: Law) -> Floats:
    """log10 of the p-values of score statistics, as sums of residuals weighted by features off the covariates.

    Parameters
    ----------
    statistic : (width,)
    rest : (n_used, width)
    weight : (n_used,)
        Variances of the residuals.
    law : Law
        Of the residuals.
    """
    return log10_p_of_sums(statistic * np.sqrt(weight @ (rest * rest)), rest, law)


def small_sample_factor(size: int, parameters: int) -> float:
    """What a score statistic is multiplied by, ``sqrt(dof / size)``; see `screen_result`."""
    return float(np.sqrt(max(size - parameters, 0) / max(size, 1)))


def screen_result(
    effect: Floats,
    error: Floats,
    status: npt.ArrayLike,
    n: int,
    n_events: int,
    *,
    size: int,
    parameters: int,
    tail: Floats | None = None,
) -> Estimate:
    """Estimate of one endpoint from score tests of many features, with the small-sample law of least squares.

    A score test judges the spread by the model without the feature and counts no parameter; with the ``size`` of a few
    hundred that is too bold. As in least squares, ``dof = size - parameters``, the standard error grows by
    ``sqrt(size / dof)`` and the law is t with ``dof`` degrees of freedom: the statistic is the score statistic times
    ``sqrt(dof / size)``.

    Parameters
    ----------
    effect, error : (n_features,)
        One-step estimate and standard error of the score test.
    status : (n_features,) or scalar
    n, n_events : int
        Subjects and events, as reported.
    size : int
        What carries the information: subjects of a binary endpoint, events of a survival endpoint.
    parameters : int
        Of the model with the feature.
    tail : (n_features,), optional
        log10 of the p-value where the score's own law was computed; NaN elsewhere.
    """
    codes = np.array(np.broadcast_to(np.asarray(status, dtype=np.int8), effect.shape))
    dof = size - parameters
    if dof < 1:
        codes[codes == Status.OK] = Status.TOO_FEW
    grown = error * np.sqrt(size / max(dof, 1))
    return Estimate.from_effects(
        effect[:, None],
        grown[:, None],
        float(max(dof, 1)),
        n=n,
        n_events=n_events,
        status=codes[:, None],
        tail=None if tail is None else tail[:, None],
    )
