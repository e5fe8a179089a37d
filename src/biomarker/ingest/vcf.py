"""Source ``vcf``: variants in VCF or BCF with their consequences, all samples in one file or a file each."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.assayed import read_assayed
from biomarker.ingest.consequences import Transcripts, annotation_of, consequences
from biomarker.ingest.faults import Fault, first_fault, quarantine_of
from biomarker.ingest.genotypes import carried, carriers_of
from biomarker.ingest.labels import read_labels
from biomarker.ingest.source import Ingested, Source, no_quarantine
from biomarker.ingest.spelling import nearest
from biomarker.ingest.variants import NO_GENE, OTHER_CLASSES, PROTEIN_CHANGING, VariantSettings, by_class, records_of
from biomarker.ingest.vcf_files import VcfFile, files_of, read_file, stem

__all__ = ["SOURCE", "VcfSettings", "read_vcf"]

_SHOWN = {"position": "POS", "reference": "REF", "alleles": "ALT", "consequence": "term", "gene": "gene"}
_FIELDS = {"position": "POS", "reference": "REF", "alleles": "ALT", "consequence": "INFO", "gene": "INFO"}
#: Alleles that are no change of their own: a deletion that began before, and "anything else" of gVCF.
_NO_CHANGE = ("*", "<*>", "<NON_REF>")


@dataclass(frozen=True, kw_only=True)
class SampleNames:
    """Whose sample each column, or each file, is."""

    path: str = field(metadata={"doc": "A table with a row a sample; samples that it lacks are left out."})
    sample: str = field(default="sample", metadata={"doc": "Its column of sample names, as the files have them."})
    subject: str = field(default="subject_id", metadata={"doc": "Its column of subject ids."})


@dataclass(frozen=True, kw_only=True)
class VcfSettings(VariantSettings):
    """Settings of ``vcf``: a file, or a folder of files; whose samples they hold, and what counts."""

    annotation: str | None = field(
        default=None, metadata={"doc": "Key of INFO with the consequences; CSQ, ANN or vep where none is named."}
    )
    transcripts: Transcripts = field(
        default="all",
        metadata={"doc": "Whose consequences count: those of all transcripts, or of those that VEP marked."},
    )
    filters: tuple[str, ...] = field(
        default=("PASS", "."),
        metadata={"doc": "Values of FILTER that are accepted; `.` is no filter applied. Others are excluded."},
    )
    names: Literal["samples", "files"] = field(
        default="samples",
        metadata={"doc": "What tells whose sample it is: the name of its column, or of its file without the ending."},
    )
    column: str | None = field(
        default=None,
        metadata={"doc": "With `names: files`, the column that is meant, where a file has several (TUMOR)."},
    )
    samples: SampleNames | None = field(
        default=None, metadata={"doc": "Whose sample each is; without it samples are called by their subject."}
    )
    no_call: Literal["missing", "wild_type"] = field(
        default="missing",
        metadata={"doc": "A genotype that was not called: its gene is missing in the subject, or taken as wild type."},
    )
    allele_fraction: Literal["AD", "AF"] | None = field(
        default=None, metadata={"doc": "Field of FORMAT with the reads of each allele (AD), or with their share (AF)."}
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        known = {*PROTEIN_CHANGING, *OTHER_CLASSES}
        for key in ("keep", "burden_classes"):
            for name in getattr(self, key) or ():
                if name not in known:
                    raise ConfigError(
                        f"{key}: there is no class {name!r}", nearest(name, sorted(known), what="classes")
                    )
        if not self.filters:
            raise ConfigError("filters: no value of FILTER is accepted", "Leave it out for PASS and `.`.")
        if self.column is not None and self.names == "samples":
            raise ConfigError("column: given with `names: samples`, where every column counts", "Say `names: files`.")


@dataclass(frozen=True)
class _Read:
    """What one file gave; ``variants`` of used records and, without a judgement, of unsure ones."""

    variants: pl.DataFrame
    quarantine: pl.DataFrame
    rows_in: int
    used: int
    excluded: Counter[str]
    no_calls: int


def read_vcf(settings: VcfSettings, *, base: Path) -> Ingested:
    """Read variants of one file, or of every VCF and BCF in a folder, and who was sequenced.

    Parameters
    ----------
    settings : VcfSettings
    base : Path
        Folder of the study file.

    Returns
    -------
    Ingested
        ``content`` has the columns `biomarker.ingest.variants.RECORDS`, as of a MAF: a row for each allele that a
        subject carries and each gene in which its class counts; one with null in ``altered`` and ``counted`` where the
        gene of a subject could not be judged; and one without gene for every sample that is somebody's. Rows are
        counted in records of the files.

        A record is excluded when FILTER holds a value that is not accepted, when it has no alternative allele, when no
        class of its alleles counts, when none of the genes is of the panel, or when none of the samples carries it.

        A record goes to quarantine as a whole, with its first fault in this order, when

        - the position is no whole number, or the alleles are not written in bases;
        - it has no consequences, one that belongs to none of its alleles, or one that is not known;
        - its class counts, and the gene is missing;
        - a genotype cannot be read, or names an allele that the record does not have;
        - an allele fraction cannot be read;
        - a subject has the same allele in an earlier record of the file.

        What it says of its carriers is then not known: its genes are missing in them, as is the burden.

    Raises
    ------
    DataError
        A file is no VCF, cut short or damaged; no record is of use.
    SchemaError
        No consequences are declared; a sample is of two subjects or a subject has two samples; ids have blanks around
        them or differ in case alone.
    ConfigError
        Settings that the files cannot serve.

    Notes
    -----
    A gene is altered where any transcript that counts has a class of `keep`; its protein change is that of the most
    severe. Consequences are taken as the annotation has them: nothing is annotated here. A file is held as text, all of
    it: whole genomes want a filter first (`bcftools view` with a list of regions).

    **Valid when** every sample was sequenced over every gene of the files, or of `panel_genes`, and was compared with
    one reference genome.
    """
    panel = read_assayed(None, settings.panel_genes, base=base).genes
    read, subjects, left_out = [], list[str](), 0
    paths = files_of(base / settings.path)
    for path in paths:
        file = read_file(path)
        columns, unnamed = _subjects(file, settings, base)
        left_out += unnamed
        subjects += columns.values()
        read.append(_read_one(file, columns, settings, panel))
    _refuse_ids(subjects, Path(settings.path).name)
    used = sum(one.used for one in read)
    excluded = sum((one.excluded for one in read), Counter[str]())
    quarantine = pl.concat([one.quarantine for one in read])
    if not used:
        reasons = Counter(dict(quarantine["reason"].value_counts(sort=True).iter_rows())) + excluded
        listed = ", ".join(f"{reason} ({n})" for reason, n in reasons.most_common())
        raise DataError(f"{Path(settings.path).name}: none of its records is of use: {listed or 'there are none'}")
    variants = _numbered(pl.concat([one.variants for one in read]))
    records = records_of(variants, subjects, settings, base=base)
    notes = _notes(records, len(subjects), left_out, sum(one.no_calls for one in read), settings)
    return Ingested(records, quarantine, sum(one.rows_in for one in read), used, dict(excluded), notes)


# --- whose samples ----------------------------------------------------------------------------------------------------


def _subjects(file: VcfFile, settings: VcfSettings, base: Path) -> tuple[dict[str, str], int]:
    """Subject by column of a file, and how many samples are nobody's; the column ``""`` is a file without any."""
    name = file.table.name
    if settings.names == "files":
        columns = file.samples or ("",)
        place = columns.index(settings.column) if settings.column in columns else 0
        if settings.column is not None and settings.column not in columns:
            raise SchemaError(f"{name}: there is no sample {settings.column!r} (column)", "See its line of columns.")
        if settings.column is None and len(columns) > 1:
            raise ConfigError(
                f"{name} has {len(columns)} samples, and `names: files` names one",
                "Say which one is meant: `column: TUMOR`, for example.",
            )
        found = {file.columns[place] if file.samples else "": stem(file.table.path)}
    elif not file.samples:
        raise SchemaError(
            f"{name} has no samples: it does not say who carries what", "Say `names: files` where a file is a subject."
        )
    else:
        found = dict(zip(file.columns, file.samples, strict=True))
    if settings.samples is None:
        return found, 0
    given = settings.samples
    known = read_labels(base / given.path, id=given.sample, column=given.subject, key="samples")
    kept = {column: known[sample] for column, sample in found.items() if sample in known}
    if not kept and settings.names == "samples":
        raise SchemaError(
            f"{name}: none of its {len(found)} samples is in {Path(given.path).name}",
            f"Its column {given.sample!r} holds the names of the samples as the file's header has them.",
        )
    return kept, len(found) - len(kept)


