"""Error rates and power of predictive calls beside the published ones, by setting and size.

``python tests/calibration/scoreboard.py --replicates 200`` answers for the replicates that are not answered yet and
writes docs/scoreboard.json and docs/scoreboard.md. An interrupted run goes on where it stopped; with other code it
begins anew.
"""

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from uni_cate import PUBLISHED, SETTINGS, SIZES, Population, Study, population

from biomarker.data.splits import Splits
from biomarker.discovery.predictive import predictive_effects
from biomarker.learners.training import Training
from biomarker.rng import stream
from biomarker.stats import benjamini_hochberg, holm, storey
from biomarker.stats.doubly_robust import effect_slopes, influence_values, pseudo_outcomes

__all__ = ["RESULTS", "answer", "code_digest", "page"]

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "scoreboard.json"
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
    from scipy.special import ndtr

    slope = effect_slopes(study.markers, effect, fold).estimate[:, 0]
    error = np.std(influence_values(study.markers, effect, fold), axis=0) / np.sqrt(effect.size)
    return 2.0 * ndtr(-np.abs(slope / error))


def _with_true_model(people: Population, study: Study, splits: Splits) -> NDArray[np.float64]:
    from uni_cate import expected

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


def page(stored: dict) -> str:
    """The table for people."""
    lines = [
        "# Scoreboard of predictive markers\n",
        "Written by `python tests/calibration/scoreboard.py`. Each cell: false discovery rate and true positive rate at"
        f" {LEVEL:.0%}, means over replicates, with the Monte-Carlo standard error in brackets. Settings and published"
        " numbers: Boileau et al. 2022, [doi.org/10.1093/biostatistics/kxac029]"
        "(https://doi.org/10.1093/biostatistics/kxac029); the correlation of B is a surrogate (modules of 20 genes with"
        " correlation 0.36). Marginal calls are scored against markers whose slope is not zero (A: 50, B: the 20 of the"
        " first module), conditional calls against the markers that the effect is made of (A: 50, B: 4). The published"
        " calls of B were scored against those 4.\n",
        f"The number of replicates is in the table: with few, read the errors in brackets. Code {stored['code']}.\n",
        "| Setting | n | Replicates | Published | " + " | ".join(CALLS) + " |",
        "|---" * (4 + len(CALLS)) + "|",
    ]
    for setting in SETTINGS:
        for size, (fdr, tpr) in zip(SIZES, PUBLISHED[setting], strict=True):
            answers = list(stored["cells"].get(f"{setting} {size}", {}).values())
            if not answers:
                continue
            cells = [f"{fdr:.3f} / {tpr:.3f}"]
            for name in CALLS:
                rates = np.array([one[name] for one in answers])
                error = rates.std(axis=0, ddof=1) / np.sqrt(len(rates)) if len(rates) > 1 else np.full(2, np.nan)
                cells.append(" / ".join(f"{m:.3f} ({e:.3f})" for m, e in zip(rates.mean(axis=0), error, strict=True)))
            lines.append(f"| {setting} | {size} | {len(answers)} | " + " | ".join(cells) + " |")
    lines.append("\n" + "\n".join(f"- **{name}**: {words}." for name, words in CALLS.items()))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Answer for the replicates that are not answered yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--settings", nargs="*", default=SETTINGS, choices=SETTINGS)
    parser.add_argument("--sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the answers are kept")
    asked = parser.parse_args()
    stored = json.loads(asked.out.read_text(encoding="utf-8")) if asked.out.exists() else {}
    digest = code_digest()
    if stored.get("code") != digest:
        stored = {"code": digest, "cells": {}}
    with threadpool_limits(1):
        for setting in asked.settings:
            people = population(setting)
            for size in asked.sizes:
                cell = stored["cells"].setdefault(f"{setting} {size}", {})
                begun = time.monotonic()
                for replicate in range(asked.replicates):
                    if str(replicate) not in cell:
                        rates = answer(people, size, replicate)
                        cell[str(replicate)] = {k: [round(x, 6) for x in v] for k, v in rates.items()}
                asked.out.write_text(json.dumps(stored, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")
                asked.out.with_suffix(".md").write_text(page(stored), encoding="utf-8")
                print(f"{setting}, {size} subjects: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
