"""Matrices: either orientation, any format, evident mistakes of scale refused."""

from dataclasses import fields

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biomarker.errors import BiomarkerError, InsufficientDataError, SchemaError
from biomarker.ingest.expression import ExpressionSettings
from biomarker.ingest.matrix import MatrixSettings, read_matrix
from biomarker.ingest.registry import SOURCES

BY_SUBJECT = "id,g1,g2\ns1,1,2\ns2,3,\ns3,5,6.5\n"
BY_FEATURE = "gene,s1,s2,s3\ng1,1,3,5\ng2,2,,6.5\n"


def read(path, **given):
    given.setdefault("orientation", "subjects_in_rows")
    return read_matrix(MatrixSettings(path=path.name, **given), base=path.parent)


def expression(path, **given):
    return read_matrix(ExpressionSettings(path=path.name, **given), base=path.parent)


def refusal(do, *args, error=SchemaError, **given) -> BiomarkerError:
    with pytest.raises(error) as caught:
        do(*args, **given)
    return caught.value


def same(one, other) -> bool:
    return (
        one.content.subject_ids == other.content.subject_ids
        and one.content.features.equals(other.content.features)
        and np.array_equal(one.content.values, other.content.values, equal_nan=True)
    )


def test_both_orientations_give_the_same_matrix(write):
    rows, columns = read(write(BY_SUBJECT)), read(write(BY_FEATURE, "t.csv"), orientation="features_in_rows")
    assert same(rows, columns)
    np.testing.assert_array_equal(rows.content.values, [[1, 2], [3, np.nan], [5, 6.5]])
    assert rows.content.features.rows() == [("g1", "g1", ""), ("g2", "g2", "")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.integers(1, 6).flatmap(
        lambda p: st.lists(
            st.lists(st.none() | st.floats(-1e6, 1e6, width=32), min_size=p, max_size=p), min_size=1, max_size=6
        )
    )
)
def test_orientation_and_format_never_matter(in_every_format, rows):
    subjects, features = [f"s{i}" for i in range(len(rows))], [f"f,{j}" for j in range(len(rows[0]))]
    by_subject = pl.DataFrame(rows, schema=dict.fromkeys(features, pl.Float64), orient="row")
    by_feature = pl.DataFrame(
        [pl.Series(name, row, dtype=pl.Float64) for name, row in zip(subjects, rows, strict=True)]
    )
    wide = by_subject.select(pl.Series("id", subjects), pl.all())
    first = None
    for path in in_every_format(wide):
        first = first or read(path)
        assert same(read(path), first), path.name
    tall = by_feature.select(pl.Series("id", features), pl.all())
    for path in in_every_format(tall):
        assert same(read(path, orientation="features_in_rows"), first), path.name


def test_rows_are_counted_as_the_file_has_them(write):
    rows = read(write(BY_SUBJECT))
    columns = read(write(BY_FEATURE, "t.csv"), orientation="features_in_rows", exclude=("g2",))
    assert (rows.rows_in, rows.rows_used, rows.excluded) == (3, 3, {})
    assert (columns.rows_in, columns.rows_used, columns.excluded) == (2, 1, {"named in `exclude`": 1})


def test_columns_allow_and_exclude_forbids_in_both_orientations(write):
    by_subject, by_feature = write(BY_SUBJECT), write(BY_FEATURE, "t.csv")
    for given_ in ({"columns": ("g2",)}, {"exclude": ("g1",)}):
        one, other = read(by_subject, **given_), read(by_feature, orientation="features_in_rows", **given_)
        assert same(one, other)
        assert one.content.features["feature_id"].to_list() == ["g2"]


def test_annotation_beside_genes_is_excluded_by_name(write):
    path = write("gene,about,s1,s2\ng1,a kinase,1,2\ng2,another,3,4\n")
    matrix = read(path, orientation="features_in_rows", exclude=("about",)).content
    assert matrix.subject_ids == ("s1", "s2")
    error = refusal(read, path, orientation="features_in_rows")
    assert error.message == "table.csv, line 2, column 2: text, not a number (2 such cells)"
    assert "leave the column out" in error.hint


def test_id_may_stand_anywhere_and_keeps_its_zeros(write):
    matrix = read(write("x,id\n1,007\n2,7\n"), id="id").content
    assert matrix.subject_ids == ("007", "7")


