"""Whose sample it is: recorded sex against sex genes, samples given twice, one person's profile in two modalities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtri
from scipy.stats import norm

__all__ = [
    "FEMALE_GENES",
    "MALE_GENES",
    "Mismatch",
    "SexCheck",
    "Twins",
    "check_sex",
    "find_duplicates",
    "match_modalities",
    "recorded_sex",
]

Floats = NDArray[np.float64]

#: Genes that women express and men hardly do, and the other way round (Y chromosome), by symbol and Ensembl id.
FEMALE_GENES = frozenset({"XIST", "TSIX", "ENSG00000229807", "ENSG00000270641"})
MALE_GENES = frozenset(
    {
        "RPS4Y1", "DDX3Y", "KDM5D", "UTY", "EIF1AY", "ZFY", "USP9Y",
        "ENSG00000129824", "ENSG00000067048", "ENSG00000012817", "ENSG00000183878", "ENSG00000198692",
        "ENSG00000067646", "ENSG00000114374",
    }
)  # fmt: skip
#: Subjects of each recorded sex, and features of each kind, that a check needs.
FEWEST_SUBJECTS = 5
FEWEST_FEATURES = 30
#: A gene whose sexes lie closer than this many spreads says nothing.
LEAST_DISTANCE = 3.0
#: Most features that samples are compared by, the most variable ones.
MOST_FEATURES = 2_000
LEAST_CORRELATION = 0.9
#: Share of samples that are exchanged, before anything is seen.
PRIOR = 0.01


@dataclass(frozen=True)
class SexCheck:
    """Recorded sex against that of the sample.

    Attributes
    ----------
    genes : tuple of str
        Those that tell the sexes apart here; empty where the check cannot be made.
    score : array (n_subjects,)
        About 1 in women and -1 in men; NaN where no gene is known.
    mismatch : bool array (n_subjects,)
        Recorded as one sex and beyond ±0.5 on the side of the other.
    """

    genes: tuple[str, ...]
    score: Floats
    mismatch: NDArray[np.bool_]


def recorded_sex(words: pl.Series, female: Sequence[str], male: Sequence[str]) -> Floats | None:
    """1 for women, 0 for men, NaN where neither is said; None where the column holds no words at all."""
    if words.dtype != pl.String:
        return None
    codes = {word.casefold(): 1.0 for word in female} | {word.casefold(): 0.0 for word in male}
    return np.array([codes.get(word.casefold(), np.nan) if word is not None else np.nan for word in words])


def check_sex(values: Floats, labels: Sequence[str], female: NDArray[np.float64]) -> SexCheck:
    """Samples whose sex genes contradict the recorded sex.

    Each gene is put on a scale on which the median of recorded women is 1 and that of men is -1 (a few exchanged
    samples do not move medians), used where these lie three spreads apart. The score is the mean of the women's and the
    men's genes' means, so that a man whose tumour has lost Y lies near 0 and is not called a woman.

    Parameters
    ----------
    values : array (n_subjects, n_features)
        On a logarithmic scale, NaN where missing.
    labels : sequence of str
        Names of the features.
    female : array (n_subjects,)
        Recorded sex: 1 female, 0 male, NaN unknown.

    Notes
    -----
    **Valid when** both sexes are recorded for at least five subjects and most records are right.
    """
    women, men = female == 1, female == 0
    nothing = SexCheck((), np.full(len(values), np.nan), np.zeros(len(values), dtype=bool))
    if min(women.sum(), men.sum()) < FEWEST_SUBJECTS:
        return nothing
    genes, sides = [], {True: [], False: []}
    for column, label in enumerate(labels):
        name = label.split(".")[0].upper()
        if name not in FEMALE_GENES and name not in MALE_GENES:
            continue
        x = values[:, column]
        known = np.isfinite(x)
        if min((known & women).sum(), (known & men).sum()) < FEWEST_SUBJECTS:
            continue
        centre = np.median(x[known & women]), np.median(x[known & men])
        spread = np.median([*np.abs(x[known & women] - centre[0]), *np.abs(x[known & men] - centre[1])]) / ndtri(0.75)
        if abs(centre[0] - centre[1]) <= LEAST_DISTANCE * spread:
            continue
        genes.append(label)
        sides[name in FEMALE_GENES].append((2 * x - centre[0] - centre[1]) / (centre[0] - centre[1]))
    if not genes:
        return nothing
    means = [_mean(np.clip(np.array(side), -1, 1)) for side in sides.values() if side]
    score = _mean(np.array(means))
    with np.errstate(invalid="ignore"):
        mismatch = (women & (score < -0.5)) | (men & (score > 0.5))
    return SexCheck(tuple(genes), score, mismatch)


def _mean(rows: Floats) -> Floats:
    """Mean down the rows (n_rows, n_subjects) of what is known, NaN where nothing is."""
    known = np.isfinite(rows)
    total, n = np.where(known, rows, 0.0).sum(axis=0), known.sum(axis=0)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


@dataclass(frozen=True)
class Twins:
    """Two samples that are one.

    Attributes
    ----------
    first, second : int
        Positions.
    correlation : float
    """

    first: int
    second: int
    correlation: float


def find_duplicates(values: Floats, *, level: float = 0.01) -> tuple[Twins, ...]:
    """Pairs of samples too alike to be of two people.

    Features are standardised and the 2,000 most variable ones kept; a pair is a duplicate where its correlation, over
    what both samples know (half of the features and 30 at least), is at least 0.9, and its Fisher z lies beyond the
    bulk of all pairs (median and median absolute deviation) by more than chance allows at ``level`` over all pairs.

    Parameters
    ----------
    values : array (n_subjects, n_features)
        Features with two values only, or with a missing value in more than a tenth, are not looked at; with fewer than
        30 left nothing is said.
    level : float

    Notes
    -----
    **Valid when** subjects are unrelated in what is measured; a panel of few correlated proteins is not enough.
    """
    standard, known = standardised(values)
    n, p = standard.shape
    if p < FEWEST_FEATURES or n < 3:
        return ()
    correlation = _correlations(standard, known)
    i, j = np.triu_indices(n, 1)
    told = np.isfinite(correlation[i, j])
    i, j = i[told], j[told]
    if not len(i):
        return ()
    z = np.arctanh(np.clip(correlation[i, j], -1 + 1e-15, 1 - 1e-15))
    middle = np.median(z)
    spread = np.median(np.abs(z - middle)) / ndtri(0.75)
    beyond = norm.isf(level / len(z))
    found = np.flatnonzero((z - middle > beyond * spread) & (correlation[i, j] >= LEAST_CORRELATION))
    return tuple(Twins(int(i[k]), int(j[k]), float(correlation[i[k], j[k]])) for k in found)


def _correlations(standard: Floats, known: NDArray[np.bool_]) -> Floats:
    """Correlation (n, n) of samples over the features that both know; NaN where these are fewer than half, or 30."""
    mask = known.astype(np.float64)
    shared = mask @ mask.T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = standard @ mask.T / shared  # of the first sample over what the second knows
        squares = (standard**2) @ mask.T / shared - mean**2
        covariance = standard @ standard.T / shared - mean * mean.T
        r = covariance / np.sqrt(squares * squares.T)
    return np.where(shared >= max(FEWEST_FEATURES, standard.shape[1] / 2), r, np.nan)


def standardised(values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Features of mean 0 and variance 1 by falling variance, at most 2,000; 0 where missing, and what is known."""
    known = np.isfinite(values)
    complete = known.mean(axis=0) >= 0.9
    x, k = np.where(known, values, 0.0)[:, complete], known[:, complete]
    mean = x.sum(axis=0) / np.maximum(k.sum(axis=0), 1)
    centred = np.where(k, x - mean, 0.0)
    variance = (centred**2).sum(axis=0) / np.maximum(k.sum(axis=0) - 1, 1)
    low = np.where(k, x, np.inf).min(axis=0, initial=np.inf)
    high = np.where(k, x, -np.inf).max(axis=0, initial=-np.inf)
    two = ((x == low) | (x == high) | ~k).all(axis=0)
    usable = np.flatnonzero((variance > 0) & ~two)
    chosen = usable[np.argsort(-variance[usable], kind="stable")[:MOST_FEATURES]]
    return centred[:, chosen] / np.sqrt(variance[chosen]), k[:, chosen]


