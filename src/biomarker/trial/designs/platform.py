"""Platform: several treatments against one shared control."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from biomarker.trial.checks import between, one_of, whole
from biomarker.trial.designs.result import DesignMethod, DesignResult, Statistic, describe, sized
from biomarker.trial.designs.setting import Setting

__all__ = ["PLATFORM", "dunnett_critical", "platform"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(96)


def _any_above(means: np.ndarray, critical: np.ndarray, correlation: float) -> float:
    """Probability that one of several equally correlated normal statistics reaches its critical value."""
    u = 8.5 * NODES
    z = (critical - means)[:, None] - np.sqrt(correlation) * u[None, :]
    inside = np.prod(ndtr(z / np.sqrt(1.0 - correlation)), axis=0)
    return float(1.0 - (inside * np.exp(-0.5 * u**2) * WEIGHTS).sum() * 8.5 / np.sqrt(2.0 * np.pi))


def dunnett_critical(arms: int, *, alpha: float = 0.025, ratio: float = 1.0) -> float:
    """Critical value of many-to-one comparisons with a shared control.

    ``P_0(max Z_k >= c) = alpha`` with correlation ``r / (1 + r)``, r subjects of an arm per control subject.

    Parameters
    ----------
    arms : int
    alpha : float
        One-sided family-wise error.
    ratio : float

    Returns
    -------
    float

    Notes
    -----
    Valid for statistics of known variance, or large samples.

    References
    ----------
    Dunnett 1955, https://doi.org/10.2307/2281208

    Examples
    --------
    >>> round(dunnett_critical(3, alpha=0.05), 2)
    2.06
    """
    k = whole("arms", arms, 1)
    level = between("alpha", alpha, 0.0, 0.5)
    rho = between("ratio", ratio, 0.0) / (1.0 + ratio)
    zero = np.zeros(k)
    return float(brentq(lambda c: _any_above(zero, np.full(k, c), rho) - level, 0.0, 10.0, xtol=1e-12))


def platform(
    setting: Setting,
    *,
    n: float | None = None,
    power: float | None = None,
    alpha: float = 0.025,
    arms: int = 3,
    active: int = 1,
    multiplicity: str = "none",
    allocation: str = "root",
) -> DesignResult:
    """Platform study: treatments share a concurrent control.

    Each arm's ``Z_k`` compares it with the control; their correlation is ``r / (1 + r)``. `active` arms have the
    setting's effect, the others none.

    Parameters
    ----------
    setting, n, power, alpha
        As in `all_comers`; n counts all arms and the control. The setting's ratio is not used.
    arms, active : int
        Treatments, and how many of them work.
    multiplicity : {"none", "dunnett", "bonferroni"}
        "none": each arm at alpha, as separate studies would be.
    allocation : {"root", "equal"}
        Control subjects per subject of an arm: the square root of the number of arms, or 1.

    Returns
    -------
    DesignResult
        Powers: "arm" (one active arm), "any" (at least one active arm), "null arm" (one that does not work); decisions:
        "family-wise error" (no arm works). The size is for "arm".

    Raises
    ------
    ConfigError
        An argument is outside its range; the power cannot be reached.

    Notes
    -----
    Valid for controls enrolled at the same time as the arm; non-concurrent controls can bias by drift of time.

    References
    ----------
    Dunnett 1955, https://doi.org/10.2307/2281208; Woodcock and LaVange 2017, https://doi.org/10.1056/NEJMra1510062
    """
    k = whole("arms", arms, 1)
    works = whole("active", active, 1, k)
    one_of("multiplicity", multiplicity, ("none", "dunnett", "bonferroni"))
    r = {"root": 1.0 / np.sqrt(k), "equal": 1.0}[one_of("allocation", allocation, ("root", "equal"))]
    rho = r / (1.0 + r)

    def build(setting: Setting) -> Callable[[float], DesignResult]:
        contrast = setting.effect.contrast(setting.prevalence, r)
        critical = {
            "none": float(-ndtri(alpha)),
            "bonferroni": float(-ndtri(alpha / k)),
            "dunnett": dunnett_critical(k, alpha=alpha, ratio=r),
        }[multiplicity]
        local = float(ndtr(-critical))

        def evaluate(n: float) -> DesignResult:
            control = n / (1.0 + k * r)
            one = Statistic.of(contrast, control * (1.0 + r))
            threshold = np.full(works, (critical - one.mean) / one.sd)
            return describe(
                setting,
                design="platform",
                n=n,
                eligible=1.0,
                tested=False,
                positive=np.nan,
                events=n * contrast.events,
                alpha={"arm": local},
                power={
                    "arm": one.passes(critical),
                    "any": _any_above(np.zeros(works), threshold, rho),
                    "null arm": local,
                },
                primary="arm",
                effect={"arm": contrast.effect},
                decisions={"family-wise error": _any_above(np.zeros(k), np.full(k, critical), rho)},
                convention=f"{k} arms, {works} active, shared concurrent control, {1 / r:.3g} controls per subject of "
                f"an arm; multiplicity {multiplicity}; one look",
            )

        return evaluate

    return sized(build, setting, n=n, power=power, alpha=alpha)


PLATFORM = DesignMethod("platform", "Several treatments against one shared control", platform)
