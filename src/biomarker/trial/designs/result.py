"""The one type of result of all designs, and what they share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from biomarker.errors import ConfigError
from biomarker.trial.checks import between, level, power_above, refuse
from biomarker.trial.designs.setting import Contrast, Setting, SurvivalEffect
from biomarker.trial.normal import bivariate_normal_cdf

__all__ = [
    "DesignMethod",
    "DesignResult",
    "Statistic",
    "describe",
    "either",
    "information_fraction",
    "size_by_simulation",
    "sized",
    "together",
]

# Between how many and how many subjects a size is searched for
SIZES = (4.0, 1e8)


@dataclass(frozen=True, eq=False)
class DesignResult:
    """A biomarker design with its size and its power.

    Attributes
    ----------
    design : str
        Name in the registry.
    n_randomised, n_expected : float
        Subjects randomised (single-arm: enrolled) at most, and expected; not rounded.
    n_screened : float
        Candidates approached so that as many are expected.
    n_tested : float
        Assays run.
    n_positive, n_negative : float
        Randomised subjects who test positive and negative; NaN where nobody is tested before randomisation.
    events : float
        Expected events; NaN for a continuous endpoint.
    duration : float
        Of enrolment at the screening rate, plus follow-up of a survival endpoint; NaN where no rate is given.
    alpha : mapping
        One-sided level of each hypothesis.
    power : mapping
        Probability of each success; `primary` names the one that the size is for.
    power_error : float
        Monte-Carlo standard error of the primary power; 0 where it is computed.
    effect : mapping
        Effect in each population on the scale of the test, positive when good.
    convention : str
    decisions : mapping
        Probabilities of what the design decides on the way, and its errors under other truths.
    """

    design: str
    n_randomised: float
    n_expected: float
    n_screened: float
    n_tested: float
    n_positive: float
    n_negative: float
    events: float
    duration: float
    alpha: Mapping[str, float]
    power: Mapping[str, float]
    primary: str
    power_error: float
    effect: Mapping[str, float]
    convention: str
    decisions: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class DesignMethod:
    """A design as the registry holds it.

    Attributes
    ----------
    name, title : str
    evaluate : callable
        Gives a `DesignResult`; takes a `Setting` (unless `marker` is false) and keyword choices.
    simulated : bool
        Whether it needs ``rng`` and n rather than a power.
    marker : bool
        Whether it is about marker-positive and marker-negative subjects of one population.
    cases : tuple of str
        Published cases that its numbers are checked against, by their names in the tests.
    """

    name: str
    title: str
    evaluate: Callable[..., DesignResult]
    simulated: bool = False
    marker: bool = True
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statistic:
    """A test statistic: normal with a mean and a standard deviation near 1."""

    mean: float
    sd: float = 1.0

    @staticmethod
    def of(contrast: Contrast, n: float) -> "Statistic":
        """The statistic of n subjects."""
        root = np.sqrt(contrast.variance_null)
        return Statistic(float(contrast.effect * np.sqrt(n) / root), float(np.sqrt(contrast.variance) / root))

    def passes(self, critical: float) -> float:
        """Probability of reaching a critical value."""
        return float(ndtr((self.mean - critical) / self.sd))


def together(subset: Statistic, rest: Statistic, fraction: float) -> tuple[Statistic, float]:
    """The statistic of both groups, stratified, and its correlation with that of the subset.

    ``Z = sqrt(f) Z_S + sqrt(1 - f) Z_R`` with the subset's fraction f of the information.
    """
    mean = np.sqrt(fraction) * subset.mean + np.sqrt(1.0 - fraction) * rest.mean
    sd = float(np.sqrt(fraction * subset.sd**2 + (1.0 - fraction) * rest.sd**2))
    return Statistic(float(mean), sd), float(np.sqrt(fraction) * subset.sd / sd)


def either(one: Statistic, other: Statistic, critical: tuple[float, float], correlation: float) -> float:
    """Probability that at least one of two statistics reaches its critical value."""
    h, k = ((c - s.mean) / s.sd for c, s in zip(critical, (one, other), strict=True))
    return 1.0 - float(bivariate_normal_cdf(h, k, correlation))


def information_fraction(positive: Contrast, negative: Contrast, share: float) -> float:
    """Share of the information that is in the test-positive subjects, who are a share of the randomised."""
    a, b = share / positive.variance_null, (1.0 - share) / negative.variance_null
    return float(a / (a + b))


def describe(
    setting: Setting,
    *,
    design: str,
    n: float,
    eligible: float,
    tested: bool,
    positive: float,
    events: float,
    alpha: Mapping[str, float],
    power: Mapping[str, float],
    primary: str,
    effect: Mapping[str, float],
    convention: str,
    power_error: float = 0.0,
    n_expected: float | None = None,
    decisions: Mapping[str, float] | None = None,
) -> DesignResult:
    """The result, with screening counted: of consenting candidates the share `eligible` is randomised.

    `positive` is the share of test-positive subjects among the randomised (NaN: not tested).
    """
    expected = n if n_expected is None else n_expected
    consenting = n / eligible
    screened = consenting / setting.consent
    follow_up = setting.effect.follow_up if isinstance(setting.effect, SurvivalEffect) else 0.0
    enrolment = np.nan if setting.screening_rate is None else screened / setting.screening_rate
    return DesignResult(
        design=design,
        n_randomised=n,
        n_expected=expected,
        n_screened=screened,
        n_tested=consenting if tested else 0.0,
        n_positive=expected * positive,
        n_negative=expected * (1.0 - positive),
        events=events,
        duration=float(enrolment + follow_up),
        alpha=alpha,
        power=power,
        primary=primary,
        power_error=power_error,
        effect=effect,
        convention=convention,
        decisions={} if decisions is None else decisions,
    )


def sized(
    build: Callable[[Setting], Callable[[float], DesignResult]],
    setting: Setting,
    *,
    n: float | None,
    power: float | None,
    alpha: float,
) -> DesignResult:
    """A design at a given n, or at the n at which its primary success has a given power.

    With a screening rate and a survival endpoint, subjects accrue for as long as screening takes, and the events follow
    from that.
    """
    level(alpha, 1)
    if (n is None) == (power is None):
        raise refuse("n, power", (n, power), "exactly one of the two")
    usual = evaluate = build(setting)
    effect, rate = setting.effect, setting.screening_rate
    if rate is not None and isinstance(effect, SurvivalEffect):
        survival, enrolment = effect, usual(1.0).n_screened / rate

        def evaluate(n: float) -> DesignResult:
            return build(replace(setting, effect=replace(survival, accrual=n * enrolment)))(n)

    if n is not None:
        return evaluate(between("n", n, 4.0, closed="low", hint="n counts randomised subjects"))
    target = power_above(power, alpha)
    first = _size_for(usual, target, SIZES)
    if evaluate is not usual:
        # accrual as long as screening takes moves the size a little: search near by before searching everywhere
        first = _size_for(evaluate, target, (first / 1.15, first * 1.15), (first / 2.0, first * 2.0), SIZES)
    return evaluate(first)


def _size_for(evaluate: Callable[[float], DesignResult], target: float, *between_sizes: tuple[float, float]) -> float:
    """The n at which the primary success has a given power, from the first bracket that holds it.

    The lower end of the last bracket where that is enough.
    """

    @cache
    def short(log_n: float) -> float:
        found = evaluate(float(np.exp(log_n)))
        return found.power[found.primary] - target

    for low, high in np.log(between_sizes):
        if short(low) <= 0 <= short(high):
            return float(np.exp(brentq(short, low, high, xtol=1e-10)))
    if short(np.log(between_sizes[-1][1])) < 0:
        raise ConfigError(
            f"power of {target:g} is not reached with 100 million subjects",
            "there is no effect, or one in the wrong direction, where this design looks for it",
        )
    return between_sizes[-1][0]


def size_by_simulation(evaluate: Callable[[float], DesignResult], target: float, *, near: float) -> float:
    """The whole n from which on a simulated design has a power, to within half a percent of n.

    By bisection: `evaluate` must use the same random numbers each time, so that power rises with n but for steps of
    one study in all that are simulated.

    Raises
    ------
    ConfigError
        The power is not reached with a hundred times the subjects of `near`.
    """

    def enough(n: float) -> bool:
        found = evaluate(n)
        return found.power[found.primary] >= target

    low, high = max(near / 1.2, SIZES[0]), near * 1.2
    while enough(low) and low > SIZES[0]:
        low, high = max(low / 2.0, SIZES[0]), low
    while not enough(high):
        low, high = high, high * 2.0
        if high > 100.0 * near:
            raise ConfigError(f"power of {target:g} is not reached with {high:.0f} subjects")
    while high / low > 1.005 and high - low > 1.0:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(np.ceil(high))
