"""Copy numbers: segments laid over genes, tables of genes, and what is a gain."""

import numpy as np
import polars as pl
import pytest

from biomarker.errors import BiomarkerError, ConfigError, DataError, InsufficientDataError
from biomarker.features.copy_number import CopyNumberFeatures, build_copy_number
from biomarker.ingest.assayed import SubjectList
from biomarker.ingest.copy_number import CopyNumberSettings, GenePlaces, read_copy_number

GENES = "gene,chromosome,start,end\nMYC,8,100,199\nRB1,13,100,199\nTP53,chr17,1,10\n"
HEAD = "subject_id,chromosome,start,end,value"
SEGMENTS = ["a,chr8,1,150,0.0", "a,chr8,151,400,1.0", "a,13,1,99,0.0", "a,13,100,400,-0.5", "b,8,1,400,0.1"]


def segments(write, rows=SEGMENTS, head=HEAD, **settings):
    path = write("\n".join([head, *rows, ""]), "segments.csv")
    write(GENES, "genes.csv")
    given = {"values": "log2_ratio", "genes": GenePlaces(path="genes.csv"), **settings}
    return read_copy_number(CopyNumberSettings(path=path.name, layout="segments", **given), base=path.parent)


def genes(write, rows, head="subject_id,gene,value", **settings):
    path = write("\n".join([head, *rows, ""]), "genes.csv")
    return read_copy_number(
        CopyNumberSettings(path=path.name, layout="genes", **{"values": "calls", **settings}), base=path.parent
    )


def built(found, ids, **settings):
    given = CopyNumberFeatures(**{"values": "log2_ratio", **settings})
    return build_copy_number(found.content, given, subjects=pl.DataFrame({"subject_id": ids}))


def test_a_gene_has_the_mean_of_its_segments_by_length_of_overlap(write):
    found = segments(write)
    rows = found.content.filter(pl.col("gene").is_not_null()).select("subject_id", "gene", "value").rows()
    level = {(subject, gene): value for subject, gene, value in rows}
    # bases 100 to 150 at 0, 151 to 199 at 1
    assert level == {("a", "MYC"): pytest.approx(49 / 100), ("a", "RB1"): -0.5, ("b", "MYC"): pytest.approx(0.1)}
    shares = dict(found.content.drop_nulls("altered_share").select("subject_id", "altered_share").iter_rows())
    assert shares == {"a": pytest.approx((250 + 301) / 800), "b": 0.0}


def test_flags_are_made_where_somebody_has_them_and_missing_where_no_segment_is(write):
    out = built(segments(write), ["b", "a", "z"])
    names = out.values.features["feature_id"].to_list()
    assert names == ["MYC.gain", "RB1.loss", "altered_share"]
    assert np.array_equal(out.values.values[:, :2], [[0, np.nan], [1, 1]], equal_nan=True)
    assert out.left_out == {"RB1.gain": "no subject has a gain", "MYC.loss": "no subject has a loss"}
    assert out.matching.excluded == {"not in the modality": 1}


def test_levels_and_thresholds_are_the_study_s(write):
    out = built(segments(write), ["a", "b"], make=("level", "gain"), gain=0.05)
    assert out.values.features["feature_id"].to_list() == ["MYC.gain", "MYC.level", "RB1.level"]
    assert out.values.values[:, 0].tolist() == [1, 1]
    with pytest.raises(ConfigError, match="not below"):
        CopyNumberFeatures(values="log2_ratio", gain=-1.0)
    with pytest.raises(InsufficientDataError):
        built(segments(write), ["b"], make=("loss",))


def test_a_table_of_genes_with_calls(write):
    found = genes(write, ["a,MYC,2", "a,RB1,-1", "b,MYC,0", "b,RB1,-2"])
    out = built(found, ["a", "b"], values="calls")
    assert dict(zip(out.values.features["feature_id"], out.values.values.T.tolist(), strict=True)) == {
        "MYC.gain": [1, 0], "RB1.loss": [1, 1],
    }  # fmt: skip


def test_whoever_was_tested_and_has_no_row_is_known_and_empty(write):
    write("subject_id\na\nb\nc\n", "tested.csv")
    found = genes(write, ["a,MYC,2", "b,MYC,0", "x,MYC,1"], tested=SubjectList(path="tested.csv"))
    assert set(found.content["subject_id"]) == {"a", "b", "c"}
    assert found.quarantine["reason"].to_list() == ["not among the subjects that were tested"]
    assert found.quarantine["value"].to_list() == ["***"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",8,1,2,0", "the subject is missing"),
        (" a,8,1,2,0", "the subject's id has blanks before or after it"),
        ("a,,1,2,0", "the chromosome is missing"),
        ("a,8,1.5,2,0", "a place is missing or no whole number"),
        ("a,8,9,2,0", "the segment ends before it begins"),
        ("a,8,1,2,", "the value is missing"),
        ("a,8,1,2,lost", "the value is not a number"),
        ("a,8,1,2,150", "too large for a log2 ratio"),
        (SEGMENTS[0], "the same gene or segment of the same subject as an earlier row"),
    ],
)
def test_a_row_that_cannot_be_used_is_quarantined(write, row, reason):
    found = segments(write, [*SEGMENTS, row])
    assert found.quarantine["reason"].to_list() == [reason]
    assert (found.rows_in, found.rows_used) == (6, 5)


@pytest.mark.parametrize(
    ("rows", "head", "settings", "words"),
    [
        (SEGMENTS, HEAD.replace("value", "log2"), {}, "no column 'value'"),
        (["a,x,1,2,0.5"], HEAD, {}, "no segment lies on a chromosome"),
        (["a,8,1,2,high"], HEAD, {}, "none of its 1 rows can be used"),
        (['a,8,1,2,"0,5"', 'b,8,1,2,"0,7"'], HEAD, {}, "decimals stand behind a comma"),
        (SEGMENTS, HEAD, {"values": "calls"}, None),
    ],
)
def test_a_broken_file_is_refused_in_words(write, rows, head, settings, words):
    if words is None:
        assert segments(write, rows, head, **settings).quarantine.height == 2  # 0.1 and -0.5 are no calls
        return
    with pytest.raises(BiomarkerError) as caught:
        segments(write, rows, head, **settings)
    assert words in str(caught.value)


def test_segments_need_places_and_genes_do_not():
    with pytest.raises(ConfigError, match="genes"):
        CopyNumberSettings(path="x", layout="segments", values="copies")
    with pytest.raises(ConfigError, match="genes"):
        CopyNumberSettings(path="x", layout="genes", values="copies", genes=GenePlaces(path="g"))


def test_genes_that_became_dates_are_refused(write):
    with pytest.raises(BiomarkerError, match="spreadsheet"):
        genes(write, ["a,1-Mar,1"])
    with pytest.raises(DataError):
        genes(write, ["a,MYC,7"])
