"""Effects in all, marker-positive and marker-negative subjects: raw, shrunk and held-out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from biomarker.discovery.question import ALL, Question
from biomarker.discovery.subgroups import Positive
from biomarker.stats.group_effects import GroupEffect, differences, levels

__all__ = ["WIDENED", "Shrinkage", "effect_rows"]

Rows = NDArray[np.bool_]
#: Standard errors of pooled held-out groups are multiplied by this: folds that trained on each other's subjects are not
#: independent, and without it tests of nothing reject in up to 10% instead of 5% (docs/statistics.md).
WIDENED = 1.3
_Z = float(ndtri(0.975))


@dataclass(frozen=True)
class Shrinkage:
    """What selection from many costs a candidate.

    Attributes
    ----------
    factor : float
        Shrunken over raw estimate.
    spread : float
        Standard deviation of the shrunken effect, in standard errors of the raw one.
    """

    factor: float
    spread: float

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Shrinkage | None":
        """From a candidate's row; None where it has no shrunken estimate."""
        if any(row[name] is None for name in ("estimate", "estimate_shrunk", "shrunk_low", "shrunk_high")):
            return None
        z = -float(ndtri(row["p_value"] / 2.0)) if row["p_value"] > 0 else 38.0
        if row["estimate"] == 0 or z <= 0:
            return None
        error = abs(row["estimate"]) / z
        return cls(
            row["estimate_shrunk"] / row["estimate"], (row["shrunk_high"] - row["shrunk_low"]) / (2 * _Z) / error
        )


def effect_rows(question: Question, bases: Mapping[str, Positive], shrinkage: Shrinkage | None) -> list[dict[str, Any]]:
    """Rows of `CandidateEffects`, without the keys.

    ``raw``: in everybody the effect of treatment with its interval (two arms compared), or the difference between
    marker-positive and marker-negative subjects; in the groups of the cut-off the number alone, for comparison: the
    same subjects chose marker and cut-off, so that an interval would be false.

    ``heldout``: every subject labelled by a search and a cut-off that did not see the subject's fold; standard errors
    times `WIDENED`.

    ``replication``: subjects of a further cohort, labelled by the cut-off of the discovery cohort: nothing to correct.

    ``shrunk``: labelled by a cut-off that did not see the subject's fold, the marker as chosen by all, then what the
    groups differ by shrunk as the candidate's estimate is. With e, v the effects and variances of the groups,
    ``w = (1/v+) / (1/v+ + 1/v-)`` and ``d = e+ - e-``: ``e+ = m + (1 - w) f d``, ``e- = m - w f d`` where
    ``m = w e+ + (1 - w) e-`` is independent of d and not selected, f the factor; variance
    ``v+ v- / (v+ + v-) + (1 - w)^2 g^2 (v+ + v-)``, g the spread.
    """
    rows = []
    for basis, groups in bases.items():
        widened = WIDENED if basis == "heldout" else 1.0
        if question.analysis.treatment is None:
            rows += _of_marker(question, basis, groups, shrinkage, widened)
        else:
            rows += _of_treatment(question, basis, groups, shrinkage, widened)
    return [row | {"horizon": question.horizon if row["measure"].startswith("restricted") else None} for row in rows]


def _of_treatment(
    question: Question, basis: str, groups: Positive, shrinkage: Shrinkage | None, widened: float
) -> list[dict[str, Any]]:
    assert question.analysis.treatment is not None
    active, control = question.analysis.comparison.split(" vs ", 1)
    treated = question.analysis.treatment == 1
    parts = {"positive": groups.known & groups.positive, "negative": groups.known & ~groups.positive}
    found = {name: _differences(question, rows, treated) for name, rows in parts.items()}
    if basis == "shrunk":
        return _shrunk(found, shrinkage) if shrinkage is not None else []
    rows = []
    if basis in ("raw", "replication"):
        everybody = question.rows
        rows += [_row("all", None, basis, e) for e in _differences(question, everybody, treated)]
        rows += _levels(question, "all", basis, {active: everybody & treated, control: everybody & ~treated})
    for name, part in parts.items():
        rows += [_row(name, None, basis, e, widened=widened) for e in found[name]]
        rows += _levels(question, name, basis, {active: part & treated, control: part & ~treated}, widened)
    return rows


