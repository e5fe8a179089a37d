"""Laboratory records: one unit a test, and a quarantine in which every unused row stands with its reason."""

from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.labs import RECORDS, CodeNames, LabsSettings, read_labs

HEADER = "subject_id,test,value,unit,date,low,high\n"
GOOD = "P1,ALT,30,U/L,2024-01-01,10,50\n"


def read(path, **given_):
    if "day" not in given_:
        given_.setdefault("date", "date")
    given_.setdefault("low", "low")
    given_.setdefault("high", "high")
    return read_labs(LabsSettings(path=path.name, **given_), base=path.parent)


def test_records_in_the_order_of_the_file(write):
    found = read(write(HEADER + GOOD + "P0,LDH,200,U/L,2024-02-29T08:30,,\n"))
    assert dict(found.content.schema) == RECORDS
    assert found.content.rows() == [
        ("P1", "ALT", 30.0, "U/L", date(2024, 1, 1), None, 10.0, 50.0),
        ("P0", "LDH", 200.0, "U/L", date(2024, 2, 29), None, None, None),
    ]
    assert (found.rows_in, found.rows_used, found.quarantine.height) == (2, 2, 0)


@pytest.mark.parametrize(
    ("row", "field", "value", "reason"),
    [
        (",ALT,30,U/L,2024-01-01,,", "subject_id", None, "the subject is missing"),
        (" P2,ALT,30,U/L,2024-01-01,,", "subject_id", "***", "the subject's id has blanks before or after it"),
        ("P2,,30,U/L,2024-01-01,,", "test", None, "the test is missing"),
        ("P2,ALT,30,U/L,,,", "date", None, "the date is missing"),
        ("P2,ALT,30,U/L,2024-01,,", "date", "***", "not a full date written YYYY-MM-DD"),
        ("P2,ALT,30,U/L,01/02/2024,,", "date", "***", "not a full date written YYYY-MM-DD"),
        ("P2,ALT,30,U/L,2023-02-29,,", "date", "***", "not a full date written YYYY-MM-DD"),
        ("P2,ALT,30,U/L,2024-01-01 noon,,", "date", "***", "not a full date written YYYY-MM-DD"),
        ("P2,ALT,,U/L,2024-01-01,,", "value", None, "the value is missing"),
        ("P2,ALT,<0.6,U/L,2024-01-01,,", "value", "<0.6", "below a limit, not a number"),
        ("P2,ALT,>= 400,U/L,2024-01-01,,", "value", ">= 400", "above a limit, not a number"),
        ("P2,ALT,hemolysed,U/L,2024-01-01,,", "value", "hemolysed", "the value is not a number"),
        ("P2,ALT,inf,U/L,2024-01-01,,", "value", "inf", "the value is not a number"),
        ("P2,ALT,30,U/L,2024-01-01,x,50", "low", "x", "the lower reference limit is not a number"),
        ("P2,ALT,30,U/L,2024-01-01,10,<50", "high", "<50", "the upper reference limit is not a number"),
        ("P2,ALT,30,U/L,2024-01-01,50,10", "low", "50", "the lower reference limit is above the upper one"),
        ("P2,ALT,30,units,2024-01-01,,", "unit", "units", "not a UCUM unit"),
        ("P2,ALT,30,,2024-01-01,,", "unit", None, "the unit is missing"),
        (GOOD.strip(), "(row)", None, "an exact duplicate of an earlier row"),
    ],
)
def test_row_that_cannot_be_used_is_quarantined(write, row, field, value, reason):
    found = read(write(HEADER + GOOD + row + "\n" + GOOD.replace("P1", "P3")))
    assert found.quarantine.rows() == [("table.csv", 3, field, value, reason)]
    assert found.content["subject_id"].to_list() == ["P1", "P3"]
    assert (found.rows_in, found.rows_used) == (3, 2)


