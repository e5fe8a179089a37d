"""Source ``maf``: variants in a long table, a variant of a subject a row, as the Mutation Annotation Format has it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from biomarker.errors import AlignmentError, ConfigError, DataError, SchemaError
from biomarker.ingest.assayed import Assayed, SubjectList, read_assayed
from biomarker.ingest.faults import Fault, first_fault, quarantine_of
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.source import Ingested, Source
from biomarker.ingest.spelling import as_numbers, clean, nearest
from biomarker.ingest.spreadsheet import refuse_mangled
from biomarker.ingest.variants import NO_GENE, OTHER_CLASSES, PROTEIN_CHANGING, VariantSettings, by_class, records_of

__all__ = ["SOURCE", "MafSettings", "read_maf"]

#: Columns that the specification has a variant's place and alleles in.
VARIANT = ("Chromosome", "Start_Position", "Reference_Allele", "Tumor_Seq_Allele2")
#: Cells that a quarantine shows, by role.
_SHOWN = {"gene": "gene", "classification": "classification", "fraction": "fraction_text"}


@dataclass(frozen=True, kw_only=True)
class MafSettings(VariantSettings):
    """Settings of ``maf``: which column holds what, what counts, and who was tested."""

    subject: str = field(default="Tumor_Sample_Barcode", metadata={"doc": "Column of the subject's id."})
    gene: str = field(default="Hugo_Symbol", metadata={"doc": "Column of the gene."})
    classification: str = field(
        default="Variant_Classification", metadata={"doc": "Column of the class of the variant."}
    )
    protein_change: str | None = field(
        default=None, metadata={"doc": "Column of the change of the protein, for hotspots: HGVSp_Short in most MAFs."}
    )
    several: str | None = field(
        default=None, metadata={"doc": "What stands between several variants in one cell of `protein_change`."}
    )
    variant: tuple[str, ...] = field(
        default=VARIANT,
        metadata={"doc": "Columns that tell two variants of a gene apart; all columns, if the file has none of these."},
    )
    exclude: tuple[str, ...] = field(
        default=(), metadata={"doc": "Classes outside the MAF specification that are known and do not count."}
    )
    tested: SubjectList | None = field(
        default=None, metadata={"doc": "Who was sequenced; without it, those with a row, and nobody else."}
    )
    allele_fraction: tuple[str, ...] = field(
        default=(),
        metadata={"doc": "A column of allele fractions, or two: reads with the variant, and all reads at its place."},
    )
    allele_fraction_unit: Literal["1", "%"] = field(
        default="1", metadata={"doc": "Of one column: a fraction of 1, or percent."}
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.allele_fraction) > 2:
            raise ConfigError(
                f"allele_fraction: {len(self.allele_fraction)} columns", "One of fractions, or two of reads."
            )
        twice = sorted({*self.keep, *(self.burden_classes or ())} & set(self.exclude))
        if twice:
            raise ConfigError(f"exclude: {twice[0]!r} is also among the classes that count", "Name it in one place.")
        if self.several == "" or (self.several is not None and self.protein_change is None):
            raise ConfigError(
                f"several: given {self.several!r} without `protein_change`" if self.several else "several: empty",
                "It separates the variants in the cells of the column that `protein_change` names.",
            )


def read_maf(settings: MafSettings, *, base: Path) -> Ingested:
    """Read variants, and who was tested for them.

    Parameters
    ----------
    settings : MafSettings
    base : Path
        Folder of the study file.

    Returns
    -------
    Ingested
        ``content`` has the columns `RECORDS` and three kinds of rows: a row for each variant that counts (``altered``:
        its class is one of `keep`; ``counted``: one of the burden; ``variant``: the same number for the same change of
        DNA; ``change``: of the protein, as written); a row with null in ``altered`` and ``counted`` for each variant
        that could not be judged; and for each subject that was tested a row without gene, false in both.

        A row of the file goes to quarantine, with its first fault in this order, when

        - the subject is missing;
        - the class is missing or unknown, or the allele fraction is no number from 0 to 1;
        - its class counts, and the gene is missing or none of the panel;
        - its class counts, and the subject is not among the tested;
        - an earlier row has the same variant of the same subject.

        Rows of classes that do not count are excluded, by class.

    Raises
    ------
    SchemaError
        A column is absent; an id has blanks around it; two ids or two genes differ only in upper and lower case; a
        spreadsheet turned a gene into a date; the settings name a class that neither the file nor the format has.
    AlignmentError
        None of the file's subjects is among the tested.
    DataError
        No variant counts.

    Notes
    -----
    Lines before the header that begin with ``#`` are skipped. A variant that cannot be judged makes its gene, and the
    burden, *missing* in its subject. What would make a wild type of a mutated subject unseen (two spellings of one
    subject or gene, a mangled gene) is refused, not quarantined. 400,000 rows of 38 columns (102 MB): 3 s and 0.7 GB.

    **Valid when** every tested subject was assayed for every gene of the file, or of `panel_genes`.
    """
    table = read_text(base / settings.path, separator=settings.separator, comment="#")
    columns = _columns(settings)
    for role, column in columns.items():
        table.require([column], key=role)
    assayed = read_assayed(settings.tested, settings.panel_genes, base=base)
    rows = _parsed(table, columns, settings)
    _refuse_unknown_classes(table, rows, settings)
    refuse_mangled(table, rows["gene"], what="gene")
    _refuse_two_spellings(table, rows, assayed)
    faults = _faults(rows, settings, assayed)
    bad, fine = faults.filter(pl.col("reason").is_not_null()), rows.filter(faults["reason"].is_null())
    used, excluded = fine.filter(_COUNTS), dict(by_class(fine.filter(~_COUNTS)["classification"]))
    if used.is_empty():
        reasons = dict(bad["reason"].value_counts(sort=True).iter_rows()) | excluded
        listed = ", ".join(f"{reason} ({n})" for reason, n in reasons.items())
        raise DataError(f"{table.name}: none of its {rows.height} rows is a variant that counts: {listed}")
    unsure = _unsure(rows, bad, assayed)
    known = (
        rows["subject_id"].drop_nulls().unique(maintain_order=True) if assayed.subjects is None else assayed.subjects
    )
    records = records_of(_one_a_row(pl.concat([used, unsure]), settings), known, settings, base=base)
    notes = _notes(table, known, used, unsure, assayed)
    named = {**columns, "fraction": settings.allele_fraction[0] if settings.allele_fraction else ""}
    quarantine = quarantine_of(table, rows, bad, columns=named, shown=_SHOWN, masked={"subject": "subject_id"})
    return Ingested(records, quarantine, rows.height, used.height, excluded, notes)


def _columns(settings: MafSettings) -> dict[str, str]:
    """Column of the file by its role."""
    roles = ("subject", "gene", "classification", "protein_change")
    return {role: getattr(settings, role) for role in roles if getattr(settings, role) is not None}


def _parsed(table: Table, columns: dict[str, str], settings: MafSettings) -> pl.DataFrame:
    """Row number, cleaned text of each role, what its class makes of a row, and a number for its change of DNA."""
    text = {role: clean(table.frame[column]) for role, column in columns.items()}
    gene, classes = text["gene"], text["classification"]
    fraction, fraction_text = _fractions(table, settings)
    return pl.DataFrame(
        {
            "row": pl.int_range(table.frame.height, eager=True),
            "subject_id": table.ids(columns["subject"], unique=False, missing=True),
            "gene": gene.set(gene.is_in(NO_GENE), None),
            "classification": classes,
            "change": text.get("protein_change", pl.repeat(None, len(gene), dtype=pl.String, eager=True)),
            "altered": classes.is_in(settings.keep).fill_null(value=False),
            "counted": classes.is_in(settings.counted).fill_null(value=False),
            "variant": _numbered(table.frame.select(_variant_columns(table, settings))),
            "fraction": fraction,
            "fraction_text": fraction_text,
        }
    )


def _fractions(table: Table, settings: MafSettings) -> tuple[pl.Series, pl.Series]:
    """Allele fraction of each row, and the cells that it comes from; null where it is not known."""
    if not settings.allele_fraction:
        nothing = pl.repeat(None, table.frame.height, dtype=pl.String, eager=True)
        return nothing.cast(pl.Float64), nothing
    table.require(settings.allele_fraction, key="allele_fraction")
    cells = [clean(table.frame[column]) for column in settings.allele_fraction]
    numbers = [as_numbers(text) for text in cells]
    whole = numbers[1] if len(numbers) == 2 else 100.0 if settings.allele_fraction_unit == "%" else 1.0
    text = cells[0] if len(cells) == 1 else cells[0] + " of " + cells[1]
    return numbers[0] / whole, text


def _variant_columns(table: Table, settings: MafSettings) -> list[str]:
    """The columns that tell variants apart; all where the file is none of the format."""
    present = [name for name in settings.variant if name in table.frame.columns]
    if settings.variant == VARIANT and not present:
        return table.frame.columns
    table.require(settings.variant, key="variant")
    return present


def _numbered(frame: pl.DataFrame) -> pl.Series:
    """A number for each row, the same for equal rows, in the order of their first."""
    distinct = frame.unique(maintain_order=True).with_row_index("number of the row")
    joined = frame.join(distinct, on=frame.columns, how="left", nulls_equal=True, maintain_order="left")
    return joined["number of the row"].cast(pl.Int64)


# --- what is refused as a whole ---------------------------------------------------------------------------------------


def _refuse_unknown_classes(table: Table, rows: pl.DataFrame, settings: MafSettings) -> None:
    """A class that neither the file nor the format knows is a misspelling, which would count or leave out nothing."""
    present = rows["classification"].drop_nulls().unique(maintain_order=True).to_list()
    for key in ("keep", "exclude", "burden_classes"):
        for name in getattr(settings, key) or ():
            if name not in {*present, *PROTEIN_CHANGING, *OTHER_CLASSES}:
                raise SchemaError(
                    f"{table.name}: `{key}` names the class {name!r}, which the file does not have",
                    nearest(name, present, what="classes"),
                )


def _refuse_two_spellings(table: Table, rows: pl.DataFrame, assayed: Assayed) -> None:
    """What was found under one spelling would be wild type under the other."""
    for what, names, others in (
        ("subjects", rows["subject_id"], assayed.subjects),
        ("genes", rows["gene"], assayed.genes),
    ):
        every = names if others is None else pl.concat([names, others.rename(names.name)])
        distinct = every.drop_nulls().unique(maintain_order=True)
        twins = distinct.filter(distinct.str.to_lowercase().is_duplicated())
        if len(twins):
            at = names.is_in(twins.to_list()).fill_null(value=False).arg_true()
            where = f", {table.where(at)}" if len(at) else ""
            raise SchemaError(
                f"{table.name}{where}: {what} that are equal but for upper and lower case", "Write each in one way."
            )
    if assayed.subjects is not None and not rows["subject_id"].is_in(assayed.subjects.to_list()).any():
        raise AlignmentError(
            f"{table.name}: none of its subjects is among the {len(assayed.subjects)} that were tested",
            "The columns that `subject` and `tested.id` name must hold the same ids.",
        )


# --- what each row is -------------------------------------------------------------------------------------------------

_COUNTS = pl.col("altered") | pl.col("counted")
_A_FRACTION = pl.col("fraction").is_between(0.0, 1.0).fill_null(value=False)
_NO_CLASS = "the class of the variant is missing"
_STRANGE_CLASS = "the class of the variant is not known: name it in keep or exclude"
_NO_GENE = "the gene is missing"
_NO_FRACTION = "the allele fraction is no number from 0 to 1"
#: After these faults the subject still has the variant; what it means is not known.
_UNSURE = (_NO_CLASS, _STRANGE_CLASS, _NO_GENE, _NO_FRACTION)


def _faults(rows: pl.DataFrame, settings: MafSettings, assayed: Assayed) -> pl.DataFrame:
    """Row, role and reason of the first fault of each row; nulls where there is none."""
    known = [*settings.keep, *settings.exclude, *settings.counted, *PROTEIN_CHANGING, *OTHER_CLASSES]
    faults: list[Fault] = [
        ("subject", pl.col("subject_id").is_null(), "the subject is missing"),
        ("classification", pl.col("classification").is_null(), _NO_CLASS),
        ("classification", ~pl.col("classification").is_in(known), _STRANGE_CLASS),
        ("gene", _COUNTS & pl.col("gene").is_null(), _NO_GENE),
        ("fraction", _COUNTS & pl.col("fraction_text").is_not_null() & ~_A_FRACTION, _NO_FRACTION),
    ]
    if assayed.genes is not None:
        foreign = ~pl.col("gene").is_in(assayed.genes.to_list())
        faults.append(("gene", _COUNTS & foreign, "the gene is none of the panel"))
    if assayed.subjects is not None:
        untested = ~pl.col("subject_id").is_in(assayed.subjects.to_list())
        faults.append(("subject", _COUNTS & untested, "the subject is not among the tested"))
    sound = rows.filter(_COUNTS & first_fault(rows, faults)["reason"].is_null())
    again = sound.filter(~pl.struct("subject_id", "gene", "variant").is_first_distinct())["row"]
    repeated = pl.col("row").is_in(again.to_list())
    return first_fault(rows, [*faults, ("(row)", repeated, "an earlier row has the same variant of the subject")])


def _unsure(rows: pl.DataFrame, bad: pl.DataFrame, assayed: Assayed) -> pl.DataFrame:
    """Quarantined variants of known subjects whose gene is therefore neither altered nor wild type for sure."""
    unsure = rows.join(bad.filter(pl.col("reason").is_in(_UNSURE)), on="row", how="semi", maintain_order="left")
    if assayed.subjects is not None:
        unsure = unsure.filter(pl.col("subject_id").is_in(assayed.subjects.to_list()))
    if assayed.genes is not None:
        unsure = unsure.filter(pl.col("gene").is_null() | pl.col("gene").is_in(assayed.genes.to_list()))
    return unsure.with_columns(altered=pl.lit(None, pl.Boolean), counted=pl.lit(None, pl.Boolean))


def _one_a_row(variants: pl.DataFrame, settings: MafSettings) -> pl.DataFrame:
    """The variants, taken apart where a cell names several."""
    if settings.several is None:
        return variants
    pieces = variants.with_columns(pl.col("change").str.split(settings.several)).explode("change")
    pieces = pieces.with_columns(clean(pieces["change"])).unique(["row", "change"], maintain_order=True)
    return pieces.with_columns(_numbered(pieces.select("variant", "change")).rename("variant"))


def _notes(
    table: Table, known: pl.Series, used: pl.DataFrame, unsure: pl.DataFrame, assayed: Assayed
) -> tuple[str, ...]:
    without = len(known) - used["subject_id"].n_unique()
    if assayed.subjects is None:
        notes = [
            f"No list of the subjects that were sequenced was given: the {len(known)} with a row in {table.name} are "
            f"taken to be, {without} of them without a variant that counts; subjects without any row are left out, "
            "because wild type and never sequenced cannot be told apart"
        ]
    else:
        notes = [f"{len(known)} subjects were sequenced, {without} of them without a variant that counts"]
    if assayed.nameless:
        notes.append(f"Rows of the list of sequenced subjects that name no subject: {assayed.nameless}")
    if assayed.genes is not None:
        seen = used["gene"].n_unique()
        notes.append(f"The panel has {len(assayed.genes)} genes, {seen} of them with a variant that counts")
    if unsure.height:
        notes.append(
            f"Variants that could not be judged: {unsure.height}; in the subjects that have them gene and burden are "
            "missing, and not taken for wild type"
        )
    return tuple(notes)


SOURCE = Source(
    type="maf",
    settings=MafSettings,
    read=read_maf,
    doc="Variants, one of a subject a row, in the Mutation Annotation Format or a table like it.",
    kind="records",
)
