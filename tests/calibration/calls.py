"""Predictive calls on a sample of the published settings, and what is right and wrong of them."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from uni_cate import Population, Study, expected

from biomarker.data.splits import Splits
from biomarker.discovery.predictive import predictive_effects
from biomarker.learners.training import Training
from biomarker.rng import stream
from biomarker.stats import benjamini_hochberg, holm, storey
from biomarker.stats.doubly_robust import effect_slopes, influence_values, pseudo_outcomes

__all__ = ["CALLS", "LEVEL", "answer", "code_digest", "proportions"]

ROOT = Path(__file__).resolve().parents[2]
LEVEL = 0.05
MADE_OF = (
    "data/splits.py", "discovery/conditional.py", "discovery/cross_fitted.py", "discovery/predictive.py", "learners",
    "stats/doubly_robust.py", "stats/heterogeneity.py", "stats/multiplicity.py", "stats/robust_slopes.py",
)  # fmt: skip
#: Name of a call and its words
CALLS = {
    "marginal, Storey": "slopes, HC3 and t law, Storey",
    "marginal, BH": "slopes, HC3 and t law, Benjamini-Hochberg",
    "normal law, Storey": "slopes, published error and normal law, Storey",
    "true outcome model, Storey": "slopes with the true outcome model, HC3 and t law, Storey",
    "conditional, BH": "joint fit, Benjamini-Hochberg",
    "conditional, Holm": "joint fit, Holm",
}


def answer(people: Population, n: int, replicate: int) -> dict[str, list[float]]:
    """False discovery proportion and true positive proportion of every call, and the global p-value."""
    study = people.study(n, replicate)
    training = Training(
        features=study.markers, outcome=study.outcome, treatment=study.treatment, group=np.arange(n, dtype=np.int64)
    )
    seed = int(stream(20221, "unicate", "seed", people.setting, n, replicate).integers(2**31))
    found = predictive_effects(training, propensity=0.5, seed=seed, flips=199)
    effect, fold = found.nuisance.pseudo.effect, found.splits.fold
    p = found.predictive.p_value[:, 0]
    called = {
        "marginal, Storey": storey(p),
        "marginal, BH": benjamini_hochberg(p),
        "normal law, Storey": storey(_normal_law(study, effect, fold)),
        "true outcome model, Storey": storey(_with_true_model(people, study, found.splits)),
        "conditional, BH": benjamini_hochberg(found.conditional.p_value[:, 0]),
        "conditional, Holm": holm(found.conditional.p_value[:, 0]),
    }
    rates = {
        name: proportions(q <= LEVEL, people.modifiers if name.startswith("conditional") else people.marginal)
        for name, q in called.items()
    }
    return {**rates, "global": [found.overall.p_value, float(np.std(effect))]}


def proportions(called: NDArray[np.bool_], true: NDArray[np.bool_]) -> list[float]:
    """False discovery proportion (0 without a call) and true positive proportion."""
    return [float((called & ~true).sum() / max(called.sum(), 1)), float((called & true).sum() / true.sum())]


def _normal_law(study: Study, effect: NDArray[np.float64], fold: NDArray[np.int64]) -> NDArray[np.float64]:
    """p-values as published: the influence values' spread, normal law."""
    slope = effect_slopes(study.markers, effect, fold).estimate[:, 0]
    error = np.std(influence_values(study.markers, effect, fold), axis=0) / np.sqrt(effect.size)
    return 2.0 * ndtr(-np.abs(slope / error))


def _with_true_model(people: Population, study: Study, splits: Splits) -> NDArray[np.float64]:
    active, control = expected(people.setting, study.markers)
    made = pseudo_outcomes(study.outcome, study.treatment, if_active=active, if_control=control, propensity=0.5)
    return effect_slopes(study.markers, made.effect, splits.fold).p_value[:, 0]


def code_digest() -> str:
    """Digest of the modules that take part and of the settings."""
    package = ROOT / "src" / "biomarker"
    files = [Path(__file__), Path(__file__).with_name("uni_cate.py")]
    for name in MADE_OF:
        files += (package / name).rglob("*.py") if (package / name).is_dir() else [package / name]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