def _refuse_ids(subjects: list[str], name: str) -> None:
    """Two samples of one subject, or two spellings of one, would each be half of what is known."""
    hint = "Keep one sample a subject: which of several to take is never guessed. `samples` names those that are meant."
    if len(set(subjects)) < len(subjects):
        raise SchemaError(f"{name}: several samples are of one subject", hint)
    if len({subject.casefold().strip() for subject in subjects}) < len(subjects):
        raise SchemaError(f"{name}: subjects that are equal but for upper and lower case or blanks", hint)
    if any(subject != subject.strip() for subject in subjects):
        raise SchemaError(f"{name}: the name of a sample has blanks before or after it", "Remove the blanks.")


# --- one file ---------------------------------------------------------------------------------------------------------


def _read_one(file: VcfFile, columns: dict[str, str], settings: VcfSettings, panel: pl.Series | None) -> _Read:
    annotation = annotation_of(
        file.head, key=settings.annotation, transcripts=settings.transcripts, name=file.table.name
    )
    rows = file.table.frame.with_row_index("row").cast({"row": pl.Int64})
    excluded: Counter[str] = Counter()
    if not columns:
        excluded["of a file that is nobody's"] += rows.height
        return _Read(_NO_VARIANTS.clone(), no_quarantine(), rows.height, 0, +excluded, 0)
    flags = pl.col("FILTER").fill_null(".")
    refused = flags.str.split(";").list.set_difference(list(settings.filters)).list.len() > 0
    filtered = rows.filter(refused).select(flags).to_series()
    excluded.update({f"FILTER is {name}": n for name, n in filtered.value_counts().iter_rows()})
    rows = rows.filter(~refused)
    without = pl.col("ALT").is_null() | pl.col("ALT").is_in(_NO_CHANGE)
    excluded["no alternative allele"] += rows.filter(without).height
    rows = rows.filter(~without)
    alleles = _alleles(rows)
    found, strange = consequences(alleles, annotation)
    found = found.with_columns(
        gene=pl.when(~pl.col("gene").is_in(NO_GENE)).then("gene"),
        altered=pl.col("classification").is_in(settings.keep).fill_null(value=False),
        counted=pl.col("classification").is_in(settings.counted).fill_null(value=False),
    )
    if panel is not None:
        foreign = (
            (pl.col("altered") | pl.col("counted"))
            & pl.col("gene").is_not_null()
            & ~pl.col("gene").is_in(panel.to_list())
        )
        found, beside = found.filter(~foreign), found.filter(foreign)
        alone = beside.join(found, on="row", how="anti").select("row").unique()
        excluded["the gene is none of the panel"] += alone.height
        rows = rows.join(alone, on="row", how="anti", maintain_order="left")
    faults = _faults(rows, alleles, found, strange, annotation.key)
    # what is at fault may count: who carries it has to be known as well
    wanted = pl.concat([found.filter("altered").select("row"), found.filter("counted").select("row"),
                        faults.filter(pl.col("reason").is_not_null()).select("row")]).unique()  # fmt: skip
    calls = carriers_of(
        rows.join(wanted, on="row", how="semi", maintain_order="left"), columns, alleles, settings.allele_fraction
    )
    carriers, bad_calls = calls.carriers, calls.faults
    here = carried(carriers, alleles, found)
    again = here.filter(pl.col("altered") | pl.col("counted")).filter(
        ~pl.struct("subject_id", "gene", "CHROM", "POS", "REF", "alt").is_first_distinct()
    )["row"]
    further: list[Fault] = [
        ("calls", pl.col("row").is_in(rows_at.to_list()), reason) for reason, rows_at in bad_calls.items()
    ]
    further.append(("(row)", pl.col("row").is_in(again.to_list()), "a subject has the allele in an earlier record"))
    later = first_fault(rows, further)
    bad = pl.DataFrame(
        {
            "row": faults["row"],
            "role": faults["role"].fill_null(later["role"]),
            "reason": faults["reason"].fill_null(later["reason"]),
        }
    ).filter(pl.col("reason").is_not_null())
    return _sorted_out(file, rows, found, here, calls.no_calls, carriers, bad, excluded, settings)


