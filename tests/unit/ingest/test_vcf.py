"""Variants in VCF: consequences, filters, alleles, genotypes, whose samples, and every record that is of no use."""

import gzip

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biomarker.errors import BiomarkerError, ConfigError, DataError, SchemaError
from biomarker.features.maf import MafFeatures, build_maf
from biomarker.ingest.assayed import GeneList, SubjectList
from biomarker.ingest.maf import MafSettings, read_maf
from biomarker.ingest.variants import RECORDS, Pathways
from biomarker.ingest.vcf import SampleNames, VcfSettings, read_vcf
from biomarker.ingest.vcf_files import stem
from biomarker.simulate.trial import TrialSettings, write_trial
from biomarker.simulate.variant_calls import vcf_text

VEP = (
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. Format: '
    'Allele|Consequence|IMPACT|SYMBOL|Gene|HGVSp|CANONICAL|ALLELE_NUM">\n'
)
SNPEFF = (
    "##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | Annotation | "
    "Annotation_Impact | Gene_Name | Gene_ID | Feature_Type | Feature_ID | Transcript_BioType | Rank | HGVS.c | "
    "HGVS.p'\">\n"
)
HEAD = (
    "##fileformat=VCFv4.2\n" + VEP + '##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n'
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="g">\n##FILTER=<ID=q10,Description="q">\n##contig=<ID=1>\n'
)
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"


def said(allele="T", terms="missense_variant", gene="TP53", change="p.R175H", canonical="", number="") -> str:
    return f"{allele}|{terms}|MODERATE|{gene}|ENSG1|{change}|{canonical}|{number}"


def record(*calls, at=10, ref="C", alt="T", flag="PASS", csq=None, info=None, fields="GT") -> str:
    info = info or f"DP=9;CSQ={','.join(csq or [said()])}"
    return "\t".join(["1", str(at), ".", ref, alt, ".", flag, info, *([fields, *calls] if calls else [])]) + "\n"


def text(*records, samples=("P1", "P2"), head=HEAD) -> str:
    return head + "\t".join([COLUMNS, *samples]) + "\n" + "".join(records)


def read(path, **given_):
    return read_vcf(VcfSettings(path=path.name, **given_), base=path.parent)


def judged(found) -> list[tuple]:
    """Subject, gene and whether it is altered, of the rows with a gene or without a judgement."""
    some = found.content.filter(pl.col("gene").is_not_null() | pl.col("altered").is_null())
    return some.select("subject_id", "gene", "altered").rows()


def left(found) -> list[tuple]:
    return found.quarantine.select("line", "field", "reason").rows()


# --- consequences -----------------------------------------------------------------------------------------------------


def test_carriers_have_the_variant_and_everyone_with_a_column_was_sequenced(write):
    found = read(write(text(record("0/1", "0/0")), "x.vcf"))
    assert dict(found.content.schema) == RECORDS
    assert judged(found) == [("P1", "TP53", True)]
    assert found.content.filter(pl.col("gene").is_null())["subject_id"].to_list() == ["P1", "P2"]
    assert found.notes == ("2 subjects were sequenced, 1 of them without a variant that counts",)


@pytest.mark.parametrize(
    ("terms", "ref", "alt", "expected"),
    [
        ("frameshift_variant", "CA", "C", "Frame_Shift_Del"),
        ("frameshift_variant&splice_region_variant", "C", "CAT", "Frame_Shift_Ins"),
        ("inframe_deletion", "CAAA", "C", "In_Frame_Del"),
        ("stop_gained&frameshift_variant", "C", "T", "Nonsense_Mutation"),
        ("splice_region_variant&splice_donor_variant", "C", "T", "Splice_Site"),
        ("start_lost", "C", "T", "Translation_Start_Site"),
        ("stop_lost", "C", "T", "Nonstop_Mutation"),
        ("protein_altering_variant", "CAAA", "C", "In_Frame_Del"),
        ("coding_sequence_variant", "C", "T", "Missense_Mutation"),
    ],
)
def test_the_most_severe_term_gives_the_class(write, terms, ref, alt, expected):
    found = read(write(text(record("0/1", "0/0", ref=ref, alt=alt, csq=[said(alt[1:] or alt, terms)])), "x.vcf"))
    assert found.content.drop_nulls("gene")["classification"].to_list() == [expected]


