"""Cells to subjects: sums by subject and type, shares, scores, quality of cells; and a real data set."""

import anndata
import h5py
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csc_matrix, csr_matrix

from biomarker.errors import BiomarkerError, ConfigError
from biomarker.features.builder import BuilderSettings
from biomarker.features.matrix import build_matrix
from biomarker.ingest import h5
from biomarker.ingest.gene_sets import GeneSets
from biomarker.ingest.single_cell import CellTable, SingleCellSettings, read_single_cell

GENES = ["CD3D", "MS4A1", "MT-CO1", "ACTB"]
SMALL = {"min_cells": 1, "min_share": 0.0}


def cells(n=60, seed=0):
    draw = np.random.default_rng(seed)
    subject, kind = draw.choice(["P1", "P2", "P3"], n), draw.choice(["B", "T"], n)
    counts = draw.poisson(2.0, size=(n, len(GENES))) + 4 * (np.arange(4) == 0) * (kind == "T")[:, None]
    return counts.astype(float), pd.DataFrame(
        {"subject_id": subject, "cell_type": kind}, index=[f"c{i}" for i in range(n)]
    )


def write_h5ad(path, counts, obs, *, store=csr_matrix, genes=GENES, **further):
    anndata.AnnData(store(counts), obs=obs, var=pd.DataFrame(index=genes), **further).write_h5ad(path)
    return path


def read(path, **settings):
    return read_single_cell(SingleCellSettings(path=path.name, **settings), base=path.parent)


def value(found, subject, feature):
    ids = found.content.features["feature_id"].to_list()
    return found.content.values[found.content.subject_ids.index(subject), ids.index(feature)]


@pytest.mark.parametrize("store", [csr_matrix, np.asarray])
@pytest.mark.parametrize("run", [7, 5_000])
def test_a_pseudobulk_is_the_sum_of_its_cells(tmp_path, monkeypatch, store, run):
    monkeypatch.setattr(h5.Hdf5Matrix.runs, "__defaults__", (run,))
    counts, obs = cells()
    found = read(write_h5ad(tmp_path / "a.h5ad", counts, obs, store=store), **SMALL)
    assert found.content.subject_ids == ("P1", "P2", "P3")
    for subject in ("P1", "P2", "P3"):
        for kind in ("B", "T"):
            total = counts[((obs.subject_id == subject) & (obs.cell_type == kind)).to_numpy()].sum(axis=0)
            expected = np.log2(1e6 * total / total.sum() + 1)
            assert [value(found, subject, f"{kind}.{g}") for g in GENES] == pytest.approx(expected.tolist())
    assert (found.rows_in, found.rows_used) == (60, 60)


def test_shares_are_centred_log_ratios(tmp_path):
    counts, obs = cells()
    found = read(write_h5ad(tmp_path / "a.h5ad", counts, obs), make=("composition",))
    assert found.content.features["feature_id"].to_list() == ["share.B", "share.T"]
    n = obs.groupby(["subject_id", "cell_type"], observed=True).size().unstack().to_numpy() + 0.5
    expected = np.log(n) - np.log(n).mean(axis=1, keepdims=True)
    assert found.content.values == pytest.approx(expected)


def test_few_cells_make_no_pseudobulk_and_rare_genes_no_feature(tmp_path):
    counts, obs = cells()
    obs.loc[obs.index[:50], "cell_type"] = "T"
    obs.loc[obs.index[50:], ["subject_id", "cell_type"]] = ["P1", "B"]
    counts[:, 1] = 0
    found = read(write_h5ad(tmp_path / "a.h5ad", counts, obs), min_cells=10)
    assert np.isnan([value(found, s, "B.ACTB") for s in ("P2", "P3")]).all()
    assert np.isfinite(value(found, "P1", "B.ACTB"))
    assert not any("MS4A1" in name for name in found.content.features["feature_id"])


def test_cells_of_low_quality_are_excluded_and_unlabelled_ones_quarantined(tmp_path):
    counts, obs = cells()
    counts[0] = [0, 0, 0, 0]
    counts[1] = [1, 0, 0, 0]
    counts[2] = [1, 1, 30, 1]
    obs["cell_type"] = obs["cell_type"].astype(object)
    obs.iloc[3, 0], obs.iloc[4, 1] = "", None
    found = read(
        write_h5ad(tmp_path / "a.h5ad", counts, obs.astype("category")),
        min_genes=1,
        min_counts=2,
        max_mitochondrial=0.8,
        **SMALL,
    )
    assert found.excluded == {
        "fewer genes than `min_genes`": 1, "fewer molecules than `min_counts`": 1,
        "a larger mitochondrial share than `max_mitochondrial`": 1,
    }  # fmt: skip
    assert found.quarantine.select("line", "field", "reason").rows() == [
        (4, "subject_id", "the subject is missing"), (5, "cell_type", "the cell's type is missing"),
    ]  # fmt: skip
    assert found.rows_used == 55


