"""Data sets in which no feature goes with the endpoint, and some in which a few do; by type of endpoint and kind."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.method import Outcome

__all__ = ["KINDS", "Data", "draw", "features"]

Floats = NDArray[np.float64]
#: What features and endpoint look like.
KINDS = {
    "plain": "normal features; normal errors, four of ten with the event",
    "tied": "counts (Poisson 0.8); endpoint rounded, times in whole months, three levels",
    "skewed": "log-normal features; exponential errors, four of ten with the event",
    "unbalanced": "yes-or-no features, one in ten; normal errors, one in five with the event, arms two to one",
}


@dataclass(frozen=True, eq=False)
class Data:
    """One data set: features (n, p), endpoint, covariates (n, 2) and arm (n,) or None."""

    features: Floats
    outcome: Outcome
    covariates: Floats
    treatment: Floats | None


def features(kind: str, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Independent features of a kind."""
    if kind == "tied":
        return rng.poisson(0.8, shape).astype(np.float64)
    if kind == "skewed":
        return rng.lognormal(0.0, 1.0, shape)
    if kind == "unbalanced":
        return (rng.random(shape) < 0.1).astype(np.float64)
    return rng.standard_normal(shape)


def draw(
    kind: str,
    endpoint_type: str,
    *,
    n: int,
    p: int,
    rng: np.random.Generator,
    interaction: bool = False,
    effects: Floats | None = None,
    main: Floats | None = None,
) -> Data:
    """A data set of which the endpoint follows two covariates, the arm, and the first features as far as is said.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    n, p : int
        Subjects and features.
    interaction : bool
        Whether there are two arms.
    effects, main : (k,), optional
        What the first features change, a standard deviation: the endpoint (with arms: the treatment's effect on it),
        and with arms their main effect.
    """
    x = features(kind, (n, p), rng)
    covariates = np.column_stack([rng.standard_normal(n), rng.random(n) < 0.4])
    arm = (rng.random(n) < (2 / 3 if kind == "unbalanced" else 1 / 2)).astype(np.float64) if interaction else None
    score = 0.5 * covariates[:, 0] + 0.3 * covariates[:, 1] + (0.0 if arm is None else 0.4 * arm)
    if main is not None:
        score = score + _standardised(x[:, : main.size]) @ main
    if effects is not None:
        score = score + (_standardised(x[:, : effects.size]) @ effects) * (1.0 if arm is None else arm - 0.5)
    return Data(x, _outcome(kind, endpoint_type, score, rng), covariates, arm)


def _standardised(x: Floats) -> Floats:
    return (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-12)


def _outcome(kind: str, endpoint_type: str, score: Floats, rng: np.random.Generator) -> Outcome:
    n = score.size
    if endpoint_type == "continuous":
        y = score + (rng.exponential(1.0, n) - 1.0 if kind == "skewed" else rng.standard_normal(n))
        return Outcome("continuous", np.round(y) if kind == "tied" else y)
    latent = score - score.mean() + rng.logistic(size=n)
    if endpoint_type == "binary":
        return Outcome("binary", (latent > (1.5 if kind == "unbalanced" else 0.4)).astype(np.float64))
    if endpoint_type == "ordinal":
        cuts = {"tied": (-0.7, 1.0), "unbalanced": (1.0, 1.8, 2.6)}.get(kind, (-1.2, 0.3, 1.6))
        return Outcome("ordinal", np.searchsorted(cuts, latent).astype(np.float64))
    time = rng.exponential(10.0 * np.exp(-(score - score.mean())))
    censoring = rng.exponential(3.0 if kind == "unbalanced" else 15.0, n)
    seen, event = np.minimum(time, censoring), (time <= censoring).astype(np.float64)
    return Outcome("survival", np.ceil(seen) if kind == "tied" else np.maximum(seen, 1e-6), event)
