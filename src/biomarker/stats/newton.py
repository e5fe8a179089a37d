"""Newton's method with step-halving for concave log-likelihoods of one model, telling separation from convergence."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.stats.estimate import Status

__all__ = ["Maximum", "maximise", "solve_information"]

Floats = npt.NDArray[np.float64]

_MAX_ITERATIONS = 60
_MAX_HALVINGS = 30
# The linear predictor no longer moves.
_SETTLED = 1e-9
# Near a finite maximum Newton's steps shrink quadratically. Where the likelihood only rises towards a limit they keep
# their length (about one on the linear predictor) while the gain dies out: that is separation.
_NO_GAIN = 1e-7
_STILL_MOVING = 0.3
# Beyond this the exponential of the linear predictor is near the end of double precision. (36, where a probability
# rounds to 1, would be too strict: one far outlier passes it without harm.)
_BEYOND = 300.0


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the iteration ended.

    Attributes
    ----------
    parameters : (q,)
    log_likelihood : float
    information : (q, q)
        Minus the second derivative at `parameters`.
    n_iterations : int
    status : Status
        ``OK``, ``SEPARATION`` (the likelihood rises towards a limit at infinity) or ``NOT_CONVERGED``.
    """

    parameters: Floats
    log_likelihood: float
    information: Floats
    n_iterations: int
    status: Status


def solve_information(information: Floats, right: Floats) -> Floats:
    """Solution of ``information @ x = right``, with directions that carry no information left at zero.

    Parameters
    ----------
    information : (q, q)
        Symmetric, positive semi-definite.
    right : (q,) or (q, k)
    """
    if information.shape[0] == 0:
        return np.zeros_like(right)
    values, vectors = np.linalg.eigh(information)
    inverse = np.where(values > 1e-13 * max(values[-1], 1e-300), 1.0 / np.where(values > 0, values, 1.0), 0.0)
    solution: Floats = (vectors * inverse) @ (vectors.T @ right)
    return solution


def maximise(
    evaluate: Callable[[Floats], tuple[float, Floats, Floats]],
    design: Floats,
    *,
    start: Floats | None = None,
    max_iterations: int = _MAX_ITERATIONS,
) -> Maximum:
    """Maximise a concave log-likelihood of ``design @ parameters``.

    Parameters
    ----------
    evaluate : callable
        From parameters (q,) to the log-likelihood, its gradient (q,) and the information (q, q).
    design : (n_subjects, q)
        Used to judge movement on the scale of the linear predictor, so that the units of the columns do not matter.
    start : (q,), optional
        Zero where not given.
    max_iterations : int

    Returns
    -------
    Maximum
    """
    parameters = np.zeros(design.shape[1]) if start is None else start
    value, gradient, information = evaluate(parameters)
    idle = 0
    for iteration in range(1, max_iterations + 1):
        step = solve_information(information, gradient)
        movement = float(np.abs(design @ step).max(initial=0.0))
        if movement < _SETTLED:
            return Maximum(parameters, value, information, iteration - 1, Status.OK)
        idle = idle + 1 if float(gradient @ step) < _NO_GAIN and movement > _STILL_MOVING else 0
        far = float(np.abs(design @ parameters).max(initial=0.0)) > _BEYOND
        if idle >= 2 or far:
            return Maximum(parameters, value, information, iteration, Status.SEPARATION)
        for _ in range(_MAX_HALVINGS):
            trial = evaluate(parameters + step)
            # rounding of the sum may show as a loss once the maximum is reached
            if trial[0] >= value - 1e-12 * abs(value):
                break
            step = step / 2.0
        else:
            return Maximum(parameters, value, information, iteration, Status.NOT_CONVERGED)
        parameters = parameters + step
        value, gradient, information = trial
    return Maximum(parameters, value, information, max_iterations, Status.NOT_CONVERGED)
