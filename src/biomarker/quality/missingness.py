"""Who is missing from a modality, and what missing goes with: a hint at the mechanism, never a proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, spearmanr

__all__ = ["Missing", "missing_cells", "missing_subjects"]

Floats = NDArray[np.float64]
Hint = Literal["complete", "too few to tell", "no pattern", "known factors", "outcome", "low values"]

FEWEST = 5


@dataclass(frozen=True)
class Missing:
    """What is missing, and what it goes with.

    Attributes
    ----------
    n, n_missing : int
    factor : str
        What it goes with most; empty where nothing was looked at.
    p_value : float
        Of that factor, times the number of factors; NaN where nothing was looked at.
    hint : str
        ``no pattern`` is compatible with missing completely at random; ``known factors``: missing at random given
        what is adjusted for, perhaps; ``outcome`` and ``low values``: informative.
    """

    n: int
    n_missing: int
    factor: str
    p_value: float
    hint: Hint


def missing_subjects(
    missing: NDArray[np.bool_], baseline: Mapping[str, Floats], outcomes: Mapping[str, Floats], *, level: float
) -> Missing:
    """Subjects absent from a modality, against what is known of all.

    The indicator of missingness is regressed on each factor's columns; ``n R^2`` has a chi-squared law with as many
    degrees of freedom as columns.

    Parameters
    ----------
    missing : bool array (n_subjects,)
    baseline, outcomes : mapping of name to array (n_subjects, n_columns)
        NaN where unknown; rows that are not known are left out of that factor.
    level : float
        Chance of a hint where there is no pattern, over all factors.

    Notes
    -----
    **Valid when** some ten subjects are missing and as many present. That nothing shows does not prove that nothing is
    there, and no data can show that what is missing does not depend on its own value.
    """
    n, lost = len(missing), int(missing.sum())
    if lost == 0:
        return Missing(n, 0, "", float("nan"), "complete")
    if min(lost, n - lost) < FEWEST:
        return Missing(n, lost, "", float("nan"), "too few to tell")
    p = {name: _association(missing, columns) for name, columns in {**baseline, **outcomes}.items()}
    if not p:
        return Missing(n, lost, "", float("nan"), "too few to tell")
    factor = min(p, key=lambda name: p[name])
    corrected = min(1.0, p[factor] * len(p))
    if corrected > level:
        return Missing(n, lost, factor, corrected, "no pattern")
    of_outcome = [name for name in outcomes if p[name] * len(p) <= level]
    if of_outcome:
        factor = min(of_outcome, key=lambda name: p[name])
        return Missing(n, lost, factor, min(1.0, p[factor] * len(p)), "outcome")
    return Missing(n, lost, factor, corrected, "known factors")


def _association(missing: NDArray[np.bool_], columns: Floats) -> float:
    x = columns.reshape(len(missing), -1)
    known = np.isfinite(x).all(axis=1)
    y = missing[known].astype(np.float64)
    y -= y.mean() if len(y) else 0.0
    total = float(y @ y)
    x = x[known] - x[known].mean(axis=0) if known.any() else x[:0]
    u, singular, _ = np.linalg.svd(x, full_matrices=False) if x.size else (np.zeros((0, 0)), np.zeros(0), None)
    rank = int((singular > 1e-9 * singular.max(initial=0.0)).sum())
    if total == 0 or rank == 0:
        return 1.0
    explained = float(((u[:, :rank].T @ y) ** 2).sum())
    return float(chi2.sf(len(y) * explained / total, rank))


def missing_cells(values: Floats, *, level: float, comparable: bool = True) -> Missing:
    """Missing cells of a matrix: whether features of low level miss more, as where an assay does not see them.

    Spearman's correlation over features between a feature's mean and its share of missing cells.

    Parameters
    ----------
    values : array (n_subjects, n_features)
    level : float
    comparable : bool
        Whether features share a unit; where not, their levels say nothing.
    """
    known = np.isfinite(values)
    n, lost = values.size, int((~known).sum())
    if lost == 0:
        return Missing(n, 0, "", float("nan"), "complete")
    seen = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=0) / seen
    share = 1 - seen / len(values)
    usable = (seen >= 2) & np.isfinite(mean)
    if not comparable or usable.sum() < 20 or np.ptp(share[usable]) == 0:
        return Missing(n, lost, "", float("nan"), "too few to tell")
    found = spearmanr(mean[usable], share[usable])
    low = found.statistic < 0 and found.pvalue <= level
    return Missing(n, lost, "level of the feature", float(found.pvalue), "low values" if low else "no pattern")
