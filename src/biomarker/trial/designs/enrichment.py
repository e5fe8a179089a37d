"""Enrichment: only test-positive subjects are randomised."""

from collections.abc import Callable
from dataclasses import dataclass

from biomarker.trial.checks import between
from biomarker.trial.designs.all_comers import looks_in_words, rejects
from biomarker.trial.designs.result import DesignMethod, DesignResult, Statistic, describe, sized
from biomarker.trial.designs.setting import Assay, Setting
from biomarker.trial.group_sequential import GroupSequentialDesign

__all__ = ["ENRICHMENT", "Efficiency", "enrichment", "enrichment_efficiency"]


@dataclass(frozen=True)
class Efficiency:
    """Enrichment against all-comers.

    Attributes
    ----------
    randomised_ratio : float
        Subjects randomised by all-comers over those randomised by enrichment.
    screened_ratio : float
        Subjects enrolled by all-comers over those tested by enrichment.
    ppv, test_positive : float
    effect_targeted, effect_untargeted : float
        Effect in test-positive subjects and in all.
    """

    randomised_ratio: float
    screened_ratio: float
    ppv: float
    test_positive: float
    effect_targeted: float
    effect_untargeted: float


def enrichment_efficiency(
    effect_positive: float, effect_negative: float, *, prevalence: float, assay: Assay | None = None
) -> Efficiency:
    """How many fewer subjects an enrichment design needs (Simon and Maitournam).

    ``n_all / n_enriched = (D_targeted / D_all)^2`` with ``D_all = p D+ + (1 - p) D-`` and
    ``D_targeted = PPV D+ + (1 - PPV) D-``; screened: times the share of test-positive subjects with a result.

    Parameters
    ----------
    effect_positive, effect_negative : float
        Effect in marker-positive and marker-negative subjects, on a scale with one variance in both.
    prevalence : float
    assay : Assay, optional
        Perfect by default.

    Returns
    -------
    Efficiency

    Raises
    ------
    ConfigError
        The prevalence is 0 or 1, or there is no effect overall.

    Notes
    -----
    Valid when the variance is the same in all groups and the size goes with 1 / effect^2.

    References
    ----------
    Simon and Maitournam 2004, https://doi.org/10.1158/1078-0432.CCR-04-0496; Maitournam and Simon 2005,
    https://doi.org/10.1002/sim.1975

    Examples
    --------
    >>> found = enrichment_efficiency(1.0, 0.0, prevalence=0.25)
    >>> found.randomised_ratio, found.screened_ratio
    (16.0, 4.0)
    """
    p = between("prevalence", prevalence, 0.0, 1.0)
    test = Assay() if assay is None else assay
    ppv, positive = test.ppv(p), test.positive(p)
    targeted = ppv * effect_positive + (1 - ppv) * effect_negative
    untargeted = p * effect_positive + (1 - p) * effect_negative
    between("effect_positive", abs(untargeted), 0.0, hint="the average effect is 0: no all-comers study can show it")
    ratio = (targeted / untargeted) ** 2
    return Efficiency(ratio, ratio * positive * (1 - test.failure), ppv, positive, targeted, untargeted)


def enrichment(
    setting: Setting,
    *,
    n: float | None = None,
    power: float | None = None,
    alpha: float = 0.025,
    looks: GroupSequentialDesign | None = None,
) -> DesignResult:
    """Enrichment design: candidates are tested, the test-positive are randomised.

    The effect is ``PPV D+ + (1 - PPV) D-``; ``n / ((1 - failure) P(test+) consent)`` candidates are screened.

    Parameters
    ----------
    setting, n, power, alpha, looks
        As in `all_comers`; n counts randomised, test-positive subjects.

    Returns
    -------
    DesignResult
        Powers: "positive".

    Raises
    ------
    ConfigError
        An argument is outside its range; the power cannot be reached.

    Notes
    -----
    Valid when there is good reason that marker-negative subjects do not benefit: the study says nothing about them,
    nor about the cut-off.

    References
    ----------
    Simon and Maitournam 2004, https://doi.org/10.1158/1078-0432.CCR-04-0496
    """
    level = alpha if looks is None else looks.alpha

    def build(setting: Setting) -> Callable[[float], DesignResult]:
        contrast = setting.test_positive()

        def evaluate(n: float) -> DesignResult:
            return describe(
                setting,
                design="enrichment",
                n=n,
                eligible=setting.positive * (1.0 - setting.assay.failure),
                tested=True,
                positive=1.0,
                events=n * contrast.events,
                alpha={"positive": level},
                power={"positive": rejects(Statistic.of(contrast, n), level, looks)},
                primary="positive",
                effect={"positive": contrast.effect},
                convention=f"test in the test-positive alone; {looks_in_words(looks)}",
            )

        return evaluate

    return sized(build, setting, n=n, power=power, alpha=level)


ENRICHMENT = DesignMethod(
    "enrichment",
    "Only test-positive subjects are randomised",
    enrichment,
    cases=("BM-MIX-HR", "BM-SM-RATIO", "BM-TRASTUZUMAB"),
)
