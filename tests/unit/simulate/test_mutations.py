"""The mutation table is a MAF as sequencing centres write it, with silent variants and hotspots."""

import polars as pl
import pytest


@pytest.fixture(scope="module")
def large(simulated):
    """A trial of many subjects in whom nothing acts."""
    return simulated(7, subjects=3000, genes=40, noncentrality=0.0, noncentrality_pairs=0.0)


def _share(trial, rows: pl.DataFrame) -> float:
    return rows["Tumor_Sample_Barcode"].n_unique() / trial.sequenced.height


def test_only_the_sequenced_have_variants_and_some_of_them_none(large):
    tested, found = set(large.sequenced["subject_id"]), set(large.mutations["Tumor_Sample_Barcode"])
    assert found < tested < set(large.subjects["subject_id"])
    assert len(tested) == large.truth["counts"]["sequenced"] == 2820


def test_silent_variants_are_about_a_fifth_and_stand_in_the_planted_gene_too(large):
    silent = large.mutations["Variant_Classification"] == "Silent"
    assert 0.15 < silent.mean() < 0.25
    assert (large.mutations.filter(silent)["Hugo_Symbol"] == "STK11").sum() > 0


def test_the_planted_gene_is_altered_in_22_percent_and_has_no_hotspot(large):
    altered = large.mutations.filter(pl.col("Hugo_Symbol") == "STK11", pl.col("Variant_Classification") != "Silent")
    # exact among all randomised; the binomial error of 2,820 sequenced is 0.8 points
    assert _share(large, altered) == pytest.approx(0.22, abs=0.01)
    assert altered["Tumor_Sample_Barcode"].is_unique().all()
    assert altered["HGVSp_Short"].value_counts()["count"].max() < 12


def test_hotspots_are_recurrent_and_their_dna_change_is_always_the_same(large):
    rows = large.mutations.filter(pl.col("Hugo_Symbol") == "BRAF", pl.col("HGVSp_Short") == "p.V600E")
    assert _share(large, rows) == pytest.approx(0.036, abs=0.012)
    assert rows.select("Start_Position", "Reference_Allele", "Tumor_Seq_Allele2").n_unique() == 1


def test_no_change_of_dna_stands_twice_in_a_subject(large):
    columns = ["Tumor_Sample_Barcode", "Chromosome", "Start_Position", "Reference_Allele", "Tumor_Seq_Allele2"]
    assert large.mutations.select(columns).is_unique().all()


def test_alleles_fit_the_type_of_variant(large):
    for kind, reference, alternative in (("DEL", False, True), ("INS", True, False), ("SNP", False, False)):
        rows = large.mutations.filter(pl.col("Variant_Type") == kind)
        assert ((rows["Reference_Allele"] == "-") == reference).all()
        assert ((rows["Tumor_Seq_Allele2"] == "-") == alternative).all()
        assert (rows["End_Position"] - rows["Start_Position"] == (kind == "INS")).all()
    assert (large.mutations["Reference_Allele"] != large.mutations["Tumor_Seq_Allele2"]).all()
    assert (large.mutations["t_alt_count"] <= large.mutations["t_depth"]).all()


def test_subjects_differ_in_their_burden_and_the_planted_gene_does_not_go_with_it(large):
    burden = pl.DataFrame({"subject_id": list(large.mutated("burden")), "burden": large.mutated("burden").values()})
    flag = pl.DataFrame({"subject_id": list(large.mutated("STK11")), "flag": large.mutated("STK11").values()})
    table = burden.join(flag, on="subject_id")
    assert table["burden"].std() > 1.3 * (table["burden"].mean() / 1.2) ** 0.5  # more than Poisson
    # the gene is one of the mutations counted: 0.41 of a spread of 6
    assert table.select(pl.corr("burden", "flag")).item() == pytest.approx(0.07, abs=0.06)
