"""Every feature of a modality against every endpoint: what is tested, what is not and why."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.arrays import Device, take_columns, take_rows, to_device
from biomarker.data.cohort import Cohort
from biomarker.data.matrix import FeatureMatrix
from biomarker.discovery.analysis import Analysis, analyses, strata_of
from biomarker.discovery.blocks import prepared_blocks, tested_scale
from biomarker.discovery.leaders import Leaders, varying
from biomarker.discovery.method import Limits, Method, Outcome, stack_endpoints
from biomarker.discovery.permuted import PermutationSettings, permute
from biomarker.discovery.registry import CLUSTERED_METHODS, METHODS, MODERATED_METHODS, VOOM_METHODS
from biomarker.discovery.screened import Screened
from biomarker.errors import ConfigError
from biomarker.features.filters import FilterSettings, reasons
from biomarker.features.log_cpm import effective_library
from biomarker.stats.estimate import Estimate

__all__ = ["ScreenSettings", "require_prespecified", "screen_modality"]

Floats = NDArray[np.float64]

#: Logarithms of expression or of intensities, as tested: variances that can be compared between features.
EXPRESSION_SCALES = frozenset({"log2", "log2_cpm", "log2_tpm"})


@dataclass(frozen=True)
class ScreenSettings:
    """How a modality is screened; see the study file's sections ``features`` and ``screen``.

    ``ranks`` says whether rank sums and areas under the ROC curve are wanted beside the tests. With ``complete`` each
    missing value is drawn among those that the feature has: for permuted subjects alone, where nothing can be falsified
    and a fit for each pattern of missing values is not worth its time.
    """

    limits: Limits
    filters: FilterSettings
    refit: int
    prespecified: frozenset[str]
    moderated: Literal["auto", "always", "never", "voom"]
    strata: tuple[str, ...]
    permutations: PermutationSettings
    device: Device
    ranks: bool = True
    complete: np.random.Generator | None = None

    def methods(
        self, outcomes: Collection[Outcome], *, scale: str, interaction: bool, counts: bool = False
    ) -> list[Method]:
        """The method of each endpoint; `counts` says whether the file's own scale is one of counts."""
        automatic = self.moderated in ("auto", "voom") and scale in EXPRESSION_SCALES
        moderated = not interaction and (self.moderated == "always" or automatic)
        chosen = METHODS | MODERATED_METHODS if moderated else METHODS
        if moderated and counts and self.moderated == "voom":
            chosen = chosen | VOOM_METHODS
        if any(outcome.patients is not None for outcome in outcomes):
            chosen = CLUSTERED_METHODS
        return [chosen[outcome.type] for outcome in outcomes]


