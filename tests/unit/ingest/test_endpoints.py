"""Endpoints: what is no value is counted by reason, what cannot be an endpoint is refused or left out with a reason."""

import gzip

import numpy as np
import polars as pl
import pytest

from biomarker.errors import AlignmentError, ConfigError, InsufficientDataError, SchemaError
from biomarker.ingest.endpoints import (
    BinaryColumn,
    ContinuousColumn,
    EndpointGroup,
    Labels,
    OrdinalColumn,
    SurvivalColumns,
    read_endpoints,
)
from biomarker.ingest.roster import RosterSettings

SUBJECTS = """id,bor,months,dead,change
a,CR,3.5,1,-10
b,PD,2,0,
c,NE,,1,5
d,,4,,0.5
e,SD,6,1,7
f,PR,1,0,NA
"""
IDS = list("abcdef")
RESPONSE = {"name": "response", "column": "bor", "event": ("CR", "PR"), "non_event": ("SD", "PD"), "better": "event"}
STATUS = {"event_column": "dead", "event_values": ("1",), "censored": ("0",)}
PFS = {"name": "pfs", "time": "months", "unit": "months", **STATUS}
CHANGE = {"name": "change", "column": "change", "unit": "%", "better": "lower"}


def read(path, *items, ids=tuple(IDS), id="id"):
    return read_endpoints(items, base=path.parent, roster=RosterSettings(path=path.name, id=id), subject_ids=ids)


def one(path, item, **given):
    table = read(path, item, **given)
    return table.endpoints[0], dict(table.missing[item.name])


def test_binary_counts_what_is_neither(write):
    endpoint, missing = one(write(SUBJECTS), BinaryColumn(**RESPONSE))
    np.testing.assert_array_equal(endpoint.values, [1, 0, np.nan, np.nan, 0, 1])
    assert missing == {"bor is NE: neither event nor non-event": 1, "bor is empty": 1}
    assert (endpoint.label, endpoint.good_sign) == ("response", 1)


def test_many_other_values_are_counted_together(write):
    text = "id,bor\na,CR\nb,PD\n" + "".join(f"s{i},note {i}\n" for i in range(20))
    _, missing = one(write(text), BinaryColumn(**RESPONSE), ids=["a", "b", *(f"s{i}" for i in range(20))])
    assert missing == {"bor is another value: neither event nor non-event": 20}


def test_continuous(write):
    endpoint, missing = one(write(SUBJECTS), ContinuousColumn(**CHANGE, label="Change of size"))
    np.testing.assert_array_equal(endpoint.values, [-10, np.nan, 5, 0.5, 7, np.nan])
    assert missing == {"change is empty": 2}
    assert (endpoint.label, endpoint.unit, endpoint.good_sign) == ("Change of size", "%", -1)


GRADE = {"name": "grade", "column": "bor", "levels": ("PD", "SD", "PR", "CR")}


def test_ordinal_takes_levels_in_the_order_given(write):
    table = "id,bor\na,PD\nb,CR\nc,SD\nd,NE\ne,\nf,PR\n"
    endpoint, missing = one(write(table), OrdinalColumn(**GRADE), ids=list("abcdef"))
    np.testing.assert_array_equal(endpoint.values, [0, 3, 1, np.nan, np.nan, 2])
    assert (endpoint.levels, endpoint.good_sign) == (("PD", "SD", "PR", "CR"), 1)
    assert missing == {"bor is NE: no level of the endpoint": 1, "bor is empty": 1}


def test_ordinal_levels_may_be_numbers_and_lower_may_be_better(write):
    settings = OrdinalColumn(name="grade", column="g", levels=("0", "1", "2"), better="lower")
    endpoint, _ = one(write("id,g\na,0\nb,2.0\nc,1\n"), settings, ids=list("abc"))
    np.testing.assert_array_equal(endpoint.values, [0, 2, 1])
    assert endpoint.good_sign == -1


