"""Parametric survival models: fits by maximum likelihood, comparison, and what they say beyond the data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from biomarker.errors import ConfigError, DataError, InsufficientDataError
from biomarker.stats.checks import Floats, binary, choice, data, numbers, scalar
from biomarker.stats.estimate import Status
from biomarker.stats.parametric_families import FAMILIES, Family

__all__ = ["FAMILIES", "ParametricSurvival", "parametric_survival", "survival_models"]


@dataclass(frozen=True, eq=False, kw_only=True)
class ParametricSurvival:
    """A fitted parametric model.

    Where `status` is not ``OK`` parameters are NaN.

    Attributes
    ----------
    family : str
    coefficients : (1 + n_covariates,)
        Intercept and covariates of the location: log time (exponential, Weibull, lognormal, log-logistic, generalised
        gamma: positive means longer), log of the scale (gamma), minus the log of the hazard at time 0 (Gompertz), time
        itself (gaussian).
    shapes : dict
        ``scale`` (Weibull's shape is its inverse), ``shape`` or ``q``; empty for the exponential law.
    covariance : (n_parameters, n_parameters)
        Of coefficients, then of the shapes as searched (logarithms of scale and of the gamma shape).
    log_likelihood, aic, bic : float
        Densities of time itself, so that families can be compared; BIC with the number of events.
    n, n_events, n_parameters : int
    last_event : float
        Beyond it everything is extrapolation.
    status : Status
    """

    family: str
    coefficients: Floats
    shapes: dict[str, float]
    covariance: Floats
    log_likelihood: float
    aic: float
    bic: float
    n: int
    n_events: int
    n_parameters: int
    last_event: float
    status: Status
    _searched: Floats

    @property
    def std_error(self) -> Floats:
        """Of the parameters, in the order of `covariance`."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    def survival(self, times: Any, covariates: Any = None) -> Floats:
        """Probability of no event by each time, (n_times,) or (n_subjects, n_times)."""
        t, location = numbers("times", times, low=0.0, ndim=1), self._location(covariates)
        family = FAMILIES[self.family]
        with np.errstate(divide="ignore"):
            y = np.log(t) if family.log_scale else t
        inner = np.where(np.isfinite(y), y, 0.0)
        s = np.exp(family.log_survival(inner, location[..., None], self._searched))
        return np.asarray(np.where(np.isfinite(y), s, 1.0))

    def hazard(self, times: Any, covariates: Any = None) -> Floats:
        """Rate of the event at each positive time, (n_times,) or (n_subjects, n_times)."""
        t, location = numbers("times", times, low=0.0, exclusive="low", ndim=1), self._location(covariates)
        family = FAMILIES[self.family]
        y = np.log(t) if family.log_scale else t
        density = family.log_density(y, location[..., None], self._searched) - (y if family.log_scale else 0.0)
        return np.asarray(np.exp(density - family.log_survival(y, location[..., None], self._searched)))

    def quantile(self, share: Any, covariates: Any = None) -> Floats:
        """Time by which a share of subjects has had the event; infinite where so many never have it."""
        p = numbers("share", share, low=0.0, high=1.0, exclusive="both", ndim=(0, 1))
        location, family = self._location(covariates), FAMILIES[self.family]
        y = family.quantile(np.atleast_1d(p), location[..., None], self._searched)
        t = np.exp(y) if family.log_scale else y
        return np.asarray(t[..., 0] if p.ndim == 0 else t)

    def restricted_mean(self, horizon: float, covariates: Any = None, *, discount: float = 0.0) -> Floats:
        """Mean time without the event within a horizon, ``int_0^T exp(-d t) S(t) dt``, d a continuous rate."""
        end = scalar("horizon", horizon, low=0.0, exclusive="low")
        rate = scalar("discount", discount, low=0.0)
        nodes, weights = np.polynomial.legendre.leggauss(200)
        # more nodes near 0, where a curve may be steep: t = T u^2
        u = (nodes + 1.0) / 2.0
        t, w = end * u**2, weights / 2.0 * 2.0 * end * u * np.exp(-rate * end * u**2)
        return np.asarray(self.survival(t, covariates) @ w)

    def cycle_probabilities(self, times: Any, covariates: Any = None) -> Floats:
        """Probability of the event between neighbouring times, given none before: ``1 - S(t_k) / S(t_{k-1})``."""
        s = self.survival(times, covariates)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(s[..., :-1] > 0, 1.0 - s[..., 1:] / s[..., :-1], 1.0))

    def draw(self, n: int, rng: np.random.Generator, covariates: Any = None) -> Floats:
        """Times drawn from the model, (n,) or (n_subjects, n); infinite where the event never comes."""
        location = self._location(covariates)
        u = rng.random((*location.shape, n))
        family = FAMILIES[self.family]
        y = family.quantile(np.clip(u, 2.0**-53, 1.0 - 2.0**-53), location[..., None], self._searched)
        return np.asarray(np.exp(y) if family.log_scale else y)

    def _location(self, covariates: Any) -> Floats:
        p = self.coefficients.size - 1
        if covariates is None:
            if p:
                raise ConfigError(f"covariates is None, expected {p} values for this model")
            return np.asarray(self.coefficients[0])
        x = numbers("covariates", covariates, ndim=(1, 2))
        if x.shape[-1] != p:
            raise ConfigError(f"covariates holds {x.shape[-1]} values, expected {p}")
        return np.asarray(self.coefficients[0] + x @ self.coefficients[1:])


