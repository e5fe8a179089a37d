"""Two by two tables of a test: agreement with a comparator, and accuracy against the truth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from biomarker.errors import DataError
from biomarker.stats.checks import Floats, binary, probabilities, scalar, whole
from biomarker.stats.proportion import Proportion, proportion

__all__ = ["Accuracy", "Agreement", "agreement", "diagnostic_accuracy", "predictive_values", "two_by_two"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Agreement:
    """How often a test says what its comparator says.

    Attributes
    ----------
    positive, negative, overall : Proportion
        PPA, NPA, OPA.
    kappa, kappa_std_error : float
        Cohen's kappa and its large-sample standard error; NaN where both tests say one thing only.
    convention : str
    """

    positive: Proportion
    negative: Proportion
    overall: Proportion
    kappa: float
    kappa_std_error: float
    convention: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Accuracy:
    """How often a test is right.

    Attributes
    ----------
    sensitivity, specificity, positive_predictive_value, negative_predictive_value : Proportion
        The predictive values are those of this sample's prevalence: see `predictive_values` for another.
    likelihood_ratio_positive, likelihood_ratio_negative : (3,)
        Estimate, lower and upper limit; infinite or NaN where a cell is empty.
    convention : str
    """

    sensitivity: Proportion
    specificity: Proportion
    positive_predictive_value: Proportion
    negative_predictive_value: Proportion
    likelihood_ratio_positive: Floats
    likelihood_ratio_negative: Floats
    convention: str


def two_by_two(test: Any, reference: Any) -> tuple[int, int, int, int]:
    """Counts of 0/1 results: both positive, test alone, reference alone, both negative.

    Parameters
    ----------
    test, reference : (n_subjects,)

    Examples
    --------
    >>> two_by_two([1, 1, 0, 0], [1, 0, 0, 0])
    (1, 1, 0, 2)
    """
    t = binary("test", test)
    r = binary("reference", reference, n=t.size)
    return int((t & r).sum()), int((t & ~r).sum()), int((~t & r).sum()), int((~t & ~r).sum())


def agreement(
    both_positive: int,
    test_only: int,
    comparator_only: int,
    both_negative: int,
    *,
    method: str = "exact",
    level: float = 0.95,
) -> Agreement:
    """Positive, negative and overall percent agreement of a test with a comparator that is not the truth.

    ``PPA = a / (a + c)``, ``NPA = d / (b + d)``, ``OPA = (a + d) / n``; kappa ``(po - pe) / (1 - pe)``.

    Parameters
    ----------
    both_positive, test_only, comparator_only, both_negative : int
        a, b, c, d; see `two_by_two`.
    method : str
        See `biomarker.stats.proportion`.
    level : float

    Returns
    -------
    Agreement
        As shares of 1.

    Raises
    ------
    DataError
        Negative counts, or no subject.

    Notes
    -----
    Host only. Valid when subjects were sampled without regard to the test's result (or PPA and NPA alone when sampled
    by the comparator). Agreement with a comparator that errs is neither sensitivity nor specificity.

    References
    ----------
    Clopper and Pearson 1934, https://doi.org/10.1093/biomet/26.4.404; Fleiss, Cohen and Everitt 1969 (kappa),
    https://doi.org/10.1037/h0028106

    Examples
    --------
    >>> found = agreement(45, 3, 5, 47)
    >>> float(found.positive.estimate), float(found.positive.ci_low.round(4)), round(found.kappa, 2)
    (0.9, 0.7819, 0.84)
    """
    a, b, c, d = _counts(both_positive, test_only, comparator_only, both_negative)
    kappa, error = _kappa(np.array([[a, b], [c, d]], dtype=np.float64))
    options: dict[str, Any] = {"method": method, "level": level}
    return Agreement(
        positive=proportion(a, a + c, **options),
        negative=proportion(d, b + d, **options),
        overall=proportion(a + d, a + b + c + d, **options),
        kappa=kappa,
        kappa_std_error=error,
        convention=f"{method} interval at {level:g}; the comparator is not taken for the truth",
    )


def diagnostic_accuracy(
    true_positive: int,
    false_positive: int,
    false_negative: int,
    true_negative: int,
    *,
    method: str = "exact",
    level: float = 0.95,
) -> Accuracy:
    """Sensitivity, specificity, predictive values and likelihood ratios against a reference standard.

    ``LR+ = sens / (1 - spec)``, ``LR- = (1 - sens) / spec`` with limits on the log scale,
    ``var log LR+ = 1/TP - 1/(TP + FN) + 1/FP - 1/(FP + TN)``.

    Parameters
    ----------
    true_positive, false_positive, false_negative, true_negative : int
    method : str
        See `biomarker.stats.proportion`.
    level : float

    Notes
    -----
    Host only. Valid when the reference standard is right and was applied without regard to the test. Predictive values
    are those of the sample's prevalence.

    References
    ----------
    Simel, Samsa and Matchar 1991, https://doi.org/10.1016/0895-4356(91)90128-V

    Examples
    --------
    >>> found = diagnostic_accuracy(90, 20, 10, 80)
    >>> float(found.sensitivity.estimate), found.likelihood_ratio_positive.round(2)
    (0.9, array([4.5 , 3.02, 6.7 ]))
    """
    tp, fp, fn, tn = _counts(true_positive, false_positive, false_negative, true_negative)
    z = float(ndtri(0.5 + scalar("level", level, low=0.0, high=1.0, exclusive="both") / 2.0))
    options: dict[str, Any] = {"method": method, "level": level}
    return Accuracy(
        sensitivity=proportion(tp, tp + fn, **options),
        specificity=proportion(tn, tn + fp, **options),
        positive_predictive_value=proportion(tp, tp + fp, **options),
        negative_predictive_value=proportion(tn, tn + fn, **options),
        likelihood_ratio_positive=_ratio(tp, tp + fn, fp, fp + tn, z),
        likelihood_ratio_negative=_ratio(fn, tp + fn, tn, fp + tn, z),
        convention=f"{method} interval at {level:g}; likelihood ratios on the log scale",
    )


def predictive_values(*, sensitivity: Any, specificity: Any, prevalence: Any) -> tuple[Floats, Floats]:
    """Positive and negative predictive value at a prevalence, by Bayes' theorem; NaN where nobody is called so.

    Examples
    --------
    >>> [float(v.round(4)) for v in predictive_values(sensitivity=0.9, specificity=0.8, prevalence=0.1)]
    [0.3333, 0.9863]
    """
    se, sp = probabilities("sensitivity", sensitivity), probabilities("specificity", specificity)
    p = probabilities("prevalence", prevalence)
    with np.errstate(divide="ignore", invalid="ignore"):
        positive = se * p / (se * p + (1 - sp) * (1 - p))
        negative = sp * (1 - p) / (sp * (1 - p) + (1 - se) * p)
    return np.asarray(positive), np.asarray(negative)


def _counts(*given: int) -> tuple[int, ...]:
    counts = tuple(whole(name, value, low=0) for name, value in zip(("a", "b", "c", "d"), given, strict=True))
    if sum(counts) == 0:
        raise DataError("the four counts are 0, expected at least one subject")
    return counts


def _kappa(table: Floats) -> tuple[float, float]:
    """Cohen's kappa and its standard error (Fleiss, Cohen and Everitt)."""
    n = table.sum()
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    seen, chance = float(np.trace(p)), float(rows @ columns)
    if chance >= 1.0:
        return float("nan"), float("nan")
    kappa = (seen - chance) / (1.0 - chance)
    both = columns[:, None] + rows[None, :]
    diagonal = float((np.diag(p) * (1.0 - (rows + columns) * (1.0 - kappa)) ** 2).sum())
    rest = (1.0 - kappa) ** 2 * float((p * both**2).sum() - (np.diag(p) * np.diag(both) ** 2).sum())
    variance = (diagonal + rest - (kappa - chance * (1.0 - kappa)) ** 2) / (n * (1.0 - chance) ** 2)
    return kappa, float(np.sqrt(max(variance, 0.0)))


def _ratio(x1: int, n1: int, x0: int, n0: int, z: float) -> Floats:
    """Ratio of two proportions with limits on the log scale."""
    if x1 == 0 or x0 == 0:
        ratio = np.nan if x0 == 0 and x1 == 0 else np.inf if x0 == 0 else 0.0
        return np.array([ratio, np.nan, np.nan])
    ratio = (x1 / n1) / (x0 / n0)
    width = z * np.sqrt(1 / x1 - 1 / n1 + 1 / x0 - 1 / n0)
    return np.array([ratio, ratio * np.exp(-width), ratio * np.exp(width)])
