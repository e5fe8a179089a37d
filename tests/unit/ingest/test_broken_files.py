"""Broken files: each is refused in words, with the file, and the column and line where there is one."""

import gzip

import polars as pl
import pyarrow as pa
import pytest

from biomarker.errors import BiomarkerError, DataError, SchemaError
from biomarker.ingest.reading import read_numbers, read_text

LONG = b"id,x\n" + b"".join(b"s%d,%d\n" % (i, i * i) for i in range(5000))


def refusal(read, *args, error=SchemaError) -> BiomarkerError:
    with pytest.raises(error) as caught:
        read(*args)
    assert str(caught.value)
    return caught.value


def test_absent_file_names_the_nearest_one(write):
    path = write("id\na\n", "subjects.csv")
    error = refusal(read_text, path.with_name("subject.csv"), error=DataError)
    assert "there is no file" in error.message
    assert error.hint == "Did you mean 'subjects.csv'?"


def test_absent_folder(tmp_path):
    assert "there is no file" in refusal(read_text, tmp_path / "none" / "x.csv", error=DataError).message


def test_folder_in_place_of_a_file(tmp_path):
    assert "is a folder" in refusal(read_text, tmp_path, error=DataError).message


@pytest.mark.parametrize("content", ["", "\n\n", "  \n"])
def test_empty_file(write, content):
    assert refusal(read_text, write(content), error=DataError).message == "table.csv is empty"


@pytest.mark.parametrize("content", ["id,x", "id,x\n", "id,x\r\n\r\n"])
def test_header_without_rows(write, content):
    assert refusal(read_text, write(content), error=DataError).message == "table.csv holds a header and no rows"


def test_parquet_without_rows(tmp_path):
    pl.DataFrame({"id": []}, schema={"id": pl.String}).write_parquet(tmp_path / "t.parquet")
    assert "no rows" in refusal(read_text, tmp_path / "t.parquet", error=DataError).message


