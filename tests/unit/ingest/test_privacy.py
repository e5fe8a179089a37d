"""Privacy at the door: identifiers are found and never shown, pseudonyms and shifted dates change no answer."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomarker.data.matrix import FeatureValues
from biomarker.errors import ConfigError, DataError
from biomarker.features.labs import LabsFeatures, build_labs
from biomarker.ingest.privacy import (
    KEY,
    PrivacySettings,
    days_shifted,
    found_in,
    protected,
    pseudonym,
    refuse_identifiers,
    scan_file,
)

SECRETS = ("anna.schmidt@mail.org", "(030) 123-4567", "Dr. Schmidt", "MRN 1234567", "12 Oak Street", "DOB 1950-01-02")
KINDS = ("e-mail", "phone", "name", "record number", "address", "birth date")


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv(KEY, "a key that is long enough")


@pytest.mark.parametrize(("text", "kind"), zip(SECRETS, KINDS, strict=True))
def test_each_kind_is_found_in_a_sentence(text, kind):
    assert kind in found_in(f"Seen today. {text}. Feels well.")


@pytest.mark.parametrize(
    "text",
    ["BP 120/80, pulse 72.", "2024-01-02", "Haemoglobin 10.2 g/dL", "p.Val600Glu", "ENSG00000141510", "発熱なし。",
     "01-701-1015", "Acute bronchitis (disorder)", "10*9/L", "5 mg per 100 ml", "Application site pruritus"],
)  # fmt: skip
def test_what_is_none_is_not_found(text):
    assert found_in(text) == set()


def test_the_table_says_where_and_how_many_and_shows_nothing(tmp_path):
    path = tmp_path / "t.csv"
    rows = {"subject_id": [f"P{i}" for i in range(6)], "comment": SECRETS, "email": ["x@y.org"] * 6, "age": range(6)}
    pl.DataFrame(rows, strict=False).write_csv(path)
    found = scan_file(path)
    assert set(found.filter(column="comment")["kind"].cast(str)) == set(KINDS)
    assert found.filter(column="email", found_by="its name")["n"].to_list() == [6]
    shown = str(found.to_dicts())
    assert not any(secret in shown for secret in SECRETS)
    with pytest.raises(DataError, match=r"t.csv, column 'comment': 1 of 6 rows seem to hold") as caught:
        refuse_identifiers(found, PrivacySettings(identifiers="refuse"))
    assert not any(secret in caught.value.message for secret in SECRETS)
    refuse_identifiers(found, PrivacySettings())


def test_exact_birth_dates_are_found_by_the_column_s_name_and_years_are_none(tmp_path):
    pl.DataFrame({"a": ["x", "y"], "BRTHDTC": ["1950-12-26", "1951"]}).write_csv(tmp_path / "t.csv")
    assert scan_file(tmp_path / "t.csv").select("kind", "n").rows() == [("birth date", 1)]


def test_a_molecular_file_is_looked_at_as_well(tmp_path):
    pl.DataFrame({"id": ["Mr. Smith", "Mrs. Jones"], "TP53": [1.0, 2.0]}).write_parquet(tmp_path / "x.parquet")
    assert scan_file(tmp_path / "x.parquet").select("column", "kind", "n").rows() == [("id", "name", 2)]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PAR1", b"a,b\n1"])
def test_a_broken_file_is_left_to_its_source(tmp_path, content):
    for name in ("x.csv", "x.parquet"):
        (tmp_path / name).write_bytes(content)
        assert scan_file(tmp_path / name).is_empty()
    assert scan_file(tmp_path).is_empty()


# --- pseudonyms and dates ---------------------------------------------------------------------------------------------


def test_a_pseudonym_depends_on_the_key_alone_and_tells_nothing(monkeypatch):
    first = pseudonym("P0001")
    assert first == pseudonym("P0001") != pseudonym("P0002")
    assert "P0001" not in first
    monkeypatch.setenv(KEY, "another key that is long enough")
    assert pseudonym("P0001") != first


@pytest.mark.parametrize("value", ["", "short"])
def test_without_a_key_nothing_is_made_up(monkeypatch, value):
    monkeypatch.setenv(KEY, value)
    with pytest.raises(ConfigError, match=KEY) as caught:
        pseudonym("P1")
    assert value == "" or value not in caught.value.message


@given(st.text(min_size=1, max_size=12))
def test_dates_move_by_a_day_to_half_a_year(subject):
    os.environ[KEY] = "a key that is long enough"
    assert 1 <= abs(days_shifted(subject)) <= 182


def test_features_are_the_same_with_pseudonyms_and_shifted_dates():
    day = datetime.date(2024, 1, 1)
    content = pl.DataFrame(
        {
            "subject_id": ["a", "a", "b"], "test": ["ALT"] * 3, "value": [1.0, 2.0, 5.0], "unit": ["U/L"] * 3,
            "date": [day, day + datetime.timedelta(days=5), day], "day": [None] * 3, "low": [0.0] * 3,
            "high": [1.0, 1.0, 2.0],
        },
        schema_overrides={"day": pl.Float64},
    )  # fmt: skip
    subjects = pl.DataFrame({"subject_id": ["a", "b"], "date_d": [day + datetime.timedelta(days=7)] * 2})
    settings = LabsFeatures(index_date="d")
    plain = build_labs(content, settings, subjects=subjects).values
    asked = PrivacySettings(pseudonyms=True, shift_dates=True)
    hidden = build_labs(protected(content, asked), settings, subjects=protected(subjects, asked)).values
    np.testing.assert_array_equal(hidden.values, plain.values)
    assert hidden.subject_ids == (pseudonym("a"), pseudonym("b"))
    moved = protected(content, asked)
    assert not (moved["date"] == content["date"]).any()
    assert set(moved["subject_id"]).isdisjoint(content["subject_id"])


def test_a_matrix_gets_pseudonyms():
    table = pl.DataFrame({"feature_id": ["x"], "label": ["x"], "unit": [""]})
    values = FeatureValues(np.array([[1.0], [2.0]]), table, ("a", "b"), "native")
    assert protected(values, PrivacySettings(pseudonyms=True)).subject_ids == (pseudonym("a"), pseudonym("b"))
    assert protected(values, PrivacySettings()) is values


def test_detection_is_measured_and_stated(project):
    """The committed table is what the command says of the made-up sentences now."""
    from benchmarks.privacy import measure

    counts, _, _ = measure()
    table = (Path(project) / "benchmarks" / "PRIVACY.md").read_text(encoding="utf-8")
    for kind, (hit, miss, false) in counts.items():
        assert f"| {kind} | {hit / max(1, hit + false):.3f} | {hit / (hit + miss):.3f} |" in table
