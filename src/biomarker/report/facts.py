"""What several sections need: the tables cut into questions, one for each endpoint, comparison and contrast."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from biomarker.data.tables import NO_COMPARISON
from biomarker.errors import SchemaError
from biomarker.report.blocks import clean
from biomarker.report.inputs import EndpointFacts, ReportInputs, StudyFacts
from biomarker.report.scales import Scale, scale_of

__all__ = ["CONTRAST_ORDER", "MOST_ENDPOINTS", "Facts", "Question", "gather"]

#: The order of questions on the page: what a partner asks first comes first.
CONTRAST_ORDER = ("predictive", "prognostic", "response")

#: Figures are drawn for every endpoint up to this many, beyond it for the leading ones only.
MOST_ENDPOINTS = 12

_KEY = ["endpoint", "comparison", "contrast"]
_SCREEN_COLUMNS = [
    *_KEY,
    "modality",
    "feature_id",
    "label",
    "method",
    "estimate",
    "effect_scale",
    "statistic",
    "p_value",
    "log10_p",
    "n",
    "n_events",
    "feature_sd",
    "n_with",
    "prespecified",
    "status",
    "reason",
]


@dataclass(frozen=True, eq=False, kw_only=True)
class Question:
    """One endpoint, one comparison, one contrast: what was tested and what came of it.

    Attributes
    ----------
    screen : polars.DataFrame
        The features that could be tested, ``log10_p`` filled; ``called`` says whether they pass in their family.
    left_out : polars.DataFrame
        ``modality, status, reason, n`` of those that could not.
    candidates : polars.DataFrame
        By rank, with ``feature_sd`` and ``n_with`` from the screen where they are known.
    called : polars.DataFrame
        The candidates with q at or below the study's threshold.
    threshold_log10_p : float or None
        Where p-values begin to be called in the exploratory family.
    """

    endpoint: EndpointFacts
    endpoint_label: str
    comparison: str
    contrast: str
    scale: Scale
    planned: int
    screen: pl.DataFrame
    left_out: pl.DataFrame
    candidates: pl.DataFrame
    called: pl.DataFrame
    threshold_log10_p: float | None

    @property
    def tested(self) -> int:
        """Features with a p-value."""
        return self.screen.height

    @property
    def best_log10_p(self) -> float:
        """Of the leading candidate; 0 where there is none."""
        best = self.candidates["log10_p"].min()
        return 0.0 if best is None else float(best)  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """The inputs, and the questions in the order of the page."""

    inputs: ReportInputs
    questions: tuple[Question, ...]
    labels: dict[str, str]

    @property
    def study(self) -> StudyFacts:
        """Of the inputs."""
        return self.inputs.study

    def table(self, name: str) -> pl.DataFrame | None:
        """A further result table by its place in the results folder; None where there is none, or it has no row."""
        found = self.inputs.tables.get(name)
        return None if found is None or found.is_empty() else found

    @property
    def contrasts(self) -> list[str]:
        """Those asked, in the order of the page."""
        asked = {question.contrast for question in self.questions}
        return [contrast for contrast in CONTRAST_ORDER if contrast in asked]

    @property
    def several_contrasts(self) -> bool:
        """Whether a reader must be told which contrast a number belongs to."""
        return len(self.contrasts) > 1

    @property
    def several_endpoints(self) -> bool:
        """Whether a reader must be told which endpoint a number belongs to."""
        return len(self.study.endpoints) > 1

    @property
    def several_comparisons(self) -> bool:
        """Whether a reader must be told which two arms a number compares."""
        treatment = self.study.treatment
        return treatment is not None and len(treatment.comparisons) > 1

    def of_contrast(self, contrast: str) -> list[Question]:
        """The questions of one contrast."""
        return [question for question in self.questions if question.contrast == contrast]

    def shown_endpoints(self) -> list[EndpointFacts]:
        """Those whose figures are drawn: all up to `MOST_ENDPOINTS`, else those with the smallest p-values."""
        best: dict[str, float] = {}
        for question in self.questions:
            name = question.endpoint.name
            best[name] = min(best.get(name, 0.0), question.best_log10_p)
        asked = [endpoint for endpoint in self.study.endpoints if endpoint.name in best]
        if len(asked) <= MOST_ENDPOINTS:
            return asked
        return sorted(asked, key=lambda endpoint: best[endpoint.name])[:MOST_ENDPOINTS]


def gather(inputs: ReportInputs) -> Facts:
    """Cut the tables into questions and check that they speak of the same study.

    Raises
    ------
    SchemaError
        A table names an endpoint or a comparison that the study does not have, candidates come from a screen that is
        not there, or a candidate is said to be good where the endpoint's declaration says bad.
    """
    labels = _endpoint_labels(inputs.study)
    screens = _stack(inputs.screens.values())
    candidates = _with_spread(inputs.candidates, screens)
    screens, candidates = _with_labels_of_their_own(screens, candidates)
    for table, name in ((screens, "screen"), (candidates, "candidates")):
        unknown = set(table["endpoint"].unique()) - labels.keys()
        if unknown:
            raise SchemaError(
                f"the {name} table has {len(unknown)} endpoints that the study file does not declare",
                "Run the study again, so that all tables come from the same study file.",
            )
    _check_compared(inputs)
    _check_screened(inputs)
    _check_direction(candidates, {one.name: one for one in inputs.study.endpoints})
    by_question = candidates.partition_by(_KEY, as_dict=True, maintain_order=True)
    screened = screens.partition_by(_KEY, as_dict=True, maintain_order=True)
    place = {endpoint.name: order for order, endpoint in enumerate(inputs.study.endpoints)}
    treatment = inputs.study.treatment
    order = {name: number for number, name in enumerate(treatment.pairs)} if treatment else {}
    keys = sorted(
        by_question.keys() | screened.keys(),
        key=lambda key: (place[str(key[0])], CONTRAST_ORDER.index(str(key[2])), order.get(str(key[1]), 0)),
    )
    empty_screen, empty_candidates = screens.clear(), candidates.clear()
    questions = tuple(
        _question(inputs.study, labels, key, screened.get(key, empty_screen), by_question.get(key, empty_candidates))
        for key in keys
    )
    return Facts(inputs=inputs, questions=questions, labels=labels)


def _endpoint_labels(study: StudyFacts) -> dict[str, str]:
    """A label for each endpoint that no other endpoint has: repeated ones get their name in brackets."""
    shown = [clean(endpoint.label or endpoint.name) for endpoint in study.endpoints]
    return {
        endpoint.name: label if shown.count(label) == 1 else f"{label} ({clean(endpoint.name)})"
        for endpoint, label in zip(study.endpoints, shown, strict=True)
    }


def _with_labels_of_their_own(screens: pl.DataFrame, candidates: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Labels that features of several modalities share get their modality in brackets: a gene, and its protein."""
    label = pl.coalesce("label", "feature_id")
    seen = screens.select("modality", label=label).unique()
    shared = seen.filter(pl.col("label").is_duplicated())["label"].unique().to_list()
    if not shared:
        return screens, candidates
    apart = pl.when(pl.col("label").is_in(shared)).then(pl.format("{} ({})", "label", "modality")).otherwise("label")
    named = candidates.with_columns(label=pl.coalesce("label", "feature"))
    return screens.with_columns(label=label).with_columns(label=apart), named.with_columns(label=apart)