def test_a_gene_is_altered_where_any_of_its_transcripts_is(write):
    csq = [said(terms="intron_variant", canonical="YES", change=""), said(), said(gene="WRAP53")]
    path = write(text(record("0/1", "0/0", csq=csq)), "x.vcf")
    assert judged(read(path)) == [("P1", "TP53", True), ("P1", "WRAP53", True)]
    with pytest.raises(DataError, match="class Intron does not count"):
        read(path, transcripts="canonical")


def test_both_genes_of_a_variant_are_altered_and_the_burden_counts_it_once(write):
    found = read(write(text(record("0/1", "0/0", csq=[said(), said(gene="WRAP53")])), "x.vcf"))
    built = build_maf(found.content, MafFeatures(), subjects=pl.DataFrame({"subject_id": ["P1", "P2"]}))
    assert built.values.features["feature_id"].to_list() == ["TP53", "WRAP53", "n_variants"]
    assert built.values.values.tolist() == [[1, 1, 1], [0, 0, 0]]


def test_snpeff_is_read_like_vep(write):
    ann = "T|missense_variant|MODERATE|TP53|TP53|transcript|NM_1|protein_coding|5/11|c.524G>A|p.Arg175His"
    path = write(text(record("0/1", "0/0", info=f"ANN={ann}"), head=HEAD.replace(VEP, SNPEFF)), "x.vcf")
    found = read(path)
    built = build_maf(
        found.content, MafFeatures(hotspots=("TP53 p.R175H",)), subjects=pl.DataFrame({"subject_id": ["P2", "P1"]})
    )
    assert built.values.values[:, :2].tolist() == [[0, 0], [1, 1]]


def test_classes_that_do_not_count_are_excluded_by_class(write):
    rows = [
        record("0/1", "0/1", at=k, csq=[said(terms=t)]) for k, t in enumerate(["synonymous_variant", "intron_variant"])
    ]
    found = read(write(text(record("0/1", "0/0", at=90), *rows), "x.vcf"))
    assert found.excluded == {"class Silent does not count": 1, "class Intron does not count": 1}
    assert (found.rows_in, found.rows_used) == (3, 1)


def test_genes_outside_the_panel_are_excluded_and_those_beside_them_stay(write):
    write("TP53\n", "p.txt")
    rows = [record("0/1", "0/0", csq=[said(), said(gene="WRAP53")]), record("0/1", "0/0", at=11, csq=[said(gene="X")])]
    found = read(write(text(*rows), "x.vcf"), panel_genes=GeneList(path="p.txt"))
    assert judged(found) == [("P1", "TP53", True)]
    assert found.excluded == {"the gene is none of the panel": 1}


# --- alleles, filters, genotypes --------------------------------------------------------------------------------------


def test_alleles_of_one_record_are_told_apart(write):
    csq = [said("T"), said("G", "stop_gained", "TP53", "p.R175*")]
    found = read(write(text(record("0/1", "1/2", alt="T,G", csq=csq)), "x.vcf"))
    rows = found.content.drop_nulls("gene").select("subject_id", "classification", "variant").rows()
    assert [row[:2] for row in rows] == [
        ("P1", "Missense_Mutation"), ("P2", "Missense_Mutation"), ("P2", "Nonsense_Mutation")
    ]  # fmt: skip
    assert rows[0][2] == rows[1][2] != rows[2][2]


def test_an_allele_that_shares_its_first_base_with_the_reference_is_known_without_it(write):
    csq = [said("-", "frameshift_variant"), said("AT", "inframe_insertion", "KRAS")]
    found = read(
        write(
            text(record("0/1", "0/2", ref="CA", alt="C,CAT", csq=[csq[0], said("AT", "inframe_insertion", "KRAS")])),
            "x.vcf",
        )
    )
    assert judged(found) == [("P1", "TP53", True), ("P2", "KRAS", True)]


def test_the_number_of_an_allele_goes_before_its_letters(write):
    csq = [said("x", number="2"), said("y", "synonymous_variant", number="1")]
    found = read(write(text(record("0/1", "0/2", alt="T,G", csq=csq)), "x.vcf"))
    assert judged(found) == [("P2", "TP53", True)]


def test_a_deletion_that_began_before_and_the_rest_of_gvcf_are_no_changes(write):
    rows = [
        record("0/1", "1/2", alt="T,*"),
        record("0/0", "0/0", at=11, alt="<NON_REF>"),
        record("0/0", "0/0", at=12, alt="."),
    ]
    found = read(write(text(*rows), "x.vcf"))
    assert judged(found) == [("P1", "TP53", True), ("P2", "TP53", True)]
    assert found.excluded == {"no alternative allele": 2}


