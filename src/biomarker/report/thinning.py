"""Which of many points to draw: those that would cover each other are drawn once."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["thin"]

#: The plane is cut into so many cells, a little larger than a point is on the page; one point a cell is drawn.
CELLS = (110, 80)


def thin(x: NDArray[np.float64], y: NDArray[np.float64], *, most: int) -> NDArray[np.int64]:
    """Indices of the points to draw, ascending.

    Parameters
    ----------
    x, y : array (n_points,)
        Finite. Earlier points win over later ones of the same cell.
    most : int
        At least 1; where more cells than this are occupied, every k-th of them is left.

    Returns
    -------
    array (n_drawn,)
    """
    if len(x) == 0:
        return np.empty(0, dtype=np.int64)
    cells = _cell(x, CELLS[0]) * CELLS[1] + _cell(y, CELLS[1])
    _, first = np.unique(cells, return_index=True)
    step = -(-len(first) // most)
    chosen: NDArray[np.int64] = np.sort(first[::step])
    return chosen


def _cell(values: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    low, high = values.min(), values.max()
    if high == low:
        return np.zeros(len(values), dtype=np.int64)
    cell: NDArray[np.int64] = np.minimum(((values - low) / (high - low) * n).astype(np.int64), n - 1)
    return cell
