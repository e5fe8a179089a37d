"""Features of variants, of every source of them: altered genes, hotspots, sets of genes, allele fractions, burden."""

import re
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.matrix import FeatureValues
from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.features.builder import Builder, BuilderSettings, Built, Matching, match_subjects
from biomarker.features.protein_change import protein_change

__all__ = ["MAF", "VCF", "MafFeatures", "build_maf"]

#: ``BRAF p.V600E``, ``BRAF V600E``, ``KRAS p.G12``: a gene and a change, or the residue that is changed.
_HOTSPOT = re.compile(r"(?P<gene>\S+) +(?P<change>\S.*)")
#: Among `hotspots`: every residue that is exchanged for another in somebody.
EVERY = "all"
#: A change of one residue into another; the residue stands in the first group.
_SUBSTITUTION = r"^p\.([A-Z]\d+)[A-Z]$"
#: The class in which a change of the protein is always there to be named.
_MISSENSE = "Missense_Mutation"


@dataclass(frozen=True, kw_only=True)
class MafFeatures(BuilderSettings):
    """Settings of features of variants."""

    hotspots: tuple[str, ...] = field(
        default=(),
        metadata={
            "doc": "Changes with a feature of their own: BRAF p.V600E, or KRAS p.G12 for any substitution there; "
            "all, every residue with a substitution."
        },
    )
    most_hotspots: int = field(
        default=5000, metadata={"doc": "So many residues `hotspots: [all]` may give; more are refused."}
    )
    panel_size_mb: float | None = field(
        default=None,
        metadata={"doc": "Megabases that were sequenced, for the burden; without it variants are counted."},
    )

    def __post_init__(self) -> None:
        for given in set(self.hotspots) - {EVERY}:
            found = _HOTSPOT.fullmatch(given)
            if not found or protein_change(pl.Series([found["change"]]))[0] is None:
                raise ConfigError(
                    f"hotspots: {given!r} is no gene and change", "Write it as BRAF p.V600E or KRAS p.G12."
                )
        if self.panel_size_mb is not None and not 0 < self.panel_size_mb < 1e5:
            raise ConfigError(
                f"panel_size_mb: {self.panel_size_mb:g} is no size in megabases", "An exome has about 35."
            )


def build_maf(content: pl.DataFrame, settings: MafFeatures, *, subjects: pl.DataFrame) -> Built:
    """Make features of variants, one subject at a time.

    - a gene (``TP53``): 1 where the subject has a variant that alters it, 0 where it was tested and has none, missing
      where all it has of the gene could not be judged;
    - a hotspot (``BRAF p.V600E``, ``KRAS p.G12``): the same for one change, or for any substitution of one residue;
      missing also where a missense variant of the gene does not say its change;
    - a set of genes (``set Cell cycle``), where sets were given: 1 where any of its genes is altered, missing where
      none is and one could not be judged;
    - ``<gene>.fraction``, where allele fractions were given: the highest of the variants that alter the gene, 0 where
      none does, missing where the gene is, or where no such variant says its fraction;
    - ``burden``: ``n / panel_size_mb`` with ``n`` the different changes of DNA that count; where no size is given the
      feature ``n_variants``, which is ``n``. Missing where a variant could not be judged.

    Parameters
    ----------
    content : polars.DataFrame
        Columns of `biomarker.ingest.variants.RECORDS`.
    settings : MafFeatures
    subjects : polars.DataFrame
        With ``subject_id``.

    Returns
    -------
    Built
        Genes that are altered in a subject of the cohort, in alphabetical order, then hotspots, sets, allele fractions,
        and the burden; columns ``gene`` and ``kind`` beside them. Subjects who were not tested are absent, and counted.

    Raises
    ------
    AlignmentError
        No subject of the cohort was tested.
    ConfigError
        Hotspots are asked for of variants without changes of the protein.
    InsufficientDataError
        No subject of the cohort has a variant that counts, or ``hotspots: [all]`` gives more than `most_hotspots`.

    Notes
    -----
    No feature is chosen by how often it occurs: rare ones are left to the filters of each analysis.

    **Valid when** whoever was tested was tested for every gene. A burden over few megabases is mostly chance, and only
    comparable between subjects of one panel.
    """
    cohort = subjects["subject_id"].to_list()
    source = content["subject_id"].unique(maintain_order=True).to_list()
    rows, unknown = match_subjects(source, cohort)
    known = pl.DataFrame({"subject_id": [source[row] for row in rows]}).with_row_index("subject")
    variants = content.join(known, on="subject_id", how="inner", maintain_order="left")
    variants = variants.with_columns(protein_change(variants["change"]))
    genes = variants.filter("altered")["gene"].unique().sort()
    if genes.is_empty():
        raise InsufficientDataError("no subject of the cohort has a variant that counts", "Check `keep` and `subject`.")
    flags = _flags(variants, genes.to_list(), n=known.height)
    spots, at_spots = _hotspots(variants, settings, n=known.height)
    sets, of_sets = _sets(variants, n=known.height)
    fractions, of_fractions = _fractions(variants, genes.to_list(), flags)
    burden, left_out = _burden(variants, settings, n=known.height)
    own = _described(genes.to_list(), "{} altered", "gene", genes.to_list())
    table = pl.concat([own, spots, sets, fractions, _burden_feature(settings)])
    values = np.column_stack([flags, at_spots, of_sets, of_fractions, burden])
    content_values = FeatureValues(values, table, tuple(known["subject_id"].to_list()), "native")
    absent = len(cohort) - known.height
    excluded = {"not known to have been sequenced": absent} if absent else {}
    return Built(content_values, Matching(len(cohort), known.height, excluded, unknown), left_out)


