"""Doubly robust pseudo-outcomes of a treatment's effect, and their slopes on markers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, namespace
from biomarker.errors import DataError
from biomarker.stats.checks import binary, data, numbers, probabilities
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import as_floats, feature_blocks, rare_group_status, same_device
from biomarker.stats.robust_slopes import robust_slopes

__all__ = ["PseudoOutcomes", "effect_slopes", "fold_basis", "influence_values", "pseudo_outcomes"]

Floats = npt.NDArray[np.float64]
Folds = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PseudoOutcomes:
    """Augmented outcomes of each subject in either arm, both (n_subjects,)."""

    active: Floats
    control: Floats

    @property
    def effect(self) -> Floats:
        """D, an unbiased value of the treatment's effect: what predictive slopes are of."""
        return np.asarray(self.active - self.control)

    @property
    def level(self) -> Floats:
        """Mean of the two arms: what prognostic slopes are of."""
        return np.asarray((self.active + self.control) / 2.0)


def pseudo_outcomes(
    outcome: Array, treatment: Array, *, if_active: Array, if_control: Array, propensity: Array
) -> PseudoOutcomes:
    """Unbiased, noisy values of each subject's expected outcome in either arm.

    ``Y1 = Q1 + 1{A = 1} (Y - Q1) / pi`` and ``Y0 = Q0 + 1{A = 0} (Y - Q0) / (1 - pi)``; ``D = Y1 - Y0``.

    Parameters
    ----------
    outcome, treatment : (n_subjects,)
        Treatment 1 active, 0 control.
    if_active, if_control : (n_subjects,)
        Q1, Q0: expected outcome of the subject in either arm, by a model that did not see the subject.
    propensity : scalar or (n_subjects,)
        pi: the subject's probability of the active arm, in (0, 1); known, or by a model that did not see the subject.

    Returns
    -------
    PseudoOutcomes

    Raises
    ------
    ConfigError, DataError
        Missing values, lengths that differ, a treatment other than 0 and 1, a propensity outside (0, 1).

    Notes
    -----
    Valid when either pi or Q is right (both need not be) and subjects' outcomes do not depend on others' treatment. In
    a randomised trial pi is known, and a bad Q costs precision only.

    References
    ----------
    Robins, Rotnitzky and Zhao 1994, https://doi.org/10.1080/01621459.1994.10476818; Boileau et al. 2022,
    https://doi.org/10.1093/biostatistics/kxac029
    """
    y = data("outcome", outcome)
    treated = binary("treatment", treatment, n=y.size)
    q1, q0 = data("if_active", if_active, n=y.size), data("if_control", if_control, n=y.size)
    pi = np.broadcast_to(probabilities("propensity", propensity, exclusive="both"), y.shape)
    return PseudoOutcomes(
        q1 + np.where(treated, (y - q1) / pi, 0.0), q0 + np.where(treated, 0.0, (y - q0) / (1.0 - pi))
    )


def fold_basis(fold: Folds) -> Floats:
    """Orthonormal indicators of the folds, (n_subjects, n_folds): off it, everything is centred within the fold."""
    members = (np.asarray(fold)[:, None] == np.unique(fold)[None, :]).astype(np.float64)
    return np.asarray(members / np.sqrt(members.sum(axis=0)))


def effect_slopes(
    markers: Array, pseudo_outcome: Array, fold: Folds, *, min_group: int = 3, block_bytes: int = DEFAULT_BLOCK_BYTES
) -> Estimate:
    """How much more the treatment does per unit of each marker: slope of the pseudo-outcome, one marker at a time.

    ``b_j = mean(D B_j) / mean(B_j^2)`` with D and the marker B_j centred within the fold of cross-fitting; its standard
    error and t law are those of `robust_slopes`. The published error with a normal law rejects too often in small
    trials.

    Parameters
    ----------
    markers : (n_subjects, n_features)
        Complete.
    pseudo_outcome : (n_subjects,)
        D of `pseudo_outcomes`, from nuisance models fitted without the subject's fold.
    fold : (n_subjects,) of int
        Fold of cross-fitting, each of at least two subjects.
    min_group : int
        A marker with two distinct values needs this many subjects in its rarer group.
    block_bytes : int
        Size of the blocks of markers; does not change results beyond rounding.

    Returns
    -------
    Estimate
        ``(n_features, 1)``; in units of outcome per unit of marker, on the additive scale. ``n_events`` is 0.

    Raises
    ------
    DataError
        Lengths differ, a missing pseudo-outcome, or a fold of one subject.
    NumericalError
        A marker holds a missing value.

    Notes
    -----
    Valid when subjects are independent and the pseudo-outcome is: randomised treatment, or a right propensity or
    outcome model. The slope is that of the best straight line through the effect, whatever its shape; it is marginal,
    so that a marker that goes with a modifier has a slope as well.

    References
    ----------
    Boileau et al. 2022, https://doi.org/10.1093/biostatistics/kxac029
    """
    d, folds = _checked(pseudo_outcome, fold, markers.shape[0])
    n, p = markers.shape
    basis = same_device(fold_basis(folds), markers)
    response = same_device(d, markers)
    slope, error, dof = (np.full((p, 1), np.nan) for _ in range(3))
    status = np.zeros((p, 1), dtype=np.int8)
    everyone = same_device(np.ones((n, 1)), markers)
    for block in feature_blocks(markers, rows=None, centre=np.full(n, 1.0 / n), block_bytes=block_bytes):
        found = robust_slopes(block.values, response, basis)
        by_values = rare_group_status(block, everyone, min_group=min_group)[:, 0]
        at = block.columns
        slope[at, 0], error[at, 0], dof[at, 0] = found.slope, found.std_error, found.dof
        status[at, 0] = np.where(by_values != Status.OK, by_values, found.status)
    return Estimate.from_effects(slope, error, dof, n=n, n_events=0, status=status)


def influence_values(markers: Array, pseudo_outcome: Array, fold: Folds) -> Array:
    """Influence of each subject on each slope of `effect_slopes`: ``(D - b_j B_j) B_j / mean(B_j^2)``.

    Parameters
    ----------
    markers : (n_subjects, n_features)
        Complete and varying within folds; few, since the result has their size.
    pseudo_outcome, fold
        As in `effect_slopes`.

    Returns
    -------
    (n_subjects, n_features)
        Of mean zero; their variance over n is the published squared standard error.

    Notes
    -----
    Valid as `effect_slopes` is; in small samples they spread too little.
    """
    xp = namespace(markers)
    d, folds = _checked(pseudo_outcome, fold, markers.shape[0])
    basis = fold_basis(folds)
    centred = same_device(d - basis @ (basis.T @ d), markers)[:, None]
    on_device = same_device(basis, markers)
    b = markers - xp.matmul(on_device, xp.matmul(xp.matrix_transpose(on_device), markers))
    square = xp.mean(b * b, axis=0)[None, :]
    slope = xp.mean(b * centred, axis=0)[None, :] / square
    return (centred - slope * b) * b / square


def _checked(pseudo_outcome: Array, fold: Folds, n: int) -> tuple[Floats, Folds]:
    """Pseudo-outcome and folds, refused where they are not complete or a fold has one subject."""
    d = data("pseudo_outcome", as_floats(pseudo_outcome), n=n)
    folds = numbers("fold", fold, ndim=1, error=DataError).astype(np.int64)
    if folds.size != n:
        raise DataError(f"fold holds {folds.size} subjects, expected {n}")
    if np.unique(folds, return_counts=True)[1].min() < 2:
        raise DataError("a fold has one subject, expected at least two", "Use fewer folds.")
    return d, folds