def test_value_in_a_unit_of_something_else_is_quarantined_with_the_reason(write):
    found = read(write(HEADER + GOOD + "P2,ALT,30,mg/dL,2024-01-01,,\n"), units={"ALT": "U/L"})
    assert found.quarantine["field"].to_list() == ["unit"]
    assert "different things" in found.quarantine["reason"][0]


def test_target_unit_that_no_value_can_be_given_in_is_refused(write):
    with pytest.raises(SchemaError, match="no value of the test 'ALT' can be given in g/L") as caught:
        read(write(HEADER + GOOD + GOOD.replace("P1", "P2")), units={"ALT": "g/L"})
    assert "table.csv" in caught.value.message
    assert "`units`" in caught.value.message


CELLS = {
    "subject_id": ["P1", "P2", "", " P3"],
    "test": ["ALT", "LDH", ""],
    "value": ["1", "2.5", "", "<1", "word", "."],
    "unit": ["U/L", "", "foo"],
    "date": ["2024-01-01", "2024-01", ""],
    "low": ["", "1", "x"],
    "high": ["", "3", "0"],
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.tuples(*(st.sampled_from(cells) for cells in CELLS.values())), min_size=1, max_size=30))
def test_every_row_is_used_or_quarantined_and_never_both(write, rows):
    path = write(HEADER + GOOD + "".join(",".join(row) + "\n" for row in rows))
    found = read(path)
    assert found.rows_in == len(rows) + 1 == found.rows_used + found.quarantine.height
    assert found.content["value"].is_finite().all()
    assert found.content.select("subject_id", "test", "unit", "date").null_count().sum_horizontal().item() == 0
    ids = found.quarantine.filter(pl.col("field") == "subject_id")["value"].drop_nulls()
    assert ids.is_in(["***"]).all()


def test_values_and_limits_are_converted_together(write):
    rows = "P1,creatinine,1,mg/dL,2024-01-01,0.5,1.2\nP2,creatinine,88.4,µmol/L,2024-01-01,44.2,106\n"
    found = read(write(HEADER + rows), units={"creatinine": "umol/L"})
    value, low, high = (found.content[name].to_list() for name in ("value", "low", "high"))
    assert value == pytest.approx([88.4, 88.4], rel=1e-4)
    assert low == pytest.approx([44.2, 44.2], rel=1e-4)
    assert high == pytest.approx([106.08, 106], rel=1e-3)
    assert found.content["unit"].to_list() == ["umol/L"] * 2
    assert len(found.notes) == 1
    assert "113.12 g/mol" in found.notes[0]


def test_study_may_give_a_molar_mass(write):
    given_ = {"units": {"drug": "umol/L"}, "molar_masses": {"drug": 500.0}}
    found = read(write(HEADER + "P1,drug,1,mg/L,2024-01-01,,\n"), **given_)
    assert found.content["value"].to_list() == pytest.approx([2.0])


def test_two_units_without_a_target_are_refused_by_name(write):
    rows = (
        "P1,creatinine,1,mg/dL,2024-01-01,,\nP2,creatinine,88,umol/L,2024-01-01,,\nP3,creatinine,1,mg/dL,2024-01-01,,\n"
    )
    with pytest.raises(SchemaError, match="'creatinine' has values in different units") as caught:
        read(write(HEADER + rows))
    assert "mg/dL and umol/L" in caught.value.message
    assert 'units: {"creatinine": "mg/dL"}' in caught.value.hint


def test_spellings_of_one_unit_are_one(write):
    rows = "P1,WBC,5,10*9/L,2024-01-01,,\nP2,WBC,6,x10^9/L,2024-01-01,,\nP3,WBC,7,10*9/L,2024-01-01,,\n"
    found = read(write(HEADER + rows))
    assert found.content["value"].to_list() == [5, 6, 7]
    assert set(found.content["unit"]) == {"10*9/L"}


def test_tests_without_any_unit_are_pure_numbers(write):
    found = read(write(HEADER + GOOD + "P1,INR,1.1,,2024-01-01,,\n"))
    assert found.content["unit"].to_list() == ["U/L", ""]


