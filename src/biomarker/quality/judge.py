"""All checks of one study, and their tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker import rng
from biomarker.data.cohort import Cohort
from biomarker.data.matrix import FeatureValues
from biomarker.quality.arms import judge_arms
from biomarker.quality.batches import BatchEffect, batch_in_values, batch_of_outcome, outcome_scores
from biomarker.quality.control_runs import ControlRuns, judge_controls, judge_results
from biomarker.quality.drift_rows import drift_rows
from biomarker.quality.findings import Findings
from biomarker.quality.identity import check_sex, find_duplicates, match_modalities
from biomarker.quality.methods import Methods, judge_methods
from biomarker.quality.missingness import missing_cells, missing_subjects
from biomarker.quality.outliers import find_outliers
from biomarker.quality.patient_runs import DeltaSettings, MovingSettings, judge_deltas, judge_moving
from biomarker.quality.record_settings import RecordChecks
from biomarker.quality.records import Clinical, check_records

__all__ = ["JudgeSettings", "Judged", "Laboratory", "judge"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class JudgeSettings:
    """How the checks are made; see the study file's section ``quality``."""

    policy: Literal["flag", "exclude", "correct"] = "flag"
    level: float = 0.01
    permutations: int = 999
    allowed_drift: float = 0.10
    seed: int = 0


@dataclass(frozen=True)
class Judged:
    """Tables by name, as `biomarker.data.quality_tables` has them."""

    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Laboratory:
    """What the laboratories behind a study know of their own analysers and methods, by modality where it is of one.

    Attributes
    ----------
    controls : mapping of modality to ControlRuns
    moving : mapping of modality to MovingSettings
    deltas : mapping of modality to (iterable of polars.DataFrame, DeltaSettings)
        See `biomarker.quality.patient_runs.judge_deltas`.
    methods : Methods
    """

    controls: Mapping[str, ControlRuns] = field(default_factory=dict)
    moving: Mapping[str, MovingSettings] = field(default_factory=dict)
    deltas: Mapping[str, tuple[Iterable[pl.DataFrame], DeltaSettings]] = field(default_factory=dict)
    methods: Methods = field(default_factory=Methods)


def judge(
    cohort: Cohort,
    matrices: Mapping[str, FeatureValues],
    dated: Mapping[str, pl.DataFrame | pl.LazyFrame],
    *,
    sex: Floats | None,
    groups: Mapping[str, str],
    batches: Mapping[str, Mapping[str, str]],
    settings: JudgeSettings,
    clinical: Clinical | None = None,
    checks: RecordChecks | None = None,
    laboratory: Laboratory | None = None,
) -> Judged:
    """Make every check that the study's data allow.

    Parameters
    ----------
    cohort : Cohort
        Its matrices are not looked at.
    matrices : mapping of modality to FeatureValues
        The cohort's subjects; scales of counts and TPM are taken as ``log2(x + 1)``, counts per million.
    dated : mapping of modality to polars.DataFrame or polars.LazyFrame
        Records ``subject_id, test, value, unit, date`` of laboratories.
    sex : array (n_subjects,), optional
        1 female, 0 male, NaN unknown; None: not recorded.
    groups : mapping of subject to site
    batches : mapping of modality to mapping of subject to batch
    settings : JudgeSettings
    clinical : Clinical, optional
        Records of the clinic, where there are any.
    checks : RecordChecks, optional
        What they are held against.
    laboratory : Laboratory, optional

    Returns
    -------
    Judged
        ``findings, samples, batches, missingness, balance, drift, records, controls, methods, moving``.
    """
    found = Findings(settings.policy)
    values = {name: comparable(matrix) for name, matrix in matrices.items()}
    for name, matrix in matrices.items():
        _samples(found, name, values[name], matrix, cohort, sex, settings)
    _pairs(found, matrices, values)
    for name in sorted(set(batches) & set(matrices)):
        _batches(found, name, values[name], matrices[name], cohort, batches[name], settings)
    baseline, outcomes = _known_factors(cohort, groups)
    for name, matrix in matrices.items():
        _missing(found, name, values[name], matrix, cohort, baseline, outcomes, settings)
    judge_arms(found, cohort, groups, settings)
    for name, records in dated.items():
        drift_rows(found, name, records, cohort, groups, settings)
    if clinical is not None:
        check_records(found, clinical, matrices, checks or RecordChecks())
    _laboratory(found, laboratory or Laboratory(), dated, cohort, groups, settings)
    return Judged(found.tables())


