"""Features that tell an outcome so well that they were probably known after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from biomarker.data.endpoint import Endpoint, Survival
from biomarker.stats.concordance import concordance, known_order

__all__ = ["Leak", "LeakLimits", "find_leaks"]

#: Pairs of subjects that every feature is first looked at in, and the chance of overlooking a leak in them.
_PAIRS = 128
_OVERLOOKED = 1e-6
#: Features looked at together: 20,000 x 128 values in double precision are 20 MB.
_BLOCK = 20_000
#: Exact concordance takes time with the square of the subjects; of more than this, a random part is measured.
_EXACT = 2_000


@dataclass(frozen=True, kw_only=True)
class LeakLimits:
    """When a feature is too good to be true.

    Attributes
    ----------
    concordance : float
        Least held-out concordance (AUC of a binary endpoint, C of any other).
    level : float
        Chance that a study without any leak is warned, over all its features and endpoints.
    min_events : int
        Events and non-events of a binary endpoint, events of a survival endpoint, subjects of either half of a
        continuous one; with fewer nothing is said.
    splits : int
        Random halves over which the median is taken.
    """

    concordance: float = 0.95
    level: float = 0.05
    min_events: int = 10
    splits: int = 5


@dataclass(frozen=True)
class Leak:
    """A feature that is too good to be true for an endpoint.

    Attributes
    ----------
    feature, endpoint : int
        Their positions.
    concordance : float
        Median over random halves: direction learned in one, measured in the other.
    n, n_events : int
        Subjects with both, and events among them (subjects again for a continuous endpoint).
    """

    feature: int
    endpoint: int
    concordance: float
    n: int
    n_events: int


def find_leaks(
    features: NDArray[np.floating],
    endpoints: Sequence[Endpoint],
    *,
    subjects: NDArray[np.intp] | None = None,
    limits: LeakLimits,
    rng: np.random.Generator,
) -> tuple[Leak, ...]:
    """Features of one modality that predict an endpoint suspiciously well.

    A feature is looked at in 128 random pairs of subjects whose order on the endpoint is known, and left alone where a
    concordance of ``limits.concordance - 0.05`` would show as few agreeing pairs once in a million times. What is left
    is measured exactly: half the subjects, drawn within the classes of the endpoint, say whether high goes with later,
    the other half says how often that is right; the median over ``limits.splits`` such halves must reach
    ``limits.concordance``. And the concordance in all subjects must differ from one half by more than chance:
    ``p * n_features * n_endpoints <= limits.level`` with the permutation test of `biomarker.stats.concordance`. In a
    study too small to tell a leak from the best of many features nothing is said.

    Parameters
    ----------
    features : array (n_subjects, n_features)
        NaN where missing.
    endpoints : sequence of Endpoint
    subjects : array (n_subjects,), optional
        Where each row of ``features`` stands in the endpoints; the same place if it is not given.
    limits : LeakLimits
    rng : numpy.random.Generator
        For pairs and halves.

    Returns
    -------
    tuple of Leak
        By endpoint, then by feature.

    Notes
    -----
    Neither covariates nor arms are adjusted for: what is looked for needs none to be seen. Of more than 2,000 subjects
    a random 2,000 are measured.

    **Valid when** subjects are independent. A feature of baseline that really decides the outcome is warned of too:
    whoever knows when it was measured decides.
    """
    n_subjects, n_features = features.shape
    looks = n_features * len(endpoints)
    found = []
    for at, given in enumerate(endpoints):
        endpoint = _Outcome.of(given, np.arange(len(given.values)) if subjects is None else subjects)
        if endpoint.values.shape != (n_subjects,):
            raise ValueError(f"endpoint {given.name} has {endpoint.values.shape} values for {n_subjects} subjects")
        rows = np.flatnonzero(~np.isnan(endpoint.values))
        if len(rows) > _EXACT:
            rows = np.sort(rng.choice(rows, size=_EXACT, replace=False))
        order = _order(endpoint, rows)
        if _events(endpoint, rows) < limits.min_events or not order.any():
            continue
        pairs = np.argwhere(order)
        pairs = pairs[rng.integers(len(pairs), size=_PAIRS)]
        for feature in _worth_measuring(features, rows[pairs], limits.concordance - 0.05):
            leak = _measured(features[rows, feature], endpoint, rows, order, limits, looks, rng)
            if leak is not None:
                found.append(Leak(feature, at, *leak))
    return tuple(found)


@dataclass(frozen=True)
class _Outcome:
    """An endpoint in some subjects, where it may be constant."""

    type: str
    values: NDArray[np.float64]
    event: NDArray[np.float64] | None

    @classmethod
    def of(cls, endpoint: Endpoint, subjects: NDArray[np.intp]) -> "_Outcome":
        event = endpoint.event[subjects] if isinstance(endpoint, Survival) else None
        return cls(endpoint.type, endpoint.values[subjects], event)

    @property
    def status(self) -> NDArray[np.float64]:
        """1 for an event."""
        return self.values if self.event is None else self.event


def _order(endpoint: _Outcome, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    return known_order(endpoint.values[rows], None if endpoint.event is None else endpoint.event[rows])


def _events(endpoint: _Outcome, rows: NDArray[Any]) -> int:
    """What the endpoint's information grows with: the rarer class, the events, or half of the subjects."""
    values = endpoint.values[rows]
    if endpoint.type == "binary":
        return int(min((values == 1).sum(), (values == 0).sum()))
    return len(values) // 2 if endpoint.event is None else int((endpoint.event[rows] == 1).sum())


