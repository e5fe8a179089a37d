"""Formulas tried again in subjects that had no part in finding them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from biomarker.discovery.formula.questions import Question, residual_basis
from biomarker.discovery.formula.shapes import SHAPES, FormulaRecord, evaluate
from biomarker.discovery.method import Limits, Outcome
from biomarker.discovery.registry import METHODS
from biomarker.stats.cox_fit import cox_fit
from biomarker.stats.estimate import Status
from biomarker.stats.fit import Fit, likelihood_ratio
from biomarker.stats.logistic_fit import logistic_fit
from biomarker.stats.robust_slopes import robust_slopes

__all__ = ["HeldOut", "tried_again"]

Floats = NDArray[np.float64]
_NO_LIMITS = Limits(min_group=2, min_events=1)


@dataclass(frozen=True)
class HeldOut:
    """What the held-out subjects say of a formula.

    Attributes
    ----------
    statistic, p_value : float
        Of what it adds to its parts, one-sided in the direction in which it was found; of an index that is linear in
        its parts the weakest of what each part adds to the others.
    plain : float
        Signed statistic of the formula alone, turned as found.
    parts : tuple of float
        Signed statistic of each part alone.
    estimate, std_error : float
        Of the formula in the endpoint's own model, in the endpoint's own direction.
    n, n_events : int
    reason : str
        Why there is no test; empty where there is one.
    """

    statistic: float
    p_value: float
    plain: float
    parts: tuple[float, ...]
    estimate: float
    std_error: float
    n: int
    n_events: int
    reason: str = ""


def tried_again(
    record: FormulaRecord,
    sign: float,
    values: Floats,
    question: Question,
    rows: NDArray[np.bool_],
    effect: Floats | None,
) -> HeldOut:
    """Test one formula among held-out subjects.

    Parameters
    ----------
    record : FormulaRecord
    sign : float
        Of the improvement where it was found.
    values : (n_subjects of the cohort, n_features)
        NaN where missing: such subjects have no part in this formula's test, and its n says so.
    question : Question
    rows : (n_subjects,) of bool
        Held-out subjects.
    effect : (rows.sum(),) or None
        Pseudo-outcome of the treatment's effect, for the predictive contrast.

    Notes
    -----
    Valid whatever the search was: the formula, its constants and its direction come from other subjects. Continuous
    endpoints and effects: slopes with HC3 errors and a t law; binary and survival endpoints: signed root of the
    likelihood ratio in the endpoint's own model.
    """
    known = ~np.isnan(values[rows]).any(axis=1)
    used = np.flatnonzero(rows)[known]
    mask = np.zeros(rows.size, dtype=bool)
    mask[used] = True
    outcome = question.outcome(mask)
    n_events = (
        int(outcome.values.sum())
        if outcome.type == "binary"
        else int(np.nansum(outcome.event))
        if outcome.event is not None
        else 0
    )
    nothing = HeldOut(np.nan, np.nan, np.nan, (), np.nan, np.nan, used.size, n_events)
    covariates = question.covariates(mask)
    if used.size < covariates.shape[1] + len(record.features) + 10:
        return _failed(nothing, f"{used.size} held-out subjects have all its features")
    x = values[mask]
    f = evaluate(record, x)
    if np.ptp(f) == 0:
        return _failed(nothing, "the same in all held-out subjects")
    parts = (x - np.array(record.mean)) / np.array(record.sd)
    y = None if effect is None else effect[known]

    def test(column: Floats, given: Floats) -> float:
        return _signed(column, given, covariates, outcome, y)

    none = np.empty((used.size, 0))
    linear = SHAPES[record.shape].linear
    if linear:
        added = [s * sign * test(parts[:, k], np.delete(parts, k, axis=1)) for k, s in enumerate(linear)]
        statistic = float(np.nan if np.isnan(added).any() else min(added))
    else:
        statistic = sign * test(f, parts)
    if not np.isfinite(statistic):
        return _failed(nothing, "its test has no finite fit among held-out subjects")
    treatment = None if question.analysis.treatment is None else question.analysis.treatment[mask]
    found = METHODS[outcome.type].screen(f[:, None], [outcome], covariates, treatment, _NO_LIMITS)
    return HeldOut(
        statistic,
        float(special.ndtr(-statistic)),
        sign * test(f, none),
        tuple(test(parts[:, k], none) for k in range(parts.shape[1])),
        float(found.estimate[0, 0]),
        float(found.std_error[0, 0]),
        int(used.size),
        n_events,
    )


def _failed(nothing: HeldOut, reason: str) -> HeldOut:
    return HeldOut(**{**nothing.__dict__, "reason": reason})


def _signed(column: Floats, given: Floats, covariates: Floats, outcome: Outcome, effect: Floats | None) -> float:
    """Standard normal equivalent of the test of a column given others, with the sign of its coefficient."""
    if effect is not None or outcome.type == "continuous":
        y = outcome.values if effect is None else effect
        found = robust_slopes(column[:, None], y, residual_basis(covariates, given))
        if found.status[0] != Status.OK:
            return float("nan")
        t = float(found.slope[0] / found.std_error[0])
        p = float(special.stdtr(found.dof[0], -abs(t)))
        return float(-np.sign(t) * special.ndtri(max(p, 1e-300)))
    base = np.column_stack([covariates, given])
    column = (column - column.mean()) / column.std()
    if outcome.type == "binary":
        smaller = np.column_stack([np.ones(column.size), base])
        larger = np.column_stack([smaller, column])
        fits = logistic_fit(larger, outcome.values), logistic_fit(smaller, outcome.values)
        return _root(*fits, larger, outcome.values)
    full = cox_fit(np.column_stack([base, column]), outcome.values, outcome.event, strata=outcome.strata)
    null = cox_fit(base, outcome.values, outcome.event, strata=outcome.strata)
    return _root(full, null, np.column_stack([np.ones(column.size), base, column]), -outcome.values)


def _root(full: Fit, null: Fit, design: Floats, outcome: Floats) -> float:
    """Signed root of the likelihood ratio of a design's last column.

    Where the outcomes are told apart its coefficient has no finite value, and the sign is that of least squares.
    """
    if not np.isfinite([full.log_likelihood, null.log_likelihood]).all():
        return float("nan")
    size = np.sqrt(likelihood_ratio(full, null).statistic)
    slope = full.coefficients[-1]
    sign = np.sign(slope if np.isfinite(slope) else np.linalg.lstsq(design, outcome, rcond=None)[0][-1])
    return float(sign * size)
