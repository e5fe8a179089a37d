"""An expression matrix: latent pathways, planted genes and their stand-ins, batches, and the counting of reads."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from biomarker import rng
from biomarker.simulate.chunks import CHUNK, chunks
from biomarker.simulate.plan import GENES, PLAN, Plant
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.subjects import Subjects

__all__ = ["Genes", "Profiles", "draw_genes", "draw_profiles", "expression_parts"]

STAND_IN_CORRELATION = (0.79, 0.86)  # of the levels; batch shifts take about 0.02 off the measured one
PATHWAY_SHARE = 0.7
LOW_SHARE = 0.22
LOW_MEAN = (-9.0, 0.0)  # log2 TPM: a quarter of these genes has a read in fewer than one subject of ten
BATCH_SHIFT = 0.3  # in standard deviations of the gene
BATCH_BY_SITE = (0.25, 0.65, 0.35, 0.75, 0.45, 0.55)  # probability of the second batch: partly, never wholly, the site
READS_PER_TPM = 12.0
SEX_GENES = {"XIST": True, "RPS4Y1": False, "DDX3Y": False, "KDM5D": False}  # expressed in women? else in men
SEX_GENE_MEAN = {True: 6.0, False: -5.0}  # log2 TPM where it is expressed and where not
SEX_GENE_SPREAD = 0.5
LOG_RATIO_MEAN, LOG_RATIO_SPREAD = 8.5, 1.2  # many reads and a wide spread: the difference of the two is small


@dataclass(frozen=True)
class Genes:
    """What is fixed of each gene.

    Attributes
    ----------
    name : ndarray of str (n_genes,)
    mean, spread : ndarray (n_genes,)
        Of log2 TPM.
    shift : ndarray (n_genes,)
        From the first batch to the second, in units of ``spread``.
    pathway : ndarray of int (n_genes,)
    loading : ndarray (n_genes,)
        Correlation of the level with the activity of its pathway; 0 for genes with a role.
    planted : dict of Plant to ndarray of int (1 or 2,)
        Columns of the matrix that hold a plant's genes.
    stand_ins : dict of Plant to ndarray of int (n_stand_ins,)
    sex : ndarray of int (n_sex_genes,)
        Columns of the sex-linked genes, in the order of `SEX_GENES`.
    """

    name: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    shift: np.ndarray
    pathway: np.ndarray
    loading: np.ndarray
    planted: dict[Plant, np.ndarray]
    stand_ins: dict[Plant, np.ndarray]
    sex: np.ndarray

    @property
    def roles(self) -> np.ndarray:
        """Columns of all genes with a role."""
        return np.concatenate([*self.planted.values(), *self.stand_ins.values(), self.sex])


@dataclass(frozen=True)
class Profiles:
    """What is drawn of each subject's profile, and the genes with a role as measured.

    Attributes
    ----------
    order : ndarray of int (n_profiled,)
        Subjects in the order of the rows of the matrix.
    depth : ndarray (n_subjects,)
        Reads per TPM.
    batch : ndarray of bool (n_subjects,)
        Whether the profile was measured in the second batch.
    activity : ndarray of float32 (n_subjects, n_pathways)
    clean, seen : ndarray of float32 (n_subjects, n_roles)
        ``log2(TPM + 1)`` of the genes with a role in the order of `Genes.roles`, NaN where missing: as they would be
        without batch and swap, and as the laboratory hands them over.
    swap : tuple of int, or None
        Two subjects whose profiles are exchanged.
    """

    order: np.ndarray
    depth: np.ndarray
    batch: np.ndarray
    activity: np.ndarray
    clean: np.ndarray
    seen: np.ndarray
    swap: tuple[int, int] | None


def draw_genes(settings: TrialSettings, *, seed: int) -> Genes:
    """Draw the genes' own constants and which of them have a role.

    Genes with a role are well expressed and not shifted far: zeros and batches would hide their effect. The two genes
    of the log-ratio have equal spread and batch shift, as two probes of one transcript would.

    Parameters
    ----------
    settings : TrialSettings
    seed : int

    Returns
    -------
    Genes
    """
    generator = rng.stream(seed, "simulate", "genes")
    n_genes = settings.genes
    free = iter(generator.permutation(n_genes))
    planted = {p: np.array([next(free) for _ in range(1 + p.pair)]) for p in PLAN if p.modality == "rna"}
    sex = np.array([next(free) for _ in SEX_GENES])
    low = generator.random(n_genes) < LOW_SHARE
    mean = np.where(low, generator.uniform(*LOW_MEAN, n_genes), np.clip(generator.normal(4.5, 1.6, n_genes), 1.0, 11.0))
    role_mean = generator.uniform(4.0, 7.0, size=n_genes)
    spread = np.clip(generator.lognormal(np.log(0.8), 0.3, size=n_genes), 0.3, 1.6)
    shift = generator.normal(0.0, BATCH_SHIFT, size=n_genes)
    pathway = generator.integers(0, settings.pathways, size=n_genes)
    loading = generator.uniform(0.3, 0.8, size=n_genes) * np.where(generator.random(n_genes) < 0.8, 1.0, -1.0)
    loading[generator.random(n_genes) >= PATHWAY_SHARE] = 0.0
    stand_ins = {p: np.array([next(free) for _ in range(settings.stand_ins)], dtype=int) for p in GENES}

    name = np.array([f"GENE{number:0{max(4, len(str(n_genes)))}d}" for number in range(1, n_genes + 1)])
    name[sex] = list(SEX_GENES)
    roles = np.concatenate([*planted.values(), *stand_ins.values()])
    mean[roles] = role_mean[roles]
    shift[roles] = np.clip(shift[roles], -BATCH_SHIFT, BATCH_SHIFT)
    mean[sex], spread[sex] = 0.0, SEX_GENE_SPREAD
    for plant, rows in planted.items():
        if plant.shape == "log_ratio":
            mean[rows], spread[rows], shift[rows] = LOG_RATIO_MEAN, LOG_RATIO_SPREAD, shift[rows[0]]
    loading[roles] = loading[sex] = 0.0
    return Genes(name, mean, spread, shift, pathway, loading, planted, stand_ins, sex)


def draw_profiles(
    genes: Genes, subjects: Subjects, levels: dict[Plant, np.ndarray], settings: TrialSettings, *, seed: int
) -> Profiles:
    """Draw who has a profile and how it was measured, and measure the genes with a role.

    A stand-in is ``r * planted + sqrt(1 - r^2) * u``: no gene without a role is correlated with an endpoint.

    Parameters
    ----------
    genes : Genes
    subjects : Subjects
    levels : dict of Plant to ndarray (n_subjects, 1 or 2)
    settings : TrialSettings
    seed : int

    Returns
    -------
    Profiles
    """
    n_subjects, n_roles = len(subjects), len(genes.roles)
    generator = rng.stream(seed, "simulate", "profiles")
    order = generator.permutation(n_subjects)[round(settings.without_rna * n_subjects) :]
    depth = READS_PER_TPM * generator.lognormal(0.0, 0.25, size=n_subjects)
    batch = generator.random(n_subjects) < np.array(BATCH_BY_SITE)[subjects.site]
    activity = generator.standard_normal((n_subjects, settings.pathways), dtype=np.float32)

    generator = rng.stream(seed, "simulate", "genes with a role")
    level = [levels[plant] for plant in genes.planted]
    level += [_stand_ins(levels[plant][:, 0], len(rows), generator) for plant, rows in genes.stand_ins.items()]
    level += [generator.standard_normal((n_subjects, len(genes.sex)))]
    of_sex = subjects.female[:, None] == np.array(list(SEX_GENES.values()))
    counting = generator.standard_normal((n_subjects, n_roles))
    absent = generator.random((n_subjects, n_roles)) < settings.missing
    absent[np.setdiff1d(np.arange(n_subjects), order)] = True

    def measured(in_second: np.ndarray) -> np.ndarray:
        log_tpm = _log_tpm(np.hstack(level), genes, genes.roles, in_second)
        log_tpm[:, -len(genes.sex) :] += np.where(of_sex, SEX_GENE_MEAN[True], SEX_GENE_MEAN[False])
        return np.where(absent, np.nan, _counted(log_tpm, depth, counting)).astype(np.float32)

    clean = measured(np.full(n_subjects, 0.5))
    seen = measured(batch) if settings.batch else clean.copy()
    swap = _swapped(order, subjects, generator) if settings.sample_swap else None
    if swap:
        seen[list(swap)] = seen[list(swap[::-1])]
    return Profiles(order, depth, batch, activity, clean, seen, swap)


def expression_parts(
    genes: Genes, profiles: Profiles, subjects: Subjects, settings: TrialSettings, *, seed: int
) -> Iterator[tuple[list[str], np.ndarray]]:
    """The matrix as handed over, in runs of rows: subjects and ``log2(TPM + 1)``; NaN where missing.

    A null gene's standardised level is ``l * f_k + sqrt(1 - l^2) * u`` with pathway activity ``f_k``.

    Parameters
    ----------
    genes : Genes
    profiles : Profiles
    subjects : Subjects
    settings : TrialSettings
    seed : int

    Yields
    ------
    list of str, ndarray of float32 (n_rows, n_genes)
    """
    columns = np.arange(len(genes.name))
    loading = genes.loading.astype(np.float32)
    own = np.sqrt(1 - loading**2)
    for number, rows in chunks(len(profiles.order)):
        who = profiles.order[rows]
        shape = (len(who), len(columns))
        generator = rng.stream(seed, "simulate", "expression", number)
        level = generator.standard_normal(shape, dtype=np.float32)
        level *= own
        level += loading * profiles.activity[who][:, genes.pathway]
        in_second = profiles.batch[who] if settings.batch else np.full(len(who), 0.5)
        counting = generator.standard_normal(shape, dtype=np.float32)
        values = _counted(_log_tpm(level, genes, columns, in_second), profiles.depth[who], counting)
        values[generator.random(shape, dtype=np.float32) < settings.missing] = np.nan
        if profiles.swap and number == 0:
            pair = [int(np.flatnonzero(who == subject)[0]) for subject in profiles.swap]
            values[pair] = values[pair[::-1]]
        values[:, genes.roles] = profiles.seen[who]
        yield subjects.subject_id[who].tolist(), values


def _stand_ins(level: np.ndarray, n_stand_ins: int, generator: np.random.Generator) -> np.ndarray:
    """Levels (n_subjects, n_stand_ins) with the stated correlation to ``level``, exactly as far as own noise goes.

    Left to chance, the correlation of 400 subjects strays by 0.02, out of the range that stand-ins promise.
    """
    correlation = generator.uniform(*STAND_IN_CORRELATION, size=n_stand_ins)
    noise = generator.standard_normal((len(level), n_stand_ins))
    noise -= noise.mean(axis=0)
    noise -= np.outer(level, level @ noise) / (level @ level)
    return np.outer(level, correlation) + np.sqrt(1 - correlation**2) * noise / noise.std(axis=0)


def _log_tpm(level: np.ndarray, genes: Genes, columns: np.ndarray, in_second: np.ndarray) -> np.ndarray:
    """log2 TPM (n_rows, n_columns) of standardised levels; a row half in the second batch has no shift."""
    dtype = level.dtype
    shifted = np.outer((in_second - 0.5).astype(dtype), genes.shift[columns].astype(dtype))
    shifted += level
    shifted *= genes.spread[columns].astype(dtype)
    shifted += genes.mean[columns].astype(dtype)
    return shifted


def _counted(log_tpm: np.ndarray, depth: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """``log2(TPM + 1)`` from reads with Poisson variance: normal, rounded, never below zero.

    Normal because it takes one number of the stream a cell whatever the expectation: a batch switched off changes no
    other draw. Where few reads are expected about as many cells are zero as a Poisson law has (at 0.5 reads 50% in
    place of 61%).
    """
    depth = depth.astype(log_tpm.dtype)[:, None]
    expected = np.exp2(log_tpm)
    expected *= depth
    reads = np.sqrt(expected)
    reads *= noise
    reads += expected
    np.rint(reads, out=reads)
    np.maximum(reads, 0, out=reads)
    reads /= depth
    np.log2(reads + log_tpm.dtype.type(1), out=reads)
    return reads.round(4)


def _swapped(order: np.ndarray, subjects: Subjects, generator: np.random.Generator) -> tuple[int, int] | None:
    """A man and a woman in the first run of the matrix; None where there is no such pair."""
    first = order[:CHUNK]
    men, women = first[~subjects.female[first]], first[subjects.female[first]]
    if not len(men) or not len(women):
        return None
    return int(generator.choice(men)), int(generator.choice(women))
