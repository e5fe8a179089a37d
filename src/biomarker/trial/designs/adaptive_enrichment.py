"""Adaptive enrichment: an interim look decides whether test-negative subjects are still enrolled."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline
from scipy.special import ndtr, ndtri

from biomarker.trial.checks import between, level, whole
from biomarker.trial.closed_testing import intersection_p_value
from biomarker.trial.designs.result import (
    DesignMethod,
    DesignResult,
    Statistic,
    describe,
    information_fraction,
)
from biomarker.trial.designs.setting import Setting, SurvivalEffect

__all__ = ["ADAPTIVE_ENRICHMENT", "adaptive_enrichment"]

Floats = npt.NDArray[np.float64]


def adaptive_enrichment(
    setting: Setting,
    *,
    n: float,
    rng: np.random.Generator,
    alpha: float = 0.025,
    interim: float = 0.5,
    enrich_below: float = 0.0,
    stop_below: float = -np.inf,
    intersection: str = "spiessens-debois",
    trials: int = 100_000,
) -> DesignResult:
    """Adaptive enrichment with a closed test, by simulation of its statistics.

    Stage 1 randomises everybody with a result. If the test-positive show less than `stop_below` the study stops; else
    if the test-negative show less than `enrich_below`, stage 2 randomises test-positive subjects alone, as many as
    planned; else it goes on in all. Stages are combined by the inverse normal with weights ``sqrt(interim)`` and
    ``sqrt(1 - interim)``; a hypothesis is rejected if it and the intersection are, at alpha.

    Parameters
    ----------
    setting : Setting
    n : float
        Subjects randomised at most.
    rng : numpy.random.Generator
    alpha : float
        One-sided family-wise error.
    interim : float
        Share of n in stage 1.
    enrich_below, stop_below : float
        On the scale of Z of the test-negative, and of the test-positive, at the interim look; -inf for never.
    intersection : {"spiessens-debois", "simes", "sidak", "bonferroni"}
    trials : int
        Simulated studies.

    Returns
    -------
    DesignResult
        Powers: "positive", "overall", "any"; decisions: "enriched", "stopped". `n_screened` is what is expected,
        `n_randomised` the maximum.

    Raises
    ------
    ConfigError
        An argument is outside its range.

    Notes
    -----
    Valid whatever the interim rule, if it is about the endpoint's own data: the closed test keeps the family-wise error
    in the strong sense. For survival, subjects of stage 1 who are still followed belong to stage 1; with a screening
    rate the accrual is that of a study that goes on in all.

    References
    ----------
    Brannath et al. 2009, https://doi.org/10.1002/sim.3559; Jenkins, Stone and Jennison 2011,
    https://doi.org/10.1002/pst.472
    """
    level(alpha, 1)
    total = between("n", n, 4.0, closed="low")
    t = between("interim", interim, 0.0, 1.0)
    count = whole("trials", trials, 100)
    setting = _accruing(setting, total)
    positive, negative = setting.test_positive(), setting.test_negative()
    share = setting.positive
    f = information_fraction(positive, negative, share)
    z = {
        stage: (
            _draw(Statistic.of(positive, size * share), rng, count),
            _draw(Statistic.of(negative, size * (1.0 - share)), rng, count),
        )
        for stage, size in ((1, t * total), (2, (1.0 - t) * total))
    }
    alone = _draw(Statistic.of(positive, (1.0 - t) * total), rng, count)
    stopped = z[1][0] < stop_below
    enriched = ~stopped & (z[1][1] < enrich_below)
    reject = _closed_test(z, alone, enriched, f, t, intersection, float(-ndtri(alpha)))
    success = {name: value & ~stopped for name, value in reject.items()}
    success["any"] = success["positive"] | success["overall"]
    power = {name: float(value.mean()) for name, value in success.items()}
    chance = {"enriched": float(enriched.mean()), "stopped": float(stopped.mean())}
    working = 1.0 - setting.assay.failure
    go_on = 1.0 - chance["stopped"] - chance["enriched"]
    second = (1.0 - t) * total
    consenting = (t * total + go_on * second) / working + chance["enriched"] * second / (working * setting.positive)
    expected = t * total + (1.0 - chance["stopped"]) * second
    plus = t * total * share + second * (go_on * share + chance["enriched"])
    return describe(
        setting,
        design="adaptive-enrichment",
        n=total,
        n_expected=expected,
        eligible=total / consenting,
        tested=True,
        positive=plus / expected,
        events=plus * positive.events + (expected - plus) * negative.events,
        alpha={"overall": alpha, "positive": alpha},
        power=power,
        primary="any",
        effect={"positive": positive.effect, "negative": negative.effect},
        decisions=chance,
        power_error=float(np.sqrt(power["any"] * (1.0 - power["any"]) / count)),
        convention=f"closed test, inverse normal, intersection by {intersection}; look at {t:g}; no early rejection; "
        f"{count} simulated studies",
    )


def _accruing(setting: Setting, n: float) -> Setting:
    """The setting with the accrual of n subjects at the screening rate, when all with a result are enrolled."""
    effect, rate = setting.effect, setting.screening_rate
    if rate is None or not isinstance(effect, SurvivalEffect):
        return setting
    accrual = n / ((1.0 - setting.assay.failure) * setting.consent * rate)
    return replace(setting, effect=replace(effect, accrual=accrual))


def _draw(statistic: Statistic, rng: np.random.Generator, count: int) -> Floats:
    return rng.normal(statistic.mean, statistic.sd, count)


def _intersection(whole_z: Floats, subset_z: Floats, method: str, f: float) -> Floats:
    """The intersection's statistic; where it depends on the larger one alone, from a fine table of it."""
    if method != "spiessens-debois":
        p = intersection_p_value(ndtr(-whole_z), ndtr(-subset_z), method=method)
        return np.asarray(-ndtri(np.clip(p, 1e-300, 1.0)))
    spline, lowest = _table(f)
    return np.asarray(spline(np.clip(np.maximum(whole_z, subset_z), lowest, 9.0)))


