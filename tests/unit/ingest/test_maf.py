"""Variants: what counts, who was tested, and every row that cannot be used with its reason."""

import gzip

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biomarker.errors import AlignmentError, BiomarkerError, ConfigError, DataError, SchemaError
from biomarker.ingest.assayed import GeneList, SubjectList
from biomarker.ingest.maf import MafSettings, read_maf
from biomarker.ingest.variants import OTHER_CLASSES, PROTEIN_CHANGING, RECORDS

COLUMNS = (
    "Hugo_Symbol", "Chromosome", "Start_Position", "Reference_Allele", "Tumor_Seq_Allele2", "Variant_Classification",
    "Tumor_Sample_Barcode", "HGVSp_Short",
)  # fmt: skip
HEAD = "\t".join(COLUMNS) + "\n"


def row(gene="TP53", subject="P1", kind="Missense_Mutation", at="17:7578406:C:T", change="p.R175H") -> str:
    chromosome, start, ref, alt = at.split(":")
    return "\t".join([gene, chromosome, start, ref, alt, kind, subject, change]) + "\n"


def read(path, **given_):
    return read_maf(MafSettings(path=path.name, **given_), base=path.parent)


def variants(found) -> list[tuple]:
    """Subject, gene, altered and counted of the rows with a variant."""
    of_variants = found.content.filter(pl.col("variant").is_not_null())
    return of_variants.select("subject_id", "gene", "altered", "counted").rows()


def known(found) -> list[str]:
    return found.content.filter(pl.col("variant").is_null())["subject_id"].to_list()


# --- what counts ------------------------------------------------------------------------------------------------------


def test_variants_that_change_the_protein_count_and_the_others_are_excluded_by_class(write):
    kinds = [*PROTEIN_CHANGING, *OTHER_CLASSES]
    text = HEAD + "".join(row(kind=kind, at=f"1:{i}:A:T") for i, kind in enumerate(kinds))
    found = read(write(text, "x.maf"))
    assert dict(found.content.schema) == RECORDS
    assert found.rows_used == len(PROTEIN_CHANGING) == 9
    assert found.excluded == {f"class {name} does not count": 1 for name in OTHER_CLASSES}
    assert found.quarantine.is_empty()


def test_named_classes_are_kept_or_excluded(write):
    kinds = ("short", "gain", "deletion")
    text = HEAD + "".join(row(kind=kind, at=f"1:{i}:A:T", subject=f"P{i}") for i, kind in enumerate(kinds))
    found = read(write(text, "x.maf"), keep=("short", "deletion"), exclude=("gain",), burden_classes=("short",))
    assert variants(found) == [("P0", "TP53", True, True), ("P2", "TP53", True, False)]
    assert found.excluded == {"class gain does not count": 1}


def test_burden_may_count_classes_that_alter_no_gene(write):
    text = HEAD + row() + row(kind="Silent", at="1:5:A:T")
    found = read(write(text, "x.maf"), burden_classes=(*PROTEIN_CHANGING, "Silent"))
    assert variants(found) == [("P1", "TP53", True, True), ("P1", "TP53", False, True)]


def test_version_lines_before_the_header_are_skipped_and_lines_are_those_of_the_file(write):
    text = "#version 2.4\n#center x\n" + HEAD + row() + row(kind="Odd", subject="P2")
    for ending in (".maf", ".maf.gz", ".maf.zst"):
        found = read(write(text, f"x{ending}"))
        assert found.quarantine["line"].to_list() == [5]


def test_two_changes_of_one_gene_are_two_variants_and_one_change_in_two_genes_is_one(write):
    text = HEAD + row(at="1:5:A:T") + row(at="1:6:A:T") + row(gene="WRAP53", at="1:6:A:T")
    found = read(write(text, "x.maf"))
    numbers = found.content["variant"].drop_nulls().to_list()
    assert numbers[0] != numbers[1] == numbers[2]


