"""Coordinate descent for the elastic net, compiled."""

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST_LOGIT", "penalised_fit"]

Floats = NDArray[np.float64]
# Beyond it a probability is 0 or 1 to seven digits, and the weights of the quadratic approximation vanish
LARGEST_LOGIT = 16.0
_MOST_SWEEPS = 2000
_MOST_STEPS = 25


@numba.njit(cache=True)
def penalised_fit(
    columns: Floats,
    outcome: Floats,
    logistic: bool,  # noqa: FBT001
    lasso: Floats,
    ridge: Floats,
    coefficients: Floats,
    tolerance: float,
) -> int:
    """Minimise the penalised loss from the given coefficients on, in place; the number of sweeps over columns.

    ``L(b) + sum_j (lasso_j |b_j| + ridge_j b_j^2 / 2)`` with ``L = mean((y - eta)^2) / 2`` or the mean of
    ``log(1 + exp(eta)) - y eta``, ``eta = b_0 + X b``. The logistic loss is replaced by its quadratic approximation
    until that no longer moves. Columns enter the working set when they break the optimality condition; the set is
    enlarged until none does.

    Parameters
    ----------
    columns : (n, p), column-major
    outcome : (n,)
    lasso, ridge : (p,)
        Not negative; an infinite `lasso` keeps a column out.
    coefficients : (p + 1,)
        The last one is the intercept.
    tolerance : float
        Largest move of the loss by one coordinate, in units of the loss, at which a sweep ends the descent.

    Notes
    -----
    Valid when columns have about unit variance, so that one tolerance serves all. After 2,000 sweeps the descent ends
    where it is (a tiny penalty and nearly separated classes): a path judges such a point by its predictions like any
    other. Same order of operations on every run: no threads, no reordering of sums.

    References
    ----------
    Friedman, Hastie and Tibshirani 2010, https://doi.org/10.18637/jss.v033.i01
    """
    n, p = columns.shape
    weight = np.full(n, 1.0 / n)
    working = np.zeros(p, dtype=np.bool_)
    for j in range(p):
        working[j] = coefficients[j] != 0.0 or lasso[j] == 0.0
    squares = np.full(p, -1.0)
    linear = np.full(n, coefficients[p])
    for j in range(p):
        if coefficients[j] != 0.0:
            linear += columns[:, j] * coefficients[j]
    residual = np.empty(n)  # weight times working residual
    sweeps = 0
    for _ in range(_MOST_STEPS if logistic else 1):
        begun = coefficients.copy()
        if logistic:
            for i in range(n):
                eta = min(max(linear[i], -LARGEST_LOGIT), LARGEST_LOGIT)
                mu = 1.0 / (1.0 + np.exp(-eta))
                weight[i] = max(mu * (1.0 - mu), 1e-5) / n
                residual[i] = (outcome[i] - mu) / n
            squares[:] = -1.0
        else:
            for i in range(n):
                residual[i] = (outcome[i] - linear[i]) / n
        total = weight.sum()
        while sweeps < _MOST_SWEEPS:
            # descend on the working set
            while sweeps < _MOST_SWEEPS:
                sweeps += 1
                largest = 0.0
                step = residual.sum() / total
                coefficients[p] += step
                for i in range(n):
                    residual[i] -= weight[i] * step
                    linear[i] += step
                largest = total * step * step
                for j in range(p):
                    if not working[j]:
                        continue
                    column = columns[:, j]
                    if squares[j] < 0.0:
                        s = 0.0
                        for i in range(n):
                            s += weight[i] * column[i] * column[i]
                        squares[j] = s
                    if squares[j] + ridge[j] <= 1e-14:
                        continue
                    raw = np.dot(column, residual) + squares[j] * coefficients[j]
                    size = abs(raw) - lasso[j]
                    new = 0.0 if size <= 0.0 else np.sign(raw) * size / (squares[j] + ridge[j])
                    step = new - coefficients[j]
                    if step != 0.0:
                        coefficients[j] = new
                        for i in range(n):
                            residual[i] -= weight[i] * column[i] * step
                            linear[i] += column[i] * step
                        largest = max(largest, squares[j] * step * step)
                if largest < tolerance:
                    break
            # who else breaks the optimality condition?
            entered = False
            for j in range(p):
                if working[j] or np.isinf(lasso[j]):
                    continue
                if abs(np.dot(columns[:, j], residual)) > lasso[j] * (1.0 + 1e-9) + 1e-14:
                    working[j] = True
                    entered = True
            if not entered:
                break
        moved = 0.0
        for j in range(p + 1):
            moved = max(moved, abs(coefficients[j] - begun[j]))
        if moved * moved < tolerance:
            break
    return sweeps
