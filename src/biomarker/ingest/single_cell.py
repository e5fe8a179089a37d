"""Source ``single-cell``: cells of ``.h5ad`` or 10x files become one pseudobulk a subject and cell type."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.matrix import FeatureValues
from biomarker.errors import ConfigError, DataError, InsufficientDataError, SchemaError
from biomarker.ingest.gene_sets import GeneSets, read_gmt, set_scores
from biomarker.ingest.h5 import Hdf5Matrix, open_matrix
from biomarker.ingest.reading import read_text
from biomarker.ingest.source import Ingested, Source, SourceSettings, quarantine_rows
from biomarker.ingest.spelling import clean, nearest

__all__ = ["SOURCE", "CellTable", "SingleCellSettings", "read_single_cell"]

Floats = NDArray[np.float64]

#: Added to each cell type's count before its share is taken, so that none is zero.
HALF_CELL = 0.5
#: Added to a pseudobulk's counts a million before the logarithm.
PRIOR_CPM = 1.0
#: How many lines of the quarantine a file of millions of cells may fill.
MOST_QUARANTINED = 100_000


@dataclass(frozen=True, kw_only=True)
class CellTable:
    """Whose each cell is, where the file of cells does not say it."""

    path: str = field(metadata={"doc": "A table with a row a cell."})
    cell: str = field(default="barcode", metadata={"doc": "Its column of the cells' names."})


@dataclass(frozen=True, kw_only=True)
class SingleCellSettings(SourceSettings):
    """Settings of ``single-cell``: whose the cells are, which to leave out, and what to make of them."""

    subject: str = field(default="subject_id", metadata={"doc": "Column of the subject's id, of obs or of `cells`."})
    cell_type: str = field(default="cell_type", metadata={"doc": "Column of the cell's type, of obs or of `cells`."})
    cells: CellTable | None = field(
        default=None, metadata={"doc": "A table of cells, where the file has none (10x) or another one."}
    )
    matrix: str = field(default="X", metadata={"doc": "Of an .h5ad file: X, raw, or layers/NAME."})
    values: Literal["counts", "normalised"] = field(
        default="counts",
        metadata={"doc": "counts of molecules; normalised: the logarithm of counts over each cell's size."},
    )
    min_genes: int = field(default=0, metadata={"doc": "Genes that a cell must express."})
    min_counts: float = field(default=0.0, metadata={"doc": "Molecules (or sum of values) that a cell must have."})
    max_mitochondrial: float = field(
        default=1.0, metadata={"doc": "Largest share of molecules from genes whose name begins with MT-."}
    )
    min_cells: int = field(default=10, metadata={"doc": "Cells behind a pseudobulk; of fewer it is missing."})
    min_share: float = field(
        default=0.2,
        metadata={"doc": "Share of a cell type's pseudobulks in which a gene must be seen to be a feature."},
    )
    make: tuple[Literal["pseudobulk", "composition", "scores"], ...] = field(
        default=("pseudobulk", "composition"), metadata={"doc": "Which features to make; scores need `gene_sets`."}
    )
    gene_sets: GeneSets | None = field(default=None, metadata={"doc": "Sets of genes, scored in each cell type."})

    def __post_init__(self) -> None:
        if ("scores" in self.make) != (self.gene_sets is not None):
            raise ConfigError("make: scores and `gene_sets` go together", "Give both, or neither.")
        if self.values == "normalised" and self.max_mitochondrial < 1:
            raise ConfigError("max_mitochondrial: a share of molecules needs counts", "Give counts, or leave it out.")
        if not self.make:
            raise ConfigError("make: nothing is made", "Name at least one of pseudobulk, composition, scores.")


@dataclass
class _Sums:
    """What is added up while the cells pass: by subject and type (n_groups, n_genes), and cells by group."""

    values: Floats
    cells: NDArray[np.int64]
    excluded: Counter[str]


def read_single_cell(settings: SingleCellSettings, *, base: Path) -> Ingested:
    """Read cells, a run of rows at a time, and add them up by subject and cell type.

    Parameters
    ----------
    settings : SingleCellSettings
    base : Path
        Folder of the study file.

    Returns
    -------
    Ingested
        ``content`` is a matrix of subjects, on the scale native, with

        - ``<type>.<gene>``: of counts ``log2(10^6 sum / total + 1)`` over the subject's cells of the type, of
          normalised values their mean; missing where the subject has fewer than ``min_cells`` such cells;
        - ``share.<type>``: the centred log-ratio of the types' numbers of cells (each plus one half);
        - ``score.<type>.<set>``: the set's score (`biomarker.ingest.gene_sets.set_scores`) in the pseudobulk.

        A row is a cell. Cells below ``min_genes`` or ``min_counts``, or above ``max_mitochondrial``, are excluded;
        those without subject or type are quarantined by their number, from 1.

    Raises
    ------
    DataError, SchemaError
        The file is damaged or has no such matrix or column; values are negative, or no counts where counts are said.
    InsufficientDataError
        No cell is left, or no feature.

    Notes
    -----
    Each subject's features come from its own cells alone. Memory grows with subjects x types x genes, not with cells:
    the cells' names and labels are held, their values never at once.

    **Valid when** types were given without looking at the outcome. A pseudobulk of few cells is noisy, and a share says
    nothing of the number of cells in the tissue.
    """
    path = base / settings.path
    with open_matrix(path, matrix=settings.matrix) as held:
        subjects, types = _labels(held, settings, base)
        genes = held.features["_index"]
        if genes.is_duplicated().any():
            raise SchemaError(f"{held.name}: a gene stands twice among the features", "Make their names unique first.")
        known = (subjects.is_not_null() & types.is_not_null()).to_numpy()
        if not known.any():
            raise InsufficientDataError(
                f"{held.name}: no cell has both subject and type", "See `subject`, `cell_type`."
            )
        ids = subjects.filter(pl.Series(known)).unique().sort().to_list()
        kinds = types.filter(pl.Series(known)).unique().sort().to_list()
        _refuse_alike(ids, held.name)
        place = {s: i for i, s in enumerate(ids)}, {t: k for k, t in enumerate(kinds)}
        group = np.array(
            [
                place[0][s] * len(kinds) + place[1][t] if s is not None and t is not None else -1
                for s, t in zip(subjects, types, strict=True)
            ]
        )
        sums = _added(held, group, len(ids) * len(kinds), settings)
    quarantine = _unknown(held.name, subjects, types, settings)
    used = int(sums.cells.sum())
    if not used:
        raise InsufficientDataError(
            f"{held.name}: no cell is left", "See `min_genes`, `min_counts`, `max_mitochondrial`."
        )
    further = int((~known).sum()) - quarantine.height
    excluded = dict(sums.excluded) | ({"without subject or type, beyond those listed": further} if further else {})
    matrix, note = _features(sums, ids, kinds, genes.to_list(), settings, base)
    return Ingested(matrix, quarantine, held.shape[0], used, excluded, (note,))


def _labels(held: Hdf5Matrix, settings: SingleCellSettings, base: Path) -> tuple[pl.Series, pl.Series]:
    """Subject and type of each cell, null where not known."""
    if settings.cells is None:
        table = held.rows
        for key, column in (("subject", settings.subject), ("cell_type", settings.cell_type)):
            if column not in table.columns:
                hint = nearest(column, table.columns[1:], what="columns of obs")
                raise SchemaError(f"{held.name}: obs has no column {column!r} (asked for by {key})", hint)
        return clean(table[settings.subject].cast(pl.String)), clean(table[settings.cell_type].cast(pl.String))
    given = settings.cells
    listed = read_text(base / given.path)
    listed.require([given.cell, settings.subject, settings.cell_type], key="cells")
    names = listed.ids(given.cell, case=True)
    labels = pl.DataFrame(
        {"_index": names, "s": clean(listed.frame[settings.subject]), "t": clean(listed.frame[settings.cell_type])}
    )
    joined = held.rows.select("_index").join(labels, on="_index", how="left", maintain_order="left")
    if joined["s"].is_null().all():
        raise SchemaError(
            f"{listed.name} names no cell of {held.name}",
            f"Its column {given.cell!r} must hold the barcodes of the file.",
        )
    return joined["s"], joined["t"]


def _refuse_alike(ids: list[str], name: str) -> None:
    if len({one.casefold() for one in ids}) < len(ids):
        raise SchemaError(f"{name}: subjects that are equal but for upper and lower case", "Write each in one way.")


def _added(held: Hdf5Matrix, group: NDArray[np.intp], n_groups: int, settings: SingleCellSettings) -> _Sums:
    from scipy.sparse import csr_matrix

    mitochondrial = held.features["_index"].str.to_uppercase().str.starts_with("MT-").to_numpy().astype(np.float64)
    sums = _Sums(np.zeros((n_groups, held.shape[1])), np.zeros(n_groups, dtype=np.int64), Counter())
    for rows, run in held.runs():
        _refuse_other_values(run, settings, held.name)
        here = group[rows]
        size = np.asarray(run.sum(axis=1)).ravel()
        genes = np.diff(run.indptr) if (run.data != 0).all() else np.asarray((run != 0).sum(axis=1)).ravel()
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(size > 0, (run @ mitochondrial) / size, 0.0)
        reasons = (
            ("fewer genes than `min_genes`", genes < settings.min_genes),
            ("fewer molecules than `min_counts`", size < settings.min_counts),
            ("a larger mitochondrial share than `max_mitochondrial`", share > settings.max_mitochondrial),
        )
        kept = here >= 0
        for reason, bad in reasons:
            lost = kept & bad
            if lost.any():
                sums.excluded[reason] += int(lost.sum())
            kept &= ~bad
        cells = np.flatnonzero(kept)
        touched, place = np.unique(here[cells], return_inverse=True)
        to_group = csr_matrix((np.ones(len(cells)), (place, cells)), shape=(len(touched), len(here)))
        sums.values[touched] += (to_group @ run).toarray()
        sums.cells += np.bincount(here[cells], minlength=n_groups)
    return sums


def _refuse_other_values(run: Any, settings: SingleCellSettings, name: str) -> None:
    if (run.data < 0).any():
        raise SchemaError(
            f"{name}: the matrix {settings.matrix!r} holds negative values: it is scaled",
            "Name the matrix of counts or of logarithms: `matrix: raw`, or `layers/NAME`.",
        )
    if settings.values == "counts" and (np.abs(run.data - np.rint(run.data)) > 1e-3).any():
        raise SchemaError(
            f"{name}: the matrix {settings.matrix!r} holds no counts",
            "Name the matrix of counts, or say `values: normalised`.",
        )


def _unknown(name: str, subjects: pl.Series, types: pl.Series, settings: SingleCellSettings) -> pl.DataFrame:
    lost = (subjects.is_null() | types.is_null()).arg_true()
    if len(lost) > MOST_QUARANTINED:
        lost = lost.head(MOST_QUARANTINED)
    without = subjects.gather(lost).is_null()
    words = ["the subject is missing" if one else "the cell's type is missing" for one in without]
    fields = [settings.subject if one else settings.cell_type for one in without]
    return quarantine_rows(
        file=name,
        lines=lost.cast(pl.Int64) + 1,
        field=pl.Series(fields, dtype=pl.String),
        value=pl.Series([None] * len(lost), dtype=pl.String),
        reason=pl.Series(words, dtype=pl.String),
    )


def _features(
    sums: _Sums, ids: list[str], kinds: list[str], genes: list[str], settings: SingleCellSettings, base: Path
) -> tuple[FeatureValues, str]:
    n, k, p = len(ids), len(kinds), len(genes)
    cells = sums.cells.reshape(n, k)
    raw = sums.values.reshape(n, k, p)
    levels = _levels(raw, cells, settings)
    blocks: list[Floats] = []
    rows: list[tuple[str, str, str, str, str | None]] = []
    scored = _members(settings, genes, base) if settings.gene_sets is not None else {}
    for t, kind in enumerate(kinds):
        level = levels[:, t, :]
        measured = np.isfinite(level[:, 0]) if p else np.zeros(n, dtype=bool)
        if "pseudobulk" in settings.make and measured.any():
            seen = (raw[measured, t, :] > 0).mean(axis=0) >= max(settings.min_share, 1e-12)
            blocks.append(level[:, seen])
            unit = "log2 CPM" if settings.values == "counts" else "mean"
            rows += [(f"{kind}.{g}", f"{g} in {kind}", unit, kind, g) for g, s in zip(genes, seen, strict=True) if s]
        if scored and measured.any():
            blocks.append(set_scores(level, np.array(list(scored.values()))))
            rows += [(f"score.{kind}.{name}", f"{name} in {kind}", "t", kind, None) for name in scored]
    if "composition" in settings.make and k > 1:
        share = np.log(cells + HALF_CELL)
        blocks.append(share - share.mean(axis=1, keepdims=True))
        rows += [(f"share.{kind}", f"share of {kind}", "centred log-ratio", kind, None) for kind in kinds]
    if not rows:
        raise InsufficientDataError("no feature of cells can be made", "See `min_cells`, `min_share` and `make`.")
    few = int(((cells > 0) & (cells < settings.min_cells)).sum())
    note = (
        f"{int(cells.sum())} cells of {k} types in {n} subjects; {few} pseudobulks of fewer than {settings.min_cells} "
        "cells are missing"
    )
    table = pl.DataFrame(rows, schema=["feature_id", "label", "unit", "cell_type", "gene"], orient="row")
    if table["feature_id"].is_duplicated().any():
        raise SchemaError("two features have one name: a cell type and a gene run together", "Rename a cell type.")
    return FeatureValues(np.column_stack(blocks), table, tuple(ids), "native"), note


def _levels(raw: Floats, cells: NDArray[np.int64], settings: SingleCellSettings) -> Floats:
    """Pseudobulk level of each gene, NaN where too few cells are behind it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if settings.values == "counts":
            levels = np.log2(1e6 * raw / raw.sum(axis=2, keepdims=True) + PRIOR_CPM)
        else:
            levels = raw / cells[:, :, None]
    return np.where((cells >= max(settings.min_cells, 1))[:, :, None] & np.isfinite(levels), levels, np.nan)


def _members(settings: SingleCellSettings, genes: list[str], base: Path) -> dict[str, NDArray[np.bool_]]:
    given = settings.gene_sets
    if given is None:
        return {}
    known = np.array([gene.upper() for gene in genes])
    sets = {name: np.isin(known, [g.upper() for g in listed]) for name, listed in read_gmt(base / given.path).items()}
    usable = {name: member for name, member in sets.items() if member.sum() >= given.fewest}
    if not usable:
        raise DataError(
            f"none of the gene sets of {Path(given.path).name} has {given.fewest} measured genes", "See `gene_sets`."
        )
    return usable


SOURCE = Source(
    type="single-cell",
    settings=SingleCellSettings,
    read=read_single_cell,
    doc="Cells of .h5ad or 10x .h5 files: pseudobulk by cell type, composition, and scores of gene sets.",
)