def test_several_variants_in_a_cell_are_taken_apart(write):
    text = "id,gene,class,call\nP1,TP53,short,c.1A>T_p.R337L(0.4); c.2A>T_p.Y220C(0.3)\nP1,TP53,loss,loss(0)\n"
    found = read(write(text), subject="id", gene="gene", classification="class", protein_change="call",
                 several=";", keep=("short", "loss"))  # fmt: skip
    rows = found.content.filter(pl.col("variant").is_not_null())
    assert rows["change"].to_list() == ["c.1A>T_p.R337L(0.4)", "c.2A>T_p.Y220C(0.3)", "loss(0)"]
    assert rows["variant"].n_unique() == 3
    assert found.rows_used == found.rows_in == 2


# --- who was tested ---------------------------------------------------------------------------------------------------


def test_without_a_list_those_with_a_row_of_any_kind_were_tested_and_the_report_is_told(write):
    text = HEAD + row() + row(subject="P2", kind="Silent") + row(subject="P3", kind="IGR", gene="Unknown")
    found = read(write(text, "x.maf"))
    assert known(found) == ["P1", "P2", "P3"]
    (note,) = found.notes
    assert "the 3 with a row in x.maf are taken to be, 2 of them without a variant" in note
    assert "subjects without any row are left out" in note


def test_subjects_of_the_list_were_tested_and_no_others(write):
    write("subject_id\nP1\nP9\n\nP1\n", "tested.csv")
    found = read(write(HEAD + row() + row(subject="P2"), "x.maf"), tested=SubjectList(path="tested.csv"))
    assert known(found) == ["P1", "P9"]
    assert found.quarantine.select("line", "field", "value", "reason").rows() == [
        (3, "Tumor_Sample_Barcode", "***", "the subject is not among the tested")
    ]
    assert found.notes == (
        "2 subjects were sequenced, 1 of them without a variant that counts",
        "Rows of the list of sequenced subjects that name no subject: 1",
    )


@pytest.mark.parametrize(("name", "text", "column"), [("p.txt", "TP53\nKRAS\n\n", None), ("p.csv", "g\nTP53\n", "g")])
def test_genes_of_the_panel_are_a_plain_list_or_a_column(write, name, text, column):
    write(text, name)
    found = read(write(HEAD + row() + row(gene="EGFR"), "x.maf"), panel_genes=GeneList(path=name, column=column))
    assert found.quarantine.select("line", "field", "value", "reason").rows() == [
        (3, "Hugo_Symbol", "EGFR", "the gene is none of the panel")
    ]
    assert variants(found) == [("P1", "TP53", True, True)]


# --- rows that cannot be used -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "field", "value", "reason"),
    [
        (row(subject=""), "Tumor_Sample_Barcode", None, "the subject is missing"),
        (row(kind=""), "Variant_Classification", None, "the class of the variant is missing"),
        (row(kind="Missense"), "Variant_Classification", "Missense", "the class of the variant is not known"),
        (row(gene=""), "Hugo_Symbol", None, "the gene is missing"),
        (row(gene="Unknown"), "Hugo_Symbol", None, "the gene is missing"),
        (row(), "(row)", None, "an earlier row has the same variant of the subject"),
    ],
)
def test_row_that_cannot_be_used_is_quarantined(write, bad, field, value, reason):
    found = read(write(HEAD + row() + bad + row(subject="P3"), "x.maf"))
    assert found.quarantine.select("line", "field", "value").rows() == [(3, field, value)]
    assert found.quarantine["reason"][0].startswith(reason)
    assert (found.rows_in, found.rows_used) == (3, 2)


@pytest.mark.parametrize("bad", [{"kind": "Odd"}, {"kind": ""}, {"gene": ""}])
def test_variant_that_cannot_be_judged_is_neither_altered_nor_wild_type(write, bad):
    found = read(write(HEAD + row() + row(**{"subject": "P2", "gene": "KRAS"} | bad), "x.maf"))
    gene = None if "gene" in bad else "KRAS"
    assert variants(found)[1] == ("P2", gene, None, None)
    assert "Variants that could not be judged: 1;" in found.notes[-1]
    assert known(found) == ["P1", "P2"]