@pytest.mark.parametrize("levels", [("PD", "PD", "CR"), ("1", "1.0", "CR")])
def test_an_ordinal_level_listed_twice(write, levels):
    with pytest.raises(ConfigError, match="listed twice"):
        read(write("id,bor\na,1\nb,CR\n"), OrdinalColumn(**{**GRADE, "levels": levels}), ids=["a", "b"])


def test_an_ordinal_endpoint_of_one_level_only(write):
    with pytest.raises(InsufficientDataError, match="the same one"):
        read(write("id,bor\na,PD\nb,PD\n"), OrdinalColumn(**GRADE), ids=["a", "b"])


def test_survival_needs_time_and_status(write):
    endpoint, missing = one(write(SUBJECTS), SurvivalColumns(**PFS))
    np.testing.assert_array_equal(endpoint.values, [3.5, 2, np.nan, np.nan, 6, 1])
    np.testing.assert_array_equal(endpoint.event, [1, 0, np.nan, np.nan, 1, 0])
    assert missing == {"months is empty": 1, "dead is empty": 1}


def test_codes_of_a_status_are_numbers_where_they_are(write):
    text = SUBJECTS.replace(",1,", ",1.0,").replace(",0,", ",0.0,")
    endpoint, _ = one(write(text), SurvivalColumns(**PFS))
    assert np.nansum(endpoint.event) == 2


def test_star_is_every_other_status(write):
    text = "id,t,s\na,1,dead\nb,2,alive\nc,3,lost\nd,4,\n"
    item = SurvivalColumns(**{**PFS, "time": "t", "event_column": "s", "event_values": ("dead",), "censored": "*"})
    endpoint, missing = one(write(text), item, ids=list("abcd"))
    np.testing.assert_array_equal(endpoint.event, [1, 0, 0, np.nan])
    assert missing == {"s is empty": 1}


def test_values_stand_in_the_order_of_the_subjects(write):
    endpoint, missing = one(write(SUBJECTS), ContinuousColumn(**CHANGE), ids=["e", "zz", "a"])
    np.testing.assert_array_equal(endpoint.values, [7, np.nan, -10])
    assert missing == {"not in table.csv": 1}


@pytest.mark.parametrize("cell", ["0", "-2", "-0.001"])
def test_time_that_is_not_positive(write, cell):
    with pytest.raises(SchemaError, match=rf"table\.csv, line 3, column 'months': the time is not positive \({cell}\)"):
        read(write(SUBJECTS.replace("b,PD,2", f"b,PD,{cell}")), SurvivalColumns(**PFS))


def test_time_that_is_no_number(write):
    with pytest.raises(SchemaError, match="line 3, column 'months': 'two' is not a number"):
        read(write(SUBJECTS.replace("b,PD,2", "b,PD,two")), SurvivalColumns(**PFS))


def test_status_that_is_listed_nowhere(write):
    with pytest.raises(SchemaError, match=r"line 3, column 'dead': the status is neither an event \(1\) nor censored"):
        read(write(SUBJECTS.replace("b,PD,2,0", "b,PD,2,9")), SurvivalColumns(**PFS))


def test_no_event(write):
    with pytest.raises(InsufficientDataError, match="column 'dead': endpoint 'pfs' has no event"):
        read(write(SUBJECTS), SurvivalColumns(**{**PFS, "event_values": ("2",), "censored": "*"}))


@pytest.mark.parametrize(("event", "what"), [(("cr",), "event"), (("CR", "PR"), "non-event")])
def test_one_class_only(write, event, what):
    item = BinaryColumn(**{**RESPONSE, "event": event, "non_event": ("SD",) if what == "event" else ("sd",)})
    with pytest.raises(InsufficientDataError, match=f"column 'bor': endpoint 'response' has no {what}: no subject has"):
        read(write(SUBJECTS), item)


@pytest.mark.parametrize(("cells", "words"), [("5,5", "the same one"), (",", "no subject has a value")])
def test_continuous_endpoint_that_cannot_be_one(write, cells, words):
    first, second = cells.split(",")
    with pytest.raises(InsufficientDataError, match=words):
        read(write(f"id,change\na,{first}\nb,{second}\n"), ContinuousColumn(**CHANGE), ids=["a", "b"])


