"""From what the scan kept to candidates: judged again, grouped, tried in held-out subjects, put in order."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from biomarker import logs
from biomarker.discovery.formula.beside_pairs import single_formulas, triples
from biomarker.discovery.formula.familywise import FIRST, Familywise, familywise
from biomarker.discovery.formula.gathered import Gathered
from biomarker.discovery.formula.grouped import Group, grouped, stability
from biomarker.discovery.formula.heldout import HeldOut, tried_again
from biomarker.discovery.formula.questions import MIN_SUBJECTS, Question
from biomarker.discovery.formula.search import FormulaSettings, Prepared
from biomarker.discovery.formula.shapes import SHAPES
from biomarker.discovery.formula.survivors import ordered, survivors
from biomarker.errors import InsufficientDataError
from biomarker.rng import stream
from biomarker.stats.multiplicity import holm
from biomarker.stats.pairs.basis import PairBasis
from biomarker.stats.pairs.products import REFUSALS
from biomarker.stats.pairs.scan import PairScan, scan_pairs
from biomarker.stats.pairs.statistics import STATISTICS

__all__ = ["Candidate", "Concluded", "Count", "combined", "conclude", "cost_of"]

log = logs.get(__name__)

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Pairs on which the cost of permutations is tried, about.
_TRIAL_PAIRS = 200_000
_SINGLES, _TRIPLES = "formulas of one feature", "formulas of three features"


@dataclass(frozen=True)
class Count:
    """How many formulas of a shape were planned, and what became of them: ``reason`` is empty for those searched."""

    shape: str
    reason: str
    formulas: int


@dataclass(frozen=True, eq=False)
class Candidate:
    """A leading formula, its relatives, and what held-out subjects say.

    Attributes
    ----------
    group : Group
    heldout : HeldOut
    p_adjusted : float
        By Holm over the leaders of one repeat; over repeats twice their median.
    p_familywise : float
        NaN where none was asked or the formula has three features.
    stability : float
    n_tried : int
        Leaders of its repeat.
    repeats : int
        In how many repeats its features led a group.
    """

    group: Group
    heldout: HeldOut
    p_adjusted: float
    p_familywise: float
    stability: float
    n_tried: int
    repeats: int = 1

    @property
    def features(self) -> frozenset[str]:
        """Its features, by which it is known from one repeat to the next."""
        return frozenset(self.group.leader.record.features)


@dataclass(frozen=True, eq=False)
class Concluded:
    """The answer to one question."""

    question: Question
    candidates: tuple[Candidate, ...]
    counts: tuple[Count, ...]
    n_searched_subjects: int
    n_heldout_subjects: int
    permutations: int

    @property
    def n_searched(self) -> int:
        """Formulas judged."""
        return sum(count.formulas for count in self.counts if not count.reason)


def conclude(
    one: Prepared,
    scan: PairScan,
    searched_rows: Mask,
    gathered: Gathered,
    settings: FormulaSettings,
    *,
    repeat: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Concluded:
    """Conclude one repeat of one question.

    Raises
    ------
    InsufficientDataError
        Too few held-out subjects have the endpoint.
    """
    question, found, response = one.question, one.features, one.response
    held = question.rows & ~searched_rows
    if held.sum() < MIN_SUBJECTS:
        raise InsufficientDataError(f"{held.sum()} held-out subjects, expected at least {MIN_SUBJECTS}")
    pairs = survivors(scan.best, found, response)
    singles, *of_singles = single_formulas(found, response, keep=max(100, settings.top))
    few = ordered([*pairs[:2000], *singles])
    grown, *of_triples = triples(few, found, response, grow=settings.grow, keep=200, min_group=settings.min_group)
    groups = grouped(ordered([*few, *grown])[:2500], found, most=settings.top)
    steady = stability(
        [group.leader for group in groups], few, found, response, top=settings.top, resamples=settings.resamples,
        generator=stream(settings.seed, "formula", "halves", repeat, *question.key),
    )  # fmt: skip
    permuted = None
    if settings.permutations and few:
        log.info("%s, %s, %s: %s", *question.key, cost_of(one, settings))
        permuted = familywise(one, few[0].score, settings, repeat=repeat, progress=progress)
    effect = question.effects(held, seed=settings.seed, name=f"held out {repeat}") if question.predictive else None
    tried = []
    for group in groups:
        leader = group.leader
        values = gathered.values[:, one.places[list(leader.places)]]
        tried.append(tried_again(leader.record, float(np.sign(leader.statistic)), values, question, held, effect))
    # a formula that could not be tried is none less among those that were to be
    p_values = np.array([_p_of(h) for h in tried])
    adjusted = holm(p_values) if p_values.size else p_values
    candidates = tuple(
        Candidate(group, h, float(p), _familywise_p(permuted, group), s, len(groups))
        for group, h, p, s in zip(groups, tried, adjusted, steady, strict=True)
    )
    counts = (*_pair_counts(scan), *_other_counts(_SINGLES, *of_singles), *_other_counts(_TRIPLES, *of_triples))
    made = 0 if permuted is None else permuted.maxima.size
    return Concluded(question, candidates, counts, int(one.rows.sum()), int(held.sum()), made)


def cost_of(one: Prepared, settings: FormulaSettings) -> str:
    """What the permutations asked will cost at most, by the time that some pairs take with some of them."""
    basis = PairBasis.of(one.features.values, one.features.constants, one.response, one.features.group)
    n = basis.n_features
    pairs, made = n * (n - 1) // 2, min(FIRST, settings.permutations)
    tried = np.tile(one.response.residual, (made, 1))
    begun = time.monotonic()
    some = scan_pairs(
        basis, one.response, residuals=tried, min_group=settings.min_group, threads=settings.threads,
        parts=1 + pairs // _TRIAL_PAIRS,
    )  # fmt: skip
    seconds = (time.monotonic() - begun) * pairs / max(some.n_pairs, 1) * settings.permutations / made
    return (
        f"{settings.permutations} permutations of {pairs:,} pairs in {len(STATISTICS)} statistics take"
        f" {seconds / 60:.1f} minutes at most; smallest p {1 / (1 + settings.permutations):.2g}"
    )


def combined(repeats: Sequence[Concluded]) -> Concluded:
    """One answer from several splits of the subjects.

    Twice the median over splits of a formula's p times the number of leaders tried, 1 where it did not lead: valid
    however much the splits share, asymptotically as the p-values of each are (Meinshausen, Meier and Buhlmann 2009,
    https://arxiv.org/abs/0811.2177). A formula is known by its features; what is shown of it comes from the split in
    which it led most clearly.
    """
    if len(repeats) == 1:
        return replace(repeats[0], candidates=_in_order(repeats[0].candidates))
    by_features: dict[frozenset[str], list[Candidate]] = {}
    for one in repeats:
        for candidate in one.candidates:
            by_features.setdefault(candidate.features, []).append(candidate)
    merged = []
    for own in by_features.values():
        p_values = [min(1.0, c.n_tried * _p_of(c.heldout)) for c in own] + [1.0] * (len(repeats) - len(own))
        shown = max(own, key=lambda c: abs(c.group.leader.statistic))
        familywise_p = min(1.0, float(2 * np.median([c.p_familywise for c in own] + [1.0] * (len(repeats) - len(own)))))
        merged.append(
            replace(
                shown,
                p_adjusted=min(1.0, float(2 * np.median(p_values))),
                p_familywise=familywise_p,
                stability=float(np.sum([c.stability for c in own]) / len(repeats)),
                repeats=len(own),
            )
        )
    first = repeats[0]
    counts: dict[tuple[str, str], int] = {}
    for one in repeats:
        for count in one.counts:
            key = (count.shape, count.reason)
            counts[key] = counts.get(key, 0) + count.formulas
    return Concluded(
        first.question, _in_order(merged), tuple(Count(*key, n) for key, n in counts.items()),
        first.n_searched_subjects, first.n_heldout_subjects, sum(one.permutations for one in repeats),
    )  # fmt: skip


def _in_order(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    return tuple(
        sorted(
            candidates,
            key=lambda c: (
                c.p_adjusted,
                _p_of(c.heldout),
                -abs(c.group.leader.statistic),
                c.group.leader.record.label,
            ),
        )
    )


def _p_of(heldout: HeldOut) -> float:
    return heldout.p_value if np.isfinite(heldout.p_value) else 1.0


def _familywise_p(permuted: Familywise | None, group: Group) -> float:
    if permuted is None or len(group.leader.places) > 2:
        return float("nan")
    return permuted.p_value(group.leader.score)


def _pair_counts(scan: PairScan) -> list[Count]:
    """Formulas of pairs by shape: those judged, and those refused by reason."""
    shapes: dict[str, list[str]] = {}
    for name, shape in SHAPES.items():
        if shape.kind:
            shapes.setdefault(shape.kind, []).append(name)
    shapes |= {"b_where_a": ["where"], "b_not_a": ["and_not"]}
    counts: dict[tuple[str, str], int] = {}
    for v, statistic in enumerate(STATISTICS):
        refused = scan.refused[v]
        for name in shapes[statistic.kind]:
            for code, reason in enumerate(REFUSALS):
                n = scan.n_pairs - int(refused.sum()) if code == 0 else int(refused[code])
                counts[name, reason] = counts.get((name, reason), 0) + n
    return [Count(shape, reason, n) for (shape, reason), n in counts.items() if n]


def _other_counts(what: str, planned: int, judged: int) -> list[Count]:
    refused = planned - judged
    reason = "two-valued, too few values for the cut, or determined by its parts"
    return [Count(what, "", judged)] * bool(judged) + [Count(what, reason, refused)] * bool(refused)
