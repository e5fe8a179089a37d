"""What a biomarker design is computed from: marker, assay, endpoint, and effects in each marker group."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from biomarker.trial.checks import between, one_of, refuse
from biomarker.trial.sizes.accrual import NODES, WEIGHTS, Accrual, Hazard, as_hazard, event_probability
from biomarker.trial.sizes.plan import allocation

__all__ = ["Assay", "Contrast", "MeansEffect", "RatesEffect", "Setting", "SurvivalEffect"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Assay:
    """How well the test sees the marker.

    Attributes
    ----------
    sensitivity, specificity : float
        Probability that a marker-positive (negative) subject tests positive (negative), within (0, 1].
    failure : float
        Probability that a sample gives no result, within [0, 1).
    """

    sensitivity: float = 1.0
    specificity: float = 1.0
    failure: float = 0.0

    def __post_init__(self) -> None:
        between("sensitivity", self.sensitivity, 0.0, 1.0, closed="high")
        between("specificity", self.specificity, 0.0, 1.0, closed="high")
        between("failure", self.failure, 0.0, 0.999, closed="low")
        if self.sensitivity + self.specificity <= 1.0:
            raise refuse(
                "sensitivity + specificity",
                self.sensitivity + self.specificity,
                "a number above 1: at 1 the assay tells nothing, below it the labels are exchanged",
            )

    def positive(self, prevalence: float) -> float:
        """Share of samples with a result that are positive."""
        return prevalence * self.sensitivity + (1.0 - prevalence) * (1.0 - self.specificity)

    def ppv(self, prevalence: float) -> float:
        """Share of marker-positive subjects among those who test positive."""
        return prevalence * self.sensitivity / self.positive(prevalence)

    def npv(self, prevalence: float) -> float:
        """Share of marker-negative subjects among those who test negative."""
        negative = 1.0 - self.positive(prevalence)
        return (1.0 - prevalence) * self.specificity / negative if negative > 0 else 1.0


@dataclass(frozen=True)
class Contrast:
    """The comparison of the arms in one group of subjects.

    Attributes
    ----------
    effect : float
        On the scale of the test, positive when the treatment does good.
    variance_null, variance : float
        Of the estimate, times the number of subjects, under no effect and as it is.
    events : float
        Expected events a subject; NaN where the endpoint has none.
    """

    effect: float
    variance_null: float
    variance: float
    events: float


def _sign(better: str, good: str) -> float:
    one_of("better", better, ("higher", "lower"))
    return 1.0 if better == good else -1.0


@dataclass(frozen=True)
class MeansEffect:
    """A continuous endpoint.

    Attributes
    ----------
    difference_positive, difference_negative : float
        Treatment minus control in marker-positive and marker-negative subjects.
    sd : float
        Within arm and marker group.
    prognostic : float
        Mean of marker-positive minus marker-negative control subjects; adds to the variance where groups are mixed.
    better : {"higher", "lower"}
    """

    difference_positive: float
    difference_negative: float
    sd: float
    prognostic: float = 0.0
    better: str = "higher"

    def __post_init__(self) -> None:
        for name in ("difference_positive", "difference_negative", "prognostic"):
            between(name, getattr(self, name))
        between("sd", self.sd, 0.0)
        _sign(self.better, "higher")

    def contrast(self, share: float, ratio: float) -> Contrast:
        """The comparison among subjects of whom `share` are marker-positive: ``D(w) = w D+ + (1 - w) D-``."""
        w, v = allocation(ratio)
        effect = share * self.difference_positive + (1.0 - share) * self.difference_negative
        mixed = share * (1.0 - share)
        treated = self.sd**2 + mixed * (self.prognostic + self.difference_positive - self.difference_negative) ** 2
        variance = treated / w + (self.sd**2 + mixed * self.prognostic**2) / v
        return Contrast(_sign(self.better, "higher") * effect, variance, variance, np.nan)

    def strategy(self, treated_positive: float, treated_negative: float, prevalence: float, to: str) -> Contrast:
        """Comparison, one to one, of an arm in which only some are treated with one in which all or none are."""
        means = [
            np.array([self.prognostic, 0.0]),
            np.array([self.prognostic + self.difference_positive, self.difference_negative]),
        ]
        share = np.array([prevalence, 1.0 - prevalence])
        treated = np.array([treated_positive, treated_negative])

        def moments(chance: Floats) -> tuple[float, float]:
            mean = float((share * (chance * means[1] + (1 - chance) * means[0])).sum())
            square = float((share * (chance * means[1] ** 2 + (1 - chance) * means[0] ** 2)).sum())
            return mean, self.sd**2 + square - mean**2

        arm, other = moments(treated), moments(np.full(2, 1.0 if to == "treatment" else 0.0))
        variance = 2.0 * (arm[1] + other[1])
        return Contrast(_sign(self.better, "higher") * (arm[0] - other[0]), variance, variance, np.nan)


@dataclass(frozen=True)
class RatesEffect:
    """A binary endpoint.

    Attributes
    ----------
    rate_positive, rate_negative : float
        Event probability under treatment, of marker-positive and marker-negative subjects.
    control_positive, control_negative : float
        The same under control.
    better : {"higher", "lower"}
        Whether events are good.
    method : {"pooled", "unpooled"}
        Variance under the null hypothesis.
    """

    rate_positive: float
    rate_negative: float
    control_positive: float
    control_negative: float
    better: str = "higher"
    method: str = "pooled"

    def __post_init__(self) -> None:
        for name in ("rate_positive", "rate_negative", "control_positive", "control_negative"):
            between(name, getattr(self, name), 0.0, 1.0)
        one_of("method", self.method, ("pooled", "unpooled"))
        _sign(self.better, "higher")

    def _compare(self, treated: float, control: float, w: float, v: float) -> Contrast:
        variance = treated * (1 - treated) / w + control * (1 - control) / v
        mean = w * treated + v * control
        null = mean * (1 - mean) * (1 / w + 1 / v) if self.method == "pooled" else variance
        return Contrast(_sign(self.better, "higher") * (treated - control), null, variance, mean)

    def contrast(self, share: float, ratio: float) -> Contrast:
        """The comparison among subjects of whom `share` are marker-positive."""
        treated = share * self.rate_positive + (1 - share) * self.rate_negative
        control = share * self.control_positive + (1 - share) * self.control_negative
        return self._compare(treated, control, *allocation(ratio))

    def strategy(self, treated_positive: float, treated_negative: float, prevalence: float, to: str) -> Contrast:
        """Comparison, one to one, of an arm in which only some are treated with one in which all or none are."""

        def rate(positive: float, negative: float) -> float:
            return prevalence * (positive * self.rate_positive + (1 - positive) * self.control_positive) + (
                1 - prevalence
            ) * (negative * self.rate_negative + (1 - negative) * self.control_negative)

        other = 1.0 if to == "treatment" else 0.0
        return self._compare(rate(treated_positive, treated_negative), rate(other, other), 0.5, 0.5)


@lru_cache(maxsize=16)
def _time_at_risk(base: Hazard, gone: Hazard, accrual: float, follow_up: float) -> tuple[Floats, Floats, Floats]:
    """Points of time since entry for an integral over the risk set, kept because all groups and effects share them.

    Gives, at each point, the hazard and cumulative hazard of negative controls, and the weight of the quadrature times
    the share of subjects who entered early enough and have not dropped out.
    """
    end = accrual + follow_up
    marks = np.unique(np.clip([0.0, follow_up, end, *base.changes, *gone.changes], 0.0, end))
    # halves of the time from the start: fine where the events are, however long the study
    marks = np.unique(np.concatenate([marks, end / 2.0 ** np.arange(1, 30)]))
    edges = np.sort(np.concatenate([marks, (marks[:-1] + marks[1:]) / 2.0]))
    half = np.diff(edges)[:, None] / 2.0
    t = edges[:-1, None] + half + half * NODES
    under = np.clip((end - t) / accrual, 0.0, 1.0) * np.exp(-gone.cumulative(t))
    rate = np.array(base.rates)[np.searchsorted(base.changes, t, side="right")]
    found = rate, base.cumulative(t), half * WEIGHTS * under
    for array in found:
        array.setflags(write=False)
    return found


@dataclass(frozen=True)
class SurvivalEffect:
    """A time-to-event endpoint with proportional hazards within marker groups; events are bad.

    Attributes
    ----------
    hazard_ratio_positive, hazard_ratio_negative : float
        Treatment over control in marker-positive and marker-negative subjects.
    hazard_control : Hazard or float
        Of marker-negative control subjects.
    accrual, follow_up : float
        Duration of (uniform) accrual, and from the last entry to the analysis.
    prognostic : float
        Hazard ratio of marker-positive to marker-negative control subjects.
    dropout : Hazard or float
        Hazard of leaving without event.
    mixture : {"logrank", "events", "prevalence"}
        How a group of both kinds is described. "logrank": by the expectation of the log-rank statistic and its variance
        over the risk sets as they change. The others are first-order: Schoenfeld's variance with the log hazard ratios
        averaged by the expected events of the two kinds, or by their subjects (the usual published form). A strategy is
        always compared by the first.
    """

    hazard_ratio_positive: float
    hazard_ratio_negative: float
    hazard_control: Hazard | float
    accrual: float
    follow_up: float
    prognostic: float = 1.0
    dropout: Hazard | float = 0.0
    mixture: str = "logrank"

    def __post_init__(self) -> None:
        for name in ("hazard_ratio_positive", "hazard_ratio_negative", "accrual", "prognostic"):
            between(name, getattr(self, name), 0.0)
        between("follow_up", self.follow_up, 0.0, closed="low")
        if max(as_hazard("hazard_control", self.hazard_control).rates) == 0:
            raise refuse("hazard_control", self.hazard_control, "a hazard that is positive at some time")
        as_hazard("dropout", self.dropout)
        one_of("mixture", self.mixture, ("logrank", "events", "prevalence"))

    def _events(self, factor: float) -> float:
        """Probability of an observed event when the hazard is that of negative controls times a factor."""
        return event_probability(
            as_hazard("hazard_control", self.hazard_control).times(factor),
            accrual=Accrual(self.accrual),
            duration=self.accrual + self.follow_up,
            dropout=self.dropout,
        )

    def _logrank(self, treated: list[tuple[float, float]], control: list[tuple[float, float]], w: float) -> Contrast:
        """The comparison by the log-rank test of arms that are mixtures of (share, hazard factor).

        With treated share pi of those at risk and hazards h of the arms, ``E U = int Y pi (1 - pi) (h_t - h_c) dt`` and
        ``V = int Y pi (1 - pi) (pi h_t + (1 - pi) h_c) dt`` for one subject; the effect is ``-E U / V``.
        """
        rate, cumulative, step = _time_at_risk(
            as_hazard("hazard_control", self.hazard_control),
            as_hazard("dropout", self.dropout),
            self.accrual,
            self.follow_up,
        )

        def arm(cells: list[tuple[float, float]]) -> tuple[Floats, Floats]:
            # relative to the least factor, so that the hazard has a value where nobody is left
            present = [(part, factor) for part, factor in cells if part > 0]
            least = min(factor for _, factor in present)
            survival = sum(part * np.exp(-(factor - least) * cumulative) for part, factor in present)
            density = sum(part * factor * np.exp(-(factor - least) * cumulative) for part, factor in present)
            return survival * np.exp(-least * cumulative), rate * density / survival

        (s, h), (s0, h0) = arm(treated), arm(control)
        there = w * s + (1.0 - w) * s0
        pi = np.divide(w * s, there, out=np.full_like(s, w), where=there > 0)
        hazard = pi * h + (1.0 - pi) * h0
        step = step * there
        drift, variance = (step * pi * (1.0 - pi) * (h - h0)).sum(), (step * pi * (1.0 - pi) * hazard).sum()
        return Contrast(
            float(-drift / variance), float(1.0 / variance), float(1.0 / variance), float((step * hazard).sum())
        )

    def _average(self, log_ratio: Sequence[float], share: Sequence[float], events: Sequence[float]) -> float:
        """Log hazard ratio of a mixed group."""
        weight = np.asarray(share) * (np.asarray(events) if self.mixture == "events" else 1.0)
        return float(weight @ np.asarray(log_ratio) / weight.sum())

    def contrast(self, share: float, ratio: float) -> Contrast:
        """The comparison among subjects of whom `share` are marker-positive."""
        w, v = allocation(ratio)
        ratios = (self.hazard_ratio_positive, self.hazard_ratio_negative)
        base = (self.prognostic, 1.0)
        if self.mixture == "logrank":
            cells = [(share, self.prognostic), (1.0 - share, 1.0)]
            return self._logrank([(part, b * hr) for (part, b), hr in zip(cells, ratios, strict=True)], cells, w)
        events = [w * self._events(b * hr) + v * self._events(b) for b, hr in zip(base, ratios, strict=True)]
        shares = (share, 1.0 - share)
        rate = float(np.dot(shares, events))
        effect = self._average(np.log(ratios).tolist(), shares, events)
        variance = 1.0 / (w * v * rate)
        return Contrast(-effect, variance, variance, rate)

    def strategy(self, treated_positive: float, treated_negative: float, prevalence: float, to: str) -> Contrast:
        """Comparison, one to one, of an arm in which only some are treated with one in which all or none are."""
        ratios = np.array([self.hazard_ratio_positive, self.hazard_ratio_negative])
        base, chance = np.array([self.prognostic, 1.0]), np.array([treated_positive, treated_negative])
        share = np.array([prevalence, 1.0 - prevalence])
        rest = base * (ratios if to == "treatment" else 1.0)
        arm = [*zip(share * chance, base * ratios, strict=True), *zip(share * (1.0 - chance), base, strict=True)]
        return self._logrank(arm, list(zip(share, rest, strict=True)), 0.5)


@dataclass(frozen=True)
class Setting:
    """A marker, its assay, and what the treatment does.

    Attributes
    ----------
    prevalence : float
        Share of marker-positive subjects among candidates, within (0, 1).
    effect : MeansEffect, RatesEffect or SurvivalEffect
    assay : Assay
    consent : float
        Share of candidates who agree to screening and, if eligible, to randomisation.
    ratio : float
        Treatment subjects per control subject.
    screening_rate : float, optional
        Candidates per unit of time. It sets the duration of enrolment, and with it the accrual of a survival endpoint
        (in place of the effect's own).
    """

    prevalence: float
    effect: MeansEffect | RatesEffect | SurvivalEffect
    assay: Assay = Assay()
    consent: float = 1.0
    ratio: float = 1.0
    screening_rate: float | None = None

    def __post_init__(self) -> None:
        between("prevalence", self.prevalence, 0.0, 1.0, hint="with a prevalence of 0 or 1 there is no marker")
        between("consent", self.consent, 0.0, 1.0, closed="high")
        between("ratio", self.ratio, 0.0)
        if self.screening_rate is not None:
            between("screening_rate", self.screening_rate, 0.0)

    @property
    def positive(self) -> float:
        """Share of test-positive subjects among samples with a result."""
        return self.assay.positive(self.prevalence)

    @property
    def ppv(self) -> float:
        """Share of marker-positive subjects among the test-positive."""
        return self.assay.ppv(self.prevalence)

    @property
    def npv(self) -> float:
        """Share of marker-negative subjects among the test-negative."""
        return self.assay.npv(self.prevalence)

    def all(self) -> Contrast:
        """The comparison in all candidates."""
        return self.effect.contrast(self.prevalence, self.ratio)

    def test_positive(self) -> Contrast:
        """The comparison in those who test positive."""
        return self.effect.contrast(self.ppv, self.ratio)

    def test_negative(self) -> Contrast:
        """The comparison in those who test negative."""
        return self.effect.contrast(1.0 - self.npv, self.ratio)
