"""The laws of parametric survival models: log density, log survival and quantiles of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammainccinv, gammaln, log_expit, log_ndtr, ndtri

from biomarker.stats.checks import Floats
from biomarker.stats.log_gamma_tail import log_upper_gamma

__all__ = ["FAMILIES", "Family"]

_LOG_2PI = 1.8378770664093453


@dataclass(frozen=True, kw_only=True)
class Family:
    """A law of survival times around a location.

    Attributes
    ----------
    name : str
    log_scale : bool
        Location and spread are of log time (else of time itself).
    shapes : tuple of str
        Parameters beside the location, as the search sees them.
    start : tuple of float
        Where the search starts in them.
    log_density, log_survival, quantile : callable
        Of ``(y, location, shapes)`` with y the log time (or the time); of ``(p, location, shapes)`` the time by which a
        share p has had the event.
    """

    name: str
    log_scale: bool
    shapes: tuple[str, ...]
    start: tuple[float, ...]
    log_density: Callable[[Floats, Floats, Floats], Floats]
    log_survival: Callable[[Floats, Floats, Floats], Floats]
    quantile: Callable[[Floats, Floats, Floats], Floats]


def _standard(
    log_g: Callable[[Floats], Floats], log_tail: Callable[[Floats], Floats], inverse: Callable[[Floats], Floats]
) -> tuple[Any, Any, Any]:
    """Density, tail and quantile of ``(y - location) / scale`` with ``log scale`` the one shape."""

    def density(y: Floats, location: Floats, shapes: Floats) -> Floats:
        return np.asarray(log_g((y - location) / np.exp(shapes[0])) - shapes[0])

    def survival(y: Floats, location: Floats, shapes: Floats) -> Floats:
        return log_tail((y - location) / np.exp(shapes[0]))

    def quantile(p: Floats, location: Floats, shapes: Floats) -> Floats:
        return np.asarray(location + np.exp(shapes[0]) * inverse(p))

    return density, survival, quantile


_EXTREME = (lambda z: z - np.exp(z), lambda z: -np.exp(z), lambda p: np.log(-np.log1p(-p)))
_NORMAL = (lambda z: -0.5 * (z**2 + _LOG_2PI), lambda z: log_ndtr(-z), ndtri)
_LOGISTIC = (lambda z: log_expit(z) + log_expit(-z), lambda z: log_expit(-z), lambda p: np.log(p) - np.log1p(-p))


def _exponential() -> tuple[Any, Any, Any]:
    density, survival, quantile = _standard(*_EXTREME)
    one = np.zeros(1)
    return (
        lambda y, m, s: density(y, m, one),
        lambda y, m, s: survival(y, m, one),
        lambda p, m, s: quantile(p, m, one),
    )


def _gompertz() -> tuple[Any, Any, Any]:
    """Hazard ``exp(-location + a t)``: the shape a is per unit of time; y is the log time."""

    def survival(y: Floats, location: Floats, shapes: Floats) -> Floats:
        t, a = np.exp(y), shapes[0]
        grown = np.expm1(a * t) / a if abs(a) > 1e-10 else t * (1.0 + a * t / 2.0)
        return np.asarray(-np.exp(-location) * grown)

    def density(y: Floats, location: Floats, shapes: Floats) -> Floats:
        return np.asarray(-location + shapes[0] * np.exp(y) + survival(y, location, shapes) + y)

    def quantile(p: Floats, location: Floats, shapes: Floats) -> Floats:
        a, hazard = shapes[0], -np.log1p(-p) * np.exp(location)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.log1p(a * hazard) / a if abs(a) > 1e-10 else hazard
            # with a falling hazard a share never has the event
            return np.log(np.where(np.isnan(t), np.inf, t))

    return density, survival, quantile


def _gamma() -> tuple[Any, Any, Any]:
    """Gamma law with scale ``exp(location)`` and ``log shape`` the one shape; y is the log time."""

    def density(y: Floats, location: Floats, shapes: Floats) -> Floats:
        k, z = np.exp(shapes[0]), y - location
        return np.asarray(k * z - np.exp(z) - gammaln(k))

    def survival(y: Floats, location: Floats, shapes: Floats) -> Floats:
        return log_upper_gamma(np.exp(shapes[0]), np.exp(y - location))

    def quantile(p: Floats, location: Floats, shapes: Floats) -> Floats:
        return np.asarray(location + np.log(gammainccinv(np.exp(shapes[0]), 1.0 - p)))

    return density, survival, quantile


def _generalised_gamma() -> tuple[Any, Any, Any]:
    """Prentice's form: shapes log sigma and Q (1 Weibull, 0 lognormal, sigma gamma); y is the log time."""

    def parts(y: Floats, location: Floats, shapes: Floats) -> tuple[Floats, float]:
        return (y - location) / np.exp(shapes[0]), float(shapes[1])

    def density(y: Floats, location: Floats, shapes: Floats) -> Floats:
        z, q = parts(y, location, shapes)
        if abs(q) < 1e-5:
            return np.asarray(-0.5 * (z**2 + _LOG_2PI) - shapes[0])
        k = 1.0 / q**2
        return np.asarray(np.log(abs(q)) + k * np.log(k) + k * (q * z - np.exp(q * z)) - gammaln(k) - shapes[0])

    def survival(y: Floats, location: Floats, shapes: Floats) -> Floats:
        z, q = parts(y, location, shapes)
        if abs(q) < 1e-5:
            return np.asarray(log_ndtr(-z))
        k = 1.0 / q**2
        return log_upper_gamma(k, k * np.exp(q * z), complement=q < 0)

    def quantile(p: Floats, location: Floats, shapes: Floats) -> Floats:
        sigma, q = np.exp(shapes[0]), float(shapes[1])
        if abs(q) < 1e-5:
            return np.asarray(location + sigma * ndtri(p))
        k = 1.0 / q**2
        tail = 1.0 - p if q > 0 else p
        return np.asarray(location + sigma / q * np.log(gammainccinv(k, tail) / k))

    return density, survival, quantile


def _family(name: str, functions: tuple[Any, Any, Any], shapes: dict[str, float], *, log_scale: bool = True) -> Family:
    return Family(
        name=name,
        log_scale=log_scale,
        shapes=tuple(shapes),
        start=tuple(shapes.values()),
        log_density=functions[0],
        log_survival=functions[1],
        quantile=functions[2],
    )


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        _family("exponential", _exponential(), {}),
        _family("weibull", _standard(*_EXTREME), {"log_scale": 0.0}),
        _family("lognormal", _standard(*_NORMAL), {"log_scale": 0.0}),
        _family("loglogistic", _standard(*_LOGISTIC), {"log_scale": -0.5}),
        _family("gompertz", _gompertz(), {"shape": 0.0}),
        _family("gamma", _gamma(), {"log_shape": 0.0}),
        _family("generalised-gamma", _generalised_gamma(), {"log_scale": 0.0, "q": 0.5}),
        _family("gaussian", _standard(*_NORMAL), {"log_scale": 0.0}, log_scale=False),
    )
}
