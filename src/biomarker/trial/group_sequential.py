"""Group-sequential designs: bounds, sample-size inflation and expected sample size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from biomarker.trial.boundaries import Bounds, Efficacy, Futility, Problem, bounds_at, solve
from biomarker.trial.checks import level, one_of, power_above, refuse, sides, whole
from biomarker.trial.recursion import ExitProbabilities, exit_probabilities
from biomarker.trial.spending import FixedBounds, LanDeMetsOBrienFleming, Spending

__all__ = ["GroupSequentialDesign", "group_sequential"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GroupSequentialDesign:
    """A group-sequential design on the scale of Z and of information.

    Attributes
    ----------
    information : (n_looks,)
        Information fractions; 1 is the maximum.
    upper : (n_looks,)
        Reject the null hypothesis at or above (two-sided: in absolute value).
    lower : (n_looks,)
        One-sided: stop for futility at or below, -inf where the study does not; two-sided: ``-upper``.
    inner : (n_looks,)
        Two-sided: stop for futility within ``(-inner, inner)``; NaN where the study does not, and one-sided.
    nominal_p : (n_looks,)
        One-sided p-value at `upper`.
    alpha_spent, beta_spent : (n_looks,)
        Cumulative probability of rejecting under the null hypothesis (both sides together; futility bounds count only
        if binding), and of stopping without rejection under the alternative.
    drift : float
        Expected value of the final Z under the alternative, at which the design has its power.
    inflation_factor : float
        Maximum information over that of a design with one look and the same alpha and power.
    power_by_look, power_by_look_null : (n_looks,)
        Probability of rejecting at each look, under the alternative in its direction, and under the null hypothesis,
        futility bounds obeyed.
    expected_information, expected_information_half, expected_information_null : float
        Expected information over that of the fixed design, under the alternative, half its effect, and no effect.
    type_one_error : float
        Probability of rejecting under the null hypothesis when the futility bounds are obeyed.
    convention : str
        What the design takes for granted where tools disagree.
    """

    information: Floats
    alpha: float
    power: float
    sided: int
    efficacy: Efficacy
    futility: Futility
    binding: bool
    futility_under: str
    spending_time: Floats
    upper: Floats
    lower: Floats
    inner: Floats
    nominal_p: Floats
    alpha_spent: Floats
    beta_spent: Floats
    drift: float
    fixed_drift: float
    inflation_factor: float
    power_by_look: Floats
    power_by_look_null: Floats
    expected_information: float
    expected_information_half: float
    expected_information_null: float
    type_one_error: float
    convention: str

    @property
    def n_looks(self) -> int:
        """Number of looks, the last included."""
        return self.information.size

    def probabilities(self, drift: npt.ArrayLike) -> ExitProbabilities:
        """Where the study ends when the expected value of the final Z is `drift`, futility bounds obeyed."""
        return exit_probabilities(self.information, self.lower, self.upper, drift=drift, inner=self.inner)

    def rejection(self, drift: npt.ArrayLike) -> Floats:
        """Probability of rejecting in the direction of a positive effect, for each drift."""
        return np.asarray(self.probabilities(drift).upper.sum(axis=1))

    def expected(self, drift: npt.ArrayLike) -> Floats:
        """Expected information at the end over that of the fixed design, for each drift."""
        ended = self.probabilities(drift)
        stop = (ended.upper + ended.lower + ended.inner)[:, :-1]
        return self.inflation_factor * (1.0 - stop @ (1.0 - self.information[:-1]))

    def at(self, information: Sequence[float], *, final: bool = True) -> "GroupSequentialDesign":
        """The design with its bounds at the looks that really took place, planned or not.

        Parameters
        ----------
        information : sequence of float
            Information fractions reached, relative to the planned maximum; may pass 1 (overrunning).
        final : bool
            Whether the last of them is the last look, which spends all alpha that is left. If not, the planned look at
            fraction 1 is appended.

        Returns
        -------
        GroupSequentialDesign
            With the bounds of past looks as they were then: a bound depends on its own and earlier fractions alone.
            Errors are spent by the planned clock, ``min(t, 1)``. `information` is relative to the last look; `power`
            is the power that the planned effect has with these looks; inflation and expected information are
            relative to the same fixed design as before.

        Raises
        ------
        ConfigError
            The bounds are not made by a spending function, which alone allows unplanned looks.

        References
        ----------
        Lan and DeMets 1983, https://doi.org/10.1093/biomet/70.3.659
        """
        if not isinstance(self.efficacy, Spending) or isinstance(self.futility, FixedBounds):
            raise refuse("efficacy", self.efficacy.name, "a spending function: only it has bounds at unplanned looks")
        t = np.asarray(information, dtype=np.float64)
        if t.ndim != 1 or t.size == 0 or t[0] <= 0 or np.any(np.diff(t) <= 0):
            raise refuse("information", information, "ascending positive fractions of the planned maximum")
        if not final:
            if t[-1] >= 1.0:
                raise refuse("information", information, "fractions below 1 unless the last look is final")
            t = np.append(t, 1.0)
        clock = np.append(np.minimum(t[:-1], 1.0), 1.0)
        side = self.alpha / self.sided
        problem = Problem(
            t / t[-1],
            clock,
            side,
            1.0 - self.power,
            self.sided,
            self.efficacy,
            self.futility,
            self.binding,
            self.futility_under,
        )
        drift = self.drift * float(np.sqrt(t[-1]))
        bounds = bounds_at(problem, drift)
        return _describe(problem, bounds, drift, self.fixed_drift, self.alpha, _power(problem, bounds, drift))


def group_sequential(
    *,
    information: int | Sequence[float] | Floats = 3,
    alpha: float = 0.025,
    power: float = 0.9,
    sided: int = 1,
    efficacy: Efficacy | None = None,
    futility: Futility = None,
    binding: bool = False,
    futility_under: str = "alternative",
    spending_time: Sequence[float] | Floats | None = None,
) -> GroupSequentialDesign:
    """A group-sequential design for any number of looks at any information fractions.

    ``Z_k ~ N(drift sqrt(t_k), 1)`` with ``cov(Z_j, Z_k) = sqrt(t_j / t_k)``. A shape with one constant solves
    ``P_0(some Z_k >= u_k) = alpha``; a spending function solves, at each look,
    ``P_0(Z_j < u_j for j < k, Z_k >= u_k) = a(t_k) - a(t_{k-1})``. Futility bounds that spend beta do the same under
    the alternative, whose drift is the one at which the last two bounds meet.

    Parameters
    ----------
    information : int or sequence of float
        Number of equally spaced looks, or the information fractions, ascending and ending at 1.
    alpha : float
        Type I error: of one side if `sided` is 1, of both together if 2.
    power : float
        Power under the alternative, above alpha.
    sided : {1, 2}
        Two-sided designs are symmetric.
    efficacy : shape or spending function, optional
        The default is `LanDeMetsOBrienFleming`.
    futility : FixedBounds or Spending, optional
        Bounds at the interim looks as numbers, or a function by which beta is spent.
    futility_under : {"alternative", "null"}
        Under which hypothesis a futility function spends: beta under the alternative, or ``1 - alpha`` under the null
        hypothesis (a bound for harm and for clear lack of effect; one-sided).
    binding : bool
        Whether the type I error is computed as if the study always stopped at the futility bound. The default, not,
        keeps alpha whatever is decided there.
    spending_time : sequence of float, optional
        Fractions at which the spending functions are read, where they are not the information fractions.

    Returns
    -------
    GroupSequentialDesign

    Raises
    ------
    ConfigError
        An argument is outside its range (the message names both), or power cannot be reached.

    Notes
    -----
    Valid when the test statistics have independent increments: efficient estimates in large samples, and looks that
    are not chosen by the data seen (spending functions allow a look at any time that does not depend on the effect).

    References
    ----------
    Jennison and Turnbull 1999, https://doi.org/10.1201/9780367805326; Lan and DeMets 1983,
    https://doi.org/10.1093/biomet/70.3.659

    Examples
    --------
    >>> design = group_sequential(information=3, efficacy=OBrienFleming())
    >>> design.upper.round(3)
    array([3.471, 2.454, 2.004])
    >>> round(design.inflation_factor, 4)
    1.0161
    """
    sided = sides(sided)
    side = level(alpha, sided)
    power_above(power, alpha)
    t = _fractions(information)
    clock = t if spending_time is None else _clock(spending_time, t)
    shape = LanDeMetsOBrienFleming() if efficacy is None else efficacy
    _fits("efficacy", shape, t.size)
    if isinstance(futility, FixedBounds):
        _fits("futility", futility, t.size - 1)
        if sided == 2 and min(futility.z) < 0:
            raise refuse("futility", futility.z, "half-widths of at least 0: two-sided futility is a region around 0")
    one_of("futility_under", futility_under, ("alternative", "null") if sided == 1 else ("alternative",))
    problem = Problem(t, clock, side, 1.0 - power, sided, shape, futility, binding, futility_under)
    if isinstance(shape, FixedBounds):
        _spends_no_more(problem, shape)
    fixed = float(-ndtri(side) + ndtri(power))
    bounds, drift = solve(problem, fixed, lambda found, drift: _power(problem, found, drift))
    return _describe(problem, bounds, drift, fixed, alpha, power)


def _fractions(information: Any) -> Floats:
    """Information fractions from a number of looks or a list."""
    if np.ndim(information) == 0:
        n = whole("information", information)
        return np.arange(1, n + 1) / n
    t = np.asarray(information, dtype=np.float64)
    rule = "a number of looks, or fractions that ascend within (0, 1] and end at 1"
    if t.ndim != 1 or t.size == 0 or not (t[0] > 0 and np.all(np.diff(t) > 0) and abs(t[-1] - 1.0) < 1e-9):
        raise refuse("information", information, rule)
    return np.append(t[:-1], 1.0)


def _clock(spending_time: Any, t: Floats) -> Floats:
    """The fractions at which errors are spent."""
    clock = np.asarray(spending_time, dtype=np.float64)
    if clock.shape != t.shape or not (clock[0] >= 0 and np.all(np.diff(clock) >= 0) and clock[-1] == 1.0):
        raise refuse("spending_time", spending_time, "one fraction a look, not descending, within [0, 1], ending at 1")
    return clock


def _fits(name: str, shape: Any, looks: int) -> None:
    """Fixed bounds have one number a look."""
    if isinstance(shape, FixedBounds) and len(shape.z) != looks:
        raise refuse(name, shape.z, f"{looks} bounds")


def _spends_no_more(problem: Problem, shape: FixedBounds) -> None:
    """Efficacy bounds given as numbers keep alpha."""
    low = [-np.inf] * len(shape.z)
    if problem.sided == 2:
        low = [-z for z in shape.z]
    elif problem.binding and isinstance(problem.futility, FixedBounds):
        low = [*problem.futility.z, -np.inf]
    spent = float(exit_probabilities(problem.t, low, shape.z).upper.sum())
    if spent > problem.alpha + 1e-5:
        raise refuse(
            "efficacy", shape.z, f"bounds that spend at most {problem.alpha:g} a side; these spend {spent:.5g}"
        )


def _leave(problem: Problem, bounds: Bounds, drift: npt.ArrayLike) -> ExitProbabilities:
    """Exit probabilities with futility obeyed."""
    if problem.sided == 1:
        return exit_probabilities(problem.t, bounds.futility, bounds.upper, drift=drift)
    return exit_probabilities(problem.t, -bounds.upper, bounds.upper, drift=drift, inner=bounds.futility)


def _power(problem: Problem, bounds: Bounds, drift: float) -> float:
    return float(_leave(problem, bounds, drift).upper.sum())


def _describe(
    problem: Problem, bounds: Bounds, drift: float, fixed: float, alpha: float, power: float
) -> GroupSequentialDesign:
    """The design with what follows from its bounds."""
    t, sided = problem.t, problem.sided
    ended = _leave(problem, bounds, [0.0, drift / 2.0, drift])
    stop = (ended.upper + ended.lower + ended.inner)[:, :-1]
    inflation = (drift / fixed) ** 2
    expected = inflation * (1.0 - stop @ (1.0 - t[:-1]))
    spent = ended.upper[0]
    if not problem.binding and problem.futility is not None:
        low = np.full(t.size, -np.inf) if sided == 1 else -bounds.upper
        spent = exit_probabilities(t, low, bounds.upper).upper[0]
    wrong = ended.lower + ended.inner
    return GroupSequentialDesign(
        information=t,
        alpha=alpha,
        power=power,
        sided=sided,
        efficacy=problem.efficacy,
        futility=problem.futility,
        binding=problem.binding,
        futility_under=problem.futility_under,
        spending_time=problem.clock,
        upper=bounds.upper,
        lower=bounds.futility if sided == 1 else -bounds.upper,
        inner=np.full(t.size, np.nan) if sided == 1 else np.where(bounds.futility > 0, bounds.futility, np.nan),
        nominal_p=ndtr(-bounds.upper),
        alpha_spent=np.cumsum(spent) * sided,
        beta_spent=np.cumsum(wrong[2]) if problem.futility is not None else np.zeros(t.size),
        drift=drift,
        fixed_drift=fixed,
        inflation_factor=inflation,
        power_by_look=ended.upper[2],
        power_by_look_null=ended.upper[0] * sided,
        expected_information=float(expected[2]),
        expected_information_half=float(expected[1]),
        expected_information_null=float(expected[0]),
        type_one_error=float(ended.upper[0].sum()) * sided,
        convention=_convention(problem),
    )


def _convention(problem: Problem) -> str:
    """What the numbers take for granted, in words."""
    words = [f"efficacy: {problem.efficacy.name}", "bounds on the scale of Z, crossed at equality"]
    if problem.sided == 2:
        words.append("two-sided symmetric, functions applied to alpha/2 a side; power counts the right direction only")
    if problem.futility is not None:
        kind = "binding" if problem.binding else "non-binding (alpha is kept if the study goes on)"
        under = "" if isinstance(problem.futility, FixedBounds) else f" under the {problem.futility_under} hypothesis"
        words.append(f"futility: {problem.futility.name}{under}, {kind}, obeyed in power and expected sample size")
    return "; ".join(words)
