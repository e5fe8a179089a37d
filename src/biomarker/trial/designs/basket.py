"""Basket: one treatment in several diseases that share a marker, single-arm, with or without borrowing."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, logit, ndtr

from biomarker.trial.checks import between, level, one_of, refuse, whole
from biomarker.trial.designs.result import DesignMethod, DesignResult

__all__ = ["BASKET", "basket", "basket_posterior"]

Floats = npt.NDArray[np.float64]
CELLS = 320
# Data sets whose posterior is computed at once: 25 MB a basket
CHUNK = 4096


def basket_posterior(
    responses: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    null: float,
    borrowing: str = "hierarchical",
    centre: float | None = None,
    centre_sd: float = 2.0,
    spread: float = 1.0,
) -> Floats:
    """Posterior probability, for each basket, that its response rate exceeds the null rate.

    ``x_k ~ Bin(n_k, p_k)``, ``logit p_k ~ N(mu, tau^2)``, ``mu ~ N(centre, centre_sd^2)``, ``tau`` half-normal with
    scale `spread`: integrated on a grid, without sampling. "none": each basket by itself, ``tau`` fixed at `spread`.

    Parameters
    ----------
    responses : (..., n_baskets)
    n : (n_baskets,)
        Subjects of each basket.
    null : float
        Response rate not worth having.
    borrowing : {"hierarchical", "none"}
    centre : float, optional
        Prior mean of mu; the logit of the null rate by default.
    centre_sd, spread : float
        Standard deviation of mu, and scale of tau: the smaller, the more is borrowed.

    Returns
    -------
    (..., n_baskets)

    Notes
    -----
    Valid when baskets are exchangeable. One basket that differs is drawn towards the others: a treatment that works in
    most raises the error in those where it does not, and the other way round.

    References
    ----------
    Berry, Broglio, Groshen and Berry 2013, https://doi.org/10.1177/1740774513497539

    Examples
    --------
    >>> alone = basket_posterior([5, 5, 5, 0], [15] * 4, null=0.15, borrowing="none")
    >>> shared = basket_posterior([5, 5, 5, 0], [15] * 4, null=0.15)
    >>> bool(shared[0] > alone[0]), bool(shared[3] > alone[3])
    (True, True)
    """
    one_of("borrowing", borrowing, ("hierarchical", "none"))
    p0 = between("null", null, 0.0, 1.0)
    sizes = np.atleast_1d(np.asarray(n))
    x = np.asarray(responses)
    if x.shape[-1] != sizes.size or np.any((x < 0) | (x > sizes)):
        raise refuse("responses", x, "whole numbers from 0 to n, one a basket")
    between("centre_sd", centre_sd, 0.0)
    between("spread", spread, 0.0)
    mean = float(logit(p0)) if centre is None else between("centre", centre)
    mu, tau, prior = _hyper(mean, centre_sd, spread, borrowing)
    tables = {int(size): _tables(int(size), p0, mu, tau) for size in np.unique(sizes)}
    likelihood = np.stack([tables[int(size)][0][x[..., k]] for k, size in enumerate(sizes)], axis=-2)
    above = np.stack([tables[int(size)][1][x[..., k]] for k, size in enumerate(sizes)], axis=-2)
    if borrowing == "none":
        return np.asarray((above * prior).sum(axis=-1) / (likelihood * prior).sum(axis=-1))
    joint = prior * np.prod(likelihood, axis=-2)
    weight = joint / joint.sum(axis=-1, keepdims=True)
    return np.asarray((weight[..., None, :] * above / likelihood).sum(axis=-1))


def _hyper(centre: float, centre_sd: float, spread: float, borrowing: str) -> tuple[Floats, Floats, Floats]:
    """Grid of mu and tau, flat, with its prior weights."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    m = centre + 4.0 * centre_sd * nodes
    m_weight = weights * np.exp(-0.5 * (4.0 * nodes) ** 2)
    t_nodes, t_weights = np.polynomial.legendre.leggauss(12)
    s = 2.0 * spread * (t_nodes + 1.0)
    s_weight = t_weights * np.exp(-0.5 * (s / spread) ** 2)
    if borrowing == "none":
        s, s_weight = np.array([spread]), np.ones(1)
    mu, tau = (grid.ravel() for grid in np.meshgrid(m, s, indexing="ij"))
    prior = (m_weight[:, None] * s_weight[None, :]).ravel()
    return mu, tau, prior / prior.sum()


