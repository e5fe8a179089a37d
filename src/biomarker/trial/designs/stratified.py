"""Marker-stratified: everybody is tested and randomised within marker groups."""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from biomarker.trial.checks import between, one_of
from biomarker.trial.designs.result import (
    DesignMethod,
    DesignResult,
    Statistic,
    describe,
    information_fraction,
    sized,
    together,
)
from biomarker.trial.designs.setting import Setting
from biomarker.trial.normal import bivariate_normal_cdf

__all__ = ["STRATIFIED", "stratified"]

ANALYSES = ("positive-then-overall", "positive-then-negative", "separate", "interaction")


def stratified(
    setting: Setting,
    *,
    n: float | None = None,
    power: float | None = None,
    alpha: float = 0.025,
    analysis: str = "positive-then-overall",
    alpha_positive: float | None = None,
) -> DesignResult:
    """Marker-stratified design: everybody with a test result is randomised, stratified by it.

    "positive-then-overall" (and "-negative"): fixed sequence, each at alpha, the second only after the first.
    "separate": positive and negative subjects at `alpha_positive` and the rest of alpha. "interaction":
    ``(D+ - D-) / sqrt(V+ / n+ + V- / n-)`` at alpha.

    Parameters
    ----------
    setting, n, power, alpha
        As in `all_comers`; n counts all randomised subjects.
    analysis : {"positive-then-overall", "positive-then-negative", "separate", "interaction"}
    alpha_positive : float, optional
        With "separate"; half of alpha by default.

    Returns
    -------
    DesignResult
        Powers by analysis: "positive" and, in a fixed sequence, "overall" or "negative" (with "positive" before it);
        with "separate" also "both" and "any"; "interaction". The size is for "positive", with "interaction" for that.

    Raises
    ------
    ConfigError
        An argument is outside its range; the power cannot be reached.

    Notes
    -----
    Valid when the marker is known before randomisation. It alone tells whether the marker is predictive; the
    interaction needs several times the subjects of a main effect. The overall test is stratified by the test result.

    References
    ----------
    Freidlin, McShane and Korn 2010, https://doi.org/10.1093/jnci/djp477; Mandrekar and Sargent 2009,
    https://doi.org/10.1200/JCO.2009.22.3701
    """
    one_of("analysis", analysis, ANALYSES)
    first = alpha
    if analysis == "separate":
        first = between("alpha_positive", alpha / 2 if alpha_positive is None else alpha_positive, 0.0, alpha)

    def build(setting: Setting) -> Callable[[float], DesignResult]:
        positive, negative = setting.test_positive(), setting.test_negative()
        share = setting.positive
        f = information_fraction(positive, negative, share)

        def evaluate(n: float) -> DesignResult:
            plus, minus = Statistic.of(positive, n * share), Statistic.of(negative, n * (1 - share))
            levels, powers, primary = _success(analysis, plus, minus, f, alpha, first)
            if analysis == "interaction":
                error = np.sqrt(positive.variance / (n * share) + negative.variance / (n * (1 - share)))
                powers = {"interaction": Statistic((positive.effect - negative.effect) / error).passes(-ndtri(alpha))}
            return describe(
                setting,
                design="stratified",
                n=n,
                eligible=1.0 - setting.assay.failure,
                tested=True,
                positive=share,
                events=n * (share * positive.events + (1 - share) * negative.events),
                alpha=levels,
                power=powers,
                primary=primary,
                effect={"positive": positive.effect, "negative": negative.effect},
                convention=f"analysis {analysis}, overall test stratified by test result; one look",
            )

        return evaluate

    return sized(build, setting, n=n, power=power, alpha=alpha)


def _success(
    analysis: str, plus: Statistic, minus: Statistic, f: float, alpha: float, first: float
) -> tuple[dict[str, float], dict[str, float], str]:
    """Levels and powers of an analysis, and the power that the size is for."""
    c = float(-ndtri(alpha))
    if analysis == "interaction":
        return {"interaction": alpha}, {}, "interaction"
    if analysis == "separate":
        rest = alpha - first
        a, b = plus.passes(-ndtri(first)), minus.passes(-ndtri(rest))
        powers = {"positive": a, "negative": b, "both": a * b, "any": a + b - a * b}
        return {"positive": first, "negative": rest}, powers, "positive"
    alone = plus.passes(c)
    if analysis == "positive-then-negative":
        return (
            {"positive": alpha, "negative": alpha},
            {
                "positive": alone,
                "negative": alone * minus.passes(c),
            },
            "positive",
        )
    whole, correlation = together(plus, minus, f)
    h, k = (c - plus.mean) / plus.sd, (c - whole.mean) / whole.sd
    # both reach c: both of their negatives stay below -c
    both = float(bivariate_normal_cdf(-h, -k, correlation))
    return {"positive": alpha, "overall": alpha}, {"positive": alone, "overall": both}, "positive"


STRATIFIED = DesignMethod("stratified", "Everybody is tested and randomised within marker groups", stratified)
