"""One way to read a table: every format gives the same, ids stay text, numbers are numbers."""

import csv
import gzip
import io

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest import delimited
from biomarker.ingest.reading import read_numbers, read_text
from biomarker.ingest.spelling import MISSING, as_numbers, clean


def test_every_format_gives_the_same_text(in_every_format):
    frame = pl.DataFrame({"id": ["007", "x y", "ä,ö"], "word": ["a", None, 'say "hello"'], "date": ["2024-01-31"] * 3})
    for path in in_every_format(frame):
        assert read_text(path).frame.equals(frame), path.name


def test_every_format_gives_the_same_numbers(in_every_format):
    frame = pl.DataFrame({"id": ["b", "a"], "x": [1.5, None], "y": [-2e-300, 4.0]})
    for path in in_every_format(frame):
        assert read_numbers(path).frame.equals(frame, null_equal=True), path.name


def test_parquet_numbers_booleans_and_dates_become_the_text_of_a_csv(tmp_path):
    stored = pl.DataFrame({"id": [7, 8], "seen": [True, None], "on": ["2024-02-29", None], "x": [1.5, float("nan")]})
    stored.with_columns(pl.col("on").str.to_date()).write_parquet(tmp_path / "t.parquet")
    rows = read_text(tmp_path / "t.parquet").frame.rows()
    assert rows == [("7", "true", "2024-02-29", "1.5"), ("8", None, None, None)]


def test_what_a_file_is_counts_more_than_its_ending(write):
    assert read_text(write(gzip.compress(b"id\nx\n"), "t.csv")).frame.rows() == [("x",)]


def test_byte_order_mark_and_windows_line_ends_are_tolerated(write):
    table = read_text(write("\ufeffid,x\r\n007,1\r\nb,2\r\n"))
    assert table.frame.rows() == [("007", "1"), ("b", "2")]
    assert table.frame.columns == ["id", "x"]


def test_separator_may_be_given(write):
    assert read_numbers(write("id;x\na;1.5\n"), separator=";").frame.rows() == [("a", 1.5)]
    assert read_text(write("id x\na 1\n", "t.dat"), separator=" ").frame.rows() == [("a", "1")]


@pytest.mark.parametrize("marker", MISSING)
def test_markers_of_missing_cells(write, marker):
    path = write(f"id,x,y\na,{marker},1\nb,2,1\n")
    assert read_text(path).frame["x"].to_list() == [None, "2"]
    assert read_numbers(path).frame["x"].to_list() == [None, 2.0]


def test_truth_values_are_zero_and_one(write):
    assert read_numbers(write("id,x\na,TRUE\nb,false\nc,\n")).frame["x"].to_list() == [1.0, 0.0, None]


def test_blanks_around_a_number_do_no_harm(write):
    assert read_numbers(write("id,x\na, 1.5 \nb, NA\n")).frame["x"].to_list() == [1.5, None]


def test_a_column_of_words_nobody_asks_for_does_no_harm(write):
    path = write("id,x,word\na,1,red\nb,2,blue\n")
    for table in (read_numbers(path), read_numbers(path, text=["word"]), read_numbers(path, numbers=["x"])):
        assert table.numbers("x").to_list() == [1, 2]
        assert table.frame["word"].to_list() == ["red", "blue"]


def test_the_id_column_comes_first_wherever_it_stands(write):
    assert read_numbers(write("x,id\n1,a\n"), id="id").frame.columns == ["id", "x"]


def test_a_first_column_without_name_is_the_id_as_r_writes_it(write):
    assert read_numbers(write('"","x"\n"a",1\n')).frame.rows() == [("a", 1.0)]


def test_lines_are_those_of_the_file_where_a_cell_spans_lines(write):
    table = read_text(write('id,note\na,"one\ntwo"\nb,"x"\nc,"p\nq\nr"\nd,y\n'))
    assert table.lines.tolist() == [2, 4, 5, 8]
    assert table.where([1, 3]) == "lines 4, 8"


def test_rows_of_parquet_are_counted_from_one(tmp_path):
    pl.DataFrame({"id": ["a", "b"]}).write_parquet(tmp_path / "t.parquet")
    assert read_text(tmp_path / "t.parquet").where([1]) == "row 2"


def test_a_quote_within_a_cell_is_a_quote(write):
    assert read_text(write('id\tsize\na\t5" needle\nb\t2\n', "t.tsv")).frame.rows() == [("a", '5" needle'), ("b", "2")]


@given(
    st.lists(
        st.lists(st.text(st.sampled_from('ab,"\n 1'), max_size=6), min_size=2, max_size=2), min_size=1, max_size=8
    ),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.integers(1, 9),
)
def test_quoted_cells_are_seen_whatever_they_hold_and_wherever_a_piece_ends(cells, quoting, piece):
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\n").writerows(cells)
    data = text.getvalue().encode().removesuffix(b"\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_SCAN_BYTES", piece)
        scan = delimited._scan(data, ",", 1)
        longer = delimited._scan(data + b",x", ",", 1)
    assert not scan.ragged
    assert not scan.stray
    assert scan.multiline == any("\n" in cell for row in cells for cell in row)
    assert longer.ragged


def test_a_quote_out_of_place_is_read_as_a_quote_in_numbers_too(write):
    table = read_numbers(write('id\tx\tsize\na\t1\t5" needle\nb\tNA\t6" x 2"\n', "t.tsv"), text=["size"])
    assert table.frame.rows() == [("a", 1.0, '5" needle'), ("b", None, '6" x 2"')]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_survive_their_text(values):
    text = clean(pl.Series([f" {value!r}" for value in values]))
    np.testing.assert_array_equal(as_numbers(text).to_numpy(), values)


def test_unknown_column_is_refused_with_the_nearest_spelling(write):
    table = read_text(write("subject_id,agee\na,1\n"))
    with pytest.raises(
        SchemaError, match=r"table\.csv: there is no column 'age' \(asked for by covariates\)"
    ) as caught:
        table.require(["age"], key="covariates")
    assert caught.value.hint == "Did you mean 'agee'?"


def test_ending_that_tells_nothing_asks_for_a_separator(write):
    with pytest.raises(ConfigError, match="does not tell how the columns are separated") as caught:
        read_text(write("id,x\na,1\n", "t.dat"))
    assert "separator" in caught.value.hint


@pytest.mark.parametrize("separator", ["", ", ", '"', "\n"])
def test_separator_is_one_character(write, separator):
    with pytest.raises(ConfigError, match="one character"):
        read_text(write("id,x\na,1\n"), separator=separator)


def test_lines_of_comment_before_the_header_are_skipped_and_counted(write):
    text = '#version 2.4\n#by\tx\nid\tx\na\t1\n"b\nb"\t2\n#c\t3\n'
    table = read_text(write(text, "t.tsv"), comment="#")
    assert table.frame.columns == ["id", "x"]
    assert table.frame["id"].to_list() == ["a", "b\nb", "#c"]
    assert table.lines.tolist() == [4, 5, 7]
    assert table.where([0]) == "line 4"


@pytest.mark.parametrize(
    ("broken", "words"),
    [("id,x\na\n", "line 4: the row has 1 cells"), ("id,x\na,\xfc\n", "line 4: the file is not UTF-8")],
)
def test_fault_below_lines_of_comment_is_on_its_line_of_the_file(write, broken, words):
    with pytest.raises(DataError, match=words):
        read_text(write(f"#1\n#2\n{broken}".encode("latin-1")), comment="#")


def test_comment_is_part_of_the_table_where_nobody_says_that_there_are_comments(write):
    assert read_text(write("#id\na\n")).frame.columns == ["#id"]
