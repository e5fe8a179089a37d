"""Which markers keep their slope once the markers they go with are accounted for: one p-value a marker, joint fit."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from biomarker.arrays import orthonormal_basis
from biomarker.data.splits import Splits
from biomarker.errors import AlignmentError
from biomarker.learners.additive import AdditiveCurves
from biomarker.learners.descent import penalised_fit
from biomarker.learners.elastic_net import ElasticNet, loss
from biomarker.learners.training import Training
from biomarker.stats.doubly_robust import fold_basis
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.projection import project_out
from biomarker.stats.robust_slopes import robust_slopes

__all__ = ["conditional_slopes"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
# Controls at most this share of the subjects: the rest is left to tell a slope by
_MOST_CONTROLS = 0.25
_LASSO = ElasticNet(mixing=1.0)
_CURVES = AdditiveCurves()


def conditional_slopes(
    markers: Floats,
    pseudo_outcome: Floats,
    splits: Splits,
    *,
    tested: Indices | None = None,
    adjust: Floats | None = None,
) -> Estimate:
    """Slope of the treatment's effect on each marker with the others held, by double selection.

    Controls of marker j are the markers that the pseudo-outcome D goes with, and those that the lasso selects for
    marker j itself. The slope of D on B_j is that of least squares with these controls and the folds, with the
    standard error and t law of `robust_slopes`. A marker that is only correlated with a true modifier has this modifier
    among its controls, because one of the two selections finds it, and no slope is left.

    What D goes with is found by the lasso or by `AdditiveCurves`, whichever predicts D better over `splits`; curves
    enter with all their terms. Of marker j itself, what bends (its terms off its straight part) is taken out of the
    residual, which leaves the slope as it is: the test is of no effect of the marker at all. For a marker, the penalty,
    in units of its spread, is ``1.1 Phi^-1(1 - 0.1 / 2p) / sqrt(n)``, times the residual spread of a first fit. At most
    a quarter of the subjects are spent on controls, largest coefficients first.

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
    adjust : (n_subjects, n_columns), optional
        Further controls, of mean zero given the markers.

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
    sum of lines or curves in them, and `effect_slopes` is valid. It does not tell apart markers that are nearly copies
    of each other: neither has a slope beside the other.

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
    always = folds if adjust is None else orthonormal_basis(np.column_stack([folds, adjust]))
    centred = markers - folds @ (folds.T @ markers)
    spread = centred.std(axis=0)
    usable = spread > 1e-9 * np.abs(markers).max(axis=0, initial=0.0)
    scaled = np.asfortranarray(centred / np.where(usable, spread, np.inf))
    most = max(int(_MOST_CONTROLS * n) - folds.shape[1], 1)
    response = pseudo_outcome - always @ (always.T @ pseudo_outcome)
    of_effect = _controls_of_effect(scaled, response, splits)
    result = [np.full((columns.size, 1), np.nan) for _ in range(3)]
    status = np.full((columns.size, 1), Status.CONSTANT, dtype=np.int8)
    for k, j in enumerate(columns):
        if not usable[j]:
            continue
        controls = _controls(scaled, int(j), of_effect, _selected_for_marker(scaled, int(j), usable), most)
        basis = orthonormal_basis(np.column_stack([always, *controls]))
        if j in of_effect:
            basis = np.column_stack([basis, _own_curvature(of_effect[j][:, 1:], scaled[:, j], basis)])
        found = robust_slopes(scaled[:, [j]], response, basis)
        result[0][k], result[1][k], result[2][k] = found.slope / spread[j], found.std_error / spread[j], found.dof
        status[k] = found.status
    return Estimate.from_effects(*result, n=n, n_events=0, status=status)


def _controls_of_effect(scaled: Floats, response: Floats, splits: Splits) -> dict[int, Floats]:
    """Markers that the effect goes with, each with its columns, the strongest first.

    By the lasso, or by curves where these predict held-out pseudo-outcomes better.
    """
    training = Training(features=scaled, outcome=response, group=splits.group)
    straight, curved = _LASSO.fit(training, splits), _CURVES.fit(training, splits)
    if loss(response, straight.inner_prediction, binary=False) <= loss(response, curved.inner_prediction, binary=False):
        chosen = straight.model.terms.used[_largest(straight.model.coefficients[:-1], scaled.shape[1])]
        return {int(j): scaled[:, [j]] for j in chosen}
    model = curved.model
    return {int(j): model.curves.of_feature(place, scaled) for place, j in enumerate(model.features)}


def _own_curvature(powers: Floats, marker: Floats, basis: Floats) -> Floats:
    """What bends in the marker's own effect, off the basis and off its straight part: it leaves the slope as it is."""
    straight = project_out(marker[:, None], basis)
    bent = project_out(powers, basis)
    return orthonormal_basis(bent - straight @ (straight.T @ bent) / max(float((straight**2).sum()), 1e-300))


def _controls(scaled: Floats, j: int, of_effect: dict[int, Floats], of_marker: Indices, most: int) -> list[Floats]:
    """Columns of both selections, taken in turns from their beginnings, at most `most`."""
    effect = [(k, block) for k, block in of_effect.items() if k != j]
    marker = [(int(k), scaled[:, [k]]) for k in of_marker]
    in_turns = [
        item for place in range(max(len(effect), len(marker))) for side in (marker, effect) for item in side[place:][:1]
    ]
    taken: dict[int, Floats] = {}
    spent = 0
    for k, block in in_turns:
        wider = block.shape[1] - (taken[k].shape[1] if k in taken else 0)
        if wider > 0 and spent + wider <= most:
            taken[k] = block
            spent += wider
    return [taken[k] for k in sorted(taken)]


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
