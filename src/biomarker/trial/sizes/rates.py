"""Proportions: two groups, superiority and non-inferiority."""

import numpy as np
from scipy.optimize import brentq

from biomarker.trial.checks import between, one_of, refuse
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.sizes.plan import Plan, Power, SampleSize, allocation, make_plan, make_power, make_size, normal_n

__all__ = ["power_rates", "rates_statistic", "sample_size_rates"]

METHODS = {
    "pooled": "two proportions, variance pooled under the null hypothesis",
    "unpooled": "two proportions, variance not pooled",
    "arcsine": "two proportions on the arcsine scale",
    "continuity": "two proportions, pooled variance and Fleiss's continuity correction",
    "farrington-manning": "two proportions, variance under the null restricted to its difference (Farrington-Manning)",
}


def sample_size_rates(
    rate: float,
    rate_control: float,
    *,
    null: float = 0.0,
    ratio: float = 1.0,
    method: str | None = None,
    alpha: float | None = None,
    power: float | None = None,
    sided: int | None = None,
    design: GroupSequentialDesign | None = None,
    rounding: str = "arm",
) -> SampleSize:
    """Subjects needed to show a difference of two proportions.

    ``n = (z_alpha sqrt(V0) + z_beta sqrt(V1))^2 / (p_t - p_c - null)^2`` in all, with
    ``V1 = p_t q_t / w_t + p_c q_c / w_c`` and V0 its value under the null hypothesis.

    Parameters
    ----------
    rate, rate_control : float
        Probability of the event under treatment and control.
    null : float
        Difference under the null hypothesis: 0, or minus the margin of non-inferiority where events are good (plus the
        margin where they are bad).
    ratio : float
        Treatment subjects per control subject.
    method : {"pooled", "unpooled", "arcsine", "continuity", "farrington-manning"}
        How V0 is taken; the default is pooled, with a null other than 0 Farrington-Manning. "arcsine" tests
        ``2 asin sqrt p``; "continuity" enlarges the pooled n for the continuity-corrected (about the exact) test.
    alpha, power, sided
        Default 0.025 one-sided (0.05 two-sided) and 0.9.
    design : GroupSequentialDesign, optional
        Looks; brings its own alpha, power and sides.
    rounding : {"arm", "total", "none"}

    Returns
    -------
    SampleSize

    Raises
    ------
    ConfigError
        An argument is outside its range; the difference equals the null; a method that has no null but 0.

    Notes
    -----
    Valid when expected events and non-events are at least about five in each arm.

    References
    ----------
    Fleiss, Tytun and Ury 1980, https://doi.org/10.2307/2529990; Farrington and Manning 1990,
    https://doi.org/10.1002/sim.4780091208

    Examples
    --------
    >>> round(sample_size_rates(0.4, 0.2, power=0.8).n, 2)
    162.45
    """
    plan = make_plan(alpha, power, sided, design)
    chosen, effect, null_variance, variance = _setting(rate, rate_control, null, ratio, method)
    n = normal_n(plan, effect, null_variance, variance)
    if chosen == "continuity":
        n = _corrected(n, effect, ratio)
    return make_size(
        plan,
        n,
        effect=effect,
        ratio=ratio,
        rounding=rounding,
        convention=f"{METHODS[chosen]}, null {null:g}",
        variance_null=null_variance,
        null=null,
    )


def power_rates(
    n: float,
    rate: float,
    rate_control: float,
    *,
    null: float = 0.0,
    ratio: float = 1.0,
    method: str | None = None,
    alpha: float | None = None,
    sided: int | None = None,
    design: GroupSequentialDesign | None = None,
) -> Power:
    """Power of a total of n subjects to show a difference of proportions: `sample_size_rates` the other way round."""
    plan = make_plan(alpha, None, sided, design)
    total = between("n", n, 0.0)
    chosen, effect, null_variance, variance = _setting(rate, rate_control, null, ratio, method)
    if chosen == "continuity":
        total = _uncorrected(total, effect, ratio)
    z = _z_power(plan, total, effect, null_variance, variance)
    return make_power(plan, float(n), z, effect=effect, convention=f"{METHODS[chosen]}, null {null:g}")