def _stack(tables: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """All screens in one, with the columns a report uses and ``log10_p`` filled where only p is there."""
    parts = [
        table.select(pl.col(_SCREEN_COLUMNS)).with_columns(pl.col("contrast", "status").cast(pl.String))
        for table in tables
    ]
    if not parts:
        from biomarker.data.tables import Screen

        parts = [
            Screen.create_empty().select(_SCREEN_COLUMNS).with_columns(pl.col("contrast", "status").cast(pl.String))
        ]
    return pl.concat(parts).with_columns(_log10_p())


def _log10_p() -> pl.Expr:
    """``log10_p`` where it is given, else from the p-value."""
    return pl.coalesce("log10_p", pl.col("p_value").log10()).fill_nan(None)


def _with_spread(candidates: pl.DataFrame, screens: pl.DataFrame) -> pl.DataFrame:
    """Candidates with what their screen says of their feature; null for those made of several features.

    A candidate names its features as ``<modality>:<feature_id>``.
    """
    single = pl.col("kind").cast(pl.String) == "single"
    keyed = candidates.with_columns(
        pl.col("contrast", "status", "kind").cast(pl.String),
        _log10_p(),
        feature=pl.when(single).then(pl.col("features").list.first().str.strip_prefix(pl.col("modality") + ":")),
    )
    spread = screens.select("modality", *_KEY, "feature_sd", "n_with", "prespecified", feature="feature_id").unique(
        ["modality", "feature", *_KEY], keep="first", maintain_order=True
    )
    joined = keyed.join(spread, on=["modality", "feature", *_KEY], how="left", maintain_order="left")
    return joined.sort("rank_overall", maintain_order=True)


def _check_compared(inputs: ReportInputs) -> None:
    """Refuse results of a comparison that the study does not make: their arms would be told wrongly."""
    treatment = inputs.study.treatment
    known = {NO_COMPARISON, *(treatment.pairs if treatment else ())}
    tables: dict[str, list[pl.DataFrame | None]] = {
        "screen": [*inputs.screens.values()],
        "candidates": [inputs.candidates],
        "curves": [inputs.curves],
        "overall effects": [inputs.overall],
    }
    for name, parts in tables.items():
        unknown = {one for table in parts if table is not None for one in table["comparison"].unique()} - known
        if unknown:
            raise SchemaError(
                f"the {name} table has {len(unknown)} comparisons that the study file does not declare",
                "Run the study again, so that all tables come from the same study file.",
            )


def _check_screened(inputs: ReportInputs) -> None:
    """Refuse candidates without the screen they came from: every count on the page would be wrong."""
    pairs = (
        inputs.candidates.select(pl.col("contrast").cast(pl.String), "modality").unique().sort("contrast", "modality")
    )
    missing = [
        f"{contrast}.{modality}"
        for contrast, modality in pairs.iter_rows()
        if (contrast, modality) not in inputs.screens
    ]
    if missing:
        raise SchemaError(
            f"candidates come from screens that are not there: {', '.join(clean(name) for name in missing)}",
            "Run the study again, so that all tables come from the same run.",
        )


def _check_direction(candidates: pl.DataFrame, endpoints: dict[str, EndpointFacts]) -> None:
    """Refuse a ``benefit_sign`` that contradicts the endpoint's declaration: the worst fault a report can have."""
    good = pl.col("endpoint").replace_strict(
        {name: one.good_sign for name, one in endpoints.items()}, return_dtype=pl.Int64
    )
    wrong = candidates.filter(
        pl.col("benefit_sign").is_not_null() & (pl.col("estimate").sign() * good * pl.col("benefit_sign") < 0)
    )
    if wrong.height:
        raise SchemaError(
            f"the candidates table has {wrong.height} rows whose benefit_sign contradicts what the study file calls "
            f"good (first: rank_overall {wrong['rank_overall'][0]})",
            "Run the study again, so that all tables come from the same study file.",
        )


def _question(
    study: StudyFacts, labels: dict[str, str], key: tuple[object, ...], screen: pl.DataFrame, candidates: pl.DataFrame
) -> Question:
    endpoint, comparison, contrast = (str(part) for part in key)
    called = candidates.filter(pl.col("q_value") <= study.q)
    tested = screen.filter(pl.col("status") == "ok").with_columns(_passes(called).alias("called"))
    left_out = (
        screen.filter(pl.col("status") != "ok")
        .group_by("modality", "status", "reason", maintain_order=True)
        .agg(n=pl.len())
        .sort("n", descending=True, maintain_order=True)
    )
    scales = [*candidates["effect_scale"].head(1), *screen["effect_scale"].head(1), ""]
    return Question(
        endpoint=next(one for one in study.endpoints if one.name == endpoint),
        endpoint_label=labels[endpoint],
        comparison=comparison,
        contrast=contrast,
        scale=scale_of(scales[0], contrast),
        planned=screen.height,
        screen=tested,
        left_out=left_out,
        candidates=candidates,
        called=called,
        threshold_log10_p=_threshold(study.q, tested, called),
    )


def _largest_called(called: pl.DataFrame, *, prespecified: bool) -> float | None:
    """Decimal logarithm of the largest p-value that passes in a family of single features; None where none does."""
    family = called.filter(pl.col("kind") == "single", pl.col("prespecified") == prespecified)
    return float(family["log10_p"].max()) if family.height else None  # type: ignore[arg-type]


def _passes(called: pl.DataFrame) -> pl.Expr:
    """Whether a feature passes: within a family that is whether its p-value is at most the largest one that does."""
    passes = pl.lit(None, dtype=pl.Boolean)
    for prespecified in (False, True):
        largest = _largest_called(called, prespecified=prespecified)
        if largest is not None:
            passes = (
                pl.when(pl.col("prespecified") == prespecified).then(pl.col("log10_p") <= largest).otherwise(passes)
            )
    return passes.fill_null(value=False)


def _threshold(q: float, tested: pl.DataFrame, called: pl.DataFrame) -> float | None:
    """Where p-values begin to be called in the exploratory family, as a decimal logarithm.

    With ``k`` of ``m`` features called, Benjamini and Hochberg's limit ``max(k, 1) q / m``: it parts those that pass
    from those that do not, and says what the first would have had to reach where none does. Where it does not part
    them (the q-values are of another kind), the largest p-value that passes.
    """
    exploratory = tested.filter(~pl.col("prespecified"))
    if exploratory.is_empty():
        return None
    largest = _largest_called(called, prespecified=False)
    passing = int(exploratory["called"].sum())
    limit = math.log10(max(passing, 1) * q / exploratory.height)
    if largest is None:
        return limit
    next_one = exploratory.filter(~pl.col("called"))["log10_p"].min()
    parts = largest <= limit and (next_one is None or limit < next_one)  # type: ignore[operator]
    return limit if parts else largest