@lru_cache(maxsize=64)
def _table(f: float) -> tuple[CubicSpline, float]:
    """The exact intersection test's statistic by the larger of the two, and where the table begins."""
    z = np.linspace(-9.0, 9.0, 721)
    table = -ndtri(
        np.clip(intersection_p_value(ndtr(-z), ndtr(-z), method="spiessens-debois", fraction=f), 1e-300, 1.0)
    )
    finite = np.isfinite(table)
    return CubicSpline(z[finite], table[finite]), float(z[finite][0])


def _closed_test(
    z: dict[int, tuple[Floats, Floats]],
    alone: Floats,
    enriched: npt.NDArray[np.bool_],
    f: float,
    t: float,
    intersection: str,
    critical: float,
) -> dict[str, npt.NDArray[np.bool_]]:
    """Rejections of each hypothesis in each study."""
    whole_z = {k: np.sqrt(f) * plus + np.sqrt(1.0 - f) * minus for k, (plus, minus) in z.items()}
    both = {k: _intersection(whole_z[k], z[k][0], intersection, f) for k in (1, 2)}
    subset_2 = np.where(enriched, alone, z[2][0])
    both_2 = np.where(enriched, alone, both[2])

    def passes(first: Floats, second: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray(np.sqrt(t) * first + np.sqrt(1.0 - t) * second >= critical)

    closed = passes(both[1], both_2)
    return {
        "positive": closed & passes(z[1][0], subset_2),
        "overall": closed & passes(whole_z[1], whole_z[2]) & ~enriched,
    }


ADAPTIVE_ENRICHMENT = DesignMethod(
    "adaptive-enrichment",
    "A look decides whether test-negative subjects go on",
    adaptive_enrichment,
    simulated=True,
    cases=("BM-ADENRICH-SURV-SPIESSENSDEBOIS", "BM-ADENRICH-SURV-SIDAK", "BM-ADENRICH-RATES", "GS-INVNORM"),
)
