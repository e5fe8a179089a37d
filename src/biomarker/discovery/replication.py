"""The leading candidates tried again in further cohorts: frozen as found, one-sided, Holm over those tried."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from biomarker.arrays import choose_device, to_device
from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Endpoint
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.replication_tables import LEVEL, Replication
from biomarker.discovery.analysis import Analysis, analyses
from biomarker.discovery.formula.shapes import FormulaRecord, evaluate
from biomarker.discovery.frozen import FrozenRule, Part, freeze, thaw
from biomarker.discovery.leaders import varying
from biomarker.discovery.markers import batches_of
from biomarker.discovery.method import Limits, Outcome
from biomarker.discovery.question import questions
from biomarker.discovery.registry import METHODS
from biomarker.discovery.screen import in_each_arm
from biomarker.discovery.subgroups import cut
from biomarker.errors import DataError, LeakageError
from biomarker.stats.estimate import Status
from biomarker.stats.multiplicity import holm

__all__ = ["MOST_TRIED", "frozen_rules", "replicate", "tried"]

Floats = NDArray[np.float64]
Row = dict[str, Any]
KEY = ["candidate_id", "endpoint", "comparison", "contrast"]
LISTS = KEY[1:]
#: Of each list so many candidates at most are tried: each one more makes it harder for all.
MOST_TRIED = 20
_Z = float(ndtri(0.975))
# Yes-or-no markers and outcomes have so few different rows that other subjects share them by chance.
_BY_CHANCE = 8


def tried(rows: pl.DataFrame, q: float) -> pl.DataFrame:
    """Candidates worth trying again: of each list those called or named beforehand; where there is none, the first.

    Parameters
    ----------
    rows : polars.DataFrame
        Of `kept_rows`, with ``kind, features, endpoint_label``, formulas among them.
    q : float
        The study's false discovery rate.
    """
    order = ["endpoint_order", "comparison", "contrast", "log10_p", "candidate_id"]
    rows = rows.sort(order, nulls_last=True)
    chosen = ((pl.col("q_value") <= q) | pl.col("prespecified")).fill_null(value=False)
    alone = ~chosen.any().over(LISTS) & (pl.int_range(pl.len()).over(LISTS) == 0)
    kept = rows.filter(chosen | alone)
    return kept.filter(pl.int_range(pl.len()).over(LISTS) < MOST_TRIED)


@dataclass(frozen=True, eq=False)
class Frozen:
    """A candidate as it was found: its row, its rule, and whether the rule has a cut-off."""

    row: Row
    rule: FrozenRule
    cut: bool


def frozen_rules(
    cohort: Cohort, candidates: pl.DataFrame, groups: NDArray[np.int64], *, seed: int, formulas: Mapping[str, str]
) -> list[Frozen]:
    """Each candidate with its transforms and its cut-off as the discovery cohort gives them.

    The cut-off is that of `candidate_cutoffs`: the one that separates best the subjects who did better. Without one
    (an ordinal endpoint) the score alone is tried.
    """
    contrasts = candidates["contrast"].cast(pl.String).unique(maintain_order=True).to_list()
    asked = {tuple(q.key.values()): q for q in questions(cohort, contrasts, groups, seed=seed)}
    candidates = candidates.with_columns(pl.col("contrast").cast(pl.String))
    without = candidates.select(KEY).with_columns(cutoff=pl.lit(0.0), positive=pl.lit("above"))
    rules, recipes = freeze(cohort, candidates, without, formulas)
    found = []
    for row, rule_row in zip(candidates.iter_rows(named=True), rules.iter_rows(named=True), strict=True):
        rule = thaw(rule_row, recipes)
        question = asked.get(tuple(row[name] for name in LISTS))
        best = None if question is None else cut(question, scores_in(cohort, rule), question.rows)
        if best is not None:
            rule = FrozenRule(rule.parts, best.value, best.statistic >= 0, rule.formula)
        found.append(Frozen(row, rule, best is not None))
    return found


def scores_in(cohort: Cohort, rule: FrozenRule) -> Floats:
    """Score of each subject of a cohort by a frozen rule, (n_subjects,), NaN where something is missing.

    Raises
    ------
    DataError
        A modality or feature is not there, or was measured on another scale or in another unit.
    """
    parts = np.column_stack([_part(cohort, part) for part in rule.parts])
    if rule.formula is None:
        return np.asarray(parts[:, 0])
    known = ~np.isnan(parts).any(axis=1)
    scores = np.full(cohort.n_subjects, np.nan)
    scores[known] = evaluate(FormulaRecord.from_json(rule.formula), parts[known])
    return scores


def _part(cohort: Cohort, part: Part) -> Floats:
    """One feature of a rule after its frozen transforms, in all subjects."""
    matrix = cohort.matrices.get(part.modality)
    if matrix is None:
        raise DataError(f"no modality {part.modality}")
    place = {name: i for i, name in enumerate(matrix.feature_ids)}
    absent = [name for name in part.needed if name not in place]
    if absent:
        raise DataError(f"{part.modality} lacks {len(absent)} of {len(part.needed)} features needed: {absent[0]}")
    own = part.feature.partition(":")[2]
    unit = str(matrix.features["unit"][place[own]] or "")
    if matrix.scale != part.scale:
        raise DataError(f"{part.modality} is on the scale {matrix.scale}, expected {part.scale}")
    if unit != part.unit:
        raise DataError(f"{part.feature} is in {unit or 'no unit'}, expected {part.unit or 'no unit'}")
    values = _columns(matrix, [place[name] for name in part.needed])
    complete = ~np.isnan(values).any(axis=1)
    scale, x = part.scale, values[complete]
    batches = batches_of(matrix, complete)
    for recipe in part.recipes:
        x = np.asarray(recipe.apply(x, feature_ids=recipe.feature_ids, scale=scale, batches=batches), dtype=np.float64)
        scale = recipe.transform.gives
    found = np.full(cohort.n_subjects, np.nan)
    found[cohort.rows_of(matrix)[complete]] = x[:, part.needed.index(own)]
    return found


def _columns(matrix: FeatureMatrix, wanted: Sequence[int]) -> Floats:
    """Some features of a matrix, (n_subjects, n_wanted)."""
    index = np.asarray(wanted)
    found = np.empty((matrix.n_subjects, index.size))
    for block in matrix.blocks():
        inside = (index >= block.start) & (index < block.start + block.values.shape[1])
        found[:, inside] = block.values[:, index[inside] - block.start]
    return found


def replicate(
    discovery: Cohort, frozen: Sequence[Frozen], further: Mapping[str, Cohort], *, limits: Limits
) -> pl.DataFrame:
    """Try every candidate in every further cohort.

    The test is that of the screen for one feature, two-sided p halved where the sign is that of the discovery, else one
    minus its half, adjusted for the cohort's own covariates. Estimate and interval are of the full fit where the method
    has one. Holm's adjustment is over the candidates of one list that could be tested in the cohort.

    Parameters
    ----------
    discovery : Cohort
        Where they were found: none of its subjects may be among the further ones.
    frozen : sequence of Frozen
    further : mapping of name to Cohort
    limits : Limits
        Below these no test is made.

    Returns
    -------
    polars.DataFrame
        Columns of `biomarker.data.replication_tables.Replication`.

    Raises
    ------
    LeakageError
        Subjects of the discovery cohort are in a further one: same identifier and same values.
    """
    rows = []
    for name, cohort in further.items():
        own = [_row(one, name, cohort, discovery, limits) for one in frozen]
        places: dict[tuple[str, ...], list[int]] = {}
        for i, row in enumerate(own):
            if row["status"] == "ok":
                places.setdefault(tuple(row[key] for key in LISTS), []).append(i)
        for together in places.values():
            for i, p in zip(together, holm(np.array([own[i]["p_value"] for i in together])), strict=True):
                own[i] |= {"p_holm": float(p), "held": bool(p <= LEVEL)}
        rows += own
    empty = Replication.create_empty()
    full = [dict.fromkeys(empty.columns) | row for row in rows]
    return pl.DataFrame(full, schema=dict(empty.schema), strict=False) if full else empty


def _row(one: Frozen, name: str, cohort: Cohort, discovery: Cohort, limits: Limits) -> Row:
    """A candidate in a cohort, before Holm's adjustment."""
    about = {key: one.row[key] for key in (*KEY, "label")} | {"cohort": name, "n": 0}
    try:
        endpoint = _endpoint(cohort, discovery, one.row["endpoint"])
        analysis = _analysis(cohort, one.row)
        require_known_batches(cohort, one.rule)
        scores = scores_in(cohort, one.rule)
    except DataError as error:
        return about | {"status": "refused", "reason": error.message}
    _refuse_shared(discovery, cohort, scores_in(discovery, one.rule), scores, name)
    rows = analysis.used & endpoint.known & ~np.isnan(scores)
    about |= {"n": int(rows.sum()), "cutoff": one.rule.cutoff if one.cut else None}
    if one.cut and rows.any():
        about["prevalence"] = float(((scores[rows] > one.rule.cutoff) == one.rule.above).mean())
    return about | _tested(one.row, endpoint, analysis, rows, scores, limits)


