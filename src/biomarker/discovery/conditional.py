"""Which markers keep their slope once the markers they go with are accounted for: one p-value a marker, joint fit."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from biomarker.arrays import orthonormal_basis
from biomarker.data.splits import Splits
from biomarker.errors import AlignmentError
from biomarker.learners.descent import penalised_fit
from biomarker.learners.elastic_net import ElasticNet
from biomarker.learners.training import Training
from biomarker.stats.doubly_robust import fold_basis
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.robust_slopes import robust_slopes

__all__ = ["conditional_slopes"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
# Controls at most this share of the subjects: the rest is left to tell a slope by
_MOST_CONTROLS = 0.25
_LASSO = ElasticNet(mixing=1.0)


def conditional_slopes(
    markers: Floats, pseudo_outcome: Floats, splits: Splits, *, tested: Indices | None = None
) -> Estimate:
    """Slope of the treatment's effect on each marker with the others held, by double selection.

    Controls of marker j are the markers that the lasso selects for the pseudo-outcome D, and those that it selects
    for marker j itself. The slope of D on B_j is that of least squares with these controls and the folds, with the
    standard error and t law of `robust_slopes`. A marker that is only correlated with a true modifier has this modifier
    among its controls, because one of the two selections finds it, and no slope is left.

    The penalty for D is chosen by cross-validation over `splits`; for a marker, in units of its spread, it is
    ``1.1 Phi^-1(1 - 0.1 / 2p) / sqrt(n)``, times the residual spread of a first fit. At most a quarter of the subjects
    are spent on controls, largest coefficients first.

    Parameters
    ----------
    markers : (n_subjects, n_features)
        Complete.
    pseudo_outcome : (n_subjects,)
        D of `biomarker.stats.doubly_robust.pseudo_outcomes`.
    splits : Splits
        Of cross-fitting.
    tested : (n_tested,) of int, optional
        Columns to test; all by default. Controls may be any column. A choice that was made by looking at D must be
        counted: the family of the correction is then all columns it was chosen from.

    Returns
    -------
    Estimate
        ``(n_tested, 1)``.

    Raises
    ------
    AlignmentError
        Lengths differ.

    Notes
    -----
    Valid when few markers matter beside n (for the effect, or for the marker in question), the effect is close to a
    straight line in them, and `effect_slopes` is valid. It does not tell apart markers that are nearly copies of each
    other: neither has a slope beside the other.

    References
    ----------
    Belloni, Chernozhukov and Hansen 2014, https://doi.org/10.1093/restud/rdt044; for the family of such tests: Zhang
    and Zhang 2014, https://doi.org/10.1111/rssb.12026; Liu et al. 2022, https://doi.org/10.1093/biomet/asab052
    """
    n, p = markers.shape
    if pseudo_outcome.shape != (n,) or splits.fold.shape != (n,):
        raise AlignmentError(f"{n} subjects, {pseudo_outcome.size} pseudo-outcomes and {splits.fold.size} folds")
    columns = np.arange(p) if tested is None else np.asarray(tested)
    folds = fold_basis(splits.fold)
    centred = markers - folds @ (folds.T @ markers)
    spread = centred.std(axis=0)
    usable = spread > 1e-9 * np.abs(markers).max(axis=0, initial=0.0)
    scaled = np.asfortranarray(centred / np.where(usable, spread, np.inf))
    most = max(int(_MOST_CONTROLS * n) - folds.shape[1], 1)
    response = pseudo_outcome - folds @ (folds.T @ pseudo_outcome)
    of_effect = _selected_for_effect(scaled, response, splits, most)
    result = [np.full((columns.size, 1), np.nan) for _ in range(3)]
    status = np.full((columns.size, 1), Status.CONSTANT, dtype=np.int8)
    for k, j in enumerate(columns):
        if not usable[j]:
            continue
        chosen = _union(of_effect[of_effect != j], _selected_for_marker(scaled, int(j), usable), most)
        basis = orthonormal_basis(np.column_stack([folds, scaled[:, chosen]]))
        found = robust_slopes(scaled[:, [j]], response, basis)
        result[0][k], result[1][k], result[2][k] = found.slope / spread[j], found.std_error / spread[j], found.dof
        status[k] = found.status
    return Estimate.from_effects(*result, n=n, n_events=0, status=status)


def _selected_for_effect(scaled: Floats, response: Floats, splits: Splits, most: int) -> Indices:
    """Markers that the cross-validated lasso selects for the pseudo-outcome, the largest coefficients first."""
    training = Training(features=scaled, outcome=response, group=splits.group)
    return _largest(_LASSO.fit(training, splits).model.coefficients[:-1], most)


def _selected_for_marker(scaled: Floats, j: int, usable: NDArray[np.bool_]) -> Indices:
    """Markers that the lasso selects for marker j, the largest coefficients first."""
    n, p = scaled.shape
    unit = 1.1 * float(ndtri(1.0 - 0.05 / max(p, 2))) / np.sqrt(n)
    coefficients, none = np.zeros(p + 1), np.zeros(p)
    target = np.ascontiguousarray(scaled[:, j])
    residual_spread, logistic = 1.0, False
    for _ in range(2):
        penalty = np.where(usable, unit * residual_spread, np.inf)
        penalty[j] = np.inf
        penalised_fit(scaled, target, logistic, penalty, none, coefficients, 1e-7)
        residual_spread = float(np.std(target - scaled @ coefficients[:-1]))
    return _largest(coefficients[:-1], p)


def _largest(coefficients: Floats, most: int) -> Indices:
    """Columns with a coefficient, largest first, at most `most`."""
    order = np.argsort(-np.abs(coefficients), kind="stable")
    return order[: min(most, int((coefficients != 0).sum()))]


def _union(first: Indices, second: Indices, most: int) -> Indices:
    """Both selections, taken in turns from their beginnings, at most `most`."""
    taken: list[int] = []
    for place in range(max(first.size, second.size)):
        for selection in (second, first):
            if place < selection.size and int(selection[place]) not in taken and len(taken) < most:
                taken.append(int(selection[place]))
    return np.array(sorted(taken), dtype=np.intp)