def test_filters_are_the_studys(write):
    rows = [record("0/1", "0/0", flag=flag, at=k) for k, flag in enumerate(["PASS", ".", "q10", "q10;s50"])]
    path = write(text(*rows), "x.vcf")
    assert read(path).excluded == {"FILTER is q10": 1, "FILTER is q10;s50": 1}
    assert read(path, filters=("PASS",)).rows_used == 1
    assert read(path, filters=("PASS", "q10")).excluded == {"FILTER is .": 1, "FILTER is q10;s50": 1}


@pytest.mark.parametrize(
    ("call", "carries"), [("0/1", True), ("1|0", True), ("1", True), ("0/0", False), ("./1", True)]
)
def test_genotypes_phased_or_not_of_one_copy_or_two(write, call, carries):
    found = read(write(text(record(call, "1/1")), "x.vcf"))
    assert (("P1", "TP53", True) in judged(found)) == carries


@pytest.mark.parametrize("call", ["./.", ".", "./0", ".|."])
def test_a_genotype_that_was_not_called_makes_gene_and_burden_missing_unless_the_study_says_otherwise(write, call):
    path, everyone = (
        write(text(record("0/1", call), record("0/1", "0/1", at=20, csq=[said(gene="KRAS")])), "x.vcf"),
        pl.DataFrame({"subject_id": ["P1", "P2"]}),
    )
    built = build_maf(read(path).content, MafFeatures(), subjects=everyone)
    np.testing.assert_equal(built.values.values, [[1, 1, 2], [1, np.nan, np.nan]])
    found = read(path, no_call="wild_type")
    np.testing.assert_equal(build_maf(found.content, MafFeatures(), subjects=everyone).values.values[1], [1, 0, 1])
    assert found.notes[1].endswith("1; taken as wild type (no_call: wild_type)")


def test_allele_fractions_come_from_reads_or_as_they_are(write):
    path = write(text(record("0/1:30,10", "1/1:0,7", fields="GT:AD")), "x.vcf")
    assert read(path, allele_fraction="AD").content["fraction"].drop_nulls().to_list() == [0.25, 1.0]
    path = write(text(record("0/1:0.25", "0/1:.", fields="GT:AF")), "y.vcf")
    assert read(path, allele_fraction="AF").content["fraction"].to_list() == [0.25, None, None, None]


def test_fractions_and_sets_become_features(write):
    write("Guards\tx\tTP53\tATM\nOther\tx\tKRAS\n", "sets.gmt")
    rows = [record("0/1:30,10", "0/0:9,0", "./.:0,0", fields="GT:AD")]
    found = read(
        write(text(*rows, samples=("P1", "P2", "P3")), "x.vcf"),
        allele_fraction="AD",
        pathways=Pathways(path="sets.gmt"),
    )
    built = build_maf(found.content, MafFeatures(), subjects=pl.DataFrame({"subject_id": ["P1", "P2", "P3"]}))
    assert built.values.features["feature_id"].to_list() == ["TP53", "set Guards", "TP53.fraction", "n_variants"]
    np.testing.assert_equal(built.values.values, [[1, 1, 0.25, 1], [0, 0, 0, 0], [np.nan] * 4])


# --- whose samples ----------------------------------------------------------------------------------------------------


def test_a_folder_holds_a_file_a_subject_named_by_column_or_by_file(write, tmp_path):
    (tmp_path / "calls").mkdir()
    for name, call in (("P1", "0/1"), ("P2", "0/0"), ("P3", "0/1")):
        body = text(record("0/0", call), samples=("NORMAL", "TUMOR"))
        (tmp_path / "calls" / f"{name}.vcf.gz").write_bytes(gzip.compress(body.encode()))
    found = read(tmp_path / "calls", names="files", column="TUMOR")
    assert judged(found) == [("P1", "TP53", True), ("P3", "TP53", True)]
    assert (found.rows_in, found.excluded) == (3, {"none of the samples carries it": 1})
    assert found.content.drop_nulls("gene")["variant"].n_unique() == 1
    with pytest.raises(ConfigError, match="has 2 samples, and `names: files` names one"):
        read(tmp_path / "calls", names="files")
    with pytest.raises(SchemaError, match="several samples are of one subject"):
        read(tmp_path / "calls")


def test_a_file_without_samples_is_a_subject_that_carries_what_it_lists(write, tmp_path):
    (tmp_path / "calls").mkdir()
    body = text(record(), head=HEAD, samples=()).replace("\tFORMAT", "")
    (tmp_path / "calls" / "P7.vcf").write_text(body)
    assert judged(read(tmp_path / "calls", names="files")) == [("P7", "TP53", True)]
    with pytest.raises(SchemaError, match="has no samples"):
        read(tmp_path / "calls")


