"""Log-rank statistics of many studies at once, overall and by test result.

On the CPU arm, event and test result travel in the lowest bits of the observed time, so that one sort of plain numbers
orders all of a study, and one compiled pass adds up its risk sets; a relative change of 1e-15 in a time decides
nothing. On another device the same sums are made by whole-array operations.
"""

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, namespace
from biomarker.trial.simulation.compiled import sums

__all__ = ["ALL", "NEGATIVE", "POSITIVE", "logrank_sums", "ordered_sums", "pack"]

ARM, EVENT, TEST = 1, 2, 4
# Places of the groups in the result
ALL, POSITIVE, NEGATIVE = 0, 1, 2


def logrank_sums(time: Array, event: Array, positive: Array, n_treated: int) -> tuple[Array, Array]:
    """Observed minus expected events of the treated, and the hypergeometric variance, in three groups.

    ``U = sum_events (arm - n1 / n)``, ``V = sum_events n1 (n - n1) / n^2`` over the risk sets.

    Parameters
    ----------
    time : (n_trials, n_subjects)
        Observed times, not negative, on any device. Subjects with time 0 and no event count nowhere.
    event, positive : (n_trials, n_subjects)
        Whether it is the event, and whether the test is positive.
    n_treated : int
        The first columns are the treated.

    Returns
    -------
    u, v : (3, n_trials)
        In all subjects (unstratified), in the test-positive, and in the test-negative, where `time` is.
    """
    if isinstance(time, np.ndarray):
        key = pack(time, event, positive, n_treated)
        key.sort(axis=1)
        u, v = np.empty((3, len(key))), np.empty((3, len(key)))
        sums(key, u, v)
        return u, v
    xp = namespace(time)
    order = xp.argsort(time, axis=1)
    return ordered_sums(order < n_treated, *(xp.take_along_axis(part, order, axis=1) for part in (event, positive)))


def pack(
    time: npt.NDArray[np.float64], event: npt.NDArray[np.bool_], positive: npt.NDArray[np.bool_], n_treated: int
) -> npt.NDArray[np.int64]:
    """Observed times with arm, event and test result in their lowest bits; sorting them sorts the subjects.

    Non-negative numbers sort as their bits do.
    """
    key = time.view(np.int64) & ~np.int64(ARM | EVENT | TEST)
    key[:, :n_treated] |= ARM
    key |= event.view(np.int8).astype(np.int64) << 1
    key |= positive.view(np.int8).astype(np.int64) << 2
    return key


def ordered_sums(arm: Array, event: Array, positive: Array) -> tuple[Array, Array]:
    """The sums of subjects in the order of their times, by whole-array operations; the compiled pass must equal it."""
    xp = namespace(arm, event, positive)
    treated, test = (xp.astype(part, xp.float64) for part in (arm, positive))
    at_risk = _remaining(xp.ones_like(treated))
    treated_at_risk, positive_at_risk, both = (_remaining(part) for part in (treated, test, treated * test))
    groups = (
        (treated_at_risk, at_risk, event),
        (both, positive_at_risk, event & positive),
        (treated_at_risk - both, at_risk - positive_at_risk, event & ~positive),
    )
    u, v = [], []
    for n1, n, counted in groups:
        share = n1 / xp.where(n > 0, n, xp.ones_like(n))
        nothing = xp.zeros_like(share)
        u.append(xp.sum(xp.where(counted, treated - share, nothing), axis=1))
        v.append(xp.sum(xp.where(counted, share * (1.0 - share), nothing), axis=1))
    return xp.stack(u), xp.stack(v)


def _remaining(part: Array) -> Array:
    """How many of a kind are still at risk at each place."""
    xp = namespace(part)
    return xp.sum(part, axis=1, keepdims=True) - xp.cumulative_sum(part, axis=1) + part
