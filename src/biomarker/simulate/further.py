"""Further modalities of a simulated trial, on demand: cells, label-free proteomics, copy-number segments, calls.

Nothing is planted in them: no feature of theirs goes with an endpoint, but for chance. The VCF alone repeats what the
MAF says.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from biomarker import rng
from biomarker.simulate import files
from biomarker.simulate.assay_image import ARTEFACTS, draw_plate
from biomarker.simulate.chunks import chunks
from biomarker.simulate.mutations import Mutations, mutation_tables
from biomarker.simulate.panel import PANEL
from biomarker.simulate.subjects import Subjects
from biomarker.simulate.variant_calls import vcf_text

__all__ = ["FURTHER", "write_further"]

#: What can be asked for, and the files it makes.
FURTHER = {
    "assay-image": ("plates.tif", "wells.csv"),
    "copy-number": ("segments.csv.gz", "gene_places.csv"),
    "maxquant": ("proteinGroups.txt.gz",),
    "single-cell": ("cells.h5ad",),
    "vcf": ("mutations.vcf.gz",),
}
CELL_TYPES = ("B cell", "CD4 T cell", "CD8 T cell", "monocyte", "NK cell")
CELL_SHARES = (0.12, 0.33, 0.22, 0.25, 0.08)
CELLS_A_SUBJECT = 90
CELL_GENES = 80
UNLABELLED = 0.01
N_PROTEINS = 240
CHROMOSOME_LENGTH = 2_000_000
#: Share of segments that are gained or lost.
ALTERED = 0.15


def write_further(directory: Path, kind: str, subjects: Subjects, mutations: Mutations, *, seed: int) -> None:
    """Write the files of one further modality, each whole or not at all.

    Parameters
    ----------
    directory : pathlib.Path
    kind : str
        One of `FURTHER`.
    subjects : Subjects
    mutations : Mutations
    seed : int
        Each kind has a stream of its own.
    """
    generator = rng.stream(seed, "simulate", kind)
    if kind == "single-cell":
        _write_cells(directory / "cells.h5ad", subjects, generator)
    elif kind == "assay-image":
        _write_plates(directory, subjects, generator)
    elif kind == "maxquant":
        files.write_csv(directory / "proteinGroups.txt.gz", [_protein_groups(subjects, generator)], separator="\t")
    elif kind == "vcf":
        maf = pl.concat(mutation_tables(mutations, subjects, seed=seed))
        text = vcf_text(maf, subjects.subject_id[mutations.sequenced].tolist())
        files.write_bytes(directory / "mutations.vcf.gz", text.encode())
    else:
        files.write_csv(directory / "gene_places.csv", [_places()])
        files.write_csv(directory / "segments.csv.gz", _segments(subjects, seed))


# --- cells ------------------------------------------------------------------------------------------------------------


def _write_cells(path: Path, subjects: Subjects, generator: np.random.Generator) -> None:
    """Counts of molecules, some 90 cells a subject; a gene marks its cell type, one cell in a hundred has no label."""
    import anndata
    import pandas as pd
    from scipy.sparse import csr_matrix

    n_cells = generator.poisson(CELLS_A_SUBJECT, size=len(subjects)) + 1
    shares = generator.dirichlet(12.0 * np.array(CELL_SHARES), size=len(subjects))
    owner = np.repeat(np.arange(len(subjects)), n_cells)
    draws = generator.random(len(owner))
    kind = (draws[:, None] > np.cumsum(shares, axis=1)[owner]).sum(axis=1).clip(max=len(CELL_TYPES) - 1)
    level = generator.lognormal(0.0, 0.8, size=CELL_GENES)
    marks = np.arange(CELL_GENES) % 8
    mean = level * np.where(marks[None, :] == np.arange(len(CELL_TYPES))[:, None], 6.0, 1.0)
    depth = generator.lognormal(0.0, 0.3, size=len(owner))
    counts = generator.poisson(depth[:, None] * mean[kind]).astype(np.float32)
    labels = np.array(CELL_TYPES, dtype=object)[kind]
    labels[generator.random(len(owner)) < UNLABELLED] = None
    names = [f"GENE{number:04d}" for number in range(1, CELL_GENES - 1)] + ["MT-CO1", "MT-ND1"]
    obs = pd.DataFrame(
        {"subject_id": pd.Categorical(subjects.subject_id[owner]), "cell_type": pd.Categorical(labels)},
        index=[f"cell{number:07d}" for number in range(len(owner))],
    )
    held = anndata.AnnData(csr_matrix(counts), obs=obs, var=pd.DataFrame(index=names))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".h5ad")
    os.close(handle)
    try:
        held.write_h5ad(name, compression="gzip")
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


# --- plates -----------------------------------------------------------------------------------------------------------


def _write_plates(directory: Path, subjects: Subjects, generator: np.random.Generator) -> None:
    """Plates of 96 wells: twice six standards, four blanks, eighty samples of which some are spoiled."""
    import tifffile

    levels = 2.0 * 3.0 ** np.arange(6)
    true = generator.lognormal(3.4, 0.8, size=len(subjects))
    pages, rows = [], []
    for plate, start in enumerate(range(0, len(subjects), 80), start=1):
        who = np.arange(start, min(start + 80, len(subjects)))
        concentration, artefact = np.zeros((8, 12)), np.full((8, 12), "", dtype=object)
        concentration[:6, :2] = levels[:, None]
        places = [(k // 10, 2 + k % 10) for k in range(len(who))]
        for (r, c), i in zip(places, who, strict=True):
            concentration[r, c] = true[i]
            artefact[r, c] = generator.choice(["", *ARTEFACTS], p=[0.94, 0.015, 0.015, 0.015, 0.015])
        pages.append(draw_plate(concentration, artefact, generator).image)
        kinds = [
            (r, c, "standard" if r < 6 else "blank", None, levels[r] if r < 6 else None)
            for c in (0, 1)
            for r in range(8)
        ]
        samples = [(r, c, "sample", str(subjects.subject_id[i]), None) for (r, c), i in zip(places, who, strict=True)]
        rows += [(plate, f"{'ABCDEFGH'[r]}{c + 1}", kind, s, x) for r, c, kind, s, x in [*kinds, *samples]]
    handle, name = tempfile.mkstemp(dir=directory, prefix=".plates.", suffix=".tif")
    os.close(handle)
    try:
        tifffile.imwrite(name, np.stack(pages), compression="zlib", photometric="minisblack", metadata=None)
        os.chmod(name, 0o644)
        os.replace(name, directory / "plates.tif")
    finally:
        Path(name).unlink(missing_ok=True)
    schema = {
        "plate": pl.Int64,
        "well": pl.String,
        "kind": pl.String,
        "subject_id": pl.String,
        "concentration": pl.Float64,
    }
    files.write_csv(directory / "wells.csv", [pl.DataFrame(rows, schema=schema, orient="row")])


# --- protein groups ---------------------------------------------------------------------------------------------------


def _protein_groups(subjects: Subjects, generator: np.random.Generator) -> pl.DataFrame:
    """Intensities as MaxQuant writes them: 0 where not quantified, which low ones are more often; decoys and such."""
    n = len(subjects)
    mean = generator.normal(25.0, 2.5, size=N_PROTEINS)
    level = mean[:, None] + generator.normal(0.0, 0.8, size=(N_PROTEINS, n))
    seen = generator.random((N_PROTEINS, n)) < 1 / (1 + np.exp(-(level - 22.5)))
    intensity = np.where(seen, np.rint(np.exp2(level)), 0.0)
    number = np.arange(1, N_PROTEINS + 1)
    decoy, contaminant, site = (generator.random(N_PROTEINS) < share for share in (0.02, 0.02, 0.01))
    ids = [
        f"REV__Q{k:05d}" if d else f"CON__Q{k:05d}" if c else f"Q{k:05d}"
        for k, d, c in zip(number, decoy, contaminant, strict=True)
    ]
    columns: dict[str, object] = {
        "Protein IDs": ids,
        "Majority protein IDs": ids,
        "Gene names": [f"LFQ{k:04d}" for k in number],
        **{f"LFQ intensity {s}": intensity[:, i] for i, s in enumerate(subjects.subject_id)},
        "Only identified by site": np.where(site, "+", ""),
        "Reverse": np.where(decoy, "+", ""),
        "Potential contaminant": np.where(contaminant, "+", ""),
    }
    return pl.DataFrame(columns)


# --- copy number ------------------------------------------------------------------------------------------------------


def _places() -> pl.DataFrame:
    """Where the panel's genes lie: side by side on chromosomes of two million bases."""
    of_chromosome: dict[str, int] = {}
    rows = []
    for gene in PANEL:
        k = of_chromosome.setdefault(gene.chromosome, 0)
        of_chromosome[gene.chromosome] += 1
        start = 50_000 + 150_000 * k
        rows.append((gene.name, gene.chromosome, start, start + 3 * gene.residues))
    return pl.DataFrame(rows, schema=["gene", "chromosome", "start", "end"], orient="row")


