"""Time of the predictive effects of 500 markers in 500 subjects: `python -m benchmarks.predictive`."""

import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import machine, seconds
from biomarker.discovery.conditional import conditional_slopes
from biomarker.discovery.cross_fitted import cross_fitted
from biomarker.discovery.predictive import predictive_effects
from biomarker.learners.training import Training
from biomarker.stats.doubly_robust import effect_slopes

SUBJECTS, MARKERS = 500, 500


def trial(n: int, p: int) -> Training:
    """Five prognostic markers, four of them predictive and shifted together."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, p))
    x[:, :4] += rng.choice([-1.0, 1.0], n)[:, None]
    t = (rng.random(n) < 0.5).astype(float)
    y = 2.0 * x[:, :5].sum(axis=1) + 5.0 * t * x[:, :4].sum(axis=1) + 0.5 * rng.standard_normal(n)
    return Training(features=x, outcome=y, treatment=t, group=np.arange(n))


def processor_seconds(work) -> float:
    """Processor time of one call: other programs on the machine do not count."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Measure and write."""
    training = trial(SUBJECTS, MARKERS)
    with threadpool_limits(1):
        found = predictive_effects(training, propensity=0.5, seed=1)
        effect, splits = found.nuisance.pseudo.effect, found.splits
        steps = {
            "nuisance: 5 folds, each the stack with 4 inner folds": lambda: cross_fitted(
                training, splits, propensity=0.5, seed=1
            ),
            "slopes, HC3 and t law, once D is known": lambda: effect_slopes(training.features, effect, splits.fold),
            "joint fit of all markers": lambda: conditional_slopes(training.features, effect, splits),
            "all, with global test and prognostic slopes": lambda: predictive_effects(training, propensity=0.5, seed=1),
        }
        rows = [(name, seconds(work, repeats=3), processor_seconds(work)) for name, work in steps.items()]
    facts = "; ".join(f"{name}: {value}" for name, value in machine().items())
    text = (
        f"# Predictive effects of {MARKERS} markers in {SUBJECTS} subjects\n\nWritten by `python -m"
        f" benchmarks.predictive`. One thread. {facts}.\n\n| Step | Seconds, best of 3 | Processor seconds |\n"
        "|---|---|---|\n" + "".join(f"| {name} | {wall:.3g} | {own:.3g} |\n" for name, wall, own in rows)
    )
    Path(__file__).with_name("PREDICTIVE.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
