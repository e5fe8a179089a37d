"""Who carries which allele of the records of a VCF, who was not called, and with which share of reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

__all__ = ["Calls", "carried", "carriers_of"]

_GENOTYPE = r"^(?:\d+|\.)(?:[/|](?:\d+|\.))*$"
_BAD_GENOTYPE = "a genotype cannot be read, or names an allele that the record does not have"
_BAD_FRACTION = "an allele fraction cannot be read"


@dataclass(frozen=True)
class Calls:
    """Genotypes of some records.

    Attributes
    ----------
    carriers : polars.DataFrame
        ``row, subject_id, number, fraction``: alternative alleles that subjects carry.
    no_calls : polars.DataFrame
        ``row, subject_id``: genotypes that are missing, in whole or in the part that is not an alternative allele.
    faults : mapping of reason to polars.Series
        Records with a call that cannot be read.
    """

    carriers: pl.DataFrame
    no_calls: pl.DataFrame
    faults: Mapping[str, pl.Series]


def carriers_of(
    rows: pl.DataFrame, columns: Mapping[str, str], alleles: pl.DataFrame, fraction: Literal["AD", "AF"] | None
) -> Calls:
    """Who carries which allele.

    Parameters
    ----------
    rows : polars.DataFrame
        Records: ``row``, ``ALT``, ``FORMAT`` and the samples.
    columns : mapping of the file's column to the subject
        The column ``""`` is that of a file without samples: its subject carries every allele.
    alleles : polars.DataFrame
        ``row, number`` of each alternative allele that is a change.
    fraction : {"AD", "AF"}, optional
        The field of FORMAT that allele fractions come from.
    """
    if "" in columns or not rows.height:
        subject = pl.lit(next(iter(columns.values())), pl.String)
        every = alleles.join(rows.select("row"), on="row", how="semi", maintain_order="left")
        carriers = every.select("row", "number", subject_id=subject, fraction=pl.lit(None, pl.Float64))
        return Calls(carriers, carriers.select("row", "subject_id").clear(), {})
    long = (
        rows.select("row", "FORMAT", *columns, pl.col("ALT").str.split(",").list.len().alias("n"))
        .unpivot(list(columns), index=["row", "FORMAT", "n"], variable_name="column", value_name="cell")
        .with_columns(subject_id=pl.col("column").replace_strict(dict(columns), return_dtype=pl.String))
    )
    long = _with_fields(long, ["GT"] if fraction is None else ["GT", fraction])
    # a file of somatic calls may have no genotypes: one sample then carries what its file lists
    alone = pl.lit(len(columns) == 1) & ~pl.col("has_GT")
    listed = pl.when(pl.col("n") == 1).then(pl.lit("1")).otherwise(pl.lit("?"))
    genotype = pl.when(alone).then(listed).otherwise(pl.col("GT").fill_null("."))
    long = long.with_columns(GT=genotype).with_columns(
        called=pl.col("GT").str.extract_all(r"\d+").list.eval(pl.element().cast(pl.Int64, strict=False))
    )
    wrong = ~pl.col("GT").str.contains(_GENOTYPE) | (pl.col("called").list.max() > pl.col("n")).fill_null(value=False)
    faults = {_BAD_GENOTYPE: long.filter(wrong)["row"].unique()}
    long = long.filter(~wrong)
    carriers = long.with_columns(number=pl.col("called").list.unique()).explode("number").filter(pl.col("number") > 0)
    value, bad = _fraction(carriers, fraction)
    faults[_BAD_FRACTION] = carriers.filter(bad)["row"].unique()
    carriers = carriers.with_columns(fraction=value).select("row", "subject_id", "number", "fraction")
    no_calls = long.filter(pl.col("GT").str.contains(".", literal=True)).select("row", "subject_id")
    carried_rows = carriers.select("row", "subject_id").unique()
    return Calls(carriers, no_calls.join(carried_rows, on=["row", "subject_id"], how="anti"), faults)


def _with_fields(long: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """A column for each field of FORMAT, null where the record lacks it or the sample's is missing."""
    formats = long["FORMAT"].unique().to_list()
    places = [
        (given, *((given or "").split(":").index(n) if n in (given or "").split(":") else None for n in names))
        for given in formats
    ]
    known = pl.DataFrame(places, schema={"FORMAT": pl.String, **{f"at_{n}": pl.Int64 for n in names}}, orient="row")
    joined = long.join(known, on="FORMAT", how="left", nulls_equal=True, maintain_order="left")
    parts = joined.with_columns(parts=pl.col("cell").str.split(":"))
    return parts.with_columns(
        has_GT=pl.col("at_GT").is_not_null(),
        **{n: pl.col("parts").list.get(pl.col(f"at_{n}"), null_on_oob=True) for n in names},
    )


def _fraction(carriers: pl.DataFrame, kind: Literal["AD", "AF"] | None) -> tuple[pl.Expr, pl.Expr]:
    """Allele fraction of a carrier, and whether it is written in a way that cannot be read."""
    if kind is None:
        return pl.lit(None, pl.Float64), pl.lit(value=False)
    given = pl.col(kind)
    unknown = given.is_null() | given.str.contains(r"^[.,]*$")
    numbers = given.str.split(",").list.eval(pl.element().cast(pl.Float64, strict=False))
    expected = pl.col("n") + 1 if kind == "AD" else pl.col("n")
    at = pl.col("number") if kind == "AD" else pl.col("number") - 1
    own = numbers.list.get(at, null_on_oob=True)
    share = own / numbers.list.sum() if kind == "AD" else own
    whole = (numbers.list.len() == expected) & (numbers.list.drop_nulls().list.len() == expected)
    least = numbers.list.min() >= 0
    sound = whole & least & (share.is_between(0, 1) | share.is_nan())
    value = pl.when(~unknown & sound & share.is_finite()).then(share)
    return value, ~unknown & ~sound.fill_null(value=False)


def carried(carriers: pl.DataFrame, alleles: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """What each subject carries: a row a subject, allele and gene, with place, class and protein change."""
    where = alleles.select("row", "number", "CHROM", "POS", "alt", REF="ref")
    here = carriers.join(where, on=["row", "number"], how="inner", maintain_order="left")
    here = here.join(found, on=["row", "number"], how="inner", maintain_order="left")
    place = pl.concat_str("CHROM", "POS", "REF", "alt", separator=":")
    return here.with_columns(place=place).sort("row", "subject_id", "number", "gene", maintain_order=True)