def test_unit_outside_ucum_is_accepted_as_its_own_target(write):
    path = write(HEADER + "P1,score,3,points,2024-01-01,,\n" + GOOD)
    assert read(path).quarantine["reason"].to_list() == ["not a UCUM unit"]
    assert read(path, units={"score": "points"}).content["unit"].to_list() == ["points", "U/L"]


def test_target_that_is_no_unit(write):
    with pytest.raises(ConfigError, match="'mg/dLL', the unit for 'ALT', is not a UCUM unit"):
        read(write(HEADER + GOOD), units={"ALT": "mg/dLL"})


@pytest.mark.parametrize("setting", [{"units": {"ATL": "U/L"}}, {"molar_masses": {"ATL": 1.0}}])
def test_setting_for_a_test_that_is_not_there(write, setting):
    with pytest.raises(SchemaError, match="names the test 'ATL'") as caught:
        read(write(HEADER + GOOD), **setting)
    assert caught.value.hint == "Did you mean 'ALT'?"


def test_days_in_place_of_dates(write):
    path = write("subject_id,test,value,unit,day\nP1,ALT,1,U/L,-7\nP1,ALT,1,U/L,one\nP1,ALT,1,U/L,\n")
    found = read(path, day="day", low=None, high=None)
    assert found.content["day"].to_list() == [-7]
    assert found.content["date"].to_list() == [None]
    assert found.quarantine.select("line", "field", "value", "reason").rows() == [
        (3, "day", "one", "the day is not a number"),
        (4, "day", None, "the day is missing"),
    ]


@pytest.mark.parametrize("given_", [{}, {"date": "a", "day": "b"}])
def test_either_date_or_day(given_):
    with pytest.raises(ConfigError, match="either `date` or `day`"):
        LabsSettings(path="x.csv", **given_)


def test_column_that_is_not_there(write):
    with pytest.raises(SchemaError, match="no column 'ref_high'"):
        read(write(HEADER + GOOD), high="ref_high")


def test_file_of_which_nothing_can_be_used_says_why(write):
    with pytest.raises(DataError, match="none of its 2 rows can be used: the value is not a number"):
        read(write(HEADER + "P1,ALT,x,U/L,2024-01-01,,\nP2,ALT,y,U/L,2024-01-01,,\n"))


def test_subject_is_never_shown(write):
    rows = "".join(f"{name},ALT,x,bad,2024,,\n" for name in ("SECRET1", " SECRET2", "SECRET3 "))
    found = read(write(HEADER + GOOD + rows))
    assert found.quarantine.height == 3
    assert "SECRET" not in found.quarantine.write_csv()


def test_lines_are_those_of_the_file_where_a_cell_spans_lines(write):
    found = read(write(HEADER + 'P1,ALT,"hemo\nlysed",U/L,2024-01-01,,\n' + GOOD + "P2,ALT,x,U/L,2024-01-01,,\n"))
    assert found.quarantine["line"].to_list() == [2, 5]


def test_codes_of_tests_are_named_by_a_table_and_units_go_by_the_names(write):
    write("loinc,name\n2160-0,creatinine\n14682-9,creatinine\n", "loinc.csv")
    rows = "P1,2160-0,1.0,mg/dL,0\nP2,14682-9,88.4,umol/L,0\nP3,1742-6,30,U/L,0\n"
    path = write("subject_id,test,value,unit,day\n" + rows, "labs.csv")
    given = LabsSettings(
        path="labs.csv", day="day", test_names=CodeNames(path="loinc.csv", code="loinc"), units={"creatinine": "umol/L"}
    )
    found = read_labs(given, base=path.parent)
    assert found.content["test"].to_list() == ["creatinine", "creatinine", "1742-6"]
    assert found.content["value"].to_list() == pytest.approx([88.4, 88.4, 30], rel=1e-3)