@dataclass(frozen=True)
class Mismatch:
    """One modality against another.

    Attributes
    ----------
    features : int
        Pairs of features of one name that go together.
    informative : bool
        Whether they say enough to tell one subject from all others.
    wrong : tuple of (int, int)
        Subjects whose two profiles are of two people, and whom the second profile fits best (themselves: nobody).
    """

    features: int
    informative: bool
    wrong: tuple[tuple[int, int], ...]


def match_modalities(first: Floats, second: Floats) -> Mismatch:
    """Subjects whose profile in one modality does not go with theirs in another.

    For features of one name in both (column by column) with rank correlation ``r`` (normal scores), the evidence that
    profiles x and y are of one person is ``sum -log(1 - r^2) / 2 - (r^2 x^2 + r^2 y^2 - 2 r x y) / (2 (1 - r^2))``.
    With a prior of 1% that a sample was exchanged, a subject is named where the posterior probability that its second
    profile is its own is below 1%.

    Parameters
    ----------
    first, second : array (n_subjects, n_features)
        The same subjects and names in the same order, NaN where missing.

    Notes
    -----
    **Valid when** most samples are right, because the correlations are learned from them. Features are taken as
    independent, which overstates the evidence where they move together; a floor of ``log(n) + 5`` on the expected
    evidence keeps modalities with little in common from being judged.
    """
    scores = _normal_scores(first), _normal_scores(second)
    n = len(first)
    r = (scores[0] * scores[1]).mean(axis=0) if n else np.empty(0)
    r = np.clip(r, -0.99, 0.99)
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = (r > 0.2) & (np.arctanh(r) * np.sqrt(max(n - 3, 1)) > norm.isf(0.001))
    r, a, b = r[kept], scores[0][:, kept], scores[1][:, kept]
    expected = float((-0.5 * np.log1p(-(r**2))).sum())
    if n < 10 or expected < np.log(n) + 5:
        return Mismatch(int(kept.sum()), informative=False, wrong=())
    weight = 1.0 / (2 * (1 - r**2))
    evidence = (
        -0.5 * np.log1p(-(r**2)).sum()
        - ((r**2 * weight) * a**2).sum(axis=1)[:, None]
        - ((r**2 * weight) * b**2).sum(axis=1)[None, :]
        + (a * (2 * r * weight)) @ b.T
    )
    own = np.diag(evidence)
    others = evidence.copy()
    np.fill_diagonal(others, -np.inf)
    rival = logsumexp(others, axis=1) + np.log(PRIOR / (n - 1))
    none = np.log(PRIOR)  # a sample of nobody in the study: unrelated profiles have evidence 0
    against = np.logaddexp(rival, none) - (own + np.log1p(-PRIOR))
    wrong = np.flatnonzero(against > np.log(99))
    best = np.where(others.max(axis=1) > 0, others.argmax(axis=1), np.arange(n))
    return Mismatch(int(kept.sum()), informative=True, wrong=tuple((int(i), int(best[i])) for i in wrong))


def _normal_scores(values: Floats) -> Floats:
    """Ranks of each column as normal quantiles of variance 1, ties and missing cells at their mean."""
    from scipy.stats import rankdata

    known = np.isfinite(values)
    scores = np.zeros(values.shape)
    for column in range(values.shape[1]):
        k = known[:, column]
        if k.sum() < 3:
            continue
        one = ndtri(rankdata(values[k, column]) / (k.sum() + 1))
        spread = one.std()
        scores[k, column] = (one - one.mean()) / spread if spread > 0 else 0.0
    return scores
