"""An expression matrix: latent pathways, planted genes and their stand-ins, batches, and the counting of reads."""

from dataclasses import dataclass

import numpy as np

from biomarker import rng

__all__ = ["Expression", "draw_expression"]

STAND_IN_CORRELATION = (0.79, 0.86)  # of the levels; batch shifts take about 0.02 off the measured one
PATHWAY_SHARE = 0.7
LOW_SHARE = 0.22
BATCH_SHIFT = 0.3  # in standard deviations of the gene
BATCH_BY_SITE = (0.25, 0.65, 0.35, 0.75, 0.45, 0.55)  # probability of the second batch: partly, never wholly, the site
READS_PER_TPM = 12.0


@dataclass(frozen=True)
class Expression:
    """Levels of the planted genes and the matrix as the laboratory hands it over.

    Attributes
    ----------
    gene : ndarray of str (n_genes,)
    planted : ndarray of int (n_planted,)
        Rows of ``measured`` that hold the planted genes.
    stand_ins : ndarray of int (n_planted, n_stand_ins)
        Rows that hold each planted gene's stand-ins.
    level : ndarray (n_planted, n_subjects)
        True standardised level of the planted genes; this, not the measurement, acts on the endpoints.
    measured : ndarray of float32 (n_genes, n_subjects)
        ``log2(TPM + 1)``; NaN where a cell is missing or the subject has no profile.
    profiled : ndarray of bool (n_subjects,)
    """

    gene: np.ndarray
    planted: np.ndarray
    stand_ins: np.ndarray
    level: np.ndarray
    measured: np.ndarray
    profiled: np.ndarray


def draw_expression(
    site: np.ndarray,
    *,
    n_genes: int,
    n_pathways: int,
    n_planted: int,
    n_stand_ins: int,
    without_rna: float,
    missing: float,
    seed: int,
) -> Expression:
    """Draw levels, shift them by batch, count reads and hand over ``log2(TPM + 1)``.

    A null gene's standardised level is ``l * f_k + sqrt(1 - l^2) * u`` with pathway activity ``f_k``. A planted gene
    belongs to no pathway, a stand-in is ``r * planted + sqrt(1 - r^2) * u``: so no null gene is correlated with an
    endpoint, and "planted or stand-in" is the whole truth. Reads are Poisson, which gives genes of low expression
    their zeros.

    Parameters
    ----------
    site : ndarray of int (n_subjects,)
    n_genes, n_pathways, n_planted, n_stand_ins : int
        ``n_stand_ins`` is per planted gene.
    without_rna : float
        Share of subjects without a profile, missing at random.
    missing : float
        Share of missing cells, missing at random.
    seed : int

    Returns
    -------
    Expression
    """
    n_subjects = len(site)
    generator = rng.stream(seed, "simulate", "expression")
    roles = generator.permutation(n_genes)[: n_planted * (1 + n_stand_ins)]
    planted = roles[:n_planted]
    stand_ins = roles[n_planted:].reshape(n_planted, n_stand_ins)

    level = _pathway_levels(n_genes, n_subjects, n_pathways, generator)
    level[planted] = generator.standard_normal((n_planted, n_subjects))
    correlation = generator.uniform(*STAND_IN_CORRELATION, size=(n_planted, n_stand_ins, 1))
    own = _without(level[planted], generator.standard_normal((n_planted, n_stand_ins, n_subjects)))
    level[stand_ins] = correlation * level[planted][:, None, :] + np.sqrt(1 - correlation**2) * own

    measured = _measure(level, roles, site, generator)
    profiled = np.ones(n_subjects, dtype=bool)
    profiled[generator.permutation(n_subjects)[: round(without_rna * n_subjects)]] = False
    measured[generator.random(measured.shape) < missing] = np.nan
    measured[:, ~profiled] = np.nan
    gene = np.array([f"GENE{number:0{max(4, len(str(n_genes)))}d}" for number in range(1, n_genes + 1)])
    return Expression(gene, planted, stand_ins, level[planted], measured, profiled)


def _pathway_levels(n_genes: int, n_subjects: int, n_pathways: int, generator: np.random.Generator) -> np.ndarray:
    """Standardised levels (n_genes, n_subjects) with one pathway a gene, or none."""
    activity = generator.standard_normal((n_pathways, n_subjects))
    pathway = generator.integers(0, n_pathways, size=n_genes)
    loading = generator.uniform(0.3, 0.8, size=n_genes) * np.where(generator.random(n_genes) < 0.8, 1.0, -1.0)
    loading[generator.random(n_genes) >= PATHWAY_SHARE] = 0.0
    level = np.sqrt(1 - loading**2)[:, None] * generator.standard_normal((n_genes, n_subjects))
    level += loading[:, None] * activity[pathway]
    return level


def _without(planted: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Noise (n_planted, n_stand_ins, n_subjects) of unit spread, exactly uncorrelated with its planted gene.

    Left to chance, the correlation of 240 subjects strays by 0.03, out of the range that stand-ins promise.
    """
    centred = planted - planted.mean(axis=1, keepdims=True)
    centred /= np.sqrt((centred**2).sum(axis=1, keepdims=True))
    own = own - (own @ centred[:, :, None]) * centred[:, None, :]
    return own / own.std(axis=2, keepdims=True)


def _measure(level: np.ndarray, roles: np.ndarray, site: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """``log2(TPM + 1)`` of Poisson reads; genes with a role are well expressed: zeros would hide their effect."""
    n_genes, n_subjects = level.shape
    low = generator.random(n_genes) < LOW_SHARE
    mean = np.where(low, generator.uniform(-5.0, 0.0, n_genes), np.clip(generator.normal(4.5, 1.6, n_genes), 1.0, 11.0))
    mean[roles] = generator.uniform(4.0, 7.0, size=len(roles))
    spread = np.clip(generator.lognormal(np.log(0.8), 0.3, size=n_genes), 0.3, 1.6)
    batch = generator.random(n_subjects) < np.array(BATCH_BY_SITE)[site]
    shift = generator.normal(0.0, BATCH_SHIFT, size=n_genes)
    log_tpm = mean[:, None] + spread[:, None] * (level + np.outer(shift, batch - 0.5))
    depth = READS_PER_TPM * generator.lognormal(0.0, 0.25, size=n_subjects)
    reads = generator.poisson(np.exp2(log_tpm) * depth)
    return np.log2(reads / depth + 1.0).round(4).astype(np.float32)
