"""Adaptive signature: the classifier is learned in one part of the study and tested in the other."""

from collections.abc import Callable

from scipy.special import ndtri

from biomarker.trial.checks import between
from biomarker.trial.closed_testing import subset_alpha
from biomarker.trial.designs.result import (
    DesignMethod,
    DesignResult,
    Statistic,
    describe,
    either,
    information_fraction,
    sized,
    together,
)
from biomarker.trial.designs.setting import Setting

__all__ = ["SIGNATURE", "adaptive_signature"]


def adaptive_signature(
    setting: Setting,
    *,
    n: float | None = None,
    power: float | None = None,
    alpha: float = 0.025,
    alpha_overall: float | None = None,
    validation: float = 0.5,
    correlated: bool = False,
) -> DesignResult:
    """Adaptive signature design: overall test in all; if it fails, the classifier's subset of the validation part.

    The setting's assay is the classifier as it will be after training: its sensitivity and specificity for those who
    benefit. The subset's statistic rests on ``n validation P(classified +)`` subjects.

    Parameters
    ----------
    setting, n, power, alpha
        As in `all_comers`; n counts all randomised subjects.
    alpha_overall : float, optional
        Four fifths of alpha by default (Freidlin and Simon: .04 and .01 of .05, two-sided).
    validation : float
        Share of subjects who are not used to learn the classifier.
    correlated : bool
        Whether the subset's level uses the correlation of the statistics; the published design splits alpha.

    Returns
    -------
    DesignResult
        Powers: "overall", "subset", "any"; the size is for "any".

    Raises
    ------
    ConfigError
        An argument is outside its range; the power cannot be reached.

    Notes
    -----
    Valid when no subject of the validation part touches the classifier. Power is given the classifier's accuracy, which
    is not known beforehand and depends on n: try several.

    References
    ----------
    Freidlin and Simon 2005, https://doi.org/10.1158/1078-0432.CCR-05-0605
    """
    first = between("alpha_overall", 0.8 * alpha if alpha_overall is None else alpha_overall, 0.0, alpha)
    part = between("validation", validation, 0.0, 1.0)

    def build(setting: Setting) -> Callable[[float], DesignResult]:
        positive, negative = setting.test_positive(), setting.test_negative()
        share = setting.positive
        f = information_fraction(positive, negative, share)
        second = subset_alpha(alpha, alpha_overall=first, fraction=f * part, correlated=correlated)
        critical = (float(-ndtri(first)), float(-ndtri(second)))

        def evaluate(n: float) -> DesignResult:
            whole, correlation = together(Statistic.of(positive, n * share), Statistic.of(negative, n * (1 - share)), f)
            subset = Statistic.of(positive, n * share * part)
            return describe(
                setting,
                design="adaptive-signature",
                n=n,
                eligible=1.0 - setting.assay.failure,
                tested=True,
                positive=share,
                events=n * (share * positive.events + (1 - share) * negative.events),
                alpha={"overall": first, "subset": second},
                power={
                    "overall": whole.passes(critical[0]),
                    "subset": subset.passes(critical[1]),
                    "any": either(whole, subset, critical, correlation * part**0.5),
                },
                primary="any",
                effect={"subset": positive.effect, "rest": negative.effect},
                convention=f"alpha {'by the correlation of the statistics' if correlated else 'split (Bonferroni)'}, "
                f"{part:g} of the subjects validate, classifier accuracy as given; one look",
            )

        return evaluate

    return sized(build, setting, n=n, power=power, alpha=alpha)


SIGNATURE = DesignMethod(
    "adaptive-signature",
    "A classifier is learned in one part and tested in the other",
    adaptive_signature,
    cases=("BM-SONGCHI-ALPHA", "BM-SPIESSENS"),
)