def parametric_survival(
    time: Any, event: Any, *, family: str, covariates: Any = None, entry: Any = None
) -> ParametricSurvival:
    """Fit one parametric law by maximum likelihood.

    ``l = sum d log f(t) + (1 - d) log S(t) - log S(entry)`` with a location that is linear in the covariates.

    Parameters
    ----------
    time : (n_subjects,)
        Positive times of event or censoring.
    event : (n_subjects,)
        1 for an event, 0 for a censoring.
    family : str
        exponential, weibull, lognormal, loglogistic, gompertz, gamma, generalised-gamma or gaussian.
    covariates : (n_subjects,) or (n_subjects, n_covariates), optional
        Complete, without an intercept.
    entry : (n_subjects,), optional
        Times at which subjects came under observation, before `time`; who had the event before was never seen.

    Returns
    -------
    ParametricSurvival
        ``NOT_CONVERGED`` where no maximum is found.

    Raises
    ------
    ConfigError, DataError
        An unknown family, shapes that differ, times that are not positive, entry after the end, too few events.

    Notes
    -----
    Host only. Valid when censoring and entry are independent of the event given the covariates, and the law is right.
    Laws that fit the data alike can differ widely beyond them: compare several, and say what is known of the long run.

    References
    ----------
    Latimer 2013 (NICE DSU 14), https://doi.org/10.1177/0272989X12472398; Prentice 1974 (generalised gamma),
    https://doi.org/10.1093/biomet/61.3.539; Kalbfleisch and Prentice 2002

    Examples
    --------
    >>> fit = parametric_survival([2.0, 4.0, 6.0, 8.0], [1, 1, 1, 0], family="exponential")
    >>> float(np.exp(-fit.coefficients[0]).round(4))  # three events in twenty years
    0.15
    """
    choice("family", family, tuple(FAMILIES))
    t = data("time", time, low=0.0)
    d = binary("event", event, n=t.size)
    if np.any(t <= 0):
        raise DataError("time holds 0, expected positive times")
    x = np.zeros((t.size, 0))
    if covariates is not None:
        x = numbers("covariates", covariates, ndim=(1, 2), error=DataError)
        x = x[:, None] if x.ndim == 1 else x
        if x.shape[0] != t.size:
            raise DataError(f"covariates holds {x.shape[0]} subjects, expected {t.size}")
    late = np.zeros(t.size) if entry is None else data("entry", entry, n=t.size, low=0.0)
    if np.any(late >= t):
        raise DataError("entry is at or after time for a subject, expected it before")
    law = FAMILIES[family]
    k = 1 + x.shape[1] + len(law.shapes)
    if d.sum() < k:
        raise InsufficientDataError(f"event holds {int(d.sum())} events, expected at least {k} for {k} parameters")
    mean, spread = x.mean(axis=0), x.std(axis=0)
    if np.any(spread == 0) or np.linalg.matrix_rank(x - mean) < x.shape[1]:
        raise DataError("covariates depend on each other or are constant, expected independent columns that vary")
    unit = float(np.exp(np.log(t).mean())) if law.log_scale else float(t.std()) or 1.0
    problem = _Problem(law, t / unit, d, (x - mean) / np.where(spread > 0, spread, 1.0), late / unit)
    top, covariance, status = _maximise(problem)
    back, shift = _units(law, unit, mean, spread, x.shape[1])
    parameters = back @ top + shift
    loglik = float(problem(top) - d.sum() * np.log(unit))
    ok = status == Status.OK
    if not ok:
        parameters, loglik = np.full(k, np.nan), float("nan")
    q = 1 + x.shape[1]
    return ParametricSurvival(
        family=family,
        coefficients=parameters[:q],
        shapes=_named(law, parameters[q:]),
        covariance=back @ covariance @ back.T if ok else np.full((k, k), np.nan),
        log_likelihood=loglik,
        aic=2.0 * k - 2.0 * loglik,
        bic=float(np.log(d.sum())) * k - 2.0 * loglik,
        n=t.size,
        n_events=int(d.sum()),
        n_parameters=k,
        last_event=float(t[d].max()),
        status=status,
        _searched=parameters[q:],
    )


