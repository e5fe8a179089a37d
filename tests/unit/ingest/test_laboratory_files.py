"""A laboratory's own files: what is read, and what is refused in words."""

from datetime import date

import pytest

from biomarker.errors import BiomarkerError
from biomarker.ingest.laboratory_files import read_controls, read_experiment

HEAD = "site,test,level,date,run,value,target,sd"
WORDS = {"test": "test", "level": "level", "group": "site"}
NUMBERS = {"value": "value", "target": "target", "sd": "sd"}


def controls(folder, *rows, **change):
    path = folder / "controls.csv"
    path.write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")
    asked = {"words": WORDS, "numbers": NUMBERS, "date": "date", "run": "run", "key": "quality.controls.labs"} | change
    return read_controls(path, **asked)


def test_rows_are_read_under_our_names_and_one_without_a_result_stays(tmp_path):
    found = controls(tmp_path, "S1,ALT,low,2024-03-01,1,20.1,20,0.6", "S1,ALT,low,2024-03-02T08:00,2,,20,0.6")
    assert found["date"].to_list() == [date(2024, 3, 1), date(2024, 3, 2)]
    assert found["run"].to_list() == [1.0, 2.0]
    assert found["value"].to_list() == [20.1, None]
    assert found["group"].to_list() == ["S1", "S1"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("S1,ALT,low,31-31-2024,1,20,20,0.6", ("line 2", "no date")),
        ("S1,ALT,low,,1,20,20,0.6", ("line 2", "no date")),
        ("S1,ALT,low,2024-03-01,,20,20,0.6", ("line 2", "the run is missing")),
        ("S1,,low,2024-03-01,1,20,20,0.6", ("line 2", "'test'", "empty")),
        ("S1,ALT,low,2024-03-01,1,high,20,0.6", ("line 2", "'value'")),
        ("S1,ALT,low,2024-03-01,1,20,20,0", ("line 2", "'sd'", "not positive")),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_line(tmp_path, row, words):
    with pytest.raises(BiomarkerError) as caught:
        controls(tmp_path, row)
    assert all(word in str(caught.value) for word in words)


def test_an_absent_column_names_the_key_and_an_empty_file_is_refused(tmp_path):
    with pytest.raises(BiomarkerError, match=r"quality\.controls\.labs"):
        controls(tmp_path, "S1,ALT,low,2024-03-01,1,20,20,0.6", date="day")
    path = tmp_path / "pairs.csv"
    path.write_text("test,x,y\n", encoding="utf-8")
    with pytest.raises(BiomarkerError):
        read_experiment(path, words={"test": "test"}, numbers={"x": "x", "y": "y"}, key="quality.comparison")
