"""How uncertain a parameter is, and draws of many parameters at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, numbers, scalar, whole

__all__ = ["Distribution", "beta", "dirichlet", "draw_parameters", "fixed", "gamma", "lognormal", "normal", "uniform"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Distribution:
    """A law of one parameter, or of a vector of shares.

    Attributes
    ----------
    name : str
        With its numbers, for a table of inputs.
    mean, std_error : () or (n_shares,)
        Of the law itself.
    size : int
        How many uniform numbers make one draw: 1, or the number of shares.
    quantile : callable
        From uniform numbers (n_draws, size) to draws (n_draws,) or (n_draws, size).
    """

    name: str
    mean: Floats
    std_error: Floats
    size: int
    quantile: Callable[[Floats], Floats]


def fixed(value: float) -> Distribution:
    """A parameter without uncertainty."""
    v = scalar("value", value)
    return _one(f"fixed {v:g}", v, 0.0, lambda u: np.full(u.shape[0], v))


def normal(*, mean: float, std_error: float) -> Distribution:
    """Normal law."""
    m, s = scalar("mean", mean), scalar("std_error", std_error, low=0.0)
    return _one(f"normal(mean {m:g}, se {s:g})", m, s, lambda u: m + s * special.ndtri(u[:, 0]))


def lognormal(
    *,
    log_mean: float | None = None,
    log_std_error: float | None = None,
    mean: float | None = None,
    std_error: float | None = None,
) -> Distribution:
    """Lognormal law, by mean and standard error of the logarithm (ratios) or of the value itself (costs).

    ``log_mean`` is the logarithm of the median.
    """
    if log_mean is not None and log_std_error is not None and mean is None and std_error is None:
        m, s = scalar("log_mean", log_mean), scalar("log_std_error", log_std_error, low=0.0)
    elif mean is not None and std_error is not None and log_mean is None and log_std_error is None:
        value = scalar("mean", mean, low=0.0, exclusive="low")
        s = float(np.sqrt(np.log1p((scalar("std_error", std_error, low=0.0) / value) ** 2)))
        m = float(np.log(value) - s**2 / 2.0)
    else:
        raise ConfigError("lognormal takes log_mean and log_std_error, or mean and std_error")
    expected = float(np.exp(m + s**2 / 2.0))
    spread = expected * float(np.sqrt(np.expm1(s**2)))
    return _one(
        f"lognormal(log mean {m:g}, log se {s:g})", expected, spread, lambda u: np.exp(m + s * special.ndtri(u[:, 0]))
    )


def gamma(
    *,
    shape: float | None = None,
    scale: float | None = None,
    rate: float | None = None,
    mean: float | None = None,
    std_error: float | None = None,
) -> Distribution:
    """Gamma law (costs, rates), by shape and scale, by shape and rate, or by mean and standard error."""
    given = {k for k, v in locals().items() if v is not None}
    if given == {"mean", "std_error"}:
        m, s = scalar("mean", mean, low=0.0, exclusive="low"), scalar("std_error", std_error, low=0.0)
        if s == 0.0:
            return fixed(m)
        a, b = (m / s) ** 2, s**2 / m
    elif given in ({"shape", "scale"}, {"shape", "rate"}):
        a = scalar("shape", shape, low=0.0, exclusive="low")
        b = (
            1.0 / scalar("rate", rate, low=0.0, exclusive="low")
            if scale is None
            else scalar("scale", scale, low=0.0, exclusive="low")
        )
    else:
        raise ConfigError("gamma takes shape and scale, shape and rate, or mean and std_error")
    return _one(
        f"gamma(shape {a:g}, scale {b:g})", a * b, np.sqrt(a) * b, lambda u: b * special.gammaincinv(a, u[:, 0])
    )


def beta(
    *,
    alpha: float | None = None,
    beta: float | None = None,
    mean: float | None = None,
    std_error: float | None = None,
    events: float | None = None,
    n: float | None = None,
) -> Distribution:
    """Beta law (probabilities, utilities), by its two parameters, by mean and standard error, or by events out of n."""
    given = {k for k, v in locals().items() if v is not None}
    if given == {"mean", "std_error"}:
        m, s = scalar("mean", mean, low=0.0, high=1.0), scalar("std_error", std_error, low=0.0)
        if s == 0.0:
            return fixed(m)
        if s**2 >= m * (1.0 - m):
            raise ConfigError(f"std_error is {s:g}, expected below {np.sqrt(m * (1 - m)):g} for a mean of {m:g}")
        total = m * (1.0 - m) / s**2 - 1.0
        a, b = m * total, (1.0 - m) * total
    elif given == {"events", "n"}:
        a = scalar("events", events, low=0.0, exclusive="low", hint="Add a prior count where there was no event.")
        b = scalar("n", n, low=a, exclusive="low", hint="Add a prior count where all had the event.") - a
    elif given == {"alpha", "beta"}:
        a, b = scalar("alpha", alpha, low=0.0, exclusive="low"), scalar("beta", beta, low=0.0, exclusive="low")
    else:
        raise ConfigError("beta takes alpha and beta, mean and std_error, or events and n")
    variance = a * b / ((a + b) ** 2 * (a + b + 1.0))
    return _one(
        f"beta({a:g}, {b:g})", a / (a + b), np.sqrt(variance), lambda u: np.asarray(special.betaincinv(a, b, u[:, 0]))
    )


def uniform(*, low: float, high: float) -> Distribution:
    """Uniform law between two ends."""
    a = scalar("low", low)
    b = scalar("high", high, low=a)
    return _one(f"uniform({a:g}, {b:g})", (a + b) / 2.0, (b - a) / np.sqrt(12.0), lambda u: a + (b - a) * u[:, 0])


def dirichlet(counts: Any) -> Distribution:
    """Shares that sum to 1 (a row of transition probabilities), from counts; a count of 0 stays a share of 0."""
    a = numbers("counts", counts, low=0.0, ndim=1)
    if not a.sum() > 0:
        raise ConfigError("counts sum to 0, expected at least one positive count")
    share = a / a.sum()
    positive = a > 0

    def quantile(u: Floats) -> Floats:
        drawn = np.zeros(u.shape)
        drawn[:, positive] = special.gammaincinv(a[positive], u[:, positive])
        return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))

    spread = np.sqrt(share * (1.0 - share) / (a.sum() + 1.0))
    return Distribution(name=f"dirichlet of {a.size}", mean=share, std_error=spread, size=a.size, quantile=quantile)


def _one(name: str, mean: float, std_error: float, quantile: Callable[[Floats], Floats]) -> Distribution:
    """A law of one number."""
    return Distribution(name=name, mean=np.asarray(mean), std_error=np.asarray(std_error), size=1, quantile=quantile)


def draw_parameters(
    distributions: Mapping[str, Distribution],
    *,
    n_draws: int,
    rng: np.random.Generator,
    correlation: Any = None,
    latin_hypercube: bool = False,
) -> dict[str, Floats]:
    """Draws of all parameters.

    Parameters
    ----------
    distributions : mapping of name to Distribution
    n_draws : int
    rng : numpy.random.Generator
    correlation : (n_numbers, n_numbers), optional
        Of the normal scores behind the draws (a Gaussian copula), in the order of the mapping; a vector of shares takes
        as many rows as it has shares.
    latin_hypercube : bool
        One draw from each of `n_draws` equally likely slices of every parameter: less Monte-Carlo error.

    Returns
    -------
    dict of name to (n_draws,) or (n_draws, n_shares)

    Raises
    ------
    ConfigError
        No distribution, or a correlation matrix that is none.

    Notes
    -----
    Valid when the parameters are independent, or related as `correlation` says.

    References
    ----------
    Briggs et al. 2012 (ISPOR-SMDM), https://doi.org/10.1016/j.jval.2012.04.014; McKay et al. 1979,
    https://doi.org/10.1080/00401706.1979.10489755; Iman and Conover 1982, https://doi.org/10.1080/03610918208812265

    Examples
    --------
    >>> drawn = draw_parameters({"cost": gamma(mean=100, std_error=10)}, n_draws=4, rng=np.random.default_rng(1))
    >>> drawn["cost"].shape
    (4,)
    """
    n = whole("n_draws", n_draws, low=1)
    if not distributions:
        raise ConfigError("distributions is empty, expected at least one parameter")
    sizes = [d.size for d in distributions.values()]
    k = sum(sizes)
    if latin_hypercube:
        u = (rng.permuted(np.tile(np.arange(n), (k, 1)), axis=1).T + rng.random((n, k))) / n
    else:
        u = rng.random((n, k))
    # an end of [0, 1) has an infinite normal score
    u = np.clip(u, 2.0**-53, 1.0 - 2.0**-53)
    if correlation is not None:
        u = special.ndtr(special.ndtri(u) @ _root(correlation, k).T)
        u = np.clip(u, 2.0**-53, 1.0 - 2.0**-53)
    ends = np.cumsum(sizes)
    return {
        name: d.quantile(u[:, end - d.size : end]) for (name, d), end in zip(distributions.items(), ends, strict=True)
    }


def _root(correlation: Any, k: int) -> Floats:
    """Lower Cholesky factor of a correlation matrix."""
    r = numbers("correlation", correlation, low=-1.0, high=1.0, ndim=2)
    if r.shape != (k, k) or not np.allclose(r, r.T, atol=1e-10) or not np.allclose(np.diag(r), 1.0):
        raise ConfigError(
            f"correlation has shape {r.shape}, expected a symmetric ({k}, {k}) matrix with a diagonal of 1"
        )
    try:
        return np.asarray(np.linalg.cholesky(r), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise ConfigError("correlation is not positive definite") from error
