"""Value of information: what it would be worth to know everything, some parameters, or more of some parameters."""

from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, numbers, scalar
from biomarker.stats.ranks import midranks

__all__ = [
    "InformationValue",
    "SamplingBenefit",
    "evpi",
    "evppi",
    "evsi",
    "evsi_from_summaries",
    "net_benefit_of_sampling",
    "population_value",
]

# A fit with fewer draws a column follows the noise and finds value where there is none
_DRAWS_A_COLUMN = 40


@dataclass(frozen=True, kw_only=True)
class InformationValue:
    """A value of information per decision, in the unit of the net benefit.

    Attributes
    ----------
    value : float
        Not negative.
    std_error : float
        Monte-Carlo error.
    convention : str
        How it was computed.
    """

    value: float
    std_error: float
    convention: str


def evpi(net_benefit: Any) -> InformationValue:
    """Expected value of perfect information: ``E[max_d NB_d] - max_d E[NB_d]``.

    Parameters
    ----------
    net_benefit : (n_draws, n_strategies)

    Notes
    -----
    Valid when the draws represent all parameter uncertainty. It bounds what any research can be worth per decision.
    Its Monte-Carlo estimate is slightly too large where strategies are close (the maximum of noisy means is below).

    References
    ----------
    Raiffa and Schlaifer 1961; Fenwick et al. 2020 (ISPOR), https://doi.org/10.1016/j.jval.2020.01.001

    Examples
    --------
    >>> evpi([[0.0, 2.0], [0.0, -1.0]]).value
    0.5
    """
    nb = _checked(net_benefit)
    return _value(nb, nb, "all draws")


def evppi(net_benefit: Any, parameters: Any) -> InformationValue:
    """Expected value of perfect information on some parameters: ``E[max_d E(NB_d | parameters)] - max_d E[NB_d]``.

    The inner expectation is a regression of the net benefit on the parameters over the draws, on polynomials of the
    parameters' normal scores (of their ranks): of degree 7 for one, of total degree 4 for two or three, 3 for four to
    six, 2 for more parameters, the degree lowered where there are fewer than 40 draws a column.

    Parameters
    ----------
    net_benefit : (n_draws, n_strategies)
    parameters : (n_draws,) or (n_draws, n_parameters)
        The parameters that would be learned. Constant ones are worth nothing.

    Returns
    -------
    InformationValue

    Raises
    ------
    ConfigError
        Shapes differ, or there are too few draws for so many parameters.

    Notes
    -----
    Valid when the net benefit is a smooth function of the parameters. With N draws and a fit of q columns the estimate
    is too large by up to about q / N of the residual spread.

    References
    ----------
    Strong, Oakley and Brennan 2014, https://doi.org/10.1177/0272989X13505910
    """
    nb = _checked(net_benefit)
    basis = _basis(parameters, nb.shape[0], "parameters")
    return _value(nb, _fitted(basis.columns, nb), f"regression on {basis.words}")


def evsi_from_summaries(net_benefit: Any, summaries: Any) -> InformationValue:
    """Expected value of sample information from one simulated study a draw.

    ``E[max_d E(NB_d | data)] - max_d E[NB_d]``, the inner expectation by regression on summaries of the data.

    Parameters
    ----------
    net_benefit : (n_draws, n_strategies)
    summaries : (n_draws,) or (n_draws, n_summaries)
        Of data simulated with each draw's parameters: for example the estimated log hazard ratio and the observed mean
        cost of the planned study.

    Returns
    -------
    InformationValue

    Notes
    -----
    Valid when the summaries are close to sufficient and the posterior mean of the net benefit is a smooth function of
    them; the regression is that of `evppi`.

    References
    ----------
    Strong et al. 2015, https://doi.org/10.1177/0272989X15575286
    """
    nb = _checked(net_benefit)
    basis = _basis(summaries, nb.shape[0], "summaries")
    return _value(nb, _fitted(basis.columns, nb), f"regression of simulated studies on {basis.words}")


