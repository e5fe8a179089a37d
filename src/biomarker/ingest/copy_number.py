"""Source ``copy-number``: gains and losses from a table of segments, or from one of genes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.assayed import SubjectList, read_assayed
from biomarker.ingest.faults import Fault, first_fault, quarantine_of, refuse_decimal_commas
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.source import Ingested, Source, SourceSettings
from biomarker.ingest.spelling import as_numbers, clean
from biomarker.ingest.spreadsheet import refuse_mangled

__all__ = ["RECORDS", "SOURCE", "CopyNumberSettings", "GenePlaces", "read_copy_number"]

#: Columns of the records: a row a subject and gene; a gene of null carries the share of the genome that is altered.
RECORDS = {"subject_id": pl.String, "gene": pl.String, "value": pl.Float64, "altered_share": pl.Float64}
#: No log ratio is beyond this; copies or percentages would be.
LARGEST_RATIO = 16.0
_TEXTS = ("subject", "gene", "chromosome", "start", "end", "value")


@dataclass(frozen=True, kw_only=True)
class GenePlaces:
    """Where genes lie, in the coordinates of the segments."""

    path: str = field(metadata={"doc": "A table with a row a gene."})
    gene: str = field(default="gene", metadata={"doc": "Its column of genes."})
    chromosome: str = field(default="chromosome", metadata={"doc": "Its column of chromosomes."})
    start: str = field(default="start", metadata={"doc": "Its column of the first base."})
    end: str = field(default="end", metadata={"doc": "Its column of the last base."})


@dataclass(frozen=True, kw_only=True)
class CopyNumberSettings(SourceSettings):
    """Settings of ``copy-number``: segments or genes, and what the values mean."""

    layout: Literal["segments", "genes"] = field(
        metadata={"doc": "What a row is: a segment of a subject's genome, or one gene of one subject."}
    )
    values: Literal["log2_ratio", "copies", "calls"] = field(
        metadata={
            "doc": "log2_ratio to two copies, absolute copies, or calls from -2 (deep loss) to 2 (amplification)."
        }
    )
    subject: str = field(default="subject_id", metadata={"doc": "Column of the subject's id."})
    value: str = field(default="value", metadata={"doc": "Column of the value."})
    gene: str = field(default="gene", metadata={"doc": "Column of the gene, where a row is one."})
    chromosome: str = field(default="chromosome", metadata={"doc": "Column of the chromosome of a segment."})
    start: str = field(default="start", metadata={"doc": "Column of a segment's first base."})
    end: str = field(default="end", metadata={"doc": "Column of a segment's last base."})
    genes: GenePlaces | None = field(default=None, metadata={"doc": "Where genes lie; needed for segments."})
    tested: SubjectList | None = field(default=None, metadata={"doc": "Who was tested; without it, whoever has a row."})

    def __post_init__(self) -> None:
        if (self.layout == "segments") != (self.genes is not None):
            raise ConfigError(
                f"layout: {self.layout}, and `genes` is {'absent' if self.genes is None else 'given'}",
                "Segments need `genes`, a table of where genes lie; a table of genes has no use for it.",
            )


def read_copy_number(settings: CopyNumberSettings, *, base: Path) -> Ingested:
    """Read copy numbers of genes.

    Parameters
    ----------
    settings : CopyNumberSettings
    base : Path
        Folder of the study file.

    Returns
    -------
    Ingested
        ``content`` has the columns `RECORDS`. A gene's value from segments is their mean weighted by the length of
        overlap; a gene that no segment touches has none. ``altered_share`` is the share of the subject's segmented
        length beyond what counts as gain or loss (`biomarker.features.copy_number`), for segments only, in a row
        without gene.

        A row goes to quarantine, with its first fault in this order, when subject, gene or chromosome is missing, the
        id has blanks around it, a place is no whole number or the segment ends before it begins, the value is missing,
        no number or not possible for ``values``, the subject is not among those ``tested``, or the same gene (or
        segment) of the same subject stands in an earlier row.

    Raises
    ------
    SchemaError
        A column is absent, genes became dates, most values have a decimal comma.
    DataError
        No row can be used.
    """
    table = read_text(base / settings.path, separator=settings.separator)
    roles = (
        ("subject", "chromosome", "start", "end", "value")
        if settings.layout == "segments"
        else ("subject", "gene", "value")
    )
    columns = {role: getattr(settings, role) for role in roles}
    for role, column in columns.items():
        table.require([column], key=role)
    table.refuse_float_ids(columns["subject"])
    assayed = read_assayed(settings.tested, None, base=base)
    rows = _parsed(table, columns)
    refuse_decimal_commas(table, rows, settings.value)
    if settings.layout == "genes":
        refuse_mangled(table, rows["gene"], what="gene")
    found = first_fault(rows, _faults(settings, assayed.subjects))
    bad, good = found.filter(pl.col("reason").is_not_null()), rows.filter(found["reason"].is_null())
    if good.is_empty():
        reasons = ", ".join(f"{reason} ({n})" for reason, n in bad["reason"].value_counts(sort=True).iter_rows())
        raise DataError(f"{table.name}: none of its {rows.height} rows can be used: {reasons}")
    shown = {role: f"{role}_text" for role in ("value", "start", "end") if role in columns}
    quarantine = quarantine_of(table, rows, bad, columns=columns, shown=shown, masked={"subject": "subject_id"})
    if settings.layout == "segments":
        content = _of_segments(good, settings, base)
    else:
        content = good.select("subject_id", "gene", "value", altered_share=pl.lit(None, pl.Float64))
    content = _with_tested(content, assayed.subjects).select(pl.col(c).cast(t) for c, t in RECORDS.items())
    return Ingested(content, quarantine, rows.height, good.height, notes=(f"values are {settings.values}",))


def _parsed(table: Table, columns: Mapping[str, str]) -> pl.DataFrame:
    text = {role: clean(table.frame[column]) for role, column in columns.items()}
    nothing = pl.repeat(None, table.frame.height, dtype=pl.String, eager=True)
    text = {role: text.get(role, nothing) for role in _TEXTS}
    return pl.DataFrame(
        {
            "row": pl.int_range(table.frame.height, eager=True),
            "subject_id": text["subject"],
            "blanks": table.frame[columns["subject"]] != text["subject"],
            "gene": text["gene"],
            "chromosome": text["chromosome"].str.to_lowercase().str.strip_prefix("chr").str.to_uppercase(),
            **{role: as_numbers(text[role]) for role in ("start", "end", "value")},
            **{f"{role}_text": text[role] for role in ("start", "end", "value")},
        }
    )


def _faults(settings: CopyNumberSettings, tested: pl.Series | None) -> list[Fault]:
    value = pl.col("value")
    faults: list[Fault] = [
        ("subject", pl.col("subject_id").is_null(), "the subject is missing"),
        ("subject", pl.col("blanks"), "the subject's id has blanks before or after it"),
    ]
    if settings.layout == "genes":
        faults.append(("gene", pl.col("gene").is_null(), "the gene is missing"))
        key = ["subject_id", "gene"]
    else:
        faults.append(("chromosome", pl.col("chromosome").is_null(), "the chromosome is missing"))
        for role in ("start", "end"):
            place = pl.col(role)
            wrong = place.is_null() | place.is_infinite() | (place != place.floor()) | (place < 0)
            faults.append((role, wrong, "a place is missing or no whole number"))
        faults.append(("end", pl.col("end") < pl.col("start"), "the segment ends before it begins"))
        key = ["subject_id", "chromosome", "start", "end"]
    limits = {
        "log2_ratio": (value.abs() > LARGEST_RATIO, "too large for a log2 ratio"),
        "copies": (value < 0, "fewer than no copies"),
        "calls": (~value.is_in([-2.0, -1.0, 0.0, 1.0, 2.0]), "no call from -2 to 2"),
    }
    impossible, words = limits[settings.values]
    faults += [
        ("value", pl.col("value_text").is_null(), "the value is missing"),
        ("value", value.is_null() | value.is_infinite(), "the value is not a number"),
        ("value", impossible, words),
        (
            "(row)",
            ~pl.struct(key).is_first_distinct(),
            "the same gene or segment of the same subject as an earlier row",
        ),
    ]
    if tested is not None:
        faults.append(
            ("subject", ~pl.col("subject_id").is_in(tested.to_list()), "not among the subjects that were tested")
        )
    return faults


def _of_segments(rows: pl.DataFrame, settings: CopyNumberSettings, base: Path) -> pl.DataFrame:
    """Genes of each subject from its segments, and the share of its genome that is altered."""
    from biomarker.features.copy_number import is_altered

    genes = _places(settings, base)
    parts = []
    for (chromosome,), segments in rows.group_by("chromosome", maintain_order=True):
        here = genes.filter(chromosome=chromosome)
        if here.is_empty():
            continue
        pairs = segments.select("subject_id", "start", "end", "value").join(
            here.select("gene", first="start", last="end"), how="cross"
        )
        overlap = pl.min_horizontal("end", "last") - pl.max_horizontal("start", "first") + 1
        parts.append(pairs.with_columns(overlap=overlap).filter(pl.col("overlap") > 0))
    if not parts:
        raise SchemaError(
            f"no segment lies on a chromosome that {Path(settings.genes.path).name if settings.genes else ''} names",
            "Both tables must name chromosomes alike (a leading chr does not matter) and be of one genome build.",
        )
    long = pl.concat(parts).group_by("subject_id", "gene", maintain_order=True)
    of_genes = long.agg(value=(pl.col("value") * pl.col("overlap")).sum() / pl.col("overlap").sum())
    length = pl.col("end") - pl.col("start") + 1
    altered = is_altered(pl.col("value"), settings.values)
    shares = rows.group_by("subject_id", maintain_order=True).agg(
        altered_share=length.filter(altered).sum() / length.sum(),
        gene=pl.lit(None, pl.String),
        value=pl.lit(None, pl.Float64),
    )
    return pl.concat([of_genes.with_columns(altered_share=pl.lit(None, pl.Float64)), shares], how="diagonal_relaxed")


def _places(settings: CopyNumberSettings, base: Path) -> pl.DataFrame:
    given = settings.genes
    if given is None:
        raise ValueError("segments without genes")
    table = read_text(base / given.path)
    table.require([given.gene, given.chromosome, given.start, given.end], key="genes")
    places = pl.DataFrame(
        {
            "gene": clean(table.frame[given.gene]),
            "chromosome": clean(table.frame[given.chromosome])
            .str.to_lowercase()
            .str.strip_prefix("chr")
            .str.to_uppercase(),
            "start": as_numbers(clean(table.frame[given.start])),
            "end": as_numbers(clean(table.frame[given.end])),
        }
    )
    wrong = (
        places.select(pl.any_horizontal(pl.all().is_null()) | (pl.col("end") < pl.col("start"))).to_series()
    ).arg_true()
    if len(wrong):
        raise SchemaError(f"{table.name}, {table.where(wrong)}: a gene without place", "Correct or delete those rows.")
    if places["gene"].is_duplicated().any():
        raise SchemaError(f"{table.name}: a gene stands twice", "Give each gene one place.")
    return places


def _with_tested(content: pl.DataFrame, tested: pl.Series | None) -> pl.DataFrame:
    """Rows, and one without gene for each tested subject that has none: it is there, with nothing known of any gene."""
    if tested is None:
        return content
    absent = tested.filter(~tested.is_in(content["subject_id"].unique().to_list()))
    return pl.concat([content, pl.DataFrame({"subject_id": absent})], how="diagonal_relaxed")


SOURCE = Source(
    type="copy-number",
    settings=CopyNumberSettings,
    read=read_copy_number,
    doc="Copy numbers as segments or by gene: gains, losses, and the share of the genome that is altered.",
    kind="records",
)
