"""Continuous-time Markov models fitted to states seen at arbitrary times, by maximum likelihood with covariates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import ndtri

from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, choice, numbers, scalar
from biomarker.stats.estimate import Status
from biomarker.stats.markov_likelihood import Likelihood
from biomarker.stats.markov_panel import panel_of, starting_values

__all__ = ["MarkovFit", "markov_fit"]

Ints = npt.NDArray[np.int64]


# A matrix whose eigenvectors are nearly dependent goes through the matrix exponential instead
_CONDITION = 1e5
# A standard error above 20 on the log scale, from 1e-17 to 1e17 as a ratio, is none
_FLAT = 1.0 / 20.0**2
_LOG_ZERO = -1e10


@dataclass(frozen=True, eq=False, kw_only=True)
class MarkovFit:
    """Fitted intensities and effects of covariates.

    Where `status` is ``SEPARATION`` the likelihood rises towards a limit in some direction: parameters that move along
    it have an infinite standard error and the value at which the search stopped, which means nothing; the others are
    at their maximum. Where it is ``NOT_CONVERGED`` estimates are NaN.

    Attributes
    ----------
    transitions : (n_transitions, 2) int64
        From and to of every allowed transition, by rows.
    intensities, ci_low, ci_high : (S, S)
        Per person and unit of time at the covariates' reference; limits on the log scale; 0 where not allowed. The
        diagonal of `intensities` makes rows sum to 0, that of the limits is NaN.
    coefficients, std_error : (n_covariates, n_transitions)
        Log hazard ratios per unit of a covariate; 0 with error 0 where a covariate does not act.
    reference : (n_covariates,)
    covariance : (n_parameters, n_parameters)
        Of the log intensities, then of the coefficients that are free, covariate by covariate.
    log_likelihood : float
    n_subjects, n_intervals : int
    n_iterations : int
    status : Status
    convention : str
    """

    transitions: Ints
    intensities: Floats
    ci_low: Floats
    ci_high: Floats
    coefficients: Floats
    std_error: Floats
    reference: Floats
    covariance: Floats
    log_likelihood: float
    n_subjects: int
    n_intervals: int
    n_iterations: int
    status: Status
    convention: str

    def at(self, covariates: Any) -> Floats:
        """Intensities at values of the covariates, (S, S) or one matrix a row of (n, n_covariates)."""
        x = numbers("covariates", covariates, ndim=(1, 2))
        if x.shape[-1] != self.reference.size:
            raise ConfigError(f"covariates holds {x.shape[-1]} values, expected {self.reference.size}")
        r, s = self.transitions.T
        return self._matrices(np.log(self.intensities[r, s]) + (x - self.reference) @ self.coefficients)

    def drawn(self, n_draws: int, *, rng: np.random.Generator) -> Floats:
        """Parameters from the normal law of their estimates, (n_draws, n_parameters), in the order of `covariance`.

        Parameters without a finite error stay at their estimate.
        """
        r, s = self.transitions.T
        centre = np.concatenate([np.log(self.intensities[r, s]), self.coefficients[self.std_error != 0.0]])
        known = np.isfinite(np.diag(self.covariance))
        values, vectors = np.linalg.eigh(np.where(known[:, None] & known, self.covariance, 0.0))
        root = vectors * np.sqrt(np.clip(values, 0.0, None))
        return np.asarray(centre + rng.standard_normal((n_draws, centre.size)) @ root.T)

    def at_draws(self, covariates: Any, parameters: Floats) -> Floats:
        """Intensities at values (n_covariates,) of the covariates, a matrix a row of `parameters`, (n_draws, S, S)."""
        x = numbers("covariates", covariates, ndim=1) - self.reference
        a = len(self.transitions)
        coefficients = np.zeros((parameters.shape[0], *self.coefficients.shape))
        coefficients[:, self.std_error != 0.0] = parameters[:, a:]
        return self._matrices(parameters[:, :a] + np.einsum("k,dka->da", x, coefficients))

    def _matrices(self, log_intensities: Floats) -> Floats:
        """Matrices with rows that sum to 0 from log intensities (..., n_transitions)."""
        q = np.zeros((*log_intensities.shape[:-1], *self.intensities.shape))
        r, s = self.transitions.T
        q[..., r, s] = np.exp(log_intensities)
        q[..., np.arange(q.shape[-1]), np.arange(q.shape[-1])] = -q.sum(axis=-1)
        return q


def markov_fit(
    subject: Any,
    time: Any,
    state: Any,
    allowed: Any,
    *,
    covariates: Any = None,
    covariate_transitions: Any = None,
    reference: str = "mean",
    exact_states: Any = (),
    exact_times: bool = False,
    unknown_state: int | None = None,
    level: float = 0.95,
    max_iterations: int = 500,
) -> MarkovFit:
    """Transition intensities by maximum likelihood from states seen at any times.

    ``q_rs(x) = q_rs exp(beta_rs . (x - reference))``; an interval of length t from r to s contributes
    ``P_rs(t) = exp(Q t)_rs``, or, where the moment of entering s is known, ``sum_k P_rk(t) q_ks``. With all times exact
    it contributes ``exp(q_rr t) q_rs``. Covariates hold from an observation to the next.

    Parameters
    ----------
    subject : (n_observations,)
        Numbers; observations of a subject need not stand together.
    time : (n_observations,)
        Same unit as wanted for the intensities.
    state : (n_observations,)
        Whole numbers from 0.
    allowed : (S, S)
        Positive where a transition can happen at once (from row to column), else 0; the diagonal is not looked at. The
        values start the search; 1s let the data start it.
    covariates : (n_observations,) or (n_observations, n_covariates), optional
        Numbers, complete.
    covariate_transitions : (n_covariates, n_transitions) of bool, optional
        Which covariate acts on which transition (by rows of `allowed`); by default all on all.
    reference : {"mean", "zero"}
        Covariates at which `intensities` are given: their mean over intervals, or 0.
    exact_states : sequence of int
        States whose moment of entry is the time of their observation (death, as a rule).
    exact_times : bool
        All moments of transition are known: nothing happens between observations.
    unknown_state : int, optional
        Code of "not in an absorbing state, otherwise not known", allowed as a subject's last observation.
    level : float
    max_iterations : int

    Returns
    -------
    MarkovFit
        ``SEPARATION`` where some parameter has no finite estimate, as when an allowed transition never seems to happen
        in a group, or the data do not tell it from others; its standard error is infinite. ``NOT_CONVERGED`` where the
        search ends elsewhere.

    Raises
    ------
    ConfigError, DataError
        Shapes differ, states are not whole numbers, times of a subject are equal but states are not, no interval, a
        succession of states that `allowed` makes impossible.

    Notes
    -----
    Host only. Valid when the future depends on the present state and the covariates alone, intensities are constant
    over time, and the times of observation do not depend on the state. Observations must be close enough to tell
    intensities apart.

    References
    ----------
    Kalbfleisch and Lawless 1985, https://doi.org/10.1080/01621459.1985.10478195; Jackson 2011,
    https://doi.org/10.18637/jss.v038.i08

    Examples
    --------
    >>> subject, time, state = [1, 1, 2, 2, 3, 3], [0, 1, 0, 2, 0, 1], [0, 1, 0, 1, 0, 0]
    >>> fit = markov_fit(subject, time, state, [[0, 1], [0, 0]], exact_states=[1])
    >>> float(fit.intensities[0, 1].round(6))  # two transitions in four years
    0.5
    """
    start = np.array(numbers("allowed", allowed, ndim=2))
    if start.shape[0] != start.shape[1]:
        raise ConfigError(f"allowed has shape {start.shape}, expected as many rows as columns")
    np.fill_diagonal(start, 0.0)
    numbers("allowed", start, low=0.0)
    transitions = np.argwhere(start > 0).astype(np.int64)
    if transitions.size == 0:
        raise ConfigError("allowed holds no positive number off the diagonal, expected at least one transition")
    choice("reference", reference, ("mean", "zero"))
    z = float(ndtri(0.5 + scalar("level", level, low=0.0, high=1.0, exclusive="both") / 2.0))
    panel, mean, scale = panel_of(
        subject, time, state, covariates, start, set(exact_states), exact_times, unknown_state
    )
    p, a = mean.size, transitions.shape[0]
    free = np.ones((p, a), dtype=bool) if covariate_transitions is None else np.asarray(covariate_transitions, bool)
    if free.shape != (p, a):
        raise ConfigError(f"covariate_transitions has shape {free.shape}, expected ({p}, {a})")
    first = starting_values(start, transitions, panel)
    problem = Likelihood(panel, transitions, start.shape[0], free)
    top = _maximise(problem, np.concatenate([first, np.zeros(int(free.sum()))]), max_iterations)
    return _result(problem, top, mean, scale, reference, z, level, exact_times=exact_times)


@dataclass(frozen=True, eq=False)
class _Top:
    """Where the search ended, in its own parameters."""

    parameters: Floats
    covariance: Floats  # without the flat directions
    flat: Floats  # (n_parameters, n_flat)
    log_likelihood: float
    iterations: int
    status: Status


def _maximise(problem: Likelihood, first: Floats, max_iterations: int) -> _Top:
    """BFGS to the neighbourhood of the maximum, Newton's method with a differenced Hessian to the maximum itself.

    Newton's method leaves out the directions in which the likelihood is flat: there it rises towards a limit, or not at
    all.
    """

    def minus(parameters: Floats) -> tuple[float, Floats]:
        value, gradient = problem(parameters)
        return -value, -gradient

    scale = max(1.0, float(problem.panel.length.size))
    found = minimize(
        lambda v: tuple(part / scale for part in minus(v)), first, jac=True, method="BFGS",
        options={"maxiter": max_iterations, "gtol": 1e-7},
    )  # fmt: skip
    top, iterations = np.asarray(found.x), int(found.nit)
    value, gradient = minus(top)
    for _ in range(20):
        information = _hessian(minus, top)
        if not np.all(np.isfinite(information)):
            break
        lengths, directions = np.linalg.eigh(information)
        if lengths[0] < -_FLAT:
            break
        flat = lengths < _FLAT
        kept = directions[:, ~flat]
        step = kept @ ((kept.T @ gradient) / lengths[~flat])
        if float(gradient @ step) < 1e-14 * scale:
            status = Status.SEPARATION if flat.any() else Status.OK
            covariance = np.asarray((kept / lengths[~flat]) @ kept.T)
            return _Top(top, covariance, directions[:, flat], -value, iterations, status)
        for _ in range(30):
            trial = minus(top - step)
            if trial[0] <= value + 1e-12 * abs(value):
                break
            step = step / 2.0
        else:
            break
        top, (value, gradient), iterations = top - step, trial, iterations + 1
    nothing = np.full((top.size, top.size), np.nan)
    return _Top(np.full(top.size, np.nan), nothing, nothing[:, :0], float("nan"), iterations, Status.NOT_CONVERGED)


def _hessian(minus: Any, at: Floats) -> Floats:
    """Second derivatives by central differences of the gradient."""
    step = 1e-4
    rows = []
    for k in range(at.size):
        up, down = at.copy(), at.copy()
        up[k] += step
        down[k] -= step
        rows.append((minus(up)[1] - minus(down)[1]) / (2 * step))
    hessian = np.array(rows)
    return np.asarray((hessian + hessian.T) / 2.0)


def _result(
    problem: Likelihood,
    top: _Top,
    mean: Floats,
    scale: Floats,
    reference: str,
    z: float,
    level: float,
    *,
    exact_times: bool,
) -> MarkovFit:
    """The maximum in the units of the covariates, at their reference."""
    a, p, s = problem.transitions.shape[0], mean.size, problem.n_states
    # log q and beta of the user are linear in the parameters: log q at 0 is log q at the mean less beta . mean
    which = np.argwhere(problem.free)
    back = np.eye(top.parameters.size)
    for k, (j, transition) in enumerate(which):
        back[a + k, a + k] = 1.0 / scale[j]
        if reference == "zero":
            back[transition, a + k] = -mean[j] / scale[j]
    parameters = back @ top.parameters
    covariance = back @ top.covariance @ back.T
    # what moves along a flat direction has no error of its own
    loose = np.linalg.norm(back @ top.flat, axis=1) > 0.01 * np.linalg.norm(back, axis=1)
    covariance[loose], covariance[:, loose] = np.nan, np.nan
    covariance[loose, loose] = np.inf
    errors = np.sqrt(np.diag(covariance))
    r, c = problem.transitions.T
    matrices = []
    for width in (0.0, -z, z):
        q = np.zeros((s, s))
        q[r, c] = np.exp(parameters[:a] + (width * errors[:a] if width else 0.0))
        np.fill_diagonal(q, 0.0 - q.sum(axis=1) if width == 0 else np.nan)
        matrices.append(q)
    coefficients, std_error = np.zeros((p, a)), np.zeros((p, a))
    coefficients[problem.free], std_error[problem.free] = parameters[a:], errors[a:]
    panel = problem.panel
    said = [
        "exact times of all transitions" if exact_times else "states seen at arbitrary times",
        "entry into some states at its exact time" if panel.exact.any() and not exact_times else "",
        f"intensities at covariates' {reference}" if p else "",
        f"limits on the log scale at {level:g}",
    ]
    return MarkovFit(
        transitions=problem.transitions,
        intensities=matrices[0],
        ci_low=matrices[1],
        ci_high=matrices[2],
        coefficients=coefficients,
        std_error=std_error,
        reference=mean if reference == "mean" else np.zeros(p),
        covariance=covariance,
        log_likelihood=top.log_likelihood,
        n_subjects=panel.n_subjects,
        n_intervals=panel.length.size,
        n_iterations=top.iterations,
        status=top.status,
        convention="; ".join(words for words in said if words),
    )