def survival_models(
    time: Any, event: Any, *, covariates: Any = None, entry: Any = None, families: tuple[str, ...] | None = None
) -> tuple[ParametricSurvival, ...]:
    """Every family fitted to the same data, the lowest AIC first; those without a maximum last.

    Parameters
    ----------
    time, event, covariates, entry
        See `parametric_survival`.
    families : tuple of str, optional
        By default all but ``gaussian``, which allows negative times.

    Notes
    -----
    Valid as a table of how laws fit the data seen. It does not say which extrapolates best.
    """
    names = tuple(name for name in FAMILIES if name != "gaussian") if families is None else families
    fits = [parametric_survival(time, event, family=name, covariates=covariates, entry=entry) for name in names]
    return tuple(sorted(fits, key=lambda fit: (np.isnan(fit.aic), fit.aic, fit.family)))


# --- maximum ----------------------------------------------------------------------------------------------------------


class _Problem:
    """Log-likelihood over intercept, coefficients of scaled covariates, and shapes."""

    def __init__(self, law: Family, t: Floats, d: Any, x: Floats, late: Floats) -> None:
        self.law, self.d, self.x = law, d, x
        self.y = np.log(t) if law.log_scale else t
        self.delayed = late > 0
        self.late = np.log(late[self.delayed]) if law.log_scale else late[self.delayed]

    def __call__(self, parameters: Floats) -> float:
        q = 1 + self.x.shape[1]
        location = parameters[0] + self.x @ parameters[1:q]
        shapes, law, d = parameters[q:], self.law, self.d
        with np.errstate(all="ignore"):
            dying = law.log_density(self.y[d], location[d], shapes) - (self.y[d] if law.log_scale else 0.0)
            living = law.log_survival(self.y[~d], location[~d], shapes)
            before = law.log_survival(self.late, location[self.delayed], shapes)
            total = dying.sum() + living.sum() - before.sum()
        return float(total) if np.isfinite(total) else -1e300


