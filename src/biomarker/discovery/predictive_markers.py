"""The doubly robust answers for all features of all modalities: any heterogeneity, each marker, each beside others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Endpoint, Survival
from biomarker.data.predictive_tables import PredictiveQuestions
from biomarker.data.splits import Splits
from biomarker.discovery.analysis import Analysis, analyses
from biomarker.discovery.conditional import conditional_slopes
from biomarker.discovery.cross_fitted import Censored, CrossFitted, cross_fitted
from biomarker.discovery.leaders import varying
from biomarker.discovery.method import Limits, Outcome
from biomarker.discovery.predictive import left_of_main_effects
from biomarker.discovery.predictive_values import Values, gather
from biomarker.discovery.screen import in_each_arm
from biomarker.errors import BiomarkerError, InsufficientDataError
from biomarker.features.filters import FilterSettings
from biomarker.learners.additive import AdditiveCurves
from biomarker.learners.elastic_net import ElasticNet
from biomarker.learners.stack import Stack
from biomarker.learners.training import Training
from biomarker.learners.trees import BoostedTrees
from biomarker.rng import stream
from biomarker.stats.doubly_robust import effect_slopes
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.heterogeneity import heterogeneity
from biomarker.stats.multiplicity import benjamini_hochberg

__all__ = ["PredictiveSettings", "predictive_markers"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
N_FOLDS = 5
#: With fewer groups, folds are dealt by subject: inner folds could not be made of them.
FEWEST_GROUPS = 10
#: Share of either arm that is still followed at a horizon that nobody stated.
FOLLOWED = 0.2
#: Features that a learner looks at in its own training subjects: with thousands, more would cost time and find nothing
LOOKED_AT = 150
CURVES = AdditiveCurves(most_features=LOOKED_AT)
LEARNER = Stack(
    (
        ElasticNet(most_features=LOOKED_AT),
        ElasticNet(shape="folded", most_features=LOOKED_AT),
        ElasticNet(shape="curved", most_features=LOOKED_AT),
        BoostedTrees(),
        CURVES,
    )
)
_SLOPES = {"prognostic": ("slope", "error", "statistic"), "predictive": ("slope", "error", "statistic", "dof")}


@dataclass(frozen=True)
class PredictiveSettings:
    """See the study file's sections ``predictive``, ``screen`` and ``features``."""

    limits: Limits
    filters: FilterSettings
    prespecified: frozenset[str]
    survival: str
    horizons: Mapping[str, float]
    conditional: int
    seed: int
    flips: int = 999


@dataclass(frozen=True, eq=False)
class _Question:
    """One endpoint and comparison: who is in it, and what of the endpoint is asked."""

    analysis: Analysis
    endpoint: Endpoint
    rows: NDArray[np.intp]
    treatment: Floats
    quantity: str
    horizon: float | None
    chosen: str | None

    @property
    def events(self) -> int | None:
        """Events among the subjects; None where events have no meaning."""
        if isinstance(self.endpoint, Survival):
            return int(self.endpoint.event[self.rows].sum())
        return int(self.endpoint.values[self.rows].sum()) if self.endpoint.type == "binary" else None


@dataclass(frozen=True, eq=False)
class _Answer:
    """What came out of one question; arrays are of all features."""

    splits: Splits
    nuisance: CrossFitted
    overall: Any
    marginal: dict[str, Floats]
    conditional: Estimate
    tested: NDArray[np.intp]


