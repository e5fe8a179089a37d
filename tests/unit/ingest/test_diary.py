"""Diaries: entries, their summaries by window, and the index that a value set makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biomarker.errors import BiomarkerError, DataError, SchemaError
from biomarker.features.diary import DiaryFeatures, build_diary
from biomarker.ingest.diary import INDEX, DiarySettings, ValueSet, read_diary
from biomarker.ingest.elsewhere import EndpointFile
from biomarker.ingest.endpoints import ContinuousColumn, read_endpoints
from biomarker.ingest.roster import RosterSettings

HEAD = "subject_id,time,item,value\n"
LEVELS = "item,level,decrement\nmobility,1,0\nmobility,2,0.1\npain,1,0\npain,2,0.3\n"


def write(tmp_path: Path, *rows: str, name: str = "diary.csv", head: str = HEAD) -> Path:
    (tmp_path / name).write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return tmp_path / name


def read(path: Path, **given):
    return read_diary(DiarySettings(path=path.name, **given), base=path.parent)


def test_level_trend_variability_and_adherence_are_those_of_numpy(tmp_path):
    rng = np.random.default_rng(1)
    values = rng.normal(100, 10, (8, 2)).round(3)
    days = [0, 1, 2, 4, 5, 7, 8, 9]
    rows = [
        f"a,2024-01-{day + 1:02d}T{hour}:00,steps,{values[i, j]}"
        for i, day in enumerate(days)
        for j, hour in enumerate((10, 20))
    ]
    subjects = pl.DataFrame({"subject_id": ["a", "b"]}).with_columns(date_d=pl.date(2024, 1, 10))
    built = build_diary(
        read(write(tmp_path, *rows)).content, DiaryFeatures(index_date="d", window=(-9, 0)), subjects=subjects
    )
    means = values.mean(axis=1)
    slope = np.polyfit(np.array(days) - 9.0, means, 1)[0]
    expected = [means.mean(), 30 * slope, means.std(ddof=1), 0.8]
    np.testing.assert_allclose(built.values.values[0], expected, rtol=1e-9)
    assert built.values.features["feature_id"].to_list() == [
        f"steps.{n}" for n in ("level", "trend", "variability", "adherence")
    ]
    assert built.matching.excluded == {"not in the modality": 1}


def test_the_index_takes_the_decrements_of_moments_at_which_every_item_was_answered(tmp_path):
    (tmp_path / "set.csv").write_text(LEVELS, encoding="utf-8")
    path = write(
        tmp_path,
        "a,2024-01-01,mobility,2",
        "a,2024-01-01,pain,2",
        "a,2024-01-02,pain,1",
        "b,2024-01-01,mobility,1",
        "b,2024-01-01,pain,1",
    )
    index = read(path, value_set=ValueSet(path="set.csv")).content.filter(item=INDEX)
    assert index.select("subject_id", "value").rows() == [("a", pytest.approx(0.6)), ("b", 1.0)]


def test_the_index_is_an_endpoint(tmp_path):
    (tmp_path / "set.csv").write_text(LEVELS, encoding="utf-8")
    rows = [
        f"{who},2024-0{month}-01,{item},{level},v{month}"
        for who, level in (("a", 1), ("b", 2))
        for month in (1, 2)
        for item in ("mobility", "pain")
    ]
    path = write(tmp_path, *rows, head=HEAD.strip() + ",visit\n")
    file = EndpointFile(path=path.name, id="subject_id", value_set="set.csv", where={"visit": ("v2",)})
    item = ContinuousColumn(name="qol", column="index", unit="index", better="higher", file=file)
    found = read_endpoints([item], base=tmp_path, roster=RosterSettings(path="", id=""), subject_ids=["b", "a", "c"])
    np.testing.assert_allclose(found.endpoints[0].values, [0.6, 1.0, np.nan])
    assert found.missing["qol"] == {"not in diary.csv": 1}


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (",2024-01-01,pain,1", "subject_id", "the subject is missing"),
        ("b,,pain,1", "time", "the moment is missing"),
        ("b,noon,pain,1", "time", "not written YYYY-MM-DD or YYYY-MM-DDTHH:MM"),
        ("b,2024-01-01,,1", "item", "the item is missing"),
        ("b,2024-01-01,pain,", "value", "the value is missing"),
        ("b,2024-01-01,pain,much", "value", "the value is not a number"),
        ("b,2024-01-01,pain,7", "value", "a level that the value set does not have"),
        ("a,2024-01-01,pain,2", "time", "a second entry of this item at this moment"),
    ],
)
def test_an_entry_that_cannot_be_used_is_quarantined(tmp_path, row, field, reason):
    (tmp_path / "set.csv").write_text(LEVELS, encoding="utf-8")
    found = read(
        write(tmp_path, "a,2024-01-01,pain,1", "a,2024-01-01,mobility,1", row), value_set=ValueSet(path="set.csv")
    )
    assert found.quarantine.select("line", "field", "reason").rows() == [(4, field, reason)]
    assert found.rows_in == found.rows_used + found.quarantine.height


def test_times_with_and_without_a_zone_are_refused(tmp_path):
    with pytest.raises(SchemaError, match=r"line 3, column 'time': a time without a zone"):
        read(write(tmp_path, "a,2024-01-01T10:00+09:00,pain,1", "a,2024-01-02T10:00,pain,1"))


@pytest.mark.parametrize(
    "text", ["item,level\npain,1\n", LEVELS + "pain,2,0.4\n", LEVELS + ",3,0.1\n", LEVELS + "pain,x,0.1\n"]
)
def test_a_value_set_with_holes_is_refused(tmp_path, text):
    (tmp_path / "set.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"set\.csv"):
        read(write(tmp_path, "a,2024-01-01,pain,1"), value_set=ValueSet(path="set.csv"))


def test_a_file_without_a_row_that_can_be_used(tmp_path):
    with pytest.raises(DataError, match="none of its rows can be used"):
        read(write(tmp_path, "a,2024-01-01,pain,much"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", ""]),
            st.sampled_from(["2024-01-01", "2024-01-01T10:00", "x", ""]),
            st.sampled_from(["pain", ""]),
            st.sampled_from(["1", "2", "x", "", "inf"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_counts_add_up_whatever_the_entries(tmp_path, rows):
    try:
        found = read(write(tmp_path, *(",".join(row) for row in rows)))
    except BiomarkerError as error:
        assert error.message  # noqa: PT017
    else:
        assert found.rows_in == found.rows_used + found.quarantine.height == len(rows)


def test_the_simulated_diary_is_read(tmp_path):
    from biomarker.simulate.trial import TrialSettings, write_trial

    write_trial(
        tmp_path, TrialSettings(subjects=40, genes=40, noncentrality=1.0, noncentrality_pairs=1.5, records=True), seed=3
    )
    found = read_diary(
        DiarySettings(path="records/diary.csv", value_set=ValueSet(path="records/value_set.csv")), base=tmp_path
    )
    assert set(found.content["item"]) == {"steps", "mobility", "pain", "mood", INDEX}
    assert found.content.filter(item=INDEX)["value"].is_between(0, 1).all()
    assert found.quarantine.is_empty()
