"""Large tables in parts: what comes out is what the whole table gives, wherever it is cut."""

import gzip

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biomarker.data.tables import read_metadata
from biomarker.errors import BiomarkerError, DataError, SchemaError
from biomarker.features import labs as feature_module
from biomarker.features.labs import LabsFeatures, build_labs
from biomarker.ingest import parts as parts_module
from biomarker.ingest.labs import LabsSettings, read_labs
from biomarker.ingest.parts import text_parts
from biomarker.ingest.privacy import protected
from biomarker.ingest.privacy_settings import PrivacySettings
from biomarker.ingest.reading import read_text
from biomarker.stages import ingest as ingest_stage
from biomarker.stages.ingest import write_records

HEAD = "subject_id,test,value,unit,day,low,high\n"
UNITS = ("U/L", "mg/dL", "U/L", "umol/L")
ROWS = [
    f"P{i % 7},{('ALT', 'creatinine')[i % 2]},{20 + i % 11},{UNITS[i % 4]},{-(i % 28)},0,{40 + i % 3}"
    for i in range(60)
]
SETTINGS = {"day": "day", "low": "low", "high": "high", "units": {"creatinine": "umol/L"}}


@pytest.fixture
def in_parts(monkeypatch):
    """Cut files into parts of so many bytes and rows."""

    def cut(n):
        monkeypatch.setattr(parts_module, "PART_BYTES", n)
        monkeypatch.setattr(parts_module, "PART_ROWS", max(1, n // 40))

    return cut


def read(path, **given_):
    return read_labs(LabsSettings(path=path.name, **{**SETTINGS, **given_}), base=path.parent)


def told(reading):
    """What a reading gave, or how it was refused."""
    try:
        found = reading()
    except BiomarkerError as error:
        return type(error), error.message.split(":")[-1]
    content = found.content.lazy().collect()
    return content.rows(), found.quarantine.rows(), found.rows_in, found.rows_used, dict(found.excluded), found.notes


@pytest.mark.parametrize("size", [60, 200, 900])
@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".csv.zst", ".parquet"])
def test_parts_put_together_are_the_table_and_know_their_lines(write, in_parts, size, ending):
    text = HEAD + "\n".join(ROWS) + "\n"
    if ending == ".parquet":
        path = write("", "x.parquet")
        pl.read_csv(text.encode(), infer_schema=False).write_parquet(path)
    else:
        path = write(text, f"x{ending}")
    whole = read_text(path)
    in_parts(size)
    parts = list(text_parts(path))
    assert len(parts) > 1
    assert pl.concat([part.frame for part in parts]).equals(whole.frame)
    assert [line for part in parts for line in part.lines] == whole.lines.tolist()
    word = "row" if ending == ".parquet" else "line"
    assert parts[-1].where([0]) == f"{word} {parts[-1].lines[0]}"


@pytest.mark.parametrize("size", [30, 70, 300])
def test_no_part_ends_within_quotes(write, in_parts, size):
    text = "id,note\n" + "".join(f'P{i},"line one\nline ""two"", of {i}"\n' for i in range(20))
    path = write(text)
    whole = read_text(path)
    in_parts(size)
    parts = list(text_parts(path))
    assert len(parts) > 1
    assert pl.concat([part.frame for part in parts]).equals(whole.frame)
    assert [line for part in parts for line in part.lines] == whole.lines.tolist()


@pytest.mark.parametrize(
    ("rows", "kind", "message"),
    [
        ([*ROWS[:40], "P1,ALT,3"], SchemaError, "line 42: the row has 3 cells"),
        ([*ROWS[:40], "", *ROWS[40:]], SchemaError, "line 42: the row is blank"),
        ([*ROWS, "P1,\xe9,1,U/L,0,0,1"], DataError, "line 62: the file is not UTF-8"),
        ([*ROWS[:50], 'P1,"ALT,1,U/L,0,0,1', *ROWS[:20]], SchemaError, "line 52: the row has 2 cells"),
    ],
)
def test_what_is_wrong_with_a_later_part_is_told_with_its_line(write, in_parts, rows, kind, message):
    path = write((HEAD + "\n".join(rows) + "\n").encode("latin-1"))
    in_parts(200)
    with pytest.raises(kind, match=message):
        list(text_parts(path))