def evsi(net_benefit: Any, parameters: Any, *, sample_size: Any, prior_sample_size: Any) -> InformationValue:
    """Expected value of sample information by Gaussian approximation, without simulating studies.

    A study of n subjects leaves the posterior mean with a share ``n / (n + n0)`` of a parameter's prior variance, n0
    being how many subjects the prior is worth. The parameter's normal score z becomes
    ``E(polynomial of z | data)``: with Hermite polynomials of degree k the fitted column shrinks by
    ``(n / (n + n0)) ** (k / 2)``.

    Parameters
    ----------
    net_benefit : (n_draws, n_strategies)
    parameters : (n_draws,) or (n_draws, n_parameters)
    sample_size : float or (n_parameters,)
        Subjects of the planned study that inform each parameter; 0 informs nothing.
    prior_sample_size : float or (n_parameters,)
        Positive. For a beta law the sum of its parameters; for a mean the residual over the prior variance.

    Returns
    -------
    InformationValue
        Between 0 and the EVPPI of the same parameters, which it approaches as the study grows.

    Notes
    -----
    Valid when parameters are independent and close to normal after a monotone transform, and the study informs each by
    its own mean. Otherwise simulate (`evsi_from_summaries`).

    References
    ----------
    Jalal and Alarid-Escudero 2018, https://doi.org/10.1177/0272989X17715627; they shrink any basis linearly, here each
    polynomial shrinks as its conditional expectation does.
    """
    nb = _checked(net_benefit)
    basis = _basis(parameters, nb.shape[0], "parameters")
    n = numbers("sample_size", sample_size, low=0.0)
    prior = numbers("prior_sample_size", prior_sample_size, low=0.0, exclusive="low")
    try:
        share = np.broadcast_to(n / (n + prior), (basis.n_given,))[basis.kept]
    except ValueError as error:
        raise ConfigError(
            f"sample_size {n.shape} and prior_sample_size {prior.shape} do not fit {basis.n_given} parameters"
        ) from error
    weights = np.linalg.lstsq(basis.columns, nb, rcond=None)[0]
    shrink = np.prod(share[None, :] ** (basis.degrees / 2.0), axis=1)
    posterior = (basis.columns * shrink) @ weights
    return _value(nb, posterior, f"Gaussian approximation on {basis.words}")


@dataclass(frozen=True, eq=False, kw_only=True)
class SamplingBenefit:
    """Expected net benefit of sampling over study sizes.

    Attributes
    ----------
    sample_size, population_evsi, study_cost, net_benefit : (n_sizes,)
    best : float
        Size with the highest net benefit; 0 where no size is worth its cost.
    """

    sample_size: Floats
    population_evsi: Floats
    study_cost: Floats
    net_benefit: Floats
    best: float


def net_benefit_of_sampling(
    sample_size: Any, *, evsi_per_decision: Any, population: float, fixed_cost: float, cost_per_subject: float
) -> SamplingBenefit:
    """Expected net benefit of sampling: ``ENBS(n) = population * EVSI(n) - (fixed_cost + n * cost_per_subject)``.

    Parameters
    ----------
    sample_size, evsi_per_decision : (n_sizes,)
    population : float
        Decisions that the study would inform, discounted: see `population_value`.
    fixed_cost, cost_per_subject : float

    Notes
    -----
    Valid when the study delays nothing and its subjects are few beside the population.

    References
    ----------
    Willan and Pinto 2005, https://doi.org/10.1002/sim.2069
    """
    n, value = numbers("sample_size", sample_size, low=0.0, ndim=1), numbers("evsi_per_decision", evsi_per_decision)
    if n.shape != value.shape or n.size == 0:
        raise ConfigError(f"sample_size {n.shape} and evsi_per_decision {value.shape} differ, expected one shape")
    cost = scalar("fixed_cost", fixed_cost, low=0.0) + n * scalar("cost_per_subject", cost_per_subject, low=0.0)
    total = scalar("population", population, low=0.0) * value
    net = total - cost
    best = float(n[net.argmax()]) if net.max() > 0 else 0.0
    return SamplingBenefit(sample_size=n, population_evsi=total, study_cost=cost, net_benefit=net, best=best)


