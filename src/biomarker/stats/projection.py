"""Projection of features off covariates, and how small a remainder may be before it is rounding."""

import numpy as np

from biomarker.arrays import Array, namespace

__all__ = ["CONSTANT_SHARE", "EXPLICIT_SHARE", "project_out"]

# A squared length that is this share of what it was before adjustment is rounding: single-precision features that are
# copies of a covariate keep 1e-15.
CONSTANT_SHARE = 1e-12
# Differences of sums of squares keep a relative error of eps / share: below this share a feature's sums are computed
# again from its explicit residuals.
EXPLICIT_SHARE = 1e-3


def project_out(values: Array, basis: Array) -> Array:
    """Features minus their projection on orthonormal columns; twice, since the second pass removes rounding.

    Parameters
    ----------
    values : (n_used, width)
    basis : (n_used, r)

    Returns
    -------
    (n_used, width)
    """
    xp = namespace(values)
    transposed = xp.matrix_transpose(basis)
    by_column = isinstance(values, np.ndarray) and values.flags.f_contiguous  # a difference of two layouts is slow
    for _ in range(2):
        if by_column:
            values = values - ((values.T @ basis) @ transposed).T
        else:
            values = values - xp.matmul(basis, xp.matmul(transposed, values))
    return values
