"""Is there any heterogeneity of the treatment's effect along any of the markers?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, column_squares, namespace
from biomarker.errors import DataError
from biomarker.stats.checks import data
from biomarker.stats.doubly_robust import Folds, fold_basis
from biomarker.stats.estimate import Status
from biomarker.stats.feature_blocks import as_floats, feature_blocks, same_device
from biomarker.stats.projection import CONSTANT_SHARE, project_out

__all__ = ["Heterogeneity", "heterogeneity"]

Floats = npt.NDArray[np.float64]
_BLOCK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Heterogeneity:
    """Result of the global test.

    Attributes
    ----------
    p_value : float
        For any heterogeneity: of the smaller of the two below, by the same flips.
    p_sparse, p_dense : float
        Of the largest squared statistic, and of their sum.
    n_markers, n_flips : int
        Markers that vary; draws of signs.
    """

    p_value: float
    p_sparse: float
    p_dense: float
    n_markers: int
    n_flips: int


def heterogeneity(
    markers: Array, pseudo_outcome: Array, fold: Folds, *, flips: int = 999, generator: np.random.Generator
) -> Heterogeneity:
    """Global test that the treatment's effect goes with no marker, by random signs of the pseudo-outcome.

    With D and B_j centred within folds, ``T_j = sum_i B_ij D_i / sqrt(sum_i B_ij^2 D_i^2)``. Two statistics: the
    largest ``T_j^2`` (one marker decides) and their sum (many do a little). Under no heterogeneity the centred D, given
    the markers, has mean zero, and keeps its law to first order when its signs are flipped at random; the flipped D is
    divided by ``1 - 1 / n_fold``, which makes up, and a little more, for what centring took. The denominators do not
    change under flips. The smaller of the two p-values is compared with the smaller of each flip's.

    Parameters
    ----------
    markers : (n_subjects, n_features)
        Complete. Constant ones are left out.
    pseudo_outcome, fold
        As in `effect_slopes`.
    flips : int
        The smallest possible p-value is ``1 / (flips + 1)``.
    generator : numpy.random.Generator

    Returns
    -------
    Heterogeneity

    Raises
    ------
    DataError
        No marker varies within folds, the pseudo-outcome does not, or lengths differ.
    NumericalError
        A marker holds a missing value.

    Notes
    -----
    Valid when subjects are independent and the pseudo-outcome is right, whatever its variances; in small samples best
    where the pseudo-outcome is not strongly skewed (treatment one to one: its noise is symmetric). It sees effects that
    go up or down with a marker, not those that go with its extremes alone.

    References
    ----------
    Wu 1986, https://doi.org/10.1214/aos/1176350142; Westfall and Young 1993, ISBN 978-0-471-55761-6
    """
    n = markers.shape[0]
    d = data("pseudo_outcome", as_floats(pseudo_outcome), n=n)
    basis = fold_basis(fold)
    centred = d - basis @ (basis.T @ d)
    if not float(centred @ centred) > CONSTANT_SHARE * float(d @ d):
        raise DataError("pseudo_outcome does not vary within folds")
    signs = generator.integers(0, 2, size=(n, flips)).astype(np.float64) * 2.0 - 1.0
    shrunk = 1.0 - np.sum(basis * basis, axis=1)
    # the first column is the data as they are
    draws = same_device(np.column_stack([centred, signs * (centred / shrunk)[:, None]]), markers)
    sparse, dense, counted = np.zeros(flips + 1), np.zeros(flips + 1), 0
    on_device, own = same_device(basis, markers), same_device(centred, markers)[:, None]
    for block in feature_blocks(markers, rows=None, centre=np.full(n, 1.0 / n), block_bytes=_BLOCK_BYTES):
        xp = namespace(block.values)
        b = project_out(block.values, on_device)
        weight = as_floats(column_squares(b * own))
        varies = (block.status == Status.OK) & (
            as_floats(column_squares(b)) > CONSTANT_SHARE * as_floats(column_squares(block.values))
        )
        varies &= weight > 0
        scale = same_device(np.where(varies, 1.0 / np.sqrt(np.where(varies, weight, 1.0)), 0.0), markers)
        squares = as_floats(xp.matmul(xp.matrix_transpose(b * scale[None, :]), draws)) ** 2
        sparse, dense = np.maximum(sparse, squares.max(axis=0)), dense + squares.sum(axis=0)
        counted += int(varies.sum())
    if counted == 0:
        raise DataError("no marker varies within folds")
    ranks = np.column_stack([_share_as_large(sparse), _share_as_large(dense)])
    smaller = ranks.min(axis=1)
    p = float((smaller <= smaller[0]).mean())
    return Heterogeneity(p, float(ranks[0, 0]), float(ranks[0, 1]), counted, flips)


def _share_as_large(values: Floats) -> Floats:
    """For each value the share of all that are as large, itself among them; nearly equal ones count as equal."""
    ordered = np.sort(values)
    return np.asarray(1.0 - np.searchsorted(ordered, values * (1.0 - 1e-12), side="left") / values.size)
