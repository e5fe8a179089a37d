"""Endpoints with effects of stated strength: find the coefficients, then draw what happens.

Coefficients are found on the first `SOLVED_ON` subjects, for the share of the strength that falls to them: statistics
grow with the square root of the number of subjects.

The three endpoints share the chance of the course of disease (a Gaussian copula of their residuals), but no marker:
a marker acts on its own endpoint only and is null for the others, given the covariates.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from scipy import optimize, special

from biomarker import rng
from biomarker.errors import NumericalError
from biomarker.simulate import expectation
from biomarker.simulate.markers import Marker, tested_column
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.subjects import DAYS_PER_MONTH, ENROLMENT_DAYS, Subjects, covariates

__all__ = [
    "Availability",
    "Law",
    "Outcomes",
    "draw_availability",
    "draw_outcomes",
    "endpoint_law",
    "expected_statistic",
]

SOLVED_ON = 4000
# Effect of age (per decade), of each step of stage and of performance status, on the endpoint's own scale.
AGE_EFFECT = {"response": -0.05, "pfs": 0.06, "shrinkage": 0.8}
STAGE_EFFECT = {"response": -0.15, "pfs": 0.15, "shrinkage": 1.5}
ECOG_EFFECT = {"response": -0.35, "pfs": 0.30, "shrinkage": 4.0}
RESIDUAL_CORRELATION = np.array([[1.0, 0.5, 0.9], [0.5, 1.0, 0.5], [0.9, 0.5, 1.0]])  # response, pfs, tumour change
TUMOUR_CHANGE_PLACEBO = -15.0
TUMOUR_CHANGE_NOISE = 15.0
WEIBULL_SHAPE = 1.2
SHORTEST_FOLLOW_UP_DAYS = 240  # the last one randomised, until the data cut-off
MONTHS_TO_DROP_OUT = 60.0
GRID_TIMES = 80
TUMOUR_CHANGE_MISSING = 0.02  # beside those who are not evaluable
PROGRESSION_CHANGE = 20.0
COMPLETE_RESPONSE_SHARE = 0.15


@dataclass(frozen=True)
class Availability:
    """What is known of each subject whatever happens: follow-up, and which endpoints get written down."""

    follow_up_months: np.ndarray
    evaluable: np.ndarray
    tumour_measured: np.ndarray

    def of(self, endpoint: str) -> np.ndarray:
        """Subjects (n_subjects,) of whom this endpoint is written down."""
        everybody = np.ones(len(self.evaluable), dtype=bool)
        return {"response": self.evaluable, "pfs": everybody, "shrinkage": self.tumour_measured}[endpoint]

    def take(self, rows: slice) -> "Availability":
        """The same of some subjects."""
        return Availability(*(getattr(self, one.name)[rows] for one in fields(self)))


@dataclass(frozen=True)
class Law:
    """True law of one endpoint.

    Attributes
    ----------
    endpoint : str
    level : float
        Intercept: log odds of response, log scale of the baseline hazard, or percent change.
    treatment : float
        Coefficient of the drug arm given everything else.
    coefficients : tuple of float
        Of the endpoint's markers, per unit of what acts.
    predictor : ndarray (n_subjects,)
        Linear predictor.
    times : float
        What statistics of these subjects are multiplied by to be those of the whole trial.
    """

    endpoint: str
    level: float
    treatment: float
    coefficients: tuple[float, ...]
    predictor: np.ndarray
    times: float = 1.0


@dataclass(frozen=True)
class Outcomes:
    """What happened to each subject; ``tumour_change`` is complete, `Availability` says where it is written down."""

    response: np.ndarray
    best_response: np.ndarray
    pfs_months: np.ndarray
    pfs_event: np.ndarray
    tumour_change: np.ndarray


def draw_availability(subjects: Subjects, settings: TrialSettings, *, seed: int) -> Availability:
    """Follow-up to the common data cut-off, and endpoints missing at random.

    Parameters
    ----------
    subjects : Subjects
    settings : TrialSettings
    seed : int

    Returns
    -------
    Availability
    """
    generator = rng.stream(seed, "simulate", "availability")
    n_subjects = len(subjects)
    evaluable = np.ones(n_subjects, dtype=bool)
    evaluable[generator.permutation(n_subjects)[: round(settings.not_evaluable * n_subjects)]] = False
    return Availability(
        follow_up_months=(ENROLMENT_DAYS + SHORTEST_FOLLOW_UP_DAYS - subjects.day) / DAYS_PER_MONTH,
        evaluable=evaluable,
        tumour_measured=evaluable & (generator.random(n_subjects) >= TUMOUR_CHANGE_MISSING),
    )


def endpoint_law(
    endpoint: str,
    markers: tuple[Marker, ...],
    subjects: Subjects,
    availability: Availability,
    settings: TrialSettings,
) -> Law:
    """Coefficients that give each marker's test its non-centrality and the trial its overall effect.

    Starts from the information of the test, ``b = z / sqrt(n v)`` with ``v`` the variance of one subject's score
    (``p (1 - p)``; events / n; 1 / noise^2; a quarter of it for what acts x (arm - 1/2)), and then solves
    `expected_statistic` = asked for all markers at once together with the overall treatment effect, because omitted
    markers attenuate one another.

    Parameters
    ----------
    endpoint : str
    markers : tuple of Marker
        Those of this endpoint.
    subjects : Subjects
    availability : Availability
    settings : TrialSettings

    Returns
    -------
    Law

    Raises
    ------
    biomarker.errors.NumericalError
        No coefficients give what is asked.
    """
    first = slice(0, SOLVED_ON)
    some, known = subjects.take(first), availability.take(first)
    theirs = tuple(marker.take(first) for marker in markers)
    times = math.sqrt(len(subjects) / len(some))
    start, overall = _START[endpoint](settings)
    unit = np.array([_effect_unit(endpoint, marker, settings) for marker in markers])
    target = np.array([marker.sign * marker.plant.asked(settings) for marker in markers])
    tested = [marker.strength_column(marker.clean) for marker in theirs]
    scale = np.concatenate([np.ones(2), unit])

    def law_of(free: np.ndarray, subjects: Subjects, markers: tuple[Marker, ...]) -> Law:
        theta = np.concatenate([start, np.zeros(len(markers))]) + free * scale
        predictor = _predictor(endpoint, theta, subjects, markers)
        return Law(endpoint, theta[0], theta[1], tuple(map(float, theta[2:])), predictor, times)

    def distance(free: np.ndarray) -> np.ndarray:
        law = law_of(free, some, theirs)
        reached = [
            expected_statistic(law, column, marker.plant.role, some, known)
            for column, marker in zip(tested, theirs, strict=True)
        ]
        return np.concatenate([overall(law, theirs, some, known), np.array(reached) - target])

    found = optimize.root(distance, np.concatenate([np.zeros(2), target]), method="hybr", options={"xtol": 1e-6})
    if not found.success or np.max(np.abs(found.fun)) > 1e-3:
        raise NumericalError(
            f"no effects on {endpoint} give the non-centrality and treatment effect that are asked",
            "Lower simulate.noncentrality or raise simulate.subjects.",
        )
    return law_of(found.x, subjects, markers)


def expected_statistic(
    law: Law,
    measured: np.ndarray,
    contrast: str,
    subjects: Subjects,
    availability: Availability,
    *,
    design: np.ndarray | None = None,
) -> float:
    """Statistic that the analyst's test of one feature is expected to show: its non-centrality, with sign.

    Parameters
    ----------
    law : Law
    measured : ndarray (n_subjects,)
        The feature; NaN where missing: those subjects are left out.
    contrast : str
        ``prognostic`` or ``predictive``.
    subjects : Subjects
    availability : Availability
    design : ndarray (n_subjects, n_columns), optional
        Covariates in place of those of `biomarker.simulate.subjects.covariates`; NaN leaves a subject out.

    Returns
    -------
    float
        Score statistic (binary, survival) or t statistic (continuous), adjusted for the covariates.
    """
    design = covariates(subjects) if design is None else design
    rows = np.isfinite(measured) & availability.of(law.endpoint) & np.isfinite(design).all(axis=1)
    column, nuisance = tested_column(measured, design, contrast, rows)
    predictor = law.predictor[: len(subjects)][rows]
    if law.endpoint == "response":
        found = expectation.binary_statistic(special.expit(predictor), column, nuisance)
    elif law.endpoint == "pfs":
        survival = _expected_survival(predictor, availability.follow_up_months[rows])
        found = expectation.survival_statistic(survival, column, nuisance[:, 1:])
    else:
        found = expectation.continuous_statistic(predictor, TUMOUR_CHANGE_NOISE, column, nuisance)
    return law.times * found


def _predictor(endpoint: str, theta: np.ndarray, subjects: Subjects, markers: tuple[Marker, ...]) -> np.ndarray:
    """Linear predictor (n_subjects,) of intercept, arm and the markers' coefficients."""
    predictor = (
        AGE_EFFECT[endpoint] * (subjects.age - 60.0) / 10.0
        + STAGE_EFFECT[endpoint] * subjects.stage
        + ECOG_EFFECT[endpoint] * subjects.ecog
        + theta[0]
        + theta[1] * subjects.drug
    )
    for coefficient, marker in zip(theta[2:], markers, strict=True):
        predictor = predictor + coefficient * marker.effect_column(subjects.drug)
    return predictor


