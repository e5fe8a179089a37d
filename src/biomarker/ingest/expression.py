"""Source ``expression``: a matrix of gene expression whose scale is said, as a table, GCT or ``.h5ad``."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.errors import DataError, SchemaError
from biomarker.ingest.content import AGAIN, file_content
from biomarker.ingest.gene_names import GeneMap, mapped, with_scores
from biomarker.ingest.gene_sets import GeneSets
from biomarker.ingest.h5 import open_matrix
from biomarker.ingest.matrix import MatrixSettings, Orientation, check_numbers, read_matrix
from biomarker.ingest.source import Ingested, Source, no_quarantine

__all__ = ["SOURCE", "ExpressionSettings", "read_expression"]


@dataclass(frozen=True, kw_only=True)
class ExpressionSettings(MatrixSettings):
    """Settings of an ``expression`` matrix: as a ``matrix``, genes in rows unless said otherwise."""

    orientation: Orientation = field(
        default="features_in_rows",
        metadata={"doc": "What a row of the file is: a gene (features_in_rows) or a subject (subjects_in_rows)."},
    )
    scale: Literal["counts", "tpm", "log2_tpm", "log2_cpm", "log2"] = field(
        metadata={"doc": "What the numbers mean; counts are normalised by TMM and become log2 counts per million."}
    )
    matrix: str = field(
        default="X", metadata={"doc": "Of an .h5ad file: X, raw, or layers/NAME. `id` is a column of obs."}
    )
    gene_map: GeneMap | None = field(default=None, metadata={"doc": "Genes of probes or Ensembl ids, by a table."})
    gene_sets: GeneSets | None = field(default=None, metadata={"doc": "Sets of genes that become scores."})


def read_expression(settings: ExpressionSettings, *, base: Path) -> Ingested:
    """Read gene expression.

    A table as `biomarker.ingest.matrix.read_matrix` has it; a GCT file (versions 1.2, and 1.3 without annotation of
    samples), whose counts of rows and samples must be those it announces; or an ``.h5ad`` file, samples in rows.
    `gene_map` then calls features by their genes, and `gene_sets` adds scores.

    Raises
    ------
    DataError, SchemaError
        As for a matrix; a GCT file that does not hold what it announces; an ``.h5ad`` without the matrix asked for.
    """
    path = base / settings.path
    ending = next((s for s in reversed([s.lower() for s in path.suffixes]) if s not in (".gz", ".zst")), "")
    if ending == ".gct":
        found = _read_gct(settings, base)
    elif ending == ".h5ad":
        found = _read_h5ad(settings, base)
    else:
        found = read_matrix(settings, base=base)
    matrix, notes = found.content, list(found.notes)
    if not isinstance(matrix, FeatureValues):
        raise TypeError("a matrix is read as one")
    if settings.gene_map is not None:
        matrix, left, note = mapped(matrix, settings.gene_map, base=base)
        notes += [note, *(f"{n} features are {reason}" for reason, n in left.items())]
    if settings.gene_sets is not None:
        matrix, note = with_scores(matrix, settings.gene_sets, base=base)
        notes.append(note)
    return replace(found, content=matrix, notes=tuple(filter(None, notes)))


def _read_gct(settings: ExpressionSettings, base: Path) -> Ingested:
    """A GCT file: two lines of its own, then a table of genes in rows."""
    path = base / settings.path
    if settings.orientation != "features_in_rows":
        raise SchemaError(f"{path.name}: a GCT file has genes in rows", "Leave `orientation` out.")
    content = file_content(path, comment="#")
    lines = content.data.split(b"\n", 2)
    if len(lines) < 3:
        raise DataError(f"{path.name} is cut short: a GCT file has three lines before its first gene", AGAIN)
    try:
        announced = [int(number) for number in lines[0].split(b"\t")]
        header = [cell.strip() for cell in lines[1].decode().split("\t")]
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name}, line 3: the file is not UTF-8 text", "Save it with the encoding UTF-8."
        ) from error
    except (ValueError, IndexError) as error:
        raise DataError(
            f"{path.name} is no GCT file: its second line is not two or four whole numbers", AGAIN
        ) from error
    if len(announced) not in (2, 4):
        raise DataError(f"{path.name} is no GCT file: its second line is not two or four whole numbers", AGAIN)
    if len(announced) == 4 and announced[3]:
        raise SchemaError(
            f"{path.name}: GCT 1.3 with {announced[3]} lines of annotation of samples", "Export it as GCT 1.2."
        )
    descriptions = 1 if len(announced) == 2 else announced[2]
    exclude = tuple(header[1 : 1 + descriptions])
    found = read_matrix(
        replace(settings, separator="\t", id=header[0], exclude=(*settings.exclude, *exclude)), base=base
    )
    samples = len(found.content.subject_ids) if isinstance(found.content, FeatureValues) else 0
    if (found.rows_in, samples) != (announced[0], announced[1]):
        raise DataError(
            f"{path.name} announces {announced[0]} genes of {announced[1]} samples and holds {found.rows_in} of "
            f"{samples}",
            AGAIN,
        )
    return found


def _read_h5ad(settings: ExpressionSettings, base: Path) -> Ingested:
    with open_matrix(base / settings.path, matrix=settings.matrix) as held:
        key = settings.id or "_index"
        if key not in held.rows.columns:
            raise SchemaError(
                f"{held.name}: obs has no column {key!r} (id)", f"Columns: {', '.join(held.rows.columns[1:9])}"
            )
        ids = held.rows[key].cast(pl.String)
        if ids.is_null().any() or ids.is_duplicated().any() or ids.str.to_lowercase().is_duplicated().any():
            raise SchemaError(
                f"{held.name}: an id in {key!r} is missing or stands more than once", "One row a subject."
            )
        if (ids != ids.str.strip_chars()).any():
            raise SchemaError(f"{held.name}: an id in {key!r} has blanks before or after it", "Remove the blanks.")
        names = held.features["_index"]
        if names.is_duplicated().any():
            raise SchemaError(
                f"{held.name}: a feature stands twice in var", "Call adata.var_names_make_unique() first."
            )
        wanted = [n for n in names if (settings.columns is None or n in settings.columns) and n not in settings.exclude]
        columns = pl.Series(range(len(names))).filter(names.is_in(wanted)).to_numpy()
        values = np.concatenate([run[:, columns].toarray() for _, run in held.runs()])
        check_numbers(values, scale=settings.scale, name=held.name)
    kept = names.gather(columns).to_list()
    table = pl.DataFrame(
        {
            "feature_id": kept,
            "label": [settings.labels.get(name, name) for name in kept],
            "unit": [settings.units.get(name, settings.unit) for name in kept],
        }
    )
    matrix = FeatureValues(values, table, tuple(ids.to_list()), settings.scale)
    return Ingested(matrix, no_quarantine(), len(values), len(values))


SOURCE = Source(
    type="expression",
    settings=ExpressionSettings,
    read=read_expression,
    doc="Gene expression as counts, TPM, log2 TPM, log2 CPM or log2 intensities.",
)
