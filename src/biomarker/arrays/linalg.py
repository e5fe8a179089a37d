"""Orthonormal bases of covariates, rank revealed, one for all subjects or one for each pattern of missing subjects."""

from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.arrays.device import Array, namespace

__all__ = [
    "column_squares",
    "independent_columns",
    "masked_bases",
    "orthonormal_basis",
    "row_products",
    "take_columns",
    "take_rows",
]

Floats = npt.NDArray[np.float64]

# A direction whose length is below this share of the longest counts as lost. Columns are scaled to length one first, so
# the units of the covariates do not matter.
_RANK_TOLERANCE = 1e-9
# Eigenvalues of a Gram matrix are squared lengths: below this share their sign is rounding.
_GRAM_TOLERANCE = 1e-11
# Up to a million multiplications OpenBLAS calls a matrix product small. Half the time at eight rows, none saved at 12.
_SMALL_PRODUCT = 900_000
_FEW_ROWS = 8


def column_squares(values: Array) -> Array:
    """Sum of squares of each column, (n_rows, width) to (width,), without an array of squares on the host.

    numpy's two ways to say it differ by a factor of two with the layout of the array; each gets the faster one.
    """
    if not isinstance(values, np.ndarray):
        xp = namespace(values)
        return xp.sum(values * values, axis=0)
    if values.flags.f_contiguous:
        inner: Any = np.vecdot  # its published types do not know that two arrays of one type give that type
        return inner(values, values, axis=0)
    return np.einsum("ij,ij->j", values, values)


def row_products(rows: Array, values: Array) -> Array:
    """``rows @ values`` of a few rows, which should lie column by column in memory, and many columns.

    OpenBLAS multiplies small matrices without copying them first, which for a few rows is most of the work: on the host
    the columns are taken in pieces that are small. How they are cut depends on the shapes alone.
    """
    n_rows, length = rows.shape
    if not isinstance(values, np.ndarray) or n_rows > _FEW_ROWS or not values.flags.f_contiguous:
        return namespace(values).matmul(rows, values)
    products = np.empty((n_rows, values.shape[1]))
    width = max(1, _SMALL_PRODUCT // (max(n_rows, 1) * max(length, 1)))
    for start in range(0, values.shape[1], width):
        products[:, start : start + width] = rows @ values[:, start : start + width]
    return products


def take_rows(values: Array, rows: npt.NDArray[np.intp]) -> Array:
    """Some rows, in the order asked for, laid out as `values` are: on the host, what lies together moves together."""
    if isinstance(values, np.ndarray) and values.flags.f_contiguous:
        return np.take(values.T, rows, axis=1).T
    xp = namespace(values)
    return xp.take(values, xp.asarray(rows, device=values.device), axis=0)


def take_columns(values: Array, columns: npt.NDArray[np.intp]) -> Array:
    """Some columns, in the order asked for, laid out as `values` are."""
    if isinstance(values, np.ndarray) and values.flags.f_contiguous:
        return np.take(values.T, columns, axis=0).T
    xp = namespace(values)
    return xp.take(values, xp.asarray(columns, device=values.device), axis=1)


def _unit_columns(matrix: Floats) -> Floats:
    """Columns scaled to length one, first by their largest entry so that 1e200 does not overflow; zeros stay."""
    peak = np.abs(matrix).max(axis=0, initial=0.0)
    scaled: Floats = matrix / np.where(peak > 0, peak, 1.0)
    length = np.sqrt(np.einsum("ij,ij->j", scaled, scaled))
    return scaled / np.where(length > 0, length, 1.0)


def orthonormal_basis(matrix: Floats) -> Floats:
    """Orthonormal basis of the column space, by singular values of the scaled columns.

    Parameters
    ----------
    matrix : (n_rows, n_columns)
        May be rank deficient, of any scale, and of no columns at all.

    Returns
    -------
    (n_rows, rank)
    """
    if matrix.shape[1] == 0 or matrix.shape[0] == 0:
        return np.zeros((matrix.shape[0], 0))
    left, singular, _ = np.linalg.svd(_unit_columns(matrix), full_matrices=False)
    return np.ascontiguousarray(left[:, singular > _RANK_TOLERANCE * max(singular[0], 1e-300)])


def independent_columns(matrix: Floats) -> npt.NDArray[np.intp]:
    """Indices, ascending, of a largest set of linearly independent columns, earlier columns preferred.

    Each column is kept unless it lies in the span of those kept before it (Gram-Schmidt, applied twice).

    Parameters
    ----------
    matrix : (n_rows, n_columns)

    Returns
    -------
    (rank,)
    """
    units = _unit_columns(matrix)
    basis = np.zeros((matrix.shape[0], 0))
    kept = []
    for j in range(units.shape[1]):
        rest = units[:, j] - basis @ (basis.T @ units[:, j])
        rest -= basis @ (basis.T @ rest)
        length = float(np.sqrt(rest @ rest))
        if length > _RANK_TOLERANCE:
            basis = np.column_stack([basis, rest / length])
            kept.append(j)
    return np.array(kept, dtype=np.intp)


def masked_bases(basis: Floats, masks: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Orthonormal bases of the same columns restricted to several sets of rows, all at once.

    The Gram matrices of the restricted columns, ``G_k = B' diag(m_k) B``, are one matrix product; with
    ``G_k = V L V'`` the basis is ``diag(m_k) B V L^{-1/2}`` without the directions that vanish. A second pass over the
    result removes the rounding of the first (as in CholeskyQR2), so that a Gram matrix is as good as a QR here.

    Parameters
    ----------
    basis : (n_rows, r)
        Orthonormal columns.
    masks : (n_rows, n_masks)
        1 for the rows of a set, else 0.

    Returns
    -------
    bases : (n_masks, n_rows, r)
        Orthonormal columns, zero in rows outside the set; surplus columns are zero.
    ranks : (n_masks,)

    References
    ----------
    Yamamoto et al. 2015, https://doi.org/10.1553/etna_vol44s306
    """
    n_rows, r = basis.shape
    pairs = (basis[:, :, None] * basis[:, None, :]).reshape(n_rows, r * r)
    gram = (masks.T @ pairs).reshape(-1, r, r)
    values, vectors = np.linalg.eigh(gram)
    keep = values > _GRAM_TOLERANCE * np.maximum(values[:, -1:], 1e-300)
    vectors = vectors * np.where(keep, 1.0 / np.sqrt(np.where(keep, values, 1.0)), 0.0)[:, None, :]
    bases = np.matmul(basis[None], vectors) * masks.T[:, :, None]
    second = np.matmul(np.swapaxes(bases, 1, 2), bases)
    # Lost directions have a zero row and column: a one on the diagonal makes the factor invertible, and they stay zero.
    second += np.eye(r) * ~keep[:, None, :]
    factor: Any = np.linalg.cholesky(second)
    bases = np.matmul(bases, np.swapaxes(np.linalg.inv(factor), 1, 2))
    return bases, keep.sum(axis=1).astype(np.int64)