def draw_outcomes(laws: dict[str, Law], availability: Availability, *, seed: int) -> Outcomes:
    """Draw the three endpoints of every subject.

    Parameters
    ----------
    laws : dict of str to Law
    availability : Availability
    seed : int

    Returns
    -------
    Outcomes
    """
    generator = rng.stream(seed, "simulate", "outcomes")
    n_subjects = len(availability.evaluable)
    course = generator.standard_normal((n_subjects, 3)) @ np.linalg.cholesky(RESIDUAL_CORRELATION).T
    dropped = generator.exponential(MONTHS_TO_DROP_OUT, size=n_subjects)

    response = special.ndtr(course[:, 0]) < special.expit(laws["response"].predictor)
    hazard_used = -special.log_ndtr(course[:, 1])  # unit exponential, large for a good course
    progressed = (hazard_used * np.exp(-laws["pfs"].predictor)) ** (1 / WEIBULL_SHAPE)
    left = np.minimum(dropped, availability.follow_up_months)
    change = np.maximum(laws["shrinkage"].predictor + TUMOUR_CHANGE_NOISE * course[:, 2], -100.0).round(1)
    return Outcomes(
        response=response,
        best_response=_best_response(response, change, progressed <= left, availability),
        pfs_months=np.maximum(np.minimum(progressed, left), 0.03).round(2),
        pfs_event=progressed <= left,
        tumour_change=change,
    )