@pytest.mark.parametrize("ending", [".csv.gz", ".csv.zst"])
def test_a_large_packed_file_that_is_cut_short_is_refused(write, in_parts, ending):
    text = (HEAD + "\n".join(ROWS) + "\n").encode()
    data = gzip.compress(text) if ending == ".csv.gz" else pa.compress(text, codec="zstd", asbytes=True)
    path = write("", "table.csv")
    path = path.with_name(f"cut{ending}")
    path.write_bytes(data[:-20])
    in_parts(50)
    with pytest.raises(DataError, match="cut short or damaged"):
        list(text_parts(path))


CELL = st.sampled_from(["", "NA", "x", "-1", "nan", " P1", "P1", "1,5", "<0.6", "mg/dL", "U/L", "0", "ALT"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 6), CELL), max_size=8),
    repeated=st.lists(st.integers(0, 59), max_size=4),
    size=st.integers(80, 1500),
)
def test_a_file_in_parts_gives_what_it_gives_whole(write, in_parts, changes, repeated, size):
    rows = [row.split(",") for row in ROWS]
    for row, column, cell in changes:
        rows[row][column] = cell if "," not in cell else f'"{cell}"'
    lines = [",".join(row) for row in [*rows, *(rows[k] for k in repeated)]]
    path = write(HEAD + "\n".join(lines) + "\n")
    in_parts(1 << 24)
    whole = told(lambda: read(path))
    in_parts(size)
    assert told(lambda: read(path)) == whole


def test_rows_are_chosen_tests_named_and_misspellings_refused_in_parts_as_well(write, in_parts):
    path = write(HEAD + "\n".join(ROWS) + "\n")
    write("code,name\nALT,alanine aminotransferase\n", "names.csv")
    for given_ in (
        {"where": {"test": ("creatinine",)}},
        {"where": {"test": ("glucose",)}},
        {"units": {"creatinin": "umol/L"}},
        {"units": {}},
        {"low": "lower"},
        {"where": {"test": ("creatinine",), "unit": ("mg/dL",)}},
    ):
        in_parts(1 << 24)
        whole = told(lambda given_=given_: read(path, **given_))
        in_parts(300)
        assert told(lambda given_=given_: read(path, **given_)) == whole


def test_lazy_records_give_the_same_features_and_pseudonyms(write, in_parts, monkeypatch):
    path, everyone = (
        write(HEAD + "\n".join(ROWS) + "\n"),
        pl.DataFrame({"subject_id": [f"P{k}" for k in (3, 1, 0, 6, 9)]}),
    )
    statistics = ("baseline", "last", "slope", "x_uln", "variability", "out_of_range")
    asked = LabsFeatures(statistics=statistics)
    eager = read(path).content
    in_parts(300)
    monkeypatch.setattr(feature_module, "BATCH_ROWS", 15)
    lazy = read(path).content
    assert isinstance(eager, pl.DataFrame)
    assert isinstance(lazy, pl.LazyFrame)
    one, other = (build_labs(content, asked, subjects=everyone) for content in (eager, lazy))
    assert one.values.features.equals(other.values.features)
    assert one.values.subject_ids == other.values.subject_ids
    np.testing.assert_array_equal(one.values.values, other.values.values)
    assert one.values.values.shape == (4, 8)
    assert (one.matching, dict(one.left_out)) == (other.matching, dict(other.left_out))
    monkeypatch.setenv("BIOMARKER_PRIVACY_KEY", "k" * 40)
    keyed = PrivacySettings(pseudonyms=True)
    assert protected(lazy, keyed).collect().equals(protected(eager, keyed))


def test_lazy_records_are_stored_run_by_run_as_the_whole_is(write, in_parts, monkeypatch):
    path = write(HEAD + "\n".join(ROWS) + "\n")
    write_records(read(path).content, path.with_name("whole.parquet"), {"code": "1"})
    in_parts(300)
    monkeypatch.setattr(ingest_stage, "ROW_GROUP", 7)
    write_records(read(path).content, path.with_name("runs.parquet"), {"code": "1"})
    one, other = (path.with_name(f"{name}.parquet") for name in ("whole", "runs"))
    assert pl.read_parquet(one).equals(pl.read_parquet(other))
    assert pl.read_parquet(one).schema == pl.read_parquet(other).schema
    assert read_metadata(other)["schema"] == "Records"
    assert read_metadata(other)["code"] == "1"
