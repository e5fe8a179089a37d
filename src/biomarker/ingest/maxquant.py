"""Source ``maxquant``: MaxQuant's table proteinGroups, a protein group a row, an intensity column a sample."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.matrix import FeatureValues
from biomarker.errors import InsufficientDataError, SchemaError
from biomarker.ingest.faults import Fault, first_fault, quarantine_of, refuse_decimal_commas
from biomarker.ingest.labels import read_labels
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.source import Ingested, Source, SourceSettings
from biomarker.ingest.spelling import as_numbers, clean, nearest
from biomarker.ingest.spreadsheet import refuse_mangled

__all__ = ["SOURCE", "MaxquantSettings", "SampleTable", "read_maxquant"]

#: What MaxQuant writes into the columns of flags.
MARK = "+"
#: The role of a row that is left out on purpose.
_LEFT_OUT = "(left out)"
_BAD_CELL = "an intensity is negative or no number"


@dataclass(frozen=True, kw_only=True)
class SampleTable:
    """Whose sample each intensity column is."""

    path: str = field(metadata={"doc": "A table with a row a sample."})
    sample: str = field(default="label", metadata={"doc": "Its column of sample names, as in the intensity columns."})
    subject: str = field(default="subject_id", metadata={"doc": "Its column of subject ids."})


@dataclass(frozen=True, kw_only=True)
class MaxquantSettings(SourceSettings):
    """Settings of ``maxquant``: which columns hold intensities, and which protein groups to leave out."""

    intensity: str = field(
        default="LFQ intensity ",
        metadata={"doc": "How the names of the intensity columns begin; the rest is the sample."},
    )
    protein: str = field(default="Majority protein IDs", metadata={"doc": "Column of protein ids, several by `;`."})
    gene: str | None = field(default="Gene names", metadata={"doc": "Column of gene names, for display; null if none."})
    drop: tuple[str, ...] = field(
        default=("Reverse", "Potential contaminant", "Only identified by site"),
        metadata={"doc": "Columns of flags: a protein group with a + in one of them is left out."},
    )
    samples: SampleTable | None = field(
        default=None, metadata={"doc": "Whose sample each column is; without it samples are called by their subject."}
    )


def read_maxquant(settings: MaxquantSettings, *, base: Path) -> Ingested:
    """Read protein groups.

    Parameters
    ----------
    settings : MaxquantSettings
    base : Path
        Folder of the study file.

    Returns
    -------
    Ingested
        ``content`` is a matrix on the scale log2, subjects in the order of the columns; an intensity of 0 says that the
        group was not quantified and is missing. A feature is called by the first of its protein ids and labelled with
        its first gene (and the id, where several share the gene).

        Excluded are groups with a flag of ``drop``, each by its first flag. A row goes to quarantine when it has no
        protein id, a flag that is neither ``+`` nor empty, an intensity that is negative or no number, or the first
        protein id of an earlier row.

    Raises
    ------
    SchemaError
        A column is absent, no intensity column is there, a sample has no subject or two have one, genes became dates.
    InsufficientDataError
        No group is left.
    """
    table = read_text(base / settings.path, separator=settings.separator or "\t")
    table.require([settings.protein], key="protein")
    table.require(settings.drop, key="drop")
    table.require([] if settings.gene is None else [settings.gene], key="gene")
    columns = [name for name in table.frame.columns if name.startswith(settings.intensity)]
    if not columns:
        raise SchemaError(
            f"{table.name}: no column begins with {settings.intensity!r} (intensity)",
            nearest(settings.intensity, table.frame.columns, what="columns"),
        )
    subjects = _subjects([name.removeprefix(settings.intensity) for name in columns], settings, base, table)
    values, unreadable = _values(table, columns)
    rows = _rows(table, settings, unreadable)
    if settings.gene is not None:
        refuse_mangled(table, rows["gene"], what="gene")
    found = first_fault(rows, _faults(settings))
    out = found["role"] == _LEFT_OUT
    bad = found.filter(pl.col("reason").is_not_null() & (pl.col("role") != _LEFT_OUT))
    used = found["reason"].is_null().to_numpy()
    if not used.any():
        raise InsufficientDataError(f"{table.name}: no protein group is left", "See the settings `drop` and `protein`.")
    names = {"protein": settings.protein, **{f"flag.{flag}": flag for flag in settings.drop}}
    quarantine = quarantine_of(table, rows, bad, columns=names, shown={"protein": "protein"}, masked={})
    with np.errstate(divide="ignore"):
        levels = np.log2(np.where(values[used] > 0, values[used], np.nan))
    content = FeatureValues(levels.T, _features(rows.filter(pl.Series(used))), subjects, "log2")
    excluded = dict(found.filter(out)["reason"].value_counts().iter_rows())
    missing = f"{int(np.isnan(levels).sum())} of {levels.size} intensities are missing (0: not quantified)"
    return Ingested(content, quarantine, rows.height, int(used.sum()), excluded, (missing,))


def _subjects(samples: list[str], settings: MaxquantSettings, base: Path, table: Table) -> tuple[str, ...]:
    """Subject of each column."""
    if settings.samples is None:
        subjects = samples
    else:
        given = settings.samples
        known = read_labels(base / given.path, id=given.sample, column=given.subject, key="samples")
        absent = [k for k, name in enumerate(samples) if name not in known]
        if absent:
            raise SchemaError(
                f"{table.name}: {len(absent)} of {len(samples)} intensity columns are not in {Path(given.path).name}",
                f"Its column {given.sample!r} holds what follows {settings.intensity!r} in the names of the columns.",
            )
        subjects = [known[name] for name in samples]
    if len({name.casefold().strip() for name in subjects}) < len(subjects):
        raise SchemaError(
            f"{table.name}: several intensity columns are of one subject",
            "Keep one sample a subject: which of several to take is never guessed.",
        )
    return tuple(subjects)


def _values(table: Table, columns: list[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Intensities (n_rows, n_samples), NaN where missing, and which rows hold a cell that is none."""
    text = [clean(table.frame[name]) for name in columns]
    numbers = [as_numbers(cells) for cells in text]
    first = pl.DataFrame(
        {"row": pl.int_range(table.frame.height, eager=True), "value": numbers[0], "value_text": text[0]}
    )
    refuse_decimal_commas(table, first, columns[0])
    values = np.column_stack([cells.fill_null(np.nan).to_numpy() for cells in numbers])
    given = np.column_stack([cells.is_not_null().to_numpy() for cells in text])
    return values, ((given & ~np.isfinite(values)) | (values < 0)).any(axis=1)