def _best_response(
    response: np.ndarray, change: np.ndarray, progressed: np.ndarray, availability: Availability
) -> np.ndarray:
    """RECIST category (n_subjects,): the responders whose tumours shrank most are CR, growth with progression PD."""
    complete = response & (change <= np.quantile(change[response], COMPLETE_RESPONSE_SHARE))
    progressive = ~response & progressed & (change >= PROGRESSION_CHANGE)
    category = np.select([complete, response, progressive], ["CR", "PR", "PD"], "SD")
    return np.where(availability.evaluable, category, "NE")


def _expected_survival(predictor: np.ndarray, follow_up: np.ndarray) -> expectation.ExpectedSurvival:
    """Expected numbers at risk and of events on a grid of times, under drop-out and the data cut-off."""
    edges = np.linspace(0.0, follow_up.max(), GRID_TIMES + 1)
    middle = (edges[:-1] + edges[1:]) / 2
    rate = np.exp(predictor)[:, None]
    followed = np.exp(-middle / MONTHS_TO_DROP_OUT) * (follow_up[:, None] > middle)
    survivors = np.exp(-rate * edges**WEIBULL_SHAPE)
    return expectation.ExpectedSurvival(
        at_risk=np.exp(-rate * middle**WEIBULL_SHAPE) * followed,
        events=(survivors[:, :-1] - survivors[:, 1:]) * followed,
    )


def _effect_unit(endpoint: str, marker: Marker, settings: TrialSettings) -> float:
    """First guess of the coefficient per unit of non-centrality, from the information of the test."""
    rate = (settings.response_placebo + settings.response_drug) / 2
    one_subject = {
        "response": rate * (1 - rate),
        "pfs": settings.events,
        "shrinkage": 1 / TUMOUR_CHANGE_NOISE**2,
    }[endpoint]
    times = 2.0 if marker.plant.role == "predictive" else 1.0
    return times / (marker.acting.std() * math.sqrt(settings.subjects * one_subject))


Overall = Callable[[Law, tuple[Marker, ...], Subjects, Availability], list[float]]


def _response_start(settings: TrialSettings) -> tuple[np.ndarray, Overall]:
    """First intercept and arm effect; distance from the asked shares of responders, in standard errors."""
    placebo, drug = settings.response_placebo, settings.response_drug

    def overall(law: Law, _: tuple[Marker, ...], subjects: Subjects, availability: Availability) -> list[float]:
        share = special.expit(law.predictor)
        error = math.sqrt(settings.subjects) / 2
        return [
            error * (share[~subjects.drug].mean() - placebo),
            error * (share[subjects.drug].mean() - drug),
        ]

    return np.array([special.logit(placebo), special.logit(drug) - special.logit(placebo)]), overall


def _pfs_start(settings: TrialSettings) -> tuple[np.ndarray, Overall]:
    """First log scale and log hazard ratio; distance from the asked share of events and hazard ratio."""
    target = math.log(settings.hazard_ratio)

    def overall(law: Law, _: tuple[Marker, ...], subjects: Subjects, availability: Availability) -> list[float]:
        survival = _expected_survival(law.predictor, availability.follow_up_months)
        error = math.sqrt(settings.subjects)
        return [
            error * (survival.events.sum() / len(subjects) - settings.events),
            error * (expectation.log_hazard_ratio(survival, subjects.drug) - target),
        ]

    return np.array([-3.0, target]), overall


def _shrinkage_start(settings: TrialSettings) -> tuple[np.ndarray, Overall]:
    """First mean and difference; distance from the asked mean on placebo and difference outside the planted subgroup.

    Where the subgroup acts through ``(s - mean s) (arm - 1/2)``, the difference outside it is the arm's coefficient
    less the subgroup's times ``mean s``.
    """

    def overall(law: Law, markers: tuple[Marker, ...], subjects: Subjects, _: Availability) -> list[float]:
        error = math.sqrt(settings.subjects) / TUMOUR_CHANGE_NOISE
        outside = law.treatment + sum(
            coefficient * marker.acting.min()
            for coefficient, marker in zip(law.coefficients, markers, strict=True)
            if marker.plant.shape == "both_high"
        )
        return [
            error * (law.predictor[~subjects.drug].mean() - TUMOUR_CHANGE_PLACEBO),
            error * (outside - settings.tumour_change_difference),
        ]

    return np.array([TUMOUR_CHANGE_PLACEBO, settings.tumour_change_difference]), overall


_START = {"response": _response_start, "pfs": _pfs_start, "shrinkage": _shrinkage_start}