def test_value_on_both_sides(write):
    with pytest.raises(ConfigError, match="SD is listed on both sides"):
        read(write(SUBJECTS), BinaryColumn(**{**RESPONSE, "event": ("CR", "SD")}))


def test_two_endpoints_of_one_name(write):
    with pytest.raises(ConfigError, match="two endpoints are called 'change'"):
        read(write(SUBJECTS), ContinuousColumn(**CHANGE), ContinuousColumn(**CHANGE))


def test_column_that_is_not_there(write):
    with pytest.raises(SchemaError, match=r"no column 'bore' \(asked for by endpoint response\)") as caught:
        read(write(SUBJECTS), BinaryColumn(**{**RESPONSE, "column": "bore"}))
    assert caught.value.hint == "Did you mean 'bor'?"


GROUP = {"group": "ic50", "path": "ic50.csv", "id": "line", "unit": "ln_uM", "better": "lower"}


@pytest.fixture
def group_file(write):
    return write("line,D1,D2,dead,flat\nb,1,2,,3\na,4,5,,3\nzz,9,9,9,9\n", "ic50.csv")


def test_group_makes_every_column_an_endpoint_in_the_order_of_the_subjects(group_file):
    table = read(group_file, EndpointGroup(**GROUP), ids=["a", "b", "c"])
    assert [endpoint.name for endpoint in table.endpoints] == ["D1", "D2"]
    np.testing.assert_array_equal(table.endpoints[0].values, [4, 1, np.nan])
    assert table.missing["D1"] == {"not in ic50.csv": 1}
    assert table.unknown_subjects == {"ic50.csv": 1}


def test_dead_columns_of_a_group_are_left_out_with_a_reason(group_file):
    table = read(group_file, EndpointGroup(**GROUP), ids=["a", "b", "c"])
    assert table.left_out == {
        "dead": "no subject has a value",
        "flat": "all 2 subjects with a value have the same one",
    }


def test_group_of_named_columns(group_file):
    table = read(group_file, EndpointGroup(**GROUP, columns=("D1",)), ids=["a", "b"])
    assert [endpoint.name for endpoint in table.endpoints] == ["D1"]
    with pytest.raises(SchemaError, match=r"no column 'D9' \(asked for by endpoint group ic50\)"):
        read(group_file, EndpointGroup(**GROUP, columns=("D9",)), ids=["a", "b"])


def test_labels_name_some_columns_and_the_rest_keep_their_name(group_file, write):
    write("column,name\nD1,dabrafenib\nD7,other\n", "drugs.csv")
    write("line,D1,D3\na,1,2\nb,2,3\n", "ic50.csv")
    labels = Labels(path="drugs.csv", key="column", label="name")
    table = read(group_file, EndpointGroup(**GROUP, labels=labels), ids=["a", "b"])
    assert [(endpoint.name, endpoint.label) for endpoint in table.endpoints] == [("D1", "dabrafenib"), ("D3", "D3")]


def test_labels_of_other_columns_are_refused(group_file, write):
    write("column,name\n1,dabrafenib\n", "drugs.csv")
    labels = Labels(path="drugs.csv", key="column", label="name")
    with pytest.raises(AlignmentError, match="names no column of endpoint group 'ic50'"):
        read(group_file, EndpointGroup(**GROUP, labels=labels), ids=["a", "b"])


def test_group_of_other_subjects(group_file):
    with pytest.raises(AlignmentError, match=r"ic50\.csv \(endpoint group 'ic50'\) holds none of the 2 subjects"):
        read(group_file, EndpointGroup(**GROUP), ids=["A1", "B1"])


def test_group_without_any_live_column(group_file):
    with pytest.raises(InsufficientDataError, match="no column of endpoint group 'ic50'"):
        read(group_file, EndpointGroup(**GROUP, columns=("flat", "dead")), ids=["a", "b"])