def test_truth_values_are_zero_and_one(write):
    assert read(write("id,x\na,true\nb,FALSE\nc,1\n")).content.values.ravel().tolist() == [1, 0, 1]


def test_columns_that_are_not_asked_for_need_not_be_numbers(write):
    matrix = read(write("id,x,word\na,1,red\n"), columns=("x",)).content
    assert matrix.values.tolist() == [[1.0]]


def test_settings_are_taken_over(write):
    matrix = read(write(BY_SUBJECT), scale="log2", unit="mg/L").content
    assert matrix.scale == "log2"
    assert set(matrix.features["unit"]) == {"mg/L"}


def test_word_in_a_column_of_numbers(write):
    error = refusal(read, write("id,x\na,1\nb,unknown\n"))
    assert error.message == "table.csv, line 3, column 'x': 'unknown' is not a number"


def test_feature_that_is_not_there(write):
    for setting in ("columns", "exclude"):
        error = refusal(read, write(BY_SUBJECT), **{setting: ("G11",)})
        assert "no feature 'G11'" in error.message
        assert error.hint == "Did you mean 'g1'?"


def test_nothing_left(write):
    refusal(read, write("id,x\na,1\n"), exclude=("x",), error=InsufficientDataError)
    refusal(read, write("id\na\n"), error=InsufficientDataError)


@pytest.mark.parametrize(
    ("text", "orientation", "words"),
    [
        ("id,x\na,1\nb,2\na,3\n", "subjects_in_rows", "lines 2, 4, column 'id': the same id"),
        ("id,x\na,1\nA,2\n", "subjects_in_rows", "lines 2, 3, column 'id': ids that are equal but for"),
        ("id,x\n a,1\n", "subjects_in_rows", "line 2, column 'id': the id has blanks"),
        ("gene,s1\ng,1\nh,2\ng,3\n", "features_in_rows", "lines 2, 4, column 'gene': the same id"),
        ("gene,s1,s1\ng,1,2\n", "features_in_rows", "the header names columns 2 and 3 alike"),
        ("gene,s1,S1\ng,1,2\n", "features_in_rows", "columns 2 and 3 have names equal but for upper and lower case"),
        ("gene,s1,s2 \ng,1,2\n", "features_in_rows", "the name of column 3 has blanks"),
    ],
)
def test_ids_that_cannot_stand(write, text, orientation, words):
    assert words in refusal(read, write(text), orientation=orientation).message


def test_genes_may_differ_in_case_alone(write):
    matrix = read(write("gene,s1\nC1orf1,1\nC1ORF1,2\n"), orientation="features_in_rows").content
    assert matrix.features["feature_id"].to_list() == ["C1orf1", "C1ORF1"]


@pytest.mark.parametrize(
    ("scale", "cell", "words"),
    [
        ("counts", "-1", "-1 is negative, which the scale counts cannot be"),
        ("counts", "2.5", "2.5 is no whole number"),
        ("tpm", "-0.1", "-0.1 is negative, which the scale tpm cannot be"),
        ("log2_tpm", "1500", "1500 is too large for the scale log2_tpm"),
        ("log2_cpm", "-80", "-80 is too large for the scale log2_cpm"),
        ("log2", "70000", "70000 is too large for the scale log2"),
    ],
)
def test_numbers_that_cannot_be_on_the_scale(write, scale, cell, words):
    error = refusal(expression, write(f"gene,s1,s2\ng,1,2\nh,3,{cell}\n"), scale=scale)
    assert error.message.startswith("table.csv, line 3, column 3: ")
    assert words in error.message
    assert error.hint


def test_place_of_a_bad_value_is_right_behind_excluded_rows(write):
    error = refusal(expression, write("gene,s1\nx,1\ng,2\nh,-3\n"), scale="counts", exclude=("x",))
    assert "line 4, column 2" in error.message


def test_counts_may_carry_the_rounding_of_a_file(write):
    assert expression(write("gene,s1\ng,3.0000001\nh,\n"), scale="counts").content.scale == "counts"


def test_expression_has_genes_in_rows_unless_said_otherwise(write):
    assert same(
        expression(write(BY_FEATURE), scale="tpm"),
        expression(write(BY_SUBJECT, "t.csv"), scale="tpm", orientation="subjects_in_rows"),
    )


def test_orientation_of_a_matrix_and_scale_of_expression_are_never_guessed():
    with pytest.raises(TypeError, match="orientation"):
        MatrixSettings(path="x.csv")
    with pytest.raises(TypeError, match="scale"):
        ExpressionSettings(path="x.csv")