def _rows(table: Table, settings: MaxquantSettings, unreadable: NDArray[np.bool_]) -> pl.DataFrame:
    protein = clean(table.frame[settings.protein]).str.split(";").list.first().str.strip_chars()
    nothing = pl.repeat(None, table.frame.height, dtype=pl.String, eager=True)
    gene = nothing if settings.gene is None else clean(table.frame[settings.gene]).str.split(";").list.first()
    flags = {f"flag.{name}": clean(table.frame[name]) for name in settings.drop}
    rows = pl.DataFrame(
        {
            "row": pl.int_range(table.frame.height, eager=True),
            "protein": protein,
            "gene": gene.str.strip_chars(),
            "unreadable": unreadable,
            **flags,
        }
    )
    left = pl.any_horizontal([pl.col(name).fill_null("") == MARK for name in flags]) if flags else pl.lit(value=False)
    kept = rows.with_columns(left=left)
    # the first of several rows of one id that are not left out on purpose
    again = kept.filter(~pl.col("left")).select("row", again=~pl.col("protein").is_first_distinct())
    return kept.join(again, on="row", how="left", maintain_order="left").drop("left")


def _faults(settings: MaxquantSettings) -> list[Fault]:
    faults: list[Fault] = []
    for name in settings.drop:
        flag = pl.col(f"flag.{name}")
        faults += [
            (_LEFT_OUT, flag == MARK, name),
            (f"flag.{name}", flag.is_not_null(), "a flag that is neither + nor empty"),
        ]
    return [
        *faults,
        ("protein", pl.col("protein").is_null() | (pl.col("protein") == ""), "the protein id is missing"),
        ("(row)", pl.col("unreadable"), _BAD_CELL),
        ("protein", pl.col("again"), "the first protein id of an earlier row"),
    ]


def _features(rows: pl.DataFrame) -> pl.DataFrame:
    gene = pl.col("gene").replace("", None)
    label = (
        pl.when(gene.is_null()).then("protein").when(gene.is_duplicated()).then(pl.format("{} ({})", gene, "protein"))
    )
    return rows.select(feature_id="protein", label=label.otherwise(gene), unit=pl.lit("log2 LFQ"), gene=gene)


SOURCE = Source(
    type="maxquant",
    settings=MaxquantSettings,
    read=read_maxquant,
    doc="Protein groups of MaxQuant with label-free intensities, contaminants and decoys left out.",
)
