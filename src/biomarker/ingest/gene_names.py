"""Probes and Ensembl ids to genes, by a table that the study gives; and scores of sets of genes beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.ingest.gene_sets import GeneSets, read_gmt, set_scores
from biomarker.ingest.labels import read_labels

__all__ = ["GeneMap", "mapped", "with_scores"]


@dataclass(frozen=True, kw_only=True)
class GeneMap:
    """What each row of the matrix is called: probe to gene, or Ensembl id to symbol."""

    path: str = field(metadata={"doc": "A table with a row a probe or id."})
    id: str = field(default="id", metadata={"doc": "Its column of the names in the matrix."})
    gene: str = field(default="gene", metadata={"doc": "Its column of genes; empty where a probe is of none."})
    unmapped: Literal["drop", "keep"] = field(
        default="drop", metadata={"doc": "What becomes of features that the table does not name."}
    )
    versions: bool = field(
        default=False, metadata={"doc": "Whether ids end in a version that is no part of them (.12)."}
    )


def mapped(matrix: FeatureValues, given: GeneMap, *, base: Path) -> tuple[FeatureValues, Mapping[str, int], str]:
    """Call features by their genes; several features of one gene are made one, within each subject.

    Counts and TPM are summed, values on other scales averaged over the features that are known.

    Returns
    -------
    FeatureValues, mapping of reason to number of features left out, note for the report

    Raises
    ------
    InsufficientDataError
        No feature has a gene.
    """
    table = read_labels(base / given.path, id=given.id, column=given.gene, key="gene_map")
    names = matrix.features["feature_id"].to_list()
    keys = [name.rsplit(".", 1)[0] if given.versions and name.rsplit(".", 1)[-1].isdigit() else name for name in names]
    genes = [table.get(key, name if given.unmapped == "keep" else None) for key, name in zip(keys, names, strict=True)]
    kept = [j for j, gene in enumerate(genes) if gene is not None]
    if not kept:
        raise InsufficientDataError(
            f"{Path(given.path).name} names a gene of none of the {len(names)} features",
            "See `gene_map`: its column of ids must hold the names of the matrix.",
        )
    order = list(dict.fromkeys(genes[j] for j in kept))
    place = {gene: k for k, gene in enumerate(order)}
    at = np.array([place[genes[j]] for j in kept])
    member = np.zeros((len(kept), len(order)))
    member[np.arange(len(kept)), at] = 1.0
    values = np.asarray(matrix.values[:, kept], dtype=np.float64)
    known = np.isfinite(values)
    total, n = np.where(known, values, 0.0) @ member, known.astype(np.float64) @ member
    summed = matrix.scale in ("counts", "tpm")
    combined = np.where(n > 0, total if summed else total / np.maximum(n, 1), np.nan)
    units = matrix.features["unit"].to_list()
    unit_of = {genes[j]: units[j] for j in kept}
    features = pl.DataFrame({"feature_id": order, "label": order, "unit": [unit_of[gene] for gene in order]})
    dropped = len(names) - len(kept)
    several = len(kept) - len(order)
    note = (
        f"{len(kept)} features became {len(order)} genes; several of one gene were {'summed' if summed else 'averaged'}"
    )
    left = {"without a gene in the table": dropped} if dropped else {}
    return replace(matrix, values=combined, features=features), left, note if several or dropped else ""


def with_scores(matrix: FeatureValues, given: GeneSets, *, base: Path) -> tuple[FeatureValues, str]:
    """Scores of gene sets beside the genes, or in their place.

    Genes are known by their label, or id, whatever its case. Counts and TPM are taken as ``log2(x + 1)``, counts a
    million, for the scores.

    Raises
    ------
    ConfigError
        Counts and scores cannot stand in one matrix: counts are normalised together.
    InsufficientDataError
        No set has enough measured genes.
    """
    if matrix.scale in ("counts", "tpm") and given.keep == "both":
        raise ConfigError(
            f"gene_sets.keep: both, and the scale is {matrix.scale}",
            "Scores are no such numbers: say `keep: sets`, and give the genes as a modality of their own.",
        )
    sets = read_gmt(base / given.path)
    place: dict[str, int] = {}
    for column in ("label", "feature_id"):
        for j, name in enumerate(matrix.features[column].to_list()):
            place.setdefault(name.upper(), j)
    found = {name: [place[g.upper()] for g in genes if g.upper() in place] for name, genes in sets.items()}
    usable = {name: columns for name, columns in found.items() if len(set(columns)) >= given.fewest}
    if not usable:
        raise InsufficientDataError(
            f"none of the {len(sets)} gene sets has {given.fewest} measured genes",
            "Gene sets and matrix must name genes alike; see `gene_map`.",
        )
    members = np.zeros((len(usable), matrix.features.height), dtype=bool)
    for k, columns in enumerate(usable.values()):
        members[k, columns] = True
    scores = set_scores(_logarithmic(matrix), members)
    names = [f"score.{name}" for name in usable]
    sizes = members.sum(axis=1)
    features = pl.DataFrame(
        {
            "feature_id": names,
            "label": [f"{name} ({size} genes)" for name, size in zip(usable, sizes, strict=True)],
            "unit": ["t"] * len(names),
        }
    )
    note = f"{len(usable)} of {len(sets)} gene sets have at least {given.fewest} measured genes and became scores"
    if given.keep == "sets":
        return replace(matrix, values=scores, features=features, scale="native"), note
    both = pl.concat([matrix.features.select("feature_id", "label", "unit"), features])
    return replace(matrix, values=np.column_stack([matrix.values, scores]), features=both), note


def _logarithmic(matrix: FeatureValues) -> np.ndarray:
    values = np.asarray(matrix.values, dtype=np.float64)
    if matrix.scale == "counts":
        size = np.nansum(values, axis=1, keepdims=True)
        values = 1e6 * values / np.where(size > 0, size, 1.0)
    return np.log2(values + 1) if matrix.scale in ("counts", "tpm") else values
