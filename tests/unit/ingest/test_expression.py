"""Expression as GCT and .h5ad, genes of probes, and scores of gene sets."""

import gzip

import anndata
import numpy as np
import pandas as pd
import polars as pl
import pytest

from biomarker.errors import BiomarkerError
from biomarker.ingest.expression import ExpressionSettings, read_expression
from biomarker.ingest.gene_names import GeneMap
from biomarker.ingest.gene_sets import GeneSets, read_gmt, set_scores

GCT = "#1.2\n3\t2\nName\tDescription\ts1\ts2\nENSG01.4\tA\t1\t2\nENSG02.1\tna\t3\t4\nENSG03\tB\t5\t\n"


def read(path, **settings):
    given = {"scale": "log2", **settings}
    return read_expression(ExpressionSettings(path=path.name, **given), base=path.parent)


def h5ad(path, values, *, index=("s1", "s2"), var=("A", "B", "C"), obs=None, layers=None):
    table = pd.DataFrame(obs or {}, index=list(index))
    anndata.AnnData(np.asarray(values), obs=table, var=pd.DataFrame(index=list(var)), layers=layers).write_h5ad(path)
    return path


@pytest.mark.parametrize("name", ["e.gct", "e.gct.gz"])
def test_a_gct_file_is_read_without_its_descriptions(write, name):
    found = read(write(GCT, name))
    assert found.content.subject_ids == ("s1", "s2")
    assert found.content.features["feature_id"].to_list() == ["ENSG01.4", "ENSG02.1", "ENSG03"]
    assert np.array_equal(found.content.values, [[1, 3, 5], [2, 4, np.nan]], equal_nan=True)
    assert found.rows_in == found.rows_used == 3


def test_gct_1_3_without_annotation_of_samples_is_the_same(write):
    text = GCT.replace("#1.2\n3\t2", "#1.3\n3\t2\t1\t0")
    assert read(write(text, "e.gct")).content.values.shape == (2, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GCT.replace("#1.2\n", ""), "does not begin with #1.2"),
        (GCT.replace("3\t2\n", "4\t2\n", 1), "announces 4 genes of 2 samples and holds 3 of 2"),
        (GCT.replace("3\t2\n", "many\n", 1), "not two or four whole numbers"),
        ("#1.2\n3\t2", "cut short"),
        (GCT.replace("#1.2\n3\t2", "#1.3\n3\t2\t1\t2"), "2 lines of annotation of samples"),
        (GCT.replace("5\t\n", "high\t\n"), "line 6"),
        (GCT.replace("ENSG02.1", "2-Sep"), "spreadsheet"),
        (GCT.replace("s2", "s1"), "e.gct"),
    ],
)
def test_a_broken_gct_file_is_refused_in_words(write, text, words):
    with pytest.raises(BiomarkerError) as caught:
        read(write(text, "e.gct"))
    assert words in str(caught.value)


def test_an_h5ad_file_is_samples_by_genes_whatever_its_storage(tmp_path):

    values = np.array([[0.0, 2, 3], [4, 0, 6]])
    dense = read(h5ad(tmp_path / "a.h5ad", values))
    sparse = read(_sparse(tmp_path / "b.h5ad", values))
    for found in (dense, sparse):
        assert np.array_equal(found.content.values, values)
        assert found.content.features["feature_id"].to_list() == ["A", "B", "C"]
        assert found.content.subject_ids == ("s1", "s2")


def _sparse(path, values):
    from scipy.sparse import csr_matrix

    anndata.AnnData(
        csr_matrix(values), obs=pd.DataFrame(index=["s1", "s2"]), var=pd.DataFrame(index=["A", "B", "C"])
    ).write_h5ad(path)
    return path


def test_an_h5ad_file_has_layers_ids_and_choices(tmp_path):
    path = h5ad(
        tmp_path / "a.h5ad",
        np.ones((2, 3)),
        obs={"patient": ["P2", "P1"]},
        layers={"counts": np.array([[1, 2, 3], [4, 5, 6]])},
    )
    found = read(path, matrix="layers/counts", id="patient", scale="counts", exclude=("B",))
    assert found.content.subject_ids == ("P2", "P1")
    assert found.content.values.tolist() == [[1, 3], [4, 6]]


@pytest.mark.parametrize(
    ("change", "settings", "words"),
    [
        ({"values": [[-1, 0, 0], [0, 0, 0.0]]}, {"scale": "tpm"}, "negative"),
        ({"values": [[1.5, 0, 0], [0, 0, 0]]}, {"scale": "counts"}, "no whole number"),
        ({"values": [[900, 0, 0], [0, 0, 0.0]]}, {}, "too large for a logarithm"),
        ({"values": np.full((2, 3), np.nan)}, {}, "infinite or missing"),
        ({"index": ("s1", "S1")}, {}, "more than once"),
        ({"index": ("s1 ", "s2")}, {}, "blanks"),
        ({"var": ("A", "A", "B")}, {}, "a feature stands twice"),
        ({}, {"matrix": "layers/counts"}, "no matrix 'layers/counts'"),
        ({}, {"id": "patient"}, "obs has no column 'patient'"),
    ],
)
def test_a_broken_h5ad_file_is_refused_in_words(tmp_path, change, settings, words):
    given = {"values": np.zeros((2, 3)), **change}
    with pytest.raises(BiomarkerError) as caught:
        read(h5ad(tmp_path / "a.h5ad", **given), **settings)
    assert words in str(caught.value)


