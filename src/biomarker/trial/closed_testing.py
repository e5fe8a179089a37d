"""Whole population and marker-positive subset tested together: intersection tests and the closed combination test."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from biomarker.trial.checks import between, one_of, refuse
from biomarker.trial.combination import inverse_normal
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.monitoring import conditional_power, repeated_p_value
from biomarker.trial.normal import bivariate_normal_cdf

__all__ = [
    "INTERSECTIONS",
    "ClosedTest",
    "closed_combination_test",
    "closed_confidence_interval",
    "intersection_p_value",
    "subset_alpha",
]

Floats = npt.NDArray[np.float64]

INTERSECTIONS = ("spiessens-debois", "simes", "sidak", "bonferroni")


def intersection_p_value(
    p_full: npt.ArrayLike,
    p_subset: npt.ArrayLike,
    *,
    method: str = "spiessens-debois",
    fraction: npt.ArrayLike | None = None,
) -> Floats:
    """p-value of "no effect in the whole population and none in the subset".

    Spiessens-Debois: ``1 - Phi_2(z, z; sqrt f)`` with z of the smaller p-value; Bonferroni ``2 min p``; Sidak
    ``1 - (1 - min p)^2``; Simes ``min(2 min p, max p)``.

    Parameters
    ----------
    p_full, p_subset : float or array
        One-sided p-values.
    method : {"spiessens-debois", "simes", "sidak", "bonferroni"}
    fraction : float or array, optional
        Information of the subset over that of the whole population (subjects, events); Spiessens-Debois needs it.

    Returns
    -------
    array

    Raises
    ------
    ConfigError
        p-values outside [0, 1], an unknown method, or a fraction outside (0, 1].

    Notes
    -----
    Valid when the subset lies within the population: the two statistics are then positively correlated, and all four
    keep the type I error. Spiessens-Debois uses the correlation and is exact.

    References
    ----------
    Spiessens and Debois 2010, https://doi.org/10.1016/j.cct.2010.08.011; Simes 1986,
    https://doi.org/10.1093/biomet/73.3.751

    Examples
    --------
    >>> p = intersection_p_value(0.0359303, 0.0178644, fraction=0.4)
    >>> round(float(p), 5)
    0.03129
    """
    one_of("method", method, INTERSECTIONS)
    p, q = np.broadcast_arrays(np.asarray(p_full, dtype=np.float64), np.asarray(p_subset, dtype=np.float64))
    if np.any((p < 0) | (p > 1) | (q < 0) | (q > 1)):
        raise refuse("p_full, p_subset", (p, q), "numbers within [0, 1]")
    least = np.minimum(p, q)
    if method == "simes":
        return np.asarray(np.minimum(np.minimum(2.0 * least, np.maximum(p, q)), 1.0))
    return _single_step(least, method, fraction)


def _single_step(p: Floats, method: str, fraction: npt.ArrayLike | None) -> Floats:
    """Probability, with no effect at all, that the smaller of two p-values is as small as p."""
    if method in ("bonferroni", "simes"):
        return np.minimum(2.0 * p, 1.0)
    if method == "sidak":
        return np.asarray(-np.expm1(2.0 * np.log1p(-np.minimum(p, 1.0 - 1e-16))))
    if fraction is None:
        raise refuse("fraction", None, "the subset's share of the information, above 0 and at most 1")
    f = np.asarray(fraction, dtype=np.float64)
    if np.any(~((f > 0) & (f <= 1))):
        raise refuse("fraction", f, "numbers above 0 and at most 1")
    z = -ndtri(p)
    return 1.0 - bivariate_normal_cdf(z, z, np.sqrt(f))


def subset_alpha(alpha: float, *, alpha_overall: float, fraction: float, correlated: bool = True) -> float:
    """Level left for the subset when the whole population is tested at `alpha_overall` (fallback, co-primary).

    Solves ``P_0(Z_F >= z_1 or Z_S >= z_2) = alpha`` with correlation ``sqrt(fraction)``; uncorrelated:
    ``alpha - alpha_overall`` (Bonferroni).

    Parameters
    ----------
    alpha : float
        One-sided family-wise error.
    alpha_overall : float
        Level of the test in the whole population, below alpha.
    fraction : float
        Information of the subset over that of the whole population.
    correlated : bool

    Returns
    -------
    float

    Notes
    -----
    Valid when the correlation is known: for survival the fraction is that of events, as observed.

    References
    ----------
    Song and Chi 2007, https://doi.org/10.1002/sim.2825; Spiessens and Debois 2010,
    https://doi.org/10.1016/j.cct.2010.08.011

    Examples
    --------
    >>> round(subset_alpha(0.025, alpha_overall=0.02, fraction=0.3), 6)
    0.006837
    """
    total = between("alpha", alpha, 0.0, 0.5)
    first = between("alpha_overall", alpha_overall, 0.0, total)
    f = between("fraction", fraction, 0.0, 1.0)
    if not correlated:
        return total - first
    z1 = -ndtri(first)

    def excess(log_alpha: float) -> float:
        z2 = -ndtri(np.exp(log_alpha))
        return float(1.0 - bivariate_normal_cdf(z1, z2, np.sqrt(f))) - total

    return float(np.exp(brentq(excess, np.log((total - first) / 2.0), np.log(total), xtol=1e-13)))


@dataclass(frozen=True, eq=False)
class ClosedTest:
    """A two-population study with adaptive looks, tested by the closure principle.

    Attributes
    ----------
    critical : (n_looks,)
        Bounds of the design.
    stage_p : dict of (n_stages,)
        p-value of each stage for the hypotheses "full", "subset", and "both" (their intersection).
    overall_z : dict of (n_stages,)
        Combined over stages.
    rejected : dict of (n_stages,) bool
        "full" and "subset", with all intersections, at or before each stage.
    repeated_p : dict of (n_stages,)
        Repeated p-values: the smallest so far, the larger over the intersections.
    conditional_rejection : dict of (n_stages,)
        Conditional rejection probability under no effect, the smaller over the intersections; NaN at the last look.
    """

    critical: Floats
    stage_p: dict[str, Floats]
    overall_z: dict[str, Floats]
    rejected: dict[str, npt.NDArray[np.bool_]]
    repeated_p: dict[str, Floats]
    conditional_rejection: dict[str, Floats]
    convention: str


def closed_combination_test(
    p_full: npt.ArrayLike,
    p_subset: npt.ArrayLike,
    *,
    design: GroupSequentialDesign,
    method: str = "spiessens-debois",
    fraction: npt.ArrayLike | None = None,
) -> ClosedTest:
    """Closed test of the whole population and a subset after stages between which either may have been dropped.

    Each stage's p-values are combined by the inverse normal method with the weights that the design's information
    implies; a hypothesis is rejected when it and its intersection with the other pass the bound. Once a population is
    dropped, the intersection is that of the other alone.

    Parameters
    ----------
    p_full, p_subset : (n_stages,)
        One-sided p-values of each stage's own subjects (survival: of the increments of the log-rank statistic). NaN
        from the stage on at which the population was dropped.
    design : GroupSequentialDesign
        One-sided.
    method, fraction
        As in `intersection_p_value`; `fraction` one number a stage.

    Returns
    -------
    ClosedTest

    Raises
    ------
    ConfigError
        More stages than looks, both populations dropped, or one that came back.

    Notes
    -----
    Valid whatever the rule of selection at an interim look, if stage-wise p-values are independent and the weights
    were planned. Survival: the selection may use the endpoint's own data alone.

    References
    ----------
    Brannath et al. 2009, https://doi.org/10.1002/sim.3559; Jenkins, Stone and Jennison 2011,
    https://doi.org/10.1002/pst.472
    """
    p = {"full": np.asarray(p_full, dtype=np.float64), "subset": np.asarray(p_subset, dtype=np.float64)}
    n = p["full"].size
    if p["subset"].size != n or not 1 <= n <= design.n_looks:
        raise refuse("p_full, p_subset", n, f"as many stages in both, from 1 to {design.n_looks}")
    gone = {name: np.isnan(value) for name, value in p.items()}
    if np.any(gone["full"] & gone["subset"]):
        raise refuse("p_full, p_subset", None, "at least one population at each stage")
    for name, missing in gone.items():
        if np.any(np.diff(missing.astype(int)) < 0):
            raise refuse(f"p_{name}", p[name], "no population that comes back once it was dropped")
    f = None if fraction is None else np.broadcast_to(np.asarray(fraction, dtype=np.float64), n)
    p["both"] = np.array(
        [
            p["subset"][k]
            if gone["full"][k]
            else p["full"][k]
            if gone["subset"][k]
            else float(
                intersection_p_value(p["full"][k], p["subset"][k], method=method, fraction=None if f is None else f[k])
            )
            for k in range(n)
        ]
    )
    weights = np.sqrt(np.diff(design.information, prepend=0.0))[:n]
    z = {name: _combined(value, weights) for name, value in p.items()}
    passed = {name: value >= design.upper[:n] for name, value in z.items()}
    repeated = {name: _each(lambda x, k: repeated_p_value(design, x, look=k), value) for name, value in z.items()}
    crp = {
        name: _each(
            lambda x, k: float(conditional_power(design, x, look=k, drift="null")[0]) if k < design.n_looks else np.nan,
            value,
        )
        for name, value in z.items()
    }
    both = ("full", "subset")
    least = {name: np.where(np.isnan(value), np.nan, np.fmin.accumulate(value)) for name, value in repeated.items()}
    # what was rejected stays rejected: intersection and hypothesis may pass their bounds at different looks
    ever = {name: np.logical_or.accumulate(value) for name, value in passed.items()}
    return ClosedTest(
        critical=design.upper,
        stage_p=p,
        overall_z=z,
        rejected={name: ever[name] & ever["both"] for name in both},
        repeated_p={name: np.maximum(least[name], least["both"]) for name in both},
        conditional_rejection={name: np.minimum(crp[name], crp["both"]) for name in both},
        convention=f"closed test, inverse normal, intersection by {method}; {design.convention}",
    )


def _combined(p: Floats, weights: Floats) -> Floats:
    """Inverse normal combination over stages; NaN from the first missing one on."""
    known = ~np.isnan(p)
    z = np.full(p.size, np.nan)
    if known.any():
        z[known] = inverse_normal(np.clip(p[known], 1e-300, 1.0), weights=weights[known])
    return z


def _each(function: Callable[[float, int], float], z: Floats) -> Floats:
    """A function of statistic and look, NaN where there is no statistic."""
    return np.array([function(float(x), k + 1) if np.isfinite(x) else np.nan for k, x in enumerate(z)])


def closed_confidence_interval(
    stage_z: Callable[[float], Floats],
    *,
    design: GroupSequentialDesign,
    both: npt.ArrayLike,
    limits: tuple[float, float],
    method: str = "spiessens-debois",
    fraction: npt.ArrayLike | None = None,
) -> tuple[float, float]:
    """Repeated confidence interval of one population's effect, adjusted for the other while both went on.

    The effects that are not rejected, above or below, at the current look: stage-wise p-values of the shifted
    hypothesis are adjusted by one step (as if the other population's were the same) and combined.

    Parameters
    ----------
    stage_z : function of the effect
        Statistics of each stage so far for the hypothesis that the effect is the argument, large when the truth is
        larger; falling in the argument.
    design : GroupSequentialDesign
    both : (n_stages,) of bool
        Whether the other population was still tested at the stage.
    limits : (low, high)
        Between which to search.
    method, fraction
        As in `intersection_p_value`.

    Returns
    -------
    low, high : float

    Raises
    ------
    ConfigError
        A limit of the interval lies outside `limits`.

    Notes
    -----
    Valid at any look, whatever was selected. Coverage is ``1 - 2 alpha``.

    References
    ----------
    Wassmer and Brannath 2016, https://doi.org/10.1007/978-3-319-32562-0
    """
    adjusted = np.asarray(both, dtype=bool)
    n = adjusted.size
    weights = np.sqrt(np.diff(design.information, prepend=0.0))[:n]
    f = np.broadcast_to(np.asarray(1.0 if fraction is None else fraction, dtype=np.float64), n)

    def excess(effect: float, sign: float) -> float:
        p = ndtr(-sign * stage_z(effect))
        p = np.where(adjusted, _single_step(p, method, f), p)
        return float(inverse_normal(np.clip(p, 1e-300, 1.0), weights=weights)[-1] - design.upper[n - 1])

    ends = []
    for sign in (1.0, -1.0):
        values = [excess(limit, sign) for limit in limits]
        if values[0] * values[1] > 0:
            raise refuse("limits", limits, "numbers that hold the interval between them")
        ends.append(float(brentq(lambda effect, sign=sign: excess(effect, sign), *limits, xtol=1e-12)))
    return ends[0], ends[1]
