"""Fallback (co-primary): the whole population and the test-positive subset share alpha."""

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

__all__ = ["FALLBACK", "fallback"]


def fallback(
    setting: Setting,
    *,
    n: float | None = None,
    power: float | None = None,
    alpha: float = 0.025,
    alpha_overall: float | None = None,
    correlated: bool = True,
) -> DesignResult:
    """Fallback design: everybody is randomised; overall at `alpha_overall`, the subset at what is left.

    ``P_0(Z_F >= z_1 or Z_S >= z_2) = alpha`` with correlation ``sqrt(f)``: `subset_alpha`.

    Parameters
    ----------
    setting, n, power, alpha
        As in `all_comers`; n counts all randomised subjects.
    alpha_overall : float, optional
        Four fifths of alpha by default.
    correlated : bool
        Whether the correlation is used (Song-Chi, Spiessens-Debois) or alpha is split (Bonferroni).

    Returns
    -------
    DesignResult
        Powers: "overall", "positive", "any"; the size is for "any".

    Raises
    ------
    ConfigError
        An argument is outside its range; the power cannot be reached.

    Notes
    -----
    Valid when the marker is measured in everybody with a result, before or after randomisation, and the rule is fixed
    beforehand. An overall success can be carried by the subset alone: look at the test-negative before treating them.

    References
    ----------
    Song and Chi 2007, https://doi.org/10.1002/sim.2825; Spiessens and Debois 2010,
    https://doi.org/10.1016/j.cct.2010.08.011; Wang, O'Neill and Hung 2007, https://doi.org/10.1002/pst.300
    """
    first = between("alpha_overall", 0.8 * alpha if alpha_overall is None else alpha_overall, 0.0, alpha)

    def build(setting: Setting) -> Callable[[float], DesignResult]:
        positive, negative = setting.test_positive(), setting.test_negative()
        share = setting.positive
        f = information_fraction(positive, negative, share)
        second = subset_alpha(alpha, alpha_overall=first, fraction=f, correlated=correlated)
        critical = (float(-ndtri(first)), float(-ndtri(second)))

        def evaluate(n: float) -> DesignResult:
            subset, rest = Statistic.of(positive, n * share), Statistic.of(negative, n * (1 - share))
            whole, correlation = together(subset, rest, f)
            return describe(
                setting,
                design="fallback",
                n=n,
                eligible=1.0 - setting.assay.failure,
                tested=True,
                positive=share,
                events=n * (share * positive.events + (1 - share) * negative.events),
                alpha={"overall": first, "positive": second},
                power={
                    "overall": whole.passes(critical[0]),
                    "positive": subset.passes(critical[1]),
                    "any": either(whole, subset, critical, correlation),
                },
                primary="any",
                effect={"positive": positive.effect, "negative": negative.effect},
                convention=f"alpha {'by the correlation of the statistics' if correlated else 'split (Bonferroni)'}, "
                "overall test stratified by test result; one look",
            )

        return evaluate

    return sized(build, setting, n=n, power=power, alpha=alpha)


FALLBACK = DesignMethod(
    "fallback",
    "Whole population and test-positive subset share alpha",
    fallback,
    cases=("BM-SONGCHI-ALPHA", "BM-SPIESSENS"),
)
