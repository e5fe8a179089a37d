"""The subject table: ids that cannot be confused, covariates of the right kind, whole dates."""

from datetime import date

import polars as pl
import pytest

from biomarker.errors import ConfigError, DataError, InsufficientDataError, SchemaError
from biomarker.ingest.subjects import Covariate, SubjectsSettings, read_subjects

TEXT = """id,patient,site,arm,age,sex,ecog,met,start
007,a,x, drug ,50,f,0,Liver,2024-01-31
s2,c,y,placebo,61.5,m,,Lung,2024-02-01T10:00
s3,b,x,drug,,f,1,,
"""


def read(path, *covariates, **given):
    given.setdefault("id", "id")
    return read_subjects(SubjectsSettings(path=path.name, covariates=covariates, **given), base=path.parent)


def covariate(name, **given):
    return Covariate(name=name, column=given.pop("column", name), **given)


def column(write, text, item):
    return read(write(text), item).content[f"cov_{item.name}"]


def test_columns_in_the_order_of_the_file(write):
    found = read(write(TEXT), covariate("age"), patient="patient", group="site", arm="arm", dates=("start",))
    assert found.content.columns == ["subject_id", "patient", "group", "arm", "cov_age", "date_start"]
    assert found.content.rows() == [
        ("007", "a", "x", "drug", 50.0, date(2024, 1, 31)),
        ("s2", "c", "y", "placebo", 61.5, date(2024, 2, 1)),
        ("s3", "b", "x", "drug", None, None),
    ]
    assert (found.rows_in, found.rows_used, found.quarantine.height) == (3, 3, 0)


def test_what_is_not_asked_for_is_null_text(write):
    content = read(write(TEXT)).content
    assert content.schema == {"subject_id": pl.String, "patient": pl.String, "group": pl.String, "arm": pl.String}
    assert content["arm"].to_list() == [None] * 3


def test_every_format_gives_the_same_subjects(write, in_every_format):
    expected = read(write(TEXT, "first.csv"), covariate("age"), covariate("sex"), dates=("start",)).content
    frame = pl.read_csv(TEXT.encode(), infer_schema=False)
    for path in in_every_format(frame):
        assert read(path, covariate("age"), covariate("sex"), dates=("start",)).content.equals(expected), path.name


def test_numbers_stay_missing_and_words_get_a_level_where_missing_is_kept(write):
    text = "id,n,w\na,1,red\nb,,\nc,3,blue\n"
    assert column(write, text, covariate("n", missing="keep")).to_list() == [1.0, None, 3.0]
    assert column(write, text, covariate("w", missing="keep")).to_list() == ["red", "(missing)", "blue"]


def test_missing_stays_missing_where_it_leaves_the_subject_out(write):
    text = "id,n,w\na,1,red\nb,,\nc,3,blue\n"
    assert column(write, text, covariate("n", missing="drop")).to_list() == [1.0, None, 3.0]
    assert column(write, text, covariate("w", missing="drop")).to_list() == ["red", None, "blue"]


@pytest.mark.parametrize(("missing", "third"), [("keep", None), ("drop", None), ("false", 0.0)])
def test_indicator(write, missing, third):
    item = covariate("liver", column="met", is_in=("Liver",), missing=missing)
    assert column(write, TEXT, item).to_list() == [1.0, 0.0, third]


def test_indicator_takes_numbers_as_numbers(tmp_path):
    pl.DataFrame({"id": ["a", "b", "c"], "k": [1.0, 2.0, None]}).write_parquet(tmp_path / "t.parquet")
    item = covariate("k", is_in=("1",))
    assert read(tmp_path / "t.parquet", item).content["cov_k"].to_list() == [1.0, 0.0, None]


def test_codes_may_be_categories(write):
    assert column(write, TEXT, covariate("ecog", kind="category", missing="keep")).to_list() == ["0", "(missing)", "1"]


def test_truth_values_are_two_categories(write):
    assert column(write, "id,t\na,true\nb,false\n", covariate("t")).to_list() == ["true", "false"]


def test_indicator_of_nothing_that_is_there(write):
    with pytest.raises(SchemaError, match=r"column 'met': no row holds what covariate 'liver' asks for \(liver\)"):
        read(write(TEXT), covariate("liver", column="met", is_in=("liver",)))


def test_false_for_missing_needs_an_indicator():
    with pytest.raises(ConfigError, match="is for indicators"):
        covariate("age", missing="false")


def test_a_word_among_numbers_is_a_mistake(write):
    text = "id,age\n" + "".join(f"s{i},{40 + i}\n" for i in range(9)) + "s9,unknown\n"
    with pytest.raises(SchemaError, match="line 11, column 'age': not a number, while the others are") as caught:
        read(write(text), covariate("age"))
    assert "kind: category" in caught.value.hint
    assert "unknown" not in caught.value.message
    assert read(write(text), covariate("age", kind="category")).content["cov_age"].dtype == pl.String


def test_numbers_where_numbers_are_asked_for(write):
    with pytest.raises(SchemaError, match="lines 2, 3, 4, column 'sex': not a number"):
        read(write(TEXT), covariate("sex", kind="number"))


def test_infinite_covariate(write):
    with pytest.raises(SchemaError, match="line 3, column 'n': infinite"):
        read(write("id,n\na,1\nb,inf\n"), covariate("n"))