def require_known_batches(cohort: Cohort, rule: FrozenRule) -> None:
    """A batch of which nothing was learned cannot be corrected; its subjects must not fall out unnoticed.

    Raises
    ------
    DataError
        There is one, or batches are not known at all, where the rule has taken batches off.
    """
    for part in rule.parts:
        matrix = cohort.matrices.get(part.modality)
        if matrix is None or part.batches is None:
            continue
        if not matrix.batches:
            raise DataError(f"{part.modality}: the rule takes batches off, and the cohort's are not to be corrected")
        if unknown := set(matrix.batches) - part.batches:
            raise DataError(f"{part.modality}: {len(unknown)} batches are not among those its correction has learned")


def _endpoint(cohort: Cohort, discovery: Cohort, name: str) -> Endpoint:
    """The same endpoint: by name, of the same type and unit, and with the same thing good for the patient."""
    expected = next(e for e in discovery.endpoints if e.name == name)
    found = next((e for e in cohort.endpoints if e.name == name), None)
    if found is None:
        raise DataError(f"no endpoint {name}")
    for what in ("type", "unit", "better", "levels"):
        here, there = getattr(found, what, ""), getattr(expected, what, "")
        if here != there:
            raise DataError(f"{what} of the endpoint {name} is {here or 'none'}, expected {there or 'none'}")
    return found


