"""Decision curves: what it is worth to act on a prediction, at each threshold of risk."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarker.errors import DataError, InsufficientDataError
from biomarker.stats.checks import Floats, binary, data, numbers, probabilities, scalar
from biomarker.stats.kaplan_meier import kaplan_meier

__all__ = [
    "DecisionCurve",
    "decision_curve",
    "decision_curve_survival",
    "net_benefit",
    "net_benefit_at_prevalence",
    "net_benefit_of_risk",
]


@dataclass(frozen=True, eq=False, kw_only=True)
class DecisionCurve:
    """Net benefit of acting on a prediction, on everybody, on nobody (which is 0).

    Attributes
    ----------
    threshold : (n_thresholds,)
    net_benefit, treat_all : (n_thresholds,)
        In true positives per subject.
    std_error : (n_thresholds,)
        Of `net_benefit`; NaN for survival outcomes.
    interventions_avoided : (n_thresholds,)
        Per subject, against acting on everybody, at the same number of true positives.
    positive : (n_thresholds,)
        Share called positive (risk at or above the threshold).
    prevalence : float
    convention : str
    """

    threshold: Floats
    net_benefit: Floats
    treat_all: Floats
    std_error: Floats
    interventions_avoided: Floats
    positive: Floats
    prevalence: float
    convention: str


def net_benefit(true_positive: Any, false_positive: Any, *, n: Any, threshold: Any) -> Floats:
    """Net benefit from counts: ``TP / n - FP / n * t / (1 - t)``.

    Parameters
    ----------
    true_positive, false_positive, n : array_like
    threshold : array_like
        Probability of the event at which one would just act, in [0, 1).

    Notes
    -----
    Valid for the prevalence of the sample; for another see `net_benefit_at_prevalence`.

    References
    ----------
    Vickers and Elkin 2006, https://doi.org/10.1177/0272989X06295361

    Examples
    --------
    >>> float(net_benefit(72, 72, n=750, threshold=0.25))
    0.064
    """
    t = probabilities("threshold", threshold, exclusive="high")
    total = numbers("n", n, low=0.0, exclusive="low")
    tp, fp = numbers("true_positive", true_positive, low=0.0), numbers("false_positive", false_positive, low=0.0)
    if np.any(tp + fp > total):
        raise DataError("true_positive and false_positive sum to more than n")
    return np.asarray(tp / total - fp / total * t / (1.0 - t))


def net_benefit_at_prevalence(sensitivity: Any, specificity: Any, *, prevalence: Any, threshold: Any) -> Floats:
    """Net benefit at a prevalence (case-control data): ``sens p - (1 - spec)(1 - p) t / (1 - t)``.

    Acting on everybody is a sensitivity of 1 and a specificity of 0.

    Examples
    --------
    >>> float(net_benefit_at_prevalence(1, 0, prevalence=0.15, threshold=0.25).round(6))
    -0.133333
    """
    p, t = probabilities("prevalence", prevalence), probabilities("threshold", threshold, exclusive="high")
    se, sp = probabilities("sensitivity", sensitivity), probabilities("specificity", specificity)
    return np.asarray(se * p - (1.0 - sp) * (1.0 - p) * t / (1.0 - t))


def net_benefit_of_risk(positive: Any, risk_in_positive: Any, *, threshold: Any) -> Floats:
    """Net benefit from the share called positive and its risk: ``q (r - (1 - r) t / (1 - t))``.

    For survival outcomes the risk by a time is one minus the Kaplan-Meier curve of those called positive; acting on
    everybody is ``q = 1`` with everybody's risk.

    Examples
    --------
    >>> float(net_benefit_of_risk(0.192, 0.4724754, threshold=0.25).round(6))
    0.056954
    """
    q, r = probabilities("positive", positive), probabilities("risk_in_positive", risk_in_positive)
    t = probabilities("threshold", threshold, exclusive="high")
    return np.asarray(q * (r - (1.0 - r) * t / (1.0 - t)))


def decision_curve(
    probability: Any, outcome: Any, *, thresholds: Any, prevalence: float | None = None
) -> DecisionCurve:
    """Decision curve of predicted probabilities of a 0/1 outcome.

    Parameters
    ----------
    probability : (n_subjects,)
        In [0, 1]; who is at or above a threshold is called positive.
    outcome : (n_subjects,)
        1 with the event, 0 without.
    thresholds : (n_thresholds,)
        In [0, 1).
    prevalence : float, optional
        Of the population, where cases and controls were sampled apart.

    Returns
    -------
    DecisionCurve

    Raises
    ------
    DataError, ConfigError
        Probabilities or thresholds out of range, an outcome neither 0 nor 1, or only one of them.

    Notes
    -----
    Host only. Valid for predictions that were made without these outcomes, over thresholds that somebody might really
    use; standard errors are pointwise.

    References
    ----------
    Vickers and Elkin 2006, https://doi.org/10.1177/0272989X06295361; Vickers et al. 2019,
    https://doi.org/10.1186/s41512-019-0064-7

    Examples
    --------
    >>> decision_curve([0.1, 0.4, 0.6, 0.9], [0, 0, 1, 1], thresholds=[0.5]).net_benefit
    array([0.5])
    """
    p = numbers("probability", probability, low=0.0, high=1.0, ndim=1, error=DataError)
    y = binary("outcome", outcome, n=p.size, both=True)
    t = numbers("thresholds", thresholds, low=0.0, high=1.0, exclusive="high", ndim=1)
    share = float(y.mean()) if prevalence is None else scalar("prevalence", prevalence, low=0.0, high=1.0)
    called = p[:, None] >= t[None, :]
    odds = t / (1.0 - t)
    # one term a subject whose mean is the net benefit, cases and controls weighted to the prevalence
    weight = np.where(y, share / y.mean(), (1.0 - share) / (1.0 - y.mean()))
    terms = called * np.where(y[:, None], 1.0, -odds[None, :]) * weight[:, None]
    made = terms.mean(axis=0)
    everybody = share - (1.0 - share) * odds
    return DecisionCurve(
        threshold=t,
        net_benefit=made,
        treat_all=everybody,
        std_error=terms.std(axis=0, ddof=1) / np.sqrt(p.size),
        interventions_avoided=_avoided(made, everybody, t),
        positive=(called * weight[:, None]).mean(axis=0),
        prevalence=share,
        convention="positive at or above the threshold" + ("" if prevalence is None else "; at the given prevalence"),
    )


def decision_curve_survival(
    probability: Any, time: Any, event: Any, *, horizon: float, thresholds: Any
) -> DecisionCurve:
    """Decision curve of predicted risks by a time, with censoring.

    Parameters
    ----------
    probability : (n_subjects,)
        Predicted risk of the event by `horizon`.
    time, event : (n_subjects,)
    horizon : float
    thresholds : (n_thresholds,)
        In [0, 1).

    Returns
    -------
    DecisionCurve
        The net benefit is NaN where the curve of those called positive does not reach the horizon, and 0 where nobody
        is called positive.

    Notes
    -----
    Host only. Valid when censoring is independent of the event within those called positive and within all.

    References
    ----------
    Vickers et al. 2008, https://doi.org/10.1186/1472-6947-8-53
    """
    p = numbers("probability", probability, low=0.0, high=1.0, ndim=1, error=DataError)
    t, d = data("time", time, n=p.size, low=0.0), binary("event", event, n=p.size)
    end = scalar("horizon", horizon, low=0.0, exclusive="low")
    cuts = numbers("thresholds", thresholds, low=0.0, high=1.0, exclusive="high", ndim=1)

    def risk(kept: Any) -> float:
        return 1.0 - float(kaplan_meier(t[kept], d[kept], grid=np.array([end])).survival[0])

    overall = risk(slice(None))
    if not np.isfinite(overall):
        raise InsufficientDataError(f"horizon is {end:g}, beyond the last observed time {t.max():g}")
    called = p[:, None] >= cuts[None, :]
    made = np.zeros(cuts.size)
    for k in np.flatnonzero(called.any(axis=0)):
        r = risk(called[:, k])
        odds = cuts[k] / (1.0 - cuts[k])
        made[k] = called[:, k].mean() * (r - (1.0 - r) * odds)
    everybody = net_benefit_of_risk(1.0, overall, threshold=cuts)
    return DecisionCurve(
        threshold=cuts,
        net_benefit=made,
        treat_all=everybody,
        std_error=np.full(cuts.size, np.nan),
        interventions_avoided=_avoided(made, everybody, cuts),
        positive=called.mean(axis=0),
        prevalence=overall,
        convention="positive at or above the threshold; risks by Kaplan-Meier",
    )


def _avoided(made: Floats, everybody: Floats, threshold: Floats) -> Floats:
    """``(NB - NB_all) (1 - t) / t``; NaN at a threshold of 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(threshold > 0, (made - everybody) * (1.0 - threshold) / threshold, np.nan)
