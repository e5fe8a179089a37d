"""Variants of two real studies: leukaemia as MAF, urothelial cancer as a table of calls."""

import numpy as np
import polars as pl
import pytest

from biomarker.features.maf import MafFeatures, build_maf
from biomarker.ingest.assayed import GeneList, SubjectList
from biomarker.ingest.maf import MafSettings, read_maf

pytestmark = pytest.mark.study

CALLS = {
    "path": "mutations.csv",
    "subject": "subject_id",
    "gene": "gene",
    "classification": "variant_class",
    "protein_change": "call",
    "several": ";",
    "keep": ("amplification", "deletion", "gain", "known_short", "likely_short"),
    "burden_classes": ("known_short", "likely_short"),
    "tested": SubjectList(path="mutations_tested_subjects.csv"),
    "panel_genes": GeneList(path="mutations_panel_genes.txt"),
}


def altered(built, feature) -> int:
    column = built.values.features["feature_id"].to_list().index(feature)
    return int(np.nansum(built.values.values[:, column]))


def test_leukaemia_has_the_known_number_of_samples_altered_in_each_gene(reference_data):
    base = reference_data / "maf_laml"
    annotated = pl.read_csv(base / "tcga_laml_annot.tsv", separator="\t")["Tumor_Sample_Barcode"]
    found = read_maf(MafSettings(path="tcga_laml.maf.gz", protein_change="Protein_Change"), base=base)
    built = build_maf(
        found.content,
        MafFeatures(hotspots=("IDH2 p.R140Q", "DNMT3A Arg882")),
        subjects=pl.DataFrame({"subject_id": annotated}),
    )
    known = {
        "FLT3": 52,
        "DNMT3A": 48,
        "NPM1": 33,
        "IDH2": 20,
        "IDH1": 18,
        "TET2": 17,
        "RUNX1": 16,
        "NRAS": 15,
        "TP53": 15,
        "CEBPA": 13,
    }
    assert {gene: altered(built, gene) for gene in known} == known
    assert (found.rows_in, found.rows_used) == (2207, 1732)
    assert found.excluded["class Silent does not count"] == 449
    assert built.matching.excluded == {"not known to have been sequenced": 7}
    # counted with grep in the file
    assert (altered(built, "IDH2 p.R140Q"), altered(built, "DNMT3A p.R882")) == (16, 27)


def test_calls_of_a_panel_give_the_known_number_of_mutated_subjects(reference_data):
    found = read_maf(MafSettings(**CALLS), base=reference_data / "imvigor210")
    clinical = pl.read_csv(reference_data / "imvigor210" / "clinical.csv").select("subject_id")
    built = build_maf(found.content, MafFeatures(hotspots=("FGFR3 p.S249C",)), subjects=clinical)
    known = {"TERT": 177, "TP53": 140, "ARID1A": 62, "FGFR3": 52, "CDKN2A": 51, "RB1": 43}
    assert {gene: altered(built, gene) for gene in known} == known
    assert built.matching.used == 274
    assert found.quarantine["reason"].value_counts().rows() == [("the subject is missing", 113)]
    assert (found.rows_in, found.rows_used) == (1760, 1647)


def test_ten_tested_subjects_without_a_call_are_wild_type_and_not_missing(reference_data):
    found = read_maf(MafSettings(**CALLS), base=reference_data / "imvigor210")
    clinical = pl.read_csv(reference_data / "imvigor210" / "clinical.csv").select("subject_id")
    built = build_maf(found.content, MafFeatures(), subjects=clinical)
    genes = built.values.values[:, :-1]
    assert int((genes.sum(axis=1) == 0).sum()) == 10
    assert not np.isnan(built.values.values).any()
