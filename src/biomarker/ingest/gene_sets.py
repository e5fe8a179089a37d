"""Sets of genes in GMT format, and each subject's score of a set."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.content import file_content

__all__ = ["GeneSets", "read_gmt", "set_scores"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class GeneSets:
    """Sets of genes that become scores."""

    path: str = field(metadata={"doc": "A GMT file: name, description and genes of a set a line, between tabs."})
    fewest: int = field(default=5, metadata={"doc": "Genes of a set that must be measured."})
    keep: Literal["sets", "both"] = field(
        default="both", metadata={"doc": "both: genes and scores become features; sets: scores alone."}
    )

    def __post_init__(self) -> None:
        if self.fewest < 2:
            raise ConfigError(f"gene_sets.fewest: {self.fewest} gene is no set", "Give 2 or more.")


def read_gmt(path: Path) -> dict[str, tuple[str, ...]]:
    """Genes by set, in the order of the file.

    Raises
    ------
    DataError
        The file cannot be read or holds no set.
    SchemaError
        A line has no genes, or a set stands twice.
    """
    content = file_content(path)
    if content.parquet:
        raise DataError(f"{path.name} is a Parquet table, not a GMT file", "Give a text file: a set a line.")
    try:
        lines = content.data.decode().splitlines()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name}, line {content.line(error.start)}: not UTF-8 text", "Save it as UTF-8."
        ) from error
    sets: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, *rest = (cell.strip() for cell in line.split("\t"))
        genes = tuple(dict.fromkeys(gene for gene in rest[1:] if gene))
        if not name or not genes:
            raise SchemaError(
                f"{path.name}, line {number}: no set with genes", "Name, description and genes stand between tabs."
            )
        if name in sets:
            raise SchemaError(
                f"{path.name}, line {number}: the set {name[:40]!r} stands twice", "Give each its own name."
            )
        sets[name] = genes
    if not sets:
        raise DataError(f"{path.name} holds no set of genes")
    return sets


def set_scores(values: Floats, members: NDArray[np.bool_]) -> Floats:
    """Score of each set in each subject: the t statistic of its genes against all others within the subject.

    The univariate linear model of decoupler: with ``x`` the 0/1 membership and ``y`` the subject's values over genes,
    ``t = r sqrt((n - 2) / (1 - r^2))``. Each subject by itself: nothing is learned across subjects.

    Parameters
    ----------
    values : array (n_subjects, n_genes)
        On a logarithmic scale; genes missing in a subject are left out of its score.
    members : bool array (n_sets, n_genes)

    Returns
    -------
    array (n_subjects, n_sets)
        NaN where fewer than three genes are known, or all or none of them belong to the set.

    Notes
    -----
    **Valid when** genes are on one scale within a subject (log expression). Comparable between subjects measured alike.
    Badia-i-Mompel et al. 2022, doi:10.1093/bioadv/vbac016.
    """
    known = np.isfinite(values)
    y, k, x = np.where(known, values, 0.0), known.astype(np.float64), members.astype(np.float64).T
    n = k.sum(axis=1)[:, None]
    in_set, total, squares = k @ x, y.sum(axis=1)[:, None], (y**2).sum(axis=1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        cov = y @ x - in_set * total / n
        r = cov / np.sqrt((in_set - in_set**2 / n) * (squares - total**2 / n))
        t = r * np.sqrt((n - 2) / np.maximum(1 - r**2, 1e-300))
    return np.where((n >= 3) & (in_set > 0) & (in_set < n) & np.isfinite(t), t, np.nan)