def test_a_10x_file_takes_its_labels_from_a_table(tmp_path, write):
    counts, obs = cells()
    held = csc_matrix(counts.T)  # features by barcodes, by columns
    with h5py.File(tmp_path / "m.h5", "w") as file:
        group = file.create_group("matrix")
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(held, name)
        group["shape"] = np.array(held.shape)
        group["barcodes"] = np.array(obs.index.to_list(), dtype="S")
        group["features/id"] = group["features/name"] = np.array(GENES, dtype="S")
    rows = [f"{i},{r.subject_id},{r.cell_type}" for i, r in obs.iloc[5:].iterrows()]
    write("\n".join(["barcode,subject_id,cell_type", *rows, ""]), "cells.csv")
    found = read(tmp_path / "m.h5", cells=CellTable(path="cells.csv"), **SMALL)
    same = read(write_h5ad(tmp_path / "a.h5ad", counts[5:], obs.iloc[5:]), **SMALL)
    assert np.array_equal(found.content.values, same.content.values)
    assert found.quarantine.height == 5


def test_scores_are_made_in_each_type_and_need_sets(tmp_path, write):
    counts, obs = cells()
    write("TCELL\t-\tCD3D\tcd3d\tACTB\n", "sets.gmt")
    path = write_h5ad(tmp_path / "a.h5ad", counts, obs)
    found = read(path, make=("scores",), gene_sets=GeneSets(path="sets.gmt", fewest=2), **SMALL)
    assert found.content.features["feature_id"].to_list() == ["score.B.TCELL", "score.T.TCELL"]
    assert (found.content.values[:, 1] > found.content.values[:, 0]).all()
    with pytest.raises(ConfigError, match="go together"):
        SingleCellSettings(path="x", make=("scores",))


def test_one_subject_s_features_do_not_depend_on_others(tmp_path):
    counts, obs = cells()
    found = read(write_h5ad(tmp_path / "a.h5ad", counts, obs), **SMALL)
    other = counts.copy()
    other[(obs.subject_id == "P2").to_numpy()] *= 7
    again = read(write_h5ad(tmp_path / "b.h5ad", other, obs), **SMALL)
    rows = [found.content.subject_ids.index(s) for s in ("P1", "P3")]
    assert np.array_equal(found.content.values[rows], again.content.values[rows])


@pytest.mark.parametrize(
    ("change", "settings", "words"),
    [
        ({}, {"subject": "patient"}, "obs has no column 'patient'"),
        ({}, {"matrix": "raw"}, "there is no matrix 'raw'"),
        ({"counts": -1.0}, {}, "scaled"),
        ({"counts": 0.5}, {}, "holds no counts"),
        ({"store": csc_matrix}, {}, "stored by columns"),
        ({"genes": ["A", "A", "B", "C"]}, {}, "a gene stands twice"),
        ({}, {"min_genes": 99}, "no cell is left"),
        ({}, {"min_cells": 999, "make": ("pseudobulk",)}, "no feature of cells"),
    ],
)
def test_a_broken_file_is_refused_in_words(tmp_path, change, settings, words):
    counts, obs = cells()
    if "counts" in change:
        counts[3, 1] = change["counts"]
    path = write_h5ad(
        tmp_path / "a.h5ad", counts, obs, store=change.get("store", csr_matrix), genes=change.get("genes", GENES)
    )
    with pytest.raises(BiomarkerError) as caught:
        read(path, **settings)
    assert words in str(caught.value)


def test_a_file_cut_short_or_of_another_kind_is_refused(tmp_path):
    counts, obs = cells()
    path = write_h5ad(tmp_path / "a.h5ad", counts, obs)
    data = path.read_bytes()
    for broken in (b"", b"not hdf5", data[: len(data) // 3], data[:-500]):
        path.write_bytes(broken)
        with pytest.raises(BiomarkerError, match=r"a\.h5ad"):
            read(path)
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(BiomarkerError, match=r"b\.h5"):
        read(tmp_path / "b.h5")


def test_the_real_cells_of_scanpy_go_from_h5ad_to_subject_features(tmp_path):
    """700 cells of peripheral blood; who they are of is dealt at random, for the data set has one donor."""
    import scanpy

    data = scanpy.datasets.pbmc68k_reduced()
    data.obs["donor"] = np.random.default_rng(0).choice([f"D{k}" for k in range(8)], size=data.n_obs)
    data.write_h5ad(tmp_path / "pbmc.h5ad")
    with pytest.raises(BiomarkerError, match="scaled"):
        read(tmp_path / "pbmc.h5ad", subject="donor", cell_type="bulk_labels")
    found = read(
        tmp_path / "pbmc.h5ad", subject="donor", cell_type="bulk_labels", matrix="raw", values="normalised", min_cells=5
    )
    assert (found.rows_in, found.rows_used) == (700, 700)
    built = build_matrix(
        found.content, BuilderSettings(), subjects=pl.DataFrame({"subject_id": [f"D{k}" for k in range(8)]})
    )
    assert built.values.values.shape[0] == 8
    assert built.values.features.filter(pl.col("feature_id").str.starts_with("share.")).height == 10
    at = {name: j for j, name in enumerate(built.values.features["feature_id"])}
    monocytes, b_cells = (built.values.values[:, at[f"{k}.LYZ"]] for k in ("CD14+ Monocyte", "CD19+ B"))
    assert np.nanmean(monocytes) > np.nanmean(b_cells) + 1
    assert np.nanmean(built.values.values[:, at["CD19+ B.CD79A"]]) > np.nanmean(
        built.values.values[:, at["CD14+ Monocyte.CD79A"]]
    )