def test_real_drug_responses(reference_data):
    folder = reference_data / "gdsc_v17"
    labels = Labels(path="drugs.csv", key="column", label="name")
    item = EndpointGroup(
        group="ic50", path="IC50_v17.csv.gz", id="COSMIC_ID", labels=labels, unit="ln_uM", better="lower"
    )
    ids = [line.split(",")[0] for line in _lines(folder / "genomic_features_v17.csv.gz")[1:]]
    table = read_endpoints([item], base=folder, roster=RosterSettings(path="", id=""), subject_ids=ids)
    assert len(table.endpoints) == 265
    assert not table.left_out
    assert not table.unknown_subjects
    named = [endpoint for endpoint in table.endpoints if endpoint.label != endpoint.name]
    assert len(named) == 77
    assert sorted(e.name for e in table.endpoints if e.label == "PLX-4720") == ["Drug_1036_IC50", "Drug_1371_IC50"]
    known = np.concatenate([endpoint.values for endpoint in table.endpoints])
    assert np.isfinite(known).mean() == pytest.approx(0.817, abs=5e-4)
    assert (np.nanmin(known), np.nanmax(known)) == pytest.approx((-9.97, 12.80), abs=5e-3)


def test_real_files_are_joined_by_id_and_not_by_row(reference_data):
    folder = reference_data / "gdsc_v17"
    lines = [line.split(",") for line in _lines(folder / "IC50_v17.csv.gz")]
    at = lines[0].index("Drug_1373_IC50")
    expected = {row[0]: float(row[at]) for row in lines[1:] if row[at]}
    ids = [line.split(",")[0] for line in _lines(folder / "genomic_features_v17.csv.gz")[1:]]
    assert ids != [row[0] for row in lines[1:]]
    item = EndpointGroup(**{**GROUP, "path": "IC50_v17.csv.gz", "id": "COSMIC_ID"}, columns=("Drug_1373_IC50",))
    values = (
        read_endpoints([item], base=folder, roster=RosterSettings(path="", id=""), subject_ids=ids).endpoints[0].values
    )
    assert {subject: value for subject, value in zip(ids, values, strict=True) if np.isfinite(value)} == expected


def _lines(path) -> list[str]:
    return gzip.open(path, "rt").read().splitlines()


@pytest.mark.parametrize("column", ["bor", "months", "died", "change"])
def test_samples_of_one_patient_must_agree_on_every_outcome(write, column):
    """Rows of one patient that differ are kinds of event or visits: the first would be an arbitrary choice."""
    frame = pl.DataFrame(
        {
            "id": ["a", "a2", "b", "c"],
            "patient": ["1", "1", "2", "3"],
            "bor": ["CR", "CR", "PD", "CR"],
            "months": ["5", "5", "6", "7"],
            "died": ["1", "1", "0", "1"],
            "change": ["-3", "-3", "4", "1"],
        }
    )
    items = [
        BinaryColumn(name="r", column="bor", event=("CR",), non_event=("PD",), better="event"),
        SurvivalColumns(name="os", time="months", event_column="died", event_values=("1",), censored=("0",), unit="m"),
        ContinuousColumn(name="c", column="change", unit="mm", better="lower"),
    ]

    def found(table):
        path = write(table.write_csv(), "s.csv")
        return read_endpoints(
            items,
            base=path.parent,
            roster=RosterSettings(path=path.name, id="id"),
            subject_ids=["a", "b", "c"],
            patient="patient",
        )

    assert [int(endpoint.known.sum()) for endpoint in found(frame).endpoints] == [3, 3, 3]
    other = {"bor": "PD", "months": "9", "died": "0", "change": "8"}[column]
    differing = frame.with_columns(pl.when(pl.col("id") == "a2").then(pl.lit(other)).otherwise(column).alias(column))
    with pytest.raises(SchemaError, match=f"column '{column}', lines 2, 3: rows of one patient differ in it"):
        found(differing)