def test_a_sample_without_genotypes_carries_what_its_file_lists(write):
    found = read(write(text(record("9", fields="DP"), samples=("P1",)), "x.vcf"))
    assert judged(found) == [("P1", "TP53", True)]


def test_samples_are_given_to_subjects_by_a_table_and_the_others_are_left_out(write):
    write("sample,subject_id\nP2,S-2\nelse,S-9\n", "map.csv")
    found = read(write(text(record("0/1", "0/1")), "x.vcf"), samples=SampleNames(path="map.csv"))
    assert judged(found) == [("S-2", "TP53", True)]
    assert found.notes[1] == "Samples that `samples` does not name, left out: 1"


@pytest.mark.parametrize("samples", [("P1", "p1"), ("P1", " P1")])
def test_two_spellings_of_a_subject_are_refused(write, samples):
    with pytest.raises(SchemaError, match="equal but for upper and lower case or blanks"):
        read(write(text(record("0/1", "0/1"), samples=samples), "x.vcf"))


# --- what is of no use ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        (record("0/1", "0/0", at="ten"), "POS", "the position is no whole number"),
        (record("0/1", "0/0", ref="Q"), "REF", "the reference is not in bases"),
        (record("0/1", "0/0", alt="T1"), "ALT", "an allele is not in bases"),
        (record("0/1", "0/0", info="DP=3"), "INFO", "the record has no consequences"),
        (record("0/1", "0/0", csq=[said(terms="bad_luck")]), "INFO", "a consequence is not known"),
        (record("0/1", "0/0", csq=[said(gene="").replace("ENSG1", "")]), "INFO", "the gene is missing"),
        (
            record("0/2", "0/0"),
            "samples",
            "a genotype cannot be read, or names an allele that the record does not have",
        ),
        (
            record("0/x", "0/0"),
            "samples",
            "a genotype cannot be read, or names an allele that the record does not have",
        ),
        (record("0/1", "0/0", alt="T,G", csq=[said("A")]), "INFO", "a consequence belongs to none of its alleles"),
    ],
)
def test_a_record_at_fault_is_quarantined_and_its_carriers_are_not_taken_for_wild_type(write, bad, field, reason):
    good = [record("0/1", "0/1", at=500, csq=[said(gene="KRAS")])]
    found = read(write(text(bad, *good), "x.vcf"))
    assert left(found) == [(8, field, reason)]
    assert (found.rows_in, found.rows_used) == (2, 1)
    assert ("P1", True) not in [(s, a) for s, g, a in judged(found) if g != "KRAS"]
    if field != "samples":
        assert [a for s, g, a in judged(found) if s == "P1" and g != "KRAS"] == [None]


def test_a_record_without_consequences_is_at_fault_whichever_transcripts_count(write):
    rows = [record("0/1", "0/0", info="DP=3"), record("0/1", "0/0", at=11, csq=[said(canonical="YES")])]
    found = read(write(text(*rows), "x.vcf"), transcripts="canonical")
    assert left(found) == [(8, "INFO", "the record has no consequences")]


def test_the_same_allele_of_a_subject_once_more_is_quarantined_and_of_another_subject_is_not(write):
    rows = [record("0/1", "0/0"), record("0/0", "0/1"), record("0/1", "0/0")]
    found = read(write(text(*rows), "x.vcf"))
    assert left(found) == [(10, "(row)", "a subject has the allele in an earlier record")]
    assert [row for row in judged(found) if row[2]] == [("P1", "TP53", True), ("P2", "TP53", True)]


