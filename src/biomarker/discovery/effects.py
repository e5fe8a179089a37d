"""What the leading candidates do in marker-positive and marker-negative subjects, and where they are cut."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from biomarker.data.cohort import Cohort
from biomarker.data.tables import CandidateCutoffs, CandidateEffects
from biomarker.discovery.markers import Marker, marker
from biomarker.discovery.population_effects import Shrinkage, effect_rows
from biomarker.discovery.question import N_FOLDS, Question, questions
from biomarker.discovery.subgroups import Positive, cut, held_out, is_positive
from biomarker.discovery.training_order import Training, training_leaders
from biomarker.rng import stream
from biomarker.stats.cutoff_interval import Cutoff, cutoff_interval, cutoff_p_value
from biomarker.stats.proportion import proportion

__all__ = ["MOST_CANDIDATES", "Assay", "EffectSettings", "candidate_effects"]

Floats = NDArray[np.float64]
#: Of a study of many lists only so many candidates, first on the page, get effects and cut-offs.
MOST_CANDIDATES = 60
_Z = float(ndtri(0.975))


@dataclass(frozen=True)
class Assay:
    """How well an assay tells marker-positive from marker-negative subjects, and where that comes from."""

    sensitivity: float = 1.0
    specificity: float = 1.0
    source: str = "assumed"


@dataclass(frozen=True)
class EffectSettings:
    """Which candidates get effects; see the study file's section ``rank``.

    ``leading`` of each list; ``assays`` by modality; ``seed`` of the study.
    """

    leading: int
    seed: int
    assays: Mapping[str, Assay]
    permutations: int = 1000
    subsamples: int = 500


def candidate_effects(
    cohort: Cohort,
    candidates: pl.DataFrame,
    *,
    groups: NDArray[np.int64],
    settings: EffectSettings,
    values_of: Callable[[Cohort, Mapping[str, Any], NDArray[np.bool_]], Marker] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Effects and cut-offs of the leading candidates of every list.

    The cut-off is the one that separates best the subjects who did better, or benefited more, from the others. Effects
    in the groups it makes are never taken from the subjects who chose it: see `biomarker.discovery.population_effects`
    for what each ``basis`` is.

    Parameters
    ----------
    cohort : Cohort
    candidates : polars.DataFrame
        Columns of `biomarker.data.tables.Candidates`.
    groups : (cohort.n_subjects,) of int
        Subjects who stay in one fold (a site, a patient).
    settings : EffectSettings
    values_of : callable, optional
        ``(cohort, candidate, fitted_on) -> Marker``; by default the one feature of a candidate.

    Returns
    -------
    effects, cutoffs : polars.DataFrame
        Columns of `CandidateEffects` and `CandidateCutoffs`.
    """
    values_of = values_of or feature_of
    chosen = leading_candidates(candidates, settings.leading)
    contrasts = chosen["contrast"].unique(maintain_order=True).to_list()
    asked = {tuple(q.key.values()): q for q in questions(cohort, contrasts, groups, seed=settings.seed)}
    lists = [(asked[key], rows) for key, rows in _by_list(chosen) if key in asked]
    slots = _slots(cohort, candidates, lists)
    effects: list[dict[str, Any]] = []
    cutoffs: list[dict[str, Any]] = []
    for question, rows in lists:
        for row in rows:
            found = values_of(cohort, row, question.analysis.used)
            cutoff = cut(question, found.values, question.rows)
            if cutoff is None:
                continue
            known = question.rows & ~np.isnan(found.values)
            raw = Positive(known, is_positive(found.values, cutoff) & known)
            key = {"candidate_id": row["candidate_id"], **question.key}
            cutoffs.append(key | _cutoff_row(question, found, cutoff, raw, row, settings))
            bases = {"raw": raw, "shrunk": held_out(question, [found.values] * N_FOLDS)}
            slot = slots.get((*question.key.values(), row["candidate_id"]))
            if slot is not None:
                bases["heldout"] = slot
            made = effect_rows(question, bases, Shrinkage.of(row))
            effects += [key | one for one in made]
    return _table(effects, CandidateEffects), _table(cutoffs, CandidateCutoffs)


def leading_candidates(candidates: pl.DataFrame, leading: int) -> pl.DataFrame:
    """The first of each list that lead a group of their own, at most `MOST_CANDIDATES` in the order of the page."""
    own = pl.col("leader_id").is_null() | (pl.col("leader_id") == pl.col("candidate_id"))
    chosen = candidates.filter((pl.col("rank") <= leading) & own & (pl.col("kind") != "panel"))
    return chosen.sort("rank_overall").head(MOST_CANDIDATES)


def feature_of(cohort: Cohort, row: Mapping[str, Any], fitted_on: NDArray[np.bool_]) -> Marker:
    """The values of a candidate that is one feature."""
    modality, _, feature = row["candidate_id"].partition(":")
    return marker(cohort, modality, feature, fitted_on)


