"""Log-rank statistics of many studies at once, overall and by test result.

Arm, event and test result travel in the lowest bits of the observed time, so that one sort of plain numbers orders all
of a study; a relative change of 1e-15 in a time decides nothing.
"""

from collections.abc import Callable
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt

__all__ = ["ALL", "NEGATIVE", "POSITIVE", "logrank_sums", "pack", "plain_sums"]

Floats = npt.NDArray[np.float64]

ARM, EVENT, TEST = 1, 2, 4
# Places of the groups in the result
ALL, POSITIVE, NEGATIVE = 0, 1, 2


def pack(
    time: Floats, event: npt.NDArray[np.bool_], positive: npt.NDArray[np.bool_], n_treated: int
) -> npt.NDArray[np.int64]:
    """Observed times with arm, event and test result in their lowest bits; sorting them sorts the subjects.

    Parameters
    ----------
    time : (n_trials, n_subjects)
        Not negative; non-negative numbers sort as their bits do.
    event, positive : (n_trials, n_subjects)
    n_treated : int
        The first columns are the treated.
    """
    key = time.view(np.int64) & ~np.int64(ARM | EVENT | TEST)
    key[:, :n_treated] |= ARM
    key |= event.view(np.int8).astype(np.int64) << 1
    key |= positive.view(np.int8).astype(np.int64) << 2
    return key


def logrank_sums(key: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Observed minus expected events of the treated, and the hypergeometric variance, in three groups.

    ``U = sum_events (arm - n1 / n)``, ``V = sum_events n1 (n - n1) / n^2`` over the risk sets.

    Parameters
    ----------
    key : (n_trials, n_subjects)
        From `pack`, sorted along the subjects. Subjects with time 0 and no event count nowhere.

    Returns
    -------
    u, v : (3, n_trials)
        In all subjects (unstratified), in the test-positive, and in the test-negative.
    """
    u, v = np.empty((3, len(key))), np.empty((3, len(key)))
    (_compiled() or plain_sums)(key, u, v)
    return u, v


@cache
def _compiled() -> Callable[[npt.NDArray[np.int64], Floats, Floats], None] | None:
    """The compiled pass, where numba is installed."""
    try:
        from biomarker.trial.simulation.compiled import sums
    except ImportError:
        return None
    return cast("Callable[[npt.NDArray[np.int64], Floats, Floats], None]", sums)


def plain_sums(key: npt.NDArray[np.int64], u: Floats, v: Floats) -> None:
    """The sums by whole-array operations, into `u` and `v`: what the compiled pass must equal."""
    arm = (key & ARM).astype(np.float64)
    event = (key & EVENT) > 0
    test = ((key & TEST) > 0).astype(np.float64)
    at_risk = np.arange(key.shape[1], 0, -1, dtype=np.float64)[None, :]
    treated, positive, both = (_remaining(part) for part in (arm, test, arm * test))
    groups = (
        (treated, at_risk, event),
        (both, positive, event & (test > 0)),
        (treated - both, at_risk - positive, event & (test == 0)),
    )
    for g, (n1, n, counted) in enumerate(groups):
        share = n1 / np.maximum(n, 1.0)
        u[g] = np.where(counted, arm - share, 0.0).sum(axis=1)
        v[g] = np.where(counted, share * (1.0 - share), 0.0).sum(axis=1)


def _remaining(part: Floats) -> Floats:
    """How many of a kind are still at risk at each place."""
    return np.asarray(part.sum(axis=1, keepdims=True) - np.cumsum(part, axis=1) + part)
