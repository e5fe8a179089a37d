"""What a study costs and what its success is worth."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtri

from biomarker.trial.checks import between, power_above
from biomarker.trial.designs.registry import DESIGNS
from biomarker.trial.designs.result import DesignResult, Statistic, size_by_simulation
from biomarker.trial.designs.setting import Contrast, Setting, SurvivalEffect
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.planning.uncertainty import Effect, gains

__all__ = ["CLAIMS", "Costs", "Option", "Outcome", "Study", "Worth"]

Floats = npt.NDArray[np.float64]

# What success leads to: the power after which all are treated (if any), and the one after which at least the
# test-positive are
CLAIMS: dict[str, tuple[str | None, str]] = {
    "adaptive-enrichment": ("overall", "any"),
    "all-comers": ("overall", "overall"),
    "enrichment": (None, "positive"),
    "stratified": ("overall", "positive"),
    "fallback": ("overall", "any"),
    "adaptive-signature": ("overall", "any"),
    "biomarker-strategy": (None, "strategy"),
    "platform": ("arm", "arm"),
}
# Designs whose tests may stop at looks
WITH_LOOKS = ("all-comers", "enrichment")
# Simulated studies behind each number of a design that cannot be computed
TRIALS = 10_000


@dataclass(frozen=True)
class Costs:
    """Unit costs, at least 0.

    Attributes
    ----------
    fixed, screened, tested, randomised, time, look : float
        Of the study, of a candidate approached, of an assay run, of a subject randomised, of a unit of time that the
        study lasts, and of an interim look.
    """

    fixed: float = 0.0
    screened: float = 0.0
    tested: float = 0.0
    randomised: float = 0.0
    time: float = 0.0
    look: float = 0.0

    def __post_init__(self) -> None:
        for name in ("fixed", "screened", "tested", "randomised", "time", "look"):
            between(name, getattr(self, name), 0.0, closed="low")

    def total(self, *, screened: float, tested: float, randomised: float, duration: float, looks: float = 0.0) -> float:
        """Of a study with so many candidates, assays, subjects, units of time and interim looks."""
        subjects = self.screened * screened + self.tested * tested + self.randomised * randomised
        return self.fixed + subjects + self.time * duration + self.look * looks


@dataclass(frozen=True)
class Worth:
    """What treatment is worth after a study that succeeded, in the unit of the costs.

    Attributes
    ----------
    value : float
        Of one unit of gain in one treated patient, above 0: a unit of the endpoint (means), a probability of 1 (rates),
        1 of minus the log hazard ratio (survival).
    patients : float
        Future patients per unit of time who would be considered for treatment.
    horizon : float
        Time from now until the treatment is superseded; a study that lasts longer has no benefit.
    treatment, test : float
        Cost of treating one patient, and of testing one where only the test-positive are treated; at least 0.
    """

    value: float
    patients: float
    horizon: float
    treatment: float = 0.0
    test: float = 0.0

    def __post_init__(self) -> None:
        for name in ("value", "patients", "horizon"):
            between(name, getattr(self, name), 0.0)
        for name in ("treatment", "test"):
            between(name, getattr(self, name), 0.0, closed="low")

    def rates(self, setting: Setting) -> tuple[float, float]:
        """Net benefit per unit of time when all are treated, and when the test-positive are (failed tests are not)."""
        p, assay = setting.prevalence, setting.assay
        plus, minus = gains(setting.effect)
        working = 1.0 - assay.failure
        treated_plus = p * assay.sensitivity * working
        treated_minus = (1.0 - p) * (1.0 - assay.specificity) * working
        everybody = self.value * (p * plus + (1.0 - p) * minus) - self.treatment
        some = (
            self.value * (treated_plus * plus + treated_minus * minus)
            - self.treatment * (treated_plus + treated_minus)
            - self.test
        )
        return self.patients * everybody, self.patients * some


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a study is expected to do under one truth. `benefit` is per unit of time left after the study.

    Of a platform, cost and screened candidates are the share of one treatment.
    """

    result: DesignResult
    duration: float
    cost: float
    screened: float
    benefit: float

    def net_benefit(self, horizon: float) -> float:
        """Benefit over the time that is left, less the cost."""
        return self.benefit * max(horizon - self.duration, 0.0) - self.cost


@dataclass(frozen=True, eq=False)
class Option:
    """A design with everything chosen but its size.

    `seed` is for a design that is simulated: with the same random numbers each time, sizes and truths differ by what
    they do and not by luck. `arms` is for a platform: treatments that share its control, with the family-wise error
    kept by Dunnett's test.
    """

    design: str
    setting: Setting
    cutoff: float
    alpha: float
    looks: GroupSequentialDesign | None = None
    seed: int = 0
    arms: int = 1

    @property
    def choices(self) -> dict[str, Any]:
        """Keywords of the design."""
        shared = {} if self.design != "platform" else {"arms": self.arms, "multiplicity": "dunnett"}
        return {"alpha": self.alpha} | ({} if self.looks is None else {"looks": self.looks}) | shared

    @property
    def share(self) -> float:
        """Of the study's cost and candidates, that of the one treatment which the effects are of."""
        return 1.0 / self.arms if self.design == "platform" else 1.0

    def evaluate(self, setting: Setting | None = None, **size: float) -> DesignResult:
        """The design at an n or a power."""
        at, method = self.setting if setting is None else setting, DESIGNS[self.design]
        if not method.simulated:
            return method.evaluate(at, **size, **self.choices)

        def run(n: float) -> DesignResult:
            draws = np.random.default_rng(self.seed)
            return method.evaluate(at, n=n, rng=draws, trials=TRIALS, **self.choices)

        if "power" not in size:
            return run(size["n"])
        near = DESIGNS["fallback"].evaluate(at, power=size["power"], alpha=self.alpha)
        return run(size_by_simulation(run, power_above(size["power"], self.alpha), near=near.n_randomised))