def test_truncated_gzip(write):
    packed = gzip.compress(LONG)
    for cut in (len(packed) // 2, len(packed) - 3):
        assert "t.csv.bin is cut short" in refusal(read_text, write(packed[:cut], "t.csv.bin"), error=DataError).message


def test_damaged_gzip(write):
    packed = bytearray(gzip.compress(LONG))
    packed[len(packed) // 2] ^= 0xFF
    assert "damaged" in refusal(read_text, write(bytes(packed), "t.csv"), error=DataError).message


def test_truncated_zstd(write):
    packed = pa.compress(LONG, codec="zstd", asbytes=True)
    assert "cut short" in refusal(read_text, write(packed[: len(packed) // 2], "t.csv"), error=DataError).message


def test_truncated_parquet(tmp_path):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"id": ["a", "b"], "x": [1.0, 2.0]}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    for read in (read_text, read_numbers):
        assert "t.parquet is cut short or damaged" in refusal(read, path, error=DataError).message


def test_text_that_is_called_parquet(write):
    assert "is not a Parquet file" in refusal(read_text, write("id\na\n", "t.parquet"), error=DataError).message


def test_plain_text_that_is_called_gzip(tmp_path):
    (tmp_path / "t.csv.gz").write_text("id\na\n")
    assert "is not compressed" in refusal(read_text, tmp_path / "t.csv.gz", error=DataError).message


def test_spreadsheet(write):
    assert "spreadsheet" in refusal(read_text, write(b"PK\x03\x04rest", "t.csv")).message


def test_latin_1_names_the_line(write):
    error = refusal(read_text, write("id,word\na,x\nb,Müller\n".encode("latin-1")), error=DataError)
    assert error.message == "table.csv, line 3: the file is not UTF-8 text"


def test_utf_16_is_not_utf_8(write):
    assert "not UTF-8" in refusal(read_text, write("id,x\na,1\n".encode("utf-16")), error=DataError).message


def test_column_named_twice(write):
    error = refusal(read_text, write("id,x,y,x\na,1,2,3\n"))
    assert error.message == "table.csv: the header names columns 2 and 4 alike"


def test_column_without_name(write):
    assert "column 3 has no name" in refusal(read_text, write("id,x,\na,1,2\n")).message


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (" ", "blanks")])
def test_csv_separated_by_something_else(write, mark, word):
    error = refusal(read_text, write(f"id{mark}x\na{mark}1\n"))
    assert error.message == f"table.csv: the header has no commas but {word}"
    assert "separator" in error.hint


@pytest.mark.parametrize(
    ("text", "line", "cells"),
    [("id,x,y\na,1,2\nb,1\nc,1,2\n", 3, 2), ("id,x,y\na,1,2,3\n", 2, 4), ('id,x,y\n"a\nb",1,2\n"c,1,2\n', 4, 1)],
)
def test_row_with_other_cells_than_the_header(write, text, line, cells):
    error = refusal(read_text, write(text))
    assert error.message == f"table.csv, line {line}: the row has {cells} cells where the header has 3"


def test_one_row_short_and_another_long_do_not_cancel(write):
    assert "cells" in refusal(read_text, write("id,x,y\na,1\nb,1,2,3\n")).message


def test_blank_line_between_rows(write):
    assert refusal(read_text, write("id,x\na,1\n\nb,2\n")).message == "table.csv, line 3: the row is blank"


def test_cell_that_is_no_number_names_column_line_and_cell(write):
    table = read_numbers(write("id,x,y\na,1,2\nb,3,high\nc,1,low\nd,1,5\n"))
    error = refusal(table.numbers, "y")
    assert error.message == "table.csv, line 3, column 'y': 'high' is not a number"
    assert "2 cells" in error.hint


@pytest.mark.parametrize(
    "name", ["Anna Schmidt", "anna schmidt", "Schmidt", "SCHMIDT", "山田 太郎", "O'Brien", "McAdam"]
)
def test_cell_that_may_be_a_name_is_not_shown(name, write):
    error = refusal(read_numbers(write(f"id,x\na,1\nb,{name}\nc,2\nd,3\n")).numbers, "x")
    assert error.message == "table.csv, line 3, column 'x': a word is not a number"
    assert name not in error.hint


def test_long_cell_is_cut(write):
    message = refusal(read_numbers(write(f"id,x\na,{'z' * 500}\nb,1\n")).numbers, "x").message
    assert message.count("z") == 40


def test_decimal_comma_has_a_hint_of_its_own(write):
    assert "point" in refusal(read_numbers(write("id;x\na;1,5\n"), separator=";").numbers, "x").hint


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999"])
def test_infinite_number(write, cell):
    assert "line 2, column 'x': infinite" in refusal(read_numbers(write(f"id,x\na,{cell}\n")).numbers, "x").message


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["a", "", "c", "NA"], "lines 3, 5, column 'id': the id is missing"),
        (["a", " b", "c "], "lines 3, 4, column 'id': the id has blanks before or after it"),
        (["a", "b", "a"], "lines 2, 4, column 'id': the same id stands more than once"),
        (["a", "b", "A"], "lines 2, 4, column 'id': ids that are equal but for upper and lower case"),
    ],
)
def test_ids_that_cannot_stand(write, ids, words):
    table = read_text(write("id,x\n" + "".join(f"{name},1\n" for name in ids)))
    error = refusal(table.ids, "id")
    assert error.message == f"table.csv, {words}"


def test_messages_about_ids_never_show_one(write):
    rows = "".join(f"{name},1\n" for name in ("PATIENT1", "PATIENT1", " PATIENT2", "patient3", "PATIENT3"))
    error = refusal(read_text(write("id,x\n" + rows)).ids, "id")
    assert "PATIENT" not in error.message.upper() + error.hint.upper()


def test_many_rows_are_counted_not_listed(write):
    error = refusal(read_text(write("id,x\n" + "a,1\n" * 12)).ids, "id")
    assert "lines 2, 3, 4, 5, 6 and 7 more" in error.message


def test_ids_stored_as_floating_point_numbers(tmp_path):
    pl.DataFrame({"id": [1001.0, 1002.0], "x": [1, 2]}).write_parquet(tmp_path / "t.parquet")
    for read in (read_text, read_numbers):
        assert "floating-point" in refusal(read(tmp_path / "t.parquet").ids, "id").message


def test_parquet_of_lists(tmp_path):
    pl.DataFrame({"id": ["a"], "x": [[1, 2]]}).write_parquet(tmp_path / "t.parquet")
    assert "column 'x' holds lists" in refusal(read_text, tmp_path / "t.parquet").message