def rates_statistic(events: float, n: float, events_control: float, n_control: float, *, null: float = 0.0) -> float:
    """Score statistic of a difference of two observed proportions against a null difference.

    ``(p_t - p_c - null) / sqrt(r_t (1 - r_t) / n_t + r_c (1 - r_c) / n_c)`` with the rates r that the data make most
    likely under ``r_t - r_c = null``; with null 0 that is the pooled z test.

    Parameters
    ----------
    events, n, events_control, n_control : float
        Events and subjects under treatment and control.
    null : float

    Returns
    -------
    float
        NaN where both arms have no events, or nothing else.

    References
    ----------
    Farrington and Manning 1990, https://doi.org/10.1002/sim.4780091208

    Examples
    --------
    >>> round(rates_statistic(7, 22, 18, 28), 4)
    -2.2792
    """
    between("n", n, 0.0)
    between("n_control", n_control, 0.0)
    between("events", events, 0.0, n, closed="both")
    between("events_control", events_control, 0.0, n_control, closed="both")
    between("null", null, -1.0, 1.0)
    t, c, w = events / n, events_control / n_control, n / (n + n_control)
    if null == 0:
        restricted = control = w * t + (1 - w) * c
    else:
        restricted, control = _restricted(t, c, null, w)
    variance = restricted * (1 - restricted) / n + control * (1 - control) / n_control
    return float((t - c - null) / np.sqrt(variance)) if variance > 0 else float("nan")


def _z_power(plan: Plan, n: float, effect: float, null_variance: float, variance: float) -> float:
    return float((abs(effect) * np.sqrt(n) - plan.z_alpha * np.sqrt(null_variance)) / np.sqrt(variance))


def _setting(
    rate: float, rate_control: float, null: float, ratio: float, method: str | None
) -> tuple[str, float, float, float]:
    """The method, the effect on its scale, and the variance for one subject under the null and the alternative."""
    t, c = between("rate", rate, 0.0, 1.0), between("rate_control", rate_control, 0.0, 1.0)
    between("null", null, -1.0, 1.0)
    chosen = ("pooled" if null == 0 else "farrington-manning") if method is None else method
    one_of("method", chosen, tuple(METHODS))
    if null != 0 and chosen not in ("unpooled", "farrington-manning"):
        raise refuse("method", method, "'unpooled' or 'farrington-manning' where the null difference is not 0")
    if abs(t - c - null) < 1e-12:
        raise refuse("rate", rate, f"any rate but {c + null:g}, which is the null hypothesis")
    w, v = allocation(ratio)
    variance = t * (1 - t) / w + c * (1 - c) / v
    if chosen == "arcsine":
        return chosen, 2 * float(np.arcsin(np.sqrt(t)) - np.arcsin(np.sqrt(c))), 1 / w + 1 / v, 1 / w + 1 / v
    if chosen == "unpooled":
        return chosen, t - c - null, variance, variance
    if chosen == "farrington-manning":
        restricted, control = _restricted(t, c, null, w)
        return chosen, t - c - null, restricted * (1 - restricted) / w + control * (1 - control) / v, variance
    mean = w * t + v * c
    return chosen, t - c, mean * (1 - mean) * (1 / w + 1 / v), variance


def _restricted(t: float, c: float, null: float, share: float) -> tuple[float, float]:
    """Rates that the expected data make most likely under ``treatment - control = null``."""
    low, high = max(0.0, -null), min(1.0, 1.0 - null)

    def score(control: float) -> float:
        treated = control + null
        return share * (t - treated) / (treated * (1 - treated)) + (1 - share) * (c - control) / (
            control * (1 - control)
        )

    edge = 1e-12
    control = float(brentq(score, low + edge, high - edge, xtol=1e-14))
    return control + null, control


def _corrected(n: float, effect: float, ratio: float) -> float:
    """Fleiss's correction, from the size of the control arm."""
    m = n / (1.0 + ratio)
    return float(n / 4.0 * (1.0 + np.sqrt(1.0 + 2.0 * (ratio + 1.0) / (m * ratio * abs(effect)))) ** 2)


def _uncorrected(n: float, effect: float, ratio: float) -> float:
    """The size whose corrected size is n; almost nothing where n is too small for any correction."""
    smallest = 1e-9
    if _corrected(smallest, effect, ratio) >= n:
        return smallest
    return float(brentq(lambda m: _corrected(m, effect, ratio) - n, smallest, n, xtol=1e-10))
