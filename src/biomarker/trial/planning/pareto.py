"""Which of several choices are not beaten on every count."""

import numpy as np
import numpy.typing as npt

from biomarker.trial.checks import refuse

__all__ = ["pareto_front"]

Floats = npt.NDArray[np.float64]


def pareto_front(losses: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Choices that no other choice equals or beats on every count and beats on one.

    ``i`` is on the front when there is no j with ``losses[j] <= losses[i]`` everywhere and ``<`` somewhere. Choices
    that are alike on every count stay together.

    Parameters
    ----------
    losses : (n_choices, n_counts)
        Less is better; finite.

    Returns
    -------
    (n_choices,) bool

    Raises
    ------
    ConfigError
        Not a table of finite numbers.

    Notes
    -----
    Valid when differences are real: simulated numbers put choices on the front by luck.

    References
    ----------
    Kung, Luccio and Preparata 1975, https://doi.org/10.1145/321906.321910

    Examples
    --------
    >>> pareto_front([[1, 3], [2, 2], [2, 3], [3, 1]]).tolist()
    [True, True, False, True]
    """
    points = np.asarray(losses, dtype=np.float64)
    if points.ndim != 2 or not np.all(np.isfinite(points)):
        raise refuse("losses", losses, "a table (choices, counts) of finite numbers")
    # a choice can only be beaten by one that comes before it in the order of the counts
    order = np.lexsort(points.T[::-1])
    kept = np.empty((0, points.shape[1]))
    front = np.zeros(points.shape[0], dtype=bool)
    for i in order:
        point = points[i]
        beaten = np.any(np.all(kept <= point, axis=1) & np.any(kept < point, axis=1))
        if not beaten:
            front[i] = True
            kept = np.vstack([kept, point])
    return front