def test_every_setting_of_every_source_is_documented():
    for source in SOURCES.values():
        assert source.doc.endswith(".")
        for item in fields(source.settings):
            assert item.metadata["doc"].endswith("."), (source.type, item.name)


def test_real_matrix_of_cell_lines(reference_data):
    folder = reference_data / "gdsc_v17"
    given_ = MatrixSettings(
        path="genomic_features_v17.csv.gz",
        id="COSMIC_ID",
        orientation="subjects_in_rows",
        exclude=("TISSUE_FACTOR", "MSI_FACTOR"),
    )
    found = read_matrix(given_, base=folder)
    assert found.content.values.shape == (988, 677)
    assert set(np.unique(found.content.values)) == {0.0, 1.0}
    names = found.content.features["feature_id"]
    assert names.str.ends_with("_mut").sum() == 270
    assert "loss_cnaPANCAN422, loss_cnaPANCAN423" in names.to_list()
    assert (found.rows_in, found.rows_used, found.quarantine.height) == (988, 988, 0)


def test_real_expression_in_both_orientations_and_formats(reference_data):
    folder = reference_data / "imvigor210"
    rows = read_matrix(
        ExpressionSettings(path="expression.parquet", scale="log2", orientation="subjects_in_rows"), base=folder
    )
    columns = read_matrix(ExpressionSettings(path="expression.tsv.gz", id="gene", scale="log2"), base=folder)
    assert rows.content.values.shape == (348, 872)
    order = [rows.content.subject_ids.index(subject) for subject in columns.content.subject_ids]
    genes = [rows.content.features["feature_id"].to_list().index(g) for g in columns.content.features["feature_id"]]
    np.testing.assert_allclose(rows.content.values[np.ix_(order, genes)], columns.content.values, rtol=1e-6)


# --- words that stand for numbers, names, units -----------------------------------------------------------------------

GRADES = "id,grade,x\ns1,II,1\ns2,,2\ns3, III ,3\ns4,I,4\n"
CODES = {"grade": {"I": 1, "II": 2, "III": 3}}


def test_words_become_the_numbers_that_stand_for_them(in_every_format, write):
    wide = pl.read_csv(GRADES.encode(), infer_schema=False).with_columns(pl.col("x").cast(pl.Float64))
    for path in in_every_format(wide):
        found = read(path, codes=CODES)
        np.testing.assert_array_equal(found.content.values, [[2, 1], [np.nan, 2], [3, 3], [1, 4]])
        assert found.notes == ("grade: I = 1, II = 2, III = 3",)


def test_a_word_without_a_number_is_refused_with_its_line(write):
    fault = refusal(read, write(GRADES.replace("II,1", "IV,1")), codes=CODES)
    assert "line 2, column 'grade': a word that `codes` does not list (I, II, III)" in fault.message


def test_codes_of_a_column_that_is_no_feature_or_of_subjects_are_refused(write):
    assert "'grad' (named in `codes`)" in refusal(read, write(GRADES), codes={"grad": {"I": 1}}).message
    assert (
        "`codes` are of columns"
        in refusal(read, write(BY_FEATURE), codes=CODES, orientation="features_in_rows", error=BiomarkerError).message
    )


@pytest.mark.parametrize("orientation", ["subjects_in_rows", "features_in_rows"])
def test_single_features_may_have_a_name_for_display_and_a_unit(write, orientation):
    path = write(BY_SUBJECT if orientation == "subjects_in_rows" else BY_FEATURE)
    given = {"orientation": orientation, "labels": {"g2": "Second"}, "units": {"g1": "mm"}, "unit": "U/L"}
    assert read(path, **given).content.features.rows() == [("g1", "g1", "mm"), ("g2", "Second", "U/L")]
    for setting in ("labels", "units"):
        fault = refusal(read, path, orientation=orientation, **{setting: {"g3": "x"}})
        assert f"'g3' (named in `{setting}`)" in fault.message


def test_rows_may_stand_for_ids(in_every_format):
    for path in in_every_format(pl.DataFrame({"a": [1.5, 2.5], "b": [3.0, 4.0]})):
        found = read(path, id="#row").content
        assert found.subject_ids == ("1", "2")
        assert found.features["feature_id"].to_list() == ["a", "b"]