_NO_VARIANTS = pl.DataFrame(
    schema={
        "subject_id": pl.String, "gene": pl.String, "classification": pl.String, "change": pl.String,
        "place": pl.String, "altered": pl.Boolean, "counted": pl.Boolean, "fraction": pl.Float64,
    }
)  # fmt: skip


def _sorted_out(
    file: VcfFile,
    rows: pl.DataFrame,
    found: pl.DataFrame,
    here: pl.DataFrame,
    no_calls: pl.DataFrame,
    carriers: pl.DataFrame,
    bad: pl.DataFrame,
    excluded: Counter[str],
    settings: VcfSettings,
) -> _Read:
    """Records by what becomes of them, and the variants that they give."""
    counts = pl.col("altered") | pl.col("counted")
    sound = rows.join(bad, on="row", how="anti", maintain_order="left")
    that_count = found.filter(counts).select("row").unique()
    idle = sound.join(that_count, on="row", how="anti", maintain_order="left")
    classes = found.unique("row", keep="first", maintain_order=True).select("row", "classification")
    idle = idle.join(classes, on="row", how="left", maintain_order="left")
    excluded["no consequence in the chosen transcripts"] += idle["classification"].null_count()
    excluded.update(by_class(idle["classification"].drop_nulls()))
    live = sound.join(that_count, on="row", how="semi", maintain_order="left")
    used = live.join(here.filter(counts).select("row").unique(), on="row", how="semi")
    excluded["none of the samples carries it"] += live.height - used.height
    named = {**_FIELDS, "calls": "samples"}
    at = rows.join(found.filter(_DOUBTFUL).unique("row", keep="first"), on="row", how="left", maintain_order="left")
    quarantine = quarantine_of(file.table, at, bad, columns=named, shown=_SHOWN, masked={})
    variants = here.join(used.select("row"), on="row", how="semi", maintain_order="left").filter(counts)
    # of a record at fault its carriers, and of one in order those who were not called: nobody knows of them
    doubt = pl.concat([carriers, no_calls], how="diagonal").join(bad.select("row"), on="row", how="semi")
    unknown = no_calls.join(live.select("row"), on="row", how="semi")
    if settings.no_call == "missing":
        doubt = pl.concat([doubt, unknown], how="diagonal")
    genes = found.filter(_DOUBTFUL).select("row", "gene", "classification", "change").unique(maintain_order=True)
    doubt = doubt.select("row", "subject_id").unique(maintain_order=True).join(genes, on="row", how="left")
    nothing = {"altered": pl.Boolean, "counted": pl.Boolean, "fraction": pl.Float64}
    doubt = doubt.with_columns(place=pl.lit(""), **{name: pl.lit(None, dtype) for name, dtype in nothing.items()})
    columns = _NO_VARIANTS.columns
    kept = pl.concat([variants.select(columns), doubt.select(columns)])
    calls = unknown.height
    return _Read(kept, quarantine, file.table.frame.height, used.height, +excluded, calls)


