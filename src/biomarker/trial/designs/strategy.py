"""Biomarker-strategy: marker-directed treatment against one treatment for all."""

from collections.abc import Callable

from scipy.special import ndtri

from biomarker.trial.checks import one_of
from biomarker.trial.designs.result import DesignMethod, DesignResult, Statistic, describe, sized
from biomarker.trial.designs.setting import Setting

__all__ = ["STRATEGY", "biomarker_strategy"]


def biomarker_strategy(
    setting: Setting,
    *,
    n: float | None = None,
    power: float | None = None,
    alpha: float = 0.025,
    against: str = "control",
) -> DesignResult:
    """Biomarker-strategy design: one arm treats the test-positive, the other treats all or none.

    Against "control" a subject of the strategy arm gains only if treated: with means the difference is
    ``P(test+) (PPV D+ + (1 - PPV) D-)``. Against "treatment" it is minus the effect in those left untreated. Failed
    tests get control.

    Parameters
    ----------
    setting, n, power, alpha
        As in `all_comers`; arms are equal (the setting's ratio is not used).
    against : {"control", "treatment"}
        What everybody in the other arm gets.

    Returns
    -------
    DesignResult
        Powers: "strategy".

    Raises
    ------
    ConfigError
        An argument is outside its range; the power cannot be reached.

    Notes
    -----
    Valid when the question is whether testing is worth it. Many subjects get the same treatment in both arms, so that
    it needs far more of them than a stratified design, and it cannot tell a predictive marker from a treatment that
    helps everybody.

    References
    ----------
    Sargent, Conley, Allegra and Collette 2005, https://doi.org/10.1200/JCO.2005.01.112; Hoering, LeBlanc and Crowley
    2008, https://doi.org/10.1158/1078-0432.CCR-08-0288
    """
    one_of("against", against, ("control", "treatment"))

    def build(setting: Setting) -> Callable[[float], DesignResult]:
        working = 1.0 - setting.assay.failure
        contrast = setting.effect.strategy(
            working * setting.assay.sensitivity,
            working * (1.0 - setting.assay.specificity),
            setting.prevalence,
            against,
        )

        def evaluate(n: float) -> DesignResult:
            return describe(
                setting,
                design="biomarker-strategy",
                n=n,
                eligible=1.0,
                tested=True,
                positive=setting.positive * working,
                events=n * contrast.events,
                alpha={"strategy": alpha},
                power={"strategy": Statistic.of(contrast, n).passes(-ndtri(alpha))},
                primary="strategy",
                effect={"strategy": contrast.effect},
                convention=f"strategy against {against} for all, one to one, failed tests get control, tests counted "
                "in both arms; one look",
            )

        return evaluate

    return sized(build, setting, n=n, power=power, alpha=alpha)


STRATEGY = DesignMethod("biomarker-strategy", "Treating by the test against one treatment for all", biomarker_strategy)