def predictive_markers(
    cohort: Cohort,
    groups: NDArray[np.int64],
    *,
    settings: PredictiveSettings,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Doubly robust answers for every endpoint and comparison, over the features of all modalities together.

    Nuisance models are learned from the covariates and all features, outside the fold of the subject they are used for;
    a missing feature counts there as the mean of those who taught the model. A marker's own slopes are those of the
    subjects who have it, its conditional slope that of all, a missing value counting as the mean.

    Parameters
    ----------
    cohort : Cohort
        With a treatment.
    groups : (n_subjects,) of int
        What no fold splits. With fewer than ten groups, folds are dealt by subject.
    settings : PredictiveSettings
    progress : callable, optional
        Told the number of questions done and of all.

    Returns
    -------
    markers, questions : polars.DataFrame
        Columns of `biomarker.data.predictive_tables`.
    """
    asked = analyses(cohort, "predictive")
    markers, questions = [], []
    for place, analysis in enumerate(asked):
        values = gather(cohort, analysis.used, settings.filters, settings.prespecified)
        for index, endpoint in enumerate(cohort.endpoints):
            question = _question(analysis, endpoint, settings)
            answer, why = _answered(question, values, groups, settings)
            markers.append(_markers(question, values, answer, why))
            questions.append(_about(question, answer, why, groups))
            progress(place * len(cohort.endpoints) + index + 1, len(asked) * len(cohort.endpoints))
    return pl.concat(markers), pl.concat(questions)


def _question(analysis: Analysis, endpoint: Endpoint, settings: PredictiveSettings) -> _Question:
    assert analysis.treatment is not None
    rows = np.flatnonzero(analysis.used & endpoint.known)
    treatment = analysis.treatment[rows]
    if endpoint.type != "survival":
        quantity = "probability" if endpoint.type == "binary" else "mean"
        return _Question(analysis, endpoint, rows, treatment, quantity, None, None)
    quantity = "restricted mean time" if settings.survival == "rmst" else "probability without event"
    horizon = settings.horizons.get(endpoint.name)
    chosen = "study file" if horizon is not None else "follow-up"
    if horizon is None:
        times = endpoint.values[rows]
        arms = [times[treatment == arm] for arm in (0.0, 1.0)]
        horizon = min((float(np.quantile(of, 1.0 - FOLLOWED)) for of in arms if of.size), default=0.0)
    return _Question(analysis, endpoint, rows, treatment, quantity, horizon, chosen)


def _answered(
    question: _Question, values: Values, groups: NDArray[np.int64], settings: PredictiveSettings
) -> tuple[_Answer | None, str | None]:
    """The answer, or the reason why there is none."""
    try:
        return _answer(question, values, groups, settings), None
    except (BiomarkerError, np.linalg.LinAlgError) as error:
        if isinstance(error, BiomarkerError):
            return None, f"{error.message[0].upper()}{error.message[1:]}."
        return None, Status.NOT_CONVERGED.reason


def _answer(question: _Question, values: Values, groups: NDArray[np.int64], settings: PredictiveSettings) -> _Answer:
    rows, treatment, endpoint = question.rows, question.treatment, question.endpoint
    outcome = Outcome.of(endpoint).at(rows)
    counted = in_each_arm(settings.limits, outcome, treatment) if question.events is not None else settings.limits
    if counted.min_events > len(rows):
        raise InsufficientDataError(f"an arm has fewer than {settings.limits.min_events} events or non-events")
    if not values.tested.any():
        raise InsufficientDataError("no feature is worth a test")
    covariates = varying(question.analysis.covariates[rows], treatment)
    x, known = values.of(rows)
    training = Training(
        features=np.column_stack([covariates, np.where(known, x, 0.0)]),
        outcome=outcome.values,
        treatment=treatment,
        kind="binary" if endpoint.type == "binary" else "continuous",
        group=_fold_groups(groups, rows)[0],
        always=covariates.shape[1],
    )
    seed = settings.seed
    name = (endpoint.name, question.analysis.comparison)
    splits = Splits.draw(training.group, n_folds=N_FOLDS, seed=seed, rng=stream(seed, "predictive", "folds", *name))
    censored = None
    if outcome.event is not None:
        assert question.horizon is not None
        censored = Censored(event=outcome.event, horizon=question.horizon, quantity=settings.survival)
    absent = np.column_stack([np.zeros(covariates.shape, dtype=bool), ~known])
    nuisance = cross_fitted(
        training,
        splits,
        propensity=question.analysis.probability,
        seed=seed,
        censored=censored,
        learner=LEARNER,
        missing=absent,
    )
    effect, level = nuisance.pseudo.effect, nuisance.pseudo.level
    filled = _with_means(x, known)
    usable = np.flatnonzero(values.tested & (known.sum(axis=0) > 1))
    overall = heterogeneity(
        filled[:, usable],
        effect,
        splits.fold,
        flips=settings.flips,
        generator=stream(seed, "predictive", "signs", *name),
    )
    marginal = _marginal(x, known, usable, effect, level, splits.fold, settings.limits.min_group)
    tested = _leading(marginal["p_marginal"], values.prespecified, settings.conditional)
    whole = replace(training, features=np.column_stack([covariates, filled]))
    conditional = conditional_slopes(
        filled[:, usable],
        effect,
        splits,
        tested=np.searchsorted(usable, tested),
        adjust=left_of_main_effects(whole, nuisance, splits, learner=CURVES),
    )
    return _Answer(splits, nuisance, overall, marginal, conditional, tested)


def _fold_groups(groups: NDArray[np.int64], rows: NDArray[np.intp]) -> tuple[NDArray[np.int64], str]:
    """Code of what no fold splits, and what it is."""
    own = groups[rows]
    distinct = np.unique(own).size
    if distinct >= FEWEST_GROUPS:
        return own, "group" if distinct < len(rows) else "subject"
    return np.arange(len(rows), dtype=np.int64), "subject"


def _with_means(x: Floats, known: Bools) -> Floats:
    count = np.maximum(known.sum(axis=0), 1)
    return np.where(known, x, np.where(known, x, 0.0).sum(axis=0) / count)


def _marginal(
    x: Floats,
    known: Bools,
    usable: NDArray[np.intp],
    effect: Floats,
    level: Floats,
    fold: NDArray[np.int64],
    min_group: int,
) -> dict[str, Floats]:
    """Predictive and prognostic slopes of every feature in the subjects who have it; arrays (n_features,)."""
    names = [f"{kind}_{what}" for kind, whats in _SLOPES.items() for what in whats]
    found = {name: np.full(x.shape[1], np.nan) for name in [*names, "p_marginal", "p_prognostic"]}
    found["n"] = known.sum(axis=0).astype(np.float64)
    found["status"] = np.full(x.shape[1], float(Status.TOO_FEW))
    for columns, present in _patterns(known, usable):
        sizes = np.bincount(fold[present], minlength=fold.max() + 1)
        rows = np.flatnonzero(present)[sizes[fold[present]] >= 2]
        if rows.size < 2 * N_FOLDS:
            continue
        part = x[np.ix_(rows, columns)]
        of = {
            kind: effect_slopes(part, response[rows], fold[rows], min_group=min_group)
            for kind, response in (("predictive", effect), ("prognostic", level))
        }
        for kind, whats in _SLOPES.items():
            for what, field in zip(whats, ("estimate", "std_error", "statistic", "dof"), strict=False):
                found[f"{kind}_{what}"][columns] = getattr(of[kind], field)[:, 0]
        found["p_marginal"][columns] = of["predictive"].p_value[:, 0]
        found["p_prognostic"][columns] = of["prognostic"].p_value[:, 0]
        found["status"][columns] = of["predictive"].status[:, 0]
        found["n"][columns] = rows.size
    return found


def _patterns(known: Bools, usable: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], Bools]]:
    """Features grouped by which subjects have them."""
    packed = np.packbits(known, axis=0)
    groups: dict[bytes, list[int]] = {}
    for column in usable:
        groups.setdefault(packed[:, column].tobytes(), []).append(int(column))
    for columns in groups.values():
        yield np.array(columns), known[:, columns[0]]


def _leading(p_marginal: Floats, prespecified: Bools, count: int) -> NDArray[np.intp]:
    """Features that are tested beside the others, ascending: the first by p-value, and those named beforehand."""
    some = np.flatnonzero(~np.isnan(p_marginal))
    if count == 0:
        return some[:0]
    first = some[np.argsort(p_marginal[some], kind="stable")][:count]
    return np.union1d(first, some[prespecified[some]]).astype(np.intp)


def _by_family(p_value: Floats, tested: Bools, prespecified: Bools) -> Floats:
    """Benjamini and Hochberg's q-values within prespecified and exploratory features; a missing p-value counts as 1."""
    q = np.full(p_value.shape, np.nan)
    for family in (prespecified, ~prespecified):
        members = np.flatnonzero(family & tested)
        if members.size:
            q[members] = benjamini_hochberg(np.where(np.isnan(p_value[members]), 1.0, p_value[members]))
    return np.where(np.isnan(p_value), np.nan, q)


def _markers(question: _Question, values: Values, answer: _Answer | None, why: str | None) -> pl.DataFrame:
    size = len(values.features)
    names = [f"{kind}_{what}" for kind, whats in _SLOPES.items() for what in whats]
    blank = {name: np.full(size, np.nan) for name in (*names, "p_marginal", "p_prognostic")}
    columns = blank | ({} if answer is None else answer.marginal)
    conditional = {name: np.full(size, np.nan) for name in ("slope", "error", "dof")}
    p_conditional = np.full(size, np.nan)
    if answer is not None:
        for name, field in (("slope", "estimate"), ("error", "std_error"), ("dof", "dof")):
            conditional[name][answer.tested] = getattr(answer.conditional, field)[:, 0]
        p_conditional[answer.tested] = answer.conditional.p_value[:, 0]
    status, reason = _explained(values, answer, why)
    count = columns.pop("n", np.zeros(size))
    columns.pop("status", None)
    tested = ~np.isnan(columns["p_marginal"])
    return pl.DataFrame(
        {
            **{name: values.features[name] for name in ("modality", "feature_id")},
            "endpoint": question.endpoint.name,
            "comparison": question.analysis.comparison,
            "quantity": question.quantity,
            "prespecified": values.prespecified,
            "n": count.astype(np.int64),
            **columns,
            "q_marginal": _by_family(columns["p_marginal"], tested, values.prespecified),
            **{f"conditional_{name}": value for name, value in conditional.items()},
            "p_conditional": p_conditional,
            "q_conditional": _by_family(p_conditional, tested, values.prespecified),
            "status": status,
            "reason": pl.Series(reason, dtype=pl.String),
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def _explained(values: Values, answer: _Answer | None, why: str | None) -> tuple[list[str], list[str | None]]:
    words: list[str] = []
    reasons: list[str | None] = []
    for place, filtered in enumerate(values.why):
        if filtered:
            words.append("filtered")
            reasons.append(filtered)
        elif answer is None:
            words.append("too_few")
            reasons.append(why)
        else:
            code = Status(int(answer.marginal["status"][place]))
            words.append(code.name.lower())
            reasons.append(code.reason or None)
    return words, reasons


def _about(question: _Question, answer: _Answer | None, why: str | None, groups: NDArray[np.int64]) -> pl.DataFrame:
    known = question.analysis.probability is not None
    overall = None if answer is None else answer.overall
    overlap = None if answer is None else answer.nuisance.overlap
    row: dict[str, Any] = {
        "endpoint": question.endpoint.name,
        "comparison": question.analysis.comparison,
        "quantity": question.quantity,
        "horizon": question.horizon,
        "horizon_chosen": question.chosen,
        "n": len(question.rows),
        "n_active": int(question.treatment.sum()),
        "n_control": int((1 - question.treatment).sum()),
        "n_events": question.events,
        "n_markers": 0 if overall is None else overall.n_markers,
        "folds_by": None if answer is None else _fold_groups(groups, question.rows)[1],
        "p_global": getattr(overall, "p_value", None),
        "p_sparse": getattr(overall, "p_sparse", None),
        "p_dense": getattr(overall, "p_dense", None),
        "n_flips": getattr(overall, "n_flips", None),
        "propensity": "known" if known else "estimated",
        "propensity_lowest": getattr(overlap, "lowest", None),
        "propensity_highest": getattr(overlap, "highest", None),
        "bound": getattr(overlap, "bound", None),
        "n_bounded": getattr(overlap, "n_bounded", None),
        "effective_active": getattr(overlap, "effective_active", None),
        "effective_control": getattr(overlap, "effective_control", None),
        "status": "ok" if answer is not None else "too_few",
        "reason": why,
    }
    return pl.DataFrame([row], schema={name: c.dtype for name, c in PredictiveQuestions.columns.items()})
