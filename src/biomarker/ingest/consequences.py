"""What a variant does to a gene, as VEP and SnpEff say it in a VCF's INFO, in the classes of the MAF specification."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import polars as pl

from biomarker.errors import ConfigError, SchemaError

__all__ = ["CLASS_OF", "Annotation", "annotation_of", "consequences"]

Transcripts = Literal["all", "canonical", "pick", "mane"]

#: Terms of the Sequence Ontology, the most severe first (Ensembl's order), by the class of the MAF specification.
#: Frame shifts and changes within the frame are told apart as deletion or insertion by the lengths of the alleles.
_TERMS = (
    ("Splice_Site", "transcript_ablation exon_loss_variant splice_acceptor_variant splice_donor_variant"),
    ("Nonsense_Mutation", "stop_gained"),
    ("Frame_Shift", "frameshift_variant"),
    ("Nonstop_Mutation", "stop_lost"),
    ("Translation_Start_Site", "start_lost initiator_codon_variant"),
    (
        "In_Frame",
        "inframe_insertion disruptive_inframe_insertion conservative_inframe_insertion inframe_deletion "
        "disruptive_inframe_deletion conservative_inframe_deletion",
    ),
    ("Missense_Mutation", "missense_variant rare_amino_acid_variant conservative_missense_variant"),
    ("Protein", "protein_altering_variant coding_sequence_variant"),
    (
        "Splice_Region",
        "splice_donor_5th_base_variant splice_region_variant splice_donor_region_variant "
        "splice_polypyrimidine_tract_variant",
    ),
    (
        "Silent",
        "incomplete_terminal_codon_variant start_retained_variant stop_retained_variant synonymous_variant "
        "start_retained",
    ),
    ("RNA", "mature_miRNA_variant miRNA"),
    ("5'UTR", "5_prime_UTR_premature_start_codon_gain_variant 5_prime_UTR_variant 5_prime_UTR_truncation"),
    ("3'UTR", "3_prime_UTR_variant 3_prime_UTR_truncation"),
    ("RNA", "non_coding_transcript_exon_variant non_coding_exon_variant exon_variant"),
    ("Intron", "intron_variant conserved_intron_variant intragenic_variant transcript_amplification"),
    ("RNA", "NMD_transcript_variant non_coding_transcript_variant nc_transcript_variant coding_transcript_variant"),
    ("5'Flank", "upstream_gene_variant"),
    ("3'Flank", "downstream_gene_variant"),
    (
        "IGR",
        "TFBS_ablation TFBS_amplification TF_binding_site_variant regulatory_region_ablation "
        "regulatory_region_amplification regulatory_region_variant feature_elongation feature_truncation "
        "conserved_intergenic_variant intergenic_region intergenic_variant sequence_variant",
    ),
)
#: Class of a term, in the order of severity.
CLASS_OF: Mapping[str, str] = MappingProxyType({term: name for name, terms in _TERMS for term in terms.split()})
#: What says that a transcript is the one of its gene: of `transcripts`, the fields of VEP.
_CHOSEN = {"canonical": ("CANONICAL",), "pick": ("PICK",), "mane": ("MANE_SELECT", "MANE")}


@dataclass(frozen=True)
class Annotation:
    """Where consequences stand in INFO, and in which order their fields are.

    Attributes
    ----------
    key : str
        ``CSQ`` or ``ANN`` or another name of VEP's.
    allele, terms, gene : int
        Places of the fields.
    change, number, chosen, gene_id : int or None
        Protein change, number of the allele, mark of the chosen transcript (null: all count), the gene's other name.
    """

    key: str
    allele: int
    terms: int
    gene: int
    change: int | None
    number: int | None
    chosen: int | None
    gene_id: int | None


def annotation_of(head: str, *, key: str | None, transcripts: Transcripts, name: str) -> Annotation:
    """How a file is annotated, from the lines above its header.

    Raises
    ------
    SchemaError
        No consequences are declared, or not those that ``key`` names, or their fields lack what is needed.
    ConfigError
        Transcripts are to be chosen by a mark that the annotation does not have.
    """
    declared = dict(re.findall(r'(?m)^##INFO=<ID=([^,>]+),.*?Description="(.*)">\s*$', head))
    found = key or next((known for known in ("CSQ", "ANN", "vep") if known in declared), None)
    if found is None or found not in declared:
        raise SchemaError(
            f"{name}: the header declares no consequences of variants{'' if key is None else f' under INFO {key!r}'}",
            "Annotate the file with VEP (--vcf --symbol --hgvs) or SnpEff; `annotation` names another key of INFO.",
        )
    listed = declared[found].replace("'", "").rsplit(":", 1)[-1] if "|" in declared[found] else ""
    fields = [field.strip().casefold() for field in re.split(r"\|", listed)]
    place = {field: k for k, field in reversed(list(enumerate(fields)))}

    def at(*names: str) -> int | None:
        return next((place[one.casefold()] for one in names if one.casefold() in place), None)

    needed = at("Allele"), at("Consequence", "Annotation"), at("SYMBOL", "Gene_Name", "Gene")
    if None in needed:
        raise SchemaError(
            f"{name}: INFO {found} has no fields for allele, consequence and gene",
            "VEP's are Allele, Consequence and SYMBOL; SnpEff's Allele, Annotation and Gene_Name.",
        )
    chosen = at(*_CHOSEN[transcripts]) if transcripts != "all" else None
    if transcripts != "all" and chosen is None:
        raise ConfigError(
            f"{name}: transcripts: {transcripts} needs the field {_CHOSEN[transcripts][0]}, which INFO {found} lacks",
            "Annotate with it, or take `transcripts: all`: a gene is then altered where any of its transcripts is.",
        )
    allele, terms, gene = (int(k) for k in needed if k is not None)
    return Annotation(
        found, allele, terms, gene, at("HGVSp", "HGVS.p"), at("ALLELE_NUM"), chosen, at("Gene", "Gene_ID")
    )


def consequences(alleles: pl.DataFrame, annotation: Annotation) -> tuple[pl.DataFrame, pl.Series]:
    """What each allele does to each gene: its most severe consequence among the transcripts that count.

    Parameters
    ----------
    alleles : polars.DataFrame
        ``row`` of the record, ``number`` of the allele from 1, ``n_alleles`` of the record, ``ref``, ``alt``, ``info``.
    annotation : Annotation

    Returns
    -------
    found : polars.DataFrame
        ``row, number, gene, term, classification, change``: a row an allele and gene; ``term`` as written and
        ``classification`` null where it is not known. Alleles without any entry are absent.
    strange : polars.Series
        Records with an entry that belongs to none of their alleles.
    """
    key = re.escape(annotation.key)
    records = alleles.unique("row", maintain_order=True).select(
        "row", entry=pl.col("info").str.extract(rf"(?:^|;){key}=([^;]*)").str.split(",")
    )
    entries = records.explode("entry").drop_nulls("entry").filter(pl.col("entry") != "").with_row_index("order")
    entries = entries.with_columns(parts=pl.col("entry").str.split("|"))
    entries = entries.select("row", "order", *(_part(name, place) for name, place in _places(annotation).items()))
    matched, strange = _matched(entries, alleles)
    if annotation.chosen is not None:
        matched = matched.filter(pl.col("chosen").is_not_null())
    return _worst(matched), strange


def _places(annotation: Annotation) -> dict[str, int | None]:
    names = ("allele", "terms", "gene", "change", "chosen", "gene_id")
    return {name: getattr(annotation, name) for name in names} | {"asked": annotation.number}


def _part(name: str, place: int | None) -> pl.Expr:
    """A field of the entries, null where it is empty."""
    if place is None:
        return pl.lit(None, pl.String).alias(name)
    text = pl.col("parts").list.get(place, null_on_oob=True).str.strip_chars()
    return pl.when(~text.is_in(["", "-", "."]) | pl.lit(name == "allele")).then(text).alias(name)


def _matched(entries: pl.DataFrame, alleles: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Entries with the number of their allele, and the records with an entry that belongs to none.

    VEP writes an allele without the first base that it shares with the reference, SnpEff as it stands; a record of one
    allele has no other that could be meant.
    """
    shared = pl.col("alt").str.slice(0, 1) == pl.col("ref").str.slice(0, 1)
    rest = pl.col("alt").str.slice(1)
    known = alleles.with_columns(
        trimmed=pl.when(shared & (rest == "")).then(pl.lit("-")).when(shared).then(rest).otherwise("alt")
    )
    pairs = entries.join(known.select("row", "number", "n_alleles", "ref", "alt", "trimmed"), on="row", how="inner")
    asked = pl.col("asked").cast(pl.Int64, strict=False)
    written = pl.col("allele")
    full = written == pl.col("alt")
    # an entry whose allele is written out for another of the record is not its trimmed form
    of_another = pl.col("allele").is_in(pl.col("alt").implode().over("order"))
    fits = (
        pl.when(pl.col("n_alleles") == 1)
        .then(asked.is_null() | (asked == pl.col("number")))
        .when(asked.is_not_null())
        .then(asked == pl.col("number"))
        .otherwise(full | (~of_another & (written == pl.col("trimmed"))))
    )
    matched = pairs.filter(fits)
    strange = entries.join(matched.select("order").unique(), on="order", how="anti")["row"].unique(maintain_order=True)
    twice = matched.filter(pl.col("order").is_duplicated())["row"].unique(maintain_order=True)
    return matched, pl.concat([strange, twice]).unique(maintain_order=True)


