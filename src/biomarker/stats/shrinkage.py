"""Effects shrunk for selection: what the leaders of a long list can be expected to show again."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from biomarker.stats.checks import Floats, data, scalar

__all__ = ["LEAST", "Prior", "Shrunk", "fit_prior", "shrink"]

#: With fewer statistics there is nothing to learn a prior from.
LEAST = 20
_NULL_WEIGHT = 10.0
_STEPS = 300
_BIN = 0.05
_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class Prior:
    """A mixture of normal laws about 0: ``sum_k weight_k N(0, sd_k^2)``, the first of them an atom at 0.

    Attributes
    ----------
    sd, weight : (n_components,)
    n : int
        Statistics it was learned from.
    """

    sd: Floats
    weight: Floats
    n: int


@dataclass(frozen=True, eq=False)
class Shrunk:
    """Posterior of the expected statistics.

    Attributes
    ----------
    mean, low, high : (n_statistics,)
        Mean and limits of the equal-tailed interval, widened to hold the mean where nearly all of it is at 0.
    null_share : (n_statistics,)
        Posterior probability of no effect at all (local false discovery rate under the prior).
    """

    mean: Floats
    low: Floats
    high: Floats
    null_share: Floats


def fit_prior(z: Any) -> Prior:
    """Learn from all statistics of a family how large effects are, by maximum (penalised) likelihood.

    ``z_j ~ N(theta_j, 1)``, ``theta_j ~ w_0 delta_0 + sum_k w_k N(0, s_k^2)`` on a fixed grid
    ``s_k = 0.25 sqrt(2)^k`` up to twice the largest size; weights by the EM algorithm, the atom's with a Dirichlet
    prior of 10 extra counts, so that doubt falls on the side of no effect.

    Parameters
    ----------
    z : (n_statistics,)
        Of all hypotheses of the family, significant or not, standard normal where there is no effect.

    Returns
    -------
    Prior

    Notes
    -----
    Valid when statistics are about normal and not so dependent that they look overdispersed together; effects are
    unimodal about 0. Values are rounded to 0.05 for speed.

    References
    ----------
    Stephens 2017, https://doi.org/10.1093/biostatistics/kxw041; Efron 2011, https://doi.org/10.1198/jasa.2011.tm11181
    """
    statistics = data("z", z)
    sizes, counts = np.unique(np.rint(np.abs(statistics) / _BIN).astype(np.int64), return_counts=True)
    x = sizes * _BIN
    last = max(2.0 * float(x.max()), 0.5)
    steps = int(np.ceil(2.0 * np.log2(last / 0.25)))
    sd = np.concatenate([[0.0], 0.25 * np.sqrt(2.0) ** np.arange(steps + 1)])
    log_density = -0.5 * x[:, None] ** 2 / (1.0 + sd**2) - 0.5 * np.log1p(sd**2)
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    extra = np.zeros(sd.size)
    extra[0] = _NULL_WEIGHT
    weight = np.full(sd.size, 1.0 / sd.size)
    for _ in range(_STEPS):
        share = density * weight
        share /= share.sum(axis=1, keepdims=True)
        new = counts @ share + extra
        new /= new.sum()
        done = np.abs(new - weight).max() < 1e-6
        weight = new
        if done:
            break
    return Prior(sd, np.asarray(weight, dtype=np.float64), statistics.size)


def shrink(z: Any, prior: Prior, *, level: float = 0.95) -> Shrunk:
    """Posterior mean and interval of the effects behind some statistics, in units of their standard error.

    ``theta | z ~ sum_k q_k N(z s_k^2 / (1 + s_k^2), s_k^2 / (1 + s_k^2))`` with ``q_k ~ w_k N(z; 0, 1 + s_k^2)``.
    Because the prior says how effects are spread before any was chosen, the interval holds for the largest as for any
    other: choosing by z does not change the posterior given z.

    Parameters
    ----------
    z : (n_statistics,)
        A selection, by whatever rule that looks at the statistics alone.
    prior : Prior
    level : float

    Returns
    -------
    Shrunk

    Notes
    -----
    Valid as the prior is. Where an effect may be nothing, the interval may end at 0.

    References
    ----------
    Stephens 2017, https://doi.org/10.1093/biostatistics/kxw041

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> z = rng.standard_normal(1000)
    >>> bool(abs(shrink([4.0], fit_prior(z)).mean[0]) < 2)
    True
    """
    tail = (1.0 - scalar("level", level, low=0.0, high=1.0, exclusive="both")) / 2.0
    statistics = data("z", z)
    variance = prior.sd**2
    with np.errstate(divide="ignore"):
        log_share = np.log(prior.weight) - 0.5 * np.log1p(variance)
    log_share = log_share - 0.5 * statistics[:, None] ** 2 / (1.0 + variance)
    share = np.exp(log_share - log_share.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    factor = variance / (1.0 + variance)
    centre, spread = statistics[:, None] * factor, np.sqrt(factor)
    mean = np.asarray((share * centre).sum(axis=1))
    return Shrunk(
        mean=mean,
        low=np.minimum(_quantile(tail, share, centre, spread), mean),
        high=np.maximum(_quantile(1.0 - tail, share, centre, spread), mean),
        null_share=np.asarray(share[:, 0]),
    )


def _quantile(p: float, share: Floats, centre: Floats, spread: npt.NDArray[np.float64]) -> Floats:
    """Quantile of each row's mixture by bisection; an atom at 0 takes part as a jump."""
    reach = np.abs(centre).max(axis=1) + 12.0
    low, high = -reach, reach
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        below = share[:, 0] * (middle >= 0.0)
        below = below + (share[:, 1:] * ndtr((middle[:, None] - centre[:, 1:]) / spread[1:])).sum(axis=1)
        high = np.where(below >= p, middle, high)
        low = np.where(below >= p, low, middle)
    found = (low + high) / 2.0
    return np.asarray(np.where(np.abs(found) < 1e-9, 0.0, found))
