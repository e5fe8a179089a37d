"""Newton's method for many small models at once: every feature's null model of an interaction screen."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["BatchedMaximum", "maximise_batch", "solve_batch"]

Floats = npt.NDArray[np.float64]

_MAX_ITERATIONS = 50
# Squared length of the Newton step in the metric of the information. That last step is still taken, so that what is
# left is of the order of its square.
_SETTLED = 1e-9


@dataclass(frozen=True, eq=False)
class BatchedMaximum:
    """Parameters (width, q) where each iteration ended, and which (width,) converged."""

    parameters: Floats
    converged: npt.NDArray[np.bool_]


def solve_batch(matrices: Floats, right: Floats) -> Floats:
    """Solutions of many small symmetric positive semi-definite systems.

    The matrices are scaled to a unit diagonal, and 1e-14 on the diagonal keeps one that has run to singularity (a
    separated feature) from ending the whole batch.

    Parameters
    ----------
    matrices : (width, q, q)
    right : (width, q)

    Returns
    -------
    (width, q)
    """
    diagonal = np.einsum("bii->bi", matrices)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = matrices * scale[:, :, None] * scale[:, None, :]
    scaled = scaled + np.where(diagonal > 0, 1e-14, 1.0)[:, :, None] * np.eye(matrices.shape[1])
    solution: Floats = np.linalg.solve(scaled, (right * scale)[:, :, None])[:, :, 0] * scale
    return solution


def maximise_batch(
    evaluate: Callable[[npt.NDArray[np.intp], Floats], tuple[Floats, Floats, Floats]], start: Floats
) -> BatchedMaximum:
    """Maximise one concave log-likelihood a row, all at once, with step-halving row by row.

    Each round evaluates every row still at work at its base plus step. A row whose log-likelihood did not fall moves
    its base there and takes a new Newton step; another halves its step.

    Parameters
    ----------
    evaluate : callable
        From rows (m,) and parameters (m, q) to log-likelihoods (m,), gradients (m, q) and informations (m, q, q).
    start : (width, q)

    Returns
    -------
    BatchedMaximum
    """
    width = start.shape[0]
    base, step = start.copy(), np.zeros_like(start)
    value = np.full(width, -np.inf)
    converged = np.zeros(width, dtype=bool)
    active = np.arange(width)
    for _ in range(_MAX_ITERATIONS):
        if active.size == 0:
            break
        trial = base[active] + step[active]
        reached, gradient, information = evaluate(active, trial)
        better = reached >= value[active] - 1e-10 * np.abs(reached)
        rows = active[better]
        base[rows], value[rows] = trial[better], reached[better]
        newton = solve_batch(information[better], gradient[better])
        step[rows] = newton
        step[active[~better]] /= 2.0
        settled = np.einsum("bi,bi->b", newton, gradient[better]) < _SETTLED
        converged[rows[settled]] = True
        base[rows[settled]] += newton[settled]
        active = active[~converged[active]]
    return BatchedMaximum(base, converged)
