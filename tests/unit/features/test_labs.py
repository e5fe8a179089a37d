"""Laboratory features: baseline, last value, slope and multiples of the upper limit, one subject at a time."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomarker.errors import AlignmentError, ConfigError, InsufficientDataError, LeakageError, SchemaError
from biomarker.features.labs import LabsFeatures, build_labs

DAY0 = date(2024, 3, 1)
SCHEMA = {
    "subject_id": pl.String,
    "test": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "date": pl.Date,
    "day": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def records(*rows, dated=True) -> pl.DataFrame:
    """Rows of (subject, test, value, day, high)."""
    full = [
        (s, t, v, "U/L", DAY0 + timedelta(days=d) if dated else None, None if dated else d, None, high)
        for s, t, v, d, high in rows
    ]
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def subjects(*ids, index=DAY0) -> pl.DataFrame:
    return pl.DataFrame({"subject_id": ids, "date_start": [index] * len(ids)})


def build(content, table, **given_):
    given_.setdefault("index_date", "start")
    return build_labs(content, LabsFeatures(**given_), subjects=table)


def value(built, subject, feature) -> float:
    row = built.values.subject_ids.index(subject)
    return built.values.values[row, built.values.features["feature_id"].to_list().index(feature)]


def test_baseline_is_the_last_value_at_or_before_the_index_date():
    content = records(
        ("a", "ALT", 1, -40, 50), ("a", "ALT", 2, -20, 50), ("a", "ALT", 3, 0, 40), ("a", "ALT", 9, 1, 50)
    )
    built = build(content, subjects("a"), statistics=("baseline", "x_uln"))
    assert value(built, "a", "ALT.baseline") == 3
    assert build(content, subjects("a"), window=(-30, -1)).values.values[0, 0] == 2


def test_last_value_and_slope_use_the_whole_window():
    content = records(*(("a", "LDH", 100 + 2 * d, d, None) for d in (-10, 0, 20, 50)), ("a", "LDH", 999, 85, None))
    built = build(content, subjects("a"), when="on-treatment", window=(-28, 84))
    assert value(built, "a", "LDH.baseline") == 100
    assert value(built, "a", "LDH.last") == 200
    assert value(built, "a", "LDH.slope") == pytest.approx(60)


@given(st.lists(st.tuples(st.integers(-28, 0), st.floats(-1e3, 1e3)), min_size=2, max_size=8, unique_by=lambda p: p[0]))
def test_slope_is_that_of_least_squares(points):
    built = build(records(*(("a", "T", v, d, None) for d, v in points)), subjects("a"), statistics=("slope",))
    days, values = np.array(points, dtype=float).T
    assert value(built, "a", "T.slope") == pytest.approx(30 * np.polyfit(days, values, 1)[0], abs=1e-6)


def test_slope_needs_two_days():
    content = records(
        ("a", "T", 1, -3, None), ("a", "T", 2, -3, None), ("b", "T", 1, -3, None), ("b", "T", 2, -2, None)
    )
    built = build(content, subjects("a", "b"))
    assert np.isnan(value(built, "a", "T.slope"))
    assert value(built, "b", "T.slope") == pytest.approx(30)


def test_values_of_one_day_are_averaged_whatever_their_order():
    rows = [("a", "T", 1, 0, 10), ("a", "T", 2, 0, 20), ("a", "T", 9, -1, 10), ("b", "T", 6, 0, 10)]
    for order in (rows, rows[::-1]):
        built = build(records(*order), subjects("a", "b"))
        assert value(built, "a", "T.baseline") == 1.5
        assert value(built, "a", "T.x_uln") == pytest.approx(0.1)


def test_multiple_of_the_upper_limit_takes_the_limit_of_the_baseline_value():
    content = records(("a", "T", 30, -9, 10), ("a", "T", 30, -1, 60), ("b", "T", 30, -1, 40), ("c", "T", 30, -1, None))
    built = build(content, subjects("a", "b", "c"))
    assert value(built, "a", "T.x_uln") == 0.5
    assert value(built, "b", "T.x_uln") == 0.75
    assert np.isnan(value(built, "c", "T.x_uln"))


def test_last_value_is_left_out_where_it_is_the_baseline():
    content = records(("a", "T", 1, -9, 10), ("b", "T", 2, -1, 20), ("b", "T", 3, 0, 20))
    built = build(content, subjects("a", "b"))
    assert built.values.features["feature_id"].to_list() == ["T.baseline", "T.slope", "T.x_uln"]
    assert built.left_out == {"last": "the window ends at the index date, so that it is the baseline"}
    alone = build(content, subjects("a", "b"), statistics=("last",))
    assert alone.values.values.ravel().tolist() == [1, 3]


def test_multiple_of_one_limit_for_everybody_is_left_out():
    content = records(("a", "T", 1, 0, 10), ("b", "T", 2, 0, 10), ("a", "U", 1, 0, 10), ("b", "U", 2, 0, 20))
    built = build(content, subjects("a", "b"))
    assert "T.x_uln" in built.left_out
    assert "U.x_uln" in built.values.features["feature_id"].to_list()
    only = build(content, subjects("a", "b"), statistics=("x_uln",))
    assert only.values.features["feature_id"].to_list() == ["T.x_uln", "U.x_uln"]


def test_statistics_nobody_has_are_left_out_with_a_reason():
    built = build(records(("a", "T", 1, 0, None), ("b", "T", 2, 0, None)), subjects("a", "b"))
    assert built.values.features["feature_id"].to_list() == ["T.baseline"]
    assert built.left_out["T.slope"] == "no subject has values of two days"
    assert built.left_out["T.x_uln"] == "no upper reference limit comes with a baseline value"


def test_window_after_the_index_date_has_no_baseline():
    content = records(("a", "T", 1, 0, 10), ("a", "T", 2, 7, 10), ("a", "T", 3, 9, 20))
    built = build(content, subjects("a"), when="on-treatment", window=(1, 30))
    assert built.values.features["feature_id"].to_list() == ["T.last", "T.slope"]
    assert set(built.left_out) == {"baseline", "x_uln"}


def test_feature_table_says_what_a_feature_is():
    content = records(("a", "ALT", 1, -9, 10), ("a", "ALT", 1, 0, 20), ("b", "ALT", 1, 0, 10))
    table = build(content, subjects("a", "b")).values.features
    assert table.rows() == [
        ("ALT.baseline", "ALT, baseline", "U/L", "ALT", "baseline"),
        ("ALT.slope", "ALT, slope", "U/L per 30 days", "ALT", "slope"),
        ("ALT.x_uln", "ALT, baseline / upper limit", "x ULN", "ALT", "x_uln"),
    ]


def test_subjects_are_those_with_values_in_the_order_of_the_cohort_and_the_rest_is_counted():
    days = {"c": 0, "a": -1, "x": 0, "d": 90, "e": 0}
    content = records(*((subject, "T", 1, day, None) for subject, day in days.items()))
    table = subjects("a", "b", "c", "d", "e").with_columns(
        date_start=pl.when(pl.col("subject_id") != "e").then(pl.col("date_start"))
    )
    built = build(content, table)
    assert built.values.subject_ids == ("a", "c")
    assert built.matching.excluded == {
        "not in the modality": 1,
        "no value in the window": 1,
        "the index date is missing": 1,
    }
    assert (built.matching.cohort, built.matching.used, built.matching.unknown) == (5, 2, 1)


def test_days_need_no_index_date():
    content = records(("a", "T", 1, -2, None), ("a", "T", 2, 3, None), dated=False)
    built = build(content, pl.DataFrame({"subject_id": ["a"]}), index_date=None)
    assert built.values.values.tolist() == [[1.0]]


def test_one_subject_has_the_same_values_alone_and_among_others():
    rng = np.random.default_rng(2)
    rows = [
        (s, t, rng.normal(), int(d), rng.uniform(1, 9)) for s in "abcd" for t in "TU" for d in rng.integers(-28, 1, 4)
    ]
    everybody = build(records(*rows), subjects(*"abcd"))
    for subject in "abcd":
        alone = build(records(*(row for row in rows if row[0] == subject)), subjects(subject))
        for feature in alone.values.features["feature_id"]:
            assert value(alone, subject, feature) == pytest.approx(value(everybody, subject, feature), rel=1e-12)


def test_baseline_that_looks_beyond_the_index_date_is_refused():
    with pytest.raises(LeakageError, match="reaches beyond the index date"):
        LabsFeatures(window=(-28, 7))
    assert LabsFeatures(window=(-28, 7), when="on-treatment").window == (-28, 7)


@pytest.mark.parametrize(
    ("given_", "words"), [({"window": (0, -5)}, "ends before"), ({"statistics": ("mean",)}, "mean")]
)
def test_settings_that_mean_nothing(given_, words):
    with pytest.raises(ConfigError, match=words):
        LabsFeatures(**given_)


def test_dates_need_an_index_date():
    content = records(("a", "T", 1, 0, None))
    with pytest.raises(ConfigError, match="no index_date"):
        build(content, subjects("a"), index_date=None)
    with pytest.raises(SchemaError, match="holds no date 'begin'") as caught:
        build(content, subjects("a"), index_date="begin")
    assert "start" in caught.value.hint


def test_nothing_in_the_window():
    with pytest.raises(InsufficientDataError, match="between day -28 and day 0"):
        build(records(("a", "T", 1, 5, None)), subjects("a"))


def test_other_subjects():
    with pytest.raises(AlignmentError):
        build(records(("a", "T", 1, 0, None)), subjects("zz"))


def test_change_variability_and_days_out_of_range():
    days = (-10, 0, 14, 28)
    rows = [("a", "ALT", v, d, 50) for v, d in zip((40, 50, 60, 70), days, strict=True)] + [("b", "ALT", 20, 0, 50)]
    content = records(*rows).with_columns(low=pl.lit(45.0))
    asked = ("change", "variability", "out_of_range")
    built = build(content, subjects("a", "b"), window=(-28, 28), when="on-treatment", statistics=asked)
    assert value(built, "a", "ALT.change") == 20
    assert value(built, "a", "ALT.variability") == pytest.approx(np.std([40, 50, 60, 70], ddof=1) / 55)
    assert value(built, "a", "ALT.out_of_range") == 0.75
    assert np.isnan(value(built, "b", "ALT.change"))  # the only value is the baseline
    assert np.isnan(value(built, "b", "ALT.variability"))
    assert value(built, "b", "ALT.out_of_range") == 1.0


def test_change_is_not_made_before_day_0_and_burden_needs_limits():
    content = records(("a", "ALT", 40, -10, None), ("a", "ALT", 50, 0, None), ("a", "ALT", 45, -5, None))
    built = build(content, subjects("a"), statistics=("baseline", "change", "variability", "out_of_range"))
    assert built.values.features["feature_id"].to_list() == ["ALT.baseline", "ALT.variability"]
    assert built.left_out["change"].startswith("the window ends at the index date")
    assert built.left_out["ALT.out_of_range"] == "no value comes with a reference limit"