def _maximise(problem: _Problem) -> tuple[Floats, Floats, Status]:
    """Nelder-Mead and BFGS to the neighbourhood, Newton's method with differences of fourth order to the maximum."""
    q = 1 + problem.x.shape[1]
    first = np.concatenate([[float(problem.y.mean())], np.zeros(q - 1), problem.law.start])

    def minus(v: Floats) -> float:
        return -problem(v)

    found = minimize(minus, first, method="Nelder-Mead", options={"maxiter": 400 * first.size, "fatol": 1e-6})
    found = minimize(minus, found.x, method="BFGS", options={"gtol": 1e-4})
    top: Floats = np.asarray(found.x, dtype=np.float64)
    k = top.size
    for _ in range(30):
        gradient, information = _derivatives(minus, top)
        lengths = np.linalg.eigvalsh(information) if np.all(np.isfinite(information)) else np.array([-1.0])
        if lengths[0] <= 1e-7 * max(lengths[-1], 1e-300):
            return top, np.full((k, k), np.nan), Status.NOT_CONVERGED
        step = np.linalg.solve(information, gradient)
        if np.abs(step).max() < 1e-9:
            return top, np.asarray(np.linalg.inv(information), dtype=np.float64), Status.OK
        for _ in range(30):
            if minus(top - step) <= minus(top) + 1e-10:
                break
            step = step / 2.0
        top = top - step
        if np.abs(step).max() < 1e-9:
            return top, np.asarray(np.linalg.inv(information), dtype=np.float64), Status.OK
    return top, np.full((k, k), np.nan), Status.NOT_CONVERGED


def _derivatives(f: Callable[[Floats], float], at: Floats) -> tuple[Floats, Floats]:
    """Gradient (fourth order) and Hessian (second order) by central differences."""
    k, h = at.size, 2e-3
    eye = np.eye(k) * h
    middle = f(at)
    up, down = np.array([f(at + e) for e in eye]), np.array([f(at - e) for e in eye])
    up2, down2 = np.array([f(at + 2 * e) for e in eye]), np.array([f(at - 2 * e) for e in eye])
    gradient = (8.0 * (up - down) - (up2 - down2)) / (12.0 * h)
    hessian = np.diag((-up2 + 16.0 * up - 30.0 * middle + 16.0 * down - down2) / (12.0 * h**2))
    for i in range(k):
        for j in range(i):
            parts = [f(at + s * eye[i] + r * eye[j]) * s * r for s in (1, -1) for r in (1, -1)]
            wide = [f(at + 2 * s * eye[i] + 2 * r * eye[j]) * s * r for s in (1, -1) for r in (1, -1)]
            hessian[i, j] = hessian[j, i] = (16.0 * sum(parts) - sum(wide)) / (48.0 * h**2)
    return gradient, hessian


def _units(law: Family, unit: float, mean: Floats, spread: Floats, p: int) -> tuple[Floats, Floats]:
    """Matrix and shift from the parameters of scaled data to those of the data as given."""
    k = 1 + p + len(law.shapes)
    back, shift = np.eye(k), np.zeros(k)
    slopes = np.diag(1.0 / spread) if p else np.zeros((0, 0))
    factor = 1.0 if law.log_scale else unit
    back[0, 0] = factor
    back[1 : 1 + p, 1 : 1 + p] = slopes * factor
    back[0, 1 : 1 + p] = -(mean / spread) * factor if p else 0.0
    if law.log_scale:
        shift[0] = np.log(unit)
    else:
        shift[1 + p] = np.log(unit)
    if law.name == "gompertz":
        back[1 + p, 1 + p] = 1.0 / unit
    return back, shift


def _named(law: Family, shapes: Floats) -> dict[str, float]:
    """Shapes as a reader knows them."""
    if law.name == "exponential":
        return {"scale": 1.0}
    return {
        name.removeprefix("log_"): float(np.exp(value)) if name.startswith("log_") else float(value)
        for name, value in zip(law.shapes, shapes, strict=True)
    }
