"""Laboratory features of each subject: value at baseline, last value, slope, and how far above the upper limit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from biomarker import logs
from biomarker.data.matrix import FeatureValues
from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.features.builder import Builder, Built, Matching, match_subjects
from biomarker.features.window import OUT_OF_WINDOW, WindowSettings, days_from_index, without_features

__all__ = ["LABS", "OUT_OF_WINDOW", "STATISTICS", "LabsFeatures", "build_labs", "records_in_window"]

Statistic = Literal["baseline", "last", "change", "slope", "variability", "x_uln", "out_of_range"]

#: What can be made of a test's values in the window, in the order of the features.
STATISTICS = {
    "baseline": "last value at or before the index date",
    "last": "last value",
    "change": "last value minus baseline",
    "slope": "least-squares slope per 30 days, where values of two or more days are known",
    "variability": "coefficient of variation over days, where values of three or more days are known",
    "x_uln": "baseline divided by the upper limit of its reference range",
    "out_of_range": "share of days on which the value lies outside its reference range",
}
SLOPE_DAYS = 30.0
#: So many rows of lazy records are looked at together.
BATCH_ROWS = 2_000_000

log = logs.get(__name__)


@dataclass(frozen=True, kw_only=True)
class LabsFeatures(WindowSettings):
    """Settings of laboratory features."""

    statistics: tuple[Statistic, ...] = field(
        default=("baseline", "last", "slope", "x_uln"),
        metadata={"doc": "What to make of each test; one that says the same as another is left out."},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.statistics if name not in STATISTICS]
        if unknown or not self.statistics:
            raise ConfigError(
                f"statistics: {', '.join(unknown) or 'none'} given", f"Known are {', '.join(STATISTICS)}."
            )


def build_labs(content: pl.DataFrame | pl.LazyFrame, settings: LabsFeatures, *, subjects: pl.DataFrame) -> Built:
    """Make features of laboratory values, one subject at a time.

    Let ``d`` be the days from the index date to the value, and only values with ``window[0] <= d <= window[1]`` be
    looked at. Several values of one test on one day are averaged first, limits likewise (no order within a day is
    known). For each test:

    - ``baseline``: the value of the latest day with ``d <= 0``;
    - ``last``: the value of the latest day of the window;
    - ``slope``: ``30 * sum((d - mean d) (v - mean v)) / sum((d - mean d)^2)`` over the days of the window, missing
      where only one day is known;
    - ``x_uln``: baseline over the upper reference limit that came with it;
    - ``change``: last value after day 0 minus baseline;
    - ``variability``: standard deviation over mean of three days or more, where the mean is positive;
    - ``out_of_range``: share of the days that have a limit on which the value lies beyond it.

    In a window that ends at or before day 0, ``last`` is ``baseline`` and is left out, as is ``change``; ``x_uln`` is
    left out where one upper limit holds for everybody, because it is then the baseline in another unit. In a window
    that begins after day 0 there is no baseline. `Built.left_out` and the log say so.

    Parameters
    ----------
    content : polars.DataFrame or polars.LazyFrame
        ``subject_id, test, value, unit, date, day, low, high``: either ``date`` or ``day`` is filled.
    settings : LabsFeatures
    subjects : polars.DataFrame
        ``subject_id`` and, for dates, the column ``date_<index_date>``.

    Returns
    -------
    Built
        Features ``<test>.<statistic>``, tests in alphabetical order; columns ``test`` and ``statistic`` beside them.
        Subjects without any value in the window are absent, and counted with the reason.

    Raises
    ------
    ConfigError
        The values carry dates and no ``index_date`` is set.
    SchemaError
        The subject table lacks the index date.
    AlignmentError
        No subject has both.
    InsufficientDataError
        No value lies in the window.

    Notes
    -----
    **Valid when** a missing value does not depend on the outcome. A slope over the few days of a screening window is
    mostly noise; it is kept because a rising marker before treatment can matter, and the screen weighs it like any
    other feature.
    """
    cohort = subjects["subject_id"].to_list()
    names = {name: _different(content, name) for name in ("subject_id", "test")}
    _, unknown = match_subjects(names["subject_id"], cohort)
    kinds = {name: pl.Enum(different) for name, different in names.items()}
    parts = [_summary(part, kinds, settings, subjects) for part in _batches(content)]
    wide, placed = (pl.concat(list(some)) for some in zip(*parts, strict=True))
    if wide.is_empty():
        low, high = settings.window
        raise InsufficientDataError(
            f"no laboratory value of the cohort lies between day {low} and day {high} of the index date",
            "Check `index_date` and `window`.",
        )
    tests = [test for test in names["test"] if test in set(wide["test"].unique())]
    left_out = _not_worth_making(wide, tests, settings)
    wanted = [name for name in STATISTICS if name in settings.statistics]
    features = [
        (test, name) for test in tests for name in wanted if name not in left_out and f"{test}.{name}" not in left_out
    ]
    if not features:
        raise InsufficientDataError(
            "no laboratory feature can be made", "; ".join(f"{k}: {v}" for k, v in left_out.items())
        )
    for what, why in left_out.items():
        log.info("laboratory feature %s is left out: %s", what, why)
    units = dict(content.lazy().select("test", "unit").unique().collect(engine="streaming").iter_rows())
    values = _matrix(wide, features, cohort, units=units)
    excluded = without_features(cohort, names["subject_id"], values.subject_ids, placed)
    return Built(values, Matching(len(cohort), len(values.subject_ids), excluded, unknown), left_out)


def records_in_window(
    content: pl.DataFrame | pl.LazyFrame, settings: WindowSettings, *, subjects: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """Records ``subject_id, test, value, d`` of the cohort in the window, each subject's in one frame.

    Raises
    ------
    ConfigError, SchemaError
        As `build_labs`.
    """
    low, high = settings.window
    for part in _batches(content):
        days = days_from_index(part, settings, subjects, what="laboratory values")
        yield days.filter(pl.col("d").is_between(low, high)).select("subject_id", "test", "value", "d")


def _different(content: pl.DataFrame | pl.LazyFrame, column: str) -> list[str]:
    """The values of a column, each once, in alphabetical order."""
    return content.lazy().select(pl.col(column).unique().sort()).collect(engine="streaming").to_series().to_list()


def _batches(content: pl.DataFrame | pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The records; lazy ones of some subjects at a time, in alphabetical order, about `BATCH_ROWS` each."""
    if isinstance(content, pl.DataFrame):
        yield content
        return
    counts = content.group_by("subject_id").len().sort("subject_id").collect(engine="streaming")
    batch = (counts["len"].cast(pl.Int64).cum_sum() - 1) // BATCH_ROWS
    for _, some in counts.group_by(batch.alias("batch"), maintain_order=True):
        chosen = pl.col("subject_id").is_in(some["subject_id"].implode())
        yield content.filter(chosen).collect(engine="streaming")