def _laboratory(
    found: Findings,
    laboratory: Laboratory,
    dated: Mapping[str, pl.DataFrame | pl.LazyFrame],
    cohort: Cohort,
    groups: Mapping[str, str],
    settings: JudgeSettings,
) -> None:
    for name, runs in sorted(laboratory.controls.items()):
        judge_controls(found, name, runs, settings)
        judge_results(found, name, dated[name], groups)
    for name, moving in sorted(laboratory.moving.items()):
        judge_moving(found, name, dated[name], cohort, groups, moving, settings)
    for name, (records, delta) in sorted(laboratory.deltas.items()):
        judge_deltas(found, name, records, delta)
    assigned = frozenset(name for name, runs in laboratory.controls.items() if "target" in runs.results.columns)
    judge_methods(found, laboratory.methods, assigned=assigned, seed=settings.seed)


def comparable(matrix: FeatureValues) -> Floats:
    """Values on a scale on which samples can be compared, one subject at a time."""
    values = np.asarray(matrix.values, dtype=np.float64)
    if matrix.scale == "counts":
        size = np.nansum(values, axis=1, keepdims=True)
        return np.log2(1 + 1e6 * values / np.where(size > 0, size, 1.0))
    return np.log2(1 + values) if matrix.scale == "tpm" else values


def _samples(
    found: Findings,
    name: str,
    values: Floats,
    matrix: FeatureValues,
    cohort: Cohort,
    sex: Floats | None,
    settings: JudgeSettings,
) -> None:
    ids = matrix.subject_ids
    rows = _rows(cohort, ids)
    if sex is not None:
        check = check_sex(values, matrix.features["label"].to_list(), sex[rows])
        if check.genes:
            wrong = np.flatnonzero(check.mismatch)
            known = int(np.isfinite(check.score * sex[rows]).sum())
            for i in wrong:
                found.sample(name, ids[i], "sex", float(check.score[i]), "sex genes of the other sex than is recorded")
            found.add("sex", name, n=known, flagged=len(wrong), loud=True, item=", ".join(check.genes),
                      message="samples whose sex genes contradict the recorded sex")  # fmt: skip
    twins = find_duplicates(values, level=settings.level)
    for pair in twins:
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            found.sample(name, ids[one], "duplicate", pair.correlation, "the same sample under two ids", ids[other])
    found.add("duplicate", name, n=len(ids), flagged=len({i for t in twins for i in (t.first, t.second)}), loud=True,
              message="samples that are one and the same under two ids")  # fmt: skip
    outliers = find_outliers(values)
    for one in outliers:
        found.sample(name, ids[one.sample], "outlier", one.distance, one.what)
    found.add("outlier", name, n=len(ids), flagged=len({o.sample for o in outliers}),
              message="samples far from all others, or with many missing values")  # fmt: skip


def _pairs(found: Findings, matrices: Mapping[str, FeatureValues], values: Mapping[str, Floats]) -> None:
    """Every two modalities with features of one name."""
    names = sorted(matrices)
    for k, first in enumerate(names):
        for second in names[k + 1 :]:
            a, b = matrices[first], matrices[second]
            places = [_first_places(m.features["label"].str.to_uppercase().to_list()) for m in (a, b)]
            shared = sorted(set(places[0]) & set(places[1]))
            subjects = [s for s in a.subject_ids if s in set(b.subject_ids)]
            if not shared or len(subjects) < 10:
                continue
            at = [{s: i for i, s in enumerate(m.subject_ids)} for m in (a, b)]
            one, other = (
                values[name][np.ix_([at[side][s] for s in subjects], [places[side][label] for label in shared])]
                for side, name in enumerate((first, second))
            )
            match = match_modalities(one, other)
            if not match.informative:
                found.add("concordance", first, item=second, n=0, flagged=0,
                          message=f"cannot be told: {match.features} features of one name go together")  # fmt: skip
                continue
            for i, best in match.wrong:
                partner = subjects[best] if best != i else None
                for name in (first, second):
                    found.sample(name, subjects[i], "concordance", float(match.features),
                                 f"profiles in {first} and {second} are of two people", partner)  # fmt: skip
            found.add("concordance", first, item=second, n=len(subjects), flagged=len(match.wrong), loud=True,
                      message="subjects whose profiles in two modalities are of two people")  # fmt: skip


