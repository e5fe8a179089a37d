"""What every sample-size function shares: errors, allocation, rounding, looks, and one type of result."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from biomarker.trial.checks import between, level, one_of, power_above, refuse, sides
from biomarker.trial.group_sequential import GroupSequentialDesign

__all__ = ["ROUNDING", "Plan", "Power", "SampleSize", "make_plan", "make_power", "make_size", "normal_n"]

Floats = npt.NDArray[np.float64]

# A normal quantile whose probability is 1 to the last digit
CERTAIN = 9.0
# How a sample size becomes whole: each arm up, the total up, or not at all
ROUNDING = ("arm", "total", "none")


@dataclass(frozen=True, eq=False)
class SampleSize:
    """A sample size and what it rests on.

    Attributes
    ----------
    n, n_treatment, n_control : float
        Subjects at the end, at most; not rounded.
    n_whole : int
        The total after rounding (see `convention`); 0 where rounding is "none".
    n_fixed : float
        Total of the design with one look.
    n_by_look : (n_looks,)
        Subjects (with data) at each look.
    n_expected, n_expected_null : float
        Expected total under the alternative and under no effect.
    critical_effect : (n_looks,)
        Estimate at which each look rejects; NaN where the test has no such number.
    effect : float
        What is to be detected, on the scale of the test.
    power, alpha : float
    sided : int
    ratio : float
        Treatment subjects per control subject.
    convention : str
        Formula, rounding and what else tools disagree on.
    """

    n: float
    n_treatment: float
    n_control: float
    n_whole: int
    n_fixed: float
    n_by_look: Floats
    n_expected: float
    n_expected_null: float
    critical_effect: Floats
    effect: float
    power: float
    alpha: float
    sided: int
    ratio: float
    convention: str


@dataclass(frozen=True, eq=False)
class Power:
    """Power of a given sample size.

    Attributes
    ----------
    power : float
        Probability of rejecting in the direction of the effect.
    power_by_look : (n_looks,)
        The same by the look at which it happens.
    n : float
        Total at the end, at most.
    n_expected : float
        Expected total at this effect.
    """

    power: float
    power_by_look: Floats
    n: float
    n_expected: float
    effect: float
    alpha: float
    sided: int
    convention: str


@dataclass(frozen=True)
class Plan:
    """Errors of a study, with or without interim looks."""

    alpha: float
    power: float
    sided: int
    design: GroupSequentialDesign | None = field(default=None)

    @property
    def side(self) -> float:
        """Type I error of one side."""
        return self.alpha / self.sided

    @property
    def z_alpha(self) -> float:
        """Critical value of the design with one look."""
        return float(-ndtri(self.side))

    @property
    def z_beta(self) -> float:
        """Normal quantile of the power."""
        return float(ndtri(self.power))

    @property
    def inflation(self) -> float:
        """Maximum size over that with one look."""
        return 1.0 if self.design is None else self.design.inflation_factor

    @property
    def words(self) -> str:
        """The looks in words."""
        return "one look" if self.design is None else f"{self.design.n_looks} looks ({self.design.convention})"


def make_plan(
    alpha: float | None, power: float | None, sided: int | None, design: GroupSequentialDesign | None
) -> Plan:
    """Errors from the arguments, or from the design with looks, which then may not contradict them."""
    if design is None:
        sided = sides(1 if sided is None else sided)
        alpha = 0.025 * sided if alpha is None else alpha
        power = 0.9 if power is None else power
        level(alpha, sided)
        return Plan(float(alpha), power_above(power, alpha), sided)
    for name, value, own in (
        ("alpha", alpha, design.alpha),
        ("power", power, design.power),
        ("sided", sided, design.sided),
    ):
        if value is not None and value != own:
            raise refuse(name, value, f"{own:g}, which the design says; leave it out where there is a design")
    return Plan(design.alpha, design.power, design.sided, design)


def normal_n(plan: Plan, effect: float, variance_null: float, variance: float) -> float:
    """Total of a design with one look: ``(z_alpha sqrt(V0) + z_beta sqrt(V1))^2 / effect^2``, V for one subject."""
    return float((plan.z_alpha * np.sqrt(variance_null) + plan.z_beta * np.sqrt(variance)) ** 2 / effect**2)


def make_size(
    plan: Plan,
    n_fixed: float,
    *,
    effect: float,
    ratio: float,
    rounding: str,
    convention: str,
    variance_null: float = np.nan,
    null: float = 0.0,
    arms: int = 2,
) -> SampleSize:
    """The result for a total with one look; critical effects are ``null + sign z_k sqrt(V0 / n_k)``."""
    one_of("rounding", rounding, ROUNDING)
    n = n_fixed * plan.inflation
    share = ratio / (1.0 + ratio) if arms == 2 else 1.0
    t = np.ones(1) if plan.design is None else plan.design.information
    z = np.array([plan.z_alpha]) if plan.design is None else plan.design.upper
    expected = (
        (1.0, 1.0)
        if plan.design is None
        else (
            plan.design.expected_information,
            plan.design.expected_information_null,
        )
    )
    whole = {
        "arm": int(_up(n * share) + (_up(n * (1.0 - share)) if arms == 2 else 0)),
        "total": int(_up(n)),
        "none": 0,
    }[rounding]
    words = {"arm": "each arm rounded up", "total": "total rounded up", "none": "not rounded"}[rounding]
    with np.errstate(invalid="ignore"):
        critical = null + np.sign(effect) * z * np.sqrt(variance_null / (n * t))
    return SampleSize(
        n=n,
        n_treatment=n * share,
        n_control=n * (1.0 - share) if arms == 2 else 0.0,
        n_whole=whole,
        n_fixed=n_fixed,
        n_by_look=n * t,
        n_expected=n_fixed * expected[0],
        n_expected_null=n_fixed * expected[1],
        critical_effect=critical,
        effect=effect,
        power=plan.power,
        alpha=plan.alpha,
        sided=plan.sided,
        ratio=ratio,
        convention=f"{convention}; {words}; {plan.words}",
    )


def _up(n: float) -> float:
    """Rounded up, except where rounding error alone made it pass a whole number."""
    return float(np.ceil(n - 1e-9 * max(1.0, n)))


def make_power(plan: Plan, n: float, z_power: float, *, effect: float, convention: str) -> Power:
    """The result for a size at which a design with one look has power ``Phi(z_power)``.

    With looks, the drift is the one that gives the design with one look the same power.
    """
    if plan.design is None:
        power = float(ndtr(z_power))
        return Power(power, np.array([power]), n, n, effect, plan.alpha, plan.sided, f"{convention}; {plan.words}")
    drift = plan.z_alpha + min(z_power, CERTAIN)
    by_look = plan.design.probabilities(drift).upper[0]
    expected = n * float(plan.design.expected(drift)[0]) / plan.design.inflation_factor
    words = f"{convention}; {plan.words}"
    return Power(float(by_look.sum()), by_look, n, expected, effect, plan.alpha, plan.sided, words)


def allocation(ratio: Any) -> tuple[float, float]:
    """Shares of treatment and control."""
    r = between("ratio", ratio, 0.0)
    return r / (1.0 + r), 1.0 / (1.0 + r)