def test_covariate_without_any_value(write):
    with pytest.raises(InsufficientDataError, match="covariate 'n' has no value"):
        read(write("id,n\na,\nb,NA\n"), covariate("n"))


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (("a", "", "c"), "line 3, column 'id': the id is missing"),
        (("a", "b", "a"), "lines 2, 4, column 'id': the same id"),
        (("a", "b", "B"), "lines 3, 4, column 'id': ids that are equal but for upper and lower case"),
        (("a", "a ", "c"), "line 3, column 'id': the id has blanks"),
    ],
)
def test_ids_that_cannot_stand(write, ids, words):
    with pytest.raises(SchemaError) as caught:
        read(write("id,x\n" + "".join(f"{name},1\n" for name in ids)))
    assert words in caught.value.message


def test_every_row_has_a_patient_where_the_column_is_named(write):
    assert read(write(TEXT), patient="patient").content["patient"].to_list() == ["a", "c", "b"]
    with pytest.raises(SchemaError, match="line 3, column 'p': the id is missing"):
        read(write("id,p\na,1\nb,\n"), patient="p")


@pytest.mark.parametrize("cell", ["2024", "2024-01", "31.01.2024", "2024-13-01", "2024-1-5", "soon"])
def test_date_that_is_not_whole(write, cell):
    with pytest.raises(SchemaError, match="line 3, column 'start': not a full date written YYYY-MM-DD") as caught:
        read(write(f"id,start\na,2024-01-01\nb,{cell}\n"), dates=("start",))
    assert cell not in caught.value.message


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"id": "subject"}, "subjects.id"),
        ({"patient": "pat"}, "subjects.patient"),
        ({"group": "centre"}, "subjects.group"),
        ({"arm": "treatment"}, "treatment.column"),
        ({"dates": ("begin",)}, "index_date"),
    ],
)
def test_column_that_is_not_there_names_the_key(write, given, key):
    with pytest.raises(SchemaError, match=f"asked for by {key}"):
        read(write(TEXT), **given)


def test_empty_table(write):
    with pytest.raises(DataError, match="no rows"):
        read(write("id,age\n"))


def test_two_rows_of_one_patient_are_refused_because_tests_count_rows_as_independent(write):
    with pytest.raises(SchemaError, match=r"column 'patient', lines 2, 4.*one patient") as raised:
        read(write(TEXT.replace("s3,b", "s3,a")), patient="patient")
    assert "Keep one row" in raised.value.hint


# --- several samples of one patient -----------------------------------------------------------------------------------

SAMPLES = "id,p,arm,age\ns1,a,drug,50\ns2,b,placebo,61\ns3,a,drug,51\ns4,c,drug,\ns5,a,drug,52\n"


def test_the_first_sample_of_each_patient_in_the_file_is_used_and_the_others_are_counted(write):
    found = read(write(SAMPLES), covariate("age"), patient="p", samples="first", arm="arm")
    assert found.content.select("subject_id", "patient", "cov_age").rows() == [
        ("s1", "a", 50.0),
        ("s2", "b", 61.0),
        ("s4", "c", None),
    ]
    assert (found.rows_in, found.rows_used) == (5, 3)
    assert found.excluded == {"another sample of the same patient": 2}
    assert found.notes == ("One sample a patient is analysed, the first in the file; 2 further left out",)


def test_where_each_patient_has_one_sample_the_rule_changes_nothing(write):
    first, refuse = (read(write(TEXT), patient="patient", samples=rule) for rule in ("first", "refuse"))
    assert first.content.equals(refuse.content)
    assert (first.excluded, first.notes) == ({}, ())


def test_samples_of_one_patient_in_two_arms_are_refused(write):
    with pytest.raises(SchemaError, match=r"column 'arm', lines 2, 4, 6: rows of one patient differ"):
        read(write(SAMPLES.replace("s3,a,drug", "s3,a,placebo")), patient="p", samples="first", arm="arm")


def test_lines_are_those_of_the_file_after_samples_were_left_out(write):
    with pytest.raises(SchemaError, match=r"line 5, column 'd'"):
        read(write("id,p,d\na,1,2024-01-01\nb,1,soon\nc,2,2024-01-02\nd,3,soon\n"), patient="p", samples="first",
             dates=("d",))  # fmt: skip


# --- ids, arms --------------------------------------------------------------------------------------------------------


def test_subjects_of_a_table_without_ids_are_told_apart_by_their_row(in_every_format):
    for path in in_every_format(pl.DataFrame({"x": ["b", "a", "b"]})):
        assert read(path, id="#row").content["subject_id"].to_list() == ["1", "2", "3"], path.name


def test_arms_are_called_by_the_names_of_their_codes(write):
    path = write("id,arm\na,0\nb,1\nc,\n")
    content = read(path, arm="arm", arm_names={"0": "placebo", "1": "drug"}).content
    assert content["arm"].to_list() == ["placebo", "drug", None]
    with pytest.raises(SchemaError, match=r"line 3, column 'arm': an arm that `treatment.names` does not list \(0\)"):
        read(path, arm="arm", arm_names={"0": "placebo"})


def test_arms_that_differ_in_case_alone_are_one_arm_to_whoever_wrote_them(write):
    with pytest.raises(SchemaError, match=r"lines 2, 4, column 'arm': arms that are equal but for upper and"):
        read(write("id,arm\na,drug\nb,placebo\nc,Drug\nd,\n"), arm="arm")