def test_fractions_that_cannot_be_read_are_quarantined(write):
    rows = [record("0/1:3,x", "0/0:1,1", fields="GT:AD"), record("0/1:3,1", "0/0:1,1", fields="GT:AD", at=11)]
    assert left(read(write(text(*rows), "x.vcf"), allele_fraction="AD")) == [
        (8, "samples", "an allele fraction cannot be read")
    ]


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        ("", DataError, "is empty"),
        ("a,b\n1,2\n", DataError, "is no VCF"),
        (HEAD, DataError, "has no line of column names"),
        (text(), DataError, "none of its records is of use: there are none"),
        (text(record("0/1", "0/0"))[:-4], DataError, "its last line does not end"),
        (text(record("0/1", "0/0") + "\n" + record("0/1", "0/0")), SchemaError, "line 9: the row is blank"),
        (text(record("0/1", "0/0"), samples=("P1", "P1")), SchemaError, "columns 10 and 11 alike"),
        (text(record("0/1", "0/0"), head=HEAD.replace(VEP, "")), SchemaError, "declares no consequences"),
        (text(record("0/1", "0/0"), head=HEAD.replace("SYMBOL|Gene|", "")), SchemaError, "no fields for allele"),
        (text(record("0/1", "0/0")).replace("\tINFO", "\tINFOS"), SchemaError, "columns are not those of a VCF"),
        (text(record("0/1", "0/0")).replace("missense", "miss\xe9nse").encode("latin-1"), DataError, "not UTF-8"),
    ],
)  # fmt: skip
def test_files_that_are_no_vcf_are_refused_in_words(write, content, kind, message):
    path = write("", "x.vcf")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(kind, match=message):
        read(path)


@pytest.mark.parametrize(
    "bad", [{"keep": ("Missense",)}, {"keep": ()}, {"filters": ()}, {"column": "TUMOR"}, {"burden_classes": ("x",)}]
)
def test_settings_that_say_nothing_are_refused(bad):
    with pytest.raises(ConfigError):
        VcfSettings(path="x.vcf", **bad)


@pytest.mark.parametrize("name", ["a.vcf", "a.vcf.gz", "A.VCF.bgz", "a.bcf", "a.b.vcf"])
def test_the_stem_of_a_file_is_its_name_without_the_ending(tmp_path, name):
    assert stem(tmp_path / name) in ("a", "A", "a.b")


# --- beside other readers ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trial")
    given_ = TrialSettings(subjects=60, genes=60, noncentrality=1.0, noncentrality_pairs=1.0, further=("vcf",))
    write_trial(folder, given_, seed=5)
    return folder


def features(content, subjects):
    given_ = MafFeatures(hotspots=("all",), panel_size_mb=1.2)
    return build_maf(content, given_, subjects=pl.DataFrame({"subject_id": subjects})).values


def test_the_same_variants_as_maf_and_as_vcf_give_the_same_features(trial):
    maf = read_maf(
        MafSettings(
            path="mutations.maf.gz", protein_change="HGVSp_Short", tested=SubjectList(path="sequenced.csv"),
            allele_fraction=("t_alt_count", "t_depth"),
        ),
        base=trial,
    )  # fmt: skip
    vcf = read_vcf(VcfSettings(path="mutations.vcf.gz", allele_fraction="AD"), base=trial)
    assert vcf.quarantine.is_empty()
    assert vcf.excluded["FILTER is lowqual"] > 0
    subjects = pl.read_csv(trial / "subjects.csv")["subject_id"].to_list()
    one, other = features(maf.content, subjects), features(vcf.content, subjects)
    assert one.features.equals(other.features)
    assert one.subject_ids == other.subject_ids
    np.testing.assert_array_equal(one.values, other.values)
    assert one.features["kind"].value_counts(sort=True)["kind"].to_list() == ["hotspot", "gene", "fraction", "burden"]


def test_bgzip_and_bcf_as_another_library_writes_them_hold_the_same(trial, tmp_path):
    cyvcf2 = pytest.importorskip("cyvcf2")
    plain = tmp_path / "x.vcf"
    text_ = gzip.decompress((trial / "mutations.vcf.gz").read_bytes()).decode()
    contigs = "".join(f"##contig=<ID=chr{name}>\n" for name in [*range(1, 23), "X", "Y"])
    plain.write_text(text_.replace("##FILTER=<ID=PASS", contigs + "##FILTER=<ID=PASS", 1))
    expected = read(plain)
    for name, mode in (("y.vcf.gz", "wz"), ("y.bcf", "wb")):
        given_ = cyvcf2.VCF(str(plain))
        writer = cyvcf2.Writer(str(tmp_path / name), given_, mode)
        for variant in given_:
            writer.write_record(variant)
        writer.close()
        found = read(tmp_path / name)
        assert found.content.equals(expected.content)
        assert found.rows_in == expected.rows_in
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[:-28])
        with pytest.raises(DataError, match="is cut short"):
            read(tmp_path / name)


