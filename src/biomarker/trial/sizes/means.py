"""Means: two groups, one group or pairs, and several groups."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import fdtri, ncfdtr, nctdtr, ndtri, stdtrit

from biomarker.trial.checks import between, one_of, refuse, whole
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.sizes.plan import Power, SampleSize, allocation, make_plan, make_power, make_size, normal_n

__all__ = ["power_anova", "power_means", "sample_size_anova", "sample_size_means"]

METHODS = ("z", "t")


def sample_size_means(
    difference: float,
    *,
    sd: float,
    sd_control: float | None = None,
    null: float = 0.0,
    ratio: float = 1.0,
    groups: int = 2,
    method: str = "t",
    alpha: float | None = None,
    power: float | None = None,
    sided: int | None = None,
    design: GroupSequentialDesign | None = None,
    rounding: str = "arm",
) -> SampleSize:
    """Subjects needed to show a difference of means.

    ``n = (z_alpha + z_beta)^2 (sd_t^2 / w_t + sd_c^2 / w_c) / (difference - null)^2`` in all, with shares w; with
    ``method="t"`` the n at which the noncentral t test has the power.

    Parameters
    ----------
    difference : float
        Mean under treatment minus control (one group: mean, or mean of the pairs' differences).
    sd, sd_control : float
        Standard deviation under treatment and control; the same if one is given. For pairs: of the differences.
    null : float
        Difference under the null hypothesis: 0 for superiority, minus the margin for non-inferiority when more is
        better.
    ratio : float
        Treatment subjects per control subject.
    groups : {1, 2}
        1 for a single arm against a constant, or for pairs (n counts pairs).
    method : {"t", "z"}
        t: unknown variance (pooled; Satterthwaite's degrees of freedom where the two differ). z: known variance.
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
        An argument is outside its range; the difference equals the null.

    Notes
    -----
    Valid when the outcome is near normal or n is large. Power counts rejections in the right direction only. With
    looks, the size with one look is multiplied by the design's inflation factor, also under ``method="t"``.

    References
    ----------
    Chow, Shao, Wang and Lokhnygina 2017, https://doi.org/10.1201/9781315183084

    Examples
    --------
    >>> round(sample_size_means(0.5, sd=1.0, method="z").n, 2)
    168.12
    """
    plan = make_plan(alpha, power, sided, design)
    effect, variance, dof = _setting(difference, sd, sd_control, null, ratio, groups, method)
    n = normal_n(plan, effect, variance, variance)
    if method == "t":
        n = _solve(lambda n: _t_power(n, effect, variance, dof(n), plan.side) - plan.power, n)
    return make_size(
        plan,
        n,
        effect=effect,
        ratio=ratio,
        rounding=rounding,
        convention=f"{method} test of {'two means' if groups == 2 else 'one mean'}, null {null:g}",
        variance_null=variance,
        null=null,
        arms=groups,
    )


def power_means(
    n: float,
    difference: float,
    *,
    sd: float,
    sd_control: float | None = None,
    null: float = 0.0,
    ratio: float = 1.0,
    groups: int = 2,
    method: str = "t",
    alpha: float | None = None,
    sided: int | None = None,
    design: GroupSequentialDesign | None = None,
) -> Power:
    """Power of a total of n subjects to show a difference of means: `sample_size_means` the other way round."""
    plan = make_plan(alpha, None, sided, design)
    total = between("n", n, 3.0 if method == "t" else 0.0)
    effect, variance, dof = _setting(difference, sd, sd_control, null, ratio, groups, method)
    words = f"{method} test of {'two means' if groups == 2 else 'one mean'}, null {null:g}"
    if method == "z":
        reached = abs(effect) * np.sqrt(total / variance) - plan.z_alpha
    else:
        reached = float(ndtri(_t_power(total, effect, variance, dof(total), plan.side)))
    return make_power(plan, total, float(reached), effect=effect, convention=words)


def _setting(
    difference: float, sd: float, sd_control: float | None, null: float, ratio: float, groups: int, method: str
) -> tuple[float, float, Callable[[float], float]]:
    """Effect beyond the null, variance of its estimate for one subject, degrees of freedom for n subjects."""
    one_of("method", method, METHODS)
    one_of("groups", groups, (1, 2))
    between("sd", sd, 0.0)
    control = sd if sd_control is None else between("sd_control", sd_control, 0.0)
    effect = between("difference", difference) - between("null", null)
    if effect == 0:
        raise refuse("difference", difference, f"any number but the null, {null:g}")
    if groups == 1:
        return effect, sd**2, lambda n: n - 1.0
    treated, untreated = allocation(ratio)
    a, b = sd**2 / treated, control**2 / untreated
    if sd == control:
        return effect, a + b, lambda n: n - 2.0
    return effect, a + b, lambda n: (a + b) ** 2 / (a**2 / (n * treated - 1.0) + b**2 / (n * untreated - 1.0))


def _t_power(n: float, effect: float, variance: float, dof: float, side: float) -> float:
    """Power of the t test in the direction of the effect."""
    return float(1.0 - nctdtr(dof, abs(effect) * np.sqrt(n / variance), -stdtrit(dof, side)))


def _solve(function: Callable[[float], float], guess: float) -> float:
    """Where an increasing function of n crosses 0, from a guess that is too low."""
    low, high = max(guess, 3.0), guess + 5.0
    while function(high) < 0:
        high *= 1.5
    return low if function(low) > 0 else float(brentq(function, low, high, xtol=1e-10))


def sample_size_anova(
    effect: float, *, groups: int, alpha: float = 0.05, power: float = 0.9, rounding: str = "arm"
) -> SampleSize:
    """Subjects needed for a one-way analysis of variance.

    Noncentral F with ``groups - 1`` and ``n - groups`` degrees of freedom and noncentrality ``n f^2``, where f is the
    standard deviation of the group means over that within groups (Cohen's f).

    Parameters
    ----------
    effect : float
        Cohen's f.
    groups : int
        Number of groups, equally large.
    alpha, power : float
    rounding : {"arm", "total", "none"}
        "arm" rounds each group up.

    Returns
    -------
    SampleSize
        `n` in all; `n_treatment` is that of one group.

    Notes
    -----
    Valid when the outcome is normal with one variance in all groups.

    References
    ----------
    Cohen 1988, https://doi.org/10.4324/9780203771587

    Examples
    --------
    >>> round(sample_size_anova(0.25, groups=4, power=0.8).n_treatment, 2)
    44.6
    """
    k = whole("groups", groups, 2)
    one_of("rounding", rounding, ("arm", "total", "none"))
    between("effect", effect, 0.0)
    between("alpha", alpha, 0.0, 1.0)
    between("power", power, alpha, 1.0)
    n = _solve(lambda n: power_anova(n, effect, groups=k, alpha=alpha) - power, k + 1.0)
    whole_n = {"arm": k * int(np.ceil(n / k - 1e-9)), "total": int(np.ceil(n - 1e-9)), "none": 0}[rounding]
    return SampleSize(
        n=n,
        n_treatment=n / k,
        n_control=n / k,
        n_whole=whole_n,
        n_fixed=n,
        n_by_look=np.array([n]),
        n_expected=n,
        n_expected_null=n,
        critical_effect=np.array([np.nan]),
        effect=effect,
        power=power,
        alpha=alpha,
        sided=2,
        ratio=1.0,
        convention=f"F test of {k} equal groups, effect Cohen's f; rounding: {rounding}; one look",
    )


def power_anova(n: float, effect: float, *, groups: int, alpha: float = 0.05) -> float:
    """Power of a one-way analysis of variance with n subjects in all, equally divided."""
    k = whole("groups", groups, 2)
    total = between("n", n, k)
    between("effect", effect, 0.0)
    between("alpha", alpha, 0.0, 1.0)
    return float(1.0 - ncfdtr(k - 1, total - k, total * effect**2, fdtri(k - 1, total - k, 1.0 - alpha)))
