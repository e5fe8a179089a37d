"""SAS XPORT and Dataset-JSON: read like another reader reads them, and broken ones refused in words."""

from __future__ import annotations

import gzip
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from clinical_files import dataset_json, write_dataset_json, write_xport

from biomarker.errors import BiomarkerError, DataError, SchemaError
from biomarker.ingest.reading import read_numbers, read_text

QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
SMALL = {"USUBJID": ["01-1", "01-2", "01-3"], "AGE": [63.0, None, 0.0], "RACE": ["WHITE", "", "ASIAN"]}
numbers = st.floats(min_value=-1e60, max_value=1e60, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-60)
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12)


def same(value: float | None, other: float | None) -> bool:
    """Equal to the 53 bits that a double has and the 52 that IBM's number keeps at least."""
    gone = [x is None or (isinstance(x, float) and math.isnan(x)) for x in (value, other)]
    return all(gone) or (not any(gone) and math.isclose(value, other, rel_tol=2e-15, abs_tol=1e-70))


# --- right files ------------------------------------------------------------------------------------------------------


@QUIET
@given(st.lists(st.tuples(texts, st.none() | numbers, texts), min_size=1, max_size=12))
@example([("a", 0.0, ""), ("b", -0.0, "x")])
@example([("", None, "")])
def test_a_file_of_pyreadstat_is_read_as_it_was_written(tmp_path, rows):
    table = {"ID": [f"s{i}" for i in range(len(rows))], "TXT": [r[0] for r in rows], "NUM": [r[1] for r in rows]}
    path = write_xport(tmp_path / "t.xpt", table)
    frame = read_numbers(path, id="ID").frame
    assert frame["ID"].to_list() == table["ID"]
    assert all(same(a, b) for a, b in zip(frame["NUM"].to_list() if "NUM" in frame else [], table["NUM"], strict=True))
    written = [
        None if cell in ("", "NA", "N/A", ".", "NaN", "nan", "null", "NULL", "n/a") else cell for cell in table["TXT"]
    ]
    assert read_text(path).frame["TXT"].to_list() == written


def test_every_file_of_the_pilot_study_is_read_as_pyreadstat_reads_it(reference_data):
    for path in sorted([*(reference_data / "sdtm").glob("*.xpt"), *(reference_data / "adam").glob("*.xpt")]):
        frame = read_text(path).frame
        other, _ = pyreadstat.read_xport(str(path), disable_datetime_conversion=True)
        assert (frame.height, frame.columns) == (len(other), list(other.columns))
        for name in frame.columns:
            if other[name].dtype == object:
                expected = [cell if cell not in ("", "NA", ".") else None for cell in other[name]]
                assert frame[name].to_list() == expected


def test_dates_and_times_are_iso_text(tmp_path):
    table = {"ID": ["a", "b"], "DT": [0.0, 20000.0], "DTM": [0.0, 86400.0 * 366 + 61], "NUM": [0.0, 20000.0]}
    path = write_xport(tmp_path / "t.xpt", table, formats={"DT": "DATE9.", "DTM": "DATETIME20."})
    frame = read_text(path).frame
    assert frame["DT"].to_list() == ["1960-01-01", "2014-10-04"]
    assert frame["DTM"].to_list() == ["1960-01-01T00:00:00", "1961-01-01T00:01:01"]
    assert frame["NUM"].to_list() == ["0", "20000"]


def test_the_smallest_number_of_the_format_is_the_zero_that_was_meant(tmp_path):
    path = write_xport(tmp_path / "t.xpt", {"ID": ["a", "b"], "CNSR": [1.0, 2.0]})
    data = path.read_bytes()
    assert data.count(bytes.fromhex("4120000000000000")) == 1
    path.write_bytes(data.replace(bytes.fromhex("4120000000000000"), bytes.fromhex("0010000000000000")))
    assert read_text(path).frame["CNSR"].to_list() == ["1", "0"]
    other, _ = pyreadstat.read_xport(str(path))
    assert 0 < other["CNSR"][1] < 1e-70


def test_dataset_json_and_xport_of_one_table_are_read_alike(tmp_path):
    xport = read_text(write_xport(tmp_path / "t.xpt", SMALL)).frame
    packed = tmp_path / "t.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(dataset_json(SMALL)).encode()))
    whole = dataset_json(SMALL)
    lines = tmp_path / "t.ndjson"
    head = {key: value for key, value in whole.items() if key != "rows"}
    lines.write_text("\n".join(json.dumps(line) for line in [head, *whole["rows"]]), encoding="utf-8")
    old = tmp_path / "old.json"
    group = {"records": 3, "items": whole["columns"], "itemData": whole["rows"]}
    old.write_text(
        json.dumps({"datasetJSONVersion": "1.0.0", "clinicalData": {"itemGroupData": {"IG.DM": group}}}),
        encoding="utf-8",
    )
    for path in (write_dataset_json(tmp_path / "t.json", SMALL), packed, lines, old):
        assert read_text(path).frame.equals(xport), path.name


# --- broken files -----------------------------------------------------------------------------------------------------


def refusal(path: Path, error: type[BiomarkerError] = BiomarkerError) -> str:
    with pytest.raises(error) as caught:
        read_text(path)
    assert caught.value.hint
    return caught.value.message