def test_carriers_are_those_that_another_library_finds(trial):
    cyvcf2 = pytest.importorskip("cyvcf2")
    given_ = cyvcf2.VCF(str(trial / "mutations.vcf.gz"))
    samples, expected = given_.samples, set()
    for variant in given_:
        if variant.FILTER is not None:
            continue
        genes = {entry.split("|")[0]: entry.split("|")[3] for entry in variant.INFO["CSQ"].split(",")}
        silent = {entry.split("|")[0] for entry in variant.INFO["CSQ"].split(",") if "synonymous" in entry}
        for sample, calls in zip(samples, variant.genotype.array(), strict=True):
            for number in {int(n) for n in calls[:-1] if n > 0}:
                alt = variant.ALT[number - 1]
                vep = alt if len(alt) == len(variant.REF) else alt[1:] or "-"
                if vep not in silent:
                    expected.add((sample, genes[vep], variant.POS))
    found = read_vcf(VcfSettings(path="mutations.vcf.gz"), base=trial)
    assert found.content.drop_nulls("gene").select("subject_id", "gene").n_unique() == len({e[:2] for e in expected})
    assert set(found.content.drop_nulls("gene").select("subject_id", "gene").rows()) == {e[:2] for e in expected}


@pytest.mark.study
def test_leukaemia_gives_the_same_features_from_its_maf_and_as_vcf(reference_data, tmp_path):
    base = reference_data / "maf_laml"
    maf = pl.read_csv(base / "tcga_laml.maf.gz", separator="\t", infer_schema=False)
    subjects = maf["Tumor_Sample_Barcode"].unique(maintain_order=True).to_list()
    plain = maf.select(
        "Hugo_Symbol", "Chromosome", pl.col("Start_Position").cast(int), "Reference_Allele", "Tumor_Seq_Allele2",
        "Variant_Classification", "Tumor_Sample_Barcode", HGVSp_Short="Protein_Change",
    )  # fmt: skip
    (tmp_path / "x.vcf").write_text(vcf_text(plain, subjects))
    vcf = read_vcf(VcfSettings(path="x.vcf"), base=tmp_path)
    given_ = MafSettings(path="tcga_laml.maf.gz", protein_change="Protein_Change")
    one = features(read_maf(given_, base=base).content, subjects)
    other = features(vcf.content, subjects)
    assert one.features.equals(other.features)
    np.testing.assert_array_equal(one.values, other.values)
    flt3 = one.values[:, one.features["feature_id"].to_list().index("FLT3")]
    assert int(flt3.sum()) == 52


# --- whatever stands in the file --------------------------------------------------------------------------------------

CALLS = st.sampled_from(["0/0", "0/1", "1/1", "./.", "1|0", ".", "2/0", "x"])
RECORD = st.builds(
    record,
    CALLS,
    CALLS,
    at=st.sampled_from([10, 11, 12, "x", -3]),
    ref=st.sampled_from(["C", "CA", "c", "N", "", "7"]),
    alt=st.sampled_from(["T", "T,G", "*", ".", "<DEL>", "CAT", ""]),
    flag=st.sampled_from(["PASS", ".", "q10", "", "PASS;q10"]),
    csq=st.lists(
        st.builds(said, st.sampled_from(["T", "G", "-", "AT", "deletion", ""]),
                  st.sampled_from(["missense_variant", "intron_variant", "stop_gained&x", ""]),
                  st.sampled_from(["TP53", "KRAS", "", "Unknown"])),
        min_size=1, max_size=3,
    ),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(RECORD, max_size=6))
def test_every_record_is_used_quarantined_or_excluded_and_only_once(write, records):
    path = write(text(*records), "x.vcf")
    try:
        found = read(path)
    except BiomarkerError as error:
        assert error.message  # noqa: PT017
        return
    assert found.rows_in == len(records)
    assert found.quarantine["line"].is_unique().all()
    of_subjects = found.content.filter(pl.col("gene").is_null() & ~pl.col("altered").fill_null(value=True))
    assert of_subjects["subject_id"].to_list() == ["P1", "P2"]


VALID = st.builds(
    record,
    st.sampled_from(["0/0", "0/1", "1/1", "1|0", "./."]),
    st.just("0/1"),
    ref=st.sampled_from(["A", "C", "G"]),
    csq=st.lists(st.builds(said, gene=st.sampled_from(["TP53", "KRAS"])), min_size=1, max_size=2),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(VALID, min_size=1, max_size=5))
def test_a_valid_file_loads_whatever_it_holds(write, records):
    placed = [one.replace("\t10\t", f"\t{k + 1}\t", 1) for k, one in enumerate(records)]
    found = read(write(text(*placed), "x.vcf"))
    assert (found.rows_in, found.rows_used, found.quarantine.height) == (len(records), len(records), 0)