CELLS = {
    "gene": ["TP53", "KRAS", "", "Unknown", "EGFR"],
    "subject": ["P1", "P2", "P3", ""],
    "kind": ["Missense_Mutation", "Silent", "Odd", ""],
    "at": ["1:1:A:T", "1:2:A:T"],
    "change": ["p.R175H", "", "p.?"],
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(
    st.lists(st.tuples(*(st.sampled_from(cells) for cells in CELLS.values())), max_size=30),
    st.booleans(),
    st.booleans(),
)
def test_every_row_is_used_quarantined_or_excluded_and_only_once(write, rows, listed, panel):
    write("subject_id\nP1\nP2\n", "tested.csv")
    write("TP53\nKRAS\n", "panel.txt")
    path = write(HEAD + row() + "".join(row(**dict(zip(CELLS, cells, strict=True))) for cells in rows), "x.maf")
    found = read(
        path,
        tested=SubjectList(path="tested.csv") if listed else None,
        panel_genes=GeneList(path="panel.txt") if panel else None,
    )
    assert found.rows_in == len(rows) + 1
    assert found.rows_in == found.rows_used + found.quarantine.height + sum(found.excluded.values())
    # the same, counted row by row
    seen, used = set(), 0
    for gene, subject, kind, at, _ in [("TP53", "P1", "Missense_Mutation", "17:7578406:C:T", ""), *rows]:
        fine = subject and kind == "Missense_Mutation" and gene not in ("", "Unknown")
        fine = fine and (not panel or gene != "EGFR") and (not listed or subject != "P3")
        used += bool(fine) and (gene, subject, at) not in seen
        seen |= {(gene, subject, at)} if fine else set()
    assert found.rows_used == used
    assert found.content.filter(pl.col("altered"))["gene"].null_count() == 0
    assert found.content["subject_id"].null_count() == 0


# --- broken files -----------------------------------------------------------------------------------------------------

GOOD = HEAD + row() + row(subject="P2", gene="KRAS")


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("x.maf.gz", gzip.compress(GOOD.encode() * 50)[:100], DataError, "cut short"),
        ("x.maf", GOOD[:-30].encode(), SchemaError, "line 3: the row has"),
        ("x.maf", GOOD.replace("TP53", "MÜLLER").encode("latin-1"), DataError, "line 2: the file is not UTF-8"),
        ("x.maf", GOOD.encode("utf-16"), DataError, "not UTF-8"),
        ("x.maf", b"", DataError, "is empty"),
        ("x.maf", b"#version 2.4\n", DataError, "holds comments and no header"),
        ("x.maf", b"#version 2.4\n" + HEAD.encode(), DataError, "holds a header and no rows"),
        ("x.maf", GOOD.replace("Hugo_Symbol", "Gene").encode(), SchemaError, "no column 'Hugo_Symbol'"),
        ("x.maf", GOOD.replace("Start_Position", "Start_position").encode(), SchemaError, "no column 'Start_Position'"),
        (
            "x.maf",
            GOOD.replace("HGVSp_Short", "Hugo_Symbol").encode(),
            SchemaError,
            "names columns 1 and 8 alike",
        ),
        ("x.maf", GOOD.replace("\t", ",").encode(), SchemaError, "no tabs but commas"),
        ("x.maf", GOOD.replace("KRAS", "2-Sep").encode(), SchemaError, "line 3: a spreadsheet turned the gene"),
        ("x.maf", GOOD.replace("P2", " P1").encode(), SchemaError, "the id has blanks"),
        ("x.maf", GOOD.replace("P2", "p1").encode(), SchemaError, "lines 2, 3: subjects that are equal but for"),
        ("x.maf", GOOD.replace("KRAS", "tp53").encode(), SchemaError, "lines 2, 3: genes that are equal but for"),
        ("x.maf", GOOD.replace("Missense_Mutation", "Silent").encode(), DataError, "none of its 2 rows is a variant"),
        (
            "x.maf",
            GOOD.replace("Missense_Mutation", "missense").encode(),
            DataError,
            "class of the variant is not known",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_broken_file_is_refused_in_words(write, name, content, error, words):
    path = write(b"", name)
    path.write_bytes(content)
    with pytest.raises(error, match=words) as caught:
        read(path)
    assert caught.value.message.startswith("x.maf")


def test_parquet_with_numbers_for_ids_is_refused(tmp_path):
    frame = pl.read_csv(GOOD.encode(), separator="\t").with_columns(Tumor_Sample_Barcode=pl.Series([1.0, 2.0]))
    frame.write_parquet(tmp_path / "x.parquet")
    with pytest.raises(SchemaError, match="floating-point"):
        read(tmp_path / "x.parquet")


def test_column_of_the_list_of_tested_that_is_not_there(write):
    write("subject\nP1\n", "tested.csv")
    with pytest.raises(SchemaError, match="no column 'subject_id'") as caught:
        read(write(GOOD, "x.maf"), tested=SubjectList(path="tested.csv"))
    assert caught.value.hint == "Did you mean 'subject'?"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("subject_id\nQ1\nQ2\n", AlignmentError, "none of its subjects is among the 2"),
        ("subject_id\np1\nP2\n", SchemaError, "subjects that are equal but for upper and lower case"),
        ("subject_id\nP1 \n", SchemaError, "the id has blanks"),
        ("subject_id,x\n,1\n", DataError, "names no subject"),
    ],
)
def test_list_of_tested_that_does_not_fit_the_variants(write, text, error, words):
    write(text, "tested.csv")
    with pytest.raises(error, match=words):
        read(write(GOOD, "x.maf"), tested=SubjectList(path="tested.csv"))


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"tp53\n", SchemaError, "genes that are equal but for upper and lower case"),
        (b"\n\n", DataError, "is empty"),
        (b"NA\n", DataError, "names no gene"),
        ("MÜLLER".encode("latin-1"), DataError, "line 1: not UTF-8"),
        (b"EGFR\n", DataError, "the gene is none of the panel"),
    ],
)
def test_panel_that_does_not_fit_the_variants(write, content, error, words):
    write(content, "panel.txt")
    with pytest.raises(error, match=words):
        read(write(GOOD, "x.maf"), panel_genes=GeneList(path="panel.txt"))