def _of_marker(
    question: Question, basis: str, groups: Positive, shrinkage: Shrinkage | None, widened: float
) -> list[dict[str, Any]]:
    parts = {"positive": groups.known & groups.positive, "negative": groups.known & ~groups.positive}
    between = _differences(question, groups.known, groups.positive)
    if basis == "shrunk":
        if shrinkage is None:
            return []
        return [_row("all", None, basis, _scaled(e, shrinkage)) for e in between]
    rows = [_row("all", None, basis, e, bare=basis == "raw", widened=widened) for e in between]
    if basis in ("raw", "replication"):
        rows += _levels(question, "all", basis, {ALL: question.rows})
    for name, part in parts.items():
        rows += _levels(question, name, basis, {ALL: part}, widened)
    return rows


def _differences(question: Question, rows: Rows, first: Rows) -> list[GroupEffect]:
    event = None if question.event is None else question.event[rows]
    return differences(
        question.endpoint.type, question.endpoint.values[rows], event, first[rows], horizon=question.horizon
    )


def _levels(
    question: Question, population: str, basis: str, arms: Mapping[str, Rows], widened: float = 1.0
) -> list[dict[str, Any]]:
    rows = []
    for arm, inside in arms.items():
        event = None if question.event is None else question.event[inside]
        for level in levels(question.endpoint.type, question.endpoint.values[inside], event, horizon=question.horizon):
            rows.append(_row(population, arm, basis, level, widened=widened))
    return rows


def _scaled(effect: GroupEffect, shrinkage: Shrinkage) -> GroupEffect:
    estimate, error = shrinkage.factor * effect.estimate, shrinkage.spread * effect.std_error
    return _with(effect, estimate, error, effect.n, effect.n_events)


def _shrunk(found: Mapping[str, list[GroupEffect]], shrinkage: Shrinkage) -> list[dict[str, Any]]:
    rows = []
    for positive, negative in zip(found["positive"], found["negative"], strict=True):
        v, u = positive.std_error**2, negative.std_error**2
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = u / (v + u)
            difference = positive.estimate - negative.estimate
            middle = weight * positive.estimate + (1 - weight) * negative.estimate
            shared, spread = v * u / (v + u), shrinkage.spread**2 * (v + u)
        for name, one, share in (("positive", positive, 1 - weight), ("negative", negative, -weight)):
            estimate = middle + share * shrinkage.factor * difference
            error = float(np.sqrt(shared + share**2 * spread))
            rows.append(_row(name, None, "shrunk", _with(one, estimate, error, one.n, one.n_events)))
    return rows


def _with(effect: GroupEffect, estimate: float, error: float, n: int, n_events: int) -> GroupEffect:
    half = _Z * error
    return GroupEffect(
        measure=effect.measure,
        scale=effect.scale,
        estimate=float(estimate),
        std_error=float(error),
        ci_low=float(estimate - half),
        ci_high=float(estimate + half),
        n=n,
        n_events=n_events,
    )


def _row(
    population: str,
    arm: str | None,
    basis: str,
    effect: GroupEffect,
    *,
    bare: bool | None = None,
    widened: float = 1.0,
) -> dict[str, Any]:
    """A row; bare of error and interval where the same subjects chose the groups."""
    bare = basis == "raw" and population != "all" if bare is None else bare
    low = effect.estimate - widened * (effect.estimate - effect.ci_low)
    high = effect.estimate + widened * (effect.ci_high - effect.estimate)
    if effect.measure == "rate":
        low, high = max(low, 0.0), min(high, 1.0)
    if effect.measure == "event rate":
        low = max(low, 0.0)
    return {
        "population": population,
        "arm": arm,
        "measure": effect.measure,
        "scale": effect.scale,
        "basis": basis,
        "estimate": effect.estimate,
        "std_error": None if bare else widened * effect.std_error,
        "ci_low": None if bare else low,
        "ci_high": None if bare else high,
        "n": effect.n,
        "n_events": None if effect.n_events < 0 else effect.n_events,
        "cohort": None,
    }
