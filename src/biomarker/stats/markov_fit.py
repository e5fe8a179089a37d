"""Continuous-time Markov models fitted to states seen at arbitrary times, by maximum likelihood with covariates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm
from scipy.optimize import minimize
from scipy.special import ndtri

from biomarker.errors import ConfigError, DataError
from biomarker.stats.checks import Floats, choice, data, numbers, scalar
from biomarker.stats.estimate import Status
from biomarker.stats.markov_process import reachable

__all__ = ["MarkovFit", "StateCounts", "markov_fit", "state_counts"]

Ints = npt.NDArray[np.int64]

# A matrix whose eigenvectors are nearly dependent goes through the matrix exponential instead
_CONDITION = 1e5
# A standard error above 20 on the log scale, from 1e-17 to 1e17 as a ratio, is none
_FLAT = 1.0 / 20.0**2
_LOG_ZERO = -1e10


@dataclass(frozen=True, eq=False, kw_only=True)
class StateCounts:
    """Successive observations of subjects.

    Attributes
    ----------
    table : (S, S) int64
        ``[r, s]``: how often r was followed by s.
    time_from : (S,)
        Total time between an observation in each state and the next observation.
    crude : (S, S)
        ``table / time_from``, as if states changed only when seen: starting values, no estimates.
    """

    table: Ints
    time_from: Floats
    crude: Floats


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
        factor = np.exp((x - self.reference) @ self.coefficients)
        q = np.zeros((*x.shape[:-1], *self.intensities.shape))
        r, s = self.transitions.T
        q[..., r, s] = self.intensities[r, s] * factor
        q[..., np.arange(q.shape[-1]), np.arange(q.shape[-1])] = -q.sum(axis=-1)
        return q


@dataclass(frozen=True, eq=False, kw_only=True)
class _Panel:
    """Intervals between observations, sorted and grouped."""

    pattern: Ints  # (n_intervals,): row of `covariates`
    covariates: Floats  # (n_patterns, n_covariates), centred and scaled
    start: Ints
    end: Ints  # -1 where only "not absorbed" is known
    length: Floats
    exact: npt.NDArray[np.bool_]  # the end is the moment of the transition
    known: npt.NDArray[np.bool_]  # the whole path is: no transition in between
    n_subjects: int


def state_counts(subject: Any, time: Any, state: Any, *, n_states: int | None = None) -> StateCounts:
    """How often each state was followed by each, and starting values for a fit.

    Parameters
    ----------
    subject, time, state : (n_observations,)
        States are whole numbers from 0.
    n_states : int, optional

    Examples
    --------
    >>> state_counts([1, 1, 1, 2, 2], [0, 1, 2, 0, 3], [0, 1, 1, 0, 0]).table
    array([[1, 1],
           [0, 1]])
    """
    _, order, first = _sorted(subject, time)
    s = _states(state, order.size)[order]
    size = int(s.max()) + 1 if n_states is None else n_states
    at = np.flatnonzero(~first)
    table = np.zeros((size, size), dtype=np.int64)
    np.add.at(table, (s[at - 1], s[at]), 1)
    t = np.asarray(time, dtype=np.float64)[order]
    spent = np.asarray(np.bincount(s[at - 1], weights=t[at] - t[at - 1], minlength=size), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        crude = np.where(spent[:, None] > 0, table / spent[:, None], 0.0)
    np.fill_diagonal(crude, 0.0)
    np.fill_diagonal(crude, -crude.sum(axis=1))
    return StateCounts(table=table, time_from=spent, crude=crude)


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
    panel, mean, scale = _panel(subject, time, state, covariates, start, set(exact_states), exact_times, unknown_state)
    p, a = mean.size, transitions.shape[0]
    free = np.ones((p, a), dtype=bool) if covariate_transitions is None else np.asarray(covariate_transitions, bool)
    if free.shape != (p, a):
        raise ConfigError(f"covariate_transitions has shape {free.shape}, expected ({p}, {a})")
    first = _start(start, transitions, panel)
    problem = _Likelihood(panel, transitions, start.shape[0], free)
    top = _maximise(problem, np.concatenate([first, np.zeros(int(free.sum()))]), max_iterations)
    return _result(problem, top, mean, scale, reference, z, level, exact_times=exact_times)


# --- data -------------------------------------------------------------------------------------------------------------


def _sorted(subject: Any, time: Any) -> tuple[Floats, Ints, npt.NDArray[np.bool_]]:
    """Subjects and the order by subject and time; True where a subject begins."""
    who = data("subject", subject)
    t = data("time", time, n=who.size)
    order = np.lexsort((t, who)).astype(np.int64)
    ids = who[order]
    first = np.concatenate([[True], ids[1:] != ids[:-1]])
    return who, order, first


def _states(state: Any, n: int) -> Ints:
    s = data("state", state, n=n)
    if np.any(s != np.rint(s)) or s.min() < 0:
        raise DataError(f"state holds {s[(s != np.rint(s)) | (s < 0)][0]:g}, expected whole numbers from 0")
    return s.astype(np.int64)


def _panel(
    subject: Any,
    time: Any,
    state: Any,
    covariates: Any,
    allowed: Floats,
    exact: set[int],
    exact_times: bool,  # noqa: FBT001
    unknown: int | None,
) -> tuple[_Panel, Floats, Floats]:
    """Intervals, and mean and spread of the covariates over them."""
    who, order, first = _sorted(subject, time)
    t, s = np.asarray(time, dtype=np.float64)[order], _states(state, order.size)[order]
    size = allowed.shape[0]
    missing = np.zeros(s.size, dtype=bool) if unknown is None else s == unknown
    if np.any(s[~missing] >= size):
        raise DataError(f"state holds {s[~missing].max()}, expected whole numbers from 0 to {size - 1}")
    last = np.append(first[1:], True)
    if np.any(missing & ~last):
        raise DataError(f"state is {unknown} (unknown) before a subject's last observation, expected it only there")
    if exact - set(range(size)):
        raise ConfigError(f"exact_states names {sorted(exact - set(range(size)))[0]}, expected states 0 to {size - 1}")
    x = np.zeros((who.size, 0))
    if covariates is not None:
        x = numbers("covariates", covariates, ndim=(1, 2), error=DataError)
        x = x[:, None] if x.ndim == 1 else x
        if x.shape[0] != who.size:
            raise DataError(f"covariates holds {x.shape[0]} observations, expected {who.size}")
    end = np.flatnonzero(~first)
    if end.size == 0:
        raise DataError("subject holds no subject with two observations, expected at least one interval")
    begin = end - 1
    length, froms, tos = t[end] - t[begin], s[begin], np.where(missing[end], -1, s[end])
    moved = (tos >= 0) & (froms != tos)
    if np.any(moved & (length == 0)):
        raise DataError("state changes between two observations of a subject at the same time")
    reach = (allowed > 0) | np.eye(size, dtype=bool) if exact_times else reachable(allowed)
    bad = (tos >= 0) & ~reach[froms, np.maximum(tos, 0)]
    if bad.any():
        k = int(np.flatnonzero(bad)[0])
        raise DataError(f"state goes from {froms[k]} to {tos[k]}, which allowed makes impossible")
    x = x[order][begin]
    mean = x.mean(axis=0)
    spread = x.std(axis=0)
    if np.any(spread == 0):
        raise DataError(f"covariates[:, {int(np.flatnonzero(spread == 0)[0])}] is constant, expected it to vary")
    rows, pattern = np.unique((x - mean) / np.where(spread > 0, spread, 1.0), axis=0, return_inverse=True)
    panel = _Panel(
        pattern=pattern.reshape(-1).astype(np.int64),
        covariates=rows,
        start=froms,
        end=tos,
        length=length,
        exact=moved & np.isin(tos, list(exact)),
        known=np.full(end.size, exact_times),
        n_subjects=int(first.sum()),
    )
    return panel, mean, spread


def _start(allowed: Floats, transitions: Ints, panel: _Panel) -> Floats:
    """Log intensities to start from: those given, or where all given are 1 the crude ones, none of them 0."""
    given = allowed[transitions[:, 0], transitions[:, 1]]
    if not np.all(given == 1.0):
        return np.asarray(np.log(given))
    spent = np.bincount(panel.start, weights=panel.length, minlength=allowed.shape[0])
    counts = np.zeros(allowed.shape)
    seen = panel.end >= 0
    np.add.at(counts, (panel.start[seen], panel.end[seen]), 1.0)
    overall = 0.5 / max(panel.length.sum(), 1e-300)
    crude = [(counts[r, s] + 0.5) / max(spent[r], 1e-300) if spent[r] > 0 else overall for r, s in transitions]
    return np.asarray(np.log(np.array(crude)))


# --- likelihood -------------------------------------------------------------------------------------------------------


class _Likelihood:
    """Log-likelihood and gradient over log intensities and the free coefficients of scaled covariates."""

    def __init__(self, panel: _Panel, transitions: Ints, n_states: int, free: npt.NDArray[np.bool_]) -> None:
        self.panel, self.transitions, self.n_states, self.free = panel, transitions, n_states, free
        self.absorbing = ~np.isin(np.arange(n_states), transitions[:, 0])

    def rates(self, parameters: Floats) -> Floats:
        """Intensities of every transition for every pattern of covariates, (n_patterns, n_transitions)."""
        a = self.transitions.shape[0]
        beta = np.zeros(self.free.shape)
        beta[self.free] = parameters[a:]
        exponent = parameters[:a] + self.panel.covariates @ beta
        return np.asarray(np.exp(np.clip(exponent, -40.0, 40.0)))

    def generators(self, rates: Floats) -> Floats:
        """(n_patterns, S, S)"""
        q = np.zeros((rates.shape[0], self.n_states, self.n_states))
        q[:, self.transitions[:, 0], self.transitions[:, 1]] = rates
        q[:, np.arange(self.n_states), np.arange(self.n_states)] = -q.sum(axis=2)
        return q

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        """Log-likelihood and its gradient."""
        rates = self.rates(parameters)
        q = self.generators(rates)
        n = self.panel.length.size
        density, slope = np.empty(n), np.empty((n, self.transitions.shape[0]))
        known = self.panel.known
        if known.any():
            density[known], slope[known] = self._known_paths(np.flatnonzero(known), q, rates)
        if not known.all():
            values, vectors = np.linalg.eig(q)
            with np.errstate(all="ignore"):
                good = np.linalg.cond(vectors) < _CONDITION
            for some, kernel in ((good, self._by_eigenvalues), (~good, self._by_exponential)):
                here = np.flatnonzero(~known & some[self.panel.pattern])
                if here.size:
                    density[here], slope[here] = kernel(here, q, rates, values, vectors)
        return self._sum(density, slope)

    def _sum(self, density: Floats, slope: Floats) -> tuple[float, Floats]:
        """Sum of logarithms and of relative slopes, spread over the parameters."""
        safe = np.maximum(density, 1e-300)
        value = float(np.where(density > 1e-300, np.log(safe), _LOG_ZERO).sum())
        relative = slope / safe[:, None]
        by_pattern = np.zeros((self.panel.covariates.shape[0], slope.shape[1]))
        np.add.at(by_pattern, self.panel.pattern, relative)
        of_beta = self.panel.covariates.T @ by_pattern
        return value, np.concatenate([by_pattern.sum(axis=0), of_beta[self.free]])

    def _ends(self, here: Ints, right: Floats, q: Floats) -> Floats:
        """Columns that the end of each interval picks out of `right` (n_here, S, S), (n_here, S)."""
        end, pattern = self.panel.end[here], self.panel.pattern[here]
        column = np.take_along_axis(right, np.maximum(end, 0)[:, None, None], axis=2)[:, :, 0]
        exact = self.panel.exact[here]
        if exact.any():
            entering = q[pattern[exact], :, end[exact]].copy()
            entering[np.arange(entering.shape[0]), end[exact]] = 0.0
            column[exact] = np.einsum("ikl,il->ik", right[exact], entering)
        unknown = end < 0
        if unknown.any():
            column[unknown] = right[unknown][:, :, ~self.absorbing].sum(axis=2)
        return np.asarray(column)

    def _by_eigenvalues(self, here: Ints, q: Floats, rates: Floats, values: Any, vectors: Any) -> tuple[Floats, Floats]:
        """``P = V exp(L t) V^-1`` and ``dP = V ((V^-1 dQ V) o F) V^-1``, F the divided differences of exp(L t)."""
        pattern, start, t = self.panel.pattern[here], self.panel.start[here], self.panel.length[here]
        inverse = np.linalg.inv(np.where(np.isfinite(vectors), vectors, 0.0)[pattern])
        v, lam = vectors[pattern], values[pattern]
        row = np.take_along_axis(v, start[:, None, None], axis=1)[:, 0, :]
        column = self._ends(here, inverse, q)
        grown = np.exp(lam * t[:, None])
        density = np.real((row * grown * column).sum(axis=1))
        divided = _divided_differences(lam, t)
        weighted = row[:, :, None] * divided * column[:, None, :]
        slope = np.empty((here.size, rates.shape[1]))
        along = np.real(np.einsum("ik,ikl->il", row * grown, inverse))  # the row of P itself
        for a, (r, s) in enumerate(self.transitions):
            change = np.einsum("ikl,ik,il->i", weighted, inverse[:, :, r], v[:, s, :] - v[:, r, :])
            slope[:, a] = rates[pattern, a] * np.real(change)
            entered = self.panel.exact[here] & (self.panel.end[here] == s)
            slope[entered, a] += rates[pattern[entered], a] * along[entered, r]
        return density, slope

    def _by_exponential(self, here: Ints, q: Floats, rates: Floats, values: Any, vectors: Any) -> tuple[Floats, Floats]:
        """The same through matrix exponentials: dP stands beside P in that of a larger matrix."""
        s_all, pattern = self.n_states, self.panel.pattern[here]
        start, t = self.panel.start[here], self.panel.length[here]
        pick = np.arange(here.size)
        slope = np.empty((here.size, rates.shape[1]))
        density = np.empty(here.size)
        for a, (r, s) in enumerate(self.transitions):
            block = np.zeros((here.size, 2 * s_all, 2 * s_all))
            block[:, :s_all, :s_all] = block[:, s_all:, s_all:] = q[pattern]
            block[:, r, s_all + s] = rates[pattern, a]
            block[:, r, s_all + r] = -rates[pattern, a]
            grown = expm(block * t[:, None, None])
            p, change = grown[:, :s_all, :s_all], grown[:, :s_all, s_all:]
            density = self._ends(here, p, q)[pick, start]
            slope[:, a] = self._ends(here, change, q)[pick, start]
            entered = self.panel.exact[here] & (self.panel.end[here] == s)
            slope[entered, a] += rates[pattern[entered], a] * p[entered, start[entered], r]
        return density, slope

    def _known_paths(self, here: Ints, q: Floats, rates: Floats) -> tuple[Floats, Floats]:
        """Nothing happens within an interval: ``exp(q_rr t)``, times ``q_rs`` at its end."""
        pattern, start, end = self.panel.pattern[here], self.panel.start[here], self.panel.end[here]
        t = self.panel.length[here]
        staying = np.exp(q[pattern, start, start] * t)
        moved = (end >= 0) & (end != start)
        density = np.where(moved, staying * q[pattern, start, np.maximum(end, 0)], staying)
        slope = np.empty((here.size, rates.shape[1]))
        for a, (r, s) in enumerate(self.transitions):
            slope[:, a] = density * ((moved & (start == r) & (end == s)) - (start == r) * t * rates[pattern, a])
        return density, slope


def _divided_differences(lam: Any, t: Floats) -> Any:
    """``(exp(l_i t) - exp(l_j t)) / (l_i - l_j)``, ``t exp(l_i t)`` where equal; (n, S, S)."""
    first, second = lam[:, :, None] * t[:, None, None], lam[:, None, :] * t[:, None, None]
    # from the larger exponential downwards nothing overflows
    larger = np.where(np.real(first) >= np.real(second), first, second)
    gap = 2.0 * larger - first - second
    close = np.abs(gap) < 1e-4
    safe = np.where(close, 1.0, gap)
    ratio = np.where(close, 1.0 - gap / 2.0 + gap**2 / 6.0 - gap**3 / 24.0, -np.expm1(-safe) / safe)
    return np.exp(larger) * t[:, None, None] * ratio


# --- maximum ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Top:
    """Where the search ended, in its own parameters."""

    parameters: Floats
    covariance: Floats  # without the flat directions
    flat: Floats  # (n_parameters, n_flat)
    log_likelihood: float
    iterations: int
    status: Status


def _maximise(problem: _Likelihood, first: Floats, max_iterations: int) -> _Top:
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
    problem: _Likelihood,
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