@pytest.mark.parametrize("key", ["keep", "exclude", "burden_classes"])
def test_misspelt_class_of_the_settings_names_the_nearest(write, key):
    with pytest.raises(SchemaError, match=f"`{key}` names the class 'Missense_Mutatoin'") as caught:
        read(write(GOOD, "x.maf"), **{key: ("Missense_Mutatoin",)})
    assert caught.value.hint == "Did you mean 'Missense_Mutation'?"


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"keep": ()}, "no class is named"),
        ({"keep": ("a",), "exclude": ("a",)}, "'a' is also among the classes that count"),
        ({"several": ";"}, "without `protein_change`"),
        ({"several": "", "protein_change": "x"}, "several: empty"),
    ],
)
def test_settings_that_mean_nothing(given_, words):
    with pytest.raises(ConfigError, match=words):
        MafSettings(path="x.maf", **given_)


def test_subject_is_never_shown(write):
    text = HEAD + row() + "".join(row(subject=f"SECRET{i}", kind=kind) for i, kind in enumerate(["Odd", "", "Odd"]))
    found = read(write(text, "x.maf"))
    assert found.quarantine.height == 3
    assert "SECRET" not in found.quarantine.write_csv() + "".join(found.notes)
    for broken in (text.replace("SECRET0", "SECRET0 "), text.replace("SECRET0", "secret1")):
        with pytest.raises(BiomarkerError) as caught:
            read(write(broken, "x.maf"))
        assert "secret" not in (caught.value.message + caught.value.hint).lower()