def _segments(subjects: Subjects, seed: int) -> Iterator[pl.DataFrame]:
    """Segments of log2 ratios that tile each subject's chromosomes, in runs of subjects."""
    chromosomes = sorted({gene.chromosome for gene in PANEL})
    for number, rows in chunks(len(subjects)):
        generator = rng.stream(seed, "simulate", "copy-number", number)
        who = subjects.subject_id[rows]
        breaks = generator.integers(1, CHROMOSOME_LENGTH, size=(len(who), len(chromosomes)))
        altered = generator.random((len(who), len(chromosomes), 2)) < ALTERED
        shift = np.where(altered, generator.choice([-0.7, 0.6, 1.2], size=altered.shape), 0.0)
        value = shift + generator.normal(0.0, 0.08, size=altered.shape)
        grid = np.repeat(np.arange(len(who)), len(chromosomes)), np.tile(np.arange(len(chromosomes)), len(who))
        middle = breaks[grid]
        first, second = value[..., 0][grid], value[..., 1][grid]
        names = np.array(chromosomes)[grid[1]]
        yield pl.DataFrame(
            {
                "subject_id": np.repeat(who[grid[0]], 2),
                "chromosome": np.repeat(names, 2),
                "start": np.column_stack([np.ones_like(middle), middle + 1]).ravel(),
                "end": np.column_stack([middle, np.full_like(middle, CHROMOSOME_LENGTH)]).ravel(),
                "value": np.column_stack([first, second]).ravel().round(4),
            }
        )