def test_what_is_no_hdf5_or_cut_short_is_refused(tmp_path):
    path = h5ad(tmp_path / "a.h5ad", np.zeros((2, 3)))
    data = path.read_bytes()
    for broken in (b"", b"a,b\n1,2\n", gzip.compress(data), data[: len(data) // 2], data[:64]):
        path.write_bytes(broken)
        with pytest.raises(BiomarkerError, match=r"a\.h5ad"):
            read(path)


# --- names ------------------------------------------------------------------------------------------------------------


def test_probes_of_one_gene_are_averaged_and_the_rest_is_counted(write):
    write("id,gene\nENSG01,X\nENSG02,X\n", "map.csv")
    found = read(write(GCT, "e.gct"), gene_map=GeneMap(path="map.csv", versions=True))
    assert found.content.features["feature_id"].to_list() == ["X"]
    assert found.content.values.ravel().tolist() == [2, 3]
    assert found.notes == (
        "2 features became 1 genes; several of one gene were averaged", "1 features are without a gene in the table",
    )  # fmt: skip


def test_counts_of_one_gene_are_summed_and_others_kept_where_asked(write):
    write("id,gene\nENSG01,X\nENSG02,X\n", "map.csv")
    text = GCT.replace("5\t\n", "5\t6\n")
    found = read(write(text, "e.gct"), scale="counts", gene_map=GeneMap(path="map.csv", versions=True, unmapped="keep"))
    assert found.content.features["feature_id"].to_list() == ["X", "ENSG03"]
    assert found.content.values.tolist() == [[4, 5], [6, 6]]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("id,gene\nENSG99,X\n", "a gene of none"),
        ("id,symbol\nENSG01,X\n", "no column 'gene'"),
        ("id,gene\na,X\na,Y\n", "two different"),
    ],
)
def test_a_table_of_genes_that_does_not_fit_is_refused(write, table, words):
    write(table, "map.csv")
    with pytest.raises(BiomarkerError, match=words):
        read(write(GCT, "e.gct"), gene_map=GeneMap(path="map.csv"))


# --- gene sets --------------------------------------------------------------------------------------------------------


def test_scores_are_those_of_decoupler():
    import decoupler

    draw = np.random.default_rng(1)
    values, genes = draw.normal(size=(12, 60)), [f"G{k}" for k in range(60)]
    sets = {"one": genes[:10], "two": genes[5:30]}
    members = np.array([[gene in listed for gene in genes] for listed in sets.values()])
    net = pd.DataFrame([(name, gene) for name, listed in sets.items() for gene in listed], columns=["source", "target"])
    frame = pd.DataFrame(values, columns=genes, index=[f"s{i}" for i in range(12)])
    score, _ = decoupler.mt.ulm(data=frame, net=net, tmin=2)
    assert set_scores(values, members) == pytest.approx(score[["one", "two"]].to_numpy(), rel=1e-4)


def test_a_missing_gene_is_left_out_of_one_subject_alone_and_others_do_not_matter():
    draw = np.random.default_rng(2)
    values, members = draw.normal(size=(5, 40)), (np.arange(40) < 8)[None, :]
    holed = values.copy()
    holed[2, 3] = np.nan
    scores = set_scores(holed, members)
    without = set_scores(np.delete(values[2:3], 3, axis=1), np.delete(members, 3, axis=1))
    assert scores[2] == pytest.approx(without[0])
    assert np.array_equal(np.delete(scores, 2, axis=0), np.delete(set_scores(values, members), 2, axis=0))


def test_scores_stand_beside_genes_or_in_their_place(write):
    draw = np.random.default_rng(3)
    table = pl.DataFrame({"gene": [f"G{k}" for k in range(12)], "s1": draw.normal(size=12), "s2": draw.normal(size=12)})
    path = write(table.write_csv())
    write("SET\twhat it is\tg0\tG1\tG2\nSMALL\t-\tG1\tZZ\n", "sets.gmt")
    both = read(path, gene_sets=GeneSets(path="sets.gmt", fewest=3))
    assert both.content.features["feature_id"].to_list()[-1] == "score.SET"
    assert both.content.values.shape == (2, 13)
    alone = read(path, gene_sets=GeneSets(path="sets.gmt", fewest=3, keep="sets"))
    assert (alone.content.scale, alone.content.values.shape) == ("native", (2, 1))
    assert alone.content.values.ravel() == pytest.approx(both.content.values[:, -1])
    with pytest.raises(BiomarkerError, match=r"gene_sets\.keep: both"):
        read(write(GCT.replace("5\t\n", "5\t1\n"), "e.gct"), scale="counts", gene_sets=GeneSets(path="sets.gmt"))
    with pytest.raises(BiomarkerError, match="none of the 2 gene sets"):
        read(path, gene_sets=GeneSets(path="sets.gmt", fewest=5))


@pytest.mark.parametrize("text", ["NAME ONLY\n", "A\td\tX\nA\td\tY\n", "\tdescription\tX\n"])
def test_a_gmt_file_without_sets_is_refused(write, text):
    with pytest.raises(BiomarkerError, match=r"line \d"):
        read_gmt(write(text, "s.gmt"))