def population_value(
    per_decision: float, *, incidence: float, years: int, discount: float, prevalent: float = 0.0
) -> float:
    """A value times everybody whom the decision will touch: ``v (prevalent + sum_t incidence (1 + r)^-t)``.

    Parameters
    ----------
    per_decision : float
    incidence : float
        New patients a year, met at the start of each of the years 0, ..., `years` - 1.
    years : int
        How long the decision stays open.
    discount : float
        Per year.
    prevalent : float
        Patients who are there at the start.

    Examples
    --------
    >>> population_value(10.0, incidence=100, years=2, discount=0.0)
    2000.0
    """
    horizon = int(scalar("years", years, low=0.0))
    factors = (1.0 + scalar("discount", discount, low=-1.0, exclusive="low")) ** -np.arange(horizon)
    people = scalar("prevalent", prevalent, low=0.0) + scalar("incidence", incidence, low=0.0) * factors.sum()
    return float(scalar("per_decision", per_decision) * people)


# --- regression on the draws ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class _Basis:
    """Hermite polynomials of the normal scores of parameters, orthonormal under independent normal laws."""

    columns: Floats  # (n_draws, n_columns)
    degrees: npt.NDArray[np.int64]  # (n_columns, n_kept): degree in each parameter that varies
    kept: npt.NDArray[np.bool_]  # (n_given,): parameters that vary
    n_given: int
    words: str


def _checked(net_benefit: Any) -> Floats:
    nb = numbers("net_benefit", net_benefit, ndim=2)
    if nb.shape[0] < 2 or nb.shape[1] < 1:
        raise ConfigError(f"net_benefit has shape {nb.shape}, expected at least 2 draws and 1 strategy")
    return nb


def _value(nb: Floats, fitted: Floats, convention: str) -> InformationValue:
    """Mean and Monte-Carlo error of ``max_d fitted - fitted of the best on average``.

    The error is that of the realised net benefit of the better informed choice: what a regression leaves out is part of
    it.
    """
    adopted = int(nb.mean(axis=0).argmax())
    value = float((fitted.max(axis=1) - fitted[:, adopted]).mean())
    chosen = np.take_along_axis(nb, fitted.argmax(axis=1)[:, None], axis=1)[:, 0]
    error = float((chosen - nb[:, adopted]).std(ddof=1) / np.sqrt(nb.shape[0]))
    return InformationValue(value=value, std_error=error, convention=convention)


def _fitted(columns: Floats, nb: Floats) -> Floats:
    """Least-squares fit of every strategy's net benefit."""
    return np.asarray(columns @ np.linalg.lstsq(columns, nb, rcond=None)[0])


def _basis(parameters: Any, n_draws: int, name: str) -> _Basis:
    """The basis of a set of parameters, its degree as high as the number of draws carries."""
    x = numbers(name, parameters, ndim=(1, 2))
    x = x[:, None] if x.ndim == 1 else x
    if x.shape[0] != n_draws:
        raise ConfigError(f"{name} holds {x.shape[0]} draws, expected {n_draws} (net_benefit)")
    kept = np.ptp(x, axis=0) > 0
    q = int(kept.sum())
    degree = 0 if q == 0 else 7 if q == 1 else 4 if q <= 3 else 3 if q <= 6 else 2
    while comb(q + degree, degree) * _DRAWS_A_COLUMN > n_draws and degree > 0:
        degree -= 1
    if degree == 0 and q > 0:
        raise ConfigError(
            f"{name} holds {q} that vary and {n_draws} draws, expected at least {(q + 1) * _DRAWS_A_COLUMN} draws",
            "Draw more, or ask for fewer parameters at once.",
        )
    chosen = [c for d in range(degree + 1) for c in combinations_with_replacement(range(q), d)]
    degrees = np.array([np.bincount(np.array(c, dtype=np.int64), minlength=q) for c in chosen], dtype=np.int64).reshape(
        len(chosen), q
    )
    scores = special.ndtri((midranks(x[:, kept]) - 0.5) / n_draws)
    powers = np.empty((degree + 1, *scores.shape))
    powers[0] = 1.0
    for k in range(degree):  # normalised: He_{k+1} = (z He_k - sqrt(k) He_{k-1}) / sqrt(k + 1)
        before = np.sqrt(k) * powers[k - 1] if k else 0.0
        powers[k + 1] = (scores * powers[k] - before) / np.sqrt(k + 1.0)
    columns = np.ones((n_draws, degrees.shape[0]))
    for j in range(q):
        columns *= powers[degrees[:, j], :, j].T
    words = f"polynomials of degree {degree} in the normal scores of {q} parameters"
    return _Basis(columns=columns, degrees=degrees, kept=kept, n_given=x.shape[1], words=words)
