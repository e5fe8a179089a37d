"""Diagnostic accuracy: subjects for an interval narrow enough, or a lower limit high enough."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrc, betaincinv, ndtri

from biomarker.errors import ConfigError
from biomarker.trial.checks import between, one_of, power_above, whole

__all__ = [
    "DiagnosticSize",
    "proportion_interval",
    "sample_size_accuracy",
    "sample_size_accuracy_test",
    "sample_size_auc",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DiagnosticSize:
    """Subjects of a study of diagnostic accuracy.

    Attributes
    ----------
    n_condition : int
        Subjects with the condition (for specificity: without it) that the estimate rests on.
    n : int
        Subjects to enrol so that as many are expected: over the prevalence, rounded up.
    half_width : float
        Half the expected width of the interval.
    power : float
        Probability that the lower limit passes the least acceptable value; NaN where none was given.
    """

    n_condition: int
    n: int
    half_width: float
    power: float
    convention: str


def proportion_interval(
    events: npt.ArrayLike, n: npt.ArrayLike, *, level: float = 0.95, method: str = "clopper-pearson"
) -> tuple[Floats, Floats]:
    """Two-sided interval of a proportion: sensitivity, specificity, positive or negative agreement.

    Clopper-Pearson (exact) by quantiles of the beta law; Wilson by inverting the score test; Wald as a warning.

    Parameters
    ----------
    events, n : int or array
    level : float
    method : {"clopper-pearson", "wilson", "wald"}

    Returns
    -------
    low, high : arrays

    Raises
    ------
    ConfigError
        Events not within [0, n].

    Notes
    -----
    Valid when subjects are independent. Clopper-Pearson covers at least `level`; Wilson on average.

    References
    ----------
    Clopper and Pearson 1934, https://doi.org/10.1093/biomet/26.4.404; Wilson 1927,
    https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> [round(float(limit), 4) for limit in proportion_interval(95, 100)]
    [0.8872, 0.9836]
    """
    one_of("method", method, ("clopper-pearson", "wilson", "wald"))
    between("level", level, 0.0, 1.0)
    x, total = np.broadcast_arrays(np.asarray(events, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if np.any((x < 0) | (x > total) | (total <= 0)):
        raise ConfigError("events must lie within 0 to n, and n be positive")
    tail, z, p = (1 - level) / 2, ndtri(0.5 + level / 2), x / total
    if method == "clopper-pearson":
        low = np.where(x > 0, betaincinv(np.maximum(x, 1), total - x + 1, tail), 0.0)
        high = np.where(x < total, betaincinv(x + 1, np.maximum(total - x, 1), 1 - tail), 1.0)
        return low, high
    if method == "wald":
        half = z * np.sqrt(p * (1 - p) / total)
        return np.clip(p - half, 0, 1), np.clip(p + half, 0, 1)
    centre = (x + z**2 / 2) / (total + z**2)
    half = z * np.sqrt(total) / (total + z**2) * np.sqrt(p * (1 - p) + z**2 / (4 * total))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def sample_size_accuracy(
    expected: float,
    *,
    half_width: float,
    prevalence: float = 1.0,
    level: float = 0.95,
    method: str = "wald",
    n_max: int = 100_000,
) -> DiagnosticSize:
    """Subjects for an interval of sensitivity or specificity with a given half-width.

    Wald (Buderer): ``n_condition = z^2 p (1 - p) / w^2``, and ``n = n_condition / prevalence``. Other methods: the
    smallest n from which the interval's width, averaged over the binomial law, stays within ``2 w``.

    Parameters
    ----------
    expected : float
        Expected sensitivity (or specificity).
    half_width : float
    prevalence : float
        Share of enrolled subjects with the condition (for specificity: without it).
    level : float
    method : {"wald", "wilson", "clopper-pearson"}
    n_max : int
        Where to stop searching.

    Returns
    -------
    DiagnosticSize

    Raises
    ------
    ConfigError
        An argument is outside its range; no n up to n_max is enough.

    Notes
    -----
    Valid when subjects are enrolled without knowledge of their condition in the stated proportion. The Wald form is
    the usual published one and too optimistic for values near 1: prefer Clopper-Pearson there.

    References
    ----------
    Buderer 1996, https://doi.org/10.1111/j.1553-2712.1996.tb03538.x

    Examples
    --------
    >>> sample_size_accuracy(0.9, half_width=0.1, prevalence=0.2).n
    173
    """
    p = between("expected", expected, 0.0, 1.0)
    w = between("half_width", half_width, 0.0, 0.5)
    share = between("prevalence", prevalence, 0.0, 1.0, closed="high")
    between("level", level, 0.0, 1.0)
    one_of("method", method, ("wald", "wilson", "clopper-pearson"))
    if method == "wald":
        exact = float(ndtri(0.5 + level / 2)) ** 2 * p * (1 - p) / w**2
        return DiagnosticSize(
            int(np.ceil(exact - 1e-9)),
            int(np.ceil(exact / share - 1e-9)),
            w,
            np.nan,
            "Wald interval (Buderer); n is the unrounded size over the prevalence, rounded up",
        )
    n = _first(lambda n: _mean_half_width(n, p, level, method) <= w, n_max)
    words = f"{method} interval, width averaged over the binomial law; n is n_condition over the prevalence, rounded up"
    return DiagnosticSize(n, int(np.ceil(n / share - 1e-9)), _mean_half_width(n, p, level, method), np.nan, words)


def _mean_half_width(n: int, p: float, level: float, method: str) -> float:
    x = np.arange(n + 1)
    low, high = proportion_interval(x, n, level=level, method=method)
    weight = np.diff(bdtr(x, n, p), prepend=0.0)
    return float(weight @ (high - low) / 2)


def _first(enough: Callable[[int], bool], n_max: int) -> int:
    """Smallest n with a property that, once reached, stays."""
    low, high = 1, 2
    while not enough(high):
        low, high = high, 2 * high
        if low > n_max:
            raise ConfigError(f"no n up to n_max of {n_max} is enough", "ask for less, or raise n_max")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def sample_size_accuracy_test(
    expected: float,
    *,
    acceptable: float,
    prevalence: float = 1.0,
    alpha: float = 0.025,
    power: float = 0.8,
    n_max: int = 5000,
) -> DiagnosticSize:
    """Subjects for the exact lower limit of sensitivity or specificity to pass the least acceptable value.

    The smallest n_condition from which on (the next 50) the lower Clopper-Pearson limit reaches the acceptable value
    with at least the power.

    Parameters
    ----------
    expected, acceptable : float
        Expected value, and the least acceptable one, below it.
    prevalence : float
        Share of enrolled subjects with the condition (for specificity: without it).
    alpha : float
        One-sided: the limit is that of an interval of level ``1 - 2 alpha``.
    power : float
    n_max : int

    Returns
    -------
    DiagnosticSize

    Notes
    -----
    Valid when subjects are independent. Exact; power is a saw-tooth of n, hence "from which on".

    References
    ----------
    Flahault, Cadilhac and Thomas 2005, https://doi.org/10.1016/j.jclinepi.2004.12.009
    """
    p0 = between("acceptable", acceptable, 0.0, 1.0)
    p1 = between("expected", expected, p0, 1.0, hint="it must be above the least acceptable value")
    share = between("prevalence", prevalence, 0.0, 1.0, closed="high")
    between("alpha", alpha, 0.0, 0.5)
    power_above(power, alpha)

    def reached(n: int) -> float:
        x = np.arange(n + 1)
        low, _ = proportion_interval(x, n, level=1 - 2 * alpha)
        passing = np.flatnonzero(low >= p0)
        return float(bdtrc(passing[0] - 1, n, p1)) if passing.size and passing[0] > 0 else 0.0

    run = 0
    for n in range(1, whole("n_max", n_max) + 51):
        run = run + 1 if reached(n) >= power else 0
        if run == 51:
            first = n - 50
            words = "exact binomial; smallest n from which on the power is kept; n is n_condition over the prevalence"
            half = _mean_half_width(first, p1, 1 - 2 * alpha, "clopper-pearson")
            return DiagnosticSize(first, int(np.ceil(first / share - 1e-9)), half, reached(first), words)
    raise ConfigError(f"no n up to n_max of {n_max} is enough", "ask for less, or raise n_max")


def sample_size_auc(
    auc: float, *, half_width: float, prevalence: float, level: float = 0.95, n_max: int = 1_000_000
) -> DiagnosticSize:
    """Subjects for an interval of the area under the ROC curve with a given half-width.

    Hanley and McNeil: ``var = (A(1 - A) + (n1 - 1)(Q1 - A^2) + (n0 - 1)(Q2 - A^2)) / (n1 n0)`` with
    ``Q1 = A / (2 - A)``, ``Q2 = 2 A^2 / (1 + A)``.

    Parameters
    ----------
    auc : float
        Expected area, above 0.5.
    half_width : float
    prevalence : float
        Share of subjects with the condition.
    level : float
    n_max : int

    Returns
    -------
    DiagnosticSize

    Notes
    -----
    Valid when scores of both groups are near exponential; a fair and slightly careful guess otherwise.

    References
    ----------
    Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747

    Examples
    --------
    >>> sample_size_auc(0.8, half_width=0.05, prevalence=0.5).n
    302
    """
    a = between("auc", auc, 0.5, 1.0)
    w = between("half_width", half_width, 0.0, 0.5)
    share = between("prevalence", prevalence, 0.0, 1.0)
    z = float(ndtri(0.5 + between("level", level, 0.0, 1.0) / 2))
    q1, q2 = a / (2 - a), 2 * a**2 / (1 + a)

    def half(n: int) -> float:
        n1, n0 = n * share, n * (1 - share)
        return float(
            z * np.sqrt((a * (1 - a) + (n1 - 1) * (q1 - a**2) + (n0 - 1) * (q2 - a**2)) / (n1 * n0)) if n > 2 else 1.0
        )

    n = _first(lambda n: half(n) <= w, n_max)
    return DiagnosticSize(
        int(np.ceil(n * share - 1e-9)), n, half(n), np.nan, "Hanley-McNeil variance, total rounded up"
    )