def _tables(n: int, null: float, mu: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Marginal likelihood of each number of responses for each (mu, tau), and its part with a rate above the null."""
    cut = float(logit(null))
    half = CELLS // 2
    edges = np.concatenate([np.linspace(cut - 12.0, cut, half + 1), np.linspace(cut, cut + 12.0, half + 1)[1:]])
    cdf = ndtr((edges[:, None] - mu) / tau)
    mass = np.diff(cdf, axis=0)
    mass[0] += cdf[0]
    mass[-1] += 1.0 - cdf[-1]
    theta = (edges[1:] + edges[:-1]) / 2.0
    x = np.arange(n + 1)[:, None]
    log_p, log_q = -np.logaddexp(0.0, -theta), -np.logaddexp(0.0, theta)
    binomial = np.exp(gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1) + x * log_p + (n - x) * log_q)
    return binomial @ mass, binomial[:, half:] @ mass[half:]


def basket(
    *,
    n: int | Sequence[int],
    null: float,
    alternative: float,
    rng: np.random.Generator,
    baskets: int = 4,
    active: int = 1,
    alpha: float = 0.05,
    borrowing: str = "hierarchical",
    spread: float = 1.0,
    trials: int = 20_000,
) -> DesignResult:
    """Basket study: declare a basket active when ``P(p_k > null | data)`` passes a threshold.

    The threshold is calibrated so that, with no activity anywhere, a basket is declared active in at most a share alpha
    of the studies; then studies with `active` active baskets are simulated.

    Parameters
    ----------
    n : int or sequence
        Subjects of each basket.
    null, alternative : float
        Response rate not worth having, and that of active baskets.
    rng : numpy.random.Generator
    baskets, active : int
        Number of baskets, and of the active ones (the first).
    alpha : float
        One-sided, of one basket under no activity anywhere (the largest over baskets).
    borrowing, spread
        As in `basket_posterior`.
    trials : int
        Simulated studies under each truth.

    Returns
    -------
    DesignResult
        Powers: "active basket" (average), "any", "all"; decisions: "threshold", "error, nothing active", "error beside
        active baskets" (the largest of an inactive basket: borrowing raises it above alpha), "family-wise error".

    Raises
    ------
    ConfigError
        An argument is outside its range.

    Notes
    -----
    Valid when baskets are exchangeable; read "error beside active baskets" before choosing to borrow. Without a
    control arm it cannot tell a drug from its patients.

    References
    ----------
    Berry, Broglio, Groshen and Berry 2013, https://doi.org/10.1177/1740774513497539; Freidlin and Korn 2013,
    https://doi.org/10.1158/1078-0432.CCR-12-1223
    """
    k = whole("baskets", baskets, 1)
    works = whole("active", active, 0, k)
    level(alpha, 1)
    p0 = between("null", null, 0.0, 1.0)
    p1 = between("alternative", alternative, p0, 1.0)
    sizes = np.broadcast_to(np.asarray(n), k) if np.ndim(n) == 0 else np.asarray(n)
    if sizes.size != k or np.any(sizes < 1):
        raise refuse("n", n, f"one positive whole number, or {k} of them")
    count = whole("trials", trials, 100)

    def posterior(rates: Floats) -> Floats:
        x = rng.binomial(sizes, rates, (count, k))
        cases, row = np.unique(x, axis=0, return_inverse=True)
        found = [
            basket_posterior(cases[i : i + CHUNK], sizes, null=p0, borrowing=borrowing, spread=spread)
            for i in range(0, len(cases), CHUNK)
        ]
        return np.concatenate(found)[row.ravel()]

    quiet = posterior(np.full(k, p0))
    # the posterior takes few values: the smallest of them above which no basket is declared too often
    values = np.unique(quiet)
    rates = np.array([[np.mean(quiet[:, j] > value) for value in values] for j in range(k)]).max(axis=0)
    threshold = float(values[np.argmax(rates <= alpha)])
    declared = posterior(np.where(np.arange(k) < works, p1, p0)) > threshold
    good, bad = declared[:, :works], declared[:, works:]
    power = {
        "active basket": float(good.mean()) if works else np.nan,
        "any": float(good.any(axis=1).mean()) if works else np.nan,
        "all": float(good.all(axis=1).mean()) if works else np.nan,
    }
    error = power["any"] if works else 0.0
    return DesignResult(
        design="basket",
        n_randomised=float(sizes.sum()),
        n_expected=float(sizes.sum()),
        n_screened=float(sizes.sum()),
        n_tested=float(sizes.sum()),
        n_positive=float(sizes.sum()),
        n_negative=0.0,
        events=float(sizes[:works].sum() * p1 + sizes[works:].sum() * p0),
        duration=np.nan,
        alpha={"basket": alpha},
        power=power,
        primary="any",
        power_error=float(np.sqrt(error * (1.0 - error) / count)),
        effect={"active basket": p1 - p0},
        decisions={
            "threshold": threshold,
            "error, nothing active": float((quiet > threshold).mean(axis=0).max()),
            "error beside active baskets": float(bad.mean(axis=0).max()) if works < k else np.nan,
            "family-wise error": float((quiet > threshold).any(axis=1).mean()),
        },
        convention=f"single-arm, nobody randomised; borrowing {borrowing}, scale of tau {spread:g}; threshold for "
        f"error {alpha:g} a basket with nothing active; {count} simulated studies",
    )


BASKET = DesignMethod("basket", "One treatment in several diseases, single-arm", basket, simulated=True, marker=False)
