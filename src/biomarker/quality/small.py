"""Groups that are too small to learn from."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from biomarker.data.endpoint import Endpoint, Survival

__all__ = ["rare_values", "small_groups", "too_few"]


def small_groups(groups: Iterable[str | None], *, least: int) -> dict[str, int]:
    """Groups with fewer than ``least`` members, and how many they have; None is no group."""
    counts = Counter(group for group in groups if group is not None)
    return {group: n for group, n in sorted(counts.items()) if n < least}


def too_few(endpoint: Endpoint, members: NDArray[np.bool_], *, least: int) -> str:
    """What an endpoint has fewer of than ``least`` among some subjects, in words; empty where it has enough.

    Parameters
    ----------
    endpoint : Endpoint
        Events are counted of a survival endpoint, events and non-events of a binary one, subjects outside the most
        frequent level of an ordinal one, nothing of others.
    members : bool array (n_subjects,)
    least : int

    Returns
    -------
    str
        ``3 events``, ``no non-event``.
    """
    if endpoint.type == "ordinal":
        _, members_of_level = np.unique(endpoint.values[members & endpoint.known], return_counts=True)
        outside = int(members_of_level.sum() - members_of_level.max(initial=0))
        words = f"subject{'s' if outside != 1 else ''} outside its most frequent level"
        return "" if outside >= least else f"{outside or 'no'} {words}"
    if endpoint.type not in ("binary", "survival"):
        return ""
    status = endpoint.event if isinstance(endpoint, Survival) else endpoint.values
    counts = {"event": int((status[members] == 1).sum())}
    if endpoint.type == "binary":
        counts["non-event"] = int((status[members] == 0).sum())
    short = next(((what, n) for what, n in counts.items() if n < least), None)
    return "" if short is None else f"{short[1] or 'no'} {short[0]}{'s' if short[1] > 1 else ''}"


def rare_values(features: NDArray[np.floating], *, least: int) -> int:
    """How many of the features have two values, the rarer of which fewer than ``least`` subjects have.

    Parameters
    ----------
    features : array (n_subjects, n_features)
        NaN where missing.
    least : int
    """
    known = np.isfinite(features)
    low = np.min(features, axis=0, where=known, initial=np.inf)
    high = np.max(features, axis=0, where=known, initial=-np.inf)
    at_low, at_high = (known & (features == low)).sum(axis=0), (known & (features == high)).sum(axis=0)
    two = (low < high) & (at_low + at_high == known.sum(axis=0))
    return int((two & (np.minimum(at_low, at_high) < least)).sum())