#: What stands beside a record in quarantine: the consequence that is not known, or the gene that is none.
_DOUBTFUL = pl.col("classification").is_null() | pl.col("gene").is_null() | pl.col("altered") | pl.col("counted")


def _alleles(rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each alternative allele that is a change, with its number in the record, from 1."""
    split = rows.select(
        "row", "CHROM", "POS", ref=pl.col("REF").str.to_uppercase(), alt=pl.col("ALT").str.split(","), info="INFO"
    )
    numbered = split.with_columns(
        number=pl.int_ranges(1, pl.col("alt").list.len() + 1), n_alleles=pl.col("alt").list.len()
    ).explode("alt", "number")
    changes = numbered.filter(~pl.col("alt").is_in(_NO_CHANGE)).with_columns(alt=pl.col("alt").str.to_uppercase())
    return changes.with_columns(n_alleles=pl.len().over("row"))


def _faults(
    rows: pl.DataFrame,
    alleles: pl.DataFrame,
    found: pl.DataFrame,
    strange: pl.Series,
    key: str,
) -> pl.DataFrame:
    """Row, role and reason of the first fault of each record; nulls where there is none."""
    counts = pl.col("altered") | pl.col("counted")
    written = r"(?i)^(?:[ACGTN]+|<[^<>\s]+>|\S*[\[\]]\S*)$"
    odd = alleles.filter(~pl.col("alt").str.contains(written))["row"]
    annotated = pl.col("INFO").fill_null("").str.contains(rf"(?:^|;){re.escape(key)}=[^;]")

    def among(some: pl.DataFrame) -> pl.Expr:
        return pl.col("row").is_in(some["row"].unique().to_list())

    faults: list[Fault] = [
        ("position", ~pl.col("POS").fill_null("").str.contains(r"^\d{1,10}$"), "the position is no whole number"),
        ("reference", ~pl.col("REF").fill_null("").str.contains(r"(?i)^[ACGTN]+$"), "the reference is not in bases"),
        ("alleles", pl.col("row").is_in(odd.to_list()), "an allele is not in bases"),
        ("consequence", pl.col("row").is_in(strange.to_list()), "a consequence belongs to none of its alleles"),
        ("consequence", ~annotated, "the record has no consequences"),
        ("consequence", among(found.filter(pl.col("classification").is_null())), "a consequence is not known"),
        ("gene", among(found.filter(counts & pl.col("gene").is_null())), "the gene is missing"),
    ]
    return first_fault(rows, faults)


def _numbered(variants: pl.DataFrame) -> pl.DataFrame:
    """With ``variant``: the same number for the same allele at the same place."""
    number = (pl.col("place").rank("dense").cast(pl.Int64) - 1).alias("variant")
    return variants.with_columns(number).drop("place")


def _notes(
    records: pl.DataFrame, sequenced: int, left_out: int, no_calls: int, settings: VcfSettings
) -> tuple[str, ...]:
    with_some = records.filter(pl.col("altered") | pl.col("counted"))["subject_id"].n_unique()
    notes = [f"{sequenced} subjects were sequenced, {sequenced - with_some} of them without a variant that counts"]
    if left_out:
        notes.append(f"Samples that `samples` does not name, left out: {left_out}")
    if no_calls:
        what = "missing in them" if settings.no_call == "missing" else "taken as wild type (no_call: wild_type)"
        notes.append(f"Genotypes that were not called where others carry a variant that counts: {no_calls}; {what}")
    return tuple(notes)


SOURCE = Source(
    type="vcf",
    settings=VcfSettings,
    read=read_vcf,
    doc="Variants in VCF or BCF, annotated by VEP or SnpEff: one file, or a folder with a file a subject.",
    kind="records",
)