def screen_modality(
    cohort: Cohort,
    modality: str,
    contrast: str,
    *,
    settings: ScreenSettings,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Screen all features of a modality.

    A feature with missing values is tested in the subjects that have it (complete case), and its row carries that n.
    Features are processed in blocks, grouped by their pattern of missing values; results do not depend on the blocks.

    Parameters
    ----------
    cohort : Cohort
    modality, contrast : str
    settings : ScreenSettings
    progress : callable, optional
        Told the number of features done and of all, after each block.

    Returns
    -------
    screen : polars.DataFrame
        Columns of `biomarker.data.tables.Screen`, a row a feature, endpoint and comparison.
    flow : polars.DataFrame
        Columns of `biomarker.data.tables.Flow`.

    Raises
    ------
    ConfigError
        A prespecified marker is no feature of its modality, the contrast cannot be asked of this study, or precision
        weights are wanted of counts whose batches are corrected.
    """
    matrix = cohort.matrices[modality]
    require_prespecified(settings.prespecified, modality, matrix.feature_ids)
    if settings.moderated == "voom" and matrix.scale == "counts" and matrix.batches:
        raise ConfigError(
            f"screen.moderated: voom, and quality.batches.{modality}.correct: combat; precision weights are of counts, "
            "which batch correction leaves as they are",
            "Say `moderated: auto`, or let the batch be a covariate.",
        )
    marked = np.array([f"{modality}:{name}" in settings.prespecified for name in matrix.feature_ids], dtype=bool)
    tables, flows = [], []
    asked = analyses(cohort, contrast)
    for index, analysis in enumerate(asked):
        rows = cohort.rows_of(matrix)
        chosen = analysis.used[rows]
        before, total = index * matrix.n_features, len(asked) * matrix.n_features
        told = lambda done, b=before, t=total: progress(b + done, t)  # noqa: E731
        screened = _screen_analysis(cohort, matrix, analysis, rows, chosen, settings, marked, told)
        tables.append(screened.table(modality, prespecified=marked))
        flows.append(_flow(cohort, modality, analysis, rows, chosen))
    return pl.concat(tables), pl.concat(flows)


def require_prespecified(prespecified: Collection[str], modality: str, feature_ids: Collection[str]) -> None:
    """Refuse a prespecified marker that the modality lacks: unnoticed, it would never be tested."""
    absent = sorted({name for name in prespecified if name.startswith(f"{modality}:")} - {
        f"{modality}:{name}" for name in feature_ids
    })  # fmt: skip
    if absent:
        raise ConfigError(
            f"screen.prespecified: {', '.join(absent[:5])}: modality {modality} has no such feature",
            "Write the name as the file has it, also upper and lower case.",
        )


def _screen_analysis(
    cohort: Cohort,
    matrix: FeatureMatrix,
    analysis: Analysis,
    rows: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    settings: ScreenSettings,
    prespecified: NDArray[np.bool_],
    progress: Callable[[int], None],
) -> Screened:
    kept_rows = rows[chosen]
    strata = strata_of(cohort, settings.strata)
    outcomes = [Outcome.of(endpoint, strata, cohort.patients).at(kept_rows) for endpoint in cohort.endpoints]
    covariates = analysis.covariates[kept_rows]
    treatment = None if analysis.treatment is None else analysis.treatment[kept_rows]
    methods = settings.methods(
        outcomes, scale=tested_scale(matrix), interaction=treatment is not None, counts=matrix.scale == "counts"
    )
    result = Screened.empty(matrix.features, cohort.endpoints, analysis, methods)
    leaders = Leaders(settings.refit, outcomes, methods)
    known = np.column_stack([outcome.known for outcome in outcomes])
    for start, raw, values in prepared_blocks(matrix, chosen):
        kept, why = reasons(raw, settings.filters, scale=matrix.scale)
        if settings.complete is not None:
            values = completed(values, settings.complete)
        result.describe(start, values, known, kept, why)
        size = effective_library(raw) if any(method.of_counts for method in methods) else None
        for columns, present in _patterns(values, kept):
            part = to_device(_part(values, present, columns), settings.device)
            arm = None if treatment is None else treatment[present]
            for places, method in _by_method(methods):
                some, given = [outcomes[k].at(present) for k in places], part
                if method.of_counts and size is not None:
                    given = to_device(_part(raw, present, columns), settings.device)
                    some = [replace(outcome, effective_library=size[present]) for outcome in some]
                estimate = _tested(method, given, some, covariates[present], arm, settings.limits)
                result.record(start + columns, places, estimate)
                for k in places if settings.ranks and method.ranks is not None and arm is None else ():
                    own = outcomes[k].at(present)
                    ranks = method.ranks.screen(_known(part, own), own.at(own.known))
                    if ranks is not None:
                        result.record_ranks(start + columns, k, ranks)
                if method.pooling is not None:
                    collected = method.pooling.collect(estimate, some, covariates[present])
                    result.pooled[np.ix_(start + columns, places)] = collected
        leaders.update(result, start, values)
        progress(start + values.shape[1])
    result.finish()
    leaders.refit(result, covariates, treatment)
    if settings.permutations.count and treatment is None:
        permute(
            result,
            matrix,
            chosen,
            outcomes,
            covariates,
            strata=strata_of(cohort, settings.strata, arms=True)[kept_rows],
            settings=settings.permutations,
            prespecified=prespecified,
            device=settings.device,
        )
    return result


def completed(values: Floats, rng: np.random.Generator) -> Floats:
    """Values (n_subjects, n_features) with the missing ones drawn among the others of their feature."""
    filled = values.copy()
    for column in np.flatnonzero(np.isnan(values).any(axis=0)):
        missing = np.isnan(values[:, column])
        if not missing.all():
            filled[missing, column] = rng.choice(values[~missing, column], size=int(missing.sum()))
    return filled


def _tested(
    method: Method,
    features: Any,
    outcomes: list[Outcome],
    covariates: Floats,
    treatment: Floats | None,
    limits: Limits,
) -> Estimate:
    """One call for all endpoints, or one each in the subjects that have it, with the covariates that vary there."""
    if method.together:
        return method.screen(features, outcomes, covariates, treatment, limits)
    estimates = []
    for outcome in outcomes:
        known = outcome.known
        arm = None if treatment is None else treatment[known]
        part = varying(covariates[known], arm)
        enough = limits if arm is None else in_each_arm(limits, outcome.at(known), arm)
        estimates.append(method.screen(_known(features, outcome), [outcome.at(known)], part, arm, enough))
    return stack_endpoints(estimates)


def _part(values: Floats, present: NDArray[np.bool_], columns: NDArray[np.int64]) -> Floats:
    """Some features of some subjects; a feature's values stay side by side in memory."""
    part = values if columns.size == values.shape[1] else take_columns(values, columns)
    return part if present.all() else take_rows(part, np.flatnonzero(present))


def _known(features: Any, outcome: Outcome) -> Any:
    """Features of those who have the endpoint."""
    return features if outcome.known.all() else take_rows(features, np.flatnonzero(outcome.known))


def in_each_arm(limits: Limits, outcome: Outcome, treatment: Floats) -> Limits:
    """Limits of an interaction test: events are needed in each arm, or subjects off the most frequent level."""
    counts = [informative(outcome.at(treatment == arm)) for arm in (0, 1)]
    out_of_reach = replace(limits, min_events=len(outcome.values) + 1)
    return limits if min(counts) >= limits.min_events else out_of_reach


def informative(outcome: Outcome) -> int:
    """Events of a survival endpoint; of one with levels, subjects outside the most frequent of them."""
    if outcome.event is not None:
        return int((outcome.event == 1).sum())
    return outcome.values.size - int(np.unique(outcome.values, return_counts=True)[1].max(initial=0))


def _patterns(values: Floats, kept: NDArray[np.bool_]) -> list[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Columns that are worth a test, grouped by which subjects have them."""
    present = ~np.isnan(values)
    groups: dict[bytes, list[int]] = {}
    packed = np.packbits(present, axis=0)
    for column in np.flatnonzero(kept):
        groups.setdefault(packed[:, column].tobytes(), []).append(int(column))
    return [(np.array(columns), present[:, columns[0]]) for columns in groups.values()]


def _by_method(methods: list[Method]) -> list[tuple[list[int], Method]]:
    places: dict[str, list[int]] = {}
    for index, method in enumerate(methods):
        places.setdefault(method.endpoint_type, []).append(index)
    return [(where, methods[where[0]]) for where in places.values()]


def _flow(
    cohort: Cohort, modality: str, analysis: Analysis, rows: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> pl.DataFrame:
    """Where every subject of the cohort went, an account an endpoint."""
    without = cohort.n_subjects - len(rows)
    lost = {reason: int(out[rows].sum()) for reason, out in analysis.excluded.items()}
    counts = []
    for endpoint in cohort.endpoints:
        known = int(endpoint.known[rows[chosen]].sum())
        early = {why: int(out[rows[chosen]].sum()) for why, out in cohort.left_early.get(endpoint.name, {}).items()}
        steps = [("in", None, cohort.n_subjects), ("excluded", f"no {modality} data", without)]
        steps += [("excluded", reason, n) for reason, n in lost.items()]
        steps += [("excluded", reason, n) for reason, n in early.items()]
        steps += [("excluded", "endpoint missing", int(chosen.sum()) - sum(early.values()) - known)]
        steps += [("used", None, known)]
        counts += [(endpoint.name, *step) for step in steps if step[2] or step[0] != "excluded"]
    return pl.DataFrame(
        {
            "scope": "landmark" if cohort.left_early else "analysis",
            "modality": modality,
            "endpoint": [c[0] for c in counts],
            "comparison": analysis.comparison,
            "contrast": analysis.contrast,
            "unit": "subjects",
            "kind": [c[1] for c in counts],
            "reason": pl.Series([c[2] for c in counts], dtype=pl.String),
            "n": [c[3] for c in counts],
        }
    )
