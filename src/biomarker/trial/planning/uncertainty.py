"""Power averaged over what is believed about the effects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from biomarker.trial.checks import between, one_of, refuse, whole
from biomarker.trial.designs.registry import DESIGNS
from biomarker.trial.designs.setting import MeansEffect, RatesEffect, Setting, SurvivalEffect

__all__ = ["Assurance", "Effect", "EffectUncertainty", "assurance", "gains", "shifted"]

Floats = npt.NDArray[np.float64]
Effect = MeansEffect | RatesEffect | SurvivalEffect


@dataclass(frozen=True)
class EffectUncertainty:
    """How sure we are of the effects: a normal posterior around those of the setting.

    Its scale is the one on which estimates are about normal: the difference (means), the log odds of the treated
    (rates, the control rates taken as known), the log hazard ratio (survival).

    Attributes
    ----------
    sd_positive, sd_negative : float
        Posterior standard deviation of the effect in marker-positive and marker-negative subjects, at least 0.
    correlation : float
        Of the two, within [-1, 1].
    """

    sd_positive: float
    sd_negative: float
    correlation: float = 0.0

    def __post_init__(self) -> None:
        between("sd_positive", self.sd_positive, 0.0, closed="low")
        between("sd_negative", self.sd_negative, 0.0, closed="low")
        between("correlation", self.correlation, -1.0, 1.0, closed="both")

    def nodes(self, effect: Effect, k: int) -> list[tuple[float, Effect]]:
        """Weights and effects of a Gauss-Hermite rule with k nodes for each effect that is uncertain."""
        x, weight = np.polynomial.hermite_e.hermegauss(k)
        weight = weight / weight.sum()
        certain = np.zeros(1), np.ones(1)
        rest = self.sd_negative * np.sqrt(1.0 - self.correlation**2)
        # with one cause for both effects one dimension is enough
        first = (x, weight) if self.sd_positive > 0 or (self.sd_negative > 0 and self.correlation != 0) else certain
        second = (x, weight) if rest > 0 else certain
        return [
            (
                float(u * v),
                shifted(effect, self.sd_positive * a, self.sd_negative * self.correlation * a + rest * b),
            )
            for a, u in zip(*first, strict=True)
            for b, v in zip(*second, strict=True)
        ]


def shifted(effect: Effect, positive: float, negative: float) -> Effect:
    """The effects moved on the scale on which they are uncertain."""
    if isinstance(effect, MeansEffect):
        return replace(
            effect,
            difference_positive=float(effect.difference_positive + positive),
            difference_negative=float(effect.difference_negative + negative),
        )
    if isinstance(effect, RatesEffect):
        return replace(
            effect,
            rate_positive=_rate(effect.rate_positive, positive),
            rate_negative=_rate(effect.rate_negative, negative),
        )
    return replace(
        effect,
        hazard_ratio_positive=float(effect.hazard_ratio_positive * np.exp(positive)),
        hazard_ratio_negative=float(effect.hazard_ratio_negative * np.exp(negative)),
    )


def _rate(rate: float, shift: float) -> float:
    """A rate moved on the log odds, within (0, 1) however far."""
    return float(np.clip(expit(logit(rate) + shift), 1e-12, 1.0 - 1e-12))


def gains(effect: Effect) -> tuple[float, float]:
    """What a marker-positive and a marker-negative patient gain by treatment, positive when good.

    In units of the endpoint (means), a difference of probabilities (rates), minus the log hazard ratio (survival).
    """
    if isinstance(effect, SurvivalEffect):
        return float(-np.log(effect.hazard_ratio_positive)), float(-np.log(effect.hazard_ratio_negative))
    sign = 1.0 if effect.better == "higher" else -1.0
    if isinstance(effect, MeansEffect):
        return sign * effect.difference_positive, sign * effect.difference_negative
    return (
        sign * (effect.rate_positive - effect.control_positive),
        sign * (effect.rate_negative - effect.control_negative),
    )


@dataclass(frozen=True)
class Assurance:
    """Power at the effects assumed, and averaged over their posterior.

    Attributes
    ----------
    design : str
    n : float
        Subjects randomised.
    primary : str
        The success that the design's size is for.
    power, assurance : mapping
        Of each success: at the effects of the setting, and on average.
    convention : str
    """

    design: str
    n: float
    primary: str
    power: Mapping[str, float]
    assurance: Mapping[str, float]
    convention: str


def assurance(
    setting: Setting, uncertainty: EffectUncertainty, *, design: str, n: float, nodes: int = 24, **choices: Any
) -> Assurance:
    """Assurance: the probability of success that is left when the effects are not known.

    ``A = int P(success | D+, D-) f(D+, D-) dD+ dD-`` with the normal posterior f, by a Gauss-Hermite rule. For one
    mean with posterior ``N(m, s^2)`` and one look it is ``Phi((m sqrt(n/V) - z_alpha) / sqrt(1 + s^2 n/V))``.

    Parameters
    ----------
    setting : Setting
        Its effects are the posterior means (on the scale of `EffectUncertainty`).
    uncertainty : EffectUncertainty
    design : str
        A name of `DESIGNS`, of a design about a marker that is computed, not simulated.
    n : float
        Subjects randomised.
    nodes : int
        Of the rule, for each uncertain effect; from 2 to 64.
    **choices
        Of the design: alpha, looks, analysis.

    Returns
    -------
    Assurance

    Raises
    ------
    ConfigError
        An argument is outside its range.

    Notes
    -----
    Valid when the posterior is honest: that of the study in which the marker was found is too optimistic unless shrunk
    for selection. The rule is off by less than 0.002 while a posterior sd is at most three standard errors of the
    study; beyond, use more nodes. Screening numbers, prevalence and assay are taken as known.

    References
    ----------
    O'Hagan, Stevens and Campbell 2005, https://doi.org/10.1002/pst.175; Spiegelhalter and Freedman 1986,
    https://doi.org/10.1002/sim.4780050103

    Examples
    --------
    >>> setting = Setting(prevalence=0.3, effect=MeansEffect(0.5, 0.1, sd=1.0))
    >>> found = assurance(setting, EffectUncertainty(0.2, 0.1), design="enrichment", n=170)
    >>> round(found.power["positive"], 2), round(found.assurance["positive"], 2)
    (0.9, 0.79)
    """
    method = DESIGNS[one_of("design", design, computed_designs())]
    k = whole("nodes", nodes, 2, 64)
    if "power" in choices:
        raise refuse("power", choices["power"], "no power: assurance is of a given n")
    at = method.evaluate(setting, n=n, **choices)
    average = dict.fromkeys(at.power, 0.0)
    for weight, effect in uncertainty.nodes(setting.effect, k):
        for name, value in method.evaluate(replace(setting, effect=effect), n=n, **choices).power.items():
            average[name] += weight * value
    return Assurance(
        design,
        at.n_randomised,
        at.primary,
        at.power,
        average,
        f"{at.convention}; normal posterior, Gauss-Hermite rule with {k} nodes an effect",
    )


def computed_designs() -> tuple[str, ...]:
    """Designs about a marker that are computed, not simulated."""
    return tuple(name for name, method in DESIGNS.items() if method.marker and not method.simulated)