def _flags(variants: pl.DataFrame, genes: list[str], *, n: int) -> NDArray[np.float64]:
    """(n_subjects, n_genes): 1 altered, 0 not, NaN where that is not known."""
    place = pl.DataFrame({"gene": genes}).with_row_index("column")
    return _marked(variants.join(place, on="gene", how="inner"), (n, len(genes)))


def _marked(found: pl.DataFrame, shape: tuple[int, int]) -> NDArray[np.float64]:
    """1 where ``altered`` is true in some row of a ``subject`` and ``column``, else NaN where it is null, else 0."""
    values = np.zeros(shape)
    for altered, mark in ((found.filter(pl.col("altered").is_null()), np.nan), (found.filter("altered"), 1.0)):
        values[altered["subject"].to_numpy(), altered["column"].to_numpy()] = mark
    return values


def _sets(variants: pl.DataFrame, *, n: int) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """Feature table and values (n_subjects, n_sets) of the sets with an altered gene in somebody."""
    of_sets = variants.explode("sets").drop_nulls("sets")
    names = of_sets.filter("altered")["sets"].unique().sort().to_list()
    place = pl.DataFrame({"sets": pl.Series(names, dtype=pl.String)}).with_row_index("column")
    values = _marked(of_sets.join(place, on="sets", how="inner"), (n, len(names)))
    described = _described([f"set {name}" for name in names], "{}: any gene altered", "set", [""] * len(names))
    return described, values


def _fractions(
    variants: pl.DataFrame, genes: list[str], flags: NDArray[np.float64]
) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """Feature table and values (n_subjects, n_genes) of the highest allele fraction; none where no variant has one."""
    known = variants.filter(pl.col("altered") & pl.col("fraction").is_not_null())
    if known.is_empty():
        return _described([], "{}", "fraction", []), np.empty((len(flags), 0))
    place = pl.DataFrame({"gene": genes}).with_row_index("column")
    highest = known.join(place, on="gene", how="inner").group_by("subject", "column").agg(pl.col("fraction").max())
    values = np.where(flags == 0, 0.0, np.nan)
    values[highest["subject"].to_numpy(), highest["column"].to_numpy()] = highest["fraction"].to_numpy()
    described = _described([f"{gene}.fraction" for gene in genes], "allele fraction, {}", "fraction", genes)
    return described, values