@pytest.fixture
def xport(tmp_path) -> Path:
    return write_xport(tmp_path / "dm.xpt", {"USUBJID": [f"01-{i:04d}" for i in range(60)], "AGE": [1.5] * 60})


@pytest.mark.parametrize("keep", [-1, -79, 400, 641, 1000])
def test_a_cut_file(xport, keep):
    xport.write_bytes(xport.read_bytes()[:keep])
    assert "dm.xpt is cut short" in refusal(xport, DataError)


def test_a_file_cut_between_two_records_but_within_a_row(xport):
    data = xport.read_bytes()
    for end in range(len(data) - 160, len(data) - 560, -80):
        xport.write_bytes(data[:end])
        try:
            rows = read_text(xport).frame.height
        except DataError as error:
            assert "its last row has" in error.message  # noqa: PT017
        else:  # exactly between two rows: nothing in the file tells
            assert rows < 60


def test_a_header_without_end(xport):
    xport.write_bytes(xport.read_bytes()[:240])
    assert "its header has no end" in refusal(xport, DataError)


def test_version_8(xport):
    xport.write_bytes(b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!" + xport.read_bytes()[48:])
    assert "version 8" in refusal(xport, SchemaError)


def test_two_data_sets_in_one_file(xport):
    data = xport.read_bytes()
    xport.write_bytes(data + data[240:])
    assert "holds 2 data sets" in refusal(xport, SchemaError)


def test_two_names_that_are_equal_in_their_first_eight_characters(xport):
    data = xport.read_bytes()
    xport.write_bytes(data.replace(b"AGE     ", b"USUBJID "))
    assert "two variables 'USUBJID'" in refusal(xport, SchemaError)


def test_text_that_is_not_utf_8_names_the_row(xport):
    xport.write_bytes(xport.read_bytes().replace(b"01-0003", b"01-\xe4\xf6\xfc3"))
    assert "dm.xpt, row 4, column 'USUBJID': not UTF-8 text" in refusal(xport, SchemaError)


def test_text_that_is_called_xport(tmp_path):
    (tmp_path / "dm.xpt").write_text("USUBJID,AGE\na,1\n", encoding="utf-8")
    assert "is not a SAS transport file" in refusal(tmp_path / "dm.xpt", DataError)


def test_overlapping_variables(xport):
    data = bytearray(xport.read_bytes())
    second = data.find(b"AGE     ") - 8
    data[second + 84 : second + 88] = struct.pack(">I", 0)
    xport.write_bytes(bytes(data))
    assert "leave gaps or overlap" in refusal(xport, DataError)


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"rows": [["a", 1.0]]}, "row 1: 2 cells where 3 columns"),
        ({"records": 5}, "says that it has 5 rows and has 3"),
        ({"columns": []}, "describes no columns"),
        ({"rows": None}, "holds no rows"),
        ({"rows": [["a", "x", "b"]], "records": 1}, "row 1, column 'AGE': not a number"),
        ({"rows": [["a", 1, {"b": 1}]], "records": 1}, "row 1, column 'RACE': a list or an object"),
    ],
)
def test_broken_dataset_json(tmp_path, about, words):
    assert words in refusal(write_dataset_json(tmp_path / "dm.json", SMALL, **about))


def test_dataset_json_with_one_bad_line(tmp_path):
    whole = dataset_json(SMALL)
    lines = [json.dumps({key: value for key, value in whole.items() if key != "rows"}), '["01-1", 63.0, "WHI']
    (tmp_path / "dm.ndjson").write_text("\n".join(lines), encoding="utf-8")
    assert "dm.ndjson, line 2: no JSON" in refusal(tmp_path / "dm.ndjson", DataError)


# --- whatever bytes ---------------------------------------------------------------------------------------------------


@QUIET
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=12))
def test_a_file_with_other_bytes_somewhere_is_read_or_refused_in_words(tmp_path, at, other):
    path = write_xport(tmp_path / "t.xpt", {"ID": ["a", "b", "c"], "X": [1.0, None, 3.0], "T": ["x", "", "z"]})
    data = bytearray(path.read_bytes())
    data[at % len(data) : at % len(data) + len(other)] = other
    path.write_bytes(bytes(data))
    try:
        frame = read_text(path).frame
    except BiomarkerError as error:
        assert "t.xpt" in error.message  # noqa: PT017
    else:
        assert frame.width > 0


@QUIET
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=3), lambda x: st.lists(x, max_size=3)))
def test_dataset_json_with_any_rows_is_read_or_refused_in_words(tmp_path, rows):
    path = tmp_path / "t.json"
    path.write_text(json.dumps({**dataset_json(SMALL), "rows": rows}), encoding="utf-8")
    try:
        read_text(path)
    except BiomarkerError as error:
        assert "t.json" in error.message  # noqa: PT017


def test_numbers_of_every_size_are_those_of_ieee(tmp_path):
    values = [float(x) for x in np.ldexp(1.0 + np.arange(1, 60) / 64.0, np.arange(-120, 116, 4))]
    path = write_xport(tmp_path / "t.xpt", {"ID": [str(i) for i in range(len(values))], "X": values})
    found = read_numbers(path, id="ID").frame["X"]
    assert found.dtype == pl.Float64
    assert all(same(a, b) for a, b in zip(found.to_list(), values, strict=True))
