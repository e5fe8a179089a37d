"""What it is worth to learn more about the marker before the study that is meant to prove it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import RectBivariateSpline

from biomarker.trial.checks import between, refuse, whole
from biomarker.trial.designs.setting import RatesEffect, Setting
from biomarker.trial.planning.uncertainty import EffectUncertainty, shifted
from biomarker.trial.planning.worth import Study, Worth
from biomarker.trial.sizes.plan import allocation

__all__ = ["DiscoveryValue", "discovery_value"]

Floats = npt.NDArray[np.float64]
# Findings of a discovery study for each effect (many, because decisions jump), and nodes for what is uncertain after it
OUTER, INNER = 401, 24
# Truths reach this many standard deviations from what is believed
REACH = 6.0


@dataclass(frozen=True, eq=False)
class DiscoveryValue:
    """The learning curve: expected net benefit by the size of a discovery study run first.

    Attributes
    ----------
    sizes : (n_sizes,)
        Subjects of the discovery study; 0 is to decide now.
    net_benefit : (n_sizes,)
        Expected, of the best decision after it, less its cost.
    sd_positive, sd_negative : (n_sizes,)
        Of the effects after it.
    stop : (n_sizes,)
        Probability that no study is run after it.
    chosen : (n_sizes, n_studies)
        Probability that each study is.
    best : int
        The size with the largest net benefit.
    reason, convention : str
    """

    sizes: npt.NDArray[np.int64]
    net_benefit: Floats
    sd_positive: Floats
    sd_negative: Floats
    stop: Floats
    chosen: Floats
    best: int
    reason: str
    convention: str


def discovery_value(
    studies: Sequence[Study],
    uncertainty: EffectUncertainty,
    worth: Worth,
    *,
    sizes: Sequence[int],
    cost: float = 0.0,
    fixed: float = 0.0,
    rate: float = np.inf,
    delay: float = 0.0,
    grid: int = 33,
) -> DiscoveryValue:
    """Value of a discovery study of each size before one of several studies, or none, is chosen.

    With N subjects, allocated as in the studies, the effects are estimated with covariance ``C = diag(v+ / (N p), v- /
    (N (1 - p)))``; beliefs ``N(m0, S)`` become ``N(m, P)`` with ``P = (S^-1 + C^-1)^-1`` and ``m ~ N(m0, S - P)``, and

    ``value(N) = E_m max(0, max_d E[NB_d(D) | D ~ N(m, P)]) - fixed - cost N``,

    each net benefit with the horizon shorter by ``N / rate + delay``.

    Parameters
    ----------
    studies : sequence of Study
        To choose from (``candidate.study`` of a plan), all with one prevalence, allocation and effects.
    uncertainty : EffectUncertainty
        Both standard deviations above 0, the correlation within (-1, 1).
    worth : Worth
    sizes : sequence of int
        Subjects of the discovery study, at least 1; 0 is added.
    cost, fixed : float
        Of a discovery subject, and of there being such a study.
    rate : float
        Discovery subjects per unit of time.
    delay : float
        From the last of them to the decision: until their endpoint is known.
    grid : int
        Truths for each effect at which every study is computed, from 9 to 129; between them by cubic splines.

    Returns
    -------
    DiscoveryValue

    Raises
    ------
    ConfigError
        An argument is outside its range; the studies do not share prevalence, allocation and effects.

    Notes
    -----
    Valid when the marker and its cut-off are settled and only the effects are in doubt: a discovery study that searches
    among many markers also selects, which this does not count. The sampling variance is that at the effects assumed
    (rates: of the treated alone, as the control rates are taken as known). Without cost and delay more data never do
    harm.

    References
    ----------
    Raiffa and Schlaifer 1961, Applied Statistical Decision Theory; Claxton and Posnett 1996,
    Health Economics 5, 513-524; Willan and Pinto 2005,
    https://doi.org/10.1002/sim.2069
    """
    setting = _shared(studies)
    between("sd_positive", uncertainty.sd_positive, 0.0)
    between("sd_negative", uncertainty.sd_negative, 0.0)
    between("correlation", uncertainty.correlation, -1.0, 1.0)
    between("cost", cost, 0.0, closed="low")
    between("fixed", fixed, 0.0, closed="low")
    between("delay", delay, 0.0, closed="low")
    if rate != np.inf:
        between("rate", rate, 0.0)
    points = whole("grid", grid, 9, 129)
    tried = np.array(sorted({0, *(whole("sizes", size, 0) for size in sizes)}))
    axes, surfaces = _surfaces(studies, uncertainty, worth, points)
    prior = _covariance(uncertainty)
    value, sd, stop, chosen = [], [], [], []
    for n in tried:
        posterior = prior if n == 0 else np.linalg.inv(np.linalg.inv(prior) + np.diag(n / _variances(setting)))
        left = max(worth.horizon - (n / rate + delay if n else 0.0), 0.0)
        weight, decision = _expected(axes, surfaces, left, prior - posterior, posterior)
        best = np.maximum(decision.max(axis=1), 0.0)
        value.append(float(weight @ best) - (fixed + cost * n if n else 0.0))
        runs = (decision.argmax(axis=1)[:, None] == np.arange(len(studies))) & (decision.max(axis=1) > 0)[:, None]
        chosen.append(weight @ runs)
        stop.append(1.0 - float(chosen[-1].sum()))
        sd.append(np.sqrt(np.diag(posterior)))
    worths = np.array(value)
    at = int(np.argmax(worths))
    return DiscoveryValue(
        tried,
        worths,
        np.array(sd)[:, 0],
        np.array(sd)[:, 1],
        np.array(stop),
        np.array(chosen),
        int(tried[at]),
        _in_words(tried, worths, np.array(stop), np.array(sd), at),
        f"normal beliefs, decision by expected net benefit; {points} truths and {OUTER} findings an effect",
    )


def _shared(studies: Sequence[Study]) -> Setting:
    """The setting of which all studies share prevalence, allocation and effects."""
    if len(studies) == 0:
        raise refuse("studies", studies, "at least one study")
    first = studies[0].option.setting
    for study in studies:
        other = study.option.setting
        if (other.prevalence, other.ratio, other.effect) != (first.prevalence, first.ratio, first.effect):
            raise refuse("studies", study.option.design, "studies with one prevalence, ratio and effect")
    return first


def _covariance(uncertainty: EffectUncertainty) -> Floats:
    a, b = uncertainty.sd_positive, uncertainty.sd_negative
    shared = uncertainty.correlation * a * b
    return np.array([[a * a, shared], [shared, b * b]])


def _variances(setting: Setting) -> Floats:
    """Sampling variance of the effect in positives and negatives, times the subjects of the discovery study."""
    effect, p = setting.effect, setting.prevalence
    if isinstance(effect, RatesEffect):
        w, _ = allocation(setting.ratio)
        rates = np.array([effect.rate_positive, effect.rate_negative])
        each = 1.0 / (w * rates * (1.0 - rates))
    else:
        each = np.array([effect.contrast(share, setting.ratio).variance for share in (1.0, 0.0)])
    return np.asarray(each / np.array([p, 1.0 - p]))


def _surfaces(
    studies: Sequence[Study], uncertainty: EffectUncertainty, worth: Worth, points: int
) -> tuple[tuple[Floats, Floats], list[Floats]]:
    """Benefit rate, duration and cost of each study on a grid of truths, given as shifts of the effects."""
    axes = tuple(
        np.linspace(-REACH * sd, REACH * sd, points) for sd in (uncertainty.sd_positive, uncertainty.sd_negative)
    )
    surfaces = []
    for study in studies:
        effect = study.option.setting.effect
        found = [[study.under(shifted(effect, a, b), worth) for b in axes[1]] for a in axes[0]]
        surfaces.append(np.array([[(item.benefit, item.duration, item.cost) for item in row] for row in found]))
    return (axes[0], axes[1]), surfaces


def _expected(
    axes: tuple[Floats, Floats], surfaces: list[Floats], left: float, found: Floats, within: Floats
) -> tuple[Floats, Floats]:
    """Weights of the findings, and each study's expected net benefit after each of them."""
    x = np.linspace(-REACH, REACH, OUTER) if found.any() else np.zeros(1)
    findings, weight = _normal(found, x, np.exp(-(x**2) / 2.0))
    nodes, inner = _normal(within, *np.polynomial.hermite_e.hermegauss(INNER))
    belief = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)[:, :, None, :] + nodes
    decision = []
    for surface in surfaces:
        net = surface[..., 0] * np.maximum(left - surface[..., 1], 0.0) - surface[..., 2]
        spline = RectBivariateSpline(*axes, net)
        average = spline.ev(belief[..., 0].ravel(), belief[..., 1].ravel()).reshape(belief.shape[:3]) @ inner
        decision.append(RectBivariateSpline(*axes, average).ev(findings[:, 0], findings[:, 1]))
    return weight, np.array(decision).T


def _normal(covariance: Floats, x: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Nodes and weights of a rule for ``N(0, covariance)`` from one for a standard normal."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    nodes = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1).reshape(-1, 2)
    weight = np.outer(w, w).ravel()
    return nodes @ root.T, weight / weight.sum()


def _in_words(sizes: npt.NDArray[np.int64], value: Floats, stop: Floats, sd: Floats, at: int) -> str:
    """Whether to run a discovery study first, and how large."""
    now = f"Deciding now is worth {value[0]:.4g}"
    if at == 0:
        if sizes.size == 1:
            return f"{now}."
        other = 1 + int(np.argmax(value[1:]))
        return f"{now}; the best discovery study tried, of {sizes[other]}, is worth {value[other]:.4g}: do not wait."
    return (
        f"{now}; a discovery study of {sizes[at]} first is worth {value[at]:.4g}, {value[at] - value[0]:.4g} more: "
        f"the sd of the effect in marker-positive patients falls from {sd[0, 0]:.3g} to {sd[at, 0]:.3g}, "
        f"and with probability {stop[at]:.2f} no study follows."
    )