def _summary(
    records: pl.DataFrame, kinds: Mapping[str, pl.Enum], settings: LabsFeatures, subjects: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Statistics of each subject and test in the window, and the subjects whose records have a day (``d``) at all.

    Ids and tests are codes in alphabetical order: ten million rows are to fit.
    """
    slim = records.select(
        *(pl.col(name).cast(kind) for name, kind in kinds.items()), "value", "low", "high", "date", "day"
    )
    days = days_from_index(slim, settings, subjects, what="laboratory values")
    low, high = settings.window
    wide = _statistics(_daily(days.filter(pl.col("d").is_between(low, high))))
    placed = days.filter(pl.col("d").is_not_null()).unique("subject_id", maintain_order=True).select("subject_id", "d")
    return wide, placed


def _daily(values: pl.DataFrame) -> pl.DataFrame:
    """One row a subject, test and day, in that order."""
    by = ["subject_id", "test", "d"]
    return values.group_by(by).agg(pl.col("value").mean(), pl.col("low").mean(), pl.col("high").mean()).sort(by)


def _statistics(daily: pl.DataFrame) -> pl.DataFrame:
    """A row a subject and test, in their order: every statistic, null where it is not known, and the upper limit."""
    at_baseline = pl.col("d") <= 0
    d, v = pl.col("d") - pl.col("d").mean(), pl.col("value") - pl.col("value").mean()
    limit = pl.col("high").filter(at_baseline).last()
    baseline = pl.col("value").filter(at_baseline).last()
    return daily.group_by("subject_id", "test", maintain_order=True).agg(
        baseline=baseline,
        last=pl.col("value").last(),
        change=pl.when(pl.col("d").last() > 0).then(pl.col("value").last() - baseline),
        variability=pl.when((pl.len() >= 3) & (pl.col("value").mean() > 0)).then(
            pl.col("value").std() / pl.col("value").mean()
        ),
        out_of_range=((pl.col("value") < pl.col("low")) | (pl.col("value") > pl.col("high")))
        .filter(pl.col("low").is_not_null() | pl.col("high").is_not_null())
        .fill_null(value=False)
        .mean(),
        slope=pl.when(pl.len() >= 2).then(SLOPE_DAYS * (d * v).sum() / (d * d).sum()),
        x_uln=pl.when(limit > 0).then(baseline / limit),
        limit=limit,
    )


def _not_worth_making(wide: pl.DataFrame, tests: Sequence[str], settings: LabsFeatures) -> dict[str, str]:
    """Statistics (``last``) and features (``ALT.x_uln``) that are asked for and not made, and why."""
    low, high = settings.window
    asked = set(settings.statistics)
    left_out = {}
    if high <= 0 and {"baseline", "last"} <= asked:
        left_out["last"] = "the window ends at the index date, so that it is the baseline"
    if high <= 0 and "change" in asked:
        left_out["change"] = "the window ends at the index date, so that there is none"
    if low > 0:
        reason = "the window begins after the index date"
        left_out |= {name: reason for name in ("baseline", "change", "x_uln") if name in asked}
    facts = wide.group_by("test").agg(
        pl.col(*STATISTICS).is_not_null().any(),
        limits=pl.col("limit").filter(pl.col("x_uln").is_not_null()).n_unique(),
    )
    known = {row["test"]: row for row in facts.iter_rows(named=True)}
    for test in tests:
        for name in STATISTICS:
            if name in asked and name not in left_out and not known[test][name]:
                left_out[f"{test}.{name}"] = _UNKNOWN[name]
        if {"baseline", "x_uln"} <= asked - left_out.keys() and known[test]["limits"] == 1:
            left_out[f"{test}.x_uln"] = (
                "one upper limit holds for everybody, so that it is the baseline in another unit"
            )
    return left_out


_UNKNOWN = {
    "baseline": "no subject has a value at or before the index date",
    "last": "no subject has a value",
    "change": "no subject has both a baseline and a later value",
    "slope": "no subject has values of two days",
    "variability": "no subject has values of three days and a positive mean",
    "out_of_range": "no value comes with a reference limit",
    "x_uln": "no upper reference limit comes with a baseline value",
}


def _matrix(
    wide: pl.DataFrame, features: Sequence[tuple[str, str]], cohort: Sequence[str], *, units: Mapping[str, str]
) -> FeatureValues:
    """Values (n_subjects, n_features) of the cohort's subjects that have any, in the cohort's order."""
    any_known = wide.filter(pl.any_horizontal(pl.col(*STATISTICS).is_not_null()))
    known = set(any_known["subject_id"].unique().cast(pl.String))
    subject_ids = tuple(subject for subject in cohort if subject in known)
    place = {subject: row for row, subject in enumerate(subject_ids)}
    values = np.full((len(subject_ids), len(features)), np.nan)
    column = {feature: j for j, feature in enumerate(features)}
    for (test,), of_test in any_known.group_by("test"):
        rows = of_test["subject_id"].cast(pl.String).replace_strict(place, default=-1, return_dtype=pl.Int64).to_numpy()
        for name in STATISTICS:
            j = column.get((str(test), name))
            if j is not None:
                values[rows, j] = of_test[name].fill_null(np.nan).to_numpy()
    table = pl.DataFrame(
        {
            "feature_id": [f"{test}.{name}" for test, name in features],
            "label": [f"{test}, {_LABELS[name]}" for test, name in features],
            "unit": [_UNITS[name].format(units[test]).strip() for test, name in features],
            "test": [test for test, _ in features],
            "statistic": [name for _, name in features],
        }
    )
    return FeatureValues(values, table, subject_ids, "native")


_LABELS = {
    "baseline": "baseline",
    "last": "last value",
    "change": "change from baseline",
    "slope": "slope",
    "variability": "variability",
    "x_uln": "baseline / upper limit",
    "out_of_range": "share of days out of range",
}
_UNITS = {
    "baseline": "{}",
    "last": "{}",
    "change": "{}",
    "slope": "{} per 30 days",
    "variability": "",
    "x_uln": "x ULN",
    "out_of_range": "",
}


LABS = Builder(type="labs", settings=LabsFeatures, build=build_labs, lazy=True)