def _first_places(labels: list[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for i, label in enumerate(labels):
        places.setdefault(label, i)
    return places


def _batches(
    found: Findings,
    name: str,
    values: Floats,
    matrix: FeatureValues,
    cohort: Cohort,
    batch_of: Mapping[str, str],
    settings: JudgeSettings,
) -> None:
    codes = {label: k for k, label in enumerate(sorted(set(batch_of.values())))}
    batch = np.array([codes[batch_of[s]] if s in batch_of else -1 for s in matrix.subject_ids])
    generator = rng.stream(settings.seed, "quality", "batch", name)
    rows = _rows(cohort, matrix.subject_ids)
    arm = np.zeros(len(rows), dtype=int)
    if cohort.treatment is not None:
        known = {a: k for k, a in enumerate(sorted({a for a in cohort.treatment.arms if a is not None}))}
        arm = np.array([known.get(cohort.treatment.arms[i], -1) if cohort.treatment.arms[i] else -1 for i in rows])
    in_values = batch_in_values(values, batch, rng=generator, permutations=settings.permutations)
    effects: dict[str | None, BatchEffect] = {} if in_values is None else {None: in_values}
    for endpoint in cohort.endpoints[:MOST_ENDPOINTS]:
        scores = outcome_scores(endpoint)[rows]
        effect = batch_of_outcome(scores, batch, arm, rng=generator, permutations=settings.permutations)
        if effect is not None:
            effects[endpoint.name] = effect
    outcomes = sum(endpoint is not None for endpoint in effects)
    seen = in_values is not None and in_values.p_value <= settings.level
    for endpoint, effect in effects.items():
        adjusted = min(1.0, effect.p_value * (1 if endpoint is None else outcomes))
        flagged = adjusted <= settings.level
        cap = ("C" if seen else "B") if flagged and endpoint is not None else None
        check = "batch_values" if endpoint is None else "batch_outcome"
        found.batches.append({
            "modality": name, "batch": name, "check": check, "endpoint": endpoint, "n": effect.n,
            "n_batches": effect.n_batches, "share": min(1.0, effect.share), "p_value": effect.p_value,
            "p_adjusted": adjusted, "flagged": flagged, "tier_cap": cap,
        })  # fmt: skip
        words = "values differ between batches" if endpoint is None else "the batch alone foretells the outcome"
        found.add(check, name, endpoint=endpoint, n=effect.n_batches, flagged=effect.n_batches if flagged else 0,
                  loud=endpoint is not None, statistic=effect.share, p=adjusted, cap=cap, message=words)  # fmt: skip


#: So many endpoints are held against batches and missingness; a study of hundreds of drugs has one question in each.
MOST_ENDPOINTS = 20


def _known_factors(cohort: Cohort, groups: Mapping[str, str]) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Columns of what is known of every subject: covariates, arm and site; and the outcomes."""
    columns, names = cohort.covariate_columns()
    baseline: dict[str, Floats] = {}
    for column, name in zip(columns.T, names, strict=True):
        key = name.split(" = ")[0].removesuffix(" missing")
        baseline[key] = column[:, None] if key not in baseline else np.column_stack([baseline[key], column])
    if cohort.treatment is not None:
        baseline["arm"] = indicators(list(cohort.treatment.arms))
    if groups:
        baseline["site"] = indicators([groups.get(s) for s in cohort.subject_ids])
    outcomes = {e.name: outcome_scores(e)[:, None] for e in cohort.endpoints[:MOST_ENDPOINTS]}
    return baseline, outcomes


def indicators(labels: list[str | None]) -> Floats:
    """0/1 columns of all levels but the first (n, n_levels - 1); NaN where the label is not known."""
    levels = sorted({label for label in labels if label is not None})
    rows = [[np.nan if label is None else float(label == level) for level in levels[1:]] for label in labels]
    return np.array(rows, dtype=np.float64).reshape(len(labels), max(0, len(levels) - 1))


def _missing(
    found: Findings,
    name: str,
    values: Floats,
    matrix: FeatureValues,
    cohort: Cohort,
    baseline: Mapping[str, Floats],
    outcomes: Mapping[str, Floats],
    settings: JudgeSettings,
) -> None:
    absent = ~np.isin(np.array(cohort.subject_ids), np.array(matrix.subject_ids))
    several = {key: columns for key, columns in baseline.items() if columns.shape[1]}
    # features in units of their own have no level in common
    cells = missing_cells(values, level=settings.level, comparable=matrix.scale != "native")
    subjects = missing_subjects(absent, several, outcomes, level=settings.level)
    for unit, missing in (("subjects", subjects), ("cells", cells)):
        p: Any = None if np.isnan(missing.p_value) else missing.p_value
        found.missingness.append({
            "modality": name, "unit": unit, "n": missing.n, "n_missing": missing.n_missing,
            "factor": missing.factor or None, "p_value": p, "hint": missing.hint,
        })  # fmt: skip
        told = missing.hint in ("known factors", "outcome", "low values")
        found.add(f"missing_{unit}", name, item=missing.factor or None, n=missing.n,
                  flagged=missing.n_missing if told else 0, loud=missing.hint == "outcome", p=p,
                  statistic=missing.n_missing / missing.n if missing.n else None,
                  message=f"missing {unit}: {missing.hint}")  # fmt: skip


def _rows(cohort: Cohort, ids: tuple[str, ...]) -> NDArray[np.intp]:
    position = {subject: i for i, subject in enumerate(cohort.subject_ids)}
    return np.array([position[s] for s in ids], dtype=np.intp)