def _hotspots(variants: pl.DataFrame, settings: MafFeatures, *, n: int) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """Feature table and values (n_subjects, n_hotspots) of the hotspots asked for."""
    wanted = _wanted(variants, settings)
    place = pl.DataFrame(wanted, schema={"gene": pl.String, "spot": pl.String}, orient="row").with_row_index("column")
    if not wanted:
        return _described([], "{}", "hotspot", []), np.empty((n, 0))
    if variants["change"].null_count() == variants.height:
        raise ConfigError(
            "hotspots are asked for, and no variant says how the protein is changed",
            "Name the column of protein changes in `protein_change`.",
        )
    residue = variants.with_columns(spot="p." + pl.col("change").str.extract(_SUBSTITUTION))
    exact = variants.with_columns(spot="change")
    there = pl.concat([residue, exact]).filter("altered").join(place, on=["gene", "spot"], how="inner")
    silent = pl.col("altered").is_null() | (
        pl.col("altered") & pl.col("change").is_null() & (pl.col("classification") == _MISSENSE)
    )
    unsure = variants.filter(silent).join(place, on="gene", how="inner").with_columns(altered=pl.lit(None, pl.Boolean))
    columns = ["subject", "column", "altered"]
    values = _marked(pl.concat([there.select(columns), unsure.select(columns)]), (n, len(wanted)))
    names = [f"{gene} {spot}" for gene, spot in wanted]
    return _described(names, "{}", "hotspot", [gene for gene, _ in wanted]), values


def _wanted(variants: pl.DataFrame, settings: MafFeatures) -> list[tuple[str, str]]:
    """Gene and change (``p.V600E``) or residue (``p.G12``) of each hotspot, the listed ones first."""
    parsed = [found for given in settings.hotspots if (found := _HOTSPOT.fullmatch(given))]
    changes = protein_change(pl.Series([found["change"] for found in parsed], dtype=pl.String))
    genes = [found["gene"] for found in parsed]
    _refuse_misspelt(genes, variants["gene"].unique().drop_nulls().to_list())
    listed = list(zip(genes, changes.to_list(), strict=True))
    if EVERY not in settings.hotspots:
        return list(dict.fromkeys(listed))
    found = variants.filter("altered").select("gene", spot="p." + pl.col("change").str.extract(_SUBSTITUTION))
    every = found.drop_nulls().unique().sort("gene", "spot")
    if every.height > settings.most_hotspots:
        raise InsufficientDataError(
            f"hotspots: [all] gives {every.height} residues, more than most_hotspots ({settings.most_hotspots})",
            "List the hotspots that matter, or raise `most_hotspots`.",
        )
    return list(dict.fromkeys([*listed, *every.iter_rows()]))


def _refuse_misspelt(genes: list[str], known: list[str]) -> None:
    """A hotspot in a gene that is written otherwise in the file would be wild type in everybody."""
    folded = {gene.casefold(): gene for gene in known}
    for gene in genes:
        other = folded.get(gene.casefold(), gene)
        if other != gene and gene not in known:
            raise ConfigError(f"hotspots: there is no gene {gene!r}", f"Did you mean {other!r}?")


def _burden(variants: pl.DataFrame, settings: MafFeatures, *, n: int) -> tuple[NDArray[np.float64], dict[str, str]]:
    """Burden (n_subjects,), and why it is none a megabase."""
    counts = variants.group_by("subject").agg(
        n=pl.col("variant").filter(pl.col("counted")).n_unique(), unsure=pl.col("counted").is_null().any()
    )
    values = np.zeros(n)
    values[counts["subject"].to_numpy()] = np.where(counts["unsure"], np.nan, counts["n"])
    if settings.panel_size_mb is None:
        return values, {"burden": "no size of the panel is given, so that variants are counted instead"}
    return values / settings.panel_size_mb, {}


def _burden_feature(settings: MafFeatures) -> pl.DataFrame:
    if settings.panel_size_mb is None:
        return _described(["n_variants"], "number of variants", "burden", [""], unit="variants")
    return _described(["burden"], "variants per megabase", "burden", [""], unit="variants/Mb")


def _described(names: list[str], label: str, kind: str, genes: list[str], *, unit: str = "") -> pl.DataFrame:
    """Rows of the feature table."""
    rows = [(name, label.format(name), unit, gene, kind) for name, gene in zip(names, genes, strict=True)]
    schema = dict.fromkeys(("feature_id", "label", "unit", "gene", "kind"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


MAF = Builder(type="maf", settings=MafFeatures, build=build_maf)
VCF = Builder(type="vcf", settings=MafFeatures, build=build_maf)
