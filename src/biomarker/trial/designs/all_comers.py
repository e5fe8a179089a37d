"""All-comers: everybody is randomised, nobody is tested."""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from biomarker.trial.designs.result import DesignMethod, DesignResult, Statistic, describe, sized
from biomarker.trial.designs.setting import Setting
from biomarker.trial.group_sequential import GroupSequentialDesign

__all__ = ["ALL_COMERS", "all_comers"]


def all_comers(
    setting: Setting,
    *,
    n: float | None = None,
    power: float | None = None,
    alpha: float = 0.025,
    looks: GroupSequentialDesign | None = None,
) -> DesignResult:
    """All-comers design: the treatment is compared in everybody, whatever the marker.

    ``Z ~ N(D sqrt(n / V0), V1 / V0)`` with the diluted effect ``D = p D+ + (1 - p) D-``.

    Parameters
    ----------
    setting : Setting
    n, power : float
        Subjects randomised, or the power to reach; exactly one.
    alpha : float
        One-sided; with `looks` that of the looks.
    looks : GroupSequentialDesign, optional
        One-sided looks at the data; n is then the maximum.

    Returns
    -------
    DesignResult
        Powers: "overall".

    Raises
    ------
    ConfigError
        An argument is outside its range; the power cannot be reached.

    Notes
    -----
    Valid when the diluted effect is what the study is about; wasteful or hopeless where marker-negative subjects do not
    benefit, and it teaches nothing about them.

    References
    ----------
    Simon and Maitournam 2004, https://doi.org/10.1158/1078-0432.CCR-04-0496
    """
    level = alpha if looks is None else looks.alpha

    def build(setting: Setting) -> Callable[[float], DesignResult]:
        contrast = setting.all()

        def evaluate(n: float) -> DesignResult:
            return describe(
                setting,
                design="all-comers",
                n=n,
                eligible=1.0,
                tested=False,
                positive=np.nan,
                events=n * contrast.events,
                alpha={"overall": level},
                power={"overall": rejects(Statistic.of(contrast, n), level, looks)},
                primary="overall",
                effect={"overall": contrast.effect},
                convention=f"unstratified test of the mixture; {looks_in_words(looks)}",
            )

        return evaluate

    return sized(build, setting, n=n, power=power, alpha=level)


def rejects(statistic: Statistic, alpha: float, looks: GroupSequentialDesign | None) -> float:
    """Power with one look, or with looks at the drift that gives one look the same power."""
    critical = float(-ndtri(alpha))
    if looks is None:
        return statistic.passes(critical)
    drift = critical + (statistic.mean - critical) / statistic.sd
    return float(looks.rejection(min(drift, 40.0))[0])


def looks_in_words(looks: GroupSequentialDesign | None) -> str:
    """How often the data are looked at."""
    return "one look" if looks is None else f"{looks.n_looks} looks ({looks.convention})"


ALL_COMERS = DesignMethod(
    "all-comers",
    "Everybody is randomised, nobody is tested",
    all_comers,
    cases=("BM-MIX-HR", "BM-TRASTUZUMAB"),
)