def _by_list(chosen: pl.DataFrame) -> list[tuple[tuple[str, str, str], list[dict[str, Any]]]]:
    lists: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in chosen.iter_rows(named=True):
        lists.setdefault((row["endpoint"], row["comparison"], row["contrast"]), []).append(row)
    return list(lists.items())


def _slots(
    cohort: Cohort, candidates: pl.DataFrame, lists: list[tuple[Question, list[dict[str, Any]]]]
) -> dict[tuple[str, ...], Positive]:
    """Held-out groups by list and candidate.

    A marker named beforehand is itself in every fold. Any other holds a place among the explored features of its list,
    by p-value; in each fold the feature that holds this place in the training part is put there instead. A formula was
    not searched for anew, so nothing of it is held out here.
    """
    named = set(candidates.filter(_prespecified())["candidate_id"].to_list())
    places = _places(candidates)
    searched = [(q, rows) for q, rows in lists if (q.fold >= 0).any()]
    wanted = max((places[_key(q, row)] for q, rows in searched for row in rows if _key(q, row) in places), default=0)
    trainings, owner = [], []
    for index, (question, _) in enumerate(searched):
        for fold in range(N_FOLDS):
            outside = question.fold != fold
            scores = question.scores(question.rows & outside)
            if scores is not None and wanted:
                trainings.append(Training(scores, question.analysis.used & outside))
                owner.append((index, fold))
    leaders = dict(zip(owner, training_leaders(cohort, trainings, count=wanted, without=named), strict=True))
    found = {}
    for index, (question, rows) in enumerate(searched):
        for row in rows:
            if row["kind"] != "single":
                continue
            own = row["candidate_id"] in named
            place = places.get(_key(question, row), 0)
            markers: list[Floats | None] = []
            for fold in range(N_FOLDS):
                order = leaders.get((index, fold), [])
                name = row["candidate_id"] if own else order[place - 1] if 0 < place <= len(order) else None
                fitted_on = question.analysis.used & (question.fold != fold)
                markers.append(None if name is None else feature_of(cohort, {"candidate_id": name}, fitted_on).values)
            found[_key(question, row)] = held_out(question, markers)
    return found


def _key(question: Question, row: Mapping[str, Any]) -> tuple[str, ...]:
    return (*question.key.values(), row["candidate_id"])


def _prespecified() -> pl.Expr:
    return pl.col("family").str.contains(" prespecified ")


def _places(candidates: pl.DataFrame) -> dict[tuple[str, ...], int]:
    """Place by p-value among the explored features of a list, by list and candidate."""
    lists = ["endpoint", "comparison", "contrast"]
    explored = candidates.filter(~_prespecified() & (pl.col("kind") == "single")).sort("log10_p", "rank")
    placed = explored.with_columns(place=pl.int_range(1, pl.len() + 1).over(lists))
    return {tuple(row[:-1]): row[-1] for row in placed.select(*lists, "candidate_id", "place").iter_rows()}


def _cutoff_row(
    question: Question, found: Marker, cutoff: Cutoff, raw: Positive, row: dict[str, Any], settings: EffectSettings
) -> dict[str, Any]:
    """The cut-off with its interval, its p-value over all cut-offs, how many are positive, and the assay."""
    scores = question.scores(raw.known)
    assert scores is not None
    values, s = found.values[raw.known], scores[raw.known]
    names = ("effects", "cutoff", *question.key.values(), row["candidate_id"])
    rng = stream(settings.seed, *names)
    low = high = None
    if values.size >= 20:
        limits = cutoff_interval(values, s, rng=rng, n_subsamples=settings.subsamples)
        low, high = limits.low, limits.high
    share = proportion(int(raw.positive.sum()), values.size, method="wilson")
    assay = settings.assays.get(row["modality"], Assay())
    return {
        "cutoff": cutoff.value,
        "unit": found.unit or None,
        "positive": "above" if cutoff.statistic >= 0 else "at or below",
        "ci_low": low,
        "ci_high": high,
        "statistic": abs(cutoff.statistic),
        "p_value": cutoff_p_value(values, s, rng=rng, n_permutations=settings.permutations),
        "prevalence": float(share.estimate),
        "prevalence_low": float(share.ci_low),
        "prevalence_high": float(share.ci_high),
        "n": values.size,
        "assay_sensitivity": assay.sensitivity,
        "assay_specificity": assay.specificity,
        "source": assay.source,
    }


def _table(rows: list[dict[str, Any]], schema: Any) -> pl.DataFrame:
    if not rows:
        return schema.create_empty()
    return pl.DataFrame(rows, schema=dict(schema.create_empty().schema), strict=False).with_columns(
        pl.col(pl.Float64).fill_nan(None)
    )