@dataclass(frozen=True, eq=False)
class Study:
    """An option with its size, and with the dates of its looks as planned.

    `most` is the design at its full size; looks fall at `dates`, by when the shares `enrolled` are in.
    """

    option: Option
    costs: Costs
    most: DesignResult
    dates: Floats
    enrolled: Floats

    @staticmethod
    def plan(option: Option, costs: Costs, n: float) -> "Study":
        """The study of an option with n subjects."""
        most = option.evaluate(n=n)
        dates, enrolled = _dates(option, most)
        return Study(option, costs, most, dates, enrolled)

    @property
    def cost(self) -> float:
        """Cost when it is not stopped early."""
        looks = 0 if self.option.looks is None else self.option.looks.n_looks - 1
        return self._cost(1.0, self.most.duration, looks)

    def _cost(self, enrolled: float, duration: float, looks: float) -> float:
        return self.costs.total(
            screened=enrolled * self.most.n_screened,
            tested=enrolled * self.most.n_tested,
            randomised=enrolled * self.most.n_randomised,
            duration=duration,
            looks=looks,
        )

    def under(self, effect: Effect | None = None, worth: Worth | None = None) -> Outcome:
        """What is expected when the effects are these; those of the setting by default."""
        setting = self.option.setting if effect is None else replace(self.option.setting, effect=effect)
        found = self.most if effect is None else self.option.evaluate(setting, n=self.most.n_randomised)
        stop = _stops(self.option, setting, found)
        # interim looks held: all before the one at which the study stops, and that one
        held = float(stop @ np.minimum(np.arange(1, stop.size + 1), stop.size - 1))
        duration, share = float(stop @ self.dates), float(stop @ self.enrolled)
        return Outcome(
            found,
            duration,
            self.option.share * self._cost(share, duration, held),
            self.option.share * share * found.n_screened,
            np.nan if worth is None else _benefit(self.option.design, found.power, worth.rates(setting)),
        )


def _benefit(design: str, power: Mapping[str, float], rates: tuple[float, float]) -> float:
    """Net benefit per unit of time after the study: who is treated depends on what it showed."""
    whole, some = CLAIMS[design]
    everybody = 0.0 if whole is None else power[whole]
    return everybody * rates[0] + (power[some] - everybody) * rates[1]


def _contrast(option: Option, setting: Setting, duration: float) -> Contrast:
    """The comparison that the looks are at."""
    if isinstance(setting.effect, SurvivalEffect):
        setting = replace(setting, effect=replace(setting.effect, accrual=duration - setting.effect.follow_up))
    return setting.all() if option.design == "all-comers" else setting.test_positive()


def _stops(option: Option, setting: Setting, found: DesignResult) -> Floats:
    """Probability that the study ends at each look."""
    if option.looks is None:
        return np.ones(1)
    z = Statistic.of(_contrast(option, setting, found.duration), found.n_randomised)
    critical = float(-ndtri(option.looks.alpha))
    drift = min(critical + (z.mean - critical) / z.sd, 40.0)
    ended = option.looks.probabilities(max(drift, -40.0))
    stop = (ended.upper + ended.lower + ended.inner)[0]
    return np.append(stop[:-1], 1.0 - stop[:-1].sum())


def _dates(option: Option, most: DesignResult) -> tuple[Floats, Floats]:
    """When each look falls, and the share of the subjects who are enrolled by then.

    Information is the share of the subjects (their endpoint read at once), or of the expected events.
    """
    if option.looks is None:
        return np.array([most.duration]), np.ones(1)
    fractions = option.looks.information
    effect = option.setting.effect
    if not isinstance(effect, SurvivalEffect):
        return fractions * most.duration, fractions
    accrual = most.duration - effect.follow_up

    @cache
    def events(time: float) -> float:
        enrolled = min(time, accrual)
        cut = replace(effect, accrual=enrolled, follow_up=time - enrolled)
        at = replace(option.setting, effect=cut)
        contrast = at.all() if option.design == "all-comers" else at.test_positive()
        return contrast.events * enrolled / accrual

    def date(fraction: float) -> float:
        target = fraction * events(most.duration)
        return float(brentq(lambda time: events(time) - target, 1e-6 * most.duration, most.duration, rtol=1e-6))

    dates = np.array([date(fraction) for fraction in fractions[:-1]] + [most.duration])
    return dates, np.minimum(dates / accrual, 1.0)
