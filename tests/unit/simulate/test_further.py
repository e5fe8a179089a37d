"""Further modalities of a simulated trial: read by the sources they are meant for, and changing nothing else."""

import numpy as np
import polars as pl
import pytest

from biomarker.ingest.assay_image import AssayImageSettings, WellTable, read_assay_image
from biomarker.ingest.copy_number import CopyNumberSettings, GenePlaces, read_copy_number
from biomarker.ingest.maxquant import MaxquantSettings, read_maxquant
from biomarker.ingest.single_cell import SingleCellSettings, read_single_cell
from biomarker.ingest.vcf import VcfSettings, read_vcf
from biomarker.simulate.further import FURTHER
from biomarker.simulate.panel import PANEL
from biomarker.simulate.trial import FILES, TrialSettings, write_trial

SIZES = {"subjects": 60, "genes": 60, "noncentrality": 1.0, "noncentrality_pairs": 1.0}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    plain, further, again = (tmp_path_factory.mktemp(name) for name in ("plain", "further", "again"))
    write_trial(plain, TrialSettings(**SIZES), seed=5)
    for folder in (further, again):
        write_trial(folder, TrialSettings(**SIZES, further=tuple(FURTHER)), seed=5)
    return plain, further, again


def test_further_files_are_those_named_and_change_no_other(folders):
    plain, further, again = folders
    named = {file for files in FURTHER.values() for file in files}
    assert {path.name for path in further.iterdir()} == {*FILES, *named}
    assert all((plain / name).read_bytes() == (further / name).read_bytes() for name in FILES if name != "truth.json")
    assert all((further / name).read_bytes() == (again / name).read_bytes() for name in named)


def subjects(folder):
    return set(pl.read_csv(folder / "subjects.csv")["subject_id"])


def test_cells_become_features_of_every_subject(folders):
    found = read_single_cell(SingleCellSettings(path="cells.h5ad"), base=folders[1])
    assert set(found.content.subject_ids) == subjects(folders[1])
    assert 0 < found.quarantine.height < 0.03 * found.rows_in
    assert found.content.features["cell_type"].n_unique() == 5


def test_protein_groups_have_decoys_and_values_that_are_missing_where_low(folders):
    found = read_maxquant(MaxquantSettings(path="proteinGroups.txt.gz"), base=folders[1])
    assert set(found.content.subject_ids) == subjects(folders[1])
    assert sum(found.excluded.values()) > 0
    values = found.content.values
    share = np.isnan(values).mean(axis=0)
    seen = share < 1
    low = np.nanmean(values[:, seen], axis=0)
    assert np.corrcoef(low, share[seen])[0, 1] < -0.5


def test_plates_become_a_concentration_of_nearly_every_subject(folders):
    given = AssayImageSettings(path="plates.tif", wells=WellTable(path="wells.csv"), unit="pg/mL")
    found = read_assay_image(given, base=folders[1])
    assert set(found.content.subject_ids) <= subjects(folders[1])
    assert len(found.content.subject_ids) > 45
    assert found.quarantine.is_empty()


def test_segments_cover_the_genes_of_the_panel(folders):
    given = CopyNumberSettings(
        path="segments.csv.gz", layout="segments", values="log2_ratio", genes=GenePlaces(path="gene_places.csv")
    )
    found = read_copy_number(given, base=folders[1])
    assert found.quarantine.is_empty()
    of_genes = found.content.drop_nulls("gene")
    assert of_genes.height == 60 * len(PANEL)
    assert 0.05 < (of_genes["value"].abs() > 0.3).mean() < 0.3


def test_calls_are_the_variants_of_the_maf_and_those_that_failed_a_filter(folders):
    found = read_vcf(VcfSettings(path="mutations.vcf.gz"), base=folders[1])
    sequenced = set(pl.read_csv(folders[1] / "sequenced.csv")["subject_id"])
    assert set(found.content["subject_id"]) == sequenced
    assert found.quarantine.is_empty()
    maf = pl.read_csv(folders[1] / "mutations.maf.gz", separator="\t", comment_prefix="#")
    altering = maf.filter(pl.col("Variant_Classification") != "Silent").select("Tumor_Sample_Barcode", "Hugo_Symbol")
    altered = found.content.filter("altered").select("subject_id", "gene")
    assert set(altered.rows()) == set(altering.rows())
    assert found.excluded["FILTER is lowqual"] > 0
