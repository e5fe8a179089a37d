"""The statistic that a test of one marker is expected to show, given everything but the outcome's own chance.

The model of the analyst is fitted to the *expected* data (probabilities in place of responses, expected numbers at risk
and of events in place of times). What the analyst's model leaves out, other markers above all, is therefore counted:
it pulls log odds and log hazard ratios towards zero, and a formula of the kind ``effect * sqrt(information)`` alone
would promise too much.

Valid when the number of subjects or events is large against the number of covariates: it is the statistic's expectation
to first order. With 400 subjects and nine columns of covariates the mean over 200 trials was within 0.09 of it for
every single marker and every pair of the simulated trial. The statistic's spread about it is below 1 where effects are
strong (0.5 to 0.95 there).

References
----------
White (1982), Econometrica 50:1, doi:10.2307/1912526 (parameter of a misspecified model).
Struthers & Kalbfleisch (1986), Biometrika 73:363, doi:10.1093/biomet/73.2.363 (the same for Cox's model).
"""

from dataclasses import dataclass

import numpy as np

from biomarker.errors import NumericalError

__all__ = ["ExpectedSurvival", "binary_statistic", "continuous_statistic", "log_hazard_ratio", "survival_statistic"]

STEPS = 30
TOLERANCE = 1e-9
HINT = "Lower simulate.noncentrality or raise simulate.subjects."


@dataclass(frozen=True)
class ExpectedSurvival:
    """A survival endpoint in expectation, on a grid of times.

    Attributes
    ----------
    at_risk : ndarray (n_subjects, n_times)
        Probability that the subject is still followed without event.
    events : ndarray (n_subjects, n_times)
        Expected number of events of the subject in the interval.
    """

    at_risk: np.ndarray
    events: np.ndarray

    def take(self, rows: np.ndarray) -> "ExpectedSurvival":
        """The same for some of the subjects."""
        return ExpectedSurvival(self.at_risk[rows], self.events[rows])


def continuous_statistic(mean: np.ndarray, noise: float, column: np.ndarray, nuisance: np.ndarray) -> float:
    """Expected t statistic of a column in a linear model.

    ``x_r' mean / (s * |x_r|)`` with ``x_r`` the column given the nuisance columns and ``s^2`` the expected residual
    variance, which holds the noise and what the model leaves out of the mean.

    Parameters
    ----------
    mean : ndarray (n_subjects,)
        True expectation of each subject's outcome.
    noise : float
        Standard deviation of the outcome about its expectation.
    column : ndarray (n_subjects,)
    nuisance : ndarray (n_subjects, n_columns)
        Includes the intercept; may be rank deficient.

    Returns
    -------
    float
    """
    both = np.column_stack([nuisance, column])
    residual = column - _project(nuisance, column)
    dof = len(mean) - np.linalg.matrix_rank(both)
    variance = noise**2 + np.sum((mean - _project(both, mean)) ** 2) / dof
    return float(residual @ mean / np.sqrt(variance * (residual @ residual)))


def binary_statistic(probability: np.ndarray, column: np.ndarray, nuisance: np.ndarray) -> float:
    """Expected score statistic of a column in a logistic model: ``U / sqrt(efficient information)``.

    Parameters
    ----------
    probability : ndarray (n_subjects,)
        True probability of the event.
    column : ndarray (n_subjects,)
    nuisance : ndarray (n_subjects, n_columns)
        Includes the intercept; may be rank deficient.

    Returns
    -------
    float

    Raises
    ------
    biomarker.errors.NumericalError
        The null model has no finite fit.
    """
    fitted = _logistic_fit(probability, nuisance)
    weight = fitted * (1 - fitted)
    root = np.sqrt(weight)
    residual = root * column
    residual = residual - _project(root[:, None] * nuisance, residual)
    score = (residual / root) @ (probability - fitted)
    return float(score / np.sqrt(residual @ residual))


def survival_statistic(survival: ExpectedSurvival, column: np.ndarray, nuisance: np.ndarray) -> float:
    """Expected score statistic of a column in Cox's model, as `binary_statistic` for a logistic one.

    Parameters
    ----------
    survival : ExpectedSurvival
    column : ndarray (n_subjects,)
    nuisance : ndarray (n_subjects, n_columns)
        Without intercept; may be rank deficient.

    Returns
    -------
    float

    Raises
    ------
    biomarker.errors.NumericalError
        The null model has no finite fit.
    """
    coefficient = _cox_fit(survival, nuisance)
    both = np.column_stack([nuisance, column])
    score, information = _cox_score(survival, both, np.append(coefficient, 0.0))
    cross = information[:-1, -1]
    efficient = information[-1, -1] - cross @ np.linalg.pinv(information[:-1, :-1], hermitian=True) @ cross
    return float(score[-1] / np.sqrt(efficient))


def log_hazard_ratio(survival: ExpectedSurvival, column: np.ndarray) -> float:
    """Log hazard ratio that Cox's model with this column alone estimates.

    Parameters
    ----------
    survival : ExpectedSurvival
    column : ndarray (n_subjects,)

    Returns
    -------
    float
    """
    return float(_cox_fit(survival, column[:, None].astype(float))[0])


def _project(design: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least-squares fit of ``values`` (n,) on ``design`` (n, q) of any rank."""
    return design @ np.linalg.lstsq(design, values, rcond=None)[0]


def _logistic_fit(probability: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Fitted probabilities (n,) of the logistic model nearest to ``probability``, by Newton's method."""
    coefficient = np.zeros(design.shape[1])
    for _ in range(STEPS):
        fitted = 1 / (1 + np.exp(-(design @ coefficient)))
        information = design.T @ ((fitted * (1 - fitted))[:, None] * design)
        step = np.linalg.pinv(information, hermitian=True) @ (design.T @ (probability - fitted))
        coefficient = coefficient + step
        if np.max(np.abs(step)) < TOLERANCE:
            return 1 / (1 + np.exp(-(design @ coefficient)))
    raise NumericalError(
        "a simulated binary endpoint can be predicted without error: too strong effects for so few events", HINT
    )


def _cox_fit(survival: ExpectedSurvival, design: np.ndarray) -> np.ndarray:
    """Coefficients (n_columns,) of Cox's model nearest to the expected data, by Newton's method."""
    coefficient = np.zeros(design.shape[1])
    for _ in range(STEPS):
        score, information = _cox_score(survival, design, coefficient)
        step = np.linalg.pinv(information, hermitian=True) @ score
        coefficient = coefficient + step
        if np.max(np.abs(step)) < TOLERANCE:
            return coefficient
    raise NumericalError(
        "a simulated survival endpoint can be ordered without error: too strong effects for so few events", HINT
    )


def _cox_score(
    survival: ExpectedSurvival, design: np.ndarray, coefficient: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Score (q,) and information (q, q) of the partial likelihood of the expected data."""
    weight = np.exp(design @ coefficient)
    total = weight @ survival.at_risk
    events = survival.events.sum(axis=0)
    mean = (design * weight[:, None]).T @ survival.at_risk / total
    score = design.T @ survival.events.sum(axis=1) - mean @ events
    exposure = weight * (survival.at_risk @ (events / total))
    information = design.T @ (exposure[:, None] * design) - (mean * events) @ mean.T
    return score, information
