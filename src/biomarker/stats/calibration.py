"""Are predicted probabilities right: intercept, slope, Brier score, distance of a smooth curve from the diagonal."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, gammaincc, logit, ndtr, ndtri

from biomarker.errors import DataError, NumericalError
from biomarker.stats.auc import auc
from biomarker.stats.checks import Floats, binary, numbers, scalar
from biomarker.stats.estimate import Status
from biomarker.stats.logistic_fit import logistic_fit
from biomarker.stats.lowess import lowess

__all__ = ["Calibration", "calibration", "calibration_in_the_large"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Calibration:
    """How predicted probabilities compare with outcomes.

    Attributes
    ----------
    intercept, slope : float
        Of the logistic regression of the outcome on the logit of the prediction; 0 and 1 where all is well. A slope
        below 1 means predictions too extreme. NaN where the outcome is told apart perfectly.
    intercept_std_error, slope_std_error : float
    in_the_large, in_the_large_std_error : float
        Intercept with the slope held at 1.
    observed_over_expected : float
    observed_over_expected_low, observed_over_expected_high : float
        Limits on the log scale.
    auc : float
    brier : float
        Mean squared error; `brier_scaled` is ``1 - brier / (mean (1 - mean))``.
    brier_scaled : float
    spiegelhalter_z, spiegelhalter_p : float
    r_squared : float
        Nagelkerke's, of the predictions as they are.
    discrimination, unreliability, quality : float
        D, U and Q = D - U of Harrell, with chi-squared statistics and p-values.
    discrimination_chi2, unreliability_chi2, unreliability_p : float
    curve_x, curve_y : (n_subjects,)
        Lowess line of the outcome over the prediction, by ascending prediction.
    e_max, e_90, e_mean : float
        Largest, 90th centile and mean distance of that line from the diagonal, over subjects.
    n, n_events : int
    convention : str
    """

    intercept: float
    slope: float
    intercept_std_error: float
    slope_std_error: float
    in_the_large: float
    in_the_large_std_error: float
    observed_over_expected: float
    observed_over_expected_low: float
    observed_over_expected_high: float
    auc: float
    brier: float
    brier_scaled: float
    spiegelhalter_z: float
    spiegelhalter_p: float
    r_squared: float
    discrimination: float
    discrimination_chi2: float
    unreliability: float
    unreliability_chi2: float
    unreliability_p: float
    quality: float
    curve_x: Floats
    curve_y: Floats
    e_max: float
    e_90: float
    e_mean: float
    n: int
    n_events: int
    convention: str


def calibration(probability: Any, outcome: Any, *, level: float = 0.95) -> Calibration:
    """Compare predicted probabilities with 0/1 outcomes.

    ``logit P(y = 1) = a + b logit p``. With l(p) the log-likelihood of the predictions as they are, l0 that of the mean
    and l1 that of the recalibrated ones: ``D = (2 (l(p) - l0) - 1) / n``, ``U = (2 (l1 - l(p)) - 2) / n``.
    Spiegelhalter: ``z = sum (y - p)(1 - 2p) / sqrt(sum (1 - 2p)^2 p (1 - p))``.

    Parameters
    ----------
    probability : (n_subjects,)
        Strictly between 0 and 1.
    outcome : (n_subjects,)
        1 with the event, 0 without.
    level : float
        Of the limits of observed over expected.

    Returns
    -------
    Calibration

    Raises
    ------
    DataError
        A probability not strictly between 0 and 1, an outcome neither 0 nor 1, or only one of them.

    Notes
    -----
    Host only. Valid for predictions that were made without these outcomes: in the data that fitted a model intercept
    and slope are 0 and 1 whatever its worth. About 100 events and 100 non-events are needed to judge a curve.

    References
    ----------
    Cox 1958, https://doi.org/10.1093/biomet/45.3-4.562; Spiegelhalter 1986, https://doi.org/10.1002/sim.4780050506;
    Van Calster et al. 2019, https://doi.org/10.1186/s12916-019-1466-7; Harrell 2015, Regression Modeling Strategies,
    section 10.9

    Examples
    --------
    >>> found = calibration([0.2, 0.3, 0.6, 0.7], [0, 1, 0, 1])
    >>> round(found.brier, 3), round(found.observed_over_expected, 3)
    (0.245, 1.111)
    """
    p = numbers("probability", probability, low=0.0, high=1.0, exclusive="both", ndim=1, error=DataError)
    y = binary("outcome", outcome, n=p.size, both=True).astype(np.float64)
    z = float(ndtri(0.5 + scalar("level", level, low=0.0, high=1.0, exclusive="both") / 2.0))
    n, events = p.size, float(y.sum())
    fit = logistic_fit(np.column_stack([np.ones(n), logit(p)]), y)
    errors = fit.std_error if fit.status == Status.OK else np.full(2, np.nan)
    as_it_is = float((y * np.log(p) + (1 - y) * np.log1p(-p)).sum())
    of_mean = events * np.log(events / n) + (n - events) * np.log1p(-events / n)
    gain, misfit = 2.0 * (as_it_is - of_mean), 2.0 * (fit.log_likelihood - as_it_is)
    brier = float(np.mean((y - p) ** 2))
    spread = float(((1 - 2 * p) ** 2 * p * (1 - p)).sum())
    spiegelhalter = float(((y - p) * (1 - 2 * p)).sum() / np.sqrt(spread)) if spread > 0 else float("nan")
    x, smooth = lowess(p, y)
    distance = np.abs(x - smooth)
    large, large_error = calibration_in_the_large(p, y)
    ratio, width = events / float(p.sum()), z * np.sqrt((1.0 - events / n) / events)
    return Calibration(
        intercept=float(fit.coefficients[0]),
        slope=float(fit.coefficients[1]),
        intercept_std_error=float(errors[0]),
        slope_std_error=float(errors[1]),
        in_the_large=large,
        in_the_large_std_error=large_error,
        observed_over_expected=ratio,
        observed_over_expected_low=ratio * float(np.exp(-width)),
        observed_over_expected_high=ratio * float(np.exp(width)),
        auc=float(auc(p, y).estimate),
        brier=brier,
        brier_scaled=1.0 - brier / (events / n * (1.0 - events / n)),
        spiegelhalter_z=spiegelhalter,
        spiegelhalter_p=float(2.0 * ndtr(-abs(spiegelhalter))),
        r_squared=float((1.0 - np.exp(-gain / n)) / (1.0 - np.exp(2.0 * of_mean / n))),
        discrimination=(gain - 1.0) / n,
        discrimination_chi2=gain,
        unreliability=(misfit - 2.0) / n,
        unreliability_chi2=misfit,
        unreliability_p=float(gammaincc(1.0, max(misfit, 0.0) / 2.0)),
        quality=(gain - 1.0) / n - (misfit - 2.0) / n,
        curve_x=x,
        curve_y=smooth,
        e_max=float(distance.max()),
        e_90=float(np.quantile(distance, 0.9)),
        e_mean=float(distance.mean()),
        n=n,
        n_events=int(events),
        convention="logistic recalibration; lowess of span 2/3 without robustness steps for the curve",
    )


def calibration_in_the_large(probability: Any, outcome: Any) -> tuple[float, float]:
    """Intercept a and its standard error of ``logit P(y = 1) = a + logit p``: 0 where predictions are right on average.

    Examples
    --------
    >>> round(calibration_in_the_large([0.5, 0.5, 0.5, 0.5], [0, 1, 1, 1])[0], 4)
    1.0986
    """
    p = numbers("probability", probability, low=0.0, high=1.0, exclusive="both", ndim=1, error=DataError)
    y = binary("outcome", outcome, n=p.size, both=True)
    eta, events = logit(p), float(y.sum())
    a = float(logit(events / p.size) - logit(p.mean()))
    for _ in range(100):
        mean = expit(eta + a)
        information = float((mean * (1.0 - mean)).sum())
        step = np.clip((events - mean.sum()) / information, -2.0, 2.0)
        a += float(step)
        if abs(step) < 1e-12:
            return a, float(1.0 / np.sqrt(information))
    raise NumericalError("the calibration in the large did not settle")