def _worst(entries: pl.DataFrame) -> pl.DataFrame:
    """The most severe term of each allele and gene; one that nobody knows comes before all others."""
    order = {term: k for k, term in enumerate(CLASS_OF)}
    terms = entries.with_columns(term=pl.col("terms").str.split("&")).explode("term")
    severity = pl.col("term").replace_strict(order, default=-1, return_dtype=pl.Int64)
    gene = pl.coalesce(pl.col("gene"), pl.col("gene_id"))
    first = (
        terms.with_columns(gene=gene, severity=severity)
        .sort("row", "number", "gene", "severity", "order", maintain_order=True, nulls_last=True)
        .unique(["row", "number", "gene"], keep="first", maintain_order=True)
    )
    plain = pl.col("term").replace_strict(dict(CLASS_OF), default=None, return_dtype=pl.String)
    longer = pl.col("alt").str.len_chars() > pl.col("ref").str.len_chars()
    same = pl.col("alt").str.len_chars() == pl.col("ref").str.len_chars()
    suffix = pl.when(longer).then(pl.lit("_Ins")).otherwise(pl.lit("_Del"))
    protein = pl.when(same).then(pl.lit("Missense_Mutation")).otherwise(pl.lit("In_Frame") + suffix)
    written = (
        pl.when(plain.is_in(["Frame_Shift", "In_Frame"])).then(plain + suffix)
        .when(plain == "Protein").then(protein)
        .otherwise(plain)
    )  # fmt: skip
    return first.select(
        "row",
        "number",
        "gene",
        "term",
        classification=written,
        change=pl.col("change").str.replace("%3D", "=", literal=True),
    )
