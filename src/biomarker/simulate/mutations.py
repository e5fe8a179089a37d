"""Mutations of a panel's genes in the Mutation Annotation Format."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from biomarker import rng
from biomarker.simulate.chunks import chunks
from biomarker.simulate.panel import PANEL, PANEL_SIZE_MB, PLANTED_GENE
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.subjects import Subjects

__all__ = ["MAF_HEAD", "SILENT", "Mutations", "burden", "draw_mutations", "mutation_tables"]

MAF_HEAD = "#version 2.4\n"
BYSTANDERS = 7.0  # mean number a subject beside driver mutations
BYSTANDER_SPREAD = 0.7  # of the logarithm of a subject's own rate
SILENT = "Silent"
CLASSES = {  # share of each among bystanders, type of variant
    SILENT: (0.24, "SNP"),
    "Missense_Mutation": (0.54, "SNP"),
    "Nonsense_Mutation": (0.07, "SNP"),
    "Frame_Shift_Del": (0.06, "DEL"),
    "Frame_Shift_Ins": (0.03, "INS"),
    "Splice_Site": (0.06, "SNP"),
}
NAMES = tuple(CLASSES)
SHARES = np.array([share for share, _ in CLASSES.values()])
KINDS = np.array([kind for _, kind in CLASSES.values()])
MISSENSE = NAMES.index("Missense_Mutation")
BASES = np.array(list("ACGT"))
RESIDUES = np.array(list("ARNDCQEGHILKMFPSTWYV"))
PLANTED = next(number for number, gene in enumerate(PANEL) if gene.name == PLANTED_GENE)


@dataclass(frozen=True)
class Mutations:
    """Who was sequenced, and in whom the planted gene is mutated.

    Attributes
    ----------
    sequenced : ndarray of bool (n_subjects,)
    mutated : ndarray of bool (n_subjects,)
    seen : ndarray (n_subjects,)
        1 where the planted gene is mutated, 0 where not, NaN where not sequenced.
    """

    sequenced: np.ndarray
    mutated: np.ndarray
    seen: np.ndarray


@dataclass(frozen=True)
class Variants:
    """Variants of some subjects, one element each: who, gene, class (index of `NAMES`), codon, number of the hotspot
    (-1: none)."""

    subject: np.ndarray
    gene: np.ndarray
    kind: np.ndarray
    codon: np.ndarray
    hotspot: np.ndarray


def draw_mutations(mutated: np.ndarray, settings: TrialSettings, *, seed: int) -> Mutations:
    """Draw who was sequenced.

    Parameters
    ----------
    mutated : ndarray (n_subjects,)
        1 where the planted gene is mutated.
    settings : TrialSettings
    seed : int

    Returns
    -------
    Mutations
    """
    generator = rng.stream(seed, "simulate", "sequenced")
    sequenced = np.ones(len(mutated), dtype=bool)
    sequenced[generator.permutation(len(mutated))[: round(settings.without_dna * len(mutated))]] = False
    return Mutations(sequenced, mutated == 1, np.where(sequenced, mutated, np.nan))


def burden(mutations: Mutations, *, seed: int) -> np.ndarray:
    """Protein-changing mutations per megabase (n_subjects,); NaN where not sequenced.

    It counts the planted gene's mutations among others, and so carries a trace of that gene's effect.
    """
    count = np.zeros(len(mutations.mutated))
    for number, rows in chunks(len(count)):
        variants = _draw(number, mutations, rows, seed=seed)
        count[rows] = np.bincount(
            variants.subject[variants.kind != NAMES.index(SILENT)], minlength=rows.stop - rows.start
        )
    return np.where(mutations.sequenced, count / PANEL_SIZE_MB, np.nan)


def mutation_tables(mutations: Mutations, subjects: Subjects, *, seed: int) -> Iterator[pl.DataFrame]:
    """Rows of the MAF, in runs of subjects, silent variants included.

    Parameters
    ----------
    mutations : Mutations
    subjects : Subjects
    seed : int

    Yields
    ------
    polars.DataFrame
    """
    for number, rows in chunks(len(subjects)):
        variants = _draw(number, mutations, rows, seed=seed)
        generator = rng.stream(seed, "simulate", "reads", number)
        yield _table(variants, subjects.subject_id[rows], generator)


def _draw(number: int, mutations: Mutations, rows: slice, *, seed: int) -> Variants:
    """Variants of one run of subjects, sorted by subject and gene; no change of DNA twice in a subject.

    Driver mutations are independent of each other and of the number of bystanders. The planted gene has no
    protein-changing mutation but its driver, at any place.
    """
    generator = rng.stream(seed, "simulate", "mutations", number)
    n_subjects = rows.stop - rows.start
    share = np.array([gene.drivers for gene in PANEL])
    driver = generator.random((n_subjects, len(PANEL))) < share
    driver[:, PLANTED] = mutations.mutated[rows]
    who, gene = np.nonzero(driver)
    n_hot = np.array([len(PANEL[g].hotspots) for g in gene])
    hot = generator.random(len(gene)) < np.array([PANEL[g].hotspot_share for g in gene])
    hotspot = np.where(hot, (generator.random(len(gene)) * n_hot).astype(int), -1)
    several = np.array([bool(PANEL[g].hotspots) for g in gene])
    altering = SHARES * (np.array(NAMES) != SILENT)
    kind = np.where(several, MISSENSE, generator.choice(len(NAMES), size=len(gene), p=altering / altering.sum()))

    rate = BYSTANDERS * generator.lognormal(-(BYSTANDER_SPREAD**2) / 2, BYSTANDER_SPREAD, size=n_subjects)
    more = np.repeat(np.arange(n_subjects), generator.poisson(rate))
    size = np.array([gene.residues for gene in PANEL], dtype=float)
    other = generator.choice(len(PANEL), size=len(more), p=size / size.sum())
    class_of = generator.choice(len(NAMES), size=len(more), p=SHARES)
    class_of[other == PLANTED] = NAMES.index(SILENT)

    who, gene, kind = np.concatenate([who, more]), np.concatenate([gene, other]), np.concatenate([kind, class_of])
    hotspot = np.concatenate([hotspot, np.full(len(more), -1)])
    codon = 1 + (generator.random(len(gene)) * size[gene]).astype(int)
    for i in np.flatnonzero(hotspot >= 0):
        codon[i] = int(PANEL[gene[i]].hotspots[hotspot[i]][1:-1])
    key = np.column_stack([who, gene, codon])
    _, first = np.unique(key, axis=0, return_index=True)
    first = first[mutations.sequenced[rows][who[first]]]
    return Variants(who[first], gene[first], kind[first], codon[first], hotspot[first])


def _table(variants: Variants, subject_id: np.ndarray, generator: np.random.Generator) -> pl.DataFrame:
    """Rows of the MAF of some variants."""
    n, codon = len(variants.gene), variants.codon
    kind = KINDS[variants.kind]
    start = 1_000_000 + 4_000_000 * (variants.gene // 4 + 1) + 3 * codon
    reference = BASES[codon % 4]
    turn = np.where(variants.hotspot >= 0, 1 + variants.hotspot % 3, 1 + generator.integers(0, 3, size=n))
    alternative = BASES[(codon + turn) % 4]
    depth = generator.poisson(450, size=n) + 20
    return pl.DataFrame(
        {
            "Hugo_Symbol": [PANEL[g].name for g in variants.gene],
            "Entrez_Gene_Id": np.zeros(n, dtype=int),
            "NCBI_Build": ["GRCh38"] * n,
            "Chromosome": [f"chr{PANEL[g].chromosome}" for g in variants.gene],
            "Start_Position": start,
            "End_Position": start + (kind == "INS"),
            "Strand": ["+"] * n,
            "Variant_Classification": np.array(NAMES)[variants.kind],
            "Variant_Type": kind,
            "Reference_Allele": np.where(kind == "INS", "-", reference),
            "Tumor_Seq_Allele1": np.where(kind == "INS", "-", reference),
            "Tumor_Seq_Allele2": np.where(kind == "DEL", "-", alternative),
            "Tumor_Sample_Barcode": subject_id[variants.subject],
            "HGVSp_Short": _changes(variants, generator),
            "t_depth": depth,
            "t_alt_count": generator.binomial(depth, np.clip(generator.beta(4, 12, size=n), 0.03, 0.95)),
        }
    )


def _changes(variants: Variants, generator: np.random.Generator) -> list[str]:
    """Change of the protein; the residue that was there depends on gene and codon alone."""
    before = (variants.codon * 7 + variants.gene) % len(RESIDUES)
    after = (before + generator.integers(1, len(RESIDUES), size=len(before))) % len(RESIDUES)
    texts = []
    for i, (gene, kind, codon, hotspot) in enumerate(
        zip(variants.gene, variants.kind, variants.codon, variants.hotspot, strict=True)
    ):
        old, new = RESIDUES[before[i]], RESIDUES[after[i]]
        if hotspot >= 0:
            texts.append(f"p.{PANEL[gene].hotspots[hotspot]}")
            continue
        texts.append(
            {
                SILENT: f"p.{old}{codon}=",
                "Missense_Mutation": f"p.{old}{codon}{new}",
                "Nonsense_Mutation": f"p.{old}{codon}*",
                "Frame_Shift_Del": f"p.{old}{codon}{new}fs*{3 + codon % 20}",
                "Frame_Shift_Ins": f"p.{old}{codon}{new}fs*{3 + codon % 20}",
                "Splice_Site": f"p.X{codon}_splice",
            }[NAMES[kind]]
        )
    return texts
