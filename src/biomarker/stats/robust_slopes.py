"""Slopes whose standard errors need no equal variances, with a t law for each that holds in small samples."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, column_squares, namespace
from biomarker.stats.estimate import Status
from biomarker.stats.feature_blocks import as_floats, same_device
from biomarker.stats.projection import CONSTANT_SHARE, project_out

__all__ = ["RobustSlopes", "robust_slopes"]

Floats = npt.NDArray[np.float64]
# A subject that alone decides a slope has leverage 1, and the slope without it does not exist.
_LEAST_SPARE = 1e-6


@dataclass(frozen=True, eq=False)
class RobustSlopes:
    """Slopes of one response on each of several columns, all (width,), on the host.

    Attributes
    ----------
    slope, std_error, dof : float64
        Meaningless where the status is not OK.
    status : int8
        ``CONSTANT`` where a column does not vary given the basis, ``TOO_FEW`` where one subject decides its slope.
    """

    slope: Floats
    std_error: Floats
    dof: Floats
    status: npt.NDArray[np.int8]


def robust_slopes(columns: Array, response: Array, basis: Array) -> RobustSlopes:
    """Slope of a response on each column given a basis: HC3 standard errors with Bell and McCaffrey's t law.

    With x and y off the basis Q, ``S = x'x``, ``b = x'y / S``, residuals ``e = y - b x`` and leverages
    ``h_i = (QQ')_ii + x_i^2 / S``, ``v = sum_i c_i^2 e_i^2 / S^2`` with ``c_i = x_i / (1 - h_i)``. Were the errors of
    equal variance, v would be a quadratic form with matrix ``M diag(c^2) M``, ``M = I - QQ' - xx'/S``; it is compared
    with the chi-squared law of the same mean and spread, ``dof = tr(.)^2 / tr(.^2)``: few subjects that decide the
    slope give few degrees of freedom.

    Parameters
    ----------
    columns : (n_subjects, width)
        Finite.
    response : (n_subjects,)
    basis : (n_subjects, r)
        Orthonormal columns, the intercept in their span.

    Returns
    -------
    RobustSlopes

    Notes
    -----
    Valid when subjects are independent. Errors may have variances of their own; HC3 is on the safe side for them. The
    degrees of freedom are exact for equal variances and approximate otherwise.

    References
    ----------
    MacKinnon and White 1985, https://doi.org/10.1016/0304-4076(85)90158-7; Bell and McCaffrey 2002, Survey Methodology
    28:169; Imbens and Kolesar 2016, https://doi.org/10.1162/REST_a_00552
    """
    xp = namespace(columns)
    before = as_floats(column_squares(columns))
    x = project_out(columns, basis)
    y = project_out(response[:, None], basis)
    squares = as_floats(column_squares(x))
    constant = ~(squares > CONSTANT_SHARE * before)
    spread = same_device(np.where(constant, 1.0, squares), columns)[None, :]
    slope = xp.matmul(xp.matrix_transpose(x), y)[:, 0] / spread[0, :]
    residual = y - x * slope[None, :]
    fitted = xp.sum(basis * basis, axis=1)[:, None]
    leverage = fitted + x * x / spread
    spare = 1.0 - leverage
    # Whom the basis fits alone, the only one of a level, is nothing off it and has no say; nobody else may decide alone
    lone = xp.where(fitted > 1.0 - _LEAST_SPARE, xp.ones_like(spare), spare)
    few = as_floats(xp.min(lone, axis=0)) < _LEAST_SPARE
    spare = xp.where(spare < _LEAST_SPARE, xp.ones_like(spare), spare)
    weight = (x / spare) ** 2 / spread  # c^2 / S: of order one whatever the units
    variance = as_floats(xp.sum(weight * residual * residual, axis=0) / spread[0, :])
    first = as_floats(xp.sum(weight * spare, axis=0))
    second = as_floats(_trace_of_square(xp, x, weight, leverage, basis, spread))
    dof = first * first / np.maximum(second, 1e-300)
    # Rounding leaves a residual of 1e-16 of the response where the fit is exact
    floor = 1e-30 * float(as_floats(column_squares(y))[0]) / np.where(constant, 1.0, squares)
    status = np.where(constant, Status.CONSTANT, np.where(few | (dof < 0.5), Status.TOO_FEW, Status.OK))
    error = np.sqrt(np.maximum(variance, floor))
    return RobustSlopes(as_floats(slope), error, np.maximum(dof, 0.5), status.astype(np.int8))


def _trace_of_square(xp: Array, x: Array, weight: Array, leverage: Array, basis: Array, spread: Array) -> Array:
    """``tr((M diag(w) M)^2) = sum_ij w_i w_j M_ij^2`` for each column, without an (n, n) matrix."""
    n, r = basis.shape
    pairs = xp.reshape(basis[:, :, None] * basis[:, None, :], (n, r * r))
    across = xp.matmul(xp.matrix_transpose(pairs), weight)  # Q' diag(w) Q, (r r, width)
    along = xp.matmul(xp.matrix_transpose(basis), weight * x)
    own = xp.sum(weight * x * x, axis=0)
    return (
        xp.sum(weight * weight * (1.0 - 2.0 * leverage), axis=0)
        + xp.sum(across * across, axis=0)
        + 2.0 * xp.sum(along * along, axis=0) / spread[0, :]
        + (own / spread[0, :]) ** 2
    )
