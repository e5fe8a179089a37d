"""Combining the p-values of stages, so that what comes later may depend on what was seen earlier."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PPoly
from scipy.optimize import brentq
from scipy.special import gammaincc, gammainccinv, ndtri

from biomarker.trial.checks import level, one_of, refuse, whole

__all__ = ["FisherDesign", "fisher_combination", "fisher_design", "inverse_normal"]

Floats = npt.NDArray[np.float64]


def inverse_normal(p_value: npt.ArrayLike, *, weights: npt.ArrayLike | None = None) -> Floats:
    """Inverse-normal combination of stage-wise one-sided p-values.

    ``Z_k = sum_{i<=k} w_i Phi^{-1}(1 - p_i) / sqrt(sum_{i<=k} w_i^2)``, for every k.

    Parameters
    ----------
    p_value : (..., n_stages)
        One-sided p-values, each from the subjects of its own stage.
    weights : (n_stages,), optional
        Planned before the study, such as ``sqrt(t_k - t_{k-1})``; equal by default.

    Returns
    -------
    (..., n_stages)
        Combined statistic after each stage; NaN from the first missing p-value on.

    Raises
    ------
    ConfigError
        A p-value outside [0, 1], or weights that are not positive.

    Notes
    -----
    Valid when, under the null hypothesis, each p-value given the earlier stages is stochastically at least uniform
    (p-clud); the weights were fixed beforehand. It is then a group-sequential statistic with information
    ``w_1^2, w_1^2 + w_2^2, ...``, whatever sample sizes the stages really have.

    References
    ----------
    Lehmacher and Wassmer 1999, https://doi.org/10.1111/j.0006-341X.1999.01286.x

    Examples
    --------
    >>> inverse_normal([0.04, 0.03]).round(4)
    array([1.7507, 2.5678])
    """
    p = np.asarray(p_value, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise refuse("p_value", p, "numbers within [0, 1]")
    w = np.ones(p.shape[-1]) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != p.shape[-1:] or not np.all(w > 0):
        raise refuse("weights", w, f"{p.shape[-1]} positive numbers")
    return np.asarray(np.cumsum(-w * ndtri(p), axis=-1) / np.sqrt(np.cumsum(w**2)))


def fisher_combination(p_value: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Fisher's product of stage-wise p-values, and the p-value of the product, after each stage.

    ``C_k = p_1 ... p_k``; under the null hypothesis ``-2 ln C_k`` is chi-squared with 2k degrees of freedom.

    Parameters
    ----------
    p_value : (..., n_stages)

    Returns
    -------
    product, p_value : (..., n_stages)

    Notes
    -----
    The p-value is that of a study that looks once, at the end: with looks in between use `fisher_design`.

    References
    ----------
    Bauer and Köhne 1994, https://doi.org/10.2307/2533441

    Examples
    --------
    >>> fisher_combination([0.04, 0.03])[1].round(5)
    array([0.04   , 0.00927])
    """
    p = np.asarray(p_value, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise refuse("p_value", p, "numbers within [0, 1]")
    product: Floats = np.cumprod(p, axis=-1, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return product, np.asarray(gammaincc(np.arange(1, p.shape[-1] + 1), -np.log(product)))


@dataclass(frozen=True, eq=False)
class FisherDesign:
    """Critical values of a multi-stage Fisher combination test.

    Attributes
    ----------
    critical : (n_stages,)
        Reject at stage k when the product of the p-values so far is at most this.
    level : (n_stages,)
        Level of a single test of the first k stages with that critical value.
    alpha_spent : (n_stages,)
        Cumulative type I error.
    """

    critical: Floats
    level: Floats
    alpha_spent: Floats
    alpha: float
    convention: str


def fisher_design(
    *,
    looks: int = 2,
    alpha: float = 0.025,
    method: str = "equal-level",
    futility: Sequence[float] | None = None,
) -> FisherDesign:
    """Critical values for the product of stage-wise p-values when each stage may reject.

    With ``l_k = -ln c_k``, ``P(reject at k) = c_k G_{k-1}(l_{k-1})``, where ``G`` integrates the piecewise polynomial
    that is left of the density of a sum of exponentials after those who stopped have gone. For two stages:
    ``alpha = c_1 + c_2 ln(a0 / c_1)``.

    Parameters
    ----------
    looks : int
        Number of stages.
    alpha : float
        One-sided type I error.
    method : {"equal-level", "full-alpha"}
        Every stage has the same level as a test of its own; or the last stage has level alpha and the earlier ones
        share a critical value (without futility the product may as well be looked at only once).
    futility : sequence of float, optional
        Stop without rejection when the stage's own p-value exceeds this (binding), for each stage but the last.

    Returns
    -------
    FisherDesign

    Raises
    ------
    ConfigError
        An argument is outside its range, or alpha cannot be reached.

    Notes
    -----
    Valid when each p-value, given the earlier stages, is stochastically at least uniform under the null hypothesis.

    References
    ----------
    Bauer and Köhne 1994, https://doi.org/10.2307/2533441

    Examples
    --------
    >>> fisher_design(looks=2, alpha=0.025).critical.round(6)
    array([0.015788, 0.002221])
    """
    n = whole("looks", looks, 1)
    level(alpha, 1)
    one_of("method", method, ("equal-level", "full-alpha"))
    stop = np.ones(n - 1) if futility is None else np.asarray(futility, dtype=np.float64)
    if stop.shape != (n - 1,) or not np.all((stop > alpha) & (stop <= 1)):
        raise refuse("futility", futility, f"{n - 1} numbers above alpha and at most 1")
    stage = np.arange(1, n + 1)

    full = float(np.exp(-gammainccinv(n, alpha)))

    def critical(log_value: float) -> Floats:
        if method == "full-alpha":
            return np.append(np.full(n - 1, np.exp(log_value)), full)
        return np.asarray(np.exp(-gammainccinv(stage, np.full(n, np.exp(log_value)))))

    def excess(log_value: float) -> float:
        return float(_spent(critical(log_value), stop)[-1]) - alpha

    low, high = (np.log(full) if method == "full-alpha" else np.log(alpha) - 60.0), float(np.log(alpha))
    if excess(high) < 0:
        raise refuse("futility", futility, "bounds that leave room to spend alpha")
    root = low if excess(low) >= -1e-12 else high if excess(high) == 0 else float(brentq(excess, low, high, xtol=1e-14))
    c = critical(root)
    words = {"equal-level": "equal level at every stage", "full-alpha": "full level at the last stage"}[method]
    words += "" if futility is None else "; futility on the stage's own p-value, binding"
    return FisherDesign(c, gammaincc(stage, -np.log(c)), _spent(c, stop), alpha, words)


def _spent(critical: Floats, stop: Floats) -> Floats:
    """Cumulative probability of rejecting under uniform p-values."""
    limit = -np.log(critical)
    spent = [critical[0]]
    # density of the sum without its factor exp(-x), on those who continue
    left = _piece(np.array([[1.0]]), np.array([-np.log(stop[0]), limit[0]])) if len(limit) > 1 else None
    for k in range(1, len(limit)):
        if left is None:
            spent.append(0.0)
            continue
        whole_area = left.antiderivative()
        spent.append(critical[k] * float(whole_area(left.x[-1])))
        if k < len(limit) - 1:
            shift = -np.log(stop[k])
            edges, pieces = whole_area.x + shift, whole_area.c
            if limit[k] > edges[-1]:
                flat = np.zeros((pieces.shape[0], 1))
                flat[-1] = whole_area(left.x[-1])
                edges, pieces = np.append(edges, limit[k]), np.hstack([pieces, flat])
            keep = edges[:-1] < limit[k]
            edges = np.append(edges[:-1][keep], limit[k])
            left = _piece(pieces[:, keep], edges)
    return np.cumsum(spent)


def _piece(coefficients: Floats, edges: Floats) -> PPoly | None:
    """A piecewise polynomial, None where nobody continues."""
    return PPoly(coefficients, edges) if edges[-1] > edges[0] else None