def _worth_measuring(features: NDArray[np.floating], pairs: NDArray[np.intp], least: float) -> Iterator[int]:
    """Features that agree, or disagree, with nearly all of some pairs (n_pairs, 2) of subjects."""
    allowed = binom.isf(_OVERLOOKED, np.arange(len(pairs) + 1), 1.0 - least)
    for start in range(0, features.shape[1], _BLOCK):
        block = features[:, start : start + _BLOCK]
        first, later = block[pairs[:, 0]], block[pairs[:, 1]]
        up, down = (first < later).sum(axis=0), (first > later).sum(axis=0)
        known = (np.isfinite(first) & np.isfinite(later)).sum(axis=0)
        # a tie is half an error; where ties abound both directions may pass, which costs time and nothing else
        errors = 0.5 * (known - np.abs(up - down))
        yield from (start + np.flatnonzero(errors <= allowed[known])).tolist()


def _measured(
    x: NDArray[np.floating],
    endpoint: _Outcome,
    rows: NDArray[np.intp],
    order: NDArray[np.bool_],
    limits: LeakLimits,
    looks: int,
    rng: np.random.Generator,
) -> tuple[float, int, int] | None:
    """Held-out concordance, subjects and events, where the feature is a leak."""
    known = np.flatnonzero(np.isfinite(x))
    if _events(endpoint, rows[known]) < limits.min_events:
        return None
    whole = concordance(x, order)
    if not (max(whole.value, 1 - whole.value) >= limits.concordance - 0.05 and whole.p_value * looks <= limits.level):
        return None
    classes = _classes(endpoint, rows[known])
    halves = [_half(classes, rng) for _ in range(limits.splits)]
    held_out = np.median([_held_out(x[known], order[np.ix_(known, known)], half) for half in halves])
    if not held_out >= limits.concordance:
        return None
    counted = endpoint.type in ("binary", "survival")
    events = int((endpoint.status[rows[known]] == 1).sum()) if counted else len(known)
    return float(held_out), len(known), events


def _classes(endpoint: _Outcome, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """What a random half keeps the proportions of: class, or event."""
    return np.zeros(len(rows)) if endpoint.type == "continuous" else endpoint.status[rows]


def _half(classes: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """A random half of each class."""
    half = np.zeros(len(classes), dtype=bool)
    for value in np.unique(classes):
        members = rng.permutation(np.flatnonzero(classes == value))
        half[members[: len(members) // 2]] = True
    return half


def _held_out(x: NDArray[np.floating], order: NDArray[np.bool_], learn: NDArray[np.bool_]) -> float:
    """Direction from one half, concordance in the other; one half where the first half shows no direction."""
    learned = concordance(x[learn], order[np.ix_(learn, learn)]).value
    measured = concordance(x[~learn], order[np.ix_(~learn, ~learn)]).value
    return float(0.5 + np.sign(learned - 0.5) * (measured - 0.5))
