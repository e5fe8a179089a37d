"""Relatives of one formula stand behind it, and how steadily it leads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.formula.shapes import SHAPES, evaluate
from biomarker.discovery.formula.survivors import Found, Searchable, smaller_of
from biomarker.stats.pairs.plain import given_each
from biomarker.stats.pairs.response import PairResponse

__all__ = ["Group", "grouped", "stability"]

Floats = NDArray[np.float64]
#: Two formulas that share a feature are relatives where their indices go together this closely, others where this.
SHARING, OTHERS = 0.5, 0.9
#: Relatives that are listed with a leader.
MOST_RELATIVES = 5


@dataclass(frozen=True, eq=False)
class Group:
    """A formula and its weaker relatives, the best first."""

    leader: Found
    relatives: tuple[Found, ...]
    n_relatives: int


def grouped(formulas: Sequence[Found], found: Searchable, *, most: int) -> list[Group]:
    """The first groups of formulas, which are in order; a formula joins the first leader it is a relative of.

    Formulas of the same features are relatives, whatever their shapes; those that share a feature where their indices
    correlate by `SHARING`; any others by `OTHERS`. What comes after the groups are full is no relative of anything.
    """
    leaders: list[Found] = []
    units = np.empty((0, len(found.values)))
    members: list[list[Found]] = []
    for formula in formulas:
        index = evaluate(formula.record, found.values[:, list(formula.places)])
        unit = index - index.mean()
        unit = unit / max(float(np.linalg.norm(unit)), 1e-300)
        close = np.abs(units @ unit)
        own = set(formula.places)
        home = next(
            (
                k
                for k, leader in enumerate(leaders)
                if own == set(leader.places) or close[k] >= (SHARING if own & set(leader.places) else OTHERS)
            ),
            None,
        )
        if home is not None:
            members[home].append(formula)
        elif len(leaders) < most:
            leaders.append(formula)
            members.append([])
            units = np.vstack([units, unit])
    return [Group(leader, tuple(own[:MOST_RELATIVES]), len(own)) for leader, own in zip(leaders, members, strict=True)]


def stability(
    leaders: Sequence[Found],
    pool: Sequence[Found],
    found: Searchable,
    response: PairResponse,
    *,
    top: int,
    resamples: int,
    generator: np.random.Generator,
) -> list[float]:
    """Share of half-samples of the searched subjects in which a leader's features are in the first `top` of the pool.

    The pool are the survivors of the search, one formula a set of features: what the whole search would find in half
    the subjects is not asked again. Valid as a comparison between leaders, not as a rate of error.
    """
    best: dict[frozenset[int], Found] = {}
    for formula in [*leaders, *pool]:
        if not SHAPES[formula.record.shape].linear or len(formula.places) == 2:
            best.setdefault(frozenset(formula.places), formula)
        if len(best) >= 400:
            break
    formulas = list(best.values())
    places = {features: k for k, features in enumerate(best)}
    index = np.column_stack([evaluate(f.record, found.values[:, list(f.places)]) for f in formulas])
    scaled = (found.values - found.constants.mean) / found.constants.sd
    counts = np.zeros(len(formulas))
    n = len(found.values)
    for _ in range(resamples):
        half = np.sort(generator.permutation(n)[: n // 2])
        r = response.residual[half] * response.root[half]
        own = (
            PairResponse.of(r, np.empty((half.size, 0)), response.root[half] ** 2)
            if response.root[half].any()
            else response
        )
        score = _scores(formulas, index[half], scaled[half], own)
        counts[np.argsort(-score, kind="stable")[:top]] += 1
    return [
        float(counts[places[frozenset(leader.places)]] / resamples) if frozenset(leader.places) in places else 0.0
        for leader in leaders
    ]


def _scores(formulas: Sequence[Found], index: Floats, scaled: Floats, response: PairResponse) -> Floats:
    """Improvement of each formula, as `judge` has it, in the subjects given."""
    score = np.zeros(len(formulas))
    for arity in (1, 2, 3):
        for linear in (False, True):
            some = [k for k, f in enumerate(formulas)
                    if len(f.places) == arity and bool(SHAPES[f.record.shape].linear) == linear]  # fmt: skip
            if not some:
                continue
            parts = [scaled[:, [formulas[k].places[p] for k in some]] for p in range(arity)]
            if linear:
                added = [
                    np.abs(given_each(part, [q for m, q in enumerate(parts) if m != k], response))
                    for k, part in enumerate(parts)
                ]
                score[some] = np.nan_to_num(
                    np.minimum.reduce([*added, np.abs(given_each(index[:, some], [], response))])
                )
            else:
                added = [given_each(index[:, some], parts, response)]
                score[some] = np.nan_to_num(np.abs(smaller_of(added[0], given_each(index[:, some], [], response))))
    return score