def _analysis(cohort: Cohort, row: Row) -> Analysis:
    if (row["contrast"] == "response") == (cohort.treatment is not None):
        here = "no arms" if cohort.treatment is None else "arms"
        raise DataError(f"the cohort has {here}: {row['contrast']} cannot be asked of it")
    for analysis in analyses(cohort, row["contrast"]):
        if analysis.comparison == row["comparison"]:
            return analysis
    raise DataError(f"no comparison {row['comparison']}")


def _refuse_shared(discovery: Cohort, cohort: Cohort, here: Floats, there: Floats, name: str) -> None:
    """A subject who found a marker cannot confirm it. Identifiers may coincide by chance, all values do not.

    Scores alone tell it where outcomes were followed for longer; scores with outcomes, where the marker is yes or no.
    What most subjects have, a count of none, tells nothing of who they are.
    """
    outcomes = sorted({e.name for e in discovery.endpoints} & {e.name for e in cohort.endpoints})
    for values in ([], outcomes):
        found, again = _measured(discovery, here, values), _measured(cohort, there, values)
        both = found.keys() & again.keys()
        alike = {subject for subject in both if found[subject] == again[subject]}
        usual = Counter(found[subject] for subject in both).most_common(1)
        telling = {subject for subject in both if found[subject] != usual[0][0]}
        same = alike & telling
        if len(same) > 0.5 * len(telling) and len({found[subject] for subject in same}) > _BY_CHANCE:
            raise LeakageError(
                f"replication: {len(alike)} subjects of {name} are those of the discovery cohort: same identifiers, "
                "same values",
                "Leave them out of one of the two cohorts.",
            )


def _measured(cohort: Cohort, scores: Floats, outcomes: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Score and outcomes of each subject who has a score; an outcome that is missing is a number of its own."""
    by_name = {endpoint.name: endpoint.values for endpoint in cohort.endpoints}
    table = np.column_stack([scores, *(np.nan_to_num(by_name[outcome], nan=-np.inf) for outcome in outcomes)])
    known = ~np.isnan(scores)
    ids = [subject for subject, has in zip(cohort.subject_ids, known, strict=True) if has]
    return dict(zip(ids, map(tuple, table[known].tolist()), strict=True))


def _tested(
    row: Row, endpoint: Endpoint, analysis: Analysis, rows: NDArray[np.bool_], scores: Floats, limits: Limits
) -> Row:
    outcome, method = Outcome.of(endpoint).at(rows), METHODS[endpoint.type]
    arm = None if analysis.treatment is None else analysis.treatment[rows]
    about = {
        "method": method.name if arm is None else method.name_interaction,
        "effect_scale": method.effect_scale if arm is None else method.effect_scale_interaction,
    }
    if rows.sum() < 3 or np.unique(outcome.values).size < 2:
        return about | {"status": "not_estimated", "reason": "too few subjects with marker and endpoint"}
    covariates = varying(analysis.covariates[rows], arm)
    enough = limits if arm is None else in_each_arm(limits, outcome, arm)
    feature = to_device(scores[rows][:, None], choose_device("cpu"))
    found = method.screen(feature, [outcome], covariates, arm, enough)
    status = Status(int(found.status[0, 0]))
    if status != Status.OK:
        return about | {"status": "not_estimated", "reason": status.reason or status.name.lower()}
    estimate, error, dof = (float(part[0, 0]) for part in (found.estimate, found.std_error, found.dof))
    two_sided = float(found.p_value[0, 0])
    low, high = estimate - _Z * error, estimate + _Z * error
    if np.isfinite(dof):
        half = float(stdtrit(dof, 0.975)) * error
        low, high = estimate - half, estimate + half
    same = bool(np.sign(estimate) == np.sign(row["estimate"]))
    if method.refit is not None:
        fit = method.refit(scores[rows] - scores[rows].mean(), outcome, covariates, arm)
        if fit.method:
            estimate, error = fit.estimate, fit.std_error
            profile = np.isfinite(fit.low)
            low = fit.low if profile else estimate - _Z * error
            high = fit.high if profile else estimate + _Z * error
    return about | {
        "status": "ok",
        "n_events": None if endpoint.type == "continuous" else int(found.n_events[0, 0]),
        "estimate": estimate,
        "std_error": error,
        "ci_low": low,
        "ci_high": high,
        "p_value": two_sided / 2 if same else 1 - two_sided / 2,
        "same_direction": same,
    }
